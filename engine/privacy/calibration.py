"""Finding the least noise that a budget allows.

log ε falls almost straight with log z, so the secant through a bracket's ends lands close. The end that
stays twice counts half (the Illinois rule, Dowell & Jarratt 1971), so that both ends come in.
"""

from __future__ import annotations

import math
from collections.abc import Callable

LEAST, MOST = 1e-2, 1e6  # noise multipliers worth looking at


def least_noise(
    cost: Callable[[float], float], budget: float, start: float, stride: float, close: float
) -> float:
    """A z, `close` (relative) to the smallest one that costs at most `budget`; never one that costs more.

    Looks from `start` in strides of a factor first; inf where no z up to `MOST` will do, `LEAST` where
    any does.
    """

    def off(z: float) -> float:
        """log(ε / budget): above 0 where z is too small."""
        spent = cost(z)
        return math.log(spent / budget) if spent > 0 else -math.inf

    low, high, over, under = _bracket(off, start, stride)
    while high > low * (1 + close) and under < -close:
        z = _secant(low, high, over, under, close)
        found = off(z)
        if found > 0:
            low, over, under = z, found, under / 2
        else:
            high, over, under = z, over / 2, found
    return high


def _bracket(
    off: Callable[[float], float], start: float, stride: float
) -> tuple[float, float, float, float]:
    """A z too small and one that will do, and how far each is off; twice inf where none will do."""
    if math.isinf(start):
        return math.inf, math.inf, 0.0, 0.0
    low, high, over, under = max(start / stride, LEAST), start, math.inf, off(start)
    while under > 0 and high < MOST:
        low, high, over = high, min(high * stride, MOST), under
        under, stride = off(high), stride**2
    if under > 0:
        return math.inf, math.inf, over, under
    while math.isinf(over) and high > LEAST:
        found, stride = off(low), stride**2
        if found > 0:
            over = found
        else:
            low, high, under = max(low / stride, LEAST), low, found
    return low, high, over, under


def _secant(low: float, high: float, over: float, under: float, close: float) -> float:
    """Where the line through both ends is just below 0, inside the bracket."""
    if math.isinf(over) or math.isinf(under):
        return math.sqrt(low * high)
    part = (over + close / 2) / (over - under)
    return float(low * (high / low) ** min(max(part, 1e-3), 1 - 1e-3))
