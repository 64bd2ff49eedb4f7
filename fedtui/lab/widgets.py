"""Widgets that show canvases and repaint only the cells that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from fedtui.lab.canvas import Canvas, Span, changes
from fedtui.lab.scene import Part
from fedtui.lab.shot import Shot
from fedtui.lab.theme import FEDTUI, Palette

_PANES = 4


def strip(canvas: Canvas, palette: Palette, y: int, left: int, right: int) -> Strip:
    """Cells `left` to `right` of a canvas's row, blank where the canvas ends."""
    style = palette.style
    if y >= canvas.height:
        return Strip.blank(right - left, style("text"))
    segments = [Segment(text, style(name)) for text, name in canvas.runs(y, left, right)]
    if missing := right - max(left, min(right, canvas.width)):
        segments.append(Segment(" " * missing, style("text")))
    return Strip(segments, right - left)


class Drawn(Widget):
    """Shows what `part` draws of a shot; `depends` tells whether it has to draw again."""

    def __init__(self, part: Part, depends: Callable[[Shot], Any], *, id: str) -> None:
        super().__init__(id=id)
        self._part = part
        self._depends = depends
        self._shot: Shot | None = None
        self._drawn_for: Any = None
        self.canvas = Canvas(0, 0)
        self.palette = FEDTUI

    def show(self, shot: Shot) -> None:
        """Draw `shot` if anything this part depends on has changed."""
        self._shot = shot
        if shot.palette is not self.palette:
            self.palette = shot.palette
            self._repaint(None)
        wanted = (self.size, self._depends(shot))
        if self.size.area and wanted != self._drawn_for:
            self._drawn_for = wanted
            self._replace(self._part(shot, self.size.width, self.size.height))

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        if self._shot:
            self.show(self._shot)

    def _replace(self, canvas: Canvas) -> None:
        old, self.canvas = self.canvas, canvas
        if (old.width, old.height) != (canvas.width, canvas.height):
            self._repaint(None)
        elif spans := list(changes(old, canvas)):
            self._repaint(spans)

    def _repaint(self, spans: list[Span] | None) -> None:
        """Repaint spans, or everything."""
        regions = [Region(s.left, s.y, s.right - s.left, 1) for s in spans or ()]
        self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """A row of the canvas."""
        return strip(self.canvas, self.palette, y, 0, self.size.width)


class Pane(Widget):
    """A window on a part of its parent's canvas.

    The terminal is sent a line from its widget's left edge to the last change, so a wide picture is
    cheaper as several narrow ones.
    """

    def __init__(self, seen: Callable[[], tuple[Canvas, Palette]]) -> None:
        super().__init__()
        self._seen = seen

    @property
    def left(self) -> int:
        """The first column of the canvas seen here."""
        return self.virtual_region.x

    def repaint(self, spans: list[Span]) -> None:
        """Repaint those parts of the spans that are seen here."""
        left, width = self.left, self.size.width
        regions = list(_inside(spans, left, left + width))
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """The part of the canvas's row that is seen here."""
        return strip(*self._seen(), y, self.left, self.left + self.size.width)


def _inside(spans: list[Span], left: int, right: int) -> Iterator[Region]:
    for span in spans:
        start, end = max(span.left, left), min(span.right, right)
        if start < end:
            yield Region(start - left, span.y, end - start, 1)


class Paned(Drawn):
    """A canvas seen through panes side by side."""

    DEFAULT_CSS = "Paned { layout: horizontal; } Paned > Pane { width: 1fr; height: 1fr; }"

    def compose(self) -> ComposeResult:
        """The panes."""
        for _ in range(_PANES):
            yield Pane(lambda: (self.canvas, self.palette))

    def _repaint(self, spans: list[Span] | None) -> None:
        for pane in self.query(Pane):
            if spans is None:
                pane.refresh()
            else:
                pane.repaint(spans)
