"""A federation: the patients of K hospitals, split and scaled, ready to train on.

Hospitals differ in size, so their patients lie one hospital after the other in one table, with
`starts` where each begins: hospital i owns rows `starts[i] … starts[i+1]−1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.report import Report
from engine.norms import lengths
from engine.wire import Kind

_ROUNDING = 1e-12  # of a column's mean: what undoing the scaling leaves of a zero


@dataclass(frozen=True, eq=False)
class Table:
    """Patients of all hospitals, in hospital order.

    Attributes:
        x: Columns, scaled, (N, features).
        y: Labels, 0.0 or 1.0, (N,).
        starts: First row of each hospital, and N at the end, (K + 1,).
    """

    x: Floats
    y: Floats
    starts: Ints

    @cached_property
    def sizes(self) -> Ints:
        """Patients of each hospital, (K,)."""
        return np.diff(self.starts)

    @cached_property
    def owner(self) -> Ints:
        """The hospital each row belongs to, (N,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def with_one(self) -> tuple[Floats, Floats]:
        """Rows with a last column of ones (N + 1, d), and labels (N + 1,), for the training kernel.

        The last row is padding: zero, with label ½, so that at any params its residual σ(0) − ½ is
        exactly zero and it adds nothing to a gradient or a loss.
        """
        rows = np.zeros((len(self.x) + 1, self.x.shape[1] + 1))
        rows[:-1, :-1], rows[:-1, -1] = self.x, 1.0
        return rows, np.append(self.y, 0.5)

    @cached_property
    def lengths(self) -> Floats:
        """L2 norm of every row with its one, (N + 1,); of the padding 0."""
        return np.append(np.hypot(lengths(self.x), 1.0), 0.0)

    def per_hospital(self, values: Floats) -> Floats:
        """Sum of `values` (N,) over each hospital's rows, (K,); 0 for a hospital without rows."""
        sums = np.bincount(self.owner, weights=values, minlength=len(self.sizes))
        return np.asarray(sums, np.float64)


@dataclass(frozen=True, eq=False)
class Scaling:
    """How columns were standardised: `mean`, `std` (features,), or (K, features) by hospital.

    By public ranges they are the middle and a sixth of the width: nobody's mean.
    """

    kind: str  # "global" | "hospital" | "ranges" | "none"
    mean: Floats | None
    std: Floats | None  # 0 for a constant column, which becomes 0
    fill: Floats | None = None  # what a missing number becomes, in the table's units, (features,)

    @property
    def public(self) -> bool:
        """Whether there is one scale that everybody knows."""
        return self.kind in ("global", "ranges")

    def undone(self, x: Floats, owner: Ints) -> Floats:
        """Rows `x` (n, features) of these hospitals (n,) as they were measured; a zero is zero again."""
        if self.mean is None or self.std is None:
            return x
        by_row = owner if self.mean.ndim == 2 else slice(None)
        mean, std = self.mean[by_row], self.std[by_row]
        measured = np.where(std > 0, x * std + mean, mean)
        return np.where(np.abs(measured) <= _ROUNDING * np.abs(mean), 0.0, measured)


@dataclass(frozen=True, eq=False)
class Federation:
    """K hospitals with their training and held-out patients.

    Attributes:
        names: Hospital names, K of them, as they stand in the source.
        features: Column names; the model has one weight for each, and a bias.
        positive_rate: Of all a hospital's patients, held-out ones included, (K,).
        setup: Messages exchanged once, before round 1: kind → (count, bytes).
        notes: What was done to the table or the partition, one sentence each.
        report: What was done to the table, for a program.
    """

    names: tuple[str, ...]
    features: tuple[str, ...]
    train: Table
    test: Table
    positive_rate: Floats
    scaling: Scaling
    setup: Mapping[str, tuple[int, int]]
    notes: tuple[str, ...] = ()
    report: Report = field(default_factory=Report)

    @property
    def from_patients(self) -> tuple[str, ...]:
        """What was measured on patients before training, without noise: no ε covers it."""
        told = {
            "scale": self.scaling.kind in ("global", "hospital"),
            "filled gaps": bool(self.report.missing) and self.scaling.kind != "ranges",
            "lists of texts": Kind.CATEGORIES.label in self.setup,
            "class weights": Kind.LABEL_COUNTS.label in self.setup,
        }
        return tuple(what for what, measured in told.items() if measured)

    @property
    def summary(self) -> Summary:
        """What the screen and the result show of the federation: no patients."""
        return Summary(
            self.names,
            self.features,
            self.train.sizes,
            self.test.sizes,
            self.positive_rate,
            self.scaling,
            tuple(self.report.categories.items()),
            (self.report.negative, self.report.positive),
            self.from_patients,
        )


@dataclass(frozen=True, eq=False)
class Summary:
    """A federation without its patients."""

    names: tuple[str, ...]
    features: tuple[str, ...]
    train_sizes: Ints  # (K,)
    test_sizes: Ints  # (K,)
    positive_rate: Floats  # (K,)
    scaling: Scaling
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()  # of each text column, sorted
    labels: tuple[str, str] = ("", "")  # what stands in the table for 0 and for 1; "" not known
    from_patients: tuple[str, ...] = ()  # what no ε covers: see `Federation.from_patients`
