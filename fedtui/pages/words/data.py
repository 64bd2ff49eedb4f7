"""The hospitals and their patients."""

from __future__ import annotations

from fedtui import words
from fedtui.pages.words.common import ONLY_YOU

DATA = "The hospitals and their patients"
WINNERS = "Who gains, and who loses, by working together"
BEFORE_FIRST = "After round 1 the column together says what the shared model gets right."
CHANCE = "A patient or two more or fewer can be chance."
RATE = "yes: how many of 100 patients answer yes, the unseen ones included"


SIDE_BY_SIDE = (
    f"Scores side by side: {ONLY_YOU}. Each hospital knows its own, and no ε covers them."
)


def gains(names: list[str], verb: str) -> str:
    """ "3 hospitals gain: A, B and C."."""
    if not names:
        return f"Nobody {verb}s."
    shown = names[:8] + ([f"{len(names) - 8:,} more"] if len(names) > 8 else [])
    word = verb + ("s" if len(names) == 1 else "")
    return f"{words.many(len(names), 'hospital')} {word}: {words.listed(shown)}."


def unchanged(count: int) -> str:
    """Those for whom it makes no difference."""
    return f"For {words.many(count, 'hospital')} it makes no difference." if count else ""
