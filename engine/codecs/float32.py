"""Plain float32: four bytes a parameter, what every update costs unless a codec says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Bytes, Floats
from engine.codecs.base import Codec, RingFormat, fixed_point

_HALF_STEP = 2.0**-24  # relative error of rounding to float32


@dataclass(frozen=True)
class Float32(Codec):
    """IEEE 754 single precision, little-endian."""

    code: ClassVar[int] = 1

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """4·d bytes a row."""
        return np.ascontiguousarray(update, "<f4").view(np.uint8).reshape(len(update), -1)

    def decode(self, bodies: Bytes, parameters: int) -> Floats:
        """(k, d)."""
        return np.ascontiguousarray(bodies).view("<f4").astype(np.float64)

    def worst_error(self, norm: float, parameters: int) -> float:
        """Rounding is relative, coordinate by coordinate."""
        return norm * _HALF_STEP

    def ring(self, bound: float, total_weight: int, never_longer: bool) -> RingFormat:
        """Fixed point."""
        return fixed_point(bound, total_weight, cut=never_longer)
