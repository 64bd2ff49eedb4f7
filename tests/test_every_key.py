"""Every key of the table, pressed, with its effect seen on the screen. A key without a line here fails."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine import Scenario, simulate
from fedtui import scenarios
from fedtui.keeping import Keeping
from fedtui.lab.keys import KEYS
from fedtui.player import Player
from fedtui.session import Keeper
from tests.builders import small
from tests.lab import Bench, lab, opened, strips

SCENARIO = small(training={"rounds": 5})
See = Callable[[str, str], object]  # the screen before and after


def head(text: str) -> str:
    return text.split("\n")[0]


def in_head(*parts: str) -> See:
    return lambda before, after: all(part in head(after) for part in parts)


def new(*parts: str) -> See:
    """Parts that were not there before and are now."""
    return lambda before, after: all(part not in before and part in after for part in parts)


def gone(*parts: str) -> See:
    return lambda before, after: all(part in before and part not in after for part in parts)


EFFECTS: dict[str, tuple[tuple[str, ...], See]] = {  # key: pressed before it, what is seen
    "space": (("+",) * 4, in_head("round 5 of 5")),  # it played to the end, at 16×
    "right": ((), new("[ SEND ]")),
    "left": (("right", "right"), new("[ SEND ]")),
    "right_square_bracket": ((), in_head("round 1 of 5")),
    "left_square_bracket": (("]", "]"), in_head("round 1 of 5")),
    "0": (("]", "]"), in_head("round 0 of 5")),
    "home": (("]",), in_head("round 0 of 5")),
    "g": ((), in_head("round 5 of 5")),
    "end": ((), new("finished")),
    "minus": ((), in_head("½×")),
    "plus": ((), in_head("2×")),
    "equals_sign": ((), in_head("2×")),
    "f": (("]",), new("FedProx ●", "+ FedProx μ 0.1")),
    "p": (("]",), new("Privacy ●", "+ privacy ε 4")),
    "m": (("]",), new("Masks ●", "+ masks")),
    "c": (("]",), new("Compress ●", "+ 8 bits")),
    "enter": (("p", "escape"), new("Settings", "largest say")),
    "s": ((), new("Settings", "Scenario")),
    "u": (("]", "m"), new("Masks ○")),
    "r": (("]",), new("Run again with seed 42: right for", "no change")),
    "R": (("]",), in_head("seed 43")),
    "shift+r": (("]",), in_head("seed 43")),
    "b": (("]", "m"), new("Branches are alternative worlds", "n forks here")),
    "tab": ((), new("▸B")),
    "shift+tab": ((), new("▸D")),
    "x": (("]", "]"), new("A drops out of round 2", "× lost")),
    "w": (("]",), new("Who can read what", "Patients stay where they are. Only")),
    "a": (("]",), new("Attack on A's message of round 1", "Her record can be read")),
    "e": (("]",), new("new model = old model + Σ vote × update")),
    "1": (("2",), new("SERVER")),
    "2": (("]",), gone("SERVER")),
    "3": (("]", "m", "3", "1"), new("plain, seed 42")),
    "4": (("]",), new("Messages of round 1")),
    "5": ((), new("the first five minutes")),
    "v": (("]",), new("Bytes in each round")),
    "y": ((), new("This scenario as a code", "f1-")),
    "t": ((), new("Colours: dark, safe for colour blindness.")),
    "o": ((), new("There is no earlier session.")),
    "colon": ((), new("Search an action")),
    "ctrl+p": ((), new("Search an action")),
    "question_mark": ((), new("a step forward: the next moment of the round", "The lab")),
    "escape": (("o",), gone("There is no earlier session.")),
}
LEAVES = ("q",)  # tested beside: after it there is no screen
PRESSED = [key for entry in KEYS for key in entry.keys.split(",") if key not in LEAVES]


@pytest.mark.parametrize("key", PRESSED)
async def test_a_key_has_its_effect_on_the_screen(key: str) -> None:
    before_it, seen = EFFECTS[key]
    async with lab(SCENARIO) as at:
        before = await at.press(*before_it)
        after = await at.press(key)
        assert seen(before, after), after


def test_no_effect_is_listed_for_a_key_that_is_not_there() -> None:
    assert EFFECTS.keys() == set(PRESSED)


# What a screen alone does not show


async def test_y_gives_the_terminal_a_code_that_opens_the_same_scenario() -> None:
    async with lab(SCENARIO) as at:
        await at.press("f", "]", "y")
        assert Scenario.from_code(at.app.clipboard) == at.app.player.scenario
        assert scenarios.load(at.app.clipboard) == at.app.player.scenario


async def test_t_goes_through_all_palettes_and_every_cell_is_painted_anew() -> None:
    async with lab(SCENARIO) as at:
        seen, first = [], _colours(at)
        for _ in range(4):
            await at.press("t")
            seen.append(_colours(at))
        assert len({frozenset(colours) for colours in seen}) == 4
        assert seen[-1] == first


def _colours(at: Bench) -> set[str]:
    segments = [segment for strip in strips(at.app) for segment in strip]
    return {str(s.style.bgcolor) for s in segments if s.style and s.style.bgcolor}


async def test_o_brings_back_what_was_kept_and_its_curve_is_the_one_it_had(state: Path) -> None:
    async with _kept_lab() as at:
        await at.press("]", "]", "]", "m", "tab")
        before = at.text
    async with _kept_lab() as at:
        assert "Earlier: my-run, round 3 of 5. o brings it back" in at.text
        text = await at.press("o")
        assert "my-run is back where you left it." in text
        assert re.findall(r"together.*\d", text) == re.findall(r"together.*\d", before)
        assert {"Masks ●", "▸B"} <= {part for part in ("Masks ●", "▸B") if part in text}
        assert len(at.app.player.branches) == 2
        assert "There is no earlier session." in await at.press("o")


async def test_an_offer_that_is_not_wanted_goes_and_the_session_stays(state: Path) -> None:
    async with _kept_lab() as at:
        await at.press("]")
    async with _kept_lab() as at:
        assert "Earlier: " not in await at.press("escape")
    async with _kept_lab() as at:
        assert "Earlier: " in at.text


@asynccontextmanager
async def _kept_lab() -> AsyncIterator[Bench]:
    """A lab that keeps its session, as one in a terminal does."""
    with Keeper() as keeper:
        async with opened(Player.of(SCENARIO, simulate), keeping=Keeping(keeper)) as at:
            yield at
            at.app.keep_at_last()


@pytest.mark.parametrize("ending", ["json", "csv", "svg"])
async def test_an_export_is_a_new_file_and_never_over_an_old_one(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with lab(SCENARIO) as at:
        await at.press("]")
        for _ in range(2):
            await at.app.run_action(f"save('{ending}')")
            await at.settle()
        assert "Saved as" in at.text
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"fedtui-my-run-2.{ending}", f"fedtui-my-run.{ending}"]
    assert all(path.stat().st_size > 200 for path in tmp_path.iterdir())
