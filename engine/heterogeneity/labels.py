"""Label: the rate of positives is another one in each hospital.

Cramér's V (Cramér 1946, chapter 21) of the table hospital × label:

    V² = Σ_i (n_i/N) (p_i − p)² / (p (1 − p))

with p_i the rate in hospital i and p that of all. It is 0 where all rates are one and 1 where every
hospital has one class only, whether positives are common or rare. Dealt at random, the same
patients have (K − 1)/(N − 1) for a mean V² (Bergsma 2013, "A bias-correction for Cramér's V", whose
correction subtracts just that). Cohen (1988, chapter 7) calls .1 small and .3 medium.
"""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Floats, Ints
from engine.heterogeneity.degree import Degree, limit

SOME, VERY = 0.1, 0.3


def label(sizes: Ints, rates: Floats) -> Degree:
    """How much labels differ, from sizes (K,) and rates of positives (K,).

    Nothing can be measured with one hospital, or where all patients have one label.
    """
    patients, hospitals = int(sizes.sum()), len(sizes)
    shares = sizes / patients
    rate = float(shares @ rates)
    chance = math.sqrt((hospitals - 1) / max(1, patients - 1))
    spread = rate * (1 - rate)
    value = None
    if hospitals > 1 and spread > 0:
        value = math.sqrt(float(shares @ (rates - rate) ** 2) / spread)
    return Degree(value, chance, limit(chance, hospitals), SOME, VERY)


def notebook_score(rates: Floats) -> float:
    """The heterogeneity score of the notebook: the standard deviation of the label ratios.

    It sees the labels alone, counts a hospital of ten patients as much as one of a thousand, and
    takes what chance does for a difference; sizes, columns and what the columns mean are not in it.
    """
    return float(np.std(rates))
