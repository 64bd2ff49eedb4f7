"""The curve of a run: one point per finished round, in a list that only grows.

Every frame of a run holds the curve up to it. Frames share one store and know how much of it is
theirs, so a run of R rounds keeps R points and not R²/2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload


@dataclass(frozen=True, slots=True)
class Point:
    """A finished round."""

    round: int
    correct: int  # right answers over all held-out patients
    accuracy: float | None
    loss: float | None
    epsilon: float | None
    uplink: int  # bytes, in this round
    downlink: int
    overhead: int
    noised: bool = False  # whether there is noise in the model after it


class Points(Sequence[Point]):
    """An immutable sequence whose `and_then` costs nothing; it compares by its points."""

    __slots__ = ("_length", "_store")

    def __init__(self, store: list[Point] | None = None) -> None:
        self._store = [] if store is None else store
        self._length = len(self._store)

    def and_then(self, point: Point) -> Points:
        """These points and one more; a second future of the same past gets a store of its own."""
        own = len(self._store) == self._length
        store = self._store if own else self._store[: self._length]
        store.append(point)
        return Points(store)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Point]:
        return (self._store[i] for i in range(self._length))

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> list[Point]: ...
    def __getitem__(self, index: int | slice) -> Point | list[Point]:
        if isinstance(index, slice):
            return [self._store[i] for i in range(*index.indices(self._length))]
        return self._store[range(self._length)[index]]

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Points) and list(self) == list(other))

    __hash__ = None  # type: ignore[assignment]  # as a list: equal by content, and not a key
