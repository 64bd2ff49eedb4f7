"""A branch: one world, which is a scenario, the engine's iterator over it, and a frame per event."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError, RunError
from engine.events import Event, Preparing, RoundFinished, RunFinished, RunStarted, SettingsChanged
from engine.scenario import Scenario
from engine.state import State
from fedtui import words
from fedtui.view import View, fold

if TYPE_CHECKING:
    from engine.result import Result

Run = Callable[[Scenario, State | None], Iterator[Event]]  # as `engine.simulate`
Answer = tuple[Event, View] | EngineError | None  # what a branch says when asked; None: no more
_LASTING = (RunStarted, SettingsChanged, RoundFinished, RunFinished)  # what a result is made of


@dataclass(eq=False)
class Branch:
    """One world: a scenario and what has been seen of its run.

    Attributes:
        fork: The round after which this world's switches hold; 0 where they hold from the start.
        recorded: Whether its events come from a recording, and not from the engine.
        name: What the learner calls it; one with a name is never tidied away.
        lasting: The events that a result is made of, and the states to fork from.
        until: The round to reach in the background, for a world brought back from an earlier session.
        heard: How much of a curve was known before, to be met again: right answers by round.
    """

    scenario: Scenario | None  # None: a recording that has not said yet
    events: Iterator[Event]
    frames: list[View]
    beginning: State | None = None  # before round 1: what other settings can start from
    error: str | None = None  # the sentence it ended with
    exhausted: bool = False
    fork: int = 0
    recorded: bool = False
    name: str = ""
    lasting: list[Event] = field(default_factory=list)
    until: int = 0
    heard: tuple[int, ...] = ()
    preparing: Preparing | None = None  # what goes on between two frames, where that takes long

    def ask(self) -> Answer:
        """The engine's next event, folded; takes as long as the engine does. One caller at a time."""
        try:
            event = next(self.events, None)
            if event is None:
                return None
            return event, self.last if self._known(event) else fold(self.last, event)
        except EngineError as error:
            return error
        except Exception as error:  # a screen shows a sentence, whatever went wrong below it
            return RunError(words.stumbled(type(error).__name__, _where(error)))

    def take(self, answer: Answer) -> None:
        """Keep what `ask` returned."""
        if not isinstance(answer, tuple):
            self.exhausted = True
            self.error = str(answer) if answer else None
            return
        event, frame = answer
        self.preparing = event if isinstance(event, Preparing) else None
        if not self._known(event):
            self.frames.append(frame)
        if isinstance(event, _LASTING):
            self.lasting.append(event)
        if isinstance(event, RunStarted):
            self.scenario = event.scenario
            self.beginning = self.beginning or event.state

    def _known(self, event: Event) -> bool:
        """Whether a fork's beginning tells what its first frames have told already."""
        return self.last.ready and isinstance(event, RunStarted | Preparing)

    def state(self, round: int) -> State | None:
        """The state after `round`, if the run has got there."""
        if round == 0:
            return self.beginning
        ends = (e for e in self.lasting if isinstance(e, RoundFinished) and e.round == round)
        return next((end.state for end in ends), None)

    def up_to(self, round: int) -> tuple[list[View], list[Event]]:
        """The frames and the lasting events to the end of `round`, for a world that shares them."""
        last = next(i for i, f in enumerate(self.frames) if _ends(f, round))
        events = [e for e in self.lasting if isinstance(e, RunStarted) or _round(e) <= round]
        return self.frames[: last + 1], events

    def result(self) -> Result:
        """The result so far, as `fedtui run --json` tells it.

        Raises:
            RunError: The hospitals are not known yet.
        """
        from engine.result import Result  # not before the first paint

        if not self.lasting:
            raise RunError("the run has not begun; wait a moment and try again.")
        result = Result()
        for event in self.lasting:
            result.add(event)
        return result

    @property
    def home(self) -> int:
        """The frame everything starts from: the first with hospitals on it."""
        return next((i for i, frame in enumerate(self.frames) if frame.ready), 0)

    @property
    def last(self) -> View:
        """The newest frame."""
        return self.frames[-1]

    @property
    def curve(self) -> tuple[int, ...]:
        """Right answers after each finished round; those known from before while it gets there."""
        own = self._own
        return own + self.heard[len(own) :]

    @property
    def as_heard(self) -> bool:
        """Whether the curve is, as far as it has got, the one that was known before."""
        own = self._own
        return own == self.heard[: len(own)]

    @property
    def _own(self) -> tuple[int, ...]:
        return tuple(point.correct for point in self.last.points)


def _where(error: Exception) -> str:
    """The place in the code; an error's own message may hold a patient's values."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}, line {last.lineno}"


def _ends(frame: View, round: int) -> bool:
    return frame.moment == "RoundFinished" and frame.round == round


def _round(event: Event) -> int:
    return event.round if isinstance(event, RoundFinished | SettingsChanged) else 1 << 30
