"""Hospitals called anything a file can hold: shown literally, nothing acts, every frame lines up."""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path

import pytest

from engine import Scenario
from fedtui.safe import safe
from tests.command import FEDTUI, at_home
from tests.lab import Bench, lab
from tests.tmux import HAS_TMUX, Tmux

SIZES = [(80, 24), (120, 40)]
NAMES = (
    "[red]x",
    "[/]",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\u202eright to left\u202c",
    "漢字病院",
    "e\u0301\u0301\u0301 combining",
    "👩\u200d⚕\ufe0f clinic",
    "☁\ufe0f cloud",
    "🇩🇪 flag",
    "n" * 200,
    "漢" * 200,
    "two\nlines",
    "tab\tbed",
    "\u200binvisible",
    "עברית",
    "[bold]{0}%s$(x)",
)


def table(folder: Path, names: tuple[str, ...]) -> Path:
    """A CSV in which every hospital has twelve patients."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["hospital", "[red]age", "\x1b[2Jrisk", "label"])
    for number, name in enumerate(names):
        for i in range(12):
            writer.writerow([name, 40 + (7 * i + number) % 31, (i * i + number) % 11, i % 2])
    path = folder / "table.csv"
    path.write_text(text.getvalue(), "utf-8", newline="")
    return path


def scenario(source: Path) -> Scenario:
    """Three rounds on a table, with a seed of their own: on own data another is drawn each time."""
    given = {"data": {"source": str(source)}, "training": {"rounds": 3}, "seed": 2**50}
    return Scenario.from_dict(given)


def garbage(text: str) -> set[str]:
    """What no screen may be sent."""
    return {char for char in text.replace("\n", "") if safe(char) != char}


async def look(at: Bench) -> str:
    """The screen at both sizes, each held to be whole and clean."""
    text = ""
    for size in SIZES:
        await at.pilot.resize_terminal(*size)
        await at.settle()
        assert at.app.size == size
        assert at.whole
        text += at.text
    assert not garbage(text)
    return text


@pytest.mark.parametrize("first", range(0, len(NAMES), 3))
async def test_any_name_is_shown_literally_and_every_row_is_whole(
    first: int, tmp_path: Path
) -> None:
    names = NAMES[first : first + 3]
    shown = ""
    async with lab(scenario(table(tmp_path, names))) as at:
        for key in ("]", "m", "right", "right", "w", "2", "3", "4", "1", "e", "escape", "tab", "x"):
            await at.press(key)
            shown += await look(at)
    for name in names:
        assert safe(name)[:4] in shown


async def test_a_nul_is_refused_in_a_sentence(tmp_path: Path) -> None:
    async with lab(scenario(table(tmp_path, ("a\x00b", "Ben")))) as at:
        assert "NUL" in await look(at)


@pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed")
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_tmux_shows_the_rows_that_the_lab_means(
    size: tuple[int, int], tmp_path: Path
) -> None:
    source = table(tmp_path, NAMES)
    toml = tmp_path / "names.toml"
    toml.write_text(scenario(source).to_toml(), "utf-8")
    async with lab(Scenario.from_toml(toml.read_text("utf-8")), size=size) as at:
        meant = {key: rows(await at.press(key)) for key in ("]", "2")}
    with Tmux(*size, env=at_home(tmp_path)) as screen:
        screen.enter(f"{FEDTUI} --no-motion --scenario {toml}")
        screen.wait_for("SERVER")
        for key, expected in meant.items():
            screen.press(key)
            screen.wait_until(partial(same, expected), 20, f"what {key} brings: {expected}")
        screen.press("q")


def rows(screen: str) -> list[str]:
    """Rows of a screen without what stands to their right."""
    return [row.rstrip() for row in screen.rstrip("\n").split("\n")]


def same(expected: list[str], screen: str) -> bool:
    return rows(screen) == expected
