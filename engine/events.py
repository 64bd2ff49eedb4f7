"""What happens in a run, one frozen value per phase.

`simulate` yields these; nothing happens between two of them. Arrays have the cohort (or one block of
it) as their leading axis: `k` hospitals, `d` parameters. Hospitals are named by their index in the
federation, `0 … K−1`; `RunStarted.federation` has their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from engine.arrays import Floats, Ints

if TYPE_CHECKING:
    from engine.baselines import Baselines
    from engine.data.federation import Summary
    from engine.metrics import HospitalScores, Score
    from engine.scenario import Scenario
    from engine.state import State


class Phase(StrEnum):
    """The six phases of a round, in order."""

    SEND = "send"
    TRAIN = "train"
    PROTECT = "protect"
    RETURN = "return"
    COMBINE = "combine"
    TEST = "test"


@dataclass(frozen=True)
class Event:
    """Base of all events. `phase` is the part of a round it belongs to, if any."""

    phase: ClassVar[Phase | None] = None


@dataclass(frozen=True)
class Preparing(Event):
    """Something long has advanced that no phase tells of: mostly once, before round 1, e.g. the baselines.

    With very many patients also their layout for training and the testing of the model.
    """

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class RunStarted(Event):
    """Everything is in place. `parameters` is d."""

    scenario: Scenario
    federation: Summary
    baselines: Baselines
    parameters: int
    setup: Mapping[str, tuple[int, int]]  # message kind → (count, bytes), sent once
    privacy: Mapping[str, Any] | None  # the plan: noise_multiplier, sensitivity, noise_std, …
    notes: tuple[str, ...]  # what was ignored, changed or warned of, one sentence each
    state: State  # what a fork from here starts from, e.g. the same run under other settings


@dataclass(frozen=True)
class RoundStarted(Event):
    """The cohort is drawn; `shares` are its weights in the mean."""

    round: int
    cohort: Ints  # (k,)
    shares: Floats  # (k,)


@dataclass(frozen=True)
class ModelSent(Event):
    """Every hospital of the cohort has received the model, in a message of `size` bytes."""

    phase = Phase.SEND
    round: int
    cohort: Ints
    size: int  # bytes, of each message


@dataclass(frozen=True)
class TrainingAdvanced(Event):
    """A long epoch has got this far (only where an epoch takes many steps)."""

    phase = Phase.TRAIN
    round: int
    epoch: int
    epochs: int
    hospitals: Ints  # (k_block,)
    fraction: float


@dataclass(frozen=True)
class EpochTrained(Event):
    """A block of the cohort has finished a pass over its own patients."""

    phase = Phase.TRAIN
    round: int
    epoch: int  # from 1
    epochs: int
    hospitals: Ints  # (k_block,)
    losses: Floats  # (k_block,) nats, mean over the pass, on training patients; nan: none drawn
    clipped: Floats | None = None  # (k_block,) part of the patients' gradients that were cut


@dataclass(frozen=True)
class Trace:
    """What one stage did to the cohort's updates: facts the screen may show."""

    stage: str
    facts: Mapping[str, Any]  # numbers, or arrays (k,)


@dataclass(frozen=True)
class UpdatesProtected(Event):
    """Each hospital's update has passed the stages that act before it is sent."""

    phase = Phase.PROTECT
    round: int
    cohort: Ints
    norms: Floats  # (k,) L2, of the updates as trained
    protected_norms: Floats  # (k,) L2, after the stages
    traces: tuple[Trace, ...]


@dataclass(frozen=True)
class KeysAdvertised(Event):
    """Secure channel: every hospital has sent two fresh public keys; the server keeps a list."""

    phase = Phase.PROTECT
    round: int
    cohort: Ints
    size: int  # bytes, of each hospital's message


@dataclass(frozen=True)
class KeysForwarded(Event):
    """Secure channel: the server has sent everyone's public keys to everyone."""

    phase = Phase.PROTECT
    round: int
    cohort: Ints
    size: int  # bytes, of each message
    pairs: int  # secrets that two hospitals can now agree on


@dataclass(frozen=True)
class SharesSent(Event):
    """Secure channel: a hospital (or several) has split its two secrets among all hospitals.

    One share for each of them, sealed, so that the server which carries it cannot read it.
    """

    phase = Phase.PROTECT
    round: int
    cohort: Ints  # those that share
    done: Ints  # those that have shared by now
    size: int  # bytes, of each message
    needed: int  # t: shares that give a secret back


@dataclass(frozen=True)
class SharesForwarded(Event):
    """Secure channel: every hospital that shared has the others' shares. Masks are with these alone."""

    phase = Phase.PROTECT
    round: int
    cohort: Ints
    size: int  # bytes, of each message


@dataclass(frozen=True)
class UpdatesMasked(Event):
    """Secure channel: a hospital (or several) has hidden its update under all its masks."""

    phase = Phase.PROTECT
    round: int
    cohort: Ints
    done: Ints  # those that have masked by now
    ring_bits: int
    saturated: Ints  # (k,) coordinates that lay outside the range and were cut


@dataclass(frozen=True)
class UpdatesSent(Event):
    """The messages of `cohort`, all that were sent, have arrived.

    `payloads` are the bytes that travelled, header included. Not yielded where nobody sent one.
    """

    phase = Phase.RETURN
    round: int
    cohort: Ints
    payloads: tuple[bytes, ...]
    masked: bool


@dataclass(frozen=True)
class HospitalsDropped(Event):
    """These hospitals' updates are not in the sum.

    Where they are the whole cohort, the round is lost: no `Aggregated` follows, the model stays.
    """

    phase = Phase.RETURN
    round: int
    hospitals: Ints
    why: str  # who fell away and what that means, one sentence


@dataclass(frozen=True)
class SurvivorsAnnounced(Event):
    """Secure channel: the server has told those whose update came who they are.

    They take no other list after it: of `cohort` the own masks are to be opened, of `gone` the pair
    masks, and of no hospital both.
    """

    phase = Phase.RETURN
    round: int
    cohort: Ints  # whose update came
    gone: Ints  # that shared, and whose update did not come
    size: int  # bytes, of each message


@dataclass(frozen=True)
class SharesRevealed(Event):
    """Secure channel: a hospital (or several) has sent the server its shares of what is to be opened.

    The server can now rebuild one secret of each hospital: the seed of a survivor's own mask, the mask
    key of one that fell away.
    """

    phase = Phase.RETURN
    round: int
    cohort: Ints  # those that answer
    done: Ints  # those that have answered by now
    size: int  # bytes, of each message


@dataclass(frozen=True)
class MasksRemoved(Event):
    """Secure channel: the server has freed the sum of these hospitals' masks.

    Once it is free of everyone's (`done` is `cohort`), the server reads it, and nothing else.
    """

    phase = Phase.COMBINE
    round: int
    cohort: Ints  # those whose masks are to be taken out: all that shared
    done: Ints


@dataclass(frozen=True)
class Aggregated(Event):
    """The server has combined what arrived and moved the model by it."""

    phase = Phase.COMBINE
    round: int
    cohort: Ints
    update_norm: float  # L2 of the step the model took
    traces: tuple[Trace, ...]  # of the stages that act on the server


@dataclass(frozen=True)
class RoundFinished(Event):
    """The new model is tested; `state` is what a fork starts from."""

    phase = Phase.TEST
    round: int
    cohort: Ints
    dropped: Ints
    score: Score  # over all held-out patients
    hospital_correct: Ints  # (K,) right answers on each hospital's held-out patients
    epsilon: float | None  # spent so far, the most of any hospital; None without privacy, else inf
    uplink_bytes: int  # in this round
    downlink_bytes: int
    overhead_bytes: int
    state: State
    epsilon_by_hospital: Floats | None = None  # (K,)


@dataclass(frozen=True)
class SettingsChanged(Event):
    """From this round on other settings hold."""

    round: int
    changes: Mapping[str, Any]  # as in the scenario: dotted key → value
    scenario: Scenario  # what holds now
    privacy: Mapping[str, Any] | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class BudgetReached(Event):
    """The next round would pass the privacy budget, so it does not take place."""

    round: int  # the one that does not take place
    spent: float
    budget: float


@dataclass(frozen=True)
class RunFinished(Event):
    """No event follows. `stopped` is None where all rounds took place."""

    rounds: int
    stopped: str | None  # None | "budget" | "threshold" (every round was lost) | "interrupted"
    hospitals: HospitalScores | None = None  # of the last model, on each one's held-out patients
