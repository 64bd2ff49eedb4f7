"""Laws of the player: time, steps, and other worlds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import EngineError, RunError, Scenario, ScenarioError, simulate
from engine.events import Event, RunStarted
from engine.state import State
from fedtui.branch import Run
from fedtui.goals import place, rests
from fedtui.player import FLIPS, Player
from fedtui.view import View
from tests.builders import small

SCENARIO = small(training={"rounds": 4})
MASKED = small(training={"rounds": 3}, masking={})
RESTS_A_ROUND = 6  # send, train, protect, return, combine, test


def drive(player: Player, events: int = 100_000) -> Player:
    """Give the player what it asks for, as its screen would, and walk every paced goal."""
    while True:
        player.rush()
        while player.aim and player.aim.paced and player.forward():
            pass
        if not events or not (branch := player.asking):
            return player
        player.take(branch, branch.ask())
        events -= 1


def ready(scenario: Scenario = SCENARIO, run: Run = simulate) -> Player:
    return drive(Player.of(scenario, run))


def at(player: Player, round: int) -> Player:
    for _ in range(round):
        player.round_forward()
        drive(player)
    assert player.view.round == round
    return player


def curve(player: Player) -> list[int]:
    return [point.correct for point in player.view.points]


# Time


def test_nothing_is_asked_while_nothing_is_wanted() -> None:
    player = ready()
    assert player.view.moment == "RunStarted"
    assert player.asking is None
    player.toggle()
    assert player.asking is player.branch
    player.toggle()
    assert player.asking is None


def test_steps_visit_each_phase_of_a_round_in_order() -> None:
    player, seen = ready(), []
    for _ in range(RESTS_A_ROUND):
        player.step()
        seen.append(drive(player).view.phase)
    assert [str(phase) for phase in seen] == [
        "send",
        "train",
        "protect",
        "return",
        "combine",
        "test",
    ]


def test_masks_are_steps_of_their_own() -> None:
    player, seen = ready(MASKED), []
    for _ in range(RESTS_A_ROUND + 8):
        player.step()
        seen.append(drive(player).view.moment)
    protect = seen[seen.index("UpdatesProtected") : seen.index("UpdatesSent")]
    keys = ["KeysAdvertised", "KeysForwarded", "SharesSent", "SharesForwarded"]
    assert protect == ["UpdatesProtected", *keys, "UpdatesMasked"]
    opening = seen[seen.index("UpdatesSent") + 1 : seen.index("Aggregated")]
    assert opening == ["SurvivorsAnnounced", "SharesRevealed", "MasksRemoved"]


@pytest.mark.parametrize("scenario", [SCENARIO, MASKED])
def test_stepping_skips_no_event(scenario: Scenario) -> None:
    player = ready(scenario)
    while not player.view.finished:
        player.step()
        drive(player)
    events = [type(event).__name__ for event in simulate(scenario)]
    assert [frame.moment for frame in player.branch.frames[1:]] == events


def test_a_step_rests_only_where_a_moment_is_complete() -> None:
    player = ready(MASKED)
    for _ in range(20):
        player.step()
        assert rests(drive(player).view)


def test_back_is_the_frame_that_was_there_and_forward_returns_to_the_same_one() -> None:
    player, visited = ready(), []
    for _ in range(15):
        visited.append(player.view)
        player.step()
        drive(player)
    for frame in reversed(visited):
        player.step_back()
        assert player.view is frame
    for frame in visited[1:]:
        player.step()
        assert drive(player).view is frame


def test_back_stops_at_the_start() -> None:
    player = ready()
    player.step_back()
    player.round_back()
    assert player.view.moment == "RunStarted"


def test_rounds_go_to_round_ends() -> None:
    player = at(ready(), 3)
    assert player.view.moment == "RoundFinished"
    player.round_back()
    assert (player.view.round, player.view.moment) == (2, "RoundFinished")
    player.step()
    drive(player).round_back()
    assert (player.view.round, player.view.moment) == (2, "RoundFinished")
    player.to_start()
    assert player.view.round == 0


def test_the_end_is_the_end_and_playing_stops_there() -> None:
    player = ready()
    player.toggle()
    drive(player)
    assert player.view.finished
    assert not player.playing
    assert player.asking is None
    player.toggle()
    assert (player.view.round, player.playing) == (0, True)


def test_going_back_asks_the_engine_nothing() -> None:
    player = at(ready(), 2)
    frames = len(player.branch.frames)
    player.step_back()
    player.step()
    drive(player)
    assert len(player.branch.frames) == frames


def test_looking_elsewhere_pauses() -> None:
    player = ready()
    player.toggle()
    drive(player, events=20)
    player.step_back()
    assert not player.playing
    assert player.asking is None


# Other worlds


@pytest.mark.parametrize("section", FLIPS)
def test_a_switch_runs_again_to_where_we_were(section: str) -> None:
    player = at(ready(), 3)
    player.step()
    drive(player)
    was = place(player.view)
    old = player.branch
    player.flip(section)
    drive(player)
    assert section in player.view.switches
    assert place(player.view) == was
    assert player.before is old
    assert len(player.view.points) == 3


@pytest.mark.parametrize("section", FLIPS)
def test_switching_there_and_back_gives_the_same_curve(section: str) -> None:
    player = at(ready(), 3)
    was = curve(player)
    player.flip(section)
    drive(player)
    player.flip(section)
    assert curve(drive(player)) == was
    assert section not in player.view.switches
    assert player.before is not None
    assert section in player.before.last.switches


def test_masks_leave_the_curve_as_it_was() -> None:
    player = at(ready(), 4)
    was = curve(player)
    player.flip("masking")
    assert curve(drive(player)) == was


def test_a_place_that_the_new_world_lacks_becomes_the_last_one_before_it() -> None:
    player = ready(MASKED)
    for _ in range(4):
        player.step()
        drive(player)
    assert player.view.moment == "KeysAdvertised"
    player.flip("masking")
    assert drive(player).view.moment == "UpdatesProtected"


def test_a_switch_before_round_1_waits_there() -> None:
    player = ready()
    player.flip("privacy")
    drive(player)
    assert player.view.moment == "RunStarted"
    assert player.view.privacy is not None


def test_an_impossible_mix_changes_nothing() -> None:
    player = at(ready(small(training={"rounds": 2, "learning_rate": 30.0})), 1)
    view, branch = player.view, player.branch
    with pytest.raises(ScenarioError, match=r"fedprox\.mu"):
        player.flip("fedprox")
    assert player.view is view
    assert player.branch is branch
    assert player.asking is None


def test_a_mix_that_the_data_refuses_leads_back() -> None:
    lonely = small(data={"hospitals": 1}, training={"rounds": 2})
    player = at(ready(lonely), 1)
    old = player.branch
    player.flip("masking")
    with pytest.raises(EngineError, match="2 hospitals"):
        drive(player)
    assert player.branch is old
    drive(player)
    assert player.view.round == 1
    assert "masking" not in player.view.switches


def test_undo_returns_to_the_world_before_with_the_undone_one_in_grey() -> None:
    player = at(ready(), 2)
    first = player.branch
    player.flip("privacy")
    second = drive(player).branch
    assert player.undo()
    assert (drive(player).branch, player.before) == (first, second)
    assert player.view.round == 2
    assert not player.undo()


def test_a_switch_in_the_middle_of_a_rerun_still_goes_to_the_same_place() -> None:
    player = at(ready(), 4)
    player.flip("privacy")
    drive(player, events=20)
    assert player.asking
    player.flip("masking")
    drive(player)
    assert player.view.round == 4
    assert {"privacy", "masking"} <= player.view.switches.keys()


def test_a_key_in_the_middle_of_a_rerun_stops_it() -> None:
    player = at(ready(), 4)
    player.flip("privacy")
    drive(player, events=30)
    player.toggle()
    assert player.asking is None
    assert 0 < player.view.round < 4


def test_switches_of_the_scenario_keep_their_settings_while_off() -> None:
    player = ready(small(fedprox={"mu": 0.7}))
    player.flip("fedprox")
    drive(player)
    player.flip("fedprox")
    assert drive(player).view.switches["fedprox"]["mu"] == 0.7


def test_again_with_the_same_seed_is_the_same_run_anew() -> None:
    player = at(ready(), 3)
    was, old = curve(player), player.branch
    player.again()
    drive(player)
    assert player.branch is not old
    assert curve(player) == was


def test_again_with_another_seed_is_another_run() -> None:
    player = at(ready(), 4)
    was = curve(player)
    player.again(43)
    drive(player)
    assert player.view.seed == 43
    assert curve(player) != was


@given(st.lists(st.sampled_from(["step", "step_back", "round_forward", "round_back", "to_start",
                                 "toggle", "fedprox", "masking", "undo", "again", "drive"]),
                max_size=12))  # fmt: skip
def test_no_order_of_keys_leaves_the_run(keys: list[str]) -> None:
    player = ready(small(training={"rounds": 2, "local_epochs": 1}))
    for key in keys:
        if key == "drive":
            drive(player, events=7)
        elif key in FLIPS:
            player.flip(key)
        else:
            getattr(player, key)()
        assert 0 <= player.cursor < len(player.branch.frames)
        places = [place(frame) for frame in player.branch.frames]
        assert places == sorted(places)
    drive(player)
    assert player.asking is None


# What goes wrong


def failing(error: Exception) -> Run:
    def run(scenario: Scenario, start: State | None) -> Iterator[Event]:
        for event in simulate(scenario):
            yield event
            if isinstance(event, RunStarted):
                raise error

    return run


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RunError("the disk is full."), "the disk is full."),
        (
            ValueError("patient 4711"),
            r"A mistake of ours ended this run \(ValueError, test_player\.py, line \d+\)\..*",
        ),
    ],
)
def test_an_error_of_the_run_becomes_its_last_sentence(error: Exception, sentence: str) -> None:
    player = ready(run=failing(error))
    player.step()
    drive(player)
    assert re.fullmatch(sentence, player.branch.error or "")
    assert player.asking is None
    assert player.view.ready


def test_a_first_run_that_cannot_begin_says_why() -> None:
    player = ready(small(data={"source": "nowhere.csv"}))
    assert player.branch.error is not None
    assert "nowhere.csv" in player.branch.error
    assert player.asking is None


# Recordings


def recorded(scenario: Scenario = SCENARIO) -> Player:
    return drive(Player.replaying(iter(list(simulate(scenario))), "run.jsonl", simulate))


def frames(player: Player) -> list[View]:
    player.to_end()
    return drive(player).branch.frames


def test_a_recording_plays_like_the_run() -> None:
    replayed, live = frames(recorded()), frames(ready())
    assert [place(frame) for frame in replayed] == [place(frame) for frame in live]
    assert replayed[-1].points == live[-1].points


def test_a_switch_on_a_recording_runs_its_scenario_anew() -> None:
    player = at(recorded(), 2)
    player.flip("privacy")
    drive(player)
    assert player.view.round == 2
    assert player.view.privacy is not None


def test_a_torn_recording_ends_where_it_is_torn() -> None:
    player = drive(Player.replaying(iter(list(simulate(SCENARIO))[:20]), "torn.jsonl", simulate))
    player.to_end()
    drive(player)
    assert player.branch.exhausted
    assert not player.view.finished
    assert player.branch.error is None


def test_keys_faster_than_the_engine_add_up() -> None:
    player = ready()
    for _ in range(3):
        player.round_forward()
    player.step()
    player.step()
    drive(player)
    assert (player.view.round, player.view.moment) == (4, "EpochTrained")


def test_a_switch_among_waiting_keys_keeps_them_waiting() -> None:
    player = ready()
    player.round_forward()
    player.round_forward()
    player.flip("privacy")
    player.round_forward()
    drive(player)
    assert (player.view.round, player.view.moment) == (3, "RoundFinished")
    assert player.view.privacy is not None


def test_keys_before_the_first_frame_wait_for_it() -> None:
    player = Player.of(SCENARIO, simulate)
    player.flip("masking")
    player.step()
    player.step()
    drive(player)
    assert player.view.moment == "EpochTrained"
    assert "masking" in player.view.switches


def test_keys_that_wait_beyond_the_end_are_done_with() -> None:
    player = ready()
    for _ in range(9):
        player.round_forward()
    drive(player)
    assert player.view.finished
    assert player.aim is None


def test_an_event_that_makes_no_sense_ends_the_run_in_a_sentence() -> None:
    class Surprise(Event):
        pass

    def run(scenario: Scenario, start: State | None) -> Iterator[Event]:
        yield from (event for event in simulate(scenario) if type(event).__name__ == "RunStarted")
        yield Surprise()

    player = ready(run=run)
    player.step()
    assert "mistake of ours ended this run (TypeError" in str(drive(player).branch.error)
    assert player.view.moment == "RunStarted"


def test_other_settings_start_from_what_was_prepared_and_another_seed_does_not() -> None:
    given: list[State | None] = []

    def run(scenario: Scenario, start: State | None) -> Iterator[Event]:
        given.append(start)
        return simulate(scenario, start)

    player = ready(run=run)
    player.flip("privacy")
    drive(player)
    player.again(7)
    drive(player)
    assert [state is None for state in given] == [True, False, True]
    assert player.view.ready


def test_a_network_trained_otherwise_is_held_against_models_trained_so_too_and_a_fork_is_not() -> (
    None
):
    given: list[State | None] = []

    def run(scenario: Scenario, start: State | None) -> Iterator[Event]:
        given.append(start)
        return simulate(scenario, start)

    training = {"rounds": 2, "local_epochs": 1}
    network = small(model={"kind": "mlp", "hidden": 2}, training=training)
    player = ready(network, run)
    player.change(network.replace({"training.learning_rate": 0.2}))
    drive(player)
    at(player, 1).fork()
    player.change(player.settings.replace({"training.learning_rate": 0.3}))
    drive(player)
    assert [state is None for state in given] == [True, True, False]
    assert not player.branch.error
