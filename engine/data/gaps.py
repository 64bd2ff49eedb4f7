"""Values that are missing, counted for each column and hospital."""

from __future__ import annotations

import numpy as np

from engine.arrays import Ints
from engine.data.source import Source
from engine.steps import Steps


def gaps(source: Source, owner: Ints, hospitals: int) -> Steps[dict[str, Ints]]:
    """Column → patients of each hospital without a value, (K,); only columns that have such."""
    found, what, columns = {}, "looking for missing values", len(source.features)
    yield what, 0, columns
    for i, name in enumerate(source.features):
        values = source.x[:, i]
        texts = source.categories.get(name)
        if texts is None:
            missing = np.isnan(values)
        else:
            missing = values == 0 if texts[0] == "" else np.zeros(len(values), np.bool_)
        if missing.any():
            found[name] = np.bincount(owner[missing], minlength=hospitals)
        yield what, i + 1, columns
    return found
