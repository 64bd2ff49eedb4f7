"""Laws of the seed on one's own data: nobody guesses it, and nothing that is handed on tells it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Scenario, run
from engine.recording import read
from fedtui import export, scenarios, seeds
from fedtui.draft import Draft
from fedtui.keeping import Keeping
from fedtui.lab.opening import simulated
from fedtui.player import Player
from fedtui.session import Keeper
from tests.builders import small
from tests.command import fedtui, sentence
from tests.lab import lab, opened
from tests.test_player import drive, ready

PRIVATE = ("--set", "privacy.epsilon=4")


@pytest.fixture
def table(tmp_path: Path) -> str:
    rows = (f"{'ABCD'[i % 4]},{40 + i * 7 % 29},{i * 3 % 11},{i * 5 % 3 % 2}" for i in range(80))
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["hospital,age,chol,label", *rows]) + "\n")
    return str(path)


def own(table: str, **keys: Any) -> Scenario:
    return Scenario.from_dict({"data": {"source": table}, "training": {"rounds": 3}, **keys})


def ran(table: str, *arguments: str, home: Path) -> tuple[dict[str, Any], str]:
    """What a run of three rounds printed, and what it said."""
    source = ("--set", f"data.source={table}", "--rounds", "3", "--json")
    done = fedtui("run", *source, *arguments, home=home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


# Which seed a run has


def test_noise_on_own_data_differs_each_time_and_its_seed_brings_it_back(
    table: str, tmp_path: Path
) -> None:
    (first, said), (second, _) = (ran(table, *PRIVATE, home=tmp_path) for _ in range(2))
    assert first["params"] != second["params"]
    found = re.search(r"seed (\d+)", sentence(said))
    assert found
    again, silent = ran(table, *PRIVATE, "--seed", found[1], home=tmp_path)
    assert again == first
    assert silent == ""


def test_without_noise_the_same_command_gives_the_same_numbers_twice(
    table: str, tmp_path: Path
) -> None:
    (first, said), (second, _) = (ran(table, home=tmp_path) for _ in range(2))
    assert first == second
    assert said == ""


def test_noise_that_begins_later_hangs_on_a_fresh_seed_too(table: str, tmp_path: Path) -> None:
    scenario = tmp_path / "later.toml"
    scenario.write_text(
        f'[data]\nsource = "{table}"\n[[change]]\nround = 2\nset = {{"privacy.epsilon" = 4.0}}\n'
    )
    done = fedtui("run", str(scenario), "--rounds", "3", home=tmp_path)
    assert "--seed" in sentence(done.stderr)


@given(st.sampled_from(scenarios.NAMES), st.booleans())
def test_what_everybody_has_keeps_its_seed(name: str, chosen: bool) -> None:
    assert seeds.unguessable(scenarios.load(name), chosen=chosen) == scenarios.load(name)


def test_seeds_from_the_system_are_far_apart_and_allowed(table: str) -> None:
    drawn = {seeds.unguessable(own(table), chosen=False).seed for _ in range(50)}
    assert len(drawn) == 50
    assert min(drawn) > 2**60
    assert own(table, seed=max(drawn) + 1)  # as R goes on


def test_a_seed_that_was_chosen_stays_and_is_warned_of_where_it_can_be_guessed(table: str) -> None:
    weak = own(table, seed=7, privacy={})
    assert seeds.unguessable(weak, chosen=seeds.chosen_by_file(weak)) is weak
    assert any(note.startswith("seed: one so short can be guessed") for note in weak.notes)
    for quiet in (own(table, seed=7), own(table, seed=2**50, privacy={}), small(privacy={})):
        assert not any("guessed" in note for note in quiet.notes)


def test_what_the_noise_does_not_cover_is_told_with_it(table: str) -> None:
    for what in ("exact and outside", "share their noise"):
        assert any(what in note for note in run(own(table, privacy={}))["notes"])
        assert not any(what in note for note in run(small(privacy={}))["notes"])


# What tells it, and what does not


def test_a_result_on_own_data_holds_no_seed_and_says_so(table: str, tmp_path: Path) -> None:
    scenario = own(table, seed=918273645564738291, privacy={}, fedprox={"mu": 0.5})
    result = run(scenario)
    text = export.as_json(result) + export.as_csv(result)
    assert "918273645564738291" not in text
    assert result["scenario"]["seed"] is None
    assert result["withheld"].startswith("scenario.seed: ")
    opened = Scenario.from_code(result["code"])
    assert opened.seed != scenario.seed
    assert opened.replace({"seed": scenario.seed}) == scenario


@pytest.mark.parametrize("command", [("run",), ("compare", "--vary", "fedprox.mu=off,1")])
def test_no_seed_that_was_chosen_stands_in_what_is_handed_on(
    command: tuple[str, ...], table: str, tmp_path: Path
) -> None:
    """Nor in the note that warns of it."""
    source = ("--set", f"data.source={table}", *PRIVATE, "--rounds", "1", "--seed", "918273")
    done = fedtui(*command, *source, "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "can be guessed" in done.stdout
    assert not re.search(r"(?<![\d.])918,?273(?!\d)", done.stdout)


def test_a_result_on_built_in_data_is_complete() -> None:
    result = run(small(privacy={}))
    assert Scenario.from_dict(result["scenario"]) == small(privacy={})
    assert "withheld" not in result


def test_a_recording_has_the_seed_and_is_for_its_owner(table: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    result, said = ran(table, *PRIVATE, "--record", str(path), home=tmp_path)
    found = re.search(r"seed (\d+)", said)
    assert found
    player = Player.replaying(read(path), "run.jsonl", simulated)
    player.to_end()
    drive(player)
    assert player.scenario.seed == int(found[1])
    assert player.branch.result().as_dict()["scenario"]["seed"] is None
    assert result["params"] == player.branch.result().as_dict()["params"]


async def test_a_replay_is_marked_until_something_is_run_anew() -> None:
    player = Player.replaying(iter(list(simulated(small(), None))), "run.jsonl", simulated)
    async with opened(player) as at:
        assert at.rows[0].startswith(" replay")
        assert (await at.press("]", "3")).startswith(" replay")
        await at.press("escape", "r")
        assert at.rows[0].startswith(" fedtui")
        await at.press("u")
        assert at.rows[0].startswith(" replay")


def test_a_session_brings_the_same_world_back(table: str) -> None:
    scenario = seeds.unguessable(own(table, privacy={}), chosen=False)
    player = ready(scenario)
    player.to_end()
    drive(player)
    with Keeper() as keeper:
        kept = Keeping(keeper).session(player, 0)
        assert kept
        assert keeper.save(kept) == ""
    offer, _ = Keeper().offer()
    assert offer
    assert offer.shown == scenario
    assert offer.session.branches[0].curve == player.branch.curve


async def test_the_screen_tells_the_seed_only_where_it_is_asked_for(table: str) -> None:
    scenario = seeds.unguessable(own(table), chosen=False)
    keys = ("]", "r", "R", "p", "3", "escape", "b", "escape", "s", *["down"] * 6)
    async with lab(scenario, size=(140, 45)) as at:
        seen = [await at.press(key) for key in keys]
        seen.append(at.app.export_screenshot())
        for seed in (scenario.seed, scenario.seed + 1):
            assert not [text for text in seen if str(seed)[:6] in text]
        assert "secret seed" in seen[0]
        assert "another secret seed" in seen[2]
        assert str(scenario.seed + 1)[:6] in await at.press("enter")


async def test_what_is_saved_of_own_data_has_no_seed_and_says_whose_it_is(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scenario = seeds.unguessable(own(table, privacy={}), chosen=False)
    async with lab(scenario, size=(140, 45)) as at:
        await at.press("]")
        for ending in ("json", "csv", "svg"):
            at.app.action_save(ending)
            assert str(tmp_path) in at.app.notice
            assert "your own patients" in at.app.notice
    saved = list(tmp_path.glob("fedtui-*"))
    assert len(saved) == 3
    assert not [path for path in saved if str(scenario.seed)[:6] in path.read_text("utf-8")]
    assert {path.stat().st_mode & 0o077 for path in saved} == {0}


async def test_own_data_chosen_in_the_settings_gets_a_seed_of_its_own(table: str) -> None:
    async with lab(small()) as at:
        app = at.app
        before = app.player.settings
        app._formed(Draft.of(before).with_value("data.source", table).scenario())
        await at.settle()
        first = app.player.settings
        assert first.seed > 2**60
        app._formed(Draft.of(first).with_value("training.rounds", 4).scenario())
        await at.settle()
        assert app.player.settings.seed == first.seed
        app._formed(Draft.of(first).with_value("seed", 5).scenario())
        await at.settle()
        assert app.player.settings.seed == 5
