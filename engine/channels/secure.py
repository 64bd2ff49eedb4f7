"""The secure channel: uploads reach the server under masks, and it reads only their sum."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engine.channels.base import Delivery, Total
from engine.channels.masks import Party, Server
from engine.codecs.base import RingFormat, rounding_draws
from engine.events import Event, KeysAdvertised, KeysForwarded, UpdatesMasked, UpdatesSent
from engine.stages.base import Moment, Named
from engine.wire import Kind, Traffic

_PAIRS_PER_EVENT = 150  # key agreements between two events: about 20 ms


@dataclass(frozen=True)
class Secure:
    """Two round trips: keys up and back; masked rows up.

    Attributes:
        ring: How a weighted update becomes ring integers.
    """

    ring: RingFormat

    def carry(
        self, upload: Named, at: Moment, traffic: Traffic
    ) -> Generator[Event, None, Delivery]:
        """Agree on masks, send masked rows, add them up."""
        parties = [Party(int(h), at.round) for h in at.cohort]
        server = Server(at.round)

        advertised = tuple(party.advertise() for party in parties)
        yield KeysAdvertised(at.round, at.cohort, len(advertised[0]))
        forwarded = server.forward(advertised)
        pairs = len(parties) * (len(parties) - 1) // 2
        yield KeysForwarded(at.round, at.cohort, len(forwarded[0]), pairs)

        masked = yield from self._mask(parties, forwarded, upload, at)
        yield UpdatesSent(at.round, at.cohort, masked, masked=True)
        total = server.add(masked, self.ring.bits, upload["update"].shape[1] + 1)

        update, weight = self.ring.from_ring(total)
        traffic = traffic.sent(Kind.PUBLIC_KEY, advertised).sent(Kind.PUBLIC_KEYS, forwarded)
        return Delivery(
            Total(update, float(weight)), at.cohort, traffic.sent(Kind.MASKED_UPDATE, masked)
        )

    def _mask(
        self, parties: list[Party], forwarded: tuple[bytes, ...], upload: Named, at: Moment
    ) -> Generator[Event, None, tuple[bytes, ...]]:
        update, ring = upload["update"], self.ring
        uniform = rounding_draws(ring.random_numbers, at, update.shape[1])
        saturated = ring.saturated(update)
        rows = ring.to_ring(update, upload["weight"].astype(np.int64), uniform)
        block = max(1, _PAIRS_PER_EVENT // len(parties))
        masked: list[bytes] = []
        for start in range(0, len(parties), block):
            for i in range(start, min(start + block, len(parties))):
                masked.append(parties[i].mask(forwarded[i], rows[i], ring.bits))
            done = at.cohort[: len(masked)]
            yield UpdatesMasked(at.round, at.cohort, done, ring.bits, saturated)
        return tuple(masked)
