"""Two sums of cohorts that differ by one hospital leave that hospital's update.

So et al. 2021, "Securing Secure Aggregation: Mitigating Multi-Round Privacy Leakage in Federated
Learning" (arXiv 2106.03328; AAAI 2023), introduction: masks protect within one round. Where other
hospitals take part in each, the server may hold the sum of a cohort and the sum of the same cohort
without one hospital, and the difference is n_i · u_i, that hospital's own. This is exact where both start
from one model and the others do the same again, which they do where a step is over all their patients.
From one round to the next the model moves on and the others with it, and their minibatches come in
another order: what is left then is the hospital's update and their drift, which shrinks as training
settles.

Masks do not prevent it: every sum is meant to be read. Noise of the hospitals does, and it is in the
difference as often as hospitals are in both sums. Noise that the server adds comes after it has read both.
So's remedy, cohorts drawn in fixed groups, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Floats, Ints
from engine.attacks.victim import Victim, victim
from engine.blocks import blocks
from engine.channels.base import Total
from engine.errors import ScenarioError
from engine.estimates.base import hospitals_at_once
from engine.scenario import Scenario
from engine.state import State


@dataclass(frozen=True, eq=False)
class TwoSums:
    """What the server works out of two sums.

    Attributes:
        cohort: Who is in the first sum; the second is without `hospital`.
        true: The hospital's update as it left, (d,).
        same_model: From two sums of one model, (d,).
        next_round: From the sums of two rounds in a row, (d,).
    """

    hospital: int
    round: int
    cohort: Ints
    true: Floats
    same_model: Floats
    next_round: Floats

    def error(self, recovered: Floats) -> float:
        """Length of what is wrong with it, per length of the update."""
        wrong = float(np.linalg.norm(recovered - self.true))
        return wrong / max(float(np.linalg.norm(self.true)), np.finfo(np.float64).tiny)


def two_sums(scenario: Scenario, state: State, hospital: int, seed: int | None = None) -> TwoSums:
    """Add up the round after `state` with and without a hospital, and subtract.

    Raises:
        ScenarioError: There is no such hospital, or fewer than two others in the round.
        RunError: The state came without its patients.
    """
    of = victim(scenario, state, hospital, seed)
    if len(of.arriving) < 3:
        raise ScenarioError(
            "attack: two sums need three hospitals in a round, so that two are left for the second;"
            " raise training.participation, or let fewer fall away."
        )
    others = of.arriving[of.arriving != hospital]
    first, params = _sum(of, of.arriving)
    again, _ = _sum(of.again(of.seed + 1), others)
    moved = replace(of.again(of.seed + 2), state=replace(state, params=params))
    later, _ = _sum(moved, others)
    votes = first.weight - again.weight  # what the sums tell of hers, masks or not
    at = of.moment(of.size)
    return TwoSums(
        hospital=hospital,
        round=state.round + 1,
        cohort=of.arriving,
        true=of.protected(of.update(of.patients), at)["update"][0],
        same_model=(first.update - again.update) / votes,
        next_round=(first.update - later.update) / votes,
    )


def _sum(of: Victim, cohort: Ints) -> tuple[Total, Floats]:
    """What the server reads of a cohort, and the model it makes of it, (d,)."""
    train, received = of.federation.train, of.received
    at = replace(of.moment(of.size), cohort=cohort, patients=train.sizes[cohort])
    local = np.empty((len(cohort), len(received)))
    for block in blocks(train, cohort, hospitals_at_once(of.model)):
        local[block.rows] = of.trained(block, received)
    total = of.summed(of.protected(local - received, at), at)
    mean, _, _ = of.pipeline.combine(total, at, of.state.remembered)
    return total, of.state.params + mean
