"""Who was in the training: a weak attack, a true interval, and a ceiling that holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Scenario
from engine.attacks.membership import Membership, bound, membership, wilson
from engine.privacy import accountant
from engine.privacy.ledger import Release
from tests.builders import small, states

FEW_PATIENTS_MANY_COLUMNS = {
    "data": {
        "source": "synthetic",
        "hospitals": 3,
        "patients": 40,
        "features": 60,
        "test_fraction": 0.5,
    },
    "training": {"rounds": 20, "local_epochs": 20, "batch_size": 0},
}


def test_before_training_everyone_is_alike():
    found = membership(states(small())[0])
    assert (found.advantage, found.with_hindsight) == (0, 0)
    assert found.threshold == pytest.approx(math.log(2))
    assert (found.epsilon, found.bound, found.allowed) == (None, 1, 1)


def test_so_small_a_model_hardly_tells_who_was_in_it_with_or_without_noise():
    """Over ten splits, about .02: a demonstration, and no test of ε."""

    def mean(**sections: object) -> float:
        each = (
            small(data={"test_fraction": 0.5}, **sections).replace({"seed": s}) for s in range(10)
        )
        return float(np.mean([membership(states(s)[-1]).advantage for s in each]))

    assert abs(mean()) < 0.06
    assert abs(mean(privacy={"epsilon": 1.0})) < 0.06


def test_a_model_with_more_columns_than_patients_remembers_them():
    found = membership(states(Scenario.from_dict(FEW_PATIENTS_MANY_COLUMNS))[-1])
    assert found.advantage > 0.2
    assert found.interval[0] > 0
    assert found.with_hindsight >= found.advantage


def test_noise_keeps_even_that_model_under_what_epsilon_promises():
    given = {**FEW_PATIENTS_MANY_COLUMNS, "privacy": {"epsilon": 1.0}}
    found = membership(states(Scenario.from_dict(given))[-1])
    assert found.epsilon == pytest.approx(1, abs=0.01)
    assert found.bound == pytest.approx(math.tanh(0.5), abs=0.01)
    assert found.interval[0] < found.allowed < found.bound


def test_a_patient_of_a_hospital_that_the_server_hides_is_hidden_less_than_the_hospital():
    privacy = {"unit": "hospital", "epsilon": 1.0}
    state = states(small(privacy=privacy))[-1]
    found = membership(state)
    assert state.plan is not None
    hospital = float(state.plan.spent(state.released).max())
    assert found.epsilon is not None
    assert found.epsilon > 1.5 * hospital


def test_a_round_without_noise_leaves_no_promise():
    scenario = small().replace({"change": [{"round": 3, "set": {"privacy.epsilon": 1.0}}]})
    found = membership(states(scenario)[-1])
    assert found.epsilon == math.inf
    assert (found.bound, found.allowed) == (1, 1)


# The ceiling and the interval


@pytest.mark.parametrize(
    ("epsilon", "delta", "most"),
    [(0, 0, 0), (0, 0.1, 0.1), (1, 0, 0.462117), (4, 0, 0.964028), (1, 1e-2, 0.467496),
     (math.inf, 0, 1), (2000, 1e-5, 1)],
)  # fmt: skip
def test_the_ceiling_is_the_formula_without_overflow(epsilon, delta, most):
    assert bound(epsilon, delta) == pytest.approx(most, abs=1e-6)


@given(st.floats(0.3, 30), st.integers(1, 50), st.sampled_from([1e-9, 1e-5, 1e-2]))
def test_the_best_test_against_gaussian_noise_never_passes_the_ceiling(z, count, delta):
    releases = (Release(z, count),)
    allowed = 2 * accountant.best_guess(releases) - 1
    assert allowed <= bound(accountant.epsilon(releases, delta), delta) + 1e-9


def test_intervals_are_the_papers():
    """Newcombe 1998, table II: 56 of 70 against 48 of 80 by method 10."""
    found = Membership(1, 0.5, 56 / 70, 48 / 80, 70, 80, 0.3, None, None, 1.0, 1.0)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998a


def test_nineteen_of_twenty_intervals_hold_the_truth():
    draw = np.random.default_rng(1)
    inside, outside = draw.binomial(100, 0.6, 1000) / 100, draw.binomial(40, 0.5, 1000) / 40
    held = 0
    for a, b in zip(inside, outside, strict=True):
        low, high = Membership(1, 0.5, a, b, 100, 40, 0, None, None, 1.0, 1.0).interval
        held += low <= 0.1 <= high
    assert 0.93 < held / 1000 < 0.98
