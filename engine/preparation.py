"""What is done once before round 1: read the patients, compute what to compare with."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TypeVar

import numpy as np

from engine import baselines, references
from engine.class_weights import ClassWeights, agree
from engine.data import loading, memory
from engine.data.federation import Federation
from engine.data.source import listed
from engine.errors import DataError, ScenarioError
from engine.events import Event, Preparing
from engine.models import Logistic, Model, model_of
from engine.scenario import Scenario
from engine.state import Prepared, State
from engine.steps import Steps, retold

T = TypeVar("T")
_COPIES = 6  # of a hospital's params: alone, local, update, sent, received, and what works on them
_TRAINED = (
    "model.kind: a network has no one best fit, so each one alone and all data in one place are the same"
    " network trained without the others, for as many "
)
_BY_PASSES = "passes as all rounds have: 20,000 steps at most, or one pass."
_BY_STEPS = (
    "steps as its rounds have; where all data are in one place, as all hospitals' rounds have together:"
    " 20,000 at most."
)
_LARGE = 1e150  # numbers whose squares cannot be summed
_AT_ONCE = 1_000_000  # numbers looked through between two events


def prepare(scenario: Scenario, start: State | None) -> Generator[Event, None, Prepared]:
    """The federation and its baselines: from `start` where it has them, else computed, step by step.

    Raises:
        ScenarioError: `start` belongs to other data, another model or another seed.
        DataError: The data cannot be read, or used for the model.
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
    elif scenario.model.class_weight == "given":
        class_weights = ClassWeights(1.0, scenario.model.case_weight)
    if isinstance(model, Logistic):
        yield from told(_refuse_too_large(federation))
    else:
        _refuse_too_wide(len(federation.names), model)
        by = _BY_STEPS if scenario.training.local_steps else _BY_PASSES
        federation = replace(federation, notes=(*federation.notes, _TRAINED + by))
    reference = _reference(scenario, model, class_weights)
    beside = yield from told(baselines.compute(federation, scenario.seed, reference))
    return Prepared(federation, beside, model, class_weights)


def _refuse_too_wide(hospitals: int, model: Model) -> None:
    """Refuse a network of which this machine cannot hold every hospital's, and what is sent of it."""
    needed = hospitals * model.parameters * 8 * _COPIES
    memory.refuse_bytes(needed, "lower model.hidden or the number of hospitals")


def _refuse_too_large(federation: Federation) -> Steps[None]:
    """Refuse columns that no regression can be fitted to, as their squares are beyond all numbers."""
    x = federation.train.x
    largest, step = np.zeros(x.shape[1]), max(1, _AT_ONCE // x.shape[1])
    for first in range(0, len(x), step):
        part = x[first : first + step]
        largest = np.maximum(largest, np.maximum(part.max(axis=0), -part.min(axis=0)))
        yield "looking at the columns", min(first + step, len(x)), len(x)
    large = [name for name, size in zip(federation.features, largest, strict=True) if size > _LARGE]
    if large:
        raise DataError(
            f"data: the numbers of {listed(large)} are too large to fit a model to; use a larger unit,"
            " or leave the column out with data.drop."
        )


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
    return retold(steps, lambda step: Preparing(*step))


def initial(scenario: Scenario, prepared: Prepared) -> State:
    """The state before round 1."""
    params = prepared.model.initial(scenario.seed)
    return State(0, params, repr(scenario.basis), prepared=prepared)
