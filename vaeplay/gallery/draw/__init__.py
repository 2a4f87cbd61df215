"""Draw, drop or choose an image: every live model encodes it and gives it back."""
