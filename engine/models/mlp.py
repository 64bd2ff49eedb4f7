"""A multilayer perceptron: one hidden layer of any width, tanh, one logit.

Each hidden unit is a logistic regression but for its curve, h = tanh(w·x + b), and the output is one on
top of them, logit = v·h + c. Params are one flat vector (d,), unit after unit, each its weights and then
its bias, as a logistic model's are; the output comes last:

    [w_1, b_1,  w_2, b_2,  …,  w_H, b_H,  v, c]          d = H · (features + 1) + H + 1

tanh, because it is bounded. What a patient's gradient can be is bounded by what flows through the units,
so under a clip less of it is cut away; Papernot et al. 2021, "Tempered Sigmoid Activations for Deep
Learning with Differential Privacy" (AAAI), find bounded activations, tanh among them, the more accurate
ones under DP-SGD, where an unbounded ReLU lets activations grow.

The logit's derivative by v is h, and by w_j it is v_j (1 − h_j²) · x: an outer product, so its length is
the product of two lengths, and

    ‖∂logit/∂params‖² = ‖(h, 1)‖² + ‖v (1 − h²)‖² · ‖(x, 1)‖²

(Goodfellow 2015, section 4). Initial weights are random, Glorot & Bengio 2010, "Understanding the
difficulty of training deep feedforward neural networks" (AISTATS), equation 16: from zero all units
would get the same gradient and stay alike for ever. Biases start at 0. Left out: more layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.arrays import Floats, Ints
from engine.models.base import Workspace
from engine.randomness import stream

_AT_ONCE = 2_000_000  # numbers of hidden units, outside training
_FULL = -350.0  # tanh of it is −1 to the last digit


@dataclass(frozen=True)
class Mlp:
    """A network on so many columns with so many hidden units."""

    features: int
    hidden: int

    @property
    def parameters(self) -> int:
        """d."""
        return self._inner + self.hidden + 1

    @property
    def _inner(self) -> int:
        """Params below the output."""
        return self.hidden * (self.features + 1)

    @property
    def biases(self) -> Ints:
        """The last param of every unit, and of the output."""
        units = np.arange(1, self.hidden + 1) * (self.features + 1) - 1
        return np.append(units, self.parameters - 1)

    @property
    def held(self) -> int:
        """What a unit gives, its slope, and what flows back through it."""
        return 3 * self.hidden

    def units(self, params: Floats) -> Floats:
        """Those of the hidden layer, (hidden, features + 1)."""
        return params[: self._inner].reshape(self.hidden, -1)

    def initial(self, seed: int) -> Floats:
        """Weights uniform in ±√(6 / (units in + units out)), biases 0, (d,)."""
        draws = stream(seed, "initial params")
        units = np.zeros((self.hidden, self.features + 1))
        bound = math.sqrt(6 / (self.features + self.hidden))
        units[:, :-1] = draws.uniform(-bound, bound, (self.hidden, self.features))
        bound = math.sqrt(6 / (self.hidden + 1))
        return np.concatenate([units.ravel(), draws.uniform(-bound, bound, self.hidden), [0.0]])

    @np.errstate(over="ignore", invalid="ignore")  # a logit that is no number is told as such
    def logits(self, params: Floats, x: Floats) -> Floats:
        """v·tanh(Wx + b) + c of rows `x` (n, features), for params (d,): (n,)."""
        units = self.units(params)
        logits, step = np.empty(len(x)), max(1, _AT_ONCE // self.hidden)
        for start in range(0, len(x), step):
            part = slice(start, start + step)
            inner = x[part] @ units[:, :-1].T
            inner += units[:, -1]
            logits[part] = _tanh(inner) @ params[self._inner : -1] + params[-1]
        return logits

    def forward(self, local: Floats, x: Floats, work: Workspace | None = None) -> _Forward:
        """A minibatch x (features + 1, b, k), ones last, at the params of each hospital (d, k)."""
        (_, b, k), work = x.shape, work or Workspace()
        # Matrices are multiplied hospital by hospital, so here the hospitals come first.
        params = work.array("params", k, self.parameters)
        rows = work.array("rows", k, self.features + 1, b)
        np.copyto(params, local.T)
        np.copyto(rows, x.transpose(2, 0, 1))
        units = params[:, : self._inner].reshape(k, self.hidden, self.features + 1)
        hidden = np.matmul(units, rows, out=work.array("hidden", k, self.hidden, b))
        # Of huge numbers inf − inf may come. Such a unit is full, so that nothing flows back through it:
        # were it no number, neither would be the sum over all patients, even where this one counts 0.
        np.fmax(hidden, _FULL, out=hidden)
        return _Forward(rows, _tanh(hidden), params[:, self._inner :], work)


@np.errstate(over="ignore")
def _tanh(inner: Floats) -> Floats:
    """In place; by the exponential, which is twice as fast as `np.tanh` and right to 2e-16."""
    np.multiply(inner, -2.0, out=inner)
    np.exp(inner, out=inner)
    inner += 1.0
    np.divide(2.0, inner, out=inner)
    inner -= 1.0
    return inner


@dataclass(frozen=True, eq=False)
class _Forward:
    rows: Floats  # (k, features + 1, b)
    hidden: Floats  # (k, hidden, b)
    output: Floats  # v and c, (k, hidden + 1)
    work: Workspace

    @cached_property
    def logits(self) -> Floats:
        """v·h + c, the bias times the row's one, (b, k)."""
        weighed = (self.output[:, None, :-1] @ self.hidden)[:, 0]
        weighed += self.output[:, -1:] * self.rows[:, -1]
        return np.ascontiguousarray(weighed.T)

    @cached_property
    def _slopes(self) -> Floats:
        """∂logit by what goes into each unit, v (1 − h²), (k, hidden, b)."""
        slopes = self.work.array("slopes", *self.hidden.shape)
        np.square(self.hidden, out=slopes)
        np.subtract(1.0, slopes, out=slopes)
        slopes *= self.output[:, :-1, None]
        return slopes

    def lengths(self, rows: Floats) -> Floats:
        """By the product of lengths that the module tells, (b, k)."""
        one = self.rows[:, -1]
        of_output = np.sqrt(np.einsum("khb,khb->kb", self.hidden, self.hidden) + one**2)
        of_units = np.sqrt(np.einsum("khb,khb->kb", self._slopes, self._slopes))
        return np.asarray(np.hypot(of_output.T, of_units.T * rows))

    def combined(self, factors: Floats) -> Floats:
        """One pass backwards with these factors in the place of the residuals, (d, k)."""
        (k, hidden, _), array = self.hidden.shape, self.work.array
        inner = hidden * self.rows.shape[1]
        by_hospital = np.ascontiguousarray(factors.T)  # (k, b)
        back = np.multiply(
            self._slopes, by_hospital[:, None], out=array("back", *self.hidden.shape)
        )
        gradient = array("gradient", inner + hidden + 1, k)
        units = array("units", k, hidden, self.rows.shape[1])
        np.matmul(back, self.rows.transpose(0, 2, 1), out=units)
        gradient[:inner] = units.reshape(k, inner).T
        gradient[inner:-1] = (self.hidden @ by_hospital[:, :, None])[..., 0].T
        gradient[-1] = np.einsum("kb,kb->k", by_hospital, self.rows[:, -1])
        return gradient
