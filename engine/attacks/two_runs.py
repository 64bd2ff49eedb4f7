"""Two runs that differ by one patient and share their noise give that patient back.

Noise protects because nobody knows it. Take the result of a run, and that of a run without her but with
the same seed: both carry the same noise, so in their difference it is gone, whatever ε says, and what is
left is her own part. After one step over all patients that is −rate · vote/n times her gradient (or,
where it was clipped, the clipped one), and x = Δw/Δb as in `one_patient`. The reason is as old as
differential privacy itself: Dwork & Roth 2014, "The Algorithmic Foundations of Differential Privacy",
section 1.1, on differencing two exact answers; ε is about answers with noise drawn anew each.

So paired noise is for comparing curves only, and a seed is a secret wherever noise is to protect. With
fresh noise the same difference is buried, as deep as ε says. After more than one step her part is spread
over the whole walk, and the ratio is only near her record. The attacker here knows everything but her:
the settings, the votes, both results to the last digit, which is whom ε is a promise against. Adjacency
is zero-out: her record in place, or padding. The other hospitals send the same both times, so their part
of the difference is nothing, and they are not trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.attacks.one_patient import ratio
from engine.attacks.outcome import Outcome, outcome
from engine.attacks.victim import Victim, victim
from engine.channels.base import Total
from engine.estimates.base import expected_batch
from engine.models.base import residuals
from engine.scenario import Scenario
from engine.stages.weighting import Weighting, weights
from engine.state import State


@dataclass(frozen=True, eq=False)
class TwoRuns:
    """What the difference of two results tells of the patient in one of them.

    Attributes:
        true: Her record as the model sees it, standardised, (features,).
        units: Of a gradient, what it does to each unit (`Model.units`).
        gradient: Hers at the model both runs start from, (d,).
        exact: The gradient back from two updates before the wire, under one seed, (d,).
        paired: From two new models, under one seed, (d,).
        fresh: From two new models, each with randomness of its own, (d,).
    """

    hospital: int
    patient: int
    round: int
    units: Callable[[Floats], Floats]
    true: Floats
    gradient: Floats
    exact: Floats
    paired: Floats
    fresh: Floats

    def record(self, recovered: Floats) -> Floats:
        """Her record by a recovered gradient, standardised, (features,)."""
        return ratio(self.units(recovered))

    def error(self, recovered: Floats) -> float:
        """The largest of a record so recovered, in standard deviations; inf where there is none."""
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.abs(self.record(recovered) - self.true).max()
        return float(off) if np.isfinite(off) else math.inf

    @property
    def outcome(self) -> Outcome:
        """What one seed gives away."""
        return outcome(self.error(self.paired))

    @property
    def outcome_fresh(self) -> Outcome:
        """What is left where noise is drawn anew."""
        return outcome(self.error(self.fresh))


def two_runs(
    scenario: Scenario, state: State, hospital: int, patient: int = 0, seed: int | None = None
) -> TwoRuns:
    """Play the round after `state` with and without a patient, under one seed and under two.

    Args:
        seed: That the two runs share; None for one that no run had.

    Raises:
        ScenarioError: There is no such hospital or patient.
        RunError: The state came without its patients.
    """
    return difference(victim(scenario, state, hospital, seed), patient)


def difference(of: Victim, patient: int = 0) -> TwoRuns:
    """`two_runs` with a hospital that is at hand."""
    row = of.row(patient)
    other = of.again(of.seed + 1)
    with_her, without = of.update(of.patients), of.update(of.patients, row)
    elsewhere = other.update(of.patients, row)
    model, paired, fresh_ = (
        _new_model(v, u) for v, u in ((of, with_her), (of, without), (other, elsewhere))
    )
    training = of.scenario.training
    per_step = -int(expected_batch(training, np.array(of.size))) / training.learning_rate
    voted = per_step / _vote(of)
    return TwoRuns(
        hospital=of.hospital,
        patient=patient,
        round=of.state.round + 1,
        units=of.model.units,
        true=of.federation.train.x[row],
        gradient=_gradient(of, row),
        exact=per_step * (with_her - without)[0],
        paired=voted * (model - paired),
        fresh=voted * (model - fresh_),
    )


def _gradient(of: Victim, row: int) -> Floats:
    """(p − y) · ∂logit/∂params of one patient, times the weight of her class, (d,)."""
    train = of.federation.train
    x, y = np.append(train.x[row], 1.0)[:, None, None], train.y[row].reshape(1, 1)
    forward = of.model.forward(of.received[:, None], x)
    residual = residuals(forward.logits, y)
    return forward.combined(residual * of.class_weights.of(y))[:, 0]


def _new_model(of: Victim, update: Floats) -> Floats:
    """The model after a round in which the others' updates are 0, (d,)."""
    upload = of.upload(update, of.size)
    at = of.moment(of.size)
    own = of.summed(upload, at)
    everyone = Total(own.update, float(_votes(of).sum()))
    mean, _, _ = of.pipeline.combine(everyone, at, of.state.remembered)
    return of.state.params + mean


def _votes(of: Victim) -> Floats:
    """Of all whose updates are added up, (k,)."""
    sizes = of.federation.train.sizes[of.arriving]
    return weights(of.scenario.training.weighting, sizes)


def _vote(of: Victim) -> float:
    """Of the hospital, as the mean counts it: by the planned total where there is one."""
    own = float(_votes(of)[of.arriving == of.hospital][0])
    planned = next(s.planned_total for s in of.pipeline.stages if isinstance(s, Weighting))
    return own / (planned or float(_votes(of).sum()))
