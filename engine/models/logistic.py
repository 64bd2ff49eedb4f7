"""Logistic regression: p = σ(w·x + b), the model small enough to send in 44 bytes.

Params are one vector (d,): the weights, then the bias. Rows carry a last column of ones, so the bias
is a weight like the others, and the derivative of the logit by the params is the row itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.models.base import Workspace
from engine.randomness import stream


@dataclass(frozen=True)
class Logistic:
    """Logistic regression on so many columns.

    Attributes:
        init: Where it starts: at zero, or uniform in ±1/√features.
    """

    features: int
    init: str = "zero"
    held = 0

    @property
    def parameters(self) -> int:
        """d."""
        return self.features + 1

    @property
    def biases(self) -> Ints:
        """The last param."""
        return np.array([self.features])

    def units(self, params: Floats) -> Floats:
        """There is one, (1, d)."""
        return params[None]

    def initial(self, seed: int) -> Floats:
        """Params before round 1, (d,)."""
        if self.init == "zero":
            return np.zeros(self.parameters)
        bound = 1 / math.sqrt(self.features)
        return stream(seed, "initial params").uniform(-bound, bound, self.parameters)

    @np.errstate(over="ignore", invalid="ignore")  # a logit that is no number is told as such
    def logits(self, params: Floats, x: Floats) -> Floats:
        """w·x + b of rows `x` (n, features), for params (d,): (n,)."""
        return np.asarray(x @ params[:-1] + params[-1])

    def forward(self, local: Floats, x: Floats, work: Workspace | None = None) -> _Forward:
        """A minibatch x (d, b, k), ones last, at the params of each hospital (d, k).

        What is fast depends on how it lies in memory: with the hospitals last all of them are computed
        at once; where a patient's numbers lie together, each hospital's matrix times its vector.
        """
        if x.strides[0] == x.itemsize:
            return _ByHospital(x.T, (x.T @ local.T[:, :, None])[..., 0].T)
        return _Forward(x, np.einsum("dbk,dk->bk", x, local))


@dataclass(frozen=True, eq=False)
class _Forward:
    x: Floats  # (d, b, k)
    logits: Floats  # (b, k)

    def lengths(self, rows: Floats) -> Floats:
        """∂logit/∂params is the row with its one: so long is it, (b, k)."""
        return rows

    def combined(self, factors: Floats) -> Floats:
        """Σ factor · (x, 1) over the minibatch, (d, k)."""
        return np.asarray(np.einsum("dbk,bk->dk", self.x, factors))


@dataclass(frozen=True, eq=False)
class _ByHospital(_Forward):
    x: Floats  # (k, b, d)

    def combined(self, factors: Floats) -> Floats:
        """Σ factor · (x, 1) over the minibatch, (d, k)."""
        return np.asarray((factors.T[:, None] @ self.x)[:, 0].T)
