"""A finished run's model at work: probabilities for patients it has never seen.

All that is needed stands in the result that `fedtui run --json` prints: the params, the columns by name,
the categories of text columns, what a missing number becomes, and the scale. So the same path is walked as
in training, marks for categories, then missing numbers, then the scale, and a patient of the training
table gets the very probability that the run computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import Floats
from engine.data.csv.same_labels import known_labels
from engine.data.gaps import missing
from engine.data.ranges import REACH
from engine.data.source import shown
from engine.data.unseen import Unseen, read_unseen
from engine.errors import DataError
from engine.familiar import seen_before
from engine.finished import Finished, finished
from engine.metrics import Score, probabilities, score
from engine.unlike import far_away, filled_in

__all__ = ["Finished", "Prediction", "finished", "predict", "reading"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of a table.

    Attributes:
        lines: Where each patient stands in the file, (n,).
        hospitals: Of each; None where the table does not say.
        p: Probability of a positive label, (n,).
        score: Against the labels of those rows that have one; None where none has.
        notes: What was met and not known.
    """

    lines: tuple[int, ...]
    hospitals: tuple[str, ...] | None
    p: Floats
    score: Score | None
    notes: tuple[str, ...]


def predict(by: Finished, path: Path) -> Prediction:
    """The probabilities of the patients in the table at `path`.

    Raises:
        DataError: The table cannot be read or does not fit the model.
    """
    table = read_unseen(path, by.data, by.features, by.categories)
    x = _scaled(by, table, _filled(by, table))
    logits = by.model.logits(by.params, _within(by, x))
    y, strange = _labels(by, table)
    return Prediction(
        lines=tuple(table.places.of(row)[1] for row in range(len(x))),
        hospitals=table.hospitals,
        p=probabilities(logits),
        score=_score(y, logits),
        notes=(
            *table.notes,
            *filled_in(np.isnan(table.x), by.features),
            *far_away(by, table.x, x),
            *strange,
            *seen_before(by, path, table, y),
        ),
    )


def reading(
    by: Finished, separator: str, hospital_col: str | None = None, label_col: str | None = None
) -> Finished:
    """The same model, for a table with another separator, or other names of hospital and label."""
    data = replace(
        by.data,
        separator=separator,
        hospital_col=hospital_col or by.data.hospital_col,
        label_col=label_col or by.data.label_col,
    )
    return replace(by, data=data)


def _filled(by: Finished, table: Unseen) -> Floats:
    gone = np.isnan(table.x)
    if not gone.any():
        return table.x
    if by.fill is None:
        row, column = np.argwhere(gone)[0]
        raise DataError(
            f"{table.places.where(int(row))}, column {shown(by.features[column])}: the number is"
            " missing, and none was missing in training, so the hospitals agreed on no mean to put"
            " there; fill it in."
        )
    return np.where(gone, by.fill, table.x)


def _scaled(by: Finished, table: Unseen, x: Floats) -> Floats:
    if by.scale is None:
        return x
    own: Any = slice(None)
    if by.scale.hospitals is not None:
        own = _places(by.scale.hospitals, table, by.data.hospital_col)
    mean, std = by.scale.mean, by.scale.std
    divisor = np.where(std > 0, std, np.inf)
    return np.asarray((x - mean[own]) / divisor[own])


def _within(by: Finished, x: Floats) -> Floats:
    """Scaled rows, cut to the public bounds where these make the scale."""
    return np.clip(x, -REACH, REACH) if by.data.scaling == "ranges" else x


def _places(known: Sequence[str], table: Unseen, column: str) -> list[int]:
    """The row of the scale that each patient's hospital has."""
    scaled = "the model's columns are scaled by each hospital itself"
    if table.hospitals is None:
        raise DataError(
            f"{table.places.of(0)[0]}: there is no column {shown(column)}, and {scaled}; add it, or"
            " name another with --hospital-col."
        )
    index = {name: i for i, name in enumerate(known)}
    for row, name in enumerate(table.hospitals):
        if name not in index:
            raise DataError(
                f"{table.places.where(row)}: hospital {shown(name)} was not in the training, and"
                f" {scaled}; train with data.scaling=global to judge its patients."
            )
    return [index[name] for name in table.hospitals]


def _told_labels(by: Finished) -> tuple[str, str]:
    """What stands in a table for 0 and for 1."""
    negative, positive = by.labels
    return (negative or "0", positive) if positive else ("0", by.data.positive or "1")


def _labels(by: Finished, table: Unseen) -> tuple[Floats, tuple[str, ...]]:
    """The label of each row, nan where it has none of the model's two, (n,); and what is said of it."""
    if table.label is None:
        return np.full(len(table.x), np.nan), ()
    y = known_labels(table.label, _told_labels(by))
    strange = np.flatnonzero(np.isnan(y) & ~missing(table.label.values, table.label.categories))
    if not len(strange):
        return y, ()
    rows = "1 row has a label" if len(strange) == 1 else f"{len(strange):,} rows have a label"
    it_is = "it is" if len(strange) == 1 else "they are"
    negative, positive = map(shown, _told_labels(by))
    return y, (
        f"{rows} that is neither {negative} nor {positive}, so {it_is} left out of the score"
        f" ({table.places.listed(strange.tolist())}).",
    )


def _score(y: Floats, logits: Floats) -> Score | None:
    """On the rows that have a label."""
    rows = ~np.isnan(y)
    return score(logits[rows], y[rows]) if rows.any() else None
