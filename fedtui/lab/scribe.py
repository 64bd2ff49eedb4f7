"""The scribe: writes down what has changed, one write at a time, in a thread that waits for the disk.

Whoever quits waits for it, but not for ever: a disk that hangs costs the last round, not the terminal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from fedtui.keeping import Keeping
from fedtui.lab.asker import Asker
from fedtui.player import Player
from fedtui.preferences import Preferences
from fedtui.session import Session

_PATIENCE = 5.0  # seconds


class Scribe:
    """Keeps one learner's session and preferences as they change."""

    def __init__(self, keeping: Keeping) -> None:
        self.keeping = keeping
        self.writing = False
        self._looked = False
        self._asker = Asker()
        self._kept: object = None  # what the last session was made of
        self._preferred: Preferences | None = None

    async def look(self) -> str:
        """Look for an earlier session, before one of ours is there; a sentence where that failed."""
        told = await self._asker.ask(self.keeping.look)
        self._looked = True
        return told

    @property
    def idle(self) -> bool:
        """Whether nothing is being read or written."""
        return self._looked and not self.writing

    def due(
        self, player: Player, chosen: int, preferences: Preferences
    ) -> Callable[[], Awaitable[str]] | None:
        """What writes the changes down and says what went wrong; None where nothing is to be written."""
        names = [branch.name for branch in player.branches]
        now = (player.branch, player.before, len(player.view.points), names, chosen)
        if not self.idle or (now == self._kept and preferences == self._preferred):
            return None
        self._kept, self._preferred, self.writing = now, preferences, True
        return partial(self._write, self.keeping.session(player, chosen), preferences)

    async def _write(self, session: Session | None, preferences: Preferences) -> str:
        try:
            return await self._asker.ask(lambda: self._written(session, preferences))
        finally:
            self.writing = False

    def _written(self, session: Session | None, preferences: Preferences) -> str:
        told = self.keeping.keeper.save(session) if session and session.round else ""
        if preferences != self.keeping.preferences:
            told = told or self.keeping.prefer(preferences)
            self.keeping.preferences = preferences
        return told

    def finish(
        self, player: Player, chosen: int, preferences: Preferences, patience: float = _PATIENCE
    ) -> bool:
        """Write everything down after what is being written; False where the disk takes too long."""
        session = self.keeping.session(player, chosen)
        return self._asker.finish(lambda: self._written(session, preferences), patience)
