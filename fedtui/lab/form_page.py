"""What a form shows of a draft: its sections, the settings of one, what they mean and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings import SECTIONS
from fedtui import scenarios, words
from fedtui.draft import Draft, Field, is_switch, keys_in
from fedtui.lab.sheet import Page, Row, Tab
from fedtui.written import as_text

PRESETS = "scenario"  # the first page is no section of the engine's
_FIRST = (PRESETS, "fedprox", "privacy", "masking", "compression", "training", "faults")
_SHORTCUTS = ("data.hospitals", "seed")  # asked for so often that they stand on the first page too


def sections() -> tuple[str, ...]:
    """Every page of the form, in order."""
    return (*_FIRST, *(section for section in SECTIONS if section not in _FIRST))


@dataclass(frozen=True)
class Place:
    """Where in the form somebody is: a section, and a line of it."""

    section: str
    line: int


@dataclass(frozen=True)
class Said:
    """What the form has to say at the moment."""

    refusal: str = ""
    note: str = ""
    typing: bool = False
    giving_up: bool = False  # Esc leaves everything as it was


def count(draft: Draft, section: str) -> int:
    """Lines of a section."""
    if section == PRESETS:
        return len(scenarios.NAMES) + len(_SHORTCUTS)
    return len(draft.fields(section))


def field_at(draft: Draft, place: Place) -> Field | None:
    """The setting in focus; None on a scenario to choose."""
    if place.section != PRESETS:
        return draft.fields(place.section)[place.line]
    at = place.line - len(scenarios.NAMES)
    return draft.field(_SHORTCUTS[at]) if at >= 0 else None


def page(draft: Draft, place: Place, said: Said) -> Page:
    """All that is to be seen."""
    field = field_at(draft, place)
    marked = (*draft.problem_keys, *keys_in(said.refusal))
    return Page(
        tabs=tuple(_tab(draft, section, marked) for section in sections()),
        tab=sections().index(place.section),
        rows=_rows(draft, place.section, marked),
        row=place.line,
        means=_means(draft, field) if field else _scenario(draft, place.line),
        wrong=said.refusal or draft.problem,
        note=said.note or _warning(draft, place.section),
        keys=_keys(field, said),
    )


def _tab(draft: Draft, section: str, marked: tuple[str, ...]) -> Tab:
    return Tab(
        name=words.section_name(section),
        on=draft.on(section) if is_switch(section) else None,
        wrong=section in map(_section, marked),
        locked=bool(draft.locked(section)),
    )


def _rows(draft: Draft, section: str, marked: tuple[str, ...]) -> tuple[Row, ...]:
    if section != PRESETS:
        return tuple(_row(draft, field, marked) for field in draft.fields(section))
    locked = bool(draft.locked(PRESETS))
    presets = (
        Row(title, name, picked=name == draft.preset, faint=locked)
        for name, title, _ in scenarios.presets()
    )
    return (*presets, *(_row(draft, draft.field(key), marked) for key in _SHORTCUTS))


def _row(draft: Draft, field: Field, marked: tuple[str, ...]) -> Row:
    section, _, name = field.key.partition(".")
    called = words.setting_name(field.key)
    hidden = field.key == "seed" and draft.on_own_data  # part of it would make the rest a guess
    return Row(
        name=called,
        value=words.SETTINGS_SECRET if hidden else field.text or words.SETTINGS_EMPTY,
        unit=field.knob.unit if field.knob.unit != called else "",
        key=name or section,
        wrong=field.key in marked,
        bold=field.was_set,
        faint=bool(field.idle or field.locked or not draft.on(section)),
    )


def _scenario(draft: Draft, line: int) -> tuple[str, ...]:
    name, title, about = scenarios.presets()[line]
    locked = draft.locked(PRESETS)
    return (words.preset(title, about), locked or words.preset_way(name == draft.preset))


def _means(draft: Draft, field: Field) -> tuple[str, ...]:
    section = _section(field.key)
    why = field.locked or (words.setting_idle(field.idle) if field.idle else "")
    if not why and not draft.on(section):
        why = words.section_told(section)
    told = words.choice_told(field.key, field.value) or words.setting_told(
        field.key, field.knob.help, field.knob.unit
    )
    value = words.setting_range(field.range, as_text(field.default), field.was_set)
    return tuple(filter(None, (told, value, why)))


def _warning(draft: Draft, section: str) -> str:
    """The engine's first warning about a section, for a mix that runs."""
    notes = (note for note in draft.notes if section in map(_section, keys_in(note)[:1]))
    return next(notes, "")


def _keys(field: Field | None, said: Said) -> tuple[tuple[str, str, int], ...]:
    if said.typing:
        return words.TYPING_KEYS
    keys = words.SETTINGS_KEYS if field else words.PRESET_KEYS
    return tuple(words.GIVING_UP if said.giving_up and key[0] == "Esc" else key for key in keys)


def _section(key: str) -> str:
    return key.partition(".")[0]
