"""What to compare a federation with: each one alone, all data in one place, the commoner label.

Models are the federation's, on the same columns and scaling, and without it; `engine.references` says how
they are made. Each hospital alone is told twice, since the choice reverses the conclusion where hospitals
differ: on its own held-out patients, and on everyone's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Federation, Table
from engine.evaluation import in_detail, judge, predicting
from engine.metrics import Score, auc, right
from engine.models import Logistic, Model
from engine.randomness import stream
from engine.references import Converged, Reference
from engine.steps import Steps

JUDGEMENTS = 10_000_000  # of hospitals' models on everyone's patients; beyond it a sample is judged
CELLS = 300_000  # judgements at once
_EACH = 100  # judgements that a hospital costs beside its patients
_TESTING = "testing what to compare with"


@dataclass(frozen=True, eq=False)
class Baselines:
    """Scores on held-out patients of models that were not federated.

    Attributes:
        alone_correct: Right answers of each hospital's own model on its held-out patients, (K,).
        local_only: All held-out patients, each judged by the own hospital's model.
        everyone_accuracy, everyone_auc: Mean over hospitals of its model on everyone's patients.
        everyone_patients: How many patients that was measured on (a sample in huge federations).
        pooled: One model on all training patients: what privacy forbids.
        pooled_correct: Its right answers per hospital, (K,).
        majority: Always the commoner training label, pooled.
        majority_correct: Its right answers per hospital, (K,).
        pooled_params: (d,).
        alone_auc, pooled_auc: On each hospital's own patients, (K,); nan where there is one class.
    """

    alone_correct: Ints
    local_only: Score
    everyone_accuracy: float | None
    everyone_auc: float | None
    everyone_patients: int
    pooled: Score
    pooled_correct: Ints
    majority: Score
    majority_correct: Ints
    pooled_params: Floats
    alone_auc: Floats | None = None
    pooled_auc: Floats | None = None


def compute(
    federation: Federation, seed: int, reference: Reference | None = None
) -> Steps[Baselines]:
    """The baselines of a federation, as the generator's return value.

    Args:
        reference: How the models are made; None for logistic regression.

    Yields:
        What is being done, how far it is, and of how much; `done == total` ends each part.
    """
    train, test = federation.train, federation.test
    made = reference or Converged(Logistic(len(federation.features)))
    alone = yield from made.alone(train)
    own = yield from _own(made.model, alone, test)
    accuracy, mean_auc, judged = yield from _on_everyone(made.model, alone, test, seed)
    pooled = yield from made.pooled(train)
    by_pooled = yield from predicting(made.model, pooled, test.x)
    always = np.full(len(test.y), _log_odds(train.y))
    tested = yield from _tested((own, by_pooled, always), test)
    (local_only, alone_correct), (together, pooled_correct), (majority, majority_correct) = tested
    alone_in_detail, pooled_in_detail = yield from in_detail(test, own, by_pooled)
    return Baselines(
        alone_correct=alone_correct,
        local_only=local_only,
        everyone_accuracy=accuracy,
        everyone_auc=mean_auc,
        everyone_patients=judged,
        pooled=together,
        pooled_correct=pooled_correct,
        majority=majority,
        majority_correct=majority_correct,
        pooled_params=pooled,
        alone_auc=alone_in_detail.auc,
        pooled_auc=pooled_in_detail.auc,
    )


def _tested(logits: Sequence[Floats], test: Table) -> Steps[list[tuple[Score, Ints]]]:
    """What `judge` says of each one's logits (N,)."""
    found: list[tuple[Score, Ints]] = []
    for one in logits:
        yield _TESTING, len(found), len(logits)
        found.append(judge(one, test))
    yield _TESTING, len(logits), len(logits)
    return found


def _own(model: Model, params: Floats, test: Table) -> Steps[Floats]:
    """Logits of all held-out patients, each by the own hospital's model, (N,)."""
    logits, hospitals, work = np.empty(len(test.y)), len(params), 0
    for hospital, (first, last) in enumerate(pairwise(test.starts)):
        logits[first:last] = model.logits(params[hospital], test.x[first:last])
        work += _cost(model, int(last - first)) + _EACH
        if work > CELLS or hospital == hospitals - 1:
            work = 0
            yield "each one's model on its own", hospital + 1, hospitals
    return logits


def _on_everyone(
    model: Model, params: Floats, test: Table, seed: int
) -> Steps[tuple[float | None, float | None, int]]:
    """Mean accuracy and AUC of each hospital's model on everyone's patients, and on how many."""
    hospitals, what = len(params), "each one's model on everyone"
    x, y = _sample(test, max(1, JUDGEMENTS // _cost(model, hospitals)), seed)
    correct, areas = 0, list[float]()
    step = max(1, CELLS // _cost(model, len(y)))
    for first in range(0, hospitals, step):
        for own in params[first : first + step]:
            logits = model.logits(own, x)
            correct += int(right(logits, y).sum())
            area = auc(logits, y)
            if area is not None:
                areas.append(area)
        yield what, min(first + step, hospitals), hospitals
    mean = sum(areas) / hospitals if len(areas) == hospitals else None  # of all, or of none
    return correct / (hospitals * len(y)), mean, len(y)


def _cost(model: Model, judgements: int) -> int:
    """So many logits in those of a logistic regression: a hidden unit is about one of them."""
    return judgements * (1 + model.held // 3)


def _sample(test: Table, most: int, seed: int) -> tuple[Floats, Floats]:
    if len(test.y) <= most:
        return test.x, test.y
    rows = stream(seed, "everyone").choice(len(test.y), most, replace=False)
    return test.x[rows], test.y[rows]


def _log_odds(y: Floats) -> float:
    """Of a positive label; finite where all labels are one (the rule of succession)."""
    positives = float(y.sum())
    negatives = len(y) - positives
    if positives == 0 or negatives == 0:
        positives, negatives = positives + 1, negatives + 1
    return float(np.log(positives / negatives))
