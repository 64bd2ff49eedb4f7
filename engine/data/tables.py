"""The tables to train and test on: patients hospital after hospital, their columns as numbers."""

from __future__ import annotations

import numpy as np

from engine.arrays import Flags, Ints
from engine.data.categories import Layout
from engine.data.federation import Table
from engine.data.order import ordered
from engine.data.source import Source
from engine.randomness import stream
from engine.steps import Steps

NUMBERS = 200_000  # copied in one step
_WHAT = "laying out the patients"


def table(
    source: Source, layout: Layout, owner: Ints, chosen: Flags, hospitals: int, seed: int
) -> Steps[Table]:
    """The chosen patients, hospital after hospital, each hospital's in a random order.

    Hospitals of one size share the order in which they visit their patients' places, so a table that
    is sorted, say by label, must not give them the same patients at the same places.
    """
    rows = np.flatnonzero(chosen)
    own = owner[rows]
    starts = np.zeros(hospitals + 1, np.int64)
    np.cumsum(np.bincount(own, minlength=hospitals), out=starts[1:])
    yield _WHAT, 0, len(rows)
    draws = stream(seed, "row order").random(len(owner))[rows]
    yield _WHAT, 0, len(rows)
    rows = rows[(yield from ordered(own, draws, hospitals))]
    yield _WHAT, 0, len(rows)
    x, y = np.empty((len(rows), len(layout.features))), np.empty(len(rows))
    step = max(1, NUMBERS // x.shape[1])
    for first in range(0, len(rows), step):
        part = rows[first : first + step]
        x[first : first + step] = layout.spread(source.x[part])
        y[first : first + step] = source.y[part]
        yield _WHAT, min(first + step, len(rows)), len(rows)
    return Table(x, y, starts)
