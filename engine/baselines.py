"""What to compare a federation with: each hospital alone, all data in one place, the commoner label."""

from __future__ import annotations

from dataclasses import dataclass

from engine.arrays import Floats, Ints
from engine.metrics import Score


@dataclass(frozen=True, eq=False)
class Baselines:
    """Scores on held-out patients of models that were not federated.

    Attributes:
        alone_correct: Right answers of each hospital's own model on its own held-out patients, (K,).
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
