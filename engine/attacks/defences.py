"""What stops which attack: each defence put up alone, and every attack made against it.

No answer here is typed by hand: each is the middle one of a few tries on the hospital that is looked at.
The number of cases and the two runs are attacked where a hospital is weakest, after one step over all its
patients (the cases from a zero model as well): what a defence has to stop is the best attack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.attacks.case_count import can_count, count
from engine.attacks.one_patient import attempt
from engine.attacks.outcome import Outcome, middle
from engine.attacks.two_runs import difference
from engine.attacks.victim import Victim, before_round_1, in_one_step, victim
from engine.privacy.section import Privacy
from engine.scenario import Scenario
from engine.state import State

DEFENCES: Mapping[str, Mapping[str, Any]] = {  # name: what it sets; every other switch is off
    "nothing": {},
    "fedprox": {"fedprox": True},
    "patient": {"privacy.unit": "patient"},
    "hospital": {"privacy.unit": "hospital", "privacy.noise_by": "hospital"},
    "server": {"privacy.unit": "hospital", "privacy.noise_by": "server"},
    "masks": {"masking": True},
    "float16": {"compression.codec": "float16"},
    "8 bits": {"compression.codec": "quantize", "compression.bits": 8},
    "2 bits": {"compression.codec": "quantize", "compression.bits": 2},
    "qsgd": {"compression.codec": "qsgd", "compression.bits": 8},
    "topk": {"compression.codec": "topk"},
    "randk": {"compression.codec": "randk"},
    "sign": {"compression.codec": "sign"},
    "prune": {"compression.codec": "float16", "compression.prune": 0.5},
}
_TRIES = 5
_MANY = 5_000  # patients: from here on training is slow, and one try decides


@dataclass(frozen=True)
class Stand:
    """How one defence stood, alone.

    Attributes:
        record: The record of one patient, in a message (`one_patient`).
        cases: The number of cases, in a message (`case_count`); None where the model is no logistic one.
        one_seed: One patient, in two results under one seed (`two_runs`).
        two_seeds: The same under two.
    """

    defence: str
    record: Outcome
    cases: Outcome | None
    one_seed: Outcome
    two_seeds: Outcome


def stands(
    scenario: Scenario, state: State, hospital: int, patient: int = 0, seed: int | None = None
) -> tuple[Stand, ...]:
    """Every defence alone, on the model of `state`, as it would be over a whole run.

    Raises:
        ScenarioError: There is no such hospital or patient, or a defence cannot be used here.
        RunError: The state came without its patients.
    """
    return tuple(stand(name, scenario, state, hospital, patient, seed) for name in DEFENCES)


def stand(
    defence: str,
    scenario: Scenario,
    state: State,
    hospital: int,
    patient: int = 0,
    seed: int | None = None,
) -> Stand:
    """One defence alone; see `stands`."""
    alone = only(defence, scenario.at(state.round + 1))
    begun = before_round_1(state, state.params)
    zero = before_round_1(state, np.zeros(len(state.params)))
    as_it_trains = victim(alone, begun, hospital, seed)
    one_step = victim(in_one_step(alone), begun, hospital, seed)
    from_zero = victim(in_one_step(alone), zero, hospital, seed)
    # Keys are slow too, and what is read from masked noise is no near miss.
    tries = 1 if alone.on("masking") or one_step.size > _MANY else _TRIES
    runs = [difference(v, patient) for v in _again(one_step, tries)]
    return Stand(
        defence,
        record=middle([attempt(v, patient).outcome for v in _again(as_it_trains, tries)]),
        cases=_cases(from_zero, tries),
        one_seed=middle([run.outcome for run in runs]),
        two_seeds=middle([run.outcome_fresh for run in runs]),
    )


def _cases(of: Victim, tries: int) -> Outcome | None:
    if not can_count(of):
        return None
    return middle([count(v).outcome for v in _again(of, tries)])


def only(defence: str, scenario: Scenario) -> Scenario:
    """The scenario with this defence and no other switch; its budget stays."""
    budget: dict[str, Any] = {}
    privacy = scenario.get(Privacy)
    if privacy and "privacy.unit" in DEFENCES[defence]:
        budget = {"privacy.epsilon": privacy.epsilon, "privacy.delta": privacy.delta}
    off = dict.fromkeys((switch.section for switch in scenario.switches), False)
    return scenario.replace_all(off, DEFENCES[defence], budget)


def _again(of: Victim, tries: int) -> list[Victim]:
    return [of.again(of.seed + 10 * i) for i in range(tries)]
