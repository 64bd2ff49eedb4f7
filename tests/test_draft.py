from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Scenario, ScenarioError
from engine.knobs import Knob
from engine.settings import CHANGEABLE, SECTIONS, SWITCHES
from fedtui import ladder, words
from fedtui.draft import Draft, keys_in
from fedtui.scenarios import NAMES, load
from fedtui.written import as_text

KEYS = [f"{name}.{key}" for name, section in SECTIONS.items() for key in section.knobs()]
SWITCH_NAMES = [switch.section for switch in SWITCHES]


def draft(**settings: Any) -> Draft:
    return Draft.of(Scenario.from_dict(settings))


def knob_of(key: str) -> tuple[Knob, type]:
    section, _, name = key.partition(".")
    return SECTIONS[section].knobs()[name], SECTIONS[section].kinds()[name]


@st.composite
def settings(draw: st.DrawFn) -> tuple[str, Any]:
    """A key and a value it may have by itself."""
    key = draw(st.sampled_from(KEYS))
    knob, kind = knob_of(key)
    if kind is bool:
        return key, draw(st.booleans())
    if knob.choices:
        return key, draw(st.sampled_from(knob.choices))
    if kind is int:
        return key, draw(st.integers(int(knob.low), int(knob.high)))
    if kind is float:
        low, high = max(knob.low, knob.above), min(knob.high, knob.below)
        numbers = st.floats(
            low, high, exclude_min=knob.above == low, exclude_max=knob.below == high
        )
        return key, draw(numbers)
    text = st.text(max_size=30)
    return key, draw(st.lists(text, max_size=4).map(tuple) if kind is tuple else text)


def test_every_knob_of_the_engine_is_a_field_once() -> None:
    fields = [f.key for section in SECTIONS for f in draft().fields(section)]
    assert fields == KEYS


def test_names_given_in_plain_words_belong_to_settings_that_exist() -> None:
    assert set(words.SETTING_NAMES) <= {*KEYS, "seed"}
    assert set(words.SECTION_NAMES) - {"scenario"} <= set(SECTIONS)


@given(settings())
def test_a_value_as_text_reads_back_as_the_same_value(setting: tuple[str, Any]) -> None:
    key, value = setting
    held = draft().with_value(key, value)
    text = held.field(key).text
    other = draft().with_value("training.rounds", 7)
    assert other.with_text(key, text).field(key).value == held.field(key).value == value


@given(settings(), st.sampled_from([1, -1]), st.integers(1, 40))
def test_steps_stay_in_range_and_go_one_way(setting: tuple[str, Any], way: int, count: int) -> None:
    key, value = setting
    knob, kind = knob_of(key)
    for _ in range(count):
        new = ladder.step(value, knob, kind, way)
        assert knob.check(key, new, kind) == new
        if kind in (int, float):
            assert new >= value if way > 0 else new <= value
        value = new


@pytest.mark.parametrize("key", KEYS)
def test_steps_reach_the_ends_of_a_small_range_and_come_back(key: str) -> None:
    knob, kind = knob_of(key)
    if kind is not int or knob.high > 100:
        return
    value = int(knob.low)
    for _ in range(100):
        value = ladder.step(value, knob, kind, 1)
    assert value == knob.high


@pytest.mark.parametrize(
    ("key", "value", "after", "before"),
    [
        ("training.learning_rate", 0.1, 0.2, 0.05),
        ("training.learning_rate", 0.3, 0.5, 0.2),
        ("training.participation", 1.0, 1.0, 0.9),
        ("training.participation", 0.25, 0.3, 0.2),
        ("training.participation", 0.1, 0.2, 0.05),
        ("data.hospitals", 4, 5, 3),
        ("data.hospitals", 1, 2, 1),
        ("data.hospitals", 20, 25, 19),
        ("data.hospitals", 100, 150, 95),
        ("fedprox.mu", 0.0, 0.01, 0.0),
        ("fedprox.mu", 0.01, 0.02, 0.0),
        ("faults.dropout", 0.9, 0.9, 0.8),
        ("privacy.delta", 1e-5, 2e-5, 5e-6),
        ("privacy.epsilon", 4.0, 5.0, 2.0),
        ("privacy.epsilon", 1e4, math.inf, 5e3),
        ("privacy.epsilon", math.inf, math.inf, 1e4),
        ("compression.bits", 16, 16, 15),
        ("compression.error_feedback", False, True, True),
        ("training.weighting", "patients", "equal", "equal"),
        ("privacy.unit", "hospital", "patient", "patient"),
        ("data.keep", ("a",), ("a",), ("a",)),
    ],
)
def test_a_step_goes_to_the_next_sensible_value(
    key: str, value: Any, after: Any, before: Any
) -> None:
    knob, kind = knob_of(key)
    assert ladder.step(value, knob, kind, 1) == after
    assert ladder.step(value, knob, kind, -1) == before


@given(settings())
def test_reset_gives_the_default_and_leaves_nothing_set(setting: tuple[str, Any]) -> None:
    key, value = setting
    before = draft()
    after = before.with_value(key, value).reset(key)
    assert after.field(key).value == before.field(key).value == before.field(key).default
    assert not after.field(key).was_set


@given(st.lists(settings(), max_size=6), st.lists(st.sampled_from(SWITCH_NAMES), max_size=3))
def test_a_draft_runs_or_says_in_one_sentence_why_not_and_names_where(
    changes: list[tuple[str, Any]], flips: list[str]
) -> None:
    held = draft()
    for key, value in changes:
        if key == "data.hospitals":
            value = value % 300 + 1
        held = held.with_value(key, value)
    for section in flips:
        held = held.with_section(section, not held.on(section))
    if held.problem:
        assert held.problem_keys
        assert set(held.problem_keys) <= {*KEYS, *SECTIONS}
        with pytest.raises(ScenarioError) as told:
            held.scenario()
        assert str(told.value) == held.problem
    else:
        given = held.scenario().given
        assert all(given[key] == held.given[key] for key in held.given), "put right by itself"


@pytest.mark.parametrize("key", KEYS)
def test_words_not_built_yet_are_shown_and_refused_by_name(key: str) -> None:
    knob, _ = knob_of(key)
    for word in knob.later:
        assert f"not built yet: {', '.join(knob.later)}" in draft().field(key).range
        with pytest.raises(ScenarioError, match=rf"^{key}: '{word}' is not built yet; choose "):
            draft().with_text(key, word)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("training.rounds", "many"),
        ("training.rounds", "0"),
        ("training.rounds", "9" * 5000),
        ("training.learning_rate", "nan"),
        ("training.weighting", "votes"),
        ("compression.error_feedback", "perhaps"),
        ("seed", "-1"),
        ("seed", "1.5"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_key(key: str, text: str) -> None:
    with pytest.raises(ScenarioError, match=rf"^{key}: "):
        draft().with_text(key, text)


@pytest.mark.parametrize(
    ("given", "marked"),
    [
        ({"data": {"hospitals": 1}, "masking": {}}, "masking"),
        ({"data": {"hospitals": 400}, "masking": {}}, "training.participation"),
        ({"fedprox": {"mu": 30.0}}, "fedprox.mu"),
        ({"compression": {"codec": "qsgd", "bits": 1}}, "compression.bits"),
        ({"faults": {"drops": ["3:Z"]}}, "faults.drops"),
        ({"training": {"rounds": 3}, "change": [{"round": 5, "set": {}}]}, "training.rounds"),
    ],
)
def test_an_impossible_mix_is_kept_and_told_where_it_arises(
    given: dict[str, Any], marked: str
) -> None:
    held = Draft(Scenario.from_dict({}), None, given)
    assert marked in held.problem_keys
    assert held.given == given
    assert held.changed


def test_a_switch_turned_off_and_on_again_keeps_its_settings() -> None:
    held = draft().with_text("fedprox.mu", "0.7")
    assert held.on("fedprox")
    off = held.with_section("fedprox", False)
    assert off.scenario() == draft().scenario()
    assert off.field("fedprox.mu").value == 0.7
    assert off.reset("fedprox.mu").on("fedprox") is False
    assert off.with_section("fedprox", True).scenario() == held.scenario()


def test_another_source_starts_afresh_and_the_way_back_restores_everything() -> None:
    held = Draft.of(load("cells"))
    other = held.step("data.source", 1)
    assert other.field("data.source").value == "heart-disease"
    assert not other.field("data.keep").was_set
    assert other.step("data.source", -1).scenario() == held.scenario()


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_replaces_everything(name: str) -> None:
    held = draft(privacy={}).with_preset(name)
    assert held.scenario() == load(name)
    assert held.preset == name


def test_in_a_branch_only_what_may_change_in_the_middle_of_a_run_changes() -> None:
    held = Draft.of(load("cells"), CHANGEABLE)
    for key in (*KEYS, "seed"):
        free = key.partition(".")[0] in CHANGEABLE and key != "training.rounds"
        assert bool(held.field(key).locked) is not free
        if not free:
            for change in (held.reset, lambda k: held.step(k, 1)):
                with pytest.raises(ScenarioError, match="A branch goes on"):
                    change(key)
    with pytest.raises(ScenarioError, match="A branch goes on"):
        held.with_preset("network")


def test_nothing_changed_gives_what_it_started_from() -> None:
    held = Draft.of(load("network"))
    assert not held.changed
    assert held.scenario() == load("network")
    there = held.step("data.hospitals", 1)
    assert there.changed
    assert held.differences(there) == ("data.hospitals",)
    assert not there.with_value("data.hospitals", 100).changed


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_loses_no_digit(value: float) -> None:
    assert float(as_text(value)) == value
    assert not math.isnan(float(as_text(value)))


def test_a_sentence_about_no_setting_names_none() -> None:
    assert keys_in("") == ()
    assert keys_in("See example.org: nothing here.") == ()
