"""Random-k: some of the numbers, drawn by a seed that both ends know, so no position travels.

Konečný et al. 2016, "Federated Learning: Strategies for Improving Communication Efficiency", section
2 ("random mask": a fresh one each round, for each client its own, sent as its seed); as an operator
Stich et al. 2018, "Sparsified SGD with Memory", section 2. Here one seed, agreed before round 1, serves
for all rounds and hospitals; it is derived from the run's and does not lead back to it, since the run's
makes the noise of privacy too. Every set of m of the d numbers is equally likely, so

- sent d/m times as large it is unbiased, with the variance (d/m − 1) u_i² a coordinate;
- sent as it is it is contractive on average: E ‖C(u) − u‖² = (1 − m/d) ‖u‖².

With error feedback it must be the second. d/m times as large, what is sent overshoots what was to be
sent by (d/m − 1) times; the feedback takes that back later, d/m times too strongly again, and what is
remembered grows without end. Under masks it is refused: each hospital sends other positions, so their
messages do not add up.

Body: the m = max(1, ⌊fraction · d⌋) drawn numbers in the order of their positions, as little-endian
float32, not rescaled yet (the reader does that); 4·m bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Bytes, Floats, Ints
from engine.codecs.base import Codec
from engine.codecs.numbers import (
    SIZE,
    how_many,
    largest,
    longest_float32,
    read_float32,
    write_float32,
)


@dataclass(frozen=True)
class RandK(Codec):
    """A random `fraction` of the numbers; `rescaled` where nothing else makes good for the rest."""

    code: ClassVar[int] = 6
    random_numbers: ClassVar[int] = 1
    drawn_alike: ClassVar[bool] = True

    fraction: float = 0.1
    rescaled: bool = True

    def size(self, parameters: int) -> int:
        """4·m."""
        return SIZE * how_many(self.fraction, parameters)

    def encode(self, update: Floats, uniform: Floats | None) -> Bytes:
        """The drawn numbers."""
        index = self._drawn(update.shape[1], uniform)
        return write_float32(np.take_along_axis(update, index, axis=1))

    def longest(self, norm: float, parameters: int) -> float:
        """It may be the largest numbers that were drawn."""
        return longest_float32(norm, parameters) * self._factor(parameters)

    def _read(self, bodies: Bytes, parameters: int, uniform: Floats | None) -> Floats:
        index = self._drawn(parameters, uniform)
        update = np.zeros((len(bodies), parameters))
        np.put_along_axis(update, index, read_float32(bodies) * self._factor(parameters), axis=1)
        return update

    def _factor(self, parameters: int) -> float:
        return parameters / how_many(self.fraction, parameters) if self.rescaled else 1.0

    def _drawn(self, parameters: int, uniform: Floats | None) -> Ints:
        """Positions (k, m): those of the largest draws."""
        if uniform is None:
            raise TypeError("both ends of random-k need its uniform draws")
        return largest(uniform, how_many(self.fraction, parameters))
