"""Two to four cells side by side: what the paired verdicts say of them, and their pictures."""
