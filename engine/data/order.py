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
    what, total = "putting the patients in order", len(group)
    sizes = np.bincount(group, minlength=groups)
    starts, last = np.cumsum(sizes) - sizes, np.maximum(sizes - 1, 0)
    place = np.empty(total, np.int32)
    for first in range(0, total, PART):
        rows = slice(first, first + PART)
        own = group[rows]
        within = np.minimum((draw[rows] * sizes[own]).astype(np.int64), last[own])
        place[rows] = (starts[own] + within) // PART
        yield what, 0, total
    order, done = np.empty(total, np.int64), 0
    for part in range(-(-total // PART)):
        yield what, done, total
        found = np.flatnonzero(place == part)
        order[done : done + len(found)] = found[np.lexsort((draw[found], group[found]))]
        done += len(found)
    yield what, total, total
    return order
