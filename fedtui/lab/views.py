"""The pages by their names: which content each shows, and of which facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fedtui import lesson, words
from fedtui.lab.glyphs import UNICODE, Glyphs
from fedtui.lab.keys import KEYS
from fedtui.pages import (
    attack,
    code,
    compare,
    data,
    equation,
    keys_and_words,
    lessons,
    messages,
    readers,
)
from fedtui.pages import words as say
from fedtui.pages.blocks import Content
from fedtui.player import Player
from fedtui.tour import Tour

if TYPE_CHECKING:
    from engine.attacks.defences import Stand
    from engine.attacks.every import Attacks
    from fedtui.branch import Branch
    from fedtui.described import Described
    from fedtui.view import View

ENTER = {"lessons": "app.lesson"}  # what Enter does on a page, besides closing it
NUMBERED = {2: "data", 3: "compare", 4: "messages", 5: "lessons"}  # 1 is the lab itself


@dataclass(frozen=True, eq=False)
class Desk:
    """What pages are made of."""

    player: Player
    tour: Tour
    chosen: int
    attacks: Attacks | None
    stands: tuple[Stand | None, ...] = ()
    described: Described | None = None


Facts = Callable[[Desk], tuple[Any, ...]]


def branches(player: Player) -> tuple[compare.BranchFacts, ...]:
    """Every branch, as pages tell of it: the shown one as it is on the screen, as on every other page."""
    return tuple(
        _facts(branch, player.shown if branch is player.branch else branch.last, player)
        for branch in player.branches
    )


def _facts(branch: Branch, view: View, player: Player) -> compare.BranchFacts:
    coming_back = len(branch.last.points) < len(branch.heard)  # its rounds are known from before
    return compare.BranchFacts(
        name=branch.name or words.branch_name(branch.last),
        view=view,
        shown=branch is player.branch,
        fork=branch.fork,
        rounds_done=len(branch.curve if coming_back else view.points),
    )


def _lesson_steps(tour: Tour) -> tuple[tuple[str, bool, bool], ...]:
    at = lesson.NAMES.index(lesson.step(tour.progress).name)
    return tuple(
        (step.title, place < at, place == at and tour.open)
        for place, step in enumerate(lesson.STEPS[:-1])
    )


def help_of(view: str, glyphs: Glyphs) -> Callable[[], Content]:
    """The help over the view called `view`."""
    keys = tuple((key.shown, key.does) for key in KEYS)
    signs = tuple((glyphs[name], told) for name, told in say.SIGNS.items())
    return partial(keys_and_words.content, view, keys, signs)


def _code(desk: Desk) -> tuple[Any, ...]:
    scenario = desk.player.branch.scenario
    return (scenario.to_code(), scenario.on_own_data) if scenario else ("", False)


def _data(desk: Desk) -> tuple[Any, ...]:
    return *_told(desk), desk.described, desk.player.branch.recorded


def _in_full(desk: Desk) -> tuple[str, ...]:
    """What the lab may have cut; while it plays, sentences would come and go under a reader's eyes."""
    return () if desk.player.playing else tuple(words.in_full(*_told(desk)))


def _told(desk: Desk) -> tuple[Any, ...]:
    return desk.player.shown, desk.chosen


PAGES: Mapping[str, tuple[Callable[..., Content], Facts]] = {
    "equation": (equation.content, _told),
    "readers": (readers.content, lambda desk: (desk.player.shown,)),
    "data": (data.content, _data),
    "messages": (messages.content, _told),
    "compare": (compare.content, lambda desk: (branches(desk.player),)),
    "lessons": (lessons.content, lambda desk: (_lesson_steps(desk.tour),)),
    "help": (help_of("", UNICODE), lambda desk: (_in_full(desk),)),
    "code": (code.content, _code),
    "attack": (
        lambda *facts: attack.content(attack.Attacked(*facts)),
        lambda desk: (desk.player.shown, desk.attacks, desk.stands),
    ),
}
