"""Differencing: what two results, or two sums, give away that neither gives alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import ScenarioError
from engine.attacks.outcome import Outcome
from engine.attacks.two_runs import TwoRuns, two_runs
from engine.attacks.two_sums import TwoSums, two_sums
from tests.builders import small, states

ONE_STEP = {"local_steps": 1, "batch_size": 0}
BY_SERVER = {"unit": "hospital", "noise_by": "server"}
BY_HOSPITAL = {"unit": "hospital", "noise_by": "hospital"}


def runs(patient: int = 2, round: int = 3, **sections: Any) -> TwoRuns:
    scenario = small(**{"training": ONE_STEP, **sections})
    return two_runs(scenario, states(small())[round], 1, patient, seed=patient)


def sums(round: int = 3, **sections: Any) -> TwoSums:
    scenario = small(**{"training": ONE_STEP, **sections})
    return two_sums(scenario, states(small())[round], 1, seed=4)


def off(found: Any, true: Any) -> float:
    return float(np.linalg.norm(found - true) / np.linalg.norm(true))


# One patient, two runs


@settings(max_examples=40)
@given(
    st.integers(0, 113),
    st.sampled_from([{}, {"privacy": {**BY_SERVER, "clip_norm": 10.0}}, {"fedprox": {"mu": 0.5}}]),
    st.sampled_from(["patients", "equal"]),
)
def test_under_one_seed_her_gradient_comes_back(patient, extra, weighting):
    found = runs(patient, training={**ONE_STEP, "weighting": weighting}, **extra)
    assert off(found.exact, found.gradient) < 1e-11  # 1e-14 of an update, of which she is 1 in 114
    assert off(found.paired, found.gradient) < 1e-3  # float32 on the wire: 1e-7 of an update
    np.testing.assert_allclose(found.record(found.exact), found.true, atol=1e-10)


def test_from_a_zero_model_it_comes_back_to_fourteen_digits():
    found = [runs(patient, round=0) for patient in range(20)]
    assert np.median([off(f.exact, f.gradient) for f in found]) < 2e-14


@pytest.mark.parametrize("epsilon", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("privacy", [{}, BY_SERVER], ids=["patient level", "hospital level"])
def test_no_epsilon_helps_where_two_runs_share_their_noise(privacy, epsilon):
    found = runs(privacy={**privacy, "epsilon": epsilon, "clip_norm": 5.0})
    assert off(found.exact, found.gradient) < 1e-9
    assert off(found.paired, found.gradient) < (0.05 if privacy else 1.0)
    np.testing.assert_allclose(found.record(found.exact), found.true, atol=1e-8)


def test_a_clipped_patient_comes_back_shorter_and_as_readable():
    found = runs(privacy={"clip_norm": 0.2})
    assert np.linalg.norm(found.gradient) > 0.2
    assert np.linalg.norm(found.exact) == pytest.approx(0.2, rel=1e-9)
    assert found.outcome is Outcome.READ


@pytest.mark.parametrize("privacy", [{}, BY_SERVER, BY_HOSPITAL], ids=str)
def test_fresh_noise_buries_her_as_deep_as_epsilon_says(privacy):
    def depth(epsilon: float) -> float:
        settings = {**privacy, "epsilon": epsilon, "clip_norm": 1.0}
        found = [runs(patient, privacy=settings) for patient in range(15)]
        return float(np.median([off(f.fresh, f.gradient) for f in found]))

    deep, shallow = depth(0.5), depth(50.0)
    assert deep > 5
    assert shallow < deep / 5


def test_without_noise_no_seed_matters_where_a_step_is_over_everyone():
    found = runs()
    np.testing.assert_array_equal(found.fresh, found.paired)
    assert found.outcome_fresh is Outcome.READ


def test_after_many_steps_only_her_direction_is_left_and_another_order_buries_it():
    found = [runs(p, training={"local_epochs": 5}) for p in range(30)]
    paired, fresh = ([f.error(getattr(f, name)) for f in found] for name in ("paired", "fresh"))
    assert 0.02 < np.median(paired) < 0.5 < np.median(fresh)


def test_masks_hide_no_difference_of_sums():
    found = runs(masking={})
    assert found.outcome is Outcome.BLURRED  # only the ring's rounding is in the way
    assert off(found.paired, found.gradient) < 0.05


# One hospital, two sums


def test_two_sums_leave_the_update_of_the_hospital_that_is_in_one_of_them():
    for extra in (
        {},
        {"masking": {}},
        {"privacy": BY_SERVER},
        {"masking": {}, "privacy": BY_SERVER},
    ):
        found = sums(**extra)
        assert off(found.same_model, found.true) < 1e-3
        assert list(found.cohort) == [0, 1, 2, 3]


def test_from_one_round_to_the_next_the_others_drift_blurs_it_less_as_training_settles():
    longer = small(training={"rounds": 60})
    blur = []
    for done in (0, 10, 59):
        before = states(longer)[done]
        found = two_sums(small(training={"rounds": 60, **ONE_STEP}), before, 1, seed=4)
        blur.append(off(found.next_round, found.true))
    assert blur[0] > blur[1] > blur[2]
    assert blur[2] < 0.2


@pytest.mark.parametrize("privacy", [{}, BY_HOSPITAL], ids=["patients", "hospitals"])
def test_noise_of_the_hospitals_stays_in_the_difference(privacy):
    noisy = sums(privacy={**privacy, "epsilon": 1.0})
    assert off(noisy.same_model, sums().true) > 1


def test_two_sums_need_three_hospitals():
    with pytest.raises(ScenarioError, match="three hospitals in a round"):
        two_sums(small(data={"hospitals": 2}), states(small(data={"hospitals": 2}))[0], 1)
