"""From a checkpoint to metrics, pictures and what the page's explorer needs of a model."""
