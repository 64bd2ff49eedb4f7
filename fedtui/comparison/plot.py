"""The comparison drawn: over a number where one was varied, else row beside row."""

from __future__ import annotations

from fedtui.comparison import by_row, over_number
from fedtui.comparison.drawing import STYLES
from fedtui.comparison.outcome import Outcome
from fedtui.lab.glyphs import Glyphs
from fedtui.pages.blocks import Line

_MOST_ROWS = 40


def drawn(outcome: Outcome, wide: int, glyphs: Glyphs) -> list[Line]:
    """The plot's lines; none where there is nothing to compare, or too much for a screen."""
    ran = sum(summary.of["accuracy"] is not None for summary in outcome.summaries)
    if ran < 2:
        return []
    along = _along(outcome)
    if along is not None:
        curves, axis = over_number.curves(outcome, along), outcome.grid.axes[along]
        return list(over_number.draw(outcome, axis, curves, wide, glyphs))
    return list(by_row.draw(outcome, wide, glyphs)) if ran <= _MOST_ROWS else []


def _along(outcome: Outcome) -> int | None:
    """The axis to draw curves over; None where there is none, or there were too many curves."""
    along = over_number.along(outcome)
    if along is None or len(over_number.curves(outcome, along)) > len(STYLES):
        return None
    return along


def numbered(outcome: Outcome, wide: int) -> bool:
    """Whether rows are called by their numbers in what is drawn."""
    several = len(outcome.grid.rows) > 1
    return several and _along(outcome) is None and by_row.numbered(outcome, wide)
