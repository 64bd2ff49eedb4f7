"""The result of a run: the events folded into one plain mapping, the object of `fedtui run --json`.

`Result` takes events one at a time, so a run that was interrupted still has the result of the rounds
that were finished.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.arrays import Floats, Ints
from engine.baselines import Baselines
from engine.data.federation import Scaling
from engine.events import Event, RoundFinished, RunFinished, RunStarted, SettingsChanged
from engine.metrics import HospitalScores, Score
from engine.privacy.plan import Plan
from engine.scenario import Scenario
from engine.simulation import simulate
from engine.version import __version__

_WITHHELD = (
    "scenario.seed: the data is your own, and with the seed noise could be taken off; whoever ran this"
    " finds it in its settings or its recording."
)


_EXACT = (
    "scaling, fill: measured on the training patients and exact, as `fedtui predict` needs them; mean"
    " times number is a sum, and whoever knows all patients but one finds the last in it. data.ranges,"
    " public bounds, leaves no such sum."
)


class Result:
    """Collects a run. `as_dict` may be asked for at any time after `RunStarted`."""

    def __init__(self) -> None:
        self.started: RunStarted | None = None
        self.notes: tuple[str, ...] = ()
        self.rounds: list[RoundFinished] = []
        self.stopped: str | None = "interrupted"
        self.hospitals: HospitalScores | None = None

    def add(self, event: Event) -> None:
        """Take the next event of the run."""
        match event:
            case RunStarted():
                self.started, self.notes = event, event.notes
            case SettingsChanged():
                self.notes += event.notes
            case RoundFinished():
                self.rounds.append(event)
            case RunFinished():
                self.stopped, self.hospitals = event.stopped, event.hospitals

    def as_dict(self) -> dict[str, Any]:
        """The result so far; every number plain, every missing one None."""
        started = self.started
        if started is None:
            raise ValueError("the run has not started")
        names, last = started.federation.names, self.rounds[-1] if self.rounds else None
        ledger = last.state.traffic.by_kind() if last else {}
        score = last.score if last else Score(0, 0, None, None)
        return {
            "version": __version__,
            "scenario": started.scenario.to_hand_on(),
            "code": started.scenario.to_code(),
            **({"withheld": _WITHHELD} if started.scenario.on_own_data else {}),
            **({"exact": _EXACT} if _tells_of_patients(started) else {}),
            "model": {
                "kind": started.scenario.model.kind,
                **(
                    {"hidden": started.scenario.model.hidden}
                    if started.scenario.model.kind == "mlp"
                    else {}
                ),
                "parameters": started.parameters,
            },
            "hospitals": _hospitals(started),
            "rounds": [
                _round(event, names, started.federation.test_sizes) for event in self.rounds
            ],
            "ledger": {k: {"count": n, "bytes": size} for k, (n, size) in ledger.items()},
            "setup": {k: {"count": n, "bytes": size} for k, (n, size) in started.setup.items()},
            "baselines": _baselines(started.baselines, names, started.federation.test_sizes),
            "privacy": _privacy(_last_plan(self.rounds), self.rounds, names, started),
            "final": {
                "accuracy": score.accuracy,
                "loss": score.loss,
                "auc": score.auc,
                "brier": score.brier,
                "epsilon": _finite(last.epsilon) if last else None,
                "bytes": sum(size for _, size in ledger.values()),
                "stopped": self.stopped,
                "per_hospital": _in_detail(self.hospitals, names),
            },
            "params": last.state.params.tolist() if last else [],
            "features": list(started.federation.features),
            "scaling": _scaling(started.federation.scaling, names),
            "fill": _listed(started.federation.scaling.fill),
            "categories": {name: list(texts) for name, texts in started.federation.categories},
            "label": dict(zip(("negative", "positive"), started.federation.labels, strict=True)),
            "notes": list(self.notes),
        }


def run(scenario: Scenario) -> dict[str, Any]:
    """Run `scenario` to its end and return what `fedtui run --json` prints.

    Raises:
        EngineError: It cannot run.
    """
    result = Result()
    for event in simulate(scenario):
        result.add(event)
    return result.as_dict()


def _tells_of_patients(started: RunStarted) -> bool:
    """Whether the scale in a result on own data is a sum over patients."""
    measured = {"scale", "filled gaps"} & set(started.federation.from_patients)
    return started.scenario.on_own_data and bool(measured)


def _hospitals(started: RunStarted) -> list[dict[str, Any]]:
    federation = started.federation
    return [
        {"name": name, "train": int(train), "test": int(test), "positive_rate": float(rate)}
        for name, train, test, rate in zip(
            federation.names,
            federation.train_sizes,
            federation.test_sizes,
            federation.positive_rate,
            strict=True,
        )
    ]


def _round(event: RoundFinished, names: tuple[str, ...], test_sizes: Ints) -> dict[str, Any]:
    return {
        "round": event.round,
        "accuracy": event.score.accuracy,
        "loss": event.score.loss,
        "auc": event.score.auc,
        "brier": event.score.brier,
        "epsilon": _finite(event.epsilon),
        "uplink_bytes": event.uplink_bytes,
        "downlink_bytes": event.downlink_bytes,
        "overhead_bytes": event.overhead_bytes,
        "cohort": [names[i] for i in event.cohort],
        "dropped": [names[i] for i in event.dropped],
        "hospital_accuracy": _per_hospital(event.hospital_correct, test_sizes, names),
    }


def _baselines(of: Baselines, names: tuple[str, ...], test_sizes: Ints) -> dict[str, Any]:
    def entry(score: Score, correct: Ints, areas: Floats | None = None) -> dict[str, Any]:
        return {
            "accuracy": score.accuracy,
            "auc": score.auc,
            "loss": score.loss,
            "brier": score.brier,
            "per_hospital": _per_hospital(correct, test_sizes, names),
            **({} if areas is None else {"hospital_auc": _named(areas, names)}),
        }

    local_only = entry(of.local_only, of.alone_correct, of.alone_auc)
    local_only["everyone"] = {
        "accuracy": of.everyone_accuracy,
        "auc": of.everyone_auc,
        "patients": of.everyone_patients,
    }
    return {
        "local_only": local_only,
        "pooled": entry(of.pooled, of.pooled_correct, of.pooled_auc),
        "majority": entry(of.majority, of.majority_correct),
    }


def _last_plan(rounds: list[RoundFinished]) -> Plan | None:
    """The plan of the last round that had noise."""
    return next((r.state.plan for r in reversed(rounds) if r.state.plan), None)


def _privacy(
    plan: Plan | None,
    rounds: list[RoundFinished],
    names: tuple[str, ...],
    started: RunStarted,
) -> dict[str, Any] | None:
    """Whom it protects and what it cost each hospital's; steps are releases with noise so far.

    `hides` is what ε is for: a "patient", a "row" where a patient may have several, or a "hospital".
    `held_fixed` is what no ε covers: it was measured on patients before round 1.
    """
    if plan is None:
        return None
    last = rounds[-1]
    steps = sum((entry.counts for entry in last.state.released if entry.noised), start=0)
    known = {key: _finite(value) for key, value in plan.as_dict().items() if key != "spent"}
    by_hospital = {
        **{key: value for key, value in known.items() if isinstance(value, np.ndarray)},
        "steps": steps,
        "epsilon_by_hospital": last.epsilon_by_hospital,
    }
    return {
        **known,
        "hides": (
            started.scenario.data.example if plan.settings.unit == "patient" else plan.settings.unit
        ),
        "held_fixed": list(started.federation.from_patients),
        **{key: _named(values, names) for key, values in by_hospital.items()},
    }


def _named(values: Any, names: tuple[str, ...]) -> dict[str, Any]:
    every = np.broadcast_to(values, len(names)).tolist()
    return {name: _finite(value) for name, value in zip(names, every, strict=True)}


def _listed(values: Floats | None) -> list[float] | None:
    return None if values is None else values.tolist()


def _scaling(scaling: Scaling, names: tuple[str, ...]) -> dict[str, Any]:
    def plain(values: Floats | None) -> Any:
        if values is None:
            return None
        if scaling.kind == "hospital":
            return dict(zip(names, values.tolist(), strict=True))
        return values.tolist()

    return {"mean": plain(scaling.mean), "std": plain(scaling.std)}


def _per_hospital(correct: Ints, sizes: Ints, names: tuple[str, ...]) -> Mapping[str, float | None]:
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (correct / sizes).tolist()
    return {name: _finite(share) for name, share in zip(names, shares, strict=True)}


def _in_detail(
    found: HospitalScores | None, names: tuple[str, ...]
) -> dict[str, dict[str, float | None]]:
    """The last model on each hospital's held-out patients; empty where the run did not end by itself."""
    if found is None:
        return {}
    columns = {
        "patients": found.patients,
        "correct": found.correct,
        "auc": found.auc,
        "loss": found.loss,
        "brier": found.brier,
    }
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return {
        name: {key: _finite(value) for key, value in zip(columns, row, strict=True)}
        for name, row in zip(names, rows, strict=True)
    }


def _finite(value: Any) -> Any:
    """JSON has no infinity: an ε without bound is None, as without privacy."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
