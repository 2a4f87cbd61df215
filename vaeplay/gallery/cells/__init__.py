"""Everything about each cell, in the page or in a dialog, and one sample enlarged."""
