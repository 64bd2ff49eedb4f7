"""Settings as nested mappings of what somebody set, and how one of them is read and changed.

`{"fedprox": {"mu": 0.1}}` is what TOML gives, what a code holds, and what a scenario keeps; its dotted
form, `fedprox.mu`, is what a command line and a form use. Nothing here is validated but names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.channels.section import Masking
from engine.codecs.section import Compression
from engine.errors import ScenarioError
from engine.faults import Faults
from engine.knobs import Section, nearest, read_value
from engine.privacy.section import Privacy
from engine.sections import Data, Model, Training
from engine.stages import STAGES
from engine.switch import Switch

Given = Mapping[str, Any]

ALWAYS: tuple[type[Section], ...] = (Data, Model, Training)
SWITCHES: tuple[type[Switch], ...] = (*STAGES, Privacy, Masking, Compression, Faults)
SECTIONS: Mapping[str, type[Section]] = {s.section: s for s in (*ALWAYS, *SWITCHES)}
CHANGEABLE = tuple(s for s in SECTIONS if s not in ("data", "model"))
TEXTS = ("name", "title", "about")
TOP = (*TEXTS, "seed", *SECTIONS, "change")


def read_setting(text: str) -> tuple[str, Any]:
    """A dotted key and its value from "KEY=VALUE", the value read by its knob's type.

    "fedprox=on" and "fedprox=off" switch a section.
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals:
        raise ScenarioError(f"{text}: a setting is written KEY=VALUE, e.g. training.rounds=10.")
    if key == "seed":
        return key, read_value(key, value, int)
    if key in TEXTS:
        return key, value
    section, dot, name = key.partition(".")
    if section not in SECTIONS:
        raise ScenarioError(f"{key}: there is no such setting; {nearest(section, TOP)}")
    if not dot:
        return key, read_value(key, value, bool)
    return key, SECTIONS[section].read(name, value)


def with_settings(given: Given, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with dotted keys set and bare section names switched; see `Scenario.replace`."""
    changed: dict[str, Any] = {k: dict(v) if k in SECTIONS else v for k, v in given.items()}
    if "data.source" in settings:
        changed["data"] = {}
    for key, value in settings.items():
        section, dot, name = key.partition(".")
        if dot:
            if section not in SECTIONS:
                raise ScenarioError(
                    f"{key}: there is no such setting; {nearest(section, SECTIONS)}"
                )
            changed.setdefault(section, {})[name] = value
        elif isinstance(value, bool):
            if key not in SECTIONS or SECTIONS[key] in ALWAYS:
                names = [switch.section for switch in SWITCHES]
                raise ScenarioError(
                    f"{key!r}: only a section can be switched on or off; {nearest(key, names)}"
                )
            changed.pop(key, None) if not value else changed.setdefault(key, {})
        else:
            changed[key] = value
    return changed


def plain(given: Given) -> dict[str, Any]:
    """Nested dicts and lists that TOML and JSON writers take."""

    def each(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: each(item) for key, item in value.items()}
        return [each(item) for item in value] if isinstance(value, list | tuple) else value

    return {key: each(value) for key, value in given.items()}
