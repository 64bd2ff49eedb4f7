"""Raw tables on disk, read row by row: one CSV per table, packed by gzip or not.

The tables of a database need not fit in memory (27 million laboratory values in MIMIC-III), so
rows come in pieces and nobody keeps them. Names of files and columns are the same in any case: the
demos and the full databases differ in it.
"""

from __future__ import annotations

import csv
import gzip
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from math import nan
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.steps import Progress

PIECE = 1024  # rows: 10 ms or so
Row = tuple[str, ...]
Times: TypeAlias = NDArray[np.datetime64]


@dataclass(frozen=True)
class Piece:
    """Some rows, and how much of the file had been read when they came, in bytes."""

    rows: list[Row]
    progress: Progress


def find(folder: Path, table: str) -> Path | None:
    """The file of a table, e.g. of "PATIENTS": PATIENTS.csv, patients.csv.gz …"""
    wanted = (f"{table.casefold()}.csv", f"{table.casefold()}.csv.gz")
    try:
        found = {entry.name.casefold(): entry.path for entry in os.scandir(folder)}
    except OSError:
        return None
    return next((Path(found[name]) for name in wanted if name in found), None)


def pieces(folder: Path, table: str, columns: Sequence[str]) -> Iterator[Piece]:
    """The rows of a table in its order, each with the named columns only.

    Raises:
        DataError: There is no such file, it cannot be read, or a column is missing.
    """
    path = find(folder, table)
    if path is None:
        raise DataError(f"{folder.name}: there is no {table}.csv or {table}.csv.gz; put it there.")
    try:
        yield from _read(path, columns)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or "it is damaged or incomplete"
        raise DataError(
            f"{path.name}: the file cannot be read ({why}); fetch or copy it again."
        ) from None
    except csv.Error as error:
        raise DataError(f"{path.name}: a row cannot be read ({error}); copy it again.") from None


def numbers(cells: Sequence[str], table: str) -> list[float]:
    """Cells as numbers, nan where one is empty.

    Raises:
        DataError: One is something else.
    """
    try:
        return [float(cell) if cell else nan for cell in cells]
    except ValueError as error:
        told = str(error).partition(": ")[2]
        raise DataError(
            f"{table}: {told} stands where a number should be; fetch or copy the file again."
        ) from None


def times(cells: Sequence[str], table: str) -> Times:
    """Cells such as 2164-10-23 21:09:00 as times, "not a time" where one is empty.

    Raises:
        DataError: One is something else.
    """
    try:
        return np.array(cells, "datetime64[s]")
    except ValueError as error:
        told = str(error).partition('"')[2].partition('"')[0]
        raise DataError(
            f"{table}: {told!r} stands where a time should be; fetch or copy the file again."
        ) from None


def _read(path: Path, columns: Sequence[str]) -> Iterator[Piece]:
    with path.open("rb") as raw:
        total = os.fstat(raw.fileno()).st_size
        data = gzip.GzipFile(fileobj=raw) if path.suffix.casefold() == ".gz" else raw
        with TextIOWrapper(data, "utf-8-sig", errors="replace", newline="") as text:
            reader = csv.reader(text)
            header = next(reader, [])
            pick, width = _picker(path.name, header, columns), len(header)
            while rows := list(islice(reader, PIECE)):
                bad = next((row for row in rows if len(row) != width), None)
                if bad is not None:
                    raise DataError(
                        f"{path.name}, up to line {reader.line_num}: a row has {len(bad)} cells, "
                        f"where the header has {width}; fetch or copy the file again."
                    )
                yield Piece(list(map(pick, rows)), (f"reading {path.name}", raw.tell(), total))


def _picker(
    file: str, header: Sequence[str], columns: Sequence[str]
) -> Callable[[Sequence[str]], Row]:
    places = {name.strip().casefold(): i for i, name in enumerate(header)}
    for name in columns:
        if name not in places:
            raise DataError(
                f"{file}, line 1: there is no column {name!r}; is this the table of that name?"
            )
    pick: Callable[[Sequence[str]], Row] = itemgetter(*(places[name] for name in columns))
    return pick  # two columns or more, so that a row is a tuple
