"""The patients of one file or of several, gathered batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.data import memory
from engine.data.csv.column import Column
from engine.data.csv.header import Columns, align, find_columns
from engine.data.csv.hospitals import Hospitals
from engine.data.csv.places import Places
from engine.data.csv.rows import Batch, Left, batches, header
from engine.data.csv.sniff import separator
from engine.data.csv.text import BLOCK, Text
from engine.data.source import shown
from engine.errors import DataError
from engine.sections import Data
from engine.steps import Steps

_LABEL = "make two labels of them, or set data.label_col to the column that holds the label"


class Gathered:
    """What has been read so far.

    Attributes:
        columns: Where things stand in the first file.
        features, label: Their cells.
        held_out: For each row whether column 'split' says test; empty where there is no such column.
        left: Rows that were left out.
        found: (encoding, separator) of each file.
    """

    def __init__(self, columns: Columns, label: str, comma_separated: bool) -> None:
        """Nothing yet of a table whose header says `columns`."""
        self.columns, self.places = columns, Places()
        self.features = [Column(name, self.places, comma_separated) for name in columns.features]
        self.label = Column(label, self.places, comma_separated, way_out=_LABEL)
        self.hospitals = Hospitals()
        self.held_out = bytearray()
        self.left = Left()
        self.found: list[tuple[str, str]] = []

    def next_file(self, comma_separated: bool) -> None:
        """What is added from here on stands in another file."""
        for column in (*self.features, self.label):
            column.next_file(comma_separated)

    def add(self, batch: Batch, columns: Columns, file: str, hospital: str | None) -> None:
        """Further rows of `file`; of `hospital`, or of the one that a column names."""
        row = self.places.rows
        self.places.add(file, batch.lines)
        for column, place in zip(self.features, columns.places, strict=True):
            column.add(batch.columns[place], row, batch.plain)
        self.label.add(batch.columns[columns.label], row, batch.plain)
        if columns.split is not None:
            self._add_parts(batch.columns[columns.split], row)
        if hospital is not None:
            self.hospitals.add_all(hospital, len(batch.lines))
        elif columns.hospital is not None:
            self.hospitals.add(batch.columns[columns.hospital], row)

    def _add_parts(self, cells: Sequence[str], row: int) -> None:
        for i, cell in enumerate(cells):
            part = cell.strip().casefold()
            if part not in ("train", "test"):
                raise DataError(
                    f"{self.places.where(row + i)}: {shown(cell)} in column 'split' is not train or "
                    "test; write one of them, or leave the column out with data.drop."
                )
            self.held_out.append(part == "test")


def gather(
    path: Path, data: Data, hospital: str | None = None, before: Gathered | None = None
) -> Steps[Gathered]:
    """The patients in the file at `path`, added to those of the files `before`.

    Args:
        path: A CSV.
        data: How to read it.
        hospital: Whose patients they are; None where a column says so.
        before: What other files gave.

    Raises:
        DataError: The file cannot be read or used; with the line, the column and the way out.
    """
    with Text(path) as text:
        sign = separator(text, data)
        line, names = text.line, header(text, sign)
        if before is None:
            needs_hospital = hospital is None and data.partition == "natural"
            columns = find_columns(text.file, line, names, data, needs_hospital)
            before = Gathered(columns, data.label_col, sign == ",")
        else:
            columns = align(text.file, line, names, data, before.columns)
            before.next_file(sign == ",")
        gathered, first = before, before.places.rows
        unlabelled, parts = gathered.left.unlabelled, text.size // BLOCK + 1
        for batch in batches(text, sign, columns, gathered.left):
            if gathered.places.rows == first:
                _refuse_too_large(text, batch, columns)
            gathered.add(batch, columns, text.file, hospital)
            yield f"reading {shown(text.file)} in parts", min(text.done // BLOCK, parts), parts
        gathered.left.refuse_ragged(text.file, len(columns.names))
        if gathered.places.rows == first:
            if gathered.left.unlabelled == unlabelled:
                raise DataError(
                    f"{text.file}: there is a header and no row; put the patients below it."
                )
            gathered.left.hospitals[hospital or ""] = None
        gathered.found.append((text.encoding, sign))
    return gathered


def _refuse_too_large(text: Text, batch: Batch, columns: Columns) -> None:
    """Refuse a file that would be too large for the memory if it went on as it begins."""
    rows = len(batch.lines) * text.size // max(1, text.done)
    memory.refuse_too_large(rows, len(columns.features), f"give fewer rows of {text.file}")
