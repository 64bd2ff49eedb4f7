"""Row beside row: a mark and its whiskers for each, on one axis of right answers.

A row is called by the values it has, or by its number in the table where these are too long: cut, two
rows could look the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.comparison import drawing, words
from fedtui.comparison.drawing import Range
from fedtui.comparison.outcome import Outcome
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import width
from fedtui.lab.glyphs import Glyphs
from fedtui.pages.blocks import Line
from fedtui.safe import safe

_PER_TICK = 9  # columns


def names(outcome: Outcome, wide: int) -> list[str]:
    """What each row is called."""
    values = [safe(outcome.values(i)) for i in range(len(outcome.grid.rows))]
    if numbered(outcome, wide):
        return [words.row(i + 1) for i in range(len(values))]
    return values


def numbered(outcome: Outcome, wide: int) -> bool:
    """Whether rows are called by their numbers."""
    values = [safe(outcome.values(i)) for i in range(len(outcome.grid.rows))]
    return max(map(width, values)) > wide // 2 or len(set(values)) < len(values)


def draw(outcome: Outcome, wide: int, glyphs: Glyphs) -> Iterator[Line]:
    """The plot's lines; a row that has no model is left out."""
    ranges = [
        (name, drawing.whiskers(spread))
        for name, summary in zip(names(outcome, wide), outcome.summaries, strict=True)
        if (spread := summary.of["accuracy"])
    ]
    beside = drawing.references(outcome, glyphs)
    values = [end for _, each in ranges for end in each]
    left = max(width(name) for name, _ in ranges) + 2
    columns = wide - left - 2  # half of the last percentage stands behind the axis
    scale = drawing.axis([*values, *(b.percent for b in beside)], columns // _PER_TICK)

    def column(percent: float) -> int:
        return left + round((percent - scale.low) / (scale.high - scale.low) * (columns - 1))

    canvas = Canvas(wide, len(ranges) + 2, glyphs)
    for reference in beside:
        for y in range(len(ranges)):
            canvas.put(column(reference.percent), y, reference.mark, reference.style)
    for y, (name, each) in enumerate(ranges):
        canvas.put(0, y, name, "text")
        _range(canvas, y, Range(*map(column, each)))
    canvas.across(left, len(ranges), columns)
    for percent, label in scale.ticks.items():
        canvas.put(column(percent), len(ranges), glyphs["tee_down"], "frame")
        canvas.put(column(percent) - 1, len(ranges) + 1, label.strip(), "dim")
    yield from (tuple(canvas.runs(y)) for y in range(canvas.height))
    yield from drawing.legend([], beside, wide)


def _range(canvas: Canvas, y: int, at: Range) -> None:
    """Whiskers from column to column, and the mean over them."""
    low, mean, high = map(int, at)
    glyphs = canvas.glyphs
    if high > low:
        canvas.across(low, y, high - low + 1, "dim")
        canvas.put(low, y, glyphs["tee_right"], "dim")
        canvas.put(high, y, glyphs["tee_left"], "dim")
    canvas.put(mean, y, drawing.marks(glyphs)[0], "curve")
