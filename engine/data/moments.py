"""Counts, means and centred squares: what a hospital tells of its columns, and how they combine.

Chan, Golub & LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample
variances": the moments of parts give those of the whole without round-off that grows with the mean,
which sums of plain squares would not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Table
from engine.wire import Kind, pack, unpack


@dataclass(frozen=True, eq=False)
class Moments:
    """Counts, means and centred squares per column, each (…, features)."""

    count: Floats
    mean: Floats
    squares: Floats


def measure(table: Table, first: int, last: int) -> Moments:
    """What hospitals `first … last−1` know of their own columns, (k, features) each."""
    rows = slice(table.starts[first], table.starts[last])
    x, starts = table.x[rows], table.starts[first:last] - table.starts[first]
    sizes = table.sizes[first:last]
    there = ~np.isnan(x)
    # Distances from one of the hospital's own numbers: exact for a constant column, however large.
    shift = np.nan_to_num(np.fmax.reduceat(x, starts, axis=0))
    apart = np.where(there, x - np.repeat(shift, sizes, axis=0), 0.0)
    count = np.add.reduceat(there, starts, axis=0, dtype=np.float64)
    offset = np.add.reduceat(apart, starts, axis=0) / np.maximum(count, 1)
    apart -= np.repeat(offset, sizes, axis=0)
    squares = np.add.reduceat(np.where(there, apart**2, 0.0), starts, axis=0)
    return Moments(count, shift + offset, squares)


def combine(parts: Moments) -> Moments:
    """The moments of all parts (k, features) together, (features,)."""
    count = parts.count.sum(axis=0)
    means = np.where(parts.count > 0, parts.mean, np.nan)
    shift = np.nan_to_num(np.fmax.reduce(means, axis=0))
    apart = np.where(parts.count > 0, parts.mean - shift, 0.0)
    offset = (parts.count * apart).sum(axis=0) / np.maximum(count, 1)
    between = (parts.count * (apart - offset) ** 2).sum(axis=0)
    return Moments(count, shift + offset, parts.squares.sum(axis=0) + between)


def merge(one: Moments, other: Moments) -> Moments:
    """The moments of two parts together, (features,) each."""
    return combine(
        Moments(
            np.stack([one.count, other.count]),
            np.stack([one.mean, other.mean]),
            np.stack([one.squares, other.squares]),
        )
    )


def encode(own: Moments, hospitals: Ints, patients: Ints) -> tuple[bytes, ...]:
    """One message per hospital: count, sum and centred squares of each column, float64."""
    body = np.concatenate([own.count, own.count * own.mean, own.squares], axis=1)
    raw = np.ascontiguousarray(body, "<f8").view(np.uint8)
    return pack(Kind.STATISTICS, raw, hospitals=hospitals, weights=patients)


def decode(messages: Sequence[bytes]) -> tuple[Moments, int]:
    """The moments that hospitals sent, (k, features) each, and how many patients they have."""
    header, raw = unpack(Kind.STATISTICS, messages)
    count, total, squares = np.split(np.ascontiguousarray(raw).view("<f8"), 3, axis=1)
    return Moments(count, total / np.maximum(count, 1), squares), int(header["weight"].sum())
