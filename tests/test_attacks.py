"""The attack on one patient: exact where it can be, noise under masks, and never felt by the run."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import RunError, Scenario, ScenarioError, simulate
from engine.attacks.one_patient import Attempt, one_patient
from engine.codecs.float32 import Float32
from engine.data.breast_cancer import breast_cancer
from engine.events import Event, RoundFinished, RunStarted
from engine.recording import _plain
from engine.state import State
from engine.wire import Kind, unpack
from tests.builders import small

MANY = 200  # attempts, where chance has to show


@cache
def states(code: str) -> list[State]:
    """Before round 1, and after each of six."""
    happened = simulate(Scenario.from_code(code))
    return [e.state for e in happened if isinstance(e, RunStarted | RoundFinished)]


def attempt(scenario: Scenario, hospital: int = 1, patient: int = 2, round: int = 1) -> Attempt:
    return one_patient(scenario, states(scenario.to_code())[round - 1], hospital, patient)


EXACT: list[dict[str, Any]] = [
    {},
    {"fedprox": {"mu": 1.0}},
    {"privacy": {"clip_norm": 0.01}},
    {"model": {"init": "uniform"}},
    {"training": {"batch_size": 0, "weighting": "equal", "participation": 0.5}},
    {"data": {"scaling": "hospital"}},
    {"compression": {"bits": 16}},
]


@settings(max_examples=60)
@given(
    st.integers(0, 3),
    st.integers(0, 60),
    st.integers(1, 6),
    st.integers(1, 40),
    st.floats(0, 5),
    st.sampled_from([None, 0.02, 0.5]),
)
def test_the_record_comes_back_to_five_digits(hospital, patient, round, epochs, mu, clip):
    state = states(small().to_code())[round - 1]
    scenario = small(training={"local_epochs": epochs}, fedprox={"mu": mu})
    if clip is not None:
        scenario = scenario.replace({"privacy.clip_norm": clip})
    found = one_patient(scenario, state, hospital, patient)
    np.testing.assert_allclose(found.recovered, found.true, rtol=1e-5, atol=0)
    assert found.succeeded
    assert found.error < 1e-5
    assert found.guess == found.label
    assert (found.readers, found.obstacle) == (("server",), "")


@pytest.mark.parametrize("sections", EXACT, ids=str)
@pytest.mark.parametrize("round", [1, 4])
def test_the_attack_succeeds_with_everything_that_scales_weights_and_bias_alike(sections, round):
    found = attempt(small(**sections), round=round)
    assert found.succeeded
    assert found.round == round


def test_what_is_recovered_is_a_patient_of_the_table_in_its_own_units():
    found = attempt(small())
    source = breast_cancer()
    column = source.features.index("mean texture")
    assert np.min(np.abs(source.x[:, column] - found.recovered[0])) < 1e-5
    assert found.columns == ("mean texture", "mean smoothness", "worst symmetry")


def test_the_attacker_needs_the_bytes_and_nothing_else():
    """The record computed by hand from the message and the scaling that everybody has."""
    found = attempt(small(), round=3)
    header, bodies = unpack(Kind.UPDATE, [found.message])
    assert (header["hospital"][0], header["round"][0], header["weight"][0]) == (1, 3, 1)
    (update,) = Float32().decode(bodies, 4)
    scaling = states(small().to_code())[0].prepared.federation.scaling
    by_hand = scaling.mean + scaling.std * update[:-1] / update[-1]
    np.testing.assert_array_equal(found.recovered, by_hand)


def test_noise_added_by_the_server_comes_after_it_has_read():
    found = attempt(small(privacy={"epsilon": 0.1}))
    assert found.succeeded
    assert found.noise_after
    assert not attempt(small()).noise_after


def tries(scenario: Scenario) -> list[Attempt]:
    return [attempt(scenario, n % 4, n // 4) for n in range(MANY)]


@pytest.mark.parametrize(
    "extra", [{}, {"compression": {"bits": 8}}, {"privacy": {}}], ids=["masks", "8 bits", "privacy"]
)
def test_under_masks_what_is_read_has_nothing_to_do_with_the_truth(extra):
    found = tries(small(masking={}, **extra))
    true, read = (
        np.argsort(np.argsort([getattr(a, name) for a in found], axis=0), axis=0)
        for name in ("true", "recovered")
    )
    for column in range(3):  # ranks: a ratio of noises has no variance to correlate with
        assert abs(np.corrcoef(true[:, column], read[:, column])[0, 1]) < 0.35  # 5 deviations
    assert {(a.succeeded, a.obstacle, a.readers) for a in found} == {(False, "masks", ())}
    assert np.mean([a.close for a in found]) < 0.2


def test_the_same_attempt_under_masks_is_another_message_every_time():
    first, second = (attempt(small(masking={})) for _ in range(2))
    assert first.message != second.message
    assert len(first.message) == len(second.message)
    np.testing.assert_array_equal(first.true, second.true)


def test_few_bits_blur_the_record_and_many_do_not():
    errors = {
        bits: np.median([a.error for a in tries(small(compression={"bits": bits}))])
        for bits in (2, 4, 8, 16)
    }
    assert errors[16] < 1e-3 < errors[8] < 0.05 < errors[4] < 0.25 < errors[2]
    found = attempt(small(compression={"bits": 8}))
    assert found.close
    assert found.obstacle == "rounding"


def test_a_penalty_on_the_weights_alone_bends_the_ratio():
    found = attempt(small(model={"l2": 0.1}), round=5)
    assert not found.succeeded
    assert found.obstacle == "penalty"


def test_where_nothing_moved_nothing_can_be_said():
    state = states(small().to_code())[0]
    far = np.full(len(state.params), 1e4)  # so sure of itself that p − y is 0 for one of the two
    sure = State(0, far, state.basis, prepared=state.prepared)
    found = [one_patient(small(), sure, 0, p) for p in range(40)]
    still = [a for a in found if a.guess is None]
    assert still
    assert all(a.obstacle == "stillness" and np.isnan(a.recovered).all() for a in still)
    assert all(np.isinf(a.error) for a in still)


def test_with_the_hospitals_own_scaling_the_record_comes_in_its_own_scale():
    found = attempt(small(data={"scaling": "hospital"}))
    assert not found.own_units
    assert found.succeeded
    assert np.all(np.abs(found.true) < 10)


def test_a_hospital_that_was_not_drawn_can_be_attacked_too():
    scenario = small(training={"participation": 0.5}, masking={})
    for hospital in range(4):
        assert attempt(scenario, hospital).hospital == hospital


@pytest.mark.parametrize(
    ("hospital", "patient", "says"),
    [(4, 0, "no hospital 4"), (-1, 0, "no hospital -1"), (0, 9999, "has 114 training patients")],
)
def test_a_patient_that_does_not_exist_is_refused(hospital, patient, says):
    with pytest.raises(ScenarioError, match=says):
        attempt(small(), hospital, patient)


def test_a_state_without_its_patients_is_refused():
    state = states(small().to_code())[0]
    with pytest.raises(RunError, match="without its patients"):
        one_patient(small(), State(0, state.params, state.basis), 0)


@pytest.mark.parametrize(
    "sections", [{}, {"privacy": {}, "compression": {}, "fedprox": {}}, {"masking": {}}], ids=str
)
def test_an_attempt_changes_neither_the_state_nor_the_run(sections):
    scenario = small(**sections)

    def told(event: Event) -> Any:
        return _plain(event)

    quiet = [told(e) for e in simulate(scenario)]
    heard = []
    for event in simulate(scenario):
        heard.append(told(event))
        if isinstance(event, RunStarted | RoundFinished):
            before = pickle.dumps(event.state)
            one_patient(scenario, event.state, 2, 7)
            assert pickle.dumps(event.state) == before
    if "masking" not in sections:  # there keys and messages are never the same twice
        assert heard == quiet
    assert [e for e in heard if "$RoundFinished" in e] == [
        e for e in quiet if "$RoundFinished" in e
    ]
