"""What a server learns that keeps everything it saw, with hospitals that lend it all they know.

Bonawitz et al. 2017, section 6 (theorem 6.3), turned into a computation. The server has every message
of a round; its helpers open the envelopes that were sealed for them, and hand over their own secrets.
From shares of one secret it is rebuilt where there are t of them. Then every mask that can be drawn
again is taken off every upload:

- *Fewer than t helpers*: of an honest hospital whose update came they have its seed, as in every round
  (the honest revealed shares of it), and too few shares of its mask key. So on each honest upload the
  masks with the other honest hospitals stay, which are uniform; in the sum of the honest they cancel.
  That sum, minus nothing, is what is learned. With *one* honest survivor the sum is its update.
- *t or more*: the helpers' own shares alone rebuild every secret, and every upload lies open.

Where an honest hospital's update did not come, its mask key is known to all by its shares; a late
upload of it would still lie under its own mask, whose shares the honest keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from engine.arrays import Flags
from engine.channels import letters, shamir
from engine.channels.envelopes import Envelope
from engine.channels.keys import Session
from engine.channels.letters import OF_KEY, OF_SEED
from engine.channels.masks import SEED_SIZE, expand, pair_mask
from engine.channels.party import Party
from engine.codecs.base import Ring
from engine.wire import Kind, unpack_bits


@dataclass(frozen=True)
class Transcript:
    """One round as the server saw it, byte for byte."""

    round: int
    needed: int  # t
    bits: int
    length: int  # of a row
    keys: bytes  # the list of public keys, as it was sent to one of them
    shares: Sequence[bytes]  # as each hospital sent them
    masked: Sequence[bytes]
    unmasking: Sequence[bytes] = ()  # empty where the round was lost before


@dataclass(frozen=True, eq=False)
class Learned:
    """What is left of the uploads. Open rows are updates, bit for bit; hidden ones are uniform."""

    hospitals: tuple[int, ...]  # whose update came, (u,)
    rows: Ring  # (u, length), freed of every mask that is known
    hidden_by: Mapping[int, tuple[int, ...]]  # hospital → those whose masks with it are still on
    honest: tuple[int, ...]  # of `hospitals`, those that do not help
    bits: int

    @property
    def open(self) -> Flags:
        """Which rows are updates, (u,)."""
        return np.array([not self.hidden_by[h] for h in self.hospitals])

    @property
    def honest_sum(self) -> Ring:
        """The sum of the honest rows (length,): what is known in any case, by the sum all can read."""
        theirs = self.rows[np.isin(self.hospitals, self.honest)]
        total: Ring = theirs.sum(axis=0, dtype=np.uint64)
        return total & np.uint64(2**self.bits - 1)


def collude(seen: Transcript, helpers: Sequence[Party]) -> Learned:
    """Everything that can be computed of single uploads by the server and these hospitals together."""
    return _Collusion(seen, helpers).learned()


class _Collusion:
    def __init__(self, seen: Transcript, helpers: Sequence[Party]) -> None:
        self.seen = seen
        self.helpers = {party.index: party for party in helpers}
        name, self.keys = letters.read_keys(seen.keys, seen.round)
        self.session = Session(name, seen.round)
        self.sealed = {
            sender: letters.read(Kind.SHARES, body, letters.SEALED_SIZE)
            for sender, body in self._bodies(Kind.SHARES, seen.shares).items()
        }
        self.mask_keys, self.seeds = self._secrets(OF_KEY), self._secrets(OF_SEED)

    def learned(self) -> Learned:
        """Every upload, freed of every mask that can be drawn again."""
        seen, rows, hidden = self.seen, [], {}
        uploads = self._bodies(Kind.MASKED_UPDATE, seen.masked)
        for hospital, body in uploads.items():
            row = unpack_bits(np.frombuffer(body, np.uint8)[None], seen.bits, seen.length)[0]
            freed, hidden[hospital] = self._freed(hospital, row)
            rows.append(freed & np.uint64(2**seen.bits - 1))
        honest = tuple(h for h in uploads if h not in self.helpers)
        return Learned(tuple(uploads), np.array(rows), hidden, honest, seen.bits)

    def _freed(self, own: int, row: Ring) -> tuple[Ring, tuple[int, ...]]:
        """`row` without the masks that are known, and whose masks with it stay on."""
        stay = []
        if own in self.seeds:
            row = row - expand(self.seeds[own], len(row))
        else:
            stay.append(own)
        for other in self.sealed:
            if other == own:
                continue
            if own in self.mask_keys:
                row = row - self._pair_mask(own, other)
            elif other in self.mask_keys:
                row = row + self._pair_mask(other, own)  # what the other added, this one took away
            else:
                stay.append(other)
        return row, tuple(stay)

    def _pair_mask(self, own: int, other: int) -> Ring:
        private = X25519PrivateKey.from_private_bytes(self.mask_keys[own])
        public = self.keys[other].mask
        return pair_mask(private, public, own, other, self.session, self.seen.length)

    def _secrets(self, kind: int) -> dict[int, bytes]:
        """One kind of secret, of every hospital of which t shares are at hand, or that helps."""
        rebuilt = {}
        for hospital in self.sealed:
            shares = self._revealed(hospital, kind) | self._lent(hospital, kind)
            if len(shares) >= self.seen.needed:
                points = list(shares)[: self.seen.needed]
                secret = shamir.combine(shares, shamir.weights_at_zero(points))
                rebuilt[hospital] = secret.to_bytes(shamir.SHARE_SIZE, "little")[:SEED_SIZE]
        for hospital, party in self.helpers.items():
            own = party.secrets
            rebuilt[hospital] = own.seed if kind == OF_SEED else own.mask_key.private_bytes_raw()
        return rebuilt

    def _revealed(self, hospital: int, kind: int) -> dict[int, int]:
        """Point → share, from what was sent to open the sum."""
        shares = {}
        for giver, body in self._bodies(Kind.UNMASKING, self.seen.unmasking).items():
            entry = letters.read(Kind.UNMASKING, body, 1 + shamir.SHARE_SIZE)[hospital]
            if entry[0] == kind:
                shares[shamir.point(giver)] = int.from_bytes(entry[1:], "little")
        return shares

    def _lent(self, hospital: int, kind: int) -> dict[int, int]:
        """Point → share, from the envelopes that the helpers can open."""
        shares = {}
        for helper, party in self.helpers.items():
            if helper != hospital and helper in self.sealed[hospital]:
                private, public = party.secrets.channel_key, self.keys[hospital].channel
                _, back = Envelope.pair(private, public, self.session, helper, hospital)
                both = back.open(self.sealed[hospital][helper])
                shares[shamir.point(helper)] = both.of_seed if kind == OF_SEED else both.of_key
        return shares

    def _bodies(self, kind: Kind, messages: Sequence[bytes]) -> dict[int, bytes]:
        return dict(letters.opened(kind, message, self.seen.round) for message in messages)
