"""Columns of a raw table, numbers and texts mixed, made into the numbers that a model takes.

A text column of c categories becomes c − 1 columns of 0 and 1, named "column=value": one for each
category in sorted order but the first, which is where all the others are 0. A missing text is a
category of its own and sorts first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.source import Source, choose
from engine.errors import DataError
from engine.sections import Data

MOST = 50  # categories of a text column
SPLIT = "split"  # what a table calls its own division into training and test


@dataclass(frozen=True, eq=False)
class Texts:
    """A text column: which category each patient has, (N,), and the categories, sorted."""

    codes: Ints
    categories: tuple[str, ...]

    @staticmethod
    def of(values: Sequence[str]) -> Texts:
        """From the values as they come; "" where one is missing."""
        categories, codes = np.unique(np.asarray(values, dtype=np.str_), return_inverse=True)
        return Texts(codes.astype(np.int64), tuple(map(str, categories)))


Column: TypeAlias = Floats | Texts


@dataclass(frozen=True, eq=False)
class Patients:
    """Patients of a data set before its columns are chosen; see `Source` for what is in them.

    Attributes:
        hospitals: The hospital of each patient, as a text column.
    """

    columns: Mapping[str, Column]
    y: Floats
    hospitals: Texts
    held_out: Flags | None = None
    notes: tuple[str, ...] = ()

    def source(self, data: Data) -> Source:
        """With the columns that `data` keeps; the split only where it does not drop it.

        Raises:
            DataError: A name that is no column, no column left, or a text of too many categories.
        """
        drop = [name for name in data.drop if name != SPLIT or self.held_out is None]
        chosen = choose(tuple(self.columns), data.keep, drop)
        names = [list(self.columns)[i] for i in chosen]
        parts = [_numbers(name, self.columns[name]) for name in names]
        owner, hospitals = _in_order(self.hospitals)
        return Source(
            x=np.concatenate([x for _, x in parts], axis=1),
            y=self.y,
            features=tuple(feature for features, _ in parts for feature in features),
            owner=owner,
            names=hospitals,
            held_out=None if SPLIT in data.drop else self.held_out,
            notes=self.notes,
        )


def _numbers(name: str, column: Column) -> tuple[list[str], Floats]:
    """A column's names and numbers, (N, columns)."""
    if not isinstance(column, Texts):
        return [name], column[:, None]
    if len(column.categories) > MOST:
        raise DataError(
            f"column {name!r}: there are {len(column.categories)} categories, and a column has at "
            f"most {MOST}; leave it out with data.drop."
        )
    others = np.arange(1, len(column.categories))
    names = [f"{name}={category}" for category in column.categories[1:]]
    return names, (column.codes[:, None] == others).astype(np.float64)


def _in_order(hospitals: Texts) -> tuple[Ints, tuple[str, ...]]:
    """Each patient's hospital and the hospitals' names, in order of first appearance."""
    found, first = np.unique(hospitals.codes, return_index=True)
    order = found[np.argsort(first)]
    place = np.empty(len(hospitals.categories), np.int64)
    place[order] = np.arange(len(order))
    return place[hospitals.codes], tuple(hospitals.categories[code] for code in order)
