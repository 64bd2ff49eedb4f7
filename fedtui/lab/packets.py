"""What travels on the links: shape, colour and word for every kind of message, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fedtui import promise, words
from fedtui.hospitals import Flags, put
from fedtui.lab.canvas import Canvas
from fedtui.lab.geometry import Cells
from fedtui.lab.shot import Shot
from fedtui.view import View

Mark = tuple[str, str]  # glyph and style
_STAGGER = 0.5  # part of the time over which departures of an upload are spread


class Packet(NamedTuple):
    """One message on its way: where it is on its link, 0 at the server, 1 at the hospital."""

    hospital: int
    at: float
    mark: Mark


class Leg(NamedTuple):
    """A message of the masks' protocol: which way it goes, and how it is called."""

    down: bool
    word: str


_LEGS: Mapping[str, Leg] = {
    "KeysAdvertised": Leg(False, "keys"),
    "KeysForwarded": Leg(True, "keys"),
    "SharesSent": Leg(False, "shares"),
    "SharesForwarded": Leg(True, "shares"),
    "SurvivorsAnnounced": Leg(True, "who came"),
    "SharesRevealed": Leg(False, "shares"),
}


def packets(shot: Shot) -> list[Packet]:
    """The messages on the links at this moment of the motion."""
    view = shot.view
    cohort = [int(i) for i in view.hospitals.cohort]
    order = {index: place for place, index in enumerate(cohort)}
    if view.moment == "ModelSent":
        return [Packet(i, shot.motion, (shot.glyphs["model"], "down")) for i in cohort]
    if view.moment in _LEGS:
        at = shot.motion if _LEGS[view.moment].down else 1 - shot.motion
        mark = (shot.glyphs["key"], "protected")
        return [Packet(i, at, mark) for i in cohort if _takes_part(view, i)]
    if view.moment in ("UpdatesProtected", "UpdatesMasked"):
        return [Packet(i, 1.0, update_mark(shot, i)) for i in cohort]
    if view.moment in ("UpdatesSent", "HospitalsDropped"):
        return [Packet(i, _upload(shot, i, order[i]), update_mark(shot, i)) for i in cohort]
    return []


def _takes_part(view: View, index: int) -> bool:
    """Whether a hospital sends or is sent this message: who fell away is not, nor who says no more."""
    h = view.hospitals
    if view.moment == "SharesRevealed" and view.complete:
        return bool(h.revealed[index])
    return not h.lost[index]


def _upload(shot: Shot, index: int, place: int) -> float:
    """Where an upload is: what a hospital never sent stays with it."""
    hospitals = shot.view.hospitals
    if hospitals.lost[index] and not hospitals.size[index]:
        return 1.0
    if shot.view.moment == "HospitalsDropped":
        return 0.0
    return 1 - gone(shot.motion, place, int(hospitals.drawn.sum()))


def gone(motion: float, place: int, count: int) -> float:
    """How far the upload that leaves as number `place` of `count` has gone; they leave in turn."""
    start = _STAGGER * place / max(1, count - 1)
    return min(1.0, max(0.0, (motion - start) / (1 - _STAGGER)))


def arrived(shot: Shot) -> Flags:
    """Whose updates the server has, as far as the motion has got, (K,)."""
    hospitals = shot.view.hospitals
    if shot.view.moment != "UpdatesSent" or shot.motion >= 1:
        return hospitals.arrived
    cohort = hospitals.cohort
    done = [gone(shot.motion, place, len(cohort)) >= 1 for place in range(len(cohort))]
    return hospitals.arrived & put(hospitals.lost, cohort, done)


def is_lost(shot: Shot, index: int) -> bool:
    """Whether a hospital is seen to have fallen away; of a lost round also those come whose update is."""
    return bool(shot.view.hospitals.fell[index])


def update_mark(shot: Shot, index: int) -> Mark:
    """A hospital's update as it is now: plain, smaller, noised, masked, lost."""
    view, g = shot.view, shot.glyphs
    if is_lost(shot, index):
        return g["lost"], "lost"
    if view.hospitals.masked[index]:
        return g["masked"], "protected"
    if promise.noised_at_home(view):
        return g["noised"], "protected"
    if "compression" in view.switches:
        return g["small"], "up"
    return g["update"], "up"


def legend(shot: Shot) -> list[tuple[str, str, str]]:
    """Glyph, word and style of what the packets are: one line for each property."""
    view, g = shot.view, shot.glyphs
    if view.moment == "ModelSent":
        noisy = words.carries_noise(view)
        pruned = view.switches.get("compression", {}).get("prune", 0)
        model = "pruned model" if pruned else "model"
        return [(g["model"], model, "down"), *([(g["noised"], "noised", "protected")] * noisy)]
    if view.moment in _LEGS:
        return [(g["key"], _LEGS[view.moment].word, "protected")]
    if view.moment in ("UpdatesProtected", "UpdatesMasked", "UpdatesSent", "HospitalsDropped"):
        return _update_legend(view, g.table)
    return []


def _update_legend(view: View, table: Mapping[str, str]) -> list[tuple[str, str, str]]:
    h, lines = view.hospitals, []
    if (h.masked & ~h.lost).any():
        lines.append((table["masked"], "masked", "protected"))
    if "compression" in view.switches:
        lines.append((table["small"], words.coded(view), "up"))
    if promise.noised_at_home(view):
        lines.insert(0, (table["noised"], "noised", "protected"))
    elif promise.kind(view) in (promise.Kind.CENTRAL, promise.Kind.LOCAL):
        lines.append((table["update"], "clipped", "up"))
    if not lines and not view.aborted:
        lines.append((table["update"], "update", "up"))
    if h.fell.any():
        lines.append((table["lost"], "lost", "lost"))
    return lines


def draw(canvas: Canvas, shot: Shot, links: tuple[Cells, ...]) -> None:
    """Lay the packets over their links."""
    for packet in packets(shot):
        path = links[packet.hospital]
        if path:
            x, y = path[round(packet.at * (len(path) - 1))]
            canvas.put(x, y, *packet.mark)


def draw_legend(canvas: Canvas, shot: Shot, links: tuple[Cells, ...]) -> None:
    """The words beside the packets, where a link leaves room for them: at the right, or between."""
    lines = legend(shot)
    if not lines or not links:
        return
    wide = 2 + max(len(word) for _, word, _ in lines)
    columns = [link[-1][0] for link in links if link]
    ends = [*columns[1:], canvas.width]
    for left, right in reversed(list(zip(columns, ends, strict=True))):
        last = right == canvas.width
        free = right - left - wide - (0 if last else 1)
        air = min(3, free)  # so that a packet on the link is not taken for part of the legend
        if air >= (2 if last else 3):
            top = max(link[-1][1] for link in links if link) - len(lines) + 1
            for y, (glyph, word, style) in enumerate(lines, max(top, 0)):
                canvas.parts(left + air, y, (glyph, style), (f" {word}", style))
            return
