"""Hospital-level Gaussian privacy: both ends of it, and who adds the noise.

McMahan et al. 2018, "Learning Differentially Private Recurrent Language Models", algorithm 1: each
hospital's update is scaled down to L2 norm at most S, and the server adds Gaussian noise to the mean.
The server is trusted there: it sees what arrives before the noise; those who receive the model are whom
the noise protects against. What differs from the paper: fixed-size cohorts whose draw is not counted
as privacy, and exact Gaussian accounting.

Where the server is not trusted each hospital adds the noise itself, before anything leaves it. Then a
single update must be hidden, not one part of a mean, and any two updates count as neighbours: they may
lie 2S apart, and k hospitals' noises add up. That is the local model (Kasiviswanathan et al. 2011, "What
Can We Learn Privately?"), and its ε is another promise than the server's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.norms import lengths
from engine.stages.base import Memory, Moment, Named, Seat, Stage, Step


@dataclass(frozen=True)
class _Clipped(Stage):
    """What both have in common: an update is cut before anything leaves its hospital."""

    seat: ClassVar[Seat] = Seat.PRIVACY

    clip_norm: float

    @property
    def name(self) -> str:
        """As the section that switches it on."""
        return "privacy"

    def on_client(self, upload: Named, at: Moment, memory: Memory) -> Step[Named]:
        """u · min(1, S / ‖u‖)."""
        return clipped(upload, self.clip_norm)


@dataclass(frozen=True)
class HospitalGaussian(_Clipped):
    """Clip each update to `clip_norm` S; add noise of standard deviation `noise_std` to the mean."""

    noise_std: float

    def on_server(self, combined: Named, at: Moment, memory: Memory) -> Step[Named]:
        """Mean + N(0, noise_std² I)."""
        draws = at.stream("noise").standard_normal(combined["update"].shape)
        noise = self.noise_std * draws
        facts = {"noise_std": self.noise_std, "noise_norm": float(np.linalg.norm(noise))}
        return Step({**combined, "update": combined["update"] + noise}, facts=facts)


@dataclass(frozen=True, eq=False)
class LocalGaussian(_Clipped):
    """Clip each update to `clip_norm` S and add noise of `noise_std` (K,) to it, in the hospital."""

    noise_std: Floats

    def on_client(self, upload: Named, at: Moment, memory: Memory) -> Step[Named]:
        """u · min(1, S / ‖u‖) + N(0, noise_std² I)."""
        short = super().on_client(upload, at, memory)
        update = short.value["update"]
        draws = at.stream("hospital noise").standard_normal((at.hospitals, update.shape[1]))
        noise = self.noise_std[at.cohort, None] * draws[at.cohort]
        facts = {**short.facts, "noise_norms": np.linalg.norm(noise, axis=1)}
        return Step({**upload, "update": update + noise}, facts=facts)


def clipped(upload: Named, clip_norm: float) -> Step[Named]:
    """Updates scaled down to `clip_norm`; one that is not finite, which no factor bounds, becomes 0."""
    diverged = ~np.all(np.isfinite(upload["update"]), axis=1)  # (k,)
    update = np.where(diverged[:, None], 0.0, upload["update"])
    norms = lengths(update)
    short = update * (clip_norm / np.maximum(norms, clip_norm))[:, None]
    facts = {"clipped": norms > clip_norm, "norms": norms, "diverged": diverged}
    return Step({**upload, "update": short}, facts=facts)
