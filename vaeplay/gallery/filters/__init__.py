"""Chips and a search that choose which cells the whole page shows."""
