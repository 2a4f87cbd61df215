"""What models are built from: networks, losses, likelihoods, schedules, quantisers and priors."""
