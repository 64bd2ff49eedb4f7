"""What is refused, or worth a sentence, once the patients are placed and split."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

import numpy as np

from engine.arrays import Flags, Ints
from engine.data.federation import Scaling, Table
from engine.data.source import Source, listed, shown
from engine.errors import DataError
from engine.sections import PUBLIC, Data
from engine.steps import Steps


def refuse_untestable(
    held_out: Flags, owner: Ints, names: tuple[str, ...], data: Data, *, fixed: bool
) -> None:
    """Refuse a split without held-out patients, or with a hospital that has nobody to train on.

    Where the split is `fixed`, by a column of a file or by a published data set, another can be drawn.
    """
    way_out = "draw another split with data.drop=split"
    own_file = data.partition == "natural" and data.source not in PUBLIC
    if not held_out.any():
        mark = "mark some 'test' in column 'split', or " if own_file else ""
        two = "give a hospital at least two patients"
        raise DataError(
            f"data: no patient is left for testing; {mark + way_out if fixed else two}."
        )
    training = np.bincount(owner[~held_out], minlength=len(names))
    if not training.all():
        name = names[int(np.argmin(training))]
        mark = "mark some of its rows 'train' in column 'split', or " if own_file else ""
        raise DataError(f"data: hospital {shown(name)} has no training patient; {mark + way_out}.")


def worth_saying(
    names: tuple[str, ...],
    features: tuple[str, ...],
    train: Table,
    test: Table,
    scaling: Scaling,
    unlearnt: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """What a reader of the results should know of the hospitals and their columns.

    Args:
        unlearnt: What `only_held_out` found.
    """
    return (
        *_unlearnt(unlearnt),
        *_constant(features, scaling, unlearnt),
        *_alone(names, train.sizes + test.sizes),
        *_few(features, train),
        *_one_sided(names, train),
    )


def only_held_out(source: Source, held_out: Flags) -> Steps[tuple[str, ...]]:
    """Categories that no training patient has, as "column=value"."""
    found: list[str] = []
    for done, (name, texts) in enumerate(source.categories.items()):
        codes = source.x[:, source.features.index(name)].astype(np.int64)
        everyone = np.bincount(codes, minlength=len(texts))
        tested = np.bincount(codes[held_out], minlength=len(texts))
        found += [f"{name}={texts[code]}" for code in _where((tested > 0) & (tested == everyone))]
        yield "looking for categories", done + 1, len(source.categories)
    return tuple(found)


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


def _unlearnt(found: tuple[str, ...]) -> tuple[str, ...]:
    if not found:
        return ()
    occurs, it = ("occurs", "it") if len(found) == 1 else ("occur", "them")
    return (
        f"{listed(found, 6)} {occurs} only among held-out patients, so the model learns nothing of "
        f"{it}.",
    )


def _constant(features: tuple[str, ...], scaling: Scaling, said: Container[str]) -> tuple[str, ...]:
    if scaling.std is None:
        return ()
    spread = np.atleast_2d(scaling.std).max(axis=0).tolist()
    same = [
        name
        for name, varies in zip(features, spread, strict=True)
        if not varies and name not in said
    ]
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
