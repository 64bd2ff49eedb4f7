"""The broadcast: the model as a message, and as the hospitals read it.

Body: d float32 (`engine.codecs.float32`). Of a pruned model (`engine.stages.pruning`) a bit mask, 1 for
a param that is kept, packed, little end first, ⌈d/8⌉ bytes; then the params that are kept, in order, as
little-endian float32. The header's codec tells the two apart.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Bytes, Flags, Floats
from engine.codecs.float32 import Float32
from engine.codecs.numbers import SIZE, read_float32, write_float32
from engine.errors import RunError
from engine.stages.base import Named
from engine.wire import Kind, pack, unpack

PRUNED = 8  # codec in the header; updates have the others


def broadcast(model: Named, round: int) -> tuple[Floats, bytes]:
    """The params (d,) as every hospital decodes them, and the message, the same for each.

    Args:
        model: `params` (d,); where they are pruned also `kept` (d,), 1 or 0.
    """
    params, whole = model["params"], Float32()
    pruned = "kept" in model
    body = _sparse(params, model["kept"] == 1) if pruned else whole.encode(params[None], None)
    (message,) = pack(
        Kind.MODEL,
        body,
        codec=PRUNED if pruned else whole.code,
        round=round,
        hospitals=np.zeros(1, np.int64),
    )
    return read_model(message, len(params)), message


def read_model(message: bytes, parameters: int) -> Floats:
    """The params (d,) that a broadcast holds.

    Raises:
        RunError: It is cut short.
    """
    header, bodies = unpack(Kind.MODEL, [message])
    if header["codec"][0] == PRUNED:
        return _whole(bodies[0], parameters)
    params: Floats = Float32().decode(bodies, parameters)[0]
    return params


def _sparse(params: Floats, kept: Flags) -> Bytes:
    """A body (1, size)."""
    mask = np.packbits(kept, bitorder="little")
    return np.concatenate([mask, write_float32(params[kept][None])[0]])[None]


def _whole(body: Bytes, parameters: int) -> Floats:
    split = -(-parameters // 8)
    if len(body) < split:
        raise RunError("wire: the mask of a pruned model is cut short.")
    kept = np.unpackbits(body[:split], count=parameters, bitorder="little") == 1
    if len(body) != split + SIZE * np.count_nonzero(kept):
        raise RunError("wire: a pruned model has not as many numbers as its mask says.")
    params = np.zeros(parameters)
    params[kept] = read_float32(body[None, split:])[0]
    return params
