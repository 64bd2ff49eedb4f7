"""The pipeline: all stages of a run, in their seats, with the codec and the channel at its end.

It calls the hooks, hands each stage its memory, and collects the traces; a stage only computes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engine.aggregators import weighted_sum
from engine.arrays import Floats
from engine.channels.base import Channel, Delivery, Singles, Total
from engine.channels.choose import channel_of
from engine.codecs.section import codec_of
from engine.errors import RunError
from engine.estimates.base import EstimateOf
from engine.estimates.minibatch import Minibatch
from engine.events import Event, Trace, UpdatesProtected
from engine.norms import lengths
from engine.privacy.plan import Plan
from engine.stages.base import Memory, Moment, Named, Stage
from engine.stages.l2 import L2
from engine.stages.memory import Remembered
from engine.stages.weighting import Weighting
from engine.switch import Setting
from engine.training import Objective
from engine.wire import Traffic

_LARGEST = 1e30  # of a number that is sent: float32 ends at 3e38


@dataclass(frozen=True, eq=False)
class Pipeline:
    """Stages in the order in which a hospital walks them."""

    stages: tuple[Stage, ...]
    channel: Channel
    plan: Plan | None
    estimate: EstimateOf

    @property
    def names(self) -> set[str]:
        """Of the stages, for memory."""
        return {stage.name for stage in self.stages}

    @property
    def objectives(self) -> list[Objective]:
        """The hooks that add to a local gradient: those of stages that have one."""
        return [s.on_gradient for s in self.stages if type(s).on_gradient is not Stage.on_gradient]

    def broadcast(self, params: Floats, at: Moment, memory: Remembered) -> Named:
        """What the hospitals are sent: `params` (d,), and what stages put beside them."""
        message: Named = {"params": params}
        for stage in self.stages:
            message = stage.on_broadcast(message, at, memory.server.get(stage.name, {})).value
        return message

    def upload(
        self, update: Floats, at: Moment, memory: Remembered, traffic: Traffic
    ) -> Generator[Event, None, tuple[Delivery, Remembered]]:
        """Take `update` (k, d) through every hospital's stages and the channel."""
        upload, kept, traces = self.protect(update, at, memory)
        protected = lengths(upload["update"])
        yield UpdatesProtected(at.round, at.cohort, lengths(update), protected, traces)
        delivery = yield from self.channel.carry(upload, at, traffic)
        return delivery, memory.write_back(kept, at, delivery.survivors)

    def protect(
        self, update: Floats, at: Moment, memory: Remembered
    ) -> tuple[Named, dict[str, Memory], tuple[Trace, ...]]:
        """The hospitals' end: what is ready to be sent, what each remembers, what was done."""
        upload: Named = {"update": update}
        kept: dict[str, Memory] = {}
        traces: list[Trace] = []
        for stage in self.stages:
            rows = memory.rows(stage.name, at)
            step = stage.on_client(upload, at, rows)
            upload = step.value
            if step.memory:
                kept[stage.name] = step.memory
            if step.facts:
                traces.append(Trace(stage.name, step.facts))
        refuse_diverged(upload["update"], at.round)
        return upload, kept, tuple(traces)

    def combine(
        self, content: Singles | Total, at: Moment, memory: Remembered
    ) -> tuple[Floats, Remembered, tuple[Trace, ...]]:
        """The step the model takes, (d,): the sum through every stage's server end, in reverse."""
        combined = weighted_sum(content)
        server = dict(memory.server)
        traces: list[Trace] = []
        for stage in reversed(self.stages):
            step = stage.on_server(combined, at, server.get(stage.name, {}))
            combined = step.value
            if step.memory:
                server[stage.name] = step.memory
            if step.facts:
                traces.append(Trace(stage.name, step.facts))
        return combined["update"], Remembered(memory.hospitals, server), tuple(traces)


def refuse_diverged(values: Floats, round: int) -> None:
    """Stop a run whose numbers are no longer numbers, or too large for a message.

    Raises:
        RunError: Training diverged.
    """
    if not np.all(np.abs(values) < _LARGEST):
        raise RunError(
            f"training diverged in round {round}; lower training.learning_rate, or scale the columns."
        )


def build(setting: Setting, cohort_size: int, plan: Plan | None) -> Pipeline:
    """The pipeline that `setting` means, with the noise of `plan`.

    Raises:
        ScenarioError: The mix cannot run on this federation.
    """
    scenario = setting.scenario
    codec = codec_of(scenario)
    channel = channel_of(setting, codec, cohort_size)
    stages: list[Stage] = [
        Weighting(scenario.training.weighting, plan.total if plan else None),
        *([L2(scenario.model.l2, setting.model)] if scenario.model.l2 else []),
        *(plan.stages if plan else ()),
    ]
    for switch in scenario.switches:
        stages.extend(switch.stages(setting))
    in_seats = tuple(sorted(stages, key=lambda stage: stage.seat))
    estimate = plan.estimate(setting) if plan else Minibatch(setting.model, setting.class_weights)
    return Pipeline(in_seats, channel, plan, estimate)
