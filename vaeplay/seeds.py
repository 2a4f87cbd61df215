"""Seeds: one number in params.yaml, and from it one for each purpose."""

import hashlib


def seed_for(seed: int, purpose: str) -> int:
    """A seed of its own for each purpose, so that the order of the batches, say, is independent of the noise."""
    return int.from_bytes(hashlib.sha256(f"{seed} {purpose}".encode()).digest()[:4])
