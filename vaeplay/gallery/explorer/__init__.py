"""The live explorer: decoders that run in the page."""
