"""What a worker does: runs of one basis, one after the other, on patients prepared once.

Reading the patients and training the references takes a quarter to a half of a short run, and is the
same for all runs with the same data, model and seed; of a network, with the same training too. So a
worker is given a *portion*, runs that share them, and keeps what it prepared until it meets others. It
hands back what it has after a while, and what is left of the portion goes to whoever is free: no more
than that while is lost where it is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from threading import Thread
from typing import Any

from engine import Scenario, simulate
from engine.errors import EngineError, RunError
from engine.preparation import initial, prepare
from engine.result import Result
from engine.state import State
from engine.steps import finished

_WHILE = 2.0  # seconds of work before what is done is handed back
_LOOK = 1.0  # seconds between two looks at whether anybody still wants the work

Record = Mapping[str, Any]  # what is kept of a run, as JSON takes it


@dataclass(frozen=True)
class Task:
    """A run to do: its key, and its scenario."""

    key: str
    scenario: Scenario


@dataclass(frozen=True)
class Portion:
    """Runs of one basis.

    Attributes:
        basis: What is prepared for them all: patients, and models to compare with.
        wanted_by: The process that shares out the work.
        start: The state before round 1, where it was prepared there; None: whoever works prepares it.
    """

    basis: str
    tasks: tuple[Task, ...]
    wanted_by: int = 0
    start: State | None = None


@dataclass(frozen=True)
class Done:
    """Records by key, and the runs that were not begun."""

    records: Mapping[str, Record]
    left: Portion | None = None


def wake(wanted_by: int) -> None:
    """Be there, with all that a run imports, before there is a portion."""
    _end_with(wanted_by)


def work(portion: Portion) -> Done:
    """Do the runs of a portion, at least one, until a while has passed."""
    _end_with(portion.wanted_by)
    start, took = prepared(portion)
    if not isinstance(start, State):
        return Done({task.key: start for task in portion.tasks})
    until = time.monotonic() + max(_WHILE, 2 * took)  # preparing is at most a third of it all
    records: dict[str, Record] = {}
    for number, task in enumerate(portion.tasks):
        if records and time.monotonic() > until:
            return Done(records, replace(portion, tasks=portion.tasks[number:], start=None))
        records[task.key] = record(task.scenario, start)
    return Done(records)


def record(scenario: Scenario, start: State) -> Record:
    """One run, told in numbers; or the sentence with which it ended."""
    result = Result()
    try:
        for event in simulate(scenario, start):
            result.add(event)
    except EngineError as error:
        return failed(error)
    except MemoryError:
        return {"error": "there is not enough memory for this run.", "lasting": False}
    return _told(result.as_dict())


def failed(error: EngineError) -> Record:
    """A run that did not finish. One that diverged would do so again, so that is worth keeping."""
    return {"error": str(error), "lasting": isinstance(error, RunError)}


def _told(result: Mapping[str, Any]) -> Record:
    """The numbers that rows are made of; the same as those of `fedtui run --json`."""
    last = result["rounds"][-1] if result["rounds"] else {"hospital_accuracy": {}}
    together = {n: x for n, x in last["hospital_accuracy"].items() if x is not None}
    base = result["baselines"]
    alone = base["local_only"]["per_hospital"]
    worst = min(together, key=lambda name: together[name], default=None)
    return {
        **result["final"],
        "rounds": [
            {key: value for key, value in each.items() if key not in _LONG}
            for each in result["rounds"]
        ],
        "hospitals": len(result["hospitals"]),
        "worst": worst,
        "worst_accuracy": together.get(worst),
        "better_alone": sum(alone[name] > share for name, share in together.items()),
        "pooled": base["pooled"]["accuracy"],
        "alone": base["local_only"]["accuracy"],
        "alone_everyone": base["local_only"]["everyone"]["accuracy"],
        "majority": base["majority"]["accuracy"],
        "noised": result["privacy"] is not None,
        "notes": result["notes"],
    }


_LONG = ("cohort", "dropped", "hospital_accuracy")
_kept: tuple[str, State] | None = None  # the basis prepared last by this process


def prepared(portion: Portion) -> tuple[State | Record, float]:
    """The state before round 1 and the seconds it took; a record where it cannot be made."""
    global _kept
    kept = _kept  # which another thread, on a cluster, may change
    if kept and kept[0] == portion.basis:
        return kept[1], 0.0
    if portion.start:
        _kept = portion.basis, portion.start
        return portion.start, 0.0
    _kept = None  # so that two never lie in memory
    began = time.monotonic()
    scenario = portion.tasks[0].scenario
    try:
        first = initial(scenario, finished(prepare(scenario, None)))
    except EngineError as error:
        return failed(error), 0.0
    except MemoryError:
        return {"error": "there is not enough memory for its patients.", "lasting": False}, 0.0
    _kept = portion.basis, first
    return first, time.monotonic() - began


@cache  # one watch a process
def _end_with(parent: int) -> None:
    """End this worker when the process that wanted the work has: nobody would take what comes of it.

    That may have been before the first portion was there, and then it is told by having had this
    parent. A worker far away, or the process itself, had another or none, and is not watched.
    """
    had = multiprocessing.parent_process()
    if had and had.pid == parent:
        Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
