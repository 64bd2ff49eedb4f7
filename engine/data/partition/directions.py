"""Directions in the space of the columns, and how far a patient lies along one.

Columns are standardised first (a missing number lies in the middle), so that no unit decides; a text
column counts by its categories' places in sorted order. A direction is turned *aside* from the
label: what is left of it is uncorrelated with the label, so that sorting patients along it does not
sort them by label. With a single column nothing would be left, and the direction stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.partition.dealing import STEP
from engine.data.scaling import ROUNDING
from engine.data.source import Source
from engine.steps import Steps

NUMBERS = 300_000  # worked on at once: some milliseconds
NOTHING = 1e-9  # of a direction's length: round-off


@dataclass(frozen=True, eq=False)
class Space:
    """The columns of a source, standardised.

    Attributes:
        x: As measured, (N, features); nan where a number is missing.
        mean, spread: Of each column, (features,); the spread of a constant one is infinite.
        label: Covariance of each standardised column with the label, (features,).
    """

    x: Floats
    mean: Floats
    spread: Floats
    label: Floats

    def along(self, directions: Floats, which: Ints) -> Steps[Floats]:
        """How far each patient lies along its direction, (N,).

        Args:
            directions: (k, features).
            which: The direction that counts for a patient, (N,), below k.
        """
        place = np.empty(len(self.x))
        for rows, z in self.standardised():
            place[rows] = np.einsum("nf,nf->n", z, directions[which[rows]])
            yield STEP
        return place

    def aside(self, directions: Floats) -> Floats:
        """`directions` (k, features) without what points to the label, each of length 1."""
        squares = float(self.label @ self.label)
        turned = directions - np.outer(directions @ self.label, self.label) / (squares or 1.0)
        left = np.linalg.norm(turned, axis=1) > NOTHING * np.linalg.norm(directions, axis=1)
        turned = np.where(left[:, None], turned, directions)
        return np.asarray(turned / np.linalg.norm(turned, axis=1)[:, None], np.float64)

    def standardised(self) -> Iterator[tuple[slice, Floats]]:
        """Some patients after the other: which, and their columns."""
        for rows in _blocks(self.x):
            with np.errstate(over="ignore", invalid="ignore"):
                z = (self.x[rows] - self.mean) / self.spread
            yield rows, np.nan_to_num(z, copy=False, posinf=0.0, neginf=0.0)


def space(source: Source) -> Steps[Space]:
    """The space of a source's patients."""
    mean, spread = yield from _standard(source.x)
    label, apart = np.zeros_like(mean), source.y - source.y.mean()
    here = Space(source.x, mean, spread, label)
    for rows, z in here.standardised():
        label += apart[rows] @ z / len(apart)
        yield STEP
    return here


def _standard(x: Floats) -> Steps[tuple[Floats, Floats]]:
    """Mean and spread of the numbers in each column; of a constant column the spread is infinite."""
    there, total, squares = np.zeros((3, x.shape[1]))
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in _blocks(x):
            there += np.sum(~np.isnan(x[rows]), axis=0)
            total += np.nansum(x[rows], axis=0)
            yield STEP
        mean = total / np.maximum(there, 1)
        for rows in _blocks(x):
            squares += np.nansum((x[rows] - mean) ** 2, axis=0)
            yield STEP
        spread = np.sqrt(squares / np.maximum(there, 1))
        constant = ~(spread > ROUNDING * np.abs(mean))
    return mean, np.where(constant, np.inf, spread)


def _blocks(x: Floats) -> Iterator[slice]:
    step = max(1, NUMBERS // x.shape[1])
    return (slice(first, first + step) for first in range(0, len(x), step))
