"""The pictures of the lab in docs/: `python -m tests.pictures` draws them anew, each from a real run.

Every scenario at three sizes, in the middle of what is most worth seeing, and a round that was lost.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine import simulate
from fedtui.lab import tempo
from fedtui.lab.app import LabApp, Manner
from fedtui.player import Player
from fedtui.scenarios import load
from tests.lab import Bench

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
SIZES = ((80, 24), (120, 40), (160, 50))
PROTECTED = ("p", "m", "c")  # network hides its hospitals from the start
# name: scenario, keys before the picture, round, moment, how far it has moved
SHOTS = {
    "cells": ("cells", (), 12, "ModelSent", 0.55),
    "cells-protected": ("cells", PROTECTED, 8, "UpdatesSent", 0.6),
    "specialists": ("specialists", ("f",), 14, "UpdatesSent", 0.5),
    "network": ("network", ("m", "c"), 6, "UpdatesSent", 0.5),
    "lost": ("cells", ("m", "]", "]", "]", "x"), 3, "HospitalsDropped", 1.0),
}


async def shot(name: str, size: tuple[int, int]) -> None:
    """One picture."""
    scenario, keys, round, moment, motion = SHOTS[name]
    app = LabApp(Player.of(load(scenario), simulate), Manner())
    async with app.run_test(size=size) as pilot:
        at = Bench(app, pilot)
        await at.settle(60)
        await at.press(*keys)
        while (app.player.view.round, app.player.view.moment) != (round, moment):
            await at.press("]" if app.player.view.round < round - 1 else "right")
            if app.player.view.round > round:
                await at.press("[", "[")
        app._pace.elapsed = motion * tempo.seconds(app.player.view, 1.0)
        app.notice = ""
        app._show()
        await pilot.pause()
        wide, high = size
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}-{wide}x{high}.svg").write_text(app.export_screenshot(title="fedtui"))


async def main() -> None:
    """All of them."""
    for name in SHOTS:
        for size in SIZES:
            await shot(name, size)


if __name__ == "__main__":
    asyncio.run(main())
