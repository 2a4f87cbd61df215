"""The terms of the loss over the epochs, all cells together."""
