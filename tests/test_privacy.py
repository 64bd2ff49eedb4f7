"""Hospital-level privacy: the accounting against other people's numbers, the mechanism against itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import Scenario, run
from engine.codecs.float32 import Float32
from engine.codecs.quantize import Quantize
from engine.errors import ScenarioError
from engine.events import (
    BudgetReached,
    EpochTrained,
    RoundFinished,
    RunFinished,
    RunStarted,
    SettingsChanged,
)
from engine.privacy import analytic, ledger
from engine.privacy.ledger import Release
from engine.privacy.plan import Plan, Privacy, make_plan
from engine.stages.base import Moment
from engine.stages.gaussian import HospitalGaussian
from engine.stages.weighting import Weighting
from engine.switch import Setting
from tests.builders import CELLS, events, finished, small

epsilons = st.floats(0.01, 50)
deltas = st.floats(1e-9, 0.1)

# Balle & Wang's exact calibration, computed with dp-accounting 0.6.0: ε, δ, noise multiplier.
ONE_RELEASE = [
    (0.1, 1e-5, 30.749566),
    (1, 1e-3, 2.574657),
    (1, 1e-6, 4.224679),
    (3, 1e-5, 1.390593),
    (8, 1e-5, 0.600229),
    (1, 1e-8, 5.100309),
]
# The same source: noise multiplier, releases, δ, ε by privacy-loss distribution, every release whole.
COMPOSED = [(1.0, 1, 1e-5, 4.377178), (5.0, 20, 1e-5, 3.84861), (20.0, 100, 1e-6, 2.254085)]


@pytest.mark.parametrize(("epsilon", "delta", "multiplier"), ONE_RELEASE)
def test_one_release_needs_the_noise_of_balle_and_wang(epsilon, delta, multiplier):
    assert ledger.noise_multiplier(epsilon, delta, rounds=1) == pytest.approx(multiplier, rel=1e-6)


@pytest.mark.parametrize(("multiplier", "steps", "delta", "epsilon"), COMPOSED)
def test_composition_costs_what_the_privacy_loss_distribution_says(
    multiplier, steps, delta, epsilon
):
    assert ledger.epsilon((Release(multiplier),) * steps, delta) == pytest.approx(epsilon, rel=1e-4)


def test_twenty_rounds_at_epsilon_one_need_noise_16_68():
    assert ledger.noise_multiplier(1.0, 1e-5, rounds=20) == pytest.approx(16.683892, rel=1e-6)
    started = events(small(training={"rounds": 20}, privacy={"epsilon": 1.0}), RunStarted)[0]
    assert round(started.privacy["noise_multiplier"], 4) == 16.6839


@given(epsilons, deltas, st.integers(1, 500))
def test_calibration_inverts_accounting_from_the_safe_side(epsilon, delta, rounds):
    z = ledger.noise_multiplier(epsilon, delta, rounds)
    spent = ledger.epsilon((Release(z),) * rounds, delta)
    assert spent <= epsilon
    assert spent == pytest.approx(epsilon, rel=1e-6, abs=1e-9)


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


@given(st.lists(st.floats(0.3, 50), min_size=1, max_size=6), deltas)
def test_unlike_releases_compose_and_order_does_not_matter(multipliers, delta):
    releases = tuple(Release(z) for z in multipliers)
    whole = ledger.epsilon(releases, delta)
    assert whole == pytest.approx(ledger.epsilon(releases[::-1], delta), rel=1e-9)
    assert whole >= ledger.epsilon(releases[:-1], delta)


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
    scenario = small(privacy={"clip_norm": 0.5}, training={"weighting": by})
    plan = make_plan(Setting(scenario, patients, 5), Float32(), len(sizes), 0, (), None)
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
def test_the_codecs_error_is_inside_the_bound_that_enlarges_the_sensitivity(bits, d, seed):
    draw = np.random.default_rng(seed)
    update = draw.normal(size=(1, d))
    update *= 0.5 / np.linalg.norm(update)
    for codec in (Quantize(bits), Float32()):
        uniform = draw.random((1, d))
        arrived = codec.decode(codec.encode(update, uniform), d)
        assert np.linalg.norm(arrived - update) <= codec.worst_error(0.5, d)


def test_rounding_before_the_noise_costs_noise():
    plain = events(small(privacy={}), RunStarted)[0].privacy
    coarse = events(small(privacy={}, compression={"bits": 2}), RunStarted)[0].privacy
    assert coarse["noise_multiplier"] == plain["noise_multiplier"]
    assert coarse["sensitivity"] > 1.5 * plain["sensitivity"]


def test_the_noise_has_the_planned_standard_deviation():
    zero = {"update": np.zeros(20_000), "weight": np.array(1.0)}
    at = moment(np.zeros((1, 20_000)))
    noised = HospitalGaussian(1.0, 0.7).on_server(zero, at, {}).value["update"]
    assert np.std(noised) == pytest.approx(0.7, rel=0.03)
    assert abs(np.mean(noised)) < 0.02


def test_privacy_is_spent_round_by_round_up_to_the_budget():
    rounds = finished(small(privacy={"epsilon": 2.0}))
    spent = [event.epsilon for event in rounds]
    assert spent == sorted(spent)
    assert spent[-1] <= 2.0
    assert spent[-1] == pytest.approx(2.0, rel=1e-9)


def test_a_run_stops_before_the_round_that_would_pass_the_budget():
    scenario = small(privacy={"epsilon": 8.0})
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
    scenario = small(privacy={"epsilon": 2.0})
    raised = Scenario.from_dict(
        {**scenario.given, "change": [{"round": 4, "set": {"privacy.epsilon": 5.0}}]}
    )
    happened = events(raised)
    (change,) = [e for e in happened if isinstance(e, SettingsChanged)]
    assert any("budgets fixed in advance" in note for note in change.notes)
    last = [e for e in happened if isinstance(e, RoundFinished)][-1]
    assert len({release.noise_multiplier for release in last.state.released}) == 2
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
    whole = events(small(privacy={}), RunStarted)[0].privacy["sensitivity"]
    half = events(small(privacy={}, training={"participation": 0.5}), RunStarted)[0]
    assert half.privacy["sensitivity"] == pytest.approx(2 * whole, rel=1e-9)


def test_switching_privacy_on_changes_noise_and_nothing_else():
    plain = events(small(training={"participation": 0.5}))
    private = events(small(training={"participation": 0.5}, privacy={}))
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


def test_accuracy_under_privacy_rises_with_the_number_of_hospitals():
    scenario = Scenario.from_toml(
        """
        [data]
        patients = 60
        features = 20
        [privacy]
        epsilon = 2.0
        """
    )

    def accuracy(hospitals: int) -> float:
        scores = [
            run(scenario.replace({"data.hospitals": hospitals, "seed": seed}))["final"]["accuracy"]
            for seed in range(8)
        ]
        return float(np.mean(scores))

    few, some, many = accuracy(3), accuracy(10), accuracy(100)
    assert few < some < many
    assert many - few > 0.15


def test_patient_level_privacy_is_refused_by_name():
    with pytest.raises(ScenarioError, match="'patient' is not built yet"):
        small(privacy={"unit": "patient"})


def test_defaults_follow_the_unit():
    assert Privacy.build({"unit": "patient"}).clip_norm == 1.0
    assert Privacy.build({"unit": "patient"}).noise_by == "hospital"
    assert Privacy.build({}).clip_norm == 0.5
    assert Privacy.build({}).noise_by == "server"


def test_a_plan_affords_what_the_budget_holds_and_no_more():
    exhausted = Plan(Privacy(), math.inf, 1.0, 1.0, "")
    assert not exhausted.affords((Release(1.0),))
    assert not exhausted.affords((Release(0.0),))
    one_more = Plan(Privacy(epsilon=4.5), 1.0, 1.0, 1.0, "")  # one release at z = 1 costs 4.377
    assert one_more.affords(())
    assert not one_more.affords((Release(1.0),))


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
    scenario = small(privacy={"epsilon": 2.0})
    done = finished(scenario)[-1].state
    happened = events(scenario.replace({"training.rounds": 9}), start=done)
    assert happened[-1].stopped == "budget"


def test_privacy_switched_off_in_the_middle_leaves_no_finite_epsilon_and_says_so():
    scenario = Scenario.from_dict(
        {**small(privacy={}).given, "change": [{"round": 4, "set": {"privacy": False}}]}
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
    assert any("laid open" in n for n in events(small(privacy={"delta": 0.3}), RunStarted)[0].notes)
    assert not any("laid open" in n for n in events(small(privacy={}), RunStarted)[0].notes)


def test_what_epsilon_leaves_out_is_said():
    said = " ".join(events(small(privacy={}), RunStarted)[0].notes)
    assert "not the set-up before round 1" in said
    assert "who knows the seed" in said
    unscaled = " ".join(events(small(privacy={}, data={"scaling": "none"}), RunStarted)[0].notes)
    assert "the set-up" not in unscaled
