"""Many hospitals: a line for each up to forty, then a cell for each."""

from __future__ import annotations

import math

from fedtui import words
from fedtui.lab import packets
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import first_fit, width
from fedtui.lab.geometry import SMALL
from fedtui.lab.layout import Box
from fedtui.lab.server import server
from fedtui.lab.shot import Shot

_ENTRY = 12  # columns of a hospital's line, at least
_SERVER = 41


def crowd(canvas: Canvas, shot: Shot) -> Canvas:
    """The server, one link for all, and a frame with everyone in it."""
    high = canvas.height
    rows = 5 if high >= 14 else 4
    box = Box((canvas.width - _SERVER) // 2, 0, _SERVER, rows)
    server(canvas, shot, box)
    link = 2 if high < 16 else 3
    frame = Box(1, rows + link, canvas.width - 2, high - rows - link)
    inside = Box(frame.x + 2, frame.y + 1, frame.width - 4, frame.height - 2)
    count, columns = len(shot.view.hospitals), inside.width // _ENTRY
    lines = count <= SMALL and math.ceil(count / columns) <= inside.height
    canvas.box(*frame)
    titles = _titles(shot) if lines else _titles(shot)[1:]
    canvas.put(frame.x + 2, frame.y, f" {first_fit(canvas.width // 2 - 7, *titles)} ", "title")
    _link(canvas, shot, box, link)
    if lines:
        _entries(canvas, shot, inside)
    else:
        _cells(canvas, shot, inside)
    return canvas


def _titles(shot: Shot) -> list[str]:
    """What the frame holds, longest first; the first tells what the lines in it mean."""
    hospitals = shot.view.hospitals
    drawn = int(hospitals.drawn.sum())
    text = words.many(len(hospitals), "hospital")
    part = f"{drawn:,} of {text}" if shot.view.round and drawn < len(hospitals) else text
    return [f"{part}: alone → together", f"{part} take part" if part != text else text, text]


def _link(canvas: Canvas, shot: Shot, box: Box, rows: int) -> None:
    """One line for all hospitals; what travels on it, with how many and what word."""
    x, top, g = canvas.width // 2, box.y + box.height, shot.glyphs
    canvas.put(x, top - 1, g["tee_down"], "frame")
    canvas.down(x, top, rows)
    canvas.put(x, top + rows, g["tee_up"], "frame")
    sent = packets.packets(shot)
    if not sent:
        return
    at = sum(packet.at for packet in sent) / len(sent)
    canvas.put(x, top + round(at * (rows - 1)), *sent[0].mark)
    told = f"{len(sent):,} × " + ", ".join(word for _, word, _ in packets.legend(shot))
    canvas.put(x + 3, top + rows // 2, told, sent[0].mark[1])


def _entries(canvas: Canvas, shot: Shot, box: Box) -> None:
    count, here = len(shot.view.hospitals), packets.arrived(shot)
    columns = max(1, min(box.width // _ENTRY, math.ceil(count / max(1, box.height))))
    wide = min(26, box.width // columns)
    for index in range(count):
        row, column = divmod(index, columns)
        glyph = mark(shot, index, bool(here[index]))
        _entry(canvas, shot, index, glyph, Box(box.x + column * wide, box.y + row, wide - 3, 1))


def _entry(canvas: Canvas, shot: Shot, index: int, doing: tuple[str, str], box: Box) -> None:
    """Letter, what it does, and right answers alone → together."""
    h = shot.view.hospitals
    part = bool(h.drawn[index]) or shot.view.round == 0
    chosen = index == shot.chosen
    canvas.put(box.x - 1, box.y, shot.glyphs["chosen"] if chosen else " ", "accent")
    x = canvas.put(box.x, box.y, words.letter(index).ljust(2), "bright" if part else "faint")
    canvas.put(x + 1, box.y, *doing)
    of = int(h.held_out[index])
    alone, together = (
        int(h.alone[index]),
        "–" if h.together is None else f"{int(h.together[index])}",
    )
    texts = (f"{alone} → {together} of {of}", f"{alone}→{together}/{of}", f"{together}/{of}")
    room = box.x + box.width - x - 3
    text = first_fit(room, *texts)
    canvas.put(x + 3 + max(0, room - width(text)), box.y, text, "text" if part else "faint")


def _cells(canvas: Canvas, shot: Shot, box: Box) -> None:
    """A cell for each hospital; where even that is too much, one for several, the busiest shown."""
    count, room = len(shot.view.hospitals), max(1, box.width * box.height)
    apart = _apart(count, box)
    columns = max(1, box.width // apart)
    drawn, here = shot.view.hospitals.drawn.tolist(), packets.arrived(shot).tolist()
    each = math.ceil(count / room)
    for cell in range(math.ceil(count / each)):
        y, x = divmod(cell, columns)
        group = range(cell * each, min(count, (cell + 1) * each))
        shown = max(group, key=lambda index: (index == shot.chosen, drawn[index]))
        glyph, style = mark(shot, shown, here[shown])
        canvas.put(box.x + x * apart, box.y + y, glyph, "chosen" if shot.chosen in group else style)
    if each > 1:
        canvas.put(box.x, box.y + box.height, f" one mark is {each:,} hospitals ", "dim")


def _apart(count: int, box: Box) -> int:
    """Columns from one cell to the next, as many as leave everyone a place."""
    for columns in (4, 3, 2):
        if math.ceil(count / max(1, box.width // columns)) <= box.height:
            return columns
    return 1


def mark(shot: Shot, index: int, has_arrived: bool) -> tuple[str, str]:
    """One cell that tells what a hospital does now."""
    view, g = shot.view, shot.glyphs
    h = view.hospitals
    if view.round and not h.drawn[index]:
        return g["wait"], "faint"
    if h.lost[index]:
        return g["lost"], "lost"
    if has_arrived:
        return g["yes"], "up"
    if h.protected[index]:
        return packets.update_mark(shot, index)
    if h.epochs[index]:
        done = int(h.epochs[index])
        return (str(done) if done < 10 else "+"), "accent"
    if h.has_model[index] and shot.motion >= 1:
        return g["model"], "down"
    return g["off"], "dim"
