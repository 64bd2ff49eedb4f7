"""Hospital-level privacy: noise by the server or by each hospital; budgets, forks, what is said of them.

The accountant has laws of its own in `test_accounting`, patient-level privacy in `test_patient_privacy`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import Scenario, run
from engine.arrays import Ints
from engine.codecs.float32 import Float32
from engine.codecs.quantize import Quantize
from engine.codecs.section import codec_of
from engine.events import (
    BudgetReached,
    EpochTrained,
    RoundFinished,
    RunFinished,
    RunStarted,
    SettingsChanged,
)
from engine.privacy import analytic
from engine.privacy.ledger import Ledger, and_then, bare
from engine.privacy.plan import Plan, make_plan
from engine.privacy.section import Privacy
from engine.stages.base import Moment
from engine.stages.gaussian import HospitalGaussian
from engine.stages.weighting import Weighting
from engine.steps import finished as made
from engine.switch import Setting
from tests.builders import CELLS, events, finished, small


def hospital(**sections: dict[str, Any]) -> Scenario:
    """`small` with hospital-level privacy, by the server unless it says otherwise."""
    sections["privacy"] = {"unit": "hospital", **sections.get("privacy", {})}
    return small(**sections)


def planned(scenario: Scenario, patients: Ints, released: Ledger = ()) -> Plan:
    """The plan for a federation of these sizes, five params, everyone in every round."""
    setting = Setting(scenario, patients, 4, seed=scenario.seed)
    plan = made(make_plan(setting, codec_of(scenario), len(patients), 0, released, None))
    assert plan is not None
    return plan


epsilons = st.floats(0.01, 50)
deltas = st.floats(1e-9, 0.1)
EVERYONE = np.arange(4)


def test_twenty_rounds_at_epsilon_one_need_noise_16_68():
    started = events(hospital(training={"rounds": 20}, privacy={"epsilon": 1.0}), RunStarted)[0]
    assert round(started.privacy["noise_multiplier"], 4) == 16.6839


@given(epsilons, st.floats(0.01, 20))
def test_delta_is_the_tail_that_epsilon_leaves(epsilon, mu):
    """δ(ε) = E[(1 − e^(ε − L))⁺] for the privacy loss L ~ N(μ²/2, μ²), integrated numerically."""
    loss = mu * mu / 2 + mu * np.linspace(-12, 12, 200_001)
    density = np.exp(-((loss - mu * mu / 2) ** 2) / (2 * mu * mu)) / (mu * math.sqrt(2 * math.pi))
    tail = density * np.maximum(0, -np.expm1(np.minimum(epsilon - loss, 0)))
    integral = float(np.sum(tail) * (loss[1] - loss[0]))
    assert analytic.delta_of(epsilon, mu) == pytest.approx(integral, rel=1e-5, abs=1e-12)


@given(deltas, st.floats(0.01, 30))
def test_epsilon_is_the_smallest_that_meets_delta(delta, mu):
    epsilon = analytic.epsilon_of(mu, delta)
    assert analytic.delta_of(epsilon, mu) <= delta
    assume(epsilon > 1e-6)
    assert analytic.delta_of(epsilon * (1 - 1e-6), mu) > delta


def test_best_guess_stays_below_the_ceiling_that_epsilon_promises():
    for epsilon, guess in ((1, 0.55), (4, 0.68), (8, 0.80)):
        best = analytic.best_guess(analytic.mu_of(epsilon, 1e-5))
        assert best == pytest.approx(guess, abs=0.006)
        assert best < math.exp(epsilon) / (1 + math.exp(epsilon))


def test_the_far_tail_is_continuous_where_the_formula_changes():
    below, above = analytic._log_phi(-25 - 1e-9), analytic._log_phi(-25 + 1e-9)
    assert below == pytest.approx(above, rel=1e-9)
    assert analytic._log_phi(-40) == pytest.approx(-804.6084420137538, rel=1e-12)


def moment(updates: np.ndarray, hospitals: int | None = None) -> Moment:
    k, d = updates.shape
    return Moment(3, 1, np.arange(k), np.full(k, 10), hospitals or k, np.zeros(d))


@given(st.integers(1, 6), st.integers(1, 8), st.floats(0.1, 5), st.integers(0, 99))
def test_no_clipped_update_is_longer_than_the_clip_and_short_ones_stay(k, d, clip, seed):
    updates = np.random.default_rng(seed).normal(size=(k, d)) * 2
    step = HospitalGaussian(clip, 0.0).on_client({"update": updates}, moment(updates), {})
    clipped = step.value["update"]
    assert np.all(np.linalg.norm(clipped, axis=1) <= clip * (1 + 1e-12))
    short = np.linalg.norm(updates, axis=1) <= clip
    np.testing.assert_array_equal(clipped[short], updates[short])
    np.testing.assert_array_equal(step.facts["clipped"], ~short)


@given(
    st.lists(st.integers(1, 50), min_size=2, max_size=6),
    st.sampled_from(["patients", "equal"]),
    st.integers(0, 99),
)
def test_leaving_a_hospital_out_moves_the_mean_by_no_more_than_the_sensitivity(sizes, by, seed):
    """Zero-out adjacency, for every hospital and for updates far above the clip."""
    patients = np.array(sizes)
    scenario = hospital(privacy={"clip_norm": 0.5}, training={"weighting": by})
    plan = planned(scenario, patients)
    updates = np.random.default_rng(seed).normal(size=(len(sizes), 5)) * 10
    at = Moment(3, 1, np.arange(len(sizes)), patients, len(sizes), np.zeros(5))

    def mean(kept: np.ndarray) -> np.ndarray:
        clipped = HospitalGaussian(0.5, 0.0).on_client({"update": updates}, at, {}).value
        weighting = Weighting(by, plan.total)
        weight = weighting.on_client(clipped, at, {}).value["weight"] * kept
        total = {"update": weight @ clipped["update"], "weight": weight.sum()}
        return weighting.on_server(total, at, {}).value["update"]

    everyone = np.ones(len(sizes))
    for i in range(len(sizes)):
        without = everyone.copy()
        without[i] = 0
        assert np.linalg.norm(mean(everyone) - mean(without)) <= plan.sensitivity


@given(st.integers(1, 16), st.integers(1, 40), st.integers(0, 99))
def test_what_arrives_is_no_longer_than_the_bound_that_enlarges_the_sensitivity(bits, d, seed):
    draw = np.random.default_rng(seed)
    update = draw.normal(size=(1, d))
    update *= 0.5 / np.linalg.norm(update)
    for codec in (Quantize(bits), Float32()):
        uniform = draw.random((1, d))
        arrived = codec.decode(codec.encode(update, uniform), d)
        assert np.linalg.norm(arrived) <= codec.longest(0.5, d)


def test_rounding_before_the_noise_costs_noise():
    plain = events(hospital(privacy={}), RunStarted)[0].privacy
    coarse = events(hospital(privacy={}, compression={"bits": 2}), RunStarted)[0].privacy
    assert coarse["noise_multiplier"] == plain["noise_multiplier"]
    assert coarse["sensitivity"] > 1.5 * plain["sensitivity"]


def test_the_noise_has_the_planned_standard_deviation():
    zero = {"update": np.zeros(20_000), "weight": np.array(1.0)}
    at = moment(np.zeros((1, 20_000)))
    noised = HospitalGaussian(1.0, 0.7).on_server(zero, at, {}).value["update"]
    assert np.std(noised) == pytest.approx(0.7, rel=0.03)
    assert abs(np.mean(noised)) < 0.02


def test_privacy_is_spent_round_by_round_up_to_the_budget():
    rounds = finished(hospital(privacy={"epsilon": 2.0}))
    spent = [event.epsilon for event in rounds]
    assert spent == sorted(spent)
    assert spent[-1] <= 2.0
    assert spent[-1] == pytest.approx(2.0, rel=1e-9)


def test_a_run_stops_before_the_round_that_would_pass_the_budget():
    scenario = hospital(privacy={"epsilon": 8.0})
    lowered = Scenario.from_dict(
        {**scenario.given, "change": [{"round": 4, "set": {"privacy.epsilon": 1.0}}]}
    )
    happened = events(lowered)
    (stop,) = [e for e in happened if isinstance(e, BudgetReached)]
    assert (stop.round, stop.budget) == (4, 1.0)
    assert stop.spent > 1.0
    assert sum(isinstance(e, RoundFinished) for e in happened) == 3
    assert isinstance(happened[-1], RunFinished)
    assert happened[-1].stopped == "budget"


def test_a_new_budget_in_the_middle_covers_what_was_released_and_what_is_left():
    scenario = hospital(privacy={"epsilon": 2.0})
    raised = Scenario.from_dict(
        {**scenario.given, "change": [{"round": 4, "set": {"privacy.epsilon": 5.0}}]}
    )
    happened = events(raised)
    (change,) = [e for e in happened if isinstance(e, SettingsChanged)]
    assert any("budgets fixed in advance" in note for note in change.notes)
    last = [e for e in happened if isinstance(e, RoundFinished)][-1]
    assert len({entry.hospital[0] for entry in last.state.released}) == 2
    assert last.epsilon == pytest.approx(5.0, rel=1e-9)


def test_privacy_switched_on_after_rounds_without_noise_has_no_finite_epsilon():
    late = Scenario.from_dict(
        {**CELLS.given, "change": [{"round": 3, "set": {"privacy.epsilon": 4.0}}]}
    )
    happened = events(late)
    (change,) = [e for e in happened if isinstance(e, SettingsChanged)]
    assert any("without noise" in note for note in change.notes)
    spent = [e.epsilon for e in happened if isinstance(e, RoundFinished)]
    assert spent[:2] == [None, None]
    assert all(math.isinf(epsilon) for epsilon in spent[2:])


def test_participation_enlarges_the_sensitivity():
    whole = events(hospital(privacy={}), RunStarted)[0].privacy["sensitivity"]
    half = events(hospital(privacy={}, training={"participation": 0.5}), RunStarted)[0]
    assert half.privacy["sensitivity"] == pytest.approx(2 * whole, rel=1e-9)


def test_switching_privacy_on_changes_noise_and_nothing_else():
    plain = events(small(training={"participation": 0.5}))
    private = events(hospital(training={"participation": 0.5}, privacy={}))
    cohorts = [
        [e.cohort.tolist() for e in run if isinstance(e, RoundFinished)] for run in (plain, private)
    ]
    assert cohorts[0] == cohorts[1]
    first_pass = [next(e for e in run if isinstance(e, EpochTrained)) for run in (plain, private)]
    np.testing.assert_array_equal(first_pass[0].losses, first_pass[1].losses)
    starts = [next(e for e in run if isinstance(e, RunStarted)) for run in (plain, private)]
    np.testing.assert_array_equal(
        starts[0].baselines.pooled_params, starts[1].baselines.pooled_params
    )


def test_defaults_follow_the_unit():
    assert Privacy.build({}).unit == "patient"
    assert Privacy.build({}).clip_norm == 1.0
    assert Privacy.build({}).noise_by == "hospital"
    assert Privacy.build({"unit": "hospital"}).clip_norm == 0.5
    assert Privacy.build({"unit": "hospital"}).noise_by == "server"


def test_a_plan_affords_what_the_budget_holds_and_no_more():
    patients = np.full(4, 10)
    plan = planned(hospital(training={"rounds": 3}, privacy={"epsilon": 4.0}), patients)
    released: Ledger = ()
    for _ in range(3):
        assert plan.affords(released, EVERYONE)
        released = and_then(released, plan.entry(EVERYONE))
    assert not plan.affords(released, EVERYONE)
    gone = planned(hospital(privacy={"epsilon": 1.0}), patients, released)
    assert np.isinf(gone.noise_multiplier).all()
    assert not gone.affords(released, EVERYONE)


def test_an_infinite_epsilon_can_be_neither_kept_nor_lost():
    patients = np.full(4, 10)
    released = and_then((), bare(np.ones(4, np.int64)))
    late = planned(hospital(privacy={}), patients, released)
    assert np.isinf(late.spent(released)).all()
    assert late.affords(released, EVERYONE)


@pytest.mark.parametrize("clip_norm", [0.2, 2.0])
def test_noise_of_each_hospitals_own_hides_any_two_updates(clip_norm):
    """Two clipped updates may lie 2S apart, and a single one must be hidden by its own noise."""
    scenario = hospital(privacy={"noise_by": "hospital", "clip_norm": clip_norm})
    plan = planned(scenario, np.array([10, 20, 30, 40]))
    assert plan.sensitivity == 2 * clip_norm
    updates = np.random.default_rng(1).normal(size=(4, 5_000))
    (stage,) = plan.stages
    step = stage.on_client({"update": updates}, moment(updates), {})
    longest = np.maximum(np.linalg.norm(updates, axis=1), clip_norm)
    noise = step.value["update"] - updates * (clip_norm / longest)[:, None]
    np.testing.assert_allclose(noise.std(axis=1), plan.noise_multiplier * 2 * clip_norm, rtol=0.05)
    assert np.abs(np.corrcoef(noise) - np.eye(4)).max() < 0.06  # no two hospitals' alike
    arrived = {"update": updates[0]}
    assert stage.on_server(arrived, moment(updates), {}).value is arrived  # no more on the server


def test_noise_by_hospitals_needs_no_server_and_costs_far_more():
    by_server, by_hospital = (
        planned(hospital(privacy={"noise_by": who}), np.full(4, 10))
        for who in ("server", "hospital")
    )
    assert by_hospital.noise_multiplier[0] == by_server.noise_multiplier[0]
    of_one = by_server.as_dict()["noise_std"] * 4  # of a mean of four, told for the sum
    assert by_hospital.as_dict()["noise_std"] == pytest.approx(2 * of_one, rel=1e-6)


def test_rounding_after_a_hospitals_own_noise_is_free():
    local = {"unit": "hospital", "noise_by": "hospital"}
    plain, coarse = (
        events(small(privacy=local, **extra), RunStarted)[0].privacy
        for extra in ({}, {"compression": {"bits": 2}})
    )
    assert coarse["noise_std"] == plain["noise_std"]


def test_a_spent_budget_is_a_stop_even_after_rounds_without_noise():
    given = {
        **CELLS.given,
        "change": [
            {"round": 2, "set": {"privacy.epsilon": 8.0}},
            {"round": 5, "set": {"privacy.epsilon": 0.1}},
        ],
    }
    happened = events(Scenario.from_dict(given))
    assert happened[-1].stopped == "budget"
    assert happened[-1].rounds == 4


def test_more_rounds_on_a_spent_budget_are_a_stop_and_not_a_mountain_of_noise():
    scenario = hospital(privacy={"epsilon": 2.0})
    done = finished(scenario)[-1].state
    happened = events(scenario.replace({"training.rounds": 9}), start=done)
    assert happened[-1].stopped == "budget"


def test_privacy_switched_off_in_the_middle_leaves_no_finite_epsilon_and_says_so():
    scenario = Scenario.from_dict(
        {**hospital(privacy={}).given, "change": [{"round": 4, "set": {"privacy": False}}]}
    )
    happened = events(scenario)
    (change,) = [e for e in happened if isinstance(e, SettingsChanged)]
    assert any("without noise" in note for note in change.notes)
    spent = [e.epsilon for e in happened if isinstance(e, RoundFinished)]
    assert all(map(math.isfinite, spent[:3]))
    assert all(map(math.isinf, spent[3:]))
    assert run(scenario)["privacy"]["steps"]["A"] == 3


def test_an_update_that_is_not_finite_is_clipped_to_nothing():
    updates = np.array([[math.inf, 1.0], [math.nan, 0.0], [3e200, 4e200]])
    step = HospitalGaussian(0.5, 0.0).on_client({"update": updates}, moment(updates), {})
    np.testing.assert_allclose(step.value["update"], [[0, 0], [0, 0], [0.3, 0.4]])
    assert step.facts["diverged"].tolist() == [True, True, False]


def test_a_delta_that_lays_one_hospital_open_is_warned_of():
    assert any(
        "laid open" in n for n in events(hospital(privacy={"delta": 0.3}), RunStarted)[0].notes
    )
    assert not any("laid open" in n for n in events(hospital(privacy={}), RunStarted)[0].notes)


def test_what_epsilon_leaves_out_is_said():
    said = " ".join(events(hospital(privacy={}), RunStarted)[0].notes)
    assert "who knows the seed" in said


GAP = "hospital,label,age,sex\n" + "A,0,1,f\nA,1,,m\nB,0,3,f\nB,1,4,m\n" * 6


@pytest.mark.parametrize(
    ("data", "model", "fixed"),
    [
        ({}, {}, "rows already scaled, with scale held fixed; it comes"),
        ({"scaling": "hospital"}, {}, "rows already scaled, with scale held fixed; it comes"),
        ({"scaling": "none"}, {}, ""),
        ({"ranges": ["*=0:60"]}, {}, ""),
        (
            {"scaling": "none"},
            {"class_weight": "balanced"},
            "rows as they are trained on, with class weights held fixed; they come",
        ),
        ({"ranges": ["*=0:60"]}, {"case_weight": 3.0}, ""),
    ],
)
@pytest.mark.parametrize("unit", ["patient", "hospital"])
def test_what_was_measured_on_patients_before_training_is_outside_epsilon(unit, data, model, fixed):
    scenario = small(privacy={"unit": unit}, data=data, model=model, training={"rounds": 1})
    result = run(scenario)
    said = " ".join(result["notes"])
    assert (f"ε is for {fixed} from the patients" in said) if fixed else ("ε is for" not in said)
    assert bool(fixed) == bool(result["privacy"]["held_fixed"])


def test_gaps_and_texts_are_measured_on_patients_too_and_ranges_leave_the_texts(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(GAP)
    of = {"source": str(path), "scaling": "none"}
    notes = " ".join(run(Scenario.from_dict({"data": of, "privacy": {}}))["notes"])
    assert "with filled gaps and lists of texts held fixed; they come" in notes
    of = {"source": str(path), "ranges": ["age=0:110"]}
    notes = " ".join(run(Scenario.from_dict({"data": of, "privacy": {}}))["notes"])
    assert "rows as they are trained on, with lists of texts held fixed; they come" in notes
    assert "became the middle of their range: 'age'" in notes


@pytest.mark.parametrize(
    ("scaling", "class_weight", "told"),
    [
        ("global", "none", "each size and each mean of a column."),
        ("none", "balanced", "each size and each number of cases."),
        ("global", "balanced", "each size, each mean of a column and each number of cases."),
    ],
)
def test_beside_masks_stands_what_the_set_up_tells_without_them(scaling, class_weight, told):
    scenario = small(masking={}, data={"scaling": scaling}, model={"class_weight": class_weight})
    notes = events(scenario, RunStarted)[0].notes
    assert f"masking: it hides updates; the set-up before round 1 tells {told}" in notes


def test_masks_that_nothing_went_before_hide_updates_and_nothing_has_to_be_said():
    unscaled = events(small(masking={}, data={"scaling": "none"}), RunStarted)[0].notes
    assert not any("the set-up" in note for note in unscaled)


RESTS_ON = {  # of `training`: what the plan of whom hangs on it
    "rounds": ("patient", "server", "hospital"),
    "batch_size": ("patient",),
    "local_epochs": ("patient",),
    "local_steps": ("patient",),
    "weighting": ("server",),
    "learning_rate": (),
}
OTHER = {
    "rounds": 7,
    "batch_size": 5,
    "local_epochs": 3,
    "local_steps": 4,
    "weighting": "equal",
    "learning_rate": 0.01,
}
UNITS = {
    "patient": {"privacy.unit": "patient"},
    "server": {"privacy.unit": "hospital"},
    "hospital": {"privacy.unit": "hospital", "privacy.noise_by": "hospital"},
}


@pytest.mark.parametrize("kind", UNITS)
@pytest.mark.parametrize("name", RESTS_ON)
def test_a_plan_is_kept_unless_something_it_rests_on_changes(name, kind):
    patients, private = np.array([10, 20, 30, 40]), small().replace(UNITS[kind])
    before = planned(private, patients)
    other = private.replace({f"training.{name}": OTHER[name]})
    setting = Setting(other, patients, 4, seed=other.seed)
    after = made(make_plan(setting, codec_of(other), 4, 0, (), before))
    assert (after is not before) == (kind in RESTS_ON[name])


def test_another_learning_rate_on_the_way_promises_nothing_new():
    """ε round by round as without it, and nothing is said of an ε that would be new."""
    plain = hospital(privacy={}, training={"rounds": 3})
    change = {"round": 2, "set": {"training.learning_rate": 0.01}}
    runs = [events(s) for s in (plain, Scenario.from_dict({**plain.given, "change": [change]}))]
    spent = [[e.epsilon for e in run if isinstance(e, RoundFinished)] for run in runs]
    assert spent[0] == spent[1]
    (changed,) = (e for e in runs[1] if isinstance(e, SettingsChanged))
    assert not any("new ε" in note for note in changed.notes)
