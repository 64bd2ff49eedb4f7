"""What happens under masks, step by step, and who has a mask with whom."""

from __future__ import annotations

import numpy as np

from engine.arrays import Ints
from engine.channels.section import opens_with
from engine.data.source import letter
from fedtui.view import View
from fedtui.words.small import listed, many, name


def keys_sent(view: View, who: int) -> list[str]:
    """The server has every hospital's public keys."""
    each = view.key_size // max(1, len(view.hospitals.cohort))
    return [
        f"Every hospital sent the server two fresh public keys, {each} bytes for both.",
        "One is for masks, one to seal messages with; the private halves stay at home.",
    ]


def keys_passed(view: View, who: int) -> list[str]:
    """Everybody has everybody's public keys."""
    return [
        f"The server passed the keys on: {_each_pair(view.pairs)} now shares secrets.",
        "The server cannot know them: it saw public halves only.",
    ]


def _each_pair(pairs: int) -> str:
    return "the pair" if pairs == 1 else f"each of {pairs:,} pairs"


def shared(view: View, who: int) -> list[str]:
    """A hospital has shared its secrets, or fell away before."""
    if view.hospitals.lost[who]:
        return [f"{name(view, who)} fell away before sharing: nobody will mask with it."]
    of = int(view.hospitals.drawn.sum())
    return [
        f"{name(view, who)} split its two secrets into {of:,} shares, one for each hospital, sealed.",
        f"Any {view.needed:,} give them back; fewer tell nothing at all.",
    ]


def shares_passed(view: View, who: int) -> list[str]:
    """Everybody holds a share of everybody's secrets."""
    return [
        "The server passed the sealed shares on, and cannot look inside.",
        f"Whoever falls away now: any {view.needed:,} others can open what it leaves in the sum.",
    ]


def masked(view: View, who: int) -> list[str]:
    """A hospital's update is under its masks."""
    if view.hospitals.lost[who]:
        return [f"{name(view, who)} fell away before sharing: nobody masks with it."]
    return [
        f"{name(view, who)} puts on a mask of its own, and one with each of"
        f" {_partners(view, who)}.",
        "Of every two hospitals one adds what the other takes away: that cancels.",
    ]


def announced(view: View, who: int) -> list[str]:
    """Whose updates came, and so which masks are to be opened."""
    came, gone = _group(np.flatnonzero(view.hospitals.arrived)), masked_and_gone(view)
    then = f", and those that {gone} shared" if gone else ""
    return [
        f"The server says whose updates came: {came}. Nobody takes a second list.",
        f"To be opened: their own masks{then}; of nobody both.",
    ]


def revealed(view: View, who: int) -> list[str]:
    """Who gave shares back, and who fell away before that."""
    h = view.hospitals
    silent = np.flatnonzero(h.arrived & ~h.revealed)
    second = "One kind for each hospital, never both: so no single update opens."
    if view.complete and len(silent):
        its = "its update counts" if len(silent) == 1 else "their updates count"
        second = f"{_group(silent)} fell away after sending: {its} all the same."
    return [
        f"{_group(np.flatnonzero(h.revealed))} gave the server shares; those of"
        f" {view.needed:,} are enough.",
        second,
    ]


def opened(view: View, who: int) -> list[str]:
    """The masks are taken out of the sum."""
    h = view.hospitals
    if not view.complete:
        return [
            "The server takes each one's own mask out of the sum.",
            f"Those with {masked_and_gone(view)} come next: the shares rebuilt the key to them.",
        ]
    gone = masked_and_gone(view)
    what = f"own masks, and those with {gone}" if gone else "own masks"
    return [
        f"With the shares the server took out the {what}.",
        f"It reads the sum of {_group(np.flatnonzero(h.arrived))}, and nothing else.",
    ]


def fell_at(view: View, who: int) -> str:
    """Before what a hospital fell away that sent nothing."""
    h = view.hospitals
    return "sharing" if h.shared.any() and not h.shared[who] else "its upload"


def masked_and_gone(view: View) -> str:
    """Those whose masks with others are in the sum: they shared, and sent no update; "" for nobody."""
    h = view.hospitals
    return _group(np.flatnonzero(h.shared & h.lost))


def masks_left(view: View) -> str:
    """What is left of the pair masks in the sum: nothing, unless somebody that has some sent nothing."""
    gone = masked_and_gone(view)
    return f"masks with {gone}" if gone else "0"


def masks_with(view: View, who: int) -> int:
    """With how many others a hospital has a mask: all, as long as it is not known who shares."""
    h = view.hospitals
    if h.shared.any() and view.moment != "SharesSent":
        return max(0, int(h.shared.sum()) - 1) if h.shared[who] else 0
    return max(0, (int(h.drawn.sum()) or len(h)) - 1)


def _partners(view: View, who: int) -> str:
    """With whom a hospital has masks."""
    shared = np.flatnonzero(view.hospitals.shared)
    return _group(shared[shared != who])


def _group(hospitals: Ints) -> str:
    """ "A, B and D"; many are counted: "12 hospitals"; "" for nobody."""
    if len(hospitals) > 4:
        return many(len(hospitals), "hospital")
    return listed([letter(int(i)) for i in hospitals]) if len(hospitals) else ""


def masks_agreed(view: View) -> bool:
    """Whether this round's masks are agreed: before its keys are passed on nobody has one."""
    return view.pairs > 0


def masks_line(view: View) -> list[str]:
    """What it takes to open the sum, for the panel of switches."""
    taking = int(view.hospitals.drawn.sum()) or len(view.hospitals)
    if taking < 2:
        return []
    needed = opens_with(float(view.switches["masking"]["threshold"]), taking)
    return [f"opens with {needed:,} of {taking:,} present"]
