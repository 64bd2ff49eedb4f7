"""The columns as they were measured: every hospital's mean and spread, and the range of all.

The scaling is undone first: columns that each hospital has standardised by itself are alike in
mean and spread by construction, and would hide how the patients differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Federation, Table
from engine.steps import Steps

NUMBERS = 300_000  # worked on at once: some milliseconds
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
    undone, first = federation.scaling.undone, federation.train
    shift = undone(first.x[:1], first.owner[:1])[0]
    shape = (len(sizes), len(federation.features))
    total, squares = np.zeros(shape), np.zeros(shape)
    least, most = np.full(shape[1], np.inf), np.full(shape[1], -np.inf)
    done, patients = 0, int(sizes.sum())
    for table in tables:
        for rows in _blocks(table):
            x = undone(table.x[rows], table.owner[rows])
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


def _blocks(table: Table) -> Iterator[slice]:
    step = max(1, NUMBERS // table.x.shape[1])
    return (slice(i, min(i + step, len(table.x))) for i in range(0, len(table.x), step))
