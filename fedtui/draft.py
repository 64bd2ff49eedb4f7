"""A draft: a scenario while somebody changes it, with all that a form needs to know of a setting.

Fields come from the engine's knobs; none is known here by itself, so a new knob is a new field. A
single value that cannot be is refused when it is set. A mix that cannot run is kept as it is and told
as the draft's `problem`: nothing is ever put right behind the learner's back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from engine.errors import EngineError, NotBuiltYet, ScenarioError
from engine.knobs import Knob, Section, read_value
from engine.scenario import Scenario
from engine.sections import PUBLIC
from engine.settings import ALWAYS, SECTIONS, Given
from fedtui import ladder, scenarios, words
from fedtui.rehearsal import check_hospitals
from fedtui.written import as_text, items

SEED = Knob("everything drawn by chance hangs on it: same seed, same run", low=0, high=2**63 - 1)
_SUGGESTED = {"data.source": PUBLIC}  # words to step through where any text will do
_KEY = re.compile(r"\b([a-z]\w*)\.([a-z]\w*)\b")


@dataclass(frozen=True)
class Field:
    """A setting as a form shows it.

    Attributes:
        key: Dotted, e.g. "training.rounds"; "seed" is the one without a section.
        was_set: Somebody set it; else it is the default, which may hang on other settings.
        idle: Why the section's other settings leave it unused; empty where it is used.
        locked: Why it cannot be changed here; empty where it can.
    """

    key: str
    knob: Knob
    kind: type
    value: Any
    default: Any
    was_set: bool
    idle: str
    locked: str

    @property
    def text(self) -> str:
        """The value as text that `Draft.with_text` reads back."""
        return as_text(self.value)

    @property
    def range(self) -> str:
        """What it may be, in words."""
        return words.SEED_RANGE if self.key == "seed" else words.may_be(self.knob, self.kind)


@dataclass(frozen=True)
class Draft:
    """A scenario and the changes made to it so far. A value: every change gives a new draft.

    Attributes:
        start: What is shown first, and what comes of it when nothing is changed.
        only: The sections that may change, for a branch in the middle of a run; None: all.
        parked: Settings of switches that are off and of sources not in use, to come back to.
    """

    start: Scenario
    only: tuple[str, ...] | None = None
    given: Given = field(default_factory=dict)
    parked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @staticmethod
    def of(start: Scenario, only: tuple[str, ...] | None = None) -> Draft:
        """A draft without changes."""
        return Draft(start, only, start.given)

    # What it holds

    def on(self, section: str) -> bool:
        """Whether a section is there; those that are no switches always are."""
        return not is_switch(section) or section in self.given

    def fields(self, section: str) -> tuple[Field, ...]:
        """Every setting of a section, in the engine's order."""
        return tuple(self.field(f"{section}.{name}") for name in SECTIONS[section].knobs())

    def field(self, key: str) -> Field:
        """One setting."""
        if key == "seed":
            value = self.given.get("seed", 42)
            return Field(key, SEED, int, value, 42, "seed" in self.given, "", self.locked(key))
        section, name = _split(key)
        kind, settings = SECTIONS[section], self._settings(section)
        now = self._built(section)
        others = {k: v for k, v in settings.items() if k != name}
        return Field(
            key=key,
            knob=kind.knobs()[name],
            kind=kind.kinds()[name],
            value=getattr(now, name),
            default=getattr(kind.build(others), name),
            was_set=name in settings,
            idle=now.unused(name),
            locked=self.locked(key),
        )

    def _built(self, section: str) -> Section:
        return SECTIONS[section].build(self._settings(section))

    def _settings(self, section: str) -> Mapping[str, Any]:
        kept = self.parked.get(section, {})
        settings: Mapping[str, Any] = self.given.get(section, kept)
        return settings

    def locked(self, key: str) -> str:
        """Why `key`, or a whole section, cannot be changed; empty where it can."""
        if self.only is None:
            return ""
        section = key.partition(".")[0]
        if section in self.only and key != "training.rounds":
            return ""
        return words.LOCKED_ROUNDS if key == "training.rounds" else words.LOCKED

    # Changing it

    def with_text(self, key: str, text: str) -> Draft:
        """With a setting as somebody wrote it.

        Raises:
            ScenarioError: Not of the setting's kind, out of its range, or not built yet.
        """
        old = self.field(key)
        if text == old.text:
            return self
        if old.kind is tuple and '"' in text:
            return self.with_value(key, items(text))
        if key == "seed":
            return self.with_value(key, read_value(key, text, int))
        section, name = _split(key)
        return self.with_value(key, SECTIONS[section].read(name, text))

    def with_value(self, key: str, value: Any) -> Draft:
        """With a setting at `value`; that of a switch which is off switches it on.

        Raises:
            ScenarioError: A value the setting cannot have, or one not built yet.
        """
        self._refuse_locked(key)
        knob, kind = self.field(key).knob, self.field(key).kind
        value = knob.check(key, value, kind)
        if knob.later and value in knob.later:
            raise NotBuiltYet(key, repr(value), words.choose(knob.choices))
        if key == "seed":
            return replace(self, given={**self.given, key: value})
        section, name = _split(key)
        if key == "data.source":
            return self._with_source(value)
        return self._with_section(section, {**self._settings(section), name: value})

    def _with_source(self, source: str) -> Draft:
        """Another source starts with settings of its own, or with those it had before."""
        old = self.field("data.source").value
        if source == old:
            return self._with_section("data", {**self._settings("data"), "source": source})
        parked = {**self.parked, f"data={old}": self._settings("data")}
        settings = parked.get(f"data={source}", {"source": source})
        return replace(self._with_section("data", settings), parked=parked)

    def _with_section(self, section: str, settings: Mapping[str, Any]) -> Draft:
        return replace(self, given={**self.given, section: settings})

    def with_section(self, section: str, on: bool) -> Draft:
        """With a switch on or off; what was set in it is kept for when it is on again."""
        self._refuse_locked(section)
        if on == self.on(section) or not is_switch(section):
            return self
        if on:
            return self._with_section(section, self._settings(section))
        given = {key: value for key, value in self.given.items() if key != section}
        parked = {**self.parked, section: self.given[section]}
        return replace(self, given=given, parked=parked)

    def step(self, key: str, direction: int) -> Draft:
        """With the next value (1) or the one before (−1); itself where there is none."""
        self._refuse_locked(key)
        old = self.field(key)
        new = (
            min(max(old.value + direction, 0), 2**63 - 1)
            if key == "seed"
            else ladder.step(old.value, old.knob, old.kind, direction, _SUGGESTED.get(key, ()))
        )
        return self if new == old.value else self.with_value(key, new)

    def reset(self, key: str) -> Draft:
        """With a setting back at its default."""
        self._refuse_locked(key)
        if key == "seed":
            return replace(self, given={k: v for k, v in self.given.items() if k != "seed"})
        section, name = _split(key)
        if not self.field(key).was_set:
            return self
        if key == "data.source":
            return self._with_source(self.field(key).default)
        settings = {k: v for k, v in self._settings(section).items() if k != name}
        if not self.on(section):
            return replace(self, parked={**self.parked, section: settings})
        return self._with_section(section, settings)

    def with_preset(self, name: str) -> Draft:
        """With one of the built-in scenarios in place of everything."""
        self._refuse_locked("scenario")
        return replace(self, given=scenarios.load(name).given, parked={})

    def _refuse_locked(self, key: str) -> None:
        why = self.locked(key)
        if why:
            raise ScenarioError(why)

    # What comes of it

    @property
    def preset(self) -> str:
        """The built-in scenario this is, as it stands or changed; empty where it is none."""
        name = self.given.get("name", "")
        return name if name in scenarios.NAMES else ""

    @property
    def on_own_data(self) -> bool:
        """Whether the patients come from the learner's own file."""
        return self.field("data.source").value not in PUBLIC

    @property
    def changed(self) -> bool:
        """Whether anything would come of it but what it started from."""
        outcome = self._outcome
        return not isinstance(outcome, Scenario) or outcome != self.start

    def differences(self, other: Draft) -> tuple[str, ...]:
        """The settings, and the switches, in which another draft differs from this one."""
        keys = [key for key in ("seed", "name") if self.given.get(key) != other.given.get(key)]
        for section in SECTIONS:
            if self.on(section) != other.on(section):
                keys.append(section)
            elif self.on(section):
                mine, others = self._built(section).as_dict(), other._built(section).as_dict()
                keys += [f"{section}.{key}" for key in mine if mine[key] != others[key]]
        return tuple(keys)

    def followed(self, key: str, other: Draft) -> dict[str, str]:
        """Settings nobody set whose values differ in `other`, where `key` was changed: their new texts."""
        section = key.partition(".")[0]
        if section not in SECTIONS or key == "data.source":
            return {}
        mine = {field.key: field for field in self.fields(section)}
        return {
            field.key: field.text or words.SETTINGS_EMPTY
            for field in other.fields(section)
            if field.key != key and not field.was_set and field.value != mine[field.key].value
        }

    def scenario(self) -> Scenario:
        """What comes of it.

        Raises:
            EngineError: The mix cannot run.
        """
        if isinstance(self._outcome, EngineError):
            raise self._outcome
        return self._outcome

    @property
    def problem(self) -> str:
        """Why the mix cannot run, in one sentence; empty if it can, as far as is known unread."""
        return "" if isinstance(self._outcome, Scenario) else str(self._outcome)

    @property
    def problem_keys(self) -> tuple[str, ...]:
        """The settings and sections that the problem names."""
        return keys_in(self.problem)

    @property
    def notes(self) -> tuple[str, ...]:
        """Warnings about a mix that runs."""
        return self._outcome.notes if isinstance(self._outcome, Scenario) else ()

    @cached_property
    def _outcome(self) -> Scenario | EngineError:
        try:
            scenario = Scenario.from_dict(self.given)
            check_hospitals(scenario)
        except EngineError as error:
            return error
        return scenario


def is_switch(section: str) -> bool:
    """Whether a section can be off."""
    return section in SECTIONS and SECTIONS[section] not in ALWAYS


def keys_in(sentence: str) -> tuple[str, ...]:
    """The settings a sentence of the engine names, and the section it begins with."""
    begins = sentence.partition(":")[0]
    keys = [f"{s}.{k}" for s, k in _KEY.findall(sentence) if s in SECTIONS and k in _names(s)]
    if begins in SECTIONS or begins == "seed":
        keys.insert(0, begins)
    if begins.startswith("change."):
        keys.insert(0, "training.rounds")
    return tuple(dict.fromkeys(keys))


def _names(section: str) -> Mapping[str, Knob]:
    kind: type[Section] = SECTIONS[section]
    return kind.knobs()


def _split(key: str) -> tuple[str, str]:
    section, _, name = key.partition(".")
    return section, name
