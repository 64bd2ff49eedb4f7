"""Local training: every hospital of a block, batched into one computation.

A local step is `local −= rate · gradient`, and a gradient is an *estimate* (`engine.estimates`)
followed by *objectives* that add to it (FedProx, L2): so a proximal term is never clipped or noised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.blocks import Block
from engine.estimates.base import Address, Batch, EstimateOf, Passed
from engine.sections import Training

_WORK_PER_YIELD = 2_000_000  # numbers read between two yields: well below 50 ms

Objective = Callable[[Floats, Floats, Floats], Floats]  # Stage.on_gradient


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a block is: `fraction` of `epoch`; `passed` once the pass is done."""

    epoch: int
    epochs: int
    fraction: float
    passed: Passed | None


def train_block(
    block: Block,
    anchor: Floats,
    training: Training,
    objectives: Sequence[Objective],
    address: Address,
    estimate: EstimateOf,
) -> Iterator[tuple[Progress, Floats]]:
    """Train a block from `anchor` (d,); yields progress and the local params so far, (k, d).

    Args:
        address: (seed, round) of the run.
        estimate: Of a local gradient, for the model that is trained.
    """
    local = np.repeat(anchor[:, None], len(block.sizes), axis=1)  # (d, k)
    gradients = estimate(block, training, address)
    work = 0
    for epoch in range(1, gradients.epochs + 1):
        for batch in gradients.batches(epoch):
            step = _local_step(batch, local[:, batch.active], objectives, anchor)
            local[:, batch.active] -= training.learning_rate * step
            work += batch.size
            if work > _WORK_PER_YIELD:
                work = 0
                yield Progress(epoch, gradients.epochs, batch.fraction, None), local.T
        yield Progress(epoch, gradients.epochs, 1.0, gradients.passed()), local.T


@np.errstate(over="ignore", invalid="ignore")  # who diverges is found when the update is looked at
def _local_step(
    batch: Batch, local: Floats, objectives: Sequence[Objective], anchor: Floats
) -> Floats:
    """The estimate at `local` (d, k) and what objectives add to it, (d, k)."""
    gradient = batch.gradient(local)
    for objective in objectives:
        gradient = objective(gradient.T, local.T, anchor).T
    return gradient
