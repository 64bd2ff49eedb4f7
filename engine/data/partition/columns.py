"""Covariate shift: hospitals differ in who comes to them, not in what the columns mean.

Patients are sorted along a direction in the space of their columns, and cut into equal parts: the
first hospital gets those at one end, the last those at the other. α mixes chance into the order:
a patient lies at z + α·ξ, z being its place along the direction (mean 0, spread 1) and ξ standard
normal. A small α sorts strictly; a large one deals at random. p(x) differs, p(y | x) does not
(Moreno-Torres et al. 2012, "A unifying view on dataset shift in classification").

The direction is the seed's, turned aside from the label so that labels stay alike; or the one
column that `data.along` names, with whatever that does to the labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Floats
from engine.data.partition.dealing import STEP, Placed, equal, in_order, whole
from engine.data.partition.directions import space
from engine.data.source import Source, listed, shown
from engine.errors import DataError
from engine.knobs import nearest
from engine.randomness import stream
from engine.sections import Data
from engine.steps import Steps

ALIKE = "No column varies, so the hospitals' patients were dealt at random, as in iid."
TIES = 1e-9  # chance decides among patients at one place, however small α is


def covariate(source: Source, data: Data, seed: int) -> Steps[Placed]:
    """Equal hospitals, each from another stretch along one direction.

    Raises:
        DataError: `data.along` names no column, or one that is the same for everyone.
    """
    place = yield from _places(source, data, seed)
    notes = () if place.any() else (ALIKE,)
    mixed = place + max(data.alpha, TIES) * stream(seed, "partition").standard_normal(len(place))
    yield STEP
    order = np.argsort(mixed)
    yield STEP
    return Placed(in_order(order, whole(equal(data.hospitals), len(place))), notes)


def _places(source: Source, data: Data, seed: int) -> Steps[Floats]:
    """Where each patient lies along the direction, mean 0 and spread 1, (N,)."""
    patients, features = source.x.shape
    here = yield from space(source)
    if data.along:
        direction = np.zeros((1, features))
        direction[0, _column(data.along, source.features)] = 1.0
    else:
        direction = here.aside(stream(seed, "direction").standard_normal((1, features)))
    place = yield from here.along(direction, np.zeros(patients, np.int64))
    spread = float(place.std())
    if data.along and not spread:
        raise DataError(
            f"data.along: {shown(data.along)} is the same for every patient; choose another column."
        )
    return np.asarray((place - place.mean()) / (spread or 1.0), np.float64)


def _column(name: str, features: Sequence[str]) -> int:
    if name not in features:
        near = nearest(name, features)
        way_out = near if near.startswith("did you mean") else f"choose from {listed(features)}."
        raise DataError(f"data.along: there is no column {shown(name)}; {way_out}")
    return features.index(name)
