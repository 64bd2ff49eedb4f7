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
_WHAT = "looking for odd columns"
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
        column = x[:, i]
        if (yield from _tells(column, y, len(categories.get(name, ())))):
            notes.append(
                f"Column {shown(name)} tells the label of every patient; if it is written down "
                "after the label is known, leave it out with data.drop."
            )
        if (yield from _is_id(column)):
            notes.append(
                f"Column {shown(name)} has another value for every patient; if it is an id, leave it "
                "out with data.drop."
            )
    return tuple(notes)


def _tells(column: Floats, y: Floats, categories: int) -> Steps[bool]:
    """Whether each category has one label, or one number lies between those of the two labels.

    Of most columns the first rows show that they do not.
    """
    if 2 * categories >= len(y):
        return False
    counts = np.zeros((2, max(categories, 1)), np.int64)  # patients of each label and category
    low, high = np.full(2, np.inf), np.full(2, -np.inf)  # the numbers of each label
    for first in range(0, len(y), ROWS):
        values = column[first : first + ROWS]
        for label in (0, 1):
            own = values[(y[first : first + ROWS] == label) & ~np.isnan(values)]
            codes = own.astype(np.int64) if categories else np.zeros(len(own), np.int64)
            counts[label] += np.bincount(codes, minlength=counts.shape[1])
            low[label] = min(low[label], own.min(initial=np.inf))
            high[label] = max(high[label], own.max(initial=-np.inf))
        yield _WHAT, first, len(y)
        apart = low[0] > high[1] or low[1] > high[0]
        if counts.min(axis=0).any() if categories else not apart:
            return False
    return bool(counts.sum(axis=1).min() >= OF_EACH)


def _is_id(column: Floats) -> Steps[bool]:
    """Whether all values differ and are whole numbers, as codes of texts are."""
    for first in range(0, len(column), ROWS):  # most columns are found out by their first rows
        part = column[first : first + ROWS]
        whole = not np.isnan(part).any() and bool((part == np.floor(part)).all())
        if not whole or len(np.unique(part)) < len(part):
            return False
        yield _WHAT, first, len(column)
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
