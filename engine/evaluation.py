"""Testing a model on held-out patients: each once, every hospital, drawn or not.

Of very many patients this takes steps; of few it takes none, and nothing is told of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Table
from engine.metrics import AT_ONCE, HospitalScores, Score, right, score, score_by_hospital, scoring
from engine.models import Model
from engine.steps import Steps, finished

FEW = 100_000  # patients that are tested in one step
UNITS = 1_000_000  # of a model, each on a patient, computed in one step
_EACH = "testing at each hospital"


def evaluate(model: Model, params: Floats, test: Table) -> tuple[Score, Ints]:
    """The score of `params` (d,) over all patients of `test`, and right answers by hospital, (K,)."""
    return finished(testing(model, params, test))


def testing(model: Model, params: Floats, test: Table) -> Steps[tuple[Score, Ints]]:
    """`evaluate`, step by step."""
    logits = yield from predicting(model, params, test.x)
    if len(logits) <= FEW:
        return judge(logits, test)
    correct = _right(logits, test)
    yield "testing the model on unseen patients", 0, 2
    return (yield from scoring(logits, test.y)), correct


def predicting(model: Model, params: Floats, x: Floats) -> Steps[Floats]:
    """Logits of rows `x` (n, features), (n,): in steps where the model is wide, or the rows very many."""
    logits, rows = np.empty(len(x)), max(1, UNITS // (1 + model.held))
    for first in range(0, len(x), rows):
        part = slice(first, first + rows)
        logits[part] = model.logits(params, x[part])
        if len(x) > rows:
            yield "predicting for unseen patients", min(part.stop, len(x)), len(x)
    return logits


def judge(logits: Floats, test: Table) -> tuple[Score, Ints]:
    """The score of `logits` (N,), whoever gave them, and right answers by hospital, (K,)."""
    return score(logits, test.y), _right(logits, test)


def _right(logits: Floats, test: Table) -> Ints:
    return test.per_hospital(right(logits, test.y).astype(np.float64)).astype(np.int64)


def in_detail(test: Table, *logits: Floats) -> Steps[list[HospitalScores]]:
    """The score of each `logits` (N,) at each hospital: for once, where a round needs only the sum."""
    parts = list(_parts(test.starts))
    done, found = 0, []
    for of_one in logits:
        scores = []
        for first, last in parts:
            starts = test.starts[first : last + 1]
            rows = slice(starts[0], starts[-1])
            scores.append(score_by_hospital(of_one[rows], test.y[rows], starts - starts[0]))
            done += last - first
            if len(parts) > 1:
                yield _EACH, done, len(logits) * len(test.sizes)
        found.append(_joined(scores))
    return found


def _parts(starts: Ints) -> Iterator[tuple[int, int]]:
    """Hospitals first … last − 1, as many as have few patients together, one at least."""
    last = 0
    while last < len(starts) - 1:
        first = last
        fits = int(np.searchsorted(starts, starts[first] + AT_ONCE, side="right")) - 1
        last = max(first + 1, fits)
        yield first, last


def _joined(parts: list[HospitalScores]) -> HospitalScores:
    names = [field.name for field in fields(HospitalScores)]
    return HospitalScores(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))
