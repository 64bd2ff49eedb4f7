"""From a source to a federation: read, place, split, scale."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from engine.arrays import Ints
from engine.data.categories import Layout, agree, disclosed
from engine.data.checks import never_measured, only_held_out, refuse_untestable, worth_saying
from engine.data.federation import Federation, Scaling, Summary, Table
from engine.data.gaps import gaps
from engine.data.memory import refuse_too_large
from engine.data.partition import PARTITIONS, placing
from engine.data.ranges import bounds
from engine.data.reading import reading
from engine.data.report import Report
from engine.data.scaling import Done, by_ranges, standardising
from engine.data.source import Source
from engine.data.split import holding_out
from engine.data.tables import table
from engine.errors import ScenarioError
from engine.sections import Data
from engine.steps import Steps, finished

__all__ = ["Federation", "Report", "Scaling", "Summary", "Table", "load", "loading"]


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
    source = yield from _placed((yield from reading(data, seed)), data, seed)
    owner, names = cast(Ints, source.owner), source.names
    held_out = source.held_out
    if held_out is None:
        held_out = yield from holding_out(source.y, owner, len(names), data.test_fraction, seed)
    refuse_untestable(held_out, owner, names, data, fixed=source.held_out is not None)
    layout, agreed = yield from agree(source, owner, len(names))
    refuse_too_large(len(owner), len(layout.features), "leave text columns out with data.drop")
    missing = yield from gaps(source, owner, len(names))
    unlearnt = yield from only_held_out(source, held_out)
    train = yield from table(source, layout, owner, ~held_out, len(names), seed)
    test = yield from table(source, layout, owner, held_out, len(names), seed)
    source = replace(source, x=source.x[:0].copy())  # the tables hold it now; two copies are enough
    scaling, traffic, filled = yield from _scaled(train, test, layout, data)
    sizes = np.bincount(owner, minlength=len(names))
    positives = np.bincount(owner, weights=source.y, minlength=len(names))
    yield "reading the patients", 1, 1
    return Federation(
        names=names,
        features=layout.features,
        train=train,
        test=test,
        positive_rate=positives / sizes,
        scaling=scaling,
        setup={**agreed.by_kind(), **traffic.by_kind()},
        notes=(
            *source.notes,
            *disclosed(source),
            *filled,
            *never_measured(names, sizes, missing, source.categories),
            *worth_saying(names, layout.features, train, test, scaling, unlearnt),
        ),
        report=replace(
            source.report,
            rows=source.report.rows or len(owner),
            missing=missing,
            categories=source.categories,
        ),
    )


def _scaled(train: Table, test: Table, layout: Layout, data: Data) -> Steps[Done]:
    """Both tables on one scale: that of public bounds, or what patients are measured for."""
    if data.scaling == "ranges":
        limits = bounds(data.ranges, layout.features, layout.marks)
        return (yield from by_ranges(train, test, layout.features, limits))
    return (yield from standardising(train, test, layout.features, data.scaling))


def _placed(source: Source, data: Data, seed: int) -> Steps[Source]:
    """The source with a hospital for every patient: its own, or as the partition says."""
    if data.partition != "natural":
        return (yield from placing(source, data, seed))
    if source.owner is None:
        *most, last = PARTITIONS
        raise ScenarioError(
            f"data.partition: {data.source} has no hospitals of its own; "
            f"choose {', '.join(most)} or {last}."
        )
    return source
