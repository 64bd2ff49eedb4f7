"""The `[masking]` section: updates travel under masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.codecs.section import Compression
from engine.errors import NotBuiltYet, ScenarioError
from engine.faults import Faults
from engine.knobs import knob
from engine.switch import Settings, Switch

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
        """Refuse codecs whose messages do not add up, and dropouts."""
        compression = scenario.get(Compression)
        if compression and compression.codec not in _ADDS_UP:
            raise ScenarioError(
                f"masking: {compression.codec} messages cannot be added under masks;"
                ' choose compression.codec = "quantize", or switch masks or compression off.'
            )
        faults = scenario.get(Faults)
        if faults and faults.dropout > 0:
            raise NotBuiltYet("faults.dropout", "a dropout under masks", "leave it at 0")

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """A threshold at or below one half lets a cheating server open what it should not."""
        if self.threshold > 0.5:
            return ()
        return (
            "masking.threshold: at or below 0.5 of the cohort two disjoint groups could both open.",
        )
