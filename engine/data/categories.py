"""Text columns: how hospitals agree on the categories, and what becomes of them.

A hospital knows only the texts of its own patients, and all must have the same columns. So each sends,
for every text column, the categories that occur among its patients, held-out ones included; the server
sends back all that it heard. Both messages are really encoded, and the columns are made of what was
decoded. That tells something: the server learns which texts occur at which hospital, everyone learns
which occur at all, and of a rare one that may be a patient.

A column of c categories becomes c − 1 columns of 0 and 1, named "column=value", one for each category
in sorted order but the first, where all of them are 0. A missing text is the category "", which sorts
first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.source import Source, listed, shown
from engine.errors import DataError
from engine.steps import Steps
from engine.wire import Kind, Traffic, pack, unpack

HOSPITALS = 200  # whose messages are one step of work
ROWS = 50_000  # looked through in one step
_LENGTH = struct.Struct("<I")  # of a list or a text

Lists = Mapping[str, tuple[str, ...]]  # text column → categories


@dataclass(frozen=True, eq=False)
class Layout:
    """How columns of a source become columns of numbers.

    Attributes:
        features: Names of the columns that come out.
        place: For each of them, the column of the source it is made of.
        code: The category it marks with 1, as that column counts them; nan for a column of numbers.
    """

    features: tuple[str, ...]
    place: Ints
    code: Floats

    def spread(self, rows: Floats) -> Floats:
        """Rows of a source (n, columns) as rows of numbers (n, features)."""
        if len(self.place) == rows.shape[1] and not self.marks.any():
            return rows  # a text column of one category has no column left
        numbers = rows[:, self.place]
        numbers[:, self.marks] = numbers[:, self.marks] == self.code[self.marks]
        return numbers

    @property
    def marks(self) -> Flags:
        """Which columns mark a category, (features,)."""
        return ~np.isnan(self.code)


def agree(source: Source, owner: Ints, hospitals: int) -> Steps[tuple[Layout, Traffic]]:
    """One exchange with the server about the categories of all text columns.

    Raises:
        DataError: Two columns come to have one name, or none is left.
    """
    traffic = Traffic()
    if not source.categories:
        places = np.arange(len(source.features))
        return Layout(source.features, places, np.full(len(places), np.nan)), traffic
    there = yield from _there(source, owner, hospitals)
    heard: dict[str, set[str]] = {name: set() for name in source.categories}
    for first in range(0, hospitals, HOSPITALS):
        for hospital in range(first, min(first + HOSPITALS, hospitals)):
            own = {
                name: tuple(
                    text for text, known in zip(texts, there[name][hospital], strict=True) if known
                )
                for name, texts in source.categories.items()
            }
            message = _message(Kind.CATEGORIES, own, hospital)
            traffic = traffic.sent(Kind.CATEGORIES, message)
            for name, texts in _read(Kind.CATEGORIES, message, own).items():
                heard[name].update(texts)
        yield "agreeing on categories", min(first + HOSPITALS, hospitals), hospitals
    answer = _message(
        Kind.ALL_CATEGORIES, {name: tuple(sorted(texts)) for name, texts in heard.items()}, 0
    )
    traffic = traffic.sent(Kind.ALL_CATEGORIES, answer, copies=hospitals)
    return _layout(source, _read(Kind.ALL_CATEGORIES, answer, heard)), traffic


def disclosed(source: Source) -> tuple[str, ...]:
    """A note on what agreeing on categories tells."""
    if not source.categories:
        return ()
    many = len(source.categories) > 1
    return (
        f"Text {'columns' if many else 'column'} {listed(list(source.categories), 6)}: before round "
        "1 each hospital tells which texts occur among its patients, and all learn the whole list.",
    )


def _there(source: Source, owner: Ints, hospitals: int) -> Steps[dict[str, Flags]]:
    """Text column → which of its categories occur at each hospital, (K, categories)."""
    there = {
        name: np.zeros((hospitals, len(texts)), np.bool_)
        for name, texts in source.categories.items()
    }
    total = len(source.x)
    for first in range(0, total, ROWS):
        rows = slice(first, first + ROWS)
        for name, found in there.items():
            codes = source.x[rows, source.features.index(name)].astype(np.int64)
            found[owner[rows], codes] = True
        yield "looking for categories", min(first + ROWS, total), total
    return there


def _layout(source: Source, lists: Lists) -> Layout:
    features: list[str] = []
    place: list[int] = []
    code: list[float] = []
    for i, name in enumerate(source.features):
        if name not in lists:
            features, place, code = [*features, name], [*place, i], [*code, np.nan]
            continue
        for text in lists[name][1:]:
            features.append(f"{name}={text}")
            place.append(i)
            code.append(float(source.categories[name].index(text)))
    if not features:
        raise DataError(
            f"data: every column ({listed(source.features)}) has one category only; "
            "give the table a column in which patients differ."
        )
    _refuse_twins(features)
    return Layout(tuple(features), np.array(place), np.array(code))


def _refuse_twins(features: Sequence[str]) -> None:
    seen: set[str] = set()
    for feature in features:
        if feature in seen:
            raise DataError(
                f"data: two columns come to be named {shown(feature)}, since a category gets a "
                "column that is named column=value; rename one of them."
            )
        seen.add(feature)


def _message(kind: Kind, lists: Lists, hospital: int) -> tuple[bytes, ...]:
    """One message: for each column how many texts follow, and each with its length, in UTF-8."""
    parts = []
    for texts in lists.values():
        parts.append(_LENGTH.pack(len(texts)))
        for text in texts:
            raw = text.encode()
            parts += [_LENGTH.pack(len(raw)), raw]
    body = np.frombuffer(b"".join(parts), np.uint8)[None]
    return pack(kind, body, hospitals=np.array([hospital]))


def _read(kind: Kind, message: tuple[bytes, ...], columns: Iterable[str]) -> Lists:
    """What `_message` wrote for these columns."""
    raw, at = unpack(kind, message)[1].tobytes(), 0

    def length() -> int:
        nonlocal at
        at += _LENGTH.size
        return int(_LENGTH.unpack_from(raw, at - _LENGTH.size)[0])

    def text() -> str:
        nonlocal at
        size = length()
        at += size
        return raw[at - size : at].decode()

    return {name: tuple(text() for _ in range(length())) for name in columns}
