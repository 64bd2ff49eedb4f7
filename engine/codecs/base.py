"""A codec: how an update is written as bytes, and read back.

Some round at random and are right on average (*unbiased*: what arrives has the update as its mean).
Others leave out what is small, and are wrong by less than the whole (*contractive*:
‖C(u) − u‖² ≤ (1 − δ) ‖u‖² for some δ > 0), which error feedback makes good over the rounds
(`engine.stages.error_feedback`). A codec also says how long its rounding can make an update (privacy
has to know), and, where such messages can be added up, how an update becomes ring integers under masks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from engine.arrays import Bytes, Floats, Ints
from engine.errors import RunError, ScenarioError
from engine.randomness import derived
from engine.stages.base import Moment

Ring = npt.NDArray[np.uint64]  # integers mod 2^bits


class Codec:
    """Base of all codecs. Subclasses are frozen dataclasses."""

    code: ClassVar[int]  # in the header of its messages
    random_numbers: ClassVar[int] = 0  # uniform draws it needs per parameter
    drawn_alike: ClassVar[bool] = False  # whether the reader needs the very same

    def size(self, parameters: int) -> int:
        """Bytes of a body that holds an update of d = `parameters`."""
        raise NotImplementedError

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """Bodies of the messages, (k, size), of `update` (k, d)."""
        raise NotImplementedError

    def decode(self, bodies: Bytes, parameters: int, uniform: Floats | None = None) -> Floats:
        """The updates (k, d) that the bodies (k, size) hold.

        Args:
            uniform: The draws they were encoded with, for a codec whose two ends draw alike.

        Raises:
            RunError: The bodies are cut short, or say what cannot be.
        """
        due, came = self.size(parameters), bodies.shape[1]
        if came != due:
            name = type(self).__name__.lower()
            raise RunError(f"wire: {came:,} bytes came as a {name} update where {due:,} were due.")
        return self._read(bodies, parameters, uniform)

    def longest(self, norm: float, parameters: int) -> float:
        """The largest L2 norm of what is decoded where an update of L2 norm up to `norm` was sent.

        Under zero-out adjacency (an update, or none) that is the sensitivity; never below the truth.
        """
        raise NotImplementedError

    def ring(self, bound: float, total_weight: int, never_longer: bool) -> RingFormat:
        """How updates with coordinates in ±`bound` travel as ring integers.

        Args:
            never_longer: Whether rounding must not lengthen an update (or is in `longest`).
        """
        raise NotImplementedError

    def _read(self, bodies: Bytes, parameters: int, uniform: Floats | None) -> Floats:
        raise NotImplementedError


def rounding_draws(of: Codec | RingFormat, at: Moment, parameters: int) -> Floats | None:
    """The cohort's uniform draws for a codec or a ring, (k, random_numbers · d); None where it needs none.

    Whoever asks again gets the same: the hospital that encodes, its error feedback, and, where the server
    has to draw alike, the server. It then knows a seed for these draws alone: the run's own makes the
    noise as well, and must not be handed to it.
    """
    if not of.random_numbers:
        return None
    if of.drawn_alike:
        at = replace(at, seed=derived(at.seed, "codec"))
    return at.uniform("quantize", of.random_numbers * parameters)


@dataclass(frozen=True)
class RingFormat:
    """Weighted updates as integers modulo 2^`bits`, exact under addition.

    A row is the d coordinates times n_i, then n_i itself: from rows the server learns Σ n_i u_i and
    Σ n_i, and no single n_i.
    """

    bits: int
    bound: float
    random_numbers: ClassVar[int] = 0
    drawn_alike: ClassVar[bool] = False

    def to_ring(self, update: Floats, weight: Ints, uniform: Floats | None) -> Ring:
        """Ring integers (k, d + 1) of `update` (k, d) and `weight` (k,)."""
        levels = self._levels(np.clip(update, -self.bound, self.bound), uniform)  # (k, d) integers
        row = np.concatenate([levels * weight[:, None], weight[:, None]], axis=1)
        return row.astype(np.uint64) & self.modulus_mask

    def from_ring(self, total: Ring) -> tuple[Floats, int]:
        """Σ n_i u_i (d,) and Σ n_i, from the sum of rows (d + 1,)."""
        weight = int(total[-1])
        return self._values(total[:-1], weight), weight

    def saturated(self, update: Floats) -> Ints:
        """How many coordinates of each update lie outside the bound, (k,)."""
        return np.asarray(np.count_nonzero(np.abs(update) > self.bound, axis=1))

    @property
    def modulus_mask(self) -> np.uint64:
        """2^bits − 1."""
        return np.uint64(2**self.bits - 1)

    def _levels(self, update: Floats, uniform: Floats | None) -> Ints:
        raise NotImplementedError

    def _values(self, total: Ring, weight: int) -> Floats:
        raise NotImplementedError


@dataclass(frozen=True)
class FixedPoint(RingFormat):
    """Coordinates in steps of 2^−fraction_bits: the nearest, or cut, which never lengthens a vector."""

    fraction_bits: int = 0
    cut: bool = False

    def _levels(self, update: Floats, uniform: Floats | None) -> Ints:
        scale = 2.0**self.fraction_bits
        steps, most = update * scale, math.floor(self.bound * scale)
        # Rounding up past the bound could overflow the ring.
        levels = np.trunc(steps) if self.cut else np.clip(np.rint(steps), -most, most)
        return levels.astype(np.int64)

    def _values(self, total: Ring, weight: int) -> Floats:
        half, modulus = 2 ** (self.bits - 1), 2**self.bits
        signed = np.array([int(v) - modulus * (int(v) >= half) for v in total], np.float64)
        return signed / 2.0**self.fraction_bits


_LEAST_FRACTION_BITS = 16  # coarser steps (above 1.5e-5) would show in the curve


def fixed_point(bound: float, total_weight: int, cut: bool) -> FixedPoint:
    """The narrowest whole-word ring in which Σ n_i u_i cannot overflow.

    Raises:
        ScenarioError: Not even 64 bits hold the sum at a useful precision.
    """
    headroom = math.floor(math.log2(bound * total_weight)) + 1  # bits in front of the point
    for bits in (32, 64):
        # One bit is the sign. More than 40 fraction bits would pass what a float64 can tell apart.
        fraction_bits = min(bits - 1 - headroom, 40)
        if fraction_bits >= _LEAST_FRACTION_BITS:
            return FixedPoint(bits, bound, fraction_bits, cut)
    raise ScenarioError(
        f"masking: numbers up to ±{bound:g} times {total_weight:,} patients overflow the ring of 2^64;"
        " lower masking.range, or privacy.clip_norm."
    )
