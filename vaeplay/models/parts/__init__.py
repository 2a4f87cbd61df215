"""What models are built of: networks, losses, likelihoods, schedules, quantisers and priors."""
