"""A page over the whole screen: blocks in lines, of which as many are seen as there is room for.

What stands on it is a pure function of facts (`fedtui.pages`); the page lays it out for the width it
has, remembers how far down it is, and is shown new facts while it stays open. The app's own keys act
on the app as they do on the lab; only those that move through the lines are the page's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap, BindingType
from textual.screen import Screen

from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit, width
from fedtui.lab.glyphs import UNICODE, Glyphs
from fedtui.lab.header import header
from fedtui.lab.layout import SMALLEST
from fedtui.lab.scene import too_small
from fedtui.lab.shot import Shot
from fedtui.lab.widgets import Drawn
from fedtui.pages import words as say
from fedtui.pages.blocks import Content, Line, lay
from fedtui.safe import safe

_TOP = 2  # rows above the lines: the header, and air
_FOOT = 2  # rows below: air, and the foot
_MARGIN = 2  # cells on both sides
_WIDEST = 110  # cells: a longer line is hard to read


class Page(Screen[None]):
    """One page. `show` brings what to draw; the app opens it and closes it by its own keys.

    Args:
        content: What stands on the page, from the facts that `show` is given.
        bindings: The keys of the app that keep acting on it.
        enter: The app's action that Enter closes this page for, if any.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", "up", show=False),
        Binding("down", "scroll(1)", "down", show=False),
        Binding("pageup", "scroll_page(-1)", "a page up", show=False),
        Binding("pagedown", "scroll_page(1)", "a page down", show=False),
        Binding("home", "scroll_to(0)", "to the top", show=False),
        Binding("end", "scroll_to(1)", "to the end", show=False),
        Binding("escape", "close_page", "close", show=False),
    ]
    DEFAULT_CSS = """
    Page { layers: base; overflow: hidden; }
    Page > Drawn { width: 100%; height: 100%; }
    """

    def __init__(
        self,
        content: Callable[..., Content],
        bindings: Iterable[BindingType] = (),
        name: str = "",
        enter: str = "",
    ) -> None:
        super().__init__(name=name or None)
        own = [binding.key for binding in Binding.make_bindings(self.BINDINGS)]
        leaves = [Binding("enter", f"leave_for('{enter}')", show=False)] if enter else []
        others = (b for b in Binding.make_bindings(bindings) if b.key != "enter" or not enter)
        self._bindings = acting(self._bindings, own, [*others, *leaves])
        self._content = content
        self._facts: tuple[Any, ...] | None = None
        self._blocks: Content = ()
        self._lines: list[Line] = []
        self._laid_for: Any = None
        self._shot: Shot | None = None
        self._top = 0
        self._drawn = Drawn(self._draw, self._depends, id="page")

    def compose(self) -> ComposeResult:
        """One canvas, as large as the screen."""
        yield self._drawn

    def show(self, shot: Shot, *facts: Any) -> None:
        """Draw the page of `facts`; facts that are those of before cost nothing."""
        if self._facts is None or self._facts != facts:
            self._facts, self._blocks = facts, self._content(*facts)
        self._shot = shot
        self._drawn.show(shot)

    def action_scroll(self, by: int) -> None:
        """So many lines down."""
        self._go(self._top + by)

    def action_scroll_page(self, by: int) -> None:
        """So many screens down, a line of the old one kept."""
        self._go(self._top + by * max(1, self._room - 1))

    def action_scroll_to(self, end: int) -> None:
        """To the top, or to the end."""
        self._go(len(self._lines) if end else 0)

    def action_close_page(self) -> None:
        """Back to what lies below."""
        if self.is_active:  # dismissing takes what is on top, whichever screen that is
            self.dismiss(None)

    async def action_leave_for(self, action: str) -> None:
        """Close, and let the app do something."""
        if self.is_active:
            self.dismiss(None)
            await self.app.run_action(action)

    def _go(self, top: int) -> None:
        self._top = max(0, min(top, len(self._lines) - self._room))
        if self._shot:
            self._drawn.show(self._shot)

    @property
    def _room(self) -> int:
        """Rows for lines."""
        return max(1, self.size.height - _TOP - _FOOT)

    def _depends(self, shot: Shot) -> Any:
        view = shot.view
        header = (view.title, view.round, view.seed, view.switches, shot.playing, shot.speed)
        rerun = shot.rerun and (shot.rerun, len(view.points))
        return (self._facts, self._top, shot.notice, shot.glyphs, header, rerun, shot.replay)

    def _draw(self, shot: Shot, wide: int, high: int) -> Canvas:
        if wide < SMALLEST[0] or high < SMALLEST[1]:
            return too_small(Canvas(wide, high, shot.glyphs))
        self._lay(wide, shot.glyphs)
        self._top = max(0, min(self._top, len(self._lines) - self._room))
        return draw(shot, self._lines, self._top, wide, high)

    def _lay(self, wide: int, glyphs: Glyphs) -> None:
        laid_for = (self._facts, wide, glyphs)
        if laid_for != self._laid_for:
            self._laid_for, self._lines = laid_for, lines_of(self._blocks, wide, glyphs)


def acting(
    inherited: BindingsMap, own: Iterable[str], of_app: Iterable[BindingType]
) -> BindingsMap:
    """A screen's `own` keys, and those of the app that the screen does not need itself."""
    kept, taken = inherited.key_to_bindings, set(own)
    others = (b for b in Binding.make_bindings(of_app) if b.key not in taken)
    return BindingsMap.from_keys({**kept, **{b.key: [b] for b in others}})


def lines_of(content: Content, wide: int, glyphs: Glyphs = UNICODE) -> list[Line]:
    """The lines of a page on a screen `wide` cells wide."""
    return lay(content, min(_WIDEST, wide - 2 * _MARGIN), glyphs)


def _views(canvas: Canvas, room: int) -> None:
    """The keys that lead from view to view, where there is room for all of them."""
    if room > 2 + sum(len(key) + len(name) + 3 for key, name in say.VIEWS):
        x = 1
        for key, name in say.VIEWS:
            x = canvas.parts(x, canvas.height - 1, (key, "key"), (f" {name}  ", "dim"))


def draw(shot: Shot, lines: list[Line], top: int, wide: int, high: int) -> Canvas:
    """Header, the lines from `top` on, and the foot."""
    canvas = Canvas(wide, high, shot.glyphs)
    canvas.paste(header(shot, wide), 0, 0)
    room = high - _TOP - _FOOT
    for y, line in enumerate(lines[top : top + room], _TOP):
        canvas.parts(_MARGIN, y, *line)
    closes = canvas.right(wide - 1, high - 1, say.CLOSES, "dim")
    foot = say.foot(max(0, len(lines) - top - room), top)
    left = closes - 3 - width(foot)
    if foot:
        canvas.put(left, high - 1, foot, "key")
    if shot.notice:
        canvas.put(1, high - 1, fit(safe(shot.notice), left - 3), "bright")
    else:
        _views(canvas, left - 2)
    return canvas
