"""The broadcast: the model as a message, and as the hospitals read it."""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats
from engine.codecs.float32 import Float32
from engine.wire import Kind, pack, unpack


def broadcast(params: Floats, round: int) -> tuple[Floats, bytes]:
    """The params (d,) as every hospital decodes them, and the message, the same for each."""
    codec = Float32()
    (message,) = pack(
        Kind.MODEL,
        codec.encode(params[None], None),
        codec=codec.code,
        round=round,
        hospitals=np.zeros(1, np.int64),
    )
    _, bodies = unpack(Kind.MODEL, [message])
    return codec.decode(bodies, len(params))[0], message
