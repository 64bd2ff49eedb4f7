"""Quantity: some hospitals have many patients, others few.

With votes n_i/N the sum Σ (n_i/N)² says how few decide: its inverse is the number of equal hospitals
that would share the say as evenly (Kish 1965, the effective number; in another field
Laakso & Taagepera 1979). The difference is the part of the hospitals that is lost in this:

    1 − K_effective / K,        K_effective = 1 / Σ (n_i/N)²

0 where all have as many; near 1 where one hospital has nearly all. Sizes that vary by half of their
mean come to .2, sizes that vary by all of it to .5. Chance has no part in sizes.
"""

from __future__ import annotations

from engine.arrays import Ints
from engine.heterogeneity.degree import Degree

SOME, VERY = 0.1, 0.4


def effective(sizes: Ints) -> float:
    """How many equal hospitals would share the votes as evenly as `sizes` (K,) do."""
    shares = sizes / sizes.sum()
    return float(1 / (shares @ shares))


def quantity(sizes: Ints) -> Degree:
    """How much sizes (K,) differ; n/a with one hospital."""
    value = max(0.0, 1 - effective(sizes) / len(sizes)) if len(sizes) > 1 else None
    return Degree(value, 0.0, 0.0, SOME, VERY)
