"""Text that fits its cells.

A name from a file may hold escapes, line breaks, markup, wide or combining characters. It is shown
literally and cannot break a row: `fedtui.safe` replaces what would move the cursor, `clusters` splits a
text into pieces of one or two cells, `fit` cuts it by cells and not by characters.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import get_character_cell_size

_MARKS_PER_CELL = 2  # a pile of accents reaches into other rows


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """The pieces of a safe text that stand in cells of their own, each with its width, 1 or 2."""
    piece, width, marks = "", 0, 0
    for char in text:
        size = get_character_cell_size(char)
        if size == 0:
            marks += 1
            if piece and marks <= _MARKS_PER_CELL:
                piece += char
            continue
        if piece:
            yield piece, width
        piece, width, marks = char, size, 0
    if piece:
        yield piece, width


def width(text: str) -> int:
    """Cells that `text` takes."""
    return len(text) if text.isascii() else sum(size for _, size in clusters(text))


def fit(text: str, cells: int, *, more: str = "…") -> str:
    """`text`, cut to at most `cells` cells; a cut one ends in `more`."""
    if width(text) <= cells:
        return text
    kept, used, room = "", 0, cells - width(more)
    for piece, size in clusters(text):
        if used + size > room:
            break
        kept, used = kept + piece, used + size
    return (kept + more) if room >= 0 else ""


def first_fit(cells: int, *texts: str) -> str:
    """The first of `texts` that fits, or the last one cut."""
    return next((text for text in texts if width(text) <= cells), fit(texts[-1], cells))


def wrap(text: str, cells: int, lines: int) -> list[str]:
    """`text` broken at spaces into at most `lines` lines; what is left over is cut with an ellipsis."""
    rows: list[str] = []
    row = ""
    words = text.split(" ")
    for index, word in enumerate(words):
        longer = f"{row} {word}" if row else word
        if width(longer) <= cells:
            row = longer
        elif len(rows) == lines - 1:
            return [*rows, fit(" ".join([longer, *words[index + 1 :]]), cells)]
        else:
            rows += [fit(row, cells)] if row else []
            row = word
    return [*rows, fit(row, cells)] if row else rows


def spread(left: str, right: str, cells: int) -> str:
    """`left` and `right` at the two ends of `cells` cells; the left one gives way."""
    right = fit(right, cells)
    left = fit(left, max(0, cells - width(right) - 1))
    return left + " " * (cells - width(left) - width(right)) + right
