"""Small scenarios and runs that several tests share."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from engine import Scenario, simulate
from engine.arrays import Floats
from engine.data.federation import Table
from engine.events import Event, RoundFinished, RunStarted, UpdatesSent
from engine.state import State

CELLS = Scenario.from_toml(
    """
    [data]
    source = "breast-cancer"
    hospitals = 4
    keep = ["mean texture", "mean smoothness", "worst symmetry"]

    [training]
    rounds = 6
    """
)


def small(**sections: dict[str, Any]) -> Scenario:
    """Four hospitals, three columns, six rounds; `small(fedprox={"mu": 1.0})` switches a section on."""
    given = {name: {**CELLS.given.get(name, {}), **keys} for name, keys in sections.items()}
    return Scenario.from_dict({**CELLS.given, **given})


def events(scenario: Scenario, kind: type[Event] | None = None, **kwargs: Any) -> list[Any]:
    """All events of a run, or those of one kind."""
    return [e for e in simulate(scenario, **kwargs) if kind is None or isinstance(e, kind)]


def finished(scenario: Scenario, **kwargs: Any) -> list[RoundFinished]:
    """The rounds of a run."""
    return events(scenario, RoundFinished, **kwargs)


def params(scenario: Scenario, **kwargs: Any) -> Floats:
    """The model at the end of a run, (d,)."""
    return finished(scenario, **kwargs)[-1].state.params


def payloads(scenario: Scenario) -> list[bytes]:
    """Every update message of a run, in order."""
    return [message for event in events(scenario, UpdatesSent) for message in event.payloads]


def table(sizes: list[int], features: int, seed: int = 0) -> Table:
    """Random patients for hospitals of these sizes."""
    draw = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    x = draw.normal(size=(int(starts[-1]), features))
    y = (x[:, 0] + draw.normal(size=len(x)) > 0).astype(np.float64)
    return Table(x, y, starts)


@cache
def _states(code: str) -> tuple[State, ...]:
    return tuple(
        e.state
        for e in simulate(Scenario.from_code(code))
        if isinstance(e, RunStarted | RoundFinished)
    )


def states(scenario: Scenario) -> tuple[State, ...]:
    """Before round 1 and after each round, played once per test run."""
    return _states(scenario.to_code())
