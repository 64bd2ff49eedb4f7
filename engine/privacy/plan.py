"""The `[privacy]` section, and what it plans before round 1: sensitivity, noise, rounds.

Hospital level: a hospital's update is clipped to L2 norm S and divided by *planned* weights, so one
hospital moves the mean by at most S · max(n_i/N) / participation, and the noise is z times that.
Weights planned for the whole federation, and noise for the whole plan, do not depend on who takes part
or drops out; dividing by the cohort's own total would (and would cost more than the claimed ε).
Adjacency is zero-out: a hospital's update in place, or zero. Every round counts whole, since which
hospitals were drawn is no secret here (no amplification by sampling is claimed).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from engine.knobs import knob
from engine.privacy import ledger as ledgers
from engine.privacy.ledger import Ledger
from engine.stages.base import Stage
from engine.stages.gaussian import HospitalGaussian
from engine.stages.weighting import weights
from engine.switch import Setting, Settings, Switch

if TYPE_CHECKING:
    from engine.codecs.base import Codec


def _clip_default(values: Mapping[str, Any]) -> float:
    return 1.0 if values["unit"] == "patient" else 0.5


def _noise_default(values: Mapping[str, Any]) -> str:
    return "hospital" if values["unit"] == "patient" else "server"


@dataclass(frozen=True)
class Privacy(Switch):
    """Hide one hospital: clip each update, add Gaussian noise to the mean.

    Its stage needs the plan's noise, so it is the plan that brings it (`Plan.stage`).
    """

    section: ClassVar[str] = "privacy"

    unit: str = knob("hospital", "whom ε protects", choices=("hospital",), later=("patient",))
    epsilon: float = knob(4.0, "the budget ε over all planned rounds", low=1e-3, high=1e4)
    delta: float = knob(1e-5, "the budget δ", above=0, below=1)
    clip_norm: float = knob(
        0.5, "largest say of one unit: L2 norm", above=0, high=1e6, depends=_clip_default
    )
    noise_by: str = knob(
        "server",
        "who adds the noise",
        choices=("server",),
        later=("hospital",),
        depends=_noise_default,
    )

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """Say what a seeded generator is good for."""
        return ("privacy: noise from a seed is for teaching; who knows the seed can undo it.",)


@dataclass(frozen=True)
class Plan:
    """Hospital-level privacy for the rounds to come.

    Attributes:
        noise_multiplier: z, noise standard deviation per sensitivity; inf where the budget is gone.
        sensitivity: L2, the most that one hospital's presence moves the mean.
        total: What the weighted sum is divided by, fixed: participation · Σ weights.
        basis: The settings it was made for; another basis needs another plan.
    """

    settings: Privacy
    noise_multiplier: float
    sensitivity: float
    total: float
    basis: str

    @property
    def noise_std(self) -> float:
        """Standard deviation of the noise on each coordinate of the mean."""
        return self.noise_multiplier * self.sensitivity

    @property
    def stage(self) -> Stage:
        """Clip in the hospital, add noise on the server."""
        return HospitalGaussian(self.settings.clip_norm, self.noise_std)

    def spent(self, released: Ledger) -> float:
        """ε of what was released, at this plan's δ."""
        return ledgers.epsilon(released, self.settings.delta)

    def affords(self, released: Ledger) -> bool:
        """Whether one more round keeps within the budget; an infinite ε cannot be kept or lost."""
        if math.isinf(self.noise_multiplier):
            return False
        if math.isinf(ledgers.mu(released)):
            return True
        after = self.spent(ledgers.and_then(released, self.noise_multiplier))
        return after <= self.settings.epsilon

    def as_dict(self) -> dict[str, Any]:
        """What results and screens show of the plan."""
        return {
            "unit": self.settings.unit,
            "noise_by": self.settings.noise_by,
            "noise_multiplier": self.noise_multiplier,
            "noise_std": self.noise_std,
            "sensitivity": self.sensitivity,
            "clip_norm": self.settings.clip_norm,
            "delta": self.settings.delta,
            "budget": self.settings.epsilon,
        }


def make_plan(
    setting: Setting, codec: Codec, cohort_size: int, done: int, released: Ledger, old: Plan | None
) -> Plan | None:
    """The plan for the rounds after `done`, or None without privacy.

    `old` is kept where nothing it rests on has changed, so that a fork goes on bit for bit.
    """
    settings = setting.scenario.get(Privacy)
    if settings is None:
        return None
    training = setting.scenario.training
    participation = cohort_size / len(setting.patients)  # as it is drawn
    basis = repr((settings, training.rounds, training.weighting, participation, codec))
    if old is not None and old.basis == basis:
        return old
    votes = weights(training.weighting, setting.patients)
    total = participation * float(np.sum(votes))
    longest = settings.clip_norm + codec.worst_error(settings.clip_norm, setting.parameters)
    return Plan(
        settings=settings,
        noise_multiplier=ledgers.noise_multiplier(
            settings.epsilon, settings.delta, training.rounds - done, released
        ),
        sensitivity=longest * float(np.max(votes)) / total,
        total=total,
        basis=basis,
    )
