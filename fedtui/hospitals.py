"""What the screen knows of every hospital, as arrays over the federation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Array = TypeVar("Array", Ints, Floats, Flags)


@dataclass(frozen=True, eq=False)
class Hospitals:
    """Every hospital of the federation; arrays are (K,). Never changed in place.

    What the screen asks again for each hospital of a frame is worked out once.
    """

    names: tuple[str, ...]
    patients: Ints  # training patients
    held_out: Ints
    alone: Ints  # right answers on own held-out patients, own model
    together: Ints | None  # the same with the shared model, after the last finished round
    drawn: Flags  # in this round's cohort
    share: Floats  # vote in this round's mean; 0 where not drawn
    has_model: Flags  # received this round's model
    planned: Ints  # passes over own patients in a round
    epochs: Ints  # passes done this round
    loss: Floats  # nats, of the last pass; nan before, and where no patient was drawn
    clipped: Floats  # part of the patients' gradients that were cut in it; nan where none ever is
    epsilon: Floats  # spent by the end of the last round; nan without privacy
    norm: Floats  # L2 of the update as trained; nan before
    protected: Flags  # passed the stages that act before sending
    shared: Flags  # its secrets, among all
    masked: Flags
    size: Ints  # bytes of the update message; 0 before
    arrived: Flags  # its update has come, and counts
    lost: Flags  # taking part, but its update is not in the sum
    revealed: Flags  # its shares of the others' secrets, to open the sum

    @classmethod
    def known(
        cls, names: Sequence[str] = (), patients: Ints | None = None, held_out: Ints | None = None
    ) -> Hospitals:
        """A federation before round 1."""
        count = len(names)
        nobody, nothing = np.zeros(count, bool), np.zeros(count, np.int64)
        unknown = np.full(count, np.nan)
        return cls(
            names=tuple(names),
            patients=nothing if patients is None else patients,
            held_out=nothing if held_out is None else held_out,
            alone=nothing,
            together=None,
            drawn=nobody,
            share=np.zeros(count),
            has_model=nobody,
            planned=nothing,
            epochs=nothing,
            loss=unknown,
            clipped=unknown,
            epsilon=unknown,
            norm=unknown,
            protected=nobody,
            shared=nobody,
            masked=nobody,
            size=nothing,
            arrived=nobody,
            lost=nobody,
            revealed=nobody,
        )

    def in_round(self, cohort: Ints, shares: Floats, planned: Ints) -> Hospitals:
        """At the start of a round: `cohort` (k,) is drawn, `planned` (K,) passes lie before it."""
        fresh = Hospitals.known(self.names, self.patients, self.held_out)
        return replace(
            fresh,
            alone=self.alone,
            together=self.together,
            epsilon=self.epsilon,
            drawn=put(fresh.drawn, cohort, True),
            share=put(fresh.share, cohort, shares),
            planned=planned,
        )

    def without(self, lost: Ints, votes_grow: bool) -> Hospitals:
        """Once `lost` (k,) hospitals' updates are out of the sum, and where any others stay in it.

        Args:
            votes_grow: Whether the votes of those who stay add up to 1 again.
        """
        share = put(self.share, lost, 0.0)
        left = float(share.sum())
        return replace(
            self,
            lost=put(self.lost, lost, True),
            arrived=put(self.arrived, lost, False),
            share=share / left if votes_grow and left else share,
        )

    @cached_property
    def unused(self) -> Flags:
        """Lost only because their round was, and not by falling away themselves, (K,).

        Their updates came and cannot be opened; or nobody's did, since too few shared their secrets.
        """
        came = self.size > 0
        there = came if came.any() else self.shared & (self.drawn & ~self.shared).any()
        return self.lost & there & bool((self.lost == self.drawn).all())

    @cached_property
    def fell(self) -> Flags:
        """Those that fell away before their update had come, (K,)."""
        return self.lost & ~self.unused

    @property
    def silent(self) -> Ints:
        """Those lost that sent nothing, (k,); the others sent what nobody can use."""
        return np.flatnonzero(self.lost & (self.size == 0))

    def __len__(self) -> int:
        return len(self.names)

    @property
    def cohort(self) -> Ints:
        """Those taking part in this round, (k,)."""
        return np.flatnonzero(self.drawn)


def put(values: Array, where: Ints, new: Any) -> Array:
    """A copy of `values` (K,) with `new` (a number or (k,)) at `where` (k,)."""
    changed = values.copy()
    changed[where] = new
    return changed
