"""A scenario: everything a run depends on, as one frozen value that can be written as TOML.

A scenario is built from nested mappings of the keys somebody set (`given`); everything else takes its
default, some defaults hanging on other settings. So a change to one key (`replace`) starts from what
was set, not from what it led to. Validation runs once, over the whole.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import tomli_w

from engine import codes
from engine.errors import ScenarioError
from engine.knobs import Section, nearest
from engine.sections import PUBLIC, Data, Model, Training
from engine.settings import ALWAYS, CHANGEABLE, SECTIONS, TOP, Given, plain, with_settings
from engine.switch import Switch

S = TypeVar("S", bound=Section)

_MOST_CHANGES = 1_000
_GUESSED = 2**40  # seeds below, of 13 digits at most, can all be tried in a day


@dataclass(frozen=True)
class Change:
    """Settings that hold from the start of a round on."""

    round: int
    set: Mapping[str, Any]  # dotted key → value

    def as_dict(self) -> dict[str, Any]:
        """As it stands in TOML."""
        return {"round": self.round, "set": dict(self.set)}


@dataclass(frozen=True)
class Scenario:
    """A validated scenario. Build one with `from_toml`, `from_dict` or `replace`.

    Attributes:
        switches: The optional sections that are on, in a fixed order.
        changes: By round, ascending.
        given: What was set, as nested mappings: what `to_toml` writes.
        notes: Keys that were set and are not used, mixes that deserve a warning.
    """

    name: str
    title: str
    about: str
    seed: int
    data: Data
    model: Model
    training: Training
    switches: tuple[Switch, ...]
    changes: tuple[Change, ...]
    given: Given = field(compare=False, repr=False)
    notes: tuple[str, ...] = field(compare=False, repr=False)

    @staticmethod
    def from_toml(text: str) -> Scenario:
        """Parse and validate.

        Raises:
            ScenarioError: Not TOML, an unknown key, a value out of range, an impossible mix.
        """
        try:
            return Scenario.from_dict(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(f"scenario: not valid TOML, {error}.") from None
        except (
            ValueError,
            RecursionError,
        ):  # numbers of thousands of digits, thousands of brackets
            raise ScenarioError("scenario: a number or a nesting in it is too large.") from None

    @staticmethod
    def from_dict(given: Given) -> Scenario:
        """Validate nested mappings, as TOML gives them."""
        for key, value in given.items():
            if key not in TOP:
                raise ScenarioError(f"{key!r}: there is no such setting; {nearest(key, TOP)}")
            if key in SECTIONS and not isinstance(value, Mapping):
                raise ScenarioError(f"{key}: this is a section; write [{key}] and its keys below.")
        built = {
            name: kind.build(given.get(name, {}))
            for name, kind in SECTIONS.items()
            if kind in ALWAYS or name in given
        }
        switches = tuple(s for s in built.values() if isinstance(s, Switch))
        name = _text(given, "name", "my-run")
        scenario = Scenario(
            name=name,
            title=_text(given, "title", name),
            about=_text(given, "about", ""),
            seed=_seed(given.get("seed", 42)),
            data=_of(built, Data),
            model=_of(built, Model),
            training=_of(built, Training),
            switches=switches,
            changes=_changes(given.get("change", [])),
            given=given,
            notes=_unused(given, built),
        )
        return scenario._checked(tuple(built.values()))

    def _checked(self, sections: tuple[Section, ...]) -> Scenario:
        """Itself with its warnings, after every mix and every change has been checked."""
        for switch in self.switches:
            switch.refuse(self)
        for section in sections:
            section.refuse_unbuilt()
        for change in self.changes:
            if change.round > self.training.rounds:
                raise ScenarioError(
                    f"change.round: {change.round} comes after the last round,"
                    f" {self.training.rounds}; choose an earlier one."
                )
        warnings = tuple(note for switch in self.switches for note in switch.notes(self))
        warnings += (*self._overshooting(), *self._beside_noise())
        given = self._unchanged
        for change in self.changes:
            given = with_settings(given, change.set)
            Scenario.from_dict(given)
        object.__setattr__(self, "notes", self.notes + warnings)
        return self

    def _overshooting(self) -> tuple[str, ...]:
        """A warning where steps are too large whatever the table holds.

        Downhill on a function of curvature L, a step of size 2 / L or more ends no lower than it began.
        Where training starts, a logistic loss is curved by p(1 − p) = ¼ along the bias, and the penalty
        by l2 along each weight, everywhere. Columns can only add to that. Where a network starts hangs on
        its random weights, so of it only the penalty is known.
        """
        curvature = max(0.25 if self.model.kind == "logistic" else 0.0, self.model.l2)
        rate, limit = self.training.learning_rate, 2 / curvature if curvature else math.inf
        if rate < limit:
            return ()
        return (
            f"training.learning_rate: {rate:g} overshoots: from {limit:g} on, steps jump past the lowest"
            f" point of the error at least at the start; try {limit / 8:g} or less.",
        )

    def _beside_noise(self) -> tuple[str, ...]:
        """What noise does not protect, where the data is somebody's own."""
        if not (self.on_own_data and self.on("privacy")):
            return ()
        exact = (
            "privacy: ε covers the models; right answers, rates, scales and references told beside"
            " them are exact and outside it."
        )
        shared = (
            "privacy: runs with one seed share their noise, and their difference has none; hand on only"
            " one of them."
        )
        if self.seed >= _GUESSED:
            return exact, shared
        return (
            "seed: one so short can be guessed, and whoever guesses it takes the noise off; on your own"
            " data choose one at random, of fifteen digits or more.",
            exact,
            shared,
        )

    def get(self, section: type[S]) -> S | None:
        """The optional section of this class, or None where it is off."""
        return next((s for s in self.switches if isinstance(s, section)), None)

    def on(self, section: str) -> bool:
        """Whether the optional section of this name is on."""
        return any(s.section == section for s in self.switches)

    def replace(self, settings: Mapping[str, Any]) -> Scenario:
        """With dotted keys set, e.g. {"fedprox.mu": 1.0}; naming a switch's key switches it on.

        A bare switch name with True switches it on with its defaults, with False off. A new
        `data.source` starts a fresh `[data]`: keys not set beside it take their defaults.
        """
        return self.replace_all(settings)

    def replace_all(self, *settings: Mapping[str, Any]) -> Scenario:
        """With several `replace`s one after the other, of which only the outcome must be valid."""
        given = self.given
        for each in settings:
            given = with_settings(given, each)
        return Scenario.from_dict(given)

    def without(self, *sections: str) -> Scenario:
        """With switches off; those that are off already stay so."""
        return self.replace(dict.fromkeys(sections, False))

    def at(self, round: int) -> Scenario:
        """The scenario that holds in `round`, its changes so far applied, and none to come."""
        given = self._unchanged
        for change in self.changes:
            if change.round <= round:
                given = with_settings(given, change.set)
        return Scenario.from_dict(given)

    @property
    def _unchanged(self) -> Given:
        """What was set, without the changes."""
        return {key: value for key, value in self.given.items() if key != "change"}

    def as_dict(self) -> dict[str, Any]:
        """Complete: every key of every section that is on."""
        switches = {s.section: s.as_dict() for s in self.switches}
        top = {"name": self.name, "title": self.title, "about": self.about, "seed": self.seed}
        always = {s.section: s.as_dict() for s in (self.data, self.model, self.training)}
        return {**top, **always, **switches, "change": [c.as_dict() for c in self.changes]}

    def to_hand_on(self) -> dict[str, Any]:
        """As `as_dict`; on own data the seed is None, as with it the noise could be taken off again."""
        return {**self.as_dict(), **({"seed": None} if self.on_own_data else {})}

    def to_toml(self) -> str:
        """What was set, as TOML; `from_toml` gives this scenario back."""
        return tomli_w.dumps(plain(self.given))

    @property
    def basis(self) -> tuple[Data, Model, int]:
        """What patients and states belong to: data, model and seed. A fork has those of its run."""
        return self.data, self.model, self.seed

    @property
    def references(self) -> tuple[object, ...]:
        """What the models beside the federation's are made of: the basis and, of a network, its training.

        Two runs share them where this is equal. A fork keeps those of the run it began with, whatever
        it trains by from there on.
        """
        if self.model.kind == "logistic":  # fitted to convergence (`engine.references`)
            return self.basis
        how = self.training
        passes = how.rounds, how.local_epochs, how.local_steps
        return *self.basis, *passes, how.batch_size, how.learning_rate

    @property
    def on_own_data(self) -> bool:
        """Whether the patients come from the user's files."""
        return self.data.source not in PUBLIC

    def to_code(self) -> str:
        """A short text that holds the scenario. On own data it carries no seed: with the seed the
        noise could be taken off again.
        """
        given = plain(self.given)
        if self.on_own_data:
            given.pop("seed", None)
        return codes.encode(given)

    @staticmethod
    def from_code(code: str) -> Scenario:
        """The scenario in a code."""
        return Scenario.from_dict(codes.decode(code))


def _changes(given: Any) -> tuple[Change, ...]:
    if not isinstance(given, list | tuple):
        raise ScenarioError("change: write each one as [[change]] with a round and a set.")
    if len(given) > _MOST_CHANGES:
        raise ScenarioError(
            f"change: {len(given):,} are too many for one run; write {_MOST_CHANGES:,} or fewer."
        )
    return tuple(sorted(map(_change, given), key=lambda change: change.round))


def _change(given: Any) -> Change:
    if not isinstance(given, Mapping) or set(given) != {"round", "set"}:
        raise ScenarioError("change: each needs a round and a set, and nothing else.")
    round, settings = given["round"], given["set"]
    if not isinstance(round, int) or isinstance(round, bool) or round < 1:
        raise ScenarioError(f"change.round: {round!r} is not a round; rounds count from 1.")
    if not isinstance(settings, Mapping):
        raise ScenarioError('change.set: write {"section.key" = value}, e.g. {"fedprox.mu" = 0.1}.')
    for key, value in settings.items():
        section, dot, _ = key.partition(".")
        if section not in CHANGEABLE or key == "training.rounds":
            raise ScenarioError(
                f"change.set: {key!r} cannot change in the middle of a run; what can is in"
                f" {', '.join(CHANGEABLE)}, but for training.rounds."
            )
        if not dot and not isinstance(value, bool):
            raise ScenarioError(
                f'change.set: write {key!r} as "{key}.key" = value, or = true or false.'
            )
    return Change(round, dict(settings))


def _unused(given: Given, built: Mapping[str, Section]) -> tuple[str, ...]:
    notes = []
    for name, section in built.items():
        for key in given.get(name, {}):
            why = section.unused(key)
            if why:
                notes.append(f"{name}.{key}: ignored, {why}.")
    return tuple(notes)


def _of(built: Mapping[str, Section], kind: type[S]) -> S:
    section = built[kind.section]
    assert isinstance(section, kind)  # built from SECTIONS just above
    return section


def _text(given: Given, key: str, default: str) -> str:
    value = given.get(key, default)
    if not isinstance(value, str) or not value.isprintable():
        raise ScenarioError(f"{key}: {value!r} is not a line of text.")
    return value


def _seed(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ScenarioError(f"seed: {value!r} is not a whole number from 0 to 2^63 − 1.")
    return value
