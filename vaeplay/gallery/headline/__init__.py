"""The headline: what was found, the data card, the settings, and what is missing or failed."""
