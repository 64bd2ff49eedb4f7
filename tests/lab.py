"""A lab to press keys on: the app without a terminal, and its screen as rows of text."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.strip import Strip

from engine import Scenario, simulate
from fedtui.keeping import Keeping
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
        return rows(self.app)

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def whole(self) -> bool:
        """Whether every row is exactly as wide as the terminal, and there are as many as it has."""
        wide, high = self.app.size
        return [strip.cell_length for strip in strips(self.app)] == [wide] * high


def strips(app: App[Any]) -> list[Strip]:
    """The rows of an app's screen as they are sent to the terminal."""
    return app.screen._compositor.render_strips()


def rows(app: App[Any]) -> list[str]:
    """The same as text, blank ends cut."""
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips(app)]


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
    keeping: Keeping | None = None,
) -> AsyncIterator[Bench]:
    """The lab on a player; with `keeping`, what it would write as it ends is the caller's to ask for."""
    app = LabApp(player, Manner(column, motion), keeping=keeping)
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
