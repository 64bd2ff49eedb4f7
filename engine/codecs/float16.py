"""Half precision: two bytes a parameter, each number to about three digits.

IEEE 754 binary16, section 3.6: 11 significant bits, so the nearest one is off by at most one part in
2,048; steps of 2^−24 next to zero. A number beyond ±65,504 is sent as that, which no update that still
learns comes near. Under masks it is refused: half-precision numbers do not add up exactly, and written as
ring integers that do they would take as many bits as float32 ones.

Body: d half-precision numbers, little-endian; 2·d bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Bytes, Floats
from engine.codecs.base import Codec

_LARGEST = 65504.0
_HALF_STEP = 2.0**-11  # relative error of rounding
_NEAR_ZERO = 2.0**-25  # absolute error there


@dataclass(frozen=True)
class Float16(Codec):
    """IEEE 754 half precision: the nearest one."""

    code: ClassVar[int] = 3

    def size(self, parameters: int) -> int:
        """2·d."""
        return 2 * parameters

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """2·d bytes a row."""
        narrow = np.ascontiguousarray(np.clip(update, -_LARGEST, _LARGEST), "<f2")
        return narrow.view(np.uint8).reshape(len(update), -1)

    def longest(self, norm: float, parameters: int) -> float:
        """Each coordinate further out by half a step."""
        return norm * (1 + _HALF_STEP) + math.sqrt(parameters) * _NEAR_ZERO

    def _read(self, bodies: Bytes, parameters: int, uniform: Floats | None) -> Floats:
        return np.ascontiguousarray(bodies).view("<f2").astype(np.float64)
