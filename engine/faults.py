"""The `[faults]` section: hospitals that fall away in the middle of a round.

A hospital that drops out *before* its upload has trained, and what it learned never leaves it: no byte
of it is sent, and the mean is over those that stayed. Under pairwise masks its absence costs the whole
round (see `engine.channels.secure`). One that drops out *after* its upload is counted all the same:
its message is there, and nothing more is needed of it, so nothing is lost.
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

_DIGITS = 9  # of a round's number: more are no round
_NAMED = 3  # hospitals in a sentence


@dataclass(frozen=True)
class Dropouts:
    """Who falls away before the upload, in any round.

    Attributes:
        probability: Of each hospital in each round, whatever the others do.
        named: Round → hospitals that drop out of it for certain.
    """

    probability: float = 0.0
    named: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def lost(self, at: Moment) -> Flags:
        """Which hospitals of the cohort fall away in this round, (k,)."""
        lost = np.isin(at.cohort, self.named.get(at.round, ()))
        if self.probability:
            lost |= at.uniform("dropout", 1)[:, 0] < self.probability
        return lost


@dataclass(frozen=True)
class Faults(Switch):
    """Things that go wrong on purpose."""

    section: ClassVar[str] = "faults"

    dropout: float = knob(0.0, "probability that a hospital drops out of a round", low=0, below=1)
    where: str = knob(
        "before", "when it drops out, seen from its upload", choices=("before", "after")
    )
    drops: tuple[str, ...] = knob((), "dropouts by name, each as round:hospital, e.g. 5:C,7:A")

    def refuse(self, scenario: Settings) -> None:
        """Refuse a named dropout without a round."""
        for drop in self.drops:
            _read(drop)

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """Say where a dropout changes nothing, and where it costs everything."""
        if not (self.dropout or self.drops):
            return ()
        if self.where == "after":
            return ("faults.where: what was sent before a hospital drops out counts all the same.",)
        lost = "faults: under masks one hospital that drops out loses the round for all."
        return (lost,) if scenario.on("masking") else ()

    def dropouts(self, names: Sequence[str]) -> Dropouts:
        """Who falls away before the upload, in a federation of hospitals with these names.

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
        return Dropouts() if self.where == "after" else Dropouts(self.dropout, named)


def fell_away(hospitals: Ints) -> str:
    """The beginning of a sentence: "C fell away before its upload"."""
    called = [letter(int(i)) for i in hospitals[:_NAMED]]
    if len(called) == 1:
        return f"{called[0]} fell away before its upload"
    last = f"{len(hospitals) - _NAMED + 1:,} more" if len(hospitals) > _NAMED else called[-1]
    return f"{', '.join(called[:-1])} and {last} fell away before their uploads"


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
