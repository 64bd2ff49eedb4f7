"""Synthetic patients: one concept that all hospitals share.

One `make_classification` (Guyon 2003, as in scikit-learn) makes everyone's patients, so a column
means the same everywhere, and what hospitals differ in is only what the partition makes of it.
"""

from __future__ import annotations

import numpy as np

from engine.data.source import Source
from engine.randomness import stream
from engine.steps import Steps

INFORMATIVE = 0.75  # of the features; the others are mixtures of these
CLASS_SEP = 0.8
FLIP_Y = 0.02
_WHAT = "making up the patients"


def synthetic(patients: int, features: int, seed: int) -> Steps[Source]:
    """`patients` in all, with `features` columns x1, x2, …; scikit-learn makes them in one go."""
    yield _WHAT, 0, 2
    from sklearn.datasets import make_classification  # heavy: imported where it is needed

    yield _WHAT, 1, 2
    informative = round(INFORMATIVE * features)
    x, y = make_classification(
        n_samples=patients,
        n_features=features,
        n_informative=informative,
        n_redundant=features - informative,
        n_clusters_per_class=1,
        class_sep=CLASS_SEP,
        flip_y=FLIP_Y,
        random_state=int(stream(seed, "synthetic").integers(2**32)),
    )
    yield _WHAT, 2, 2
    names = tuple(f"x{i}" for i in range(1, features + 1))
    return Source(x, y.astype(np.float64), names)
