"""The application: a player, a clock, and a screen that is shown what the player sees."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App
from textual.filter import Monochrome, NoColor
from textual.screen import Screen
from textual.worker import WorkerFailed

from engine.errors import EngineError
from engine.scenario import Scenario
from engine.settings import CHANGEABLE
from engine.state import State
from fedtui import export, files, lesson, seeds, words, worlds
from fedtui.branch import Branch
from fedtui.keeping import Keeping
from fedtui.lab import glyphs, plots, tempo, theme, views
from fedtui.lab.asker import Asker
from fedtui.lab.attacker import Attacker
from fedtui.lab.branches import Branches, Fork, Go
from fedtui.lab.commands import LabCommands, Search
from fedtui.lab.describer import Describer
from fedtui.lab.lab import Lab
from fedtui.lab.page import Page
from fedtui.lab.scribe import Scribe
from fedtui.lab.shot import PLOTS, Shot
from fedtui.lab.theme import Palette
from fedtui.player import FLIPS, Player
from fedtui.preferences import Preferences
from fedtui.titles import renamed
from fedtui.tour import Tour

if TYPE_CHECKING:
    from engine.attacks.every import Attacks
    from fedtui.described import Described

_LONGEST_TICK = 0.25  # seconds: after a stall the story goes on from where it was


@dataclass(frozen=True)
class Manner:
    """How the lab is shown on this terminal."""

    glyphs: glyphs.Glyphs = glyphs.UNICODE
    motion: bool = True  # False: a message is seen where it starts and where it ends
    palette: Palette = theme.FEDTUI

    @property
    def frames_a_second(self) -> int:
        """At most."""
        return 12 if self.motion else 5


START = 2.0  # seconds after the first paint, in which everything is imported and laid out


class LabApp(App[None]):
    """Keys act on the player; the clock moves it; the feeder brings it the engine's events."""

    TITLE = "fedtui"
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    CommandPalette SearchIcon { display: none; }
    .ascii CommandPalette * { border: none; scrollbar-size: 0 0; }
    """
    COMMANDS: ClassVar = {LabCommands}

    def __init__(
        self,
        player: Player,
        manner: Manner | None = None,
        tour: Tour | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        super().__init__()
        # NO_COLOR means none: of 16 colours, Textual's greys would leave black on black.
        self._filters = [NoColor() if isinstance(f, Monochrome) else f for f in self._filters]
        self.player = player
        self.manner = manner or Manner()
        self.palette = self.manner.palette
        self.tour = tour or Tour()
        self.chosen = 0
        self.focus = FLIPS[0]  # the switch whose settings Enter opens
        self.back: Branch | None = None  # brought back from an earlier session, under way
        self.worn = False  # whether the learner chose the colours
        self.awaited: tuple[Branch, str] | None = None  # a rerun under way, and what it is told of
        self.plot = PLOTS[0]
        self.notice = ""
        self.settle: Callable[[], None] | None = None  # called once, when the start is over
        self.keeping = keeping
        self._plots_ready = False
        self._pace = tempo.Pace(self.manner.motion)
        self._last_tick = 0.0  # seconds, of a monotonic clock
        self._resting = True
        self._asker = Asker()
        self._describer = Describer(self._asker)
        self.attacker = Attacker(self._asker)
        self._feeding = False
        self.scribe = Scribe(keeping) if keeping else None
        if keeping:
            self._restore(keeping.preferences)

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
        for palette in theme.PALETTES:
            self.register_theme(palette.textual)
        self._wear(self.palette)
        rate = 1 / self.manner.frames_a_second
        self._clock = self.set_interval(rate, self._tick, pause=True)
        self._show()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._go_on()
        self.run_worker(self._load_plots(), exit_on_error=True)
        if self.settle:
            self.set_timer(START, self.settle)

    async def _load_plots(self) -> None:
        await self._asker.ask(plots.load)
        self._plots_ready = True
        if self.scribe:
            told = await self.scribe.look()
            self.notice = self.notice or told
        self._show()

    def _fatal_error(self) -> None:
        """Textual would print every variable, patients among them: a sentence and a file instead."""
        error = self._exception or RuntimeError()
        behind = error.error if isinstance(error, WorkerFailed) else error
        self.panic(Text(files.crashed(behind)))

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

    # What outlives the screen

    def _restore(self, preferences: Preferences) -> None:
        self.plot = preferences.plot if preferences.plot in PLOTS else PLOTS[0]
        if preferences.speed in tempo.SPEEDS:
            self._pace.speed = preferences.speed
            self.player.ahead = tempo.frames_ahead(preferences.speed)

    def _preferences(self) -> Preferences:
        progress, before = self.tour.progress, self.keeping and self.keeping.preferences
        return replace(
            before or Preferences(),
            theme=self.palette.name if self.worn else (before.theme if before else ""),
            plot=self.plot,
            speed=self._pace.speed,
            lesson=progress.step,
            lesson_open=self.tour.open,
            answers=dict(progress.answers),
            told=dict(progress.told),
        )

    def _keep(self) -> None:
        """Write down what has changed."""
        if self.scribe:
            write = self.scribe.due(self.player, self.chosen, self._preferences())
            if write:
                self.run_worker(self._write(write), exit_on_error=True)

    async def _write(self, write: Callable[[], Awaitable[str]]) -> None:
        if told := await write():
            self._say(told)
        self._keep()

    def keep_at_last(self) -> None:
        """Write down where we are, after the screen is gone."""
        if self.scribe:
            self.scribe.finish(self.player, self.chosen, self._preferences())

    def action_resume(self) -> None:
        """Take up the earlier session."""
        session = self.keeping.resume(self.player) if self.keeping else None
        if session is None:
            self._say(words.NO_OFFER)
            return
        self.chosen, self.tour.open, self.back = session.chosen, False, self.player.branch
        self._act(lambda: None)

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
        self.tour.see(self.player)
        self._tell_outcome()
        self._keep()
        shot = self._shot()
        for screen in self.screen_stack:
            if isinstance(screen, Lab):
                screen.show(shot)
            elif isinstance(screen, Branches):
                screen.show(shot, views.branches(self.player))
            elif isinstance(screen, Page):
                desk = views.Desk(
                    player=self.player,
                    tour=self.tour,
                    chosen=shot.chosen,
                    attacks=self.attacker.attacks,
                    stands=self.attacker.stands,
                    described=self._described() if screen.name == "data" else None,
                )
                screen.show(shot, *views.PAGES[screen.name or ""][1](desk))

    def _described(self) -> Described | None:
        """How the shown hospitals differ; what is not known yet is worked out meanwhile."""
        start = self.player.branch.beginning
        if start is None or start.prepared is None:
            return None
        federation = start.prepared.federation
        if self._describer.wanted(federation):
            describing = self._describer.describe(federation, self.player.scenario.seed, self._show)
            self.run_worker(describing, exit_on_error=True)
        return self._describer.told(federation)

    def _shot(self) -> Shot:
        player = self.player
        view, before = player.shown, player.before
        return Shot(
            view=view,
            glyphs=self.manner.glyphs,
            palette=self.palette,
            motion=1.0 if player.jumping else self._pace.motion(view),
            telling=player.last_round if self._pace.flies_by(view) and player.playing else None,
            before=before.last.points if before else None,
            before_name=_before(player),
            chosen=self._chosen(),
            playing=player.playing,
            speed=self._pace.speed,
            notice=words.meanwhile(self.notice, player.branch.preparing) or _ending(player),
            coach=self._coach(),
            rerun=player.heading,
            replay=player.branch.recorded,
            place=self.keeping.keeper.place if self.keeping else "",
            plot=self.plot,
            plots_ready=self._plots_ready,
        )

    def _chosen(self) -> int:
        return min(self.chosen, max(0, len(self.player.view.hospitals) - 1))

    def _coach(self) -> tuple[str, ...]:
        offer = self.keeping and self.keeping.offer
        if not offer:
            return self.tour.lines(self.player)
        planned = offer.shown.training.rounds
        return (words.offer(offer.shown.title, offer.session.round, planned),)

    def _say(self, sentence: str) -> None:
        self.notice = sentence
        self._show()

    # Keys

    def _to_predict(self, *, far: bool = False) -> bool:
        """Whether the tour asks first for a prediction of what a key would show; then it says so."""
        first = self.tour.first(self.player, far=far)
        if first:
            self._say(first)
        return bool(first)

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
        if self._to_predict():
            return
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
        if not self._to_predict():
            self._act(self.player.step, stepping=True)

    def action_step_back(self) -> None:
        """A step back."""
        self._act(self.player.step_back)

    def action_round_forward(self) -> None:
        """A round forward."""
        if not self._to_predict(far=bool(self.player.goals)):
            self._act(self.player.round_forward)

    def action_round_back(self) -> None:
        """A round back."""
        self._act(self.player.round_back)

    def action_to_start(self) -> None:
        """To the start."""
        self._act(self.player.to_start)

    def action_to_end(self) -> None:
        """To the end."""
        if not self._to_predict(far=True):
            self._act(self.player.to_end)

    def action_speed(self, by: int) -> None:
        """The next speed, or the one before."""
        self._pace.change_speed(by, self.player.view)
        self.player.ahead = tempo.frames_ahead(self._pace.speed)
        self._show()

    # Other worlds

    def action_flip(self, section: str) -> None:
        """A switch."""
        self.focus = section

        def told() -> str:
            return words.switched(
                section, self.player.settings.on(section), self.player.branch.fork
            )

        if not self._to_predict():
            self._elsewhere(lambda: self.player.flip(section), told)

    def action_without_noise(self) -> None:
        """The same with all that privacy does, but for the noise."""
        self.focus = "privacy"
        if not self._to_predict():
            self._elsewhere(self.player.without_noise, lambda: words.WITHOUT_NOISE)

    def action_again(self) -> None:
        """Again, with the same seed."""
        self._elsewhere(self.player.again, lambda: words.again(self.player.branch.last))

    def action_again_new(self) -> None:
        """Again, with the next seed."""
        seed = self.player.branch.last.seed
        self._elsewhere(
            lambda: self.player.again(seed + 1),
            lambda: words.again(self.player.branch.last, other=True),
        )

    def action_drop(self) -> None:
        """The chosen hospital falls away in this round, or stays after all."""
        player, who = self.player, self._chosen()
        if not player.view.ready:
            self._say(words.NOT_YET)
            return
        own, shown = player.view.hospitals.names[who], player.view.round
        name, round = words.name(player.view, who), player.to_miss(own)

        def told() -> str:
            where = worlds.falls_at(player.scenario)
            return words.dropped_by_key(name, round, player.drops(own, round), where, shown)

        self._elsewhere(lambda: player.drop(own, round), told, since=round)

    def _elsewhere(self, go: Callable[[], object], tell: Callable[[], str], since: int = 1) -> None:
        """To another world, and say what it is, unless it refuses; and what it gave, once known.

        It differs from the round `since` on: before that is done, there is nothing to compare.
        """
        here, had_begun = self.player.branch, len(self.player.view.points) >= since
        self._act(go)
        if self.player.branch is not here:
            told = tell()
            self.awaited = (self.player.branch, told) if had_begun else None
            self._say(told)
            self._go_on()

    def _tell_outcome(self) -> None:
        """What the world before gave here, and what this one gives."""
        before, (branch, told) = self.player.before, self.awaited or (None, "")
        if branch is not self.player.branch:  # left for another world meanwhile
            self.awaited = None
        elif before and not self.player.goals:
            self.notice = words.outcome(told, before.last, self.player.view)
            self.awaited = None
        if self.back and self.back is self.player.branch and not self.player.goals:
            self.notice = words.resumed(self.player.view.title, self.back.as_heard)
            self.back = None

    def action_undo(self) -> None:
        """Back to the world before the last switch."""
        done: list[bool] = []
        self._act(lambda: done.append(self.player.undo()))
        if not any(done):
            self._say(words.NOTHING_TO_UNDO)

    async def action_settings(self) -> None:
        """The settings of the switch used last."""
        await self._open_form(self.focus)

    async def action_all_settings(self) -> None:
        """All settings, other scenarios first."""
        await self._open_form("scenario")

    async def _open_form(self, section: str) -> None:
        try:
            now, fork = self.player.settings, self.player.forked_at
        except EngineError as error:
            self._say(str(error))
            return
        from fedtui.draft import Draft
        from fedtui.lab.form import Form

        draft = Draft.of(now, CHANGEABLE if fork else None)
        await self.push_screen(Form(draft, section, self.manner.glyphs), self._formed)

    def _formed(self, wanted: Scenario | None) -> None:
        if wanted is None:
            return
        now = self.player.settings
        known = (
            now.on_own_data or wanted.seed != now.seed
        )  # by a learner, not by a built-in scenario
        wanted = seeds.unguessable(wanted, chosen="seed" in wanted.given and known)
        if wanted.name != now.name:
            self._open_scenario(wanted)
            return
        told = words.other_settings(worlds.flat(now.as_dict()), worlds.flat(wanted.as_dict()))
        named = renamed(now, wanted)
        self._elsewhere(lambda: self.player.change(named), lambda: told)

    def _open_scenario(self, scenario: Scenario) -> None:
        told = f"{scenario.title}: {scenario.about}." if scenario.about else f"{scenario.title}."
        self._elsewhere(lambda: self.player.open(scenario), lambda: told)

    def action_scenario(self, name: str) -> None:
        """Another of the built-in scenarios, from its start."""
        from fedtui.scenarios import load

        self.player.forking = None
        self._open_scenario(load(name))

    async def action_branches(self) -> None:
        """Fork here, go to another world, name or delete one."""
        was_open = isinstance(self.screen, Branches)
        await self._close_pages()
        if not was_open:
            await self.push_screen(Branches(Lab.BINDINGS), self._branched)
        self._show()

    def _branched(self, wish: Go | Fork | None) -> None:
        match wish:
            case Go(index):
                self._act(lambda: self.player.go_to(self.player.branches[index]))
            case Fork():
                self._act(self.player.fork)
                if self.player.forking is not None:
                    self._say(words.forking(self.player.forking))

    def on_branches_rename(self, message: Branches.Rename) -> None:
        """Call a branch something."""
        self.player.branches[message.index].name = message.name
        self._show()

    def on_branches_delete(self, message: Branches.Delete) -> None:
        """Forget a branch."""
        self._act(lambda: self.player.delete(self.player.branches[message.index]))

    # Looking closer

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

    async def action_page(self, name: str) -> None:
        """A page over the lab; the same key again closes it."""
        open_name = self.screen.name if isinstance(self.screen, Page) else None
        await self._close_pages()
        if open_name != name:
            page = Page(views.PAGES[name][0], Lab.BINDINGS, name, views.ENTER.get(name, ""))
            await self.push_screen(page)
            self._show()

    async def _close_pages(self) -> None:
        """Down to the lab: one page at a time, however one came to it."""
        while isinstance(self.screen, Page | Branches):
            await self.screen.dismiss(None)

    async def action_digit(self, digit: int) -> None:
        """A prediction where a lesson asks for one, else a view."""
        if self.tour.asks and not isinstance(self.screen, Page):
            self._act(lambda: self.tour.answer(digit, self.player))
        elif digit in views.NUMBERED:
            name = views.NUMBERED[digit]
            if not (isinstance(self.screen, Page) and self.screen.name == name):
                await self.action_page(name)
        else:
            await self._close_pages()

    def action_attack(self) -> None:
        """Try every attack there is on the chosen hospital."""
        material, who = self.player.material(), self._chosen()
        if material is None or material[1].prepared is None:
            self._say(words.NO_PATIENTS if material else words.NOT_YET)
        elif not self.attacker.attacking:
            self._say(words.attacking(self.player.view, who))
            making = self.attacker.attack(*material, who)
            self.run_worker(self._attack(making, *material), exit_on_error=True)

    async def _attack(self, making: Awaitable[Attacks], scenario: Scenario, state: State) -> None:
        """In a task of its own: keys go on working, however long it takes."""
        try:
            attacks = await making
        except EngineError as error:
            self._say(str(error))
            return
        # Screens change between keys, never during one.
        self.call_later(self._attacked, attacks, scenario, state)

    async def _attacked(self, attacks: Attacks, scenario: Scenario, state: State) -> None:
        self.attacker.show(attacks)
        self.notice = ""
        record = attacks.record
        read = record.succeeded or record.close
        self.tour.attacked(read, masked=record.obstacle == "masks")
        if isinstance(self.screen, Lab | Page) and self.screen.name != "attack":
            await self.action_page("attack")
        self._show()
        trying = self.attacker.try_defences(attacks, scenario, state, self._show)
        self.run_worker(trying, exit_on_error=True)

    async def action_copy_code(self) -> None:
        """The scenario as a code: to the terminal's clipboard, and whole on a page."""
        try:
            code = self.player.scenario.to_code()
        except EngineError as error:
            self._say(str(error))
            return
        self.copy_to_clipboard(code)
        await self.action_page("code")

    def action_next_theme(self) -> None:
        """Other colours."""
        self.worn = True
        self._wear(theme.after(self.palette))
        self._say(words.theme(self.palette.told))

    def _wear(self, palette: Palette) -> None:
        self.palette = palette
        self.theme = palette.textual.name

    def action_save(self, ending: str) -> None:
        """The run so far as JSON or CSV, or the screen as SVG: a file in the folder we started in."""
        try:
            path = export.save(Path.cwd(), self.player.view.title, ending, self._exported(ending))
        except EngineError as error:
            self._say(str(error))
        else:
            self._say(words.saved(str(path), self.player.view.own_data))

    def _exported(self, ending: str) -> str:
        if ending == "svg":
            return self.export_screenshot(title="fedtui")
        result = self.player.branch.result().as_dict()
        return export.as_csv(result) if ending == "csv" else export.as_json(result)

    def action_lesson(self) -> None:
        """The first five minutes, from where they were left, or from their beginning."""
        if self.tour.begun and not self.tour.open:
            self.tour.open = True
            self._say(words.LESSON_AGAIN)
            return
        self.tour.again()
        self._act(self.player.to_start)

    @property
    def idle(self) -> bool:
        """Whether nothing moves, nothing is waited for, and everything is loaded."""
        busy = self._feeding or self.attacker.busy or self._describer.busy
        return self._plots_ready and self._resting and not busy

    def action_command_palette(self) -> None:
        """Every action by its name."""
        if not isinstance(self.screen, Search):
            self.push_screen(Search(placeholder=words.SEARCH, id="--command-palette"))

    async def action_help(self) -> None:
        """What the view is, every key, signs and words."""
        below = self.screen.name or "" if isinstance(self.screen, Page) else ""
        if below == "help":
            await self.screen.dismiss(None)
            return
        await self.push_screen(Page(views.help_of(below, self.manner.glyphs), Lab.BINDINGS, "help"))
        self._show()

    def action_close(self) -> None:
        """Close what is open: a notice, else the lesson."""
        if self.notice:
            self.notice = ""
        elif self.keeping and self.keeping.offer:
            self.keeping.offer = None
        elif self.player.forking is not None:
            self.player.forking = None
        elif self.tour.open:
            self.tour.open = False
            self.notice = "" if lesson.over(self.tour.progress) else words.LESSON_LEFT
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
    return words.before_name(old, new)
