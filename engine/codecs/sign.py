"""Scaled sign: one bit a parameter, its direction, and one size for all.

Karimireddy et al. 2019, "Error Feedback Fixes SignSGD and other Gradient Compression Schemes" (ICML),
section 4: C(u) = (‖u‖₁ / d) sign(u). Contractive with δ = ‖u‖₁² / (d ‖u‖₂²), the update's density: 1
where all numbers are equally large, 1/d where one of them is everything. By itself it moves every
parameter by the same amount and may never arrive (their section 3); with error feedback it learns.
A bit cannot say zero: zero counts as positive, which costs nothing in the bound.

Body: the mean of |u_i| as a little-endian float32, rounded down; then d bits, 1 for a number not below
zero, packed, little end first; 4 + ⌈d/8⌉ bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Bytes, Floats
from engine.codecs.base import Codec
from engine.codecs.numbers import HALF_STEP, SIZE, float32_below, read_float32, write_float32


@dataclass(frozen=True)
class Sign(Codec):
    """The signs, and the mean magnitude."""

    code: ClassVar[int] = 7

    def size(self, parameters: int) -> int:
        """4 + ⌈d/8⌉."""
        return SIZE + -(-parameters // 8)

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """A magnitude, and signs."""
        scale = float32_below(np.mean(np.abs(update), axis=1, keepdims=True))  # (k, 1)
        signs = np.packbits(update >= 0, axis=1, bitorder="little")
        return np.concatenate([write_float32(scale), signs], axis=1)

    def longest(self, norm: float, parameters: int) -> float:
        """√d · mean |u| is at most ‖u‖; what float64 sums lose is far below a float32 step."""
        return norm * (1 + HALF_STEP)

    def _read(self, bodies: Bytes, parameters: int, uniform: Floats | None) -> Floats:
        signs = np.unpackbits(bodies[:, SIZE:], axis=1, count=parameters, bitorder="little")
        return read_float32(bodies[:, :SIZE]) * np.where(signs == 1, 1.0, -1.0)
