"""Dropouts: who falls away, what that costs, and that it costs nothing else."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Scenario, ScenarioError, run, simulate
from engine.channels.section import opens_with
from engine.events import (
    Aggregated,
    HospitalsDropped,
    KeysForwarded,
    MasksRemoved,
    RoundFinished,
    RoundStarted,
    RunFinished,
    SharesForwarded,
    SharesRevealed,
    SharesSent,
    SurvivorsAnnounced,
    UpdatesMasked,
    UpdatesSent,
)
from engine.faults import POINTS, Dropouts, Faults, fell_away
from engine.recording import Recorder, read
from engine.stages.base import Moment
from engine.stages.memory import Remembered
from engine.wire import Kind, unpack
from fedtui import words
from fedtui.view import View, fold, start
from tests.builders import events, finished, params, payloads, small
from tests.command import fedtui, sentence

C_IN_3 = {"drops": ["3:C"]}
UNEQUAL = {"partition": "quantity", "sizes": ["6", "3", "2", "1"]}
EVERYONE = [f"{round}:{name}" for round in range(1, 7) for name in "ABCD"]


HOSPITAL = {"unit": "hospital"}  # of privacy: one whose presence the divisor must not tell
LOST_IN_3 = {"drops": ["3:C", "3:D"]}  # two of four are one too few for 0.6


def moment(round: int, cohort: list[int], hospitals: int = 1000) -> Moment:
    return Moment(7, round, np.array(cohort), np.ones(len(cohort), int), hospitals, np.zeros(2))


def views(scenario: Scenario) -> list[View]:
    seen = [start(scenario)]
    for event in events(scenario):
        seen.append(fold(seen[-1], event))
    return seen


# Who falls away


def test_a_dropout_strikes_with_its_probability_and_anew_in_every_round():
    everyone = list(range(1000))
    first, second = (Dropouts(0.3).lost(moment(r, everyone), "before") for r in (1, 2))
    assert 240 < first.sum() < 360
    assert 60 < (first & second).sum() < 120  # 90 expected of independent rounds


def test_who_falls_away_does_not_hang_on_who_else_takes_part():
    whole = Dropouts(0.5).lost(moment(1, list(range(1000))), "before")
    some = [3, 70, 71, 500, 999]
    np.testing.assert_array_equal(Dropouts(0.5).lost(moment(1, some), "before"), whole[some])


def test_a_higher_probability_only_adds_to_those_who_fall_away():
    low, high = (Dropouts(p).lost(moment(1, list(range(1000))), "before") for p in (0.2, 0.6))
    assert np.all(high[low])
    assert high.sum() > low.sum()


def test_named_dropouts_take_part_in_the_round_they_are_named_for():
    dropouts = Faults.build({"drops": ["5:C", "7:A", "7:B"]}).dropouts(("A", "B", "C"))
    lost = {r: dropouts.lost(moment(r, [0, 1, 2]), "before").tolist() for r in (1, 5, 7)}
    assert lost == {1: [False] * 3, 5: [False, False, True], 7: [True, True, False]}


def test_a_hospitals_name_may_have_a_colon():
    dropouts = Faults.build({"drops": ["2:St. Mary: north"]}).dropouts(("A", "St. Mary: north"))
    assert dropouts.named == {2: (1,)}


@pytest.mark.parametrize(
    "drop", ["C", "5", "5:", ":C", "0:C", "-1:C", "x:C", "1.5:C", "9" * 5000 + ":C", "²:C"]
)
def test_a_dropout_without_a_round_or_a_hospital_is_refused_with_the_way_out(drop):
    with pytest.raises(ScenarioError, match="write it as 5:C") as refusal:
        small(faults={"drops": [drop]})
    assert len(str(refusal.value)) < 200


def test_an_unknown_hospital_is_refused_before_round_1_even_in_a_change_to_come():
    with pytest.raises(ScenarioError, match="no hospital 'Q'"):
        events(small(faults={"drops": ["5:Q"]}))
    changed = {**small().given, "change": [{"round": 4, "set": {"faults.drops": ["5:Q"]}}]}
    happened = []
    with pytest.raises(ScenarioError, match="no hospital 'Q'"):
        happened.extend(events(Scenario.from_dict(changed), RoundStarted))
    assert not happened


def test_a_round_beyond_the_plan_and_a_hospital_not_drawn_change_nothing():
    half = {"participation": 0.5}
    absent = next(
        f"{e.round}:{'ABCD'[i]}"
        for e in events(small(training=half), RoundStarted)
        for i in range(4)
        if i not in e.cohort
    )
    for drop in (absent, "60:C"):
        scenario = small(training=half, faults={"drops": [drop]})
        assert not events(scenario, HospitalsDropped)
        np.testing.assert_array_equal(params(scenario), params(small(training=half)))


# The plain channel


def test_a_dropout_before_its_upload_sends_nothing_and_the_others_votes_add_up_to_one():
    scenario = small(data=UNEQUAL, faults=C_IN_3)
    rounds = finished(scenario)
    (sent,) = [e for e in events(scenario, UpdatesSent) if e.round == 3]
    (gone,) = events(scenario, HospitalsDropped)
    np.testing.assert_array_equal(sent.cohort, [0, 1, 3])
    np.testing.assert_array_equal(gone.hospitals, [2])
    np.testing.assert_array_equal(rounds[2].dropped, [2])
    assert rounds[2].uplink_bytes == 3 * len(sent.payloads[0]) == rounds[1].uplink_bytes * 3 / 4
    header, bodies = unpack(Kind.UPDATE, sent.payloads)
    updates = np.ascontiguousarray(bodies).view("<f4").astype(float)
    votes = header["weight"] / header["weight"].sum()
    moved = rounds[2].state.params - rounds[1].state.params
    np.testing.assert_allclose(moved, votes @ updates, rtol=0, atol=1e-12)


def test_a_dropout_disturbs_no_other_draw():
    """What the others send in that round is bit for bit what they would have sent."""
    extra = {"privacy": {}, "compression": {"bits": 4}, "training": {"participation": 0.75}}
    (whole, less) = (
        {e.round: e for e in events(small(**extra, faults=f), UpdatesSent)}
        for f in ({}, {"dropout": 0.4})
    )
    first = next(r for r in less if len(less[r].cohort) < len(whole[r].cohort))
    sent = dict(zip(whole[first].cohort.tolist(), whole[first].payloads, strict=True))
    assert [sent[i] for i in less[first].cohort.tolist()] == list(less[first].payloads)


def test_under_privacy_the_divisor_stays_the_plans_and_the_noise_whole():
    extra = {"data": UNEQUAL, "privacy": {**HOSPITAL, "epsilon": 8.0}}
    whole, less = finished(small(**extra)), finished(small(**extra, faults=C_IN_3))
    (sent,) = [e for e in events(small(**extra), UpdatesSent) if e.round == 3]
    header, bodies = unpack(Kind.UPDATE, sent.payloads)
    of_c = np.ascontiguousarray(bodies).view("<f4").astype(float)[2] * header["weight"][2]
    difference = whole[2].state.params - less[2].state.params
    np.testing.assert_allclose(difference, of_c / header["weight"].sum(), rtol=0, atol=1e-12)
    assert [r.epsilon for r in whole] == [r.epsilon for r in less]


def test_a_dropout_after_its_upload_loses_nothing():
    scenario = small(faults={**C_IN_3, "dropout": 0.5, "where": "after"})
    np.testing.assert_array_equal(params(scenario), params(small()))
    assert not events(scenario, HospitalsDropped)
    assert any("counts all the same" in note for note in scenario.notes)


def test_without_masks_before_sharing_is_before_the_upload():
    early, before = (small(faults={**C_IN_3, "where": w}) for w in ("sharing", "before"))
    assert payloads(early) == payloads(before)
    assert any("without masks nothing is shared" in note for note in early.notes)
    assert before.notes == ()


def test_a_round_in_which_nobody_stays_is_lost():
    scenario = small(faults={"drops": EVERYONE[4:8]})
    rounds = finished(scenario)
    np.testing.assert_array_equal(rounds[1].state.params, rounds[0].state.params)
    assert (rounds[1].uplink_bytes, rounds[1].downlink_bytes) == (0, rounds[0].downlink_bytes)
    assert rounds[1].dropped.tolist() == [0, 1, 2, 3]
    assert [e.round for e in events(scenario, Aggregated)] == [1, 3, 4, 5, 6]
    assert "update" in rounds[-1].state.traffic.by_kind()


# Under masks


IN_A_ROUND = [KeysForwarded, SharesSent, SharesForwarded, UpdatesMasked, UpdatesSent]
TO_OPEN = [SurvivorsAnnounced, SharesRevealed, HospitalsDropped, MasksRemoved]


def in_round_3(scenario: Scenario) -> list[Any]:
    return [e for e in events(scenario) if getattr(e, "round", 0) == 3]


def of_kind(happened: list[Any], kind: type) -> Any:
    return [e for e in happened if isinstance(e, kind)][-1]


@pytest.mark.parametrize("where", ["sharing", "before"])
@pytest.mark.parametrize("extra", [{}, {"privacy": {}}, {"compression": {"bits": 8}}], ids=str)
def test_a_dropout_before_the_upload_is_recovered_by_the_others_shares(where, extra):
    """The model is the plain channel's, where the same hospital is missing."""
    faults = {**C_IN_3, "where": where}
    masked = small(masking={"range": 1.0}, faults=faults, **extra)
    happened = in_round_3(masked)
    gone = of_kind(happened, HospitalsDropped)
    np.testing.assert_array_equal(gone.hospitals, [2])
    end = happened[-1]
    np.testing.assert_array_equal(end.dropped, [2])
    assert end.uplink_bytes == 3 * len(of_kind(happened, UpdatesSent).payloads[0])
    coarse = {} if "compression" not in extra else {"bits": 16}
    plain = small(faults=faults, **{**extra, **({"compression": coarse} if coarse else {})})
    step = 2 / 255 if coarse else 2.0**-14
    np.testing.assert_allclose(params(masked), params(plain), rtol=0, atol=6 * step)
    assert of_kind(happened, Aggregated).cohort.tolist() == [0, 1, 3]


def test_before_sharing_nobody_masks_with_it_and_before_its_upload_its_masks_are_opened():
    early = in_round_3(small(masking={}, faults={**C_IN_3, "where": "sharing"}))
    late = in_round_3(small(masking={}, faults=C_IN_3))
    for happened in (early, late):
        kinds = [type(e) for e in happened if type(e) in IN_A_ROUND + TO_OPEN]
        assert list(dict.fromkeys(kinds)) == IN_A_ROUND + TO_OPEN
        assert of_kind(happened, SurvivorsAnnounced).cohort.tolist() == [0, 1, 3]
    assert of_kind(early, UpdatesMasked).cohort.tolist() == [0, 1, 3]
    assert of_kind(early, SurvivorsAnnounced).gone.tolist() == []
    assert of_kind(late, UpdatesMasked).cohort.tolist() == [0, 1, 2, 3]
    assert of_kind(late, SurvivorsAnnounced).gone.tolist() == [2]
    assert sorted(of_kind(late, MasksRemoved).done) == [0, 1, 2, 3]
    why = [of_kind(happened, HospitalsDropped).why for happened in (early, late)]
    assert why == [
        "C fell away before sharing; the others masked without it.",
        "C fell away before its upload; the others' shares open its masks.",
    ]


def test_a_dropout_after_its_upload_is_counted_and_the_others_open_its_own_mask():
    scenario = small(masking={}, faults={**C_IN_3, "where": "after"})
    np.testing.assert_array_equal(params(scenario), params(small(masking={})))
    assert not events(scenario, HospitalsDropped)
    happened = in_round_3(scenario)
    assert of_kind(happened, SharesRevealed).cohort.tolist() == [0, 1, 3]
    assert of_kind(happened, Aggregated).cohort.tolist() == [0, 1, 2, 3]
    assert len(happened[-1].dropped) == 0


@pytest.mark.parametrize(
    ("where", "last"),
    [("sharing", SharesSent), ("before", UpdatesSent), ("after", SharesRevealed)],
)
def test_too_few_at_any_step_lose_the_round_and_the_run_goes_on(where, last):
    scenario = small(masking={}, privacy=HOSPITAL, faults={**LOST_IN_3, "where": where})
    happened = in_round_3(scenario)
    assert [type(e) for e in happened[-3:]] == [last, HospitalsDropped, RoundFinished]
    np.testing.assert_array_equal(happened[-2].hospitals, [0, 1, 2, 3])
    rounds = finished(scenario)
    np.testing.assert_array_equal(rounds[2].state.params, rounds[1].state.params)
    assert rounds[2].state.released == rounds[1].state.released
    assert rounds[2].epsilon == rounds[1].epsilon
    assert 0 < rounds[2].overhead_bytes < rounds[1].overhead_bytes
    assert not np.array_equal(rounds[3].state.params, rounds[2].state.params)


@settings(max_examples=8, deadline=None)
@given(st.floats(0.05, 0.8), st.floats(0.1, 1.0), st.sampled_from(POINTS), st.integers(0, 2**20))
def test_random_dropouts_under_masks_leave_the_plain_channels_model_or_the_old_one(
    dropout, threshold, where, seed
):
    base = {"training": {"rounds": 3}, "faults": {"dropout": dropout, "where": where}}
    given = {**small(masking={"threshold": threshold}, **base).given, "seed": seed}
    masked = Scenario.from_dict(given)
    needed = opens_with(threshold, 4)
    start = None
    happened = events(masked)
    without = masked.replace({"masking": False})
    for end in [e for e in happened if isinstance(e, RoundFinished)]:
        plain = next(e for e in simulate(without, start) if isinstance(e, RoundFinished))
        before = np.zeros_like(end.state.params) if start is None else start.params
        answered = [e for e in happened if isinstance(e, SharesRevealed) and e.round == end.round]
        if len(end.dropped) == 4:
            np.testing.assert_array_equal(end.state.params, before)
            assert not answered or len(answered[-1].cohort) < needed
        else:
            assert end.dropped.tolist() == plain.dropped.tolist()
            np.testing.assert_allclose(end.state.params, plain.state.params, rtol=0, atol=1e-4)
            assert len(answered[-1].cohort) >= needed
        start = end.state


@pytest.mark.parametrize(
    ("where", "threshold", "gone", "why"),
    [
        ("before", 0.6, "CD", "C and D fell away before their uploads; 2 came, a sum needs 3."),
        ("before", 1.0, "C", "C fell away before its upload; 3 came, a sum needs 4."),
        ("before", 0.1, "BCD", "1 came, a sum needs 2"),
        ("before", 0.6, "ABCD", "nobody's update came"),
        ("sharing", 0.6, "CD", "C and D fell away before sharing; 2 shared, a sum needs 3."),
        ("sharing", 0.6, "ABCD", "nobody shared"),
        ("after", 0.6, "CD", "C and D fell away after their uploads; 2 answered, a sum needs 3."),
        ("after", 0.6, "ABCD", "nobody answered"),
    ],
)
def test_why_a_round_is_lost_under_masks(where, threshold, gone, why):
    drops = [f"3:{name}" for name in gone]
    scenario = small(masking={"threshold": threshold}, faults={"drops": drops, "where": where})
    (event,) = events(scenario, HospitalsDropped)
    assert why in event.why
    assert len(event.hospitals) == 4


def test_a_lost_round_spends_no_privacy_and_the_budget_holds():
    extra = {"masking": {}, "privacy": {**HOSPITAL, "epsilon": 3.0}}
    whole, less = finished(small(**extra)), finished(small(**extra, faults=LOST_IN_3))
    spent = [r.epsilon for r in less]
    assert spent[2] == spent[1] == whole[1].epsilon
    assert spent[3:] == [r.epsilon for r in whole[2:5]]
    assert less[-1].state.plan.basis == whole[-1].state.plan.basis
    assert [entry.counts.tolist() for entry in less[-1].state.released] == [[5] * 4]
    assert spent[-1] < whole[-1].epsilon <= 3.0


def test_a_new_budget_after_a_lost_round_is_met_by_what_was_released_and_what_is_left():
    scenario = small(masking={}, privacy={**HOSPITAL, "epsilon": 3.0}, faults=LOST_IN_3)
    changed = {**scenario.given, "change": [{"round": 5, "set": {"privacy.epsilon": 5.0}}]}
    last = finished(Scenario.from_dict(changed))[-1]
    assert [entry.counts.tolist() for entry in last.state.released] == [[3] * 4, [2] * 4]
    assert 4.999 < last.epsilon <= 5.0


def test_a_lost_round_without_noise_is_no_release_without_noise():
    everyone = small(faults={"drops": EVERYONE[:4]}, training={"rounds": 1})
    (first,) = finished(everyone)
    assert first.state.released == ()
    private = everyone.replace(
        {"training.rounds": 6, "privacy.unit": "hospital", "privacy.epsilon": 3.0}
    )
    last = finished(private, start=first.state)[-1]
    assert math.isfinite(last.epsilon)
    assert all(entry.noised for entry in last.state.released)


def test_memory_of_hospitals_whose_round_is_lost_stays():
    before = Remembered({"stage": {"kept": np.ones((4, 1))}})
    kept = {"stage": {"kept": np.zeros((4, 1))}}
    nobody = np.array([], np.int64)
    assert before.write_back(kept, moment(1, [0, 1, 2, 3], 4), nobody) is before


# Forks, results, recordings


def test_a_recording_of_a_lost_round_tells_the_same_story(tmp_path: Path):
    scenario = small(masking={}, faults=LOST_IN_3)
    recorder = Recorder(tmp_path / "run.jsonl")
    live, told = start(scenario), start(scenario)
    for event in events(scenario):
        recorder.add(event)
        live = fold(live, event)
        if isinstance(event, HospitalsDropped):
            assert live.aborted
            said = words.right_now(live)
    recorder.close()
    for event in read(tmp_path / "run.jsonl"):
        told = fold(told, event)
        if isinstance(event, HospitalsDropped):
            assert told.aborted
            assert words.right_now(told) == said
    assert told.points == live.points


@pytest.mark.parametrize(
    "extra", [{}, {"masking": {}, "privacy": HOSPITAL}], ids=["plain", "masked"]
)
def test_a_fork_from_any_round_ends_as_the_whole_run_bit_for_bit(extra):
    scenario = small(
        **extra, training={"participation": 0.75}, faults={"dropout": 0.2, **LOST_IN_3}
    )
    rounds = finished(scenario)
    assert 0 < sum(len(r.dropped) > 0 for r in rounds) < 6
    for round in range(1, 6):
        again = finished(scenario, start=rounds[round - 1].state)
        for one, other in zip(again, rounds[round:], strict=True):
            np.testing.assert_array_equal(one.state.params, other.state.params)
            np.testing.assert_array_equal(one.dropped, other.dropped)
            assert one.epsilon == other.epsilon
            assert one.state.traffic == other.state.traffic


def test_the_result_names_those_whose_update_is_not_in_the_sum():
    plain = run(small(faults=C_IN_3))
    assert [r["dropped"] for r in plain["rounds"]] == [[], [], ["C"], [], [], []]
    recovered = run(small(masking={}, faults=C_IN_3))
    assert [r["dropped"] for r in recovered["rounds"]] == [[], [], ["C"], [], [], []]
    masked = json.loads(json.dumps(run(small(masking={}, faults=LOST_IN_3)), allow_nan=False))
    assert masked["rounds"][2]["dropped"] == masked["rounds"][2]["cohort"] == list("ABCD")
    assert masked["final"]["stopped"] is None
    up = sum(r["uplink_bytes"] for r in masked["rounds"])
    assert masked["ledger"]["masked update"]["bytes"] == up
    assert Scenario.from_code(masked["code"]) == small(masking={}, faults=LOST_IN_3)


def test_a_run_whose_every_round_is_lost_says_so_whole_or_forked():
    scenario = small(masking={"threshold": 1.0}, faults={"drops": EVERYONE[::4]})
    assert run(scenario)["final"]["stopped"] == "threshold"
    for state in (r.state for r in finished(scenario)[:5]):
        (end,) = events(scenario, RunFinished, start=state)
        assert end.stopped == "threshold"
    once = small(masking={"threshold": 1.0}, faults={"drops": EVERYONE[4::4]})
    assert run(once)["final"]["stopped"] is None
    for state in (r.state for r in finished(once)[:5]):
        (end,) = events(once, RunFinished, start=state)
        assert end.stopped is None


def test_the_command_line_ends_with_1_where_every_round_was_lost(tmp_path: Path):
    drops = "faults.drops=1:A,1:B,2:A,2:B"
    lost = fedtui(
        "run", "--set", "masking=on", "--set", drops, "--rounds", "2", "--json", home=tmp_path
    )
    assert lost.returncode == 1
    assert "every round was lost" in sentence(lost.stderr)
    assert json.loads(lost.stdout)["final"]["stopped"] == "threshold"
    assert fedtui("run", "--set", drops, "--rounds", "2", home=tmp_path).returncode == 0


# On the screen


def test_the_view_knows_who_is_lost_and_which_round():
    for view in views(small(data=UNEQUAL, faults=C_IN_3)):
        assert not view.aborted
        if view.round == 3 and view.moment in ("HospitalsDropped", "Aggregated", "RoundFinished"):
            assert view.hospitals.lost.tolist() == [False, False, True, False]
            assert view.hospitals.share.sum() == pytest.approx(1)
            assert view.hospitals.share[2] == 0
    masked = views(small(masking={}, faults=LOST_IN_3))
    assert {v.round for v in masked if v.aborted} == {3}
    (told,) = [v for v in masked if v.moment == "HospitalsDropped"]
    assert told.aborted
    assert told.hospitals.silent.tolist() == [2, 3]
    assert not told.hospitals.arrived.any()


def test_under_privacy_no_vote_grows_by_who_is_missing():
    (told,) = [
        v for v in views(small(privacy=HOSPITAL, faults=C_IN_3)) if v.moment == "HospitalsDropped"
    ]
    (before,) = [
        v for v in views(small(privacy=HOSPITAL)) if v.moment == "UpdatesSent" and v.round == 3
    ]
    stay = [0, 1, 3]
    np.testing.assert_array_equal(told.hospitals.share[stay], before.hospitals.share[stay])


def test_settings_that_change_after_a_lost_round_belong_to_the_next():
    given = small(masking={}, faults=LOST_IN_3).given
    changed = {**given, "change": [{"round": 4, "set": {"fedprox.mu": 1.0}}]}
    (view,) = [v for v in views(Scenario.from_dict(changed)) if v.moment == "SettingsChanged"]
    assert not view.aborted


def test_masks_with_dropouts_are_warned_of():
    notes = small(masking={}, faults=C_IN_3).notes
    assert any("a round is lost where too few stay" in note for note in notes)
    assert not any("lost" in note for note in small(faults=C_IN_3).notes)


@pytest.mark.parametrize("extra", [{}, {"privacy": {}}, {"masking": {}}], ids=str)
@pytest.mark.parametrize("gone", ["C", "BD", "ABCD"])
def test_every_moment_of_a_round_with_dropouts_has_sentences_that_fit_one_line(extra, gone):
    drops = [f"{round}:{name}" for round in (2, 3) for name in gone]
    for view in views(small(**extra, faults={"drops": drops}))[1:]:
        for chosen in range(4):
            told = words.right_now(view, chosen) if view.ready else ["."]
            assert told
            assert all(text[-1] in ".…" and len(text) <= 78 for text in told[:2]), told
        if view.aborted and view.moment == "RoundFinished":
            assert "lost" in told[0]


@pytest.mark.parametrize("where", POINTS)
@pytest.mark.parametrize("gone", ["", "C", "CD"])
def test_every_step_of_the_masks_has_sentences_that_fit_one_line_whoever_falls_away(where, gone):
    drops = [f"1:{name}" for name in gone]
    scenario = small(masking={}, faults={"drops": drops, "where": where}, training={"rounds": 1})
    for view in [v for v in views(scenario) if v.phase]:
        for chosen in range(4):
            told = words.right_now(view, chosen)
            assert told
            assert all(text[-1] in ".…" and len(text) <= 78 for text in told), told
        assert words.background(view)


def test_a_recovered_round_and_a_lost_one_are_told_apart():
    def told(drops: list[str]) -> list[str]:
        seen = views(small(masking={}, faults={"drops": drops}, training={"rounds": 1}))
        return [text for view in seen if view.phase for text in words.right_now(view)]

    recovered, lost = told(["1:C"]), told(["1:C", "1:D"])
    assert "C fell away before its upload; the others' shares open its masks." in recovered
    assert "It reads the sum of A, B and D, and nothing else." in recovered
    assert "C and D fell away before their uploads; 2 came, a sum needs 3." in lost
    assert not any("lost" in text for text in recovered)
    assert not any("It reads the sum" in text for text in lost)


@pytest.mark.parametrize(
    ("faults", "badge"),
    [
        ({"drops": ["3:C", "5:C"]}, "+ C drops out"),
        ({"drops": ["3:C", "5:A"]}, "+ C and A drop out"),
        ({"drops": EVERYONE}, "+ 4 drop out"),
        ({"dropout": 0.1}, "+ dropouts 10 %"),
        ({"dropout": 0.1, "drops": ["3:C"]}, "+ dropouts 10 %, C drops out"),
        ({}, None),
    ],
)
def test_dropouts_are_told_in_the_header(faults, badge):
    view = views(small(faults=faults, training={"rounds": 1}))[-1]
    assert words.badges(view).get("faults") == badge
    assert ("faults" in words.short_badges(view)) == (badge is not None)


def test_a_long_list_of_those_who_fell_away_is_cut():
    assert fell_away(np.arange(3)) == "A, B and C fell away before their uploads"
    assert fell_away(np.arange(40)) == "A, B and 38 more fell away before their uploads"
