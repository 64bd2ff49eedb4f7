"""A privacy loss on a grid that is never the smaller one, so that an answer made of it is safe.

Each interval of losses gives its mass to its two ends in such parts that the mass in the world with the
unit and the mass in the world without it both stay: "connect the dots" (Doroshenko, Ghazi, Kamath,
Kumar & Manurangsi 2022, "Connect the dots: tighter discrete approximations of privacy loss
distributions", section 4). As a function of e^ε, the δ of the dots is the true one's polygon: equal at
the grid's points, and in between its chord, above it since δ is convex. The price is of second order in
the width of the intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.privacy.losses import Mechanism, Reach

_NO_NUMBER = 1e-290  # masses below it have lost digits
_ENOUGH = 20_000  # dots of one loss, whatever their spacing


@dataclass(frozen=True)
class Spacing:
    """How far apart the dots are, in nats but for `stride`.

    Within `size` of zero, `stride` steps of the grid. Beyond it further, in proportion to the loss, up
    to `widest`: a rare large loss is not needed to more digits than a common small one.
    """

    step: float
    stride: int
    size: float
    widest: float


def dots(mechanism: Mechanism, away: bool, reach: Reach, spacing: Spacing) -> tuple[Ints, Floats]:
    """A loss that dominates: where its dots are, (m,) in steps of the grid, and their mass, (m,)."""
    near = spacing.step * spacing.stride
    ends = mechanism.loss(np.array(reach)) / near
    core = max(1, math.ceil(spacing.size / near))
    widest = max(1, math.ceil(max(spacing.widest, (ends[1] - ends[0]) * near / _ENOUGH) / near))
    places = _spread(math.floor(ends[0]), math.ceil(ends[1]), core, widest)
    edges: Floats = np.multiply(places, near, dtype=np.float64)
    with_unit, without = mechanism.masses(mechanism.output(edges))
    if away:
        mass = _connect(-edges[::-1], without[::-1], with_unit[::-1])
        return -places[::-1] * spacing.stride, mass
    return places * spacing.stride, _connect(edges, with_unit, without)


def _spread(first: int, last: int, core: int, widest: int) -> Ints:
    """Whole numbers from `first` to `last`: all within `core` of 0, then up to `widest` apart."""
    farthest, growth = max(-first, last, core), math.log1p(1 / core)
    bend = min(core * widest, farthest)
    growing = core * np.exp(growth * np.arange(math.ceil(math.log(bend / core) / growth) + 1))
    half = np.concatenate([np.arange(core), np.floor(growing), np.arange(bend, farthest, widest)])
    inside = np.concatenate([-half, half])
    inside = inside[(inside > first) & (inside < last)]
    return np.unique(np.concatenate([[first], inside, [last]])).astype(np.int64)


def _connect(edges: Floats, true: Floats, other: Floats) -> Floats:
    """Masses (m,) at the edges (m,) that keep the intervals' masses (m − 1,) in both worlds.

    Where the other world's mass is too small for a number, all goes to the upper, dearer end.
    """
    known = other > _NO_NUMBER
    upper = true.copy()
    excess = true[known] - np.exp(edges[:-1][known]) * other[known]
    upper[known] = excess / -np.expm1(edges[:-1][known] - edges[1:][known])
    upper = np.clip(upper, 0.0, true)
    mass = np.zeros(len(edges))
    mass[1:] += upper
    mass[:-1] += true - upper
    return mass
