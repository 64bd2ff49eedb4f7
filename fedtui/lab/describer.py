"""How the hospitals on the screen differ: worked out beside the screen's loop, once for a federation.

The engine's thread takes a few steps at a time, so that a run that goes on meanwhile waits for them
and not for all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from fedtui.lab.asker import Asker

if TYPE_CHECKING:
    from engine.data.federation import Federation
    from engine.steps import Steps
    from fedtui.described import Described

_A_WHILE = 0.03  # seconds


class Describer:
    """Describes one federation after the other, the last one asked for."""

    def __init__(self, asker: Asker) -> None:
        self.busy = False
        self._asker = asker
        self._of: Federation | None = None
        self._told: Described | None = None

    def told(self, federation: Federation) -> Described | None:
        """The description of `federation`, if it has been worked out."""
        return self._told if federation is self._of else None

    def wanted(self, federation: Federation) -> bool:
        """Whether there is something to describe, and time for it."""
        return federation is not self._of and not self.busy

    def describe(
        self, federation: Federation, seed: int, done: Callable[[], None]
    ) -> Coroutine[Any, Any, None]:
        """Work the description out, and call `done`; from this call on it is wanted no more."""
        self.busy, self._of, self._told = True, federation, None
        return self._work_out(federation, seed, done)

    async def _work_out(self, federation: Federation, seed: int, done: Callable[[], None]) -> None:
        try:
            steps = await self._asker.ask(partial(_steps, federation, seed))
            while self._told is None:
                self._told = await self._asker.ask(partial(_go_on, steps))
        finally:
            self.busy = False
        done()


def _steps(federation: Federation, seed: int) -> Steps[Described]:
    from fedtui.described import describing  # the first data page loads it

    return describing(federation, seed)


def _go_on(steps: Steps[Described]) -> Described | None:
    """Some steps, one at least; what they come to, if these were the last."""
    until = time.perf_counter() + _A_WHILE
    while True:
        try:
            next(steps)
        except StopIteration as end:
            told: Described = end.value
            return told
        if time.perf_counter() > until:
            return None
