"""What the plots tell: right answers round by round beside what to compare them with; privacy used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from fedtui import words
from fedtui.lab import bars, plots
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import first_fit, fit, width, wrap
from fedtui.lab.layout import Box
from fedtui.lab.shot import Shot

_LABELS = 30  # columns for the names at the right ends
_ROW_WORTH = (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10, 12.5, 15, 20, 25, 30, 50)  # percent
_Y_TICKS = 5  # columns left of the curve: a percentage and the axis
_MARKERS = {  # curve, its sample, before, pooled, alone: by glyph column
    "unicode": ("braille", "⠒", "░", "·", "-"),
    "block": ("█", "█", "░", "·", "-"),
    "ascii": ("*", "*", "+", ".", "-"),
}


class End(NamedTuple):
    """A name at the right end of a curve, with a sample of what the curve is drawn with."""

    value: float
    texts: Sequence[str]  # longest first
    style: str
    rank: int  # the lowest gives way where there is no row
    marker: str
    shown: str


def plot(shot: Shot, wide: int, high: int) -> Canvas:
    """The plot in turn, framed where there is room for a frame."""
    canvas = Canvas(wide, high, shot.glyphs)
    framed = high >= 9
    title = shot.glyphs.spelled(words.plot_title(shot.view, shot.plot))
    if framed:
        canvas.box(0, 0, wide, high, title=title)
    else:
        canvas.put(1, 0, fit(title, wide - 2), "title")
    inside = Box(2, 1, wide - 4, high - 2) if framed else Box(1, 1, wide - 2, high - 1)
    if shot.plots_ready and shot.view.ready:
        _DRAWN[shot.plot](canvas, shot, inside)
    return canvas


# Right answers


def _accuracy(canvas: Canvas, shot: Shot, box: Box) -> None:
    view = shot.view
    curve, sample, before, pooled, alone = _MARKERS[shot.glyphs.column]
    of = max(1, view.held_out)
    now = [100 * p.accuracy for p in view.points if p.accuracy is not None]
    old = [100 * p.accuracy for p in shot.before or () if p.accuracy is not None]  # of its patients
    references = [100 * view.pooled / of, 100 * view.alone / of]
    rows = _rows(box)
    low, high, worth = _limits([*now, *old, *references], rows)
    across = _dots(view.rounds, box.width - _LABELS - _Y_TICKS)
    axes = plots.Axes(
        _rounds(view.rounds), (low, high), _round_ticks(shot, box), _ticks(low, high, worth)
    )
    lines = [  # where the two dotted ones share a row, every second dot is the other's
        plots.Curve(across, [references[0]] * len(across), "pooled", pooled),
        plots.Curve(across[::2], [references[1]] * len(across[::2]), "alone", alone),
        plots.Curve(range(1, len(old) + 1), old, "before", before),
        plots.Curve(range(1, len(now) + 1), now, "curve", curve, joined=curve == "braille"),
    ]
    drawn = plots.curves(box.width - _LABELS, box.height, axes, lines, shot.glyphs)
    canvas.paste(drawn, box.x, box.y)
    _rounds_below(canvas, shot, box)
    ends = [
        _end(references[0], ["all data in one place"], "pooled", 2, pooled),
        _end(references[1], ["each one alone"], "alone", 3, alone),
    ]
    ends += [_end(now[-1], ["together"], "curve", 4, sample)] if now else []
    if old:
        covered = old == now[: len(old)]
        until = 0 if len(old) >= len(now) else len(old)
        names = (
            words.identical(shot.before_name, until) if covered else [shot.before_name, "before"]
        )
        end = _end(old[-1], names, "before", 1, before)
        ends.append(end._replace(shown="") if covered and len(old) == len(now) else end)
    _names(canvas, box, (low, high), ends)


def _end(value: float, texts: list[str], style: str, rank: int, marker: str) -> End:
    return End(value, texts, style, rank, marker, f"{value:.0f}")


def _rows(box: Box) -> int:
    """Rows of the curves themselves: below are the axis and, with room, the rounds."""
    return box.height - (2 if _has_round_labels(box) else 1)


def _has_round_labels(box: Box) -> bool:
    return box.height >= 8


def _rounds(rounds: int) -> tuple[float, float]:
    return (1, max(2, rounds))


def _rounds_below(canvas: Canvas, shot: Shot, box: Box) -> None:
    """The rounds in the axis itself, where no row is left for them below it."""
    if _has_round_labels(box):
        return
    columns, last = box.width - _LABELS - _Y_TICKS, max(2, shot.view.rounds)
    marks = bars.round_marks(shot.view.rounds).items()
    placed = {(number - 1) / (last - 1) * (columns - 1): text for number, text in marks}
    bars.in_axis(canvas, box, box.x + _Y_TICKS, columns, placed)


def _dots(rounds: int, columns: int) -> list[float]:
    """Where a dotted line has its dots: the rounds in the middle of every second column."""
    last = max(2, rounds)
    return [1 + (last - 1) * column / (columns - 1) for column in range(0, columns, 2)]


def _limits(values: Sequence[float], rows: int) -> tuple[float, float, float]:
    """The lowest and the highest row's percentage, and what a row is worth: the finest that fits."""
    low, high = min(values), max(values)
    for worth in _ROW_WORTH:
        paired = rows > 3 and (worth >= 5 or worth % 1)  # so that labels are whole, or round
        step = 2 * worth if paired else worth
        bottom = step * math.floor(low / step)
        if bottom + worth * (rows - 1) >= high:
            return bottom, bottom + worth * (rows - 1), worth
    return 0, 100, 100 / max(1, rows - 1)


def _ticks(low: float, high: float, worth: float) -> dict[float, str]:
    """A label in every second row, from the top one that is a percentage."""
    rows = round((high - low) / worth)
    values = [high - worth * row for row in range(rows % 2, rows + 1, 2)]
    return {value: f"{value:3.0f}%" for value in values if value <= 100}


def _round_ticks(shot: Shot, box: Box) -> dict[float, str]:
    return bars.round_marks(shot.view.rounds) if _has_round_labels(box) else {}


def _names(canvas: Canvas, box: Box, limits: tuple[float, float], ends: list[End]) -> None:
    """Names at the right ends, each in its value's row or the nearest free one, in order of value."""
    rows = _rows(box)
    low, high = limits
    kept = sorted(ends, key=lambda end: -end.rank)[:rows]
    kept.sort(key=lambda end: -end.value)
    wanted = [round((high - end.value) / (high - low) * (rows - 1)) for end in kept]
    for end, row in zip(kept, _apart(wanted, rows), strict=True):
        left, y = box.x + box.width - _LABELS + 1, box.y + row
        canvas.put(left, y, end.marker, end.style)
        room = _LABELS - 3 - (width(end.shown) + 1 if end.shown else 0)
        canvas.put(left + 2, y, first_fit(room, *end.texts), end.style)
        canvas.right(box.x + box.width, y, end.shown, end.style)


def _apart(wanted: list[int], rows: int) -> list[int]:
    """Rows in the same order with no two alike, as near to the wanted ones as a sweep gets them."""
    placed: list[int] = []
    for row in wanted:
        placed.append(max(row, placed[-1] + 1 if placed else 0))
    limit = rows - 1
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - 1
    return placed


# Privacy


def _privacy(canvas: Canvas, shot: Shot, box: Box) -> None:
    """ε used after each round, below the budget: of one run only, since kinds of ε share no axis."""
    view = shot.view
    used = {p.round: p.epsilon for p in view.points if p.epsilon is not None}
    finite = {number: value for number, value in used.items() if math.isfinite(value)}
    if view.privacy is None or words.endless(view.privacy) or len(finite) < len(used):
        for y, line in enumerate(
            wrap(words.nothing_hidden(view), box.width, box.height), box.y + box.height // 3
        ):
            canvas.put(box.x, y, shot.glyphs.spelled(line), "text")
        return
    curve, sample, _, _, dash = _MARKERS[shot.glyphs.column]
    budget = float(view.privacy["budget"])
    top = max([budget, *finite.values()])
    across = _dots(view.rounds, box.width - _LABELS - _Y_TICKS)
    axes = plots.Axes(
        _rounds(view.rounds),
        (0, top),
        _round_ticks(shot, box),
        {0: "   0", top: f"{top:4.3g}"},
    )
    spent = list(finite.values())
    lines = [
        plots.Curve(across, [budget] * len(across), "dim", dash),
        plots.Curve(list(finite), spent, "protected", curve, joined=curve == "braille"),
    ]
    drawn = plots.curves(box.width - _LABELS, box.height, axes, lines, shot.glyphs)
    canvas.paste(drawn, box.x, box.y)
    _rounds_below(canvas, shot, box)
    ends = [End(budget, ["the budget"], "dim", 2, dash, f"{budget:g}")]
    if spent:
        ends.append(
            End(spent[-1], ["used so far"], "protected", 3, sample, words.budget(spent[-1]))
        )
    _names(canvas, box, (0, top), ends)


_DRAWN = {"accuracy": _accuracy, "bytes": bars.draw, "privacy": _privacy}
