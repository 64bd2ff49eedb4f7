"""A stage: one idea of federated learning at all its ends.

An update goes from a hospital to the server through a pipeline of stages. A stage may act in several
places, and each place is a hook; a hook that a stage does not need is the identity:

    on_broadcast   on the server, before the model is sent
    on_gradient    in a hospital, at each local step (an objective: it adds to the estimate)
    on_client      in a hospital, on its update
    on_server      on the server, after the sum, in reverse order

How an update becomes bytes is a codec's business (`engine.codecs`), who may read it a channel's
(`engine.channels`). Seats, not the order of a list, decide which stage acts first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from engine.arrays import Floats, Ints
from engine.randomness import stream

Named = Mapping[str, Floats]  # a broadcast, an upload or a sum: names to arrays
Memory = Mapping[str, Floats]  # what a stage keeps between rounds
T = TypeVar("T")


class Seat(IntEnum):
    """A stage's place: hospitals walk the seats downwards, the server upwards."""

    MODEL = 0
    OBJECTIVE = 1
    PRIVACY = 2
    WEIGHT = 3
    SENDING = 4


@dataclass(frozen=True)
class Step(Generic[T]):
    """What every hook returns: the value, what to remember, and facts about what was done."""

    value: T
    memory: Memory = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Moment:
    """Where in the run a hook acts.

    Attributes:
        seed: Of the scenario; see `engine.randomness`.
        round: From 1.
        cohort: Hospitals taking part, ascending, (k,).
        patients: Training patients of each, (k,).
        hospitals: Hospitals in the federation, K.
        anchor: Params at the start of the round, (d,).
    """

    seed: int
    round: int
    cohort: Ints
    patients: Ints
    hospitals: int
    anchor: Floats

    def stream(self, purpose: str) -> np.random.Generator:
        """This round's stream for `purpose`."""
        return stream(self.seed, purpose, self.round)

    def uniform(self, purpose: str, width: int) -> Floats:
        """Uniform draws in [0, 1), a row for each hospital of the cohort, (k, width)."""
        block = self.stream(purpose).random((self.hospitals, width))
        return block[self.cohort]


class Stage:
    """Base of all stages: identity at every end. Subclasses are frozen dataclasses."""

    seat: ClassVar[Seat]

    @property
    def name(self) -> str:
        """How traces and memories call this stage."""
        return type(self).__name__.lower()

    def on_broadcast(self, broadcast: Named, at: Moment, memory: Memory) -> Step[Named]:
        """The message before it is sent: `params` (d,)."""
        return Step(broadcast, memory)

    def on_gradient(self, gradient: Floats, local: Floats, anchor: Floats) -> Floats:
        """The gradient (k, d) at `local` (k, d), after this objective's part is added."""
        return gradient

    def on_client(self, upload: Named, at: Moment, memory: Memory) -> Step[Named]:
        """Uploads of the cohort: `update` (k, d), `weight` (k,). Memory has a row per hospital."""
        return Step(upload, memory)

    def on_server(self, combined: Named, at: Moment, memory: Memory) -> Step[Named]:
        """The sum: `update` (d,), `weight` ()."""
        return Step(combined, memory)
