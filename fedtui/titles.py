"""What a run is called once its patients come from elsewhere: no table stands under another one's name."""

from __future__ import annotations

from pathlib import Path

from engine import Scenario
from engine.settings import TEXTS
from fedtui.safe import safe


def renamed(before: Scenario, after: Scenario) -> Scenario:
    """`after`, called by its patients where they are not those of `before` and nobody named it anew."""
    same = after.data.source == before.data.source
    if same or any(getattr(before, text) != getattr(after, text) for text in TEXTS):
        return after
    source = called(after.data.source)
    return after.replace({"name": source, "title": source, "about": ""})


def called(source: str) -> str:
    """A file or folder by its own name, a built-in source by its word."""
    shown = safe(Path(source).name or source)
    return "".join(char if char.isprintable() else " " for char in shown)
