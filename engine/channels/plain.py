"""The plain channel: each hospital sends its update; the server reads every one of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.channels.base import Delivery, Singles
from engine.codecs.base import Codec, rounding_draws
from engine.events import Event, HospitalsDropped, UpdatesSent
from engine.faults import Dropouts, fell_away
from engine.stages.base import Moment, Named
from engine.wire import Kind, Traffic, pack, unpack


@dataclass(frozen=True)
class Plain:
    """One message up per hospital: n_i in the header, the update as the codec writes it.

    A hospital that drops out before its upload sends nothing, and the sum is that of the others. After
    its upload a dropout loses nothing: the update has arrived and is counted.
    """

    codec: Codec
    dropouts: Dropouts = field(default_factory=Dropouts)

    def carry(
        self, upload: Named, at: Moment, traffic: Traffic
    ) -> Generator[Event, None, Delivery]:
        """Encode, send, decode."""
        lost = self.dropouts.lost(at, "sharing", "before")  # nothing is shared here
        sent, gone = at.cohort[~lost], at.cohort[lost]
        messages = self._messages(upload, at, ~lost)
        traffic = traffic.sent(Kind.UPDATE, messages)
        if messages:
            yield UpdatesSent(at.round, sent, messages, masked=False)
        if len(gone):
            yield HospitalsDropped(at.round, gone, _why(gone, len(sent)))
        if not messages:
            return Delivery(None, sent, traffic)
        header, bodies = unpack(Kind.UPDATE, messages)
        uniform = self._draws(at, ~lost)  # the hospital's own, drawn again: nothing of them travels
        updates = self.codec.decode(bodies, upload["update"].shape[1], uniform)
        return Delivery(Singles(updates, header["weight"].astype(np.float64)), sent, traffic)

    def message(self, upload: Named, at: Moment, cohort: Ints) -> bytes:
        """The same whoever else takes part."""
        (message,) = self._messages(upload, at, np.array([True]))
        return message

    def read(self, message: bytes, at: Moment) -> Floats:
        """As the server reads it; anyone could."""
        _, bodies = unpack(Kind.UPDATE, [message])
        uniform = self._draws(at, np.array([True]))
        update: Floats = self.codec.decode(bodies, len(at.anchor), uniform)[0]
        return update

    def _draws(self, at: Moment, of: Flags) -> Floats | None:
        """What the codec draws for those hospitals of the cohort, at either end."""
        uniform = rounding_draws(self.codec, at, len(at.anchor))
        return None if uniform is None else uniform[of]

    def _messages(self, upload: Named, at: Moment, send: Flags) -> tuple[bytes, ...]:
        """Those of the hospitals of the cohort that `send` (k,) theirs."""
        codec = self.codec
        if not send.any():
            return ()
        return pack(
            Kind.UPDATE,
            codec.encode(upload["update"][send], self._draws(at, send)),
            codec=codec.code,
            round=at.round,
            hospitals=at.cohort[send],
            weights=upload["weight"][send].astype(np.int64),
        )


def _why(gone: Ints, left: int) -> str:
    if not left:
        return f"{fell_away(gone)}; nobody's update came."
    return f"{fell_away(gone)}; the sum is of the other {left:,}."
