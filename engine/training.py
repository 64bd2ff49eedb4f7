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
_CALLS = (
    20_000  # numbers read while Python makes the calls of one step: small steps are made of these
)

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
    epochs, rate = gradients.epochs, training.learning_rate
    for epoch in range(1, epochs + 1):
        steps = _steps(gradients.batches(epoch), local, rate, objectives, anchor)
        while (fraction := _for_a_while(steps)) is not None:
            yield Progress(epoch, epochs, fraction, None), local.T
        yield Progress(epoch, epochs, 1.0, gradients.passed()), local.T


@np.errstate(over="ignore", invalid="ignore")  # who diverges is found when the update is looked at
def _for_a_while(steps: Iterator[tuple[int, float]]) -> float | None:
    """Take steps until enough numbers were read: how much of the pass is done; None at its end."""
    work = 0
    for numbers, fraction in steps:
        work += numbers + _CALLS
        if work > _WORK_PER_YIELD:
            return fraction
    return None


def _steps(
    batches: Iterator[Batch],
    local: Floats,
    rate: float,
    objectives: Sequence[Objective],
    anchor: Floats,
) -> Iterator[tuple[int, float]]:
    """Move `local` (d, k) by the steps of a pass; tells numbers read, and how much of the pass is done.

    The estimate of a large minibatch grows piece by piece.
    """
    for batch in batches:
        here, (first, *others) = local[:, batch.active], batch.pieces
        gradient, numbers = batch.gradient(here, first), len(local) * batch.y[first].size
        for piece in others:
            yield numbers, batch.fraction
            gradient = gradient + batch.gradient(here, piece)
        for objective in objectives:
            gradient = objective(gradient.T, here.T, anchor).T
        here -= rate * gradient
        yield numbers, batch.fraction
