"""Scenarios: what is written comes back, what is wrong is refused in a sentence that helps."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Scenario, ScenarioError, codes, knobs
from engine.errors import NotBuiltYet
from engine.knobs import Section
from engine.settings import SECTIONS, SWITCHES, read_setting
from fedtui.scenarios import NAMES, load, source
from tests.builders import finished, small

DEFAULTS = """
name = "my-run"
seed = 42
[data]
source = "synthetic"
hospitals = 5
patients = 200
features = 10
alpha = 0.3
test_fraction = 0.2
scaling = "global"
hospital_col = "hospital"
label_col = "label"
[model]
kind = "logistic"
hidden = 16
l2 = 0.0
init = "zero"
class_weight = "none"
[training]
rounds = 20
local_epochs = 5
local_steps = 0
batch_size = 32
learning_rate = 0.1
participation = 1.0
weighting = "patients"
"""
SWITCHED = """
[fedprox]
mu = 0.1
[privacy]
unit = "patient"
epsilon = 4.0
delta = 1e-5
clip_norm = 1.0
noise_by = "hospital"
[masking]
threshold = 0.6
range = 8.0
[compression]
codec = "quantize"
bits = 8
fraction = 0.1
error_feedback = false
prune = 0.0
[faults]
dropout = 0.0
"""
BARE = "".join(f"[{switch.section}]\n" for switch in SWITCHES)


def test_what_the_design_writes_down_are_the_defaults():
    assert Scenario.from_toml("") == Scenario.from_toml(DEFAULTS)
    assert Scenario.from_toml(BARE) == Scenario.from_toml(DEFAULTS + SWITCHED)


def test_no_switch_is_on_unless_its_section_is_there():
    assert Scenario.from_toml(DEFAULTS).switches == ()
    assert [s.section for s in Scenario.from_toml(BARE).switches] == [s.section for s in SWITCHES]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "seed": st.integers(0, 2**40),
            "name": st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])),
            "training": st.fixed_dictionaries(
                {}, optional={"rounds": st.integers(3, 9), "learning_rate": st.floats(1e-6, 10)}
            ),
            "fedprox": st.fixed_dictionaries({}, optional={"mu": st.floats(0, 0.1)}),
            "masking": st.just({}),
            "compression": st.fixed_dictionaries({}, optional={"bits": st.integers(1, 16)}),
            "data": st.fixed_dictionaries(
                {}, optional={"keep": st.lists(st.text("ab,\"'\\", max_size=4))}
            ),
            "change": st.just([{"round": 2, "set": {"fedprox.mu": 0.5}}]),
        },
    )
)
def test_toml_and_codes_come_back_exactly(given):
    try:
        scenario = Scenario.from_dict(given)
    except ScenarioError:
        return
    for back in (Scenario.from_toml(scenario.to_toml()), Scenario.from_code(scenario.to_code())):
        assert back == scenario
        assert back.to_code() == scenario.to_code()


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[trainin]", "'trainin': .*did you mean 'training'"),
        ("[training]\nround = 3", r"training\.round: .*did you mean 'rounds'"),
        ("[training]\nrounds = 0", r"training\.rounds: 0 is out of range; it must be at least 1"),
        ("[training]\nrounds = 2.5", r"training\.rounds: 2\.5 is not a whole number"),
        ("[training]\nrounds = true", r"training\.rounds: True is not a whole number"),
        ("[training]\nlearning_rate = inf", r"training\.learning_rate: inf is out of range"),
        ("[training]\nlearning_rate = nan", r"training\.learning_rate: nan is out of range"),
        ("[data]\npartition = 'dirichle'", "did you mean 'dirichlet'"),
        ("data = 3", r"write \[data\]"),
        ("seed = -1", "seed: -1"),
        ("seed = 'x'", "seed: 'x'"),
        (
            "[privacy]\nepsilon = 0",
            r"privacy\.epsilon: 0 is out of range; it must be at least 0\.001",
        ),
        ("[privacy]\ndelta = 1.0", r"privacy\.delta: 1 is out of range"),
        ("[fedprox]\nmu = 20.0", r"fedprox\.mu: .*diverges"),
        ("[[change]]\nround = 21\nset = {'fedprox.mu' = 1.0}", "after the last round"),
        ("[[change]]\nround = 2\nset = {'data.hospitals' = 1}", "cannot change in the middle"),
        ("[[change]]\nround = 2\nset = {'fedprox.nu' = 1}", r"fedprox\.nu: .*choose mu"),
        ("[[change]]\nround = 0\nset = {}", "rounds count from 1"),
        ("a = ", "not valid TOML"),
        ("change = 3", r"write each one as \[\[change\]\]"),
        ("[[change]]\nround = 2\nset = 3", "change.set: write"),
        ("[[change]]\nround = 2\nset = {training = 3}", "change.set: write 'training'"),
        ("[[change]]\nround = 2\nset = {'training.rounds' = 9}", "cannot change in the middle"),
        ("[training]\nlearning_rate = 1" + "0" * 400, "inf is out of range"),
        ("[training]\nrounds = 1" + "0" * 400, "a number that large is out of range"),
        ("seed = 1" + "0" * 5000, "is too large"),
        ("x = " + "[" * 2000, "is too large"),
        ('title = "a\\u001b[31mb"', "is not a line of text"),
    ],
)
def test_a_wrong_scenario_gets_one_sentence_with_the_way_out(toml, says):
    with pytest.raises(ScenarioError, match=says) as refusal:
        Scenario.from_toml(toml)
    assert "\n" not in str(refusal.value)


def test_what_comes_later_is_refused_by_name():
    @dataclass(frozen=True)
    class Plans(Section):
        section: ClassVar[str] = "plans"
        kind: str = knobs.knob("now", "", choices=("now",), later=("soon",))

    with pytest.raises(NotBuiltYet, match=r"plans\.kind: 'soon' is not built yet"):
        Plans.build({"kind": "soon"}).refuse_unbuilt()


def test_error_feedback_under_hospital_level_privacy_is_refused_for_its_mathematics():
    with pytest.raises(ScenarioError, match="escapes the clip"):
        Scenario.from_toml("[privacy]\nunit = 'hospital'\n[compression]\nerror_feedback = true")


def test_a_pull_that_overshoots_is_warned_of_and_one_step_never_is():
    assert "overshoots" in " ".join(Scenario.from_toml("[fedprox]\nmu = 15.0").notes)
    one_step = "[training]\nlocal_epochs = 1\nbatch_size = 0\n[fedprox]\nmu = 500.0"
    assert Scenario.from_toml(one_step).notes == ()


def test_idle_keys_are_noted():
    scenario = Scenario.from_toml("[data]\nsource = 'notebook'\nhospitals = 9\n[model]\nhidden = 3")
    assert [note.split(":")[0] for note in scenario.notes] == ["data.hospitals", "model.hidden"]


def test_a_new_source_starts_a_fresh_data_section():
    scenario = Scenario.from_toml("[data]\nhospitals = 9\nalpha = 0.1\npartition = 'dirichlet'")
    fresh = scenario.replace({"data.alpha": 0.7, "data.source": "breast-cancer"})
    assert fresh.data.hospitals == 5
    assert fresh.data.partition == "iid"
    assert fresh.data.alpha == 0.7
    assert scenario.data.hospitals == 9


def test_setting_a_key_switches_its_section_on_and_defaults_follow_what_was_set():
    scenario = Scenario.from_toml("")
    assert scenario.replace({"fedprox.mu": 0.2}).on("fedprox")
    assert scenario.replace({"fedprox": True}).without("fedprox", "privacy") == scenario
    assert scenario.replace({"privacy": False, "privacy.epsilon": 2.0}).on("privacy")


def test_a_code_with_more_changes_than_a_run_can_have_is_refused_and_many_are_read():
    def code(changes):
        each = [{"round": i + 1, "set": {"training.learning_rate": 0.1}} for i in range(changes)]
        return codes.encode({"training": {"rounds": 20_000}, "change": each})

    assert len(Scenario.from_code(code(1_000)).changes) == 1_000
    with pytest.raises(ScenarioError, match="change: 1,001 are too many"):
        Scenario.from_code(code(1_001))
    with pytest.raises(ScenarioError, match="holds more than a scenario"):
        Scenario.from_code(code(20_000))


@pytest.mark.parametrize("name", ["seed", "name", "change", "fedprox.mu", "training", "fedproxx"])
def test_only_switches_can_be_switched_off(name):
    with pytest.raises(ScenarioError):
        Scenario.from_toml("").without(name)


def test_settings_hold_from_their_round_on():
    scenario = Scenario.from_toml("[[change]]\nround = 4\nset = {'fedprox.mu' = 1.0}")
    assert not scenario.at(3).on("fedprox")
    assert scenario.at(4).on("fedprox")


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("training.rounds=7", ("training.rounds", 7)),
        ("training.learning_rate=1", ("training.learning_rate", 1.0)),
        ("data.keep=mean radius, worst area", ("data.keep", ("mean radius", "worst area"))),
        ("compression.error_feedback=true", ("compression.error_feedback", True)),
        ("fedprox=off", ("fedprox", False)),
        ("data.source=a=b.csv", ("data.source", "a=b.csv")),
        ("seed=3", ("seed", 3)),
        ("name=x", ("name", "x")),
    ],
)
def test_settings_are_read_by_their_knobs_type(text, setting):
    assert read_setting(text) == setting


@pytest.mark.parametrize(
    "text", ["training.rounds", "trainin.rounds=3", "training.rounds=x", "x=1"]
)
def test_unreadable_settings_are_refused(text):
    with pytest.raises(ScenarioError):
        read_setting(text)


@pytest.mark.parametrize(
    ("rate", "l2", "warned"),
    [
        (1000, 0, True),
        (8, 0, True),
        (7.9, 0, False),
        (0.1, 0, False),
        (2, 1, True),
        (1.9, 1, False),
    ],
)
def test_steps_that_overshoot_on_any_table_are_warned_of(rate, l2, warned):
    scenario = Scenario.from_dict({"training": {"learning_rate": rate}, "model": {"l2": l2}})
    notes = [note for note in scenario.notes if note.startswith("training.learning_rate: ")]
    assert len(notes) == warned


@pytest.mark.parametrize("rate", [8, 1000])
def test_what_is_warned_of_ends_worse(rate):
    large, as_told = (finished(small(training={"learning_rate": r}))[-1].score for r in (rate, 1))
    assert large.loss > as_told.loss


def test_a_code_on_own_data_carries_no_seed(tmp_path):
    own = Scenario.from_dict({"seed": 77, "data": {"source": "mine.csv"}})
    assert Scenario.from_code(own.to_code()).given == {"data": {"source": "mine.csv"}}
    built_in = Scenario.from_dict({"seed": 77})
    assert Scenario.from_code(built_in.to_code()).seed == 77


@pytest.mark.parametrize("damage", ["f1-", "f1-abc", "f1-!!!!", "f9-eNo", "x"])
def test_damaged_codes_are_refused(damage):
    with pytest.raises(ScenarioError, match="code: "):
        Scenario.from_code(damage)


@given(st.data())
def test_no_damage_to_a_code_is_more_than_a_refusal(data):
    code = Scenario.from_toml("[fedprox]\nmu = 0.3").to_code()
    place = data.draw(st.integers(3, len(code) - 1))
    damaged = code[:place] + data.draw(st.sampled_from("aZ0-_")) + code[place + 1 :]
    with suppress(ScenarioError):  # anything else is a traceback for the user
        Scenario.from_code(damaged)


def test_every_knob_says_what_it_is():
    for section in SECTIONS.values():
        assert section.__doc__
        for name, knob in section.knobs().items():
            assert knob.help, name
            assert section.kinds()[name] in (bool, int, float, str, tuple)


@pytest.mark.parametrize("name", NAMES)
def test_built_in_scenarios_are_valid_and_say_what_they_measure(name):
    scenario = load(name)
    assert scenario.name == name
    assert scenario.about
    assert scenario.notes == () or scenario.on("privacy")
    assert "Measured" in source(name)
    assert "median" in source(name)


def test_a_scenario_file_finds_its_table_beside_it(tmp_path):
    (tmp_path / "mine.csv").write_text("hospital,label,x\nA,0,1\nA,1,2\n")
    (tmp_path / "mine.toml").write_text('[data]\nsource = "mine.csv"\nscaling = "none"\n')
    scenario = load(str(tmp_path / "mine.toml"))
    assert scenario.data.source == str(tmp_path / "mine.csv")
    assert scenario.data.scaling == "none"


@pytest.mark.parametrize("text", ["cels", "none.toml", "no/such/file"])
def test_unknown_scenarios_are_refused(text):
    with pytest.raises(ScenarioError, match="scenario: "):
        load(text)


def test_an_infinite_budget_is_a_setting_wherever_settings_are_written():
    scenario = Scenario.from_toml("[privacy]\nepsilon = inf")
    assert Scenario.from_toml(scenario.to_toml()) == scenario
    assert Scenario.from_code(scenario.to_code()) == scenario
    assert Scenario.from_dict({"privacy": {"epsilon": "inf"}}) == scenario  # as JSON has it
    assert scenario.as_dict()["privacy"]["epsilon"] == "inf"
    with pytest.raises(ScenarioError, match=r"at most 10,000, or inf"):
        Scenario.from_toml("[privacy]\nepsilon = 20000")
    with pytest.raises(ScenarioError, match=r"is out of range"):
        Scenario.from_toml("[privacy]\ndelta = inf")


def test_of_a_few_choices_all_are_named_and_no_nearest_one():
    """Of "on" the nearest is "none", which is its opposite."""
    with pytest.raises(ScenarioError, match=r"there is no 'on'; choose none, balanced or given\."):
        Scenario.from_dict({"model": {"class_weight": "on"}})
