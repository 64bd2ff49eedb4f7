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
from fedtui.lab.layout import Box, layout
from fedtui.lab.scene import PARTS, too_small
from fedtui.lab.shot import Shot
from fedtui.lab.widgets import Drawn, Paned


def _told(shot: Shot) -> Any:
    """What panels of text depend on: everything but the motion. Views compare by identity."""
    return (shot.told, shot.chosen, shot.notice)


def _in_header(shot: Shot) -> Any:
    view = shot.view
    return (
        view.title,
        view.round,
        view.seed,
        view.switches,
        shot.playing,
        shot.speed,
        _rerun(shot),
        shot.replay,
    )


def _rerun(shot: Shot) -> Any:
    return shot.rerun and (shot.rerun, len(shot.view.points))


def _in_plot(shot: Shot) -> Any:
    view = shot.view
    plan = view.privacy or {}
    promised = tuple(plan.get(key) for key in ("unit", "noise_by", "budget", "delta"))
    known = (view.rounds, view.held_out, view.pooled, view.alone, promised)
    return (view.points, shot.before, shot.before_name, shot.plot, shot.plots_ready, *known)


_DEPENDS: Mapping[str, Callable[[Shot], Any]] = {
    "header": _in_header,
    "rail": lambda shot: shot.view,
    "diagram": lambda shot: (shot.view, shot.told, shot.chosen, shot.motion),
    "plot": _in_plot,
    "coach": lambda shot: shot.coach,
    "keys": lambda shot: (shot.playing, tuple(shot.view.switches)),
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
        self._coached = 0  # lines of the coach that there is room for now
        self._parts = [
            (Paned if name in _WIDE else Drawn)(part, _DEPENDS.get(name, _told), id=name)
            for name, part in PARTS.items()
        ]
        self._small = Drawn(_small, lambda shot: None, id="small")

    def compose(self) -> ComposeResult:
        """Every part, and the sentence for a terminal that is too small."""
        yield from self._parts
        yield self._small

    def on_resize(self, event: events.Resize) -> None:
        """Place the parts anew."""
        self._place(event.size)

    def _place(self, size: Size) -> None:
        self._coached = len(self._shot.coach) if self._shot else 0
        small = {"small": Box(0, 0, size.width, size.height)}
        boxes = layout(size.width, size.height, self._coached) or small
        for part in (*self._parts, self._small):
            box = boxes.get(str(part.id))
            part.display = box is not None
            if box:
                part.styles.offset = (box.x, box.y)
                part.styles.width, part.styles.height = box.width, box.height
        if self._shot:
            self.show(self._shot)

    def show(self, shot: Shot) -> None:
        """Draw `shot`."""
        self._shot = shot
        if len(shot.coach) != self._coached:
            self._place(self.size)
            return
        for part in (*self._parts, self._small):
            if part.display:
                part.show(shot)


def _small(shot: Shot, width: int, height: int) -> Canvas:
    return too_small(Canvas(width, height, shot.glyphs))
