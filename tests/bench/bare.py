"""What bare batched NumPy needs for the same local training: the two ways to lay hospitals out.

Both train K logistic regressions in float64 with the same minibatches per pass as the engine, and
nothing else: no events, no messages, no losses. They are references, not the engine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PATIENTS, FEATURES, EPOCHS, BATCH, RATE = 200, 10, 5, 32, 0.1


def tables(hospitals: int) -> tuple[Floats, Floats]:
    """Patients with a last column of ones, (k, n, d), and labels, (k, n)."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((hospitals, PATIENTS, FEATURES + 1))
    x[:, :, -1] = 1.0
    return x, (rng.random((hospitals, PATIENTS)) < 0.5).astype(np.float64)


def hospital_axis_first(x: Floats, y: Floats) -> Floats:
    """Each hospital shuffles for itself; params (k, d)."""
    rng = np.random.default_rng(2)
    params = np.zeros((len(x), x.shape[2]))
    which = np.arange(len(x))[:, None]
    for _ in range(EPOCHS):
        order = rng.permuted(np.tile(np.arange(PATIENTS), (len(x), 1)), axis=1)
        for start in range(0, PATIENTS, BATCH):
            rows = order[:, start : start + BATCH]
            seen, label = x[which, rows], y[which, rows]
            off = _sigmoid((seen @ params[:, :, None])[..., 0]) - label
            params -= RATE / rows.shape[1] * (off[:, None, :] @ seen)[:, 0]
    return params


def hospital_axis_last(x: Floats, y: Floats) -> Floats:
    """One shuffle of positions for all; takes (n, d, k) and (n, k), gives params (d, k)."""
    rng = np.random.default_rng(2)
    params = np.zeros(x.shape[1:])
    for _ in range(EPOCHS):
        order = rng.permutation(PATIENTS)
        for start in range(0, PATIENTS, BATCH):
            rows = order[start : start + BATCH]
            seen = x[rows]
            off = _sigmoid(np.einsum("bdk,dk->bk", seen, params)) - y[rows]
            params -= RATE / len(rows) * np.einsum("bdk,bk->dk", seen, off)
    return params


def _sigmoid(z: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-z))
    return result
