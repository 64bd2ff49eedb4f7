"""Many releases together: the distribution of their privacy losses' sum, by Fourier transform.

Losses of independent releases add up. With L their sum, drawn in the true world, the smallest δ is

    δ(ε) = E[(1 − e^(ε − L))⁺]

(Sommer, Meiser & Mohammadi 2019, "Privacy loss classes"; Koskela, Jälkö & Honkela 2020, "Computing
tight differential privacy guarantees using FFT"). Sums of independent numbers multiply their
transforms, so each kind of release is put on a grid once, transformed once, and raised to the power of
its count; different kinds multiply, and a hundred counts cost hardly more than one.

δ is a far tail, and an FFT's round-off is relative to the bulk. Therefore losses are first *tilted*:
the mass at l is weighted by e^(θl), so that the sum has its bulk where the answer lies, and the weight
is taken out of the answer (as in Alghamdi et al. 2023, "The saddle-point method in differential
privacy"). Neither δ = 1e-15 nor a million steps drown then, and a short window of the line is enough.

The answer is never below the truth, since all that is approximate can only add:

- the dots that stand for a loss dominate it (`dots`), and sums of dominating losses dominate (Zhu,
  Dong & Wang 2022, "Optimal accounting of differential privacy", theorem 10);
- outputs too rare for the grid count as given away, and are paid for from δ;
- the transform closes the window to a circle, where losses whole turns away count too, never less;
- round-off is bounded, from the number of releases and of grid points, and added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from engine.arrays import Ints
from engine.privacy.dots import Spacing, dots
from engine.privacy.losses import Counts, Sketched, log_sum
from engine.privacy.window import Window

_LARGEST = 1 << 21  # grid points; a finer grid is not tried, and ε is rounded up more
_NOTHING = -50.0  # log of a part of the spectrum that is far below round-off
_HUGE = 600.0  # log of a number larger than any that matters
_ROUND_OFF = 16 * 2.0**-53  # relative; of each release, in each of the FFT's halvings

Complexes: TypeAlias = npt.NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class Total:
    """The sum of many losses, as Fourier terms that give δ(ε) at any grid point.

    Attributes:
        window: Its tilt, and the circle that its grid divides.
        points: Grid points on the circle.
        turns: The terms' frequencies (f,): turns per circle.
        beyond: Terms (f,) of E[(1 − e^(ε − L))⁺], tilted.
        weighted: Terms (f,) of E[e^(ε − L); L ≥ ε], tilted; δ falls by as much per nat.
        log_scale: Log of what tilting divided all masses by.
        round_off: Of the terms, relative.
    """

    window: Window
    points: int
    turns: Ints
    beyond: Complexes
    weighted: Complexes
    log_scale: float
    round_off: float

    def at(self, index: int) -> tuple[float, float]:
        """log δ(ε) at the grid point ε, rounded up, and how fast it falls per nat there."""
        phase = np.exp((-2j * math.pi / self.points) * (self.turns * index % self.points))
        beyond, weighted = self._sum(self.beyond, phase), self._sum(self.weighted, phase)
        untilt = self.log_scale - self.window.order * index * self.step
        return untilt + math.log(beyond), weighted / beyond

    def epsilon(self, delta: float) -> float:
        """The smallest ε ≥ 0 with δ(ε) ≤ delta."""
        low, high = -1, math.inf  # δ is above `delta` at `low` (unless that is −1), not at `high`
        index = math.ceil(self.window.guess / self.step) + 1
        while True:
            tail, fall = self.at(index)
            place, excess = index * self.step, tail - math.log(delta)
            if excess <= 0:
                # In the cell below this point δ(ε) = δ · (1 + (1 − e^(ε − place)) · fall).
                lower = math.expm1(min(-excess, _HUGE)) / fall
                epsilon = place + math.log1p(-lower) if lower < 1 else -math.inf
                if index == 0 or index - 1 == low or epsilon > place - self.step:
                    return max(0.0, low * self.step, epsilon)
                high = index
            else:
                low = index
            newton = math.ceil((place + excess / fall) / self.step)
            if math.isinf(high):
                index = max(newton, 2 * index)
            else:
                index = newton if low < newton < high else int(low + high) // 2

    @property
    def step(self) -> float:
        """Nats between grid points."""
        return self.window.width / self.points

    def _sum(self, terms: Complexes, phase: Complexes) -> float:
        total = float(np.sum((terms * phase).real))
        return max(0.0, total) + self.round_off * float(np.sum(np.abs(terms)))


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Transforms of each mechanism's tilted loss, as logs (f,) at the turns (f,) that can matter."""

    window: Window
    points: int
    turns: Ints
    logs: list[Complexes]
    log_scales: list[float]

    @property
    def too_coarse(self) -> bool:
        """Whether tilting leaves no number between two points of even the largest grid."""
        return self.window.order * self.window.width / self.points > _HUGE

    def total(self, counts: Counts) -> Total:
        """The sum of so many losses of each kind."""
        log = np.zeros(len(self.turns), np.complex128)
        for n, one in zip(counts, self.logs, strict=True):
            log += n * one
        kept = log.real > _NOTHING
        turns = self.turns[kept]
        both = np.where((turns == 0) | (2 * turns == self.points), 1, 2)  # turns k and −k, as one
        terms = np.exp(log[kept]) * both / self.points
        step = self.window.width / self.points
        tilted = (self.window.order + 2j * math.pi * turns / self.window.width) * step
        geometric, weighted = -1 / np.expm1(-tilted), -1 / np.expm1(-tilted - step)  # Σ e^(−jx)
        return Total(
            window=self.window,
            points=self.points,
            turns=turns,
            beyond=terms * np.exp(-tilted) * -math.expm1(-step) * geometric * weighted,
            weighted=terms * weighted,
            log_scale=math.fsum(n * s for n, s in zip(counts, self.log_scales, strict=True)),
            round_off=_ROUND_OFF * math.log2(self.points) * sum(counts),
        )


def spectrum(
    sketched: Sketched, least: Counts, most: Counts, window: Window, precision: float
) -> Spectrum:
    """All mechanisms' losses on one grid, fine enough for `most` of each; tilted; transformed.

    Turns that vanish in the powers for the `least` counts vanish in all others: they are left out.
    """
    steps = [window.grid_step(len(most) * n, precision) for n in most]
    widest = min(window.grid_step(len(most), precision), 1 / (1 + window.order))  # as if alone
    points = min(_handy(window.width / min(steps)), _LARGEST)
    step = window.width / points
    transforms, scales, matter = [], [], np.ones(points // 2 + 1, bool)
    for i, mechanism in enumerate(sketched.mechanisms):
        size = sketched.sketches[i].size(window.order)
        spacing = Spacing(step, max(1, int(steps[i] / step)), size, widest)
        index, mass = dots(mechanism, sketched.away, sketched.reaches[i], spacing)
        some = mass > 0
        tilted = np.log(mass[some]) + window.order * step * index[some]
        scales.append(float(log_sum(tilted)))
        circle = np.bincount(index[some] % points, np.exp(tilted - scales[-1]), points)
        transforms.append(np.fft.rfft(circle))
        matter &= np.abs(transforms[-1]) > math.exp(_NOTHING / max(least[i], 1))
    logs = [np.log(one[matter].conj()) for one in transforms]
    return Spectrum(window, points, np.flatnonzero(matter), logs, scales)


def _handy(points: float) -> int:
    """The next number that an FFT likes: a power of two, or three quarters of one."""
    power = 1 << max(4, math.ceil(math.log2(points)))
    return power * 3 // 4 if power * 3 // 4 >= points else power
