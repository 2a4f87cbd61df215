"""The sample wall: every cell's pictures, one kind at a time, and how they are read and packed."""
