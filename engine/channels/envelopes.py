"""Envelopes: one hospital's shares for another, through a server that carries them and cannot look in.

ChaCha20-Poly1305 (RFC 8439): whoever lacks the key can neither read what is sealed nor change it
unnoticed. Each direction of a pair has a key of its own, which seals one message in its life; sender
and receiver are bound into the seal (associated data), so one hospital's shares cannot be passed off
as another's.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from engine.channels.keys import Session, agreed, derived
from engine.channels.shamir import SHARE_SIZE
from engine.data.source import letter
from engine.errors import RunError

_ZERO_NONCE = bytes(12)  # a key seals one message


@dataclass(frozen=True)
class Shares:
    """One hospital's share of another's two secrets."""

    of_key: int
    of_seed: int

    def to_bytes(self) -> bytes:
        """Both, 66 bytes."""
        return b"".join(s.to_bytes(SHARE_SIZE, "little") for s in (self.of_key, self.of_seed))

    @classmethod
    def from_bytes(cls, both: bytes) -> Shares:
        """As `to_bytes` wrote them."""
        halves = both[:SHARE_SIZE], both[SHARE_SIZE:]
        return cls(*(int.from_bytes(half, "little") for half in halves))


@dataclass(frozen=True, repr=False)
class Envelope:
    """From `sender` to `receiver`; only these two have the key."""

    session: Session
    sender: int
    receiver: int
    key: bytes

    @classmethod
    def pair(
        cls, private: X25519PrivateKey, public: bytes, session: Session, own: int, other: int
    ) -> tuple[Envelope, Envelope]:
        """There and back, as hospital `own` makes them from its private key and the other's public."""
        secret = agreed(private, public, other)

        def one_way(sender: int, receiver: int) -> Envelope:
            key = derived(secret, b"fedtui shares", session.bound(sender, receiver))
            return cls(session, sender, receiver, key)

        return one_way(own, other), one_way(other, own)

    def seal(self, shares: Shares) -> bytes:
        """The shares, encrypted, and a tag of 16 bytes."""
        bound = self.session.bound(self.sender, self.receiver)
        return ChaCha20Poly1305(self.key).encrypt(_ZERO_NONCE, shares.to_bytes(), bound)

    def open(self, sealed: bytes) -> Shares:
        """What was sealed.

        Raises:
            RunError: It was changed on the way, or is meant for another.
        """
        bound = self.session.bound(self.sender, self.receiver)
        try:
            both = ChaCha20Poly1305(self.key).decrypt(_ZERO_NONCE, sealed, bound)
        except InvalidTag:
            raise RunError(
                f"masks: the shares that hospital {letter(self.sender)} sent to"
                f" {letter(self.receiver)} were changed on the way; start the run again."
            ) from None
        return Shares.from_bytes(both)
