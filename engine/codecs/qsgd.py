"""QSGD: a sign and a level a parameter, the levels dividing the update's length.

Alistarh et al. 2017, "QSGD: Communication-Efficient SGD via Gradient Quantization and Encoding"
(NeurIPS), section 3.1: with s levels, |u_i| / ‖u‖₂ · s goes to one of the two whole numbers beside it,
right on average. Unbiased; a coordinate that lies a fraction f between two levels has the variance
(‖u‖ / s)² f (1 − f), and all together at most min(d / s², √d / s) ‖u‖² (lemma 3.1). Of an update with
many coordinates each is short beside the whole, so most levels are 0 or 1: what the paper's Elias
coding of them would save is left out, and so are its buckets. `quantize` scales by the largest
coordinate instead, and for the same bits errs less.

Body: ‖u‖₂ as a little-endian float32, then d fields of b bits, packed, little end first: the level
0 … s = 2^(b−1) − 1, and in the highest bit 1 for a negative number; 4 + ⌈d·b/8⌉ bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Bytes, Floats
from engine.codecs.base import Codec
from engine.codecs.numbers import (
    HALF_STEP,
    LARGEST,
    SIZE,
    SMALLEST,
    at_random,
    read_float32,
    write_float32,
)
from engine.norms import lengths
from engine.wire import pack_bits, unpack_bits


@dataclass(frozen=True)
class Qsgd(Codec):
    """A sign and one of 2^(bits−1) − 1 levels, or zero."""

    code: ClassVar[int] = 4
    random_numbers: ClassVar[int] = 1

    bits: int = 8  # at least 2: one is the sign

    @property
    def levels(self) -> int:
        """s, zero not counted."""
        return int(2 ** (self.bits - 1) - 1)

    def size(self, parameters: int) -> int:
        """4 + ⌈d·b/8⌉."""
        return SIZE + -(-parameters * self.bits // 8)

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """A length, and signed levels."""
        length = np.minimum(lengths(update), LARGEST)[:, None]
        scale = read_float32(write_float32(length))  # (k, 1), as it will be read
        share = np.divide(np.abs(update), scale, where=scale > 0, out=np.zeros(update.shape))
        level = np.minimum(at_random(share * self.levels, uniform), self.levels)
        field = level.astype(np.uint64) | (update < 0).astype(np.uint64) << np.uint64(self.bits - 1)
        return np.concatenate([write_float32(scale), pack_bits(field, self.bits)], axis=1)

    def longest(self, norm: float, parameters: int) -> float:
        """Every coordinate further out by a whole step."""
        scale = norm * (1 + 2 * HALF_STEP) + SMALLEST
        return scale * (1 + math.sqrt(parameters) / self.levels)

    def _read(self, bodies: Bytes, parameters: int, uniform: Floats | None) -> Floats:
        scale = read_float32(bodies[:, :SIZE])  # (k, 1)
        field = unpack_bits(bodies[:, SIZE:], self.bits, parameters)
        level = (field & np.uint64(self.levels)).astype(np.float64)
        negative = field >> np.uint64(self.bits - 1) == 1
        return scale * np.where(negative, -level, level) / self.levels
