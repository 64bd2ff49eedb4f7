"""A channel: what carries updates to the server, and what it lets the server read.

Carrying is a generator: it yields an event for each of its steps and returns a `Delivery`. It may
take several round trips, and hospitals may fall away between them; where the server is left with
nothing to combine, the round is lost.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from engine.arrays import Floats, Ints
from engine.events import Event
from engine.stages.base import Moment, Named
from engine.wire import Traffic


@dataclass(frozen=True, eq=False)
class Singles:
    """The server reads every single update."""

    updates: Floats  # (k, d), as decoded
    weights: Floats  # (k,)


@dataclass(frozen=True, eq=False)
class Total:
    """The server reads the weighted sum and nothing else."""

    update: Floats  # (d,), Σ weight · update
    weight: float


@dataclass(frozen=True, eq=False)
class Delivery:
    """What arrived, whose updates are in it (ascending, (k,)), and what was sent for it.

    Attributes:
        content: None where the round is lost, with all its updates.
        half_open: Of a round that was lost while its masks were being taken off: whose updates are in
            the sum that the server could open with helpers who hold the shares it lacks.
    """

    content: Singles | Total | None
    survivors: Ints
    traffic: Traffic
    half_open: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


class Channel(Protocol):
    """Carries one round's uploads."""

    def carry(
        self, upload: Named, at: Moment, traffic: Traffic
    ) -> Generator[Event, None, Delivery]:
        """Bring `upload` (`update` (k, d), `weight` (k,)) to the server."""
        ...

    def message(self, upload: Named, at: Moment, cohort: Ints) -> bytes:
        """What the one hospital in `upload` sends when these, itself among them, take part."""
        ...

    def read(self, message: bytes, at: Moment) -> Floats:
        """One patient's update (d,), as somebody reads it who has the message and no key.

        `at` is the moment of the one hospital that sent it.
        """
        ...
