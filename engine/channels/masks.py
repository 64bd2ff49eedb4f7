"""Pairwise masks: two parties agree on a secret, one adds what it expands to, the other subtracts it.

Bonawitz et al. 2017, "Practical Secure Aggregation for Privacy-Preserving Machine Learning" (CCS),
section 4: X25519 key agreement for each pair, a key derivation bound to the session and the pair, a
stream cipher as the pseudorandom generator, and masks in a ring of integers, where they are uniform
and cancel exactly. Against an honest-but-curious server a masked row is indistinguishable from noise;
the sum of all rows is the sum of the updates. Left out here: self masks and secret sharing, which a
protocol with dropouts needs; every hospital of a cohort must take part to the end.

Keys and session names come from the operating system, never from the run's seed. A hospital and the
server are objects that exchange nothing but `bytes`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.codecs.base import Ring
from engine.errors import RunError
from engine.wire import Kind, pack, pack_bits, unpack, unpack_bits

KEY_SIZE = 32  # bytes, an X25519 public key
_SESSION_SIZE = 16  # bytes
_ID_SIZE = 4  # bytes
_ZERO_NONCE = bytes(16)  # each key expands one stream, once


@dataclass(frozen=True)
class Party:
    """One hospital in one round. `index` is its place in the federation."""

    index: int
    round: int
    private_key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate, repr=False)

    def advertise(self) -> bytes:
        """The message to the server: a fresh public key."""
        key = self.private_key.public_key().public_bytes_raw()
        return _message(Kind.PUBLIC_KEY, key, self.round, self.index)

    def mask(self, keys_message: bytes, row: Ring, bits: int) -> bytes:
        """The message to the server: `row` (d + 1,) under the masks of all pairs, mod 2^bits."""
        session, keys = _read_keys(keys_message)
        if keys.get(self.index) != self.private_key.public_key().public_bytes_raw():
            raise RunError(f"masks: the server forwarded another key for hospital {self.index}.")
        masked = row.copy()
        for other, key in keys.items():
            if other != self.index:
                secret = self._agree(other, key, session)
                mask = _expand(secret, len(row))
                masked = masked + mask if self.index < other else masked - mask
        body = pack_bits((masked & np.uint64(2**bits - 1))[None], bits).tobytes()
        return _message(Kind.MASKED_UPDATE, body, self.round, self.index)

    def _agree(self, other: int, key: bytes, session: bytes) -> bytes:
        shared = self.private_key.exchange(X25519PublicKey.from_public_bytes(key))
        pair = sorted((self.index, other))
        info = b"fedtui pairwise mask" + session + _ids([self.round, *pair])
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(shared)


@dataclass(frozen=True)
class Server:
    """The server in one round. `session` names it, so that no two rounds or branches share a mask."""

    round: int
    session: bytes = field(default_factory=lambda: secrets.token_bytes(_SESSION_SIZE))

    def forward(self, advertised: Sequence[bytes]) -> tuple[bytes, ...]:
        """The message to every hospital: the session and all public keys."""
        header, bodies = unpack(Kind.PUBLIC_KEY, advertised)
        entries = [_ids([h]) + b.tobytes() for h, b in zip(header["hospital"], bodies, strict=True)]
        body = self.session + b"".join(entries)
        return tuple(
            _message(Kind.PUBLIC_KEYS, body, self.round, int(h)) for h in header["hospital"]
        )

    def add(self, masked: Sequence[bytes], bits: int, length: int) -> Ring:
        """The sum of all rows (length,), mod 2^bits; the masks of each pair cancel in it."""
        _, bodies = unpack(Kind.MASKED_UPDATE, masked)
        total: Ring = unpack_bits(bodies, bits, length).sum(axis=0, dtype=np.uint64)
        return total & np.uint64(2**bits - 1)


def _message(kind: Kind, body: bytes, round: int, hospital: int) -> bytes:
    (message,) = pack(
        kind, np.frombuffer(body, np.uint8)[None], round=round, hospitals=np.array([hospital])
    )
    return message


def _read_keys(message: bytes) -> tuple[bytes, Mapping[int, bytes]]:
    _, bodies = unpack(Kind.PUBLIC_KEYS, [message])
    body, step = bodies.tobytes(), _ID_SIZE + KEY_SIZE
    entries = [body[i : i + step] for i in range(_SESSION_SIZE, len(body), step)]
    keys = {int.from_bytes(e[:_ID_SIZE], "little"): e[_ID_SIZE:] for e in entries}
    return body[:_SESSION_SIZE], keys


def _expand(secret: bytes, length: int) -> Ring:
    """`length` uniform 64-bit words; their low bits are uniform in any smaller ring of 2^bits."""
    cipher = Cipher(algorithms.ChaCha20(secret, _ZERO_NONCE), mode=None).encryptor()
    return np.frombuffer(cipher.update(bytes(8 * length)), "<u8").astype(np.uint64)


def _ids(numbers: Sequence[int]) -> bytes:
    return b"".join(int(n).to_bytes(_ID_SIZE, "little") for n in numbers)
