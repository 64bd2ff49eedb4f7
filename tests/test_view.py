"""Laws of the fold: what a run's events make of a view."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from engine import Scenario, simulate
from engine.events import Event, RoundFinished
from engine.recording import Recorder, read
from fedtui.points import Point, Points
from fedtui.view import View, fold, start
from tests.builders import small

EVERYTHING = small(
    fedprox={"mu": 0.1}, privacy={"epsilon": 8.0}, masking={}, compression={"bits": 8}
)
SOME = small(training={"rounds": 3, "participation": 0.5})


def views(scenario: Scenario, events: list[Event] | None = None) -> Iterator[View]:
    view = start(scenario)
    for event in simulate(scenario) if events is None else events:
        view = fold(view, event)
        yield view


def plain(value: object) -> object:
    """A view as values that compare."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, np.ndarray):
        return ["nan" if x != x else x for x in value.tolist()]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | Points):
        return [plain(item) for item in value]
    return value


@pytest.mark.parametrize("scenario", [small(), SOME, EVERYTHING])
def test_the_same_events_give_the_same_views(scenario: Scenario) -> None:
    events = list(simulate(scenario))
    once = [plain(view) for view in views(scenario, events)]
    assert once == [plain(view) for view in views(scenario, events)]


def test_a_recording_folds_into_the_views_of_the_live_run(tmp_path) -> None:
    events = list(simulate(SOME))
    recorder = Recorder(tmp_path / "run.jsonl")
    for event in events:
        recorder.add(event)
    recorder.close()
    replayed = list(views(SOME, list(read(tmp_path / "run.jsonl"))))
    for live, again in zip(views(SOME, events), replayed, strict=True):
        assert plain(live) == plain(again)


@pytest.mark.parametrize("scenario", [small(), SOME, EVERYTHING])
def test_there_is_a_point_for_every_finished_round_and_no_other(scenario: Scenario) -> None:
    finished = 0
    for view, event in zip(views(scenario), simulate(scenario), strict=True):
        finished += isinstance(event, RoundFinished)
        assert len(view.points) == finished
        assert [point.round for point in view.points] == list(range(1, finished + 1))


def test_bytes_shown_are_the_points_bytes() -> None:
    *_, last = views(EVERYTHING)
    assert last.uplink == sum(point.uplink for point in last.points)
    assert last.downlink == sum(point.downlink for point in last.points)
    assert last.overhead == sum(point.overhead for point in last.points) > 0


def test_bytes_only_grow_and_a_round_counts_them_once() -> None:
    totals = [view.uplink + view.downlink + view.overhead for view in views(EVERYTHING)]
    assert totals == sorted(totals)
    *_, last = views(EVERYTHING)
    assert last.settled == (last.uplink, last.downlink, last.overhead)


def test_folding_changes_no_older_view() -> None:
    kept = []
    for view in views(EVERYTHING):
        kept.append((view, plain(view)))
    assert all(plain(view) == was for view, was in kept)


def test_a_round_begins_with_nothing_done_and_ends_with_all_of_it() -> None:
    for view in views(SOME):
        h = view.hospitals
        if view.moment == "RoundStarted":
            assert h.drawn.sum() == 2
            assert not (h.has_model | h.protected | h.masked | h.arrived | h.lost).any()
            assert not h.epochs.any()
            assert h.share.sum() == pytest.approx(1)
        if view.moment == "RoundFinished":
            assert (h.arrived == h.drawn).all()
            assert (h.epochs[h.drawn] == 5).all()
            assert (h.epochs[~h.drawn] == 0).all()


def test_training_is_complete_with_the_last_pass_and_not_before() -> None:
    trained = [
        view for view in views(small(training={"rounds": 1})) if view.moment == "EpochTrained"
    ]
    assert [view.complete for view in trained] == [False] * (len(trained) - 1) + [True]


def test_masks_go_on_one_hospital_after_the_other() -> None:
    scenario = small(masking={}, training={"rounds": 1})
    masked = [int(v.hospitals.masked.sum()) for v in views(scenario) if v.moment == "UpdatesMasked"]
    assert masked[-1] == 4
    assert masked == sorted(masked)


def test_the_opening_view_knows_the_plan_and_no_hospital() -> None:
    view = start(EVERYTHING)
    assert (view.rounds, view.round, view.ready, view.seed) == (6, 0, False, 42)
    assert set(view.switches) == {"fedprox", "privacy", "masking", "compression"}


def test_settings_that_change_in_the_middle_change_the_switches() -> None:
    given = {**small().given, "change": [{"round": 3, "set": {"fedprox.mu": 1.0}}]}
    seen = [(v.round, v.moment, dict(v.switches)) for v in views(Scenario.from_dict(given))]
    assert all(not on for round, _, on in seen if round <= 2)
    assert all(on["fedprox"]["mu"] == 1.0 for round, _, on in seen if round >= 3)


def test_an_unknown_event_is_refused() -> None:
    class Surprise(Event):
        pass

    with pytest.raises(TypeError, match="Surprise"):
        fold(start(small()), Surprise())


# The curve


def point(round: int) -> Point:
    return Point(round, round, 0.5, None, None, 1, 1, 0)


def test_curves_share_their_past_and_never_their_future() -> None:
    past = Points().and_then(point(1))
    first, second = past.and_then(point(2)), past.and_then(point(3))
    assert [p.round for p in past] == [1]
    assert [p.round for p in first] == [1, 2]
    assert [p.round for p in second] == [1, 3]


def test_curves_are_sequences() -> None:
    points = Points()
    for round in range(1, 5):
        points = points.and_then(point(round))
    assert points[-1].round == 4
    assert [p.round for p in points[1:3]] == [2, 3]
    with pytest.raises(IndexError):
        points[4]
    assert points == Points([point(r) for r in range(1, 5)])


@pytest.mark.parametrize("batch", [0, 8, 32, 10_000])
def test_steps_in_place_of_epochs_are_complete_when_the_engine_is(batch: int) -> None:
    training = {"rounds": 1, "local_steps": 7, "batch_size": batch, "participation": 0.75}
    skewed = small(data={"partition": "dirichlet", "alpha": 0.3}, training=training)
    trained = [view for view in views(skewed) if view.moment == "EpochTrained"]
    assert [view.complete for view in trained] == [False] * (len(trained) - 1) + [True]
    last = trained[-1].hospitals
    assert (last.epochs[last.drawn] == last.planned[last.drawn]).all()
