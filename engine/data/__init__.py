"""From a source to a federation: read, place, split, scale."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import numpy as np

from engine.arrays import Flags, Ints
from engine.data import catalogue, memory
from engine.data.breast_cancer import breast_cancer
from engine.data.categories import Layout, agree
from engine.data.csv_table import read_csv, read_folder
from engine.data.federation import Federation, Scaling, Summary, Table
from engine.data.notebook import notebook
from engine.data.partition import PARTITIONS, place
from engine.data.scaling import scale
from engine.data.source import Source, shown
from engine.data.split import hold_out
from engine.data.synthetic import synthetic
from engine.errors import DataError, ScenarioError
from engine.knobs import nearest
from engine.randomness import stream
from engine.sections import CATALOGUE, PUBLIC, Data
from engine.steps import Steps, finished

__all__ = ["Federation", "Scaling", "Summary", "Table", "load", "loading"]


def load(data: Data, seed: int) -> Federation:
    """The federation that `data` describes; the same for the same seed.

    Raises:
        ScenarioError: Settings that do not fit the source.
        DataError: A table that cannot be read or used.
    """
    return finished(loading(data, seed))


def loading(data: Data, seed: int) -> Steps[Federation]:
    """`load`, step by step: yields what is being done, how far it is, and of how much."""
    yield "reading the patients", 0, 1
    source = _placed((yield from _reading(data, seed)), data, seed)
    owner, names = cast(Ints, source.owner), source.names
    held_out = source.held_out
    if held_out is None:
        held_out = hold_out(source.y, owner, len(names), data.test_fraction, seed)
    _refuse_untestable(held_out, owner, names)
    layout, agreed = yield from agree(source, owner, len(names))
    train = _table(source, layout, owner, ~held_out, len(names), seed)
    test = _table(source, layout, owner, held_out, len(names), seed)
    scaling, traffic, filled = scale(train, test, layout.features, data.scaling)
    positives = np.bincount(owner, weights=source.y, minlength=len(names))
    yield "reading the patients", 1, 1
    return Federation(
        names=names,
        features=layout.features,
        train=train,
        test=test,
        positive_rate=positives / np.bincount(owner, minlength=len(names)),
        scaling=scaling,
        setup={**agreed.by_kind(), **traffic.by_kind()},
        notes=source.notes + filled + _one_sided(train, names),
    )


def _reading(data: Data, seed: int) -> Steps[Source]:
    if data.source == "notebook":
        return notebook().columns(data.keep, data.drop)
    if data.source == "breast-cancer":
        return breast_cancer(data.positive).columns(data.keep, data.drop)
    if data.source == "synthetic":
        patients = data.hospitals * data.patients
        memory.refuse_too_large(
            patients, data.features, "lower data.hospitals, data.patients or data.features"
        )
        return synthetic(patients, data.features, seed).columns(data.keep, data.drop)
    if data.source in CATALOGUE:
        return (yield from catalogue.reading(data.source, data))
    path = Path(os.path.expanduser(data.source))
    if not data.source.strip() or not os.path.exists(path):  # which takes any text
        known = nearest(data.source, PUBLIC)
        way_out = (
            known if known.startswith("did you mean") else "check the path of the CSV, or " + known
        )
        raise DataError(f"data.source: there is no source or file {data.source!r}; {way_out}")
    if not path.is_dir():
        return (yield from read_csv(path, data))
    if catalogue.recognise(path):
        return (yield from catalogue.reading_folder(path, data))
    return (yield from read_folder(path, data))


def _placed(source: Source, data: Data, seed: int) -> Source:
    """The source with a hospital for every patient: its own, or as the partition says."""
    if data.partition != "natural":
        return place(source, data, seed)
    if source.owner is None:
        *most, last = PARTITIONS
        raise ScenarioError(
            f"data.partition: {data.source} has no hospitals of its own; "
            f"choose {', '.join(most)} or {last}."
        )
    return source


def _table(
    source: Source, layout: Layout, owner: Ints, chosen: Flags, hospitals: int, seed: int
) -> Table:
    """The chosen patients, hospital after hospital, each hospital's in a random order.

    Hospitals of one size share the order in which they visit their patients' places, so a table that
    is sorted, say by label, must not give them the same patients at the same places.
    """
    rows = np.flatnonzero(chosen)
    draws = stream(seed, "row order").random(len(owner))[rows]
    rows = rows[np.lexsort((draws, owner[rows]))]
    starts = np.zeros(hospitals + 1, np.int64)
    np.cumsum(np.bincount(owner[rows], minlength=hospitals), out=starts[1:])
    return Table(layout.spread(source.x[rows]), source.y[rows], starts)


def _refuse_untestable(held_out: Flags, owner: Ints, names: tuple[str, ...]) -> None:
    if not held_out.any():
        raise DataError(
            "data: no patient is left for testing; give a hospital at least two patients, "
            "or mark some 'test' in the split column."
        )
    training = np.bincount(owner[~held_out], minlength=len(names))
    if not training.all():
        name = names[int(np.argmin(training))]
        raise DataError(
            f"data: hospital {shown(name)} has no training patient; mark some of its rows 'train' "
            "in the split column, or take the hospital out."
        )


def _one_sided(train: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    """A note where a hospital has only one kind of patient to learn from."""
    positives = train.per_hospital(train.y)
    alike = np.flatnonzero((positives == 0) | (positives == train.sizes))
    if not len(alike):
        return ()
    who = (
        f"{shown(names[alike[0]])} trains"
        if len(alike) == 1
        else f"{len(alike):,} of {len(names):,} hospitals train"
    )
    return (f"{who} on patients of one kind only; alone, that is all there is to predict.",)
