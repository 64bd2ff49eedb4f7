"""The server's part in secure aggregation: it passes messages on, adds rows, and reads one sum.

Bonawitz et al. 2017, figure 4, the part of the server. It is given bytes and gives bytes. Of every
hospital that shared its secrets it can rebuild one of two, from the shares of any t hospitals:

- of one whose update came, the *seed* of its own mask, which is in the sum;
- of one that fell away, its *mask key*, and with that the pair masks it would have added, without
  which those of its partners do not cancel.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from engine.channels import letters, shamir
from engine.channels.keys import Session
from engine.channels.letters import PublicKeys
from engine.channels.masks import SEED_SIZE, expand, pair_mask
from engine.codecs.base import Ring
from engine.data.source import letter
from engine.errors import RunError
from engine.wire import Kind, unpack, unpack_bits


class TooFew(RunError):  # noqa: N818 - it is what the round is told by
    """Fewer hospitals than the threshold are left: the round is lost."""


class Server:
    """The server in one round; `needed` is t.

    Raises:
        TooFew: From every method that takes messages: fewer than t came.
        RunError: A hospital's message is not what the protocol promises.
    """

    def __init__(self, round: int, needed: int, session: bytes = b"") -> None:
        self.round = round
        self.needed = needed
        name = session or secrets.token_bytes(letters.SESSION_SIZE)
        self.session = Session(name, round)
        self.keys: Mapping[int, PublicKeys] = {}
        self.sharing: tuple[int, ...] = ()  # those whose secrets can be rebuilt
        self.survivors: tuple[int, ...] = ()  # those whose update came
        self._total: Ring = np.zeros(0, np.uint64)
        self._bits = 64
        self._shares: dict[
            int, dict[int, int]
        ] = {}  # hospital → point → share of one of its secrets
        self._weights: Mapping[int, int] = {}

    def forward_keys(self, advertised: Sequence[bytes]) -> tuple[bytes, ...]:
        """Round 0. To every hospital: the session and all public keys."""
        self.keys = {
            hospital: letters.both_keys(body)
            for hospital, body in self._taken(Kind.PUBLIC_KEY, advertised).items()
        }
        entries = {hospital: b"".join(both) for hospital, both in self.keys.items()}
        return self._to_each(
            Kind.PUBLIC_KEYS, self.keys, self.session.name + letters.written(entries)
        )

    def forward_shares(self, sent: Sequence[bytes]) -> tuple[bytes, ...]:
        """Round 1. To every hospital that shared: what the others sealed for it."""
        sealed = {
            sender: letters.read(Kind.SHARES, body, letters.SEALED_SIZE)
            for sender, body in self._taken(Kind.SHARES, sent).items()
        }
        self.sharing = tuple(sealed)
        return tuple(
            letters.message(
                Kind.FORWARDED_SHARES,
                letters.written({s: theirs[to] for s, theirs in sealed.items() if s != to}),
                self.round,
                to,
            )
            for to in self.sharing
        )

    def add(self, masked: Sequence[bytes], bits: int, length: int) -> tuple[bytes, ...]:
        """Round 2. Adds the rows (length,) mod 2^bits; to every survivor: who the survivors are."""
        self.survivors = tuple(self._taken(Kind.MASKED_UPDATE, masked))
        _, bodies = unpack(Kind.MASKED_UPDATE, masked)
        self._bits = bits
        self._total = unpack_bits(bodies, bits, length).sum(axis=0, dtype=np.uint64)
        return self._to_each(Kind.SURVIVORS, self.survivors, letters.ids(self.survivors))

    def collect(self, unmasking: Sequence[bytes]) -> None:
        """Round 4. Takes the first t hospitals' shares: more would tell nothing more."""
        answers = self._taken(Kind.UNMASKING, unmasking)
        used = list(answers)[: self.needed]
        self._shares = {hospital: {} for hospital in self.sharing}
        for giver in used:
            for hospital, entry in letters.read(
                Kind.UNMASKING, answers[giver], 1 + shamir.SHARE_SIZE
            ).items():
                self._check_kind(giver, hospital, entry[0])
                share = int.from_bytes(entry[1:], "little")
                self._shares[hospital][shamir.point(giver)] = share
        self._weights = shamir.weights_at_zero([shamir.point(giver) for giver in used])

    def free_of(self, hospital: int) -> None:
        """Take out of the sum the masks that are left in it because of one hospital."""
        secret = shamir.combine(self._shares[hospital], self._weights)
        own = secret.to_bytes(shamir.SHARE_SIZE, "little")[:SEED_SIZE]
        length = len(self._total)
        if hospital in self.survivors:
            self._total = self._total - expand(own, length)
            return
        key = self._checked(own, hospital)
        for other in self.survivors:  # what it would have added, had it stayed
            public = self.keys[other].mask
            self._total = self._total + pair_mask(
                key, public, hospital, other, self.session, length
            )

    @property
    def total(self) -> Ring:
        """The sum of the survivors' rows (length,), once it is free of everyone's masks."""
        return self._total & np.uint64(2**self._bits - 1)

    def _taken(self, kind: Kind, messages: Sequence[bytes]) -> dict[int, bytes]:
        """Sender → body; at least t of them, and nobody's twice."""
        if len(messages) < self.needed:
            raise TooFew(
                f"masks: {len(messages):,} hospitals are left, and {self.needed:,} are needed."
            )
        bodies = dict(letters.opened(kind, message, self.round) for message in messages)
        if len(bodies) < len(messages):
            raise RunError(f"masks: two {kind.label} messages came from one hospital.")
        return bodies

    def _to_each(
        self, kind: Kind, hospitals: Mapping[int, object] | Sequence[int], body: bytes
    ) -> tuple[bytes, ...]:
        return tuple(letters.message(kind, body, self.round, hospital) for hospital in hospitals)

    def _check_kind(self, giver: int, hospital: int, kind: int) -> None:
        asked = letters.OF_SEED if hospital in self.survivors else letters.OF_KEY
        if hospital not in self._shares or kind != asked:
            raise RunError(
                f"masks: hospital {letter(giver)} sent a share of {letter(hospital)} that was not"
                " asked for; start the run again."
            )

    def _checked(self, private: bytes, hospital: int) -> X25519PrivateKey:
        """The rebuilt key, compared with its public half; of a seed there is nothing to compare with."""
        key = X25519PrivateKey.from_private_bytes(private)
        if key.public_key().public_bytes_raw() != self.keys[hospital].mask:
            raise RunError(
                f"masks: the shares of hospital {letter(hospital)}'s key do not fit together;"
                " start the run again."
            )
        return key
