"""A model's explorer in a notebook: the page's explorer with one cell, as a document of its own."""
