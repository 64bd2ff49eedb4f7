"""The estimate of patient-level privacy: DP-SGD inside each hospital.

Abadi et al. 2016, "Deep Learning with Differential Privacy" (CCS), algorithm 1. At every local step

    each patient is in the batch with probability q = b / n, by a coin of their own     (Poisson)
    each patient's gradient, weights and bias together, is cut to L2 norm at most C       (clip)
    N(0, z² C² I) is added to the sum of what is left                                     (noise)
    and the whole is divided by the *expected* batch q·n, whatever size it really has

so one patient moves the noised sum by at most C, and an empty batch still releases noise: had it been
left out, its absence would tell. What follows — the proximal term, the update, the mean of all
hospitals — is made of noised sums alone and costs no privacy any more. Adjacency is zero-out: a
patient's row in place, or a row of nothing; n is taken as known.

A logistic gradient is (p − y) · (x, 1), so its norm is |p − y| · ‖(x, 1)‖ and no gradient is ever
written down for a single patient. With z = 0 the mechanism stays and the noise goes: that is the branch
to compare a private run with. Floating-point noise is not strict differential privacy (Mironov 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.blocks import Block
from engine.estimates.base import Address, Batch, LocalStep, Passed, Schedule
from engine.models import logistic
from engine.randomness import stream
from engine.sections import Training

_DRAWN_AT_ONCE = 2_000_000  # numbers of noise
_LONGEST = 1e290  # row; its factor would come near 1e−308, where numbers lose digits


@dataclass(frozen=True, eq=False)
class PatientLevel:
    """How much noise each hospital adds; asked for a block, it gives that block's estimates.

    Attributes:
        clip_norm: C.
        noise_multiplier: z of every hospital of the federation, (K,).
    """

    clip_norm: float
    noise_multiplier: Floats

    def __call__(self, block: Block, training: Training, address: Address) -> _Poisson:
        """The estimates of one block in one round."""
        noise_std = self.noise_multiplier[block.hospitals] * self.clip_norm  # (k,)
        return _Poisson(block, training, address, self.clip_norm, noise_std)


class _Poisson:
    """Batches by coins, of one block in one round. Each hospital has streams of its own."""

    def __init__(
        self,
        block: Block,
        training: Training,
        address: Address,
        clip_norm: float,
        noise_std: Floats,
    ) -> None:
        self.block, self.clip_norm, self.noise_std = block, clip_norm, noise_std
        self.schedule = Schedule(block.sizes, training)
        self.epochs = self.schedule.epochs
        self.expected = np.minimum(self.schedule.batch, block.sizes)  # b = q·n, (k,)
        seed, round = address
        self.coins = [stream(seed, "poisson batch", round, int(h)) for h in block.hospitals]
        self.noises = [stream(seed, "patient noise", round, int(h)) for h in block.hospitals]

    def batches(self, epoch: int) -> Iterator[_Step]:
        """As many steps as a pass has minibatches; a patient may come twice in it, or not at all."""
        steps = self.schedule.steps(epoch)
        taken = _taken(steps, len(self.expected))
        self.seen = _Seen(taken > 0)
        rows, noises = self._rows(taken), self._noises(taken)
        for number, ((_, active, _), noise) in enumerate(zip(steps, noises, strict=True), start=1):
            x, y, lengths = self.block.patients(rows[number - 1, :, active])
            yield _Step(
                active=active,
                size=x.size,
                fraction=number / len(steps),
                x=x,
                y=y,
                lengths=lengths,
                clip_norm=self.clip_norm,
                noise=noise[:, active],
                expected=self.expected[active],
                seen=self.seen,
            )

    def passed(self) -> Passed:
        """Of the patients that were in a batch."""
        return self.seen.passed()

    def _rows(self, taken: Ints) -> Ints:
        """Which rows of the table are in each step's batch, (steps, b_max, k), padded."""
        sizes, starts, steps = self.block.sizes, self.block.starts, int(taken.max())
        drawn = [
            heads(coin, b / n, int(n * count))
            for coin, b, n, count in zip(self.coins, self.expected, sizes, taken, strict=True)
        ]
        flips = np.concatenate(
            drawn
        )  # of each hospital, ascending: flip f is patient f mod n in step f // n
        column = np.repeat(np.arange(len(sizes)), [len(d) for d in drawn])
        step, patient = flips // sizes[column], flips % sizes[column]
        batch = column * steps + step
        counts = np.bincount(batch, minlength=len(sizes) * steps)
        place = np.arange(len(flips)) - (np.cumsum(counts) - counts)[batch]
        rows = np.full((steps, max(1, int(counts.max())), len(sizes)), self.block.padding)
        rows[step, place, column] = starts[column] + patient
        return rows

    def _noises(self, taken: Ints) -> Iterator[Floats]:
        """N(0, z² C² I) for each step, (d, k); zero for a hospital that takes it no more."""
        d, k, steps = self.block.width, len(taken), int(taken.max())
        at_once = max(1, _DRAWN_AT_ONCE // (d * k))
        for start in range(0, steps, at_once):
            noise = np.zeros((min(at_once, steps - start), d, k))
            for i, stream_of_one in enumerate(self.noises):
                own = noise[: max(0, int(taken[i]) - start), :, i]
                own[:] = self.noise_std[i] * stream_of_one.standard_normal(own.shape)
            yield from noise


def _taken(steps: list[LocalStep], k: int) -> Ints:
    """How many of these steps each hospital takes, always the first ones, (k,)."""
    taken = np.zeros(k, np.int64)
    for _, active, _ in steps:
        taken[active] += 1
    return taken


def heads(coin: np.random.Generator, rate: float, flips: int) -> Ints:
    """Which of so many independent flips, each heads with probability `rate`, fell heads; ascending.

    From one head to the next it takes a geometric number of flips, so only heads need a draw.
    """
    if rate >= 1:
        return np.arange(flips)
    found, last = [], -1
    while last < flips:
        left = rate * (flips - last)
        last_and_on = last + np.cumsum(coin.geometric(rate, int(left + 4 * left**0.5) + 8))
        found.append(last_and_on)
        last = int(last_and_on[-1])
    every: Ints = np.concatenate(found)
    return every[every < flips]


@dataclass(frozen=True, eq=False)
class _Step(Batch):
    x: Floats  # (d, b, k_active)
    y: Floats  # (b, k_active)
    lengths: Floats  # ‖(x, 1)‖, (b, k_active)
    clip_norm: float
    noise: Floats  # (d, k_active)
    expected: Ints  # (k_active,)
    seen: _Seen

    def gradient(self, local: Floats) -> Floats:
        """(Σ clipped gradients + noise) / q·n."""
        residual = logistic.residuals(local, self.x, self.y)
        clipped, cut = clip(residual, self.lengths, self.clip_norm)
        self.seen.add(self.active, residual, self.lengths > 0, cut)
        return (logistic.summed_gradient(self.x, clipped) + self.noise) / self.expected


def clip(residual: Floats, lengths: Floats, clip_norm: float) -> tuple[Floats, Flags]:
    """Residuals (b, k) of which each times its (x, 1) is at most `clip_norm` long; which were cut.

    A gradient that is no number, or of a row so long that a factor loses its digits, becomes 0.
    """
    norms = np.abs(residual) * lengths
    clipped = residual * (clip_norm / np.maximum(norms, clip_norm))
    fits = np.isfinite(clipped) & (lengths < _LONGEST)
    return np.where(fits, clipped, 0.0), ~(norms <= clip_norm)


class _Seen:
    """What a pass has met so far: the loss, the patients, the clipped ones, of each hospital."""

    def __init__(self, took: Flags) -> None:
        self.took = took
        self.loss, self.patients, self.cut = np.zeros((3, len(took)))

    def add(self, active: slice, residual: Floats, real: Flags, cut: Flags) -> None:
        """One step's batch, (b, k_active)."""
        self.loss[active] += logistic.summed_loss(residual)
        self.patients[active] += real.sum(axis=0)
        self.cut[active] += cut.sum(axis=0)

    def passed(self) -> Passed:
        """The means of the pass."""
        with np.errstate(invalid="ignore"):
            return Passed(self.loss / self.patients, self.took, self.cut / self.patients)
