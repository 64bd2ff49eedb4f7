"""A hospital's tile: who it is, what it does now, what it gains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.events import Phase
from fedtui import promise, words
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import first_fit, fit, spread, width
from fedtui.lab.layout import Box
from fedtui.lab.packets import update_mark
from fedtui.lab.shot import Shot
from fedtui.safe import safe
from fedtui.view import View


@dataclass(frozen=True)
class Line:
    """A row of a tile: a label and a value at the two ends, or one text of several that fit."""

    style: str
    texts: tuple[str, ...]  # longest first; a tab parts label and value
    rank: int  # rows of low rank are left out first


def tile(canvas: Canvas, shot: Shot, index: int, box: Box, lines: list[Line]) -> None:
    """Draw hospital `index`; what does not fit is shortened, then left out."""
    hospitals = shot.view.hospitals
    drawn = bool(hospitals.drawn[index]) or shot.view.round == 0
    chosen = shot.chosen == index
    style = "chosen" if chosen else "frame" if drawn else "faint"
    style = "lost" if hospitals.lost[index] else style
    canvas.box(box.x, box.y, box.width, box.height, style)
    pad = 1 if box.width >= 15 else 0
    inner = box.width - 2 - 2 * pad
    x, room = box.x + 1 + pad, box.height - 2
    _name(canvas, shot, index, Box(x, box.y + 1, inner, 1))
    if chosen:
        canvas.put(box.x + 1 if pad else box.x, box.y + 1, shot.glyphs["chosen"], "accent")
    last = lines[-1] if room <= 3 else None  # it moves into the frame
    lines = lines[:-1] if last else lines
    if room - 1 > len(lines):
        lines = [*lines[:-3], Line("text", ("",), 0), *lines[-3:]]  # air before what it gains
    for y, line in enumerate(_ranked(lines, room - 1), box.y + 2):
        canvas.put(x, y, _text(line, inner), line.style if drawn else "faint")
    if last:
        canvas.put(x, box.y + box.height - 1, _text(last, inner), last.style)
    _doing(canvas, shot, index, box)


def all_lines(shot: Shot) -> list[list[Line]]:
    """What there is to tell of each hospital."""
    return [_lines(shot, index) for index in range(len(shot.view.hospitals))]


def rows(lines: list[list[Line]]) -> int:
    """Rows of a tile that leaves nothing out: frame, name, air, and the lines."""
    return 4 + max(map(len, lines), default=0)


def _ranked(lines: list[Line], room: int) -> list[Line]:
    kept = sorted(lines, key=lambda line: -line.rank)[: max(0, room)]
    return [line for line in lines if line in kept]


def _text(line: Line, cells: int) -> str:
    texts = [text.replace("\t", " ") for text in line.texts]
    text = next((t for t, flat in zip(line.texts, texts, strict=True) if width(flat) <= cells), "")
    if not text:
        return fit(texts[-1], cells)
    left, tab, right = text.partition("\t")
    return spread(left, right, cells) if tab else text


def _name(canvas: Canvas, shot: Shot, index: int, box: Box) -> None:
    hospitals = shot.view.hospitals
    letter, own = words.letter(index), safe(hospitals.names[index])
    x = canvas.put(box.x, box.y, letter, "bright") + 1
    room = box.x + box.width - x
    patients = int(hospitals.patients[index])
    if own not in (letter, ""):
        canvas.put(x, box.y, fit(own, room), "dim")
        return
    counts = (words.many(patients, "patient"), f"has {patients:,}", f"{patients:,}")
    canvas.right(box.x + box.width, box.y, first_fit(room, *counts), "text")


def _lines(shot: Shot, index: int) -> list[Line]:
    """The rows below the name, the shared model's score last."""
    view, h = shot.view, shot.view.hospitals
    lines: list[Line] = []
    patients = int(h.patients[index])
    named = safe(h.names[index]) not in (words.letter(index), "")
    if named:
        lines.append(Line("text", (words.many(patients, "patient"), f"has {patients:,}"), 6))
    if view.round and not h.drawn[index]:
        lines.append(Line("dim", ("not taking part", "not now"), 9))
    elif h.lost[index]:
        fell = (f"{shot.glyphs['lost']} lost, no vote", "lost")
        unused = ("round lost, no vote", words.UNUSED)
        lines.append(Line("lost", fell if h.fell[index] else unused, 9))
        lines += _work(shot, index)
    else:
        share = float(h.share[index]) if view.round else _vote(shot, index)
        lines.append(Line("text", (f"vote\t{100 * share:.0f} %", f"{100 * share:.0f} %"), 9))
        lines += _work(shot, index)
    held_out = f"{int(h.held_out[index]):,}"
    lines.append(Line("text", (f"unseen patients\t{held_out}", f"unseen\t{held_out}"), 0))
    own, together, of = int(h.alone[index]), _together(shot, index), int(h.held_out[index])
    tested = "accent" if view.moment == "RoundFinished" else "bright"
    long, short = (
        len(f"{int(h.held_out.max())}") * n + n - 1 for n in (2, 1)
    )  # alike in all tiles
    for label, count, style, rank in (
        (("alone",), f"{own}", "alone", 10),
        (("together", "shared"), together, tested, 11),
    ):
        counts = (f"{count}/{of}".rjust(long), count.rjust(short))
        texts = [f"{label[0]}\t{text}" for text in counts]
        lines.append(Line(style, (*texts, f"{label[-1]}\t{count}"), rank))
    return lines


def _together(shot: Shot, index: int) -> str:
    """Right answers of the shared model, once it has been tested."""
    together = shot.view.hospitals.together
    return "–" if together is None else f"{int(together[index])}"


def _vote(shot: Shot, index: int) -> float:
    """The vote before a round is drawn, were all to take part."""
    patients = shot.view.hospitals.patients
    if shot.view.settings.get("training", {}).get("weighting") == "equal":
        return 1 / len(patients)
    return float(patients[index] / max(1, patients.sum()))


def _work(shot: Shot, index: int) -> list[Line]:
    """What the hospital has done in this round: passes, clip, masks, bytes.

    While rounds fly by it is what it did in the last one: numbers that stand still can be read.
    """
    view = shot.told if shot.told.hospitals.drawn[index] else shot.view
    h = view.hospitals
    done, passes = int(h.epochs[index]), int(h.planned[index])
    style = "accent" if view.moment == "EpochTrained" else "text"
    lines = [Line(style, (f"trained\t{done}/{passes}", f"{done}/{passes}"), 8)]
    error = words.number(float(h.loss[index]))
    lines.append(Line(style, (f"its error\t{error}", f"error\t{error}"), 2))
    length = words.number(float(h.norm[index]))
    lines.append(Line("text", (f"update length\t{length}", f"length\t{length}"), 1))
    lines += _privacy(view, index)
    if "masking" in view.switches:
        pairs = words.masks_with(view, index)
        told = (f"masks\t{words.many(pairs, 'pair')}", f"{pairs} masks")
        lines.append(
            Line("guard", told if words.masks_agreed(view) else ("masks\t–", "masks –"), 5)
        )
    size = int(h.size[index])
    sent = f"{size:,} bytes" if size else "–"
    lines.append(
        Line("up" if view.moment == "UpdatesSent" else "text", (f"sent\t{sent}", f"\t{sent}"), 3)
    )
    return lines


def _privacy(view: View, index: int) -> list[Line]:
    """What privacy does in this hospital: whose say is cut to what, and the noise it adds itself."""
    plan = view.privacy
    if plan is None:
        return []
    limit, kind = f"{float(plan['clip_norm']):g}", promise.kind(view)
    part = float(view.hospitals.clipped[index])
    told = [f"clipped\t≤ {limit}", f"≤ {limit}"]
    if part >= 0:
        share = words.percent(part, 1)
        told = [f"clipped\t{share} ≤ {limit}", f"cut\t{share} ≤ {limit}", f"cut\t{share}"]
    lines = [Line("guard", tuple(told), 4)]
    if kind is not promise.Kind.CENTRAL and promise.noised(view):
        z = words.number(
            float(np.broadcast_to(plan["noise_multiplier"], len(view.hospitals))[index])
        )
        lines.append(Line("guard", (f"noise\tz {z}", f"z {z}"), 7))
    return lines


def _doing(canvas: Canvas, shot: Shot, index: int, box: Box) -> None:
    """A mark in the frame, left of the link: what the hospital holds or does now."""
    view, h, g = shot.view, shot.view.hospitals, shot.glyphs
    busy = view.phase in (Phase.TRAIN, Phase.PROTECT, Phase.RETURN)
    if not h.drawn[index] or not busy or shot.telling:
        return
    if h.fell[index]:
        text, style = g["lost"], "lost"
    elif h.protected[index]:
        text, style = update_mark(shot, index)
    elif h.epochs[index]:
        text, style = f"{int(h.epochs[index])}/{int(h.planned[index])}", "accent"
    else:
        return
    if width(text) + 4 <= box.width // 2:
        canvas.put(box.x + 2, box.y, f" {text} "[: box.width // 2 - 2], style)
