"""What `import vaeplay` offers: trained models, the images that they saw, and training one outside the pipeline."""
