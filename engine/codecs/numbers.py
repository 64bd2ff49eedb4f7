"""What several codecs share: float32 on the wire, rounding at random, choosing some of many."""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Bytes, Floats, Ints

SIZE = 4  # bytes of a float32
HALF_STEP = 2.0**-24  # the most that rounding to float32 moves a number, relative to it
SMALLEST = 2.0**-149  # the smallest float32 above zero; next to zero its steps are this wide
LARGEST = float(np.finfo(np.float32).max)


def write_float32(values: Floats) -> Bytes:
    """Rows (k, m) as little-endian float32, (k, 4·m)."""
    narrow = np.ascontiguousarray(values, "<f4")
    return narrow.view(np.uint8).reshape(len(values), SIZE * values.shape[1])


def read_float32(rows: Bytes) -> Floats:
    """The numbers (k, m) that `write_float32` wrote."""
    return np.ascontiguousarray(rows).view("<f4").astype(np.float64)


def longest_float32(norm: float, parameters: int) -> float:
    """The most that d numbers of L2 norm up to `norm` come to, each rounded to float32."""
    return norm * (1 + HALF_STEP) + math.sqrt(parameters) * SMALLEST


def float32_below(values: Floats) -> Floats:
    """The nearest float32 that is not further from zero than `values`, which are not negative."""
    narrow = values.astype(np.float32)
    below = np.nextafter(narrow, np.float32(0))
    return np.where(narrow > values, below, narrow).astype(np.float64)


def at_random(position: Floats, uniform: Floats | None) -> Floats:
    """Each position at one of the two whole numbers beside it, right on average.

    The upper one with a probability equal to how far up it lies: the variance is f (1 − f), f being the
    fraction.
    """
    if uniform is None:
        raise TypeError("rounding at random needs uniform draws")
    below = np.floor(position)
    return np.asarray(below + (uniform < position - below))


def part_of(fraction: float, parameters: int) -> int:
    """⌊fraction · d⌋."""
    return int(fraction * parameters + 1e-9)  # 0.29 · 100 is 28.999999999999996


def how_many(fraction: float, parameters: int) -> int:
    """⌊fraction · d⌋ and at least 1: the numbers that a sparse message holds."""
    return max(1, part_of(fraction, parameters))


def largest(values: Floats, count: int) -> Ints:
    """Where the `count` largest of each row (k, d) are, ascending, (k, count).

    Among equals the first ones, on every machine: which of them a partial sort would leave in front
    depends on the processor.
    """
    place = values.shape[1] - count
    least = np.partition(values, place, axis=1)[:, place, None]  # (k, 1) the smallest one chosen
    above, equal = values > least, values == least
    wanted = count - np.count_nonzero(above, axis=1, keepdims=True)
    chosen = above | (equal & (np.cumsum(equal, axis=1) <= wanted))
    return np.nonzero(chosen)[1].reshape(len(values), count)
