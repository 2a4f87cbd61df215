"""Seeds: one number in params.yaml, from which each purpose gets its own."""

import hashlib


def seed_for(seed: int, purpose: str) -> int:
    """A separate seed for each purpose, so that, for example, the order of the batches is independent of the noise."""
    return int.from_bytes(hashlib.sha256(f"{seed} {purpose}".encode()).digest()[:4])
