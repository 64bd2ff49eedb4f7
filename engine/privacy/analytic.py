"""The Gaussian mechanism, exactly.

One release with noise standard deviation z · sensitivity is μ-Gaussian-DP with μ = 1/z, and releases
compose by adding squares: μ² = Σ 1/z² (Dong, Roth & Su 2022, "Gaussian Differential Privacy",
corollary 3.3). The Gaussian mechanism is (ε, δ)-private exactly when

    δ ≥ Φ(μ/2 − ε/μ) − e^ε Φ(−μ/2 − ε/μ)

(Balle & Wang 2018, "Improving the Gaussian Mechanism", theorem 8). The classic bound
√(2 ln(1.25/δ))/ε is never used: it is loose, and proven for ε < 1 only.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_FAR = 25.0  # beyond this, Φ(−x) is taken from its asymptotic series


def delta_of(epsilon: float, mu: float) -> float:
    """The smallest δ at which a μ-GDP mechanism is (ε, δ)-private."""
    if mu == 0:
        return 0.0
    upper = mu / 2 - epsilon / mu
    lower = -mu / 2 - epsilon / mu
    return max(0.0, math.exp(_log_phi(upper)) - math.exp(epsilon + _log_phi(lower)))


def epsilon_of(mu: float, delta: float) -> float:
    """The smallest ε at which a μ-GDP mechanism is (ε, δ)-private; inf where μ is."""
    if mu == 0 or delta_of(0.0, mu) <= delta:
        return 0.0
    if math.isinf(mu):
        return math.inf
    # Beyond this ε even the first term alone, Φ(μ/2 − ε/μ), is below δ.
    high = mu * mu / 2 + mu * math.sqrt(2 * math.log(1 / delta))
    return _bisect(lambda epsilon: delta_of(epsilon, mu) <= delta, 0.0, high)


def mu_of(epsilon: float, delta: float) -> float:
    """The largest μ at which a μ-GDP mechanism is (ε, δ)-private."""
    high = 1.0
    while delta_of(epsilon, high) <= delta:
        high *= 2
    enough = _bisect(
        lambda inverse: delta_of(epsilon, 1 / inverse) <= delta, 1 / high, 2 / high, True
    )
    return 1 / enough


def best_guess(mu: float) -> float:
    """Success of the best test that tells two neighbouring inputs apart, equally likely: Φ(μ/2)."""
    return 1.0 if math.isinf(mu) else math.exp(_log_phi(mu / 2))


def _bisect(holds: Callable[[float], bool], low: float, high: float, grow: bool = False) -> float:
    """The smallest x in (low, high] from which `holds` is true, from the safe side."""
    while grow and not holds(high):
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _log_phi(x: float) -> float:
    """log Φ(x) of the standard normal, accurate far into the lower tail."""
    if x > -_FAR:
        return math.log(math.erfc(-x / math.sqrt(2)) / 2)
    # Mills ratio as a continued fraction, Φ(−t) = φ(t) / (t + 1/(t + 2/(t + 3/…)))
    t = tail = -x
    for term in range(20, 0, -1):
        tail = t + term / tail
    return -t * t / 2 - math.log(tail) - math.log(2 * math.pi) / 2
