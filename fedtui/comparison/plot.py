"""The comparison drawn: right answers over a number that was varied, or row beside row.

Values of the number stand at equal distances, as they were written: those that are worth trying (0.01,
0.1, 1) seldom lie evenly, and "off" lies nowhere. Whiskers are a standard deviation over the seeds to
both sides. No axis of right answers starts at 0: places are compared, not lengths.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fedtui.comparison import words
from fedtui.comparison.grid import called
from fedtui.comparison.outcome import Outcome
from fedtui.comparison.summary import Spread
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit, width
from fedtui.lab.glyphs import Glyphs
from fedtui.lab.plots import Axes, Curve
from fedtui.lab.plots import curves as joined
from fedtui.pages.blocks import Line

_TICKS = 6  # on the axis of right answers, at most; a row lies between two
_MOST_CURVES = 5
_MOST_ROWS = 40
_MARGIN = 0.3  # of the distance of two values, on both sides
_LEFT = 6  # columns left of a plot: a percentage and the axis
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)  # percent between two ticks
_STYLES = ("curve", "up", "protected", "down", "key")
_MARKS = {"unicode": "●○◆◇▲", "block": "•○♦◊▲", "ascii": "o*x+#"}
_DOT = {"unicode": ("·", "┊"), "block": ("·", "│"), "ascii": (".", ":")}


@dataclass(frozen=True)
class _Point:
    place: int  # along the number's axis
    mean: float  # percent
    sd: float


@dataclass(frozen=True)
class _Curve:
    name: str
    points: tuple[_Point, ...]


def drawn(outcome: Outcome, wide: int, glyphs: Glyphs) -> list[Line]:
    """The plot's lines; none where there is nothing to draw."""
    shown = [s.of["accuracy"] for s in outcome.summaries]
    if sum(each is not None for each in shown) < 2:
        return []
    curves = _curves(outcome)
    if curves:
        return _over_a_number(outcome, curves, wide, glyphs)
    return _row_by_row(outcome, shown, wide, glyphs) if len(shown) <= _MOST_ROWS else []


# Over a number


def _curves(outcome: Outcome) -> list[_Curve]:
    """A curve for each mix of the other settings; none where no number suits, or they are too many."""
    axes = outcome.grid.axes
    numeric = [
        i for i, axis in enumerate(axes) if sum(v.number is not None for v in axis.values) > 2
    ]
    if not numeric:
        return []
    along = max(numeric, key=lambda i: len(axes[i].values))
    others = axes[:along] + axes[along + 1 :]
    points: dict[str, list[_Point]] = {}
    for row, summary in zip(outcome.grid.rows, outcome.summaries, strict=True):
        name = called(others, row.values[:along] + row.values[along + 1 :])
        found = summary.of["accuracy"]
        curve = points.setdefault(name, [])
        if found:
            place = axes[along].values.index(row.values[along])
            curve.append(_Point(place, 100 * found.mean, 100 * (found.sd or 0.0)))
    if len(points) > _MOST_CURVES:
        return []
    return [_Curve(name, tuple(each)) for name, each in points.items()]


def _over_a_number(
    outcome: Outcome, curves: Sequence[_Curve], wide: int, glyphs: Glyphs
) -> list[Line]:
    axis = max(
        (a for a in outcome.grid.axes if sum(v.number is not None for v in a.values) > 2),
        key=lambda a: len(a.values),
    )
    references = _references(outcome)
    spans = [(p.mean - p.sd, p.mean + p.sd) for curve in curves for p in curve.points]
    low, high, step = _limits([*itertools.chain(*spans), *references], _TICKS)
    ticks = _ticks(low, high, step)
    last, columns = len(axis.values) - 1, wide - _LEFT
    column = (last + 2 * _MARGIN) / (columns - 1)  # how far two columns are apart, in values
    across = [i * column - _MARGIN for i in range(0, columns, 2)]
    lines = [
        Curve(across, [value] * len(across), style, mark)
        for value, style, mark in zip(
            references, ("pooled", "alone"), _DOT[glyphs.column], strict=False
        )
    ]
    for number, curve in enumerate(curves):
        lines += _drawn_curve(number, curve, column, glyphs)
    axes = Axes(
        (-_MARGIN, last + _MARGIN),
        (low, high),
        {float(i): value.text for i, value in enumerate(axis.values)},
        ticks,
    )
    canvas = joined(wide, 2 * len(ticks) + 1, axes, lines, glyphs)
    rows = [tuple(canvas.runs(y)) for y in range(canvas.height)]
    return [*rows, ((f"{'':{_LEFT}}{axis.key}", "dim"),), *_legend(outcome, curves, wide, glyphs)]


def _drawn_curve(number: int, curve: _Curve, column: float, glyphs: Glyphs) -> Iterator[Curve]:
    """The line, its whiskers, and its points over both; each curve a column beside the one before."""
    style = _STYLES[number]
    at = [point.place + number * column for point in curve.points]
    means = [point.mean for point in curve.points]
    line = "braille" if glyphs.column == "unicode" else _DOT[glyphs.column][0]
    yield Curve(at, means, style, line, joined=True)
    for x, point in zip(at, curve.points, strict=True):
        if point.sd:
            ends = [point.mean - point.sd, point.mean + point.sd]
            yield Curve([x, x], ends, style, glyphs["down"], joined=True)
    yield Curve(at, means, style, _MARKS[glyphs.column][number])


def _legend(
    outcome: Outcome, curves: Sequence[_Curve], wide: int, glyphs: Glyphs
) -> Iterator[Line]:
    """What the marks mean, a name for each curve where there are several."""
    entries: list[tuple[str, str, str]] = []
    if len(curves) > 1:
        entries += [
            (_MARKS[glyphs.column][i], curve.name, _STYLES[i]) for i, curve in enumerate(curves)
        ]
    names = (words.POOLED, words.ALONE)
    for value, name, style, mark in zip(
        _references(outcome), names, ("pooled", "alone"), _DOT[glyphs.column], strict=False
    ):
        entries.append((mark * 3, f"{name} {value:.1f}%", style))
    line: list[tuple[str, str]] = [(" " * _LEFT, "text")]
    used = _LEFT
    for mark, name, style in entries:
        size = width(mark) + 1 + width(name) + 3
        if used + size > wide and used > _LEFT:
            yield tuple(line)
            line, used = [(" " * _LEFT, "text")], _LEFT
        line += [(f"{mark} ", style), (f"{fit(name, wide - _LEFT - 6)}   ", "text")]
        used += size
    if len(line) > 1:
        yield tuple(line)


# Row by row


def _row_by_row(
    outcome: Outcome, shown: Sequence[Spread | None], wide: int, glyphs: Glyphs
) -> list[Line]:
    """A point and its whiskers for each row, on one axis of right answers."""
    names = [outcome.name(number) for number in range(len(shown))]
    left = min(max(map(width, names)), wide // 2)
    columns = wide - left - 4
    references = _references(outcome)
    known = [each for each in shown if each is not None]
    ends = [100 * (each.mean + sign * (each.sd or 0)) for each in known for sign in (-1, 1)]
    low, high, step = _limits([*ends, *references], max(2, columns // 9))

    def column(percent: float) -> int:
        return left + 2 + round((percent - low) / (high - low) * (columns - 1))

    canvas = Canvas(wide, len(shown) + 2, glyphs)
    for value, style, mark in zip(
        references, ("pooled", "alone"), _DOT[glyphs.column], strict=False
    ):
        _dotted(canvas, column(value), len(shown), mark, style)
    for y, (name, each) in enumerate(zip(names, shown, strict=True)):
        canvas.put(0, y, fit(name, left), "text")
        if each is not None:
            _whiskers(
                canvas, y, [column(100 * (each.mean + s * (each.sd or 0))) for s in (-1, 0, 1)]
            )
    canvas.across(left + 2, len(shown), columns)
    for value, label in _ticks(low, high, step).items():
        canvas.put(column(value), len(shown), glyphs["tee_down"], "frame")
        text = label.strip()
        x = min(column(value) - width(text) // 2, wide - width(text))
        canvas.put(x, len(shown) + 1, text, "dim")
    rows = [tuple(canvas.runs(y)) for y in range(canvas.height)]
    return [*rows, *_legend(outcome, (), wide, glyphs)]


def _dotted(canvas: Canvas, x: int, rows: int, mark: str, style: str) -> None:
    """A dotted line downwards."""
    for y in range(rows):
        canvas.put(x, y, mark, style)


def _whiskers(canvas: Canvas, y: int, ends: Sequence[int]) -> None:
    left, middle, right = ends
    glyphs = canvas.glyphs
    if right > left:
        canvas.across(left, y, right - left + 1, "dim")
        canvas.put(left, y, glyphs["tee_right"], "dim")
        canvas.put(right, y, glyphs["tee_left"], "dim")
    canvas.put(middle, y, _MARKS[glyphs.column][0], "curve")


# Both


def _references(outcome: Outcome) -> list[float]:
    """Percent of pooled and of each alone, where all rows have the same ones; else nothing."""
    found = []
    for measure in ("pooled", "alone"):
        means = {s.of[measure].mean for s in outcome.summaries if s.of[measure]}  # type: ignore[union-attr]
        if len(means) != 1:
            return []
        found.append(100 * means.pop())
    return found


def _limits(values: Sequence[float], ticks: int) -> tuple[float, float, float]:
    """The axis' ends and the distance of its ticks: the finest with at most so many."""
    low, high = min(values), max(values)
    for step in _STEPS:
        bottom, top = step * math.floor(low / step), step * math.ceil(high / step)
        top = max(top, bottom + step)
        if round((top - bottom) / step) < ticks:
            return bottom, top, step
    return 0.0, 100.0, 50.0


def _ticks(low: float, high: float, step: float) -> dict[float, str]:
    digits = 0 if step >= 1 else 1
    count = round((high - low) / step)
    return {low + i * step: f"{low + i * step:4.{digits}f}%" for i in range(count + 1)}
