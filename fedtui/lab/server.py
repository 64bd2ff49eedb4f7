"""The server's box: what the shared model can do, who has arrived, what it can read."""

from __future__ import annotations

from fedtui import words
from fedtui.lab import packets
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import first_fit, fit, width
from fedtui.lab.layout import Box
from fedtui.lab.shot import Shot

_LABELS = 13  # columns of the words at the left


def server(canvas: Canvas, shot: Shot, box: Box) -> None:
    """Draw it; a box of five rows also tells what the server can read."""
    busy = shot.view.moment in ("Aggregated", "RoundFinished")
    canvas.box(box.x, box.y, box.width, box.height, "accent" if busy else "frame")
    canvas.put(box.x + 1, box.y, shot.glyphs["across"] + " SERVER ", "title")
    x, room = box.x + 2, box.width - 4
    _row(canvas, x, box.y + 1, "shared model", _score(shot), room, "accent" if busy else "bright")
    canvas.put(x, box.y + 2, "arrived", "dim")
    _arrivals(canvas, shot, x + _LABELS, box.y + 2, room - _LABELS)
    if box.height >= 5:
        masked = "masking" in shot.view.switches
        reads = words.server_reads(shot.view)
        _row(canvas, x, box.y + 3, "can read", reads, room, "protected" if masked else "text")


def _row(
    canvas: Canvas, x: int, y: int, label: str, texts: list[str], room: int, style: str
) -> None:
    canvas.put(x, y, label, "dim")
    canvas.put(x + _LABELS, y, first_fit(room - _LABELS, *texts), style)


def _score(shot: Shot) -> list[str]:
    view = shot.view
    if not view.points:
        return ["knows nothing yet"] if view.round == 0 else ["not tested yet"]
    right = view.points[-1].correct
    return [f"right for {right:,} of {view.held_out:,}", f"{right:,} of {view.held_out:,}"]


def _arrivals(canvas: Canvas, shot: Shot, x: int, y: int, room: int) -> None:
    hospitals = shot.view.hospitals
    here = packets.arrived(shot)
    each = 6 if len(hospitals) * 6 - 2 <= room else 4
    if len(hospitals) * each - 2 > room:
        text = f"{int(here.sum()):,} of {int(hospitals.drawn.sum()) or len(hospitals):,}"
        canvas.put(x, y, fit(text, room), "text")
        return
    for index, has_arrived in enumerate(here.tolist()):
        glyph, style = _tick(shot, index, has_arrived)
        letter = words.letter(index)
        canvas.parts(
            x + index * each,
            y,
            (letter, "text" if hospitals.drawn[index] or not shot.view.round else "faint"),
            (" " * max(1, 2 - width(letter)) + glyph, style),
        )


def _tick(shot: Shot, index: int, has_arrived: bool) -> tuple[str, str]:
    hospitals, g = shot.view.hospitals, shot.glyphs
    if hospitals.lost[index]:
        return g["lost"], "lost"
    if has_arrived:
        return g["yes"], "up"
    return (g["wait"], "dim") if hospitals.drawn[index] or not shot.view.round else (" ", "dim")
