"""A canvas: a rectangle of cells, each a character and the name of a style.

Everything the lab draws is a function from a view to a canvas. Two canvases differ in spans, and only
those are sent to the terminal. No widget and no colour is known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple, Self

from fedtui.lab.cells import clusters, fit, width
from fedtui.lab.glyphs import UNICODE, Glyphs

TEXT = "text"
_NEAR = 8  # cells: two changes this close are cheaper as one span


class Cell(NamedTuple):
    """`char` is empty in the right half of a wide character."""

    char: str
    style: str


BLANK = Cell(" ", TEXT)


class Span(NamedTuple):
    """Columns `left` to `right` (not included) of row `y`."""

    y: int
    left: int
    right: int


class Canvas:
    """`width` × `height` cells. What lies outside is not drawn, wherever it starts."""

    def __init__(self, width: int, height: int, glyphs: Glyphs = UNICODE) -> None:
        self.width = max(0, width)
        self.height = max(0, height)
        self.glyphs = glyphs
        self.rows = [[BLANK] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, style: str = TEXT) -> int:
        """Write safe text from cell `x` on; returns the cell after it."""
        if not 0 <= y < self.height:
            return x + width(text)
        cells = _narrow(text, style, self.glyphs)
        if cells is not None:
            self._set_all(x, y, cells)
            return x + len(cells)
        for piece, size in clusters(text):
            self._set(x, y, self.glyphs.plain(piece), size, style)
            x += size
        return x

    def parts(self, x: int, y: int, *parts: tuple[str, str]) -> int:
        """Write (text, style) one after the other."""
        for text, style in parts:
            x = self.put(x, y, text, style)
        return x

    def right(self, x: int, y: int, text: str, style: str = TEXT) -> int:
        """Write text that ends before cell `x`; returns where it began."""
        left = x - width(text)
        self.put(left, y, text, style)
        return left

    def across(self, x: int, y: int, length: int, style: str = "frame") -> None:
        """A horizontal line."""
        self.put(x, y, self.glyphs["across"] * max(0, length), style)

    def down(self, x: int, y: int, length: int, style: str = "frame") -> None:
        """A vertical line."""
        cell = Cell(self.glyphs["down"], style)
        for row in self.rows[max(0, y) : max(0, y + length)] if 0 <= x < self.width else ():
            self._split(row, x)
            row[x] = cell

    def box(
        self, x: int, y: int, wide: int, high: int, style: str = "frame", title: str = ""
    ) -> None:
        """A frame; the title stands in its top line, safe already."""
        g = self.glyphs
        self.across(x + 1, y, wide - 2, style)
        self.across(x + 1, y + high - 1, wide - 2, style)
        self.down(x, y + 1, high - 2, style)
        self.down(x + wide - 1, y + 1, high - 2, style)
        for corner, at_x, at_y in (
            ("nw", x, y),
            ("ne", x + wide - 1, y),
            ("sw", x, y + high - 1),
            ("se", x + wide - 1, y + high - 1),
        ):
            self.put(at_x, at_y, g[corner], style)
        if title and wide > 6:
            self.put(x + 2, y, f" {fit(title, wide - 6)} ", "title")

    def paste(self, other: Canvas, x: int, y: int) -> Self:
        """Lay another canvas over this one."""
        for row, cells in enumerate(other.rows):
            if 0 <= y + row < self.height:
                left, right = max(0, x), min(self.width, x + other.width)
                self.rows[y + row][left:right] = cells[left - x : right - x]
        return self

    def _set_all(self, x: int, y: int, cells: list[Cell]) -> None:
        """Many cells at once, none of them half of a wide character."""
        left, right = max(0, x), min(self.width, x + len(cells))
        if left < right:
            row = self.rows[y]
            self._split(row, left)
            self._split(row, right - 1)
            row[left:right] = cells[left - x : right - x]

    def _set(self, x: int, y: int, char: str, size: int, style: str) -> None:
        row = self.rows[y]
        if size == 2 and (x < 0 or x + 1 >= self.width or (len(char) == 1 and char.isascii())):
            self._set(x, y, char if char.isascii() else " ", 1, style)
            self._set(x + 1, y, " ", 1, style)
            return
        if not 0 <= x < self.width:
            return
        self._split(row, x)
        row[x] = Cell(char, style)
        if size == 2:
            self._split(row, x + 1)
            row[x + 1] = Cell("", style)

    def _split(self, row: list[Cell], x: int) -> None:
        """Blank the other half of a wide character that `x` is about to overwrite."""
        if row[x].char == "" and x > 0:
            row[x - 1] = Cell(" ", row[x - 1].style)
        elif x + 1 < self.width and row[x + 1].char == "":
            row[x + 1] = Cell(" ", row[x + 1].style)

    def runs(self, y: int, left: int = 0, right: int | None = None) -> Iterator[tuple[str, str]]:
        """Row `y` as (text, style), neighbours of one style together.

        A wide character that the edge cuts in half is left blank.
        """
        row, right = self.rows[y], self.width if right is None else right
        cells = row[left:right]
        if cells and cells[0].char == "":
            cells[0] = Cell(" ", cells[0].style)
        if cells and right < self.width and row[right].char == "":
            cells[-1] = Cell(" ", cells[-1].style)
        for style, group in groupby(cells, key=lambda cell: cell.style):
            yield "".join(cell.char for cell in group), style

    @property
    def text(self) -> str:
        """The characters alone, a line for each row."""
        return "\n".join("".join(cell.char for cell in row).rstrip() for row in self.rows)


@lru_cache(4096)
def _narrow(text: str, style: str, glyphs: Glyphs) -> list[Cell] | None:
    """The cells of a text of narrow characters, kept: a frame writes much the same as the last."""
    pieces = list(clusters(text))
    if any(size == 2 for _, size in pieces):
        return None
    return [Cell(glyphs.plain(piece), style) for piece, _ in pieces]


def changes(old: Canvas, new: Canvas) -> Iterator[Span]:
    """The spans in which `new` differs from an `old` of the same size."""
    for y, (before, after) in enumerate(zip(old.rows, new.rows, strict=True)):
        if before == after:
            continue
        columns = _whole(before, after, [x for x in range(old.width) if before[x] != after[x]])
        left = last = columns[0]
        for x in columns[1:]:
            if x - last > _NEAR:
                yield Span(y, left, last + 1)
                left = x
            last = x
        yield Span(y, left, last + 1)


def _whole(before: list[Cell], after: list[Cell], columns: list[int]) -> list[int]:
    """The changed columns, and the other halves of wide characters among them."""
    halves = set(columns)
    for row in (before, after):
        for x in columns:
            if row[x].char == "":
                halves.add(x - 1)
            if x + 1 < len(row) and row[x + 1].char == "":
                halves.add(x + 1)
    return sorted(halves)
