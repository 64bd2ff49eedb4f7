"""Standardised columns, as hospitals can agree on them without showing a patient.

Each hospital sends, for every column, how many numbers it has, their sum, and their squares about
its own mean. The server combines these (`engine.data.moments`) and sends mean and standard
deviation back. Both messages are really encoded, and what is used is what was decoded. A missing
number becomes the pooled mean, which moves no mean and adds no square. Where bounds are given
(`engine.data.ranges`) nothing is measured and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.federation import Scaling, Table
from engine.data.gaps import few, filled_in
from engine.data.moments import Moments, combine, decode, encode, measure, merge
from engine.data.ranges import REACH
from engine.data.source import listed, shown
from engine.errors import DataError
from engine.steps import Steps, finished
from engine.wire import Kind, Traffic, pack, unpack

BLOCK = 1_000_000  # numbers worked on at once
ROUNDING = 8 * np.finfo(np.float64).eps  # a spread below this part of the mean is round-off


Done: TypeAlias = tuple[Scaling, Traffic, tuple[str, ...]]
_WHAT = "putting columns on a common scale"


def scale(train: Table, test: Table, features: Sequence[str], kind: str) -> Done:
    """`standardising`, all its steps at once."""
    return finished(standardising(train, test, features, kind))


def by_ranges(train: Table, test: Table, features: Sequence[str], bounds: Floats) -> Steps[Done]:
    """Cut both tables in place to `bounds` (2, features), and bring these to ±`REACH`; a gap is 0."""
    missing = yield from _missing(train, test)
    low, high = bounds
    middle, unit = (low + high) / 2, (high - low) / (2 * REACH)
    outside = np.zeros(len(features), np.int64)
    for table in (train, test):
        for rows in _parts(table.x):
            x = table.x[rows]
            outside += ((x < low) | (x > high)).sum(axis=0)
            np.copyto(x, middle, where=np.isnan(x))
            table.x[rows] = (np.clip(x, low, high) - middle) / unit
            yield _WHAT, rows.stop, len(table.x)
    notes = _notes(missing, features, "the middle of their range")
    far = [f"{shown(name)} {n:,}" for name, n in zip(features, outside, strict=True) if n]
    if far:
        notes += (f"Numbers beyond data.ranges count as the nearer bound: {few(far)}.",)
    return Scaling("ranges", middle, unit, middle), Traffic(), notes


def standardising(train: Table, test: Table, features: Sequence[str], kind: str) -> Steps[Done]:
    """Fill missing numbers and standardise both tables in place.

    Returns:
        What was done, the set-up messages it took, and notes.

    Raises:
        DataError: A column without a number, or with numbers too large to square.
    """
    missing = yield from _missing(train, test)
    traffic, mean, std, fill = Traffic(), None, None, None
    if kind == "global" or missing.any():
        traffic, mean, std = yield from _agree(train, features)
        fill = mean
        if missing.any():
            yield from _fill((train, test), mean)
    if kind == "hospital":
        mean, std = yield from _own(train, features)
    if kind == "none" or mean is None or std is None:
        return Scaling("none", None, None, fill), traffic, _notes(missing, features)
    yield from _standardise((train, test), mean, std, features)
    return Scaling(kind, mean, std, fill), traffic, _notes(missing, features)


def _agree(train: Table, features: Sequence[str]) -> Steps[tuple[Traffic, Floats, Floats]]:
    """One exchange with the server: (traffic, mean, std) as every hospital decodes them."""
    nothing = np.zeros(len(features))
    traffic, patients, so_far = Traffic(), 0, Moments(nothing, nothing, nothing)
    for first, last in _blocks(train):
        own = yield from _measured(train, first, last)
        with np.errstate(over="ignore", invalid="ignore"):
            messages = encode(own, np.arange(first, last), train.sizes[first:last])
            traffic = traffic.sent(Kind.STATISTICS, messages)
            received, arrived = decode(messages)
            patients += arrived
            so_far = merge(so_far, combine(received))
    _refuse_empty(so_far.count, features)
    mean, std = so_far.mean, _spread(so_far.squares / patients, so_far.mean, features)
    raw = np.concatenate([mean, std]).astype("<f8").view(np.uint8)[None]
    answer = pack(Kind.SCALING, raw, hospitals=np.zeros(1, np.int64))
    traffic = traffic.sent(Kind.SCALING, answer, copies=len(train.sizes))
    mean, std = np.split(np.ascontiguousarray(unpack(Kind.SCALING, answer)[1][0]).view("<f8"), 2)
    return traffic, mean, std


def _own(train: Table, features: Sequence[str]) -> Steps[tuple[Floats, Floats]]:
    """Each hospital's own mean and standard deviation, (K, features); nothing is sent."""
    parts = []
    for first, last in _blocks(train):
        parts.append((yield from _measured(train, first, last)))
    mean = np.concatenate([part.mean for part in parts])
    squares = np.concatenate([part.squares for part in parts])
    return mean, _spread(squares / train.sizes[:, None], mean, features)


def _measured(train: Table, first: int, last: int) -> Steps[Moments]:
    """What hospitals `first … last−1` know of their columns; of one large hospital part by part."""
    if last - first > 1 or train.sizes[first] * train.x.shape[1] <= 2 * BLOCK:
        with np.errstate(over="ignore", invalid="ignore"):
            found = measure(train, first, last)
        yield _WHAT, int(train.starts[last]), len(train.x)
        return found
    x = train.x[train.starts[first] : train.starts[last]]
    nothing = np.zeros(x.shape[1])
    so_far = Moments(nothing, nothing, nothing)
    for rows in _parts(x):
        part = Table(x[rows], train.y[:0], np.array([0, rows.stop - rows.start]))
        with np.errstate(over="ignore", invalid="ignore"):
            so_far = merge(so_far, combine(measure(part, 0, 1)))
        yield _WHAT, int(train.starts[first]) + rows.stop, len(train.x)
    return Moments(so_far.count[None], so_far.mean[None], so_far.squares[None])


def _spread(variance: Floats, mean: Floats, features: Sequence[str]) -> Floats:
    """Standard deviations; 0 where only round-off differs."""
    finite = np.asarray(np.isfinite(variance).reshape(-1, len(features)).all(axis=0))
    _refuse_large(finite, features)
    std = np.sqrt(variance)
    return np.where(std <= ROUNDING * np.abs(mean), 0.0, std)


def _refuse_large(finite: Flags, features: Sequence[str]) -> None:
    """Refuse columns whose numbers came to be infinite; `finite` (features,) says which did not."""
    large = [name for name, fine in zip(features, finite.tolist(), strict=True) if not fine]
    if large:
        raise DataError(
            f"data: the numbers of {listed(large)} are too large to standardise; "
            "use a larger unit, or leave the column out with data.drop."
        )


def _standardise(
    tables: Sequence[Table], mean: Floats, std: Floats, features: Sequence[str]
) -> Steps[None]:
    """Subtract and divide in place; a constant column becomes 0."""
    divisor = np.where(std > 0, std, np.inf)
    for table in tables:
        for rows in _parts(table.x):
            own = table.owner[rows] if mean.ndim == 2 else slice(None)
            with np.errstate(over="ignore", invalid="ignore"):
                table.x[rows] -= mean[own]
                table.x[rows] /= divisor[own]
            _refuse_large(np.asarray(np.isfinite(table.x[rows]).all(axis=0)), features)
            yield _WHAT, rows.stop, len(table.x)


def _fill(tables: Sequence[Table], mean: Floats) -> Steps[None]:
    for table in tables:
        for rows in _parts(table.x):
            x = table.x[rows]
            np.copyto(x, mean, where=np.isnan(x))
            yield "filling in missing numbers", rows.stop, len(table.x)


def _missing(*tables: Table) -> Steps[Ints]:
    """Missing numbers of each column, (features,)."""
    counts = np.zeros(tables[0].x.shape[1], np.int64)
    for table in tables:
        for rows in _parts(table.x):
            counts += np.isnan(table.x[rows]).sum(axis=0)
            yield "looking for missing numbers", rows.stop, len(table.x)
    return counts


def _notes(missing: Ints, features: Sequence[str], *became: str) -> tuple[str, ...]:
    gaps = [f"{shown(name)} {n:,}" for name, n in zip(features, missing, strict=True) if n]
    return filled_in(gaps, int(missing.sum()), *became)


def _refuse_empty(count: Floats, features: Sequence[str]) -> None:
    empty = [name for name, n in zip(features, count, strict=True) if n == 0]
    if empty:
        raise DataError(
            f"data: {listed(empty)} has no number among the training patients; "
            "leave it out with data.drop."
        )


def _blocks(table: Table) -> Iterator[tuple[int, int]]:
    """Ranges of hospitals of about `BLOCK` numbers, at least one hospital each."""
    rows, last, hospitals = max(1, BLOCK // table.x.shape[1]), 0, len(table.sizes)
    while last < hospitals:
        first = last
        fits = int(np.searchsorted(table.starts, table.starts[first] + rows, side="right")) - 1
        last = min(max(fits, first + 1), hospitals)
        yield first, last


def _parts(x: Floats) -> Iterator[slice]:
    """The rows of x, about `BLOCK` numbers at a time."""
    step = max(1, BLOCK // x.shape[1])
    for first in range(0, len(x), step):
        yield slice(first, min(first + step, len(x)))
