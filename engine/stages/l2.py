"""L2: a penalty on large weights, (l2 / 2) ‖w‖², with the bias left free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.arrays import Floats
from engine.stages.base import Seat, Stage


@dataclass(frozen=True)
class L2(Stage):
    """Adds l2 · w to the gradient of every weight; the last param, the bias, is not penalised."""

    seat: ClassVar[Seat] = Seat.OBJECTIVE

    l2: float = 0.0

    def on_gradient(self, gradient: Floats, local: Floats, anchor: Floats) -> Floats:
        """∇(l2 / 2) ‖w‖² = l2 · w."""
        penalised = gradient.copy()
        penalised[:, :-1] += self.l2 * local[:, :-1]
        return penalised
