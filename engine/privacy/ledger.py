"""The ledger: what was released, kept apart from how it is accounted.

A release is a fact about the past; which ε it costs is the accountant's answer for a δ. Releases with
different noise compose, so a run whose settings change in the middle needs no rule of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.privacy import analytic

_SAFE_SIDE = 1 + 2.0**-36  # so that round-off in summing a plan's releases never passes its budget
_NOTHING_LEFT = 1e-6  # relative: a remainder of μ² this small is round-off, not a budget


@dataclass(frozen=True)
class Release:
    """Releases alike: `count` of them, each with a unit's data in it with probability `sampling_rate` q.

    `noise_multiplier` z is the noise's standard deviation per sensitivity; 0 where there was no noise.
    """

    noise_multiplier: float
    count: int = 1
    sampling_rate: float = 1.0


Ledger = tuple[Release, ...]


def and_then(ledger: Ledger, noise_multiplier: float) -> Ledger:
    """The ledger with one more round; rounds in a row that are alike share an entry."""
    if ledger and ledger[-1].noise_multiplier == noise_multiplier:
        return (*ledger[:-1], Release(noise_multiplier, ledger[-1].count + 1))
    return (*ledger, Release(noise_multiplier))


def mu(ledger: Ledger) -> float:
    """The Gaussian-DP parameter of everything released; inf where something had no noise."""
    if any(release.noise_multiplier == 0 for release in ledger):
        return math.inf
    return math.sqrt(sum(release.count / release.noise_multiplier**2 for release in ledger))


def epsilon(ledger: Ledger, delta: float) -> float:
    """ε spent at `delta` by everything released; inf where something had no noise."""
    return analytic.epsilon_of(mu(ledger), delta)


def noised(ledger: Ledger) -> Ledger:
    """The releases that had noise."""
    return tuple(release for release in ledger if release.noise_multiplier > 0)


def noise_multiplier(epsilon: float, delta: float, rounds: int, released: Ledger = ()) -> float:
    """z for each of `rounds` releases so that they and those before meet (ε, δ) together.

    Releases without noise can never be made good: they are left out, and ε stays infinite.
    Returns inf where what was released has used up the budget.
    """
    whole = analytic.mu_of(epsilon, delta) ** 2
    left = whole - mu(noised(released)) ** 2
    if left <= _NOTHING_LEFT * whole:
        return math.inf
    return math.sqrt(rounds / left) * _SAFE_SIDE
