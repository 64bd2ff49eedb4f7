"""Uniform stochastic quantisation: a parameter in b bits, right on average.

Between −s and s lie 2^b evenly spaced levels; a value goes to one of its two neighbours, to the upper
one with a probability equal to how far up it lies. So the mean of what arrives is what was sent
(Alistarh et al. 2017, "QSGD", section 3.1, with one scale s = max |u| in place of the L2 norm), and
the variance of a coordinate that lies a fraction f between two levels is step² f (1 − f).

Body: the scale s as a little-endian float32, then d levels of b bits, packed, little end first:
4 + ⌈d·b/8⌉ bytes. A level l stands for s · (2 l / (2^b − 1) − 1).
Under masks all hospitals share one range in place of s, and a level times n_i is a ring integer; the
ring needs b + ⌈log2 Σ n_i⌉ bits, and so does each coordinate on the wire.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Bytes, Floats, Ints
from engine.codecs.base import Codec, Ring, RingFormat
from engine.codecs.numbers import (
    HALF_STEP,
    SIZE,
    at_random,
    float32_below,
    read_float32,
    write_float32,
)
from engine.wire import pack_bits, unpack_bits


@dataclass(frozen=True)
class Quantize(Codec):
    """b-bit levels with one scale per update."""

    code: ClassVar[int] = 2
    random_numbers: ClassVar[int] = 1

    bits: int = 8

    def size(self, parameters: int) -> int:
        """4 + ⌈d·b/8⌉."""
        return SIZE + -(-parameters * self.bits // 8)

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """A scale, and levels."""
        # Not above the largest coordinate, so that this one lies on the top level and comes back.
        scale = float32_below(np.max(np.abs(update), axis=1, keepdims=True))  # (k, 1)
        share = np.divide(update, scale, where=scale > 0, out=np.zeros(update.shape))
        position = (np.clip(share, -1, 1) + 1) * (self._top / 2)
        packed = pack_bits(_randomly(position, uniform, self.bits), self.bits)
        return np.concatenate([write_float32(scale), packed], axis=1)

    def longest(self, norm: float, parameters: int) -> float:
        """Every coordinate further out by a whole step, the scale being as large as the norm allows;
        but none of them beyond the scale.
        """
        root = math.sqrt(parameters)
        return min(norm + root * float(_step(norm, self.bits)), root * norm) * (1 + 2 * HALF_STEP)

    def ring(self, bound: float, total_weight: int, never_longer: bool) -> RingFormat:
        """Levels over one shared range."""
        return RingLevels(self.bits + max(1, math.ceil(math.log2(total_weight))), bound, self.bits)

    @property
    def _top(self) -> int:
        return int(2**self.bits - 1)

    def _read(self, bodies: Bytes, parameters: int, uniform: Floats | None) -> Floats:
        scale = read_float32(bodies[:, :SIZE])  # (k, 1)
        levels = unpack_bits(bodies[:, SIZE:], self.bits, parameters)
        return scale * (2 * levels.astype(np.float64) / self._top - 1)


@dataclass(frozen=True)
class RingLevels(RingFormat):
    """Levels 0 … 2^level_bits − 1 over ±bound, times n_i."""

    random_numbers: ClassVar[int] = 1

    level_bits: int = 8

    def _levels(self, update: Floats, uniform: Floats | None) -> Ints:
        position = (update + self.bound) / _step(self.bound, self.level_bits)
        return _randomly(position, uniform, self.level_bits).astype(np.int64)

    def _values(self, total: Ring, weight: int) -> Floats:
        step = _step(self.bound, self.level_bits)
        return total.astype(np.float64) * step - self.bound * weight


def _step(scale: Floats | float, bits: int) -> Floats:
    """Distance between two levels."""
    return np.asarray(2 * scale / (2**bits - 1))


def _randomly(position: Floats, uniform: Floats | None, bits: int) -> Ring:
    """Each position (in steps from the lowest level) at one of its two neighbours, unbiased."""
    inside: Ring = np.clip(at_random(position, uniform), 0, 2**bits - 1).astype(np.uint64)
    return inside
