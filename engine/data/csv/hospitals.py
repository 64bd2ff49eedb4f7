"""Which hospital each row belongs to, and which spellings are taken for one hospital."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from engine.arrays import Ints
from engine.data.csv.alike import plain
from engine.data.csv.cells import is_missing
from engine.data.csv.places import Places
from engine.data.source import listed, shown
from engine.errors import DataError

_NOWHERE = -1  # the index of a missing name
_TOTALS = frozenset({
    "total", "totals", "grand total", "subtotal", "sum", "all", "overall", "mean", "average", "median",
    "gesamt", "summe", "mittelwert",
})  # fmt: skip


class Hospitals:
    """The hospitals of the rows so far, in order of appearance."""

    def __init__(self) -> None:
        """No row yet."""
        self._names: dict[str, int] = {}  # → index
        self._spellings: dict[str, int] = {}  # as it is written, blanks and all → index
        self._owner = array("i")
        self._nowhere: list[int] = []  # rows without a hospital

    def add(self, cells: Sequence[str], row: int) -> None:
        """Further rows, from `row` on, with a name in each of `cells`."""
        try:
            found = array("i", map(self._spellings.__getitem__, cells))
        except KeyError:
            for cell in dict.fromkeys(cells):
                self._learn(cell)
            found = array("i", map(self._spellings.__getitem__, cells))
        if _NOWHERE in found:
            self._nowhere += [row + i for i, index in enumerate(found) if index == _NOWHERE]
        self._owner.extend(found)

    def add_all(self, name: str, rows: int) -> None:
        """Further rows, all of the hospital `name`."""
        index = self._names.setdefault(name, len(self._names))
        self._owner.extend([index] * rows)

    def _learn(self, cell: str) -> None:
        missing = is_missing(cell)
        name = cell.strip()
        index = _NOWHERE if missing else self._names.setdefault(name, len(self._names))
        self._spellings.setdefault(cell, index)

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, blanks around them taken off."""
        return tuple(self._names)

    def owner(self, places: Places, column: str) -> Ints:
        """The hospital of each row, (N,).

        Raises:
            DataError: A row without one.
        """
        if self._nowhere:
            raise DataError(
                f"{places.listed(self._nowhere)}: the hospital (column {shown(column)}) is missing; "
                "fill it in or take the row out."
            )
        return np.frombuffer(self._owner, np.int32).astype(np.int64)

    def merged(self) -> dict[str, tuple[str, ...]]:
        """Hospital → its other spellings, where it is written both with and without blanks."""
        written: dict[str, list[str]] = {}
        for cell, index in self._spellings.items():
            if index != _NOWHERE:
                written.setdefault(cell.strip(), []).append(cell)
        return {
            name: tuple(cell for cell in cells if cell != name)
            for name, cells in written.items()
            if len(cells) > 1
        }

    def notes(self) -> tuple[str, ...]:
        """What was taken for one hospital, and what may be one."""
        notes, merged = [], self.merged()
        for name, others in list(merged.items())[:1]:
            more = f", and so on for {len(merged) - 1} more" if len(merged) > 1 else ""
            notes.append(f"Hospital {shown(others[0])} is taken for {shown(name)}{more}.")
        for name in self._names:
            words = name.casefold().rstrip(":").split()
            if " ".join(words) in _TOTALS or words[-1:] in (["total"], ["subtotal"], ["summe"]):
                notes.append(
                    f"Hospital {shown(name)} may be a row of totals and no hospital; if so, take it "
                    "out."
                )
        seen: dict[str, str] = {}
        for name in self._names:
            other = seen.setdefault(_plain(name), name)
            if other != name:
                notes.append(f"Hospitals {listed([other, name])} are taken as two; are they one?")
                break
        return tuple(notes)


def _plain(name: str) -> str:
    """A name without what programs add to it: capitals, further blanks, ".0" to a number, a BOM."""
    text = plain(name.replace("\u200b", "").replace("\ufeff", ""))
    try:
        return f"{float(text):.17g}"
    except ValueError:
        return text
