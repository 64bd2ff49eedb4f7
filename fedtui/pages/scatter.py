"""Patients as signs in a plane of two columns: a letter for the hospital, its case for the answer.

Cells are large and patients many, so a cell shows one of those that fall into it: one of the chosen
hospital if there is any, else one of the hospital that has most there. The outermost hundredth of the
patients at each end of a column may lie outside: one odd value would squeeze all others together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.source import letter
from engine.heterogeneity import Cloud
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit, width
from fedtui.lab.glyphs import Glyphs
from fedtui.pages.blocks import Line
from fedtui.safe import safe

LETTERS = 8  # hospitals that are told apart by letters
MINUS = "−"
_ROWS, _WIDEST = 12, 78  # cells
_OUTSIDE = 0.01  # of the patients, at each end


def digits(value: float) -> str:
    """A value of a column, whatever its unit: 0.0123, 185, 4,254."""
    text = f"{value:,.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.3g}"
    return text.replace("-", MINUS, 1) if value < 0 else text


@lru_cache(8)
def lines(
    cloud: Cloud, names: tuple[str, ...], hospitals: int, chosen: int, wide: int, glyphs: Glyphs
) -> list[Line]:
    """The picture, and its two axes, in at most `wide` cells; kept, as a page is laid out often.

    Args:
        cloud: The patients.
        names: Of the two columns.
        hospitals: How many there are.
        chosen: Whose patients lie on top.
        wide, glyphs: Of the screen.
    """
    low, high = np.quantile(cloud.x, (_OUTSIDE, 1 - _OUTSIDE), axis=0)
    ticks = [digits(float(value)) for value in (low[1], high[1])]
    left = max(map(width, ticks)) + 1
    columns = min(wide, _WIDEST) - left - 1
    canvas = Canvas(left + 1 + columns, _ROWS + 3, glyphs)
    _axes(canvas, left, ticks, (low, high), names)
    places, inside = _places(cloud.x, low, high, (columns, _ROWS))
    seen = _seen(places[inside], cloud.owner[inside], cloud.y[inside], chosen)
    many = hospitals > LETTERS
    for x, y, who, yes in seen:
        style = "accent" if who == chosen else "faint" if many else "text"
        canvas.put(left + 1 + x, _ROWS - y, _sign(who, yes, many, glyphs), style)
    return [tuple(canvas.runs(y)) for y in range(canvas.height)]


def _sign(hospital: int, yes: bool, many: bool, glyphs: Glyphs) -> str:
    if many:
        return glyphs["on"] if yes else glyphs["off"]
    return letter(hospital) if yes else letter(hospital).lower()


def _places(x: Floats, low: Floats, high: Floats, cells: tuple[int, int]) -> tuple[Ints, Flags]:
    """The cell of each patient, (n, 2), and whether it lies in the picture, (n,)."""
    span = np.where(high > low, high - low, 1.0)
    size = np.array(cells)
    places = np.minimum(np.floor((x - low) / span * size), size - 1).astype(np.int64)
    return places, np.asarray(np.all((x >= low) & (x <= high), axis=1))


def _seen(
    places: Ints, owner: Ints, y: Floats, chosen: int
) -> Iterator[tuple[int, int, int, bool]]:
    """Of each cell in which there are patients: where it is, whose are shown, and their answer."""
    each, group = np.unique(np.column_stack([places, owner]), axis=0, return_inverse=True)
    patients = np.bincount(group.ravel())
    yes = np.bincount(group.ravel(), weights=y) >= patients / 2
    column, row, who = each.T
    order = np.lexsort((patients, who == chosen, row, column))  # the one to show is a cell's last
    last = np.append(np.any(np.diff(each[order, :2], axis=0), axis=1), True)
    shown = order[last] if len(order) else order
    for i in shown:
        yield int(column[i]), int(row[i]), int(who[i]), bool(yes[i])


def _axes(
    canvas: Canvas,
    left: int,
    ticks: Sequence[str],
    limits: tuple[Floats, Floats],
    names: Sequence[str],
) -> None:
    across, up = (safe(name) for name in names)
    canvas.put(0, 0, fit(up, canvas.width), "dim")
    canvas.down(left, 1, _ROWS, "faint")
    canvas.put(left, _ROWS + 1, "└", "faint")
    canvas.across(left + 1, _ROWS + 1, canvas.width - left - 1, "faint")
    canvas.right(left, 1, ticks[1], "dim")
    canvas.right(left, _ROWS, ticks[0], "dim")
    low, high = (digits(float(limit[0])) for limit in limits)
    canvas.put(left + 1, _ROWS + 2, low, "dim")
    end = canvas.right(canvas.width, _ROWS + 2, high, "dim")
    room = end - left - width(low) - 5
    name = fit(across, max(0, room))
    canvas.put(left + 3 + width(low) + (room - width(name)) // 2, _ROWS + 2, name, "dim")
