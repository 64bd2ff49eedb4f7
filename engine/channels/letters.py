"""How the messages of the secure channel are written: fixed-size entries, each under a hospital's index.

Every message has the header of `engine.wire` (12 bytes) and one of these bodies; k hospitals advertise
keys, and an entry begins with 4 bytes of index:

    message            from → to             body, in bytes
    public key         hospital → server     channel key 32, mask key 32
    public keys        server → hospital     session 16, then k entries of 4 + 64
    shares             hospital → server     k − 1 entries of 4 + 82: two shares of 33, sealed (tag 16)
    forwarded shares   server → hospital     the same entries, one from each other that shared
    masked update      hospital → server     d + 1 ring integers, packed
    survivors          server → hospital     entries of 4: those whose masked update came
    unmasking          hospital → server     entries of 4 + 34, one for each that shared: kind 1, share 33
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from engine.channels.shamir import SHARE_SIZE
from engine.errors import RunError
from engine.wire import Kind, pack, unpack

ID_SIZE = 4  # bytes
KEY_SIZE = 32  # bytes, a public key
SESSION_SIZE = 16  # bytes
SEALED_SIZE = 2 * SHARE_SIZE + 16  # bytes: both shares of one hospital for another, and a tag
OF_SEED, OF_KEY = 1, 2  # which secret a share in an unmasking message is of


class PublicKeys(NamedTuple):
    """What a hospital advertises."""

    channel: bytes  # for the shares that others send it
    mask: bytes  # for the masks it has with others


def message(kind: Kind, body: bytes, round: int, hospital: int) -> bytes:
    """The message with this body, to or from `hospital`."""
    row = np.frombuffer(body, np.uint8)[None]
    (packed,) = pack(kind, row, round=round, hospitals=np.array([hospital]))
    return packed


def opened(kind: Kind, message: bytes, round: int) -> tuple[int, bytes]:
    """Whom a message is from or to, and its body.

    Raises:
        RunError: It is of another kind or another round, or cut short.
    """
    header, bodies = unpack(kind, [message])
    if header["round"][0] != round:
        raise RunError(f"masks: a {kind.label} message of another round than {round} came.")
    return int(header["hospital"][0]), bodies.tobytes()


def written(entries: Mapping[int, bytes]) -> bytes:
    """Hospital → its bytes, one entry after the other."""
    return b"".join(ids([hospital]) + content for hospital, content in entries.items())


def read(kind: Kind, body: bytes, size: int) -> dict[int, bytes]:
    """Entries of `size` bytes beside the index.

    Raises:
        RunError: They do not come out even, or a hospital is in them twice.
    """
    step = ID_SIZE + size
    pieces = [body[i : i + step] for i in range(0, len(body), step)]
    entries = {int.from_bytes(piece[:ID_SIZE], "little"): piece[ID_SIZE:] for piece in pieces}
    if len(body) % step or len(entries) != len(pieces):
        raise RunError(f"masks: a {kind.label} message is not a list of different hospitals.")
    return entries


def read_keys(message: bytes, round: int) -> tuple[bytes, dict[int, PublicKeys]]:
    """The session and everyone's public keys."""
    _, body = opened(Kind.PUBLIC_KEYS, message, round)
    entries = read(Kind.PUBLIC_KEYS, body[SESSION_SIZE:], 2 * KEY_SIZE)
    return body[:SESSION_SIZE], {h: both_keys(keys) for h, keys in entries.items()}


def both_keys(body: bytes) -> PublicKeys:
    """The two keys that stand side by side in a message."""
    return PublicKeys(body[:KEY_SIZE], body[KEY_SIZE:])


def ids(numbers: Iterable[int]) -> bytes:
    """Four bytes each, so that no two lists of numbers look the same."""
    return b"".join(int(n).to_bytes(ID_SIZE, "little") for n in numbers)
