"""From a grid to its records: what is kept is taken, the rest is run, each finished run is kept at once.

In Python, on a cluster that joblib knows (its workers must have fedtui, and see the same files):

    with joblib.parallel_config("dask"):
        outcome = compared(scenario, ["fedprox.mu=off,0.1,1"], seeds=20, into=Path("runs.jsonl"))
    print(table.shown(outcome))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from engine import Scenario
from engine.data import memory
from fedtui import seeds as seeds_of
from fedtui.comparison import crew, identity, tables
from fedtui.comparison.axes import Axis, read_axis
from fedtui.comparison.grid import Grid, make
from fedtui.comparison.kept import Kept
from fedtui.comparison.outcome import Outcome
from fedtui.comparison.work import Record, Task


def compared(
    scenario: Scenario,
    vary: Iterable[str],
    *,
    seeds: int = 1,
    into: Path,
    jobs: int | None = None,
) -> Outcome:
    """A whole comparison, as `fedtui compare --into` does it.

    Args:
        vary: Lines as behind --vary, "fedprox.mu=off,0.1".
        into: The file that finished runs are taken from and kept in.

    Raises:
        EngineError: Something cannot be varied so, or not be run, or the file cannot be used.
    """
    tables.contents.cache_clear()  # they may have changed since the last comparison
    axes = [read_axis(text) for text in vary]
    grid = make(scenario, axes, repeats=seeds)
    chosen = seed_chosen(scenario, axes)
    with Kept(into) as kept:
        hidden, _ = secret(grid, kept, chosen=chosen)
        return Outcome(hidden, run(hidden, kept, jobs=jobs))


def seed_chosen(scenario: Scenario, axes: Iterable[Axis]) -> bool:
    """Whether somebody chose the seeds, as an axis or in a file of their own."""
    return any(axis.key == "seed" for axis in axes) or seeds_of.chosen_by_file(scenario)


def keys(grid: Grid) -> list[list[str]]:
    """The keys of every row's runs, seed by seed."""
    return [[identity.key(scenario) for scenario in row.scenarios] for row in grid.rows]


def run(
    grid: Grid,
    kept: Kept,
    *,
    jobs: int | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> list[list[Record]]:
    """The records of every row, seed by seed.

    Args:
        kept: Where finished runs are taken from and kept.
        jobs: Workers; None leaves that to `joblib.parallel_config`, or to all cores.
        told: Is called with how many runs have just finished.

    Raises:
        RunError: What is finished cannot be kept.
    """
    wanted = keys(grid)
    missing = _missing(grid, wanted, kept)
    if missing:
        count = jobs or crew.cores()
        with closing(crew.done(crew.portions(missing.values(), count), jobs)) as parts:
            for part in parts:
                for key, record in part.records.items():
                    kept.add(key, record)
                told(len(part.records))
    return [[kept.records[key] for key in row] for row in wanted]


def count_all(grid: Grid) -> int:
    """How many different runs the grid is made of."""
    return len({key for row in keys(grid) for key in row})


def count_missing(grid: Grid, kept: Kept) -> int:
    """How many runs are still to be done; two rows may come to the same run."""
    return len(_missing(grid, keys(grid), kept))


def _missing(grid: Grid, wanted: list[list[str]], kept: Kept) -> dict[str, tuple[str, Task]]:
    """Basis and task of each run that is not kept, by key."""
    return {
        key: (identity.basis(scenario), Task(key, scenario))
        for row, names in zip(grid.rows, wanted, strict=True)
        for scenario, key in zip(row.scenarios, names, strict=True)
        if key not in kept.records
    }


def secret(grid: Grid, kept: Kept, *, chosen: bool) -> tuple[Grid, int | None]:
    """The grid; with noise on own data under seeds nobody can guess, and the first of them.

    Every row is run under them, those without noise too, so that rows stay comparable. The seed is
    kept with the runs, for the same command to go on with it.
    """
    every = [scenario for row in grid.rows for scenario in row.scenarios]
    noisy = [s for s in every if s.on_own_data and seeds_of.adds_noise(s)]
    if not noisy or chosen:
        return grid, None
    patients = identity.noised(noisy)
    if patients not in kept.drawn:
        kept.draw(patients, seeds_of.unguessable(noisy[0], chosen=False).seed)
    seed = kept.drawn[patients]
    return grid.under(range(seed, seed + len(grid.seeds))), seed


def within_memory(scenarios: Iterable[Scenario], jobs: int) -> int:
    """How many of `jobs` workers fit into memory, each with patients of its own."""
    there = memory.physical()
    largest = max(map(tables.needed, scenarios), default=0)
    if there is None or not largest:
        return jobs
    return max(1, min(jobs, int(memory.PART * there) // largest))
