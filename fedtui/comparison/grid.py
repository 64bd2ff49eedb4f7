"""The grid: every mix of the axes' values, times every seed, each a scenario that can run.

All rows share their seeds. Randomness has an address in the engine, so two rows under one seed have
the same patients held out, the same first model, the same batches wherever their settings agree: their
difference is what the settings did, and not the luck of the draw.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import Scenario
from engine.errors import ScenarioError
from fedtui.comparison.axes import MOST, Axis, Value
from fedtui.titles import renamed


@dataclass(frozen=True)
class Row:
    """One mix of values.

    Attributes:
        values: One for each axis that is not the seed.
        scenarios: One for each seed; none where the mix cannot run.
        refused: Why it cannot; empty where it can.
    """

    values: tuple[Value, ...]
    scenarios: tuple[Scenario, ...]
    refused: str = ""


@dataclass(frozen=True)
class Grid:
    """What is compared.

    Attributes:
        axes: Those that are not the seed; none where only the seed varies.
        seeds: Of every row, in the same order.
        rows: The last axis varies fastest.
    """

    axes: tuple[Axis, ...]
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def first(self) -> Scenario:
        """The first row that can run, under the first seed."""
        return next(row.scenarios[0] for row in self.rows if row.scenarios)

    @property
    def title(self) -> str:
        """What is compared; empty where rows have patients of several sources."""
        titles = {row.scenarios[0].title for row in self.rows if row.scenarios}
        return titles.pop() if len(titles) == 1 else ""

    def under(self, seeds: Sequence[int]) -> Grid:
        """The same rows under other seeds."""
        rows = tuple(Row(r.values, _under(r.scenarios[:1], seeds), r.refused) for r in self.rows)
        return Grid(self.axes, tuple(seeds), rows)


def make(
    scenario: Scenario,
    axes: Sequence[Axis],
    *,
    changes: Mapping[str, Any] | None = None,
    without: Iterable[str] = (),
    repeats: int = 1,
    skip: bool = False,
) -> Grid:
    """The grid of `axes` over `scenario`.

    Args:
        changes: Settings of every row.
        without: Sections off in every row, unless a setting switches them on.
        repeats: Seeds, counted up from the scenario's own, where the seed is no axis.
        skip: Keep rows that cannot run, with the reason, in place of refusing.

    Raises:
        ScenarioError: A row cannot run; a key is both set and varied, or varied twice.
    """
    changes = dict(changes or {})
    _refuse_twice(axes, changes, repeats)
    seeds = next((axis for axis in axes if axis.key == "seed"), None)
    others = tuple(axis for axis in axes if axis.key != "seed")
    count = math.prod(len(axis.values) for axis in axes) * repeats
    if count > MOST:
        raise ScenarioError(f"compare: these are {count:,} runs; name at most {MOST:,}.")
    rows: list[Row] = []
    for values in itertools.product(*(axis.values for axis in others)):
        try:
            mixed = _mixed(scenario, changes, tuple(without), values)
        except ScenarioError as error:
            if not (skip and values):
                raise _refused(called(others, values), error) from None
            rows.append(Row(values, (), str(error)))
        else:
            rows.append(Row(values, (mixed,)))
    able = [row.scenarios[0].seed for row in rows if row.scenarios]
    if not able:
        raise ScenarioError(f"compare: no row can run; of the first: {rows[0].refused}")
    _refuse_idle(others, rows)
    chosen = [value.settings["seed"] for value in seeds.values] if seeds else None
    return Grid(others, (), tuple(rows)).under(chosen or range(able[0], able[0] + repeats))


def _refuse_idle(axes: Sequence[Axis], rows: Sequence[Row]) -> None:
    """Refuse an axis along which nothing changes, since no row uses its setting."""
    for axis in axes:
        idle = [
            [note for note in row.scenarios[0].notes if note.startswith(f"{axis.key}: ignored, ")]
            for row in rows
            if row.scenarios
        ]
        if all(idle):
            why = idle[0][0].partition("ignored, ")[2].rstrip(".")
            raise ScenarioError(f"--vary {axis.key}: it changes nothing, as {why}; leave it out.")


def called(axes: Sequence[Axis], values: Sequence[Value]) -> str:
    """A row's name: "fedprox.mu=0.1, privacy=off"."""
    return ", ".join(f"{axis.key}={v.text}" for axis, v in zip(axes, values, strict=True))


def _refuse_twice(axes: Sequence[Axis], changes: Mapping[str, Any], repeats: int) -> None:
    keys = [axis.key for axis in axes]
    for i, key in enumerate(keys):
        if key in keys[:i]:
            raise ScenarioError(f"--vary {key}: it is varied twice; name all its values in one.")
        if key in changes:
            raise ScenarioError(f"{key}: it is both set and varied; leave one of them out.")
    if "seed" in keys and repeats > 1:
        raise ScenarioError("--seeds: the seeds are named by --vary seed already; leave one out.")


def _mixed(
    scenario: Scenario, changes: dict[str, Any], without: tuple[str, ...], values: tuple[Value, ...]
) -> Scenario:
    """`scenario` with a row's values. A section that one of them leaves off stays off."""
    on: dict[str, Any] = dict(changes)
    off: dict[str, Any] = {}
    for value in values:
        (off if value.off else on).update(value.settings)
    return renamed(scenario, scenario.replace_all(dict.fromkeys(without, False), on, off))


def _under(scenarios: tuple[Scenario, ...], seeds: Sequence[int]) -> tuple[Scenario, ...]:
    return tuple(
        each if each.seed == seed else each.replace({"seed": seed})
        for each in scenarios
        for seed in seeds
    )


def _refused(name: str, error: ScenarioError) -> ScenarioError:
    """The refusal of one row of several, with the way to leave it out."""
    if not name:
        return error
    return ScenarioError(
        f"compare: {name} cannot run: {str(error).rstrip('.')}; or leave such rows out with"
        " --skip-refused."
    )
