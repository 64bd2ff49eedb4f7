"""Accuracy, log-loss and AUC against scikit-learn, and where they do not exist."""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from engine import evaluation, metrics
from engine.data.federation import Table
from engine.events import Preparing
from engine.metrics import Score, auc, right, score, score_by_hospital
from engine.simulation import simulate
from engine.steps import finished
from tests.builders import small

LOGITS = st.integers(-12_000, 12_000).map(lambda i: i / 1000) | st.sampled_from([-1.0, 0.0, 1.0])


@st.composite
def judged(draw):
    n = draw(st.integers(2, 60))
    logits = np.array(draw(st.lists(LOGITS, min_size=n, max_size=n)))
    y = np.array(draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n)))
    y[:2] = 0, 1
    return logits, y


@given(judged())
def test_a_score_is_scikit_learns(case):
    logits, y = case
    ours, p = score(logits, y), 1 / (1 + np.exp(-logits))
    assert ours.patients == len(y)
    assert ours.accuracy == pytest.approx(accuracy_score(y, logits >= 0), abs=1e-12)
    assert ours.loss == pytest.approx(log_loss(y, p), abs=1e-9)
    assert ours.auc == pytest.approx(roc_auc_score(y, logits), abs=1e-12)
    assert ours.brier == pytest.approx(brier_score_loss(y, p), abs=1e-12)


@given(judged(), st.randoms(use_true_random=False))
def test_auc_knows_only_the_order(case, random):
    logits, y = case
    rows = list(range(len(y)))
    random.shuffle(rows)
    assert auc(logits, y) == pytest.approx(auc(np.sinh(logits[rows] / 10), y[rows]), abs=1e-12)


def test_auc_counts_ties_half():
    assert auc(np.array([1.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0])) == 0.5


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_auc_does_not_exist_for_one_class(label):
    assert score(np.array([1.0, -1.0]), np.full(2, label)).auc is None


def test_without_patients_nothing_is_defined():
    assert score(np.zeros(0), np.zeros(0)) == Score(0, 0, None, None)
    assert score(np.zeros(0), np.zeros(0)).accuracy is None


def test_a_half_is_positive():
    assert right(np.array([0.0, -1e-300]), np.array([1.0, 0.0])).all()


def test_a_diverged_model_has_no_loss_and_still_counts_answers():
    y = np.array([0.0, 1.0, 1.0])
    endless, lost = (score(np.array([bad, 1.0, 2.0]), y) for bad in (np.inf, np.nan))
    assert (endless.loss, endless.correct, endless.auc) == (None, 2, 0.0)
    assert (lost.loss, lost.auc, lost.correct) == (None, None, 2)  # what is no number is no answer


@given(
    st.lists(st.sampled_from([-1.0, 2.0, np.inf, -np.inf, np.nan]), min_size=1, max_size=9),
    st.integers(0, 99),
)
def test_where_a_logit_is_not_finite_a_hospital_and_all_together_are_told_by_one_rule(logits, seed):
    given, y = np.array(logits), np.random.default_rng(seed).integers(2, size=len(logits)) * 1.0
    together = score(given, y)
    alone = score_by_hospital(given, y, np.array([0, len(y)]))
    assert alone.correct[0] == together.correct
    for one, other in (
        (together.loss, alone.loss),
        (together.brier, alone.brier),
        (together.auc, alone.auc),
    ):
        np.testing.assert_allclose(other[0], np.nan if one is None else one, rtol=1e-12)


def test_a_large_logit_costs_what_it_should():
    assert score(np.array([-800.0]), np.array([1.0])).loss == 800.0
    assert score(np.array([800.0]), np.array([1.0])).loss == 0.0


@given(judged(), st.lists(st.integers(0, 60), max_size=5))
def test_each_hospitals_score_is_that_of_its_patients_alone(case, cuts):
    """Ties, one class, a hospital without a held-out patient: nan where the score says None."""
    logits, y = case
    starts = np.array([0, *sorted(min(cut, len(y)) for cut in cuts), len(y)])
    found = score_by_hospital(logits, y, starts)
    for i, (first, last) in enumerate(pairwise(starts)):
        alone = score(logits[first:last], y[first:last])
        assert (found.patients[i], found.correct[i]) == (alone.patients, alone.correct)
        for key in ("loss", "brier", "auc"):
            mine, own = getattr(found, key)[i], getattr(alone, key)
            assert np.isnan(mine) if own is None else mine == pytest.approx(own, abs=1e-12)


def test_a_diverged_model_ranks_nobody_in_the_hospital_where_it_did():
    logits, y = np.array([np.nan, 1.0, -1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    found = score_by_hospital(logits, y, np.array([0, 2, 4]))
    assert np.isnan(found.auc[0])
    assert found.auc[1] == 1.0


@given(judged(), st.lists(st.integers(0, 60), max_size=5), st.integers(1, 9))
def test_hospitals_tested_part_by_part_score_as_all_at_once(case, cuts, at_once):
    logits, y = case
    starts = np.array([0, *sorted(min(cut, len(y)) for cut in cuts), len(y)])
    together, whole = score(logits, y), score_by_hospital(logits, y, starts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "AT_ONCE", at_once)
        table = Table(np.zeros((len(y), 1)), y, starts)
        (found,) = finished(evaluation.in_detail(table, logits))
        patch.setattr(metrics, "AT_ONCE", at_once)
        assert score(logits, y) == together
    for field in fields(whole):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(whole, field.name))


def test_many_unseen_patients_are_tested_in_steps_that_are_told(monkeypatch):
    quiet = [event for event in simulate(small()) if isinstance(event, Preparing)]
    monkeypatch.setattr(evaluation, "FEW", 10)
    monkeypatch.setattr(evaluation, "AT_ONCE", 10)
    events = list(simulate(small()))
    told = [event.what for event in events if isinstance(event, Preparing)]
    assert told.count("testing the model on unseen patients") == 2 * small().training.rounds
    assert isinstance(events[-2], Preparing)
    assert (events[-2].what, events[-2].done) == ("testing at each hospital", events[-2].total)
    assert not any("each hospital" in event.what for event in quiet)
