"""What to compare a federation with: each one alone, all data in one place, the commoner label.

Models are logistic regressions at penalty C = 1, fitted to convergence (`engine.newton`) on the
same columns and scaling as the federation's. Each hospital alone is told twice, since the choice
reverses the conclusion where hospitals differ: on its own held-out patients, and on everyone's.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from engine import newton
from engine.arrays import Floats, Ints
from engine.data.federation import Federation, Table
from engine.evaluation import evaluate, judge
from engine.metrics import Score, auc, right
from engine.models import Logistic
from engine.randomness import stream

BLOCK = 512  # hospitals fitted at once, at most
JUDGEMENTS = 10_000_000  # of hospitals' models on everyone's patients; beyond it a sample is judged
CELLS = 500_000  # judgements at once

Progress: TypeAlias = tuple[str, int, int]  # what, done, total


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
        pooled_params: (d,), weights then bias.
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


def compute(federation: Federation, seed: int) -> Generator[Progress, None, Baselines]:
    """The baselines of a federation, as the generator's return value.

    Yields:
        What is being done, how far it is, and of how much; `done == total` ends each part.
    """
    train, test = federation.train, federation.test
    alone = yield from _fit_alone(train)
    own = _logits(test.x, alone[test.owner])
    accuracy, mean_auc, judged = yield from _on_everyone(alone, test, seed)
    pooled = yield from _fit_pooled(train)
    local_only, alone_correct = judge(own, test)
    together, pooled_correct = evaluate(Logistic(test.x.shape[1]), pooled, test)
    majority, majority_correct = judge(np.full(len(test.y), _log_odds(train.y)), test)
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
    )


def _fit_alone(train: Table) -> Generator[Progress, None, Floats]:
    """Each hospital's own model, (K, d)."""
    hospitals, what = len(train.sizes), "each one alone"
    params = np.empty((hospitals, train.x.shape[1] + 1))
    done = 0
    for block in blocks(train):
        fitting = newton.fit(newton.gather(train, block))
        while True:
            try:
                part = next(fitting)
            except StopIteration as finished:
                params[block] = finished.value
                break
            yield what, done + int(part * len(block)), hospitals
        done += len(block)
        yield what, done, hospitals
    return params


def _fit_pooled(train: Table) -> Generator[Progress, None, Floats]:
    """One model on all training patients, (d,)."""
    what, chunks = "all data in one place", newton.in_chunks(train.x, train.y)
    expected, done = 8 * len(chunks), 0  # Newton takes about eight passes
    fitting = newton.fit(chunks)
    while True:
        try:
            next(fitting)
        except StopIteration as finished:
            yield what, expected, expected
            params: Floats = finished.value[0]
            return params
        done = min(done + 1, expected - 1)
        yield what, done, expected


def blocks(table: Table) -> Iterator[Ints]:
    """Hospitals in blocks of like size, the largest first, each small enough for one step."""
    order = np.argsort(-table.sizes, kind="stable")
    first = 0
    while first < len(order):
        d = table.x.shape[1] + 1
        numbers = max(int(table.sizes[order[first]]), d) * d  # patients, or the Hessian
        fits = min(BLOCK, max(1, newton.NUMBERS // numbers))
        yield order[first : first + fits]
        first += fits


def _on_everyone(
    params: Floats, test: Table, seed: int
) -> Generator[Progress, None, tuple[float | None, float | None, int]]:
    """Mean accuracy and AUC of each hospital's model on everyone's patients, and on how many."""
    hospitals, what = len(params), "each one's model on everyone"
    x, y = _sample(test, hospitals, seed)
    correct, areas = 0, 0.0
    step = max(1, CELLS // len(y))
    for first in range(0, hospitals, step):
        own = params[first : first + step]
        logits = own[:, :-1] @ x.T + own[:, -1:]  # (hospitals, patients)
        correct += int(right(logits, y).sum())
        for row in logits:
            areas += auc(row, y) or 0.0
        yield what, min(first + step, hospitals), hospitals
    both_kinds = 0 < y.sum() < len(y)
    return correct / (hospitals * len(y)), areas / hospitals if both_kinds else None, len(y)


def _sample(test: Table, hospitals: int, seed: int) -> tuple[Floats, Floats]:
    most = max(1, JUDGEMENTS // hospitals)
    if len(test.y) <= most:
        return test.x, test.y
    rows = stream(seed, "everyone").choice(len(test.y), most, replace=False)
    return test.x[rows], test.y[rows]


def _logits(x: Floats, params: Floats) -> Floats:
    """One model per patient: x (N, features), params (N, d) → (N,)."""
    logits: Floats = np.einsum("nf,nf->n", x, params[:, :-1]) + params[:, -1]
    return logits


def _log_odds(y: Floats) -> float:
    """Of a positive label; finite where all labels are one (the rule of succession)."""
    positives = float(y.sum())
    negatives = len(y) - positives
    if positives == 0 or negatives == 0:
        positives, negatives = positives + 1, negatives + 1
    return float(np.log(positives / negatives))
