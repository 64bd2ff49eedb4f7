"""Randomness has an address.

A stream is named by the seed, a purpose, and what else identifies the draw (a round, an epoch). No
draw depends on which others were made before it, so switching noise on changes the noise and nothing
else: data, initial params, cohorts and minibatches stay as they were. Draws that exist once per
hospital are one block with a row for every hospital of the federation, so a hospital's row does not
depend on who else is in the cohort.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, purpose: str, *address: int) -> np.random.Generator:
    """The generator at `(seed, purpose, *address)`; asking twice gives the same numbers twice."""
    name = ":".join([str(seed), purpose, *map(str, address)])
    key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key))
