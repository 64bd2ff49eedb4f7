"""Hospitals and columns called anything, beyond the pages of `tests/test_hostile_names.py`.

Form, branches, attack, help and exports, the run told as text, and the ASCII column.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path

import pytest

from engine import Scenario
from fedtui.lab import glyphs
from fedtui.safe import safe
from tests.command import fedtui
from tests.lab import Bench, lab, strips

NAMES = (
    "[red]x[/]",
    "\x1b[2Jgone\x07",
    "\u202eright\u202c 漢字e\u0301",
    "👩\u200d⚕\ufe0f" + "n" * 200,
)
COLUMNS = ("[/]", "\x1b[31mred", "two\nlines", "漢" * 60)
PAGES = ("w", "2", "3", "4", "5", "e", "a", "question_mark", "b", "s", "colon")


def table(folder: Path) -> Path:
    """Twelve patients for each hospital."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["hospital", *COLUMNS, "label"])
    for number, name in enumerate(NAMES):
        for i in range(12):
            values = [(7 * i + number) % 31, (i * i + number) % 11, i % 5, (i * 3) % 7]
            writer.writerow([name, *values, i % 2])
    path = folder / "[red]t.csv"
    path.write_text(text.getvalue(), "utf-8", newline="")
    return path


def scenario(folder: Path) -> Scenario:
    return Scenario.from_dict(
        {
            "title": "[bold]漢[/]title",
            "data": {"source": str(table(folder))},
            "training": {"rounds": 3},
        }
    )


def held(at: Bench, size: tuple[int, int]) -> None:
    """Every row whole, and nothing on it that acts."""
    assert at.app.size == size
    assert at.whole
    shown = {char for row in strips(at.app) for segment in row for char in segment.text}
    assert not {char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co")}


@pytest.mark.parametrize("column", [glyphs.UNICODE, glyphs.ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_any_name_on_every_page(
    size: tuple[int, int], column: glyphs.Glyphs, tmp_path: Path
) -> None:
    async with lab(scenario(tmp_path), size=size, column=column) as at:
        await at.press("]", "x", "tab", "x", "m", "right")
        at.app.player.branches[0].name = NAMES[1]
        for key in PAGES:
            await at.press(key)
            held(at, size)
            if key == "s":
                await at.press("tab", "enter")
                held(at, size)
                await at.press("escape")
            assert column is glyphs.UNICODE or at.text.isascii()
            await at.press("escape", "escape")
        held(at, size)


def test_a_run_told_as_text_has_nothing_in_it_that_acts(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text(scenario(tmp_path).to_toml(), "utf-8")
    drops = ["--set", "faults.dropout=0.4"]
    done = fedtui("run", str(path), "--explain", *drops, home=tmp_path)
    assert done.returncode == 0, done.stderr
    for line in (done.stdout + done.stderr).split("\n"):
        assert safe(line) == unicodedata.normalize("NFC", line)


@pytest.mark.parametrize("ending", ["json", "csv", "svg"])
async def test_an_export_of_any_name_can_be_read_back(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = scenario(tmp_path)
    monkeypatch.chdir(tmp_path)
    async with lab(source) as at:
        await at.press("]")
        await at.app.run_action(f"save('{ending}')")
        await at.settle()
        assert "Saved as" in at.text
        held(at, (80, 24))
    (path,) = tmp_path.glob(f"fedtui-*.{ending}")
    text = path.read_text("utf-8")
    assert "\x1b" not in text
    if ending == "json":
        assert [h["name"] for h in json.loads(text)["hospitals"]] == list(NAMES)
    if ending == "csv":
        assert all(safe(name) in next(csv.reader(io.StringIO(text))) for name in NAMES)
