"""The cohort's training patients, laid out for the training kernel.

The kernel works on blocks of at most 512 hospitals, which fit a processor's cache, with the hospital
axis last. Hospitals are sorted by size, largest first, so that those which still have patients left
at a step are a run of columns, and padding stays small. A padding row is zero with label ½: at any
params its residual σ(0) − ½ is exactly zero, so it adds nothing to a gradient or a loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Table

LARGEST = 512  # hospitals


@dataclass(frozen=True, eq=False)
class Block:
    """Some hospitals of a cohort, largest first.

    Attributes:
        rows: Their places in the cohort, (k,).
        hospitals: Their indices in the federation, (k,).
        sizes: Their training patients, descending, (k,).
        x: Columns and a one, zero-padded, (d, n_max, k).
        y: Labels, ½ in the padding, (n_max, k).
    """

    rows: Ints
    hospitals: Ints
    sizes: Ints
    x: Floats
    y: Floats


def blocks(table: Table, cohort: Ints) -> Iterator[Block]:
    """The blocks of `cohort` (k,)."""
    largest_first = np.argsort(-table.sizes[cohort], kind="stable")
    for start in range(0, len(cohort), LARGEST):
        rows = largest_first[start : start + LARGEST]
        yield _block(table, rows, cohort[rows])


def _block(table: Table, rows: Ints, hospitals: Ints) -> Block:
    sizes = table.sizes[hospitals]
    n_max, features, k = int(sizes.max()), table.x.shape[1], len(hospitals)
    place = np.arange(n_max)[:, None]
    real = place < sizes  # (n_max, k)
    source = np.where(real, table.starts[hospitals] + place, 0)
    x = np.empty((features + 1, n_max, k))
    for column in range(features):  # column by column: no second copy of the block in between
        x[column] = np.where(real, table.x[source, column], 0.0)
    x[features] = real
    return Block(rows, hospitals, sizes, x, np.where(real, table.y[source], 0.5))
