"""The classifier, trained on this data set, whose features are used to judge generated images."""
