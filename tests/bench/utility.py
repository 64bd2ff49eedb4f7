"""What privacy costs: accuracy at ε = 4 and 1, for patients and for whole hospitals, as a Markdown table.

Every cell is a mean over seeds, a seed being patients drawn anew (120 to train on in each of the equal
hospitals, 30 held out) and a whole run of 20 rounds × 5 epochs in batches of 32, δ = 1e-5. A cost is
compared seed by seed, on the same patients and from the same start.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from engine import Scenario, simulate
from engine.codecs.float32 import Float32
from engine.events import RoundFinished
from engine.preparation import initial, prepare
from engine.privacy.plan import make_plan
from engine.state import Prepared, State
from engine.steps import finished
from engine.switch import Setting
from tests.bench.figure import Figure

Settings = Mapping[str, Any]

SEEDS = range(20)
HOSPITALS = (3, 10, 50)
PATIENTS = 150  # a hospital's, held-out ones included
UNITS = ("patient", "hospital")  # a hospital is hidden by the server's noise
EPSILONS = (4.0, 1.0)
SKEWED = {"partition": "quantity", "alpha": 0.5}  # sizes from a few patients to several hundred
UNLIKE = {"partition": "dirichlet", "alpha": 0.3}


def private(unit: str, epsilon: float) -> Settings:
    """The settings of one column."""
    return {"privacy.unit": unit, "privacy.epsilon": epsilon}


@cache
def ready(
    seed: int, hospitals: int, data: tuple[tuple[str, Any], ...]
) -> tuple[Scenario, Prepared]:
    """The patients of one seed, made once for all the runs that are compared on them."""
    given = {"source": "synthetic", "hospitals": hospitals, "patients": PATIENTS, **dict(data)}
    scenario = Scenario.from_dict({"seed": seed, "data": given})
    return scenario, finished(prepare(scenario, None))


def accuracy(
    seed: int, hospitals: int, settings: Settings, data: Settings | None = None, one_z: bool = False
) -> float:
    """Percent of all held-out patients that the last model gets right.

    Args:
        data: Keys of `[data]` beside the usual ones.
        one_z: Give every hospital the noise multiplier of the one that needs the largest.
    """
    scenario, prepared = ready(seed, hospitals, tuple((data or {}).items()))
    scenario = scenario.replace(settings)
    start = initial(scenario, prepared)
    start = _same_noise(scenario, start) if one_z else start
    *_, last = (e for e in simulate(scenario, start) if isinstance(e, RoundFinished))
    return 100 * last.score.accuracy


def _same_noise(scenario: Scenario, start: State) -> State:
    """With a plan in it that the run will keep, since it is for the same settings."""
    assert start.prepared is not None
    federation = start.prepared.federation
    columns = len(federation.features)
    setting = Setting(scenario, federation.train.sizes, columns, federation.names, scenario.seed)
    plan = finished(make_plan(setting, Float32(), len(federation.names), 0, (), None))
    assert plan is not None
    z = plan.noise_multiplier
    return replace(start, plan=replace(plan, noise_multiplier=np.full_like(z, z.max())))


@dataclass(frozen=True)
class Cell(Figure):
    """One cell of the table: `lost` points of accuracy ± `spread` against the run without privacy."""

    hospitals: int = 0
    column: str = ""
    lost: float | None = None
    spread: float = 0.0


def measure() -> list[Figure]:
    """All cells, and two comparisons for the sentences below the table."""
    cells = [cell for hospitals in HOSPITALS for cell in _row(hospitals)]
    at_one = private("patient", 1.0)
    return [
        *cells,
        _beside(
            "one z for all instead of each hospital's own (10 skewed hospitals, ε = 1)",
            [accuracy(seed, 10, at_one, SKEWED) for seed in SEEDS],
            [accuracy(seed, 10, at_one, SKEWED, one_z=True) for seed in SEEDS],
        ),
        _beside(
            "FedProx, mu = 1, under patient-level noise (10 unlike hospitals, ε = 1)",
            [accuracy(seed, 10, at_one, UNLIKE) for seed in SEEDS],
            [accuracy(seed, 10, {**at_one, "fedprox.mu": 1.0}, UNLIKE) for seed in SEEDS],
        ),
    ]


def _row(hospitals: int) -> list[Cell]:
    bare = [accuracy(seed, hospitals, {}) for seed in SEEDS]
    name = f"{hospitals} hospitals"
    row = [Cell(f"{name}, no privacy", statistics.mean(bare), "%", None, "", hospitals, "none")]
    for unit in UNITS:
        for epsilon in EPSILONS:
            reached = [accuracy(seed, hospitals, private(unit, epsilon)) for seed in SEEDS]
            column = f"{unit} level, ε = {epsilon:g}"
            lost, spread = _difference(bare, reached)
            mean, note = statistics.mean(reached), f"{-lost:+.1f} ± {spread:.1f} points"
            cell = Cell(f"{name}, {column}", mean, "%", None, note, hospitals, column, lost, spread)
            row.append(cell)
    return row


def _beside(name: str, without: Sequence[float], with_it: Sequence[float]) -> Figure:
    lost, spread = _difference(without, with_it)
    return Figure(name, -lost, "points", note=f"± {spread:.1f}")


def _difference(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of what is lost, seed by seed."""
    lost = [b - a for b, a in zip(before, after, strict=True)]
    return statistics.mean(lost), statistics.stdev(lost)


def table(figures: Iterable[Figure]) -> str:
    """Markdown: a row for each number of hospitals, then the sentences."""
    figures = list(figures)
    cells = [figure for figure in figures if isinstance(figure, Cell)]
    columns = list(dict.fromkeys(cell.column for cell in cells))
    lines = [["hospitals", *columns], ["---:"] * (len(columns) + 1)]
    for hospitals in dict.fromkeys(cell.hospitals for cell in cells):
        lines.append([str(hospitals), *(_text(c) for c in cells if c.hospitals == hospitals)])
    rest = [
        f"{f.name}: {_signed(f.value or 0)} {f.note} {f.unit}" for f in figures if f not in cells
    ]
    return "\n".join([f"| {' | '.join(line)} |" for line in lines] + ["", *rest])


def _text(cell: Cell) -> str:
    if cell.lost is None:
        return f"{cell.value:.1f} %"
    return f"{cell.value:.1f} % ({_signed(-cell.lost)} ± {cell.spread:.1f})"


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
