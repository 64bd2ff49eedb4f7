"""Labels of a table: which values count as positive.

0 and 1 need no word. Of two other numbers the larger is positive, and of two texts such as yes and no
the one that says so; which it is, is always told. Everything else is asked for: `data.positive` is one
of the labels, or a threshold such as >0.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Flags, Floats
from engine.data.csv.column import MOST, Read
from engine.data.csv.places import Places
from engine.data.csv.totals import refuse_totals
from engine.data.source import listed, shown
from engine.errors import DataError

THRESHOLD = re.compile(
    r"(>=|<=|>|<)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)", re.ASCII | re.IGNORECASE
)
TESTS: dict[str, Callable[[Floats, float], Flags]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
AND, ANY_OTHER = ", ", "any other"  # how negative labels are told
_YES = frozenset({
    "yes", "y", "true", "t", "positive", "pos", "present", "abnormal", "ill", "sick", "disease",
    "diseased", "case", "event", "dead", "died", "death", "expired", "deceased", "malignant",
    "relapse", "readmitted",
})  # fmt: skip
_NO = frozenset({
    "no", "n", "false", "f", "negative", "neg", "absent", "normal", "healthy", "well", "none",
    "control", "censored", "alive", "survived", "survivor", "benign",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of a table.

    Attributes:
        y: 1.0 for a positive patient, else 0.0, (N,).
        positive, negative: What stands in the table for each, or the threshold.
        notes: What was decided without being asked.
    """

    y: Floats
    positive: str
    negative: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Kind:
    """A label in one of its spellings: "1.0" and "1" are one."""

    name: str
    text: str
    row: int


def read_labels(column: str, read: Read, places: Places, positive: str) -> Labels:
    """Which patients are positive; missing labels must be gone.

    Raises:
        DataError: One kind of patient only, or no telling which is positive.
    """
    where = f"{places.of(0)[0]}, column {shown(column)}"
    positive = positive.strip()
    refuse_totals(column, read, places)
    if (threshold := THRESHOLD.fullmatch(positive)) and not _is_text(read, positive):
        return _by_threshold(where, read, *threshold.groups())
    kinds = _kinds(read)
    if len(kinds) == 1:
        raise DataError(
            f"{where}: every label is {shown(kinds[0].text)}; "
            "give the table patients of both kinds."
        )
    chosen = _chosen(where, kinds, read, places, positive)
    names = [kind.name for kind in kinds if kind.name != chosen.name] or [ANY_OTHER]
    return Labels(
        y=_equals(read, chosen.name),
        positive=chosen.text,
        negative=AND.join(names),
        notes=_notes(chosen, names, positive),
    )


def _by_threshold(where: str, read: Read, sign: str, bound: str) -> Labels:
    if read.categories:
        texts = [first.text for first in read.texts]
        raise DataError(
            f"{where}: the labels are {listed(texts, 6)}, which are no numbers, so data.positive "
            "cannot be a threshold; set it to the label that counts as positive."
        )
    y = TESTS[sign](read.values, float(bound))
    if y.all() or not y.any():
        which = "every" if y.all() else "no"
        raise DataError(
            f"{where}: {which} label is {sign}{bound}; set data.positive to another threshold."
        )
    opposite = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}[sign]
    return Labels(y.astype(np.float64), sign + bound, opposite + bound)


def _is_text(read: Read, label: str) -> bool:
    """Whether `label` stands in the table as it is written, though it looks like a threshold."""
    return label in read.categories


def _kinds(read: Read) -> list[_Kind]:
    """The different labels in order of appearance; [] where there are more than 50."""
    found: dict[str, _Kind] = {}
    for first in read.texts:
        name = name_of(first.text)
        found.setdefault(name, _Kind(name, first.text, first.row))
    return list(found.values())


def _chosen(where: str, kinds: Sequence[_Kind], read: Read, places: Places, positive: str) -> _Kind:
    """The positive label."""
    if positive:
        return _named(where, kinds, read, positive)
    if len(kinds) != 2:
        raise DataError(_too_many(where, kinds, read, places))
    by_name = {kind.name: kind for kind in kinds}
    if not read.categories:
        return by_name[max(by_name, key=float)]
    yes, no = ([kind for kind in kinds if kind.name.casefold() in words] for words in (_YES, _NO))
    if len(yes) == len(no) == 1:
        return yes[0]
    raise DataError(
        f"{where}: the labels are {listed(list(by_name))}; "
        "set data.positive to the one that counts as positive."
    )


def _named(where: str, kinds: Sequence[_Kind], read: Read, positive: str) -> _Kind:
    name = name_of(positive)
    for kind in kinds:
        if kind.name == name:
            return kind
    if not kinds and not read.categories and _equals(read, name).any():
        return _Kind(name, positive, 0)
    labels = listed([kind.name for kind in kinds], 6) if kinds else f"more than {MOST} numbers"
    raise DataError(
        f"{where}: the labels are {labels}, and {shown(positive)} is no label; "
        "set data.positive to the one that counts as positive."
    )


def _too_many(where: str, kinds: Sequence[_Kind], read: Read, places: Places) -> str:
    how = "the one that counts as positive"
    if not read.categories:
        how = "a threshold, say '>0', or to " + how
    if not kinds:
        return f"{where}: there are more than {MOST} labels; set data.positive to {how}."
    names = listed([kind.name for kind in kinds], 6)
    return (
        f"{where}: there are {len(kinds)} labels ({names}), the third from line "
        f"{places.of(kinds[2].row)[1]} on; set data.positive to {how}, and all others count as "
        "negative; rows whose label is not known are left out where its cell is empty."
    )


def _equals(read: Read, name: str) -> Floats:
    """1.0 where the label is the one of that name, (N,)."""
    if read.categories:
        same = np.array([name_of(category) == name for category in read.categories])
        return same[read.values.astype(np.int64)].astype(np.float64)
    try:
        return np.equal(read.values, float(name)).astype(np.float64)
    except ValueError:
        return np.zeros(len(read.values))


def _notes(chosen: _Kind, others: Sequence[str], asked: str) -> tuple[str, ...]:
    plain = chosen.name == "1" and list(others) == ["0"]
    if plain or (asked and len(others) == 1):
        return ()
    rest = f"{listed(others, 6)} {'counts' if len(others) == 1 else 'count'} as negative"
    other = "" if asked else "; data.positive can say otherwise"
    return (f"Label {shown(chosen.text)} counts as positive and {rest}{other}.",)


def name_of(text: str) -> str:
    """One spelling for a number written in several ways: "1.0" and "1" are one label."""
    try:
        return repr(float(text.replace(",", "."))).removesuffix(".0")
    except ValueError:
        return text
