"""A finished comparison: its grid, its records and its summaries; as JSON and as CSV.

On somebody's own data both leave the seeds out, as everything does that may be handed on: runs are
numbered in place of them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine import Scenario
from engine.version import __version__
from fedtui.comparison import words
from fedtui.comparison.grid import Grid, called
from fedtui.comparison.summary import Summary, reached, summed_up
from fedtui.comparison.work import Record
from fedtui.export import spreadsheet

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_FEW = 3  # sentences that differ in their numbers, and rows that are named
_NUMBERS = (
    *("accuracy", "loss", "auc", "brier", "epsilon", "bytes", "stopped", "worst"),
    *("worst_accuracy", "better_alone", "pooled", "alone", "alone_everyone", "majority"),
)


@dataclass(frozen=True)
class Outcome:
    """What was compared and what came of it.

    Attributes:
        records: By row, then by seed; a row that was refused has none.
        reach: The share of right answers whose first round is told; None: not asked.
    """

    grid: Grid
    records: Sequence[Sequence[Record]]
    reach: float | None = None

    @cached_property
    def summaries(self) -> list[Summary]:
        """One for each row."""
        return summed_up(self.records, self.reach)

    @property
    def secret(self) -> bool:
        """Whether the seeds are nobody else's business: all rows share them, and one has own data."""
        return any(s.on_own_data for row in self.grid.rows for s in row.scenarios[:1])

    @property
    def unfinished(self) -> int:
        """Runs that ended in a sentence, or in no model at all."""
        return sum(not finished(record) for row in self.records for record in row)

    def name(self, row: int) -> str:
        """A row's settings in one line."""
        return called(self.grid.axes, self.grid.rows[row].values) or self.grid.first.name

    def values(self, row: int) -> str:
        """A row's settings by their values alone, in the order of the axes."""
        return ", ".join(v.text for v in self.grid.rows[row].values) or self.grid.first.name

    def seeds(self) -> list[int | None]:
        """Of every row; None each where they are secret."""
        return [None if self.secret else seed for seed in self.grid.seeds]


def finished(record: Record) -> bool:
    """Whether a run came to a model."""
    return "error" not in record and record["stopped"] != "threshold"


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """The object of `fedtui compare --json`."""
    grid = outcome.grid
    return {
        "version": __version__,
        **({"withheld": words.WITHHELD} if outcome.secret else {}),
        "varied": {axis.key: [value.text for value in axis.values] for axis in grid.axes},
        "seeds": None if outcome.secret else list(grid.seeds),
        "reach": outcome.reach,
        "rows": [_row_as_dict(outcome, number) for number in range(len(grid.rows))],
        "unfinished": outcome.unfinished,
    }


def _row_as_dict(outcome: Outcome, number: int) -> dict[str, Any]:
    row, summary = outcome.grid.rows[number], outcome.summaries[number]
    names = [axis.key for axis in outcome.grid.axes]
    scenario = _to_hand_on(row.scenarios[0], outcome.secret) if row.scenarios else None
    return {
        "settings": dict(zip(names, (value.text for value in row.values), strict=True)),
        "refused": row.refused or None,
        "scenario": scenario and scenario.to_hand_on() | ({"seed": None} if outcome.secret else {}),
        "code": scenario and scenario.to_code(),
        "summary": {
            **{key: each and each.as_dict() for key, each in summary.of.items()},
            "difference": summary.difference and summary.difference.as_dict(),
            "ahead": summary.won,
        },
        "runs": [
            {"run": i, "seed": seed, **_run_as_dict(record, outcome.reach)}
            for i, (seed, record) in enumerate(
                zip(outcome.seeds(), outcome.records[number], strict=bool(row.scenarios)), 1
            )
        ],
    }


def _to_hand_on(scenario: Scenario, secret: bool) -> Scenario:
    """A row's scenario; without the seed where another row shares it with somebody's own data."""
    if not secret:
        return scenario
    return Scenario.from_dict(
        {key: value for key, value in scenario.given.items() if key != "seed"}
    )


def _run_as_dict(record: Record, reach: float | None) -> dict[str, Any]:
    told = {key: value for key, value in record.items() if key != "lasting"}
    if reach is not None and "error" not in record:
        told["reached"] = reached(record, reach)
    return told


def as_csv(outcome: Outcome) -> str:
    """A line for each run: what was varied, its number and seed, what came of it."""
    keys = [axis.key for axis in outcome.grid.axes]
    asked = ["reached"] if outcome.reach is not None else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*keys, "run", "seed", *_NUMBERS, *asked, "error"])
    for row, records in zip(outcome.grid.rows, outcome.records, strict=True):
        values = [spreadsheet(value.text) for value in row.values]
        if row.refused:
            writer.writerow(
                [*values, "", "", *[""] * len((*_NUMBERS, *asked)), spreadsheet(row.refused)]
            )
        for number, (seed, record) in enumerate(zip(outcome.seeds(), records, strict=False), 1):
            told = _run_as_dict(record, outcome.reach)
            cells = [_cell(told.get(key)) for key in (*_NUMBERS, *asked, "error")]
            writer.writerow([*values, number, _cell(seed), *cells])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return spreadsheet(value)
    return "" if value is None else value


def notes(outcome: Outcome) -> list[str]:
    """What the runs had to say, each sentence once, and of which rows where not of all.

    Sentences that differ in their numbers alone are told each with its rows where there are few and
    every row has one; else once, without the numbers in which they differ, as those about the patients
    do from seed to seed.
    """
    alike: dict[str, dict[str, dict[int, None]]] = {}  # pattern → sentence → rows
    for number, row in enumerate(outcome.records):
        for record in row:
            for note in record.get("notes", ()):
                sentences = alike.setdefault(_NUMBER.sub("0", note), {})
                sentences.setdefault(note, {})[number] = None
    ran = sum(bool(row) for row in outcome.records)
    return [
        note if len(rows) == ran else f"{_which(outcome, list(rows), ran)}: {note}"
        for sentences in alike.values()
        for note, rows in _apart(sentences).items()
    ]


def _apart(sentences: dict[str, dict[int, None]]) -> dict[str, dict[int, None]]:
    """Sentences with their rows, or one for all of them, that is true of each."""
    every = [row for rows in sentences.values() for row in rows]
    if len(sentences) == 1 or (len(sentences) <= _FEW and len(every) == len(set(every))):
        return sentences
    return {_without_numbers(list(sentences)): dict.fromkeys(every)}


def _without_numbers(sentences: Sequence[str]) -> str:
    """Sentences of one pattern, with "…" for every number that is not the same in all."""
    numbers = zip(*(_NUMBER.findall(each) for each in sentences), strict=True)
    told = (each[0] if len(set(each)) == 1 else "…" for each in numbers)
    return _NUMBER.sub(lambda _: next(told), sentences[0])


def _which(outcome: Outcome, rows: list[int], of: int) -> str:
    """A few rows by their names, more by their number."""
    if len(rows) > _FEW:
        return f"{len(rows)} of {of} rows"
    return "; ".join(map(outcome.name, rows))
