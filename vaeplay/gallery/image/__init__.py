"""Any test image through all cells at once: what each gives back, its errors, and what it costs."""
