"""How far ε is told above what was released: random sequences of changes, drop-outs and forks.

As `tests/test_epsilon_law.py`, over many more of them: the noise is measured where it is added, and
dp-accounting says what it costs. One figure may not be above zero, as the law is never to be broken.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.figure import Figure
from tests.test_epsilon_law import THEIR_GRID, followed, sequence

SEQUENCES = 500
_LITTLE = 1e-3  # an ε below it is as good as none


def measure() -> list[Figure]:
    """Sequences in which ε was too small, and by how much it was too large where it was not."""
    above, broken = [], 0
    for seed in range(SEQUENCES):
        draw = np.random.default_rng([2026, seed])
        found = followed(pytest.MonkeyPatch(), sequence(draw))
        broken += any(each.recomputed > each.told * (1 + THEIR_GRID) for each in found)
        above += [each.told / each.recomputed - 1 for each in found if each.recomputed > _LITTLE]
    return [
        Figure("sequences in which ε was told too small", broken, budget=0, note=f"of {SEQUENCES}"),
        Figure("told above, median", 100 * float(np.median(above)), "%", note=f"{len(above):,} ε"),
        Figure("told above, worst", 100 * max(above), "%"),
    ]
