"""The player: branches of a run, the one we look at, and where in it we are.

To pause is not to ask for the next event, to go back is to look at an older frame. Every way forward
is a goal; keys pressed faster than the engine works queue theirs, so that three rounds forward are
three. Whoever drives the player asks the branch it names in `asking`, gives the answer to `take`, and
calls `forward` or `rush` until the goal is reached; no thread, clock or screen is known here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import RunError
from engine.events import Event
from engine.scenario import Scenario
from engine.state import State
from fedtui import worlds
from fedtui.branch import Answer, Branch, Run
from fedtui.goals import (
    BEGINNING,
    END,
    PLAY,
    READY,
    ROUND,
    STEP,
    Goal,
    at_place,
    change,
    place,
    rests,
    round_end,
)
from fedtui.view import View, start

FLIPS = ("fedprox", "privacy", "masking", "compression")
_BRANCHES_KEPT = 8
_KEYS_WAITING = 99


@dataclass(eq=False)
class Player:
    """The branches, the one shown, and the cursor in it.

    Attributes:
        run: Starts a scenario: `engine.simulate`, or a script in tests.
        before: The branch whose curve stays grey under the shown one.
        undone: Branches to return to, the latest last.
        forking: The round after which the next switch is to hold; None where it holds from round 1,
            or from where the shown branch was forked.
    """

    run: Run
    branch: Branch
    cursor: int = 0
    goals: list[Goal] = field(default_factory=lambda: [READY])  # in turn; the first is in force
    playing: bool = False
    before: Branch | None = None
    undone: list[Branch] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)  # switches' settings while off
    ahead: int = 4  # frames to have in hand while playing
    forking: int | None = None

    @classmethod
    def of(cls, scenario: Scenario, run: Run) -> Player:
        """A player for a scenario that has not begun."""
        branch = Branch(scenario, run(scenario, None), [start(scenario)])
        return cls(run, branch, branches=[branch])

    @classmethod
    def replaying(cls, events: Iterator[Event], title: str, run: Run) -> Player:
        """A player for recorded events; a switch or another seed runs the recorded scenario anew."""
        opening = View(title=title, rounds=0, seed=0, settings={}, switches={})
        branch = Branch(None, events, [opening], recorded=True)
        return cls(run, branch, branches=[branch])

    # What is shown

    @property
    def view(self) -> View:
        """The frame at the cursor."""
        return self.branch.frames[self.cursor]

    @property
    def shown(self) -> View:
        """What to show: the frame at the cursor, or on a long jump the last round end before it."""
        return self.last_round if self.jumping else self.view

    @property
    def last_round(self) -> View:
        """The end of the last round up to the cursor; the start before there is one."""
        if self.view.moment == "RoundFinished":
            return self.view
        return self.branch.frames[self._earlier(lambda view: view.moment == "RoundFinished")]

    @property
    def next_frame(self) -> View | None:
        """The frame after the cursor, if the engine has got there."""
        frames = self.branch.frames
        return frames[self.cursor + 1] if self.cursor + 1 < len(frames) else None

    @property
    def aim(self) -> Goal | None:
        """The goal in force, else to play on. A step that others wait for is hurried."""
        if not self.goals:
            return PLAY if self.playing else None
        return self.goals[0] if len(self.goals) == 1 else replace(self.goals[0], paced=False)

    @property
    def jumping(self) -> bool:
        """Whether the cursor is on its way to somewhere and the frames between do not matter."""
        return self.aim is not None and not self.aim.paced and self.view.ready

    @property
    def heading(self) -> int:
        """The round that a rerun goes to; 0 where there is none."""
        target = self.goals[0].target if self.goals and self.view.ready else None
        return target[0] if target else 0

    # The way forward

    @property
    def asking(self) -> Branch | None:
        """The branch whose next event is needed; None where nothing is."""
        in_hand = len(self.branch.frames) - 1 - self.cursor
        wanted = 1 if self.goals else self.ahead
        idle = self.aim is None or self.branch.exhausted or in_hand >= wanted
        return next(self._behind(), None) if idle else self.branch

    def _behind(self) -> Iterator[Branch]:
        """Branches of an earlier session that have not got back to where they were."""
        return (b for b in self.branches if not b.exhausted and len(b.last.points) < b.until)

    def take(self, branch: Branch, answer: Answer) -> None:
        """Give `branch` the answer it gave when asked; a branch that cannot begin is left again."""
        branch.take(answer)
        if branch.error and not branch.last.ready and branch is self.branch and self.undone:
            error = branch.error
            self.branches.remove(branch)
            known = self.before if self.before in self.branches else None  # or refused as well
            self._show(self.undone.pop(), before=known)
            raise RunError(error)

    def forward(self) -> bool:
        """Move one frame towards the goal; whether the cursor moved."""
        aim, coming = self.aim, self.next_frame
        if aim is None:
            return False
        if coming is None or aim.beyond(coming):
            if coming is not None or self.branch.exhausted:
                self._arrive()
            return False
        self.cursor += 1
        if aim.met(coming):
            self._arrive()
        return True

    def rush(self) -> None:
        """Jump as far towards an unpaced goal as frames are known."""
        while (aim := self.aim) and not aim.paced:
            waiting = len(self.goals)
            if not self.forward() and len(self.goals) == waiting:
                break

    def _arrive(self) -> None:
        self.goals = self.goals[1:]
        at_end = self.branch.exhausted and self.next_frame is None
        self.playing = self.playing and not at_end and not self.view.finished

    def _seek(self, goal: Goal) -> None:
        self.playing = False
        waiting = [] if END in self.goals else self.goals[:_KEYS_WAITING]
        self.goals = [*waiting, goal]
        self.rush()

    # Keys

    def toggle(self) -> None:
        """Play, or pause; a jump under way is stopped, a finished run is played from its start."""
        self.playing = not (self.playing or self.jumping)
        self.goals = [] if self.view.ready else [READY]
        if self.playing and self.view.finished:
            self.cursor = self.branch.home

    def step(self) -> None:
        """To the next moment."""
        self._seek(STEP)

    def step_back(self) -> None:
        """To the moment before."""
        self._look(self._earlier(rests))

    def round_forward(self) -> None:
        """To the end of this round, or of the next where we are at one."""
        self._seek(ROUND)

    def round_back(self) -> None:
        """To the end of the round before."""
        self._look(self._earlier(lambda view: view.moment == "RoundFinished"))

    def to_start(self) -> None:
        """Before round 1."""
        self._look(self.branch.home)

    def to_end(self) -> None:
        """To the last frame of the run."""
        self._seek(END)

    def _earlier(self, wanted: Callable[[View], bool]) -> int:
        home = self.branch.home
        back = range(self.cursor - 1, home, -1)
        return next((i for i in back if wanted(self.branch.frames[i])), home)

    def _look(self, cursor: int) -> None:
        self.playing, self.goals = False, [] if self.view.ready else [READY]
        self.cursor = min(cursor, self.cursor)

    # Other worlds

    def flip(self, section: str) -> None:
        """Switch `section` on or off and run again to where we are, at once, with the same seed.

        Raises:
            EngineError: The mix cannot run, in one sentence; nothing has changed.
        """
        now = self.settings
        if now.on(section):
            kept = worlds.dotted(section, now.given.get(section, {}))
            # A switch is to protect: privacy without its noise is not what it comes back as.
            self.kept[section] = {k: v for k, v in kept.items() if v not in (math.inf, "inf")}
        self.change(worlds.flipped(now, section, self.kept.get(section, {})))

    def change(self, wanted: Scenario) -> None:
        """Run under `wanted`'s settings to where we are: from round 1, or from the fork on."""
        fork, here = self.forked_at, place(self.view)
        self._enter_world(worlds.from_round(self.scenario, fork, wanted), fork)
        if fork and here < change(fork + 1) and not self.goals[:-1]:
            self.goals = [at_place(change(fork + 1))]  # where the switch can be seen
            self.rush()

    def open(self, scenario: Scenario) -> None:
        """Show another scenario, before its first round."""
        self._enter_world(scenario, fork=0)
        self.cursor, self.before = 0, None
        self.goals = [READY]

    def without_noise(self) -> None:
        """Run again with all that privacy does but the noise: what its price is measured from."""
        self.change(self.settings.replace({"privacy.epsilon": math.inf}))

    def again(self, seed: int | None = None) -> None:
        """Run again to where we are: with the same seed, or another."""
        scenario = self.scenario
        other = scenario if seed is None else scenario.replace({"seed": seed})
        self._enter(self._begin(other, self.branch.fork, shared=0))

    def to_miss(self, name: str) -> int:
        """The round of which the hospital called `name` is to drop out, or in which it is to stay.

        The one shown; or the next, once nothing is left in this one that a hospital could miss: a round
        is not written anew while it is watched.
        """
        now = max(1, self.view.round)
        ahead = worlds.point(self.scenario, self.view.points_ahead)
        here = ahead or self.drops(name, now) or now == self.view.rounds
        return now if here else now + 1

    def drop(self, name: str, round: int) -> None:
        """Let the hospital called `name` drop out of `round`; or stay, where it was dropped before.

        It falls away at the next point that lies ahead of the moment shown.
        """
        ahead = self.view.points_ahead if round <= max(1, self.view.round) else ()
        where = worlds.point(self.scenario, ahead) or "before"
        wanted = worlds.dropped(self.scenario, round, name, where)
        fork = self.branch.fork
        self._enter_world(wanted, fork, shared=min(fork, round - 1))

    def drops(self, name: str, round: int) -> bool:
        """Whether the hospital called `name` was let fall away in `round`."""
        return worlds.drops(self.scenario, round, name)

    def fork(self) -> int:
        """Let the next switch hold from the next round on; returns the round we fork after.

        Raises:
            RunError: No round is left to change.
        """
        done = len(self.view.points)
        if done >= self.view.rounds:
            raise RunError("fork: the last round is done; go back to an earlier one with [ first.")
        self.forking = done
        return done

    def undo(self) -> bool:
        """Return to the branch before the last flip; whether there was one."""
        self.forking = None
        if not self.undone:
            return False
        self._show(self.undone.pop(), before=self.branch)
        return True

    def go_to(self, branch: Branch) -> None:
        """Show another of the branches, where we are in it."""
        if branch is not self.branch:
            self._enter(branch)

    def delete(self, branch: Branch) -> None:
        """Forget a branch, but for the one that is shown."""
        if branch is self.branch:
            raise RunError("branches: the one on the screen stays; go to another one first.")
        self.branches.remove(branch)
        self.undone = [b for b in self.undone if b is not branch]
        self.before = None if self.before is branch else self.before

    @property
    def settings(self) -> Scenario:
        """The settings that a switch starts from."""
        return worlds.in_force(self.scenario, self.forked_at)

    @property
    def forked_at(self) -> int:
        """The round after which a switch holds; 0: from the start."""
        return self.branch.fork if self.forking is None else self.forking

    def material(self) -> tuple[Scenario, State] | None:
        """The settings in force in this round and the state it starts from; None where not known."""
        round = max(1, self.view.round)
        state = self.branch.state(round - 1)
        return (self.scenario.at(round), state) if state else None

    @property
    def scenario(self) -> Scenario:
        """The shown branch's scenario.

        Raises:
            RunError: A recording that has not said it yet.
        """
        if self.branch.scenario is None:
            raise RunError("the recording has not begun; wait a moment and try again")
        return self.branch.scenario

    def _enter_world(self, scenario: Scenario, fork: int, shared: int | None = None) -> None:
        """Go to the branch of `scenario`, one that is known or a new one."""
        alike = (b for b in self.branches if b.scenario == scenario and b.fork == fork)
        known = next((b for b in alike if not b.error), None)
        self._enter(known or self._begin(scenario, fork, fork if shared is None else shared))

    def _enter(self, branch: Branch) -> None:
        self.undone.append(self.branch)
        self._show(branch, before=self.branch)

    def _show(self, branch: Branch, before: Branch | None) -> None:
        under_way = [goal.target for goal in self.goals if goal.target]
        target = under_way[0] if under_way else max(place(self.view), BEGINNING)
        self.before, self.branch, self.forking = before, branch, None
        known = self.branches if branch in self.branches else [*self.branches, branch]
        self.branches = _tidied(known, (branch, before))
        self.undone = [b for b in self.undone if b in self.branches]
        self.cursor = 0
        waiting = [goal for goal in self.goals if not goal.target and goal is not READY]
        self.goals = [at_place(target), *waiting]
        self.rush()

    def _begin(self, scenario: Scenario, fork: int, shared: int) -> Branch:
        """A new world that has its first `shared` rounds in common with the shown one.

        Patients and baselines are the shown world's, where they are the same.
        """
        state = self.branch.state(shared)
        own = self.scenario.references == scenario.references
        events = self.run(scenario, state if own else None)
        if not (shared and state):
            return Branch(scenario, events, [start(scenario)], fork=fork)
        frames, lasting = self.branch.up_to(shared)
        return Branch(scenario, events, frames, self.branch.beginning, fork=fork, lasting=lasting)

    # An earlier session

    def restore(self, branches: list[Branch], shown: int, before: int | None, round: int) -> None:
        """Take up an earlier session's branches and go to the end of `round` in the one shown."""
        self.playing, self.undone, self.forking = False, [self.branch], None
        self.branches, self.branch = branches, branches[shown]
        self.before = None if before is None else branches[before]
        self.cursor, self.goals = 0, [round_end(round) if round else READY]


def _tidied(branches: list[Branch], needed: tuple[Branch | None, ...]) -> list[Branch]:
    """The newest few, those with a name and those on the screen, in the order of their making."""
    newest = branches[-_BRANCHES_KEPT:]
    return [b for b in branches if b.name or b in newest or b in needed]
