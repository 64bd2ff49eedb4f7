"""The attack page in the lab: a sign while it is made, a table that fills, nothing of an old attack."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from engine import Scenario, simulate
from engine.attacks.case_count import case_count
from engine.attacks.defences import DEFENCES
from engine.attacks.defences import stand as really
from engine.attacks.membership import bound
from engine.events import RoundFinished
from engine.privacy import accountant
from engine.state import State
from fedtui import words
from fedtui.pages import words as say
from fedtui.scenarios import load
from tests.builders import small
from tests.lab import lab


async def test_the_screen_says_while_an_attack_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    from fedtui.lab import attacker

    quick = attacker._attack

    def slow(scenario: Scenario, state: State, hospital: int) -> Any:
        assert gate.wait(10)
        return quick(scenario, state, hospital)

    monkeypatch.setattr("fedtui.lab.attacker._attack", slow)
    async with lab(small()) as at:
        await at.pilot.press("tab", "a")
        assert at.app.notice == words.attacking(at.app.player.view, 1)
        gate.set()
        await at.settle()
        assert at.app.notice == ""
        assert at.app.screen.name == "attack"
        assert "Attack on B's message of round 1" in at.text


async def test_every_defence_is_tried_and_the_lab_goes_on_in_between() -> None:
    async with lab(small()) as at:
        await at.press("a")
        assert len(at.app.attacker.stands) == len(DEFENCES)
        shown = await at.press("end")
        assert "masks (m)" in shown
        assert say.trying(len(DEFENCES), len(DEFENCES)) not in shown


async def test_defences_of_an_attack_before_are_not_shown_under_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, tried = threading.Event(), []

    def slow(name: str, scenario: Scenario, state: State, attacks: Any) -> Any:
        tried.append((name, attacks.record.hospital))
        assert gate.wait(10)
        return really(name, scenario, state, attacks.record.hospital)

    monkeypatch.setattr("fedtui.lab.attacker._stand", slow)
    async with lab(small()) as at:
        await at.pilot.press("a")
        while at.app.screen.name != "attack":
            await at.pilot.pause(0.01)
        await at.pilot.press("tab", "a")
        gate.set()
        await at.settle()
        assert at.app.attacker.attacks is not None
        assert at.app.attacker.attacks.record.hospital == 1
        assert [name for name, hospital in tried if hospital == 1] == list(DEFENCES)
        assert len(at.app.attacker.stands) == len(DEFENCES)


async def test_a_lone_hospital_can_be_attacked_though_it_has_nobody_to_share_masks_with() -> None:
    async with lab(small(data={"hospitals": 1})) as at:
        assert "Her record can be read" in await at.press("a")
        assert at.app.attacker.attacks is not None
        assert at.app.attacker.attacks.sums is None
        assert at.app.attacker.stands[list(DEFENCES).index("masks")] is None


async def test_under_masks_no_number_stands_where_none_was_read() -> None:
    async with lab(small(masking={}), size=(100, 120)) as at:
        text = await at.press("a")
        row = next(row for row in text.split("\n") if say.AT_BEST in row)
        assert row.split(say.AT_BEST)[1].split()[0] == say.UNREAD
        assert "no number is in it" in " ".join(text.split())


def test_what_an_attack_is_worth_is_told_on_the_scale_of_the_best_guess() -> None:
    """An advantage of 20 points is a guess right in 60 %; ε as on the lab, promises rounded up."""
    told = say.guesses(-0.02, 0.20, 0.42)
    assert "right in 60 %" in told
    assert "from 49 % to 71 %" in told
    assert "the coin." in told
    promised = say.ceiling(3.921, bound(3.921, 1e-5), 2 * 0.684 - 1)
    assert f"ε = {words.budget(3.921)} alone" in promised
    assert f"more than {words.rounded_up(accountant.ceiling(3.921, 1e-5))}." in promised
    assert "is in 68 %." in promised


def test_estimates_are_as_far_off_as_the_page_says() -> None:
    """On `cells`: a few in a hundred in the second round, about ten by the twentieth."""
    states = {}
    for event in simulate(load("cells")):
        if isinstance(event, RoundFinished):
            states[event.round] = event.state
    off = {
        round: [case_count(load("cells"), states[round - 1], h).error for h in range(4)]
        for round in (2, 20)
    }
    assert max(off[2]) < 0.07
    assert 0.05 < max(off[20]) < 0.15
