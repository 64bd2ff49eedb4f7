"""Sorting a million rows without holding anything up: by group and draw, some rows at a time."""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats, Ints
from engine.steps import Steps

PART = 1 << 16  # rows sorted in one step


def ordered(group: Ints, draw: Floats, groups: int) -> Steps[Ints]:
    """The rows by group, and by draw within one, (N,): `np.lexsort((draw, group))`, in steps.

    `draw` is uniform in [0, 1), so a row's place is about its group's start + draw · its group's size.
    Rows whose place falls into the same part of the result are sorted together.
    """
    sizes = np.bincount(group, minlength=groups)
    last = np.maximum(sizes - 1, 0)
    place = np.minimum((draw * sizes[group]).astype(np.int64), last[group])
    place += (np.cumsum(sizes) - sizes)[group]
    place //= PART
    total = len(group)
    order, done = np.empty(total, np.int64), 0
    for part in range(-(-total // PART)):
        yield "putting the patients in order", done, total
        rows = np.flatnonzero(place == part)
        order[done : done + len(rows)] = rows[np.lexsort((draw[rows], group[rows]))]
        done += len(rows)
    yield "putting the patients in order", total, total
    return order
