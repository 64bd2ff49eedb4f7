"""The audit: attack a mechanism on purpose, and read off the errors which ε it cannot have.

ε is proven on paper; a program may still get it wrong. So its maker plays the strongest attacker allowed:
a *canary*, whose clipped gradient has norm C and a direction of its own, is in the data or zeroed out, and
whoever reads the whole transcript — every noised sum, not the last model alone — guesses which. Along the
canary's direction such a sum is N(1, z²) where she was in the batch and N(0, z²) where not, in units of C,
so the best guess is the likelihood ratio's (Neyman & Pearson 1933), which knows q and z. Where the
mechanism is (ε, δ)-private no test whatever can do better than

    1 − FNR ≤ e^ε FPR + δ        1 − FPR ≤ e^ε FNR + δ

(Kairouz et al. 2015), so a test that does better proves a larger ε. Jagielski, Ullman & Oprea 2020,
"Auditing Differentially Private Machine Learning" (NeurIPS), section 3; the canary's gradient and the
transcript are Nasr et al. 2023, "Tight Auditing of Differentially Private Machine Learning" (USENIX),
section 4. The rates are only estimated: what is certified rests on bounds that hold together with 95 %
(Clopper & Pearson 1934), on runs that did not choose the threshold.

A thousand runs cannot see an error rate below a few thousandths, so they never certify more than ε ≈ 5,
and from a private run much less than its ε. Where the noise is known to be Gaussian two rates far from
zero tell its whole curve (`gaussian`), and the audit is nearly tight. Left out: many canaries in one run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from statistics import NormalDist

import numpy as np

from engine.arrays import Floats
from engine.privacy import analytic

_THRESHOLDS = 201  # tried on the first half of the runs
_EACH = 0.025  # probability that the bound of one error rate is wrong: 5 % for both

Certify = Callable[[float, float], float]  # bounds of FPR and FNR → the ε that they prove


def likelihood_ratio(seen: Floats, q: float, z: float) -> Floats:
    """How much likelier a transcript is with the canary than without, log, (runs,).

    Args:
        seen: Each noised sum along the canary's direction, in clip norms, (steps, runs).
        q: Probability that she is in a batch.
        z: Noise standard deviation per clip norm.
    """
    certain = (2 * seen - 1) / (2 * z * z)  # log N(1, z²) / N(0, z²)
    if q == 1:
        return np.asarray(certain.sum(axis=0))
    return np.asarray(np.logaddexp(math.log1p(-q), math.log(q) + certain).sum(axis=0))


def certified(inside: Floats, outside: Floats, certify: Certify) -> float:
    """The ε that a threshold on these scores proves, with 95 % confidence.

    Args:
        inside: Scores of runs with the canary, (runs,); high ones say that she is in.
        outside: Scores of runs without, (runs,).
        certify: What error rates prove: `any_mechanism(δ)`, or `gaussian(δ)`.
    """
    half, rest = len(inside) // 2, len(outside) // 2
    tried = np.concatenate([inside[:half], outside[:rest]])
    thresholds = np.quantile(tried, np.linspace(0, 1, _THRESHOLDS))
    best = max(thresholds, key=lambda t: certify(*_rates(inside[:half], outside[:rest], t)))
    return certify(*_rates(inside[half:], outside[rest:], best))


def any_mechanism(delta: float) -> Certify:
    """What two error rates prove of a mechanism of which nothing is known."""
    return partial(_by_definition, delta)


def gaussian(delta: float) -> Certify:
    """What two error rates prove where all noise is Gaussian and everyone is in every batch (q = 1).

    Then all tests lie on one curve, FNR = Φ(Φ⁻¹(1 − FPR) − μ) (Dong, Roth & Su 2022, section 2.2).
    """
    return partial(_by_curve, delta)


@lru_cache(maxsize=4096)
def at_most(count: int, trials: int, wrong: float = _EACH) -> float:
    """Clopper and Pearson's upper bound of a probability: the largest at which so few are not rare.

    Args:
        count: How often it happened.
        trials: Of how many.
        wrong: How often such a bound is too low, at most.
    """
    if count == trials:
        return 1.0
    low, high = count / trials, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if _tail(count, trials, middle) < wrong else (middle, high)
    return high


def _rates(inside: Floats, outside: Floats, threshold: float) -> tuple[float, float]:
    """Upper bounds of FPR and FNR."""
    named, missed = np.sum(outside >= threshold), np.sum(inside < threshold)
    return at_most(int(named), len(outside)), at_most(int(missed), len(inside))


def _by_definition(delta: float, fpr: float, fnr: float) -> float:
    best = max((1 - delta - fnr) / fpr, (1 - delta - fpr) / fnr)
    return math.log(max(best, 1.0))


def _by_curve(delta: float, fpr: float, fnr: float) -> float:
    if fpr + fnr >= 1:
        return 0.0
    normal = NormalDist()
    return analytic.epsilon_of(normal.inv_cdf(1 - fpr) - normal.inv_cdf(fnr), delta)


@lru_cache(maxsize=8)
def _log_choices(trials: int) -> Floats:
    """log of the binomial coefficients, (trials + 1,)."""
    log_factorial = np.array([math.lgamma(i + 1) for i in range(trials + 1)])
    return np.asarray(log_factorial[-1] - log_factorial - log_factorial[::-1])


def _tail(count: int, trials: int, p: float) -> float:
    """Probability of at most `count` of `trials`, 0 < p < 1."""
    i = np.arange(count + 1)
    logs = _log_choices(trials)[: count + 1] + i * math.log(p) + (trials - i) * math.log1p(-p)
    return float(np.exp(logs).sum())
