"""A source by its name: a built-in one, one of the catalogue, a CSV, or a folder."""

from __future__ import annotations

import os
from pathlib import Path

from engine.data import catalogue, memory
from engine.data.breast_cancer import breast_cancer
from engine.data.csv.table import read_csv, read_folder
from engine.data.notebook import notebook
from engine.data.source import Source
from engine.data.synthetic import synthetic
from engine.errors import DataError
from engine.knobs import nearest
from engine.sections import BUILT_IN, CATALOGUE, PUBLIC, Data
from engine.steps import Steps


def reading(data: Data, seed: int) -> Steps[Source]:
    """The patients of `data.source`, in its own order.

    Raises:
        DataError: There is no such source, or it cannot be read or used.
    """
    if data.source == "notebook":
        return notebook().columns(data.keep, data.drop)
    if data.source == "breast-cancer":
        return breast_cancer(data.positive).columns(data.keep, data.drop)
    if data.source == "synthetic":
        patients = data.hospitals * data.patients
        memory.refuse_too_large(
            patients, data.features, "lower data.hospitals, data.patients or data.features"
        )
        made = yield from synthetic(patients, data.features, seed)
        return made.columns(data.keep, data.drop)
    if data.source in CATALOGUE:
        return (yield from catalogue.reading(data.source, data))
    path = _found(data.source)
    if not path.is_dir():
        return (yield from read_csv(path, data))
    if catalogue.recognise(path):
        return (yield from catalogue.reading_folder(path, data))
    return (yield from read_folder(path, data))


def refuse_absent(source: str) -> None:
    """Refuse a source that is nowhere, without reading one that is.

    Raises:
        DataError: There is no such file or folder, or a set of the catalogue was not fetched.
    """
    if source in CATALOGUE:
        next(catalogue.place.checking(catalogue.ENTRIES[source]))
    elif source not in BUILT_IN:
        _found(source)


def _found(source: str) -> Path:
    path = Path(os.path.expanduser(source))
    if source.strip() and os.path.exists(path):  # which takes any text
        return path
    known = nearest(source, PUBLIC)
    way_out = (
        known if known.startswith("did you mean") else "check the path of the CSV, or " + known
    )
    raise DataError(f"data.source: there is no source or file {source!r}; {way_out}")
