"""Widgets that show canvases and repaint only the cells that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.filter import ANSIToTruecolor, LineFilter
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


class Window(Widget):
    """A window on a canvas; the strips of rows that did not change are kept.

    It has no border, padding or opacity, so it can answer for its lines itself: Textual would style
    and filter every line of every widget again whenever something changes anywhere.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: dict[int, Strip] = {}
        self._made_for: Any = None

    def seen(self) -> tuple[Canvas, Palette, int]:
        """The canvas, its colours, and the first of its columns that is seen here."""
        raise NotImplementedError

    def forget(self, spans: Iterable[Span] | None) -> None:
        """Make the strips of these spans' rows anew, or all."""
        if spans is None:
            self._strips.clear()
        for y, _, _ in spans or ():
            self._strips.pop(y, None)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in `crop`."""
        canvas, palette, left = self.seen()
        wide, filters = self.size.width, self._filters(palette)
        made_for = (palette, left, wide, filters)
        if made_for != self._made_for:
            self._made_for = made_for
            self._strips.clear()
        for y in crop.line_range:
            if y not in self._strips:
                row = strip(canvas, palette, y, left, left + wide)
                for line_filter in filters:
                    row = row.apply_filter(line_filter, self.background_colors[1])
                self._strips[y] = row
        rows = [self._strips[y] for y in crop.line_range]
        start, end = crop.column_span
        return rows if (start, end) == (0, wide) else [row.crop(start, end) for row in rows]

    def _filters(self, palette: Palette) -> tuple[LineFilter, ...]:
        """What Textual would do to our lines, but not the search for colours that are not in them."""
        named = not palette.background
        filters = self.get_line_filters()
        return tuple(each for each in filters if named or not isinstance(each, ANSIToTruecolor))


class Drawn(Window):
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
        self.forget(spans)
        regions = [Region(s.left, s.y, s.right - s.left, 1) for s in spans or ()]
        self.refresh(*regions)

    def seen(self) -> tuple[Canvas, Palette, int]:
        """All of the canvas."""
        return self.canvas, self.palette, 0


class Pane(Window):
    """A window on a part of its parent's canvas.

    The terminal is sent a line from its widget's left edge to the last change, so a wide picture is
    cheaper as several narrow ones.
    """

    def __init__(self, whole: Callable[[], tuple[Canvas, Palette, int]]) -> None:
        super().__init__()
        self._whole = whole

    def seen(self) -> tuple[Canvas, Palette, int]:
        """The part of the parent's canvas that lies here."""
        canvas, palette, _ = self._whole()
        return canvas, palette, self.virtual_region.x

    def repaint(self, spans: list[Span] | None) -> None:
        """Repaint those parts of the spans that are seen here, or everything."""
        if spans is None:
            self.forget(None)
            self.refresh()
            return
        left, width = self.virtual_region.x, self.size.width
        regions = list(_inside(spans, left, left + width))
        if regions:
            self.forget(Span(r.y, r.x, r.right) for r in regions)
            self.refresh(*regions)


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
            yield Pane(self.seen)

    def _repaint(self, spans: list[Span] | None) -> None:
        for pane in self.query(Pane):
            pane.repaint(spans)
