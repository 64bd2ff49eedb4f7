"""Aggregators: how what arrived becomes one update.

The weighted sum is all that FedAvg needs, and it is what a secure channel can deliver. Aggregators
that must look at single updates (median, trimmed mean, Krum) take `Singles` only, so the types keep
them away from masks.
"""

from __future__ import annotations

import numpy as np

from engine.channels.base import Singles, Total
from engine.stages.base import Named


def weighted_sum(content: Singles | Total) -> Named:
    """`update` Σ weight · update (d,) and `weight` Σ weight (); `Weighting` divides."""
    if isinstance(content, Total):
        return {"update": content.update, "weight": np.array(content.weight)}
    return {
        "update": content.weights @ content.updates,
        "weight": np.array(content.weights.sum()),
    }
