"""Many hospitals: small tiles for up to forty, then a cell for each; the chosen one is told in a line.

All hang on one line below the server. Tiles are as large as the room allows: framed with three rows,
framed with fewer, at last one row without a frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from fedtui import words
from fedtui.lab import packets
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import first_fit, fit, width
from fedtui.lab.geometry import SMALL, server_height
from fedtui.lab.layout import Box
from fedtui.lab.server import server
from fedtui.lab.shot import Shot
from fedtui.safe import safe

_SERVER = 41
_BAR = 5  # cells
_TWO_LETTERS = 26 + 26 * 26  # hospitals whose letters take two cells


class _Size(NamedTuple):
    """A size of tile: the room it needs, frame included, and the most it takes."""

    rows: int
    least: int  # columns
    most: int


_SIZES = (_Size(5, 16, 24), _Size(4, 14, 24), _Size(3, 13, 20), _Size(1, 10, 19), _Size(1, 7, 9))
_TINY = _Size(1, 4, 6)


def crowd(canvas: Canvas, shot: Shot) -> Canvas:
    """The server, one link for all, and everyone below it."""
    high = canvas.height
    rows = server_height(high - 2)
    box = Box((canvas.width - _SERVER) // 2, 0, _SERVER, rows)
    server(canvas, shot, box)
    link = 1 if high < 14 else 2
    rule = rows + link
    inside = Box(1, rule + 1, canvas.width - 2, high - rule - 2)
    count = len(shot.view.hospitals)
    size = _fitting(count, inside) if count <= SMALL else None
    canvas.across(1, rule, canvas.width - 2)
    canvas.put(3, rule, f" {first_fit(canvas.width // 2 - 7, *_titles(shot))} ", "title")
    _link(canvas, shot, box, link)
    if size:
        shown = _tiles(canvas, shot, inside, size)
        canvas.right(canvas.width - 3, rule, shown and f" {shown} ", "dim")
    else:
        _cells(canvas, shot, inside)
    if count:
        told = [safe(text) for text in words.hospital_line(shot.view, shot.chosen)]
        canvas.put(1, high - 1, shot.glyphs["chosen"], "accent")
        canvas.put(2, high - 1, first_fit(canvas.width - 3, *told), "text")
    return canvas


def _titles(shot: Shot) -> list[str]:
    """What hangs on the line, longest first."""
    hospitals = shot.view.hospitals
    drawn = int(hospitals.drawn.sum())
    text = words.many(len(hospitals), "hospital")
    part = f"{drawn:,} of {text}" if shot.view.round and drawn < len(hospitals) else text
    return [f"{part} take part" if part != text else text, text]


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
    mark = next((p.mark for p in sent if p.mark[1] != "lost"), sent[0].mark)
    canvas.put(x, top + round(at * (rows - 1)), *mark)
    told = f"{len(sent):,} × " + ", ".join(word for _, word, _ in packets.legend(shot))
    canvas.put(x + 3, top + rows // 2, fit(told, canvas.width - x - 4), mark[1])


# Tiles


def _fitting(count: int, box: Box) -> _Size:
    """The largest size in which all have a place."""
    return next((size for size in _SIZES if _places(size, box) >= count), _TINY)


def _places(size: _Size, box: Box) -> int:
    return (box.width // size.least) * (box.height // size.rows)


def _tiles(canvas: Canvas, shot: Shot, box: Box, size: _Size) -> str:
    """In rows, as wide as the room allows, all alike; returns what their numbers are."""
    count, here = len(shot.view.hospitals), packets.arrived(shot)
    lines = min(math.ceil(count / (box.width // size.most)), box.height // size.rows)
    columns = math.ceil(count / max(1, lines))
    wide = min(size.most, box.width // columns)
    left = box.x + (box.width - wide * columns) // 2
    draw: Callable[[Canvas, Shot, int, tuple[str, str], Box], None] = (
        _line if size.rows == 1 else _framed
    )
    for index in range(count):
        row, column = divmod(index, columns)
        doing = mark(shot, index, bool(here[index]))
        at = Box(left + column * wide, box.y + row * size.rows, wide - 1, size.rows)
        draw(canvas, shot, index, doing, at)
    room = wide - 5 if size.rows > 1 else _room(wide - 1)
    *_, both, together = map(width, _results(shot, 0))
    return "alone → together" if both <= room else "right together" if together <= room else ""


def _room(wide: int) -> int:
    """Cells that a tile of one row has for numbers, beside the letter and the mark."""
    return wide - (4 if wide < 8 else 5 if wide < 9 else 6)


def _line(canvas: Canvas, shot: Shot, index: int, doing: tuple[str, str], box: Box) -> None:
    """Letter, what it does, and right answers alone → together."""
    part, chosen = _takes_part(shot, index), index == shot.chosen
    canvas.put(box.x, box.y, shot.glyphs["chosen"] if chosen else " ", "accent")
    letter = words.letter(index).ljust(2)
    canvas.put(box.x + 1, box.y, letter, "bright" if part else "faint")
    air = 1 if box.width >= 9 else 0
    canvas.put(box.x + 3 + air, box.y, *doing)
    results = _results(shot, index)
    text = next((text for text in results if width(text) <= _room(box.width)), "")
    canvas.right(box.x + box.width, box.y, text, "text" if part else "faint")


def _framed(canvas: Canvas, shot: Shot, index: int, doing: tuple[str, str], box: Box) -> None:
    """Letter and what it does in the frame; inside, from below: results, training, patients."""
    h, part, chosen = shot.view.hospitals, _takes_part(shot, index), index == shot.chosen
    lost = bool(h.lost[index])
    style = "lost" if lost else "chosen" if chosen else "frame" if part else "faint"
    canvas.box(box.x, box.y, box.width, box.height, style)
    mark = shot.glyphs["chosen"] if chosen else " "
    x = canvas.put(box.x + 1, box.y, mark, "accent")
    canvas.put(x, box.y, words.letter(index) + " ", "bright" if part else "faint")
    canvas.put(box.x + box.width - 4, box.y, f" {doing[0]} ", doing[1])
    inner, right, tone = box.width - 4, box.x + box.width - 2, "text" if part else "faint"
    rows = [
        (first_fit(inner, *_results(shot, index)), tone),
        _training(shot, index, inner)
        if part
        else (first_fit(inner, "not taking part", "not now"), tone),
        (first_fit(inner, *words.patients(int(h.patients[index]))), tone),
    ]
    for y, (text, tone) in zip(range(box.y + box.height - 2, box.y, -1), rows, strict=False):
        canvas.right(right, y, text, tone)


def _training(shot: Shot, index: int, room: int) -> tuple[str, str]:
    """Passes done of those planned, with a bar where there is room; or that it is lost."""
    view, h, g = shot.view, shot.view.hospitals, shot.glyphs
    if h.lost[index]:
        return (g["lost"] + " lost", "lost") if h.fell[index] else (words.UNUSED, "lost")
    done, planned = int(h.epochs[index]), int(h.planned[index])
    filled = round(_BAR * done / planned) if planned else 0
    bar = g["full"] * filled + g["empty"] * (_BAR - filled)
    style = "accent" if view.moment == "EpochTrained" else "dim"
    return first_fit(room, f"{bar} {done}/{planned}", f"{done}/{planned}", bar), style


def _results(shot: Shot, index: int) -> list[str]:
    """Right answers, longest first."""
    h = shot.view.hospitals
    wide = len(f"{int(h.held_out.max())}")  # so that all tiles tell them alike
    of, alone = f"{int(h.held_out[index]):>{wide}}", f"{int(h.alone[index]):>{wide}}"
    together = f"{'–' if h.together is None else int(h.together[index]):>{wide}}"
    padded = [
        f"{alone} → {together} of {of}",
        f"{alone}→{together}/{of}",
        f"{alone}→{together}",
        together,
    ]
    return [padded[0], *(text.replace(" ", "").rjust(width(text)) for text in padded[1:])]


def _takes_part(shot: Shot, index: int) -> bool:
    return bool(shot.view.hospitals.drawn[index]) or shot.view.round == 0


# Cells


def _cells(canvas: Canvas, shot: Shot, box: Box) -> None:
    """A cell for each hospital; where even that is too much, one for several, the busiest shown."""
    count, room = len(shot.view.hospitals), max(1, box.width * box.height)
    apart, down = _apart(count, box)
    columns = max(1, box.width // apart)
    lettered = apart >= 6 and count <= _TWO_LETTERS
    left = box.x + (box.width - (min(columns, count) - 1) * apart + (3 if lettered else 0)) // 2
    drawn, here = shot.view.hospitals.drawn.tolist(), packets.arrived(shot).tolist()
    each = math.ceil(count / room)
    for cell in range(math.ceil(count / each)):
        y, x = divmod(cell, columns)
        group = range(cell * each, min(count, (cell + 1) * each))
        shown = max(group, key=lambda index: (index == shot.chosen, drawn[index]))
        glyph, style = mark(shot, shown, here[shown])
        at = left + x * apart
        canvas.put(at, box.y + y * down, glyph, "chosen" if shot.chosen in group else style)
        before = at - (4 if lettered else 1)
        if lettered:
            canvas.put(before + 1, box.y + y * down, words.letter(shown).rjust(2), "faint")
        if shot.chosen in group and apart > 1:
            canvas.put(before, box.y + y * down, shot.glyphs["chosen"], "accent")
    if each > 1:
        told = f" one mark is {each:,} hospitals "
        canvas.right(canvas.width - 3, box.y - 1, told, "dim")


def _apart(count: int, box: Box) -> tuple[int, int]:
    """Columns and rows from one cell to the next, as many as leave everyone a place."""
    for columns, rows in ((6, 2), (4, 2), (4, 1), (3, 1), (2, 1)):
        lines = (box.height + rows - 1) // rows
        if math.ceil(count / max(1, box.width // columns)) <= lines:
            return columns, rows
    return 1, 1


def mark(shot: Shot, index: int, has_arrived: bool) -> tuple[str, str]:
    """One cell that tells what a hospital does now."""
    view, g = shot.view, shot.glyphs
    h = view.hospitals
    if view.round and not h.drawn[index]:
        return g["wait"], "faint"
    if packets.is_lost(shot, index):
        return g["lost"], "lost"
    if has_arrived or (h.unused[index] and h.size[index]):
        return g["yes"], "up" if has_arrived else "dim"
    if h.protected[index]:
        return packets.update_mark(shot, index)
    if h.epochs[index]:
        done = int(h.epochs[index])
        return (str(done) if done < 10 else "+"), "accent"
    if h.has_model[index] and shot.motion >= 1:
        return g["model"], "down"
    return g["off"], "dim"
