"""Real data sets of several hospitals: fetched on request, checked at every use, made into a `Source`.

    entries          what is known of each: files, sums, licence, whom to cite
    place            where the files lie, and whether they are still the published ones
    tables, columns  raw tables row by row; columns of numbers and texts
    heart_disease    UCI Heart Disease, as FLamby prepares it, or whole
    eicu, mimic      the tables of the open demos, or of the whole databases on somebody's own disk

Nothing here goes over a network: `fedtui data NAME --fetch` does (fedtui/fetch.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from engine.data.catalogue import eicu, heart_disease, mimic, place
from engine.data.catalogue.columns import Patients
from engine.data.catalogue.entries import ENTRIES, Entry
from engine.data.catalogue.tables import find
from engine.data.source import Source
from engine.sections import CATALOGUE, Data
from engine.steps import Steps, finished

__all__ = ["ENTRIES", "NAMES", "Entry", "files", "read", "reading", "reading_folder", "recognise"]

NAMES = CATALOGUE
_Reading: TypeAlias = Callable[[Path, Data], Steps[Patients]]


def _at_once(read: Callable[[Path], Patients]) -> _Reading:
    """A reader of small files as one that takes steps."""

    def reading(folder: Path, data: Data) -> Steps[Patients]:
        yield "reading the patients", 0, 1
        return read(folder)

    return reading


_READERS: Mapping[str, _Reading] = {
    "heart-disease": _at_once(heart_disease.flamby),
    "heart-disease-full": _at_once(heart_disease.full),
    "eicu-demo": eicu.reading,
    "mimic-demo": mimic.reading,
}
_ON_DISK: Mapping[str, tuple[_Reading, tuple[str, ...]]] = {  # the first table tells which it is
    "eICU": (eicu.reading, eicu.TABLES),
    "MIMIC-III": (mimic.reading, mimic.TABLES),
}


def read(name: str, data: Data) -> Source:
    """The patients of a data set of the catalogue; `name` is one of `NAMES`.

    Raises:
        DataError: It is not on this machine, or its files are not the published ones.
    """
    return finished(reading(name, data))


def reading(name: str, data: Data) -> Steps[Source]:
    """`read`, step by step: yields what is being done, how far it is, and of how much."""
    entry = ENTRIES[name]
    folder = yield from place.checking(entry)
    patients = yield from _READERS[name](folder, data)
    source = yield from patients.source([file.name for file in entry.files], data)
    return replace(source, notes=(f"{entry.attribution}.", *source.notes))


def recognise(folder: Path) -> str:
    """The database whose tables a folder on disk holds, eICU or MIMIC-III; empty for any other."""
    for name, (_, (tell_tale, *_)) in _ON_DISK.items():
        if find(folder, tell_tale):
            return name
    return ""


def files(folder: Path) -> list[Path]:
    """The files that are read of a folder that `recognise` knows; of any other folder none."""
    _, tables = _ON_DISK.get(recognise(folder), (None, ()))
    return [path for table in tables if (path := find(folder, table))]


def reading_folder(folder: Path, data: Data) -> Steps[Source]:
    """The patients of a folder that `recognise` knows. They are somebody's own: no sum is checked.

    Raises:
        DataError: A table or column is missing or damaged, or there is nobody in them.
    """
    database = recognise(folder)
    read_tables, _ = _ON_DISK[database]
    patients = yield from read_tables(folder, data)
    source = yield from patients.source([path.name for path in files(folder)], data)
    return replace(source, notes=(f"Read as the tables of {database}.", *source.notes))
