"""The application: a player, a clock, and a screen that is shown what the player sees."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.command import CommandPalette
from textual.screen import Screen

from engine.errors import EngineError
from engine.events import Event
from engine.scenario import Scenario
from engine.state import State
from fedtui import words
from fedtui.lab import glyphs, plots, tempo, theme
from fedtui.lab.asker import Asker
from fedtui.lab.commands import LabCommands
from fedtui.lab.help import Help
from fedtui.lab.lab import Lab
from fedtui.lab.shot import PLOTS, Shot
from fedtui.player import Player

_LONGEST_TICK = 0.25  # seconds: after a stall the story goes on from where it was


@dataclass(frozen=True)
class Manner:
    """How the lab is shown on this terminal."""

    glyphs: glyphs.Glyphs = glyphs.UNICODE
    motion: bool = True  # False: a message is seen where it starts and where it ends

    @property
    def frames_a_second(self) -> int:
        """At most."""
        return 12 if self.motion else 5


class LabApp(App[None]):
    """Keys act on the player; the clock moves it; the feeder brings it the engine's events."""

    TITLE = "fedtui"
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    CommandPalette SearchIcon { display: none; }
    .ascii CommandPalette * { border: none; scrollbar-size: 0 0; }
    """
    COMMANDS: ClassVar = {LabCommands}

    def __init__(self, player: Player, manner: Manner | None = None) -> None:
        super().__init__()
        self.player = player
        self.manner = manner or Manner()
        self.chosen = 0
        self.plot = PLOTS[0]
        self.notice = ""
        self._plots_ready = False
        self._pace = tempo.Pace(self.manner.motion)
        self._last_tick = 0.0  # seconds, of a monotonic clock
        self._resting = True
        self._asker = Asker()
        self._feeding = False

    # Beginning and end

    def get_default_screen(self) -> Screen[None]:
        """The lab."""
        return Lab()

    def on_load(self) -> None:
        """Before the terminal is taken over: leave it as it was, whoever ends us."""
        if sys.platform != "win32":
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.exit, None, 128 + number)

    def on_mount(self) -> None:
        """Paint first; everything heavy comes after."""
        self.set_class(self.manner.glyphs.column == "ascii", "ascii")
        self.register_theme(theme.TEXTUAL)
        self.theme = "fedtui"
        rate = 1 / self.manner.frames_a_second
        self._clock = self.set_interval(rate, self._tick, pause=True)
        self._show()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._go_on()
        self.run_worker(self._load_plots(), exit_on_error=True)

    async def _load_plots(self) -> None:
        await self._asker.ask(plots.load)
        self._plots_ready = True
        self._show()

    # The engine

    def _feed(self) -> None:
        """See to it that the player gets the events it asks for."""
        if not self._feeding and self.player.asking:
            self._feeding = True
            self.run_worker(self._ask(), exit_on_error=True)

    async def _ask(self) -> None:
        try:
            while branch := self.player.asking:
                answer = await self._asker.ask(branch.ask)
                try:
                    self.player.take(branch, answer)
                except EngineError as error:
                    self.notice = str(error)
                self._move()
        finally:
            self._feeding = False
        if self._resting:  # paused meanwhile: what stands in the middle of a movement stays there
            self._show()
        elif self.player.aim is None:
            self._go_on()

    # The clock

    def _tick(self) -> None:
        now = time.monotonic()
        self._pace.elapsed += min(_LONGEST_TICK, now - self._last_tick)
        self._last_tick = now
        self._move()
        self._go_on()

    def _move(self) -> None:
        """Jump as far as frames are known, or walk past those whose time is over."""
        player, pace = self.player, self._pace
        if player.aim and not player.aim.paced:
            player.rush()
            pace.hold(player.view)
        while player.aim and player.aim.paced and pace.is_over(player.view):
            passed = pace.span(player.view)
            if not player.forward():
                pace.hold(player.view)
                return
            pace.elapsed = max(0.0, pace.elapsed - passed)
            if player.playing:
                self.notice = ""

    def _go_on(self) -> None:
        """Show where we are; then wait for the clock, or rest: no timer, no bytes."""
        self._show()
        if self.player.aim is None and self._pace.motion(self.player.view) >= 1:
            self._pace.stepping = False
            self._pace.hold(self.player.view)
            self._stop()
            return
        if self._resting:
            self._resting = False
            self._last_tick = time.monotonic()
            self._clock.resume()
        self._feed()

    def _stop(self) -> None:
        self._resting = True
        self._clock.pause()

    # What is seen

    def _show(self) -> None:
        lab = self.screen_stack[0]
        if isinstance(lab, Lab):
            lab.show(self._shot())

    def _shot(self) -> Shot:
        player = self.player
        view, before = player.shown, player.before
        return Shot(
            view=view,
            glyphs=self.manner.glyphs,
            motion=1.0 if player.jumping else self._pace.motion(view),
            telling=player.last_round if self._pace.flies_by(view) and player.playing else None,
            before=before.last.points if before else None,
            before_name=_before(player),
            chosen=min(self.chosen, max(0, len(view.hospitals) - 1)),
            playing=player.playing,
            speed=self._pace.speed,
            notice=self.notice or _ending(player),
            rerun=player.heading,
            plot=self.plot,
            plots_ready=self._plots_ready,
        )

    def _say(self, sentence: str) -> None:
        self.notice = sentence
        self._show()

    # Keys

    def _act(self, act: Callable[[], object], *, stepping: bool = False) -> None:
        """Let a key act on the player; what refuses says why, and nothing changes."""
        self.notice = ""
        try:
            act()
        except EngineError as error:
            self._say(str(error))
            return
        self._pace.stepping = stepping
        if not self.player.playing:
            self._pace.hold(self.player.view)
        self._move()
        self._go_on()

    def action_play(self) -> None:
        """Play or pause; a pause in the middle of a movement stops it there."""
        self.notice = ""
        self._pace.stepping = False
        self.player.toggle()
        if self.player.aim is None:
            self._stop()
            self._show()
        else:
            self._go_on()

    def action_step(self) -> None:
        """A step forward, shown as it happens."""
        self._act(self.player.step, stepping=True)

    def action_step_back(self) -> None:
        """A step back."""
        self._act(self.player.step_back)

    def action_round_forward(self) -> None:
        """A round forward."""
        self._act(self.player.round_forward)

    def action_round_back(self) -> None:
        """A round back."""
        self._act(self.player.round_back)

    def action_to_start(self) -> None:
        """To the start."""
        self._act(self.player.to_start)

    def action_to_end(self) -> None:
        """To the end."""
        self._act(self.player.to_end)

    def action_speed(self, by: int) -> None:
        """The next speed, or the one before."""
        self._pace.change_speed(by, self.player.view)
        self.player.ahead = tempo.frames_ahead(self._pace.speed)
        self._show()

    def action_flip(self, section: str) -> None:
        """A switch."""
        self._elsewhere(lambda: self.player.flip(section), words.switched, section)

    def action_again(self) -> None:
        """Again, with the same seed."""
        self._elsewhere(self.player.again, words.again)

    def action_again_new(self) -> None:
        """Again, with the next seed."""
        seed = self.player.branch.last.seed + 1
        self._elsewhere(lambda: self.player.again(seed), words.again)

    def _elsewhere(self, go: Callable[[], object], tell: Callable[..., str], *about: str) -> None:
        """To another world, and say what it is, unless it refuses."""
        here = self.player.branch
        self._act(go)
        if self.player.branch is not here:
            self._say(tell(here.last, self.player.branch.last, *about))

    def action_undo(self) -> None:
        """Back to the world before the last switch."""
        done: list[bool] = []
        self._act(lambda: done.append(self.player.undo()))
        if not any(done):
            self._say(words.NOTHING_TO_UNDO)

    def action_choose(self, by: int) -> None:
        """Another hospital to speak of."""
        count = len(self.player.view.hospitals)
        if count:
            self.chosen = (self.chosen + by) % count
            self.notice = ""
            self._show()

    def action_next_plot(self) -> None:
        """The next plot."""
        self.plot = PLOTS[(PLOTS.index(self.plot) + 1) % len(PLOTS)]
        self._show()

    @property
    def idle(self) -> bool:
        """Whether nothing moves, nothing is waited for, and everything is loaded."""
        return self._plots_ready and self._resting and not self._feeding

    async def action_palette(self) -> None:
        """Every action by its name."""
        await self.push_screen(
            CommandPalette(placeholder="Search an action", id="--command-palette")
        )

    async def action_help(self) -> None:
        """The keys."""
        await self.push_screen(Help(self.manner.glyphs))

    def action_close(self) -> None:
        """Close what is open: here, a notice."""
        self.notice = ""
        self._show()

    def action_leave(self) -> None:
        """Quit at once."""
        self.exit(return_code=0)


def _ending(player: Player) -> str:
    """Why a run ended that did not finish, once its last frame is on the screen."""
    branch = player.branch
    if not branch.exhausted or branch.last.finished or player.view is not branch.last:
        return ""
    return branch.error or words.RECORDING_ENDS


def _before(player: Player) -> str:
    if player.before is None:
        return ""
    old, new = player.before.last, player.branch.last
    return words.before_name(old.switches, new.switches, (old.seed, new.seed))


def run_lab(
    scenario: Scenario | None, replay: Path | None, ascii: bool = False, motion: bool = True
) -> int:
    """Open the lab on a scenario, or on a recording; returns the exit code."""
    os.environ.update(theme.colour_environment(os.environ))
    still = not motion or bool(os.environ.get("SSH_CONNECTION"))
    manner = Manner(glyphs.choose(ascii, os.environ.get("TERM", "")), motion=not still)
    app = LabApp(_player(scenario, replay), manner)
    app.run(mouse=False)  # nothing answers to it yet, and text can be marked and copied
    return app.return_code or 0


def _player(scenario: Scenario | None, replay: Path | None) -> Player:
    if replay is not None:
        return Player.replaying(_recorded(replay), replay.name, _simulated)
    if scenario is None:
        from fedtui.scenarios import load

        scenario = load()
    return Player.of(scenario, _simulated)


def _simulated(scenario: Scenario, start: State | None) -> Iterator[Event]:
    from engine.simulation import simulate  # after the first paint, in the asker's thread

    yield from simulate(scenario, start)


def _recorded(path: Path) -> Iterator[Event]:
    from engine.recording import read

    yield from read(path)
