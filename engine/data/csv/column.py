"""A column of a table while it is read, and what it turns out to be: numbers or text.

Up to 50 different texts are kept as they are written, and a row is one byte that says which. A column
with more than that can only be one of numbers, so from there on it keeps numbers alone. So the last
row may still make a column text, in one pass and with no row in memory as text.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.data.csv.cells import BLANKS, NUMBERS, Cell, cell_of, is_missing, number
from engine.data.csv.dates import are_dates
from engine.data.csv.places import Places
from engine.data.source import shown
from engine.errors import DataError

MOST = 50  # categories of a text column, a missing one among them


@dataclass(frozen=True)
class First:
    """A text of a column, what it is, and the first row that has it."""

    text: str
    cell: Cell
    row: int


@dataclass(frozen=True, eq=False)
class Read:
    """A column as it was read.

    Attributes:
        values: Numbers, nan where one is missing; of a text column the index of each category, (N,).
        categories: In sorted order, a missing text ("") first; empty for a column of numbers.
        texts: The different texts in order of appearance; empty where there are more than 50.
        word: The cell that made a column text which has numbers too.
        comma: A number with a decimal comma, where they are so written.
        divided: A number such as 1.233, where all that have a point have three digits after it and
            none before it but 1 to 3, and commas do not separate cells: it may be 1233.
        whole: Whether there are numbers without a point beside it.
    """

    values: Floats
    categories: tuple[str, ...] = ()
    texts: tuple[First, ...] = ()
    word: First | None = None
    comma: First | None = None
    divided: First | None = None
    whole: bool = False


class Column:
    """The cells of one column so far."""

    def __init__(self, name: str, places: Places, comma_separated: bool, way_out: str = "") -> None:
        """An empty column.

        Args:
            name: What stands in the header.
            places: Where the rows stand, for sentences.
            comma_separated: Whether the cells are: then a comma in a number may be a mistake.
            way_out: What to do about a column that cannot be used, where it cannot be dropped.
        """
        self.name, self._places, self._comma_separated = name, places, comma_separated
        self._way_out = way_out or "leave the column out with data.drop"
        self._spellings: dict[str, int] = {}  # cell, blanks and all → code of its text
        self._texts: dict[str, First] = {}  # the code is the place
        self._codes = bytearray()  # row after row
        self._numbers: array[float] | None = None  # row after row, once there are too many texts
        self._seen: dict[Cell, First] = {}  # the first of each sort

    def add(self, cells: Sequence[str], row: int, plain: bool) -> None:
        """Further cells, the first of them in row `row`; `plain`: no quotes and no _ among them.

        Raises:
            DataError: More than 50 different texts, and not all of them numbers.
        """
        if self._numbers is None:
            try:
                self._codes += bytes(map(self._spellings.__getitem__, cells))
            except KeyError:
                self._learn(cells, row)
                self.add(cells, row, plain)
        else:
            self._numbers.extend(self._as_numbers(cells, row, plain))

    def finish(self) -> Read:
        """What the column is.

        Raises:
            DataError: A number that is written otherwise than the column's others.
        """
        self._refuse_otherwise()
        word = self._seen.get(Cell.TEXT)
        if word is None:
            comma = self._seen.get(Cell.COMMA) or self._seen.get(Cell.GROUPED)
            return Read(
                self._values(),
                texts=tuple(self._texts.values()),
                comma=comma,
                divided=self._divided(),
                whole=Cell.WHOLE in self._seen,
            )
        self._refuse_dates()
        categories = tuple(sorted(self._texts))
        place = np.array([categories.index(text) for text in self._texts], np.float64)
        mixed = not self._seen.keys().isdisjoint(NUMBERS)
        return Read(
            place[np.frombuffer(self._codes, np.uint8)],
            categories,
            tuple(self._texts.values()),
            word=word if mixed else None,
        )

    def _learn(self, cells: Sequence[str], row: int) -> None:
        """Give new texts a code; where they become too many, keep numbers instead."""
        for cell in dict.fromkeys(cells):
            if cell in self._spellings:
                continue
            text = "" if is_missing(cell) else cell.strip()
            if text not in self._texts:
                first = First(text, cell_of(text), row + cells.index(cell))
                self._seen.setdefault(first.cell, first)
                if len(self._texts) == MOST:
                    self._turn_to_numbers(first)
                    return
                self._texts[text] = first
            self._spellings[cell] = list(self._texts).index(text)

    def _turn_to_numbers(self, last: First) -> None:
        if Cell.TEXT in self._seen:
            self._refuse_otherwise()
            self._refuse_dates()
            self._refuse_text(last)
        self._numbers = array("d", self._values())
        self._codes.clear()
        self._texts.clear()

    def _values(self) -> Floats:
        if self._numbers is not None:
            return np.frombuffer(self._numbers, np.float64)
        by_code = np.array([number(first.text, first.cell) for first in self._texts.values()])
        return by_code[np.frombuffer(self._codes, np.uint8)]

    def _as_numbers(self, cells: Sequence[str], row: int, plain: bool) -> array[float]:
        """The cells as numbers; quickly where they all are, or are plainly missing."""
        points = False
        if not (plain and self._comma_separated):  # there may be commas in cells, or _
            together = "".join(cells)
            plain = "_" not in together and "," not in together
            points = "." in together
        if plain and not (points and Cell.POINT not in self._seen):
            try:
                found = array("d", map(float, cells))
            except ValueError:
                found = self._with_gaps(cells)
            if found:
                if not points and Cell.WHOLE not in self._seen and not np.isnan(found).all():
                    self._seen[Cell.WHOLE] = First("", Cell.WHOLE, row)
                return found
        return array("d", [self._as_number(cell.strip(), row + i) for i, cell in enumerate(cells)])

    def _with_gaps(self, cells: Sequence[str]) -> array[float]:
        try:
            return array("d", [np.nan if cell in BLANKS else float(cell) for cell in cells])
        except ValueError:
            return array("d")

    def _as_number(self, text: str, row: int) -> float:
        first = First(text, cell_of(text), row)
        self._seen.setdefault(first.cell, first)
        if first.cell is Cell.TEXT:
            self._refuse_text(first)
        return number(text, first.cell)

    def _refuse_otherwise(self) -> None:
        """A comma is a decimal comma where the whole column is so written, and else a mistake."""
        comma, grouped = self._seen.get(Cell.COMMA), self._seen.get(Cell.GROUPED)
        odd = self._seen.get(Cell.OTHERWISE)
        if odd is None and (comma or grouped) and not self._decimal_commas():
            odd = min((f for f in (comma, grouped) if f), key=lambda first: first.row)
        if odd:
            raise DataError(
                f"{self._where(odd)}: {shown(odd.text)} is not a number; write numbers with a "
                "decimal point and without commas, blanks or %."
            )

    def _decimal_commas(self) -> bool:
        """Whether every number with a comma is one with a decimal comma.

        1,233 may mean 1233. Where all numbers have three decimals it does not matter; among whole
        numbers it is taken for a decimal only if the cells are not separated by commas and another
        number has fewer or more decimals.
        """
        if not self._seen.keys().isdisjoint({Cell.POINT, Cell.DIVIDED, Cell.TEXT}):
            return False
        if Cell.WHOLE in self._seen and self._comma_separated:
            return False
        return Cell.COMMA in self._seen or not (self._comma_separated or Cell.WHOLE in self._seen)

    def _divided(self) -> First | None:
        """A number whose point may divide thousands, where no other number speaks against it."""
        if self._comma_separated or Cell.POINT in self._seen:
            return None
        return self._seen.get(Cell.DIVIDED)

    def _refuse_dates(self) -> None:
        if are_dates(self._texts):
            first = self._seen[Cell.TEXT]
            raise DataError(
                f"{self._where(first)}: {shown(first.text)} is a date or time, which is neither a "
                "number nor one of a few categories; make a number of it, such as an age or days "
                f"since admission, or {self._way_out}."
            )

    def _refuse_text(self, last: First) -> None:
        word = self._seen[Cell.TEXT]
        numbers = (
            self._numbers is not None
            or sum(first.cell in NUMBERS for first in self._texts.values()) > len(self._texts) / 2
        )
        if numbers:
            raise DataError(
                f"{self._where(word)}: {shown(word.text)} is not a number, and as text the column "
                f"has more than {MOST} categories; leave the cell empty if the number is missing, or "
                f"{self._way_out}."
            )
        raise DataError(
            f"{self._where(last)}: {shown(last.text)} is the {MOST + 1}st text of the column, and "
            f"a column has at most {MOST} categories; {self._way_out}."
        )

    def _where(self, first: First) -> str:
        return f"{self._places.where(first.row)}, column {shown(self.name)}"
