"""A hospital's part in secure aggregation: four messages, and what it refuses to do.

Bonawitz et al. 2017, figure 4, the part of a user, against a server that is curious and keeps to the
protocol. A `Party` is given bytes and gives bytes; the same object can run on another machine. It
remembers, on purpose: a hospital that could be taken back to an earlier moment could be asked for both
kinds of share. What it holds beside them is its own row, its private keys and its seed.

Left out, since the server is honest: signatures of public keys, and round 3 of the paper, where the
hospitals sign the list of survivors and compare what the others signed. Without that, a server that
lied could show two hospitals two lists; shown two lists itself, a hospital refuses the second.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from engine.channels import letters, shamir
from engine.channels.envelopes import Envelope, Shares
from engine.channels.keys import Session
from engine.channels.letters import PublicKeys
from engine.channels.masks import SEED_SIZE, expand, pair_mask
from engine.codecs.base import Ring
from engine.data.source import letter
from engine.errors import RunError
from engine.wire import Kind, pack_bits


@dataclass(frozen=True, repr=False)
class Secrets:
    """What a hospital draws for one round, from the operating system, and tells nobody whole."""

    channel_key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    mask_key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(SEED_SIZE))

    @property
    def public(self) -> PublicKeys:
        """The halves that everyone may have."""
        own = (self.channel_key, self.mask_key)
        return PublicKeys(*(key.public_key().public_bytes_raw() for key in own))


class Party:
    """One hospital in one round. `index` is its place in the federation, `needed` is t.

    Raises:
        RunError: From every method: the server's message is not what the protocol promises.
    """

    def __init__(self, index: int, round: int, needed: int, own: Secrets | None = None) -> None:
        self.index = index
        self.round = round
        self.needed = needed
        self.secrets = own or Secrets()
        self._session = Session(b"", round)
        self._keys: Mapping[int, PublicKeys] = {}  # everyone's
        self._back: dict[int, Envelope] = {}  # from each other to here
        self._sealed: Mapping[int, bytes] = {}  # each other's shares, not opened yet
        self._own = Shares(0, 0)  # its shares of its own secrets
        self._survivors: frozenset[int] = frozenset()  # once told, for good
        self._uploaded = False

    def advertise(self) -> bytes:
        """Round 0. Two fresh public keys, for the server to pass on."""
        return letters.message(
            Kind.PUBLIC_KEY, b"".join(self.secrets.public), self.round, self.index
        )

    def share(self, keys: bytes) -> bytes:
        """Round 1. Everyone's keys in; out: for each other, its sealed share of both secrets."""
        if self._keys:
            self._refuse("was asked for its shares twice")
        name, self._keys = letters.read_keys(keys, self.round)
        self._check_keys()
        self._session = Session(name, self.round)
        shares = self._shares()
        self._own = shares.pop(self.index)
        sealed = {other: self._envelope(other).seal(both) for other, both in shares.items()}
        return letters.message(Kind.SHARES, letters.written(sealed), self.round, self.index)

    def mask(self, forwarded: bytes, row: Ring, bits: int) -> bytes:
        """Round 2. The others' sealed shares in; out: `row` (length,) under all masks, mod 2^bits.

        Pair masks are with those whose shares came: of the others nobody could take them off.
        """
        if self._uploaded:
            self._refuse("was asked for a second upload under the same masks")
        self._receive(forwarded)
        masked = row + expand(self.secrets.seed, len(row))
        for other in self._sealed:
            public, own = self._keys[other].mask, self.secrets.mask_key
            masked += pair_mask(own, public, self.index, other, self._session, len(row))
        self._uploaded = True
        body = pack_bits((masked & np.uint64(2**bits - 1))[None], bits).tobytes()
        return letters.message(Kind.MASKED_UPDATE, body, self.round, self.index)

    def unmask(self, survivors: bytes) -> bytes:
        """Round 4. The list of those whose update came in; out: one share for each that shared.

        Of the own seed of a survivor, of the mask key of one that fell away, never both of one: the
        first list that a hospital answers is the only one.
        """
        self._agree(survivors)
        revealed = {self.index: self._own}
        for other, sealed in self._sealed.items():
            revealed[other] = self._back[other].open(sealed)
        entries = {h: self._one_kind(h, revealed[h]) for h in sorted(revealed)}
        return letters.message(Kind.UNMASKING, letters.written(entries), self.round, self.index)

    # What goes into the messages

    def _shares(self) -> dict[int, Shares]:
        """Everyone's share of both secrets, its own among them."""
        points = [shamir.point(other) for other in self._keys]
        key, seed = (
            shamir.share(int.from_bytes(secret, "little"), self.needed, points)
            for secret in (self.secrets.mask_key.private_bytes_raw(), self.secrets.seed)
        )
        return {h: Shares(key[i], seed[i]) for i, h in enumerate(self._keys)}

    def _envelope(self, other: int) -> Envelope:
        there, self._back[other] = Envelope.pair(
            self.secrets.channel_key, self._keys[other].channel, self._session, self.index, other
        )
        return there

    def _one_kind(self, hospital: int, shares: Shares) -> bytes:
        survived = hospital in self._survivors
        kind, share = (
            (letters.OF_SEED, shares.of_seed) if survived else (letters.OF_KEY, shares.of_key)
        )
        return bytes([kind]) + share.to_bytes(shamir.SHARE_SIZE, "little")

    # What it refuses

    def _check_keys(self) -> None:
        if self._keys.get(self.index) != self.secrets.public:
            self._refuse("was sent other keys than its own under its name")
        if len({key for both in self._keys.values() for key in both}) < 2 * len(self._keys):
            self._refuse("was sent one key under two names")
        self._enough(len(self._keys), "sent keys")

    def _receive(self, forwarded: bytes) -> None:
        _, body = letters.opened(Kind.FORWARDED_SHARES, forwarded, self.round)
        self._sealed = letters.read(Kind.FORWARDED_SHARES, body, letters.SEALED_SIZE)
        if not self._sealed.keys() <= self._keys.keys() - {self.index}:
            self._refuse("was sent shares of a hospital that sent no keys")
        self._enough(len(self._sealed) + 1, "sent shares")

    def _agree(self, message: bytes) -> None:
        _, body = letters.opened(Kind.SURVIVORS, message, self.round)
        survivors = frozenset(letters.read(Kind.SURVIVORS, body, 0))
        if self._survivors and survivors != self._survivors:
            self._refuse("was told a second list of survivors, which would open single updates")
        if not (self._uploaded and {self.index} <= survivors <= self._sealed.keys() | {self.index}):
            self._refuse("was told a list of survivors that cannot be")
        self._enough(len(survivors), "sent updates")
        self._survivors = survivors

    def _enough(self, present: int, did: str) -> None:
        if present < self.needed:
            self._refuse(
                f"stops: {present:,} {did}, and it shares with no fewer than {self.needed:,}"
            )

    def _refuse(self, what: str) -> None:
        raise RunError(f"masks: hospital {letter(self.index)} {what}; start the run again.")
