"""Who gains on real hospitals: pooled, each alone, FedAvg and FedProx, as Markdown tables.

AUC over all patients together, where each is ranked by the model of their own hospital, also rewards
knowing how many are ill where; the mean of the hospitals' own AUCs (weighted by their unseen patients)
does not, so both are told. Every cell is a mean over seeds ± the standard deviation, a seed being a new
split of each hospital's patients and new minibatches. The tables lie in the folder that tests may use
(`tests.shared`); a table that is not there is left out. FLamby's protocol (Ogier du Terrail et al. 2022,
"FLamby", NeurIPS, appendix on Fed-Heart-Disease) is run as its authors ran it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import Scenario, run
from engine.arrays import Floats
from engine.data import load
from engine.evaluation import evaluate
from engine.models import Logistic
from tests.bench.figure import Figure, skipped
from tests.shared import find

Settings = Mapping[str, Any]

HEART = "data/heart_disease/heart_disease_flamby.csv"
EICU = "data/eicu_demo_by_region/eicu_demo_by_region.csv"
HEART_SEEDS, EICU_SEEDS, FLAMBY_SEEDS = range(1, 11), range(1, 21), range(10)
USUAL: Settings = {
    "training.rounds": 50,
    "training.local_epochs": 5,
    "training.batch_size": 16,
    "training.learning_rate": 0.05,
}
# FLamby's: 100 steps of 4 patients a round, plain SGD, a random start as torch's linear layer has it
FLAMBY: Settings = {
    "data.scaling": "hospital",
    "model.init": "uniform",
    "training.rounds": 15,
    "training.local_steps": 100,
    "training.batch_size": 4,
    "training.learning_rate": 0.001,
}
WAYS = ("pooled", "each alone", "each alone, on everyone's", "FedAvg", "FedProx")


@dataclass(frozen=True)
class Row(Figure):
    """One way to learn, on one table: accuracy, AUC and AUC within hospitals, (seeds, 3)."""

    hospitals: str = ""
    way: str = ""
    scores: Floats | None = None


def heart(settings: Settings = {}) -> Scenario:  # noqa: B006 – a mapping that nobody changes
    """Heart disease in FLamby's preparation, split anew by each seed: 80 % to train on."""
    given = {"data": {"source": str(find(HEART)), "drop": ["split"]}}
    return Scenario.from_dict(given).replace({**USUAL, **settings})


def eicu() -> Scenario:
    """Intensive care by region of the United States: who dies in hospital? One pass a round does."""
    given = {"data": {"source": str(find(EICU))}}
    once = {"training.local_epochs": 1, "training.batch_size": 32, "training.rounds": 30}
    return Scenario.from_dict(given).replace({**USUAL, **once})


def flamby(settings: Settings = {}) -> Scenario:  # noqa: B006
    """FLamby's protocol on its own split."""
    return Scenario.from_dict({"data": {"source": str(find(HEART))}}).replace(
        {**FLAMBY, **settings}
    )


def scores(scenario: Scenario, seeds: Iterable[int]) -> dict[str, Floats]:
    """Accuracy, AUC and AUC within hospitals of each way to learn, (seeds, 3); nan where undefined."""
    found: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
    for seed in seeds:
        plain = run(scenario.replace({"seed": seed}))
        prox = run(scenario.replace({"seed": seed, "fedprox.mu": 0.1}))
        beside, unseen = plain["baselines"], {h["name"]: h["test"] for h in plain["hospitals"]}
        alone, pooled = beside["local_only"], beside["pooled"]
        finals = [
            (r["final"], {n: s["auc"] for n, s in r["final"]["per_hospital"].items()})
            for r in (plain, prox)
        ]
        each = [
            (pooled, pooled["hospital_auc"]),
            (alone, alone["hospital_auc"]),
            (alone["everyone"], {}),
            *finals,
        ]
        for way, (score, areas) in zip(WAYS, each, strict=True):
            found[way].append((score["accuracy"], score["auc"], within(areas, unseen)))
    return {way: np.array(rows) for way, rows in found.items()}


def within(areas: Mapping[str, float | None], unseen: Mapping[str, int]) -> float:
    """The mean of the hospitals' own AUCs, weighted by their unseen patients; nan without any."""
    defined = [(area, unseen[name]) for name, area in areas.items() if area is not None]
    if not defined:
        return float("nan")
    return float(np.average([area for area, _ in defined], weights=[n for _, n in defined]))


def tested_as_flamby_does(scenario: Scenario, seed: int) -> tuple[float, float]:
    """Accuracy of one run on all held-out patients: scaled by their hospital, and by the pooled scale.

    The second is what FLamby's benchmark prints as "Pooled Test": there the model that was trained on
    each hospital's own scale meets patients on the scale of all together.
    """
    seeded = scenario.replace({"seed": seed})
    result = run(seeded)
    on_one_scale = load(seeded.replace({"data.scaling": "global"}).data, seed).test
    other, _ = evaluate(Logistic(on_one_scale.x.shape[1]), np.array(result["params"]), on_one_scale)
    return result["final"]["accuracy"], float(other.accuracy or 0)


def measure() -> list[Figure]:
    """All rows of the tables that are here."""
    if find(HEART) is None:
        return [skipped("real hospitals", "their tables are not beside the checkout")]
    own_scale = heart({"data.scaling": "hospital"})
    figures = [
        *_rows("heart disease, one scale", scores(heart(), HEART_SEEDS)),
        *_rows("heart disease, each its own scale", scores(own_scale, HEART_SEEDS)),
        *_flamby(),
    ]
    if find(EICU):
        figures += _rows("eICU demo by region", scores(eicu(), EICU_SEEDS))
    return figures


def _rows(hospitals: str, found: Mapping[str, Floats]) -> list[Row]:
    return [
        Row(
            f"{hospitals}, {way}",
            100 * float(rows[:, 0].mean()),
            "%",
            None,
            "",
            hospitals,
            way,
            rows,
        )
        for way, rows in found.items()
    ]


def _flamby() -> list[Figure]:
    figures = []
    for start in ("uniform", "zero"):
        scenario = flamby({"model.init": start})
        both = np.array([tested_as_flamby_does(scenario, seed) for seed in FLAMBY_SEEDS])
        for where, column in (("own", both[:, 0]), ("pooled", both[:, 1])):
            name = f"FLamby's protocol, start {start}, tested on the {where} scale"
            note = f"± {100 * column.std(ddof=1):.1f}"
            figures.append(Figure(name, 100 * float(column.mean()), "%", note=note))
    return figures


def table(figures: Iterable[Figure]) -> str:
    """Markdown: for each set of hospitals a row for each way to learn; then FLamby's numbers."""
    figures = list(figures)
    rows = [figure for figure in figures if isinstance(figure, Row)]
    lines = ["| hospitals | way to learn | right | AUC | AUC within |", "|---|---|---:|---:|---:|"]
    for row in rows:
        columns = [] if row.scores is None else [_spread(column) for column in row.scores.T]
        lines.append(f"| {row.hospitals} | {row.way} | {' | '.join(columns)} |")
    rest = [f"{f.name}: {f.value:.1f} {f.note} {f.unit}" for f in figures if f not in rows]
    return "\n".join([*lines, "", *rest])


def _spread(values: Floats) -> str:
    if np.isnan(values).all():
        return ""
    return f"{np.nanmean(values):.3f} ± {np.nanstd(values, ddof=1):.3f}"
