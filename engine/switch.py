"""A switch: a section of a scenario that is off unless present, and brings stages when it is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from engine import models
from engine.arrays import Ints
from engine.class_weights import ClassWeights
from engine.knobs import Section
from engine.models import model_of
from engine.sections import Data, Model, Training

if TYPE_CHECKING:
    from engine.stages.base import Stage

S = TypeVar("S", bound=Section)


class Settings(Protocol):
    """What a switch may ask of the scenario it is in (`engine.scenario.Scenario` is one)."""

    @property
    def data(self) -> Data: ...  # noqa: D102 - as in Scenario
    @property
    def model(self) -> Model: ...  # noqa: D102
    @property
    def training(self) -> Training: ...  # noqa: D102
    @property
    def switches(self) -> tuple[Switch, ...]: ...  # noqa: D102

    def get(self, section: type[S]) -> S | None:
        """The optional section of this class, or None where it is off."""
        ...

    def on(self, section: str) -> bool:
        """Whether the optional section of this name is on."""
        ...


@dataclass(frozen=True, eq=False)
class Setting:
    """What is known when the pipeline is built: after the data is loaded, before a round.

    Attributes:
        scenario: With the changes that hold from this round on.
        patients: Training patients of every hospital, (K,).
        features: Columns of the table.
        names: Of the hospitals, (K,).
        seed: Of the scenario: who is drawn when hangs on it.
        class_weights: What the hospitals agreed on; None where all patients weigh the same.
    """

    scenario: Settings
    patients: Ints
    features: int
    names: tuple[str, ...] = ()
    seed: int = 0
    class_weights: ClassWeights | None = None

    @property
    def model(self) -> models.Model:
        """What is trained."""
        return model_of(self.scenario.model, self.features)

    @property
    def parameters(self) -> int:
        """d."""
        return self.model.parameters


class Switch(Section):
    """Base of the optional sections. Subclasses are frozen dataclasses of knobs."""

    def refuse(self, scenario: Settings) -> None:
        """Raise a ScenarioError that names an impossible partner, and the way out."""

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """Sentences of warning about a mix that runs."""
        return ()

    def stages(self, setting: Setting) -> tuple[Stage, ...]:
        """The stages this switch puts into the pipeline."""
        return ()
