"""The columns as they were measured: every hospital's mean and spread, and the range of all.

The scaling is undone first: columns that each hospital has standardised by itself are alike in
mean and spread by construction, and would hide how the patients differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Federation, Scaling, Table
from engine.steps import Steps

NUMBERS = 300_000  # worked on at once: some milliseconds
ROUNDING = 1e-12  # of a column's mean: undoing the scaling leaves that of a zero
WHAT = "how the columns differ"


@dataclass(frozen=True, eq=False)
class Measured:
    """All patients' columns, held-out ones included; a missing number counts as it was filled in.

    Attributes:
        sizes: Patients, (K,).
        mean: Of each hospital's columns, (K, features).
        squares: About that mean, summed, (K, features).
        least, most: Over everyone, (features,).
    """

    sizes: Ints
    mean: Floats
    squares: Floats
    least: Floats
    most: Floats


def measure(federation: Federation) -> Steps[Measured]:
    """What the columns of a federation are, block after block of rows."""
    tables = (federation.train, federation.test)
    sizes = federation.train.sizes + federation.test.sizes
    shift = undone(federation.scaling, federation.train, slice(0, 1))[0]
    shape = (len(sizes), len(federation.features))
    total, squares = np.zeros(shape), np.zeros(shape)
    least, most = np.full(shape[1], np.inf), np.full(shape[1], -np.inf)
    done, patients = 0, int(sizes.sum())
    for table in tables:
        for rows in _blocks(table):
            x = undone(federation.scaling, table, rows)
            np.minimum(least, x.min(axis=0), out=least)
            np.maximum(most, x.max(axis=0), out=most)
            x = x - shift  # close to the numbers, so that their squares keep their digits
            hospitals, firsts = np.unique(table.owner[rows], return_index=True)
            total[hospitals] += np.add.reduceat(x, firsts, axis=0)
            squares[hospitals] += np.add.reduceat(x**2, firsts, axis=0)
            done += len(x)
            yield WHAT, done, patients
    mean = total / sizes[:, None]
    squares = np.maximum(squares - total * mean, 0)
    return Measured(sizes, mean + shift, squares, least, most)


def undone(scaling: Scaling, table: Table, rows: slice | Ints) -> Floats:
    """Some rows as they were measured; a zero is zero again."""
    if scaling.mean is None or scaling.std is None:
        return table.x[rows]
    own = table.owner[rows] if scaling.mean.ndim == 2 else slice(None)
    mean = scaling.mean[own]
    x = table.x[rows] * scaling.std[own] + mean
    return np.where(np.abs(x) <= ROUNDING * np.abs(mean), 0.0, x)


def _blocks(table: Table) -> Iterator[slice]:
    step = max(1, NUMBERS // table.x.shape[1])
    return (slice(i, min(i + step, len(table.x))) for i in range(0, len(table.x), step))
