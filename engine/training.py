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
    work, epochs = 0, gradients.epochs
    for epoch in range(1, epochs + 1):
        for batch in gradients.batches(epoch):
            here = local[:, batch.active]
            for so_far, patients in _growing(batch, here):
                gradient, work = so_far, work + len(local) * patients
                if work > _WORK_PER_YIELD:
                    work = 0
                    yield Progress(epoch, epochs, batch.fraction, None), local.T
            here -= training.learning_rate * _with_objectives(gradient, here, objectives, anchor)
        yield Progress(epoch, epochs, 1.0, gradients.passed()), local.T


# Who diverges is found when the update is looked at.
_careless = np.errstate(over="ignore", invalid="ignore")


def _growing(batch: Batch, local: Floats) -> Iterator[tuple[Floats, int]]:
    """The estimate at `local` (d, k) as pieces of the minibatch are added to it, (d, k); whole at last.

    Beside it how many patients were added.
    """
    gradient = None
    for piece in batch.pieces:
        gradient = _added(gradient, batch, piece, local)
        yield gradient, batch.y[piece].size


@_careless
def _added(gradient: Floats | None, batch: Batch, piece: slice, local: Floats) -> Floats:
    more = batch.gradient(local, piece)
    return more if gradient is None else gradient + more


@_careless
def _with_objectives(
    gradient: Floats, local: Floats, objectives: Sequence[Objective], anchor: Floats
) -> Floats:
    """An estimate and what objectives add to it, (d, k)."""
    for objective in objectives:
        gradient = objective(gradient.T, local.T, anchor).T
    return gradient
