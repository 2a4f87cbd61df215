"""The β dial: one multi-rate VAE for every β, live, beside the cells that were trained separately."""
