"""Laws of what is told as text: `--explain`, the way out of a wrong command, and what `epsilon` says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine import Scenario, simulate
from engine.events import Event
from fedtui import words
from fedtui.explain import explained, line
from fedtui.goals import rests
from fedtui.view import fold, start
from tests.builders import small
from tests.command import fedtui, sentence

MIXES = {
    "plain": small(),
    "masked": small(masking={}, compression={}),
    "private": small(privacy={"epsilon": 2.0}, fedprox={}),
    "dropping": small(faults={"dropout": 0.4}, training={"rounds": 3}),
}


def told(scenario: Scenario) -> list[str]:
    """Every line of a run."""
    lines: list[str] = []
    assert list(explained(simulate(scenario), scenario, lines.append))
    return lines


@pytest.mark.parametrize("mix", MIXES)
def test_each_phase_of_each_round_is_a_line_in_the_words_of_the_screen(mix: str) -> None:
    scenario = MIXES[mix]
    view, phases, said = start(scenario), set(), set()
    lines = told(scenario)
    for event in simulate(scenario):
        view = fold(view, event)
        if rests(view):
            said.add(line(view))
            phases.add((view.round, str(view.phase)))
            assert all(part in line(view) for part in words.right_now(view)[1:] if view.round)
    assert set(lines) == said
    for round, phase in phases:
        if round and phase != "None":
            assert any(each.startswith(f"Round {round}, {phase}: ") for each in lines)


@pytest.mark.parametrize("mix", MIXES)
def test_no_line_is_said_twice_names_a_key_or_breaks(mix: str) -> None:
    lines = told(MIXES[mix])
    assert len(lines) == len(set(lines))
    assert not [each for each in lines if "\n" in each or "Space plays" in each or not each]


def test_a_run_is_the_same_run_when_it_is_explained() -> None:
    def kinds(events: object) -> list[type[Event]]:
        return [type(event) for event in events]  # type: ignore[attr-defined]

    mix = MIXES["plain"]
    assert kinds(explained(simulate(mix), mix, lambda text: None)) == kinds(simulate(mix))


def test_a_line_is_said_before_the_run_goes_on() -> None:
    lines: list[str] = []
    events = explained(simulate(MIXES["plain"]), MIXES["plain"], lines.append)
    for event in events:
        if type(event).__name__ == "RoundFinished":
            break
    assert lines[-1].startswith("Round 1, test: ")


def test_explain_ends_with_the_table_and_json_stays_alone_on_stdout(tmp_path: Path) -> None:
    done = fedtui("run", "--rounds", "1", "--explain", home=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert re.search(r"^Round 1, test: .*\n(.*\n)*round +right", done.stdout, re.MULTILINE)
    both = fedtui("run", "--rounds", "1", "--explain", "--json", home=tmp_path)
    assert json.loads(both.stdout)["rounds"]
    assert both.stderr.splitlines() == done.stdout.splitlines()[: len(both.stderr.splitlines())]


def test_names_in_a_table_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    rows = [f"\x1b[2J[b]{h},{i % 2},{i * 7 % 5}" for h in "AB" for i in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["hospital,label,x", *rows]) + "\n")
    done = fedtui("run", "--set", "data.source=t.csv", "--rounds", "1", "--explain", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "␛[2J[b]A" in done.stdout


def test_a_wrong_command_is_told_the_right_ones(tmp_path: Path) -> None:
    done = fedtui("bogus", home=tmp_path)
    assert done.returncode == 2
    said = sentence(done.stderr)
    assert "'bogus'" in said
    assert "scenarios" in said
    assert "fedtui --help" in said


def test_epsilon_says_what_z_is(tmp_path: Path) -> None:
    asked = ["epsilon", "--q", "1", "--steps", "10", "--delta", "1e-5", "--epsilon", "4"]
    done = fedtui(*asked, home=tmp_path)
    number = re.search(r"z = ([\d.]+)", done.stdout)
    assert number
    assert f"noise of {number[1]} ×" in done.stdout
    assert set(json.loads(fedtui(*asked, "--json", home=tmp_path).stdout)) == {
        "q", "noise_multiplier", "steps", "delta", "epsilon",
    }  # fmt: skip
