"""What every model has in common: it turns a patient's row into one number, the logit.

p = σ(logit) is the probability of a case, and the log-loss of a patient with label y has by the logit
the derivative p − y, whatever the model. So a patient's gradient is

    (p − y) · ∂logit/∂params

and its length is |p − y| · ‖∂logit/∂params‖: two numbers a patient, no gradient a patient. A sum of
gradients that were each clipped, or weighed, is one ordinary pass backwards with other factors in the
place of p − y (Goodfellow 2015, "Efficient Per-Example Gradient Computations", arXiv 1510.01799). All
that training needs of a model is therefore `forward`, and of that: logits, lengths, one combination.

Arrays inside the training kernel have the hospital axis last: params are (d, k), rows (features + 1, b, k)
with a last column of ones. A row of padding is all zeros, that one included, with label ½. Every bias is
multiplied by that one, so the padding's logit is exactly 0, its residual σ(0) − ½ too, and it adds nothing
to a gradient, a length or a loss, at any params.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from engine.arrays import Floats, Ints

_FAR = 700.0  # a logit of −700 gives p = 1e-304; e^710 would overflow
_PER_LOG = 16  # probabilities multiplied before one logarithm is taken of them: logs are slow
_LEAST = 1e-19  # a smaller probability counts as this, so that no product of 16 underflows


class Workspace:
    """Memory that each step uses again: fresh memory costs more than the mathematics."""

    def __init__(self) -> None:
        self._held: dict[str, Floats] = {}

    def array(self, name: str, *shape: int) -> Floats:
        """An array of this shape with anything in it; valid until its name is asked for again."""
        size = math.prod(shape)
        held = self._held.get(name)
        if held is None or len(held) < size:
            held = self._held[name] = np.empty(size)
        return held[:size].reshape(shape)


class Forward(Protocol):
    """A minibatch of k hospitals, taken through the model: b patients of each."""

    @property
    def logits(self) -> Floats:
        """log p/(1−p) of every patient, (b, k)."""
        ...

    def lengths(self, rows: Floats) -> Floats:
        """‖∂logit/∂params‖ of every patient, (b, k).

        Args:
            rows: ‖(x, 1)‖ of each, (b, k); of padding 0.
        """
        ...

    def combined(self, factors: Floats) -> Floats:
        """Σ factor · ∂logit/∂params over the minibatch, (d, k), for factors (b, k).

        It may lie in the workspace.
        """
        ...


class Model(Protocol):
    """A family of functions from rows to logits, each named by one flat vector of params (d,)."""

    @property
    def parameters(self) -> int:
        """d."""
        ...

    @property
    def biases(self) -> Ints:
        """Which params are added to a sum and multiplied by no column: L2 leaves them free."""
        ...

    @property
    def held(self) -> int:
        """Numbers kept for a patient on the way through, beside the row."""
        ...

    def units(self, params: Floats) -> Floats:
        """What rows are multiplied by, of params or an update (d,): (units, features + 1), bias last."""
        ...

    def initial(self, seed: int) -> Floats:
        """Params before round 1, (d,)."""
        ...

    def logits(self, params: Floats, x: Floats) -> Floats:
        """log p/(1−p) of rows `x` (n, features), for params (d,): (n,)."""
        ...

    def forward(self, local: Floats, x: Floats, work: Workspace | None = None) -> Forward:
        """A minibatch at the params of each hospital.

        Args:
            local: (d, k).
            x: (features + 1, b, k), ones last.
            work: Of an earlier minibatch, whose values are gone with this one.
        """
        ...


def residuals(logits: Floats, y: Floats) -> Floats:
    """p − y, the derivative of the log-loss by the logit, (b, k), in the memory of the logits."""
    z = np.negative(logits, out=logits)
    np.minimum(z, _FAR, out=z)
    np.exp(z, out=z)
    z += 1.0
    np.reciprocal(z, out=z)
    z -= y
    return z


def summed_loss(residual: Floats) -> Floats:
    """Σ −log(probability given to the true label), nats, (k,), of residuals (b, k)."""
    given = np.maximum(1.0 - np.abs(residual), _LEAST)  # probability of the true label
    starts = np.arange(0, len(given), _PER_LOG)
    products = np.multiply.reduceat(given, starts, axis=0)
    return np.asarray(-np.log(products).sum(axis=0))
