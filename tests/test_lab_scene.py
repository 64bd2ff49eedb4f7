"""The scene: what the lab says of a moment, at every size, whatever the hospitals are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from engine import Scenario, simulate
from fedtui import words
from fedtui.lab import glyphs, panels
from fedtui.lab.cells import width
from fedtui.lab.scene import scene
from fedtui.lab.shot import Shot
from fedtui.view import View, fold, start
from tests.builders import small
from tests.test_lab_canvas import NASTY

SIZES = [(60, 18), (80, 24), (112, 24), (120, 40), (160, 50)]
PROTECTED = small(
    fedprox={"mu": 0.1}, privacy={"epsilon": 8.0}, masking={}, compression={"bits": 8}
)
CROWD = Scenario.from_toml("[data]\nhospitals = 30\npatients = 20")
THRONG = Scenario.from_toml(
    "[data]\nhospitals = 300\npatients = 10\n[training]\nparticipation = 0.5"
)


def moments(scenario: Scenario, rounds: int = 2) -> Iterator[View]:
    """Every view of the first rounds."""
    view = start(scenario)
    yield view
    for event in simulate(scenario):
        view = fold(view, event)
        if view.round > rounds:
            return
        yield view


def named(view: View, names: list[str]) -> View:
    shown = (names * len(view.hospitals))[: len(view.hospitals)]
    return replace(view, hospitals=replace(view.hospitals, names=tuple(shown)))


def at(scenario: Scenario, moment: str, round: int = 1) -> View:
    return next(v for v in moments(scenario, round) if v.moment == moment and v.round == round
                and v.complete)  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("column", [glyphs.UNICODE, glyphs.BLOCK, glyphs.ASCII], ids=str)
@pytest.mark.parametrize("scenario", [small(), PROTECTED, CROWD, THRONG])
def test_every_moment_fills_the_screen_and_never_more(
    scenario: Scenario, size: tuple[int, int], column: glyphs.Glyphs
) -> None:
    views = {(view.round, view.moment): view for view in moments(scenario)}
    for view in views.values():
        for motion in (0.6, 1.0):
            canvas = scene(Shot(view, column, motion=motion, plots_ready=False), *size)
            assert [sum(width(t) for t, _ in canvas.runs(y)) for y in range(size[1])] == [
                size[0]
            ] * size[1]
            assert "SERVER" in canvas.text
            assert f"round {view.round} of {view.rounds}" in canvas.text
            assert column is not glyphs.ASCII or canvas.text.isascii()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_names_from_files_are_shown_literally_and_break_no_row(size: tuple[int, int]) -> None:
    for view in {v.moment: v for v in moments(small(data={"hospitals": 8}), 1)}.values():
        for chosen in range(8):
            shot = Shot(named(view, NASTY), chosen=chosen, plots_ready=False)
            canvas = scene(shot, *size)
            for y in range(size[1]):
                assert sum(width(text) for text, _ in canvas.runs(y)) == size[0]
            assert "\x1b" not in canvas.text
            assert "\u202e" not in canvas.text


def test_markup_in_a_name_is_text() -> None:
    view = named(at(small(data={"hospitals": 3}), "ModelSent"), ["[bold]St. M"])
    assert "[bold]St. M" in scene(Shot(view, plots_ready=False), 120, 40).text


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_each_phase_is_marked_on_the_rail_with_its_number(size: tuple[int, int]) -> None:
    for number, moment in enumerate(
        [
            "ModelSent",
            "EpochTrained",
            "UpdatesProtected",
            "UpdatesSent",
            "Aggregated",
            "RoundFinished",
        ],
        1,
    ):
        view = at(small(), moment)
        text = scene(Shot(view), *size).text
        assert f"[ {str(view.phase).upper()} ]" in text
        assert f"step {number} of 6" in text


@pytest.mark.parametrize(
    ("moment", "scenario", "glyph", "word"),
    [
        ("ModelSent", small(), "model", "model"),
        ("UpdatesSent", small(), "update", "update"),
        ("UpdatesSent", small(masking={}), "masked", "masked"),
        ("UpdatesSent", small(compression={"bits": 4}), "small", "4 bits"),
        ("KeysAdvertised", small(masking={}), "key", "keys"),
        ("SharesSent", small(masking={}), "key", "shares"),
        ("SurvivorsAnnounced", small(masking={}), "key", "who came"),
    ],
)
def test_what_travels_has_a_shape_and_a_word(
    moment: str, scenario: Scenario, glyph: str, word: str
) -> None:
    canvas = scene(Shot(at(scenario, moment), motion=0.5), 80, 24)
    mark = glyphs.UNICODE[glyph]
    assert f"{mark} {word}" in canvas.text
    assert canvas.text.count(mark) >= 1 + 4  # the word's own, and one on each link


def test_packets_move_from_the_server_down_and_from_the_hospitals_up() -> None:
    def rows(moment: str, glyph: str, motion: float) -> list[int]:
        shot = Shot(at(small(), moment), motion=motion, plots_ready=False)
        lines = scene(shot, 120, 40).text.split("\n")
        return [y for y, line in enumerate(lines) if glyphs.UNICODE[glyph] in line[:76]]

    sent = [min(rows("ModelSent", "model", motion)) for motion in (0, 0.5, 1)]
    assert sent == sorted(sent)
    assert sent[0] < sent[-1]
    returned = [min(rows("UpdatesSent", "update", motion)) for motion in (0, 0.4, 0.8, 1)]
    assert returned == sorted(returned, reverse=True)
    assert returned[0] > returned[-1]


def test_updates_arrive_one_after_the_other() -> None:
    def arrived(motion: float) -> int:
        return scene(Shot(at(small(), "UpdatesSent"), motion=motion), 80, 24).text.count("✓")

    counts = [arrived(step / 20) for step in range(21)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 4)
    assert set(counts) == {0, 1, 2, 3, 4}


def test_a_hospital_that_is_not_drawn_says_so() -> None:
    view = at(small(training={"participation": 0.5}), "ModelSent")
    assert scene(Shot(view), 80, 24).text.count("not taking part") == 2


def test_what_the_server_can_read_changes_with_masks() -> None:
    assert "every single update" in scene(Shot(at(small(), "ModelSent")), 120, 40).text
    masked = scene(Shot(at(small(masking={}), "UpdatesSent")), 120, 40).text
    assert "the sum of 4, no single" in masked


def test_masks_stand_on_the_cards_once_they_are_agreed() -> None:
    before = scene(Shot(at(small(masking={}), "KeysAdvertised")), 120, 40).text
    assert "3 pairs" not in before
    assert "nothing yet" in before
    after = scene(Shot(at(small(masking={}), "KeysForwarded")), 120, 40).text
    assert after.count("3 pairs") == 4
    assert "the sum of 4, no single" in after


def test_counts_stand_beside_percentages() -> None:
    view = at(small(), "RoundFinished")
    text = scene(Shot(view), 80, 24).text
    assert f"right for {view.points[-1].correct} of {view.held_out}" in text
    assert f"1 patient = {100 / view.held_out:.1f} %" in text
    for hospital in range(4):
        assert f"{view.hospitals.alone[hospital]}/{view.hospitals.held_out[hospital]}" in text


def test_the_plot_names_what_it_compares_with() -> None:
    view = at(small(), "RoundFinished", round=2)
    before = at(small(privacy={}), "RoundFinished", round=2).points
    shot = Shot(view, before=before, before_name="before, with privacy")
    for size in ((80, 24), (120, 40)):
        text = scene(shot, *size).text
        for name in ("all data in one place", "each one alone", "together", "before, with privacy"):
            assert name in text


def test_bytes_are_told_apart() -> None:
    view = at(PROTECTED, "RoundFinished")
    text = scene(Shot(view), 120, 40).text
    for label, size in (
        ("models down", view.downlink),
        ("updates up", view.uplink),
        ("keys", view.overhead),
    ):
        assert any(label in line and f"{size:,}" in line for line in text.split("\n"))
    assert f"{view.downlink + view.uplink + view.overhead:,}" in text
    turned = scene(Shot(view, plot="bytes"), 80, 24).text
    assert "Bytes in each round" in turned
    assert f"{view.overhead:,}" in turned


def test_privacy_shows_what_is_used_of_the_budget_and_of_whom() -> None:
    view = at(small(privacy={"epsilon": 8.0}), "RoundFinished")
    text = scene(Shot(view), 120, 40).text
    assert view.epsilon is not None
    assert f"used {words.budget(view.epsilon)} of 8" in text
    assert "privacy ε 8, one patient" in text
    assert "hide one patient" in text
    assert re.search(r'best guess "was she in\?" \d\d %', text)
    assert "noise by the hospitals, δ 1e-05" in text


def test_too_small_a_window_is_asked_to_grow_and_nothing_else() -> None:
    for size in ((59, 24), (80, 17), (30, 5), (1, 1)):
        canvas = scene(Shot(start(small())), *size)
        assert "SERVER" not in canvas.text
        assert (canvas.width, canvas.height) == size
    assert "60×18" in scene(Shot(start(small())), 50, 10).text


def test_a_notice_takes_the_place_of_the_sentence() -> None:
    view = at(small(), "ModelSent")
    text = scene(Shot(view, notice="masking: no."), 80, 24).text
    assert "masking: no." in text
    assert words.right_now(view)[0] not in text


@pytest.mark.parametrize("scenario", [small(), small(privacy={}), small(privacy={"epsilon": 0.5})])
@pytest.mark.parametrize("size", SIZES[1:], ids=str)
def test_the_percentages_beside_the_plot_are_evenly_apart(
    scenario: Scenario, size: tuple[int, int]
) -> None:
    for view in moments(scenario):
        if view.moment != "RoundFinished":
            continue
        lines = scene(Shot(view), *size).text.split("\n")
        ticks = {y: int(found[1]) for y, line in enumerate(lines)
                 if (found := re.match(r"\W*(\d+)%", line))}  # fmt: skip
        rows, values = list(ticks), list(ticks.values())
        assert len(ticks) >= 2
        assert len({b - a for a, b in pairwise(rows)}) == 1
        assert len({a - b for a, b in pairwise(values)}) == 1
        assert values[0] <= 100


@pytest.mark.parametrize("size", [(39, 5), (39, 7), (39, 9), (39, 30), (78, 5)], ids=str)
@pytest.mark.parametrize("notice", ["", "Short.", "A long one. " * 40])
def test_sentences_keep_inside_their_frame(size: tuple[int, int], notice: str) -> None:
    view = replace(at(small(), "RunStarted", 0), notes=("A note that is long. " * 9,) * 5)
    rows = panels.now(Shot(view, notice=notice), *size).text.split("\n")
    assert (rows[0][0], rows[0][-1], rows[-1][0], rows[-1][-1]) == ("╭", "╮", "╰", "╯")
    assert all(row[0] == row[-1] == "│" for row in rows[1:-1])
    assert set(rows[-1][1:-1]) == {"─"}


@pytest.mark.parametrize("height", range(6, 14))
def test_switches_and_what_they_do_keep_inside_their_frame(height: int) -> None:
    rows = panels.protection(Shot(at(PROTECTED, "ModelSent")), 39, height).text.split("\n")
    assert all(row[0] == row[-1] == "│" for row in rows[1:-1])
    assert rows[-1] == "╰" + "─" * 37 + "╯"
    assert [name for name in words.SWITCH_NAMES.values() if f"● {name}" in "".join(rows)] == [
        "FedProx", "Privacy", "Masks", "Compress"
    ]  # fmt: skip
