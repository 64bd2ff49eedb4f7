"""Columns of raw tables, numbers and texts mixed, made into a `Source`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.csv_column import MOST
from engine.data.report import Report
from engine.data.source import Source, choose
from engine.errors import DataError
from engine.sections import Data

SPLIT = "split"  # what a table calls its own division into training and test


@dataclass(frozen=True, eq=False)
class Texts:
    """A text column: which category each patient has, (N,), and the categories, sorted."""

    codes: Ints
    categories: tuple[str, ...]

    @staticmethod
    def of(values: Sequence[str]) -> Texts:
        """From the values as they come; "" where one is missing, which sorts first."""
        categories, codes = np.unique(np.asarray(values, dtype=np.str_), return_inverse=True)
        return Texts(codes.astype(np.int64), tuple(map(str, categories)))


Column: TypeAlias = Floats | Texts


@dataclass(frozen=True, eq=False)
class Patients:
    """Patients of a data set before its columns are chosen; see `Source` for what is in them.

    Attributes:
        hospitals: The hospital of each patient.
        labels: How the tables write what counts as positive, and as negative.
        left_out: Why patients are not among these → how many.
    """

    columns: Mapping[str, Column]
    y: Floats
    hospitals: Texts
    labels: tuple[str, str]
    held_out: Flags | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def source(self, files: Sequence[str], data: Data) -> Source:
        """With the columns that `data` keeps; the split only where it does not drop it.

        Raises:
            DataError: A name that is no column, no column left, or a text of too many categories.
        """
        drop = [name for name in data.drop if name != SPLIT or self.held_out is None]
        names = list(self.columns)
        names = [names[i] for i in choose(names, data.keep, drop)]
        texts = {name: c for name in names if isinstance(c := self.columns[name], Texts)}
        _refuse_many(texts)
        owner, hospitals = _in_order(self.hospitals)
        positive, negative = self.labels
        return Source(
            x=np.column_stack([_numbers(self.columns[name]) for name in names]),
            y=self.y,
            features=tuple(names),
            owner=owner,
            names=hospitals,
            held_out=None if SPLIT in data.drop else self.held_out,
            notes=tuple(f"{number:,} {why}." for why, number in self.left_out.items() if number),
            categories={name: column.categories for name, column in texts.items()},
            report=Report(
                files=tuple(files),
                rows=len(self.y) + sum(self.left_out.values()),
                dropped={why: number for why, number in self.left_out.items() if number},
                positive=positive,
                negative=negative,
            ),
        )


def _refuse_many(texts: Mapping[str, Texts]) -> None:
    for name, column in texts.items():
        if len(column.categories) > MOST:
            raise DataError(
                f"column {name!r}: there are {len(column.categories)} categories, and a column has "
                f"at most {MOST}; leave it out with data.drop."
            )


def _numbers(column: Column) -> Floats:
    return column.codes.astype(np.float64) if isinstance(column, Texts) else column


def _in_order(hospitals: Texts) -> tuple[Ints, tuple[str, ...]]:
    """Each patient's hospital and the hospitals' names, in order of first appearance."""
    found, first = np.unique(hospitals.codes, return_index=True)
    order = found[np.argsort(first)]
    place = np.empty(len(hospitals.categories), np.int64)
    place[order] = np.arange(len(order))
    return place[hospitals.codes], tuple(hospitals.categories[code] for code in order)
