"""Values that are missing: where, how many for each column and hospital, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.source import Source
from engine.steps import Steps

_MOST = 8  # columns named in one sentence


def missing(values: Floats, categories: Sequence[str]) -> Flags:
    """Where a column has no value, (N,): nan, or in a text column a missing text, which sorts first."""
    if not categories:
        return np.isnan(values)
    return values == 0 if categories[0] == "" else np.zeros(len(values), np.bool_)


def gaps(source: Source, owner: Ints, hospitals: int) -> Steps[dict[str, Ints]]:
    """Column → patients of each hospital without a value, (K,); only columns that have such."""
    found, what, columns = {}, "looking for missing values", len(source.features)
    yield what, 0, columns
    for i, name in enumerate(source.features):
        values = source.x[:, i]
        gone = missing(values, source.categories.get(name, ()))
        if gone.any():
            found[name] = np.bincount(owner[gone], minlength=hospitals)
        yield what, i + 1, columns
    return found


def filled_in(
    columns: Sequence[str], total: int, became: str = "the pooled training mean"
) -> tuple[str, ...]:
    """A note on `total` missing numbers that were filled in; `columns` says how many in each."""
    if not columns:
        return ()
    what = "1 missing number" if total == 1 else f"{total:,} missing numbers"
    return (f"{what} became {became}: {few(columns)}.",)


def few(columns: Sequence[str]) -> str:
    """Columns for a sentence, each with its count; of many the first."""
    more = f" and {len(columns) - _MOST} more columns" if len(columns) > _MOST else ""
    return ", ".join(columns[:_MOST]) + more
