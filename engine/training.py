"""Local training: every hospital of a block, batched into one computation.

A local step is `local −= rate · gradient`, and a gradient is an *estimate*, here the mean over a
shuffled minibatch (McMahan et al. 2017, ClientUpdate), followed by *objectives* that add to it
(FedProx, L2). A pass over its patients in an order of its own is what each hospital does by itself;
the batching changes the speed and not one result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.blocks import Block
from engine.models import logistic
from engine.randomness import stream
from engine.sections import Training

_WORK_PER_YIELD = 2_000_000  # numbers read between two yields: well below 50 ms

Objective = Callable[[Floats, Floats, Floats], Floats]  # Stage.on_gradient


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a block is: `fraction` of `epoch`; `losses` (k,) once the epoch is done."""

    epoch: int
    epochs: int
    fraction: float
    losses: Floats | None


def train_block(
    block: Block,
    anchor: Floats,
    training: Training,
    objectives: Sequence[Objective],
    address: tuple[int, int],
    largest: int,
) -> Iterator[tuple[Progress, Floats]]:
    """Train a block from `anchor` (d,); yields progress and the local params so far, (k, d).

    Args:
        address: (seed, round) of the run.
        largest: Patients of the federation's largest hospital.
    """
    local = np.repeat(anchor[:, None], len(block.sizes), axis=1)  # (d, k)
    steps = _Steps(block, training)
    for epoch in range(1, steps.epochs + 1):
        order = visiting_order(address[0], address[1], epoch, block.sizes, largest)
        loss, seen, work = np.zeros(len(block.sizes)), np.zeros(len(block.sizes)), 0
        for step, active in steps.of_epoch(epoch):
            x, y = _minibatch(block, order, step * steps.batch, steps.batch, active)
            count = np.minimum(steps.batch, block.sizes[active] - step * steps.batch)  # (k_active,)
            here = local[:, active]
            residual = logistic.residuals(here, x, y)
            gradient = logistic.summed_gradient(x, residual) / count
            for objective in objectives:
                gradient = objective(gradient.T, here.T, anchor).T
            local[:, active] = here - training.learning_rate * gradient
            loss[active] += logistic.summed_loss(residual)
            seen[active] += count
            work += x.size
            if work > _WORK_PER_YIELD:
                work, fraction = 0, (step + 1) / steps.most
                yield Progress(epoch, steps.epochs, fraction, None), local.T
        yield Progress(epoch, steps.epochs, 1.0, loss / np.maximum(seen, 1)), local.T


def visiting_order(seed: int, round: int, epoch: int, sizes: Ints, largest: int) -> Ints:
    """In which order each hospital visits its patients in this pass: (n_max, k), or (n_max, 1).

    One shuffle of `largest` places is drawn per pass, and a hospital with n patients follows it,
    leaving out the places from n on: for each hospital a uniformly random order that depends on its
    own size and on nobody else's. Padding places come last. Hospitals of one size share one column.
    """
    keys = stream(seed, "minibatch", round, epoch).random(largest)
    distinct, column = np.unique(sizes, return_inverse=True)
    n_max = int(distinct[-1])
    shuffled = np.argsort(keys)
    shuffled = shuffled[shuffled < n_max]
    own = shuffled[:, None] < distinct  # (n_max, distinct)
    order = np.tile(np.arange(n_max)[:, None], len(distinct))
    place = np.cumsum(own, axis=0) - 1
    which, of = np.nonzero(own)
    order[place[which, of], of] = shuffled[which]
    return order if len(distinct) == 1 else order[:, column]


class _Steps:
    """Which hospitals take a step when: a run of columns, since the largest come first."""

    def __init__(self, block: Block, training: Training) -> None:
        n_max = int(block.sizes[0])
        self.batch = min(training.batch_size or n_max, n_max)
        self.each = -(-block.sizes // self.batch)  # (k,) steps in a full pass, descending
        self.most = int(self.each[0])
        self.limit = training.local_steps
        fewest = int(self.each[-1])
        self.epochs = -(-self.limit // fewest) if self.limit else training.local_epochs

    def of_epoch(self, epoch: int) -> Iterator[tuple[int, slice]]:
        """Each step of the pass, with the columns that take it."""
        for step in range(self.most):
            end = int(np.searchsorted(-self.each, -step, side="left"))  # those with a step left
            start = 0
            if self.limit:  # those that have not taken all their steps in earlier passes
                taken = (epoch - 1) * self.each + step
                start = int(np.searchsorted(-taken, -self.limit, side="right"))
            if start < end:
                yield step, slice(start, end)


def _minibatch(
    block: Block, order: Ints, start: int, batch: int, active: slice
) -> tuple[Floats, Floats]:
    """Rows (b, d, k_active) and labels (b, k_active) of each active hospital's next minibatch."""
    if batch == len(block.y):  # a full batch needs no order
        return block.x[:, :, active], block.y[:, active]
    index = order[start : start + batch]
    if order.shape[1] == 1:
        return block.x[index[:, 0]][:, :, active], block.y[index[:, 0]][:, active]
    index = index[:, active]
    x = np.take_along_axis(block.x[:, :, active], index[:, None, :], axis=0)
    return x, np.take_along_axis(block.y[:, active], index, axis=0)
