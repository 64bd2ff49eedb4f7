"""What stops which attack: every defence alone, and what no partner of it may change."""

from __future__ import annotations

import pytest

from engine import Scenario
from engine.attacks.defences import DEFENCES, Stand, only, stand, stands
from engine.attacks.one_patient import one_patient
from engine.attacks.outcome import Outcome
from engine.codecs.section import CODECS
from tests.builders import small, states

READ, BLURRED, HIDDEN = Outcome

STOPS: dict[str, tuple[set[Outcome], set[Outcome], set[Outcome], set[Outcome]]] = {
    # defence: record, cases, one patient under one seed, the same under two
    "nothing": ({READ}, {READ}, {READ}, {READ}),
    "fedprox": ({READ}, {READ}, {READ}, {READ}),
    # Noise for one patient does not promise to hide a number that all of them make together.
    "patient": ({HIDDEN}, {BLURRED, HIDDEN}, {READ}, {HIDDEN}),
    "hospital": ({HIDDEN}, {HIDDEN}, {READ, BLURRED}, {HIDDEN}),
    "server": ({READ}, {READ}, {READ}, {HIDDEN}),
    "masks": ({HIDDEN}, {HIDDEN}, {READ, BLURRED}, {READ, BLURRED}),
    "float16": ({READ, BLURRED}, {READ}, {BLURRED}, {BLURRED}),
    "8 bits": ({BLURRED}, {READ, BLURRED}, {BLURRED, HIDDEN}, {BLURRED, HIDDEN}),
    "2 bits": ({HIDDEN}, {BLURRED, HIDDEN}, {HIDDEN}, {HIDDEN}),
    "qsgd": ({BLURRED}, {READ, BLURRED}, {BLURRED, HIDDEN}, {BLURRED, HIDDEN}),
    "topk": ({HIDDEN}, {BLURRED, HIDDEN}, {HIDDEN}, {HIDDEN}),
    "randk": ({HIDDEN}, {BLURRED, HIDDEN}, {HIDDEN}, {HIDDEN}),
    "sign": ({HIDDEN}, {BLURRED, HIDDEN}, {HIDDEN}, {HIDDEN}),
    "prune": ({READ, BLURRED}, {READ}, {BLURRED}, {BLURRED}),
}


def alone(defence: str, round: int = 3, hospital: int = 1) -> Stand:
    return stand(defence, small(), states(small())[round], hospital, patient=3, seed=11)


@pytest.mark.parametrize("defence", DEFENCES)
def test_a_defence_stops_what_it_stops_and_nothing_else(defence):
    for round, hospital in ((0, 1), (3, 2)):
        found = alone(defence, round, hospital)
        reached = (found.record, found.cases, found.one_seed, found.two_seeds)
        for outcome, expected in zip(reached, STOPS[defence], strict=True):
            assert outcome in expected, found


def test_every_codec_and_every_privacy_is_tried():
    tried = [only(defence, small()) for defence in DEFENCES]
    codecs = {s.as_dict()["compression"]["codec"] for s in tried if s.on("compression")}
    units = {
        (s.as_dict()["privacy"]["unit"], s.as_dict()["privacy"]["noise_by"])
        for s in tried
        if s.on("privacy")
    }
    assert codecs == set(CODECS)
    assert units == {("patient", "hospital"), ("hospital", "hospital"), ("hospital", "server")}


def test_a_defence_is_tried_alone_and_with_the_runs_own_budget():
    busy = small(
        fedprox={}, masking={}, privacy={"epsilon": 2.0, "delta": 1e-6, "unit": "hospital"}
    )
    for defence in DEFENCES:
        tried = only(defence, busy)
        assert len(tried.switches) == (0 if defence == "nothing" else 1)
        if tried.on("privacy"):
            privacy = tried.as_dict()["privacy"]
            assert (privacy["epsilon"], privacy["delta"]) == (2.0, 1e-6)


@pytest.mark.parametrize(
    "partner",
    [{"fedprox": True}, {"privacy.unit": "patient"}, {"privacy.unit": "hospital"},
     {"compression.bits": 8}, {"compression.bits": 2, "privacy.unit": "patient"}],
    ids=str,
)  # fmt: skip
def test_under_masks_the_record_stays_hidden_whatever_else_is_on(partner):
    masked = small(masking={}).replace(partner)
    assert one_patient(masked, states(small())[0], 1, 3, seed=1).outcome is HIDDEN


def test_all_are_tried_on_the_settings_of_the_shown_round():
    scenario: Scenario = small().replace({"change": [{"round": 2, "set": {"masking": True}}]})
    found = stands(scenario, states(small())[2], 0, seed=11)
    assert [s.defence for s in found] == list(DEFENCES)
    assert found[0].record is READ
