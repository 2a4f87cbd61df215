"""The codes of every cell in two dimensions: PCA, t-SNE, UMAP."""
