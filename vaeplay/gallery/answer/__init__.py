"""The first section: what one gains and loses by each change of model, in sentences, pictures and a live decoder."""
