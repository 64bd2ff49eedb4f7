"""The secure channel: uploads reach the server under masks, and it reads only their sum.

Here an update becomes a row of ring integers, and the sum of all rows an update again; the protocol
that hides the rows is in `engine.channels.exchange`. Hospital and server are curious and keep to it.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from engine.arrays import Floats, Ints
from engine.channels import letters
from engine.channels.base import Delivery, Total
from engine.channels.exchange import Exchange
from engine.channels.party import Party
from engine.channels.section import opens_with
from engine.channels.server import Server, TooFew
from engine.codecs.base import Ring, RingFormat, rounding_draws
from engine.events import Event, HospitalsDropped
from engine.faults import Dropouts
from engine.stages.base import Moment, Named
from engine.wire import Kind, Traffic, unpack, unpack_bits


@dataclass(frozen=True)
class Secure:
    """Updates as ring integers, under masks that `threshold` of the cohort can open together.

    Attributes:
        ring: How a weighted update becomes ring integers.
        threshold: Part of the cohort that must stay for the sum to open.
    """

    ring: RingFormat
    threshold: float = 0.6
    dropouts: Dropouts = field(default_factory=Dropouts)

    def carry(
        self, upload: Named, at: Moment, traffic: Traffic
    ) -> Generator[Event, None, Delivery]:
        """Agree on masks, share the secrets, send masked rows, open their sum."""
        needed = opens_with(self.threshold, len(at.cohort))
        exchange = Exchange(at, needed, self.ring.bits, self.dropouts, traffic)
        rows, saturated = self.rows(upload, at), self.ring.saturated(upload["update"])
        try:
            yield from exchange.share()
            yield from exchange.upload(rows, saturated)
            yield from exchange.open()
        except TooFew:
            yield HospitalsDropped(at.round, at.cohort, exchange.why_lost())
            return Delivery(None, at.cohort[:0], exchange.traffic, exchange.half_open)
        update, weight = self.ring.from_ring(exchange.server.total)
        return Delivery(Total(update, float(weight)), exchange.survivors, exchange.traffic)

    def message(self, upload: Named, at: Moment, cohort: Ints) -> bytes:
        """Under masks with the others of `cohort`, whose keys are as fresh as its own."""
        needed = opens_with(self.threshold, len(cohort))
        parties = {int(h): Party(int(h), at.round, needed) for h in cohort}
        server = Server(at.round, needed)
        forwarded = server.forward_keys([party.advertise() for party in parties.values()])
        own = parties.pop(int(at.cohort[0]))
        own.share(forwarded[0])
        # Nothing will be opened, so what the others seal for it may as well be noise.
        sealed = {h: secrets.token_bytes(letters.SEALED_SIZE) for h in parties}
        body = letters.written(sealed)
        shares = letters.message(Kind.FORWARDED_SHARES, body, at.round, own.index)
        (row,) = self.rows(upload, at)
        return own.mask(shares, row, self.ring.bits)

    def read(self, message: bytes, at: Moment) -> Floats:
        """As though no mask were on it: whoever lacks the keys can do no better."""
        _, bodies = unpack(Kind.MASKED_UPDATE, [message])
        row = unpack_bits(bodies, self.ring.bits, len(at.anchor) + 1)[0]
        row[-1] = 1  # its weight lies under a mask too; one patient is what the reader hopes for
        update, _ = self.ring.from_ring(row)
        return update

    def rows(self, upload: Named, at: Moment) -> Ring:
        """Ring integers (k, d + 1), not masked yet."""
        update = upload["update"]
        uniform = rounding_draws(self.ring, at, update.shape[1])
        return self.ring.to_ring(update, upload["weight"].astype(np.int64), uniform)
