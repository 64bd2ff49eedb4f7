"""Keys: two hospitals agree on a secret that the server, which passes their public keys on, cannot know.

X25519 (RFC 7748): a private key and the other's public key make the same secret at both ends. HKDF
(RFC 5869) makes of it one key for each purpose, bound to the session, the round and the hospitals, so
that no key serves twice. Private keys come from the operating system, never from the run's seed. What
X25519 cannot tell is *whose* a public key is: a server that put its own in place of a hospital's would
read along. Against that hospitals would sign their keys; here the server is curious and honest.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.channels.letters import ids
from engine.data.source import letter
from engine.errors import RunError


@dataclass(frozen=True)
class Session:
    """What every key is bound to. The server draws a name for each round of each run."""

    name: bytes
    round: int

    def bound(self, *hospitals: int) -> bytes:
        """Session, round and these hospitals, as bytes."""
        return self.name + ids([self.round, *hospitals])


def agreed(private: X25519PrivateKey, public: bytes, other: int) -> bytes:
    """The secret that a private key makes with the public one of `other`, 32 bytes.

    Raises:
        RunError: That is no key: whatever the private one, the secret would be zero.
    """
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise RunError(f"masks: what came for hospital {letter(other)} is no public key.") from None


def derived(secret: bytes, purpose: bytes, bound: bytes) -> bytes:
    """A key (32 bytes) for one purpose; those for others tell nothing of it."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose + bound).derive(secret)
