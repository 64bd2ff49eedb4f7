"""Right answers over a number that was varied, a curve for each mix of the other settings.

Values of the number stand at equal distances, as they were written: those that are worth trying (0.01,
0.1, 1) seldom lie evenly, and "off" lies nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fedtui.comparison import axes, drawing
from fedtui.comparison.drawing import LEFT, STYLES, Range
from fedtui.comparison.grid import called
from fedtui.comparison.outcome import Outcome
from fedtui.lab import plots
from fedtui.lab.cells import width
from fedtui.lab.glyphs import Glyphs
from fedtui.pages.blocks import Line
from fedtui.safe import safe

_MARGIN = 0.3  # of the distance of two values, on both sides
_TICKS = 8  # on the axis of right answers, at most; a row lies between two
_LEAST = 3  # numbers: two are better seen side by side


class _Point(NamedTuple):
    place: int  # of the value on its axis
    range: Range


def along(outcome: Outcome) -> int | None:
    """Which axis is a number with values enough, or None; of several the one with most values."""
    numbers = [sum(v.number is not None for v in axis.values) for axis in outcome.grid.axes]
    most = max(numbers, default=0)
    return numbers.index(most) if most >= _LEAST else None


def curves(outcome: Outcome, along: int) -> dict[str, list[_Point]]:
    """By name, the points of each mix of the other settings."""
    found: dict[str, list[_Point]] = {}
    varied = outcome.grid.axes
    for row, summary in zip(outcome.grid.rows, outcome.summaries, strict=True):
        others = varied[:along] + varied[along + 1 :]
        name = safe(called(others, row.values[:along] + row.values[along + 1 :]))
        points = found.setdefault(name, [])
        if spread := summary.of["accuracy"]:
            place = varied[along].values.index(row.values[along])
            points.append(_Point(place, drawing.whiskers(spread)))
    return found


def draw(
    outcome: Outcome, along: axes.Axis, found: dict[str, list[_Point]], wide: int, glyphs: Glyphs
) -> Iterator[Line]:
    """The plot's lines."""
    beside = drawing.references(outcome, glyphs)
    up = drawing.axis([*_ends(found), *(each.percent for each in beside)], _TICKS)
    last, columns = len(along.values) - 1, wide - LEFT
    column = (last + 2 * _MARGIN) / (columns - 1)  # how far two columns are apart, in values
    dots = [i * column - _MARGIN for i in range(0, columns, 2)]
    lines = [plots.Curve(dots, [b.percent] * len(dots), b.style, b.mark) for b in beside]
    lines += _whiskers(found, glyphs)
    for number, points in enumerate(found.values()):
        lines += _curve(number, points, column, glyphs)
    numbers = {float(i): safe(value.text) for i, value in enumerate(along.values)}
    frame = plots.Axes((-_MARGIN, last + _MARGIN), (up.low, up.high), numbers, up.ticks)
    canvas = plots.curves(wide, 2 * len(up.ticks) + 1, frame, lines, glyphs)
    yield from (tuple(canvas.runs(y)) for y in range(canvas.height))
    yield ((f"{'':{LEFT}}{along.key}", "dim"),)
    named = zip(drawing.marks(glyphs), _names(outcome, found, wide), STYLES, strict=False)
    yield from drawing.legend(list(named) if len(found) > 1 else [], beside, wide)


def _names(outcome: Outcome, found: dict[str, list[_Point]], wide: int) -> list[str]:
    """What the curves are called; by their values alone where a name would be cut."""
    if max(map(width, found)) <= wide - LEFT - 2:
        return list(found)
    at = along(outcome)
    rows = ([v.text for i, v in enumerate(r.values) if i != at] for r in outcome.grid.rows)
    return list(dict.fromkeys(safe(", ".join(values)) for values in rows))


def _ends(found: dict[str, list[_Point]]) -> list[float]:
    """What the axis must hold, in percent: a single curve's whiskers, of several their means."""
    ranges = [point.range for points in found.values() for point in points]
    return [end for each in ranges for end in (each if len(found) == 1 else [each.mean])]


def _curve(
    number: int, points: list[_Point], column: float, glyphs: Glyphs
) -> Iterator[plots.Curve]:
    """The line, and its marks over it; each curve a column beside the one before."""
    style = STYLES[number]
    at = [point.place + number * column for point in points]
    means = [point.range.mean for point in points]
    line = "braille" if glyphs.column == "unicode" else glyphs["wait"]
    yield plots.Curve(at, means, style, line, joined=True)
    yield plots.Curve(at, means, style, drawing.marks(glyphs)[number])


def _whiskers(found: dict[str, list[_Point]], glyphs: Glyphs) -> Iterator[plots.Curve]:
    """Of a single curve; those of several would cover one another, and stand in the table."""
    for points in found.values() if len(found) == 1 else ():
        for place, (low, _, high) in points:
            if high > low:
                yield plots.Curve([place] * 2, [low, high], "dim", glyphs["down"], joined=True)
