"""The view: what the screen shows of a run, as one immutable value.

`start(scenario)` is the view before anything is known, `fold(view, event)` the one after an event:
that is the whole of it. Nothing here knows a widget, a player or a clock; a live run and a replayed
recording go through the same fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import events as ev
from engine.privacy.ledger import Ledger
from engine.sections import PUBLIC
from engine.wire import Kind
from fedtui.hospitals import Flags, Floats, Hospitals, Ints, put
from fedtui.mail import Mail
from fedtui.points import Point, Points

if TYPE_CHECKING:
    from engine.scenario import Scenario

SWITCHES = ("fedprox", "privacy", "masking", "compression", "faults")
Traces = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """Everything the lab draws at one moment of a run."""

    title: str
    rounds: int  # planned
    seed: int
    settings: Mapping[str, Any]  # the complete scenario, as in `--json`
    switches: Mapping[str, Mapping[str, Any]]  # section → settings, those that are on
    round: int = 0  # 0 before round 1
    phase: ev.Phase | None = None  # None between rounds
    moment: str = ""  # the event's class name: finer than the phase
    step_done: int = 0  # within a phase that has steps: passes trained, masks put on
    step_total: int = 0
    parameters: int = 0  # d
    hospitals: Hospitals = field(default_factory=Hospitals.known)
    points: Points = field(default_factory=Points)  # finished rounds, oldest first
    held_out: int = 0  # held-out patients of all hospitals
    pooled: int = 0  # right answers of the model trained on all data in one place
    alone: int = 0  # right answers, each hospital's patients judged by its own model
    majority: int = 0
    positive_rate: Floats | None = None  # of each hospital's patients, (K,)
    privacy: Mapping[str, Any] | None = None  # plan: noise_multiplier, noise_std, unit, budget, …
    epsilon: float | None = None  # spent so far, by the hospital that spent most
    released: Ledger = ()  # what every round so far released, with noise or without
    traces: Traces = field(default_factory=dict)  # stage → facts of this round
    update_norm: float | None = None  # of the model's last step
    model_size: int = 0  # bytes of a model message
    key_size: int = 0  # bytes of keys sent this round, all messages
    pairs: int = 0  # masks agreed this round, one per pair of hospitals
    needed: int = 0  # hospitals whose shares open the sum
    ring_bits: int = 0
    uplink: int = 0  # bytes so far, whole run
    downlink: int = 0
    overhead: int = 0
    setup: int = 0  # bytes exchanged once, before round 1
    mail: Mail = field(default_factory=Mail)  # single messages, and their count by kind
    settled: tuple[int, int, int] = (0, 0, 0)  # up, down, keys at the end of the last round
    preparing: tuple[str, int, int] | None = None  # once before round 1: what, done, total
    stopped: str | None = None  # None | "budget" | "threshold" | "interrupted"
    finished: bool = False
    why: str = ""  # of hospitals dropped in this round
    from_patients: tuple[str, ...] = ()  # measured on patients before round 1, outside every ε
    notes: tuple[str, ...] = ()  # on the settings: what was ignored, changed or warned of

    @property
    def ready(self) -> bool:
        """Whether hospitals, baselines and plan are known."""
        return len(self.hospitals) > 0

    @property
    def own_data(self) -> bool:
        """Whether the patients come from the learner's own file."""
        return self.settings.get("data", {}).get("source", PUBLIC[0]) not in PUBLIC

    @property
    def complete(self) -> bool:
        """Whether this moment's steps are all done; one without steps has none to wait for."""
        return self.step_done >= self.step_total

    @property
    def aborted(self) -> bool:
        """Whether this round is lost: nobody's update is in the sum, and the model stays."""
        h = self.hospitals
        begun = self.moment != "SettingsChanged"  # that is of a round whose cohort is not drawn yet
        return bool(begun and h.drawn.any() and (h.lost == h.drawn).all())

    @property
    def points_ahead(self) -> tuple[str, ...]:
        """Where in this round a hospital can still fall away, the most telling first; () where nowhere.

        Of `engine.faults.POINTS`. A round that is done may be played anew, with all of them ahead.
        """
        masked = "masking" in self.switches
        if self.moment in ("SharesSent", "SharesForwarded", "UpdatesMasked"):
            return ("before", "after")
        if self.moment in ("KeysAdvertised", "KeysForwarded"):
            return ("sharing", "before", "after")
        if self.moment in ("UpdatesSent", "SurvivorsAnnounced"):
            return ("after",) if masked else ()
        if self.moment in ("SharesRevealed", "HospitalsDropped", "MasksRemoved", "Aggregated"):
            return ()
        return ("before", "sharing", "after")


def start(scenario: Scenario) -> View:
    """What is known of a run before its data is loaded: its title, its plan, its settings."""
    settings = scenario.as_dict()
    return View(
        title=scenario.title,
        rounds=scenario.training.rounds,
        seed=scenario.seed,
        settings=settings,
        switches=_switches(settings),
    )


def fold(view: View, event: ev.Event) -> View:
    """The view after `event`."""
    now = replace(view, phase=event.phase, moment=type(event).__name__, step_done=0, step_total=0)
    return _after(event, now)


@singledispatch
def _after(event: ev.Event, view: View) -> View:
    raise TypeError(f"the screen does not know the event {type(event).__name__}")


@_after.register
def _(event: ev.Preparing, view: View) -> View:
    return replace(view, preparing=(event.what, event.done, event.total))


@_after.register
def _(event: ev.RunStarted, view: View) -> View:
    known, beside = event.federation, event.baselines
    hospitals = Hospitals.known(known.names, known.train_sizes, known.test_sizes)
    opening = start(event.scenario)
    planned = _planned(opening.settings["training"], known.train_sizes)
    return replace(
        opening,
        moment=view.moment,
        hospitals=replace(
            hospitals,
            alone=beside.alone_correct,
            planned=planned,
            epsilon=_begins_with(event.privacy, hospitals.epsilon),
        ),
        held_out=int(known.test_sizes.sum()),
        pooled=beside.pooled.correct,
        alone=beside.local_only.correct,
        majority=beside.majority.correct,
        parameters=event.parameters,
        privacy=event.privacy,
        epsilon=None if event.privacy is None else float(event.privacy["spent"].max()),
        released=event.state.released,
        setup=sum(size for _, size in event.setup.values()),
        mail=Mail.before_round_1(event.setup),
        positive_rate=known.positive_rate,
        from_patients=known.from_patients,
        notes=event.notes,
    )


@_after.register
def _(event: ev.RoundStarted, view: View) -> View:
    planned = _planned(view.settings["training"], view.hospitals.patients)
    hospitals = view.hospitals.in_round(event.cohort, event.shares, planned)
    return replace(
        view,
        round=event.round,
        hospitals=hospitals,
        traces={},
        mail=view.mail.next_round(),
        why="",
        key_size=0,
        pairs=0,
        needed=0,
        update_norm=None,
    )


@_after.register
def _(event: ev.ModelSent, view: View) -> View:
    has_model = put(view.hospitals.has_model, event.cohort, True)
    return replace(
        view,
        hospitals=replace(view.hospitals, has_model=has_model),
        model_size=event.size,
        mail=view.mail.sent(Kind.MODEL, event.cohort, event.size),
        downlink=view.downlink + event.size * len(event.cohort),
    )


@_after.register
def _(event: ev.TrainingAdvanced, view: View) -> View:
    return _training(view)


@_after.register
def _(event: ev.EpochTrained, view: View) -> View:
    before = view.hospitals
    trained = replace(
        before,
        epochs=put(before.epochs, event.hospitals, event.epoch),
        loss=put(before.loss, event.hospitals, event.losses),
        clipped=before.clipped
        if event.clipped is None
        else put(before.clipped, event.hospitals, event.clipped),
    )
    return _training(replace(view, hospitals=trained))


def _training(view: View) -> View:
    """Training is one moment, however many events it takes; its steps are everyone's passes."""
    h = view.hospitals
    done, planned = h.epochs[h.drawn], h.planned[h.drawn]
    return replace(
        view,
        moment="EpochTrained",
        step_done=int(np.minimum(done, planned).sum()),
        step_total=int(planned.sum()),
    )


def _planned(training: Mapping[str, Any], patients: Ints) -> Ints:
    """Passes over own patients in a round, (K,): so many epochs, or what a number of steps needs."""
    batch, steps = int(training["batch_size"]), int(training["local_steps"])
    each = np.maximum(1, -(-patients // batch)) if batch else np.ones_like(patients)
    passes = -(-steps // each) if steps else np.full_like(patients, training["local_epochs"])
    return np.where(patients > 0, passes, 0)


@_after.register
def _(event: ev.UpdatesProtected, view: View) -> View:
    before = view.hospitals
    hospitals = replace(
        before,
        norm=put(before.norm, event.cohort, event.norms),
        protected=put(before.protected, event.cohort, True),
    )
    return replace(view, hospitals=hospitals, traces=_merged(view.traces, event.traces))


@_after.register
def _(event: ev.KeysAdvertised, view: View) -> View:
    return _keys(view, Kind.PUBLIC_KEY, event.cohort, event.size)


@_after.register
def _(event: ev.KeysForwarded, view: View) -> View:
    return replace(_keys(view, Kind.PUBLIC_KEYS, event.cohort, event.size), pairs=event.pairs)


@_after.register
def _(event: ev.SharesSent, view: View) -> View:
    before = view.hospitals
    new = event.done[~before.shared[event.done]]
    hospitals = replace(
        before, shared=put(before.shared, event.done, True), lost=_missing(before, event.cohort)
    )
    steps = replace(
        view,
        hospitals=hospitals,
        needed=event.needed,
        step_done=len(event.done),
        step_total=len(event.cohort),
    )
    return _keys(steps, Kind.SHARES, new, event.size)


@_after.register
def _(event: ev.SharesForwarded, view: View) -> View:
    return _keys(view, Kind.FORWARDED_SHARES, event.cohort, event.size)


@_after.register
def _(event: ev.SurvivorsAnnounced, view: View) -> View:
    return _keys(view, Kind.SURVIVORS, event.cohort, event.size)


@_after.register
def _(event: ev.SharesRevealed, view: View) -> View:
    before = view.hospitals
    new = event.done[~before.revealed[event.done]]
    steps = replace(
        view,
        hospitals=replace(before, revealed=put(before.revealed, event.done, True)),
        step_done=len(event.done),
        step_total=len(event.cohort),
    )
    return _keys(steps, Kind.UNMASKING, new, event.size)


@_after.register
def _(event: ev.MasksRemoved, view: View) -> View:
    return replace(view, step_done=len(event.done), step_total=len(event.cohort))


def _missing(hospitals: Hospitals, here: Ints) -> Flags:
    """Those taking part that are not `here` any more."""
    return put(hospitals.drawn, here, False)


def _keys(view: View, kind: Kind, cohort: Ints, each: int) -> View:
    size = each * len(cohort)
    mail = view.mail.sent(kind, cohort, each)
    return replace(view, key_size=view.key_size + size, overhead=view.overhead + size, mail=mail)


@_after.register
def _(event: ev.UpdatesMasked, view: View) -> View:
    masked = put(view.hospitals.masked, event.done, True)
    return replace(
        view,
        hospitals=replace(view.hospitals, masked=masked),
        ring_bits=event.ring_bits,
        step_done=len(event.done),
        step_total=len(event.cohort),
    )


@_after.register
def _(event: ev.UpdatesSent, view: View) -> View:
    before = view.hospitals
    sizes = np.array([len(payload) for payload in event.payloads], np.int64)
    arrived = put(before.arrived, event.cohort, True)
    hospitals = replace(
        before,
        arrived=arrived,
        size=put(before.size, event.cohort, sizes),
        lost=before.drawn & ~arrived,
    )
    kind = Kind.MASKED_UPDATE if event.masked else Kind.UPDATE
    mail = view.mail.sent(kind, event.cohort, sizes)
    return replace(view, hospitals=hospitals, uplink=view.uplink + int(sizes.sum()), mail=mail)


@_after.register
def _(event: ev.HospitalsDropped, view: View) -> View:
    # The server's noise is for a sum divided as planned, so there nobody's vote grows.
    planned = view.privacy is not None and view.privacy["noise_by"] == "server"
    hospitals = view.hospitals.without(event.hospitals, votes_grow=not planned)
    return replace(view, hospitals=hospitals, why=event.why)


@_after.register
def _(event: ev.Aggregated, view: View) -> View:
    return replace(view, update_norm=event.update_norm, traces=_merged(view.traces, event.traces))


@_after.register
def _(event: ev.RoundFinished, view: View) -> View:
    up, down, keys = view.settled
    settled = (up + event.uplink_bytes, down + event.downlink_bytes, keys + event.overhead_bytes)
    point = Point(
        event.round,
        event.score.correct,
        event.score.accuracy,
        event.score.loss,
        event.epsilon,
        event.uplink_bytes,
        event.downlink_bytes,
        event.overhead_bytes,
        _in_noise(event.state.released),
    )
    spent = event.epsilon_by_hospital
    hospitals = replace(
        view.hospitals,
        together=event.hospital_correct,
        epsilon=np.full(len(view.hospitals), np.nan) if spent is None else spent,
    )
    return replace(
        view,
        round=event.round,
        hospitals=hospitals,
        points=view.points.and_then(point),
        epsilon=event.epsilon,
        released=event.state.released,
        settled=settled,
        uplink=settled[0],
        downlink=settled[1],
        overhead=settled[2],
    )


def _in_noise(released: Ledger) -> bool:
    """Whether there is noise in the model that these rounds made; with ε = inf there is none."""
    return any(bool(np.any((e.patient > 0) & (e.counts > 0))) for e in released)


@_after.register
def _(event: ev.SettingsChanged, view: View) -> View:
    settings = event.scenario.as_dict()
    return replace(
        view,
        round=event.round,
        settings=settings,
        switches=_switches(settings),
        privacy=event.privacy,
        epsilon=view.epsilon if event.privacy is None else float(event.privacy["spent"].max()),
        hospitals=replace(
            view.hospitals, epsilon=_begins_with(event.privacy, view.hospitals.epsilon)
        ),
        notes=event.notes,
    )


def _begins_with(plan: Mapping[str, Any] | None, before: Floats) -> Floats:
    """ε by hospital where a plan begins, (K,): what was released before, at its unit and its δ."""
    spent: Floats = before if plan is None else plan["spent"]
    return spent


@_after.register
def _(event: ev.BudgetReached, view: View) -> View:
    return replace(view, stopped="budget", epsilon=event.spent)


@_after.register
def _(event: ev.RunFinished, view: View) -> View:
    return replace(view, stopped=event.stopped, finished=True)


def _switches(settings: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: settings[name] for name in SWITCHES if settings.get(name)}


def _merged(traces: Traces, more: tuple[ev.Trace, ...]) -> Traces:
    """Facts of the stages; one that acts at both ends keeps what both ends say."""
    merged = {stage: dict(facts) for stage, facts in traces.items()}
    for trace in more:
        merged.setdefault(trace.stage, {}).update(trace.facts)
    return merged
