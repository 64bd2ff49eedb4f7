"""The branches: a list to go through, to fork, rename and delete in.

To go somewhere or to fork closes the list, and is its result. To rename or delete is a message to
the app, which shows the list anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit
from fedtui.lab.header import header
from fedtui.lab.layout import SMALLEST
from fedtui.lab.page import acting, lines_of
from fedtui.lab.scene import too_small
from fedtui.lab.shot import Shot
from fedtui.lab.widgets import Drawn
from fedtui.pages import words as say
from fedtui.pages.blocks import Cell, Column, Content, Heading, Said, Table
from fedtui.pages.compare import BranchFacts, settings_of
from fedtui.safe import safe

LONGEST_NAME = 40
_MARGIN = 2
_COLUMNS = (
    Column("", style="accent"),
    Column("branch", style="bright"),
    Column("rounds", right=True),
    Column("right", right=True),
    Column("settings", style="dim"),
)


@dataclass(frozen=True)
class Go:
    """Show this branch."""

    index: int


@dataclass(frozen=True)
class Fork:
    """The next switch holds from the next round on."""


class Branches(Screen[Go | Fork | None]):
    """The list. `show` brings the branches, and does so again whenever they have changed."""

    @dataclass
    class Rename(Message):
        """Call a branch by another name."""

        index: int
        name: str

    @dataclass
    class Delete(Message):
        """Forget a branch, which is not the one on the screen."""

        index: int

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("home", "move(-999)", "to the first", show=False),
        Binding("end", "move(999)", "to the last", show=False),
        Binding("enter", "go", "go there", show=False),
        Binding("n", "fork", "fork here", show=False),
        Binding("r", "rename", "rename", show=False),
        Binding("d", "delete", "delete", show=False),
        Binding("escape", "close_list", "close", show=False),
    ]
    AUTO_FOCUS: ClassVar[str | None] = ""  # keys are keys until a name is asked for
    DEFAULT_CSS = """
    Branches { layers: base over; overflow: hidden; }
    Branches > Drawn { width: 100%; height: 100%; }
    Branches > Input, Branches > Input:focus {
        layer: over; dock: bottom; height: 1; border: none; padding: 0 1;
    }
    Branches > Input { display: none; }
    """

    def __init__(self, bindings: Iterable[BindingType] = ()) -> None:
        super().__init__()
        own = [b.key for b in Binding.make_bindings(self.BINDINGS)]
        self._bindings = acting(self._bindings, own, bindings)
        self.branches: Sequence[BranchFacts] = ()
        self.cursor = -1
        self._told = ""
        self._shot: Shot | None = None
        self._drawn = Drawn(self._draw, self._depends, id="branches")
        self._field = Input(max_length=LONGEST_NAME, id="new-name")

    def compose(self) -> ComposeResult:
        """The list, and over its last line the field for a name while one is asked for."""
        yield self._drawn
        yield self._field

    def show(self, shot: Shot, branches: Sequence[BranchFacts]) -> None:
        """Draw the list; the cursor begins on the branch that is on the screen."""
        self._shot, self.branches = shot, tuple(branches)
        if self.cursor < 0:
            self.cursor = next((i for i, b in enumerate(branches) if b.shown), 0)
        self.cursor = max(0, min(self.cursor, len(branches) - 1))
        self._drawn.show(shot)

    def action_move(self, by: int) -> None:
        """To another line."""
        self._say("")
        self.cursor = max(0, min(self.cursor + by, len(self.branches) - 1))
        self._again()

    def action_go(self) -> None:
        """Show the branch at the cursor."""
        if self.branches:
            self._close(Go(self.cursor))

    def action_fork(self) -> None:
        """From the round on the screen on."""
        self._close(Fork())

    def action_rename(self) -> None:
        """Ask for a name."""
        if self.branches:
            self._field.value = safe(self.branches[self.cursor].name)[:LONGEST_NAME]
            self._field.display = True
            self._field.focus()
            self._say(say.RENAME)

    def action_delete(self) -> None:
        """Forget the branch at the cursor, unless it is on the screen."""
        if not self.branches:
            return
        if self.branches[self.cursor].shown:
            self._say(say.KEEP_SHOWN)
        else:
            self.post_message(self.Delete(self.cursor))

    def action_close_list(self) -> None:
        """Close the field, or the list."""
        if self._field.display:
            self._put_away()
        else:
            self._close(None)

    def _close(self, wish: Go | Fork | None) -> None:
        if self.is_active:  # dismissing takes what is on top, whichever screen that is
            self.dismiss(wish)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A name; an empty one leaves the old one."""
        event.stop()
        name = event.value.strip()
        self._put_away()
        if name:
            self.post_message(self.Rename(self.cursor, name))

    def _put_away(self) -> None:
        self._field.display = False
        self.set_focus(None)
        self._say("")

    def _say(self, sentence: str) -> None:
        self._told = sentence
        self._again()

    def _again(self) -> None:
        if self._shot:
            self._drawn.show(self._shot)

    def _depends(self, shot: Shot) -> Any:
        view = shot.view
        clock = (view.round, len(view.points), shot.playing, shot.speed, shot.rerun, view.title)
        return (self.branches, self.cursor, self._told, shot.notice, shot.glyphs, clock)

    def _draw(self, shot: Shot, wide: int, high: int) -> Canvas:
        if wide < SMALLEST[0] or high < SMALLEST[1]:
            return too_small(Canvas(wide, high, shot.glyphs))
        return draw(shot, self.branches, self.cursor, self._told, wide, high)


def draw(
    shot: Shot, branches: Sequence[BranchFacts], cursor: int, told: str, wide: int, high: int
) -> Canvas:
    """The list, as much of it as there is room for, the cursor's line always."""
    canvas = Canvas(wide, high, shot.glyphs)
    canvas.paste(header(shot, wide), 0, 0)
    opening = lines_of([Heading(say.BRANCHES), Said(say.WHAT_A_BRANCH_IS, "dim"), Said("")], wide)
    heads, *rows = lines_of(_table(branches, cursor), wide, shot.glyphs)
    room = high - 2 - len(opening) - 1 - 4
    top = max(0, min(cursor - room // 2, len(rows) - room))
    lines = [*opening, heads, *rows[top : top + room], (), ((say.FORK_HOLDS, "dim"),)]
    for y, line in enumerate(lines, 2):
        canvas.parts(_MARGIN, y, *line)
    if sentence := told or shot.notice:
        canvas.put(1, high - 2, fit(safe(sentence), wide - 2), "bright")
    x = 1
    for key, does in say.BRANCH_KEYS:
        x = canvas.parts(x, high - 1, (key, "key"), (f" {does}   ", "dim"))
    return canvas


def _table(branches: Sequence[BranchFacts], cursor: int) -> Content:
    return [Table(_COLUMNS, tuple(_row(branches, i, cursor) for i in range(len(branches))))]


def _row(branches: Sequence[BranchFacts], i: int, cursor: int) -> tuple[Cell, ...]:
    branch = branches[i]
    view = branch.view
    last = f"{view.points[-1].correct:,} of {view.held_out:,}" if view.points else "–"
    where = f"{say.ON_SCREEN}; " if branch.shown else ""
    return (
        "▸" if i == cursor else "",
        (branch.name, "accent" if i == cursor else "bright"),
        f"{branch.rounds_done} of {view.rounds}",
        last,
        where + settings_of(branch, branches[0]),
    )
