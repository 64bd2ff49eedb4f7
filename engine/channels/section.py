"""The `[masking]` section: whether a scenario's updates travel plain or under masks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from engine.channels.base import Channel
from engine.channels.plain import Plain
from engine.codecs.base import Codec
from engine.codecs.section import Compression
from engine.errors import NotBuiltYet, ScenarioError
from engine.faults import Faults
from engine.knobs import knob
from engine.privacy.plan import Privacy
from engine.stages.weighting import weights
from engine.switch import Setting, Switch

if TYPE_CHECKING:
    from engine.scenario import Scenario

LARGEST_COHORT = 200  # hospitals: pairs grow with the square
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

    def refuse(self, scenario: Scenario) -> None:
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

    def notes(self, scenario: Scenario) -> tuple[str, ...]:
        """A threshold at or below one half lets a cheating server open what it should not."""
        if self.threshold > 0.5:
            return ()
        return (
            "masking.threshold: at or below 0.5 of the cohort two disjoint groups could both open.",
        )


def channel_of(setting: Setting, codec: Codec, cohort_size: int) -> Channel:
    """The channel this scenario's updates travel through.

    Raises:
        ScenarioError: Masks over one hospital, over too many, or a sum that overflows the ring.
    """
    masking = setting.scenario.get(Masking)
    if masking is None:
        return Plain(codec)
    if cohort_size < 2:
        raise ScenarioError(
            "masking: masks need at least 2 hospitals in a round; switch masks off or add hospitals."
        )
    if cohort_size > LARGEST_COHORT:
        raise ScenarioError(
            f"masking: {cohort_size:,} hospitals a round are too many for pairwise masks; lower"
            f" training.participation so that at most {LARGEST_COHORT} take part, or switch masks off."
        )
    from engine.channels.secure import Secure  # cryptography is loaded only where masks are on

    privacy = setting.scenario.get(Privacy)
    bound = privacy.clip_norm if privacy else masking.range
    votes = weights(setting.scenario.training.weighting, setting.patients)
    heaviest = np.sort(votes)[-cohort_size:]
    return Secure(codec.ring(bound, math.ceil(float(np.sum(heaviest)))))
