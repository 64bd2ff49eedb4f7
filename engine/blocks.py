"""The cohort's training patients, laid out for the training kernel.

The kernel works on blocks of at most 512 hospitals, which fit a processor's cache. What it computes on
has the hospital axis last, where every operation runs over all hospitals at once. Hospitals are sorted
by size, largest first, so that those with patients left at a step are a run of columns.

Hospitals of one size visit their patients in the same order, so a minibatch of all of them is some
whole rows of one array: that is copied fastest. Hospitals of different sizes are gathered patient by
patient from the federation's table, and nothing is padded but the end of their last minibatch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Table

LARGEST = 512  # hospitals
_AT_ONCE = 500_000  # numbers that are turned round together: more would leave the cache
_LARGEST_SIZE = 4_000_000  # numbers of a block, were all hospitals as large as its first


@dataclass(frozen=True, eq=False)
class Block:
    """Some hospitals of a cohort, largest first.

    Attributes:
        rows: Their places in the cohort, (k,).
        hospitals: Their indices in the federation, (k,).
        sizes: Their training patients, descending, (k,).
        starts: Where in the table each hospital's rows begin, (k,).
        table: The federation's training patients.
    """

    rows: Ints
    hospitals: Ints
    sizes: Ints
    starts: Ints
    table: Table

    @property
    def width(self) -> int:
        """d: columns and a one."""
        return int(self.table.x.shape[1]) + 1

    @property
    def padding(self) -> int:
        """A row of the table that stands for nobody."""
        return len(self.table.x)

    def patients(self, rows: Ints) -> tuple[Floats, Floats, Floats]:
        """Of these rows of the table (b, k): themselves with a one (d, b, k), labels and lengths."""
        into = np.empty(rows.size * self.width)
        return *self.gathered(rows, into), self.table.lengths.take(rows.T).T

    def gathered(self, rows: Ints, into: Floats) -> tuple[Floats, Floats]:
        """These rows of the table (b, k) with a one, (d, b, k) in the memory of `into`; their labels.

        A patient's numbers lie together in the table and here, hospital after hospital: a view says
        that the hospitals come last. To turn them round would take longer than to train on them.
        """
        table, labels = self.table.with_one
        rows = np.ascontiguousarray(rows.T)
        x = into[: rows.size * self.width].reshape(*rows.shape, self.width)
        # The rows are valid; "clip" only spares NumPy a second buffer.
        table.take(rows, axis=0, out=x, mode="clip")
        return x.T, labels.take(rows).T

    def zeros(self, b: int) -> Floats:
        """(b, k), as this block's minibatches lie in memory."""
        raise NotImplementedError

    def found(self, order: Ints) -> Ints:
        """Where the patients of a visiting order (n_max, k or 1) lie, once for a whole pass."""
        raise NotImplementedError

    def in_order(self, found: Ints, into: Floats) -> tuple[Floats, Floats]:
        """All rows with a one (d, n_max, k), and labels (n_max, k), as they are visited."""
        raise NotImplementedError

    def minibatch(
        self, found: Ints, places: slice, active: slice, into: Floats
    ) -> tuple[Floats, Floats]:
        """Rows with a one (d, b, k_active), and labels (b, k_active), of some places of an order.

        Args:
            into: Memory for the rows, used again by every step: fresh memory costs more than the
                mathematics.
        """
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Equal(Block):
    """Hospitals of one size.

    Attributes:
        x: Columns and a one, (d, n, k).
        y: Labels, (n, k).
    """

    x: Floats
    y: Floats

    def zeros(self, b: int) -> Floats:
        """Hospitals last."""
        return np.zeros((b, len(self.sizes)))

    def found(self, order: Ints) -> Ints:
        """The one order that all share, (n,)."""
        return order[:, 0]

    def minibatch(
        self, found: Ints, places: slice, active: slice, into: Floats
    ) -> tuple[Floats, Floats]:
        """Whole rows of the block; all hospitals are active, since all have as many steps."""
        rows = found[places]
        if len(rows) == len(self.y):  # a full batch needs no order
            return self.x, self.y
        return self.in_order(rows, into)

    def in_order(self, found: Ints, into: Floats) -> tuple[Floats, Floats]:
        """These rows of the block."""
        d, _, k = self.x.shape
        x = into[: d * len(found) * k].reshape(d, len(found), k)
        self.x.take(found, axis=1, out=x, mode="clip")
        return x, self.y.take(found, axis=0)


@dataclass(frozen=True, eq=False)
class Ragged(Block):
    """Hospitals of different sizes."""

    def zeros(self, b: int) -> Floats:
        """A view of hospital after hospital."""
        return np.zeros((len(self.sizes), b)).T

    def found(self, order: Ints) -> Ints:
        """Rows of the table, (n_max, k)."""
        rows = self.starts + order
        rows[order >= self.sizes] = self.padding
        return rows

    def minibatch(
        self, found: Ints, places: slice, active: slice, into: Floats
    ) -> tuple[Floats, Floats]:
        """Gathered patient by patient."""
        return self.gathered(found[places, active], into)

    def in_order(self, found: Ints, into: Floats) -> tuple[Floats, Floats]:
        """Gathered patient by patient."""
        return self.gathered(found, into)


def blocks(table: Table, cohort: Ints, at_most: int = LARGEST) -> Iterator[Block]:
    """The blocks of `cohort` (k,), of at most so many hospitals: wide models take fewer at once."""
    largest_first = np.argsort(-table.sizes[cohort], kind="stable")
    start = 0
    while start < len(cohort):
        rows = _alike(table, cohort, largest_first[start : start + at_most])
        start += len(rows)
        hospitals = cohort[rows]
        block = Ragged(rows, hospitals, table.sizes[hospitals], table.starts[hospitals], table)
        yield _equal(block) if block.sizes[0] == block.sizes[-1] else block


def _alike(table: Table, cohort: Ints, rows: Ints) -> Ints:
    """The first of `rows`, as many as are at least half as large as the very first, and fit."""
    sizes = table.sizes[cohort[rows]]
    most = max(1, _LARGEST_SIZE // (int(sizes[0]) * (table.x.shape[1] + 1)))
    return rows[: min(most, int(np.count_nonzero(4 * sizes >= sizes[0])))]


def _equal(block: Block) -> Equal:
    table, n, k = block.table, int(block.sizes[0]), len(block.hospitals)
    x = np.empty((block.width, n, k))
    long = min(n, max(1, _AT_ONCE // block.width))  # patients of a hospital
    few = max(1, _AT_ONCE // (long * block.width))  # hospitals
    for first, place in product(range(0, k, few), range(0, n, long)):
        some, places = slice(first, first + few), slice(place, place + long)
        patients = block.starts[some, None] + np.arange(n)[places]  # (some of k, some of n)
        np.copyto(x[:-1, places, some], table.x.take(patients, axis=0).T)
    x[-1] = 1.0
    y = table.y[block.starts + np.arange(n)[:, None]]
    return Equal(block.rows, block.hospitals, block.sizes, block.starts, table, x, y)
