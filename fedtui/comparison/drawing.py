"""What both plots of a comparison share: the axis of right answers, what to hold against, the legend.

No such axis starts at 0: places are compared, not lengths. Whiskers are a standard deviation over the
seeds to both sides. Every curve has a mark of its own, so nothing hangs on colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from fedtui.comparison import words
from fedtui.comparison.outcome import Outcome
from fedtui.comparison.summary import Spread
from fedtui.lab.cells import fit, width
from fedtui.lab.glyphs import Glyphs
from fedtui.pages.blocks import Line

LEFT = 6  # columns left of what is drawn: a percentage and the axis
STYLES = ("curve", "up", "protected", "down", "key")  # of curves, in turn
_MARKS = {"unicode": "●○◆◇▲", "block": "•○♦◊▲", "ascii": "o*x+#"}
_DOTS = {"unicode": "·┊", "block": "·│", "ascii": ".:"}
_LEAST = 2.0  # percent that an axis spans: less is a patient or two
_STEPS = (0.5, 1, 2, 5, 10, 20)  # percent between two ticks


class Axis(NamedTuple):
    """From `low` to `high` percent, with what stands at its ticks."""

    low: float
    high: float
    ticks: Mapping[float, str]


class Reference(NamedTuple):
    """Something to hold the rows against: a dotted line."""

    name: str
    percent: float
    style: str
    mark: str


class Range(NamedTuple):
    """A mean and its whiskers' ends, in percent."""

    low: float
    mean: float
    high: float


def marks(glyphs: Glyphs) -> str:
    """The marks of curves, in turn."""
    return _MARKS[glyphs.column]


def whiskers(found: Spread) -> Range:
    """A standard deviation to both sides; none of a single run."""
    sd = found.sd or 0.0
    return Range(100 * (found.mean - sd), 100 * found.mean, 100 * (found.mean + sd))


def references(outcome: Outcome, glyphs: Glyphs) -> list[Reference]:
    """Pooled, and each hospital alone; nothing where rows have other ones."""
    found = []
    for measure, name, mark in zip(
        ("pooled", "alone"), (words.POOLED, words.ALONE), _DOTS[glyphs.column], strict=True
    ):
        means = {spread.mean for s in outcome.summaries if (spread := s.of[measure])}
        if len(means) != 1:
            return []
        found.append(Reference(name, 100 * means.pop(), measure, mark))
    return found


def axis(values: Iterable[float], ticks: int) -> Axis:
    """An axis that holds all of `values`, with the finest ticks of which there are at most so many."""
    low, high = min(values := list(values)), max(values)
    if high - low < _LEAST:
        low, high = (low + high - _LEAST) / 2, (low + high + _LEAST) / 2
    for step in _STEPS:
        first, last = math.floor(low / step), math.ceil(high / step)
        if last - first < ticks:
            break
    digits = 0 if step >= 1 else 1
    return Axis(
        step * first,
        step * last,
        {step * i: f"{step * i:4.{digits}f}%" for i in range(first, last + 1)},
    )


def legend(
    curves: Sequence[tuple[str, str, str]], beside: Sequence[Reference], wide: int
) -> Iterator[Line]:
    """What the marks mean: (mark, name, style) of each curve, then the dotted lines."""
    entries = [*curves, *((b.mark * 3, f"{b.name} {b.percent:.1f}%", b.style) for b in beside)]
    line: list[tuple[str, str]] = []
    used = LEFT
    for mark, name, style in entries:
        name = fit(name, wide - LEFT - width(mark) - 1)
        size = width(mark) + 1 + width(name)
        if line and used + size > wide:
            yield ((" " * LEFT, "text"), *line)
            line, used = [], LEFT
        line += [(f"{mark} ", style), (f"{name}   ", "text")]
        used += size + 3
    if line:
        yield ((" " * LEFT, "text"), *line)
