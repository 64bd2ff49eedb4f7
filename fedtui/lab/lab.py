"""The lab's screen: places the parts for the size it has, and hands each shot on to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import Screen

from fedtui.lab.canvas import Canvas
from fedtui.lab.keys import KEYS
from fedtui.lab.layout import layout
from fedtui.lab.scene import PARTS, too_small
from fedtui.lab.shot import Shot
from fedtui.lab.widgets import Drawn, Paned


def _told(shot: Shot) -> Any:
    """What panels of text depend on: everything but the motion. Views are compared by identity."""
    return (id(shot.told), shot.chosen, shot.notice)


_DEPENDS: Mapping[str, Callable[[Shot], Any]] = {
    "header": lambda s: (
        s.view.round,
        s.view.title,
        s.view.seed,
        s.playing,
        s.speed,
        s.rerun,
        id(s.view),
    ),
    "diagram": lambda s: (id(s.view), s.chosen, s.motion),
    "rail": lambda s: id(s.view),
    "plot": lambda s: (
        s.view.points,
        s.before,
        s.before_name,
        s.plot,
        s.plots_ready,
        s.view.ready,
        s.view.rounds,
        s.view.held_out,
        s.view.pooled,
        s.view.alone,
    ),
    "keys": lambda s: (s.playing, tuple(s.view.switches)),
}


_WIDE = ("diagram",)  # pictures that change in places far apart


class Lab(Screen[None]):
    """The first view. It knows no player: keys run the app's actions, `show` brings what to draw."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key.keys, f"app.{key.action}", key.does, key_display=key.shown, show=False)
        for key in KEYS
    ]
    DEFAULT_CSS = """
    Lab { layers: base; overflow: hidden; }
    Lab > Drawn { position: absolute; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shot: Shot | None = None

    def compose(self) -> ComposeResult:
        """Every part, and the sentence for a terminal that is too small."""
        for name, part in PARTS.items():
            kind = Paned if name in _WIDE else Drawn
            yield kind(part, _DEPENDS.get(name, _told), id=name)
        yield Drawn(_small, lambda shot: None, id="small")

    def on_resize(self, event: events.Resize) -> None:
        """Place the parts anew."""
        self._place(event.size)

    def _place(self, size: Size) -> None:
        boxes = layout(size.width, size.height)
        for part in self.query(Drawn):
            box = boxes.get(str(part.id))
            if part.id == "small" and not boxes:
                box = (0, 0, size.width, size.height)  # type: ignore[assignment]
            part.display = box is not None
            if box:
                x, y, width, height = box
                part.styles.offset = (x, y)
                part.styles.width, part.styles.height = width, height
        if self._shot:
            self.show(self._shot)

    def show(self, shot: Shot) -> None:
        """Draw `shot`."""
        self._shot = shot
        for part in self.query(Drawn):
            if part.display:
                part.show(shot)


def _small(shot: Shot, width: int, height: int) -> Canvas:
    return too_small(Canvas(width, height, shot.glyphs))
