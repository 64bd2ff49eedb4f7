"""How good a model is on held-out patients: accuracy, log-loss, area under the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Floats


@dataclass(frozen=True)
class Score:
    """Of one model on a set of patients. Undefined values are None, never a made-up number."""

    patients: int
    correct: int  # right answers, positive at p ≥ .5
    loss: float | None  # nats, mean log-loss; None where a logit is not finite
    auc: float | None  # None where only one class is present

    @property
    def accuracy(self) -> float | None:
        """Right answers per patient; None without patients."""
        return self.correct / self.patients if self.patients else None


def score(logits: Floats, y: Floats) -> Score:
    """The score of `logits` (N,) against labels `y` (N,)."""
    if len(y) == 0:
        return Score(0, 0, None, None)
    return Score(len(y), int(np.sum(right(logits, y))), log_loss(logits, y), auc(logits, y))


def right(logits: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    """Which answers are right: positive at p ≥ .5, which is logit ≥ 0. Shapes broadcast."""
    return np.equal(logits >= 0, y > 0.5)


def log_loss(logits: Floats, y: Floats) -> float | None:
    """Mean of −log p(own label), nats; None where a logit is not finite."""
    if not np.all(np.isfinite(logits)):
        return None
    against = np.where(y > 0.5, -logits, logits)  # how far the model leans to the wrong side
    return float(np.mean(np.maximum(against, 0) + np.log1p(np.exp(-np.abs(against)))))


def auc(scores: Floats, y: Floats) -> float | None:
    """Probability that a positive scores above a negative, ties counting half.

    The Mann–Whitney statistic (Hanley & McNeil 1982). None where only one class is
    present, or where a score is not a number.
    """
    positives = int(np.sum(y > 0.5))
    negatives = len(y) - positives
    if positives == 0 or negatives == 0 or np.isnan(scores).any():
        return None
    above = np.sort(scores[y > 0.5])
    below = np.sort(scores[y <= 0.5])
    smaller = np.searchsorted(below, above, "left").sum()
    not_larger = np.searchsorted(below, above, "right").sum()
    return float(smaller + not_larger) / 2 / (positives * negatives)
