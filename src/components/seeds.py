"""Seeds are derived, never drawn: from a parent seed and the label of what it is for."""

import hashlib

SEED_BITS = 31  # what LightGBM and NumPy both accept


def derive(seed: int, *labels: str | int) -> int:
    """The seed of a part: the first 31 bits of SHA-256 over the parent's seed and the labels."""
    text = "/".join(str(part) for part in (seed, *labels))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> (32 - SEED_BITS)
