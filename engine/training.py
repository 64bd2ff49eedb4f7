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
    k, n_max = len(block.sizes), int(block.sizes[0])
    local = np.repeat(anchor[:, None], k, axis=1)  # (d, k)
    plan = Plan(block.sizes, training)
    residuals = np.zeros((n_max, k))  # of the pass, each patient's when it was visited
    into = np.empty(len(anchor) * plan.batch * k)
    work = 0
    for epoch in range(1, plan.epochs + 1):
        order = visiting_order(address[0], address[1], epoch, block.sizes, largest)
        found, steps = block.found(order), plan.steps(epoch)
        residuals[:] = 0.0
        for places, active, count in steps:
            x, y = block.minibatch(found, places, active, into)
            here = local[:, active]
            residual = logistic.residuals(here, x, y)
            gradient = logistic.summed_gradient(x, residual) / count
            for objective in objectives:
                gradient = objective(gradient.T, here.T, anchor).T
            local[:, active] = here - training.learning_rate * gradient
            residuals[places, active] = residual
            work += x.size
            if work > _WORK_PER_YIELD:
                work = 0
                yield Progress(epoch, plan.epochs, places.stop / n_max, None), local.T
        losses = logistic.summed_loss(residuals) / plan.visited(steps)
        yield Progress(epoch, plan.epochs, 1.0, losses), local.T


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


LocalStep = tuple[slice, slice, Ints]  # places in the order; active columns; patients in each batch


class Plan:
    """Which hospitals of a block take a local step when: a run of columns, the largest first."""

    def __init__(self, sizes: Ints, training: Training) -> None:
        self.sizes = sizes
        self.batch = min(training.batch_size or int(sizes[0]), int(sizes[0]))
        self.each = -(-sizes // self.batch)  # (k,) steps in a full pass, descending
        self.limit = training.local_steps
        self.epochs = -(-self.limit // int(self.each[-1])) if self.limit else training.local_epochs
        self.full_pass = self._full_pass()

    def _full_pass(self) -> list[LocalStep]:
        steps = []
        for step in range(int(self.each[0])):
            start = step * self.batch
            active = slice(0, int(np.count_nonzero(self.each > step)))
            count = np.minimum(self.batch, self.sizes[active] - start)
            steps.append((slice(start, start + int(count[0])), active, count))
        return steps

    def steps(self, epoch: int) -> list[LocalStep]:
        """The steps of a pass: all, or those of hospitals that have not taken `local_steps` yet."""
        if not self.limit:
            return self.full_pass
        left = self.limit - (epoch - 1) * self.each  # ascending: the largest are done first
        steps = []
        for step, (places, active, count) in enumerate(self.full_pass):
            first = int(np.count_nonzero(left <= step))
            if first < active.stop:
                count = count[first:]
                places = slice(places.start, places.start + int(count[0]))
                steps.append((places, slice(first, active.stop), count))
        return steps

    def visited(self, steps: list[LocalStep]) -> Ints:
        """Patients that each hospital visits in these steps, at least 1 for a division, (k,)."""
        if steps is self.full_pass:
            return self.sizes
        visited = np.zeros(len(self.sizes), np.int64)
        for _, active, count in steps:
            visited[active] += count
        return np.maximum(visited, 1)
