"""The accountant: what releases cost in ε, and how much noise a budget needs.

The ledger says what was released; this says what it costs. All releases asked about are those of one
unit of privacy, one patient or one hospital, in any mix of noise and sampling. Where all are whole
(q = 1) the answer is exact in closed form (`analytic`); else it comes from the distribution of the
privacy loss, rounded up (`subsampled`), by about 1e-5 where ε is above a thousandth, by more below.
Answers depend on what was released alone, not on its order or how it was entered, to the last bit: a plan
that meets its budget meets it round by round.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from engine.arrays import Floats
from engine.errors import ScenarioError
from engine.privacy import analytic, subsampled
from engine.privacy.calibration import MOST, least_noise
from engine.privacy.ledger import Release, Releases
from engine.privacy.losses import Mechanism

Counted: TypeAlias = dict[Mechanism, int]  # sorted: how many releases of each

_FAR = 0.05  # relative: a first guess at a noise multiplier
_ROUGH = 1e-3  # relative: a grid this coarse will do while a calibration is still far
_CLOSE = 1e-5  # relative: how near to the budget a calibration comes, always from below
_SAFE_SIDE = 1 + 2.0**-36  # so that round-off in summing a plan's releases never passes its budget
_NOTHING_LEFT = 1e-6  # relative: a remainder of the budget this small is round-off


@lru_cache(maxsize=4096)
def epsilon(releases: Releases, delta: float) -> float:
    """ε that `releases` cost together at `delta`, rounded up if at all; inf where one has no noise."""
    return _costs([_counted(releases)], delta)[0]


@lru_cache(maxsize=1024)
def curve(past: Releases, one_round: Release, rounds: int, delta: float) -> Floats:
    """ε (rounds + 1,) after `past` and after each of `rounds` further rounds like `one_round`.

    Each round has `one_round.count` releases. Rounds whose numbers at most double share a grid; the
    last chooses it, so that the curve ends at exactly the ε of all releases together.
    """
    further = [replace(one_round, count=n * one_round.count) for n in range(rounds + 1)]
    rows = [_counted((*past, more)) for more in further]
    costs: list[float] = []
    last = rounds
    while last > 0:
        costs = _costs(rows[last // 2 + 1 : last + 1], delta) + costs
        last //= 2
    result = np.maximum.accumulate(_costs(rows[:1], delta) + costs)
    result.flags.writeable = False
    return result


@lru_cache(maxsize=1024)
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
    whole = analytic.mu_of(budget, delta) ** 2
    if sampling_rate == 1 and all(release.sampling_rate == 1 for release in noised):
        left = whole - _mu_squared(_counted(noised))
        return math.sqrt(steps / left) * _SAFE_SIDE if left > _NOTHING_LEFT * whole else math.inf
    if epsilon(noised, delta) >= budget * (1 - _NOTHING_LEFT):
        return math.inf

    # Three accountants, each nearer to the truth and dearer to ask, each starting where the last ended.
    def all_with(z: float) -> Releases:
        return (*noised, Release(z, steps, sampling_rate))

    def roughly(z: float) -> float:
        return _costs([_counted(all_with(z))], delta, _ROUGH)[0]

    start = min(max(sampling_rate * math.sqrt(steps / whole), 1.0), MOST)
    z = least_noise(lambda z: _renyi(_counted(all_with(z)), delta), budget, start, 2.0, _FAR)
    # Where the past has nearly used the budget up, the first accountant may see nothing left.
    z = least_noise(roughly, budget, z if z < math.inf else start, 1.2, _ROUGH)
    z = least_noise(lambda z: epsilon(all_with(z), delta), budget, z, 1.004, _CLOSE)
    if math.isinf(z) and not noised:
        raise ScenarioError(f"epsilon: no noise multiplier up to {MOST:g} keeps it at {budget:g}.")
    return z


@lru_cache(maxsize=1024)
def best_guess(releases: Releases) -> float:
    """Success of the best test that tells whether the unit was there, both equally likely: ½ … 1.

    It is (1 + δ(0)) / 2, which is Φ(μ/2) for whole releases (Dong, Roth & Su 2022, section 2).
    """
    counts = _counted(releases)
    if any(one.noise_multiplier == 0 for one in counts):
        return 1.0
    if all(one.sampling_rate == 1 for one in counts):
        return analytic.best_guess(math.sqrt(_mu_squared(counts)))
    return (1 + subsampled.total_variation(list(counts), list(counts.values()))) / 2


def ceiling(epsilon: float, delta: float) -> float:
    """What (ε, δ) alone promise of the best guess: right at most (e^ε + δ) / (1 + e^ε) of the time."""
    return (1 + delta * math.exp(-epsilon)) / (1 + math.exp(-epsilon))


def naive(releases: Releases, delta: float) -> tuple[float, float]:
    """Each release by itself at `delta`, added up: (Σ ε, Σ δ). Right, and far too much to report."""
    counts = _counted(releases)
    alone = (
        n * epsilon((Release(one.noise_multiplier, 1, one.sampling_rate),), delta)
        for one, n in counts.items()
    )
    return math.fsum(alone), delta * sum(counts.values())


def _costs(rows: Sequence[Counted], delta: float, fineness: float = subsampled.FINE) -> list[float]:
    """ε of each row of releases of the same mechanisms, the last row the largest."""
    mechanisms = list(rows[-1])
    if any(one.noise_multiplier == 0 for one in mechanisms):
        return [math.inf] * len(rows)
    if all(one.sampling_rate == 1 for one in mechanisms):
        return [analytic.epsilon_of(math.sqrt(_mu_squared(row)), delta) for row in rows]
    if _ever(rows[-1]) <= delta:
        return [0.0] * len(rows)
    return subsampled.epsilons(mechanisms, [list(row.values()) for row in rows], delta, fineness)


def _renyi(row: Counted, delta: float) -> float:
    return subsampled.at_most(list(row), list(row.values()), delta)


def _counted(releases: Releases) -> Counted:
    """How many releases of each mechanism, those alike added up, in an order of their own.

    What was released never, with probability 0, or under noise without end, costs nothing.
    """
    counts: dict[Mechanism, int] = {}
    for release in releases:
        if release.count > 0 and release.sampling_rate > 0 and release.noise_multiplier < math.inf:
            mechanism = Mechanism(release.sampling_rate, release.noise_multiplier)
            counts[mechanism] = counts.get(mechanism, 0) + release.count
    return dict(sorted(counts.items()))


def _ever(row: Counted) -> float:
    """Probability that the unit's data is in any release at all; δ from there on allows everything."""
    never = math.fsum(
        n * math.log1p(-one.sampling_rate) if one.sampling_rate < 1 else -math.inf
        for one, n in row.items()
    )
    return -math.expm1(never)


def _mu_squared(counts: Counted) -> float:
    """μ² of whole releases together (`analytic`)."""
    return math.fsum(n / one.noise_multiplier**2 for one, n in counts.items())
