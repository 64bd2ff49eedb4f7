"""A switch: a section of a scenario that is off unless present, and brings stages when it is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.arrays import Ints
from engine.knobs import Section

if TYPE_CHECKING:
    from engine.scenario import Scenario
    from engine.stages.base import Stage


@dataclass(frozen=True, eq=False)
class Setting:
    """What is known when the pipeline is built: after the data is loaded, before a round.

    Attributes:
        scenario: With the changes that hold from this round on.
        patients: Training patients of every hospital, (K,).
        parameters: d.
    """

    scenario: Scenario
    patients: Ints
    parameters: int


class Switch(Section):
    """Base of the optional sections. Subclasses are frozen dataclasses of knobs."""

    def refuse(self, scenario: Scenario) -> None:
        """Raise a ScenarioError that names an impossible partner, and the way out."""

    def notes(self, scenario: Scenario) -> tuple[str, ...]:
        """Sentences of warning about a mix that runs."""
        return ()

    def stages(self, setting: Setting) -> tuple[Stage, ...]:
        """The stages this switch puts into the pipeline."""
        return ()
