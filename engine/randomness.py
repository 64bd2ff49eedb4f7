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

from engine.arrays import Floats, Ints


def stream(seed: int, purpose: str, *address: int) -> np.random.Generator:
    """The generator at `(seed, purpose, *address)`; asking twice gives the same numbers twice."""
    name = ":".join([str(seed), purpose, *map(str, address)])
    key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key))


def derived(seed: int, purpose: str) -> int:
    """A seed for draws that somebody else may repeat: it does not lead back to `seed`."""
    name = f"{seed}:seed for {purpose}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little")


_TOGETHER = 16  # hospitals a stream: one each costs more than the training, more draw in vain
_WIDE = 2_000  # numbers a row, which take as long as to make a stream


class ByHospital:
    """Draws for some hospitals of a federation, an address for every sixteen of them.

    Where each gets a wide row, few hospitals are drawn for at a time, and every one has an address of its
    own. The first rows are the same however many are drawn after them, and whoever else is drawn for.
    """

    def __init__(
        self, seed: int, purpose: str, *address: int, hospitals: Ints, width: int = 1
    ) -> None:
        self._width, self._each = width, 1 if width > _WIDE else _TOGETHER
        groups, group = np.unique(hospitals // self._each, return_inverse=True)
        self._streams = [stream(seed, purpose, *address, int(g)) for g in groups]
        self._places = group * self._each + hospitals % self._each

    def uniform(self, rows: int) -> Floats:
        """The next numbers in [0, 1), (rows, k)."""
        drawn = [s.random((rows, self._each)) for s in self._streams]
        return np.concatenate(drawn, axis=1)[:, self._places]

    def normal(self, rows: int) -> Floats:
        """The next standard normal numbers, (rows, width, k)."""
        drawn = [s.standard_normal((rows, self._each, self._width)) for s in self._streams]
        return np.concatenate(drawn, axis=1)[:, self._places].transpose(0, 2, 1)
