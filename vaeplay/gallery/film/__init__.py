"""The film of the training: codes and reconstructions of the same test images, epoch by epoch, cells in step."""
