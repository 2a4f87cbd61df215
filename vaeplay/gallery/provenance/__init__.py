"""Where the page comes from: the facts of the whole run, the data card, and all settings."""
