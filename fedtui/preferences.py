"""Preferences: what a learner chose once and finds again: colours, plot, speed, and lesson 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from fedtui import files

NEW = "new"  # lesson 0 was never seen


@dataclass(frozen=True)
class Preferences:
    """Of one learner.

    Attributes:
        lesson: The step of lesson 0 that is under way, or NEW.
        lesson_open: Whether it is on the screen.
        others: What another version keeps here; it is kept.
    """

    theme: str = ""
    plot: str = "accuracy"
    speed: float = 1.0
    lesson: str = NEW
    lesson_open: bool = True
    answers: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)


def load(place: str) -> tuple[Preferences, str]:
    """What was kept for `place`; a sentence where it could not be used."""
    path = _path(place)
    content, sentence = files.read(path)
    if content is None:
        return Preferences(), sentence
    content.pop("fedtui")
    defaults = asdict(Preferences())
    known = {key: content.pop(key) for key in defaults if key in content and key != "others"}
    if not all(_fits(key, value, defaults[key]) for key, value in known.items()):
        return Preferences(), files.damaged(path)
    return Preferences(**known, others=content), ""


def save(place: str, preferences: Preferences) -> str:
    """Keep them; a sentence where that fails."""
    own = {f.name: getattr(preferences, f.name) for f in fields(preferences) if f.name != "others"}
    return files.write(_path(place), {**preferences.others, **own})


def _fits(key: str, value: Any, default: Any) -> bool:
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(default, dict):
        kind = int if key == "told" else str
        return isinstance(value, dict) and all(type(item) is kind for item in value.values())
    return type(value) is type(default)


def _path(place: str) -> Path:
    return files.folder() / f"preferences{'-' + place if place else ''}.json"
