"""Pruning: the smallest params are set to zero before the model is sent, and zeros cost a bit each.

Magnitude pruning: Han et al. 2015, "Learning both Weights and Connections for Efficient Neural
Networks" (NeurIPS), section 3, which prunes once and trains on; here every round prunes anew. What is
pruned is the broadcast (`engine.broadcast` has its bytes). Three choices, and why:

- The server goes on from what it sent: new params = pruned params + mean update. An update is the way
  from the params received, so added to any others it would lead elsewhere; a small weight would be kept
  and what the hospitals learned in its place added on top of it.
- Hospitals train all params and send updates of all of them. A pruned param so can grow back, and is
  kept as soon as it is larger than another; else the params that happened to be smallest in round 1 (of
  a model that starts at zero: any) would be gone for good.
- The model in the server's hands after the last round is not pruned.

Which params are pruned follows from the model alone, which has been released already: for privacy it
is post-processing and costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Flags, Floats
from engine.codecs.numbers import largest, part_of
from engine.stages.base import Memory, Moment, Named, Seat, Stage, Step


@dataclass(frozen=True)
class Pruning(Stage):
    """Zeroes ⌊fraction · d⌋ params, those of smallest magnitude."""

    seat: ClassVar[Seat] = Seat.MODEL

    fraction: float

    def on_broadcast(self, broadcast: Named, at: Moment, memory: Memory) -> Step[Named]:
        """`params` (d,) with zeros, and `kept` (d,): 1 for those that are left."""
        kept = self._kept(broadcast["params"])
        params = np.where(kept, broadcast["params"], 0.0)
        return Step({**broadcast, "params": params, "kept": kept.astype(np.float64)}, memory)

    def on_server(self, combined: Named, at: Moment, memory: Memory) -> Step[Named]:
        """The step from the params the server had: to those it sent, and on by the mean update."""
        kept = self._kept(at.anchor)
        update = combined["update"] - np.where(kept, 0.0, at.anchor)
        facts = {"pruned": int(np.count_nonzero(~kept))}
        return Step({**combined, "update": update}, facts=facts)

    def _kept(self, params: Floats) -> Flags:
        kept = np.zeros(len(params), np.bool_)
        kept[largest(np.abs(params)[None], left(self.fraction, len(params)))[0]] = True
        return kept


def left(fraction: float, parameters: int) -> int:
    """d − ⌊fraction · d⌋: how many params a pruned model keeps."""
    return parameters - part_of(fraction, parameters)
