"""The only file that knows plotext: axes and curves, drawn into a canvas.

plotext 6 is young, so everything it is asked for stands here. It is imported when a plot is first
drawn, which is never the first thing on the screen. A figure writes ANSI text with a colour for each
style's number; the canvas takes its characters and the styles' names, whatever the palette.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fedtui.lab.canvas import Canvas, Cell
from fedtui.lab.glyphs import Glyphs
from fedtui.lab.palettes import STYLES

Ticks = Mapping[float, str]  # position → what stands there
_COLOURED = re.compile(
    r"((?:\x1b\[[\d;]*m)*)([^\x1b]+)"
)  # escape sequences, and the text after them
_COLOUR = re.compile(r"\x1b\[38;2;0;0;(\d+)m")


@dataclass(frozen=True)
class Curve:
    """Points joined by a line where `joined`, each shown by `marker` in `style`."""

    x: Sequence[float]
    y: Sequence[float]
    style: str
    marker: str
    joined: bool = False


@dataclass(frozen=True)
class Axes:
    """Limits and ticks; an empty label draws the tick alone."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_ticks: Ticks
    y_ticks: Ticks


@lru_cache(1)
def _figure() -> Any:
    """A figure of our own that never asks how large the terminal is."""
    import plotext

    plotext.terminal.limit(False, False)
    return type(plotext.figure)(parent=plotext.terminal)


def load() -> None:
    """Import plotext, a quarter of a second, so that the first plot does not have to."""
    _figure()


def curves(width: int, height: int, axes: Axes, lines: Sequence[Curve], glyphs: Glyphs) -> Canvas:
    """The curves, later ones over earlier ones."""
    import plotext

    figure = _prepared(width, height, axes)
    for line in lines:
        if len(line.x):
            marker = plotext.marker(line.marker, _code(line.style))
            signal = figure.signal(list(line.x), list(line.y), marker=marker)
            figure.draw(signal.lines() if line.joined else signal)
    return _canvas(figure, width, height, glyphs)


def _prepared(width: int, height: int, axes: Axes) -> Any:
    figure = _figure()
    figure.clear()
    figure.plot_size(width, height)
    figure.canvas("default")
    line, ticks = _pixel("faint"), _pixel("dim")
    figure.axes(False, axis="x", side="upper")
    figure.axes(False, axis="y", side="right")
    figure.axes(True, axis="x", side="lower", pixel=line)
    figure.axes(True, axis="y", side="left", pixel=line)
    figure.ruler("x", "lower").pixel(ticks)
    figure.ruler("y", "left").pixel(ticks)
    _scale(figure, axes)
    return figure


def _scale(figure: Any, axes: Axes) -> None:
    x, y = figure.ruler("x", "lower"), figure.ruler("y", "left")
    x.lim(*axes.x).ticks(list(axes.x_ticks), list(axes.x_ticks.values()))
    y.lim(*axes.y).ticks(list(axes.y_ticks), list(axes.y_ticks.values()))


def _code(style: str) -> tuple[int, int, int]:
    """A style's number, as a colour."""
    return 0, 0, STYLES.index(style)


def _pixel(style: str) -> Any:
    import plotext

    return plotext.pixel(_code(style), "default")


def _canvas(figure: Any, width: int, height: int, glyphs: Glyphs) -> Canvas:
    canvas = Canvas(width, height, glyphs)
    for row, line in zip(canvas.rows, str(figure.build()).split("\n"), strict=False):
        x = 0
        for codes, text in _COLOURED.findall(line):
            colours = _COLOUR.findall(codes)
            style = STYLES[int(colours[-1])] if colours else "dim"
            cells = [_cell(char, style, glyphs) for char in text[: width - x]]
            row[x : x + len(cells)] = cells
            x += len(cells)
    return canvas


@lru_cache(1024)
def _cell(char: str, style: str, glyphs: Glyphs) -> Cell:
    return Cell(glyphs.plain(char), style)
