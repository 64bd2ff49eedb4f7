"""Local training: every hospital of a block, batched into one computation.

A local step is `local −= rate · gradient`, and a gradient is an *estimate*, here the mean over a
shuffled minibatch (McMahan et al. 2017, ClientUpdate), followed by *objectives* that add to it
(FedProx, L2). The batching over hospitals changes the speed and not one result.
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
    """How far a block is: `fraction` of `epoch`; `losses` (k,) once it is done, nan where no step."""

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
) -> Iterator[tuple[Progress, Floats]]:
    """Train a block from `anchor` (d,); yields progress and the local params so far, (k, d).

    Args:
        address: (seed, round) of the run.
    """
    k, n_max = len(block.sizes), int(block.sizes[0])
    local = np.repeat(anchor[:, None], k, axis=1)  # (d, k)
    schedule = Schedule(block.sizes, training)
    residuals = np.zeros((n_max, k))  # of the pass, each patient's when it was visited
    into = np.empty(len(anchor) * schedule.batch * k)
    work = 0
    for epoch in range(1, schedule.epochs + 1):
        order = visiting_order(address[0], address[1], epoch, block.sizes)
        found, steps = block.found(order), schedule.steps(epoch)
        residuals[:] = 0.0
        for places, active, count in steps:
            x, y = block.minibatch(found, places, active, into)
            local[:, active], residuals[places, active] = _local_step(
                local[:, active], x, y, count, training.learning_rate, objectives, anchor
            )
            work += x.size
            if work > _WORK_PER_YIELD:
                work = 0
                yield Progress(epoch, schedule.epochs, places.stop / n_max, None), local.T
        visited = schedule.visited(steps)
        losses = np.where(visited > 0, logistic.summed_loss(residuals), np.nan)
        losses /= np.maximum(visited, 1)
        yield Progress(epoch, schedule.epochs, 1.0, losses), local.T


@np.errstate(over="ignore", invalid="ignore")  # who diverges is found when the update is looked at
def _local_step(
    local: Floats,
    x: Floats,
    y: Floats,
    count: Ints,
    rate: float,
    objectives: Sequence[Objective],
    anchor: Floats,
) -> tuple[Floats, Floats]:
    """Params (d, k) after a step on minibatches x (d, b, k), y (b, k); and their residuals (b, k)."""
    residual = logistic.residuals(local, x, y)
    gradient = logistic.summed_gradient(x, residual) / count
    for objective in objectives:
        gradient = objective(gradient.T, local.T, anchor).T
    return local - rate * gradient, residual


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


LocalStep = tuple[slice, slice, Ints]  # places in the order; active columns; patients in each batch


class Schedule:
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
        """Patients that each hospital visits in these steps, (k,)."""
        if steps is self.full_pass:
            return self.sizes
        visited = np.zeros(len(self.sizes), np.int64)
        for _, active, count in steps:
            visited[active] += count
        return visited
