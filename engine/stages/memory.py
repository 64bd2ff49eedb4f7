"""What stages remember between rounds.

Memory that exists once per hospital is an array over the whole federation: the cohort's rows are
gathered before a hook runs, and the rows of those whose upload counted are written back after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.arrays import Ints
from engine.stages.base import Memory, Moment

Memories = Mapping[str, Memory]  # stage name → its memory


@dataclass(frozen=True)
class Remembered:
    """All stages' memory: per hospital, arrays (K, …); on the server, of any shape."""

    hospitals: Memories = field(default_factory=dict)
    server: Memories = field(default_factory=dict)

    def only(self, names: set[str]) -> Remembered:
        """Without the stages that were switched off."""
        return Remembered(
            {n: m for n, m in self.hospitals.items() if n in names},
            {n: m for n, m in self.server.items() if n in names},
        )

    def rows(self, stage: str, at: Moment) -> Memory:
        """The cohort's rows of a stage's arrays, (k, …)."""
        return {name: array[at.cohort] for name, array in self.hospitals.get(stage, {}).items()}

    def write_back(self, kept: Memories, at: Moment, survivors: Ints) -> Remembered:
        """With the cohort's new rows, of hospitals whose upload counted; a new array begins at 0."""
        if not kept or not len(survivors):
            return self  # a round that is lost never was for their memory
        counted = np.isin(at.cohort, survivors)
        hospitals = dict(self.hospitals)
        for stage, rows in kept.items():
            arrays = dict(hospitals.get(stage, {}))
            for name, new in rows.items():
                whole = arrays.get(name, np.zeros((at.hospitals, *new.shape[1:]))).copy()
                whole[at.cohort[counted]] = new[counted]
                arrays[name] = whole
            hospitals[stage] = arrays
        return Remembered(hospitals, self.server)
