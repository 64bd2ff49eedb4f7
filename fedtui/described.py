"""What a source of patients holds: its hospitals, and how they differ, as a value and as JSON.

`fedtui data` prints it and the data page shows it; both are given it whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.federation import Federation, Summary
from engine.data.report import Report
from engine.heterogeneity import Degree, Heterogeneity, differences
from engine.steps import Steps


@dataclass(frozen=True, eq=False)
class Described:
    """A federation without its patients, and how its hospitals differ."""

    summary: Summary
    differences: Heterogeneity
    report: Report
    notes: tuple[str, ...]

    @property
    def sizes(self) -> Ints:
        """Patients of each hospital, held-out ones included, (K,)."""
        return np.asarray(self.summary.train_sizes + self.summary.test_sizes, np.int64)

    @property
    def gaps(self) -> dict[str, int]:
        """Cells without a value, by column of the model; empty where there are none.

        The columns of one text column's categories share those of the text column.
        """
        counts = {name: int(each.sum()) for name, each in self.report.missing.items()}
        if not counts:
            return {}
        of_text = {
            f"{name}={category}": counts.get(name, 0)
            for name, categories in self.report.categories.items()
            for category in categories
        }
        return {name: of_text.get(name, counts.get(name, 0)) for name in self.summary.features}

    @property
    def missing(self) -> Ints:
        """Cells without a value in each hospital, (K,)."""
        nothing = np.zeros(len(self.summary.names), np.int64)
        return np.asarray(sum(self.report.missing.values(), nothing), np.int64)


def describing(federation: Federation, seed: int) -> Steps[Described]:
    """The description of a federation, step by step."""
    found = yield from differences(federation, seed)
    return Described(federation.summary, found, federation.report, federation.notes)


def as_dict(told: Described) -> dict[str, Any]:
    """The description as JSON takes it."""
    found = told.differences
    return {
        "hospitals": _hospitals(told),
        "columns": _columns(told),
        "differences": {kind: _degree(degree) for kind, degree in found.degrees.items()},
        "effective_hospitals": found.effective,
        "notebook_score": found.notebook_score,
        "cross_hospital": {
            "hospitals": [told.summary.names[i] for i in found.concept.hospitals],
            "patients": found.concept.patients.tolist(),
            "correct": found.concept.correct.tolist(),
            "auc": [[_number(value) for value in row] for row in found.concept.area],
        },
        "report": _report(told.report),
        "notes": list(told.notes),
    }


def _hospitals(told: Described) -> list[dict[str, Any]]:
    about, missing = told.summary, told.missing
    return [
        {
            "name": name,
            "train": int(about.train_sizes[i]),
            "test": int(about.test_sizes[i]),
            "positive_rate": float(about.positive_rate[i]),
            "missing": int(missing[i]),
        }
        for i, name in enumerate(about.names)
    ]


def _columns(told: Described) -> list[dict[str, Any]]:
    measured, covariate = told.differences.measured, told.differences.covariate
    gaps = told.gaps
    return [
        {
            "name": name,
            "least": float(measured.least[i]),
            "most": float(measured.most[i]),
            "missing": gaps.get(name, 0),
            "difference": float(covariate.columns[i]),
            "by_hospital": covariate.apart[:, i].tolist(),
        }
        for i, name in enumerate(told.summary.features)
    ]


def _degree(degree: Degree) -> dict[str, Any]:
    return {
        "value": degree.value,
        "by_chance": degree.limit,
        "beyond": degree.beyond,
        "word": degree.word,
    }


def _report(report: Report) -> dict[str, Any]:
    plain: dict[str, Any] = {**vars(report)}
    plain["missing"] = {name: counts.tolist() for name, counts in report.missing.items()}
    return {key: dict(value) if hasattr(value, "items") else value for key, value in plain.items()}


def _number(value: Floats) -> float | None:
    return float(value) if math.isfinite(value) else None
