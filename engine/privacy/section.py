"""The `[privacy]` section: whom ε protects, how far, and who adds the noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.errors import ScenarioError
from engine.knobs import knob
from engine.switch import Settings, Switch


def _clip_default(values: Mapping[str, Any]) -> float:
    return 1.0 if values["unit"] == "patient" else 0.5


def _noise_default(values: Mapping[str, Any]) -> str:
    return "hospital" if values["unit"] == "patient" else "server"


@dataclass(frozen=True)
class Privacy(Switch):
    """Hide one patient, or one whole hospital, behind Gaussian noise.

    What it does needs a plan's noise, so it is the plan that brings it into the pipeline.
    """

    section: ClassVar[str] = "privacy"

    unit: str = knob("patient", "whom ε protects", choices=("patient", "hospital"))
    epsilon: float = knob(
        4.0, "the budget ε over all planned rounds; inf: no noise", low=1e-3, high=1e4, inf=True
    )
    delta: float = knob(1e-5, "the budget δ", low=1e-300, below=1)
    clip_norm: float = knob(
        1.0, "largest say of one unit: L2 norm", above=0, high=1e6, depends=_clip_default
    )
    noise_by: str = knob(
        "hospital", "who adds the noise", choices=("hospital", "server"), depends=_noise_default
    )

    @property
    def neighbours(self) -> str:
        """What ε cannot tell apart: one "patient" there or not, a "hospital" there or not, or any
        two updates of a hospital ("update"), where its own noise hides it.
        """
        local = self.unit == "hospital" and not self.trusts_server
        return "update" if local else self.unit

    @property
    def trusts_server(self) -> bool:
        """Whether the server sees updates before the noise is added."""
        return self.noise_by == "server"

    def refuse(self, scenario: Settings) -> None:
        """Refuse noise for patients that nobody but their hospital can add."""
        if self.unit == "patient" and self.trusts_server:
            raise ScenarioError(
                "privacy.noise_by: a patient is hidden at every local step, where only the hospital"
                ' can add noise; choose "hospital", or privacy.unit = "hospital".'
            )

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """Say what a seeded generator is good for, and what each kind of ε leaves out."""
        seeded = "privacy: noise from a seed is for teaching; who knows the seed can undo it."
        bare = "privacy: at ε = inf all is done as under privacy but for the noise."
        notes = [bare if math.isinf(self.epsilon) else seeded]
        if self.unit == "patient" and scenario.data.example == "row":
            notes.append(
                "privacy: ε is for one row of the table; a patient who has several is hidden less, and one"
                " known to two hospitals spends the ε of both."
            )
        elif self.unit == "patient":
            notes.append("privacy: a patient known to two hospitals spends the ε of both.")
        elif not self.trusts_server:
            notes.append(
                "privacy: each hospital adds noise of its own, against the server too; its ε cannot"
                " be compared with that of noise added by a server."
            )
        return tuple(notes)


def outside(from_patients: Sequence[str]) -> str:
    """For which rows ε holds, where something was measured on patients before training.

    Args:
        from_patients: What that is; see `engine.data.federation.Federation`.
    """
    *most, last = from_patients
    fixed = f"{', '.join(most)} and {last}" if most else last
    rows = "already scaled" if "scale" in from_patients else "as they are trained on"
    comes = "it comes" if fixed == "scale" else "they come"
    ways = {
        "public bounds (data.ranges)": {"scale", "filled gaps"},
        "a given weight (model.case_weight)": {"class weights"},
    }
    others = [way for way, what in ways.items() if what & set(from_patients)]
    ask = f" {' and '.join(others).capitalize()} would ask no patient." if others else ""
    return f"ε is for rows {rows}, with {fixed} held fixed; {comes} from the patients without noise.{ask}"
