"""The panels beside the diagram: the switches, who can read what, right now, bytes so far."""

from __future__ import annotations

import math

from fedtui import words
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit, width, wrap
from fedtui.lab.keys import HINTS, SWITCH_KEYS
from fedtui.lab.shot import Shot
from fedtui.safe import safe

_METER = 10  # cells of a bar


def now(shot: Shot, wide: int, high: int) -> Canvas:
    """One or two sentences on what just happened; framed where there is room for a frame."""
    framed = high >= 5
    canvas = _framed(shot, wide, high, "Right now") if framed else Canvas(wide, high, shot.glyphs)
    x, y, room, rows = (2, 1, wide - 4, high - 2) if framed else (1, 0, wide - 2, high)
    said = (
        [shot.notice, *filter(None, [words.promised(shot.told)]), *shot.told.notes]
        if shot.notice
        else words.right_now(shot.told, shot.chosen)
    )
    paragraphs = _paragraphs([_said(shot, sentence) for sentence in said], room, rows)
    paragraphs += _background(shot, room, rows - sum(map(len, paragraphs)) - len(paragraphs))
    air = 1 if sum(map(len, paragraphs)) + len(paragraphs) - 1 <= rows else 0
    style = "bright" if shot.notice else "text"
    for paragraph in paragraphs:
        for text in paragraph:
            canvas.put(x, y, text, style)
            y += 1
        y, style = y + air, "dim"
    return canvas


def _background(shot: Shot, room: int, rows: int) -> list[list[str]]:
    """What lies behind the moment, whole or not at all."""
    lines = wrap(words.background(shot.told), room, rows + 1) if rows > 0 else []
    return [lines] if lines and len(lines) <= rows else []


def _paragraphs(sentences: list[str], room: int, rows: int) -> list[list[str]]:
    """Each sentence in lines of `room` cells; the first takes what it needs, the next what is left."""
    paragraphs: list[list[str]] = []
    for sentence in sentences:
        if rows > 0:
            paragraphs.append(wrap(sentence, room, rows))
            rows -= len(paragraphs[-1])
    return paragraphs


def _said(shot: Shot, sentence: str) -> str:
    return shot.glyphs.spelled(safe(sentence))


def protection(shot: Shot, wide: int, high: int) -> Canvas:
    """The four switches, each with what it means or does."""
    canvas = _framed(shot, wide, high, "Protection")
    lines = [line for section in words.SWITCH_NAMES for line in _switch(shot, section)]
    while len(lines) > high - 2:  # the least needed detail is the last one
        lines.remove(next(line for line in reversed(lines) if not line[0]))
    air = high - 2 - len(lines)
    y = 1
    for section, text, style in lines:
        if section:
            _switch_line(canvas, shot, section, y)
        else:
            canvas.put(6, y, fit(text, wide - 7), style)
        y += 1
    if air >= 2:
        canvas.put(2, high - 2, "u undo   r run again   R new seed", "dim")
    return canvas


def _switch(shot: Shot, section: str) -> list[tuple[str, str, str]]:
    """A switch's own line, and those below it while it is on: (section, text, style)."""
    lines = [(section, "", "")]
    if section in shot.told.switches:
        lines += [("", text, "guard") for text in _details(shot, section)]
    return lines


def _details(shot: Shot, section: str) -> list[str]:
    view = shot.told
    on = view.switches[section]
    if section == "privacy":
        return _privacy(shot)
    if section == "masking":
        return words.masks_line(view)
    if section == "fedprox":
        return [f"pull μ {on['mu']:g}"]
    return words.shorter(view)


def _privacy(shot: Shot) -> list[str]:
    view, g = shot.told, shot.glyphs
    if view.privacy is None:
        return []
    spent, budget = view.epsilon or 0.0, float(view.privacy["budget"])
    used = min(1.0, spent / budget) if math.isfinite(spent) and math.isfinite(budget) else 0.0
    filled = round(used * _METER)
    bar = g["full"] * filled + g["empty"] * (_METER - filled)
    return [g.spelled(line) for line in words.privacy_lines(view, bar)]


def _switch_line(canvas: Canvas, shot: Shot, section: str, y: int) -> None:
    on = section in shot.told.switches
    mark, style = ("on", "protected") if on else ("off", "dim")
    canvas.put(2, y, SWITCH_KEYS[section], "key")
    canvas.put(4, y, shot.glyphs[mark], style)
    canvas.put(6, y, words.SWITCH_NAMES[section], "bright" if on else "text")
    canvas.put(18, y, fit(words.switch_means(shot.told, section), canvas.width - 20), "dim")


def readers(shot: Shot, wide: int, high: int) -> Canvas:
    """The table of who can read what."""
    canvas = _framed(shot, wide, high, "Who can read what")
    columns = (15, 22, 30)
    for x, head in zip(columns, ("server", "others", "network"), strict=True):
        canvas.put(x, 1, head, "dim")
    for y, (what, *cells) in enumerate(words.readers(shot.told), 2):
        canvas.put(2, y, what, "text")
        for x, cell in zip(columns, cells, strict=True):
            style = "text" if cell == "no" else "up" if cell.startswith("yes") else "protected"
            canvas.put(x, y, cell, style)
    if high >= 8:
        canvas.put(4, high - 3, words.readers_note(shot.told), "dim")
    elif high == 7:
        canvas.put(4, high - 2, words.readers_note(shot.told), "dim")
    return canvas


def bytes_so_far(shot: Shot, wide: int, high: int) -> Canvas:
    """Three bars and their sum."""
    canvas = _framed(shot, wide, high, "Bytes so far")
    view, g = shot.told, shot.glyphs
    rows = (
        ("models down", view.downlink, "down"),
        ("updates up", view.uplink, "up"),
        ("keys", view.overhead, "protected"),
    )
    most = max(1, *(size for _, size, _ in rows))
    for y, (label, size, style) in enumerate(rows, 1):
        canvas.put(2, y, label, "text")
        canvas.put(16, y, g["full"] * round(size / most * _METER), style)
        canvas.right(wide - 2, y, f"{size:,}", "bright")
    canvas.put(2, 4, "sum", "dim")
    canvas.right(wide - 2, 4, f"{view.downlink + view.uplink + view.overhead:,}", "bright")
    if high >= 8:
        canvas.put(2, high - 3, "each message counted as encoded;", "dim")
        canvas.put(2, high - 2, "TLS and TCP come on top", "dim")
    return canvas


def _framed(shot: Shot, wide: int, high: int, title: str) -> Canvas:
    canvas = Canvas(wide, high, shot.glyphs)
    canvas.box(0, 0, wide, high, title=title)
    return canvas


def hints(shot: Shot, wide: int, high: int = 2) -> Canvas:
    """The keys that work now, as many as fit."""
    canvas = Canvas(wide, high, shot.glyphs)
    for y, line in enumerate(HINTS[-high:]):
        told = [(hint, _state(shot, hint.does)) for hint in line]
        while sum(width(hint.shown) + width(text) + 4 for hint, text in told) > wide + 1:
            told.remove(min(told, key=lambda pair: pair[0].rank))
        x = 1
        for hint, text in told:
            x = canvas.put(x, y, hint.shown, "key")
            x = canvas.put(x + 1, y, text, "dim") + 3
    return canvas


def _state(shot: Shot, does: str) -> str:
    if does == "play":
        return "pause" if shot.playing else "play"
    section = next((s for s, name in words.SWITCH_NAMES.items() if name == does), "")
    if section:
        return f"{does} {shot.glyphs['on' if section in shot.told.switches else 'off']}"
    return does
