"""A source: patients as they come, before they are placed, split and scaled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.report import Report
from engine.errors import DataError
from engine.knobs import nearest


@dataclass(frozen=True, eq=False)
class Source:
    """Patients of a source, in its own order.

    Attributes:
        x: Columns as measured, (N, features); nan where a number is missing. A text column holds
            the index of each patient's category.
        y: Labels, 0.0 or 1.0, (N,).
        features: Column names.
        owner: The hospital of each patient, (N,); None where the source knows no hospitals.
        names: Names of those hospitals, in order of first appearance.
        held_out: Which patients the source itself sets aside, (N,); None where it does not.
        notes: What was done to the table, one sentence each.
        categories: Text column → its categories in sorted order, a missing one ("") first.
        report: What was done to the table, for a program.
    """

    x: Floats
    y: Floats
    features: tuple[str, ...]
    owner: Ints | None = None
    names: tuple[str, ...] = field(default=())
    held_out: Flags | None = None
    notes: tuple[str, ...] = ()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    report: Report = field(default_factory=Report)

    def columns(self, keep: Sequence[str], drop: Sequence[str]) -> Source:
        """With the chosen columns only, in the table's order."""
        chosen = choose(self.features, keep, drop)
        if len(chosen) == len(self.features):
            return self
        names = tuple(self.features[i] for i in chosen)
        texts = {name: known for name, known in self.categories.items() if name in names}
        x = np.ascontiguousarray(self.x[:, chosen])
        return replace(self, x=x, features=names, categories=texts)


def choose(features: Sequence[str], keep: Sequence[str], drop: Sequence[str]) -> list[int]:
    """Positions of the columns that `keep` (empty: all) and `drop` leave.

    Raises:
        DataError: A name that is no column, or no column left.
    """
    known, kept, dropped = set(features), set(keep), set(drop)
    for key, names in (("keep", keep), ("drop", drop)):
        for name in names:
            if name not in known:
                raise DataError(
                    f"data.{key}: there is no column {name!r}; {_either(name, features)}"
                )
    chosen = [
        i for i, name in enumerate(features) if (not keep or name in kept) and name not in dropped
    ]
    if not chosen:
        raise DataError(
            "data: no column is left to learn from; give the table a column beside "
            "hospital, label and split, or loosen data.keep and data.drop."
        )
    return chosen


def letter(index: int) -> str:
    """A name for the hospital at `index` where it has none: A … Z, AA, AB …"""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def letters(number: int) -> tuple[str, ...]:
    """Names for hospitals that have none."""
    return tuple(map(letter, range(number)))


def shown(name: str, width: int = 40) -> str:
    """A name from a file, quoted on one line, with control characters escaped."""
    return repr(name if len(name) <= width else name[: width - 1] + "…")


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for a sentence, the first `most` of them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + more


def _either(name: str, features: Sequence[str]) -> str:
    if not features:
        return "the table has none besides hospital, label and split."
    near = nearest(name, features)
    return near if near.startswith("did you mean") else f"choose from {listed(features)}."
