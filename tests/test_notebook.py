"""The errors of the notebook this grew from, each beside the truth that replaces it.

Bytes are in `test_codecs`, cases and records in `test_case_count` and `test_attacks`, one-shot averaging
and patients tested on in `test_scenarios_measured`.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.channels.masks import expand
from engine.privacy import accountant
from engine.privacy.ledger import Release


@pytest.mark.parametrize(("label", "epsilon"), [(0.1, 0.53), (1, 7.03), (10, 175.0)])
def test_its_labels_of_epsilon_are_none(label, epsilon):
    """σ = sqrt(2 ln 1.25) / ε is the classic formula at δ = 1; what it buys at δ = 1e-5 is another ε."""
    z = math.sqrt(2 * math.log(1.25)) / label
    assert accountant.epsilon((Release(z),), 1e-5) == pytest.approx(epsilon, rel=0.01)


def test_three_releases_of_one_model_cost_more_than_one():
    z = math.sqrt(2 * math.log(1.25))
    once, thrice = (accountant.epsilon((Release(z, n),), 1e-5) for n in (1, 3))
    assert thrice == pytest.approx(13.83, rel=0.001)
    assert once < thrice < accountant.naive((Release(z, 3),), 1e-5)[0]


def test_without_a_clip_no_sensitivity_holds_and_so_no_epsilon():
    assert math.isinf(accountant.epsilon((Release(0.0),), 1e-5))


def test_a_gaussian_mask_leaves_the_secret_in_sight_and_a_uniform_one_in_a_ring_does_not():
    draw = np.random.default_rng(1)
    secret = draw.normal(size=100_000)
    gaussian = secret + draw.normal(size=len(secret))
    assert np.corrcoef(secret, gaussian)[0, 1] == pytest.approx(0.71, abs=0.01)
    fixed_point = np.rint(secret * 2**20).astype(np.int64).astype(np.uint64)
    masked = (fixed_point + expand(bytes(31) + b"\x01", len(secret))) & np.uint64(2**32 - 1)
    assert abs(np.corrcoef(secret, masked.astype(np.float64))[0, 1]) < 0.02


def test_twenty_rounds_of_epsilon_one_are_not_epsilon_one():
    """5.41 at the same δ by exact composition; the naive sum is (20, 20 δ)."""
    z = accountant.noise_multiplier(1.0, 1e-5, 1)
    twenty = (Release(z, 20),)
    assert accountant.epsilon(twenty, 1e-5) == pytest.approx(5.41, abs=0.01)
    naive, delta = accountant.naive(twenty, 1e-5)
    assert naive == pytest.approx(20.0, rel=1e-5)
    assert delta == pytest.approx(20e-5)
