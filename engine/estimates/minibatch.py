"""The estimate of FedAvg: the mean gradient over a minibatch of shuffled patients.

McMahan et al. 2017, algorithm 1, ClientUpdate: each pass shuffles a hospital's patients and walks
through them in minibatches. The batching over hospitals changes the speed and not one result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.blocks import Block
from engine.class_weights import ClassWeights, weighed
from engine.estimates.base import Address, Batch, LocalStep, Passed, Schedule, in_runs
from engine.models.base import Model, Workspace, residuals, summed_loss
from engine.randomness import stream
from engine.sections import Training

_FEW = 100_000  # numbers: a block of no more is copied once a pass, since calls would cost more than it


@dataclass(frozen=True)
class Minibatch:
    """Asked for a block, it gives that block's estimates for a model."""

    model: Model
    class_weights: ClassWeights | None = None

    def __call__(self, block: Block, training: Training, address: Address) -> _Shuffled:
        """The estimates of one block in one round."""
        return _Shuffled(block, training, address, self)


class _Shuffled:
    """Shuffled minibatches of one block in one round."""

    def __init__(self, block: Block, training: Training, address: Address, of: Minibatch) -> None:
        self.block, self.address, self.of = block, address, of
        self.schedule = Schedule(block.sizes, training)
        self.epochs = self.schedule.epochs
        # Of the pass, each patient's residual when it was visited, (n_max, k).
        self.residuals = block.zeros(int(block.sizes[0]))
        numbers = block.width * self.residuals.size
        self.at_once = numbers <= _FEW and len(self.schedule.full_pass) > 1
        self.into = np.empty(
            numbers if self.at_once else block.width * self.schedule.batch * len(block.sizes)
        )
        self.work, self.visited = Workspace(), block.sizes
        self.full_pass: list[LocalStep] = []  # in runs, when first asked for

    def batches(self, epoch: int) -> Iterator[_Step]:
        """Every hospital's patients in a new order, a minibatch at a time."""
        order = visiting_order(*self.address, epoch, self.block.sizes)
        found, steps = self.block.found(order), self.schedule.steps(epoch)
        self.visited = self.schedule.visited(steps)
        self.residuals[:] = 0.0
        model, class_weights = self.of.model, self.of.class_weights
        fetch = self._fetching(found)
        for places, active, count in self._in_runs(steps):
            x, y = fetch(places, active)
            fraction = places.stop / len(self.residuals)
            seen = self.residuals[places, active]
            yield _Step(active, fraction, model, x, y, self.work, count, seen, class_weights)

    def _in_runs(self, steps: list[LocalStep]) -> list[LocalStep]:
        if steps is self.schedule.full_pass:  # the same in every pass
            self.full_pass = self.full_pass or in_runs(steps, self.block.width)
            return self.full_pass
        return in_runs(steps, self.block.width)

    def _fetching(self, found: Ints) -> Callable[[slice, slice], tuple[Floats, Floats]]:
        """What copies the patients of some places and columns; of a small block all at once."""
        block, into = self.block, self.into
        if not self.at_once:
            return lambda places, active: block.minibatch(found, places, active, into)
        x, y = block.in_order(found, into)
        return lambda places, active: (x[:, places, active], y[places, active])

    def passed(self) -> Passed:
        """Losses from the residuals: a mean needs one logarithm a patient, taken once a pass."""
        took = self.visited > 0
        losses = np.where(took, summed_loss(self.residuals), np.nan)
        return Passed(losses / np.maximum(self.visited, 1), took)


@dataclass(frozen=True, eq=False)
class _Step(Batch):
    count: Ints  # patients in each batch, (k_active,)
    residuals: Floats  # (b, k_active), to be filled
    class_weights: ClassWeights | None

    def gradient(self, local: Floats, some: slice) -> Floats:
        """Σ (p − y) ∂logit/∂params / b, each patient by the weight of its class."""
        y, seen = self.y[some], self.residuals[some]
        forward = self.model.forward(local, self.x[:, some], self.work)
        seen[:] = residuals(forward.logits, y)
        return forward.combined(weighed(seen, y, self.class_weights)) / self.count


def visiting_order(seed: int, round: int, epoch: int, sizes: Ints) -> Ints:
    """In which order each hospital visits its patients in this pass: (n_max, k), or (n_max, 1).

    Place i gets the i-th number of the pass's stream, and a hospital with n patients visits its first
    n places by their numbers: a uniformly random order that depends on its own size and on nobody
    else's. Padding places come last. Hospitals of one size share one column; their patients lie in
    random order already (`engine.data`), so what they visit is drawn apart all the same.
    """
    n_max = int(sizes.max())
    shuffled = np.argsort(stream(seed, "minibatch", round, epoch).random(n_max))
    if np.all(sizes == n_max):
        return shuffled[:, None]
    distinct, column = np.unique(sizes, return_inverse=True)
    own = np.arange(n_max) < distinct[:, None]  # places that are no padding, by size
    order = np.full(own.shape, n_max)
    order[own] = np.broadcast_to(shuffled, own.shape)[shuffled < distinct[:, None]]
    return order[column].T
