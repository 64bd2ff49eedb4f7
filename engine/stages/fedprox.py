"""FedProx: hospitals that train long on unlike patients are held near where they started.

Li et al. 2020, "Federated Optimization in Heterogeneous Networks" (MLSys), equation 2: hospital i
minimises F_i(v) + (μ/2) ‖v − w‖², w being the params it received. The penalty's gradient,
μ (v − w), is zero at the first local step and grows as the hospital drifts; so with one local step
FedProx is FedAvg for any μ, and with μ = 0 always. Left out: the paper's γ-inexact local solver
(hospitals here all do the planned work).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.arrays import Floats
from engine.errors import ScenarioError
from engine.knobs import knob
from engine.stages.base import Seat, Stage
from engine.switch import Setting, Settings, Switch


@dataclass(frozen=True)
class FedProx(Switch, Stage):
    """Stay near the start. One local step multiplies the drift by 1 − rate·μ."""

    section: ClassVar[str] = "fedprox"
    seat: ClassVar[Seat] = Seat.OBJECTIVE

    mu: float = knob(0.1, "pull back to the model received: 0 none, 1 strong", low=0, high=1e6)

    def on_gradient(self, gradient: Floats, local: Floats, anchor: Floats) -> Floats:
        """The local gradient + μ (v − w)."""
        return gradient + self.mu * (local - anchor)

    def refuse(self, scenario: Settings) -> None:
        """Refuse a pull so strong that every local step overshoots further than the last."""
        pull = scenario.training.learning_rate * (self.mu + scenario.model.l2)
        if pull >= 2 and not _single_step(scenario):
            raise ScenarioError(
                f"fedprox.mu: learning rate × (mu + l2) is {pull:g}; from 2 on local training diverges;"
                f" lower mu below {2 / scenario.training.learning_rate:g} or the learning rate."
            )

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """Warn of a pull that overshoots the start at every step."""
        pull = scenario.training.learning_rate * self.mu
        if pull < 1 or _single_step(scenario):
            return ()
        return (f"fedprox.mu: learning rate × mu is {pull:g}; from 1 on each step overshoots.",)

    def stages(self, setting: Setting) -> tuple[Stage, ...]:
        """FedProx is its own stage."""
        return (self,)


def _single_step(scenario: Settings) -> bool:
    training = scenario.training
    full_batch = training.local_epochs == 1 and training.batch_size == 0
    return training.local_steps == 1 or (training.local_steps == 0 and full_batch)
