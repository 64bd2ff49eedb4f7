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
    gather = _Gather(block, steps.batch)
    for epoch in range(1, steps.epochs + 1):
        order = visiting_order(address[0], address[1], epoch, block.sizes, largest)
        loss, seen, work = np.zeros(len(block.sizes)), np.zeros(len(block.sizes)), 0
        for step, active in steps.of_epoch(epoch):
            x, y = gather(order, step * steps.batch, active)
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
    order = np.tile(np.arange(n_max), (len(distinct), 1))
    for row, n in zip(order, distinct, strict=True):
        row[:n] = shuffled[shuffled < n]
    return order.T if len(distinct) == 1 else order.T[:, column]


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


class _Gather:
    """Each active hospital's next minibatch, copied into one buffer that every step uses again."""

    def __init__(self, block: Block, batch: int) -> None:
        self.block = block
        self.batch = batch
        self.parameters, self.n_max, self.hospitals = block.x.shape
        self.x = np.empty(self.parameters * batch * self.hospitals)
        self.y = np.empty(batch * self.hospitals)

    def __call__(self, order: Ints, start: int, active: slice) -> tuple[Floats, Floats]:
        """Columns (d, b, k_active) and labels (b, k_active)."""
        block = self.block
        if self.batch == self.n_max:  # a full batch needs no order
            return block.x[:, :, active], block.y[:, active]
        places = order[start : start + self.batch]
        if order.shape[1] == 1:  # hospitals of one size: whole rows of the block, always all active
            return self._take(block.x, block.y, places[:, 0], (len(places), self.hospitals))
        columns = np.arange(self.hospitals)[active]
        flat = places[:, active] * self.hospitals + columns  # (b, k_active)
        x = block.x.reshape(self.parameters, -1)
        return self._take(x, block.y.ravel(), flat.ravel(), flat.shape)

    def _take(
        self, x: Floats, y: Floats, index: Ints, shape: tuple[int, int]
    ) -> tuple[Floats, Floats]:
        size = shape[0] * shape[1]
        into_x = self.x[: self.parameters * size].reshape(self.parameters, len(index), *x.shape[2:])
        into_y = self.y[:size].reshape(len(index), *y.shape[1:])
        # Indices are valid; "clip" only spares NumPy a second buffer.
        np.take(x, index, axis=1, out=into_x, mode="clip")
        np.take(y, index, axis=0, out=into_y, mode="clip")
        return into_x.reshape(self.parameters, *shape), into_y.reshape(shape)
