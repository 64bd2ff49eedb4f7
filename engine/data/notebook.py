"""The notebook's three hospitals, exactly as it made them, mistakes included.

Each hospital has a `make_classification` of its own, so the same column means something else in
each: federating them cannot work, and that is what this source is here to show.
"""

from __future__ import annotations

import numpy as np

from engine.data.source import Source, letters

HOSPITALS = 3
PATIENTS = 200  # per hospital
FEATURES = 10


def notebook() -> Source:
    """600 patients in three hospitals; no seed changes them."""
    from sklearn.datasets import make_classification  # heavy: imported where it is needed

    tables = [
        make_classification(
            n_samples=PATIENTS,
            n_features=FEATURES,
            n_informative=7,
            n_redundant=2,
            n_classes=2,
            flip_y=0.1 + 0.05 * i,
            class_sep=1.5 - 0.2 * i,
            random_state=42 + 10 * i,
        )
        for i in range(HOSPITALS)
    ]
    return Source(
        x=np.concatenate([x for x, _ in tables]),
        y=np.concatenate([y for _, y in tables]).astype(np.float64),
        features=tuple(f"x{i}" for i in range(1, FEATURES + 1)),
        owner=np.repeat(np.arange(HOSPITALS), PATIENTS),
        names=letters(HOSPITALS),
    )
