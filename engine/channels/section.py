"""The `[masking]` section: updates travel under masks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from engine.codecs.section import Compression
from engine.errors import ScenarioError
from engine.knobs import knob
from engine.switch import Settings, Switch

_ROUNDING = 1e-9  # of threshold · k in floating point: 0.55 · 100 is a little above 55
_COARSE = 0.1  # distance of two levels
_ADDS_UP = ("quantize",)  # codecs whose messages can be added as ring integers


@dataclass(frozen=True)
class Masking(Switch):
    """Hide each update from the server under masks that cancel in the sum."""

    section: ClassVar[str] = "masking"

    threshold: float = knob(
        0.6, "part of the cohort that must stay for the sum to open", above=0, high=1
    )
    range: float = knob(
        8.0, "largest coordinate of an update that fits, without a clip", above=0, high=1e9
    )

    def refuse(self, scenario: Settings) -> None:
        """Refuse codecs whose messages do not add up."""
        compression = scenario.get(Compression)
        if compression and compression.codec not in _ADDS_UP:
            raise ScenarioError(
                f"masking: {compression.codec} messages cannot be added under masks;"
                ' choose compression.codec = "quantize", or switch masks or compression off.'
            )

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """Levels too coarse for updates; a threshold that lets two groups open."""
        notes = []
        compression = scenario.get(Compression)
        if compression and not scenario.on("privacy"):
            step = 2 * self.range / (2**compression.bits - 1)
            if step > _COARSE:
                notes.append(
                    f"masking.range: under masks {compression.bits} bits lie {step:.2g} apart,"
                    " coarser than most updates; lower masking.range or raise compression.bits."
                )
        if self.threshold <= 0.5:
            notes.append(
                "masking.threshold: at or below 0.5 two disjoint groups of the cohort could both open."
            )
        return tuple(notes)


def opens_with(threshold: float, cohort: int) -> int:
    """t: how many of a cohort must stay for its sum to open; at least 2, so nobody opens one alone."""
    return max(2, math.ceil(threshold * cohort - _ROUNDING))
