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
    """Draw it; a box of five rows also tells what the server can read, one of seven what it holds."""
    view = shot.view
    busy, lost = view.moment in ("Aggregated", "RoundFinished"), _is_lost(shot)
    frame = "lost" if lost else "accent" if busy else "frame"
    canvas.box(box.x, box.y, box.width, box.height, frame)
    canvas.put(box.x + 1, box.y, shot.glyphs["across"] + " SERVER ", "title")
    if lost:
        canvas.right(box.x + box.width - 2, box.y, f" {shot.glyphs['lost']} round lost ", "lost")
    x, y, room = box.x + 2, box.y + 1, box.width - 4
    if lost and box.height < 5:
        canvas.put(x, y, first_fit(room, *words.round_lost(view)), "lost")
    else:
        style = "accent" if busy and not lost else "bright"
        _row(canvas, x, y, "shared model", _score(shot), room, style)
    if box.height >= 7:
        _row(canvas, x, y + 1, "holds", words.holds(view), room, "text")
        _row(canvas, x, y + 2, "last step", words.last_step(shot.told), room, "text")
        y += 2
    canvas.put(x, y + 1, "arrived", "dim")
    _arrivals(canvas, shot, x + _LABELS, y + 1, room - _LABELS)
    if box.height >= 5:
        reads, style = (
            words.server_reads(view),
            "protected" if "masking" in view.switches else "text",
        )
        if lost:
            reads, style = words.round_lost(view), "lost"
        _row(canvas, x, y + 2, "can read", reads, room, style)


def _is_lost(shot: Shot) -> bool:
    """Whether this round is known to be lost, until the next one begins."""
    return shot.view.aborted and shot.view.moment in ("HospitalsDropped", "RoundFinished")


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
    if hospitals.fell[index]:
        return g["lost"], "lost"
    if hospitals.unused[index]:
        return (g["yes"], "dim") if hospitals.size[index] else (g["wait"], "dim")
    if has_arrived:
        return g["yes"], "up"
    return (g["wait"], "dim") if hospitals.drawn[index] or not shot.view.round else (" ", "dim")
