"""Plain float32: four bytes a parameter, what every update costs unless a codec says otherwise.

Body: d IEEE 754 single-precision numbers, little-endian; 4·d bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Bytes, Floats
from engine.codecs.base import Codec, RingFormat, fixed_point
from engine.codecs.numbers import longest_float32, read_float32, write_float32


@dataclass(frozen=True)
class Float32(Codec):
    """IEEE 754 single precision: the nearest one."""

    code: ClassVar[int] = 1

    def size(self, parameters: int) -> int:
        """4·d."""
        return 4 * parameters

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """4·d bytes a row."""
        return write_float32(update)

    def longest(self, norm: float, parameters: int) -> float:
        """Rounding is relative, coordinate by coordinate, but next to zero."""
        return longest_float32(norm, parameters)

    def ring(self, bound: float, total_weight: int, never_longer: bool) -> RingFormat:
        """Fixed point."""
        return fixed_point(bound, total_weight, cut=never_longer)

    def _read(self, bodies: Bytes, parameters: int, uniform: Floats | None) -> Floats:
        return np.asarray(read_float32(bodies))
