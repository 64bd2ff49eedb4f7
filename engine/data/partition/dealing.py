"""Dealing patients out: whole numbers, random hands, and nobody left with nothing.

What the partitioners share. All of it moves rows and looks at no patient. With a million patients
each takes a while, so partitioners work in steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.order import ordered
from engine.errors import DataError
from engine.steps import Steps

FEWEST = 2  # patients in a hospital, so that one can be held out
STEP = ("placing the patients", 0, 1)


@dataclass(frozen=True, eq=False)
class Placed:
    """Where a partitioner puts the patients.

    Attributes:
        owner: The hospital of each patient, (N,).
        notes: What the partitioner has to say, one sentence each.
        labels: The labels it leaves, (N,); None for all that change nothing in a row.
    """

    owner: Ints
    notes: tuple[str, ...] = ()
    labels: Floats | None = None


def equal(hospitals: int) -> Floats:
    """Everybody's part of the patients where all have the same, (K,)."""
    return np.full(hospitals, 1 / hospitals)


def whole(shares: Floats, total: int) -> Ints:
    """Whole numbers that sum to `total`, each within one of its share (by largest remainder)."""
    exact = shares * total
    numbers = np.floor(exact).astype(np.int64)
    missing = total - int(numbers.sum())
    numbers[np.argsort(numbers - exact, kind="stable")[:missing]] += 1
    return numbers


def deal(sizes: Ints, draw: np.random.Generator) -> Steps[Ints]:
    """Owners at random, (N,), such that hospital i gets sizes[i] patients."""
    order = draw.permutation(int(sizes.sum()))
    yield STEP
    return in_order(order, sizes)


def in_order(order: Ints, sizes: Ints) -> Ints:
    """Owners (N,): the first sizes[0] patients of `order` fall to hospital 0, and so on."""
    owner = np.empty(len(order), np.int64)
    owner[order] = np.repeat(np.arange(len(sizes)), sizes)
    return owner


def top_up(owner: Ints, hospitals: int, draw: np.random.Generator) -> Steps[Placed]:
    """Nobody keeps fewer than two patients: the largest hospitals give, any of theirs.

    Raises:
        DataError: There are not enough patients for that.
    """
    sizes = np.bincount(owner, minlength=hospitals)
    missing = np.maximum(FEWEST - sizes, 0)
    if not missing.any():
        return Placed(owner)
    if len(owner) < FEWEST * hospitals:
        raise DataError(
            f"data.hospitals: {len(owner):,} patients do not give {hospitals:,} hospitals "
            f"{FEWEST} each; choose at most {len(owner) // FEWEST:,}."
        )
    given = sizes - _lowered(sizes, int(missing.sum()))
    order = yield from ordered(owner, draw.random(len(owner)), hospitals)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    leaving = order[rank < np.repeat(given, sizes)]
    owner = owner.copy()
    owner[leaving] = np.repeat(np.arange(hospitals), missing)
    helped = int(np.sum(missing > 0))
    note = (
        f"{helped:,} of {hospitals:,} hospitals would have had fewer than {FEWEST} patients; "
        "the largest gave them some."
    )
    return Placed(owner, (note,))


def _lowered(sizes: Ints, taken: int) -> Ints:
    """`sizes` after `taken` single patients have each been taken from the then largest hospital."""
    order = np.argsort(-sizes, kind="stable")
    falling = sizes[order]
    # With the m largest levelled to the size of the next, this many have been taken.
    room = np.cumsum(falling) - falling * np.arange(1, len(sizes) + 1)
    m = int(np.searchsorted(room, taken, side="right"))  # those that give
    level, over = divmod(int(falling[:m].sum()) - taken, m)
    lowered = falling.copy()
    lowered[:m] = level
    lowered[:over] += 1
    result = np.empty_like(sizes)
    result[order] = lowered
    return result
