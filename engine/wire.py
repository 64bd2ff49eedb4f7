"""Messages as bytes. Nothing reaches the other side but what was encoded here and decoded there.

Every message is a 12-byte header and a body:

    offset  size  field      meaning
         0     1  kind       `Kind`
         1     1  codec      how the body is written, see `engine.codecs`
         2     2  round      from 1; 0 for messages before round 1
         4     4  hospital   sender or receiver, its index in the federation
         8     4  weight     n_i, where the sum is not masked; else 0

Integers are little-endian. What TLS and TCP add is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from engine.arrays import Bytes, Ints
from engine.errors import RunError

HEADER = np.dtype(
    [("kind", "u1"), ("codec", "u1"), ("round", "<u2"), ("hospital", "<u4"), ("weight", "<u4")]
)
HEADER_SIZE = HEADER.itemsize  # bytes


class Kind(IntEnum):
    """What a message carries."""

    MODEL = 1
    UPDATE = 2
    MASKED_UPDATE = 3
    PUBLIC_KEY = 4
    PUBLIC_KEYS = 5
    STATISTICS = 6
    SCALING = 7
    SHARES = 8
    FORWARDED_SHARES = 9
    SURVIVORS = 10
    UNMASKING = 11
    CATEGORIES = 12
    ALL_CATEGORIES = 13
    LABEL_COUNTS = 14
    CLASS_WEIGHTS = 15

    @property
    def label(self) -> str:
        """The kind in words, as it stands in results: "masked update"."""
        return self.name.lower().replace("_", " ")


DIRECTIONS: Mapping[str, tuple[Kind, ...]] = {
    "uplink": (Kind.UPDATE, Kind.MASKED_UPDATE),
    "downlink": (Kind.MODEL,),
    "overhead": (
        Kind.PUBLIC_KEY,
        Kind.PUBLIC_KEYS,
        Kind.SHARES,
        Kind.FORWARDED_SHARES,
        Kind.SURVIVORS,
        Kind.UNMASKING,
    ),
    "setup": (
        Kind.CATEGORIES,
        Kind.ALL_CATEGORIES,
        Kind.STATISTICS,
        Kind.SCALING,
        Kind.LABEL_COUNTS,
        Kind.CLASS_WEIGHTS,
    ),
}


def pack(
    kind: Kind,
    bodies: Bytes,
    *,
    codec: int = 0,
    round: int = 0,
    hospitals: Ints,
    weights: Ints | int = 0,
) -> tuple[bytes, ...]:
    """One message per row of `bodies` (k, size)."""
    k, size = bodies.shape
    header = np.zeros(k, HEADER)
    header["kind"], header["codec"], header["round"] = kind, codec, round
    header["hospital"], header["weight"] = hospitals, weights
    rows = np.empty((k, HEADER_SIZE + size), np.uint8)
    rows[:, :HEADER_SIZE] = header.view(np.uint8).reshape(k, HEADER_SIZE)
    rows[:, HEADER_SIZE:] = bodies
    sent, step = rows.tobytes(), HEADER_SIZE + size
    return tuple(sent[i : i + step] for i in range(0, k * step, step))


def unpack(kind: Kind, messages: Sequence[bytes]) -> tuple[npt.NDArray[np.void], Bytes]:
    """Headers (k,) and bodies (k, size) of messages of equal length.

    Raises:
        RunError: A message is cut short, or of another kind.
    """
    if not messages or len(set(map(len, messages))) != 1 or len(messages[0]) < HEADER_SIZE:
        raise RunError(f"wire: {kind.label} messages are missing or cut short.")
    rows = np.frombuffer(b"".join(messages), np.uint8).reshape(len(messages), -1)
    header = rows[:, :HEADER_SIZE].copy().view(HEADER)[:, 0]
    if not np.all(header["kind"] == kind):
        raise RunError(f"wire: a {kind.label} message was expected and another kind came.")
    return header, rows[:, HEADER_SIZE:]


@dataclass(frozen=True)
class Traffic:
    """Messages and bytes sent so far, by kind."""

    counts: Mapping[Kind, int] = field(default_factory=dict)
    sizes: Mapping[Kind, int] = field(default_factory=dict)  # bytes

    def sent(self, kind: Kind, messages: Sequence[bytes], copies: int = 1) -> Traffic:
        """With these messages counted, each `copies` times (a broadcast is encoded once)."""
        if not messages:
            return self
        count, size = len(messages) * copies, sum(map(len, messages)) * copies
        return Traffic(
            {**self.counts, kind: self.counts.get(kind, 0) + count},
            {**self.sizes, kind: self.sizes.get(kind, 0) + size},
        )

    def total(self, direction: str) -> int:
        """Bytes in one direction: uplink, downlink, overhead or setup."""
        return sum(self.sizes.get(kind, 0) for kind in DIRECTIONS[direction])

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Message kind in words → (count, bytes)."""
        return {kind.label: (self.counts[kind], self.sizes[kind]) for kind in self.counts}


def pack_bits(values: npt.NDArray[np.uint64], bits: int) -> Bytes:
    """Rows of integers below 2^bits (k, m), as ⌈m·bits/8⌉ bytes a row, little end first."""
    k, m = values.shape
    word = _word(bits)
    octets = values.astype(f"<u{word}").view(np.uint8)  # (k, m·word)
    if bits == 8 * word:
        return octets
    each_bit = np.unpackbits(octets.reshape(k, m, word), axis=2, count=bits, bitorder="little")
    return np.packbits(each_bit.reshape(k, m * bits), axis=1, bitorder="little")


def unpack_bits(rows: Bytes, bits: int, count: int) -> npt.NDArray[np.uint64]:
    """The `count` integers in each row that `pack_bits` wrote, (k, count)."""
    k, word = len(rows), _word(bits)
    if bits == 8 * word:
        return np.ascontiguousarray(rows).view(f"<u{word}").astype(np.uint64)
    groups = -(-count // 8)  # eight integers of b bits fill b bytes
    whole = np.zeros((k, groups * bits), np.uint8)
    whole[:, : rows.shape[1]] = rows
    octets = whole.reshape(k, groups, bits)
    values = np.zeros((k, groups, 8), np.uint64)
    for place in range(8):
        first = place * bits
        for byte in range(first // 8, -(-(first + bits) // 8)):
            piece, shift = octets[:, :, byte].astype(np.uint64), 8 * byte - first
            values[:, :, place] |= _shifted(piece, shift)
    return values.reshape(k, groups * 8)[:, :count] & np.uint64(2**bits - 1)


def _shifted(values: npt.NDArray[np.uint64], by: int) -> npt.NDArray[np.uint64]:
    """Towards the high bits; where `by` is negative, the low ones."""
    return values << np.uint64(by) if by >= 0 else values >> np.uint64(-by)


def _word(bits: int) -> int:
    """Bytes of the smallest machine word that holds `bits`."""
    return next(size for size in (1, 2, 4, 8) if bits <= 8 * size)
