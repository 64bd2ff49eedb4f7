"""A measured figure beside its budget, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        value: The median of several measurements; None where it could not be taken (see `note`).
        budget: What it may be at most; None for a figure that others are compared with.
    """

    name: str
    value: float | None
    unit: str = ""
    budget: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """ "ok", "over", or nothing where there is no budget or no value."""
        if self.value is None or self.budget is None:
            return ""
        return "ok" if self.value <= self.budget else "OVER"


def skipped(name: str, why: str) -> Figure:
    """A figure that could not be taken here, and why."""
    return Figure(name, None, note=f"skipped: {why}")


def ratio(name: str, above: Figure, below: Figure, budget: float | None = None) -> Figure:
    """How many times `below` the figure `above` is."""
    if not above.value or not below.value:
        return skipped(name, "one of the two is missing")
    return Figure(name, above.value / below.value, "×", budget)


def table(figures: Iterable[Figure]) -> str:
    """The figures in columns."""
    rows = [("figure", "value", "budget", "", "note")]
    for figure in figures:
        value = "–" if figure.value is None else f"{_short(figure.value)} {figure.unit}"
        budget = "" if figure.budget is None else f"≤ {_short(figure.budget)} {figure.unit}"
        rows.append((figure.name, value, budget, figure.verdict, figure.note))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, value, budget, verdict, note = row
    cells = (
        name.ljust(widths[0]),
        value.rjust(widths[1]),
        budget.rjust(widths[2]),
        verdict.ljust(widths[3]),
        note,
    )
    return "  ".join(cells).rstrip()


def _short(value: float) -> str:
    """Three digits that tell something, thousands in groups."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
