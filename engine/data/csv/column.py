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
from engine.data.csv.signs import POINTS, First, Signs, comma, odd
from engine.data.source import shown
from engine.errors import DataError

_DOUBTFUL = {Cell.COMMA, Cell.GROUPED, Cell.OTHERWISE, Cell.DIVIDED}  # what a file has to decide
_NO_COMMAS = "._eE "  # what needs a closer look among decimal commas
MOST = 50  # categories of a text column, a missing one among them


@dataclass(frozen=True, eq=False)
class Read:
    """A column as it was read.

    Attributes:
        values: Numbers, nan where one is missing; of a text column the index of each category, (N,).
        categories: In sorted order, a missing text ("") first; empty for a column of numbers.
        texts: The different texts in order of appearance; empty where there are more than 50.
        word: The cell that made a column text which has numbers too.
        commas: The first number with a decimal comma in each file that writes them so.
        points: The first with a decimal point in each file that does, where others have commas.
        divided: The first number such as 1.233 in each file where all that have a point have three
            digits after it and but 1 to 3 before it, and no commas separate cells: it may be 1233.
        whole: Whether there are numbers without a point beside them.
    """

    values: Floats
    categories: tuple[str, ...] = ()
    texts: tuple[First, ...] = ()
    word: First | None = None
    commas: tuple[First, ...] = ()
    points: tuple[First, ...] = ()
    divided: tuple[First, ...] = ()
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
        self.name, self._places = name, places
        self._files = [Signs(comma_separated)]  # filled from codes at the end
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

    def next_file(self, comma_separated: bool) -> None:
        """What is added from here on stands in another file."""
        self._files.append(Signs(comma_separated, self._places.rows))

    def finish(self) -> Read:
        """What the column is.

        Raises:
            DataError: A number that is written otherwise than the column's others.
        """
        if not self._seen.keys().isdisjoint(_DOUBTFUL):
            self._count()
        self._refuse_otherwise()
        word = self._seen.get(Cell.TEXT)
        if word is None:
            commas = tuple(filter(None, map(comma, self._files)))
            points = (file.earliest(POINTS) for file in self._files if commas)
            return Read(
                self._values(),
                texts=tuple(self._texts.values()),
                commas=commas,
                points=tuple(filter(None, points)),
                divided=tuple(filter(None, map(_divided, self._files))),
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
        self._count()
        if Cell.TEXT in self._seen:
            self._files[-1].saw(last)
            self._refuse_otherwise()
            self._refuse_dates()
            self._refuse_text(last)
        self._numbers = array("d", self._values())
        self._codes.clear()
        self._texts.clear()

    def _count(self) -> None:
        """Tell each file's signs of its cells that are kept as codes."""
        texts = list(self._texts.values())
        ends = [*(file.row for file in self._files[1:]), len(self._codes)]
        for file, end in zip(self._files, ends, strict=True):
            if codes := self._codes[file.row : end]:
                file.saw_codes(codes, texts)

    def _values(self) -> Floats:
        if self._numbers is not None:
            return np.frombuffer(self._numbers, np.float64)
        by_code = np.array([number(first.text, first.cell) for first in self._texts.values()])
        return by_code[np.frombuffer(self._codes, np.uint8)]

    def _as_numbers(self, cells: Sequence[str], row: int, plain: bool) -> array[float]:
        """The cells as numbers; quickly where they all are, or are plainly missing."""
        points, here = 0, self._files[-1]
        if plain and here.comma_separated:
            if not here.first:  # one look must do: to know the sort of each cell takes too long
                points = sum("." in cell for cell in cells)
        else:  # there may be commas in cells, or _
            together = "".join(cells)
            plain = "_" not in together and "," not in together
            points = together.count(".")
            if not plain and (found := self._all_commas(cells, together)):
                here.counts[Cell.COMMA] += together.count(",")
                return found
        plain = plain and not (points and Cell.POINT not in here.first)
        if plain and (found := self._all_plain(cells)):
            here.counts[Cell.POINT] += points
            if not points and Cell.WHOLE not in here.first and not np.isnan(found).all():
                here.saw(First("", Cell.WHOLE, row))
                self._seen.setdefault(Cell.WHOLE, here.first[Cell.WHOLE])
            return found
        return array("d", [self._as_number(cell.strip(), row + i) for i, cell in enumerate(cells)])

    def _all_plain(self, cells: Sequence[str]) -> array[float]:
        """Cells that are all numbers, or plainly missing; empty where one is neither."""
        try:
            return array("d", map(float, cells))
        except ValueError:
            pass  # then there are gaps, or more
        try:
            return array("d", [np.nan if cell in BLANKS else float(cell) for cell in cells])
        except ValueError:
            return array("d")

    def _all_commas(self, cells: Sequence[str], together: str) -> array[float]:
        """Cells of a file known to have decimal commas, where all are so written; empty otherwise."""
        here = self._files[-1]
        if here.comma_separated or Cell.COMMA not in here.first:
            return array("d")
        if any(sign in together for sign in _NO_COMMAS) or any(c.endswith(",") for c in cells):
            return array("d")
        return self._all_plain([cell.replace(",", ".") for cell in cells])

    def _as_number(self, text: str, row: int) -> float:
        first = First(text, cell_of(text), row)
        self._seen.setdefault(first.cell, first)
        self._files[-1].saw(first)
        if first.cell is Cell.TEXT:
            self._refuse_text(first)
        return number(text, first.cell)

    def _refuse_otherwise(self) -> None:
        """Refuse a number that is written otherwise than the others of its file."""
        for file in self._files:
            if found := odd(file, self._files):
                first, what = found
                raise DataError(f"{self._where(first)}: {shown(first.text)} {what}.")

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


def _divided(file: Signs) -> First | None:
    """A number whose point may divide thousands, where no other number speaks against it."""
    if file.comma_separated or Cell.POINT in file.first:
        return None
    return file.first.get(Cell.DIVIDED)
