"""Privacy-loss distributions: what many subsampled Gaussian releases cost together.

One DP-SGD step includes each patient with probability q and adds noise of z times the clip to the sum.
With the patient its output is distributed as P = (1 − q) N(0, z²) + q N(1, z²), without as Q = N(0, z²).
The privacy loss L = log P/Q under P is a random variable, the losses of independent steps add up, and

    δ(ε) = E[(1 − e^(ε − L))⁺]

(Sommer, Meiser & Mohammadi 2019, "Privacy Loss Classes"; Koskela, Jälkö & Honkela 2020). L is put on a
grid such that the ends of every interval keep its mass under both P and Q ("connect the dots",
Doroshenko, Ghazi, Kamath, Kumar & Manurangsi 2022): never optimistic but for round-off, and off by the
square of the grid step only. Steps are added by FFT. Both directions count, with the patient against
without and without against with; the worse one is the answer. Adjacency is zero-out, which here is add
or remove.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Floats

_REACH = 9.0  # standard deviations of the noise that the grid covers; beyond lies 1e-19
_TAIL = 1e-16  # probability that a sum of losses leaves its window; counted as an infinite loss
_FINE = 100.0  # grid points in one standard deviation of a step's loss
_MOST = 100_000  # grid points of a step: where q is tiny, fewer in a deviation


@dataclass(frozen=True, eq=False)
class Losses:
    """A privacy-loss distribution: `mass` (m,) at `(low + i) · step` nats, `lost` at infinity."""

    step: float
    low: int
    mass: Floats
    lost: float

    def epsilon(self, delta: float) -> float:
        """The smallest ε ≥ 0 with δ(ε) ≤ delta; inf where there is none."""
        if self.lost >= delta:
            return math.inf
        low, high = (
            -1,
            len(self.mass) - 1,
        )  # δ is above `delta` before the first, at most at the last
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._at(middle)[0] <= delta else (middle, high)
        # From the grid point before `high` up to it, δ(ε) = lost + above − e^(ε − l_high) · weighted.
        _, above, weighted = self._at(high)
        epsilon = (self.low + high) * self.step + math.log((self.lost + above - delta) / weighted)
        return max(0.0, epsilon)

    def delta_of_zero(self) -> float:
        """δ at ε = 0: the total variation distance."""
        losses = (self.low + np.arange(len(self.mass))) * self.step
        return self.lost - float(np.sum(self.mass * np.minimum(np.expm1(-losses), 0.0)))

    def _at(self, index: int) -> tuple[float, float, float]:
        """At grid point l: δ(l), the probability P(L ≥ l), and E[e^(l − L); L ≥ l]."""
        mass = self.mass[index:]
        weighted = float(np.sum(mass * np.exp(-self.step * np.arange(len(mass)))))
        above = float(mass.sum())
        return self.lost + above - weighted, above, weighted


def step_losses(q: float, z: float, grid_step: float | None = None) -> tuple[Losses, Losses]:
    """The loss of one step, in both directions: with against without, without against with.

    Args:
        q: Probability that a patient is in the batch, 0 < q ≤ 1.
        z: Noise standard deviation per clip norm.
        grid_step: Nats; chosen from the loss's deviation where not given.
    """
    lowest, highest = _loss(q, z, -_REACH * z), _loss(q, z, 1 + _REACH * z)
    if grid_step is None:
        grid_step = max(_deviation(q, z) / _FINE, (highest - lowest) / _MOST)
    first, last = math.floor(lowest / grid_step), math.ceil(highest / grid_step)
    edges: Floats = np.arange(first, last + 1, dtype=np.float64) * grid_step
    x = _inverse(q, z, edges)
    without = _normal_mass(x / z)
    with_patient = (1 - q) * without + q * _normal_mass((x - 1) / z)
    towards = _dots(edges, with_patient, without)
    away = _dots(-edges[::-1], without[::-1], with_patient[::-1])
    return (
        Losses(grid_step, first, towards, max(0.0, 1 - float(towards.sum()))),
        Losses(grid_step, -last, away, max(0.0, 1 - float(away.sum()))),
    )


def compose(losses: Losses, counts: Sequence[int]) -> list[Losses]:
    """The loss of `n` independent steps, for each n of the ascending `counts`."""
    low, high = _windows(losses, counts)
    size = 1 << math.ceil(math.log2(high - low + 1))
    one = np.fft.rfft(_folded(losses.mass, size))
    result = []
    for n in counts:
        # Index 0 of the circular sum lies at n · low; roll it to where the window has it.
        mass = np.roll(np.fft.irfft(one**n, size), (n * losses.low - low) % size)
        lost = 1 - (1 - losses.lost) ** n + _TAIL
        result.append(Losses(losses.step, low, np.maximum(mass, 0.0), lost))
    return result


def epsilons(q: float, z: float, counts: Sequence[int], delta: float) -> list[float]:
    """ε after each number of steps in the ascending `counts`."""
    both = [[c.epsilon(delta) for c in compose(one, counts)] for one in step_losses(q, z)]
    return [max(pair) for pair in zip(*both, strict=True)]


Part = tuple[float, float, int]  # q, z, count


def together(parts: Sequence[Part]) -> tuple[Losses, Losses]:
    """The loss of all `parts` together, in both directions."""
    grid_step = min(step_losses(q, z)[0].step for q, z, _ in parts)
    steps = [step_losses(q, z, grid_step) for q, z, _ in parts]
    counts = [count for _, _, count in parts]
    return _sum([s[0] for s in steps], counts), _sum([s[1] for s in steps], counts)


def _sum(losses: Sequence[Losses], counts: Sequence[int]) -> Losses:
    windows = [_windows(one, [n]) for one, n in zip(losses, counts, strict=True)]
    low, high = sum(w[0] for w in windows), sum(w[1] for w in windows)
    size = 1 << math.ceil(math.log2(high - low + 1))
    spectrum: Any = 1.0
    start, kept = 0, 1.0
    for one, n in zip(losses, counts, strict=True):
        spectrum = spectrum * np.fft.rfft(_folded(one.mass, size)) ** n
        start += n * one.low
        kept *= (1 - one.lost) ** n
    mass = np.roll(np.fft.irfft(spectrum, size), (start - low) % size)
    return Losses(losses[0].step, low, np.maximum(mass, 0.0), 1 - kept + _TAIL * len(losses))


def _folded(mass: Floats, size: int) -> Floats:
    """`mass` on a circle of `size` points."""
    padded = np.zeros(-(-len(mass) // size) * size)
    padded[: len(mass)] = mass
    return np.asarray(padded.reshape(-1, size).sum(axis=0))


def _loss(q: float, z: float, x: float) -> float:
    """log P/Q at output x: log(1 − q + q e^((2x − 1) / 2z²))."""
    exponent = (2 * x - 1) / (2 * z * z)
    if q == 1:
        return exponent
    return math.log1p(-q) + float(np.logaddexp(0.0, math.log(q) - math.log1p(-q) + exponent))


def _inverse(q: float, z: float, losses: Floats) -> Floats:
    """The output x at which the loss is as given, −inf below its infimum log(1 − q)."""
    if q == 1:
        return np.asarray(z * z * losses + 0.5)
    excess = np.expm1(losses - math.log1p(-q)) * (1 - q) / q  # e^exponent
    with np.errstate(divide="ignore"):
        return np.asarray(z * z * np.log(np.maximum(excess, 0.0)) + 0.5)


def _deviation(q: float, z: float) -> float:
    """About the standard deviation of one step's loss: that of P/Q, or of the loss at q = 1."""
    return min(q * math.sqrt(math.expm1(min(1 / (z * z), 500.0))), 1 / z)


def _normal_mass(edges: Floats) -> Floats:
    """Mass of N(0, 1) between neighbouring edges, accurate in both tails."""
    below, above = _erfc(-edges / math.sqrt(2)) / 2, _erfc(edges / math.sqrt(2)) / 2
    return np.where(edges[:-1] > 0, above[:-1] - above[1:], below[1:] - below[:-1])


def _erfc(x: Floats) -> Floats:
    return np.fromiter(map(math.erfc, x.tolist()), np.float64, len(x))


def _dots(edges: Floats, p: Floats, q: Floats) -> Floats:
    """Masses at `edges` (m,) that keep the intervals' masses `p` and `q` (m − 1,)."""
    step = edges[1] - edges[0]
    upper = np.clip((p - np.exp(edges[:-1]) * q) / -math.expm1(-step), 0.0, p)
    mass = np.zeros(len(edges))
    mass[1:] += upper
    mass[:-1] += p - upper
    return mass


def _windows(losses: Losses, counts: Sequence[int]) -> tuple[int, int]:
    """Grid indices between which every sum of n losses lies but for `_TAIL` (Chernoff, both sides).

    All counts share one window: a short sum may reach lower, or higher, than a long one.
    """
    grid = (losses.low + np.arange(len(losses.mass))) * losses.step
    top = losses.low + len(losses.mass) - 1
    lows, highs = [], []
    for rate in np.geomspace(0.01, 1000, 40):
        lows.append((rate, _log_mean(losses.mass, -rate * grid)))
        highs.append((rate, _log_mean(losses.mass, rate * grid)))
    ends = []
    for n in counts:
        low = -min((n * mean - math.log(_TAIL)) / rate for rate, mean in lows)
        high = min((n * mean - math.log(_TAIL)) / rate for rate, mean in highs)
        ends.append((max(low / losses.step, n * losses.low), min(high / losses.step, n * top)))
    return math.floor(min(low for low, _ in ends)), math.ceil(max(high for _, high in ends))


def _log_mean(mass: Floats, exponents: Floats) -> float:
    """log E[e^exponent], without overflow."""
    most = float(exponents.max())
    return most + math.log(float(np.sum(mass * np.exp(exponents - most))))
