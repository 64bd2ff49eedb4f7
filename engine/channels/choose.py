"""Which channel a scenario's updates travel through."""

from __future__ import annotations

import math

import numpy as np

from engine.channels.base import Channel
from engine.channels.plain import Plain
from engine.channels.section import Masking
from engine.codecs.base import Codec
from engine.errors import ScenarioError
from engine.faults import Dropouts, Faults
from engine.privacy.section import Privacy
from engine.stages.weighting import weights
from engine.switch import Setting

LARGEST_COHORT = 200  # hospitals: pairs grow with the square


def channel_of(setting: Setting, codec: Codec, cohort_size: int) -> Channel:
    """The channel this scenario's updates travel through.

    Raises:
        ScenarioError: Masks over one hospital, over too many, a sum that overflows the ring, or a
            dropout of a hospital that does not exist.
    """
    faults = setting.scenario.get(Faults)
    dropouts = faults.dropouts(setting.names) if faults else Dropouts()
    masking = setting.scenario.get(Masking)
    if masking is None:
        return Plain(codec, dropouts)
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
    clipped = privacy is not None and privacy.trusts_server  # else noise is in it, without bound
    bound = privacy.clip_norm if privacy and clipped else masking.range
    votes = weights(setting.scenario.training.weighting, setting.patients)
    heaviest = np.sort(votes)[-cohort_size:]
    ring = codec.ring(bound, math.ceil(float(np.sum(heaviest))), clipped)
    return Secure(ring, masking.threshold, dropouts)
