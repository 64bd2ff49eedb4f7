"""What predictions are, and how good they were where the table has labels."""

from __future__ import annotations

from engine.metrics import Score
from fedtui.words.small import many


def probability_of(column: str, positive: str) -> str:
    """What the numbers of `fedtui predict` are."""
    if not positive:
        return "each number is the chance that a patient is positive."
    return f"each number is the chance of {positive!r} in column {column!r}."


def scored(score: Score) -> str:
    """How good predictions were where the table has labels."""
    auc = "n/a" if score.auc is None else f"{score.auc:.3f}"
    brier = "n/a" if score.brier is None else f"{score.brier:.3f}"
    return (
        f"on the {many(score.patients, 'row')} with a label: right for {score.correct:,}"
        f" ({score.accuracy:.1%}), AUC {auc}, Brier {brier}."
    )
