"""Knobs: one definition of a setting that validates it, documents it and builds its form.

A *section* is a frozen dataclass whose fields are knobs. The engine checks values against them, the
command line reads `--set` with them, and the screen draws its forms from them; none of the three
knows a setting by itself.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self, get_type_hints

from engine.errors import NotBuiltYet, ScenarioError

KNOB = "knob"
_FEW = 3  # words that are all named: the nearest to "on" may be "none"
_SHOWN = 1e300  # a number from here on is infinite, as far as a setting is concerned


@dataclass(frozen=True)
class Knob:
    """What a setting may be, and what it means.

    Attributes:
        help: One line for `--help`, a form or a tooltip.
        low, high: Inclusive bounds of a number; `above` and `below` are exclusive ones.
        choices: The words a text setting may be; empty where any text will do.
        later: Words that are known and refused by name: they are not built yet.
        inf: Whether infinity is allowed, whatever the bounds; in JSON it is a text.
        unit: What a number counts, e.g. "patients".
        depends: Where the default hangs on the section's other settings: how.
    """

    help: str
    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    below: float = math.inf
    choices: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    inf: bool = False
    unit: str = ""
    depends: Callable[[Mapping[str, Any]], Any] | None = None

    @property
    def range(self) -> str:
        """The allowed values in words: "between 0 and 1", "one of a, b"."""
        if self.choices:
            return "one of " + ", ".join(self.choices + self.later)
        bounds = [
            f"at least {self.low:g}" if self.low > -math.inf else "",
            f"above {self.above:g}" if self.above > -math.inf else "",
            f"at most {self.high:,.10g}" if self.high < math.inf else "",
            f"below {self.below:g}" if self.below < math.inf else "",
        ]
        told = " and ".join(filter(None, bounds)) or "any value"
        return f"{told}, or inf" if self.inf else told

    def check(self, where: str, value: Any, kind: type) -> Any:
        """`value` as its knob's type, or a ScenarioError that names `where`."""
        if self.inf and value in (math.inf, "inf"):
            return math.inf
        value = _as_kind(where, value, kind)
        if kind in (int, float):
            inside = self.low <= value <= self.high and self.above < value < self.below
            if not inside:  # nan is in no range
                told = (
                    f"{value:g}" if kind is float or abs(value) < _SHOWN else "a number that large"
                )
                raise ScenarioError(f"{where}: {told} is out of range; it must be {self.range}.")
        if self.choices and value not in self.choices + self.later:
            known = self.choices + self.later
            way = f"choose {_either(known)}." if len(known) <= _FEW else nearest(value, known)
            raise ScenarioError(f"{where}: there is no {value!r}; {way}")
        return value


def knob(default: Any, help: str, **limits: Any) -> Any:
    """A dataclass field that carries its `Knob` (see there for `limits`)."""
    return dataclasses.field(default=default, metadata={KNOB: Knob(help, **limits)})


class Section:
    """A section of a scenario: a frozen dataclass of knobs.

    Subclasses name themselves in `section`, the word in square brackets in TOML.
    """

    section: ClassVar[str]

    @classmethod
    def knobs(cls) -> dict[str, Knob]:
        """Every knob by its name, in order."""
        return {f.name: f.metadata[KNOB] for f in dataclasses.fields(cls)}  # type: ignore[arg-type]

    @classmethod
    def kinds(cls) -> dict[str, type]:
        """The plain type of every knob: bool, int, float, str or tuple."""
        return dict(_kinds(cls))  # type: ignore[arg-type]  # a class has a hash

    @classmethod
    def build(cls, given: Mapping[str, Any]) -> Self:
        """The section with `given` values over its defaults, each checked."""
        knobs, kinds = cls.knobs(), cls.kinds()
        for key in given:
            if key not in knobs:
                raise ScenarioError(
                    f"{cls.section}.{key!s}: there is no such setting; {nearest(key, knobs)}"
                )
        defaults = {f.name: f.default for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        values = {
            key: knobs[key].check(f"{cls.section}.{key}", given.get(key, defaults[key]), kinds[key])
            for key in knobs
        }
        for key, setting in knobs.items():
            if setting.depends and key not in given:
                values[key] = setting.depends(values)
        return cls(**values)

    def refuse_unbuilt(self) -> None:
        """Refuse a value that is known by name only. Apart from `build`, so that a mix that could
        never run is explained as such first.
        """
        for name, setting in self.knobs().items():
            value = getattr(self, name)
            if value in setting.later:
                where = f"{self.section}.{name}"
                raise NotBuiltYet(where, repr(value), f"choose {_either(setting.choices)}")

    @classmethod
    def read(cls, key: str, text: str) -> Any:
        """The value that `text` (from a command line or a form) means for knob `key`."""
        kinds = cls.kinds()
        if key not in kinds:
            raise ScenarioError(
                f"{cls.section}.{key}: there is no such setting; {nearest(key, kinds)}"
            )
        return read_value(f"{cls.section}.{key}", text, kinds[key])

    def unused(self, key: str) -> str:
        """Why the section's other settings make `key` idle; empty where it is used."""
        return ""

    def as_dict(self) -> dict[str, Any]:
        """Every value as JSON takes it: lists where the section holds tuples, infinity as a text."""
        return {name: _json(getattr(self, name)) for name in self.knobs()}


@cache  # a form asks with every key, and reading annotations is slow
def _kinds(section: type[Section]) -> Mapping[str, type]:
    hints = get_type_hints(section)
    return {name: _plain(hints[name]) for name in section.knobs()}


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return "inf" if isinstance(value, float) and math.isinf(value) else value


def read_value(where: str, text: str, kind: type) -> Any:
    """Text as a `kind`: numbers as written, true/false, lists by commas."""
    try:
        if kind is bool:
            return {"true": True, "false": False, "on": True, "off": False}[text.strip().lower()]
        if kind is int:
            return int(text)
        if kind is float:
            return float(text)
    except (KeyError, ValueError):
        raise ScenarioError(f"{where}: {text!r} is not {_KIND_WORDS[kind]}.") from None
    if kind is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def nearest(word: Any, known: Iterable[str]) -> str:
    """ "did you mean X?" for a near miss, else the whole list."""
    names = list(known)
    close = difflib.get_close_matches(str(word), names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"choose {_either(names)}."


_KIND_WORDS = {
    bool: "on or off (true or false)",
    int: "a whole number",
    float: "a number",
    str: "a text",
    tuple: "a list",
}


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else str(last)


def _plain(hint: Any) -> type:
    return tuple if getattr(hint, "__origin__", None) is tuple else hint


def _as_kind(where: str, value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < _SHOWN else math.inf * (1 if value > 0 else -1)
    if kind is tuple and isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise ScenarioError(f"{where}: {value!r} is not {_KIND_WORDS[kind]}.")
