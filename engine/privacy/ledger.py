"""The ledger: what was released, kept apart from how it is accounted.

A release is a fact about the past; which ε it costs is the accountant's answer for a δ. Releases with
different noise compose, so a run whose settings change in the middle needs no rule of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.privacy import analytic


@dataclass(frozen=True)
class Release:
    """One round's sum, sent on. `noise_multiplier` z is 0 where it had no noise."""

    noise_multiplier: float


_SAFE_SIDE = 1 + 2.0**-36  # so that round-off in summing a plan's releases never passes its budget
Ledger = tuple[Release, ...]


def mu(ledger: Ledger) -> float:
    """The Gaussian-DP parameter of everything released; inf where something had no noise."""
    if any(release.noise_multiplier == 0 for release in ledger):
        return math.inf
    return math.sqrt(sum(release.noise_multiplier**-2 for release in ledger))


def epsilon(ledger: Ledger, delta: float) -> float:
    """ε spent at `delta` by everything released; inf where something had no noise."""
    return analytic.epsilon_of(mu(ledger), delta)


def noise_multiplier(epsilon: float, delta: float, rounds: int, released: Ledger = ()) -> float:
    """z for each of `rounds` releases so that they and those before meet (ε, δ) together.

    Releases without noise can never be made good: they are left out, and ε stays infinite.
    Returns inf where what was released has used up the budget.
    """
    noisy = tuple(release for release in released if release.noise_multiplier > 0)
    left = analytic.mu_of(epsilon, delta) ** 2 - mu(noisy) ** 2
    return math.sqrt(rounds / left) * _SAFE_SIDE if left > 0 else math.inf
