"""What subsampled Gaussian releases cost: the accountant at q < 1.

First a sketch of the losses, and Rényi accounting with it, tells about where ε lies (`window`); then
the losses themselves, put on a grid around there and added up, tell what it is (`composition`). The
Rényi bound alone would be 5–20 % too high.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.privacy.composition import spectrum
from engine.privacy.losses import Counts, Mechanism, Sketched
from engine.privacy.window import NEGLIGIBLE, choose, renyi_bound

FINE = 5e-6  # relative: about what the grid may add to ε

_PRECISE = 1e-5  # relative: the same for the distance of two worlds
_SMALL = 1e-12  # a probability that does not matter to it
_NEAR, _FAR = 0.8, 0.4  # of a guess at ε: where it mostly is, and where the guess was bad
_WORTH = 1e-4  # an ε below it is known well enough
_BEYOND = 1e5  # an ε above it protects nobody, and its bound will do
_CERTAIN = -36.0  # log of an overlap that leaves nothing to guess


def epsilons(
    mechanisms: Sequence[Mechanism], rows: Sequence[Counts], delta: float, fineness: float = FINE
) -> list[float]:
    """ε after each row of counts; the last row is the largest, and chooses the grid for all.

    Both directions have to be private, with the unit against without and without against with. The
    second is mostly the cheaper one, and where its Rényi bound says so already, it is not asked. An ε
    that is beyond all use is told by its bound, 5–20 % too high.
    """
    left = delta * (1 - 2 * NEGLIGIBLE)  # the outputs left out have 1.5 of it
    found = [0.0] * len(rows)
    for away in (False, True):
        sketched = Sketched.of(mechanisms, rows[-1], away, NEGLIGIBLE * delta)
        bounds = [renyi_bound(sketched.log_moments(row), left) for row in rows]
        if any(bound > so_far for bound, so_far in zip(bounds, found, strict=True)):
            near = sum(bound <= _BEYOND for bound in bounds)  # bounds ascend, as the rows do
            costs = bounds[near:]
            if near:
                most = bounds[near - 1]
                costs = _one_way(sketched, rows[:near], left, most, _NEAR * most, fineness) + costs
            found = list(map(max, found, map(min, costs, bounds)))
    return found


def at_most(mechanisms: Sequence[Mechanism], counts: Counts, delta: float) -> float:
    """ε by Rényi accounting, at once: 5–20 % above what `epsilons` will say."""
    sketched = Sketched.of(mechanisms, counts, False, NEGLIGIBLE * delta)
    return max(0.0, renyi_bound(sketched.log_moments(counts), delta))


def total_variation(mechanisms: Sequence[Mechanism], counts: Counts) -> float:
    """δ(0), in both directions the same: how far apart the worlds with and without the unit are."""
    sketched = Sketched.of(mechanisms, counts, False, _SMALL)
    if sketched.log_affinity(counts) < _CERTAIN:
        return 1.0
    window = choose(sketched.log_moments(counts), sketched.largest(counts), _SMALL, 0.0, 0.0)
    precision = _PRECISE * min(1.0, window.order * (1 + window.order))  # nats count as well
    log_distance, _ = spectrum(sketched, counts, counts, window, precision).total(counts).at(0)
    return math.exp(min(0.0, log_distance))


def _one_way(
    sketched: Sketched,
    rows: Sequence[Counts],
    delta: float,
    guess: float,
    lowest: float,
    fineness: float,
) -> list[float]:
    """ε of each row, on a grid for a `guess` at the last one's; on another where ε is far below it."""
    moments, largest = sketched.log_moments(rows[-1]), sketched.largest(rows[-1])
    window = choose(moments, largest, delta, guess, lowest)
    losses = spectrum(sketched, rows[0], rows[-1], window, fineness * guess * window.order)
    if losses.too_coarse:
        return [math.inf] * len(rows)  # the Rényi bound has to do
    found = [losses.total(counts).epsilon(delta) for counts in rows]
    for i, (row, epsilon) in enumerate(zip(rows, found, strict=True)):
        spills = epsilon < lowest and window.spills(
            sketched.log_moments(row), sketched.largest(row), delta, epsilon
        )
        if epsilon > _WORTH and (spills or epsilon < _FAR * guess):
            again = _one_way(sketched, [row], delta, epsilon, _FAR * epsilon, fineness)
            found[i] = min(epsilon, *again)
    return found
