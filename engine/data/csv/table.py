"""A table from a file or a folder: one row per patient, a hospital, a label, columns; perhaps a split.

What cannot be used is refused in one sentence that names file, line and column. What was decided in
the user's place is told: which label is positive, what was left out, which column is text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.arrays import Floats
from engine.data.csv.column import Read
from engine.data.csv.copies import copies
from engine.data.csv.gather import Gathered, gather
from engine.data.csv.labels import read_labels
from engine.data.csv.notes import of_columns, of_files, of_header, of_rows, refuse_divided
from engine.data.csv.places import Places
from engine.data.csv.stand_ins import stand_ins
from engine.data.csv.suspects import odd_columns, repeats
from engine.data.report import Report
from engine.data.source import Source, shown
from engine.errors import DataError
from engine.sections import Data
from engine.steps import Steps

NO_LABEL, EMPTY = "no label", "empty"
ROWS = 1 << 16  # copied in one step
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
    _refuse_twins(files)
    gathered = None
    for file in files:
        gathered = yield from gather(file, data, file.stem.strip(), gathered)
    assert gathered is not None
    source = yield from _source([file.name for file in files], gathered, data)
    return replace(source, notes=((yield from copies(files)) + source.notes))


def _refuse_twins(files: Sequence[Path]) -> None:
    """Refuse two files of one hospital, as x.csv and x.CSV would be."""
    before: dict[str, str] = {}
    for file in files:
        other = before.setdefault(file.stem.strip(), file.name)
        if other != file.name:
            raise DataError(
                f"{shown(other)} and {shown(file.name)} would both be hospital "
                f"{shown(file.stem.strip())}; rename one of them, or take it out of the folder."
            )


def _source(files: list[str], gathered: Gathered, data: Data) -> Steps[Source]:
    places, hospitals, left = gathered.places, gathered.hospitals, gathered.left
    if not places.rows:
        raise DataError(
            f"{files[0]}: no row has a label; fill in column {shown(data.label_col)}, or name "
            "another with data.label_col."
        )
    features = gathered.columns.features
    owner = hospitals.owner(places, data.hospital_col) if hospitals.names else None
    labels = read_labels(data.label_col, gathered.label.finish(), places, data.positive)
    x, read = yield from _matrix(gathered)
    categories = {name: column.categories for name, column in read.items() if column.categories}
    refuse_divided(read, places)
    repeated = yield from repeats(x, labels.y, owner)
    odd = yield from odd_columns(x, labels.y, features, categories)
    instead = yield from stand_ins(x, features, categories)
    skipped = {name: NO_LABEL for name in left.hospitals if name not in hospitals.names}
    report = Report(
        files=tuple(files),
        encoding=", ".join(dict.fromkeys(encoding for encoding, _ in gathered.found)),
        separator=" ".join(dict.fromkeys(sign for _, sign in gathered.found)),
        rows=places.rows + left.unlabelled + left.empty,
        dropped={
            why: rows for why, rows in ((NO_LABEL, left.unlabelled), (EMPTY, left.empty)) if rows
        },
        duplicates=repeated,
        decimal_commas=tuple(name for name, column in read.items() if column.commas),
        positive=labels.positive,
        negative=labels.negative,
        merged=hospitals.merged(),
        skipped=skipped,
    )
    return Source(
        x=x,
        y=labels.y,
        features=features,
        owner=owner,
        names=hospitals.names,
        held_out=np.frombuffer(gathered.held_out, np.bool_) if gathered.held_out else None,
        categories=categories,
        notes=(
            *of_files(files, gathered.found),
            *of_header(gathered.columns, data),
            *of_rows(left, repeated, list(skipped)),
            *labels.notes,
            *hospitals.notes(),
            *of_columns(read, places),
            *instead,
            *odd,
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
        for first in range(0, len(x), ROWS):
            x[first : first + ROWS, i] = found.values[first : first + ROWS]
            yield "putting the columns side by side", i, total
        read[column.name] = replace(found, values=_NONE)
    return x, read


def _refuse_infinite(name: str, values: Floats, places: Places) -> None:
    at = np.flatnonzero(np.isinf(values))
    if len(at):
        raise DataError(
            f"{places.listed(at.tolist())}, column {shown(name)}: the number is infinite; "
            "write a finite one, or leave the cell empty."
        )
