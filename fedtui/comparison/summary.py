"""What came out: of each row the mean and the spread over its seeds, and how it differs from the first.

A difference is taken seed by seed, before the mean: under one seed two rows have the same patients and
the same luck, so most of the spread is common to both and falls away. That is why "+0.4 ± 0.2" can be
told of two rows that are "91.6 ± 1.8" and "92.0 ± 1.9".
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fedtui import together
from fedtui.comparison.work import Record

MEASURES = (
    *("accuracy", "auc", "within", "loss", "brier", "epsilon", "bytes", "reached"),
    *("worst_accuracy", "better_alone", "pooled", "alone", "alone_everyone", "majority"),
)


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation; `sd` is None of a single value."""

    mean: float
    sd: float | None
    count: int

    def as_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"mean": self.mean, "sd": self.sd, "runs": self.count}


def spread(values: Sequence[float | None]) -> Spread | None:
    """Of the values there are; None where there is none."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    sd = statistics.stdev(known) if len(known) > 1 else None
    return Spread(statistics.fmean(known), sd, len(known))


@dataclass(frozen=True)
class Summary:
    """One row.

    Attributes:
        of: Measure → its spread over the seeds.
        difference: In accuracy, from the first row; None of the first itself.
        won: In how many seeds it had more right answers than the first row.
        paired: Seeds in which both finished.
        unfinished: Sentences of the runs that did not finish, one each.
    """

    of: Mapping[str, Spread | None]
    difference: Spread | None
    won: int
    paired: int
    unfinished: tuple[str, ...]


def summed_up(rows: Sequence[Sequence[Record]], reach: float | None = None) -> list[Summary]:
    """A summary for each row; a row has a record for each seed, or none at all."""
    first = next((row for row in rows if row), ())
    return [_row(row, first if row is not first else None, reach) for row in rows]


def reached(record: Record, share: float) -> int | None:
    """The first round after which at least `share` of the answers were right; None: never."""
    return next(
        (r["round"] for r in record["rounds"] if (r["accuracy"] or 0.0) >= share),
        None,
    )


def _row(row: Sequence[Record], first: Sequence[Record] | None, reach: float | None) -> Summary:
    whole = [record for record in row if "error" not in record]
    of = {
        measure: spread([_finite(record.get(measure)) for record in whole]) for measure in MEASURES
    }
    of["within"] = spread([_within(record) for record in whole])
    if reach is not None:
        of["reached"] = _median([reached(record, reach) for record in whole])
    pairs = [
        a["accuracy"] - b["accuracy"]
        for a, b in zip(row, first or (), strict=bool(row and first))
        if a.get("accuracy") is not None and b.get("accuracy") is not None
    ]
    return Summary(
        of,
        spread(pairs) if first is not None else None,
        sum(more > 0 for more in pairs),
        len(pairs),
        tuple(str(record["error"]) for record in row if "error" in record),
    )


def _within(record: Record) -> float | None:
    """Mean of the hospitals' own AUCs, by their unseen patients."""
    found: Mapping[str, Mapping[str, Any]] = record.get("per_hospital") or {}
    sizes = [{"name": name, "test": each["patients"]} for name, each in found.items()]
    return together.within({name: each["auc"] for name, each in found.items()}, sizes)


def _median(rounds: Sequence[int | None]) -> Spread | None:
    """The middle one, a run that never got there counting as later than any other."""
    if not rounds:
        return None
    middle = statistics.median(math.inf if each is None else each for each in rounds)
    known = sum(each is not None for each in rounds)
    return Spread(float(middle), None, known) if math.isfinite(middle) else None


def _finite(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
