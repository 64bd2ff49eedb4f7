"""How the lab opens: on which scenario or recording, on which terminal, with what was kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from engine.events import Event
from engine.scenario import Scenario
from engine.state import State
from fedtui.lab import glyphs, theme
from fedtui.lab.app import LabApp, Manner
from fedtui.player import Player


def run_lab(
    scenario: Scenario | None, replay: Path | None, ascii: bool = False, motion: bool = True
) -> int:
    """Open the lab on a scenario, or on a recording; returns the exit code."""
    os.environ.update(theme.colour_environment(os.environ))
    still = not motion or bool(os.environ.get("SSH_CONNECTION"))
    manner = Manner(
        glyphs.choose(ascii, os.environ.get("TERM", "")),
        motion=not still,
        palette=theme.choose("", os.environ),
    )
    app = LabApp(_player(scenario, replay), manner)
    app.run(mouse=False)  # nothing answers to it yet, and text can be marked and copied
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
