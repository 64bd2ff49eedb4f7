"""Concept shift: the same patients come to every hospital, and the columns mean something else.

Patients are dealt at random. Everywhere risk grows along one direction of the columns; each hospital
turns that direction by an angle, towards a side of its own, and the labels with it: the patient with
the r-th highest place along the turned direction gets the label of the one with the r-th highest
risk. That is the rotating hyperplane of Hulten, Spencer & Domingos (2001, "Mining time-changing data
streams") in space instead of time. p(x), every hospital's rate of positives and how well
a label can be told all stay as they were; p(y | x) differs. α says how far the direction turns: by
90°/(1 + α), a right angle where α is small, not at all where it is large. The cosine of the angle is
the correlation of the place along the turned direction with the risk.

The risk of a patient is the sum of the standardised columns, each times its covariance with the
label. This is the one partitioner that changes what is in a row, and a note says in how many.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.order import ordered
from engine.data.partition.dealing import STEP, Placed
from engine.data.partition.directions import NOTHING, Space, space
from engine.data.partition.sizes import iid
from engine.data.source import Source
from engine.errors import DataError
from engine.randomness import stream
from engine.sections import Data
from engine.steps import Steps


def concept(source: Source, data: Data, seed: int) -> Steps[Placed]:
    """Equal hospitals dealt at random, each with a direction of risk of its own.

    Raises:
        DataError: There is no other direction to turn to.
    """
    owner = (yield from iid(source, data, seed)).owner
    here = yield from space(source)
    if np.isfinite(here.spread).sum() < 2:
        raise DataError(
            "data.partition: with a single column that varies risk has no other direction to grow in; "
            "concept needs two columns that vary."
        )
    angle = np.pi / 2 / (1 + data.alpha)
    risk, turned = yield from _places(here, owner, data.hospitals, angle, seed)
    labels = yield from _handed_on(source.y, risk, turned, owner)
    changed = int(np.sum(labels != source.y))
    note = (
        f"The labels of {changed:,} of {len(labels):,} patients were changed: in every hospital risk "
        f"grows along a direction of its own, turned by {np.degrees(angle):.3g} degrees."
    )
    return Placed(owner, (note,), labels)


def _places(
    here: Space, owner: Ints, hospitals: int, angle: float, seed: int
) -> Steps[tuple[Floats, Floats]]:
    """How far each patient lies along the risk, and along its hospital's own, (N,) each."""
    sides = stream(seed, "concepts").standard_normal((hospitals, here.x.shape[1]))
    risk = yield from here.along(here.label[None], np.zeros_like(owner))
    side = yield from here.along(sides, owner)
    risk = _standard(risk, owner)
    yield STEP
    side = _standard(side - _mean(side * risk, owner) * risk, owner)
    yield STEP
    return risk, np.asarray(np.cos(angle) * risk + np.sin(angle) * side, np.float64)


def _mean(values: Floats, owner: Ints) -> Floats:
    """The mean over a patient's own hospital, (N,)."""
    return np.asarray((np.bincount(owner, weights=values) / np.bincount(owner))[owner], np.float64)


def _standard(values: Floats, owner: Ints) -> Floats:
    """With mean 0 and spread 1 in every hospital; 0 where only round-off is left."""
    apart = values - _mean(values, owner)
    spread = np.sqrt(_mean(apart**2, owner))
    varies = spread > NOTHING * np.abs(values).max()
    return np.where(varies, apart / np.where(varies, spread, 1.0), 0.0)


def _handed_on(labels: Floats, risk: Floats, turned: Floats, owner: Ints) -> Steps[Floats]:
    """Labels (N,) handed on within each hospital, from the order of `risk` to that of `turned`."""
    hospitals = int(owner.max()) + 1
    before = yield from ordered(owner, _squeezed(risk), hospitals)
    after = yield from ordered(owner, _squeezed(turned), hospitals)
    moved = np.empty_like(labels)
    moved[after] = labels[before]
    return moved


def _squeezed(values: Floats) -> Floats:
    """Standardised values in the same order within (0, 1), about evenly."""
    return np.asarray(1 / (1 + np.exp(-np.clip(1.7 * values, -30, 30))), np.float64)
