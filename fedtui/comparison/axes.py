"""What is varied: a setting and its values, from a line like "fedprox.mu=off,0.01,0.1"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import ScenarioError
from engine.settings import SECTIONS, SWITCHES, TOP, read_setting

MOST = 10_000  # runs of one comparison, and values of one range
_RANGE = re.compile(r"\s*(\d+)\s*\.\.\s*(\d+)\s*")
_SWITCHES = {switch.section for switch in SWITCHES}


@dataclass(frozen=True)
class Value:
    """One value of an axis.

    Attributes:
        text: As it was written.
        settings: Dotted key → value; a section's name with False where the section is off.
        number: Where it lies on the axis; None where it is no number.
    """

    text: str
    settings: Mapping[str, Any]
    number: float | None

    @property
    def off(self) -> bool:
        """Whether it switches a section off."""
        return any(value is False and key in _SWITCHES for key, value in self.settings.items())


@dataclass(frozen=True)
class Axis:
    """A setting and the values it takes, in the order in which they were written."""

    key: str
    values: tuple[Value, ...]


def read_axis(text: str) -> Axis:
    """The axis that "KEY=A,B,C" means.

    Values stand between commas, or between semicolons where there is one; those of a setting that is
    a list itself always between semicolons, as in "data.drop=age,sex;age". Whole numbers may be a
    range, "seed=1..20". "off" as a value of a section's key leaves the whole section off.

    Raises:
        ScenarioError: An unknown key, a value its setting cannot have, one value twice.
    """
    key, equals, listed = text.partition("=")
    key = key.strip()
    if not equals or not listed.strip():
        raise ScenarioError(
            f"--vary {text}: write KEY=A,B,C, e.g. fedprox.mu=0,0.1,1 or fedprox=off,on."
        )
    if key in TOP and key != "seed" and key not in _SWITCHES:
        raise ScenarioError(
            f"--vary {key}: this cannot be varied; name a key of a section, as in training.rounds,"
            " or one of the switches."
        )
    values = [_value(key, each) for each in _parts(key, listed)]
    for i, value in enumerate(values):
        if value.settings in [earlier.settings for earlier in values[:i]]:
            raise ScenarioError(f"--vary {key}: {value.text} stands there twice; once is enough.")
    return Axis(key, tuple(values))


def _parts(key: str, listed: str) -> list[str]:
    kind = _kind(key)
    mark = ";" if kind is tuple or ";" in listed else ","
    parts: list[str] = []
    for part in listed.split(mark):
        parts += _range(key, part) if kind is int else [part.strip()]
    return parts


def _range(key: str, part: str) -> list[str]:
    """The whole numbers of "1..20", or the part itself."""
    found = _RANGE.fullmatch(part)
    if not found:
        return [part.strip()]
    first, last = map(int, found.groups())
    if not 0 <= last - first < MOST:
        raise ScenarioError(
            f"--vary {key}: {part.strip()} is no range; write the smaller number first, and at most"
            f" {MOST:,} of them."
        )
    return [str(number) for number in range(first, last + 1)]


def _value(key: str, text: str) -> Value:
    section, dot, _ = key.partition(".")
    if dot and section in _SWITCHES and text.lower() == "off" and _kind(key) is not bool:
        return Value("off", {section: False}, None)
    key, value = read_setting(f"{key}={text}")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Value(_written(value, text), {key: value}, float(value) if is_number else None)


def _written(value: Any, text: str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return text or "(nothing)"


def _kind(key: str) -> type:
    """The plain type of a setting, where there is such a one; `read_setting` refuses others."""
    section, _, name = key.partition(".")
    if key == "seed":
        return int
    return SECTIONS[section].kinds().get(name, str) if section in SECTIONS else str
