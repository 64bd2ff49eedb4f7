"""What is refused, or worth a sentence, once the patients are placed and split."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

import numpy as np

from engine.arrays import Flags, Ints
from engine.data.federation import Scaling, Table
from engine.data.source import listed, shown
from engine.errors import DataError


def refuse_untestable(held_out: Flags, owner: Ints, names: tuple[str, ...]) -> None:
    """Refuse a split without held-out patients, or with a hospital that has nobody to train on."""
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


def worth_saying(
    names: tuple[str, ...], features: tuple[str, ...], train: Table, test: Table, scaling: Scaling
) -> tuple[str, ...]:
    """What a reader of the results should know of the hospitals and their columns."""
    return (
        *_constant(features, scaling),
        *_alone(names, train.sizes + test.sizes),
        *_few(features, train),
        *_one_sided(names, train),
    )


def never_measured(
    names: tuple[str, ...], sizes: Ints, missing: Mapping[str, Ints], texts: Container[str]
) -> tuple[str, ...]:
    """A note where a hospital has no number at all in a column that is none of `texts`."""
    found = [
        (column, at)
        for column, gaps in missing.items()
        if column not in texts
        for at in _where(gaps == sizes)
    ]
    if not found:
        return ()
    column, at = found[0]
    more = f", and so on in {len(found) - 1:,} more cases" if len(found) > 1 else ""
    return (
        f"Nobody at {shown(names[at])} has a number in {shown(column)}, so the pooled training mean "
        f"stands there for all of them{more}.",
    )


def _where(flags: Flags) -> Iterator[int]:
    yield from np.flatnonzero(flags).tolist()


def _constant(features: tuple[str, ...], scaling: Scaling) -> tuple[str, ...]:
    if scaling.std is None:
        return ()
    spread = np.atleast_2d(scaling.std).max(axis=0).tolist()
    same = [name for name, varies in zip(features, spread, strict=True) if not varies]
    if not same:
        return ()
    verb = "tells nothing: it is" if len(same) == 1 else "tell nothing: each is"
    where = "" if scaling.kind == "global" else " of a hospital"
    return (f"{listed(same, 6)} {verb} the same for every training patient{where}.",)


def _alone(names: tuple[str, ...], sizes: Ints) -> tuple[str, ...]:
    notes = []
    if len(names) == 1:
        notes.append("There is one hospital, so training together is what it does alone.")
    if lone := list(_where(sizes == 1)):
        who = (
            f"{shown(names[lone[0]])} has one patient, who is"
            if len(lone) == 1
            else f"{len(lone):,} of {len(names):,} hospitals have one patient, who is"
        )
        notes.append(f"{who} trained on and never tested.")
    return tuple(notes)


def _few(features: tuple[str, ...], train: Table) -> tuple[str, ...]:
    if len(train.y) > len(features):
        return ()
    return (
        f"There are {len(train.y):,} training patients for {len(features):,} columns: a model can "
        "learn them by heart, and a score says little.",
    )


def _one_sided(names: tuple[str, ...], train: Table) -> tuple[str, ...]:
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
