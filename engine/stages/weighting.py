"""Weighting: whose vote counts how much in the mean.

FedAvg (McMahan et al. 2017, algorithm 1) weighs an update by its hospital's patients:
Σ n_i u_i / Σ n_i over the cohort. A pipeline with only this stage in it is FedAvg.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats, Ints
from engine.stages.base import Memory, Moment, Named, Seat, Stage, Step


@dataclass(frozen=True)
class Weighting(Stage):
    """A weight for each update on the way out, the division on the way back.

    Attributes:
        by: "patients" (n_i) or "equal" (1).
        planned_total: Divide by this, fixed before round 1, in place of the weights that arrived.
            Hospital-level privacy needs it: a divisor that depends on who takes part would itself
            tell who took part.
    """

    seat: ClassVar[Seat] = Seat.WEIGHT

    by: str = "patients"
    planned_total: float | None = None

    def on_client(self, upload: Named, at: Moment, memory: Memory) -> Step[Named]:
        """Attach each hospital's weight, (k,)."""
        return Step({**upload, "weight": weights(self.by, at.patients)})

    def on_server(self, combined: Named, at: Moment, memory: Memory) -> Step[Named]:
        """Divide the weighted sum."""
        total = combined["weight"] if self.planned_total is None else self.planned_total
        return Step({**combined, "update": combined["update"] / total})


def weights(by: str, patients: Ints) -> Floats:
    """The weight of hospitals with `patients` (k,) training patients, (k,)."""
    return patients.astype(np.float64) if by == "patients" else np.ones(len(patients))
