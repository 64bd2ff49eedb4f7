"""Hospital-level Gaussian privacy: both ends of it.

McMahan et al. 2018, "Learning Differentially Private Recurrent Language Models", algorithm 1: each
hospital's update is scaled down to L2 norm at most S, and the server adds Gaussian noise to the mean.
The server is trusted here: it sees what arrives before the noise; those who receive the model are whom
the noise protects against. What differs from the paper: fixed-size cohorts whose draw is not counted
as privacy, and the exact Gaussian accounting of `engine.privacy.analytic`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.norms import lengths
from engine.stages.base import Memory, Moment, Named, Seat, Stage, Step


@dataclass(frozen=True)
class HospitalGaussian(Stage):
    """Clip each update to `clip_norm` S; add noise of standard deviation `noise_std` to the mean."""

    seat: ClassVar[Seat] = Seat.PRIVACY

    clip_norm: float
    noise_std: float

    @property
    def name(self) -> str:
        """As the section that switches it on."""
        return "privacy"

    def on_client(self, upload: Named, at: Moment, memory: Memory) -> Step[Named]:
        """u · min(1, S / ‖u‖); an update that is not finite, which no factor bounds, becomes 0."""
        diverged = ~np.all(np.isfinite(upload["update"]), axis=1)  # (k,)
        update = np.where(diverged[:, None], 0.0, upload["update"])
        norms = lengths(update)
        clipped = update * (self.clip_norm / np.maximum(norms, self.clip_norm))[:, None]
        facts = {"clipped": norms > self.clip_norm, "norms": norms, "diverged": diverged}
        return Step({**upload, "update": clipped}, facts=facts)

    def on_server(self, combined: Named, at: Moment, memory: Memory) -> Step[Named]:
        """Mean + N(0, noise_std² I)."""
        draws = at.stream("noise").standard_normal(combined["update"].shape)
        noise = self.noise_std * draws
        facts = {"noise_std": self.noise_std, "noise_norm": float(np.linalg.norm(noise))}
        return Step({**combined, "update": combined["update"] + noise}, facts=facts)
