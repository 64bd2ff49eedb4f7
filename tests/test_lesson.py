"""Laws of lesson 0, and the lesson played from the keyboard, on a bench and in a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from engine import Scenario
from fedtui import lesson, scenarios, words
from fedtui.lab.cells import width
from fedtui.lesson import STEPS, Facts, Progress
from fedtui.points import Points
from fedtui.tour import Tour
from fedtui.view import View
from tests.lab import Bench, lab
from tests.test_player import drive, ready
from tests.tmux import HAS_TMUX, Tmux

_ROOM = 76  # cells of a line at 80 columns


def cells() -> Scenario:
    return scenarios.load("cells")


def shown() -> View:
    player = ready(cells())
    player.to_end()
    return drive(player).view


def progresses() -> Iterator[Progress]:
    """Every step, with every prediction, after every kind of outcome."""
    who, price = (next(s.choices for s in STEPS if s.name == n) for n in ("who", "price"))
    some = 0, 20, 158, 160
    for step, said, cost, privacy, noise in product(STEPS, who, price, some, some):
        told = {"rounds": 158, "privacy": privacy, "noise": noise, "masks": 158}
        yield Progress(step.name, {"who": said, "price": cost}, told)


def test_every_line_fits_80_columns() -> None:
    view = shown()
    for sentence in (words.ANSWER_FIRST, words.ONE_ROUND_FIRST, words.OTHER_LUCK):
        assert width(sentence) <= _ROOM
    for progress in progresses():
        for line in words.lesson(progress.step, progress.answers, progress.told, view):
            assert width(line) <= _ROOM, line


def test_every_step_is_done_by_the_run_or_by_a_prediction_and_by_nothing_else() -> None:
    view = ready(cells()).view
    for step in STEPS:
        assert lesson.advance(Progress(step.name), Facts(view)).step == step.name
        moved = [
            d for d in range(-1, 6) if lesson.answer(Progress(step.name), d, Facts(view)).answers
        ]
        assert moved == list(range(1, len(step.choices) + 1))


def test_an_unknown_step_of_another_version_begins_anew() -> None:
    assert lesson.step(Progress("quiz")).name == "start"


@pytest.mark.parametrize(("said", "truth"), [("together", "Yes: "), ("alone", "You said alone: ")])
def test_a_prediction_is_told_beside_what_came(said: str, truth: str) -> None:
    lines = words.lesson("price", {"who": said}, {"rounds": 158}, shown())
    assert lines[0].startswith(truth)
    assert "together 158 of 172, alone 153; 3 of 4 hospitals gained" in lines[0]


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        (0, "Yes: right for 158, not fewer than the 158 before."),
        (-2, "Yes: right for 160, not fewer"),
        (31, "Yes: right for 127, before 158: 31 fewer, 18 in 100."),
    ],
)
def test_a_difference_is_told_before_its_cause_is_known(cost: int, told: str) -> None:
    line = words.lesson("noise", {}, {"rounds": 158, "privacy": 158 - cost}, shown())[0]
    assert line.startswith(told)


@pytest.mark.parametrize(
    ("silent", "told"),
    [
        (153, "So cut and chance batches took 5, the noise took none."),
        (158, "So cut and chance batches took none, the noise took 5."),
        (151, "So cut and chance batches took 7, the noise gave 2."),
    ],
)
def test_only_what_goes_without_noise_is_called_the_noises(silent: int, told: str) -> None:
    """On `cells`, whose 5 right answers fewer are all of the cut, the noise is not to blame."""
    at_ends = {"rounds": 158, "privacy": 153, "noise": silent}
    what_took_it, luck, _ = words.lesson("masks", {}, at_ends, shown())
    assert what_took_it == f"Without noise {silent}. {told}"
    assert luck.startswith("Mostly luck: over 20 seeds")


def test_runs_of_other_luck_are_not_compared() -> None:
    told = {"rounds": 158, lesson.SEED: 88}
    assert lesson.comparable(Progress("privacy", {}, told), shown())
    assert not lesson.comparable(Progress("privacy", {}, told), replace(shown(), seed=89))
    assert lesson.comparable(Progress("start"), replace(shown(), seed=89))


def finished(*correct: int) -> View:
    """A masked run whose curve is this one."""
    view = shown()
    points = Points()
    for round, right in enumerate(correct, start=1):
        points = points.and_then(replace(view.points[0], round=round, correct=right))
    return replace(view, rounds=len(correct), points=points, switches={"masking": {}})


@pytest.mark.parametrize(
    ("masked", "told"),
    [
        ((140, 150, 158), "The curve did not move: 158 again."),
        ((140, 147, 158), "The curve moved by 3 patients at most."),  # though it ends where it did
        ((140, 150, 157), "The curve moved by 1 patient at most."),
    ],
)
def test_whether_masks_moved_the_curve_is_judged_by_all_of_it(
    masked: tuple[int, ...], told: str
) -> None:
    plain = replace(finished(140, 150, 158), switches={})
    progress = lesson.advance(Progress("rounds"), Facts(plain))
    progress = lesson.advance(replace(progress, step="masks"), Facts(finished(*masked)))
    assert progress.step == "attack"
    view = finished(*masked)
    assert words.lesson("attack", {}, progress.told, view)[0].startswith(told)


async def _expect(at: Bench, step: str) -> str:
    await at.settle(30)
    assert at.app.tour.progress.step == step, at.text
    return at.text


async def test_the_lesson_from_beginning_to_end_right_way_and_wrong_way() -> None:
    async with lab(cells()) as at:
        at.app.action_lesson()
        await at.settle()
        assert "4 hospitals, one model, no patient leaves." in at.text
        await _expect(at, "start")
        assert words.ONE_ROUND_FIRST in await at.press(
            "g"
        )  # that would tell what is to be foretold
        await at.press("m", "u", "right")  # not what it asks, and on the way anyway
        await _expect(at, "watch")
        assert words.ONE_ROUND_FIRST in await at.press("g")
        await at.press("]")
        text = await _expect(at, "who")
        assert "1 each one alone  2 together  3 the same" in text
        for key in ("space", "right", "right_square_bracket", "g", "p"):
            assert words.ANSWER_FIRST in await at.press(key)
        await at.pilot.press("7", "2")  # no such answer; then one, and the run goes on
        assert at.app.player.playing
        await at.press("g")
        assert "Yes: together 158 of 172, alone 153" in await _expect(at, "price")
        assert words.ANSWER_FIRST in await at.press("p")
        await at.press("1")
        await at.press("m", "m")  # the wrong switch
        await _expect(at, "privacy")
        await at.press("R")
        assert words.OTHER_LUCK in at.text
        await at.press("u", "p")
        text = await _expect(at, "noise")
        assert "You said none: right for 153, before 158: 5 fewer, 3 in 100." in text
        await at.press("colon")
        await at.pilot.press(*"noise")
        await at.pilot.pause(0.3)
        await at.press("enter")
        text = await _expect(at, "masks")
        assert "Without noise 153. So cut and chance batches took 5, the noise took none." in text
        await at.press("p", "m")
        assert "The curve did not move: 158 again." in await _expect(at, "attack")
        await at.press("a", "escape")
        await _expect(at, "attack")  # masked: nothing was read
        await at.press("m", "a")
        assert "Her record can be read" in at.text
        await at.press("escape")
        await _expect(at, "shield")
        await at.press("m", "a")
        assert "was not read" in at.text
        await at.press("escape")
        assert "Under masks it read noise." in await _expect(at, "end")


async def test_the_lesson_can_be_left_and_found_again() -> None:
    async with lab(cells()) as at:
        at.app.tour = Tour(open=True)
        at.app._show()
        assert words.LESSON_LEFT in await at.press("escape")
        text = await at.press("escape")
        assert "Press Space." not in text
        assert "the first five minutes" in await at.press("5")
        assert "Press Space." in await at.press("enter")


@pytest.mark.skipif(
    not HAS_TMUX, reason="tmux is not installed; it shows a terminal's whole screen"
)
def test_the_first_start_opens_the_lesson_and_it_is_played_in_a_terminal(tmp_path: object) -> None:
    with Tmux(80, 24, env={"FEDTUI_STATE": f"{tmp_path}/state"}) as screen:

        def until(*parts: str) -> None:
            for part in parts:
                screen.wait_for(re.escape(part), timeout=60)

        def masked(yes: bool) -> None:
            screen.wait_until(lambda text: ("masks" in text.split("\n")[0]) is yes, 20, "masks")

        screen.enter(f"{sys.executable} -m fedtui")
        until("no patient leaves.", "Press Space.")
        screen.press("Space")
        until("One round, slowly", "who is better?")
        screen.press("3")
        until("You said: the same.", "▶")
        screen.press("g")
        until("You said the same: together 158 of 172", "3 ten or more")
        screen.press("3")
        until("Press p")
        screen.press("p")
        until("You said ten or more: right for 153, before 158: 5 fewer", "Press : and type noise")
        screen.press(":")
        until(words.SEARCH)
        screen.press(*"noise")
        until("The same run without privacy's noise")
        screen.press("Enter")
        until("Without noise 153.", "over 20 seeds")
        screen.press("p")
        until("Privacy ○")
        screen.press("m")
        until("The curve did not move: 158 again.")
        screen.press("m")
        masked(False)
        screen.press("a")
        until("Her record can be read")
        screen.press("Escape")
        until("her whole record was read")
        screen.press("m")
        masked(True)
        screen.press("a")
        until("was not read")
        screen.press("Escape")
        until("Under masks it read noise.", "Esc ends this.")
        screen.press("q")
