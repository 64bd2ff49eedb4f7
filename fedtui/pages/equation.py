"""The equation of a round, with today's numbers: whose update moves the model by how much.

McMahan et al. 2017, algorithm 1: w ← w + Σ (n_i / N) (v_i − w), over those who take part. What
privacy, masks and compression do to a term stands beside it. Every number is the view's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.channels.section import opens_with
from fedtui import promise, words
from fedtui.hospitals import Floats, Ints
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
_VOTE = 1e-3  # votes are told in tenths of a hundredth
_PLAIN = (Column(style="dim"), Column(right=True, style="bright"))


@dataclass(frozen=True, eq=False)
class Terms:
    """The terms of the sum; arrays are over those who take part, (k,)."""

    hospitals: Ints
    votes: Floats
    lengths: Floats  # of the updates as trained; nan before they are
    cut: Floats  # the same where privacy cuts them whole

    @property
    def products(self) -> Floats:
        """How far each alone would move the model."""
        return self.votes * self.cut

    @property
    def unit(self) -> float:
        """In what products are told: the third digit of their sum; nan before they are known."""
        total = float(self.products[self.votes > 0].sum())
        return float(10.0 ** (np.floor(np.log10(total)) - 2)) if total > 0 else np.nan


def adding_up(values: Floats, unit: float) -> Floats:
    """Rounded to whole units so that they add up to their rounded sum: the largest rests go up, (k,)."""
    if not np.isfinite(values).all() or not np.isfinite(unit):
        return values
    units = values / unit
    whole = np.floor(units)
    missing = round(float(units.sum() - whole.sum()))
    whole[np.argsort(whole - units, kind="stable")[:missing]] += 1
    rounded: Floats = whole * unit
    return rounded


def terms(view: View) -> Terms:
    """The terms of this round."""
    h = view.hospitals
    cohort = h.cohort
    lengths = h.norm[cohort]
    cut = (
        np.minimum(lengths, view.privacy["clip_norm"]) if _cuts(view) and view.privacy else lengths
    )
    if not promise.divides_as_planned(view):
        return Terms(cohort, h.share[cohort], lengths, cut)
    weight = h.patients if say.by_patients(view) else np.ones(len(h))
    planned = len(cohort) / len(h) * weight.sum()  # fixed, whoever comes
    votes = np.where(h.lost[cohort], 0.0, weight[cohort] / planned)
    return Terms(cohort, votes, lengths, cut)


def _cuts(view: View) -> bool:
    """Whether whole updates are cut; under patient-level privacy each patient's gradient is."""
    return promise.kind(view) in (promise.Kind.CENTRAL, promise.Kind.LOCAL)


def round_bytes(view: View) -> tuple[int, int, int]:
    """Down, up, keys in this round so far."""
    if view.points and view.points[-1].round == view.round:
        point = view.points[-1]
        return point.downlink, point.uplink, point.overhead
    up, down, keys = view.settled
    return view.downlink - down, view.uplink - up, view.overhead - keys


def content(view: View, chosen: int = 0) -> list[Block]:
    """The page; `chosen` is the hospital that stands on it in any case."""
    equation = say.equation(view)
    if not view.ready:
        return [Heading(equation), Said(say.NOT_READY)]
    blocks: list[Block] = [Heading(equation)]
    if not begun(view):
        blocks.append(Said(say.NO_ROUND, "dim"))
    elif view.aborted:
        blocks.append(Said(say.LOST, "lost"))
    else:
        blocks += _sum(view, chosen)
    blocks += [Heading("The model"), *map(Said, say.model_form(view))]
    blocks += [Heading("In each hospital"), *map(Said, say.objective(view))]
    blocks += _privacy(view, min(chosen, len(view.hospitals) - 1))
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
    clipped = _cuts(view)
    votes = adding_up(parts.votes, _VOTE)
    products = adding_up(np.where(parts.votes > 0, parts.products, 0.0), parts.unit)
    rows = [
        _term(view, parts, int(i), clipped, (float(votes[i]), float(products[i])))
        for i in np.searchsorted(parts.hospitals, shown)
    ]
    rest = len(parts.hospitals) - len(shown)
    if rest:
        left = float(parts.votes.sum() - parts.votes[np.searchsorted(parts.hospitals, shown)].sum())
        rows.append((say.more(rest), _share(left), "", *([""] if clipped else []), ""))
    rows.append((
        ("together", "text"),
        (_share(float(parts.votes.sum())), "bright"),
        "",
        *([""] if clipped else []),
        (_in_units(float(products.sum()), parts.unit), "bright"),
    ))  # fmt: skip
    heads = ["vote", "update", *(["cut to"] if clipped else []), "vote × update"]
    yield Table((Column("", style="up"), *(Column(h, right=True) for h in heads)), tuple(rows))
    if not rest and np.isfinite(parts.unit):
        yield Said(say.ROUNDED, "dim")
    if promise.divides_as_planned(view) and abs(float(parts.votes.sum()) - 1) > 1e-9:
        yield Said(say.PLANNED, "dim")
    yield from _moved(view, parts)


def _term(
    view: View, parts: Terms, i: int, clipped: bool, rounded: tuple[float, float]
) -> tuple[Cell, ...]:
    vote, product = rounded
    who = int(parts.hospitals[i])
    lost = bool(view.hospitals.lost[who])
    cut = bool(parts.cut[i] < parts.lengths[i])
    style = "lost" if lost else "text"
    fell = bool(view.hospitals.fell[who])
    name = words.name(view, who) + (f" {say.DROPPED}" if fell else "")
    return (
        (name, "lost" if lost else "up"),
        (_share(vote), style),
        (_length(float(parts.lengths[i])), style),
        *([(_length(float(parts.cut[i])), "guard" if cut else style)] if clipped else []),
        (_in_units(product, parts.unit), style),
    )


def _moved(view: View, parts: Terms) -> Iterator[Block]:
    """How the sum compares with the step that the model took."""
    if view.update_norm is None:
        return
    noise = _noise_on_top(view, parts)
    added = float(parts.products[parts.votes > 0].sum())
    rows: list[tuple[Cell, ...]] = [
        ((say.ADDED_UP, "dim"), (_in_units(added, parts.unit), "bright"))
    ]
    if noise is not None:
        rows.append(((say.NOISE_LENGTH, "dim"), (_length(float(noise)), "guard")))
    rows.append(((say.MOVED, "dim"), (_in_units(view.update_norm, parts.unit), "accent")))
    yield Table(_PLAIN, tuple(rows))
    if "compression" in view.switches:
        yield Said(say.REWRITTEN, "dim")
    elif noise is None and view.update_norm < added * 0.99:
        yield Said(say.PULLS, "dim")


def _noise_on_top(view: View, parts: Terms) -> float | None:
    """The noise's length in the sum; of several hospitals' the length it has on average."""
    facts = view.traces.get("privacy", {})
    if "noise_norms" in facts:
        return float(np.linalg.norm(parts.votes * facts["noise_norms"]))
    return float(facts["noise_norm"]) if "noise_norm" in facts else None


def _privacy(view: View, chosen: int) -> Iterator[Block]:
    plan = view.privacy
    if plan is None:
        return
    yield Heading(say.hides(view))
    yield Said(say.how_hidden(view))
    patients = promise.kind(view) is promise.Kind.PATIENT
    if patients:
        yield Said(say.STEP_OF_PATIENTS, "bright", indent=2)
        if view.switches.get("fedprox", {}).get("mu"):
            yield Said(say.OUTSIDE_PULL)
    facts = _noise_in(view, plan, chosen) if patients else _noise_on(view, plan)
    yield Table(_PLAIN, tuple(facts))
    yield Heading("What that promises")
    if not promise.noised(view):
        yield Said(say.NO_EPSILON)
    elif view.epsilon is not None and np.isinf(view.epsilon):
        yield Said(say.BARE_PAST)
    else:
        yield Table(_PLAIN, tuple(say.promised(view)))
    if outside := words.outside_epsilon(view):
        yield Said(outside)
    yield Said(say.OUTSIDE_EPSILON, "dim")


def _noise_in(view: View, plan: Mapping[str, Any], who: int) -> list[tuple[str, str]]:
    """Of the chosen hospital: how a patient's part of a step is bounded and hidden."""
    q, steps = float(plan["sampling_rate"][who]), int(plan["steps"][who])
    clip, z = float(plan["clip_norm"]), float(plan["noise_multiplier"][who])
    patients, part = int(view.hospitals.patients[who]), float(view.hospitals.clipped[who])
    done = sum(int(e.counts[who]) for e in view.released if e.noised)
    named = words.name(view, who)
    return [
        (f"{named}: patients n", f"{patients:,}"),
        ("  chance q to be in a step", f"{q:.4f}"),
        ("  expected in a step, q × n", f"{q * patients:.4g}"),
        ("  steps in a round; so far", f"{steps:,}; {done:,}"),
        (f"largest say C of {words.one_unit(view)} (clip norm)", words.number(clip)),
        *([("  gradients cut in the last pass", words.percent(part, 1))] if part >= 0 else []),
        ("noise z, in units of C", words.number(z)),
        ("  on each number of the sum, z × C", words.number(z * clip)),
        ("  on each number of a step, z × C / (q × n)", words.number(z * clip / (q * patients))),
    ]


def _noise_on(view: View, plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of the whole updates: how one is bounded, and what is added to it or to the mean."""
    parts, local = terms(view), promise.kind(view) is promise.Kind.LOCAL
    facts = [("largest say S (clip norm)", words.number(float(plan["clip_norm"])))]
    if view.hospitals.protected.any():
        facts.append(("updates cut this round", f"{int((parts.cut < parts.lengths).sum()):,}"
                      f" of {len(parts.hospitals):,}"))  # fmt: skip
    where = "each update" if local else "the mean"
    return [
        *facts,
        (f"noise on each number of {where}", words.number(float(plan["noise_std"]))),
        ("  in units of the sensitivity (z)", words.number(float(plan["noise_multiplier"]))),
    ]


def _masks(view: View) -> Iterator[Block]:
    cohort = view.hospitals.cohort if begun(view) else np.arange(len(view.hospitals))
    pairs = len(cohort) * (len(cohort) - 1) // 2
    yield Heading("Masks: what is added and cancels")
    yield Said(say.CANCEL)
    if pairs:
        needed = opens_with(float(view.switches["masking"]["threshold"]), len(cohort))
        there = cohort[~view.hospitals.lost[cohort]]
        two = there[:2] if len(there) > 1 else cohort[:2]
        first, second = (words.letter(int(i)) for i in two)
        rows = tuple(say.masked_rows(view, first, second, pairs))
        yield Table((Column(style="dim"), Column(wraps=True, style="guard")), rows)
        yield Said(say.SHARED)
        yield Said(say.how_many_open(needed, len(cohort)))
    facts = [
        ("pairs of hospitals, a mask each", f"{pairs:,}"),
        ("own masks", f"{len(cohort):,}"),
    ]
    if view.ring_bits:
        facts.append(("numbers go round (ring)", f"at 2^{view.ring_bits}"))
    yield Table(_PLAIN, tuple(facts))


def _compression(view: View) -> Iterator[Block]:
    on = view.switches["compression"]
    sizes = view.hospitals.size[view.hospitals.size > 0]
    facts = say.coded_facts(view)
    if len(sizes):
        whole = words.HEADER + 4 * view.parameters
        facts.append(("bytes of an update", f"{int(sizes.max()):,}, not {whole:,}"))
    yield Heading("Compression: fewer bytes up")
    yield Said(say.CODED[on["codec"]])
    if on["error_feedback"]:
        yield Said(say.FED_BACK)
    if on["prune"]:
        yield Said(say.ZEROED)
    yield Table(_PLAIN, tuple(facts))


_SECTIONS = {"masking": _masks, "compression": _compression}


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
        yield from _terms_of_privacy(view, view.privacy)
    if "masking" in view.switches:
        yield "masks", "secure aggregation", "on", say.MASKS
    if compression := view.switches.get("compression"):
        word, term, source = say.CODED_TERMS[compression["codec"]]
        yield word, term, words.coded(view), source
        if compression["error_feedback"]:
            word, term, source = say.FEEDBACK_TERM
            yield word, term, "on", source
        if compression["prune"]:
            word, term, source = say.PRUNING_TERM
            yield word, term, f"{100 * compression['prune']:g} %", source


def _terms_of_privacy(view: View, plan: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    kind, clip = promise.kind(view), words.number(float(plan["clip_norm"]))
    source = {
        promise.Kind.PATIENT: say.NOISE_OF_PATIENTS,
        promise.Kind.LOCAL: say.LOCAL_NOISE,
    }.get(kind or promise.Kind.CENTRAL, say.NOISE)
    of_patients = kind is promise.Kind.PATIENT
    yield "largest say", "clip norm C" if of_patients else "clip norm S", clip, source
    if of_patients:
        yield "noise in each step", "DP-SGD", "on" if promise.noised(view) else "z = 0", source
    accounting = say.SUBSAMPLED if of_patients else say.ACCOUNTING
    yield "privacy used", f"ε spent, {plan['unit']} level", say.used(view), accounting


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _in_units(value: float, unit: float) -> str:
    """To whole units: ".155" in thousandths."""
    if not (np.isfinite(value) and np.isfinite(unit)):
        return _length(value)
    return f"{value:,.{max(0, -round(np.log10(unit)))}f}"


def _length(value: float) -> str:
    return words.number(value) if np.isfinite(value) else say.NOT_YET
