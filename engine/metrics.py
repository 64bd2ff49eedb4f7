"""How good a model is on held-out patients: accuracy, log-loss, Brier score, area under the ROC curve.

Accuracy asks which answers are right, AUC whether cases are ranked above others, and the two others how
far off the probabilities are: log-loss (Good 1952) punishes certainty that was wrong without bound, the
Brier score (Brier 1950) by 1 at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Floats, Ints
from engine.steps import Steps, finished

AT_ONCE = 20_000  # patients that are worked on together: a processor's cache holds them


@dataclass(frozen=True)
class Score:
    """Of one model on a set of patients. Undefined values are None, never a made-up number."""

    patients: int
    correct: int  # right answers, positive at p ≥ .5
    loss: float | None  # nats, mean log-loss; None where a logit is not finite
    auc: float | None  # None where only one class is present
    brier: float | None = None  # mean of (p − y)²; None where a logit is not finite

    @property
    def accuracy(self) -> float | None:
        """Right answers per patient; None without patients."""
        return self.correct / self.patients if self.patients else None


@dataclass(frozen=True, eq=False)
class HospitalScores:
    """Of one model on each hospital's patients, (K,). What is not defined is nan."""

    patients: Ints
    correct: Ints
    loss: Floats
    brier: Floats
    auc: Floats


def score(logits: Floats, y: Floats) -> Score:
    """The score of `logits` (N,) against labels `y` (N,)."""
    return finished(scoring(logits, y))


def scoring(logits: Floats, y: Floats) -> Steps[Score]:
    """`score` in two steps: to rank the patients takes as long as all the rest."""
    if len(y) == 0:
        return Score(0, 0, None, None)
    correct = int(np.sum(right(logits, y)))
    loss, square = log_loss(logits, y), brier(logits, y)
    yield "testing the model on unseen patients", 1, 2
    return Score(len(y), correct, loss, auc(logits, y), square)


def right(logits: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    """Which answers are right: positive at p ≥ .5, which is logit ≥ 0. Shapes broadcast.

    A logit that is no number is no answer, so it is not right.
    """
    return np.where(y > 0.5, logits >= 0, logits < 0)


def log_loss(logits: Floats, y: Floats) -> float | None:
    """Mean of −log p(own label), nats; None where a logit is not finite."""
    if not np.all(np.isfinite(logits)):
        return None
    return float(np.mean(_of_each(_losses, logits, y)))


def brier(logits: Floats, y: Floats) -> float | None:
    """Mean of (p − y)², between 0 and 1; None where a logit is not finite."""
    return float(np.mean(_of_each(_squares, logits, y))) if np.isfinite(logits).all() else None


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


def score_by_hospital(logits: Floats, y: Floats, starts: Ints) -> HospitalScores:
    """The score of each hospital's patients apart, all at once, by the rules of `score`.

    Args:
        logits, y: Hospital after hospital, (N,).
        starts: First place of each hospital, and N at the end, (K + 1,).
    """
    sizes = np.diff(starts)
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def sums(values: Floats) -> Floats:
        return np.asarray(np.bincount(owner, weights=values, minlength=len(sizes)), np.float64)

    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        known = np.where(sums(1.0 - np.isfinite(logits)) > 0, np.nan, sizes)  # patients, or nan
        return HospitalScores(
            patients=sizes,
            correct=sums(right(logits, y).astype(np.float64)).astype(np.int64),
            loss=sums(_losses(logits, y)) / known,
            brier=sums(_squares(logits, y)) / known,
            auc=_areas(sums(_ranks(logits, owner, starts) * (y > 0.5)), sums(y), sizes),
        )


def _areas(ranks: Floats, positives: Floats, sizes: Ints) -> Floats:
    """Mann and Whitney's statistic from the sum of the positives' ranks, (K,); nan where 0 / 0."""
    pairs = positives * (sizes - positives)
    return np.asarray((ranks - positives * (positives + 1) / 2) / pairs)


def _ranks(scores: Floats, owner: Ints, starts: Ints) -> Floats:
    """The rank of each patient among its hospital's, from 1, equals sharing their mean, (N,)."""
    order = _by_owner(np.argsort(scores), owner)
    o, s = owner[order], scores[order]
    is_new = np.ones(len(s), np.bool_)
    is_new[1:] = (o[1:] != o[:-1]) | (s[1:] != s[:-1])
    first = np.flatnonzero(is_new)
    after = np.append(first[1:], len(s))
    group = np.cumsum(is_new) - 1
    before = starts[o[first]]  # of other hospitals
    ranks = np.empty(len(s))
    ranks[order] = ((first + after + 1) / 2 - before)[group]
    ranks[np.isnan(scores)] = np.nan
    return ranks


def _by_owner(order: Ints, owner: Ints) -> Ints:
    """The rows in `order` (N,), hospital after hospital: `np.lexsort` does the same four times slower."""
    few = len(owner) and owner[-1] < 1 << 16  # numbers of two bytes NumPy sorts in linear time
    own = owner[order].astype(np.uint16) if few else owner[order]
    return order[np.argsort(own, kind="stable")]


def _of_each(measure: Callable[[Floats, Floats], Floats], logits: Floats, y: Floats) -> Floats:
    """What each patient costs, (N,), worked out for some at a time."""
    cost = np.empty(len(y))
    for first in range(0, len(y), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        cost[some] = measure(logits[some], y[some])
    return cost


def _losses(logits: Floats, y: Floats) -> Floats:
    """−log p(own label) of each patient, nats."""
    against = np.where(y > 0.5, -logits, logits)  # how far the model leans to the wrong side
    return np.asarray(np.maximum(against, 0) + np.log1p(np.exp(-np.abs(against))))


def _squares(logits: Floats, y: Floats) -> Floats:
    """(p − y)² of each patient."""
    return np.asarray((probabilities(logits) - y) ** 2)


def probabilities(logits: Floats) -> Floats:
    """σ, which cannot overflow so."""
    small = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1.0, small) / (1 + small))
