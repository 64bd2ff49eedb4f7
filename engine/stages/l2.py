"""L2: a penalty on large weights, (l2 / 2) ‖w‖², with the biases left free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.arrays import Floats
from engine.models import Model
from engine.stages.base import Seat, Stage


@dataclass(frozen=True)
class L2(Stage):
    """Adds l2 · w to the gradient of every weight; no bias is penalised."""

    seat: ClassVar[Seat] = Seat.OBJECTIVE

    l2: float
    model: Model

    def on_gradient(self, gradient: Floats, local: Floats, anchor: Floats) -> Floats:
        """∇(l2 / 2) ‖w‖² = l2 · w."""
        penalised, free = gradient + self.l2 * local, self.model.biases
        penalised[:, free] = gradient[:, free]
        return penalised
