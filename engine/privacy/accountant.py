"""The accountant: what releases cost in ε, and how much noise a budget needs.

The ledger says what was released; this says what it costs. Whole releases (q = 1) are accounted in
closed form (`analytic`), subsampled ones by their privacy-loss distribution (`subsampled`). All
releases are those of one unit of privacy: one patient, or one hospital.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from engine.arrays import Floats
from engine.errors import ScenarioError
from engine.privacy import analytic, subsampled
from engine.privacy.ledger import Release

Releases = tuple[Release, ...]

_CLOSE = 1e-6  # relative: how near to the budget a calibration comes, always from below
_LEAST, _MOST = 1e-2, 1e6  # noise multipliers worth looking at
_SAFE_SIDE = 1 + 2.0**-36  # so that round-off in summing a plan's releases never passes its budget
_NOTHING_LEFT = 1e-6  # relative: a remainder of μ² this small is round-off, not a budget


@lru_cache(maxsize=4096)
def epsilon(releases: Releases, delta: float) -> float:
    """ε that `releases` cost together at `delta`, rounded up if at all; inf where one has no noise."""
    parts = _parts(releases)
    if any(part.noise_multiplier == 0 for part in parts):
        return math.inf
    if all(part.sampling_rate == 1 for part in parts):
        return analytic.epsilon_of(_mu(parts), delta)
    both = subsampled.together([(p.sampling_rate, p.noise_multiplier, p.count) for p in parts])
    return max(losses.epsilon(delta) for losses in both)


@lru_cache(maxsize=256)
def curve(past: Releases, one_round: Release, rounds: int, delta: float) -> Floats:
    """ε (rounds + 1,) after `past` and after each of `rounds` further rounds like `one_round`."""
    z, count, q = one_round.noise_multiplier, one_round.count, one_round.sampling_rate
    costs = [epsilon((*past, Release(z, n * count, q)), delta) for n in range(rounds + 1)]
    result = np.maximum.accumulate(costs)
    result.flags.writeable = False
    return result


@lru_cache(maxsize=256)
def noise_multiplier(
    budget: float, delta: float, steps: int, sampling_rate: float = 1.0, past: Releases = ()
) -> float:
    """The smallest z whose `steps` releases, with those of `past`, cost at most `budget` ε.

    Releases of `past` without noise can never be made good: they are left out.
    Returns inf where `past` has used the budget up.

    Raises:
        ScenarioError: No noise multiplier up to a million meets the budget.
    """
    noised = tuple(release for release in past if release.noise_multiplier > 0)
    if all(release.sampling_rate == 1 for release in noised) and sampling_rate == 1:
        whole = analytic.mu_of(budget, delta) ** 2
        left = whole - _mu(noised) ** 2
        if left <= _NOTHING_LEFT * whole:
            return math.inf
        return math.sqrt(steps / left) * _SAFE_SIDE
    if noised and epsilon(noised, delta) >= budget * (1 - _CLOSE):
        return math.inf

    def off(z: float) -> float:
        cost = epsilon((*noised, Release(z, steps, sampling_rate)), delta)
        return math.log(cost / budget) if cost > 0 else -math.inf

    return _root(off, budget)


def best_guess(releases: Releases) -> float:
    """Success of the best test that tells two neighbouring inputs apart, equally likely."""
    parts = _parts(releases)
    if any(part.noise_multiplier == 0 for part in parts):
        return 1.0
    if all(part.sampling_rate == 1 for part in parts):
        return analytic.best_guess(_mu(parts))
    both = subsampled.together([(p.sampling_rate, p.noise_multiplier, p.count) for p in parts])
    return (1 + min(1.0, max(losses.delta_of_zero() for losses in both))) / 2


def ceiling(epsilon: float) -> float:
    """What ε alone promises of the best guess: e^ε / (1 + e^ε)."""
    return 1 / (1 + math.exp(-epsilon))


def naive(releases: Releases, delta: float) -> tuple[float, float]:
    """Each release by itself at `delta`, added up: (Σ ε, Σ δ), the sum nobody should report."""
    parts = _parts(releases)
    alone = [
        (epsilon((Release(p.noise_multiplier, 1, p.sampling_rate),), delta), p.count) for p in parts
    ]
    return sum(cost * count for cost, count in alone), delta * sum(count for _, count in alone)


def _mu(releases: Releases) -> float:
    """The Gaussian-DP parameter of whole releases together."""
    return math.sqrt(sum(release.count / release.noise_multiplier**2 for release in releases))


def _parts(releases: Releases) -> Releases:
    """The releases with those alike added up, in an order of their own; none that counts nothing."""
    counts: dict[tuple[float, float], int] = {}
    for release in releases:
        kind = release.sampling_rate, release.noise_multiplier
        counts[kind] = counts.get(kind, 0) + release.count
    return tuple(Release(z, n, q) for (q, z), n in sorted(counts.items()) if n > 0 and q > 0)


def _root(off: Callable[[float], float], budget: float) -> float:
    """The smallest z at which `off` is not above 0."""
    low, high = _LEAST, _MOST
    if off(high) > 0:
        raise ScenarioError(f"epsilon: no noise multiplier up to {_MOST:g} keeps it at {budget:g}.")
    high = 1.0
    while off(high) > 0:
        low, high = high, 2 * high
    while high / low > 1 + _CLOSE:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if off(middle) > 0 else (low, middle)
    return high
