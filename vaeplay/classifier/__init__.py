"""The network that knows this data set, whose features judge generated images."""
