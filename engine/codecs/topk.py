"""Top-k: of each update only its largest numbers, and where they belong.

Stich, Cordonnier & Jaggi 2018, "Sparsified SGD with Memory" (NeurIPS), section 2: the m numbers
of largest magnitude are kept. Contractive: ‖C(u) − u‖² ≤ (1 − m/d) ‖u‖². By itself it never sends what
stays small round after round; error feedback sends it once it has grown. What it saves is not m/d: a
position costs ⌈log₂ d⌉ bits beside the 32 of the number.

Body: m = max(1, ⌊fraction · d⌋) positions, ascending, of ⌈log₂ d⌉ bits each, packed, little end first;
then their m numbers as little-endian float32; ⌈m ⌈log₂ d⌉ / 8⌉ + 4·m bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Bytes, Floats
from engine.codecs.base import Codec
from engine.codecs.numbers import (
    SIZE,
    how_many,
    largest,
    longest_float32,
    read_float32,
    write_float32,
)
from engine.errors import RunError
from engine.wire import pack_bits, unpack_bits


@dataclass(frozen=True)
class TopK(Codec):
    """The largest `fraction` of the numbers."""

    code: ClassVar[int] = 5

    fraction: float = 0.1

    def size(self, parameters: int) -> int:
        """⌈m ⌈log₂ d⌉ / 8⌉ + 4·m."""
        return self._index_size(parameters) + SIZE * how_many(self.fraction, parameters)

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """Positions, and numbers."""
        parameters = update.shape[1]
        index = largest(np.abs(update), how_many(self.fraction, parameters))  # (k, m)
        values = np.take_along_axis(update, index, axis=1)
        packed = pack_bits(index.astype(np.uint64), _index_bits(parameters))
        return np.concatenate([packed, write_float32(values)], axis=1)

    def longest(self, norm: float, parameters: int) -> float:
        """Leaving out shortens; only the float32 of what is left can lengthen."""
        return longest_float32(norm, parameters)

    def _read(self, bodies: Bytes, parameters: int, uniform: Floats | None) -> Floats:
        split, count = self._index_size(parameters), how_many(self.fraction, parameters)
        index = unpack_bits(bodies[:, :split], _index_bits(parameters), count).astype(np.int64)
        if np.any(index >= parameters):
            raise RunError(f"wire: a topk update names a position beyond its {parameters:,}.")
        update = np.zeros((len(bodies), parameters))
        np.put_along_axis(update, index, read_float32(bodies[:, split:]), axis=1)
        return update

    def _index_size(self, parameters: int) -> int:
        return -(-how_many(self.fraction, parameters) * _index_bits(parameters) // 8)


def _index_bits(parameters: int) -> int:
    """⌈log₂ d⌉; one parameter needs no position."""
    return (parameters - 1).bit_length()
