"""Models: every gradient against finite differences, every length against an explicit gradient."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import DataError, Scenario, ScenarioError, references, run
from engine.arrays import Floats
from engine.attacks.case_count import case_count
from engine.attacks.every import every
from engine.attacks.one_patient import one_patient, ratio
from engine.attacks.outcome import Outcome
from engine.attacks.two_runs import two_runs
from engine.attacks.victim import in_one_step
from engine.blocks import LARGEST, blocks
from engine.class_weights import ClassWeights, balanced
from engine.data import memory
from engine.data.federation import Table
from engine.estimates import base
from engine.estimates.base import EstimateOf, hospitals_at_once
from engine.estimates.minibatch import Minibatch, visiting_order
from engine.estimates.patient_level import PatientLevel
from engine.evaluation import predicting
from engine.events import EpochTrained, Preparing, RunStarted
from engine.models import Logistic, Mlp, Model
from engine.models.base import residuals, summed_loss
from engine.references import Trained
from engine.sections import Training
from engine.stages.l2 import L2
from engine.steps import finished as made
from engine.training import train_block
from engine.wire import HEADER_SIZE
from tests.builders import events, finished, params, small, states, table

networks = st.builds(Mlp, st.integers(1, 4), st.integers(1, 5))
models = st.one_of(networks, st.builds(Logistic, st.integers(1, 4)))
seeds = st.integers(0, 99)


def drawn(model: Model, features: int, seed: int, b: int, k: int) -> tuple[Floats, Floats, Floats]:
    """Params (d, k), rows with a one (features + 1, b, k) and labels (b, k)."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(features + 1, b, k))
    x[-1] = 1.0
    return draw.normal(size=(model.parameters, k)), x, draw.integers(2, size=(b, k)).astype(float)


def by_differences(model: Model, params: Floats, x: Floats) -> Floats:
    """∂logit/∂params of one patient, (d,), by shaking each param."""
    shaken = params + 1e-5 * np.vstack([np.eye(len(params)), -np.eye(len(params))])
    logits = np.array([model.logits(each, x[None])[0] for each in shaken])
    return (logits[: len(params)] - logits[len(params) :]) / 2e-5


def trained(
    of: Table,
    training: Training,
    estimate: EstimateOf,
    anchor: Floats,
    address: tuple[int, int] = (7, 1),
) -> Floats:
    """Every hospital's params after local training, (K, d)."""
    local = np.empty((len(of.sizes), len(anchor)))
    for block in blocks(of, np.arange(len(of.sizes))):
        *_, (_, local[block.rows]) = train_block(block, anchor, training, [], address, estimate)
    return local


# One patient's gradient


@given(models, seeds, st.integers(1, 4), st.integers(1, 3))
def test_factors_combine_the_gradients_of_single_patients(model, seed, b, k):
    local, x, _ = drawn(model, model.features, seed, b, k)
    factors = np.random.default_rng(seed).normal(size=(b, k))
    combined = model.forward(local, x).combined(factors)
    for hospital in range(k):
        each = [by_differences(model, local[:, hospital], x[:-1, i, hospital]) for i in range(b)]
        np.testing.assert_allclose(
            combined[:, hospital], factors[:, hospital] @ np.array(each), atol=1e-7, rtol=1e-6
        )


@given(models, seeds, st.integers(1, 4), st.integers(1, 3))
def test_a_length_is_that_of_the_patients_own_gradient_though_none_is_built(model, seed, b, k):
    local, x, _ = drawn(model, model.features, seed, b, k)
    forward = model.forward(local, x)
    lengths = forward.lengths(np.linalg.norm(x, axis=0))
    for i in range(b):
        alone = np.zeros((b, k))
        alone[i] = 1.0
        own = forward.combined(alone)  # (d, k): one patient of each hospital
        np.testing.assert_allclose(lengths[i], np.linalg.norm(own, axis=0), rtol=1e-12)


@given(models, seeds)
def test_the_kernels_logits_are_the_models(model, seed):
    local, x, _ = drawn(model, model.features, seed, 5, 3)
    logits = model.forward(local, x).logits
    for k in range(3):
        own = model.logits(local[:, k], x[:-1, :, k].T)
        np.testing.assert_allclose(logits[:, k], own, rtol=0, atol=1e-12)


@given(models, seeds)
def test_padding_adds_nothing_to_a_gradient_a_length_or_a_loss(model, seed):
    local, x, y = drawn(model, model.features, seed, 4, 2)
    x[:, 2:], y[2:] = 0.0, 0.5
    forward = model.forward(local, x)
    np.testing.assert_array_equal(forward.lengths(np.linalg.norm(x, axis=0))[2:], 0.0)
    residual = residuals(forward.logits, y)
    np.testing.assert_array_equal(residual[2:], 0.0)
    np.testing.assert_allclose(summed_loss(residual), summed_loss(residual[:2]), rtol=1e-12)
    without = model.forward(local, x[:, :2])
    np.testing.assert_allclose(
        forward.combined(residual), without.combined(residual[:2]), rtol=0, atol=1e-12
    )


def test_a_row_too_long_for_its_square_has_a_length_all_the_same():
    model = Mlp(2, 3)
    local, x, _ = drawn(model, 2, 1, 1, 1)
    forward = model.forward(local * 1e-300, x)
    assert forward.lengths(np.full((1, 1), 1e200)) == pytest.approx(1.0)
    assert np.isfinite(model.forward(local, x).lengths(np.full((1, 1), 1e200))).all()


# Training


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.integers(0, 8),
    st.integers(1, 3),
    networks,
    seeds,
)
def test_hospitals_trained_together_are_trained_as_if_alone(sizes, batch, epochs, model, seed):
    """Alone: patient by patient, each layer's derivative by hand."""
    of = table(sizes, model.features, seed)
    training = Training(local_epochs=epochs, batch_size=batch)
    anchor = model.initial(seed)
    together = trained(of, training, Minibatch(model), anchor)
    for hospital, n in enumerate(sizes):
        own, params = of.starts[hospital], anchor.copy()
        b = min(batch or n, n)
        for epoch in range(1, epochs + 1):
            order = visiting_order(7, 1, epoch, np.array([n]))[:, 0]
            for start in range(0, n, b):
                mine = own + order[start : start + b]
                step = sum(by_hand(model, params, of.x[i], of.y[i]) for i in mine) / len(mine)
                params = params - training.learning_rate * step
        np.testing.assert_allclose(together[hospital], params, rtol=0, atol=1e-12)


def by_hand(model: Mlp, params: Floats, x: Floats, y: float) -> Floats:
    """(p − y) ∂logit/∂params of one patient, (d,): the chain rule, written out."""
    units = params[: model.hidden * (model.features + 1)].reshape(model.hidden, -1)
    weights = params[-model.hidden - 1 : -1]
    h = np.tanh(units[:, :-1] @ x + units[:, -1])
    residual = 1 / (1 + np.exp(-(weights @ h + params[-1]))) - y
    inner = [
        [*(weights[j] * (1 - h[j] ** 2) * x), weights[j] * (1 - h[j] ** 2)] for j in range(len(h))
    ]
    return residual * np.array([*np.ravel(inner), *h, 1.0])


def test_a_step_over_all_patients_is_scikit_learns():
    from sklearn.neural_network import MLPClassifier

    of, model = table([60], 3, 4), Mlp(3, 5)
    anchor = model.initial(4)
    local = trained(
        of, Training(local_epochs=1, batch_size=0, learning_rate=0.5), Minibatch(model), anchor
    )
    theirs = MLPClassifier(
        (5,), activation="tanh", solver="sgd", alpha=0.0, batch_size=60, learning_rate_init=0.5,
        momentum=0.0, shuffle=False, max_iter=1,
    )  # fmt: skip
    theirs.partial_fit(of.x, of.y, classes=[0.0, 1.0])
    units = anchor[:20].reshape(5, 4)
    theirs.coefs_ = [units[:, :-1].T.copy(), anchor[20:25, None].copy()]
    theirs.intercepts_ = [units[:, -1].copy(), anchor[25:].copy()]
    theirs.partial_fit(of.x, of.y)
    moved = np.concatenate(
        [np.column_stack([theirs.coefs_[0].T, theirs.intercepts_[0]]).ravel(),
         theirs.coefs_[1][:, 0], theirs.intercepts_[1]]
    )  # fmt: skip
    np.testing.assert_allclose(local[0], moved, rtol=0, atol=1e-10)


@settings(max_examples=25)
@given(st.integers(2, 12), st.floats(0.01, 2), networks, seeds, st.booleans())
def test_a_patient_moves_a_networks_sum_by_no_more_than_the_clip(n, clip_norm, model, seed, huge):
    """Zero-out adjacency: the row in place, or a row of nothing; same coins, no noise."""
    of = table([n], model.features, seed)
    of.x[0] *= 1e6 if huge else 1.0
    training = Training(local_steps=1, batch_size=0, learning_rate=1.0)
    anchor = model.initial(seed)

    def released(padded: bool) -> Floats:
        some = Table(of.x, of.y, of.starts)
        if padded:  # as the kernel stands for nobody
            some.with_one[0][0], some.with_one[1][0], some.lengths[0] = 0.0, 0.5, 0.0
        estimate = PatientLevel(model, clip_norm, np.zeros(1))
        return np.asarray((anchor - trained(some, training, estimate, anchor)[0]) * n)

    assert np.linalg.norm(released(False) - released(True)) <= clip_norm * (1 + 1e-9)


def test_each_clipped_gradient_is_cut_to_the_clip_and_keeps_its_direction():
    of, model, clip_norm = table([40], 3, 2), Mlp(3, 4), 0.5
    anchor = 2 * model.initial(2)
    training = Training(local_steps=1, batch_size=0, learning_rate=1.0)
    estimate = PatientLevel(model, clip_norm, np.zeros(1))
    released = (anchor - trained(of, training, estimate, anchor)[0]) * 40
    each = [by_hand(model, anchor, x, y) for x, y in zip(of.x, of.y, strict=True)]
    assert max(map(np.linalg.norm, each)) > clip_norm > min(map(np.linalg.norm, each))
    cut = sum(g * min(1.0, clip_norm / np.linalg.norm(g)) for g in each)
    np.testing.assert_allclose(released, cut, rtol=0, atol=1e-12)


@pytest.mark.parametrize("private", [False, True])
def test_a_minibatch_taken_in_pieces_gives_the_same_step(monkeypatch, private):
    of, model = table([50, 43, 29], 3, 1), Mlp(3, 4)
    estimate: EstimateOf = PatientLevel(model, 0.5, np.ones(3)) if private else Minibatch(model)
    training, anchor = Training(batch_size=20), model.initial(1)
    whole = trained(of, training, estimate, anchor)
    monkeypatch.setattr(base, "_HELD", 3 * 4 * 7)  # two patients of three hospitals at once
    np.testing.assert_allclose(trained(of, training, estimate, anchor), whole, rtol=0, atol=1e-12)


def test_a_wide_network_is_trained_within_bounds():
    """4,096 units: neither a block's params nor what is held for a minibatch grows with the rest."""
    model = Mlp(30, 4096)
    at_once = hospitals_at_once(model)
    assert at_once * model.parameters * 8 < 32e6  # bytes
    assert hospitals_at_once(Mlp(10, 16)) > 100
    assert hospitals_at_once(Logistic(30)) == LARGEST
    of = table([200] * 5, 30)
    parts = list(blocks(of, np.arange(5), at_once))
    assert [len(part.sizes) for part in parts] == [1] * 5
    (batch,) = Minibatch(model)(parts[0], Training(batch_size=0), (1, 1)).batches(1)
    assert len(batch.pieces) > 1
    held = max(p.stop - p.start for p in batch.pieces) * model.held * 8
    assert held < 64e6  # bytes


def test_a_wide_network_predicts_in_steps_what_it_predicts_at_once():
    model, of = Mlp(3, 4096), table([300], 3)
    params = model.initial(1)
    steps = list(predicting(model, params, of.x))
    assert [done for _, done, _ in steps] == [*range(81, 300, 81), 300]
    logits = made(predicting(model, params, of.x))
    np.testing.assert_allclose(logits, model.logits(params, of.x), rtol=0, atol=1e-12)
    assert not list(predicting(Mlp(3, 16), Mlp(3, 16).initial(1), of.x))  # nothing to tell


def test_a_network_that_no_machine_could_hold_for_all_hospitals_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(memory, "physical", lambda: 1_000_000)  # bytes
    scenario = small(model={"kind": "mlp", "hidden": 4096})
    monkeypatch.setattr(memory, "COPIES", 0)  # the patients fit
    with pytest.raises(DataError, match=r"lower model\.hidden"):
        run(scenario)


def test_no_network_is_told_that_a_logistic_models_steps_overshoot():
    fast = {"learning_rate": 9.0}
    assert any("overshoots" in note for note in small(training=fast).notes)
    assert not any("overshoots" in n for n in small(training=fast, model={"kind": "mlp"}).notes)
    stiff = small(training=fast, model={"kind": "mlp", "l2": 1.0})
    assert any("from 2 on" in note for note in stiff.notes)


# Params


@given(networks, seeds)
def test_initial_weights_are_glorots_and_addressed(model, seed):
    params = model.initial(seed)
    np.testing.assert_array_equal(params, Mlp(model.features, model.hidden).initial(seed))
    assert not np.array_equal(params, model.initial(seed + 1))
    np.testing.assert_array_equal(params[model.biases], 0.0)
    weights = np.delete(params, model.biases)
    inner, outer = weights[: -model.hidden], weights[-model.hidden :]
    assert np.abs(inner).max() <= math.sqrt(6 / (model.features + model.hidden))
    assert np.abs(outer).max() <= math.sqrt(6 / (model.hidden + 1))
    assert np.all(weights != 0)


@given(models)
def test_l2_pulls_every_weight_and_no_bias(model):
    local = np.arange(1.0, model.parameters + 1)[None]
    gradient = np.full_like(local, 0.25)
    pulled = L2(0.5, model).on_gradient(gradient, local, local[0]) - gradient
    free = np.zeros(model.parameters, bool)
    free[model.biases] = True
    np.testing.assert_allclose(pulled[0], np.where(free, 0.0, 0.5 * local[0]))


# Class weights


def uneven(**sections: dict[str, object]) -> Scenario:
    """Hospitals of four sizes."""
    return small(data={"partition": "quantity", "sizes": ["1", "2", "3", "4"]}, **sections)


def test_balanced_weights_are_scikit_learns_and_their_counts_travel():
    from sklearn.linear_model import LogisticRegression
    from sklearn.utils.class_weight import compute_class_weight

    scenario = uneven(model={"class_weight": "balanced"})
    (started,) = events(scenario, RunStarted)
    prepared = started.state.prepared
    train = prepared.federation.train
    theirs = compute_class_weight("balanced", classes=np.array([0.0, 1.0]), y=train.y)
    weights = prepared.class_weights
    assert (weights.negative, weights.positive) == pytest.approx(tuple(theirs), rel=1e-15)
    assert started.setup["label counts"] == (4, 4 * (HEADER_SIZE + 8))
    assert started.setup["class weights"] == (4, 4 * (HEADER_SIZE + 16))
    assert any("no ε covers them" in note for note in started.notes)
    pooled = LogisticRegression(class_weight="balanced", tol=1e-10, max_iter=1000).fit(
        train.x, train.y
    )
    expected = [*pooled.coef_[0], pooled.intercept_[0]]
    np.testing.assert_allclose(started.baselines.pooled_params, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["logistic", "mlp"])
def test_a_weight_is_as_good_as_so_many_copies_of_a_patient(kind):
    """A step over all, cases weighing 3 and others 1: that of a table which has each case thrice."""
    of = table([30], 2, 5)
    model: Model = Mlp(2, 3) if kind == "mlp" else Logistic(2, "uniform")
    copies = np.repeat(np.arange(30), np.where(of.y > 0.5, 3, 1))
    many = Table(of.x[copies], of.y[copies], np.array([0, len(copies)]))
    training, anchor = Training(local_epochs=1, batch_size=0), model.initial(1)
    once = trained(of, training, Minibatch(model, ClassWeights(1.0, 3.0)), anchor) - anchor
    thrice = trained(many, training, Minibatch(model), anchor) - anchor
    np.testing.assert_allclose(30 * once, len(copies) * thrice, rtol=0, atol=1e-13)


@given(networks, seeds, st.floats(0.1, 20), st.floats(0.01, 1))
def test_a_weight_is_inside_the_clip(model, seed, weight, clip_norm):
    of, anchor = table([12], model.features, seed), model.initial(seed)
    training = Training(local_steps=1, batch_size=0, learning_rate=1.0)
    estimate = PatientLevel(model, clip_norm, np.zeros(1), ClassWeights(weight, 2 * weight))
    released = (anchor - trained(of, training, estimate, anchor)[0]) * 12
    each = [by_hand(model, anchor, x, y) for x, y in zip(of.x, of.y, strict=True)]
    weighed = [g * weight * (1 + y) for g, y in zip(each, of.y, strict=True)]
    cut = sum(g * min(1.0, clip_norm / np.linalg.norm(g)) for g in weighed)
    np.testing.assert_allclose(released, cut, rtol=0, atol=1e-11)


def test_losses_are_told_unweighed():
    plain, balanced = (
        events(
            uneven(training={"rounds": 1, "local_epochs": 1, "batch_size": 0}, model=model),
            EpochTrained,
        )
        for model in ({}, {"class_weight": "balanced"})
    )
    for one, other in zip(plain, balanced, strict=True):
        np.testing.assert_array_equal(one.losses, other.losses)  # both at the model of round 1


def test_without_a_second_class_there_is_nothing_to_balance():
    assert balanced(np.array([5.0, 0.0])).tolist() == [1.0, 1.0]


# Beside the run


def test_a_networks_references_are_the_same_network_trained_without_the_federation():
    """One hospital: alone and pooled are one thing, and as good as a run that sends it back and forth."""
    scenario = small(
        data={"hospitals": 1}, model={"kind": "mlp", "hidden": 4}, training={"rounds": 3}
    )
    (started,) = events(scenario, RunStarted)
    beside = started.baselines
    assert beside.alone_correct.tolist() == beside.pooled_correct.tolist()
    assert beside.local_only == beside.pooled
    assert len(beside.pooled_params) == started.parameters == 4 * 4 + 5
    (*_, last) = finished(scenario)
    assert abs(last.score.correct - beside.pooled.correct) <= 0.05 * last.score.patients


def test_a_networks_references_tell_how_far_they_are():
    scenario = small(model={"kind": "mlp"})
    seen = events(scenario, Preparing)
    for what in ("each one alone", "all data in one place"):
        steps = [(e.done, e.total) for e in seen if e.what == what]
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]
        assert len(steps) > 20


def test_all_data_in_one_place_take_as_many_steps_as_all_hospitals_together():
    """Where steps are counted: two hospitals, three rounds of two steps each."""
    model, of = Mlp(2, 3), table([40, 30], 2)
    training = Training(rounds=3, local_steps=2, batch_size=10)
    twelve, six = (
        trained(
            Table(of.x, of.y, np.array(starts)),
            replace(training, local_steps=steps),
            Minibatch(model),
            model.initial(1),
            address=(1, 0),
        )
        for starts, steps in (([0, 70], 12), ([0, 40, 70], 6))
    )
    reference = Trained(model, training, 0.0, 1)
    np.testing.assert_array_equal(made(reference.pooled(of)), twelve[0])
    np.testing.assert_array_equal(made(reference.alone(of)), six)
    (started,) = events(small(model={"kind": "mlp"}, training={"local_steps": 2}), RunStarted)
    assert any("as all hospitals' rounds have together" in note for note in started.notes)


def test_a_reference_takes_no_more_steps_than_it_may(monkeypatch):
    """Of 100 passes only those that fit; with one step at most, one pass."""
    model, of = Mlp(2, 3), table([40, 30], 2)
    training = Training(rounds=10, local_epochs=10, batch_size=10)
    reference = Trained(model, training, 0.0, 1)
    monkeypatch.setattr(references, "_STEPS", 21)  # a pass of 70 patients has seven
    three = trained(
        Table(of.x, of.y, np.array([0, 70])),
        replace(training, local_epochs=3),
        Minibatch(model),
        model.initial(1),
        address=(1, 0),
    )
    np.testing.assert_array_equal(made(reference.pooled(of)), three[0])


def test_masks_compression_and_forks_take_a_network_as_they_take_any_params():
    network = {"kind": "mlp", "hidden": 3, "l2": 0.01}
    plain, masked = (params(small(model=network, **more)) for more in ({}, {"masking": {}}))
    np.testing.assert_allclose(plain, masked, atol=1e-4)
    rounds = finished(small(model=network))
    again = finished(small(model=network), start=rounds[2].state)
    np.testing.assert_array_equal(again[-1].state.params, rounds[-1].state.params)
    assert rounds[-1].uplink_bytes == 4 * (HEADER_SIZE + 4 * (3 * 4 + 4))


def test_an_mlp_says_that_it_starts_at_random():
    assert "from zero" in " ".join(small(model={"kind": "mlp", "init": "zero"}).notes)
    assert small(model={"kind": "mlp"}).notes == small().notes


# Attacks


def network(**sections: dict[str, object]) -> Scenario:
    return small(model={"kind": "mlp", "hidden": 4}, **sections)


def test_a_networks_update_of_one_patient_is_her_record_too():
    before = states(network())[2]
    found = one_patient(network(), before, 1, 7)
    assert found.outcome is Outcome.READ
    assert found.guess == found.label
    assert one_patient(network(masking={}), before, 1, 7).outcome is Outcome.HIDDEN


def test_any_one_unit_gives_the_record():
    model, of = Mlp(3, 4), table([1], 3, 6)
    anchor = model.initial(3)
    update = trained(of, Training(local_epochs=5), Minibatch(model), anchor)[0] - anchor
    for unit in model.units(update):
        np.testing.assert_allclose(ratio(unit[None]), of.x[0], rtol=1e-9)


@pytest.mark.parametrize("class_weight", ["none", "balanced"])
def test_two_runs_under_one_seed_give_a_networks_gradient_of_one_patient(class_weight):
    scenario = in_one_step(small(model={"kind": "mlp", "class_weight": class_weight}))
    found = two_runs(scenario, states(scenario)[0], 0, 3)
    np.testing.assert_allclose(found.exact, found.gradient, atol=1e-10)
    assert found.outcome is Outcome.READ


def test_the_number_of_cases_is_a_logistic_models_to_give():
    with pytest.raises(ScenarioError, match=r"set model\.kind to logistic"):
        case_count(network(), states(network())[0], 0)
    assert every(network(), states(network())[0], 0).cases is None
