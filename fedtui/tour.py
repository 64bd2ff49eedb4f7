"""The tour: lesson 0 beside the run that is shown; open or closed, and what it says now."""

from __future__ import annotations

from dataclasses import dataclass, field

from fedtui import lesson, words
from fedtui.player import Player


@dataclass(eq=False)
class Tour:
    """Follows the player and moves on when the run completes a step."""

    progress: lesson.Progress = field(default_factory=lambda: lesson.Progress(lesson.NAMES[0]))
    open: bool = False
    read: bool | None = None  # the outcome of the last attack
    masked: bool = False  # whether its message was

    @property
    def asks(self) -> bool:
        """Whether a digit is a prediction now."""
        return self.open and bool(lesson.step(self.progress).choices)

    def first(self, player: Player, *, far: bool = False) -> str:
        """What is to be done before the run goes on, or `far` on, for a prediction comes first."""
        if not self._shows(player):
            return ""
        if self.asks:
            return words.ANSWER_FIRST
        unforeseen = lesson.step(self.progress).name in lesson.BEFORE_PREDICTING
        return words.ONE_ROUND_FIRST if far and unforeseen else ""

    @property
    def begun(self) -> bool:
        """Whether some of it is done, and some is not."""
        name = lesson.step(self.progress).name
        return name != lesson.NAMES[0] and not lesson.over(self.progress)

    def see(self, player: Player) -> None:
        """Look at the run; a step that waits for the learner pauses it."""
        while self._applies(player):
            before = self.progress
            self.progress = lesson.advance(before, self._facts(player))
            if self.progress is before:
                return
            self.read = None
            if before.step in lesson.PAUSES_AFTER:
                player.playing = False

    def answer(self, digit: int, player: Player) -> None:
        """Take a prediction; then the run goes on where the step says so."""
        before = self.progress
        self.progress = lesson.answer(before, digit, self._facts(player))
        goes_on = self.progress is not before and before.step in lesson.PLAYS_AFTER
        if goes_on and not player.playing and not player.view.finished:
            player.toggle()

    def attacked(self, read: bool, masked: bool) -> None:
        """Hear of an attack's outcome."""
        self.read, self.masked = read, masked

    def lines(self, player: Player) -> tuple[str, ...]:
        """What to say: nothing while it is closed, or on another scenario."""
        if not self._shows(player):
            return ()
        p = self.progress
        if not lesson.comparable(p, player.view):
            return (words.OTHER_LUCK,)
        return tuple(words.lesson(lesson.step(p).name, p.answers, p.told, player.view))

    def again(self) -> None:
        """From its first step."""
        self.progress, self.open = lesson.Progress(lesson.NAMES[0]), True

    def _shows(self, player: Player) -> bool:
        return self.open and player.view.ready and _on_its_scenario(player)

    def _applies(self, player: Player) -> bool:
        shows = self._shows(player) and not player.heading
        return shows and lesson.comparable(self.progress, player.view)

    def _facts(self, player: Player) -> lesson.Facts:
        return lesson.Facts(player.view, self.read, self.masked)


def _on_its_scenario(player: Player) -> bool:
    return player.view.settings.get("name") == lesson.SCENARIO
