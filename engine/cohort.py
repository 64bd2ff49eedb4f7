"""The cohort: which hospitals take part in a round."""

from __future__ import annotations

import numpy as np

from engine.arrays import Ints
from engine.randomness import stream


def cohort_size(participation: float, hospitals: int, masked: bool) -> int:
    """Hospitals drawn in a round: max(1, round(participation · K)), at least 2 under masks."""
    least = min(2, hospitals) if masked else 1
    return max(least, round(participation * hospitals))


def draw_cohort(seed: int, round: int, size: int, hospitals: int) -> Ints:
    """`size` hospitals without replacement, ascending, (size,)."""
    if size == hospitals:
        return np.arange(hospitals)
    return np.sort(stream(seed, "cohort", round).permutation(hospitals)[:size])
