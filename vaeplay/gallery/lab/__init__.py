"""The lab: a small VAE that learns in the page, on some training images."""
