"""The latent maps: codes of test images in two dimensions."""
