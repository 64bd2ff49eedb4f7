"""Covariate: other patients come to another hospital, so the columns have other values there.

For every column, the standardised mean difference between a hospital and all the others,

    d = (mean of its patients − mean of the others) / spread within both

which knows no unit (Austin 2009, "Balance diagnostics for comparing the distribution of baseline
covariates", where above .1 two groups count as out of balance). Austin's spread is the
mean of both variances; here it is the pooled one (Cohen 1988, chapter 2), because a hospital with
two patients has hardly a variance of its own. Cohen calls .2 small and .5 medium.

Their root mean square over hospitals (by patients) and columns is the whole difference. Dealt at
random, d² has the mean 1/n_i + 1/(N − n_i). Means are compared and nothing else: columns whose
spread or whose relation to each other differs look alike here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import Flags, Floats
from engine.heterogeneity.degree import Degree, limit
from engine.heterogeneity.measured import Measured

SOME, VERY = 0.2, 0.5
MOST = 10.0  # spreads; more only where hardly anything varies but between hospitals
ROUNDING = 1e-12  # of a column's size: no spread


@dataclass(frozen=True, eq=False)
class Covariate:
    """The differences of the columns.

    Attributes:
        degree: All of them in one number.
        apart: Each hospital from the others in each column, in spreads, (K, features); 0 for a
            column that is the same for everyone.
        columns: Root mean square of each column over the hospitals, (features,).
    """

    degree: Degree
    apart: Floats
    columns: Floats


def covariate(measured: Measured) -> Covariate:
    """How much columns differ; n/a with one hospital, or where no column varies."""
    own = measured.sizes[:, None].astype(np.float64)
    patients = own.sum()
    others = patients - own
    centre = (own * measured.mean).sum(axis=0) / patients
    apart = measured.mean - centre  # of the hospital from all
    from_others = apart * patients / np.maximum(others, 1)
    between = own * apart**2 + others * (apart - from_others) ** 2
    total = (measured.squares + own * apart**2).sum(axis=0)
    within = np.sqrt(np.maximum(total - between, 0) / max(1, patients - 2))
    within = np.maximum(within, np.abs(from_others) / MOST)
    size = np.maximum(np.abs(measured.least), np.abs(measured.most))
    varies = measured.most - measured.least > ROUNDING * size
    d = np.where(varies, from_others / np.where(within > 0, within, 1.0), 0.0)
    columns = np.sqrt((own / patients * d**2).sum(axis=0))
    return Covariate(_degree(measured, columns, varies), d, columns)


def _degree(measured: Measured, columns: Floats, varies: Flags) -> Degree:
    sizes, hospitals = measured.sizes, len(measured.sizes)
    patients = int(sizes.sum())
    by_chance = sizes / patients * (1 / sizes + 1 / np.maximum(patients - sizes, 1))
    chance = math.sqrt(float(by_chance.sum()))
    value = None
    if hospitals > 1 and varies.any():
        value = math.sqrt(float(np.mean(columns[varies] ** 2)))
    return Degree(value, chance, limit(chance, hospitals), SOME, VERY)
