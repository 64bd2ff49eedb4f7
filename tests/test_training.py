"""Local training: what FedAvg and FedProx promise, before the wire and through it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.arrays import Floats
from engine.blocks import LARGEST, blocks
from engine.cohort import draw_cohort
from engine.data import load
from engine.data.federation import Table
from engine.estimates import base
from engine.estimates.minibatch import Minibatch, visiting_order
from engine.events import UpdatesProtected
from engine.models import Logistic
from engine.sections import Training
from engine.stages.fedprox import FedProx
from engine.stages.l2 import L2
from engine.training import Objective, train_block
from tests.builders import events, params, small, table

FULL_BATCH = Training(local_epochs=1, batch_size=0, learning_rate=0.3)
sizes_of_hospitals = st.lists(st.integers(1, 40), min_size=1, max_size=8)


def trained(
    of: Table, training: Training, anchor: Floats, *objectives: Objective, round: int = 1
) -> Floats:
    """Every hospital's params after local training, (K, d)."""
    everyone = np.arange(len(of.sizes))
    local = np.empty((len(everyone), len(anchor)))
    for block in blocks(of, everyone):
        estimate = Minibatch(Logistic(of.x.shape[1]))
        for _, now in train_block(block, anchor, training, objectives, (7, round), estimate):
            local[block.rows] = now
    return local


def one_by_one(of: Table, training: Training, anchor: Floats, round: int = 1) -> Floats:
    """The same, hospital by hospital and step by step, in the plainest way there is."""
    result = []
    for i, n in enumerate(of.sizes):
        rows = slice(of.starts[i], of.starts[i + 1])
        x = np.column_stack([of.x[rows], np.ones(n)])
        y, w, steps = of.y[rows], anchor.copy(), 0
        batch = min(training.batch_size or n, n)
        for epoch in range(1, 10_000):
            order = visiting_order(7, round, epoch, np.array([n]))[:, 0]
            for start in range(0, n, batch):
                done = steps == training.local_steps if training.local_steps else False
                if done or (not training.local_steps and epoch > training.local_epochs):
                    break
                mine = order[start : start + batch]
                p = 1 / (1 + np.exp(-x[mine] @ w))
                w = w - training.learning_rate * x[mine].T @ (p - y[mine]) / len(mine)
                steps += 1
            else:
                continue
            break
        result.append(w)
    return np.array(result)


@given(sizes_of_hospitals, st.integers(0, 5))
def test_one_full_batch_step_of_fedavg_is_a_step_of_pooled_gradient_descent(sizes, seed):
    of = table(sizes, 4, seed)
    anchor = np.random.default_rng(seed).normal(size=5)
    local = trained(of, FULL_BATCH, anchor)
    fedavg = anchor + of.sizes @ (local - anchor) / of.sizes.sum()
    x = np.column_stack([of.x, np.ones(len(of.x))])
    gradient = x.T @ (1 / (1 + np.exp(-x @ anchor)) - of.y) / len(x)
    np.testing.assert_allclose(fedavg, anchor - 0.3 * gradient, rtol=0, atol=1e-12)


def test_the_same_holds_through_the_wire_to_float32():
    scenario = small(
        training={"rounds": 1, "local_epochs": 1, "batch_size": 0, "learning_rate": 0.3}
    )
    train = load(scenario.data, scenario.seed).train
    x = np.column_stack([train.x, np.ones(len(train.x))])
    step_of_pooled = -0.3 * x.T @ (0.5 - train.y) / len(x)
    np.testing.assert_allclose(params(scenario), step_of_pooled, rtol=0, atol=1e-7)


@settings(max_examples=40)
@given(
    sizes_of_hospitals,
    st.integers(0, 12),
    st.integers(1, 4),
    st.integers(0, 9),
    st.integers(0, 3),
)
def test_batching_over_hospitals_changes_no_result(sizes, batch, epochs, steps, seed):
    of = table(sizes, 3, seed)
    training = Training(local_epochs=epochs, local_steps=steps, batch_size=batch)
    anchor = np.random.default_rng(seed).normal(size=4)
    together = trained(of, training, anchor)
    np.testing.assert_allclose(together, one_by_one(of, training, anchor), rtol=0, atol=1e-11)


def test_more_hospitals_than_a_block_are_trained_as_if_alone():
    of = table([3] * (LARGEST + 5), 2)
    training = Training(local_epochs=2, batch_size=2)
    anchor = np.zeros(3)
    np.testing.assert_allclose(
        trained(of, training, anchor), one_by_one(of, training, anchor), atol=1e-12
    )


def test_a_hospital_trains_alike_whoever_else_takes_part():
    of = table([30, 17, 9, 22], 3)
    training, anchor = Training(batch_size=8), np.zeros(4)
    everyone = trained(of, training, anchor)
    for subset in ([1], [0, 3], [1, 2, 3]):
        cohort = np.array(subset)
        for block in blocks(of, cohort):
            *_, (_, local) = train_block(
                block, anchor, training, [], (7, 1), Minibatch(Logistic(3))
            )
            np.testing.assert_allclose(local, everyone[block.hospitals], rtol=0, atol=1e-12)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.integers(0, 9))
def test_every_hospital_visits_each_patient_once_per_pass(sizes, seed):
    sizes = np.array(sorted(sizes, reverse=True))
    order = visiting_order(seed, 1, 1, sizes)
    order = np.broadcast_to(order, (order.shape[0], len(sizes)))
    for i, n in enumerate(sizes):
        assert sorted(order[:n, i]) == list(range(n))


def test_no_two_passes_or_rounds_share_an_order():
    sizes = np.array([40])
    orders = [visiting_order(7, r, e, sizes)[:, 0].tolist() for r in (1, 2) for e in (1, 2)]
    assert len(set(map(tuple, orders))) == 4


def test_the_visiting_order_is_uniform():
    firsts = [visiting_order(seed, 1, 1, np.array([9, 5]))[0, 1] for seed in range(2000)]
    counts = np.bincount(firsts, minlength=5)
    assert np.sum((counts - 400) ** 2 / 400) < 18.5  # χ² with 4 degrees of freedom, p = .001


@given(st.floats(0, 1000), st.integers(0, 5))
def test_with_one_local_step_fedprox_is_fedavg_for_any_mu(mu, seed):
    of, anchor = table([9, 20], 3, seed), np.random.default_rng(seed).normal(size=4)
    plain = trained(of, FULL_BATCH, anchor)
    np.testing.assert_array_equal(trained(of, FULL_BATCH, anchor, FedProx(mu).on_gradient), plain)


def test_mu_zero_is_fedavg_bit_for_bit():
    fedavg, fedprox = small(), small(fedprox={"mu": 0.0})
    np.testing.assert_array_equal(params(fedavg), params(fedprox))


def test_updates_shrink_as_mu_grows_while_the_rate_allows():
    def norm(mu: float) -> float:
        scenario = small(training={"rounds": 1, "local_epochs": 20}, fedprox={"mu": mu})
        (event,) = events(scenario, UpdatesProtected)
        return float(event.norms.sum())

    norms = [norm(mu) for mu in (0.0, 0.1, 0.5, 1.0, 3.0, 8.0)]
    assert norms == sorted(norms, reverse=True)
    assert norms[-1] < 0.3 * norms[0]


def test_l2_pulls_weights_and_not_the_bias():
    of, anchor = table([12], 3), np.array([1.0, -2.0, 0.5, 4.0])
    plain = trained(of, FULL_BATCH, anchor)
    pulled = trained(of, FULL_BATCH, anchor, L2(0.1, Logistic(3)).on_gradient)
    np.testing.assert_allclose(plain - pulled, [0.3 * 0.1 * np.array([1.0, -2.0, 0.5, 0.0])])


@pytest.mark.parametrize("steps", [1, 3, 7])
def test_local_steps_take_the_place_of_epochs(steps):
    of = table([16, 16], 3)
    by_epochs = trained(of, Training(local_epochs=steps, batch_size=0), np.zeros(4))
    by_steps = trained(of, Training(local_epochs=1, local_steps=steps, batch_size=0), np.zeros(4))
    np.testing.assert_array_equal(by_epochs, by_steps)


@given(st.integers(1, 50), st.integers(0, 9))
def test_a_cohort_has_no_hospital_twice_and_depends_on_seed_and_round_only(hospitals, seed):
    size = max(1, hospitals // 2)
    cohort = draw_cohort(seed, 3, size, hospitals)
    assert len(set(cohort.tolist())) == size
    np.testing.assert_array_equal(cohort, draw_cohort(seed, 3, size, hospitals))


def test_cohorts_change_from_round_to_round():
    assert len({tuple(draw_cohort(1, round, 5, 20)) for round in range(10)}) == 10


def test_a_hospital_that_takes_no_step_has_no_loss():
    of = table([100, 60], 2)
    (block,) = blocks(of, np.arange(2))
    training = Training(local_steps=8, batch_size=10)
    passes = [
        p
        for p, _ in train_block(block, np.zeros(3), training, [], (7, 1), Minibatch(Logistic(2)))
        if p.passed is not None
    ]
    assert [np.isfinite(p.passed.losses).tolist() for p in passes] == [[True, True], [False, True]]


def test_one_large_hospital_among_many_small_ones_costs_no_padding():
    of = table([5000] + [5] * 300, 2)
    parts = list(blocks(of, np.arange(301)))
    assert [len(part.sizes) for part in parts] == [1, 300]
    cohort = np.sort(np.concatenate([part.hospitals for part in parts]))
    np.testing.assert_array_equal(cohort, np.arange(301))


def test_losses_are_those_of_the_pass_itself():
    of = table([10], 2)
    (block,) = blocks(of, np.array([0]))
    training = replace(FULL_BATCH, local_epochs=1)
    *_, (progress, _) = train_block(
        block, np.zeros(3), training, [], (7, 1), Minibatch(Logistic(2))
    )
    np.testing.assert_allclose(progress.passed.losses, np.log(2))  # zero params: p = ½ for everyone


def read(of: Table, training: Training) -> tuple[int, int]:
    """Numbers of patients that the steps of one pass compute on, padding among them; and the steps."""
    numbers = steps = 0
    for block in blocks(of, np.arange(len(of.sizes))):
        for batch in Minibatch(Logistic(of.x.shape[1]))(block, training, (7, 1)).batches(1):
            numbers, steps = numbers + batch.x.size, steps + 1
    return numbers, steps


def skewed(hospitals: int, mean: int, features: int, seed: int) -> Table:
    """A few large hospitals and many small ones."""
    sizes = np.random.default_rng(seed).pareto(1.5, hospitals) * mean / 2 + 1
    return table(sizes.astype(int).clip(1, 2_000).tolist(), features, seed)


@pytest.mark.parametrize("batch", [8, 32, 0])
@pytest.mark.parametrize(("mean", "most"), [(40, 1.15), (200, 1.07)])
def test_ragged_hospitals_are_computed_without_padding_waste(mean, most, batch):
    """Counted and not timed; filled up to the largest they would be 1.8 and 2.0 with full batches."""
    of = skewed(400, mean, 30, seed=batch)
    numbers, _ = read(of, Training(batch_size=batch))
    assert 1 <= numbers / (len(of.x) * 31) < most


@settings(max_examples=25)
@given(st.integers(0, 99), st.integers(1, 120), st.sampled_from([1, 5, 32, 200, 0]))
def test_less_padding_is_never_bought_with_more_than_it_was(seed, hospitals, batch):
    of, training = skewed(hospitals, 30, 9, seed), Training(batch_size=batch)
    cut, steps = read(of, training)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "_CALL", 1e12)
        whole, fewest = read(of, training)
    assert len(of.x) * 10 <= cut
    assert cut + base._CALL * (steps - fewest) <= whole
