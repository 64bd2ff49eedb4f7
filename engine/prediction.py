"""A finished run's model at work: probabilities for patients it has never seen.

All that is needed stands in the result that `fedtui run --json` prints: the params, the columns by name,
the categories of text columns, what a missing number becomes, and the scale. So the same path is walked as
in training, marks for categories, then missing numbers, then the scale, and a patient of the training
table gets the very probability that the run computed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import Floats
from engine.data.csv.labels import is_positive
from engine.data.source import shown
from engine.data.unseen import Categories, Unseen, read_unseen
from engine.errors import DataError
from engine.metrics import Score, probabilities, score
from engine.models import Model, model_of
from engine.sections import Data
from engine.sections import Model as ModelSection


@dataclass(frozen=True, eq=False)
class Scale:
    """How columns are standardised: `mean`, `std` (features,); by hospital (K, features), or not."""

    mean: Floats
    std: Floats
    hospitals: tuple[str, ...] | None = None  # in the order of their rows


@dataclass(frozen=True, eq=False)
class Finished:
    """The model of a finished run, and what it was trained on.

    Attributes:
        params: (d,).
        features: Its columns.
        fill: What a missing number becomes, (features,); None where none was missing in training.
        labels: What stands in a table for 0 and for 1; "" where that is not known.
        data: How the training table was read.
    """

    model: Model
    params: Floats
    features: tuple[str, ...]
    categories: Categories
    scale: Scale | None
    fill: Floats | None
    labels: tuple[str, str]
    data: Data


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


def finished(result: Mapping[str, Any]) -> Finished:
    """The model in a result, the object of `fedtui run --json`.

    Raises:
        DataError: It is no such object, or no round of it was finished.
    """
    try:
        features = tuple(map(str, result["features"]))
        scaling, fill, labels = result["scaling"], result.get("fill"), result.get("label", {})
        section = ModelSection.build(result["scenario"]["model"])
        found = Finished(
            model=model_of(section, len(features)),
            params=np.array(result["params"], np.float64),
            features=features,
            categories={name: tuple(t) for name, t in result.get("categories", {}).items()},
            scale=_scale(scaling["mean"], scaling["std"]),
            fill=None if fill is None else np.array(fill, np.float64),
            labels=(str(labels.get("negative", "")), str(labels.get("positive", ""))),
            data=Data.build(result["scenario"]["data"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DataError(
            "this is no result of a run; `fedtui run --json > FILE` writes one."
        ) from None
    if not len(found.params):
        raise DataError("no round of this run was finished, so there is no model in it.")
    if len(found.params) != found.model.parameters or not np.isfinite(found.params).all():
        raise DataError(
            f"a model of these columns has {found.model.parameters:,} numbers, and the result has"
            f" {len(found.params):,}; write it again with `fedtui run --json > FILE`."
        )
    return found


def predict(by: Finished, path: Path) -> Prediction:
    """The probabilities of the patients in the table at `path`.

    Raises:
        DataError: The table cannot be read or does not fit the model.
    """
    table = read_unseen(path, by.data, by.features, by.categories)
    x = _scaled(by, table, _filled(by, table))
    logits = by.model.logits(by.params, x)
    return Prediction(
        lines=tuple(table.places.of(row)[1] for row in range(len(x))),
        hospitals=table.hospitals,
        p=probabilities(logits),
        score=_score(by, table, logits),
        notes=(*table.notes, *_no_test(by, path)),
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


def _no_test(by: Finished, path: Path) -> tuple[str, ...]:
    """A score on patients who were trained on is no test, and looks like one."""
    try:
        same = path.samefile(os.path.expanduser(by.data.source))
    except (OSError, ValueError):
        same = False
    if not same:
        return ()
    return (
        "the model was trained on most rows of this table, so how good it is here is no test; its"
        " score on held-out patients stands in the result.",
    )


def _scale(mean: Any, std: Any) -> Scale | None:
    if mean is None:
        return None
    if isinstance(mean, Mapping):
        means, stds = (np.array([of[name] for name in mean], np.float64) for of in (mean, std))
        return Scale(means, stds, tuple(mean))
    return Scale(np.array(mean, np.float64), np.array(std, np.float64))


def _filled(by: Finished, table: Unseen) -> Floats:
    missing = np.isnan(table.x)
    if not missing.any():
        return table.x
    if by.fill is None:
        row, column = np.argwhere(missing)[0]
        raise DataError(
            f"{table.places.where(int(row))}, column {shown(by.features[column])}: the number is"
            " missing, and none was missing in training, so the hospitals agreed on no mean to put"
            " there; fill it in."
        )
    return np.where(missing, by.fill, table.x)


def _scaled(by: Finished, table: Unseen, x: Floats) -> Floats:
    if by.scale is None:
        return x
    own: Any = slice(None)
    if by.scale.hospitals is not None:
        own = _places(by.scale.hospitals, table, by.data.hospital_col)
    mean, std = by.scale.mean, by.scale.std
    divisor = np.where(std > 0, std, np.inf)
    return np.asarray((x - mean[own]) / divisor[own])


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


def _score(by: Finished, table: Unseen, logits: Floats) -> Score | None:
    """On the rows that have a label."""
    rows = table.labelled > 0
    if table.label is None or not rows.any():
        return None
    positive = by.labels[1] or by.data.positive or "1"
    y = is_positive(table.label, positive)
    return score(logits[rows], y[rows])
