"""The state of a run after a round: all that a fork needs to go on, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.arrays import Floats
from engine.baselines import Baselines
from engine.class_weights import ClassWeights
from engine.data.federation import Federation
from engine.models import Model
from engine.privacy.ledger import Ledger
from engine.privacy.plan import Plan
from engine.stages.memory import Remembered
from engine.wire import Traffic


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is computed once per data, model and seed, and shared by all branches."""

    federation: Federation
    baselines: Baselines
    model: Model
    class_weights: ClassWeights | None = None


@dataclass(frozen=True, eq=False)
class State:
    """After `round` rounds.

    Attributes:
        params: The model, (d,).
        basis: The data, model and seed it belongs to; another basis needs another run.
        remembered: The stages' memory.
        released: The noise of every round so far whose sum was opened, whether or not privacy was on.
        plan: The privacy plan in force.
        prepared: Not serialised: a run from a stored state computes it again.
    """

    round: int
    params: Floats
    basis: str
    remembered: Remembered = field(default_factory=Remembered)
    released: Ledger = ()
    plan: Plan | None = None
    traffic: Traffic = field(default_factory=Traffic)
    prepared: Prepared | None = None
