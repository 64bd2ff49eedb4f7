"""A cloud of patients: some of every hospital's, in the two columns in which hospitals differ most.

A column with a handful of values makes no picture, so one with more is preferred. Nothing is
projected: the two axes are columns that have a name and a unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Federation

ENOUGH = 600  # patients in the picture, about
FEWEST = 4  # of a hospital that has as many
MOST_HOSPITALS = 1000
VALUES = 6  # a column with fewer is no axis, if another can be had


@dataclass(frozen=True, eq=False)
class Cloud:
    """Some patients in two columns.

    Attributes:
        columns: Which two, the first across, (2,); of a single column there is no cloud.
        x: Their values as measured, (n, 2).
        y: Labels, (n,).
        owner: The hospital of each, (n,).
    """

    columns: tuple[int, int]
    x: Floats
    y: Floats
    owner: Ints


def cloud(federation: Federation, differences: Floats) -> Cloud | None:
    """The cloud, given how much each column differs (features,); None with a single column."""
    train = federation.train
    sizes = train.sizes[:MOST_HOSPITALS]
    each = max(FEWEST, ENOUGH // len(sizes))
    place = np.arange(each)
    rows = (train.starts[: len(sizes), None] + place)[place < sizes[:, None]]  # in random order
    x = federation.scaling.undone(train.x[rows], train.owner[rows])
    chosen = _axes(x, differences)
    if chosen is None:
        return None
    return Cloud(chosen, x[:, chosen], train.y[rows], train.owner[rows])


def _axes(x: Floats, differences: Floats) -> tuple[int, int] | None:
    if x.shape[1] < 2:
        return None
    coarse = np.array([len(np.unique(column)) < VALUES for column in x.T])
    first, second = np.lexsort((-differences, coarse))[:2]
    return int(first), int(second)
