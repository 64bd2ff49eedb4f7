"""The estimate of FedAvg: the mean gradient over a minibatch of shuffled patients.

McMahan et al. 2017, algorithm 1, ClientUpdate: each pass shuffles a hospital's patients and walks
through them in minibatches. The batching over hospitals changes the speed and not one result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.blocks import Block
from engine.estimates.base import Address, Batch, Passed, Schedule
from engine.models import logistic
from engine.randomness import stream
from engine.sections import Training


class Minibatch:
    """Shuffled minibatches of one block in one round."""

    def __init__(self, block: Block, training: Training, address: Address) -> None:
        self.block, self.address = block, address
        self.schedule = Schedule(block.sizes, training)
        self.epochs = self.schedule.epochs
        # Of the pass, each patient's residual when it was visited.
        self.residuals = np.zeros((int(block.sizes[0]), len(block.sizes)))
        self.into = np.empty(block.width * self.schedule.batch * len(block.sizes))
        self.visited = block.sizes

    def batches(self, epoch: int) -> Iterator[_Step]:
        """Every hospital's patients in a new order, a minibatch at a time."""
        order = visiting_order(*self.address, epoch, self.block.sizes)
        found, steps = self.block.found(order), self.schedule.steps(epoch)
        self.visited = self.schedule.visited(steps)
        self.residuals[:] = 0.0
        for places, active, count in steps:
            x, y = self.block.minibatch(found, places, active, self.into)
            fraction = places.stop / len(self.residuals)
            yield _Step(active, x.size, fraction, x, y, count, self.residuals[places, active])

    def passed(self) -> Passed:
        """Losses from the residuals: a mean needs one logarithm a patient, taken once a pass."""
        took = self.visited > 0
        losses = np.where(took, logistic.summed_loss(self.residuals), np.nan)
        return Passed(losses / np.maximum(self.visited, 1), took)


@dataclass(frozen=True, eq=False)
class _Step(Batch):
    x: Floats  # (d, b, k_active)
    y: Floats  # (b, k_active)
    count: Ints  # patients in each batch, (k_active,)
    residuals: Floats  # (b, k_active), to be filled

    def gradient(self, local: Floats) -> Floats:
        """Σ (p − y) x / b."""
        self.residuals[:] = logistic.residuals(local, self.x, self.y)
        return logistic.summed_gradient(self.x, self.residuals) / self.count


def visiting_order(seed: int, round: int, epoch: int, sizes: Ints) -> Ints:
    """In which order each hospital visits its patients in this pass: (n_max, k), or (n_max, 1).

    Place i gets the i-th number of the pass's stream, and a hospital with n patients visits its first
    n places by their numbers: a uniformly random order that depends on its own size and on nobody
    else's. Padding places come last. Hospitals of one size share one column; their patients lie in
    random order already (`engine.data`), so what they visit is drawn apart all the same.
    """
    distinct, column = np.unique(sizes, return_inverse=True)
    n_max = int(distinct[-1])
    shuffled = np.argsort(stream(seed, "minibatch", round, epoch).random(n_max))
    order = np.tile(np.arange(n_max), (len(distinct), 1))
    for row, n in zip(order, distinct, strict=True):
        row[:n] = shuffled[shuffled < n]
    return order.T if len(distinct) == 1 else order.T[:, column]
