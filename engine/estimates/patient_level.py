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

A patient's gradient is (p − y) · ∂logit/∂params, so its norm is |p − y| · ‖∂logit/∂params‖ (for logistic
regression the length of (x, 1); see `engine.models.base`), and a sum of clipped gradients is one pass
backwards with clipped residuals: no gradient is ever written down for a single patient. With z = 0 the
mechanism stays and the noise goes: that is the branch to compare a private run with. Floating-point
noise is not strict differential privacy (Mironov 2012).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.blocks import Block
from engine.class_weights import ClassWeights, weighed
from engine.estimates.base import Address, Batch, LocalStep, Passed, Schedule, expected_batch
from engine.models.base import Model, Workspace, residuals, summed_loss
from engine.randomness import ByHospital
from engine.sections import Training

_DRAWN_AT_ONCE = 500_000  # numbers of noise: some 10 ms
_LONGEST = 1e100  # ‖∂logit/∂params‖; beyond, squares and factors come near 1e−308 and lose digits


@dataclass(frozen=True, eq=False)
class PatientLevel:
    """How much noise each hospital adds; asked for a block, it gives that block's estimates.

    Attributes:
        model: What is trained.
        clip_norm: C.
        noise_multiplier: z of every hospital of the federation, (K,).
        class_weights: What a patient's gradient is multiplied by before it is clipped.
    """

    model: Model
    clip_norm: float
    noise_multiplier: Floats
    class_weights: ClassWeights | None = None

    def __call__(self, block: Block, training: Training, address: Address) -> _Poisson:
        """The estimates of one block in one round."""
        noise_std = self.noise_multiplier[block.hospitals] * self.clip_norm  # (k,)
        return _Poisson(block, training, address, self, noise_std)


class _Poisson:
    """Batches by coins, of one block in one round."""

    def __init__(
        self,
        block: Block,
        training: Training,
        address: Address,
        of: PatientLevel,
        noise_std: Floats,
    ) -> None:
        self.block, self.address, self.of = block, address, of
        self.noise_std, self.work = noise_std, Workspace()
        self.schedule = Schedule(block.sizes, training)
        self.epochs = self.schedule.epochs
        self.expected = expected_batch(training, block.sizes)  # b = q·n, (k,)

    def batches(self, epoch: int) -> Iterator[_Step]:
        """As many steps as a pass has minibatches; a patient may come twice in it, or not at all."""
        steps = self.schedule.steps(epoch)
        taken = _taken(steps, len(self.expected))
        self.seen = _Seen(taken > 0)
        coins, noise_source = (
            ByHospital(*self._named(purpose), epoch, hospitals=self.block.hospitals, width=width)
            for purpose, width in (
                ("poisson batch", 1),
                ("patient noise", self.of.model.parameters),
            )
        )
        rows, noises = self._rows(coins, taken), self._noises(noise_source, len(steps))
        for number, ((_, active, _), noise) in enumerate(zip(steps, noises, strict=True), start=1):
            x, y, lengths = self.block.patients(rows[number - 1][:, active])
            yield _Step(
                active=active,
                fraction=number / len(steps),
                model=self.of.model,
                x=x,
                y=y,
                work=self.work,
                lengths=lengths,
                clip_norm=self.of.clip_norm,
                class_weights=self.of.class_weights,
                noise=noise[:, active],
                expected=self.expected[active],
                seen=self.seen,
            )

    def passed(self) -> Passed:
        """Of the patients that were in a batch."""
        return self.seen.passed()

    def _named(self, purpose: str) -> tuple[int, str, int]:
        seed, round = self.address
        return seed, purpose, round

    def _rows(self, coins: ByHospital, taken: Ints) -> list[Ints]:
        """Which rows of the table are in each step's batch, (b, k), padded to its largest.

        Flip f of a hospital is that of its patient f mod n in step f // n.
        """
        n, k, steps = self.block.sizes, len(taken), int(taken.max())
        column, flip = heads(coins, self.expected / n, n * taken)
        step, patient = np.divmod(flip, n[column])
        batch = column * steps + step  # flips come by hospital, ascending, so batches are runs
        counts = np.bincount(batch, minlength=k * steps)
        place = np.arange(len(flip)) - (np.cumsum(counts) - counts)[batch]
        rows = np.full((steps, k, max(1, int(counts.max()))), self.block.padding)
        rows[step, column, place] = self.block.starts[column] + patient
        largest = counts.reshape(k, steps).max(axis=0, initial=1)
        return [of_step[:, :most].T for of_step, most in zip(rows, largest, strict=True)]

    def _noises(self, source: ByHospital, steps: int) -> Iterator[Floats]:
        """N(0, z² C² I) for each step, (d, k)."""
        d, k = self.of.model.parameters, len(self.expected)
        at_once = max(1, _DRAWN_AT_ONCE // (d * k))
        for start in range(0, steps, at_once):
            yield from self.noise_std * source.normal(min(at_once, steps - start))


def _taken(steps: list[LocalStep], k: int) -> Ints:
    """How many of these steps each hospital takes, always the first ones, (k,)."""
    taken = np.zeros(k, np.int64)
    for _, active, _ in steps:
        taken[active] += 1
    return taken


def heads(coins: ByHospital, rate: Floats, flips: Ints) -> tuple[Ints, Ints]:
    """Which of each hospital's independent flips fell heads: columns and flips, ascending.

    From one head to the next it takes a geometric number of flips, ⌊log U / log(1 − rate)⌋ + 1 with U
    uniform, so only heads need a draw.

    Args:
        rate: Probability of heads, (k,).
        flips: (k,).
    """
    expected = float(np.max(rate * flips))
    last, found = np.full(len(rate), -1.0), []
    with np.errstate(divide="ignore"):  # log 0 = −inf: a rate of 1 falls heads every time
        log_tails = np.log1p(-rate)
    while np.any(last < flips):
        uniform = 1 - coins.uniform(int(expected + 5 * math.sqrt(expected)) + 8)  # never 0
        at = last + np.cumsum(np.floor(np.log(uniform) / log_tails) + 1, axis=0)
        found.append(at)
        last = at[-1]
    every = np.concatenate(found).T  # (k, heads)
    column, number = np.nonzero(every < flips[:, None])
    return column, every[column, number].astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Step(Batch):
    lengths: Floats  # ‖(x, 1)‖, (b, k_active)
    clip_norm: float
    class_weights: ClassWeights | None
    noise: Floats  # (d, k_active)
    expected: Ints  # (k_active,)
    seen: _Seen

    def gradient(self, local: Floats, some: slice) -> Floats:
        """(Σ clipped gradients + noise) / q·n; the noise comes with the last patients."""
        rows = self.lengths[some]
        forward = self.model.forward(local, self.x[:, some], self.work)
        residual = residuals(forward.logits, self.y[some])
        factors = weighed(residual, self.y[some], self.class_weights)
        lengths = np.where(rows < _LONGEST, forward.lengths(rows), np.inf)
        clipped, cut = clip(factors, lengths, self.clip_norm)
        self.seen.add(self.active, residual, rows > 0, cut)
        total = forward.combined(clipped)
        if some.stop == len(self.y):
            total += self.noise
        return total / self.expected


def clip(residual: Floats, lengths: Floats, clip_norm: float) -> tuple[Floats, Flags]:
    """Residuals (b, k), each with its gradient at most `clip_norm` long; which were cut.

    Lengths are those of ∂logit/∂params, (b, k). A gradient that is no number, or so long that digits are
    lost on the way, becomes 0.
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
        self.loss[active] += summed_loss(residual)
        self.patients[active] += real.sum(axis=0)
        self.cut[active] += (cut & real).sum(axis=0)

    def passed(self) -> Passed:
        """The means of the pass."""
        with np.errstate(invalid="ignore"):
            return Passed(self.loss / self.patients, self.took, self.cut / self.patients)
