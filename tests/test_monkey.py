"""Random keys over everything that is kept: the player's laws hold after each, and it stays quick.

`tests/test_hostile.py` presses them on a bare lab; here sessions are written meanwhile, worlds are
forked, named and deleted, and a hundred hospitals are guarded by all that there is.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Size

from engine import Scenario, simulate
from fedtui.keeping import Keeping
from fedtui.lab.app import LabApp
from fedtui.lab.lab import Lab
from fedtui.player import Player
from fedtui.session import Keeper
from tests import monkey
from tests.builders import small
from tests.lab import Bench, lab, opened

WORLDS = ("]", "]", "[", "f", "p", "m", "c", "x", "tab", "r", "R", "u", "u", "b", "space", "right")
LIST = ("n", "enter", "d", "up", "down", "r")
MANY = Scenario.from_dict(
    {
        "data": {"source": "synthetic", "hospitals": 100, "patients": 4000, "features": 4},
        "training": {"rounds": 4},
        "masking": {},
        "privacy": {},
        "compression": {},
    }
)
MOST = 2.0  # seconds that a megabyte may take


def lawful(player: Player) -> None:
    """What holds whatever was pressed."""
    assert player.branch in player.branches
    assert len({id(branch) for branch in player.branches}) == len(player.branches)
    assert 0 <= player.cursor < len(player.branch.frames)
    assert player.before is None or player.before in player.branches
    assert all(branch in player.branches for branch in player.undone)
    assert player.forking is None or 0 <= player.forking < player.view.rounds
    for branch in player.branches:
        known = [point.correct for point in branch.last.points]
        assert list(branch.curve[: len(known)]) == known
        assert 0 <= branch.fork <= branch.last.rounds


def press(at: Bench, key: str) -> None:
    """Press a key and wait for nothing."""
    typed = monkey.sent(key)
    at.app.post_message(events.Key(key, typed if len(typed) == 1 else None))


async def plays_on(at: Bench) -> None:
    """After enough Esc a step is seen and the lab fills the screen."""
    for _ in range(20):
        if isinstance(at.app.screen, Lab):
            break
        await at.press("escape")
    if at.app.player.playing:
        await at.pilot.press("space")
    await at.settle(60)
    before = await at.press("escape", "escape", "escape", "0")
    assert await at.press("right") != before
    assert "SERVER" in at.text


@pytest.mark.parametrize("seed", [1, 2])
async def test_worlds_made_at_random_keep_the_players_laws(seed: int, tmp_path: Path) -> None:
    draw, keeping = random.Random(seed), Keeping(Keeper())
    async with opened(Player.of(small(), simulate), keeping=keeping) as at:
        app = at.app
        for number in range(200):
            listed = not isinstance(app.screen, Lab)
            key = "escape" if number % 12 == 11 else draw.choice(LIST if listed else WORLDS)
            press(at, key)
            if draw.random() < 0.7:
                await at.pilot.pause()
            lawful(app.player)
        await plays_on(at)
        lawful(app.player)
        app.keep_at_last()
    keeping.keeper.close()
    again = Keeping(Keeper())
    assert again.look() == ""
    assert again.offer is not None
    assert len(again.offer.session.branches) == len(app.player.branches)
    again.keeper.close()


async def test_a_hundred_guarded_hospitals_take_any_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(LabApp, "action_leave", lambda app: None)
    async with lab(MANY, size=(120, 40)) as at:
        for number, key in enumerate(monkey.presses(5, 24)):
            press(at, key)
            if number % 3 == 2:
                await at.pilot.pause()
            lawful(at.app.player)
        await plays_on(at)


async def test_worlds_that_are_refused_one_after_the_other_leave_no_trace() -> None:
    async with lab(small(data={"source": "no-such-table.csv"})) as at:
        for key in ("R", "R", "R"):
            press(at, key)
        await at.settle()
        lawful(at.app.player)
        assert "no-such-table.csv" in at.text


async def test_a_lab_that_was_resized_is_the_lab_that_never_was() -> None:
    draw = random.Random(7)
    async with lab(small()) as at:
        never = await at.press("]", "m", "]", "tab")
    async with lab(small()) as at:
        for key in ("]", "m", "]", "tab"):
            for _ in range(8):
                size = Size(draw.randint(20, 300), draw.randint(5, 100))
                at.app.post_message(events.Resize(size, size))
            await at.press(key)
        await at.pilot.resize_terminal(80, 24)
        assert at.text == never


@pytest.mark.parametrize("keys", [(), ("e",), ("b",), ("s",)])
async def test_a_megabyte_pasted_where_nothing_is_written_changes_nothing(
    keys: tuple[str, ...],
) -> None:
    async with lab(small()) as at:
        before = await at.press("]", *keys)
        begun = time.perf_counter()
        at.app.post_message(events.Paste("[red]\x1b[2J\x00q m\n" * 60_000))
        await at.settle()
        assert time.perf_counter() - begun < MOST
        assert at.text == before
