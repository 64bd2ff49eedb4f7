"""The coach: a line or two above the keys, for a lesson's next step or the offer of a session."""

from __future__ import annotations

from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit
from fedtui.lab.shot import Shot
from fedtui.safe import safe


def coach(shot: Shot, wide: int, high: int) -> Canvas:
    """The last line is what to do; one before it is what came of the last thing done."""
    canvas = Canvas(wide, high, shot.glyphs)
    for y, line in enumerate(shot.coach[-high:]):
        asks = y == min(high, len(shot.coach)) - 1
        mark = shot.glyphs["chosen"] if asks else " "
        x = canvas.put(1, y, mark, "accent")
        canvas.put(x + 1, y, fit(safe(line), wide - x - 2), "accent" if asks else "bright")
    return canvas
