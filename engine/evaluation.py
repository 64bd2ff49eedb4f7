"""Testing a model on held-out patients: each once, every hospital, drawn or not."""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Table
from engine.metrics import HospitalScores, Score, right, score, score_by_hospital
from engine.models import Model


def evaluate(model: Model, params: Floats, test: Table) -> tuple[Score, Ints]:
    """The score of `params` (d,) over all patients of `test`, and right answers by hospital, (K,)."""
    return judge(model.logits(params, test.x), test)


def judge(logits: Floats, test: Table) -> tuple[Score, Ints]:
    """The score of `logits` (N,), whoever gave them, and right answers by hospital, (K,)."""
    correct = test.per_hospital(right(logits, test.y).astype(np.float64))
    return score(logits, test.y), correct.astype(np.int64)


def in_detail(logits: Floats, test: Table) -> HospitalScores:
    """The score of `logits` (N,) at each hospital: asked for once, where a round needs only the sum."""
    return score_by_hospital(logits, test.y, test.starts)
