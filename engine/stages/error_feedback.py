"""Error feedback: what a codec left out now is sent later.

Seide et al. 2014, "1-Bit Stochastic Gradient Descent" (Interspeech), section 2: the error of each
quantisation is added to what is quantised next. Karimireddy et al. 2019, "Error Feedback Fixes SignSGD
and other Gradient Compression Schemes" (ICML), algorithm 1, prove that any contractive codec then
learns as fast as none, but for a delay. In a hospital, each round it takes part in:

    to be sent   p = u + e
    arrives      C(p)              what the server decodes
    remembered   e ← p − C(p)      next round's e; 0 at first

So over the rounds, what arrived and what is remembered sum to all updates: the error does not add up.
The hospital knows C(p) because it can decode its own message: it makes the same draws as the codec.
A message that never counted leaves e as it was (`engine.stages.memory`). Left out: forgetting a part of
e, which matters where a hospital is drawn rarely and its e has grown stale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.codecs.base import Codec, rounding_draws
from engine.norms import lengths
from engine.stages.base import Memory, Moment, Named, Seat, Stage, Step


@dataclass(frozen=True)
class ErrorFeedback(Stage):
    """Adds what `codec` left out of a hospital's last message to its next one."""

    seat: ClassVar[Seat] = Seat.SENDING

    codec: Codec

    @property
    def name(self) -> str:
        """In two words, as on the screen."""
        return "error feedback"

    def on_client(self, upload: Named, at: Moment, memory: Memory) -> Step[Named]:
        """Update + memory, not coded yet; memory `left out` (k, d)."""
        update = upload["update"]
        parameters = update.shape[1]
        whole = update + memory.get("left out", np.zeros(update.shape))
        uniform = rounding_draws(self.codec, at, parameters)
        bodies = self.codec.encode(whole, uniform)
        left_out = whole - self.codec.decode(bodies, parameters, uniform)
        facts = {"left_out": lengths(left_out)}
        return Step({**upload, "update": whole}, {"left out": left_out}, facts)
