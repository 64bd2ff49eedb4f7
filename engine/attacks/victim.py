"""The hospital that an attack looks at: it trains on what it is given, and sends that, beside the run.

Every attack goes through here, so that all of them meet the same pipeline as the run: its stages, its
codec, its channel. Nothing of the run changes. The randomness is never the run's own (`seed`): whoever
attacked with the run's noise in hand would learn what nobody outside can learn, and two messages under
one mask would give their difference away. What is public stays the run's: the model, the cohort.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.blocks import Block, Ragged
from engine.broadcast import broadcast
from engine.channels.base import Total
from engine.channels.section import Masking, opens_with
from engine.class_weights import ClassWeights
from engine.codecs.section import codec_of
from engine.cohort import cohort_size, draw_cohort
from engine.data.federation import Federation, Table
from engine.data.source import shown
from engine.errors import RunError, ScenarioError
from engine.faults import Dropouts, Faults
from engine.models import Model
from engine.pipeline import Pipeline, build
from engine.privacy.plan import make_plan
from engine.privacy.section import Privacy
from engine.scenario import Scenario
from engine.stages.base import Moment, Named
from engine.state import Prepared, State
from engine.steps import finished
from engine.switch import Setting
from engine.training import train_block


@dataclass(frozen=True, eq=False)
class _Without(Ragged):
    """One hospital in which the row `gone` stands for nobody: zero-out, exactly, at any model."""

    gone: int

    def found(self, order: Ints) -> Ints:
        """As it is visited, padding in its place."""
        return self._emptied(super().found(order))

    def patients(self, rows: Ints) -> tuple[Floats, Floats, Floats]:
        """As it is drawn, padding in its place."""
        return super().patients(self._emptied(rows))

    def _emptied(self, rows: Ints) -> Ints:
        return np.where(rows == self.gone, self.padding, rows)


@dataclass(frozen=True, eq=False)
class Victim:
    """One hospital in the round after `state`.

    Attributes:
        scenario: The settings in force in that round.
        hospital: Its index in the federation; it takes part, whoever else was drawn.
        cohort: Those who take part, ascending, (k,). Not all of them may arrive.
        seed: Of all the noise, coins and rounding that its messages meet.
    """

    scenario: Scenario
    state: State
    federation: Federation
    model: Model
    hospital: int
    pipeline: Pipeline
    cohort: Ints
    seed: int

    def again(self, seed: int | None = None) -> Victim:
        """The same hospital with other randomness."""
        return replace(self, seed=fresh() if seed is None else seed)

    # What it has

    @cached_property
    def patients(self) -> slice:
        """Its training patients, as rows of the federation's table."""
        starts = self.federation.train.starts
        return slice(int(starts[self.hospital]), int(starts[self.hospital + 1]))

    @property
    def size(self) -> int:
        """How many they are."""
        return int(self.federation.train.sizes[self.hospital])

    def row(self, patient: int) -> int:
        """The row of one of them.

        Raises:
            ScenarioError: There is no such patient.
        """
        if not 0 <= patient < self.size:
            name = shown(self.federation.names[self.hospital])
            raise ScenarioError(
                f"attack: hospital {name} has {self.size:,} training patients and none at {patient};"
                " choose another hospital or patient."
            )
        return int(self.federation.train.starts[self.hospital]) + patient

    @property
    def class_weights(self) -> ClassWeights:
        """By how much its patients count, as all know who trained."""
        agreed = self.state.prepared and self.state.prepared.class_weights
        return agreed or ClassWeights(1.0, 1.0)

    # What it does

    @cached_property
    def received(self) -> Floats:
        """The model as it reads it, (d,)."""
        at, state = self.moment(self.size), self.state
        model = self.pipeline.broadcast(state.params, at, state.remembered)
        return broadcast(model, at.round)[0]

    def moment(self, patients: int) -> Moment:
        """Where in the run it acts, were it to train on so many."""
        return Moment(
            seed=self.seed,
            round=self.state.round + 1,
            cohort=np.array([self.hospital]),
            patients=np.array([patients]),
            hospitals=len(self.federation.names),
            anchor=self.state.params,
        )

    def update(self, rows: slice, without: int | None = None) -> Floats:
        """Its update (1, d) after training on these rows of the federation's table.

        One of them may be left out (`without`), as though that patient's record were all zero.
        """
        train, only, none = self.federation.train, np.array([self.hospital]), np.array([0])
        own = Table(train.x[rows], train.y[rows], np.array([0, rows.stop - rows.start]))
        block: Block = Ragged(none, only, own.sizes, none, own)
        if without is not None:
            block = _Without(none, only, own.sizes, none, own, without - rows.start)
        return self.trained(block, self.received) - self.received

    def trained(self, block: Block, received: Floats) -> Floats:
        """The local params (k, d) of a block that starts from `received` (d,)."""
        pipeline, address = self.pipeline, (self.seed, self.state.round + 1)
        steps = train_block(
            block,
            received,
            self.scenario.training,
            pipeline.objectives,
            address,
            pipeline.estimate,
        )
        *_, (_, local) = steps
        return local

    def upload(self, update: Floats, patients: int) -> Named:
        """What is ready to be sent: `update` (1, d) cut, noised, weighed."""
        return self.protected(update, self.moment(patients))

    def protected(self, update: Floats, at: Moment) -> Named:
        """What the hospitals of a moment send, for their `update` (k, d)."""
        return self.pipeline.protect(update, at, self.state.remembered)[0]

    def message(self, upload: Named, patients: int) -> bytes:
        """As it travels."""
        return self.pipeline.channel.message(upload, self.moment(patients), self.cohort)

    # Who sees it

    def read(self, message: bytes, at: Moment | None = None) -> Floats:
        """The update (d,), as somebody reads it who has the message and no key."""
        return self.pipeline.channel.read(message, at or self.moment(self.size))

    def summed(self, upload: Named, at: Moment) -> Total:
        """What is left of these uploads once they are added up.

        Masks cancel, so none are made for it; what the ring rounds off is rounded off.
        """
        update, weight = upload["update"], upload["weight"]
        if not self.scenario.on("masking"):
            each = [self._received_from(i, upload, at) for i in range(len(update))]
            return Total(weight @ np.stack(each), float(weight.sum()))
        from engine.channels.secure import Secure  # cryptography is loaded only where masks are on

        channel = self.pipeline.channel
        if not isinstance(channel, Secure):
            raise TypeError("masks are on, and the channel has no ring")
        ring = channel.ring
        added, total = ring.from_ring(channel.rows(upload, at).sum(axis=0) & ring.modulus_mask)
        return Total(added, float(total))

    def _received_from(self, i: int, upload: Named, at: Moment) -> Floats:
        one = replace(at, cohort=at.cohort[i : i + 1], patients=at.patients[i : i + 1])
        own = {name: rows[i : i + 1] for name, rows in upload.items()}
        return self.read(self.pipeline.channel.message(own, one, at.cohort), one)

    @property
    def arriving(self) -> Ints:
        """Whose updates are to be added up, ascending: the cohort without those who fall away before.

        Who falls away is public and the run's own. The hospital that is looked at does not, whatever was
        to happen to it.
        """
        return self.cohort[self._stay("sharing", "before")]

    @property
    def lost(self) -> bool:
        """Whether too few stay to open their sum, so that nobody can read anything of it."""
        masking = self.scenario.get(Masking)
        answering = int(self._stay("sharing", "before", "after").sum())
        return bool(masking and answering < opens_with(masking.threshold, len(self.cohort)))

    def _stay(self, *points: str) -> Flags:
        """Which of the cohort do not fall away at these points, (k,)."""
        faults, sizes = self.scenario.get(Faults), self.federation.train.sizes[self.cohort]
        dropouts = faults.dropouts(self.federation.names) if faults else Dropouts()
        at = replace(self.moment(self.size), seed=self.scenario.seed)
        at = replace(at, cohort=self.cohort, patients=sizes)
        return np.asarray(~dropouts.lost(at, *points) | (self.cohort == self.hospital))

    @property
    def readers(self) -> tuple[str, ...]:
        """Who can tell this update from all others: "server", "other", "others"; or nobody.

        The server, where no mask hides it; and where only two arrive, the other one, masks or not: the
        new model minus the old one minus its own update is this one. Where one arrives alone, all
        others that come to have both models. Noise on the sum prevents that.
        """
        arriving = 0 if self.lost else len(self.arriving)
        server = () if self.scenario.on("masking") else ("server",)
        if self.noise_after or len(self.federation.names) == 1:
            return server
        return server + {1: ("others",), 2: ("other",)}.get(arriving, ())

    @property
    def noise_after(self) -> bool:
        """Whether the server adds noise, but only after it has read what was sent."""
        return self._noise_by == "server"

    @property
    def noise_inside(self) -> bool:
        """Whether noise is in the update before it leaves the hospital."""
        return self._noise_by == "hospital"

    @property
    def _noise_by(self) -> str:
        """Who adds noise; nobody at an infinite budget."""
        privacy = self.scenario.get(Privacy)
        return privacy.noise_by if privacy and math.isfinite(privacy.epsilon) else ""


def victim(scenario: Scenario, state: State, hospital: int, seed: int | None = None) -> Victim:
    """A hospital about to train in the round after `state`.

    Args:
        seed: None for randomness that nobody has seen.

    Raises:
        ScenarioError: There is no such hospital.
        RunError: The state came without its patients.
    """
    prepared = prepared_of(state)
    federation = prepared.federation
    everyone = len(federation.names)
    if not 0 <= hospital < everyone:
        raise ScenarioError(
            f"attack: there is no hospital {hospital}; choose one from 0 to {everyone - 1}."
        )
    now = scenario.at(state.round + 1)
    size = cohort_size(now.training.participation, everyone, now.on("masking"))
    sizes, names = federation.train.sizes, federation.names
    setting = Setting(now, sizes, len(federation.features), names, now.seed, prepared.class_weights)
    planning = make_plan(setting, codec_of(now), size, state.round, state.released, state.plan)
    plan = finished(planning)
    if plan and np.isinf(plan.noise_multiplier).any():
        raise ScenarioError(
            "attack: the privacy budget is used up, so no further round takes place; go back to an"
            " earlier one, or raise privacy.epsilon."
        )
    pipeline = build(setting, size, plan)
    cohort = draw_cohort(now.seed, state.round + 1, size, everyone)
    if hospital not in cohort:  # it takes the place of one that was drawn
        cohort = np.sort(np.append(cohort[1:], hospital))
    chosen = fresh() if seed is None else seed
    return Victim(now, state, federation, prepared.model, hospital, pipeline, cohort, chosen)


def prepared_of(state: State) -> Prepared:
    """The patients that a state is about, and the model.

    Raises:
        RunError: It came without them.
    """
    if state.prepared is None:
        raise RunError("attack: this state came without its patients; run the scenario again.")
    return state.prepared


def before_round_1(state: State, params: Floats) -> State:
    """The same patients before a run that begins with these params, nothing released yet."""
    return State(0, params, state.basis, prepared=state.prepared)


def fresh() -> int:
    """A seed from the operating system."""
    return secrets.randbits(63)


def in_one_step(scenario: Scenario) -> Scenario:
    """The scenario, but that each round is one step over all patients: what attacks read best."""
    return scenario.replace(
        {"training.local_steps": 1, "training.local_epochs": 1, "training.batch_size": 0}
    )
