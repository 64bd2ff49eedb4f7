"""Masks: numbers that look like noise, of which a sum can be freed without freeing any part of it.

Bonawitz et al. 2017, "Practical Secure Aggregation for Privacy-Preserving Machine Learning" (CCS),
section 4. Every update travels under two kinds of mask:

- one *for each pair*: both hospitals draw it from a secret they agree on, one adds it and the other
  subtracts it, so it cancels in the sum of both;
- one *of its own*, from a seed that the hospital draws.

With pair masks alone, a hospital that falls away leaves its masks in the sum, and the server has to be
helped to them. Then its update, if it came late after all, would lie open. The mask of its own closes
that door: of each hospital the server is given either what undoes its pair masks (it fell away) or
what undoes its own mask (its update came), and never both (`engine.channels.party`).

A mask is a stream of ChaCha20 in a ring of integers mod 2^bits, where it is uniform: whatever is seen
could as well hide any other row. Two uploads under one mask would give their difference, so no mask
serves twice: see `engine.channels.keys`.
"""

from __future__ import annotations

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from engine.channels.keys import Session, agreed, derived
from engine.codecs.base import Ring

SEED_SIZE = 32  # bytes
_ZERO_NONCE = bytes(16)  # a key expands to one stream, once in its life


def pair_mask(
    private: X25519PrivateKey, public: bytes, own: int, other: int, session: Session, length: int
) -> Ring:
    """What `own` adds to its row (length,) for `other`, mod 2^64; the other end adds the negative."""
    pair = session.bound(min(own, other), max(own, other))
    mask = expand(derived(agreed(private, public, other), b"fedtui pair mask", pair), length)
    return mask if own < other else np.negative(mask)


def expand(seed: bytes, length: int) -> Ring:
    """`length` uniform 64-bit words; their low bits are uniform in any smaller ring of 2^bits."""
    cipher = Cipher(algorithms.ChaCha20(seed, _ZERO_NONCE), mode=None).encryptor()
    return np.frombuffer(cipher.update(bytes(8 * length)), "<u8").astype(np.uint64)
