"""The run: events in order, forks bit for bit, results that add up."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine import Scenario, ScenarioError, run
from engine.arrays import Floats
from engine.channels.plain import Plain
from engine.codecs.float32 import Float32
from engine.events import (
    Aggregated,
    EpochTrained,
    ModelSent,
    Phase,
    Preparing,
    RoundFinished,
    RoundStarted,
    RunFinished,
    RunStarted,
    UpdatesProtected,
    UpdatesSent,
)
from engine.pipeline import Pipeline
from engine.simulation import cohort_size
from engine.stages.base import Memory, Moment, Named, Seat, Stage, Step
from engine.stages.memory import Remembered
from engine.stages.weighting import Weighting
from engine.wire import Traffic
from tests.builders import CELLS, events, finished, params, small

EVERYTHING = small(
    fedprox={"mu": 0.5},
    privacy={"epsilon": 6.0},
    masking={},
    compression={"bits": 8},
    training={"participation": 0.75},
)


def test_a_round_goes_through_its_phases_in_order():
    happened = [e for e in events(small()) if not isinstance(e, Preparing)]
    assert isinstance(happened[0], RunStarted)
    assert isinstance(happened[-1], RunFinished)
    one_round = [type(e) for e in happened[1:-1]][: len(happened[1:-1]) // 6]
    assert one_round == [
        RoundStarted,
        ModelSent,
        *[EpochTrained] * 5,
        UpdatesProtected,
        UpdatesSent,
        Aggregated,
        RoundFinished,
    ]
    phases = [e.phase for e in happened[1:-1] if e.phase and e.round == 1]
    assert list(dict.fromkeys(phases)) == list(Phase)


@pytest.mark.parametrize("scenario", [small(), EVERYTHING], ids=["plain", "everything on"])
@pytest.mark.parametrize("round", [1, 3, 5])
def test_a_fork_from_a_stored_state_ends_bit_identical(scenario, round):
    rounds = finished(scenario)
    start = rounds[round - 1].state
    again = finished(scenario, start=start)
    assert [e.round for e in again] == list(range(round + 1, 7))
    np.testing.assert_array_equal(again[-1].state.params, rounds[-1].state.params)
    assert again[-1].epsilon == rounds[-1].epsilon
    assert again[-1].state.traffic == rounds[-1].state.traffic


def test_a_fork_under_other_settings_is_the_scenario_with_that_change():
    changed = Scenario.from_dict(
        {**CELLS.given, "change": [{"round": 4, "set": {"fedprox.mu": 2.0}}]}
    )
    start = finished(CELLS)[2].state
    np.testing.assert_array_equal(
        params(changed), params(CELLS.replace({"fedprox.mu": 2.0}), start=start)
    )
    assert not np.array_equal(params(changed), params(CELLS))


def test_a_fork_on_other_data_is_refused():
    start = finished(CELLS)[0].state
    for other in ({"data.hospitals": 3}, {"seed": 1}, {"model.l2": 0.1}):
        with pytest.raises(ScenarioError, match="cannot change in a fork"):
            events(CELLS.replace(other), start=start)


def test_the_same_scenario_gives_the_same_result():
    assert run(EVERYTHING) == run(EVERYTHING)


def test_another_seed_gives_another_result():
    assert not np.array_equal(params(CELLS), params(CELLS.replace({"seed": 8})))


@pytest.mark.parametrize(
    ("participation", "hospitals", "masked", "size"),
    [
        (1.0, 7, False, 7),
        (0.4, 5, False, 2),
        (0.01, 5, False, 1),
        (0.01, 5, True, 2),
        (0.1, 1, True, 1),
    ],
)
def test_cohort_sizes(participation, hospitals, masked, size):
    assert cohort_size(participation, hospitals, masked) == size


def test_shares_are_the_cohorts_votes():
    for event in events(small(training={"participation": 0.5}), RoundStarted):
        assert len(event.shares) == len(event.cohort) == 2
        assert event.shares.sum() == pytest.approx(1)
    (first, *_) = events(small(training={"weighting": "equal"}), RoundStarted)
    np.testing.assert_allclose(first.shares, 0.25)


def test_one_hospital_federates_with_itself():
    result = run(small(data={"hospitals": 1}))
    assert len(result["rounds"]) == 6


def test_the_result_is_plain_json_and_complete():
    result = json.loads(json.dumps(run(EVERYTHING), allow_nan=False))
    assert set(result) >= {
        "version", "scenario", "code", "model", "hospitals", "rounds", "ledger", "setup",
        "baselines", "privacy", "final", "params", "features", "scaling",
    }  # fmt: skip
    assert set(result["rounds"][0]) == {
        "round", "accuracy", "loss", "auc", "epsilon", "uplink_bytes", "downlink_bytes",
        "overhead_bytes", "cohort", "dropped", "hospital_accuracy",
    }  # fmt: skip
    assert len(result["params"]) == result["model"]["parameters"] == len(result["features"]) + 1
    assert Scenario.from_code(result["code"]) == EVERYTHING
    assert result["privacy"]["steps"] == dict.fromkeys("ABCD", 6)
    assert result["final"]["epsilon"] <= 6.0
    assert result["final"]["stopped"] is None


def test_hospital_accuracies_add_up_to_the_accuracy():
    result = run(small())
    sizes = {h["name"]: h["test"] for h in result["hospitals"]}
    for entry in [
        result["rounds"][-1]["hospital_accuracy"],
        result["baselines"]["pooled"]["per_hospital"],
    ]:
        assert all(
            abs(entry[name] * n - round(entry[name] * n)) < 1e-9 for name, n in sizes.items()
        )
    right = sum(result["rounds"][-1]["hospital_accuracy"][n] * size for n, size in sizes.items())
    assert right / sum(sizes.values()) == pytest.approx(result["final"]["accuracy"])


class Feedback(Stage):
    """A toy with memory: adds what it halved away last time."""

    seat = Seat.PRIVACY
    name = "feedback"

    def on_client(self, upload: Named, at: Moment, memory: Memory) -> Step[Named]:
        whole = upload["update"] + memory.get("kept", np.zeros(upload["update"].shape))
        return Step({**upload, "update": whole / 2}, {"kept": whole / 2}, {"kept": whole / 2})


def through(updates: Floats, cohort: list[int], remembered: Remembered) -> Remembered:
    pipeline = Pipeline((Feedback(), Weighting("equal")), Plain(Float32()), None)
    at = Moment(1, 1, np.array(cohort), np.ones(len(cohort), int), 4, np.zeros(updates.shape[1]))
    steps = pipeline.upload(updates, at, remembered, Traffic())
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value[1]


def test_memory_is_kept_for_each_hospital_and_only_for_those_that_took_part():
    first = through(np.array([[4.0], [8.0]]), [0, 2], Remembered())
    np.testing.assert_array_equal(first.hospitals["feedback"]["kept"][:, 0], [2, 0, 4, 0])
    second = through(np.array([[0.0], [6.0]]), [2, 3], first)
    np.testing.assert_array_equal(second.hospitals["feedback"]["kept"][:, 0], [2, 0, 2, 3])
    np.testing.assert_array_equal(first.hospitals["feedback"]["kept"][:, 0], [2, 0, 4, 0])


def test_a_stage_that_is_switched_off_loses_its_memory():
    remembered = Remembered({"feedback": {"kept": np.ones((4, 1))}}, {"feedback": {}})
    assert remembered.only({"weighting"}) == Remembered()


def test_bytes_of_the_model_are_counted_once_per_hospital():
    (first, *_) = events(small(training={"participation": 0.5}), ModelSent)
    assert finished(small(training={"participation": 0.5}))[0].downlink_bytes == 2 * first.size
    assert first.size == 12 + 4 * 4
