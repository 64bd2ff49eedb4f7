"""What is done once before round 1: read the patients, compute what to compare with."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TypeVar

from engine import baselines, references
from engine.class_weights import ClassWeights, agree
from engine.data import loading, memory
from engine.errors import ScenarioError
from engine.events import Event, Preparing
from engine.models import Logistic, Model, model_of
from engine.scenario import Scenario
from engine.state import Prepared, State
from engine.steps import Steps

T = TypeVar("T")
_COPIES = 6  # of a hospital's params: alone, local, update, sent, received, and what works on them
_TRAINED = (
    "model.kind: a network has no one best fit, so each one alone and all data in one place are the same"
    " network trained without the others, for as many passes as all rounds have, 20,000 steps at most."
)


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
    model, class_weights = model_of(scenario.model, len(federation.features)), None
    if scenario.model.class_weight == "balanced":
        class_weights, traffic = agree(federation.train)
        setup = {**federation.setup, **traffic.by_kind()}
        federation = replace(
            federation, setup=setup, notes=(*federation.notes, _told_of(class_weights))
        )
    if not isinstance(model, Logistic):
        _refuse_too_wide(len(federation.names), model)
        federation = replace(federation, notes=(*federation.notes, _TRAINED))
    reference = _reference(scenario, model, class_weights)
    beside = yield from told(baselines.compute(federation, scenario.seed, reference))
    return Prepared(federation, beside, model, class_weights)


def _refuse_too_wide(hospitals: int, model: Model) -> None:
    """Refuse a network of which this machine cannot hold every hospital's, and what is sent of it."""
    needed = hospitals * model.parameters * 8 * _COPIES
    memory.refuse_bytes(needed, "lower model.hidden or the number of hospitals")


def _told_of(class_weights: ClassWeights) -> str:
    return (
        f"model.class_weight: a case weighs {class_weights.positive:.3g} and any other patient"
        f" {class_weights.negative:.3g}; the label counts behind that are exact, and no ε covers them."
    )


def _reference(
    scenario: Scenario, model: Model, class_weights: ClassWeights | None
) -> references.Reference:
    """How the models beside the federation's are made."""
    if isinstance(model, Logistic):
        return references.Converged(model, class_weights)
    return references.Trained(
        model, scenario.training, scenario.model.l2, scenario.seed, class_weights
    )


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
