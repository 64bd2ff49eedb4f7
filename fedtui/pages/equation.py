"""The equation of a round, with today's numbers: whose update moves the model by how much.

McMahan et al. 2017, algorithm 1: w ← w + Σ (n_i / N) (v_i − w), over those who take part. What
privacy, masks and compression do to a term stands beside it. Every number is the view's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fedtui import words
from fedtui.hospitals import Floats, Ints
from fedtui.lab.panels import best_guess
from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Cell, Column, Heading, Said, Table
from fedtui.pages.rows import begun, few
from fedtui.view import View

_WORDS = (
    Column("in plain words", style="bright"),
    Column("the field's term", style="dim"),
    Column("here", right=True),
    Column("from", style="dim", spare=True),
)
_PLAIN = (Column(style="dim"), Column(right=True, style="bright"))


@dataclass(frozen=True, eq=False)
class Terms:
    """The terms of the sum; arrays are over those who take part, (k,)."""

    hospitals: Ints
    votes: Floats
    lengths: Floats  # of the updates as trained; nan before they are
    cut: Floats  # the same where privacy cuts them

    @property
    def products(self) -> Floats:
        """How far each alone would move the model."""
        return self.votes * self.cut


def terms(view: View) -> Terms:
    """The terms of this round."""
    h = view.hospitals
    cohort = h.cohort
    lengths = h.norm[cohort]
    if view.privacy is None:
        return Terms(cohort, h.share[cohort], lengths, lengths)
    weight = h.patients if say.by_patients(view) else np.ones(len(h))
    planned = len(cohort) / len(h) * weight.sum()  # fixed, whoever comes
    votes = np.where(h.lost[cohort], 0.0, weight[cohort] / planned)
    return Terms(cohort, votes, lengths, np.minimum(lengths, view.privacy["clip_norm"]))


def round_bytes(view: View) -> tuple[int, int, int]:
    """Down, up, keys in this round so far."""
    if view.points and view.points[-1].round == view.round:
        point = view.points[-1]
        return point.downlink, point.uplink, point.overhead
    up, down, keys = view.settled
    return view.downlink - down, view.uplink - up, view.overhead - keys


def content(view: View, chosen: int = 0) -> list[Block]:
    """The page; `chosen` is the hospital that stands on it in any case."""
    equation = say.EQUATION_NOISED if "privacy" in view.switches else say.EQUATION
    if not view.ready:
        return [Heading(equation), Said(say.NOT_READY)]
    blocks: list[Block] = [Heading(equation)]
    if not begun(view):
        blocks.append(Said(say.NO_ROUND, "dim"))
    elif view.aborted:
        blocks.append(Said(say.LOST, "lost"))
    else:
        blocks += _sum(view, chosen)
    blocks += [Heading("In each hospital"), *map(Said, say.objective(view))]
    for section, told in _SECTIONS.items():
        if section in view.switches:
            blocks += told(view)
    if begun(view):
        blocks += _result(view)
    return [*blocks, Heading("The same in the field's words"), Table(_WORDS, tuple(_terms(view)))]


def _sum(view: View, chosen: int) -> Iterator[Block]:
    """A row for each term, and what they come to."""
    parts = terms(view)
    shown = few(parts.hospitals, chosen)
    clipped = view.privacy is not None
    rows = [_term(view, parts, int(i), clipped) for i in np.searchsorted(parts.hospitals, shown)]
    rest = len(parts.hospitals) - len(shown)
    if rest:
        left = float(parts.votes.sum() - parts.votes[np.searchsorted(parts.hospitals, shown)].sum())
        rows.append((say.more(rest), _share(left), "", *([""] if clipped else []), ""))
    rows.append((
        ("together", "text"),
        (_share(float(parts.votes.sum())), "bright"),
        "",
        *([""] if clipped else []),
        (_length(float(parts.products[parts.votes > 0].sum())), "bright"),
    ))  # fmt: skip
    heads = ["vote", "update", *(["cut to"] if clipped else []), "vote × update"]
    yield Table((Column("", style="up"), *(Column(h, right=True) for h in heads)), tuple(rows))
    if clipped and abs(float(parts.votes.sum()) - 1) > 1e-9:
        yield Said(say.PLANNED, "dim")
    yield from _moved(view, parts)


def _term(view: View, parts: Terms, i: int, clipped: bool) -> tuple[Cell, ...]:
    who = int(parts.hospitals[i])
    lost = bool(view.hospitals.lost[who])
    cut = bool(parts.cut[i] < parts.lengths[i])
    style = "lost" if lost else "text"
    name = words.name(view, who) + (f" {say.DROPPED}" if lost else "")
    return (
        (name, "lost" if lost else "up"),
        (_share(float(parts.votes[i])), style),
        (_length(float(parts.lengths[i])), style),
        *([(_length(float(parts.cut[i])), "guard" if cut else style)] if clipped else []),
        (_length(float(parts.products[i])), style),
    )


def _moved(view: View, parts: Terms) -> Iterator[Block]:
    """How the sum compares with the step that the model took."""
    if view.update_norm is None:
        return
    noise = view.traces.get("privacy", {}).get("noise_norm")
    added = float(parts.products[parts.votes > 0].sum())
    rows: list[tuple[Cell, ...]] = [((say.ADDED_UP, "dim"), (_length(added), "bright"))]
    if noise is not None:
        rows.append(((say.NOISE_LENGTH, "dim"), (_length(float(noise)), "guard")))
    rows.append(((say.MOVED, "dim"), (_length(view.update_norm), "accent")))
    yield Table(_PLAIN, tuple(rows))
    if noise is None and view.update_norm < added * 0.99:
        yield Said(say.PULLS, "dim")


def _privacy(view: View) -> Iterator[Block]:
    plan = view.privacy
    if plan is None:
        return
    spent, parts = view.epsilon or 0.0, terms(view)
    yield Heading(f"Privacy: hide one {plan['unit']}")
    yield Said(say.CUT)
    facts = [("largest say S (clip norm)", words.number(float(plan["clip_norm"])))]
    if view.hospitals.protected.any():
        facts.append(("updates cut this round", f"{int((parts.cut < parts.lengths).sum()):,}"
                      f" of {len(parts.hospitals):,}"))  # fmt: skip
    facts += [
        ("noise on each number of the mean", words.number(float(plan["noise_std"]))),
        ("  in units of the sensitivity (z)", words.number(float(plan["noise_multiplier"]))),
        ("privacy used (ε spent)", f"{words.budget(spent)} of {plan['budget']:g}"),
        ("  at δ", f"{plan['delta']:g}"),
        ('best guess "was it in?"', f"{100 * best_guess(spent, float(plan['delta'])):.0f} %"),
    ]
    yield Table(_PLAIN, tuple(facts))


def _masks(view: View) -> Iterator[Block]:
    cohort = view.hospitals.cohort if begun(view) else np.arange(len(view.hospitals))
    pairs = len(cohort) * (len(cohort) - 1) // 2
    yield Heading("Masks: what is added and cancels")
    yield Said(say.CANCEL)
    if pairs:
        first, second = (words.letter(int(i)) for i in cohort[:2])
        rows = tuple(say.masked_rows(view, first, second, pairs))
        yield Table((Column(style="dim"), Column(wraps=True, style="guard")), rows)
    facts = [("pairs of hospitals, a mask each", f"{pairs:,}")]
    if view.ring_bits:
        facts.append(("numbers go round (ring)", f"at 2^{view.ring_bits}"))
    yield Table(_PLAIN, tuple(facts))


def _compression(view: View) -> Iterator[Block]:
    bits = view.switches["compression"]["bits"]
    sizes = view.hospitals.size[view.hospitals.size > 0]
    facts = [("bits a number, not 32", f"{bits}")]
    if len(sizes):
        whole = words.HEADER + 4 * view.parameters
        facts.append(("bytes of an update", f"{int(sizes.max()):,}, not {whole:,}"))
    yield Heading("Compression: fewer bytes up")
    yield Table(_PLAIN, tuple(facts))


_SECTIONS = {"privacy": _privacy, "masking": _masks, "compression": _compression}


def _result(view: View) -> Iterator[Block]:
    """What the round cost, and what it brought."""
    down, up, keys = round_bytes(view)
    finished = bool(view.points) and view.points[-1].round == view.round
    earlier = view.points[:-1] if finished else list(view.points)
    of = f"of {view.held_out:,}"
    before = f"{earlier[-1].correct:,} {of}" if earlier else "–"
    after = f"{view.points[-1].correct:,} {of}" if finished else say.NOT_YET
    yield Heading("This round: what it cost, what it brought")
    yield Table(_PLAIN, (
        ("bytes down", f"{down:,}"), ("bytes up", f"{up:,}"), ("bytes of keys", f"{keys:,}"),
        ("bytes together", f"{down + up + keys:,}"),
        ("right answers before", before), ("right answers after", after),
    ))  # fmt: skip


def _terms(view: View) -> Iterator[tuple[str, str, str, str]]:
    """Word, term, today's value, source."""
    h, training = view.hospitals, view.settings["training"]
    taking = f"{len(h.cohort):,} of {len(h):,}" if begun(view) else "–"
    yield "taking part", "cohort", taking, say.FEDAVG
    yield (
        "vote",
        "share, n_i / N" if say.by_patients(view) else "share, 1/k",
        "see above",
        say.FEDAVG,
    )
    yield "update", "local − global model", f"{view.parameters} numbers", say.FEDAVG
    passes = training["local_steps"] or training["local_epochs"]
    term = "local steps E" if training["local_steps"] else "local epochs E"
    yield "passes over patients", term, f"{passes}", say.FEDAVG
    if mu := view.switches.get("fedprox"):
        yield "pull back", "proximal term μ", f"{mu['mu']:g}", say.FEDPROX
    if view.privacy:
        yield (
            "largest say",
            "clip norm S",
            words.number(float(view.privacy["clip_norm"])),
            say.NOISE,
        )
        spent = words.budget(view.epsilon or 0.0)
        yield "privacy used", "ε spent", f"{spent}", say.ACCOUNTING
    if "masking" in view.switches:
        yield "masks", "secure aggregation", "on", say.MASKS
    if compression := view.switches.get("compression"):
        yield "fewer bits", "quantisation", f"{compression['bits']} bits", say.LEVELS


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _length(value: float) -> str:
    return words.number(value) if np.isfinite(value) else say.NOT_YET
