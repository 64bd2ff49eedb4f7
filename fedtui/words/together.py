"""Whether hospitals do better alone or together."""

from __future__ import annotations

from fedtui.together import Gain
from fedtui.words.small import many

WITHIN = (
    "Within: mean of the hospitals' own AUCs, by unseen patients, of those with both answers. The AUC"
    " over all also pays for knowing which hospital has many cases."
)


def better_alone(of: Gain) -> str:
    """In sum, and beyond chance; how many hospitals it holds for."""
    return (
        f"In sum each hospital's own model does better here for its own patients: {of.alone:,} right"
        f" answers, together {of.together:,} (up to {of.by_chance:,} apart can be chance). Better alone:"
        f" {many(of.better_alone, 'hospital')}; together: {of.better_together:,}; alike: {of.alike:,}."
    )


def commoner_as_good(alone: float | None, together: float | None) -> str:
    """Where always the commoner answer has as many right answers: they say nothing of the model."""
    told = "Right answers tell little here: always the commoner answer has as many or more."
    if alone is None or together is None:
        return told
    return f"{told} Ranked right within hospitals: together {together:.3f}, each one alone {alone:.3f}."
