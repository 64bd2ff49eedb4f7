"""How the lab opens: on which scenario or recording, on which terminal, with what was kept."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

from engine.events import Event
from engine.scenario import Scenario
from engine.state import State
from fedtui import preferences
from fedtui.keeping import Keeping
from fedtui.lab import glyphs, theme
from fedtui.lab.app import LabApp, Manner
from fedtui.lesson import Progress
from fedtui.player import Player
from fedtui.session import Keeper, prune
from fedtui.tour import Tour


def run_lab(
    scenario: Scenario | None,
    replay: Path | None,
    *,
    ascii: bool = False,
    motion: bool = True,
    place: str = "",
    lesson: bool = False,
) -> int:
    """Open the lab on a scenario, or on a recording; returns the exit code.

    Args:
        scenario: None for the default one, and the first five minutes beside it.
        place: Whose session and preferences to keep, where many share one account.
        lesson: Open the first five minutes in any case.
    """
    os.environ.update(theme.colour_environment(os.environ))
    client = os.environ.get("SSH_CONNECTION", "")
    keeper = Keeper(place, client.partition(" ")[0])
    kept, told = preferences.load(keeper.place)
    manner = Manner(
        glyphs.choose(ascii, os.environ.get("TERM", "")),
        motion=motion and not client,
        palette=theme.choose(kept.theme, os.environ),
    )
    first = scenario is None and replay is None
    tour = Tour(Progress(kept.lesson, kept.answers, kept.told), open=kept.lesson_open and first)
    if lesson:
        tour.again()
    keeping = None if replay else Keeping(keeper, kept)
    app = LabApp(_player(scenario, replay), manner, tour, keeping)
    app.notice = told
    # What stands after the start, a few hundred thousand modules, classes and widgets, stays to the end.
    # Python's collector would walk through all of it again whenever a run has made enough that is new,
    # 30 to 100 ms each time, in which no key is answered; frozen, it is left out.
    app.settle = gc.freeze
    app.run(mouse=False)  # nothing answers to it yet, and text can be marked and copied
    if keeping:
        app.keep_at_last()
        prune()
        keeper.close()
    return app.return_code or 0


def _player(scenario: Scenario | None, replay: Path | None) -> Player:
    if replay is not None:
        return Player.replaying(_recorded(replay), replay.name, simulated)
    if scenario is None:
        from fedtui.scenarios import load

        scenario = load()
    return Player.of(scenario, simulated)


def simulated(scenario: Scenario, start: State | None) -> Iterator[Event]:
    """`engine.simulate`, imported after the first paint, in the asker's thread."""
    from engine.simulation import simulate

    yield from simulate(scenario, start)


def _recorded(path: Path) -> Iterator[Event]:
    from engine.recording import read

    yield from read(path)
