"""DVC's experiments side by side, a page of its own that borrows sections' templates."""
