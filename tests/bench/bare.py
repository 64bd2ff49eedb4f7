"""What bare batched NumPy needs for the same local training: the two ways to lay hospitals out.

Both train K logistic regressions on the engine's own patients in float64, visit them in the engine's own
orders, and so come to the engine's params (`tests/test_bench.py` holds them to that); and they do nothing
else: no events, no messages, no losses, no blocks. They are references, not the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Table
from engine.estimates.minibatch import visiting_order
from engine.sections import Training


@dataclass(frozen=True, eq=False)
class Work:
    """A round's local training of hospitals of one size.

    Attributes:
        x: Patients with a last column of ones, (k, n, d).
        y: Labels, (k, n).
        orders: Which places every hospital visits in each pass, (n,) each.
    """

    x: Floats
    y: Floats
    orders: Sequence[Ints]
    batch: int
    rate: float

    @property
    def last(self) -> tuple[Floats, Floats]:
        """The same with the hospital axis last, contiguous: (n, d, k) and (n, k)."""
        turned = np.ascontiguousarray(self.x.transpose(1, 2, 0))
        return turned, np.ascontiguousarray(self.y.T)


def work(train: Table, training: Training, seed: int, round: int) -> Work:
    """What the engine does in this round, its random draws made beforehand.

    Raises:
        ValueError: Hospitals of different sizes, which bare NumPy would have to pad.
    """
    if len(set(train.sizes)) > 1:
        raise ValueError("hospitals of one size are needed")
    k, n = len(train.sizes), int(train.sizes[0])
    x = np.ones((k, n, train.x.shape[1] + 1))
    x[:, :, :-1] = train.x.reshape(k, n, -1)
    orders = [
        visiting_order(seed, round, epoch, train.sizes)[:, 0]
        for epoch in range(1, training.local_epochs + 1)
    ]
    return Work(x, train.y.reshape(k, n), orders, training.batch_size or n, training.learning_rate)


def hospital_axis_first(of: Work, x: Floats, y: Floats, anchor: Floats) -> Floats:
    """Takes (k, n, d) and (k, n); every hospital's params after training from `anchor`, (k, d)."""
    params = np.tile(anchor, (len(x), 1))
    for order in of.orders:
        for start in range(0, len(order), of.batch):
            rows = order[start : start + of.batch]
            seen = x[:, rows]
            off = _sigmoid((seen @ params[:, :, None])[..., 0]) - y[:, rows]
            params -= of.rate / len(rows) * (off[:, None, :] @ seen)[:, 0]
    return params


def hospital_axis_last(of: Work, x: Floats, y: Floats, anchor: Floats) -> Floats:
    """Takes (n, d, k) and (n, k); the same params turned round, (d, k)."""
    params = np.tile(anchor[:, None], (1, x.shape[2]))
    for order in of.orders:
        for start in range(0, len(order), of.batch):
            rows = order[start : start + of.batch]
            seen = x[rows]
            off = _sigmoid(np.einsum("bdk,dk->bk", seen, params)) - y[rows]
            params -= of.rate / len(rows) * np.einsum("bdk,bk->dk", seen, off)
    return params


def _sigmoid(z: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-z))
    return result
