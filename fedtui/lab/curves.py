"""What the plots tell: right answers round by round beside what to compare them with; bytes a round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from fedtui.lab import plots
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit, width
from fedtui.lab.layout import Box
from fedtui.lab.shot import Shot
from fedtui.points import Point

_LABELS = 27  # columns for the names at the right ends
_ROW_WORTH = (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10, 12.5, 15, 20, 25, 30, 50)  # percent
_Y_TICKS = 5  # columns left of the curve: a percentage and the axis
_MARKERS = {  # curve, before, pooled, alone, bars: by glyph column
    "unicode": ("braille", "░", "·", "-", "█▓░"),
    "block": ("█", "░", "·", "-", "█▓░"),
    "ascii": ("*", "+", ".", "-", "#%:"),
}


class End(NamedTuple):
    """A name at the right end of a curve."""

    value: float
    text: str
    style: str
    rank: int  # the lowest gives way where there is no row


def plot(shot: Shot, wide: int, high: int) -> Canvas:
    """The plot in turn, framed where there is room for a frame."""
    canvas = Canvas(wide, high, shot.glyphs)
    framed = high >= 9
    title = _title(shot)
    if framed:
        canvas.box(0, 0, wide, high, title=title)
    else:
        canvas.put(1, 0, fit(title, wide - 2), "title")
    inside = Box(2, 1, wide - 4, high - 2) if framed else Box(1, 1, wide - 2, high - 1)
    if shot.plots_ready and shot.view.ready:
        draw = _bytes if shot.plot == "bytes" else _accuracy
        draw(canvas, shot, inside)
    return canvas


def _title(shot: Shot) -> str:
    if shot.plot == "bytes":
        return "Bytes in each round"
    one = f" (1 patient = {100 / shot.view.held_out:.1f} %)" if shot.view.held_out else ""
    return f"Right answers on unseen patients{one}"


# Right answers


def _accuracy(canvas: Canvas, shot: Shot, box: Box) -> None:
    view = shot.view
    curve, before, pooled, alone, _ = _MARKERS[shot.glyphs.column]
    of = max(1, view.held_out)
    now = [100 * p.correct / of for p in view.points]
    old = [100 * p.correct / of for p in shot.before or ()]
    references = [100 * view.pooled / of, 100 * view.alone / of]
    rows = box.height - (2 if _has_round_labels(box) else 1)
    low, high, worth = _limits([*now, *old, *references], rows)
    across = _dots(view.rounds, box.width - _LABELS - _Y_TICKS)
    axes = plots.Axes(
        _rounds(view.rounds), (low, high), _round_ticks(shot, box), _ticks(low, high, worth)
    )
    lines = [
        plots.Curve(across, [references[0]] * len(across), "pooled", pooled),
        plots.Curve(across[::2], [references[1]] * len(across[::2]), "alone", alone),
        plots.Curve(range(1, len(old) + 1), old, "before", before),
        plots.Curve(range(1, len(now) + 1), now, "curve", curve, joined=curve == "braille"),
    ]
    drawn = plots.curves(box.width - _LABELS, box.height, axes, lines, shot.glyphs)
    canvas.paste(drawn, box.x, box.y)
    ends = [
        End(references[0], "all data in one place", "pooled", 2),
        End(references[1], "each one alone", "alone", 3),
    ]
    ends += [End(now[-1], "together", "curve", 4)] if now else []
    ends += [End(old[-1], shot.before_name, "before", 1)] if old else []
    _names(canvas, box, rows, (low, high), ends)


def _has_round_labels(box: Box) -> bool:
    return box.height >= 8


def _rounds(rounds: int) -> tuple[float, float]:
    return (1, max(2, rounds))


def _dots(rounds: int, columns: int) -> list[float]:
    """Where a dotted line has its dots: the rounds in the middle of every second column."""
    last = max(2, rounds)
    return [1 + (last - 1) * column / (columns - 1) for column in range(0, columns, 2)]


def _limits(values: Sequence[float], rows: int) -> tuple[float, float, float]:
    """The lowest and the highest row's percentage, and what a row is worth: the finest that fits."""
    low, high = min(values), max(values)
    for worth in _ROW_WORTH:
        step = 2 * worth if worth >= 5 or worth % 1 else worth  # so that labels are whole, or round
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
    rounds = shot.view.rounds
    if not _has_round_labels(box):
        return {}
    steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000]
    step = next((s for s in steps if rounds / s <= 8), steps[-1])
    marks = [1, *range(step if step > 1 else 2, rounds + 1, step)]
    return {float(mark): str(mark) for mark in marks}


def _names(
    canvas: Canvas, box: Box, rows: int, limits: tuple[float, float], ends: list[End]
) -> None:
    """Names at the right ends, each in its value's row or the nearest free one, in order of value."""
    low, high = limits
    kept = sorted(ends, key=lambda end: -end.rank)[:rows]
    kept.sort(key=lambda end: -end.value)
    wanted = [round((high - end.value) / (high - low) * (rows - 1)) for end in kept]
    for end, row in zip(kept, _apart(wanted, rows), strict=True):
        left = box.x + box.width - _LABELS + 1
        value = f"{end.value:.0f}"
        canvas.put(left, box.y + row, fit(end.text, _LABELS - 3 - width(value)), end.style)
        canvas.right(box.x + box.width, box.y + row, value, end.style)


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


# Bytes


def _bytes(canvas: Canvas, shot: Shot, box: Box) -> None:
    points = _merged(list(shot.view.points), shot.view.rounds, box.width - _LABELS - 8)
    *_, bars = _MARKERS[shot.glyphs.column]
    names = ("models down", "updates up", "keys")
    styles = ("down", "up", "protected")
    values = [
        [float(p.downlink) for p in points],
        [float(p.uplink) for p in points],
        [float(p.overhead) for p in points],
    ]
    most = max([sum(column) for column in zip(*values, strict=True)], default=1)
    axes = plots.Axes(
        (0.4, max(2, shot.view.rounds) + 0.6),
        (0, most * 1.1),
        _round_ticks(shot, box),
        {0: "     0", most: f"{short(most):>6}"},
    )
    parts = list(zip(values, styles, bars, strict=True))
    at = [float(p.round) for p in points]
    drawn = plots.stacks(box.width - _LABELS, box.height, axes, at, parts, shot.glyphs)
    canvas.paste(drawn, box.x, box.y)
    _legend(canvas, shot, box, list(zip(names, values, styles, bars, strict=True)))


def _legend(
    canvas: Canvas, shot: Shot, box: Box, rows: list[tuple[str, list[float], str, str]]
) -> None:
    """What the parts of a bar are, top one first, with the last round's bytes."""
    left = box.x + box.width - _LABELS + 1
    for y, (name, values, style, marker) in enumerate(reversed(rows), box.y):
        canvas.parts(left, y, (marker, style), (f" {name}", "text"))
        canvas.right(box.x + box.width, y, f"{values[-1]:,.0f}" if values else "–", "bright")
    if box.height > len(rows):
        total = sum(values[-1] for _, values, _, _ in rows if values)
        canvas.put(left + 2, box.y + len(rows), "in the last round", "dim")
        canvas.right(box.x + box.width, box.y + len(rows), f"{total:,.0f}", "dim")


def _merged(points: list[Point], rounds: int, columns: int) -> list[Point]:
    """Not more bars than columns: every so many rounds, one stands for its neighbours."""
    each = max(1, math.ceil(rounds / max(1, columns)))
    return points[::each]


def short(size: float) -> str:
    """Bytes in at most six characters: 912, 26.1k, 1.2M."""
    for unit in ("", "k", "M", "G"):
        if size < 1000 or unit == "G":
            break
        size /= 1000
    return f"{size:.0f}{unit}" if size >= 100 or not unit else f"{size:.1f}{unit}"
