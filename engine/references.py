"""How the models are made that a federation is compared with: each hospital alone, and all in one place.

A logistic regression has one best answer, so it is fitted to convergence: penalty C = 1, as scikit-learn
does by default (`engine.newton`). A network has none; what convergence would mean hangs on where one
stops. So it is the same network from the same initial weights, trained in the same way without the
federation: as many passes as all rounds have together, the run's minibatches, rate and L2, nothing else.
Where a round is so many steps, each hospital alone takes as many as its rounds have, and all data in one
place as many as all hospitals have together.
All data in one place are many minibatches, one after the other; where all passes would take more than
20,000 steps, there are as many passes as fit, but one at least. It is made once per data, model, seed and
training (`Scenario.references`); a fork keeps what the run began with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

import numpy as np

from engine import newton
from engine.arrays import Floats, Ints
from engine.blocks import Block, blocks
from engine.class_weights import ClassWeights
from engine.data.federation import Table
from engine.estimates.base import hospitals_at_once, steps_of_round
from engine.estimates.minibatch import Minibatch
from engine.models import Logistic, Model
from engine.sections import Training
from engine.stages.l2 import L2
from engine.steps import Steps, retold
from engine.training import train_block

BLOCK = 512  # hospitals fitted at once, at most
_STEPS = 20_000  # of a network; two or three seconds
_BESIDE = 0  # the round that no run has: its minibatches are drawn for the references

_ALONE, _POOLED = "each one alone", "all data in one place"


class Reference(Protocol):
    """A way to make models without a federation. Both yield (what, done, total) as they go on."""

    @property
    def model(self) -> Model:
        """What is made."""
        ...

    def alone(self, train: Table) -> Steps[Floats]:
        """Each hospital's own model, (K, d)."""
        ...

    def pooled(self, train: Table) -> Steps[Floats]:
        """One model on all training patients, (d,)."""
        ...


@dataclass(frozen=True)
class Converged:
    """Logistic regression, fitted to convergence."""

    model: Logistic
    class_weights: ClassWeights | None = None

    def alone(self, train: Table) -> Steps[Floats]:
        """Blocks of hospitals of like size."""
        hospitals = len(train.sizes)
        params = np.empty((hospitals, self.model.parameters))
        done = 0
        for block in alike(train):
            params[block] = yield from self._fitted(train, block, done)
            done += len(block)
            yield _ALONE, done, hospitals
        return params

    def _fitted(self, train: Table, block: Ints, done: int) -> Steps[Floats]:
        """Those of one block, (k, d), after `done` other hospitals."""
        k, hospitals = len(block), len(train.sizes)
        fitting = newton.fit(newton.gather(train, block, self.class_weights))
        return retold(fitting, lambda part: (_ALONE, done + int(part * k), hospitals))

    def pooled(self, train: Table) -> Steps[Floats]:
        """Newton's method over chunks of patients."""
        chunks = newton.in_chunks(train.x, train.y, self.class_weights)
        expected, done = 8 * len(chunks), count(1)  # Newton takes about eight passes
        fitting = newton.fit(chunks)
        (params,) = yield from retold(
            fitting, lambda _: (_POOLED, min(next(done), expected - 1), expected)
        )
        yield _POOLED, expected, expected
        return np.asarray(params)


@dataclass(frozen=True)
class Trained:
    """Any model, trained as the run's hospitals train, but that nothing is ever shared."""

    model: Model
    training: Training
    l2: float
    seed: int
    class_weights: ClassWeights | None = None

    def alone(self, train: Table) -> Steps[Floats]:
        """Blocks as in a round."""
        everyone = np.arange(len(train.sizes))
        params = np.empty((len(everyone), self.model.parameters))
        done = 0
        for block in blocks(train, everyone, hospitals_at_once(self.model)):
            for part, local in self._walked(block):
                params[block.rows] = local
                yield _ALONE, done + int(part * len(block.rows)), len(everyone)
            done += len(block.rows)
        return params

    def pooled(self, train: Table) -> Steps[Floats]:
        """As though all patients were one hospital's."""
        everyone = Table(train.x, train.y, np.array([0, len(train.y)]))
        (block,) = blocks(everyone, np.array([0]))
        yield _POOLED, 0, 1000
        params = self.model.initial(self.seed)
        for part, local in self._walked(block, hospitals=len(train.sizes)):
            params = local[0]
            yield _POOLED, int(1000 * part), 1000
        return params

    def _walked(self, block: Block, hospitals: int = 1) -> Iterator[tuple[float, Floats]]:
        """Which part of all passes is done, and the params (k, d) so far.

        Where steps are counted, and not passes, a block that holds the patients of several hospitals takes
        the steps of all of them.
        """
        plain, rounds = self.training, self.training.rounds
        fit = _STEPS // int(steps_of_round(replace(plain, local_epochs=1), block.sizes[:1])[0])
        whole = replace(
            plain,
            local_epochs=min(plain.local_epochs * rounds, max(1, fit)),
            local_steps=min(plain.local_steps * rounds * hospitals, _STEPS),
        )
        steps = train_block(
            block,
            self.model.initial(self.seed),
            whole,
            [L2(self.l2, self.model).on_gradient] if self.l2 else [],
            (self.seed, _BESIDE),
            Minibatch(self.model, self.class_weights),
        )
        for at, local in steps:
            yield (at.epoch - 1 + at.fraction) / at.epochs, local


def alike(table: Table) -> Iterator[Ints]:
    """Hospitals in blocks of like size, the largest first, each small enough for one step."""
    order = np.argsort(-table.sizes, kind="stable")
    first = 0
    while first < len(order):
        d = table.x.shape[1] + 1
        numbers = int(table.sizes[order[first]]) * d  # the Hessian has no more of them
        fits = min(BLOCK, max(1, newton.NUMBERS // numbers))
        yield order[first : first + fits]
        first += fits
