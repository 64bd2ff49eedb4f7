"""What the picture owes the learner: nothing cut that has a shorter form, nothing lost from sight."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Scenario
from engine import events as ev
from engine.data.source import letter
from fedtui import words
from fedtui.lab import bars, glyphs
from fedtui.lab.diagram import diagram
from fedtui.lab.geometry import fits_large, geometry
from fedtui.lab.layout import layout
from fedtui.lab.scene import PARTS, scene
from fedtui.lab.shot import PLOTS, Shot
from fedtui.lab.tiles import all_lines
from fedtui.lab.tiles import rows as rows_of
from fedtui.pages import keys_and_words
from fedtui.pages.blocks import Said
from fedtui.scenarios import load
from fedtui.view import View, fold
from tests.builders import small
from tests.test_lab_scene import CROWD, PROTECTED, THRONG, at

WIDTHS = (60, 67, 73, 80, 88, 100, 111, 112, 120, 140, 160, 200)
HEIGHTS = (18, 21, 24, 30, 36, 40, 50, 60)
COLUMNS = (glyphs.UNICODE, glyphs.BLOCK, glyphs.ASCII)


def federation(count: int) -> Scenario:
    return Scenario.from_toml(f"[data]\nhospitals = {count}\npatients = 30")


@pytest.fixture(scope="module")
def views() -> list[View]:
    scenarios = [PROTECTED, CROWD, THRONG, load("clinics"), federation(12)]
    return [at(scenario, "UpdatesSent") for scenario in scenarios]


@pytest.mark.parametrize("width", WIDTHS)
def test_at_every_size_no_label_of_the_diagram_is_cut(width: int, views: list[View]) -> None:
    for view in views:
        for high in HEIGHTS:
            _, _, wide, tall = layout(width, high)["diagram"]
            canvas = diagram(Shot(view), wide, tall)
            assert "…" not in canvas.text, (len(view.hospitals), high)


@pytest.mark.parametrize("width", WIDTHS)
def test_at_every_size_frames_are_whole(width: int, views: list[View]) -> None:
    for view in views:
        for high in HEIGHTS:
            boxes = layout(width, high)
            for name in boxes.keys() & {"protection", "readers", "bytes", "now"}:
                _, _, wide, tall = boxes[name]
                rows = PARTS[name](Shot(view), wide, tall).text.split("\n")
                if tall >= 5:
                    assert {row[0] + row[-1] for row in rows[1:-1]} == {"││"}, (name, high)
            _, _, wide, tall = boxes["diagram"]
            count = len(view.hospitals)
            if not fits_large(count, wide):
                continue
            shot = Shot(view)
            cells = diagram(shot, wide, tall).rows
            for x, y, w, h in geometry(count, wide, tall, rows_of(all_lines(shot))).tiles:
                sides = {cells[row][x + end].char for row in range(y + 2, y + h - 1)
                         for end in (0, w - 1)}  # fmt: skip
                assert sides == {"│"}, (count, width, high)


# The header


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_whatever_is_on_is_in_the_header(width: int, column: glyphs.Glyphs) -> None:
    view = at(PROTECTED, "ModelSent")
    for title in (view.title, "A long title of a scenario that nobody shortened"):
        shot = Shot(replace(view, title=title), column, plots_ready=False)
        line = scene(shot, width, 24).text.split("\n")[0]
        for short in (r"(μ|u)\s?0.1", r"(ε|eps) ?8", "masks", "8 ?b"):
            assert re.search(short, line), (short, line)
        assert f"round {view.round} of {view.rounds}" in line


def test_the_seed_gives_way_first() -> None:
    view = at(PROTECTED, "ModelSent")
    lines = [
        scene(Shot(view, plots_ready=False), w, 24).text.split("\n")[0] for w in (80, 120, 200)
    ]
    assert "seed" in lines[-1]
    assert "+ privacy ε 8, one patient" in lines[1]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_replay_says_that_it_is_one_at_every_width(width: int) -> None:
    view = at(PROTECTED, "ModelSent")
    line = scene(Shot(view, replay=True, plots_ready=False), width, 24).text.split("\n")[0]
    assert line.startswith(" replay  ")
    assert "replay" not in scene(Shot(view, plots_ready=False), width, 24).text.split("\n")[0]


# Plots


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), st.integers(3, 20))
def test_no_part_of_a_bar_that_is_not_nothing_is_left_out(bar: list[int], rows: int) -> None:
    cells = bars.heights(bar, max(1, sum(bar)), rows)
    assert [n > 0 for n in cells] == [size > 0 for size in bar]
    assert sum(cells) == (rows if sum(bar) else 0) or sum(cells) <= rows


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_small_part_of_the_bytes_is_seen_and_told(column: glyphs.Glyphs) -> None:
    view = at(PROTECTED, "RoundFinished")
    last = view.points[-1]
    canvas = scene(Shot(view, column, plot="bytes"), 80, 24)
    top = next(y for y, line in enumerate(canvas.text.split("\n")) if "Bytes in each" in line)
    used = {cell.style for row in canvas.rows[top + 1 : top + 6] for cell in row[:50]}
    assert {"down", "up", "protected"} <= used
    for size in (last.uplink, last.downlink, last.overhead):
        assert f"{size:,}" in canvas.text


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50)], ids=str)
def test_privacy_used_is_plotted_below_its_budget(size: tuple[int, int]) -> None:
    view = at(small(privacy={"epsilon": 8.0}), "RoundFinished", round=3)
    text = scene(Shot(view, plot="privacy"), *size).text
    assert "Privacy used" in text
    assert re.search(r"the budget +8\b", text)
    assert view.epsilon
    assert re.search(rf"used so far +{re.escape(words.budget(view.epsilon))}\b", text)


def test_where_privacy_is_off_its_plot_says_so() -> None:
    text = scene(Shot(at(small(), "RoundFinished"), plot="privacy"), 80, 24).text
    assert "Privacy is off" in text
    assert "the budget " not in text


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_two_references_in_one_row_alternate_and_are_both_named(column: glyphs.Glyphs) -> None:
    view = at(small(), "RunStarted", 0)
    canvas = scene(Shot(replace(view, alone=view.pooled), column), 80, 24)
    row = next(
        row for row in canvas.rows if {"pooled", "alone"} <= {cell.style for cell in row[:50]}
    )
    marks = [cell.style for cell in row[6:48] if cell.char != " "]
    assert marks[:6] == ["alone", "pooled"] * 3
    for name in ("all data in one place", "each one alone"):
        assert name in canvas.text


def test_a_curve_that_is_wholly_covered_is_said_to_be_identical() -> None:
    view = at(small(), "RoundFinished", round=2)
    shot = Shot(view, before=view.points, before_name="before, no masks")
    assert "before, no masks: identical" in scene(shot, 120, 40).text
    assert "identical" not in scene(replace(shot, before=None), 120, 40).text
    other = at(small(training={"learning_rate": 0.9}), "RoundFinished", round=2).points
    assert [p.correct for p in other] != [p.correct for p in view.points]
    assert "identical" not in scene(replace(shot, before=other), 120, 40).text


# Many hospitals


@pytest.mark.parametrize("count", [9, 12, 20, 27, 33, 40])
@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40), (160, 50)], ids=str)
def test_each_of_up_to_forty_has_a_tile_with_its_letter(count: int, size: tuple[int, int]) -> None:
    view = at(federation(count), "RoundFinished")
    text = scene(Shot(view, plots_ready=False), *size).text
    for index in range(count):
        assert re.search(rf"(?<![A-Z]){letter(index)}(?![A-Za-z])", text), letter(index)


def test_tiles_grow_with_the_room() -> None:
    view = at(federation(20), "EpochTrained")
    corners = [scene(Shot(view, plots_ready=False), *size).text.count("╭")
               for size in ((80, 24), (160, 50))]  # fmt: skip
    assert corners[1] - corners[0] >= 20
    assert "5/5" in scene(Shot(view, plots_ready=False), 160, 50).text


@pytest.mark.parametrize("scenario", [CROWD, THRONG])
def test_the_chosen_of_many_is_told_in_a_line(scenario: Scenario) -> None:
    view = at(scenario, "RoundFinished")
    for who in (0, 7, len(view.hospitals) - 1):
        text = scene(Shot(view, chosen=who, plots_ready=False), 80, 24).text
        patients, alone = view.hospitals.patients[who], view.hospitals.alone[who]
        line = next(line for line in text.split("\n") if f"{letter(who)}: {patients} pat" in line)
        assert f"alone {alone}" in line


@pytest.mark.parametrize("column", [glyphs.UNICODE, glyphs.BLOCK], ids=str)
def test_six_clinics_side_by_side_show_alone_and_together(column: glyphs.Glyphs) -> None:
    view = at(load("clinics"), "RoundFinished")
    lines = scene(Shot(view, column, plots_ready=False), 80, 24).text.split("\n")
    assert sum(line.count("alone ") for line in lines[8:14]) == 6
    assert sum(line.count("together ") + line.count("shared ") for line in lines[8:14]) == 6
    assert not [line for line in lines if "pat." in line or "tog." in line or "al. " in line]


# What goes wrong


def dropped(scenario: Scenario, who: list[int]) -> View:
    """The first round's uploads are in, and those of `who` cannot be used."""
    view = at(scenario, "UpdatesSent")
    return fold(view, ev.HospitalsDropped(round=1, hospitals=np.array(who), why="It fell away."))


@pytest.mark.parametrize("column", COLUMNS, ids=str)
@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40)], ids=str)
def test_a_lost_hospital_is_red_with_a_cross_and_the_word(
    size: tuple[int, int], column: glyphs.Glyphs
) -> None:
    canvas = scene(Shot(dropped(small(), [1]), column, plots_ready=False), *size)
    red = "".join(cell.char for row in canvas.rows for cell in row if cell.style == "lost")
    assert column.plain(column["lost"]) in red
    assert "lost" in red
    assert "round lost" not in canvas.text


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40), (160, 50)], ids=str)
@pytest.mark.parametrize("count", [4, 12, 60])
def test_a_lost_round_stands_in_the_servers_box(count: int, size: tuple[int, int]) -> None:
    scenario = Scenario.from_toml(f"[data]\nhospitals = {count}\npatients = 20\n[masking]")
    view = dropped(scenario, list(range(count)))
    assert view.aborted
    text = scene(Shot(view, plots_ready=False), *size).text
    assert "× round lost" in text
    assert "the sum cannot be opened" in text


def test_no_colour_but_a_loss_is_red() -> None:
    for scenario in (PROTECTED, CROWD):
        for moment in ("ModelSent", "UpdatesSent", "RoundFinished"):
            canvas = scene(Shot(at(scenario, moment)), 120, 40)
            assert "lost" not in {cell.style for row in canvas.rows for cell in row}


# What a small window cuts or leaves out


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_every_plot_names_its_rounds_at_every_size(size: tuple[int, int], plot: str) -> None:
    view = at(load("cells").replace({"privacy": True, "training.rounds": 20}), "RoundFinished")
    text = scene(Shot(view, plot=plot), *size).text
    assert [row for row in text.split("\n") if re.search(r"1\D+5\D+10\D+15\D+20\b", row)]


def test_who_adds_the_noise_and_the_best_guess_stand_on_80_columns() -> None:
    view = at(small(privacy={}), "RoundFinished")
    text = scene(Shot(view, plot="privacy"), 80, 24).text
    assert "ε for one patient; noise by the hospitals; best guess" in text


def test_whose_place_is_kept_stands_in_the_top_line_and_nothing_where_it_is_the_accounts() -> None:
    view = at(small(), "ModelSent")
    assert "place anna" in scene(Shot(view, place="anna"), 80, 24).text.split("\n")[0]
    assert "place" not in scene(Shot(view), 80, 24).text.split("\n")[0]


def test_the_help_of_the_lab_tells_in_full_what_the_lab_may_have_cut() -> None:
    view = at(small(privacy={}), "ModelSent")
    full = words.in_full(view)
    assert set(view.notes) <= set(full)
    assert len(view.notes) > 1
    page = keys_and_words.content("", (), (), full)
    assert [s.text for s in page if isinstance(s, Said)][1:] == full
    assert not any(note in str(keys_and_words.content("data", (), (), full)) for note in full)
