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

NUMBERS = 500_000  # copied in one step


def table(
    source: Source, layout: Layout, owner: Ints, chosen: Flags, hospitals: int, seed: int
) -> Steps[Table]:
    """The chosen patients, hospital after hospital, each hospital's in a random order.

    Hospitals of one size share the order in which they visit their patients' places, so a table that
    is sorted, say by label, must not give them the same patients at the same places.
    """
    rows = np.flatnonzero(chosen)
    draws = stream(seed, "row order").random(len(owner))[rows]
    rows = rows[(yield from ordered(owner[rows], draws, hospitals))]
    starts = np.zeros(hospitals + 1, np.int64)
    np.cumsum(np.bincount(owner[rows], minlength=hospitals), out=starts[1:])
    x = np.empty((len(rows), len(layout.features)))
    step = max(1, NUMBERS // x.shape[1])
    for first in range(0, len(rows), step):
        part = rows[first : first + step]
        x[first : first + step] = layout.spread(source.x[part])
        yield "laying out the patients", min(first + step, len(rows)), len(rows)
    return Table(x, source.y[rows], starts)
