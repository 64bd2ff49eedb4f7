"""The whole lab as one canvas, and the parts it is made of: pure functions of a shot and a size."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fedtui.lab import curves, panels
from fedtui.lab.canvas import Canvas
from fedtui.lab.coach import coach
from fedtui.lab.diagram import diagram
from fedtui.lab.header import header
from fedtui.lab.layout import SMALLEST, layout
from fedtui.lab.rail import rail
from fedtui.lab.shot import Shot

Part = Callable[[Shot, int, int], Canvas]

PARTS: Mapping[str, Part] = {
    "header": header,
    "rail": rail,
    "diagram": diagram,
    "plot": curves.plot,
    "protection": panels.protection,
    "readers": panels.readers,
    "now": panels.now,
    "coach": coach,
    "bytes": panels.bytes_so_far,
    "keys": panels.hints,
}


def scene(shot: Shot, width: int, height: int) -> Canvas:
    """The lab on a terminal of this size."""
    canvas = Canvas(width, height, shot.glyphs)
    boxes = layout(width, height, len(shot.coach))
    if not boxes:
        return too_small(canvas)
    for name, box in boxes.items():
        canvas.paste(PARTS[name](shot, box.width, box.height), box.x, box.y)
    return canvas


def too_small(canvas: Canvas) -> Canvas:
    """One sentence that asks for room."""
    columns, rows = SMALLEST
    text = f"The lab needs {columns}×{rows}; this is {canvas.width}×{canvas.height}. Enlarge the window."
    from fedtui.lab.cells import wrap

    for y, line in enumerate(wrap(text, max(1, canvas.width - 2), max(1, canvas.height))):
        canvas.put(1, y, line, "bright")
    return canvas
