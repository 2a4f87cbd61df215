"""The tray of chosen cells and the dialog that compares them."""
