"""How good a model is on held-out patients: accuracy, log-loss, area under the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats


@dataclass(frozen=True)
class Score:
    """Of one model on a set of patients. Undefined values are None, never a made-up number."""

    patients: int
    correct: int  # right answers, positive at p ≥ .5
    loss: float | None  # nats, mean log-loss
    auc: float | None  # None where only one class is present

    @property
    def accuracy(self) -> float | None:
        """Right answers per patient; None without patients."""
        return self.correct / self.patients if self.patients else None


def score(logits: Floats, y: Floats) -> Score:
    """The score of `logits` (N,) against labels `y` (N,)."""
    if len(y) == 0:
        return Score(0, 0, None, None)
    loss = float(np.mean(np.logaddexp(0.0, logits) - y * logits))
    return Score(len(y), int(np.sum(right(logits, y))), loss, auc(logits, y))


def right(logits: Floats, y: Floats) -> np.ndarray:
    """Which answers are right: positive at p ≥ .5, which is logit ≥ 0. Shapes broadcast."""
    return (logits >= 0) == (y > 0.5)


def auc(scores: Floats, y: Floats) -> float | None:
    """Probability that a positive scores above a negative, ties counting half.

    The rank form of the Mann–Whitney statistic (Hanley & McNeil 1982).
    """
    positives = int(y.sum())
    negatives = len(y) - positives
    if positives == 0 or negatives == 0:
        return None
    _, group, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last_rank = np.cumsum(counts)
    mid_rank = last_rank - (counts - 1) / 2
    rank_sum = float(mid_rank[group][y > 0.5].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)
