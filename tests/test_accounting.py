"""Subsampled Gaussian accounting against other people's numbers and against itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.privacy import accountant, ledger
from engine.privacy.ledger import Release
from engine.privacy.subsampled import compose, epsilons, step_losses

# dp-accounting 0.6.0, pessimistic privacy-loss distribution: q, noise multiplier, steps, δ, ε.
REFERENCE = [
    (0.1, 1.1, 20, 1e-5, 2.975705),
    (0.5, 1.0, 100, 1e-5, 39.975003),
    (0.05, 0.8, 2000, 1e-5, 26.576933),
    (0.01, 0.7, 3000, 1e-6, 8.583611),
    (0.16, 1.5, 250, 1e-5, 9.751555),
]


@pytest.mark.parametrize(("q", "z", "steps", "delta", "epsilon"), REFERENCE)
def test_epsilon_is_the_references_to_four_digits_and_not_below(q, z, steps, delta, epsilon):
    (ours,) = epsilons(q, z, [steps], delta)
    assert ours == pytest.approx(epsilon, rel=1e-4)
    assert ours >= epsilon * (1 - 1e-6)


@settings(max_examples=15)
@given(st.floats(0.02, 0.95), st.floats(0.6, 5), st.integers(1, 40), st.sampled_from([1e-4, 1e-6]))
def test_sampling_never_costs_more_than_taking_everyone(q, z, steps, delta):
    (sampled,) = epsilons(q, z, [steps], delta)
    assert sampled <= ledger.epsilon((Release(z),) * steps, delta) * (1 + 1e-4)


@settings(max_examples=15)
@given(st.floats(0.02, 0.95), st.floats(0.6, 5))
def test_epsilon_grows_with_every_step(q, z):
    curve = epsilons(q, z, [1, 2, 5, 10, 20], 1e-5)
    assert curve == sorted(curve)


def test_almost_certain_sampling_is_the_gaussian_mechanism():
    (nearly,) = epsilons(1 - 1e-9, 2.0, [10], 1e-5)
    assert nearly == pytest.approx(ledger.epsilon((Release(2.0),) * 10, 1e-5), rel=1e-4)


@settings(max_examples=15)
@given(st.floats(0.02, 0.95), st.floats(0.6, 5))
def test_a_loss_keeps_both_worlds_mass(q, z):
    """Σ mass = 1 under one world, and E[e^−L] = 1 under the other, up to what was cut off."""
    for losses in step_losses(q, z):
        grid = (losses.low + np.arange(len(losses.mass))) * losses.step
        assert losses.mass.min() >= 0
        assert losses.mass.sum() + losses.lost == pytest.approx(1, abs=1e-12)
        assert float(losses.mass @ np.exp(-grid)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("q", "z"), [(0.3, 1.2), (0.5, 0.6), (0.95, 2.0), (0.05, 0.8)])
def test_a_curve_costs_at_each_count_what_that_count_costs_alone(q, z):
    counts = [1, 2, 10, 100, 600]
    for losses in step_losses(q, z):
        curve = [together.epsilon(1e-5) for together in compose(losses, counts)]
        alone = [compose(losses, [n])[0].epsilon(1e-5) for n in counts]
        np.testing.assert_allclose(curve, alone, rtol=1e-6)


@pytest.mark.parametrize(
    ("q", "budget", "steps", "multiplier"), [(1.0, 1.0, 20, 16.683892), (0.1, 1.0, 20, 2.102227)]
)
def test_calibration_meets_the_reference(q, budget, steps, multiplier):
    assert accountant.noise_multiplier(budget, 1e-5, steps, q) == pytest.approx(
        multiplier, rel=2e-5
    )


@settings(max_examples=10)
@given(st.floats(0.05, 1), st.floats(0.3, 20), st.integers(1, 60))
def test_calibration_inverts_accounting_from_below(q, budget, steps):
    z = accountant.noise_multiplier(budget, 1e-5, steps, q)
    assert budget * (1 - 1e-4) <= accountant.epsilon((Release(z, steps, q),), 1e-5) <= budget
