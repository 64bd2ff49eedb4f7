"""The `[faults]` section: hospitals that fall away in the middle of a round.

`faults.where` says at which point, seen from what the others must be able to do without it:

- *sharing*: before it has shared the secrets that its masks come from. Nobody masks with it; the mean
  is over the others. Without masks nothing is shared, and this is the same as *before*.
- *before* its upload: it has trained, and what it learned never leaves it. Under masks those that it
  agreed with the others must be opened by them (see `engine.channels.exchange`).
- *after* its upload: its message is there, and it is counted. Under masks the others must open the
  mask of its own.

Under masks a round is lost where fewer than `masking.threshold` of its hospitals are left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from engine.arrays import Flags, Ints
from engine.data.source import letter, shown
from engine.errors import ScenarioError
from engine.knobs import knob, nearest
from engine.stages.base import Moment
from engine.switch import Settings, Switch

POINTS = ("sharing", "before", "after")
_DIGITS = 9  # of a round's number: more are no round
_NAMED = 3  # hospitals in a sentence


@dataclass(frozen=True)
class Dropouts:
    """Who falls away in any round, and where in it.

    Attributes:
        probability: Of each hospital in each round, whatever the others do.
        named: Round → hospitals that drop out of it for certain.
        where: One of `POINTS`.
    """

    probability: float = 0.0
    named: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    where: str = "before"

    def lost(self, at: Moment, *points: str) -> Flags:
        """Which hospitals of the cohort fall away in this round at one of these points, (k,)."""
        lost = np.zeros(len(at.cohort), bool)
        if self.where in points:
            if at.round in self.named:
                lost |= np.isin(at.cohort, self.named[at.round])
            if self.probability:
                lost |= at.uniform("dropout", 1)[:, 0] < self.probability
        return lost


@dataclass(frozen=True)
class Faults(Switch):
    """Things that go wrong on purpose."""

    section: ClassVar[str] = "faults"

    dropout: float = knob(0.0, "probability that a hospital drops out of a round", low=0, below=1)
    where: str = knob(
        "before",
        "when it drops out: before sharing its secrets, or before or after its upload",
        choices=POINTS,
    )
    drops: tuple[str, ...] = knob((), "dropouts by name, each as round:hospital, e.g. 5:C,7:A")

    def refuse(self, scenario: Settings) -> None:
        """Refuse a named dropout without a round."""
        for drop in self.drops:
            _read(drop)

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """Say where a dropout changes nothing, and where it may cost the round."""
        if not (self.dropout or self.drops):
            return ()
        notes = []
        if self.where == "after":
            notes.append(
                "faults.where: what was sent before a hospital drops out counts all the same."
            )
        if scenario.on("masking"):
            notes.append(
                "faults: under masks a round is lost where too few stay (masking.threshold)."
            )
        elif self.where == "sharing":
            notes.append(
                "faults.where: without masks nothing is shared; it drops out before its upload."
            )
        return tuple(notes)

    def dropouts(self, names: Sequence[str]) -> Dropouts:
        """Who falls away when, in a federation of hospitals with these names.

        Raises:
            ScenarioError: A name that no hospital has.
        """
        indices = {name: i for i, name in enumerate(names)} if self.drops else {}
        named: dict[int, tuple[int, ...]] = {}
        for round, name in map(_read, self.drops):
            if name not in indices:
                raise ScenarioError(
                    f"faults.drops: there is no hospital {shown(name)}; {_choose(name, names)}"
                )
            named[round] = (*named.get(round, ()), indices[name])
        return Dropouts(self.dropout, named, self.where)


def fell_away(hospitals: Ints, where: str = "before") -> str:
    """The beginning of a sentence: "C fell away before its upload"."""
    called = [letter(int(i)) for i in hospitals[:_NAMED]]
    its = "its upload" if len(hospitals) == 1 else "their uploads"
    when = "before sharing" if where == "sharing" else f"{where} {its}"
    if len(called) == 1:
        return f"{called[0]} fell away {when}"
    last = f"{len(hospitals) - _NAMED + 1:,} more" if len(hospitals) > _NAMED else called[-1]
    return f"{', '.join(called[:-1])} and {last} fell away {when}"


def _read(drop: str) -> tuple[int, str]:
    """Round and hospital of "5:C"; a name may have colons of its own."""
    round, colon, name = drop.partition(":")
    number = round.strip()
    is_round = number.isascii() and number.isdigit() and len(number) <= _DIGITS and int(number) > 0
    if not (colon and name and is_round):
        raise ScenarioError(
            f"faults.drops: {shown(drop)} names no round and hospital; write it as 5:C,"
            " rounds counted from 1."
        )
    return int(number), name


def _choose(name: str, names: Sequence[str]) -> str:
    known = nearest(name, names) if len(names) <= 12 else ""
    return known or f"choose one of its {len(names):,} hospitals, e.g. {shown(names[0])}."
