"""Real data sets of several hospitals: fetched on request, checked at every use, made into a `Source`.

    entries          what is known of each: files, sums, licence, whom to cite
    place            where the files lie, and whether they are still the published ones
    heart_disease    UCI Heart Disease, as FLamby prepares it, or whole

Nothing here goes over a network: `fedtui data NAME --fetch` does (fedtui/fetch.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from engine.data.catalogue import heart_disease, place
from engine.data.catalogue.entries import ENTRIES, Entry
from engine.data.source import Source
from engine.sections import CATALOGUE, Data
from engine.steps import Steps, finished

__all__ = ["ENTRIES", "NAMES", "Entry", "read", "reading", "recognise"]

NAMES = CATALOGUE
SPLIT = "split"  # what a table calls its own division into training and test

_READERS: Mapping[str, Callable[[Path], Source]] = {
    "heart-disease": heart_disease.flamby,
    "heart-disease-full": heart_disease.full,
}


def read(name: str, data: Data) -> Source:
    """The patients of a data set of the catalogue; `name` is one of `NAMES`.

    Raises:
        DataError: It is not on this machine, or its files are not the published ones.
    """
    return finished(reading(name, data))


def reading(name: str, data: Data) -> Steps[Source]:
    """`read`, step by step: yields what is being done, how far it is, and of how much."""
    yield f"reading {name}", 0, 1
    entry = ENTRIES[name]
    source = _READERS[name](place.check(entry))
    notes = (entry.attribution + ".", *source.notes)
    if SPLIT in data.drop and source.held_out is not None:
        source = replace(source, held_out=None)
    drop = tuple(column for column in data.drop if column != SPLIT)
    yield f"reading {name}", 1, 1
    return replace(source, notes=notes).columns(data.keep, drop)


def recognise(folder: Path) -> str:
    """Which credentialed database a folder on disk is; empty where it is none."""
    return ""
