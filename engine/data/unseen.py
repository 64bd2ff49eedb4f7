"""Patients whom a finished model has never seen: a table read by the columns that the model knows.

The reader is that of any table (`engine.data.csv.rows`). What differs is that nothing is decided here any
more: which column is text, which categories there are, what a column is called, the training has said.
A text that no training patient had is none of the model's categories, so all its columns are 0, as for the
category that sorts first; that is told, since it is a guess. Columns that are none of the model's are
passed by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.arrays import Floats
from engine.data.csv.alike import alike
from engine.data.csv.cells import Cell, is_missing
from engine.data.csv.column import Column, Read
from engine.data.csv.header import Columns, refuse_bad_names
from engine.data.csv.notes import of_rows
from engine.data.csv.places import Places
from engine.data.csv.rows import Left, batches, header
from engine.data.csv.sniff import separator
from engine.data.csv.text import Text
from engine.data.source import listed, shown
from engine.errors import DataError
from engine.sections import Data

Categories = Mapping[str, tuple[str, ...]]  # text column → its categories, sorted


@dataclass(frozen=True, eq=False)
class Unseen:
    """A table of patients to judge.

    Attributes:
        x: In the model's columns and the table's units, nan where a number is missing, (n, features).
        places: Where each row stands.
        hospitals: Of each row; None where no column says so.
        label: The label column as it was read; None where there is none.
        notes: What was met and not known.
    """

    x: Floats
    places: Places
    hospitals: tuple[str, ...] | None
    label: Read | None
    notes: tuple[str, ...]


def read_unseen(path: Path, data: Data, features: Sequence[str], categories: Categories) -> Unseen:
    """The patients in the file at `path`, for a model of these features.

    Raises:
        DataError: The file cannot be read, lacks a column, or has text where numbers belong.
    """
    with Text(path) as text:
        sign = separator(text, data)
        line, names = text.line, [name.strip() for name in header(text, sign)]
        wanted = _wanted(features, categories)
        names, renamed = _recognised(names, (*wanted, data.hospital_col, data.label_col))
        refuse_bad_names(f"{text.file}, line {line}", names, _known(names, wanted))
        _refuse_lacking(f"{text.file}, line {line}", wanted, names)
        gathered = _Gathered(names, wanted, data, categories, sign == ",")
        left = Left()
        for batch in batches(text, sign, _columns(text.file, names, wanted), left, unlabelled=True):
            gathered.add(text.file, batch.columns, batch.lines, batch.plain)
        left.refuse_ragged(text.file, len(names))
        if not gathered.places.rows:
            raise DataError(
                f"{text.file}: there is a header and no row; put the patients below it."
            )
    return gathered.finish(features, (*renamed, *of_rows(left, 0, ())))


def _wanted(features: Sequence[str], categories: Categories) -> tuple[str, ...]:
    """The columns of a table that the model's are made of."""
    made = {f"{name}={text}": name for name, texts in categories.items() for text in texts[1:]}
    return tuple(dict.fromkeys(made.get(feature, feature) for feature in features))


def _recognised(names: Sequence[str], wanted: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The names of a header, each that only capitals or blanks keep from a lacking one turned into it.

    Returns:
        The names, and what is said of those that were turned.
    """
    lacking = {name for name in wanted if name not in names}
    matched = alike([name for name in names if name not in wanted], lacking)
    turned = [matched.get(name, name) for name in names]
    return turned, (_taken("In the header", matched),) if matched else ()


def _taken(where: str, matched: Mapping[str, str]) -> str:
    """The sentence for texts that were taken for others."""
    pairs = [f"{shown(text)} is taken for {shown(known)}" for text, known in matched.items()]
    more = f" and {len(pairs) - 6} more like it" if len(pairs) > 6 else ""
    return f"{where} {', '.join(pairs[:6])}{more}, as only capitals or blanks differ."


def _refuse_lacking(where: str, wanted: Sequence[str], names: Sequence[str]) -> None:
    lacking = [name for name in wanted if name not in names]
    if lacking:
        they = "which the model was trained on"
        number = f"the table has {len(names)} column{'' if len(names) == 1 else 's'}"
        there = f"columns: {listed(names, 6)}" if _known(names, wanted) else number
        raise DataError(
            f"{where}: there is no column {listed(lacking, 6)}, {they}; add it, with empty cells"
            f" where nothing is known ({there})."
        )


def _known(names: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the header is that of a table for this model: of any other file nothing is quoted."""
    return not set(names).isdisjoint(wanted)


def _columns(file: str, names: Sequence[str], wanted: Sequence[str]) -> Columns:
    places = tuple(map(names.index, wanted))
    return Columns(file, tuple(names), tuple(wanted), places, label=0, hospital=None, split=None)


class _Gathered:
    """What has been read so far."""

    def __init__(
        self,
        names: Sequence[str],
        wanted: Sequence[str],
        data: Data,
        categories: Categories,
        comma_separated: bool,
    ) -> None:
        self.at, self.places = {name: place for place, name in enumerate(names)}, Places()
        way_out = "correct it"
        self.numbers = {
            name: Column(name, self.places, comma_separated, way_out)
            for name in wanted
            if name not in categories
        }
        self.texts = {name: _Marks(name, categories[name]) for name in wanted if name in categories}
        self.label_name = data.label_col if data.label_col in names else None
        self.hospital_name = data.hospital_col if data.hospital_col in names else None
        self.label = Column(data.label_col, self.places, comma_separated, way_out)
        self.hospitals: list[str] = []

    def add(
        self, file: str, columns: Sequence[Sequence[str]], lines: Sequence[int], plain: bool
    ) -> None:
        """Further rows."""
        row = self.places.rows
        self.places.add(file, lines)

        def cells(name: str) -> Sequence[str]:
            return columns[self.at[name]]

        for name, column in self.numbers.items():
            column.add(cells(name), row, plain)
        for name, marks in self.texts.items():
            marks.add(cells(name), row)
        if self.hospital_name is not None:
            self.hospitals += [cell.strip() for cell in cells(self.hospital_name)]
        if self.label_name is not None:
            self.label.add(cells(self.label_name), row, plain)

    def finish(self, features: Sequence[str], notes: Sequence[str]) -> Unseen:
        """All rows, in the model's columns; `notes` is what is said of the table already."""
        made: dict[str, Floats] = {name: self._number(name) for name in self.numbers}
        for marks in self.texts.values():
            made |= marks.columns()
        return Unseen(
            x=np.stack([made[feature] for feature in features], axis=1),
            places=self.places,
            hospitals=tuple(self.hospitals) if self.hospital_name is not None else None,
            label=self.label.finish() if self.label_name is not None else None,
            notes=(
                *notes,
                *(note for marks in self.texts.values() for note in marks.notes(self.places)),
            ),
        )

    def _number(self, name: str) -> Floats:
        read = self.numbers[name].finish()
        where = None
        if read.categories:
            first = next(first for first in read.texts if first.cell is Cell.TEXT)
            where, what = first.row, f"{shown(first.text)} is not a number"
        elif np.isinf(read.values).any():
            where, what = int(np.argmax(np.isinf(read.values))), "the number is infinite"
        if where is not None:
            raise DataError(
                f"{self.places.where(where)}, column {shown(name)}: {what}, and the model was"
                " trained on numbers there; correct the cell, or leave it empty."
            )
        return read.values


class _Marks:
    """A text column, as columns of 0 and 1."""

    def __init__(self, name: str, categories: Sequence[str]) -> None:
        self.name, self.categories = name, tuple(categories)
        self.codes: list[int] = []
        self.known: dict[str, int] = {}  # cell, blanks and all → code; −1 for no category
        self.alike: dict[str, str] = {}  # text that is a category but for capitals and blanks → it
        self.strange: dict[str, int] = {}  # text that is no category → its first row

    def add(self, cells: Sequence[str], row: int) -> None:
        """Further rows."""
        for cell in dict.fromkeys(cells):
            if cell in self.known:
                continue
            text = "" if is_missing(cell) else cell.strip()
            if text not in self.categories and (matched := alike([text], self.categories)):
                self.alike |= matched
                text = matched[text]
            if text not in self.categories:
                self.strange.setdefault(text, row + cells.index(cell))
            self.known[cell] = self.categories.index(text) if text in self.categories else -1
        self.codes += map(self.known.__getitem__, cells)

    def columns(self) -> dict[str, Floats]:
        """Feature → 1.0 where a row is of its category."""
        codes = np.array(self.codes)
        return {
            f"{self.name}={text}": np.equal(codes, code).astype(np.float64)
            for code, text in enumerate(self.categories)
            if code
        }

    def notes(self, places: Places) -> list[str]:
        """What is said of texts that no training patient had."""
        notes = []
        if self.alike:
            notes.append(_taken(f"In column {shown(self.name)}", self.alike))
        if not self.strange:
            return notes
        rows = self.codes.count(-1)
        text = min(self.strange, key=lambda text: self.strange[text])
        what = shown(text) if text else "a missing text"
        others = len(self.strange) - 1
        more = f" and {others} other text{'' if others == 1 else 's'}" if others else ""
        who = "1 row is" if rows == 1 else f"{rows:,} rows are"
        return [
            *notes,
            f"Column {shown(self.name)}: {what}{more} occurred at no training patient (first in"
            f" {places.where(self.strange[text])}); {who} judged as though it said"
            f" {shown(self.categories[0]) if self.categories[0] else 'nothing'}.",
        ]
