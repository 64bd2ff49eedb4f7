"""A law of the lab's start: what stands after it is settled once, and not before it."""

from __future__ import annotations

import asyncio

from engine import simulate
from fedtui.lab import app
from fedtui.lab.app import LabApp
from fedtui.player import Player
from tests.builders import small


async def test_what_stands_after_the_start_is_settled_once(monkeypatch):
    monkeypatch.setattr(app, "START", 0.05)
    settled: list[bool] = []
    lab = LabApp(Player.of(small(), simulate))
    lab.settle = lambda: settled.append(lab.is_running)
    async with lab.run_test() as pilot:
        async with asyncio.timeout(10):
            while not settled:
                await pilot.pause(0.01)
        await pilot.pause(0.15)
        assert settled == [True]


async def test_a_lab_under_test_leaves_the_collector_as_it_was():
    assert LabApp(Player.of(small(), simulate)).settle is None
