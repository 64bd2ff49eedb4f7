"""Blocks: what a page says, before it is known how wide the screen is.

A page's content is a sequence of headings, sentences and tables. `lay` puts them into lines, a line
being (text, name of a style) pieces, as a canvas takes them. Every text passes `safe` there, so that
a name from a file cannot break a row, whichever page it stands on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fedtui.lab.cells import fit, width, wrap
from fedtui.lab.glyphs import UNICODE, Glyphs
from fedtui.safe import safe

Piece = tuple[str, str]  # text, name of a style
Line = tuple[Piece, ...]

_GAP = 2  # cells between columns
_BAR, _LEAST_BAR = 20, 5  # cells
_LEAST_SENTENCE = 24  # cells: a narrower column of sentences stands below its row
_LEAST_NAME = 6
_IN_LETTERS = {"ε": "eps", "μ": "mu", "δ": "delta", "Σ": "sum of", "Δ": "d", "∞": "inf", "²": "^2",
               "±": "+/-"}  # fmt: skip


@dataclass(frozen=True)
class Heading:
    """Begins a part of the page; a line of air stands before it."""

    text: str


@dataclass(frozen=True)
class Said:
    """A sentence, broken at spaces; `indent` cells from the left."""

    text: str
    style: str = "text"
    indent: int = 0


@dataclass(frozen=True)
class Bar:
    """`part` of `whole`, drawn."""

    part: float
    whole: float
    style: str = "curve"


Cell = str | Piece | Bar


@dataclass(frozen=True)
class Column:
    """`right`: numbers, one under the other. `wraps`: sentences, as wide as there is room.

    The one that wraps is the last. One that is `spare` is left out where there is no room.
    """

    head: str = ""
    right: bool = False
    wraps: bool = False
    spare: bool = False
    style: str = "text"


@dataclass(frozen=True)
class Table:
    """Rows of cells under their columns' heads.

    `cut` is what is said of columns there was no room for, by their heads; those without go unsaid.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    cut: Callable[[Sequence[str]], str] | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """Something drawn in cells: its lines, once it is known how wide they may be."""

    draw: Callable[[int, Glyphs], list[Line]]


Block = Heading | Said | Table | Picture
Content = Sequence[Block]


def lay(content: Content, wide: int, glyphs: Glyphs = UNICODE) -> list[Line]:
    """The lines of a page `wide` cells wide."""
    lines: list[Line] = []
    for block in content:
        match block:
            case Heading(text):
                air: list[Line] = [()] if lines else []
                lines += [*air, ((fit(_text(text, glyphs), wide), "title"),)]
            case Said(text, style, indent):
                rows = wrap(_text(text, glyphs), max(1, wide - indent), 1 << 30)
                lines += [((" " * indent + row, style),) for row in rows or [""]]
            case Table():
                lines += _table(block, wide, glyphs)
            case Picture(draw):
                lines += draw(wide, glyphs)
    return lines


def plain(lines: Sequence[Line]) -> str:
    """The characters alone, a row for each line."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def _text(text: str, glyphs: Glyphs) -> str:
    """Safe, and in letters where the terminal has nothing better."""
    if glyphs.column == "ascii":
        for char, letters in _IN_LETTERS.items():
            text = text.replace(char, letters)
    return safe(text)


def _piece(cell: Cell, column: Column, glyphs: Glyphs, bar: int) -> Piece:
    match cell:
        case Bar(part, whole, style):
            filled = round(bar * min(1.0, max(0.0, part / whole))) if whole > 0 else 0
            return glyphs["full"] * filled + glyphs["empty"] * (bar - filled), style
        case str():
            return _text(cell, glyphs), column.style
        case (text, style):
            return _text(text, glyphs), style


def _table(table: Table, wide: int, glyphs: Glyphs) -> Iterator[Line]:
    kept, bar = _fitting(table, wide, glyphs)
    columns = tuple(table.columns[i] for i in kept)
    heads = [(_text(column.head, glyphs), "dim") for column in columns]
    rows = [[_piece(row[i], table.columns[i], glyphs, bar) for i in kept] for row in table.rows]
    sizes = [max(width(text) for text, _ in cells) for cells in zip(heads, *rows, strict=True)]
    fixed = [i for i, column in enumerate(columns) if not column.wraps]
    left = wide - _total(sizes, columns)
    if left < 0:  # the longest column of words gives way
        names = [i for i in fixed if not columns[i].right]
        longest = max(names or fixed, key=lambda i: sizes[i])
        sizes[longest] = max(_LEAST_NAME, sizes[longest] + left)
    if any(text for text, _ in heads):
        told = [i for i in range(len(sizes)) if left >= _LEAST_SENTENCE or i in fixed]
        yield _row(
            [heads[i] for i in told], [sizes[i] for i in told], [columns[i] for i in told], wide
        )
    for row in rows:
        yield from _cells(row, sizes, columns, left, wide)
    gone = [c.head for i, c in enumerate(table.columns) if c.head and i not in kept]
    if gone and table.cut:
        yield from lay([Said(table.cut(gone), "dim")], wide, glyphs)


def _total(sizes: Sequence[int], columns: Sequence[Column]) -> int:
    """Cells that all columns but that of sentences take; a gap stands between two, and before that one."""
    fixed = [size for size, column in zip(sizes, columns, strict=True) if not column.wraps]
    return sum(size + _GAP for size in fixed) - (0 if len(fixed) < len(sizes) else _GAP)


def _fitting(table: Table, wide: int, glyphs: Glyphs) -> tuple[list[int], int]:
    """Which columns fit, and how long bars are: those grow shorter first, then spare columns go."""
    ruler = _Ruler(table, glyphs)
    kept, length = list(range(len(table.columns))), _BAR
    while ruler.total(kept, length) > wide and length > _LEAST_BAR:
        length -= 1
    while ruler.total(kept, length) > wide:
        spare = [i for i in kept if table.columns[i].spare]
        if not spare:
            break
        kept.remove(spare[-1])
    return kept, length


class _Ruler:
    """How wide a table's columns are, measured once for any length of its bars."""

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        self._columns = table.columns
        columns = range(len(table.columns))
        self._bars = [any(isinstance(row[i], Bar) for row in table.rows) for i in columns]
        self._words = [
            max(
                width(_text(column.head, glyphs)),
                *(width(_piece(row[i], column, glyphs, 0)[0]) for row in table.rows),
                0,
            )
            for i, column in enumerate(table.columns)
        ]

    def total(self, kept: Sequence[int], bar: int) -> int:
        """Cells of the columns `kept`, with bars of `bar` cells."""
        sizes = [max(self._words[i], bar if self._bars[i] else 0) for i in kept]
        return _total(sizes, [self._columns[i] for i in kept])


def _cells(
    row: list[Piece], sizes: list[int], columns: tuple[Column, ...], left: int, wide: int
) -> Iterator[Line]:
    """A row, and what its column of sentences needs below it."""
    fixed = [i for i, column in enumerate(columns) if not column.wraps]
    line = _row([row[i] for i in fixed], [sizes[i] for i in fixed],
                [columns[i] for i in fixed], wide)  # fmt: skip
    sentences = [row[i] for i, column in enumerate(columns) if column.wraps]
    if not sentences or not sentences[0][0]:
        yield line
        return
    text, style = sentences[0]
    indent = wide - left
    if left < _LEAST_SENTENCE:
        yield line
        for part in wrap(text, max(1, wide - 4), 1 << 30):
            yield ((" " * 4 + part, style),)
        return
    first, *more = wrap(text, left, 1 << 30)
    used = sum(width(part) for part, _ in line)
    yield (*line, (" " * (indent - used) + first, style))
    for part in more:
        yield ((" " * indent + part, style),)


def _row(cells: list[Piece], sizes: list[int], columns: list[Column], wide: int) -> Line:
    pieces: list[Piece] = []
    room = wide
    for (text, style), size, column in zip(cells, sizes, columns, strict=True):
        shown = fit(text, min(size, room))
        air = " " * (min(size, room) - width(shown))
        pieces.append((air + shown if column.right else shown + air, style))
        room -= min(size, room)
        gap = min(_GAP, room)
        pieces.append((" " * gap, "text"))
        room -= gap
    return tuple(pieces)
