"""Every key of the lab, pressed, with its effect read off the screen."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine import RunError, Scenario, simulate
from engine.events import Event, RunStarted
from engine.recording import Recorder, read
from engine.state import State
from fedtui.lab.commands import LabCommands
from fedtui.lab.keys import HINTS, KEYS
from fedtui.pages import words as say
from fedtui.player import Player
from tests.builders import small
from tests.lab import lab, opened

SCENARIO = small(training={"rounds": 4})
SWITCHES = {"f": "FedProx", "p": "Privacy", "m": "Masks", "c": "Compress"}


def round_of(text: str) -> int:
    found = re.search(r"round (\d+) of 4", text)
    assert found, text
    return int(found[1])


def phase_of(text: str) -> str:
    found = re.search(r"\[ ([A-Z]+) \]", text)
    return found[1] if found else ""


def is_on(text: str, switch: str) -> bool:
    return f"{switch} ●" in text


async def test_the_lab_opens_paused_and_prepared() -> None:
    async with lab(SCENARIO) as at:
        assert round_of(at.text) == 0
        assert "❚❚" in at.text
        assert "Space play" in at.text
        assert "4 hospitals hold" in at.text


async def test_space_plays_to_the_end_and_says_so() -> None:
    async with lab(SCENARIO) as at:
        await at.press(*["plus"] * 4)
        await at.pilot.press("space")
        await at.pilot.pause()
        assert "▶" in at.text
        assert "Space pause" in at.text
        await at.settle()
        assert round_of(at.text) == 4
        assert "finished" in at.text
        assert "Space play" in at.text


async def test_space_pauses_and_nothing_moves_any_more() -> None:
    async with lab(SCENARIO, motion=True) as at:
        await at.pilot.press("space")
        await at.pilot.pause(0.4)
        await at.pilot.press("space")
        await at.settle()
        still = at.text
        frames = len(at.app.player.branch.frames)
        await at.pilot.pause(0.4)
        assert at.text == still
        assert len(at.app.player.branch.frames) == frames
        assert round_of(still) == 1


async def test_right_steps_through_the_phases_and_left_goes_back() -> None:
    async with lab(SCENARIO) as at:
        phases = [phase_of(await at.press("right")) for _ in range(6)]
        assert phases == ["SEND", "TRAIN", "PROTECT", "RETURN", "COMBINE", "TEST"]
        back = [phase_of(await at.press("left")) for _ in range(5)]
        assert back == phases[-2::-1]


async def test_a_step_is_seen_as_it_happens_where_there_is_motion() -> None:
    async with lab(SCENARIO, motion=True) as at:
        await at.press("right", "right", "right")
        await at.pilot.press("right")
        arrived = {at.text.count("✓")}
        while not at.app.idle:
            await at.pilot.pause(0.02)
            arrived.add(at.text.count("✓"))
        assert {0, 4} < arrived


async def test_brackets_go_round_by_round() -> None:
    async with lab(SCENARIO) as at:
        assert [round_of(await at.press("]")) for _ in range(3)] == [1, 2, 3]
        assert phase_of(at.text) == "TEST"
        assert [round_of(await at.press("[")) for _ in range(3)] == [2, 1, 0]


async def test_0_and_g_go_to_the_two_ends() -> None:
    async with lab(SCENARIO) as at:
        assert round_of(await at.press("g")) == 4
        assert "finished" in at.text
        assert round_of(await at.press("0")) == 0
        assert "4 hospitals hold" in at.text


async def test_plus_and_minus_change_the_speed_within_its_bounds() -> None:
    async with lab(SCENARIO) as at:
        faster = [(await at.press("plus")).split("\n")[0].split()[-1] for _ in range(5)]
        assert faster == ["2×", "4×", "8×", "16×", "16×"]
        slower = [(await at.press("minus")).split("\n")[0].split()[-1] for _ in range(7)]
        assert slower == ["8×", "4×", "2×", "1×", "½×", "¼×", "¼×"]


@pytest.mark.parametrize(("key", "name"), SWITCHES.items())
async def test_a_switch_runs_again_and_leaves_the_old_curve_grey(key: str, name: str) -> None:
    async with lab(SCENARIO) as at:
        await at.press("]", "]")
        assert not is_on(at.text, name)
        text = await at.press(key)
        assert is_on(text, name)
        assert round_of(text) == 2
        assert f"{name} on: right for " in text
        assert re.search(r"before(, no .* \d+|.*: identical)$", text, re.MULTILINE)
        text = await at.press(key)
        assert not is_on(text, name)
        assert re.search(r"before(, with .* \d+|.*: identical)$", text, re.MULTILINE)


async def test_u_undoes_the_last_switch_and_says_when_there_is_none() -> None:
    async with lab(SCENARIO) as at:
        await at.press("]", "p", "m")
        assert is_on(at.text, "Privacy")
        assert is_on(at.text, "Masks")
        text = await at.press("u")
        assert is_on(text, "Privacy")
        assert not is_on(text, "Masks")
        text = await at.press("u")
        assert not is_on(text, "Privacy")
        assert "There is no switch to undo." in await at.press("u")


async def test_an_impossible_mix_is_a_sentence_and_changes_nothing() -> None:
    async with lab(small(training={"rounds": 4, "learning_rate": 30.0})) as at:
        await at.press("]")
        text = await at.press("f")
        assert not is_on(text, "FedProx")
        assert "fedprox.mu: learning rate × (mu + l2) is 3" in text
        assert round_of(text) == 1


async def test_lower_and_upper_r_run_again_with_the_same_and_a_new_seed() -> None:
    async with lab(SCENARIO) as at:
        await at.press("]", "]")
        text = await at.press("r")
        assert "Run again with seed 42" in text
        assert round_of(text) == 2
        text = await at.press("R")
        assert "seed 43" in text
        assert "before, seed 42" in text
        assert round_of(text) == 2


async def test_tab_chooses_the_hospital_that_is_spoken_of() -> None:
    async with lab(SCENARIO) as at:
        await at.press("right", "right")
        assert "▸A" in at.text
        assert "A went 5 of 5 times" in at.text
        text = await at.press("tab")
        assert "▸B" in text
        assert "B went 5 of 5 times" in text
        assert "▸A" in await at.press("shift+tab")
        assert "▸D" in await at.press("shift+tab")


async def test_v_turns_to_the_bytes_to_privacy_and_back() -> None:
    async with lab(SCENARIO) as at:
        await at.press("]")
        assert "Bytes in each round" in await at.press("v")
        assert "Privacy is off" in await at.press("v")
        assert "Right answers" in await at.press("v")


async def test_question_mark_lists_every_key_sign_and_word_and_escape_closes() -> None:
    async with lab(SCENARIO, size=(120, 140)) as at:
        text = await at.press("question_mark")
        for key in KEYS:
            assert re.search(rf"(?m)^\s+{re.escape(key.shown)}\s+{re.escape(key.does)}", text), key
        for told in (*say.SIGNS.values(), *(term for row in say.TERMS for term in row)):
            assert told in " ".join(text.split())
        assert "SERVER" in await at.press("escape")


async def test_help_tells_of_the_view_below_it_and_leads_back_to_it() -> None:
    async with lab(SCENARIO) as at:
        await at.press("]", "e")
        assert "The equation" in await at.press("question_mark")
        assert "new model = old model" in await at.press("question_mark")


TYPED = {  # what a learner would type: the action that is found first
    "inf": "The same run without privacy's noise",
    "without noise": "The same run without privacy's noise",
    "epsilon inf": "The same run without privacy's noise",
    "noise": "The same run without privacy's noise",
    "secure aggregation": "Masks on or off",
    "learning rate": "All settings",
    "dropout": "The chosen hospital drops out",
    "tour": "The first five minutes",
    "screenshot": "Save the screen as SVG",
}


async def test_the_palette_finds_what_a_learner_would_type() -> None:
    async with lab(small()) as at:
        commands = LabCommands(at.app.screen)
        for typed, found in TYPED.items():
            hits = [hit async for hit in commands.search(typed)]
            best = max(hits, key=lambda hit: hit.score)
            assert str(best.prompt).startswith(found), typed


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_the_palette_runs_any_action_by_its_name(key: str) -> None:
    async with lab(SCENARIO) as at:
        await at.pilot.press(key)
        await at.pilot.pause()
        await at.pilot.press(*"round forward")
        await at.pilot.pause(0.5)
        await at.pilot.press("enter")
        await at.pilot.pause(0.2)
        await at.settle()
        assert round_of(at.text) == 1


async def test_escape_closes_a_notice() -> None:
    async with lab(SCENARIO) as at:
        assert "no switch to undo" in await at.press("u")
        assert "no switch to undo" not in await at.press("escape")


@pytest.mark.parametrize("before", [(), ("space",), ("question_mark",)])
async def test_q_quits_at_once_with_0(before: tuple[str, ...]) -> None:
    async with lab(SCENARIO) as at:
        await at.pilot.press(*before, "q")
        assert at.app.return_code == 0
        assert not at.app.is_running or at.app._exit


def test_every_hint_on_the_screen_is_a_key() -> None:
    known = {shown for key in KEYS for shown in (key.shown, key.keys)}
    for hint in (hint for line in HINTS for hint in line):
        assert all(part in known for part in hint.shown.replace("-5", " 5").split()), hint


def test_no_key_is_one_that_terminals_eat() -> None:
    pressed = [key for entry in KEYS for key in entry.keys.split(",")]
    eaten = re.compile(r"shift\+(left|right|up|down)|alt\+|f\d|ctrl\+[abs]$")
    assert [key for key in pressed if eaten.match(key)] == []
    assert len(pressed) == len(set(pressed))


# What goes wrong while it runs


def failing(scenario: Scenario, start: State | None) -> Iterator[Event]:
    for event in simulate(scenario):
        yield event
        if isinstance(event, RunStarted):
            raise RunError("the disk is full; free some room and run again.")


async def test_an_error_of_the_engine_is_a_sentence_on_the_screen() -> None:
    async with opened(Player.of(SCENARIO, failing)) as at:
        text = await at.press("right")
        assert "the disk is full; free some room and run again." in text
        assert "SERVER" in text


async def test_a_scenario_that_cannot_begin_says_why_and_stays_open() -> None:
    async with opened(Player.of(small(data={"source": "nowhere.csv"}), simulate)) as at:
        assert "nowhere.csv" in at.text
        assert "SERVER" in await at.press("space", "right", "p", "u", "tab")


async def test_a_key_stops_a_rerun_and_a_switch_redirects_it() -> None:
    async with lab(small(training={"rounds": 60})) as at:
        await at.press("g")
        await at.pilot.press("p")
        await at.pilot.press("m")
        await at.settle()
        assert is_on(at.text, "Privacy")
        assert is_on(at.text, "Masks")
        assert "round 60 of 60" in at.text


async def test_a_recording_plays_and_a_torn_one_says_where_it_ends() -> None:
    events = list(simulate(SCENARIO))
    async with opened(Player.replaying(iter(events), "run.jsonl", simulate)) as at:
        assert round_of(await at.press("]", "]")) == 2
        assert is_on(await at.press("p"), "Privacy")
    async with opened(Player.replaying(iter(events[:20]), "torn.jsonl", simulate)) as at:
        assert "The recording ends here" in await at.press("g")


async def test_a_recording_read_from_a_file_says_how_to_attack(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with closing(Recorder(path)) as recorder:
        for event in simulate(SCENARIO):
            recorder.add(event)
    async with opened(Player.replaying(read(path), path.name, simulate)) as at:
        await at.press("]")
        assert "r runs it again, then a." in await at.press("a")
        await at.press("r")
        assert "Her record can be read" in await at.press("a")


async def test_pages_never_pile_up_however_one_goes_from_one_to_the_other() -> None:
    async with lab(SCENARIO) as at:
        for key in ("2", "question_mark", "2", "question_mark", "3", "b", "2", "b", "e"):
            await at.press(key)
            over = [screen for screen in at.app.screen_stack if screen.name != "help"]
            assert len(over) == 2, key
        await at.press("question_mark", "1")
        assert len(at.app.screen_stack) == 1


async def test_keys_work_while_an_attack_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, attacked = threading.Event(), []

    def slow(scenario: Scenario, state: State, hospital: int) -> None:
        attacked.append(hospital)
        assert gate.wait(10)
        raise RunError("too slow")

    monkeypatch.setattr("fedtui.lab.attacker._attack", slow)
    async with lab(SCENARIO) as at:
        await at.pilot.press("a", "a", "tab", "2")
        assert at.app.screen.name == "data"
        gate.set()
        await at.settle()
        assert attacked == [0]  # the one chosen when the key was pressed, once
        assert at.app.notice == "too slow"


async def test_what_a_switch_gave_is_not_told_of_another_world() -> None:
    gate = threading.Event()

    def second_waits(scenario: Scenario, start: State | None) -> Iterator[Event]:
        if scenario.on("fedprox"):
            assert gate.wait(10)
        yield from simulate(scenario, start)

    async with opened(Player.of(SCENARIO, second_waits)) as at:
        await at.press("right_square_bracket")
        await at.pilot.press("f", "u")
        gate.set()
        await at.settle()
        assert "FedProx" not in at.app.notice


async def test_a_form_that_is_ready_under_the_palette_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()
    monkeypatch.setattr("fedtui.lab.form.rehearse", lambda scenario: gate.wait(10))
    async with lab(SCENARIO) as at:
        await at.press("s", "tab", "space", "escape", "ctrl+p")
        over = at.app.screen
        gate.set()
        await at.pilot.pause(0.2)
        assert at.app.screen is over
        await at.press("escape")
        assert len(at.app.screen_stack) == 2
        await at.press("escape")
        await at.pilot.pause(0.2)
        assert len(at.app.screen_stack) == 1
        assert at.app.is_running
