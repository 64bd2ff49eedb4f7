"""Where on the line of privacy losses to look for an answer, and how finely.

All from the moments E[e^(θL)] of the losses' sum L, which say how far its tails reach (Chernoff):
Rényi accounting is this file's first step and the whole of other accountants (Mironov 2017, "Rényi
differential privacy", with α = θ + 1). Nothing here can make an answer too small, only less tight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats

ORDERS = np.geomspace(1e-3, 1e6, 181)  # θ worth looking at
NEGLIGIBLE = 1e-7  # of δ: what the grid does not reach, and likewise what lies a turn away

_SEEN = 1e-5  # of δ: an addition that would be noticed
_NEAR = 0.9  # of an ε that is found: it may be too large by more than what is noticed
_SLACK = 1.0  # a tilt this much (in logs) worse than the best is as good


@dataclass(frozen=True)
class Window:
    """The tilt θ, the window's width in nats, and about where ε is."""

    order: float
    width: float
    guess: float

    def grid_step(self, count: float, precision: float) -> float:
        """Nats between dots so that they add about `precision` to log δ, over `count` releases.

        A loss moved to the ends of its interval, at most h wide, gains h²/6 of variance in the mean
        and keeps its means in both worlds, so that E[e^(θL)] grows by θ(θ + 1)h²/12, relative.
        """
        return math.sqrt(12 * precision / (count * self.order * (1 + self.order)))

    def spills(self, log_moments: Floats, largest: float, delta: float, epsilon: float) -> bool:
        """Whether what lies a turn above, or near there, may add to δ what can be seen."""
        above = _NEAR * epsilon + self.width  # an ε that is too large stops where it spills no more
        turn = float(np.min(log_moments - ORDERS * above))
        return above < largest and turn + self.order * self.width > math.log(_SEEN * delta)


def renyi_bound(log_moments: Floats, delta: float) -> float:
    """ε by Rényi accounting, from log E[e^(θL)] at `ORDERS` (Canonne, Kamath & Steinke 2020, prop. 12)."""
    most = ORDERS * np.log(ORDERS) - (1 + ORDERS) * np.log1p(ORDERS)
    return float(np.min((log_moments - math.log(delta) + most) / ORDERS))


def choose(
    log_moments: Floats, largest: float, delta: float, guess: float, lowest: float
) -> Window:
    """The narrowest window, among good tilts, for an ε around `guess`, and at least `lowest`.

    A window of width w closed to a circle adds Σ e^(θmw) δ(ε + mw) over all turns m ≠ 0: those below
    have δ ≤ 1, those above δ ≤ E[e^(θ'L)] e^(−θ'(ε + mw)) for any other θ', and 0 from the `largest` L.
    """
    cost = log_moments - ORDERS * guess
    tiny = math.log(NEGLIGIBLE * delta)
    good = cost <= cost.min() + _SLACK
    further = ORDERS - ORDERS[good, None]  # θ' − θ
    above = np.full(further.shape, np.inf)
    np.divide(log_moments - ORDERS * lowest - tiny, further, out=above, where=further > 0)
    widths = np.maximum(np.minimum(above.min(axis=1), largest - lowest), -tiny / ORDERS[good])
    best = int(widths.argmin())
    return Window(float(ORDERS[good][best]), float(widths[best]), guess)
