"""A branch: one world, which is a scenario, the engine's iterator over it, and a frame per event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.errors import EngineError, RunError
from engine.events import Event, RunStarted
from engine.scenario import Scenario
from engine.state import State
from fedtui.view import View, fold

Run = Callable[[Scenario, State | None], Iterator[Event]]  # as `engine.simulate`
Answer = tuple[Event, View] | EngineError | None  # what a branch says when asked; None: no more


@dataclass(eq=False)
class Branch:
    """One world: a scenario and what has been seen of its run."""

    scenario: Scenario | None  # None: a recording that has not said yet
    events: Iterator[Event]
    frames: list[View]
    beginning: State | None = None  # before round 1: what other settings can start from
    error: str | None = None  # the sentence it ended with
    exhausted: bool = False

    def ask(self) -> Answer:
        """The engine's next event, folded; takes as long as the engine does. One caller at a time."""
        try:
            event = next(self.events, None)
            return None if event is None else (event, fold(self.last, event))
        except EngineError as error:
            return error
        except Exception as error:  # a screen shows a sentence, whatever went wrong below it
            return RunError(f"the engine stumbled, {type(error).__name__}: {error}")

    def take(self, answer: Answer) -> None:
        """Keep what `ask` returned."""
        if isinstance(answer, tuple):
            event, frame = answer
            self.frames.append(frame)
            if isinstance(event, RunStarted):
                self.scenario, self.beginning = event.scenario, event.state
            return
        self.exhausted = True
        self.error = str(answer) if answer else None

    @property
    def home(self) -> int:
        """The frame everything starts from: the first with hospitals on it."""
        return next((i for i, frame in enumerate(self.frames) if frame.ready), 0)

    @property
    def last(self) -> View:
        """The newest frame."""
        return self.frames[-1]
