"""A run with a clock beside it: how long rounds take, their training, and the longest single event."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from engine import Scenario, simulate
from engine.data.federation import Federation
from engine.events import EpochTrained, Event, ModelSent, RoundFinished, RoundStarted, RunStarted
from engine.state import Prepared, State

SCENARIO = """
name = "bench"
[data]
source = "synthetic"
hospitals = {hospitals}
patients = {patients}    # a fifth of them held out
{data}
[training]
rounds = {rounds}
{sections}
"""


@dataclass(frozen=True, eq=False)
class Rounds:
    """Seconds of every round but the first, which lays the patients out for training.

    Attributes:
        longest: Of all events but the preparation's, and what it was.
        federation: Who trained.
    """

    whole: list[float]
    training: list[float]
    longest: tuple[float, str]
    federation: Federation

    @property
    def milliseconds(self) -> tuple[float, float]:
        """Medians of a round, and of its training."""
        return 1e3 * statistics.median(self.whole), 1e3 * statistics.median(self.training)


def scenario(
    hospitals: int, patients: int = 250, rounds: int = 20, data: str = "", sections: str = ""
) -> Scenario:
    """Synthetic hospitals of so many patients, 10 columns, 5 local epochs, batch 32."""
    return Scenario.from_toml(
        SCENARIO.format(
            hospitals=hospitals, patients=patients, rounds=rounds, data=data, sections=sections
        )
    )


def timed(of: Scenario) -> Rounds:
    """Run it, and look at the clock between its events."""
    whole, training = [], []
    waits: list[tuple[float, str]] = []
    begun = sent = trained = 0.0
    for event, asked, now in _clocked(of):
        waits.append((now - asked, type(event).__name__))
        match event:
            case RunStarted(state=State(prepared=Prepared(federation=federation))):
                waits.clear()
            case RoundStarted():
                begun = asked
            case ModelSent():
                sent = now
            case EpochTrained():
                trained = now
            case RoundFinished(round=round) if round > 1:
                whole.append(now - begun)
                training.append(trained - sent)
    return Rounds(whole, training, max(waits), federation)


def _clocked(of: Scenario) -> Iterator[tuple[Event, float, float]]:
    """Every event, with the time it was asked for and the time it came."""
    events = iter(simulate(of))
    while True:
        asked = time.perf_counter()
        event = next(events, None)
        if event is None:
            return
        yield event, asked, time.perf_counter()
