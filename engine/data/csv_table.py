"""A table from a file or a folder: one row per patient, a hospital, a label, columns; perhaps a split.

What cannot be used is refused in one sentence that names file, line and column. What was decided in
the user's place is told: which label is positive, what was left out, which column is text.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.arrays import Floats
from engine.data.csv_column import Read
from engine.data.csv_gather import Gathered, gather
from engine.data.csv_labels import read_labels
from engine.data.csv_places import Places
from engine.data.report import Report
from engine.data.source import Source, listed, shown
from engine.errors import DataError
from engine.sections import Data
from engine.steps import Steps

NO_LABEL = "no label"
_NONE = np.empty(0)


def read_csv(path: Path, data: Data) -> Steps[Source]:
    """The patients in the file at `path`, read as `data` says.

    Raises:
        DataError: The file cannot be read or used; with the line, the column and the way out.
    """
    gathered = yield from gather(path, data)
    return (yield from _source([path.name], gathered, data))


def read_folder(path: Path, data: Data) -> Steps[Source]:
    """The patients in a folder that holds one CSV per hospital; the file's name is the hospital's.

    Columns are aligned by their names.

    Raises:
        DataError: There is no CSV, one cannot be read or used, or lacks a column of the others.
    """
    try:
        files = sorted(
            file
            for file in path.iterdir()
            if file.suffix.casefold() == ".csv" and not file.name.startswith(".")
        )
    except OSError as error:
        raise DataError(
            f"{path.name}: the folder cannot be read ({error.strerror}); check its permissions."
        ) from None
    if not files:
        raise DataError(
            f"{path.name or path}: this folder holds no CSV; put one in it for each hospital, with "
            "the hospital's name as its name."
        )
    gathered = None
    for file in files:
        gathered = yield from gather(file, data, file.stem, gathered)
    assert gathered is not None
    return (yield from _source([file.name for file in files], gathered, data))


def _source(files: list[str], gathered: Gathered, data: Data) -> Steps[Source]:
    places, hospitals = gathered.places, gathered.hospitals
    owner = hospitals.owner(places, data.hospital_col) if hospitals.names else None
    labels = read_labels(data.label_col, gathered.label.finish(), places, data.positive)
    x, read = yield from _matrix(gathered)
    report = Report(
        files=tuple(files),
        encoding=", ".join(dict.fromkeys(encoding for encoding, _ in gathered.found)),
        separator=" ".join(dict.fromkeys(sign for _, sign in gathered.found)),
        rows=places.rows + gathered.left.unlabelled,
        dropped={NO_LABEL: gathered.left.unlabelled} if gathered.left.unlabelled else {},
        decimal_commas=tuple(name for name, column in read.items() if column.comma),
        positive=labels.positive,
        negative=labels.negative,
        merged=hospitals.merged(),
    )
    return Source(
        x=x,
        y=labels.y,
        features=gathered.columns.features,
        owner=owner,
        names=hospitals.names,
        held_out=np.frombuffer(gathered.held_out, np.bool_) if gathered.held_out else None,
        categories={name: column.categories for name, column in read.items() if column.categories},
        notes=(
            *_of_text(files, gathered),
            *_of_rows(gathered),
            *labels.notes,
            *hospitals.notes(),
            *(note for name, column in read.items() for note in _of_column(name, column, places)),
        ),
        report=report,
    )


def _matrix(gathered: Gathered) -> Steps[tuple[Floats, dict[str, Read]]]:
    """The columns side by side, (N, features), and what each turned out to be.

    A column is let go as soon as its numbers are in the matrix.
    """
    columns = gathered.features
    total, read = len(columns), {}
    x = np.empty((gathered.places.rows, total))
    for i in range(total):
        column = columns.pop(0)
        found = column.finish()
        if not found.categories:
            _refuse_infinite(column.name, found.values, gathered.places)
        x[:, i] = found.values
        read[column.name] = replace(found, values=_NONE)
        yield "reading the columns", i + 1, total
    return x, read


def _refuse_infinite(name: str, values: Floats, places: Places) -> None:
    at = np.flatnonzero(np.isinf(values))
    if len(at):
        raise DataError(
            f"{places.listed(at.tolist())}, column {shown(name)}: the number is infinite; "
            "write a finite one, or leave the cell empty."
        )


def _of_text(files: list[str], gathered: Gathered) -> list[str]:
    odd = [
        file
        for file, (encoding, _) in zip(files, gathered.found, strict=True)
        if encoding != "UTF-8"
    ]
    return [f"{listed(odd, 3)}: not in UTF-8, so it is read as Latin-1."] if odd else []


def _of_rows(gathered: Gathered) -> list[str]:
    left = gathered.left
    if not left.unlabelled:
        return []
    rows = "1 row has" if left.unlabelled == 1 else f"{left.unlabelled:,} rows have"
    at = left.first_unlabelled
    which = "it is" if left.unlabelled == 1 else "they are"
    first = "" if left.unlabelled == 1 else "the first at "
    return [f"{rows} no label, so {which} left out ({first}{at})."]


def _of_column(name: str, column: Read, places: Places) -> list[str]:
    if column.comma:
        text = column.comma.text
        return [
            f"Column {shown(name)} is written with decimal commas: {shown(text)} is "
            f"{text.replace(',', '.')}."
        ]
    if column.word:
        return [
            f"Column {shown(name)} is read as text, since {shown(column.word.text)} "
            f"({places.where(column.word.row)}) is not a number; leave that cell empty if the number "
            "is missing."
        ]
    return []
