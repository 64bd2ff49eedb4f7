"""Columns of raw tables, numbers and texts mixed, made into a `Source`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.csv.column import MOST
from engine.data.report import Report
from engine.data.source import Source, choose
from engine.errors import DataError
from engine.sections import Data
from engine.steps import Steps

SPLIT = "split"  # what a table calls its own division into training and test


@dataclass(frozen=True, eq=False)
class Texts:
    """A text column: which of the categories each patient has, (N,)."""

    codes: Ints
    categories: tuple[str, ...]

    @staticmethod
    def of(values: Sequence[str]) -> Texts:
        """From the values as they come, "" where one is missing; categories as they first appear."""
        found: dict[str, int] = {}
        codes = [found.setdefault(value, len(found)) for value in values]
        return Texts(np.array(codes, np.int64), tuple(found))

    @property
    def in_order(self) -> Texts:
        """With the categories sorted, a missing text first."""
        categories = tuple(sorted(self.categories))
        places = np.array([categories.index(category) for category in self.categories])
        return Texts(places[self.codes], categories)


Column: TypeAlias = Floats | Texts


@dataclass(frozen=True, eq=False)
class Patients:
    """Patients of a data set before its columns are chosen; see `Source` for what is in them.

    Attributes:
        hospitals: The hospital of each patient.
        labels: How the tables write what counts as positive, and as negative.
        left_out: Why rows of the tables are not among these → how many.
    """

    columns: Mapping[str, Column]
    y: Floats
    hospitals: Texts
    labels: tuple[str, str]
    held_out: Flags | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def source(self, files: Sequence[str], data: Data) -> Steps[Source]:
        """With the columns that `data` keeps; the split only where it does not drop it.

        Raises:
            DataError: A name that is no column, no column left, or a text of too many categories.
        """
        drop = [name for name in data.drop if name != SPLIT or self.held_out is None]
        names = list(self.columns)
        names = [names[i] for i in choose(names, data.keep, drop)]
        x = np.empty((len(self.y), len(names)))
        categories: dict[str, tuple[str, ...]] = {}
        for i, name in enumerate(names):
            column = self.columns[name]
            if isinstance(column, Texts):
                _refuse_many(name, column)
                column = column.in_order
                categories[name] = column.categories
                x[:, i] = column.codes
            else:
                x[:, i] = column
            yield "reading the columns", i + 1, len(names)
        positive, negative = self.labels
        left_out = {why: number for why, number in self.left_out.items() if number}
        rows = len(self.y) + sum(left_out.values())
        return Source(
            x=x,
            y=self.y,
            features=tuple(names),
            owner=self.hospitals.codes,
            names=self.hospitals.categories,
            held_out=None if SPLIT in data.drop else self.held_out,
            notes=tuple(
                f"Left out: {number:,} of {rows:,} rows, where {why}."
                for why, number in left_out.items()
            ),
            categories=categories,
            report=Report(
                files=tuple(files),
                encoding="UTF-8",
                separator=",",
                rows=rows,
                dropped=left_out,
                positive=positive,
                negative=negative,
            ),
        )


def _refuse_many(name: str, column: Texts) -> None:
    if len(column.categories) > MOST:
        raise DataError(
            f"column {name!r}: there are {len(column.categories)} categories, and a column has at "
            f"most {MOST}; leave it out with data.drop."
        )
