"""The secure channel: uploads reach the server under masks, and it reads only their sum.

Every two hospitals share a mask that one adds and the other subtracts. If one of the two sends
nothing, the other's mask stays in the sum, and nobody can take it off: without shares of the keys
(Bonawitz et al. 2017, section 4, "double masking"; left out here) one dropout before the upload loses
the round. The server may not ask for the missing masks either: with those and a late upload it would
read that hospital's update.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from engine.arrays import Floats, Ints
from engine.channels.base import Delivery, Total
from engine.channels.masks import Party, Server
from engine.codecs.base import Ring, RingFormat, rounding_draws
from engine.events import (
    Event,
    HospitalsDropped,
    KeysAdvertised,
    KeysForwarded,
    UpdatesMasked,
    UpdatesSent,
)
from engine.faults import Dropouts, fell_away
from engine.stages.base import Moment, Named
from engine.wire import Kind, Traffic, unpack, unpack_bits

_PAIRS_PER_EVENT = 150  # key agreements between two events: about 20 ms


@dataclass(frozen=True)
class Secure:
    """Two round trips: keys up and back; masked rows up.

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
        """Agree on masks, send masked rows, add them up."""
        parties = [Party(int(h), at.round) for h in at.cohort]
        server = Server(at.round)

        advertised = tuple(party.advertise() for party in parties)
        yield KeysAdvertised(at.round, at.cohort, len(advertised[0]))
        forwarded = server.forward(advertised)
        pairs = len(parties) * (len(parties) - 1) // 2
        yield KeysForwarded(at.round, at.cohort, len(forwarded[0]), pairs)

        masked = yield from self._mask(parties, forwarded, upload, at)
        lost = self.dropouts.lost(at)
        sent = tuple(message for message, gone in zip(masked, lost, strict=True) if not gone)
        traffic = traffic.sent(Kind.PUBLIC_KEY, advertised).sent(Kind.PUBLIC_KEYS, forwarded)
        traffic = traffic.sent(Kind.MASKED_UPDATE, sent)
        if sent:
            yield UpdatesSent(at.round, at.cohort[~lost], sent, masked=True)
        if lost.any():
            # Those that did send are lost with it: nothing can be read from their messages.
            yield HospitalsDropped(at.round, at.cohort, self._why(at.cohort[lost], len(at.cohort)))
            return Delivery(None, at.cohort[:0], traffic)
        total = server.add(sent, self.ring.bits, upload["update"].shape[1] + 1)
        update, weight = self.ring.from_ring(total)
        return Delivery(Total(update, float(weight)), at.cohort, traffic)

    def message(self, upload: Named, at: Moment, cohort: Ints) -> bytes:
        """Under masks with the others of `cohort`, whose keys are as fresh as its own."""
        parties = [Party(int(h), at.round) for h in cohort]
        forwarded = Server(at.round).forward([party.advertise() for party in parties])
        (row,) = self._rows(upload, at)
        own = int(np.flatnonzero(cohort == at.cohort[0])[0])
        return parties[own].mask(forwarded[own], row, self.ring.bits)

    def read(self, message: bytes, at: Moment) -> Floats:
        """As though no mask were on it: whoever lacks the keys can do no better."""
        _, bodies = unpack(Kind.MASKED_UPDATE, [message])
        row = unpack_bits(bodies, self.ring.bits, len(at.anchor) + 1)[0]
        row[-1] = 1  # its weight lies under a mask too; one patient is what the reader hopes for
        update, _ = self.ring.from_ring(row)
        return update

    def _why(self, gone: Ints, drawn: int) -> str:
        """Why the round is lost: too few would be left in any case, or the masks do not cancel."""
        left, needed = drawn - len(gone), max(2, math.ceil(self.threshold * drawn))
        if not left:
            return f"{fell_away(gone)}; nobody's update came."
        if left < needed:
            return f"{fell_away(gone)}; {left:,} came, a sum needs {needed:,}."
        return f"{fell_away(gone)}; the masks do not cancel."

    def _rows(self, upload: Named, at: Moment) -> Ring:
        """Ring integers (k, d + 1), not masked yet."""
        update = upload["update"]
        uniform = rounding_draws(self.ring.random_numbers, at, update.shape[1])
        return self.ring.to_ring(update, upload["weight"].astype(np.int64), uniform)

    def _mask(
        self, parties: list[Party], forwarded: tuple[bytes, ...], upload: Named, at: Moment
    ) -> Generator[Event, None, tuple[bytes, ...]]:
        ring, rows = self.ring, self._rows(upload, at)
        saturated = ring.saturated(upload["update"])
        block = max(1, _PAIRS_PER_EVENT // len(parties))
        masked: list[bytes] = []
        for start in range(0, len(parties), block):
            for i in range(start, min(start + block, len(parties))):
                masked.append(parties[i].mask(forwarded[i], rows[i], ring.bits))
            done = at.cohort[: len(masked)]
            yield UpdatesMasked(at.round, at.cohort, done, ring.bits, saturated)
        return tuple(masked)
