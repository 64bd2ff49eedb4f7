"""How close an attack came, in three words that a table of defences can hold."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

# Of errors in standard deviations of a column: what counts is how well patients are told apart, and a
# value far from zero is not known better because of its size. float32 leaves about 1e-7 of a message, and
# 1e-5 of the difference of two.
EXACT = 1e-3
CLOSE = 0.25


class Outcome(StrEnum):
    """`READ`: as good as the truth. `BLURRED`: near it. `HIDDEN`: of no use."""

    READ = "read"
    BLURRED = "blurred"
    HIDDEN = "hidden"


def outcome(error: float) -> Outcome:
    """The word for the largest error of a record; nan and inf are hidden."""
    if error <= EXACT:
        return Outcome.READ
    return Outcome.BLURRED if error <= CLOSE else Outcome.HIDDEN


def middle(outcomes: Sequence[Outcome]) -> Outcome:
    """The median of an odd number of tries: what neither luck nor bad luck decided."""
    order = tuple(Outcome)
    return sorted(outcomes, key=order.index)[len(outcomes) // 2]
