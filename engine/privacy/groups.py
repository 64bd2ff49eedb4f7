"""Hospitals that are planned for alike, since each distinct plan costs the accountant a search.

Where hospitals differ in size there may be as many plans as hospitals. ε grows with the sampling rate
and with the number of releases, so a plan for a little more of both is a plan for both: rates and
numbers are rounded up to a grid, the finest that leaves few enough plans for each distinct past. What is
spent is then told a little too high, never too low.
"""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Floats, Ints

MOST = 48  # plans
_FINEST = 0.02  # relative width of a grid; its next coarser one is twice as wide

Group = tuple[int, float, int, int]  # past, sampling rate, releases in a round, rounds


def rounded_up(q: Floats, steps: Ints, rounds: Ints) -> tuple[Floats, Ints, Ints]:
    """Rates, releases a round and rounds of each hospital, (K,) each, with few distinct triples."""
    width, found = _FINEST, (q, steps, rounds)
    while len(np.unique(np.column_stack(found), axis=0)) > MOST:
        found = (
            np.minimum(_up(q, width), 1.0),
            np.ceil(_up(steps, width) - 1e-9).astype(np.int64),
            np.minimum(np.ceil(_up(rounds, width) - 1e-9).astype(np.int64), rounds.max()),
        )
        width *= 2
    return found


def alike(past: Ints, q: Floats, steps: Ints, rounds: Ints) -> tuple[list[Group], Ints]:
    """The distinct groups, and each hospital's, (K,)."""
    table = np.column_stack([past, q, steps, rounds])
    distinct, group = np.unique(table, axis=0, return_inverse=True)
    groups = [(int(p), float(rate), int(s), int(r)) for p, rate, s, r in distinct]
    return groups, np.asarray(group).reshape(-1)


def _up(values: Floats | Ints, width: float) -> Floats:
    """Up to the next power of 1 + width."""
    base = math.log1p(width)
    powers = np.ceil(np.log(np.maximum(values, 1e-300)) / base - 1e-12)
    return np.where(values > 0, np.maximum(np.exp(powers * base), values), 0.0)
