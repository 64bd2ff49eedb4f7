"""The view: what the screen shows of a run, as one immutable value.

`fold(view, event)` is the whole of it: an event turns a view into the next one. Nothing here knows a
widget, a player or a clock; a live run and a replayed recording go through the same fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.events import Phase

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hospitals:
    """Every hospital of the federation; arrays are (K,). Never changed in place."""

    names: tuple[str, ...]
    patients: Ints  # training patients
    held_out: Ints
    alone: Ints  # right answers on own held-out patients, own model
    together: Ints | None  # the same with the shared model, after the last finished round
    drawn: Flags  # in this round's cohort
    share: Floats  # vote in this round's mean; 0 where not drawn
    has_model: Flags  # received this round's model
    epochs: Ints  # passes done this round
    loss: Floats  # nats, of the last pass; nan before
    norm: Floats  # L2 of the update as trained; nan before
    protected: Flags  # passed the stages that act before sending
    masked: Flags
    size: Ints  # bytes of the update message; 0 before
    arrived: Flags
    lost: Flags


@dataclass(frozen=True)
class Point:
    """A finished round."""

    round: int
    correct: int  # right answers over all held-out patients
    accuracy: float | None
    loss: float | None
    epsilon: float | None
    uplink: int  # bytes, in this round
    downlink: int
    overhead: int


@dataclass(frozen=True, eq=False)
class View:
    """Everything the lab draws at one moment of a run."""

    title: str
    rounds: int  # planned
    round: int  # 0 before round 1
    phase: Phase | None  # None between rounds
    moment: str  # the event's class name: finer than the phase
    step_done: int  # within a phase that has steps: epochs trained, masks put on
    step_total: int
    parameters: int  # d
    hospitals: Hospitals
    points: tuple[Point, ...]  # finished rounds, oldest first
    held_out: int  # held-out patients of all hospitals
    pooled: int  # right answers of the model trained on all data in one place
    alone: int  # right answers, each hospital's patients judged by its own model
    majority: int
    switches: Mapping[str, Mapping[str, Any]]  # section → settings, those that are on
    settings: Mapping[str, Any]  # the complete scenario, as in `--json`
    privacy: Mapping[str, Any] | None  # plan: noise_multiplier, noise_std, unit, delta, budget, …
    epsilon: float | None  # spent so far
    traces: Mapping[str, Mapping[str, Any]]  # stage → facts of this round
    update_norm: float | None  # of the model's last step
    model_size: int  # bytes of a model message
    key_size: int  # bytes of keys sent this round, all messages
    uplink: int  # bytes so far, whole run
    downlink: int
    overhead: int
    seed: int
    stopped: str | None  # None | "budget" | "threshold" | "interrupted"
    finished: bool
    notes: tuple[str, ...]
