"""What is done once before round 1: read the patients, compute what to compare with."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from engine import baselines
from engine.data import loading
from engine.errors import ScenarioError
from engine.events import Event, Preparing
from engine.models import model_of
from engine.scenario import Scenario
from engine.state import Prepared, State
from engine.steps import Steps

T = TypeVar("T")


def prepare(scenario: Scenario, start: State | None) -> Generator[Event, None, Prepared]:
    """The federation and its baselines: from `start` where it has them, else computed, step by step.

    Raises:
        ScenarioError: `start` belongs to other data, another model or another seed.
    """
    basis = repr(scenario.basis)
    if start and start.basis != basis:
        raise ScenarioError("data, model and seed cannot change in a fork; start a new run.")
    if start and start.prepared:
        return start.prepared
    federation = yield from told(loading(scenario.data, scenario.seed))
    beside = yield from told(baselines.compute(federation, scenario.seed))
    model = model_of(scenario.model, len(federation.features))
    return Prepared(federation, beside, model)


def told(steps: Steps[T]) -> Generator[Event, None, T]:
    """The steps of something long (what, done, total) as events; returns what they come to."""
    while True:
        try:
            what, done, total = next(steps)
        except StopIteration as end:
            found: T = end.value
            return found
        yield Preparing(what, done, total)


def initial(scenario: Scenario, prepared: Prepared) -> State:
    """The state before round 1."""
    params = prepared.model.initial(scenario.seed)
    return State(0, params, repr(scenario.basis), prepared=prepared)
