"""The run: a generator of events, and a round ends with its state.

Nothing happens between two events, so whoever holds the generator decides when the run goes on: to
pause is not to ask. `simulate(other, start=state)` goes on from a finished round under other settings.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import replace

import numpy as np

from engine import evaluation
from engine.arrays import Floats, Ints
from engine.blocks import Block, blocks
from engine.broadcast import broadcast
from engine.channels.base import Delivery, Singles, Total
from engine.codecs.section import codec_of
from engine.cohort import cohort_size, draw_cohort
from engine.errors import ScenarioError
from engine.estimates.base import Passed, hospitals_at_once
from engine.events import (
    Aggregated,
    BudgetReached,
    EpochTrained,
    Event,
    ModelSent,
    Preparing,
    RoundFinished,
    RoundStarted,
    RunFinished,
    RunStarted,
    SettingsChanged,
    TrainingAdvanced,
)
from engine.metrics import HospitalScores
from engine.pipeline import build, refuse_diverged
from engine.preparation import initial, prepare, told
from engine.privacy import ledger
from engine.privacy.ledger import Ledger
from engine.privacy.notes import privacy_notes
from engine.privacy.plan import Plan, make_plan
from engine.scenario import Scenario
from engine.stages.base import Moment
from engine.stages.weighting import weights
from engine.state import Prepared, State
from engine.switch import Setting
from engine.training import Progress, train_block
from engine.wire import Kind

_MANY = 1_000_000  # numbers of a block that take a while to lay out


def simulate(scenario: Scenario, start: State | None = None) -> Iterator[Event]:
    """Run `scenario`, from round 1 or from the round after `start`.

    Args:
        scenario: What to run.
        start: The state a `RoundFinished` carried; its data, model and seed must be the scenario's.

    Raises:
        ScenarioError: A mix that cannot run on this federation.
        DataError: A table that cannot be used.
    """
    prepared = yield from prepare(scenario, start)
    first = initial(scenario, prepared) if start is None else start
    if first.round > scenario.training.rounds:
        raise ScenarioError(
            f"training.rounds: {first.round} rounds are done already, and {scenario.training.rounds} are"
            " planned; plan more, or fork from an earlier round."
        )
    run = _Run(scenario, prepared)
    state = yield from run.enter(first, first.round + 1)
    run.check_changes(state)
    yield run.started(state)
    stopped = None
    for round in range(state.round + 1, scenario.training.rounds + 1):
        if any(change.round == round for change in scenario.changes):
            state = yield from run.enter(state, round)
            yield run.changed(round)
        plan, cohort = run.pipeline.plan, run.cohort(round)
        if plan and not plan.affords(state.released, cohort):
            worst = float(plan.spent(state.released).max())
            yield BudgetReached(round, worst, plan.settings.epsilon)
            stopped = "budget"
            break
        state = yield from run.play(state, round, cohort)
    if state.round and not state.released:
        stopped = "threshold"  # not one round had enough hospitals at its end
    detail = yield from run.in_detail(state)
    yield RunFinished(state.round, stopped, detail)


def _spent(plan: Plan | None, released: Ledger, hospitals: int) -> Floats | None:
    """ε so far by hospital, (K,): None where privacy never was, inf where it was and is no more."""
    if plan:
        return plan.spent(released)
    return np.full(hospitals, math.inf) if ledger.noised(released) else None


def _missing(survivors: Ints, cohort: Ints) -> Ints:
    """Those of the cohort (k,) that are not among the survivors; mostly nobody."""
    return cohort[:0] if len(survivors) == len(cohort) else np.setdiff1d(cohort, survivors)


def _epoch_trained(round: int, block: Block, progress: Progress, passed: Passed) -> EpochTrained:
    """Of those hospitals that took a step in this pass."""
    took, clipped = passed.took, passed.clipped
    return EpochTrained(
        round,
        progress.epoch,
        progress.epochs,
        block.hospitals[took],
        passed.losses[took],
        None if clipped is None else clipped[took],
    )


class _Run:
    """One pass through `simulate`: what stays, and the settings in force."""

    def __init__(self, scenario: Scenario, prepared: Prepared) -> None:
        self.scenario = scenario
        self.prepared = prepared
        self.train = prepared.federation.train
        self.hospitals = len(prepared.federation.names)
        self.model = prepared.model
        self.everyone: list[Block] = []  # laid out for training when first asked for

    def enter(self, state: State, round: int) -> Generator[Event, None, State]:
        """Put the settings of `round` in force; a stage that is gone loses its memory."""
        self._choose(round)
        plan = yield from self._plan(state, round - 1)
        self.pipeline = build(self.setting, self.size, plan)
        self.notes = self.now.notes + privacy_notes(plan, state, self.setting)
        return replace(
            state,
            remembered=state.remembered.only(self.pipeline.names),
            plan=plan,
            prepared=self.prepared,
        )

    def _choose(self, round: int) -> None:
        self.now = self.scenario.at(round)
        self.size = cohort_size(
            self.now.training.participation, self.hospitals, self.now.on("masking")
        )
        self.setting = Setting(
            self.now,
            self.train.sizes,
            len(self.prepared.federation.features),
            self.prepared.federation.names,
            self.scenario.seed,
            self.prepared.class_weights,
        )

    def _plan(self, state: State, done: int) -> Generator[Event, None, Plan | None]:
        codec = codec_of(self.now)
        planning = make_plan(self.setting, codec, self.size, done, state.released, state.plan)
        return (yield from told(planning))

    def check_changes(self, state: State) -> None:
        """Refuse, before round 1, a change to come that this federation cannot run."""
        here = state.round + 1
        for change in self.scenario.changes:
            if change.round > here:
                self._choose(change.round)
                build(self.setting, self.size, None)
        self._choose(here)

    def cohort(self, round: int) -> Ints:
        """Who takes part in `round`, (k,)."""
        return draw_cohort(self.scenario.seed, round, self.size, self.hospitals)

    def started(self, state: State) -> RunStarted:
        """The first event after the preparation."""
        federation, plan = self.prepared.federation, self.pipeline.plan
        return RunStarted(
            scenario=self.scenario,
            federation=federation.summary,
            baselines=self.prepared.baselines,
            parameters=self.model.parameters,
            setup=federation.setup,
            privacy=plan.as_dict() if plan else None,
            notes=federation.notes + self.notes,
            state=state,
        )

    def changed(self, round: int) -> SettingsChanged:
        """Which settings hold from `round` on that did not before."""
        settings = {
            key: value
            for change in self.scenario.changes
            if change.round == round
            for key, value in change.set.items()
        }
        plan = self.pipeline.plan
        return SettingsChanged(
            round, settings, self.now, plan.as_dict() if plan else None, self.notes
        )

    def play(self, state: State, round: int, cohort: Ints) -> Generator[Event, None, State]:
        """One round: send, train, protect, return, combine, test."""
        seed, before = self.scenario.seed, state.traffic
        patients = self.train.sizes[cohort]
        at = Moment(seed, round, cohort, patients, self.hospitals, state.params)
        votes = weights(self.now.training.weighting, patients)
        yield RoundStarted(round, cohort, votes / votes.sum())

        received, message = self._send(state, at)
        traffic = before.sent(Kind.MODEL, [message], copies=len(cohort))
        yield ModelSent(round, cohort, len(message))

        local = yield from self._train(received, at)
        delivery, remembered = yield from self.pipeline.upload(
            local - received, at, state.remembered, traffic
        )
        after = replace(
            state,
            round=round,
            remembered=remembered,
            traffic=delivery.traffic,
            released=self._released(state.released, delivery),
        )
        if delivery.content is not None:
            after = yield from self._combine(after, delivery.content, at, delivery.survivors)
        test = self.prepared.federation.test
        score, correct = yield from told(evaluation.testing(self.model, after.params, test))
        spent = {
            direction: after.traffic.total(direction) - before.total(direction)
            for direction in ("uplink", "downlink", "overhead")
        }
        epsilons = _spent(self.pipeline.plan, after.released, self.hospitals)
        yield RoundFinished(
            round=round,
            cohort=cohort,
            dropped=_missing(delivery.survivors, cohort),
            score=score,
            hospital_correct=correct,
            epsilon=None if epsilons is None else float(epsilons.max()),
            epsilon_by_hospital=epsilons,
            uplink_bytes=spent["uplink"],
            downlink_bytes=spent["downlink"],
            overhead_bytes=spent["overhead"],
            state=after,
        )
        return after

    def in_detail(self, state: State) -> Generator[Event, None, HospitalScores]:
        """The model at each hospital."""
        test = self.prepared.federation.test
        logits = yield from told(evaluation.predicting(self.model, state.params, test.x))
        (found,) = yield from told(evaluation.in_detail(test, logits))
        return found

    def _combine(
        self, state: State, content: Singles | Total, at: Moment, survivors: Ints
    ) -> Generator[Event, None, State]:
        """The state with the model moved by what arrived."""
        update, remembered, traces = self.pipeline.combine(content, at, state.remembered)
        params = state.params + update
        refuse_diverged(params, at.round)
        yield Aggregated(at.round, survivors, float(np.linalg.norm(update)), traces)
        return replace(state, params=params, remembered=remembered)

    def _released(self, before: Ledger, delivery: Delivery) -> Ledger:
        """The ledger after a round.

        A lost round makes no model, so its receivers learn nothing and its part of the budget stays
        unspent; but where its masks were half taken off, the server with helpers could read the sum,
        and only noise that the hospitals added is in that. Who fell away hangs on no patient.
        """
        plan, lost = self.pipeline.plan, delivery.content is None
        read = delivery.half_open if lost else delivery.survivors
        if lost and (not len(read) or (plan and plan.settings.trusts_server)):
            return before
        bare = ledger.bare(np.bincount(read, minlength=self.hospitals))
        return ledger.and_then(before, plan.entry(read) if plan else bare)

    def _send(self, state: State, at: Moment) -> tuple[Floats, bytes]:
        """The params as every hospital decodes them, and the message, the same for each."""
        model = self.pipeline.broadcast(state.params, at, state.remembered)
        return broadcast(model, at.round)

    def _train(self, anchor: Floats, at: Moment) -> Generator[Event, None, Floats]:
        """Every hospital's params after local training, (k, d)."""
        local = np.empty((len(at.cohort), self.model.parameters))
        kept, done = len(self.everyone), 0
        for block in self._blocks(at.cohort):
            done += len(block.rows)
            if not kept and block.sizes.sum() * block.width > _MANY:
                yield Preparing("laying out the patients for training", done, len(at.cohort))
            steps = train_block(
                block,
                anchor,
                self.now.training,
                self.pipeline.objectives,
                (at.seed, at.round),
                self.pipeline.estimate,
            )
            for progress, trained in steps:
                local[block.rows] = trained
                if progress.passed is None:
                    yield TrainingAdvanced(
                        at.round,
                        progress.epoch,
                        progress.epochs,
                        block.hospitals,
                        progress.fraction,
                    )
                else:
                    yield _epoch_trained(at.round, block, progress, progress.passed)
        return local

    def _blocks(self, cohort: Ints) -> Iterator[Block]:
        """The cohort's patients laid out for training; kept where the cohort is everyone."""
        at_most = hospitals_at_once(self.model)
        if len(cohort) < self.hospitals:
            yield from blocks(self.train, cohort, at_most)
        elif self.everyone:
            yield from self.everyone
        else:  # one by one, so that no event has to wait for all
            for block in blocks(self.train, cohort, at_most):
                self.everyone.append(block)
                yield block
