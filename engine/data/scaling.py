"""Standardised columns, as hospitals can agree on them without showing a patient.

Each hospital sends, for every column, how many numbers it has, their sum, and their squares about
its own mean. The server combines these (`engine.data.moments`) and sends mean and standard
deviation back. Both messages are really encoded, and what is used is what was decoded. A missing
number becomes the pooled mean, which moves no mean and adds no square.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Scaling, Table
from engine.data.moments import Moments, combine, decode, encode, measure, merge
from engine.data.source import listed, shown
from engine.errors import DataError
from engine.wire import Kind, Traffic, pack, unpack

BLOCK = 1_000_000  # numbers worked on at once
ROUNDING = 8 * np.finfo(np.float64).eps  # a spread below this part of the mean is round-off


def scale(
    train: Table, test: Table, features: Sequence[str], kind: str
) -> tuple[Scaling, Traffic, tuple[str, ...]]:
    """Fill missing numbers and standardise both tables in place.

    Returns:
        What was done, the set-up messages it took, and notes.

    Raises:
        DataError: A column without a number, or with numbers too large to square.
    """
    missing = _missing(train) + _missing(test)
    traffic, mean, std = Traffic(), None, None
    if kind == "global" or missing.any():
        traffic, mean, std = _agree(train, features)
        for table in (train, test):
            _fill(table, mean)
    if kind == "hospital":
        mean, std = _own(train, features)
    if kind == "none" or mean is None or std is None:
        return Scaling("none", None, None), traffic, _notes(missing, features)
    for table in (train, test):
        _standardise(table, mean, std)
    return Scaling(kind, mean, std), traffic, _notes(missing, features)


def _agree(train: Table, features: Sequence[str]) -> tuple[Traffic, Floats, Floats]:
    """One exchange with the server: (traffic, mean, std) as every hospital decodes them."""
    nothing = np.zeros(len(features))
    traffic, patients, so_far = Traffic(), 0, Moments(nothing, nothing, nothing)
    with np.errstate(over="ignore", invalid="ignore"):
        for first, last in _blocks(train):
            hospitals = np.arange(first, last)
            messages = encode(measure(train, first, last), hospitals, train.sizes[first:last])
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


def _own(train: Table, features: Sequence[str]) -> tuple[Floats, Floats]:
    """Each hospital's own mean and standard deviation, (K, features); nothing is sent."""
    with np.errstate(over="ignore", invalid="ignore"):
        parts = [measure(train, first, last) for first, last in _blocks(train)]
    mean = np.concatenate([part.mean for part in parts])
    squares = np.concatenate([part.squares for part in parts])
    return mean, _spread(squares / train.sizes[:, None], mean, features)


def _spread(variance: Floats, mean: Floats, features: Sequence[str]) -> Floats:
    """Standard deviations; 0 where only round-off differs."""
    finite = np.asarray(np.isfinite(variance).reshape(-1, len(features)).all(axis=0))
    if not finite.all():
        large = [name for name, fine in zip(features, finite, strict=True) if not fine]
        raise DataError(
            f"data: the numbers of {listed(large)} are too large to standardise; "
            "use a larger unit, or leave the column out with data.drop."
        )
    std = np.sqrt(variance)
    return np.where(std <= ROUNDING * np.abs(mean), 0.0, std)


def _standardise(table: Table, mean: Floats, std: Floats) -> None:
    """Subtract and divide in place; a constant column becomes 0."""
    divisor = np.where(std > 0, std, np.inf)
    for first, last in _blocks(table):
        rows = slice(table.starts[first], table.starts[last])
        by_row = mean.ndim == 2
        own = table.owner[rows] if by_row else slice(None)
        table.x[rows] -= mean[own]
        table.x[rows] /= divisor[own]


def _fill(table: Table, mean: Floats) -> None:
    for first, last in _blocks(table):
        x = table.x[table.starts[first] : table.starts[last]]
        np.copyto(x, mean, where=np.isnan(x))


def _missing(table: Table) -> Ints:
    """Missing numbers of each column, (features,)."""
    columns = table.x.shape[1]
    step = max(1, BLOCK // columns)
    counts = np.zeros(columns, np.int64)
    for i in range(0, len(table.x), step):
        counts += np.isnan(table.x[i : i + step]).sum(axis=0)
    return counts


def _notes(missing: Ints, features: Sequence[str]) -> tuple[str, ...]:
    gaps = [f"{shown(name)} {n:,}" for name, n in zip(features, missing, strict=True) if n]
    if not gaps:
        return ()
    more = f" and {len(gaps) - 8} more columns" if len(gaps) > 8 else ""
    total = int(missing.sum())
    what = "1 missing number" if total == 1 else f"{total:,} missing numbers"
    return (f"{what} became the pooled training mean: {', '.join(gaps[:8])}{more}.",)


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
