"""A shot: everything the lab draws at one moment; what the player knows, without the player."""

from __future__ import annotations

from dataclasses import dataclass

from fedtui.lab.glyphs import UNICODE, Glyphs
from fedtui.lab.theme import FEDTUI, Palette
from fedtui.points import Points
from fedtui.view import View

PLOTS = ("accuracy", "bytes", "privacy")


@dataclass(frozen=True, eq=False)
class Shot:
    """What is on the screen.

    Attributes:
        motion: How far this moment has moved, 0 … 1: where the packets are.
        telling: What sentences and panels speak of, where that is not `view`: while rounds fly by,
            the last one that ended, so that there is time to read.
        before: The curve of the branch this one replaced, for the grey one below.
        chosen: The hospital whose details are told.
        notice: A sentence that takes the place of "right now", e.g. why a switch refused.
        coach: A lesson's lines, or the offer of an earlier session.
        plots_ready: Whether plotting is loaded; until then a plot is its title.
        rerun: The round a rerun is heading for; 0 where none is under way.
        replay: Whether this was recorded before, and is not computed now.
        place: Whose place is kept, on a shared account; empty: the account's own.
    """

    view: View
    glyphs: Glyphs = UNICODE
    palette: Palette = FEDTUI
    motion: float = 1.0
    telling: View | None = None
    before: Points | None = None
    before_name: str = "before"
    chosen: int = 0
    playing: bool = False
    speed: float = 1.0
    notice: str = ""
    coach: tuple[str, ...] = ()
    rerun: int = 0
    replay: bool = False
    place: str = ""
    plot: str = PLOTS[0]
    plots_ready: bool = True

    @property
    def told(self) -> View:
        """What sentences and panels speak of."""
        return self.telling or self.view
