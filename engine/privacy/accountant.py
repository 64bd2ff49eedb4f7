"""The accountant: what a plan of equal releases costs, and how much noise a budget needs.

Whole releases (q = 1) are accounted in closed form (`analytic`), subsampled ones by their privacy-loss
distribution (`subsampled`).
"""

from __future__ import annotations

import math

from engine.errors import ScenarioError
from engine.privacy import ledger
from engine.privacy.ledger import Release
from engine.privacy.subsampled import epsilons

_CLOSE = 1e-6  # relative: how near to the budget a calibration comes, always from below
_LEAST, _MOST = 1e-2, 1e6  # noise multipliers worth looking at


def epsilon(q: float, noise_multiplier: float, steps: int, delta: float) -> float:
    """ε of `steps` releases, each including a unit with probability q, rounded up if at all."""
    if q == 1:
        return ledger.epsilon((Release(noise_multiplier),) * steps, delta)
    return epsilons(q, noise_multiplier, [steps], delta)[0]


def noise_multiplier(q: float, budget: float, steps: int, delta: float) -> float:
    """The smallest z, to six digits, whose `steps` releases cost at most `budget` ε.

    Raises:
        ScenarioError: No noise multiplier up to a million meets the budget.
    """
    whole = ledger.noise_multiplier(budget, delta, steps)
    if q == 1:
        return whole
    # In logarithms ε(z) is nearly straight, so the secant through the bracket's ends lands close; the
    # end that stays twice has its distance halved (Illinois), so that both ends come in.
    # Sampling never needs more noise; the grid's rounding up may ask for a little.
    low, high = _LEAST, min(whole * 1.001, _MOST)
    over, under = math.inf, _off(q, high, steps, delta, budget)
    if under > 0:
        raise ScenarioError(f"epsilon: no noise multiplier up to {_MOST:g} keeps it at {budget:g}.")
    z = max(q * whole, 2 * _LEAST)
    while high / low > 1 + _CLOSE and under < -_CLOSE:
        off = _off(q, z, steps, delta, budget)
        if off > 0:
            low, over, under = z, off, under / (2 if over < math.inf else 1)
        else:
            high, over, under = z, over / 2, off
        z = _secant(low, high, over, under)
    return high


def _off(q: float, z: float, steps: int, delta: float, budget: float) -> float:
    """log(ε / budget): above 0 where z is too small."""
    cost = epsilon(q, z, steps, delta)
    return math.log(cost / budget) if cost > 0 else -math.inf


def _secant(low: float, high: float, over: float, under: float) -> float:
    """Where the line through both ends is just below 0, inside the bracket."""
    if math.isinf(over) or math.isinf(under):
        return math.sqrt(low * high)
    part = (over + _CLOSE / 2) / (over - under)
    return float(low * (high / low) ** min(max(part, 1e-3), 1 - 1e-3))
