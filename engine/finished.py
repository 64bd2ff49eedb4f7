"""The model of a finished run, as it stands in the result that `fedtui run --json` prints.

A result is a file that somebody hands on, so everything that is used of it is checked once, here: that
it is there, that lists are as long as the model needs, and that numbers are finite.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Floats
from engine.data.unseen import Categories
from engine.errors import DataError
from engine.models import Model, model_of
from engine.sections import Data
from engine.sections import Model as ModelSection

_AGAIN = "write it again with `fedtui run --json > FILE`"


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
        hospitals: Each one's patients, held-out ones included, and how many of them are positive.
    """

    model: Model
    params: Floats
    features: tuple[str, ...]
    categories: Categories
    scale: Scale | None
    fill: Floats | None
    labels: tuple[str, str]
    data: Data
    hospitals: Mapping[str, tuple[int, int]]


def finished(result: Mapping[str, Any]) -> Finished:
    """The model in a result, the object of `fedtui run --json`.

    Raises:
        DataError: It is no such object, or no round of it was finished.
    """
    try:
        found = _read(result)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise DataError(
            "this is no result of a run; `fedtui run --json > FILE` writes one."
        ) from None
    if not found.params.size:
        raise DataError("no round of this run was finished, so there is no model in it.")
    for what, values, shape in _numbers(found):
        if values.shape != shape:
            raise DataError(
                f"{what}: a model of these columns has {_size(shape)}, and the result has"
                f" {_size(values.shape)}; {_AGAIN}."
            )
        if not np.isfinite(values).all():
            raise DataError(f"{what}: a number in the result is not finite; {_AGAIN}.")
    return found


def _read(result: Mapping[str, Any]) -> Finished:
    """What is used of a result, as it stands there."""
    features = tuple(map(str, result["features"]))
    scaling, fill, labels = result["scaling"], result.get("fill"), result.get("label", {})
    section = ModelSection.build(result["scenario"]["model"])
    return Finished(
        model=model_of(section, len(features)),
        params=np.array(result["params"], np.float64),
        features=features,
        categories=_categories(features, result.get("categories", {})),
        scale=_scale(scaling["mean"], scaling["std"]),
        fill=None if fill is None else np.array(fill, np.float64),
        labels=(str(labels.get("negative", "")), str(labels.get("positive", ""))),
        data=Data.build(result["scenario"]["data"]),
        hospitals={str(of["name"]): _counts(of) for of in result.get("hospitals", [])},
    )


def _categories(features: Sequence[str], given: Mapping[str, Sequence[str]]) -> Categories:
    """The texts of each text column, which itself is none of the features."""
    found = {name: tuple(texts) for name, texts in given.items()}
    fine = all(texts and all(isinstance(text, str) for text in texts) for texts in found.values())
    if not features or not fine or found.keys() & set(features):
        raise ValueError
    return found


def _counts(of: Mapping[str, Any]) -> tuple[int, int]:
    """Patients of a hospital, and how many of them are positive."""
    patients = int(of["train"]) + int(of["test"])
    return patients, round(float(of["positive_rate"]) * patients)


def _scale(mean: Any, std: Any) -> Scale | None:
    if mean is None:
        return None
    if isinstance(mean, Mapping):
        means, stds = (np.array([of[name] for name in mean], np.float64) for of in (mean, std))
        return Scale(means, stds, tuple(mean))
    return Scale(np.array(mean, np.float64), np.array(std, np.float64))


def _numbers(of: Finished) -> Iterator[tuple[str, Floats, tuple[int, ...]]]:
    """The lists of numbers in a result: what each is, the numbers, and the shape that fits."""
    features = len(of.features)
    yield "params", of.params, (of.model.parameters,)
    if of.fill is not None:
        yield "fill", of.fill, (features,)
    if of.scale is not None:
        hospitals = () if of.scale.hospitals is None else (len(of.scale.hospitals),)
        yield "scaling.mean", of.scale.mean, (*hospitals, features)
        yield "scaling.std", of.scale.std, (*hospitals, features)


def _size(shape: Sequence[int]) -> str:
    """A list of 6 is 6 numbers, one of lists 2 × 3."""
    return f"{' × '.join(f'{n:,}' for n in shape) or 1} numbers"
