"""An update trained on one patient is that patient's record.

Phong et al. 2018, "Privacy-Preserving Deep Learning via Additively Homomorphic Encryption" (IEEE
TIFS), section 3: the log-loss of one patient has the gradient (p − y) · x by the weights and (p − y)
by the bias, so the one divided by the other is x. It is exact here, not only after one step: every
step on the same patient moves (w, b) by a multiple of (x, 1), however many there are; FedProx pulls
back along the same line; and a clip scales the whole. The sign of the bias's step tells the label.

What spoils the ratio is what acts on weights and bias apart. L2 leaves the bias free, so it bends the
ratio; that is no protection, for whoever knows the model can straighten it (after one step, add
rate · l2 · w to the weights' part), which this attacker does not try. Rounding to few bits blurs it.
Masks make it noise. Noise that the *server* adds comes after it has read the message, so against the
server it helps nothing. The attacker uses the bytes of one message, the public scaling and no model.
Left out: updates trained on several patients, which take an optimisation (Zhu et al. 2019, "Deep
Leakage from Gradients", NeurIPS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.blocks import blocks
from engine.broadcast import broadcast
from engine.cohort import cohort_size, draw_cohort
from engine.data.federation import Federation, Table
from engine.data.source import shown
from engine.errors import RunError, ScenarioError
from engine.pipeline import Pipeline, build
from engine.privacy.plan import Privacy
from engine.scenario import Scenario
from engine.stages.base import Moment
from engine.state import State
from engine.switch import Setting
from engine.training import train_block

# Errors are in standard deviations of a column: what counts is how well patients are told apart, and a
# value far from zero is not known better because of its size. float32 leaves about 1e-7.
EXACT = 1e-3
CLOSE = 0.25


@dataclass(frozen=True, eq=False)
class Attempt:
    """What was tried on one message. Only the learner can see both records side by side.

    Attributes:
        message: The bytes of the update, as they travel.
        true, recovered: The record, (features,); nan where nothing can be said.
        spread: By how much patients differ in each column: the standard deviation, (features,).
        own_units: Whether records are in the table's units. Where each hospital scales by itself, they
            are in standard deviations from that hospital's mean, which nobody else knows.
        label, guess: The diagnosis, and the attacker's; None where there is no telling.
        readers: Who can read the message: ("server",) or nobody.
        obstacle: Why it failed or blurred: "masks" | "rounding" | "penalty" | "stillness"; else "".
        noise_after: The server adds noise, but only after it has read this.
    """

    hospital: int
    patient: int
    round: int
    message: bytes
    columns: tuple[str, ...]
    true: Floats
    recovered: Floats
    spread: Floats
    own_units: bool
    label: int
    guess: int | None
    readers: tuple[str, ...]
    obstacle: str
    noise_after: bool

    @property
    def errors(self) -> Floats:
        """Of each column, in its standard deviations; of a constant one, relative, (features,)."""
        return _errors(self.true, self.recovered, self.spread)

    @property
    def error(self) -> float:
        """The largest; inf where a column could not be recovered."""
        return float(self.errors.max())

    @property
    def succeeded(self) -> bool:
        """Whether every column was recovered."""
        return self.error <= EXACT

    @property
    def close(self) -> bool:
        """Whether every column was recovered to a quarter of what patients differ by, not exactly."""
        return EXACT < self.error <= CLOSE


def one_patient(scenario: Scenario, state: State, hospital: int, patient: int = 0) -> Attempt:
    """Let `hospital` train on one of its patients alone, and read the message as the server would.

    Nothing of the run changes; keys are fresh, so no mask of the run is used twice.

    Args:
        scenario: The settings in force in the round after `state`.
        state: What that round starts from.
        patient: Index among the hospital's training patients.

    Raises:
        ScenarioError: The hospital has no such patient.
        RunError: The state came without its patients.
    """
    if state.prepared is None:
        raise RunError("attack: this state came without its patients; run the scenario again.")
    now, federation = scenario.at(state.round + 1), state.prepared.federation
    row = _row(federation, hospital, patient)
    update, pipeline, at, cohort = _trained(now, state, federation, hospital, row)
    upload, _, _ = pipeline.protect(update, at, state.remembered)
    message = pipeline.channel.message(upload, at, cohort)

    read = pipeline.channel.read(message, update.shape[1])
    standardised = _ratio(read)
    true, recovered = (_own_units(federation, x) for x in (federation.train.x[row], standardised))
    spread = _spread(federation)
    failed = not _errors(true, recovered, spread).max() <= EXACT
    privacy = now.get(Privacy)
    return Attempt(
        hospital=hospital,
        patient=patient,
        round=at.round,
        message=message,
        columns=federation.features,
        true=true,
        recovered=recovered,
        spread=spread,
        own_units=federation.scaling.kind != "hospital",
        label=int(federation.train.y[row]),
        guess=_label(read),
        readers=() if now.on("masking") else ("server",),
        obstacle=_obstacle(now, read) if failed else "",
        noise_after=privacy is not None and privacy.noise_by == "server",
    )


# The hospital's side


def _row(federation: Federation, hospital: int, patient: int) -> int:
    if not 0 <= hospital < len(federation.names):
        raise ScenarioError(
            f"attack: there is no hospital {hospital}; choose one from 0 to"
            f" {len(federation.names) - 1}."
        )
    own = int(federation.train.sizes[hospital])
    if not 0 <= patient < own:
        name = shown(federation.names[hospital])
        raise ScenarioError(
            f"attack: hospital {name} has {own:,} training patients and none at {patient};"
            " choose another hospital or patient."
        )
    return int(federation.train.starts[hospital]) + patient


def _trained(
    scenario: Scenario, state: State, federation: Federation, hospital: int, row: int
) -> tuple[Floats, Pipeline, Moment, Ints]:
    """The update (1, d) of one row, the pipeline it meets, and the cohort it belongs to."""
    train, round = federation.train, state.round + 1
    everyone = len(federation.names)
    size = cohort_size(scenario.training.participation, everyone, scenario.on("masking"))
    setting = Setting(scenario, train.sizes, len(state.params), federation.names)
    pipeline = build(setting, size, state.round, state.released, state.plan)
    cohort = draw_cohort(scenario.seed, round, size, everyone)
    if hospital not in cohort:  # it takes the place of one that was drawn
        cohort = np.sort(np.append(cohort[1:], hospital))
    one = np.array([1])
    at = Moment(scenario.seed, round, np.array([hospital]), one, everyone, state.params)
    received, _ = broadcast(pipeline.broadcast(state.params, at, state.remembered), round)
    alone = Table(train.x[row : row + 1], train.y[row : row + 1], np.array([0, 1]))
    (block,) = blocks(alone, np.array([0]))
    address = (scenario.seed, round)
    *_, (_, local) = train_block(block, received, scenario.training, pipeline.objectives, address)
    return local - received, pipeline, at, cohort


# The attacker's side


def _ratio(update: Floats) -> Floats:
    """Δw / Δb, (features,); nan where the bias did not move."""
    weights, bias = update[:-1], update[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(weights / bias if bias else np.full(len(weights), np.nan))


def _label(update: Floats) -> int | None:
    """A positive patient pulls the bias up, a negative one down."""
    return None if update[-1] == 0 else int(update[-1] > 0)


def _own_units(federation: Federation, standardised: Floats) -> Floats:
    """A record by the public scaling, (features,); a constant column is public with it."""
    scaling = federation.scaling
    if scaling.kind != "global" or scaling.mean is None or scaling.std is None:
        return standardised.copy()
    varied = scaling.mean + scaling.std * standardised
    return np.where(scaling.std > 0, varied, scaling.mean)


def _spread(federation: Federation) -> Floats:
    """Standard deviation of each column as records are shown, (features,)."""
    scaling = federation.scaling
    if scaling.kind == "global" and scaling.std is not None:
        return scaling.std
    return np.asarray(federation.train.x.std(axis=0))


def _errors(true: Floats, recovered: Floats, spread: Floats) -> Floats:
    scale = np.where(spread > 0, spread, np.maximum(np.abs(true), np.finfo(np.float64).tiny))
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(recovered - true) / scale
    return np.where(np.isfinite(errors), errors, np.inf)


def _obstacle(scenario: Scenario, read: Floats) -> str:
    """What stands between the message and the record."""
    if scenario.on("masking"):
        return "masks"
    if scenario.on("compression"):
        return "rounding"
    return "penalty" if scenario.model.l2 and read.any() else "stillness"
