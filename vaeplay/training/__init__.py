"""From a cell's settings to a checkpoint: the loop, what a killed run goes on from, devices and memory."""
