"""Bytes of each round as stacked bars. Every part that is not nothing has a cell, and a number beside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fedtui.lab import plots
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import width
from fedtui.lab.layout import Box
from fedtui.lab.shot import Shot
from fedtui.points import Point

_LABELS = 27  # columns of the legend
_SIZES = 7  # columns left of the bars: a size and the axis
_MARKERS = {"unicode": "█▓░", "block": "█▓░", "ascii": "#%:"}


class Part(NamedTuple):
    """One of the parts that bars are made of."""

    name: str
    values: Sequence[int]  # bytes, a round each
    style: str
    marker: str


def draw(canvas: Canvas, shot: Shot, box: Box) -> None:
    """The bars, and beside them what they are made of."""
    columns = box.width - _LABELS - _SIZES
    rows = box.height - (2 if box.height >= 8 else 1)
    each = max(1, math.ceil(shot.view.rounds / max(1, columns)))  # rounds that share a bar
    points = _merged(list(shot.view.points), each)
    parts = _parts(shot, points)
    whole = [(p.downlink, p.uplink, p.overhead) for p in points]
    most = max(1, *map(sum, whole), 1)
    spans = [_span(point.round, each, shot.view.rounds, columns) for point in points]
    stacks = [heights(bar, most, rows) for bar in whole]
    named = round_marks(shot.view.rounds)
    marks = named if box.height >= 8 else {}
    axes = plots.Axes(
        (0, columns - 1),
        (0, max(1, rows - 1)),
        {_middle(int(mark), each, shot.view.rounds, columns): text for mark, text in marks.items()},
        {0: "     0", max(1, rows - 1): f"{short(most):>6}"},
    )
    lines = [
        plots.Curve(*_cells(index, stacks, spans), part.style, part.marker)
        for index, part in enumerate(parts)
    ]
    drawn = plots.curves(box.width - _LABELS, box.height, axes, lines, shot.glyphs)
    canvas.paste(drawn, box.x, box.y)
    if not marks:
        middles = {
            _middle(int(mark), each, shot.view.rounds, columns): text
            for mark, text in named.items()
        }
        in_axis(canvas, box, box.x + _SIZES, columns, middles)
    _legend(canvas, box, parts)


def _parts(shot: Shot, points: list[Point]) -> list[Part]:
    marker = _MARKERS[shot.glyphs.column]
    return [
        Part("models down", [p.downlink for p in points], "down", marker[0]),
        Part("updates up", [p.uplink for p in points], "up", marker[1]),
        Part("keys", [p.overhead for p in points], "protected", marker[2]),
    ]


def heights(bar: Sequence[int], most: int, rows: int) -> list[int]:
    """Cells of each part of a bar: in proportion, but none that is not nothing has none.

    What the small ones are given the largest gives up. With more parts than rows the first ones win.
    """
    tall = [max(1, round(rows * size / most)) if size else 0 for size in bar]
    whole = min(rows, max(round(rows * sum(bar) / most), sum(size > 0 for size in bar)))
    while sum(tall) > whole:
        largest = max(range(len(tall)), key=lambda part: tall[part])
        tall[largest] -= 1
    return tall


def _cells(
    part: int, stacks: list[list[int]], spans: list[range]
) -> tuple[list[float], list[float]]:
    """The columns and rows that a part takes in all bars."""
    found = [
        (float(x), float(y))
        for stack, span in zip(stacks, spans, strict=True)
        for y in range(sum(stack[:part]), sum(stack[: part + 1]))
        for x in span
    ]
    return [x for x, _ in found], [y for _, y in found]


def _span(number: int, each: int, rounds: int, columns: int) -> range:
    """The columns of a round's bar; with room there is one free between two of them."""
    place, wide = math.ceil(number / each), columns / max(2, math.ceil(rounds / each))
    left, right = int((place - 1) * wide), int(place * wide)
    return range(left, max(left + 1, right - (1 if wide >= 3 else 0)))


def _middle(number: int, each: int, rounds: int, columns: int) -> float:
    span = _span(number, each, rounds, columns)
    return (span.start + span.stop - 1) / 2


def _legend(canvas: Canvas, box: Box, parts: list[Part]) -> None:
    """What the parts of a bar are, top one first, with the last round's bytes."""
    left, right = box.x + box.width - _LABELS + 1, box.x + box.width
    for y, part in enumerate(reversed(parts), box.y):
        canvas.parts(left, y, (part.marker, part.style), (f" {part.name}", "text"))
        canvas.right(right, y, f"{part.values[-1]:,}" if part.values else "–", "bright")
    if box.height > len(parts):
        total = sum(part.values[-1] for part in parts if part.values)
        canvas.put(left + 2, box.y + len(parts), "in the last round", "dim")
        canvas.right(right, box.y + len(parts), f"{total:,}", "dim")


def _merged(points: list[Point], each: int) -> list[Point]:
    """One round of every so many: the last of its bar, and the last of all."""
    return [point for point in points if point.round % each == 0 or point is points[-1]]


def in_axis(canvas: Canvas, box: Box, left: int, columns: int, marks: Mapping[float, str]) -> None:
    """Rounds in the axis itself, column → text, where no row is left for them below it."""
    for column, text in marks.items():
        x = left + min(round(column), columns - width(text))
        canvas.put(x, box.y + box.height - 1, text, "dim")


def round_marks(rounds: int) -> dict[float, str]:
    """The rounds that are named below a plot, at most nine."""
    steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000]
    step = next((s for s in steps if rounds / s <= 8), steps[-1])
    return {float(n): str(n) for n in [1, *range(step if step > 1 else 2, rounds + 1, step)]}


def short(size: float) -> str:
    """Bytes in at most six characters: 912, 26.1k, 1.2M."""
    for unit in ("", "k", "M", "G"):
        if size < 1000 or unit == "G":
            break
        size /= 1000
    return f"{size:.0f}{unit}" if size >= 100 or not unit else f"{size:.1f}{unit}"
