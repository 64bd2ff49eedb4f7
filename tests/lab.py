"""A lab to press keys on: the app without a terminal, and its screen as rows of text."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from engine import Scenario, simulate
from engine.events import Event
from fedtui.lab import glyphs
from fedtui.lab.app import LabApp, Manner
from fedtui.player import Player

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = bool(os.environ.get("UPDATE_SNAPSHOTS"))


class Bench:
    """The app under a pilot."""

    def __init__(self, app: LabApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> str:
        """Press keys one after the other, each when the one before has had its effect."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()
        return self.text

    async def settle(self, seconds: float = 20) -> None:
        """Wait until nothing moves any more."""
        async with asyncio.timeout(seconds):
            while not self.app.idle:
                await asyncio.sleep(0.005)
        await self.pilot.pause()

    @property
    def rows(self) -> list[str]:
        """What the terminal would show."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)


@asynccontextmanager
async def lab(
    scenario: Scenario,
    *,
    size: tuple[int, int] = (80, 24),
    motion: bool = False,
    column: glyphs.Glyphs = glyphs.UNICODE,
) -> AsyncIterator[Bench]:
    """The lab on a scenario, prepared and paused."""
    async with opened(Player.of(scenario, simulate), size=size, motion=motion, column=column) as at:
        yield at


@asynccontextmanager
async def opened(
    player: Player,
    *,
    size: tuple[int, int] = (80, 24),
    motion: bool = False,
    column: glyphs.Glyphs = glyphs.UNICODE,
) -> AsyncIterator[Bench]:
    """The lab on a player."""
    app = LabApp(player, Manner(column, motion))
    async with app.run_test(size=size) as pilot:
        bench = Bench(app, pilot)
        await bench.settle()
        yield bench


def same_as_snapshot(name: str, text: str) -> bool:
    """Whether `text` is what the file says; UPDATE_SNAPSHOTS=1 writes the file instead."""
    path = SNAPSHOTS / f"{name}.txt"
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", "utf-8")
    return path.read_text("utf-8") == text + "\n"


def all_events(scenario: Scenario) -> list[Event]:
    """A whole run, to play as a script."""
    return list(simulate(scenario))
