"""One step from a zero model tells how many of a hospital's patients are cases.

At w = 0 every patient's p is ½, whoever they are, so after one step over all n of them the bias has
moved by Δb = −rate · (½ − cases/n): cases = n · (½ + Δb/rate), exactly but for the wire's rounding. It is
the simplest property of a data set that an update gives away (Melis et al. 2019, "Exploiting Unintended
Feature Leakage in Collaborative Learning", IEEE S&P, section 4, for properties in general; this one needs
no learning).

After more steps, or from another model, the mean p is not known any more. The attacker then takes p to
be what the bias alone predicts, along the straight line that it went: an estimate, a few in a
hundred off in the first rounds, and more and more later. A prior knowledge of the columns would make it
better; that is left out. So is a network: the bias of its output moves by the same rule, but its random
start predicts something else for everyone, and without the columns nobody knows what. It is not tried,
and that is no protection.

Where classes are balanced there is nothing to reckon: for the weights each hospital sends the server its
two counts before round 1 (`engine.class_weights`), in the clear, and no mask, clip or noise covers that.

Masks hide each hospital's number, and leave the number of all together, which the same sum tells of the
whole cohort. A clip that bites scales Δb by a factor that nobody knows, and noise of the hospital blurs
it by as much as it promises; noise that the server adds comes after it has read the message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.attacks.outcome import Outcome
from engine.attacks.victim import Victim, victim
from engine.errors import ScenarioError
from engine.estimates.base import steps_of_round
from engine.models import Logistic
from engine.scenario import Scenario
from engine.state import State

_CLOSE = 0.05  # of all patients


@dataclass(frozen=True)
class CaseCount:
    """What the bias of one update, or the set-up, told of a hospital. Only the learner sees both numbers.

    Attributes:
        patients: The hospital's training patients: known to all who know its vote.
        cases: Those of them with label 1.
        estimate: As the attacker reckons or was told, between 0 and `patients`.
        steps: Local steps in the update.
        from_zero: Whether the model was zero, so that the mean p was ½ in the first step.
        readers: Who can tell this update from all others: see `Victim.readers`.
        obstacle: What stands in the way: "masks" | "noise" | "rounding" | "clip" | "steps" | "model"; "".
        noise_after: The server adds noise, but only after it has read this.
        told: The server was told in the set-up, before any update.
    """

    hospital: int
    round: int
    patients: int
    cases: int
    estimate: float
    steps: int
    from_zero: bool
    readers: tuple[str, ...]
    obstacle: str
    noise_after: bool
    told: bool = False

    @property
    def error(self) -> float:
        """As a part of the hospital's patients."""
        return abs(self.estimate - self.cases) / self.patients

    @property
    def certain(self) -> bool:
        """Whether nothing had to be guessed: it was told, or one step went from a zero model."""
        return self.told or (self.steps == 1 and self.from_zero)

    @property
    def outcome(self) -> Outcome:
        """Read: the very number, and no lucky guess. Blurred: the rate of cases to 5 points."""
        if self.certain and round(self.estimate) == self.cases:
            return Outcome.READ
        return Outcome.BLURRED if self.error <= _CLOSE else Outcome.HIDDEN


def case_count(
    scenario: Scenario, state: State, hospital: int, seed: int | None = None
) -> CaseCount:
    """Read the number of cases from the update that `hospital` sends in the round after `state`.

    Raises:
        ScenarioError: There is no such hospital, or the model is a network and nobody was told.
        RunError: The state came without its patients.
    """
    of = victim(scenario, state, hospital, seed)
    if not can_count(of):
        raise ScenarioError(
            "attack: the number of cases is read from a logistic model, which predicts one half for"
            " everyone when it starts; set model.kind to logistic."
        )
    return count(of)


def can_count(of: Victim) -> bool:
    """Whether the server was told, or the model starts where p is known without the patients."""
    return _was_told(of) or isinstance(of.model, Logistic)


def count(of: Victim) -> CaseCount:
    """`case_count` of a hospital that is at hand."""
    return _told(of) if _was_told(of) else _reckoned(of)


def _was_told(of: Victim) -> bool:
    return bool(of.state.prepared and of.state.prepared.class_weights)


def _told(of: Victim) -> CaseCount:
    """What stands in the set-up's message: the very number."""
    return CaseCount(
        hospital=of.hospital,
        round=of.state.round + 1,
        patients=of.size,
        cases=_cases(of),
        estimate=float(_cases(of)),
        steps=0,
        from_zero=False,
        readers=("server",),
        obstacle="",
        noise_after=False,
        told=True,
    )


def _cases(of: Victim) -> int:
    return int(of.federation.train.y[of.patients].sum())


def _reckoned(of: Victim) -> CaseCount:
    update = of.update(of.patients)
    upload = of.upload(update, of.size)
    read = of.read(of.message(upload, of.size))
    training = of.scenario.training
    steps = int(steps_of_round(training, np.array(of.size)))  # the settings are no secret
    found = CaseCount(
        hospital=of.hospital,
        round=of.state.round + 1,
        patients=of.size,
        cases=_cases(of),
        estimate=reckon(read[-1], of.received[-1], training.learning_rate, steps, of.size),
        steps=steps,
        from_zero=not of.received.any(),
        readers=of.readers,
        obstacle="",
        noise_after=of.noise_after,
    )
    if found.outcome is Outcome.READ:
        return found
    cut = bool(np.linalg.norm(upload["update"]) < np.linalg.norm(update))
    return replace(found, obstacle=_obstacle(of, found, cut))


# The attacker's side


def reckon(moved: float, bias: float, rate: float, steps: int, patients: int) -> float:
    """How many of `patients` are cases, where `steps` steps moved the bias by `moved` from `bias`.

    Each step moves it by rate · (cases/n − mean p), so cases/n is the mean p over all steps plus
    moved / (rate · steps). Nothing but the mean p is guessed.
    """
    along = bias + moved * np.arange(steps) / steps  # where the bias was, (steps,)
    mean_p = float(np.mean(0.5 * (1 + np.tanh(along / 2))))  # σ, which cannot overflow so
    return float(np.clip(patients * (mean_p + moved / (rate * steps)), 0, patients))


def _obstacle(of: Victim, found: CaseCount, cut: bool) -> str:
    if of.scenario.on("masking"):
        return "masks"
    if of.noise_inside:
        return "noise"
    if of.scenario.on("compression"):
        return "rounding"
    if cut:
        return "clip"
    return "steps" if found.steps > 1 else "model"
