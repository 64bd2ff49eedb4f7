"""Numbers that may stand for a missing one: −99, 9999, or a 0 where nobody else is near 0.

Programs that know no empty cell write such a number instead, and it is then learnt from like any other: a
blood pressure of 0 is very low. Whether it is meant so only the user knows, who is told.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from engine.arrays import Floats
from engine.data.source import shown
from engine.steps import Steps

ROWS = 1 << 16  # looked at in one step
ENOUGH = 20  # patients from which a pattern is no accident
LOW = frozenset(-(10.0**digits - 1) for digits in range(1, 6))  # −9, −99 …
HIGH = frozenset(10.0**digits - 1 for digits in range(3, 7))  # 999, 9999 …
FAR = 20.0  # the least that anything else is where 0 is suspect
_WHAT = "looking for stand-ins of missing numbers"


def stand_ins(
    x: Floats, features: tuple[str, ...], texts: Container[str]
) -> Steps[tuple[str, ...]]:
    """A sentence for each column (none of `texts`) in which a number may stand for a missing one."""
    notes = []
    for i, name in enumerate(features):
        if name in texts or len(x) < ENOUGH:
            continue
        column = x[:, i]
        _, low, high = yield from _ends(column, np.nan)
        for code in (low, high):
            if not (code in LOW or code in HIGH or (code == low == 0)):
                continue
            times, least, most = yield from _ends(column, code)
            if times > 1 and _stands_apart(code, least, most):
                notes.append(
                    f"Column {shown(name)}: {code:g} occurs {times:,} times, and every other number "
                    f"is from {least:g} to {most:g}; if it means that the number is missing, leave "
                    "those cells empty."
                )
    return tuple(notes)


def _stands_apart(code: float, least: float, most: float) -> bool:
    """Whether `code` is far from all other numbers, which are from `least` to `most`."""
    if not np.isfinite(least):
        return False
    if code < 0:
        return least >= 0
    return most <= code / 2 if code else least >= FAR and most <= 10 * least


def _ends(column: Floats, code: float) -> Steps[tuple[int, float, float]]:
    """How often `code` occurs, and the least and greatest of all other numbers."""
    times, least, most = 0, np.inf, -np.inf
    for first in range(0, len(column), ROWS):
        part = column[first : first + ROWS]
        others = part[part != code]
        times += len(part) - len(others)
        least = min(least, float(np.fmin.reduce(others, initial=np.inf)))
        most = max(most, float(np.fmax.reduce(others, initial=-np.inf)))
        yield _WHAT, first, len(column)
    return times, least, most
