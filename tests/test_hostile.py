"""Whatever size, key, text or name comes, the screen stands, and the next key works."""

from __future__ import annotations

import asyncio
import itertools
import random
from pathlib import Path

import pytest
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.widgets import Input

from fedtui.lab.app import LabApp
from fedtui.lab.keys import KEYS
from fedtui.lab.lab import Lab
from tests import monkey
from tests.builders import small
from tests.lab import Bench, lab

MEGABYTE = 1_000_000


async def home(at: Bench) -> None:
    """Back to the lab, paused, whatever is open."""
    for _ in range(20):
        if isinstance(at.app.screen, Lab):
            break
        await at.pilot.press("escape")
    if at.app.player.playing:
        await at.pilot.press("space")
    await at.settle(60)


async def still_works(at: Bench) -> None:
    """A step, and a moment of play, are seen."""
    await home(at)
    await at.press("escape", "escape", "0")
    before = at.text
    assert await at.press("right") != before
    assert "[ SEND ]" in at.text
    await at.press("0")
    assert "round 0 of" in at.text
    await at.pilot.press("space")
    assert at.app.player.playing
    await home(at)


# Sizes


async def test_two_hundred_sizes_while_playing() -> None:
    draw = random.Random(20)
    over = itertools.cycle(("", "s", "b", "question_mark", "w", "2", "4", "colon"))
    async with lab(small(training={"rounds": 500}, masking={})) as at:
        await at.pilot.press(*["plus"] * 4, "space")
        for number in range(200):
            if number % 10 == 0:
                await at.pilot.press("escape")
                if key := next(over):
                    await at.pilot.press(key)
            await resize(at, between(draw, 20, 300), between(draw, 5, 100))
            assert at.whole, f"size {number}: {at.app.size}"
        await at.pilot.resize_terminal(80, 24)
        await still_works(at)


def between(draw: random.Random, least: int, most: int) -> int:
    """As many small sizes as large ones: each doubling is as likely as the next."""
    return int(least * (most / least) ** draw.random() + 0.5)


async def resize(at: Bench, width: int, height: int) -> None:
    """Another size, and on without waiting for calm."""
    size = Size(width, height)
    assert isinstance(at.app._driver, HeadlessDriver)
    at.app._driver._size = size
    at.app.post_message(events.Resize(size, size))
    async with asyncio.timeout(10):
        while at.app.screen._compositor.size != size:
            await asyncio.sleep(0.001)


# Keys


@pytest.mark.parametrize("seed", [1, 2])
async def test_two_minutes_of_random_keys(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where files are saved
    monkeypatch.setattr(LabApp, "action_leave", lambda app: None)  # the palette has it
    async with lab(small(training={"rounds": 12}), size=(100, 30)) as at:
        for number, key in enumerate(monkey.presses(seed, monkey.TWO_MINUTES)):
            type_key(at, key)
            if number % 3 == 2:
                await caught_up(at)
            if number % 100 == 99:
                assert at.whole, f"after {number} keys"
        await still_works(at)


async def test_a_key_typed_ahead_of_the_list_it_is_for() -> None:
    async with lab(small()) as at:
        for key in ("colon", "pageup", "pagedown"):
            type_key(at, key)
        await still_works(at)


async def test_a_choice_made_twice_closes_one_screen() -> None:
    async with lab(small()) as at:
        await at.press("colon", "S", "l", "o", "w", "down")
        for key in ("enter", "enter", "enter", "escape"):
            type_key(at, key)
        await still_works(at)


async def test_the_page_of_an_attack_outlives_its_run() -> None:
    async with lab(small()) as at:
        await at.press("]", "a")
        for key in ("R", "p", "m", "x", "u"):
            type_key(at, key)
            await caught_up(at)
        await still_works(at)


def type_key(at: Bench, key: str) -> None:
    """Press a key and do not wait for anything."""
    character = monkey.sent(key)
    at.app.post_message(events.Key(key, character if len(character) == 1 else None))


async def caught_up(at: Bench) -> None:
    """Wait until the keys so far have been taken, and not for what they began."""
    async with asyncio.timeout(20):
        while at.app._message_queue.qsize() or at.app.screen._message_queue.qsize():
            await asyncio.sleep(0.001)


# Paste


NASTY = "[red]\x1b[31m\x00[/]漢e\u0301\u202e "
PASTED = (NASTY * (MEGABYTE // len(NASTY)), "1" * MEGABYTE, "\n".join(["1"] * (MEGABYTE // 2)))
WAYS = ((), ("r",), ("enter",), ("down", "enter"), ("tab", "enter"), ("tab", "down", "enter"))


async def test_a_megabyte_pasted_into_every_input() -> None:
    there: set[tuple[str, str]] = set()
    pasted: set[tuple[str, str]] = set()
    async with lab(small()) as at:
        await at.press("]")
        for opener in [key.keys.split(",")[0] for key in KEYS if key.action != "leave"]:
            for way in WAYS:
                await home(at)
                await at.pilot.press(opener)
                here = {called(field) for field in at.app.screen.query(Input)}
                there |= here
                if here <= pasted:
                    break
                await at.pilot.press(*way)
                field = at.app.focused
                if isinstance(field, Input) and called(field) not in pasted:
                    pasted.add(called(field))
                    await paste(at, opener, *way)
        assert pasted == there
        assert len(there) >= 3, there
        await still_works(at)


def called(field: Input) -> tuple[str, str]:
    return type(field.screen).__name__, type(field).__name__


async def paste(at: Bench, *way: str) -> None:
    """Each text, submitted too, and the field given up again."""
    for text in PASTED:
        await home(at)
        await at.pilot.press(*way)
        at.app.post_message(events.Paste(text))
        await at.pilot.pause()
        assert at.whole
        await at.pilot.press("backspace", "left", "a", "enter")
        assert at.whole
