"""ε is never told too small, whatever was changed on the way: not by one setting, by sequences of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from engine import Scenario, simulate
from engine.data.source import letter
from engine.errors import EngineError
from engine.events import RoundFinished
from engine.privacy.section import Privacy
from engine.state import State
from tests.released import Watch, cost, released, watching

ROUNDS = 8
SEQUENCES = 20
THEIR_GRID = 2e-4  # relative: by how much the other accountant's upper side may lie above the truth

A_FORGOTTEN = """
seed = 3
[data]
source = "breast-cancer"
hospitals = 6
keep = ["mean texture", "worst symmetry"]
[training]
rounds = 20
[privacy]
unit = "hospital"
noise_by = "hospital"
epsilon = 4
[faults]
drops = [{drops}]
[[change]]
round = 20
set = {{"privacy.noise_by" = "server"}}
"""


@dataclass(frozen=True)
class Told:
    """What a run told of a hospital's units, and what dp-accounting makes of what was added."""

    told: float
    recomputed: float


def test_a_hospital_that_was_spared_does_not_choose_the_noise_of_all(monkeypatch):
    """A released nothing before round 20, so little noise would do for it; the server adds one noise."""
    drops = ", ".join(f'"{round}:A"' for round in range(1, 20))
    scenario = Scenario.from_toml(A_FORGOTTEN.format(drops=drops))
    found = followed(monkeypatch, [(scenario, scenario.training.rounds)])
    assert max(each.recomputed for each in found) > 3.9
    for each in found:
        assert each.recomputed <= each.told * (1 + THEIR_GRID)
        assert each.told <= 4.0


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_no_sequence_of_changes_costs_more_than_is_told(seed, monkeypatch):
    draw = np.random.default_rng([2026, seed])
    found = followed(monkeypatch, sequence(draw))
    for each in found:
        assert each.recomputed <= each.told * (1 + THEIR_GRID)


def sequence(draw: np.random.Generator) -> list[tuple[Scenario, int]]:
    """Scenarios, each forked from the one before after so many rounds."""
    hospitals = int(draw.integers(2, 7))
    sizes = draw.choice([1, 1, 2, 3, 5, 8], hospitals).tolist()
    base = Scenario.from_dict(
        {
            "seed": int(draw.integers(100)),
            "data": {
                "source": "breast-cancer",
                "keep": ["mean texture", "worst symmetry"],
                "hospitals": hospitals,
                "partition": "quantity",
                "sizes": [str(size) for size in sizes],
            },
            "training": {"rounds": ROUNDS, "local_epochs": int(draw.integers(1, 3))},
            "privacy": PRIVACY[int(draw.integers(len(PRIVACY)))],
            "faults": {"drops": absences(hospitals, draw)},
        }
    )
    base = changed(base, draw, 3)
    for round in sorted(draw.choice(np.arange(2, ROUNDS + 1), int(draw.integers(0, 4)), False)):
        base = with_change(base, int(round), draw)
    if draw.random() < 0.5:
        return [(base, ROUNDS)]
    after = int(draw.integers(1, ROUNDS))
    return [(base, after), (changed(base, draw, 2), ROUNDS)]


PRIVACY: list[dict[str, str]] = [
    {"unit": "patient"},
    {"unit": "hospital", "noise_by": "hospital"},
    {"unit": "hospital", "noise_by": "hospital"},
    {"unit": "hospital", "noise_by": "server"},
]


def absences(hospitals: int, draw: np.random.Generator) -> list[str]:
    """One or two hospitals that are away for some rounds in a row: nothing is released of them."""
    away = []
    for hospital in draw.choice(hospitals, int(draw.integers(0, 3)), False).tolist():
        first, last = sorted(draw.integers(1, ROUNDS + 1, 2).tolist())
        away += [f"{round}:{letter(hospital)}" for round in range(first, last + 1)]
    return away


KEYS: dict[str, Callable[[np.random.Generator], Any]] = {
    "privacy": lambda draw: draw.random() < 0.85,
    "privacy.unit": lambda draw: str(draw.choice(["patient", "hospital"])),
    "privacy.noise_by": lambda draw: str(draw.choice(["hospital", "server", "server"])),
    "privacy.epsilon": lambda draw: float(draw.choice([0.5, 1, 4, 8, 30])),
    "privacy.delta": lambda draw: float(draw.choice([1e-3, 1e-5, 1e-7])),
    "privacy.clip_norm": lambda draw: float(draw.choice([0.2, 1.0, 3.0])),
    "training.participation": lambda draw: float(draw.choice([0.3, 0.5, 0.8, 1.0])),
    "training.batch_size": lambda draw: int(draw.choice([0, 8, 32])),
    "training.local_epochs": lambda draw: int(draw.integers(1, 4)),
    "training.local_steps": lambda draw: int(draw.choice([0, 0, 3])),
    "training.weighting": lambda draw: str(draw.choice(["patients", "equal"])),
    "masking": lambda draw: bool(draw.random() < 0.5),
    "masking.threshold": lambda draw: float(draw.choice([0.4, 0.6, 1.0])),
    "faults.dropout": lambda draw: float(draw.choice([0.0, 0.2, 0.5])),
    "faults.where": lambda draw: str(draw.choice(["sharing", "before", "after"])),
    "compression.codec": lambda draw: str(draw.choice(["quantize", "float16", "topk"])),
    "compression": lambda draw: False,
}


def some(draw: np.random.Generator, most: int) -> dict[str, Any]:
    odds = np.array(
        [6 if key == "privacy.noise_by" else 2 if "privacy" in key else 1 for key in KEYS]
    )
    keys = draw.choice(
        list(KEYS), int(draw.integers(1, most + 1)), False, odds / odds.sum()
    ).tolist()
    return {key: KEYS[key](draw) for key in keys}


def changed(scenario: Scenario, draw: np.random.Generator, most: int) -> Scenario:
    """With some settings others, of which the mix can run."""
    while True:
        try:
            return scenario.replace(some(draw, most))
        except EngineError:
            continue


def with_change(scenario: Scenario, round: int, draw: np.random.Generator) -> Scenario:
    """With one more change on the way."""
    while True:
        change = {"round": round, "set": some(draw, 3)}
        changes = [*scenario.given.get("change", []), change]
        try:
            return Scenario.from_dict({**scenario.given, "change": changes})
        except EngineError:
            continue


def followed(patch: pytest.MonkeyPatch, worlds: list[tuple[Scenario, int]]) -> list[Told]:
    """Play them, and compare what is told of every hospital at the end, and once before."""
    state: State | None = None
    told: dict[int, RoundFinished] = {}
    by_round: dict[int, Scenario] = {}
    with watching(patch) as watch:
        for scenario, until in worlds:
            try:
                state = played(watch, scenario, state, until, told)
            except EngineError:  # a mix that this federation cannot run
                break
            first = min(set(range(1, until + 1)) - by_round.keys(), default=until)
            by_round |= {round: scenario.at(round) for round in range(first, until + 1)}
    if state is None or not told:
        return []
    assert state.prepared is not None
    federation = state.prepared.federation
    sizes, d = federation.train.sizes, state.prepared.model.parameters
    rounds = sorted(told)
    found = []
    for last in {rounds[-1], rounds[len(rounds) // 2]}:
        privacy, event = by_round[last].get(Privacy), told[last]
        if privacy is None:
            continue
        assert event.epsilon_by_hospital is not None
        for hospital, epsilon in enumerate(event.epsilon_by_hospital.tolist()):
            mechanisms = released(watch, by_round.__getitem__, sizes, d, last, hospital)
            if mechanisms is None or math.isinf(privacy.epsilon):
                assert math.isinf(epsilon)
                continue
            if math.isinf(epsilon):
                continue
            found.append(Told(epsilon, cost(mechanisms, privacy.delta)))
    return found


def played(
    watch: Watch,
    scenario: Scenario,
    state: State | None,
    until: int,
    told: dict[int, RoundFinished],
) -> State | None:
    """The state after round `until`, or after the last that was played."""
    for event in simulate(scenario, state):
        watch.see(event)
        if isinstance(event, RoundFinished):
            told[event.round], state = event, event.state
            if event.round == until:
                break
    return state
