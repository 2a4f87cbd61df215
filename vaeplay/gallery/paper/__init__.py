"""What of the page is printed: a choice of its sections."""
