"""An update trained on one patient is that patient's record.

Phong et al. 2018, "Privacy-Preserving Deep Learning via Additively Homomorphic Encryption" (IEEE
TIFS), section 3: the log-loss of one patient has the gradient (p − y) · x by the weights and (p − y)
by the bias, so the one divided by the other is x. It is exact here, not only after one step: every
step on the same patient moves (w, b) by a multiple of (x, 1), however many there are; FedProx pulls
back along the same line; and a clip scales the whole. The sign of the bias's step tells the label.

In a network every hidden unit gives the record away by itself: its weights and its bias get the same
factor, v_j (1 − h_j²) (p − y), and x beside it (Phong, the same section; Geiping et al. 2020, "Inverting
Gradients", NeurIPS, proposition 3.1). The attacker takes the unit that moved most; the label is in the
bias of the output.

What spoils the ratio is what acts on weights and bias apart. Noise that the hospital adds, to its
patients' gradients or to its update, buries it. Rounding to few bits blurs it, and a codec that leaves
numbers out, or what it left out earlier and sends now (error feedback), bends it. L2 leaves the bias
free, so it bends the ratio too; that is no protection, for whoever knows the model can straighten it
(after one step, add rate · l2 · w to the weights' part), which this attacker does not try. Masks make it
noise, but not for the other hospital where only two take part. Noise that the *server* adds comes after
it has read the message, so against the server it helps nothing. The attacker uses the bytes of one
message, the public scaling and no model. Left out: updates trained on several patients, which take an
optimisation (Zhu et al. 2019, "Deep Leakage from Gradients", NeurIPS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.attacks.outcome import Outcome, outcome
from engine.attacks.victim import Victim, victim
from engine.codecs.section import Compression
from engine.data.federation import Federation
from engine.scenario import Scenario
from engine.state import State

_LEAVES_OUT = ("topk", "randk")  # codecs that send some numbers and not the others


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
        readers: Who can tell this update from all others: see `Victim.readers`.
        obstacle: Why it failed or blurred: "masks" | "noise" | "rounding" | "left out" | "penalty" |
            "stillness"; else "".
        noise_after: The server adds noise, but only after it has read this.
        units: Of the model, each of which shows the record: 1 in a logistic one.
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
    units: int = 1

    @property
    def errors(self) -> Floats:
        """Of each column, in its standard deviations; of a constant one, relative, (features,)."""
        return _errors(self.true, self.recovered, self.spread)

    @property
    def error(self) -> float:
        """The largest; inf where a column could not be recovered."""
        return float(self.errors.max())

    @property
    def outcome(self) -> Outcome:
        """By the error in standard deviations."""
        return outcome(self.error)

    @property
    def succeeded(self) -> bool:
        """Whether every column was recovered."""
        return self.outcome is Outcome.READ

    @property
    def close(self) -> bool:
        """Whether every column was recovered to a quarter of what patients differ by, not exactly."""
        return self.outcome is Outcome.BLURRED


def one_patient(
    scenario: Scenario, state: State, hospital: int, patient: int = 0, seed: int | None = None
) -> Attempt:
    """Let `hospital` train on one of its patients alone, and read the message as the server would.

    Args:
        scenario: The settings in force in the round after `state`.
        state: What that round starts from.
        patient: Index among the hospital's training patients.
        seed: Of noise and rounding; None for what nobody has seen.

    Raises:
        ScenarioError: There is no such hospital or patient.
        RunError: The state came without its patients.
    """
    return attempt(victim(scenario, state, hospital, seed), patient)


def attempt(of: Victim, patient: int = 0) -> Attempt:
    """`one_patient` on a hospital that is at hand."""
    federation, row = of.federation, of.row(patient)
    message = of.message(of.upload(of.update(slice(row, row + 1)), 1), 1)
    read = of.read(message)
    found = ratio(of.model.units(read))
    true, recovered = (_own_units(federation, x) for x in (federation.train.x[row], found))
    spread = _spread(federation)
    error = float(_errors(true, recovered, spread).max())
    return Attempt(
        hospital=of.hospital,
        patient=patient,
        round=of.state.round + 1,
        message=message,
        columns=federation.features,
        true=true,
        recovered=recovered,
        spread=spread,
        own_units=federation.scaling.kind != "hospital",
        label=int(federation.train.y[row]),
        guess=_label(read),
        readers=of.readers,
        obstacle="" if outcome(error) is Outcome.READ else _obstacle(of, read),
        noise_after=of.noise_after,
        units=len(of.model.units(read)),
    )


# The attacker's side


def ratio(units: Floats) -> Floats:
    """Δw / Δb of the unit whose bias moved most, (features,); nan where none moved.

    Args:
        units: What the update did to each, (units, features + 1), bias last.
    """
    moved = units[np.argmax(np.abs(units[:, -1]))]
    weights, bias = moved[:-1], moved[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(weights / bias if bias else np.full(len(weights), np.nan))


def _label(update: Floats) -> int | None:
    """A positive patient pulls the bias up, a negative one down."""
    return None if update[-1] == 0 else int(update[-1] > 0)


def _own_units(federation: Federation, standardised: Floats) -> Floats:
    """A record by the public scaling, (features,); a constant column is public with it."""
    if not federation.scaling.public:
        return standardised.copy()
    (record,) = federation.scaling.undone(standardised[None], np.zeros(1, np.int64))
    return np.asarray(record, np.float64)


def _spread(federation: Federation) -> Floats:
    """Standard deviation of each column as records are shown, (features,)."""
    scaling, spread = federation.scaling, np.asarray(federation.train.x.std(axis=0))
    if scaling.kind == "global" and scaling.std is not None:
        return scaling.std
    return spread * scaling.std if scaling.public and scaling.std is not None else spread


def _errors(true: Floats, recovered: Floats, spread: Floats) -> Floats:
    scale = np.where(spread > 0, spread, np.maximum(np.abs(true), np.finfo(np.float64).tiny))
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(recovered - true) / scale
    return np.where(np.isfinite(errors), errors, np.inf)


def _obstacle(of: Victim, read: Floats) -> str:
    """What stands between the message and the record."""
    scenario, compression = of.scenario, of.scenario.get(Compression)
    if scenario.on("masking"):
        return "masks"
    if of.noise_inside:
        return "noise"
    if compression:
        return "left out" if compression.codec in _LEAVES_OUT else "rounding"
    return "penalty" if scenario.model.l2 and read.any() else "stillness"
