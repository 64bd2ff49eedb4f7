"""Laws of what a screen says of privacy: whose ε, from whom it hides, and nothing where none holds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine import Scenario
from engine.events import Preparing
from engine.knobs import Knob
from engine.privacy import accountant
from fedtui import ladder, promise, report, words
from fedtui.goals import rests
from fedtui.lab.scene import scene
from fedtui.lab.shot import Shot
from fedtui.pages import compare, equation, readers
from fedtui.pages import words as say
from fedtui.pages.blocks import plain
from fedtui.pages.compare import BranchFacts
from fedtui.promise import Kind
from fedtui.scenarios import load
from fedtui.view import View
from tests.builders import small
from tests.lab import lab
from tests.test_pages import KINDS, ends, lines_of, views
from tests.test_player import drive, ready

UNIT_OF = {"patient": "patient", "central": "hospital", "local": "hospital"}
AN_EPSILON = re.compile(r"ε ?\d")
PROMISES = re.compile(r"ε ?\d|used \d|right in \d|\d of 4\b")


def changing(first: dict[str, Any], *changes: tuple[int, dict[str, Any]]) -> Scenario:
    later = [{"round": round, "set": settings} for round, settings in changes]
    return Scenario.from_dict({**small(**first).given, "change": later})


@cache
def of(name: str) -> tuple[View, ...]:
    return tuple(v for v in views(name) if v.ready and v.privacy)


def page(content: Any) -> str:
    return plain(lines_of(content, 120))


def told(view: View) -> Iterator[str]:
    """Every short text in which an ε may stand by itself."""
    yield from words.right_now(view)
    yield from words.badges(view).values()
    yield from words.short_badges(view).values()
    yield words.branch_name(view)
    yield words.plot_title(view, "privacy")
    yield say.used(view)


@pytest.mark.parametrize("name", UNIT_OF)
def test_the_unit_is_named_wherever_an_epsilon_is_told(name: str) -> None:
    numbers = 0
    for view in of(name):
        for text in told(view):
            if AN_EPSILON.search(text):
                numbers += 1
                assert re.search(r"patient|hospital|local", text), text
        assert UNIT_OF[name] in words.switch_means(view, "privacy")
        assert f"one {UNIT_OF[name]}" in words.plot_title(view, "privacy")
        assert re.search(rf"ε used, for one {UNIT_OF[name]} ", page(equation.content(view)))
    assert numbers > 10


@pytest.mark.parametrize("name", UNIT_OF)
def test_who_adds_the_noise_is_told_beside_what_it_comes_to(name: str) -> None:
    by = {"patient": "by the hospitals", "central": "by the server", "local": "by each, local"}
    assert f"noise {by[name]}, δ 1e-05" in scene(Shot(of(name)[-1]), 120, 40).text


def test_local_noise_is_labelled_and_no_other_is() -> None:
    for name in UNIT_OF:
        view = of(name)[-1]
        for text in (
            *words.badges(view).values(),
            *words.short_badges(view).values(),
            words.plot_title(view, "privacy"),
        ):
            assert ("local" in text) == (name == "local"), text
        for content in (equation.content(view), readers.content(view)):
            assert ("(local)" in page(content)) == (name == "local")


@pytest.mark.parametrize("name", ["noiseless", "late"])
def test_nothing_is_promised_where_no_epsilon_holds(name: str) -> None:
    seen = late() if name == "late" else of("noiseless")
    for view in seen:
        texts = [*words.privacy_lines(view, "▓"), words.privacy_used(view), *words.right_now(view)]
        if name == "noiseless":
            texts += [*told(view), *words.badges(view).values()]
            assert "noise" in words.badges(view)["privacy"]
        for text in texts:
            notes = view.notes if view.moment in ("RunStarted", "SettingsChanged") else ()
            assert text in notes or not PROMISES.search(text), text
        shown = page(equation.content(view))
        assert "best guess" not in shown
        assert (say.NO_EPSILON if name == "noiseless" else say.BARE_PAST)[:40] in shown


@cache
def late() -> tuple[View, ...]:
    """Privacy that begins after rounds without noise."""
    from tests.test_pages import simulate_views

    scenario = changing({}, (2, {"privacy.epsilon": 4.0}))
    return tuple(v for v in simulate_views(scenario) if v.privacy)


def test_noise_that_is_infinitely_small_leaves_everything_readable() -> None:
    view = of("noiseless")[-1]
    assert not promise.noised(view)
    assert not any(words.carries_noise(v) for v in of("noiseless"))
    assert words.readers(view) == words.readers(ends("lossy")[0])


@pytest.mark.parametrize("name", UNIT_OF)
def test_no_guess_is_better_than_epsilon_promises(name: str) -> None:
    for view in of(name):
        if view.moment == "RoundFinished":
            assert 0.5 < promise.best_guess(view) <= promise.ceiling(view) < 1
            assert promise.best_guess(view) <= view.privacy["best_guess"] + 1e-9
            cost, delta = promise.naive(view)
            assert cost >= view.epsilon * (1 - 1e-9)
            assert delta >= view.privacy["delta"]


def test_what_is_told_is_of_the_hospital_that_spent_most() -> None:
    scenario = load("clinics").replace({"privacy": True, "training.rounds": 4})
    *_, view = (v for v in _moments(scenario) if v.moment == "RoundFinished")
    spent = view.hospitals.epsilon
    assert view.epsilon == spent.max()
    assert promise.worst(view) == spent.argmax()
    exact = accountant.epsilon(promise.releases(view), 1e-5)  # plans round sizes up, never down
    assert exact <= view.epsilon < exact * 1.1


def _moments(scenario: Scenario) -> Iterator[View]:
    from tests.test_pages import simulate_views

    yield from simulate_views(scenario)


def test_another_unit_in_the_middle_shows_its_own_epsilon_at_once() -> None:
    """A round hidden at hospital level by the server is worth half to one patient."""
    scenario = changing(
        {"privacy": {"unit": "hospital"}}, (3, {"privacy.unit": "patient", "privacy.epsilon": 9.0})
    )
    seen = [v for v in _moments(scenario) if v.round <= 3]
    before = [v.epsilon for v in seen if v.moment == "RoundFinished"][1]
    (changed,) = [v for v in seen if v.moment == "SettingsChanged"]
    assert changed.epsilon == pytest.approx(
        accountant.epsilon(promise.releases(changed), changed.privacy["delta"]), rel=1e-3
    )
    assert changed.epsilon > before
    assert np.all(changed.hospitals.epsilon == changed.epsilon)


def test_a_change_says_first_what_it_does_to_the_promise() -> None:
    for first, change, said in (
        ({}, {"privacy.epsilon": 4.0}, "no finite ε holds"),
        ({"privacy": {}}, {"privacy": False}, "no finite ε holds"),
        ({"privacy": {}}, {"privacy.epsilon": "inf"}, "no finite ε holds"),
        ({"privacy": {}}, {"privacy.epsilon": 8.0}, "budgets fixed in advance"),
    ):
        seen = (v for v in _moments(changing(first, (2, change))))
        view = next(v for v in seen if v.moment == "SettingsChanged")
        assert said in words.right_now(view)[1], words.right_now(view)


def test_kinds_of_epsilon_are_told_apart_where_branches_stand_side_by_side() -> None:
    def facts(*names: str) -> list[BranchFacts]:
        return [BranchFacts(name, of(name)[-1], n == 0, 0, 2) for n, name in enumerate(names)]

    one_kind, two_kinds = (facts("patient", other) for other in ("noiseless", "local"))
    assert say.KINDS_OF_EPSILON not in _flat(compare.content(one_kind))
    mixed = _flat(compare.content(two_kinds))
    assert say.KINDS_OF_EPSILON in mixed
    assert re.search(r"\d patient .*\d local ", mixed)


def _flat(content: Any) -> str:
    return " ".join(page(content).split())


EVERY_KIND: list[dict[str, Any]] = [
    {"privacy.unit": "hospital"},
    {"privacy.unit": "hospital", "privacy.noise_by": "hospital"},
    {"privacy.epsilon": math.inf},
    {"privacy.epsilon": 1.0, "training.batch_size": 0},
]


@pytest.mark.parametrize("settings", EVERY_KIND, ids=str)
def test_the_sentences_of_every_kind_fit_one_line(settings: dict[str, Any]) -> None:
    scenario = load("cells").replace({**settings, "training.rounds": 5})
    for view in _moments(scenario):
        if rests(view):
            assert [text for text in words.right_now(view, 1)[:2] if len(text) > 78] == []


@pytest.mark.parametrize("name", KINDS)
def test_noise_is_seen_on_updates_where_the_hospitals_add_it(name: str) -> None:
    sent = next(v for v in of(name) if v.moment == "UpdatesSent")
    shown = scene(Shot(sent, motion=0.5), 120, 40).text
    assert ("▒ noised" in shown) == (name in ("patient", "local"))
    assert ("noise    z" in shown) == (name in ("patient", "local"))
    assert ("clipped" in shown or "cut " in shown) is True


def test_the_formula_stands_there_with_todays_numbers() -> None:
    view = [v for v in of("patient") if v.moment == "RoundFinished"][-1]
    shown, plan = page(equation.content(view, 1)), view.privacy
    assert say.STEP_OF_PATIENTS in shown
    q, z = plan["sampling_rate"][1], plan["noise_multiplier"][1]
    steps = int(plan["steps"][1])
    assert f"{q:.4f}" in shown
    assert f"{steps:,}; {steps * len(view.points):,}" in shown
    n = int(view.hospitals.patients[1])
    for value in (z, z * plan["clip_norm"] / (q * n), plan["clip_norm"]):
        assert words.number(float(value)) in shown
    assert say.OUTSIDE_EPSILON[:50] in shown


def test_a_report_names_whose_epsilon_it_lists() -> None:
    from engine import run

    for name, settings in KINDS.items():
        table = report.table(run(small(privacy=settings, training={"rounds": 2})))
        head = table.split("\n")[0]
        assert ("one hospital" if "unit" in settings else "one patient") in head
        assert ("local" in head) == (name == "local")
        assert ("none holds" in table) == (name == "noiseless")


def test_infinity_comes_after_the_largest_number_and_leads_back() -> None:
    knob = Knob("", low=1e-3, high=1e4, inf=True)
    assert ladder.step(1e4, knob, float, 1) == math.inf
    assert ladder.step(math.inf, knob, float, 1) == math.inf
    assert ladder.step(math.inf, knob, float, -1) == 1e4
    assert ladder.step(1e4, Knob("", high=1e4), float, 1) == 1e4


def test_privacy_without_its_noise_is_a_branch_and_no_setting_that_p_brings_back() -> None:
    player = ready(small(privacy={"epsilon": 2.0}))
    player.without_noise()
    drive(player)
    assert words.endless(player.branch.last.switches["privacy"])
    assert words.before_name(player.before.last, player.branch.last) == "before, with noise"
    player.flip("privacy")
    player.flip("privacy")
    assert player.settings.as_dict()["privacy"]["epsilon"] == 4.0


def test_while_noise_is_planned_the_notice_says_so() -> None:
    now = Preparing("planning the noise", 3, 7)
    assert words.meanwhile("Privacy on.", now) == "Privacy on. First: planning the noise, 3 of 7."
    assert words.meanwhile("Privacy on.", None) == "Privacy on."


async def test_the_palettes_action_runs_the_same_without_noise() -> None:
    async with lab(small(training={"rounds": 2})) as at:
        await at.press("p", "]")
        at.app.action_without_noise()
        await at.settle()
        assert "no noise" in at.rows[0] or "without noise" in at.rows[0]
        assert promise.kind(at.app.player.view) is Kind.PATIENT
        assert "u takes it back" in at.text
