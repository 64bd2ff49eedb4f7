"""Concept: the same columns mean something else in another hospital.

Each hospital's own model (logistic, penalty C = 1, as the baselines) is tried on every hospital's
held-out patients. If columns mean the same everywhere, a model is as good for the others' patients
as for its own; if not, it is good at home alone.

How good a model is, is here how often it puts a positive patient above a negative one: the area
under the ROC curve, A[i, j] for the model of i on the patients of j. It does not care how common
positives are, so that hospitals with other rates are not taken for hospitals with other concepts.
The difference is

    mean of A[j, j]  −  mean of A[i, j] over i ≠ j

Every model and every hospital's patients are as often in one mean as in the other, so that a model
that is poor everywhere (few patients) or patients who are hard for everyone cancel. If patients were
dealt at random its mean is 0; its standard error comes from the patients it was measured on (see
`ranking`). A straight model learns something else where a bent relation is seen at another place, so
this tells what the *model* makes of the columns, and other patients may be enough for a difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine import newton
from engine.arrays import Flags, Floats, Ints
from engine.data.federation import Federation, Table
from engine.heterogeneity import ranking
from engine.heterogeneity.degree import Degree
from engine.metrics import right
from engine.randomness import stream
from engine.steps import Progress, Steps, retold

SOME, VERY = 0.05, 0.15
MOST_HOSPITALS = 30  # crossed with each other; of more, a sample
MOST_PATIENTS = 5000  # held-out ones of a hospital; an area is then known to about .01
SURE = 2.0  # standard errors
FEWEST = 2  # held-out patients of each label
WHAT = "each one's model on the others' patients"
NONE = Degree(None, 0.0, 0.0, SOME, VERY)


@dataclass(frozen=True, eq=False)
class Concept:
    """The cross-hospital matrix; rows are models, columns are patients.

    Attributes:
        degree: How much better a model is at home.
        hospitals: Which hospitals were crossed, in order, (k,).
        patients: How many held-out patients of each were used, (k,).
        correct: Right answers, (k, k).
        area: A, (k, k); nan where a model has learned from one label only, or is tried on fewer
            than two patients of a label.
    """

    degree: Degree
    hospitals: Ints
    patients: Ints
    correct: Ints
    area: Floats

    @property
    def means(self) -> tuple[float, float]:
        """Mean of A at home and elsewhere, over the hospitals that can be compared; nan of none."""
        judged = np.isfinite(np.diag(self.area))
        k, among = int(judged.sum()), self.area[np.ix_(judged, judged)]
        if k < 2:
            return math.nan, math.nan
        own = float(np.trace(among))
        return own / k, (float(among.sum()) - own) / (k * (k - 1))


def concept(federation: Federation, seed: int) -> Steps[Concept]:
    """The matrix of a federation; of more than 30 hospitals, that of 30 drawn by the seed."""
    train, test = federation.train, federation.test
    hospitals = _sample(len(federation.names), seed)
    models = yield from _models(train, hospitals)
    learned = _two_labels(train)[hospitals]
    correct, area, error = yield from _crossed(models, learned, test, hospitals)
    patients = np.minimum(test.sizes[hospitals], MOST_PATIENTS)
    found = Concept(NONE, hospitals, patients, correct, area)
    own, others = found.means
    if math.isnan(own):
        return found
    return replace(found, degree=Degree(own - others, 0.0, SURE * error, SOME, VERY))


def _crossed(
    models: Floats, learned: Flags, test: Table, hospitals: Ints
) -> Steps[tuple[Ints, Floats, float]]:
    """Right answers and areas, (k, k), and the standard error of how much better home is."""
    k = len(hospitals)
    testable = np.array([_rarer(y) >= FEWEST for _, y in _held_out(test, hospitals)])
    judged, variance = learned & testable, 0.0
    correct, area = np.zeros((k, k), np.int64), np.full((k, k), np.nan)
    for j, (x, y) in enumerate(_held_out(test, hospitals)):
        logits = models[:, :-1] @ x.T + models[:, -1:]  # (k, patients)
        correct[:, j] = right(logits, y).sum(axis=1)
        yield WHAT, k + j, 2 * k
        ranked = np.full(logits.shape, np.nan)
        for i in np.flatnonzero(learned & testable[j]):
            ranked[i] = ranking.places(logits[i], y)
            yield WHAT, k + j, 2 * k
        area[:, j] = ranked[:, y > 0.5].mean(axis=1) if testable[j] else np.nan
        if judged[j]:
            variance += ranking.variance(ranked[judged], int(judged[:j].sum()), y)
    yield WHAT, 2 * k, 2 * k
    return correct, area, math.sqrt(variance) / max(1, int(judged.sum()))


def _sample(hospitals: int, seed: int) -> Ints:
    if hospitals <= MOST_HOSPITALS:
        return np.arange(hospitals)
    drawn = stream(seed, "crossed").choice(hospitals, MOST_HOSPITALS, replace=False)
    return np.sort(drawn)


def _models(train: Table, hospitals: Ints) -> Steps[Floats]:
    """Each hospital's own model, (k, d)."""
    models = np.empty((len(hospitals), train.x.shape[1] + 1))
    for i in range(len(hospitals)):
        told = WHAT, i, 2 * len(hospitals)
        models[i : i + 1] = yield from _fitted(train, hospitals[i : i + 1], told)
    return models


def _fitted(train: Table, hospital: Ints, told: Progress) -> Steps[Floats]:
    """Its own model, (1, d)."""
    return retold(newton.fit(newton.gather(train, hospital)), lambda _: told)


def _two_labels(table: Table) -> Flags:
    """Which hospitals have patients of both labels, (K,)."""
    positives = table.per_hospital(table.y)
    return np.asarray((positives > 0) & (positives < table.sizes))


def _held_out(test: Table, hospitals: Ints) -> Iterator[tuple[Floats, Floats]]:
    """Columns and labels of each hospital's held-out patients; they lie in a random order."""
    for hospital in hospitals:
        first, last = test.starts[hospital], test.starts[hospital + 1]
        rows = slice(first, min(first + MOST_PATIENTS, last))
        yield test.x[rows], test.y[rows]


def _rarer(y: Floats) -> int:
    """How many patients have the rarer label."""
    positives = int(y.sum())
    return min(positives, len(y) - positives)
