"""The run: events in order, forks bit for bit, results that add up."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from engine import RunError, Scenario, ScenarioError, run, simulate, simulation
from engine.arrays import Floats
from engine.blocks import blocks
from engine.channels.plain import Plain
from engine.codecs.float32 import Float32
from engine.codecs.quantize import Quantize
from engine.cohort import cohort_size
from engine.estimates.minibatch import Minibatch
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
from engine.models import Logistic
from engine.pipeline import Pipeline
from engine.privacy.accountant import noise_multiplier
from engine.randomness import stream
from engine.stages.base import Memory, Moment, Named, Seat, Stage, Step
from engine.stages.memory import Remembered
from engine.stages.weighting import Weighting
from engine.training import train_block
from engine.wire import HEADER_SIZE, Kind, Traffic, unpack
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


def test_laying_large_blocks_out_is_told_once_a_run(monkeypatch):
    monkeypatch.setattr(simulation, "_MANY", 10)
    happened = events(small())
    laid_out = [
        i
        for i, event in enumerate(happened)
        if isinstance(event, Preparing) and event.what == "laying out the patients for training"
    ]
    assert [(happened[i].done, happened[i].total) for i in laid_out][-1] == (4, 4)
    second = next(i for i, e in enumerate(happened) if isinstance(e, RoundStarted) and e.round == 2)
    assert laid_out[-1] < second
    quiet = [e for e in happened if not isinstance(e, Preparing)]
    monkeypatch.undo()
    plain = [e for e in events(small()) if not isinstance(e, Preparing)]
    assert [type(e) for e in quiet] == [type(e) for e in plain]


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
        "round", "accuracy", "loss", "auc", "brier", "epsilon", "uplink_bytes", "downlink_bytes",
        "overhead_bytes", "cohort", "dropped", "hospital_accuracy",
    }  # fmt: skip
    assert len(result["params"]) == result["model"]["parameters"] == len(result["features"]) + 1
    assert Scenario.from_code(result["code"]) == EVERYTHING
    for hospital in result["hospitals"]:
        joined = sum(hospital["name"] in r["cohort"] for r in result["rounds"])
        steps = joined * 5 * -(-hospital["train"] // 32)
        assert result["privacy"]["steps"][hospital["name"]] == steps
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
    detail = result["final"]["per_hospital"]
    assert {name: each["patients"] for name, each in detail.items()} == sizes
    assert sum(each["correct"] for each in detail.values()) == pytest.approx(right)
    for key in ("loss", "brier"):
        mean = sum(detail[n][key] * size for n, size in sizes.items()) / sum(sizes.values())
        assert mean == pytest.approx(result["final"][key])
    assert right / sum(sizes.values()) == pytest.approx(result["final"]["accuracy"])


class Feedback(Stage):
    """A toy with memory: adds what it halved away last time."""

    seat = Seat.PRIVACY
    name = "feedback"

    def on_client(self, upload: Named, at: Moment, memory: Memory) -> Step[Named]:
        whole = upload["update"] + memory.get("kept", np.zeros(upload["update"].shape))
        return Step({**upload, "update": whole / 2}, {"kept": whole / 2}, {"kept": whole / 2})


def through(updates: Floats, cohort: list[int], remembered: Remembered) -> Remembered:
    pipeline = Pipeline(
        (Feedback(), Weighting("equal")), Plain(Float32()), None, Minibatch(Logistic(1))
    )
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


def test_the_model_moves_by_the_planned_mean_and_the_planned_noise():
    """Every number of a private round recomputed from its messages: unequal hospitals, half of them
    drawn, weights n_i over a divisor fixed before round 1, noise at its own address."""
    scenario = small(
        data={"partition": "quantity", "sizes": ["6", "3", "2", "1"]},
        training={"participation": 0.5},
        privacy={"unit": "hospital", "epsilon": 3.0, "clip_norm": 0.2},
    )
    happened = events(scenario)
    patients = next(e for e in happened if isinstance(e, RunStarted)).federation.train_sizes
    total = 0.5 * patients.sum()
    sensitivity = 0.2 * (1 + 2.0**-24) * patients.max() / total
    z = noise_multiplier(3.0, 1e-5, 6)
    before = np.zeros(4)
    for sent, end in zip(
        [e for e in happened if isinstance(e, UpdatesSent)],
        [e for e in happened if isinstance(e, RoundFinished)],
        strict=True,
    ):
        header, bodies = unpack(Kind.UPDATE, sent.payloads)
        updates = Float32().decode(bodies, 4)
        assert np.all(np.linalg.norm(updates, axis=1) <= 0.2 * (1 + 1e-6))
        np.testing.assert_array_equal(header["weight"], patients[sent.cohort])
        mean = patients[sent.cohort] @ updates / total
        noise = z * sensitivity * stream(scenario.seed, "noise", end.round).normal(size=4)
        np.testing.assert_allclose(end.state.params, before + mean + noise, rtol=0, atol=1e-9)
        before = end.state.params


def test_hospitals_train_from_the_model_as_it_came_over_the_wire():
    scenario = small(training={"rounds": 2})
    start = finished(scenario)[0].state
    (sent,) = events(scenario, UpdatesSent, start=start)
    anchor = start.params.astype(np.float32).astype(np.float64)
    assert not np.array_equal(anchor, start.params)
    train = start.prepared.federation.train
    for block in blocks(train, np.arange(4)):
        *_, (_, local) = train_block(
            block,
            anchor,
            scenario.training,
            [],
            (scenario.seed, 2),
            Minibatch(start.prepared.model),
        )
        for row, hospital in zip(local - anchor, block.hospitals, strict=True):
            assert sent.payloads[hospital][HEADER_SIZE:] == row.astype("<f4").tobytes()


def test_a_hospitals_quantiser_draws_change_by_round_and_not_with_the_cohort():
    update = np.random.default_rng(0).normal(size=(4, 30))

    def message(cohort: list[int], round: int) -> bytes:
        at = Moment(1, round, np.array(cohort), np.ones(len(cohort), int), 4, np.zeros(30))
        upload = {"update": update[cohort], "weight": np.ones(len(cohort))}
        (sent,) = Plain(Quantize(4)).carry(upload, at, Traffic())
        return sent.payloads[cohort.index(2)][HEADER_SIZE:]

    assert message([2], 1) == message([0, 2, 3], 1)
    assert message([2], 1) != message([2], 2)


def test_a_run_drops_the_memory_of_stages_it_does_not_have():
    start = replace(
        finished(CELLS)[3].state, remembered=Remembered({"ghost": {"kept": np.ones((4, 1))}})
    )
    assert finished(CELLS, start=start)[-1].state.remembered == Remembered()


@pytest.mark.parametrize(
    "sections",
    [
        {"training": {"learning_rate": 1000.0}, "model": {"l2": 1000.0}},
        {"training": {"learning_rate": 1000.0}, "model": {"l2": 1e6}, "masking": {}},
        {"training": {"learning_rate": 1000.0}, "model": {"l2": 1e6}, "compression": {}},
    ],
    ids=str,
)
def test_a_run_that_diverges_ends_with_a_sentence(sections):
    with pytest.raises(RunError, match=r"training diverged in round \d+; lower"):
        events(small(**sections))


def test_a_change_that_this_federation_cannot_run_is_refused_before_round_1():
    given = {
        **small(data={"hospitals": 1}).given,
        "change": [{"round": 4, "set": {"masking": True}}],
    }
    happened = []
    with pytest.raises(ScenarioError, match="at least 2 hospitals"):
        happened.extend(simulate(Scenario.from_dict(given)))
    assert not [e for e in happened if isinstance(e, RoundStarted)]


def test_a_fork_past_the_last_round_is_refused():
    with pytest.raises(ScenarioError, match="6 rounds are done already"):
        events(CELLS.replace({"training.rounds": 5}), start=finished(CELLS)[-1].state)


def test_a_stored_state_of_other_data_is_refused():
    stored = replace(finished(CELLS)[2].state, prepared=None)
    with pytest.raises(ScenarioError, match="cannot change in a fork"):
        events(CELLS.replace({"seed": 8}), start=stored)
