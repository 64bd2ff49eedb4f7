"""No table stands under another one's name: in a run, a comparison, the lab."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Scenario
from fedtui import settings_line
from fedtui.comparison import grid, words
from fedtui.comparison.axes import read_axis
from fedtui.scenarios import load
from fedtui.titles import called, renamed
from tests.command import fedtui


@pytest.fixture
def own(tmp_path):
    draw = np.random.default_rng(0)
    rows = [f"{'AB'[i % 2]},{draw.normal():.3f},{draw.normal():.3f},{i % 3 % 2}" for i in range(60)]
    path = tmp_path / "own table.csv"
    path.write_text("\n".join(["hospital,x,z,label", *rows]))
    return path


def texts(scenario):
    return scenario.name, scenario.title, scenario.about


def test_other_patients_bring_another_title_and_nothing_else_does():
    cells = load("cells")
    other = settings_line.changed(cells, (), {"data.source": "folder/opt.csv"})
    assert texts(other) == ("opt.csv", "opt.csv", "")
    for same in ({"data.source": cells.data.source}, {"training.rounds": 3}, {"seed": 7}):
        assert texts(settings_line.changed(cells, (), same)) == texts(cells)


def test_a_title_that_somebody_chose_stays():
    changes = {"data.source": "opt.csv", "title": "Transplants"}
    assert settings_line.changed(load("cells"), (), changes).title == "Transplants"


@given(st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text))
def test_whatever_a_file_is_called_its_name_is_a_title(name):
    after = load("cells").replace({"data.source": name})
    assert Scenario.from_toml(renamed(load("cells"), after).to_toml()).title == called(name)


def test_a_run_tells_no_other_table_in_its_result(own, tmp_path):
    done = fedtui("run", "--set", f"data.source={own}", "--rounds", "1", "--json", home=tmp_path)
    told = json.loads(done.stdout)
    assert (told["scenario"]["name"], told["scenario"]["title"]) == ("own table.csv",) * 2
    assert "Breast" not in done.stdout


def test_a_comparison_is_headed_by_its_patients_or_by_nobody_s(own):
    one = grid.make(load("cells"), [read_axis("fedprox=off,on")], changes={"data.source": str(own)})
    assert one.title == own.name
    axis = read_axis("data.source=breast-cancer,synthetic")
    several = grid.make(load("cells"), [axis])
    assert [row.scenarios[0].title for row in several.rows] == ["Breast cells", "synthetic"]
    assert several.title == ""
    assert words.headline(several.title, 2, 1) == "2 rows"
