"""The messages of a run: those of the round under way one by one, all before them counted by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from engine.arrays import Ints
from engine.wire import DIRECTIONS, Kind


class Batch(NamedTuple):
    """Messages of one kind that travelled together; `hospitals` sent them or were sent them, (k,)."""

    kind: Kind
    hospitals: Ints
    sizes: Ints  # bytes, (k,)


@dataclass(frozen=True, eq=False, slots=True)
class Mail:
    """What has travelled, as counted where it was encoded."""

    batches: tuple[Batch, ...] = ()  # of this round, in order
    ledger: Mapping[Kind, tuple[int, int]] = field(default_factory=dict)  # count, bytes; whole run

    @classmethod
    def before_round_1(cls, setup: Mapping[str, tuple[int, int]]) -> Mail:
        """The setup messages, told by their kinds' words."""
        kinds = {kind.label: kind for kind in Kind}
        return cls(ledger={kinds[label]: counted for label, counted in setup.items()})

    def next_round(self) -> Mail:
        """A round begins: its list is empty."""
        return Mail(ledger=self.ledger)

    def sent(self, kind: Kind, hospitals: Ints, sizes: Ints | int) -> Mail:
        """With one message of `sizes` (k,) bytes to or from each of `hospitals` (k,)."""
        each = np.broadcast_to(np.asarray(sizes, np.int64), hospitals.shape)
        count, size = self.ledger.get(kind, (0, 0))
        ledger = {**self.ledger, kind: (count + len(hospitals), size + int(each.sum()))}
        before, batch = self.batches, Batch(kind, hospitals, each)
        if before and before[-1].kind is kind:  # one leg that takes several events
            last, before = before[-1], before[:-1]
            everyone = np.concatenate([last.hospitals, hospitals])
            batch = Batch(kind, everyone, np.concatenate([last.sizes, each]))
        return Mail((*before, batch), ledger)

    def total(self, direction: str) -> int:
        """Bytes so far in one direction: uplink, downlink, overhead or setup."""
        return sum(self.ledger.get(kind, (0, 0))[1] for kind in DIRECTIONS[direction])
