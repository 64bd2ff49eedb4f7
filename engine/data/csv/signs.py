"""How numbers are written in a column: with decimal commas or points, which each file decides for itself.

A folder may have one hospital that writes 2,3 and another that writes 2.3. Within a file one of the two
is a mistake, and it is the rarer one that is pointed at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.data.csv.cells import Cell

POINTS = (Cell.POINT, Cell.DIVIDED)
_COMMAS = (Cell.COMMA, Cell.GROUPED)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")


@dataclass(frozen=True)
class First:
    """A text of a column, what it is, and the first row that has it."""

    text: str
    cell: Cell
    row: int


@dataclass
class Signs:
    """What one file has in a column.

    Attributes:
        comma_separated: Whether commas separate its cells: then one in a number may be a mistake.
        row: Its first row.
        first: The first cell of each sort.
        counts: Cells of each sort.
    """

    comma_separated: bool
    row: int = 0
    first: dict[Cell, First] = field(default_factory=dict)
    counts: Counter[Cell] = field(default_factory=Counter)

    def saw(self, first: First, times: int = 1) -> None:
        """Further cells of a sort."""
        self.counts[first.cell] += times
        if first.row < self.first.setdefault(first.cell, first).row:
            self.first[first.cell] = first

    def saw_codes(self, codes: bytearray, texts: Sequence[First]) -> None:
        """The rows of the file, each as the place of its cell in `texts`."""
        rows = np.frombuffer(codes, np.uint8)
        for code, times in enumerate(np.bincount(rows, minlength=len(texts)).tolist()):
            if times:
                row = self.row + int(np.argmax(rows == code))
                self.saw(First(texts[code].text, texts[code].cell, row), times)

    def earliest(self, sorts: Collection[Cell]) -> First | None:
        """The first cell of any of these sorts."""
        there = [self.first[sort] for sort in sorts if sort in self.first]
        return min(there, key=lambda first: first.row, default=None)

    def times(self, sorts: Collection[Cell]) -> int:
        """Cells of these sorts."""
        return sum(self.counts[sort] for sort in sorts)


def comma(file: Signs) -> First | None:
    """The first number of a file with a comma in it; where none is refused, a decimal comma."""
    return file.first.get(Cell.COMMA) or file.first.get(Cell.GROUPED)


def odd(file: Signs, files: Sequence[Signs]) -> tuple[First, str] | None:
    """A cell of a file that is written otherwise than its others, and what to do; None: all are alike.

    Args:
        file: One file's cells of a column.
        files: Those of all files.
    """
    if other := file.first.get(Cell.OTHERWISE):
        return other, _otherwise(other, file)
    number = file.earliest(_COMMAS)
    if number is None or _decimal_commas(file, files):
        return None
    point, word = file.earliest(POINTS), file.first.get(Cell.TEXT)
    commas = file.times(_COMMAS)
    if word and not point and commas > file.counts[Cell.TEXT]:
        return word, (
            "is not a number, and the column has numbers with decimal commas; leave the cell empty if "
            "the number is missing"
        )
    if point and commas > file.times(POINTS) and not (file.comma_separated or word):
        return point, (
            "has a decimal point, and most numbers here have decimal commas; write it with a comma"
        )
    return number, _REFUSED


_REFUSED = "is not a number; write numbers with a decimal point and without commas, blanks or %"


def _otherwise(first: First, file: Signs) -> str:
    if not _THOUSANDS.fullmatch(first.text):
        return _REFUSED
    without = first.text.replace(".", "")
    if not file.first.keys() & _COMMAS or file.first.keys() & set(POINTS):
        without = without.replace(",", ".")
    return f"has a point between thousands, so write it as {without}"


def _decimal_commas(file: Signs, files: Sequence[Signs]) -> bool:
    """Whether every number of a file with a comma is one with a decimal comma.

    1,233 may mean 1233. Where all numbers, of all files, have three decimals it does not matter; else it
    is taken for a decimal only if the cells are not separated by commas and another number has fewer or
    more decimals.
    """
    if any(Cell.TEXT in each.first for each in files) or file.first.keys() & set(POINTS):
        return False
    if Cell.WHOLE in file.first and file.comma_separated:
        return False
    if Cell.COMMA in file.first:
        return True
    if any(each.first.keys() & set(POINTS) for each in files):
        return False
    return any(Cell.COMMA in each.first for each in files) or not any(
        each.comma_separated or Cell.WHOLE in each.first for each in files
    )
