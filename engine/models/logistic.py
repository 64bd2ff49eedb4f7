"""Logistic regression: p = σ(w·x + b), the model small enough to send in 44 bytes.

Params are one vector (d,): the weights, then the bias. Rows carry a last column of ones, so the bias
is a weight like the others. Arrays inside the training kernel have the hospital axis last, where it is
contiguous and every operation runs over all hospitals of a block at once.
"""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Floats
from engine.randomness import stream

_FAR = 700.0  # a logit of −700 gives p = 1e-304; e^710 would overflow
_PER_LOG = 16  # probabilities multiplied before one logarithm is taken of them: logs are slow
_LEAST = 1e-19  # a smaller probability counts as this, so that no product of 16 underflows


def parameters(features: int) -> int:
    """d."""
    return features + 1


def initial(kind: str, features: int, seed: int) -> Floats:
    """Params before round 1, (d,): zero, or uniform in ±1/√features."""
    d = parameters(features)
    if kind == "zero":
        return np.zeros(d)
    bound = 1 / math.sqrt(features)
    return stream(seed, "initial params").uniform(-bound, bound, d)


def logits(params: Floats, x: Floats) -> Floats:
    """log p/(1−p) of rows `x` (n, features), for params (d,): (n,)."""
    return np.asarray(x @ params[:-1] + params[-1])


def residuals(local: Floats, x: Floats, y: Floats) -> Floats:
    """p − y, the derivative of the log-loss by the logit, (b, k).

    Args:
        local: Params of each hospital, (d, k).
        x: A minibatch of each, ones last, (d, b, k).
        y: Its labels, (b, k).
    """
    z: Floats = np.einsum("dbk,dk->bk", x, local)
    np.negative(z, out=z)
    np.minimum(z, _FAR, out=z)
    np.exp(z, out=z)
    z += 1.0
    np.reciprocal(z, out=z)
    z -= y
    return z


def summed_gradient(x: Floats, residual: Floats) -> Floats:
    """Σ (p − y) x over the minibatch, (d, k)."""
    return np.asarray(np.einsum("dbk,bk->dk", x, residual))


def summed_loss(residual: Floats) -> Floats:
    """Σ −log(probability given to the true label), nats, (k,)."""
    given = np.maximum(1.0 - np.abs(residual), _LEAST)  # probability of the true label
    starts = np.arange(0, len(given), _PER_LOG)
    products = np.multiply.reduceat(given, starts, axis=0)
    return np.asarray(-np.log(products).sum(axis=0))
