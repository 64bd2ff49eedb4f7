"""What in a table looks like a mistake and is not refused: it is told, and the user decides.

Rows that occur twice may be one patient in training and in testing. A column with a number of its own
for every patient may be an id. A column that tells every label may have been written down after it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from engine.arrays import Floats, Ints
from engine.data.source import shown
from engine.steps import Steps

ROWS = 1 << 15  # looked at in one step
ENOUGH = 20  # patients from which a pattern is no accident
OF_EACH = 5  # patients of each label that a column must tell apart
_BINS = 6  # bits: values are sorted in 64 parts
_Hashes = npt.NDArray[np.uint64]


def repeats(x: Floats, y: Floats, owner: Ints | None) -> Steps[int]:
    """How many rows equal an earlier one in hospital, label and every column.

    Rows are compared by 64 bits that are made of them; that two different rows of a million share
    theirs happens once in ten million tables.
    """
    rows = len(x)
    hashes = np.empty(rows, np.uint64)
    for first in range(0, rows, ROWS):
        part = slice(first, first + ROWS)
        mixed = _mixed(_bits(y[part]))
        if owner is not None:
            mixed = _mixed(mixed ^ owner[part].astype(np.uint64))
        for column in x[part].T:
            mixed = _mixed(mixed ^ _bits(column))
        hashes[part] = mixed
        yield "looking for repeated rows", min(first + ROWS, rows), rows
    return rows - (yield from _distinct(hashes))


def odd_columns(
    x: Floats, y: Floats, features: tuple[str, ...], categories: Mapping[str, tuple[str, ...]]
) -> Steps[tuple[str, ...]]:
    """A sentence for each column that looks like an id, or that tells every label."""
    notes = []
    if len(y) < ENOUGH:
        return ()
    for i, name in enumerate(features):
        column = np.ascontiguousarray(x[:, i])
        yield "looking for odd columns", i, len(features)
        if _tells(column, y, len(categories.get(name, ()))):
            notes.append(
                f"Column {shown(name)} tells the label of every patient; if it is written down "
                "after the label is known, leave it out with data.drop."
            )
        yield "looking for odd columns", i, len(features)
        if (yield from _is_id(column, bool(categories.get(name)))):
            notes.append(
                f"Column {shown(name)} has another value for every patient; if it is an id, leave it "
                "out with data.drop."
            )
    return tuple(notes)


def _tells(column: Floats, y: Floats, categories: int) -> bool:
    """Whether each category has one label, or one number lies between those of the two labels."""
    there = ~np.isnan(column)
    positive = there & (y > 0)
    negative = there & (y == 0)
    if min(positive.sum(), negative.sum()) < OF_EACH:
        return False
    if categories:
        counts = np.bincount(
            column.astype(np.int64) * 2 + y.astype(np.int64), minlength=2 * categories
        )
        return 2 * categories < len(y) and not counts.reshape(-1, 2).min(axis=1).any()
    ill, well = column[positive], column[negative]
    return bool(ill.min() > well.max() or ill.max() < well.min())


def _is_id(column: Floats, text: bool) -> Steps[bool]:
    """Whether all values differ and are whole numbers or texts."""
    for first in range(0, len(column), ROWS):  # most columns are found out by their first rows
        part = column[first : first + ROWS]
        whole = not np.isnan(part).any() and bool((part == np.floor(part)).all())
        if not whole or len(np.unique(part)) < len(part):
            return False
        yield "looking for odd columns", first, len(column)
    return (yield from _distinct(_mixed(_bits(column)))) == len(column)


def _distinct(hashes: _Hashes) -> Steps[int]:
    """How many different values there are."""
    bins = (hashes >> np.uint64(64 - _BINS)).astype(np.uint8)
    found, parts = 0, 1 << _BINS if len(hashes) > ROWS else 1
    for part in range(parts):
        own = hashes[bins == part] if parts > 1 else hashes
        found += len(np.unique(own))
        yield "looking for repeated rows", part + 1, parts
    return found


def _bits(values: Floats) -> _Hashes:
    return (values + 0.0).view(np.uint64)  # −0 + 0 is 0


def _mixed(values: _Hashes) -> _Hashes:
    """Each 64 bits well mixed (the last step of SplitMix64: Steele, Lea & Flood 2014, OOPSLA)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
