"""Attacks: exact where they can be, stopped by what stops them and by nothing else, unfelt by the run."""

from __future__ import annotations

import doctest
import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine.attacks
from engine import RunError, Scenario, ScenarioError, simulate
from engine.attacks.case_count import case_count
from engine.attacks.membership import membership
from engine.attacks.one_patient import Attempt, one_patient, ratio
from engine.attacks.outcome import Outcome
from engine.attacks.two_runs import two_runs
from engine.attacks.two_sums import two_sums
from engine.attacks.victim import victim
from engine.broadcast import broadcast
from engine.codecs.float32 import Float32
from engine.data.breast_cancer import breast_cancer
from engine.events import Event, RoundFinished, RunStarted
from engine.recording import _plain
from engine.state import State
from engine.wire import Kind, unpack
from tests.builders import small, states

MANY = 200  # attempts, where chance has to show


def attempt(scenario: Scenario, hospital: int = 1, patient: int = 2, round: int = 1) -> Attempt:
    before = states(scenario)[round - 1]
    return one_patient(scenario, before, hospital, patient, seed=1000 * hospital + patient)


EXACT: list[dict[str, Any]] = [
    {},
    {"fedprox": {"mu": 1.0}},
    {"privacy": {"unit": "hospital", "clip_norm": 0.01}},
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
    state = states(small())[round - 1]
    scenario = small(training={"local_epochs": epochs}, fedprox={"mu": mu})
    if clip is not None:
        scenario = scenario.replace({"privacy.unit": "hospital", "privacy.clip_norm": clip})
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
    scaling = states(small())[0].prepared.federation.scaling
    by_hand = scaling.mean + scaling.std * update[:-1] / update[-1]
    np.testing.assert_array_equal(found.recovered, by_hand)


def test_noise_added_by_the_server_comes_after_it_has_read():
    found = attempt(small(privacy={"unit": "hospital", "epsilon": 0.1}))
    assert found.succeeded
    assert found.noise_after
    assert not attempt(small()).noise_after


def tries(scenario: Scenario, many: int = MANY) -> list[Attempt]:
    return [attempt(scenario, n % 4, n // 4) for n in range(many)]


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
    state = states(small())[0]
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
    "privacy",
    [{}, {"epsilon": 1.0}, {"unit": "hospital", "noise_by": "hospital"}],
    ids=["patients", "patients, strict", "hospitals, each its own"],
)
def test_noise_in_the_update_buries_the_record_from_the_server_too(privacy):
    found = tries(small(privacy=privacy), 40)
    assert {(a.outcome, a.obstacle) for a in found} == {(Outcome.HIDDEN, "noise")}
    assert {a.readers for a in found} == {("server",)}  # it can read the message, and does not help
    assert not any(a.noise_after for a in found)


def test_no_noise_no_protection_the_patient_level_mechanism_alone_hides_nobody():
    assert attempt(small(privacy={"epsilon": math.inf})).succeeded


def test_a_codec_that_leaves_numbers_out_leaves_no_record():
    for codec in ("topk", "randk"):
        found = attempt(small(compression={"codec": codec}), round=3)
        assert (found.outcome, found.obstacle) == (Outcome.HIDDEN, "left out")


def test_a_pruned_model_gives_the_record_away_as_a_whole_one_does():
    scenario = small(compression={"codec": "quantize", "bits": 16, "prune": 0.5})
    assert attempt(scenario, round=3).succeeded


def test_noise_is_fresh_for_every_attempt_and_repeatable_by_its_seed():
    scenario, before = small(privacy={}), states(small(privacy={}))[1]
    first, second = (one_patient(scenario, before, 1, 2) for _ in range(2))
    assert first.message != second.message
    again = [one_patient(scenario, before, 1, 2, seed=7).message for _ in range(2)]
    assert again[0] == again[1]
    of_the_run = one_patient(scenario, before, 1, 2, seed=scenario.seed)
    assert of_the_run.message not in (first.message, second.message)


# Where two take part


def two(**sections: Any) -> Scenario:
    return small(data={"hospitals": 2}, **sections)


def test_of_two_hospitals_each_reads_the_other_masks_or_not():
    """New model − old model − own update: all that the other hospital has."""
    scenario = two(masking={})
    before = states(scenario)[2]
    her, other = victim(scenario, before, 1, seed=5), victim(scenario, before, 0, seed=5)
    row = her.row(3)
    alone, own = her.update(slice(row, row + 1)), other.update(other.patients)
    at = replace(other.moment(0), cohort=np.array([0, 1]), patients=np.array([other.size, 1]))
    summed = her.summed(her.protected(np.concatenate([own, alone]), at), at)
    mean, _, _ = her.pipeline.combine(summed, at, before.remembered)
    new, old = (
        broadcast({"params": params}, 4)[0] for params in (before.params + mean, before.params)
    )
    left = (new - old) * (other.size + 1) - own[0] * other.size
    np.testing.assert_allclose(
        ratio(left[None]), before.prepared.federation.train.x[row], atol=0.02
    )
    assert one_patient(scenario, before, 1, 3).readers == ("other",)


def test_where_one_of_three_falls_away_the_two_left_read_each_other():
    """t = 2 of 3 opens a sum of two, so C takes its own part out and has what A sent."""
    drops = {"drops": ["1:B"]}
    scenario = small(data={"hospitals": 3}, masking={}, faults=drops)
    start, after = states(scenario)[:2]
    a, c = (victim(scenario, start, hospital, seed=scenario.seed) for hospital in (0, 2))
    moved = (after.params - start.params) * (a.size + c.size) - c.update(c.patients)[0] * c.size
    np.testing.assert_allclose(moved / a.size, a.update(a.patients)[0], atol=1e-5)
    assert a.readers == c.readers == ("other",)


@pytest.mark.parametrize(
    ("scenario", "readers"),
    [
        (two(), ("server", "other")),
        (two(masking={}), ("other",)),
        (two(masking={}, privacy={"unit": "hospital"}), ()),
        (two(privacy={"unit": "hospital"}), ("server",)),
        (small(training={"participation": 0.5}, masking={}), ("other",)),
        (small(training={"participation": 0.25}), ("server", "others")),
        (two(masking={}, privacy={"unit": "hospital", "epsilon": math.inf}), ("other",)),
        (small(masking={}), ()),
        (small(), ("server",)),
        (small(masking={"threshold": 0.5}, faults={"drops": ["1:A", "1:D"]}), ("other",)),
        (small(masking={"threshold": 0.5}, faults={"drops": ["1:A"]}), ()),
        (small(masking={}, faults={"drops": ["1:A", "1:D"]}), ()),  # fewer than 3 of 4: lost
        (small(masking={"threshold": 0.5}, faults={"drops": ["1:A", "1:D"], "where": "after"}), ()),
        (small(masking={"threshold": 0.5}, faults={"drops": ["2:A", "2:D"]}), ()),  # another round
        (small(faults={"drops": ["1:A", "1:C", "1:D"]}), ("server", "others")),
        (small(faults={"drops": ["1:A", "1:B", "1:D"]}), ("server", "other")),  # B is looked at
    ],
)
def test_who_can_tell_an_update_from_all_others(scenario, readers):
    assert attempt(scenario).readers == readers


def test_patient_level_noise_hides_a_hospital_that_is_not_drawn_in_the_whole_run():
    scenario = small(
        data={"hospitals": 10},
        training={"participation": 0.1, "rounds": 2},
        privacy={"epsilon": 1.0},
    )
    begun = states(scenario)[0]
    assert all(not one_patient(scenario, begun, hospital).succeeded for hospital in range(10))


def test_where_the_budget_is_gone_no_message_is_left_to_attack():
    scenario = small(privacy={"epsilon": 4.0})
    with pytest.raises(ScenarioError, match=r"used up.*raise privacy\.epsilon"):
        one_patient(scenario.replace({"privacy.epsilon": 0.5}), states(scenario)[3], 0)


# All attacks alike


ATTACKS: dict[str, Callable[[Scenario, State, int], Any]] = {
    "one patient": one_patient,
    "case count": case_count,
    "two runs": two_runs,
    "two sums": two_sums,
    "membership": lambda scenario, state, hospital: membership(state),
}
ON_A_HOSPITAL = [name for name in ATTACKS if name != "membership"]


@pytest.mark.parametrize("hospital", [4, -1])
@pytest.mark.parametrize("name", ON_A_HOSPITAL)
def test_a_hospital_that_does_not_exist_is_refused(name, hospital):
    with pytest.raises(ScenarioError, match=f"no hospital {hospital}; choose one from 0 to 3"):
        ATTACKS[name](small(), states(small())[0], hospital)


@pytest.mark.parametrize("attack", [one_patient, two_runs])
def test_a_patient_that_does_not_exist_is_refused(attack):
    with pytest.raises(ScenarioError, match="has 114 training patients and none at 9999"):
        attack(small(), states(small())[0], 0, 9999)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_state_without_its_patients_is_refused(name):
    state = states(small())[0]
    with pytest.raises(RunError, match="without its patients"):
        ATTACKS[name](small(), State(0, state.params, state.basis), 0)


@pytest.mark.parametrize(
    "sections", [{}, {"privacy": {}, "compression": {}, "fedprox": {}}, {"masking": {}}], ids=str
)
def test_no_attack_changes_neither_the_state_nor_the_run(sections):
    scenario = small(**sections)

    def told(event: Event) -> Any:
        return _plain(event)

    def kept(state: State) -> bytes:
        assert state.prepared is not None
        train = state.prepared.federation.train
        return pickle.dumps((replace(state, prepared=None), train.x, train.y))

    quiet = [told(e) for e in simulate(scenario)]
    heard = []
    for event in simulate(scenario):
        heard.append(told(event))
        if isinstance(event, RunStarted | RoundFinished):
            before = kept(event.state)
            for attack in ATTACKS.values():
                attack(scenario, event.state, 2)
            assert kept(event.state) == before
    if "masking" not in sections:  # there keys and messages are never the same twice
        assert heard == quiet
    assert [e for e in heard if "$RoundFinished" in e] == [
        e for e in quiet if "$RoundFinished" in e
    ]


def test_the_example_of_the_package_runs():
    assert doctest.testmod(engine.attacks).failed == 0
