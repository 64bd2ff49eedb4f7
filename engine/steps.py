"""Long work in steps: a generator that says how far it is, and returns what it comes to.

An event of a run takes at most 50 ms, so whatever may take longer is written as such a generator;
whoever holds it decides when the work goes on (`engine.preparation.told` makes its steps events).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")
S = TypeVar("S")
U = TypeVar("U")

Progress: TypeAlias = tuple[str, int, int]  # what, done, total
Steps: TypeAlias = Generator[Progress, None, T]


def finished(steps: Generator[object, None, T]) -> T:
    """What the work comes to, all its steps taken at once, whatever they tell."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: T = end.value
            return outcome


def retold(steps: Generator[S, None, T], tell: Callable[[S], U]) -> Generator[U, None, T]:
    """The same work, that tells of each step in other words."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            outcome: T = end.value
            return outcome
        yield tell(step)
