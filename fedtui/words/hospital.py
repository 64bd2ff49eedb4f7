"""One hospital, or those taking part: who they are and what they do in this round."""

from __future__ import annotations

from engine.data.source import letter
from fedtui.view import View
from fedtui.words.small import listed, many, name, percent


def taking_part(view: View) -> str:
    """ "all 4 hospitals take part", "A and C take part", "30 of 100 hospitals take part"."""
    cohort, everyone = view.hospitals.cohort, len(view.hospitals)
    if len(cohort) == everyone:
        return f"all {many(everyone, 'hospital')} take part" if everyone > 1 else "the one hospital"
    if len(cohort) > 6:
        return f"{len(cohort):,} of {many(everyone, 'hospital')} take part"
    return f"{listed([letter(int(i)) for i in cohort])} take{'s' if len(cohort) == 1 else ''} part"


def patients(count: int) -> list[str]:
    """How many a hospital has, longest first."""
    return [many(count, "patient"), f"has {count:,}", f"{count:,}"]


def hospital_line(view: View, index: int) -> list[str]:
    """All there is to tell of one hospital, longest first."""
    h = view.hospitals
    who, of = name(view, index), int(h.held_out[index])
    has = f"{who}: {many(int(h.patients[index]), 'patient')}"
    both = f"alone {int(h.alone[index])}"
    if h.together is not None:
        both += f", together {int(h.together[index])}"
    doing = _part(view, index)
    return [
        f"{has}, {doing}; right answers: {both} of {of}",
        f"{has}, {doing}; {both} of {of}",
        f"{who}: {doing}; {both} of {of}",
        f"{who}: {both} of {of}",
    ]


def _part(view: View, index: int) -> str:
    """What a hospital does in this round."""
    h = view.hospitals
    if view.round == 0:
        return "not begun"
    if not h.drawn[index]:
        return "not taking part"
    if h.lost[index]:
        return "fell away in this round" if h.fell[index] else "lost with the round"
    share = float(h.share[index])
    return f"vote {100 * share:.1f} %" if share < 0.01 else f"vote {percent(share, 1)}"


UNUSED = "not used"  # an update that came, in a round that is lost
