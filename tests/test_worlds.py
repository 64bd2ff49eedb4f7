"""Laws of other worlds: a fork is a scenario like any other, and what is changed can be changed back."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Scenario, simulate
from engine.events import RoundFinished, RunStarted
from engine.faults import POINTS
from engine.state import State
from fedtui import words, worlds
from fedtui.lab.scene import scene
from fedtui.lab.shot import Shot
from fedtui.points import Point, Points
from fedtui.view import View
from tests.builders import small
from tests.test_player import at, curve, drive, ready

SCENARIO = small(training={"rounds": 6})
SWITCHES = ("fedprox", "privacy", "masking", "compression")


def settings_of(scenario: Scenario) -> dict[str, Any]:
    """Every section, complete."""
    names = ("title", "about", "name", "seed", "change")
    return {key: value for key, value in scenario.as_dict().items() if key not in names}


@given(st.lists(st.sampled_from(SWITCHES), max_size=6), st.integers(0, 5))
def test_switches_from_a_fork_on_hold_there_and_nowhere_before(flips: list[str], fork: int) -> None:
    forked, on = SCENARIO, set()
    for section in flips:
        now = worlds.in_force(forked, fork)
        forked = worlds.from_round(forked, fork, worlds.flipped(now, section, {}))
        on ^= {section}
    assert {s for s in SWITCHES if forked.at(fork + 1).on(s)} == on
    if fork:
        assert settings_of(forked.at(fork)) == settings_of(SCENARIO)
        assert len(forked.changes) == bool(on)


@given(
    st.sampled_from(["training.learning_rate", "fedprox.mu", "privacy.epsilon"]),
    st.sampled_from([0.05, 0.2, 0.7]),
    st.integers(1, 5),
)
def test_a_difference_leads_from_one_to_the_other(key: str, value: float, fork: int) -> None:
    wanted = SCENARIO.replace({key: value, "masking": True})
    forked = worlds.from_round(SCENARIO, fork, wanted)
    assert settings_of(forked.at(fork + 1)) == settings_of(wanted)


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from("ABC")), max_size=5, unique=True))
def test_dropping_twice_is_staying(drops: list[tuple[int, str]]) -> None:
    scenario = SCENARIO
    for round, name in [*drops, *reversed(drops)]:
        scenario = worlds.dropped(scenario, round, name)
    assert scenario == SCENARIO


def test_a_fork_on_the_screen_is_the_run_of_its_scenario_from_round_1() -> None:
    player = at(ready(SCENARIO), 3)
    player.fork()
    player.flip("privacy")
    drive(player)
    assert player.view.moment == "SettingsChanged"
    assert (player.view.round, len(player.view.points)) == (4, 3)
    assert "privacy" in player.view.switches
    player.to_end()
    assert drive(player).branch.scenario is not None
    ends = [e for e in simulate(player.scenario) if isinstance(e, RoundFinished)]
    assert curve(player) == [end.score.correct for end in ends]
    assert Scenario.from_code(player.scenario.to_code()) == player.scenario


def test_a_fork_shares_its_past_and_asks_the_engine_only_for_its_future() -> None:
    starts: list[int] = []

    def run(scenario: Scenario, start: State | None) -> Any:
        for event in simulate(scenario, start):
            if isinstance(event, RunStarted):
                starts.append(event.state.round)
            yield event

    player = at(ready(SCENARIO, run), 4)
    frames = player.branch.frames[: player.cursor + 1]
    player.fork()
    player.flip("masking")
    drive(player)
    assert starts == [0, 4]
    assert player.branch.frames[: len(frames)] == frames


def test_esc_takes_a_fork_back_and_the_last_round_has_nothing_to_fork() -> None:
    player = at(ready(SCENARIO), 6)
    with pytest.raises(Exception, match="fork: the last round is done"):
        player.fork()
    player.round_back()
    assert player.fork() == 5
    player.undo()
    assert player.forking is None


def test_a_switch_in_a_forked_world_holds_from_its_fork_on_too() -> None:
    player = at(ready(SCENARIO), 2)
    player.fork()
    player.flip("masking")
    drive(player)
    player.flip("compression")
    drive(player)
    assert [change.round for change in player.scenario.changes] == [3]
    assert player.branch.fork == 2


def test_a_dropped_hospital_is_lost_in_that_round_only_and_comes_back() -> None:
    player = at(ready(SCENARIO), 3)
    name = player.view.hospitals.names[1]
    player.drop(name, 3)
    drive(player)
    lost = {f.round: bool(f.hospitals.lost[1]) for f in player.branch.frames if f.round}
    assert lost == {1: False, 2: False, 3: True}
    player.drop(name, 3)
    drive(player)
    assert player.scenario == SCENARIO
    assert not player.view.hospitals.lost.any()


def test_branches_keep_their_order_their_names_and_the_one_on_the_screen() -> None:
    player = at(ready(SCENARIO), 1)
    player.branches[0].name = "mine"
    for seed in range(12):
        player.again(100 + seed)
        drive(player)
    assert player.branches[0].name == "mine"
    assert player.branches[-1] is player.branch
    assert len(player.branches) == 9
    with pytest.raises(Exception, match="the one on the screen stays"):
        player.delete(player.branch)
    gone = player.branches[2]
    player.delete(gone)
    assert gone not in player.branches
    assert gone not in player.undone


# What is told of another world


def test_privacy_from_a_fork_on_has_no_finite_epsilon_and_says_so_at_once() -> None:
    player = at(ready(SCENARIO), 3)
    player.fork()
    player.flip("privacy")
    assert math.isinf(drive(player).view.epsilon or 0.0)


def test_a_lost_round_is_told_before_its_numbers() -> None:
    player = at(ready(SCENARIO.replace({"masking": True})), 2)
    before = player.view
    for name in before.hospitals.names[:2]:
        player.drop(name, 2)
        drive(player)
    told = words.outcome("B drops out.", before, player.view)
    assert told.startswith("B drops out: round 2 is lost.")
    assert "no change" not in told


def test_of_a_round_that_was_recovered_the_numbers_are_told() -> None:
    player = at(ready(SCENARIO.replace({"masking": True})), 2)
    before = player.view
    player.drop(before.hospitals.names[0], 2)
    assert words.outcome("A drops out.", before, drive(player).view).startswith(
        "A drops out: right"
    )


@pytest.mark.parametrize(
    ("moment", "where"),
    [
        ("ModelSent", "before"),
        ("EpochTrained", "before"),
        ("KeysForwarded", "sharing"),
        ("UpdatesMasked", "before"),
        ("UpdatesSent", "after"),
    ],
)
def test_a_hospital_falls_away_at_the_next_point_of_the_round(moment: str, where: str) -> None:
    player = ready(SCENARIO.replace({"masking": True}))
    while player.view.moment != moment or not player.view.complete:
        player.step()
        drive(player)
    first, second = player.view.hospitals.names[:2]
    player.drop(first, 1)
    drive(player)
    assert worlds.falls_at(player.scenario) == where
    player.drop(second, 1)
    drive(player)
    assert worlds.falls_at(player.scenario) == where  # one point for all of them
    for name in (first, second):
        player.drop(name, 1)
        drive(player)
    assert not player.scenario.on("faults")


@pytest.mark.parametrize("moment", ["SharesRevealed", "MasksRemoved", "Aggregated"])
def test_once_a_hospital_has_done_its_part_it_drops_out_of_the_next_round(moment: str) -> None:
    """What was seen of this round stays as it was: nothing in it is written anew."""
    player = at(ready(SCENARIO.replace({"masking": True})), 1)
    while player.view.moment != moment or not player.view.complete:
        player.step()
        drive(player)
    name, before = player.view.hospitals.names[1], player.view
    assert player.to_miss(name) == before.round + 1
    player.drop(name, player.to_miss(name))
    after = drive(player).view
    assert (after.round, after.moment) == (before.round, before.moment)
    assert not after.hospitals.lost.any()
    assert not player.drops(name, before.round)
    assert words.dropped_by_key("B", 3, True, "before", 2).startswith(
        "B drops out of round 3, before its upload: in round 2 it has done its part."
    )
    player.drop(name, player.to_miss(name))  # the same key takes it back
    assert not drive(player).scenario.on("faults")


def test_a_point_that_all_others_share_and_that_has_passed_waits_for_the_next_round() -> None:
    player = ready(
        SCENARIO.replace({"masking": True, "faults.drops": ["1:A"], "faults.where": "sharing"})
    )
    while player.view.moment != "UpdatesMasked":
        player.step()
        drive(player)
    assert player.to_miss("B") == 2
    assert player.to_miss("A") == 1  # it did fall away here, and may stay after all


@pytest.mark.parametrize("where", POINTS)
def test_the_sentence_says_when_in_the_round_a_hospital_falls(where: str) -> None:
    told = words.dropped_by_key("B", 3, True, where, 3)
    assert ("sharing" if where == "sharing" else f"{where} its upload") in told


def test_of_a_lost_round_only_those_that_fell_away_are_crossed_out() -> None:
    player = ready(SCENARIO.replace({"masking": True, "faults.drops": ["1:A", "1:B"]}))
    while player.view.moment != "HospitalsDropped":
        player.step()
        drive(player)
    h = player.view.hospitals
    assert player.view.aborted
    assert h.lost.all()
    assert h.fell.tolist() == [True, True, False, False]
    assert h.unused.tolist() == [False, False, True, True]
    told = [words.hospital_line(player.view, who)[0] for who in (0, 2)]
    assert "fell away in this round" in told[0]
    assert "lost with the round" in told[1]
    text = scene(Shot(player.view, plots_ready=False), 80, 24).text
    assert "A ×   B ×   C ✓   D ✓" in text


def test_of_a_round_lost_before_any_upload_too() -> None:
    drops = ["1:A", "1:B"]
    settings = {"masking": True, "faults.drops": drops, "faults.where": "sharing"}
    player = ready(SCENARIO.replace(settings))
    while player.view.moment != "HospitalsDropped":
        player.step()
        drive(player)
    assert player.view.hospitals.fell.tolist() == [True, True, False, False]


def test_patients_of_another_federation_are_not_compared() -> None:
    few, many = (at(ready(small(data={"hospitals": n})), 1).view for n in (2, 5))
    assert words.outcome("Now hospitals 5.", few, many) == "Now hospitals 5."


def test_a_curve_that_jumps_less_is_told() -> None:
    calm, wild = (_curve([50, 60, 50, 60, 50, 60]), _curve([50, 80, 50, 80, 50, 60]))
    assert "It jumps 8.8 points a round, before 23.0." in words.outcome("FedProx on.", wild, calm)
    assert "jumps" not in words.outcome("Masks on.", calm, calm)


def _curve(correct: list[int]) -> View:
    view = ready(SCENARIO).view
    points = Points([Point(i, c, c / 114, 0, None, 0, 0, 0) for i, c in enumerate(correct, 1)])
    return replace(view, points=points, round=len(correct))
