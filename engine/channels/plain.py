"""The plain channel: each hospital sends its update; the server reads every one of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engine.channels.base import Delivery, Singles
from engine.codecs.base import Codec, rounding_draws
from engine.events import Event, UpdatesSent
from engine.stages.base import Moment, Named
from engine.wire import Kind, Traffic, pack, unpack


@dataclass(frozen=True)
class Plain:
    """One message up per hospital: n_i in the header, the update as the codec writes it."""

    codec: Codec

    def carry(
        self, upload: Named, at: Moment, traffic: Traffic
    ) -> Generator[Event, None, Delivery]:
        """Encode, send, decode."""
        update, codec = upload["update"], self.codec
        parameters = update.shape[1]
        messages = pack(
            Kind.UPDATE,
            codec.encode(update, rounding_draws(codec.random_numbers, at, parameters)),
            codec=codec.code,
            round=at.round,
            hospitals=at.cohort,
            weights=upload["weight"].astype(np.int64),
        )
        yield UpdatesSent(at.round, at.cohort, messages, masked=False)
        header, bodies = unpack(Kind.UPDATE, messages)
        content = Singles(codec.decode(bodies, parameters), header["weight"].astype(np.float64))
        return Delivery(content, at.cohort, traffic.sent(Kind.UPDATE, messages))
