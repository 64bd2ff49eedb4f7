"""L2 norms, safe at any size of number."""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats


def lengths(rows: Floats) -> Floats:
    """L2 norms of rows (k, d), without overflow on the way, (k,); inf where one is too long itself."""
    largest = np.maximum(np.abs(rows).max(axis=1, initial=0.0), np.finfo(np.float64).tiny)
    with np.errstate(over="ignore"):
        return np.asarray(largest * np.linalg.norm(rows / largest[:, None], axis=1))
