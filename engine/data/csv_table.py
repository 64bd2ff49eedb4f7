"""A table from a file: one row per patient, a hospital, a label, numbers; perhaps a split.

What cannot be used is refused in one sentence that names file, line and column. Text columns,
decimal commas, other encodings and folders are recognised and refused: the complete import comes
later.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.data.csv_header import Columns, find_columns
from engine.data.csv_labels import read_labels
from engine.data.csv_numbers import MISSING, read_number, refuse_infinite
from engine.data.csv_text import read_text
from engine.data.source import Source, listed, shown
from engine.errors import DataError
from engine.sections import Data

if TYPE_CHECKING:
    from _csv import Reader  # what csv.reader returns; csv itself does not export the type


SEPARATORS = (",", ";", "|", "\t")


@dataclass
class _Rows:
    """What has been read so far: parallel columns, one entry per patient."""

    lines: array[int] = field(default_factory=lambda: array("q"))  # where each row begins
    numbers: array[float] = field(default_factory=lambda: array("d"))  # row after row
    hospitals: dict[str, int] = field(default_factory=dict)  # name → index
    owner: array[int] = field(default_factory=lambda: array("q"))
    labels: dict[str, int] = field(default_factory=dict)  # text → code
    codes: array[int] = field(default_factory=lambda: array("q"))
    label_lines: dict[str, int] = field(default_factory=dict)  # where each was first seen
    held_out: array[int] = field(default_factory=lambda: array("b"))
    ragged: list[str] = field(default_factory=list)


def read_csv(path: Path, data: Data) -> Source:
    """The patients in the file at `path`, read as `data` says.

    Raises:
        DataError: The file cannot be read or used; with the line, the column and the way out.
    """
    text = read_text(path)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_separator(data), strict=True)
    rows = _Rows()
    try:
        columns = find_columns(path.name, next(reader, []), data)
        _read_rows(path.name, reader, columns, rows)
    except csv.Error as error:
        why = str(error).replace("\t", "tab")
        raise DataError(
            f"{path.name}, line {reader.line_num}: the row cannot be read ({why}); "
            'check its quotes: a quote inside a cell is written "".'
        ) from None
    return _source(path.name, columns, rows, data)


def _separator(data: Data) -> str:
    separator = {"tab": "\t", "\\t": "\t"}.get(data.separator, data.separator)
    if separator not in SEPARATORS:  # a letter, say, would make a table of any file
        raise DataError(
            f"data.separator: {data.separator!r} cannot separate cells; "
            "choose , or ; or | or the word tab."
        )
    return separator


def _read_rows(file: str, reader: Reader, columns: Columns, rows: _Rows) -> None:
    pick, width = columns.pick, columns.width
    line = reader.line_num + 1
    for row in reader:
        begun, line = line, reader.line_num + 1
        if not any(map(str.strip, row)):
            continue
        if len(row) != width:
            rows.ragged.append(f"line {begun} has {len(row)} cells")
            continue  # refused at the end, with the others like it
        rows.lines.append(begun)
        cells = pick(row)
        try:
            if "_" in "".join(cells):  # which Python would read as a digit separator
                raise ValueError
            rows.numbers.extend(list(map(float, cells)))
        except ValueError:
            where = f"{file}, line {begun}"
            named = zip(columns.features, cells, strict=True)
            rows.numbers.extend([read_number(where, name, cell) for name, cell in named])
        _read_special(f"{file}, line {begun}", row, columns, rows)
    if rows.ragged:
        more = (
            f" and {len(rows.ragged) - 3:,} more lines are like it" if len(rows.ragged) > 3 else ""
        )
        raise DataError(
            f"{file}: {', '.join(rows.ragged[:3])}{more}, where the header has {width}; "
            "give every row a cell per column, with quotes around a cell that holds the separator."
        )


def _read_special(where: str, row: Sequence[str], columns: Columns, rows: _Rows) -> None:
    """Hospital, label and split of one row."""
    label = row[columns.label].strip()
    if label.casefold() in MISSING:
        raise DataError(
            f"{where}: the label (column {shown(columns.label_name)}) is missing; "
            "fill it in or take the row out."
        )
    rows.label_lines.setdefault(label, rows.lines[-1])
    rows.codes.append(rows.labels.setdefault(label, len(rows.labels)))
    if columns.hospital is not None:
        hospital = row[columns.hospital].strip()
        if hospital.casefold() in MISSING:
            raise DataError(
                f"{where}: the hospital (column {shown(columns.hospital_name)}) is missing; "
                "fill it in or take the row out."
            )
        rows.owner.append(rows.hospitals.setdefault(hospital, len(rows.hospitals)))
    if columns.split is not None:
        part = row[columns.split].strip().casefold()
        if part not in ("train", "test"):
            raise DataError(
                f"{where}: {shown(row[columns.split])} in column 'split' is not train or test; "
                "write one of them, or leave the column out with data.drop."
            )
        rows.held_out.append(part == "test")


def _source(file: str, columns: Columns, rows: _Rows, data: Data) -> Source:
    if not rows.lines:
        raise DataError(f"{file}: there is a header and no row; put the patients below it.")
    x = np.frombuffer(rows.numbers, np.float64).reshape(len(rows.lines), -1)
    refuse_infinite(file, x, columns.features, rows.lines)
    values, notes = read_labels(
        file, columns.label_name, rows.labels, rows.label_lines, data.positive
    )
    return Source(
        x=x,
        y=values[np.frombuffer(rows.codes, np.int64)],
        features=columns.features,
        owner=np.frombuffer(rows.owner, np.int64) if columns.hospital is not None else None,
        names=tuple(rows.hospitals),
        held_out=np.frombuffer(rows.held_out, np.int8) > 0 if columns.split is not None else None,
        notes=notes + _alike(rows.hospitals),
    )


def _alike(hospitals: Sequence[str] | dict[str, int]) -> tuple[str, ...]:
    """A note where two hospitals differ by capital letters only."""
    seen: dict[str, str] = {}
    for name in hospitals:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            return (f"Hospitals {listed([other, name])} are taken as two; are they one?",)
    return ()
