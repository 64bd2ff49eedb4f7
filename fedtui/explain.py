"""A run told as text, a line for each phase: for screen readers and logs, in the words of the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.events import Event
from engine.scenario import Scenario
from fedtui import words
from fedtui.goals import rests
from fedtui.safe import safe
from fedtui.view import View, fold, start


def explained(
    events: Iterator[Event], scenario: Scenario, say: Callable[[str], object]
) -> Iterator[Event]:
    """The same events, each told once its moment is complete."""
    view = start(scenario)
    for event in events:
        view = fold(view, event)
        if rests(view):
            say(line(view))
        yield event


def line(view: View) -> str:
    """Where we are, and what happened there."""
    phase = f", {view.phase}" if view.phase else ""
    place = f"Round {view.round}{phase}: " if view.round and not view.finished else ""
    told = " ".join(words.right_now(view)).replace(f" {words.KEYS_TO_BEGIN}", "")
    return place + safe(told)
