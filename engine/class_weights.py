"""Class weights: where cases are rare, each counts for more.

A model that minimises the plain log-loss may call everyone healthy and be right for 95 of 100. "Balanced"
weighs a patient of class c by n / (2 n_c), so that both classes weigh n/2 together (King & Zeng 2001,
"Logistic Regression in Rare Events Data", Political Analysis 9, section 4.2; the rule is scikit-learn's).
What it costs: p is no rate of cases any more, so log-loss and Brier score on patients as they are suffer.

n and n_c are those of all training patients together. Each hospital sends its two counts once, before
round 1, and the server answers with the two weights; both are really encoded, and what is used is what
was decoded. The counts are exact, and no ε covers them. A weight multiplies a patient's p − y before
anything else does, so a clip bounds the weighed gradient, and what one patient moves stays below it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.data.federation import Table
from engine.wire import Kind, Traffic, pack, unpack


@dataclass(frozen=True)
class ClassWeights:
    """By how much a patient without and with the label counts."""

    negative: float
    positive: float

    def of(self, y: Floats) -> Floats:
        """The weight of each label, of any shape."""
        return np.where(y > 0.5, self.positive, self.negative)


def weighed(residuals: Floats, y: Floats, by: ClassWeights | None) -> Floats:
    """p − y of each patient, times the weight of its class; itself where none is set."""
    return residuals if by is None else residuals * by.of(y)


def agree(train: Table) -> tuple[ClassWeights, Traffic]:
    """One exchange with the server: the balanced weights as every hospital decodes them."""
    hospitals = np.arange(len(train.sizes))
    positives = train.per_hospital(train.y)
    counts = np.stack([train.sizes - positives, positives], axis=1).astype("<u4")  # (K, 2)
    messages = pack(Kind.LABEL_COUNTS, counts.view(np.uint8), hospitals=hospitals)
    arrived = np.ascontiguousarray(unpack(Kind.LABEL_COUNTS, messages)[1]).view("<u4")
    answer = pack(
        Kind.CLASS_WEIGHTS,
        balanced(arrived.sum(axis=0, dtype=np.float64)).astype("<f8").view(np.uint8)[None],
        hospitals=np.zeros(1, np.int64),
    )
    negative, positive = np.ascontiguousarray(unpack(Kind.CLASS_WEIGHTS, answer)[1][0]).view("<f8")
    traffic = Traffic().sent(Kind.LABEL_COUNTS, messages)
    traffic = traffic.sent(Kind.CLASS_WEIGHTS, answer, copies=len(hospitals))
    return ClassWeights(float(negative), float(positive)), traffic


def balanced(counts: Floats) -> Floats:
    """n / (2 n_c) of both classes, (2,); where one is empty there is nothing to balance."""
    return counts.sum() / (2 * counts) if counts.all() else np.ones(2)
