"""All that can be tried on one hospital, at once: what a screen shows beside a round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.attacks.case_count import CaseCount, can_count, count
from engine.attacks.membership import Membership, membership
from engine.attacks.one_patient import Attempt, attempt
from engine.attacks.two_runs import TwoRuns, difference
from engine.attacks.two_sums import TwoSums, two_sums
from engine.attacks.victim import before_round_1, fresh, in_one_step, victim
from engine.scenario import Scenario
from engine.state import State

_MOST_IN_SUMS = 20_000  # patients, all of whom are trained on six times


@dataclass(frozen=True, eq=False)
class Attacks:
    """What came of every attack on a hospital in the round after a state.

    Attributes:
        record: A patient's, from a message.
        cases: Their number, from the message of this round; `cases_at_best` after one step from zero. Both
            from the set-up where it was told there; None where it was not and the model is a network.
        runs: The same patient, from two results; `runs_at_best` after one step over everyone.
        sums: The hospital's update, from two sums; `sums_at_best` after one step over everyone. None
            where fewer than three arrive, or so many patients that it would take long.
        members: Who was in the training of the model that this round starts from.
    """

    record: Attempt
    cases: CaseCount | None
    cases_at_best: CaseCount | None
    runs: TwoRuns
    runs_at_best: TwoRuns
    sums: TwoSums | None
    sums_at_best: TwoSums | None
    members: Membership


def every(
    scenario: Scenario, state: State, hospital: int, patient: int = 0, seed: int | None = None
) -> Attacks:
    """Make every attack. Nothing of the run changes.

    Raises:
        ScenarioError: There is no such hospital or patient.
        RunError: The state came without its patients.
    """
    chosen = fresh() if seed is None else seed
    here = victim(scenario, state, hospital, chosen)
    as_planned = before_round_1(state, state.params)
    zero = before_round_1(state, np.zeros(len(state.params)))
    at_best = in_one_step(here.scenario)
    patients = int(here.federation.train.sizes[here.arriving].sum())
    countable = can_count(here)
    enough = len(here.arriving) > 2 and patients <= _MOST_IN_SUMS
    return Attacks(
        record=attempt(here, patient),
        cases=count(here) if countable else None,
        cases_at_best=count(victim(at_best, zero, hospital, chosen)) if countable else None,
        runs=difference(here, patient),
        runs_at_best=difference(victim(at_best, as_planned, hospital, chosen), patient),
        sums=two_sums(scenario, state, hospital, chosen) if enough else None,
        sums_at_best=two_sums(at_best, as_planned, hospital, chosen) if enough else None,
        members=membership(state),
    )
