"""Uniform stochastic quantisation: a parameter in b bits, right on average.

Between −s and s lie 2^b evenly spaced levels; a value goes to one of its two neighbours, to the upper
one with a probability equal to how far up it lies. So the mean of what arrives is what was sent
(Alistarh et al. 2017, "QSGD", section 3.1, with one scale s = max |u| in place of the L2 norm), and
the variance of a coordinate that lies a fraction f between two levels is step² f (1 − f).

Body: the scale s as a little-endian float32, then d levels of b bits, packed, little end first.
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
from engine.wire import pack_bits, unpack_bits

_SCALE_SIZE = 4  # bytes
_CUT = 2.0**-23  # the most, relative, that the largest coordinate loses to the scale's float32


@dataclass(frozen=True)
class Quantize(Codec):
    """b-bit levels with one scale per update."""

    code: ClassVar[int] = 2
    random_numbers: ClassVar[int] = 1

    bits: int = 8

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """4 + ⌈d·b/8⌉ bytes a row."""
        scale = _float32_below(np.max(np.abs(update), axis=1))  # (k,)
        update = np.clip(update, -scale[:, None], scale[:, None])
        step = _step(scale, self.bits)[:, None]
        position = np.divide(
            update + scale[:, None], step, where=step > 0, out=np.zeros(update.shape)
        )
        packed = pack_bits(_randomly(position, uniform, self.bits), self.bits)
        head = scale.astype("<f4").view(np.uint8).reshape(-1, _SCALE_SIZE)
        return np.concatenate([head, packed], axis=1)

    def decode(self, bodies: Bytes, parameters: int) -> Floats:
        """(k, d)."""
        scale = (
            np.ascontiguousarray(bodies[:, :_SCALE_SIZE]).view("<f4").astype(np.float64)
        )  # (k, 1)
        levels = unpack_bits(bodies[:, _SCALE_SIZE:], self.bits, parameters)
        return levels * _step(scale, self.bits) - scale

    def worst_error(self, norm: float, parameters: int) -> float:
        """Every coordinate off by a whole step, the scale being as large as the norm allows."""
        return math.sqrt(parameters) * float(_step(norm, self.bits)) + norm * _CUT

    def ring(self, bound: float, total_weight: int, never_longer: bool) -> RingFormat:
        """Levels over one shared range."""
        return RingLevels(self.bits + max(1, math.ceil(math.log2(total_weight))), bound, self.bits)


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
    if uniform is None:
        raise TypeError("stochastic rounding needs uniform draws")
    below = np.floor(position)
    levels = below + (uniform < position - below)
    inside: Ring = np.clip(levels, 0, 2**bits - 1).astype(np.uint64)
    return inside


def _float32_below(values: Floats) -> Floats:
    """The nearest float32 that is not larger, so that the largest coordinate lies on the top level."""
    narrow = values.astype(np.float32)
    below = np.nextafter(narrow, np.float32(0))
    return np.where(narrow > values, below, narrow).astype(np.float64)
