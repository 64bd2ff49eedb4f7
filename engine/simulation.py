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
from engine.channels.base import Singles, Total
from engine.cohort import cohort_size, draw_cohort
from engine.errors import ScenarioError
from engine.estimates.base import Passed
from engine.events import (
    Aggregated,
    BudgetReached,
    EpochTrained,
    Event,
    ModelSent,
    RoundFinished,
    RoundStarted,
    RunFinished,
    RunStarted,
    SettingsChanged,
    TrainingAdvanced,
)
from engine.models import logistic
from engine.pipeline import Pipeline, build, refuse_diverged
from engine.preparation import initial, prepare
from engine.privacy import ledger
from engine.privacy.ledger import Ledger
from engine.privacy.plan import Plan
from engine.scenario import Scenario
from engine.stages.base import Moment
from engine.stages.weighting import weights
from engine.state import Prepared, State
from engine.switch import Setting
from engine.training import Progress, train_block
from engine.wire import Kind


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
    state = run.enter(first, first.round + 1)
    run.check_changes(state)
    yield run.started(state)
    stopped = None
    for round in range(state.round + 1, scenario.training.rounds + 1):
        if any(change.round == round for change in scenario.changes):
            state = run.enter(state, round)
            yield run.changed(round)
        plan = run.pipeline.plan
        if plan and not plan.affords(state.released):
            yield BudgetReached(round, plan.spent(state.released), plan.settings.epsilon)
            stopped = "budget"
            break
        state = yield from run.play(state, round)
    if state.round and not state.released:
        stopped = "threshold"  # not one round had enough hospitals at its end
    yield RunFinished(state.round, stopped)


def _spent(plan: Plan | None, released: Ledger) -> float | None:
    """ε so far: None where privacy never was, inf where it was and is no more."""
    if plan:
        return plan.spent(released)
    return math.inf if ledger.noised(released) else None


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


_SETUP_NOTES = {
    "privacy": "privacy: ε covers training messages, not the set-up before round 1.",
    "masking": "masking: it hides updates; the set-up before round 1 tells each size.",
}


class _Run:
    """One pass through `simulate`: what stays, and the settings in force."""

    def __init__(self, scenario: Scenario, prepared: Prepared) -> None:
        self.scenario = scenario
        self.prepared = prepared
        self.train = prepared.federation.train
        self.hospitals = len(prepared.federation.names)
        self.parameters = logistic.parameters(len(prepared.federation.features))
        self.everyone: list[Block] = []  # laid out for training when first asked for

    def enter(self, state: State, round: int) -> State:
        """Put the settings of `round` in force; a stage that is gone loses its memory."""
        self.now = self.scenario.at(round)
        self.size = cohort_size(
            self.now.training.participation, self.hospitals, self.now.on("masking")
        )
        names = self.prepared.federation.names
        setting = Setting(self.now, self.train.sizes, self.parameters, names)
        self.pipeline: Pipeline = build(setting, self.size, round - 1, state.released, state.plan)
        self.notes = self.now.notes + self._privacy_notes(state)
        return replace(
            state,
            remembered=state.remembered.only(self.pipeline.names),
            plan=self.pipeline.plan,
            prepared=self.prepared,
        )

    def check_changes(self, state: State) -> None:
        """Refuse, before round 1, a change to come that this federation cannot run."""
        now = (self.now, self.size, self.pipeline, self.notes)
        for change in self.scenario.changes:
            if change.round > state.round + 1:
                self.enter(state, change.round)
        self.now, self.size, self.pipeline, self.notes = now

    def _privacy_notes(self, state: State) -> tuple[str, ...]:
        plan = self.pipeline.plan
        notes: list[str] = []
        if self.prepared.federation.setup:
            notes.extend(_SETUP_NOTES[s] for s in _SETUP_NOTES if self.now.on(s))
        if plan is None and ledger.noised(state.released):
            notes.append(
                "privacy: from here on sums are sent without noise; no finite ε holds any more."
            )
        if plan and math.isinf(ledger.mu(state.released)):
            notes.append("privacy: earlier rounds were sent without noise, so no finite ε holds.")
        elif plan and state.released and plan is not state.plan:
            notes.append(
                "privacy: what was released and what is left meet the new ε together;"
                " the theory promises this for budgets fixed in advance."
            )
        if plan and plan.settings.delta >= 1 / self.hospitals:
            notes.append(
                f"privacy.delta: {plan.settings.delta:g} is not below 1 in {self.hospitals} hospitals;"
                " at such a δ one of them may be laid open whole."
            )
        return tuple(notes)

    def started(self, state: State) -> RunStarted:
        """The first event after the preparation."""
        federation, plan = self.prepared.federation, self.pipeline.plan
        return RunStarted(
            scenario=self.scenario,
            federation=federation.summary,
            baselines=self.prepared.baselines,
            parameters=self.parameters,
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

    def play(self, state: State, round: int) -> Generator[Event, None, State]:
        """One round: send, train, protect, return, combine, test."""
        seed, before = self.scenario.seed, state.traffic
        cohort = draw_cohort(seed, round, self.size, self.hospitals)
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
        # Of a lost round no sum is opened and no model made, so there is nothing new to learn from it:
        # the next broadcast repeats the last. It is not in the ledger, and its part of the budget
        # stays unspent. Who fell away does not depend on any patient.
        after = replace(state, round=round, remembered=remembered, traffic=delivery.traffic)
        if delivery.content is not None:
            after = yield from self._combine(after, delivery.content, at, delivery.survivors)
        score, correct = evaluation.evaluate(after.params, self.prepared.federation.test)
        spent = {
            direction: after.traffic.total(direction) - before.total(direction)
            for direction in ("uplink", "downlink", "overhead")
        }
        yield RoundFinished(
            round=round,
            cohort=cohort,
            dropped=np.setdiff1d(cohort, delivery.survivors),
            score=score,
            hospital_correct=correct,
            epsilon=_spent(self.pipeline.plan, after.released),
            uplink_bytes=spent["uplink"],
            downlink_bytes=spent["downlink"],
            overhead_bytes=spent["overhead"],
            state=after,
        )
        return after

    def _combine(
        self, state: State, content: Singles | Total, at: Moment, survivors: Ints
    ) -> Generator[Event, None, State]:
        """The state with the model moved by what arrived, and its noise in the ledger."""
        update, remembered, traces = self.pipeline.combine(content, at, state.remembered)
        params = state.params + update
        refuse_diverged(params, at.round)
        yield Aggregated(at.round, survivors, float(np.linalg.norm(update)), traces)
        plan = self.pipeline.plan
        return replace(
            state,
            params=params,
            remembered=remembered,
            released=ledger.and_then(state.released, plan.noise_multiplier if plan else 0.0),
        )

    def _send(self, state: State, at: Moment) -> tuple[Floats, bytes]:
        """The params as every hospital decodes them, and the message, the same for each."""
        params = self.pipeline.broadcast(state.params, at, state.remembered)
        return broadcast(params, at.round)

    def _train(self, anchor: Floats, at: Moment) -> Generator[Event, None, Floats]:
        """Every hospital's params after local training, (k, d)."""
        local = np.empty((len(at.cohort), self.parameters))
        for block in self._blocks(at.cohort):
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
        if len(cohort) < self.hospitals:
            return blocks(self.train, cohort)
        self.everyone = self.everyone or list(blocks(self.train, cohort))
        return iter(self.everyone)
