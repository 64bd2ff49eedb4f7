"""The next sensible value of a setting: up or down from where it is, never out of its range."""

from __future__ import annotations

import math
from typing import Any

from engine.knobs import Knob

_RUNGS = (1, 2, 5)
_SMALLEST = 0.01  # below it comes zero, where zero is allowed
_FRACTIONS = 10  # from a tenth on, parts of a whole go by tenths


def step(value: Any, knob: Knob, kind: type, direction: int, words: tuple[str, ...] = ()) -> Any:
    """The value after `value` (`direction` 1) or before it (−1); itself at an end of the range.

    Switches and words go round in a circle; text and lists have no next one. After the largest number
    comes infinity, where it is allowed.
    """
    words = knob.choices or words
    if kind is bool:
        return not value
    if words:
        at = words.index(value) + direction if value in words else 0
        return words[at % len(words)]
    if kind is int:
        return _within(_whole(value, direction), value, knob)
    if kind is float and knob.inf and (math.isinf(value) or (direction > 0 and value >= knob.high)):
        return math.inf if direction > 0 else knob.high
    if kind is float:
        return _within(_real(value, knob, direction), value, knob)
    return value


def _within(wanted: Any, value: Any, knob: Knob) -> Any:
    """`wanted`, or the bound before it, or where both are outside `value` as it was."""
    if wanted == value:
        return value
    wanted = min(max(wanted, knob.low), knob.high)
    wanted = type(value)(wanted)
    return wanted if knob.above < wanted < knob.below else value


def _whole(value: int, direction: int) -> int:
    """Ones below 20, fives below 100, fifties below 1,000, and so on."""
    size = value if direction > 0 else value - 1
    stride = 1 if size < 20 else 5 * 10 ** (len(str(size)) - 2)
    return (value // stride + 1) * stride if direction > 0 else (-(-value // stride) - 1) * stride


def _real(value: float, knob: Knob, direction: int) -> float:
    """1, 2, 5, 10, …; parts of a whole by tenths; zero below a hundredth, where it is allowed."""
    if value < 0:
        return -_real(-value, Knob("", low=-knob.high), -direction)
    if value == 0:
        return _SMALLEST if direction > 0 else -_SMALLEST
    part_of_whole = min(knob.high, knob.below) <= 1
    tenths = value * _FRACTIONS
    if part_of_whole and (tenths > 1 or (tenths == 1 and direction > 0)):
        at = round(tenths, 9)
        return (math.floor(at) + 1 if direction > 0 else math.ceil(at) - 1) / _FRACTIONS
    if direction < 0 and value <= _SMALLEST and knob.low == 0:
        return 0.0
    return _rung(value, direction)


def _rung(value: float, direction: int) -> float:
    decade = math.floor(math.log10(value))
    rungs = [float(f"{n}e{d}") for d in range(decade - 1, decade + 2) for n in _RUNGS]
    close = 1e-9 * value
    if direction > 0:
        return next(rung for rung in rungs if rung > value + close)
    return next(rung for rung in reversed(rungs) if rung < value - close)
