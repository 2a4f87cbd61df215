"""From a cell's settings to a checkpoint: the training loop, resuming, devices and memory."""
