"""The privacy loss of one release: how much an output tells about whether a unit's data was in it.

A step of DP-SGD takes each patient with probability q and adds noise of z times the clip to the sum of
gradients. Along the one direction in which the patient matters, and in units of the clip, its output
x is distributed as

    P = (1 − q) N(0, z²) + q N(1, z²)   with the patient,      Q = N(0, z²)   without.

Adjacency is zero-out, which here is add or remove. The loss of an output, in nats, is

    L(x) = log P(x)/Q(x) = log(1 − q + q e^((2x − 1) / 2z²)).

Drawn with the patient (x from P) it is one random variable; drawn without (x from Q, and then −L(x) is
what speaks against the patient) it is another: both directions have to be private.

A loss is only sketched here, as a guide to where its sum lies; `dots` puts it on a grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from engine.arrays import Floats
from engine.privacy.window import ORDERS

Counts: TypeAlias = Sequence[int]  # how many releases of each mechanism
Reach: TypeAlias = tuple[float, float]  # least and largest output looked at

_CALM = 4.0  # nodes of a sketch in one standard deviation of the noise


@dataclass(frozen=True, order=True)
class Mechanism:
    """One release: the unit's data in it with probability q, noise of z times its sensitivity."""

    sampling_rate: float
    noise_multiplier: float

    def loss(self, x: Floats) -> Floats:
        """L(x) in nats, increasing."""
        q, exponent = self.sampling_rate, (2 * x - 1) / (2 * self.noise_multiplier**2)
        if q == 1:
            return exponent
        return math.log1p(-q) + np.logaddexp(0.0, math.log(q) - math.log1p(-q) + exponent)

    def output(self, loss: Floats) -> Floats:
        """The x whose loss is as given; −inf at and below the least loss, log(1 − q)."""
        q, variance = self.sampling_rate, self.noise_multiplier**2
        if q == 1:
            return variance * loss + 0.5
        above = np.maximum(loss - math.log1p(-q), 0.0)
        with np.errstate(divide="ignore"):
            exponent = above + np.log(-np.expm1(-above)) + math.log1p(-q) - math.log(q)
        return np.asarray(variance * exponent + 0.5)

    def masses(self, x: Floats) -> tuple[Floats, Floats]:
        """Probability (m − 1,) between neighbours of the ascending x (m,), under P and under Q."""
        q, z = self.sampling_rate, self.noise_multiplier
        without, shifted = _normal_masses(x / z), _normal_masses((x - 1) / z)
        return (1 - q) * without + q * shifted, without

    def reach(self, count: int, left_out: float) -> Reach:
        """Outputs between which all but 1.5 · `left_out` of `count` releases' probability lies.

        By Φ(−r) ≤ e^(−r²/2) / 2, for both parts of P at the upper end.
        """
        q, z = self.sampling_rate, self.noise_multiplier
        each = math.log(max(count, 1)) - math.log(left_out)  # 1 / 1e-307 may be no number any more
        radius, sampled = (
            z * math.sqrt(2 * max(rare, math.log(2))) for rare in (each, each + math.log(q))
        )
        return -radius, max(radius, 1 + sampled)


@dataclass(frozen=True, eq=False)
class Sketch:
    """A loss at some points: `losses` (m,) in nats, each with the log of its probability."""

    losses: Floats
    log_mass: Floats

    @classmethod
    def of(cls, mechanism: Mechanism, away: bool, reach: Reach) -> Sketch:
        """By the trapezoid rule, which is all but exact for densities as smooth as these."""
        z = mechanism.noise_multiplier
        x = np.linspace(*reach, math.ceil(_CALM * (reach[1] - reach[0]) / z) + 2)
        without = -((x / z) ** 2) / 2 - math.log(z * math.sqrt(2 * math.pi)) + math.log(x[1] - x[0])
        losses = mechanism.loss(x)
        return cls(-losses, without) if away else cls(losses, without + losses)

    def log_moments(self, orders: Floats) -> Floats:
        """log E[e^(order · L)] for each of the orders (r,)."""
        return log_sum(self.log_mass + orders[:, None] * self.losses)

    def size(self, order: float) -> float:
        """Root mean square of the loss where each is weighted by e^(order · L)."""
        tilted = self.log_mass + order * self.losses
        weights = np.exp(tilted - tilted.max())
        return math.sqrt(float(weights @ self.losses**2) / float(weights.sum()))


@dataclass(frozen=True, eq=False)
class Sketched:
    """Mechanisms in one direction (`away`: without the unit against with), each with its sketch."""

    mechanisms: Sequence[Mechanism]
    away: bool
    reaches: list[Reach]
    sketches: list[Sketch]

    @classmethod
    def of(
        cls, mechanisms: Sequence[Mechanism], counts: Counts, away: bool, left_out: float
    ) -> Sketched:
        """For up to `counts` releases of each, that leave out outputs of probability `left_out`."""
        reaches = [one.reach(sum(counts), left_out) for one in mechanisms]
        sketches = [Sketch.of(m, away, reach) for m, reach in zip(mechanisms, reaches, strict=True)]
        return cls(mechanisms, away, reaches, sketches)

    def log_moments(self, counts: Counts) -> Floats:
        """log E[e^(order · L)] of the sum L of so many losses of each, for each of the `ORDERS`."""
        return np.asarray(np.asarray(counts, np.float64) @ self._moments)

    def log_affinity(self, counts: Counts) -> float:
        """log E[e^(−L/2)], which bounds what the worlds with and without the unit have in common."""
        each = [s.log_moments(np.array([-0.5]))[0] for s in self.sketches]
        return math.fsum(n * one for n, one in zip(counts, each, strict=True))

    @cached_property
    def _moments(self) -> Floats:
        return np.stack([s.log_moments(ORDERS) for s in self.sketches])

    def largest(self, counts: Counts) -> float:
        """The largest that a sum of so many losses can be, in nats."""
        return sum(n * float(s.losses.max()) for n, s in zip(counts, self.sketches, strict=True))


def log_sum(exponents: Floats) -> Floats:
    """log Σ e^exponent over the last axis, without overflow."""
    most = exponents.max(axis=-1, keepdims=True)
    total = np.exp(exponents - most).sum(axis=-1, keepdims=True)
    return np.asarray((most + np.log(total))[..., 0])


def _normal_masses(x: Floats) -> Floats:
    """Mass of N(0, 1) between neighbours, accurate in both tails."""
    below, above = _erfc(-x / math.sqrt(2)) / 2, _erfc(x / math.sqrt(2)) / 2
    return np.where(x[:-1] > 0, above[:-1] - above[1:], below[1:] - below[:-1])


def _erfc(x: Floats) -> Floats:
    return np.fromiter(map(math.erfc, x.tolist()), np.float64, len(x))
