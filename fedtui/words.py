"""Every sentence of the lab, in plain words and with today's numbers.

The screen, its help and a run told as text all say these. A function here takes a view and gives
text; names from files are passed on as they are, and whoever shows them makes them safe.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays import Ints
from engine.channels.section import opens_with
from engine.codecs.numbers import how_many
from engine.codecs.section import Compression
from engine.data.source import letter as letter  # told of here as everything is
from engine.events import Phase, Preparing
from engine.knobs import Knob
from engine.metrics import Score
from engine.sections import PUBLIC
from engine.stages.pruning import left
from fedtui import promise
from fedtui.view import View

HEADER = 12  # bytes of a message that are not numbers
PREPARING = "Once, before round 1"

SWITCH_NAMES = {
    "fedprox": "FedProx",
    "privacy": "Privacy",
    "masking": "Masks",
    "compression": "Compress",
}
_SPOKEN = {
    "fedprox": "FedProx",
    "privacy": "privacy",
    "masking": "masks",
    "compression": "compression",
}
_SWITCH_MEANS = {
    "fedprox": "stay near the start",
    "masking": "hide one message",
    "compression": "fewer bytes up",
}


def switch_means(view: View, section: str) -> str:
    """What a switch is for; of privacy, whom it hides now or would hide."""
    if section != "privacy":
        return _SWITCH_MEANS[section]
    kind = promise.kind(view)
    if kind is not None and endless(view.switches.get("privacy")):
        return "hides nobody"
    return f"hide {one_unit(kind or promise.Kind.PATIENT)}"


# Small words


def name(view: View, index: int) -> str:
    """A hospital's letter, and its own name where that says more."""
    own = view.hospitals.names[index]
    called = letter(index)
    return called if own == called else f"{called} ({own})"


def many(count: int, noun: str) -> str:
    """ "1 hospital", "4 hospitals", "30,000 hospitals"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(items: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def percent(part: float, whole: float) -> str:
    """ "93 %"; "–" of nothing."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def number(value: float) -> str:
    """Three digits that matter: .42, 1.83, 16.7, 1,240."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}" if abs(value) >= 0.005 or value == 0 else f"{value:.1g}"
    return text


def budget(value: float) -> str:
    """An ε, never rounded down."""
    return "∞" if math.isinf(value) else f"{math.ceil(value * 100 - 1e-9) / 100:g}"


def one_unit(kind: promise.Kind) -> str:
    """Whom ε hides: "one patient", "one hospital"."""
    return "one patient" if kind is promise.Kind.PATIENT else "one hospital"


def endless(settings: Mapping[str, Any] | None) -> bool:
    """Whether these settings of privacy, or this plan, allow any ε: then there is no noise."""
    if settings is None:
        return False
    value = settings["epsilon"] if "epsilon" in settings else settings["budget"]
    return math.isinf(float(value))


def seed(view: View) -> str:
    """What chance hangs on; of own data it is told in the settings, on Enter: it takes off the noise."""
    return "secret seed" if view.own_data else f"seed {view.seed}"


def place(name: str) -> str:
    """Whose place is kept, where many share one account."""
    return f"place {name}"


def seed_drawn(seed: int) -> str:
    """To whoever runs own data under noise without a seed of their own."""
    return (
        f"the noise hangs on seed {seed}, drawn for this run. Keep it to yourself: --seed with it runs"
        " the same again, and takes the noise off."
    )


# The top lines


FEDTUI, REPLAY = "fedtui", "replay"  # of one length: they stand at one place


def badges(view: View) -> dict[str, str]:
    """What is switched on, by section: "+ privacy ε 4, one hospital"."""
    told = {
        "fedprox": "+ FedProx μ {mu:g}",
        "privacy": f"+ {_privacy_badge(view)}",
        "masking": "+ masks",
        "compression": f"+ {coded(view)}{_pruned(view, ', pruned ')}",
    }
    return _badges(view, told, f"+ {dropping_out(view)}")


def short_badges(view: View) -> dict[str, str]:
    """The same where room is short: "μ0.1", "ε4", "masks", "8b"."""
    told = {
        "fedprox": "μ{mu:g}",
        "privacy": _short_privacy_badge(view),
        "masking": "masks",
        "compression": f"{_coded_short(view)}{_pruned(view, ', p')}",
    }
    return _badges(view, told, "drops")


def _privacy_badge(view: View) -> str:
    """ "privacy ε 4, one patient"; without a finite ε none is told."""
    on, kind = view.switches.get("privacy"), promise.kind(view)
    if on is None or kind is None:
        return ""
    if endless(on):
        return f"privacy without noise, {one_unit(kind)}"
    local = " (local)" if kind is promise.Kind.LOCAL else ""
    return f"privacy ε {on['epsilon']:g}, {one_unit(kind)}{local}"


def _short_privacy_badge(view: View) -> str:
    """ "ε4/patient", "ε4/hospital", "ε4/local"."""
    on, kind = view.switches.get("privacy"), promise.kind(view)
    if on is None or kind is None:
        return ""
    if endless(on):
        return "no noise"
    unit = {promise.Kind.CENTRAL: "hospital"}.get(kind, kind.value)
    return f"ε{on['epsilon']:g}/{unit}"


def _badges(view: View, told: Mapping[str, str], faults: str) -> dict[str, str]:
    """Those of the switches that are on, `faults` where somebody may drop out."""
    on = view.switches
    badges = {s: text.format(**on[s]) for s, text in told.items() if s in on}
    return {**badges, "faults": faults} if dropping_out(view) else badges


def coded(view: View) -> str:
    """How updates are written: "8 bits", "top 10 %"; empty where they are sent as they are."""
    on = view.switches.get("compression")
    if on is None:
        return ""
    part = f"{100 * on['fraction']:g} %"
    return {
        "float16": "16 bits",
        "quantize": many(on["bits"], "bit"),
        "qsgd": f"QSGD {many(on['bits'], 'bit')}",
        "topk": f"top {part}",
        "randk": f"random {part}",
        "sign": "signs only",
    }[on["codec"]]


def _coded_short(view: View) -> str:
    on = view.switches.get("compression")
    if on is None:
        return ""
    part = f"{100 * on['fraction']:g}%"
    return {
        "float16": "16b",
        "quantize": f"{on['bits']}b",
        "qsgd": f"q{on['bits']}b",
        "topk": f"top{part}",
        "randk": f"rnd{part}",
        "sign": "sign",
    }[on["codec"]]


def _pruned(view: View, before: str) -> str:
    part = view.switches.get("compression", {}).get("prune", 0)
    return f"{before}{100 * part:g} %" if part else ""


def coded_numbers(view: View) -> str:
    """What travels of an update: "8 bits a number, not 32"; without compression "4 bytes a number"."""
    on = view.switches.get("compression")
    if on is None:
        return "4 bytes a number"
    count, of = how_many(on["fraction"], view.parameters), f"of {view.parameters:,} numbers"
    return {
        "float16": "16 bits a number, not 32",
        "quantize": f"{many(on['bits'], 'bit')} a number, not 32",
        "qsgd": f"{on['bits']} bits a number, not 32",
        "topk": f"the largest {of}" if count == 1 else f"the largest {count:,} {of}",
        "randk": f"{count:,} {of}, drawn",
        "sign": "of each number its sign",
    }[on["codec"]]


def shorter(view: View) -> list[str]:
    """What compression does, a short line each: the numbers, the message, what comes later, the model."""
    on = view.switches["compression"]
    told = [coded_numbers(view)]
    if view.parameters and "masking" not in view.switches:  # there a ring of its own says how long
        size = Compression.build(on).build_codec().size(view.parameters)
        told.append(f"{HEADER + size:,} bytes a message, not {HEADER + 4 * view.parameters:,}")
    if on["error_feedback"]:
        told.append("what is left out comes later")
    if on["prune"]:
        told.append(f"model: {100 * on['prune']:g} % set to zero")
    return told


def dropping_out(view: View) -> str:
    """Whom `faults` lets drop out in this run: "C drops out", "dropouts 10 %"; empty: nobody."""
    faults = view.switches.get("faults", {"dropout": 0.0, "drops": ()})
    names = (
        {own: letter(i) for i, own in enumerate(view.hospitals.names)} if faults["drops"] else {}
    )
    who = list(dict.fromkeys(names.get(d.partition(":")[2], "") for d in faults["drops"]))
    told = listed(who) if all(who[:3]) and 0 < len(who) <= 3 else f"{len(who):,}"
    named = f"{told} drop{'s' if len(who) == 1 else ''} out" if who else ""
    chance = f"dropouts {100 * faults['dropout']:g} %" if faults["dropout"] else ""
    return ", ".join(filter(None, (chance, named)))


def step(view: View) -> list[str]:
    """Where in the round we are, longest first."""
    if view.phase is None:
        if view.finished:
            return ["finished"]
        return ["not begun" if view.round == 0 else "between rounds"]
    place = f"step {list(Phase).index(view.phase) + 1} of {len(Phase)}"
    fine = _moment(view)
    return [f"{place}  {fine}", place] if fine else [place]


def _moment(view: View) -> str:
    """Finer than a phase: which pass, which leg of the masks."""
    if view.moment == "EpochTrained":
        return "pass {} of {}".format(*passes(view))
    return {
        "KeysAdvertised": "keys to the server",
        "KeysForwarded": "keys to all",
        "SharesSent": f"shares of {view.step_done} of {view.step_total}",
        "SharesForwarded": "shares to all",
        "UpdatesMasked": f"masks on {view.step_done} of {view.step_total}",
        "SurvivorsAnnounced": "whose updates came",
        "SharesRevealed": f"shares back, {view.step_done} of {view.step_total}",
        "MasksRemoved": f"masks out, {view.step_done} of {view.step_total}",
    }.get(view.moment, "")


def passes(view: View) -> tuple[int, int]:
    """Passes that the cohort as a whole has done, a begun one counted, and those it will do."""
    planned = int(view.hospitals.planned[view.hospitals.drawn].max(initial=0))
    done = math.ceil(planned * view.step_done / view.step_total) if view.step_total else 0
    return done, planned


# Right now


def right_now(view: View, chosen: int = 0) -> list[str]:
    """What just happened, and what it means or what comes next; `chosen` is the hospital told of."""
    tell = _TOLD.get(view.moment)
    told = tell(view, _spoken_of(view, chosen)) if tell else []
    return [sentence for sentence in told if sentence]


def _spoken_of(view: View, chosen: int) -> int:
    """The chosen hospital if it takes part, else the first that does."""
    cohort = view.hospitals.cohort
    if len(cohort) and chosen not in cohort:
        return int(cohort[0])
    return chosen


def _opening(view: View, who: int) -> list[str]:
    return [f"{view.title}: {many(view.rounds, 'round')}. Reading the patients …"]


def _preparing(view: View, who: int) -> list[str]:
    what, done, total = view.preparing or ("", 0, 0)
    when = f"Before round {view.round + 1}" if view.points else PREPARING
    return [f"{when}: {what}" + (f", {done} of {total}." if total > 1 else ".")]


KEYS_TO_BEGIN = "Space plays, → steps."  # on a screen only


def _started(view: View, who: int) -> list[str]:
    hospitals = view.hospitals
    patients = int(hospitals.patients.sum())
    return [
        f"{many(len(hospitals), 'hospital')} hold {many(patients, 'patient')}; the server has a model"
        f" of {many(view.parameters, 'number')}.",
        f"Patients stay where they are; the model travels. {KEYS_TO_BEGIN}",
        *view.notes,
    ]


def _drawn(view: View, who: int) -> list[str]:
    return [f"Round {view.round}: {taking_part(view)}."]


def _sent(view: View, who: int) -> list[str]:
    noisy = carries_noise(view)
    part = taking_part(view)
    carries = (
        f"It carries the noise of the rounds before; {part}." if noisy else f"This round {part}."
    )
    return [
        f"The server sent its model to {_whom(view)}: {view.model_size} bytes,"
        f" {_model_numbers(view)}.",
        carries,
    ]


def _model_numbers(view: View) -> str:
    """ "11 numbers"; of a pruned model "8 of 11 numbers"."""
    kept = left(view.switches.get("compression", {}).get("prune", 0.0), view.parameters)
    several = many(view.parameters, "number")
    return several if kept == view.parameters else f"{kept:,} of {several}"


def carries_noise(view: View) -> bool:
    """Whether noise went into this round's model in a round before; one that was lost adds none."""
    before = view.points[: max(0, view.round - 1)]
    return bool(before) and before[-1].noised


def _trained(view: View, who: int) -> list[str]:
    hospitals = view.hospitals
    done = int(hospitals.epochs[who])
    loss = hospitals.loss[who]
    error = f"; its error there is {number(float(loss))}" if np.isfinite(loss) else ""
    mu = view.switches.get("fedprox", {}).get("mu", 0)
    pulled = f"FedProx pulls each back to the model it received (μ {mu:g})."
    if promise.kind(view) is promise.Kind.PATIENT and view.privacy:
        return [*_trained_in_noise(view, who), pulled if mu else ""]
    return [
        f"{name(view, who)} went {done} of {hospitals.planned[who]} times over its own"
        f" {many(int(hospitals.patients[who]), 'patient')}{error}.",
        pulled if mu else "Each trains the same model on other patients.",
    ]


def _trained_in_noise(view: View, who: int) -> list[str]:
    """DP-SGD at home: batches by chance, every patient's gradient cut, noise on each step's sum."""
    plan, h = view.privacy or {}, view.hospitals
    patients, loss = int(h.patients[who]), float(h.loss[who])
    batch = float(plan["sampling_rate"][who]) * patients
    drawn = f"about {batch:.0f} of its {many(patients, 'patient')} a step, by chance"
    if batch > patients - 0.5:
        drawn = f"all its {many(patients, 'patient')} at each step"
    error = f"; error {number(loss)}" if math.isfinite(loss) else ""
    part = float(h.clipped[who])
    cut = f"cut to {plan['clip_norm']:g}" + (f" ({percent(part, 1)} are)" if part >= 0 else "")
    noise = (
        "and noise is added at every step." if promise.noised(view) else "but no noise is added."
    )
    return [
        f"{name(view, who)}, pass {int(h.epochs[who])} of {h.planned[who]}: {drawn}{error}.",
        f"Each patient's say is {cut}, {noise}",
    ]


def _protected(view: View, who: int) -> list[str]:
    length = number(float(view.hospitals.norm[who]))
    numbers = many(view.parameters, "number")
    what = f"{name(view, who)}'s update is what training changed: {numbers}, length {length}."
    if view.privacy:
        return [what, _hidden_at_home(view, who)]
    if "masking" in view.switches:
        return [what, "Nothing hides it yet: masks come before it leaves."]
    if view.switches.get("compression", {}).get("error_feedback"):
        return [what, "What earlier messages left out is added. It is made shorter, not hidden."]
    if "compression" in view.switches:
        return [what, "It goes to the server in fewer bytes: nothing hides it."]
    return [what, "It goes to the server as it is: nothing hides it."]


def _hidden_at_home(view: View, who: int) -> str:
    """What privacy does to an update before it leaves."""
    plan, kind = view.privacy or {}, promise.kind(view)
    if kind is promise.Kind.PATIENT:
        if not promise.noised(view):
            return "No noise is in it: it is as under privacy, and hides nobody."
        return "The noise of every step is in it: it hides one patient, from the server too."
    clip, length = float(plan["clip_norm"]), float(view.hospitals.norm[who])
    cut = f"cut to {number(clip)}" if length > clip else f"within {number(clip)}, so it stays"
    noises = view.traces.get("privacy", {}).get("noise_norms")
    if kind is promise.Kind.CENTRAL or noises is None or not promise.noised(view):
        return f"The largest say of one hospital: it is {cut}."
    added = number(float(noises[np.searchsorted(view.hospitals.cohort, who)]))
    return f"It is {cut}; then {name(view, who)} adds noise of length {added} itself (local)."


def _keys_sent(view: View, who: int) -> list[str]:
    each = view.key_size // max(1, len(view.hospitals.cohort))
    return [
        f"Every hospital sent the server two fresh public keys, {each} bytes for both.",
        "One is for masks, one to seal messages with; the private halves stay at home.",
    ]


def _keys_passed(view: View, who: int) -> list[str]:
    return [
        f"The server passed the keys on: {_each_pair(view.pairs)} now shares secrets.",
        "The server cannot know them: it saw public halves only.",
    ]


def _each_pair(pairs: int) -> str:
    return "the pair" if pairs == 1 else f"each of {pairs:,} pairs"


def _shared(view: View, who: int) -> list[str]:
    if view.hospitals.lost[who]:
        return [f"{name(view, who)} fell away before sharing: nobody will mask with it."]
    of = int(view.hospitals.drawn.sum())
    return [
        f"{name(view, who)} split its two secrets into {of:,} shares, one for each hospital, sealed.",
        f"Any {view.needed:,} give them back; fewer tell nothing at all.",
    ]


def _shares_passed(view: View, who: int) -> list[str]:
    return [
        "The server passed the sealed shares on, and cannot look inside.",
        f"Whoever falls away now: any {view.needed:,} others can open what it leaves in the sum.",
    ]


def _masked(view: View, who: int) -> list[str]:
    if view.hospitals.lost[who]:
        return [f"{name(view, who)} fell away before sharing: nobody masks with it."]
    return [
        f"{name(view, who)} puts on a mask of its own, and one with each of"
        f" {_partners(view, who)}.",
        "Of every two hospitals one adds what the other takes away: that cancels.",
    ]


def _returned(view: View, who: int) -> list[str]:
    size = int(view.hospitals.size[who])
    if view.hospitals.lost[who]:
        came = many(int(view.hospitals.arrived.sum()), "hospital")
        return [
            f"{name(view, who)} sent nothing: it fell away before {_fell_at(view, who)}.",
            f"Messages came from {came}.",
        ]
    who_sent = f"{name(view, who)} sent {many(size, 'byte')}"
    squeezed = view.switches.get("compression")
    if "masking" in view.switches:
        gone = _masked_and_gone(view)
        own = f"own masks and those with {gone}" if gone else "own masks"
        return [
            f"{who_sent}: {view.parameters} numbers under masks, noise to the server.",
            f"So is the sum, as yet: the {own} are in it.",
        ]
    plain = _server_reads_it(view)
    if squeezed:
        whole = HEADER + 4 * view.parameters
        return [f"{who_sent} in place of {whole}: {coded_numbers(view)}.", plain]
    return [f"{who_sent}: {view.parameters} numbers, {_readable(view)}.", plain]


def _readable(view: View) -> str:
    """As what an update without masks arrives."""
    kind = promise.kind(view)
    if kind is promise.Kind.CENTRAL:
        return "cut, but not hidden"
    if kind is None or not promise.noised(view):
        return "as they are"
    return "noised, to hide one patient" if kind is promise.Kind.PATIENT else "cut and noised"


def _server_reads_it(view: View) -> str:
    """What the server makes of an update without masks."""
    if not promise.noised_at_home(view):
        return "The server can read this update, and every other one."
    return f"The server reads it noised{_how_well_hidden(view)}"


def question(view: View) -> str:
    """What somebody who watches would like to know of one unit."""
    return {
        promise.Kind.PATIENT: '"was she in?"',
        promise.Kind.LOCAL: '"which update?"',
    }.get(promise.kind(view) or promise.Kind.CENTRAL, '"was it in?"')


def _how_well_hidden(view: View) -> str:
    """What all planned rounds' noise does, by the best test; ends the sentence."""
    plan = view.privacy or {}
    if view.epsilon is not None and math.isinf(view.epsilon):
        return "; the rounds before had none, and hid nobody."
    if plan["best_guess"] >= promise.HIDES_NOBODY:
        return ": so little hides nobody."
    right = percent(float(plan["best_guess"]), 1)
    return f": the best guess {question(view)} is right in {right}."


def _dropped(view: View, who: int) -> list[str]:
    if view.hospitals.size.any() and view.aborted:
        return [
            view.why,
            "What did come is noise to the server: the round is lost, the model stays.",
        ]
    if view.aborted:
        return [view.why, "The round is lost, and the model stays as it was."]
    if promise.divides_as_planned(view):
        return [view.why, "It is divided as planned: that must not tell who was there."]
    return [view.why, "In this round the others' votes count for more."]


def _announced(view: View, who: int) -> list[str]:
    came, gone = _group(np.flatnonzero(view.hospitals.arrived)), _masked_and_gone(view)
    then = f", and those that {gone} shared" if gone else ""
    return [
        f"The server says whose updates came: {came}. Nobody takes a second list.",
        f"To be opened: their own masks{then}; of nobody both.",
    ]


def _revealed(view: View, who: int) -> list[str]:
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


def _opened(view: View, who: int) -> list[str]:
    h = view.hospitals
    if not view.complete:
        return [
            "The server takes each one's own mask out of the sum.",
            f"Those with {_masked_and_gone(view)} come next: the shares rebuilt the key to them.",
        ]
    gone = _masked_and_gone(view)
    what = f"own masks, and those with {gone}" if gone else "own masks"
    return [
        f"With the shares the server took out the {what}.",
        f"It reads the sum of {_group(np.flatnonzero(h.arrived))}, and nothing else.",
    ]


def _fell_at(view: View, who: int) -> str:
    """Before what a hospital fell away that sent nothing."""
    h = view.hospitals
    return "sharing" if h.shared.any() and not h.shared[who] else "its upload"


def _masked_and_gone(view: View) -> str:
    """Those whose masks with others are in the sum: they shared, and sent no update; "" for nobody."""
    h = view.hospitals
    return _group(np.flatnonzero(h.shared & h.lost))


def masks_left(view: View) -> str:
    """What is left of the pair masks in the sum: nothing, unless somebody that has some sent nothing."""
    gone = _masked_and_gone(view)
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


def _combined(view: View, who: int) -> list[str]:
    count = many(int(view.hospitals.arrived.sum()), "update")
    moved = f"the model moved by {number(view.update_norm or 0.0)}"
    if "masking" in view.switches:
        told = f"All the server read is the sum of {count}; {moved}."
        return [told, _noise_added(view) or "Each counted by its vote."]
    return [f"The server averaged {count}, each by its vote; {moved}.", _noise_added(view)]


def _noise_added(view: View) -> str:
    """Whose noise is in the model now, and what it does."""
    if view.privacy is None:
        return ""
    if not promise.noised(view):
        return "There is no noise in it: all is done as under privacy, and nobody is hidden."
    brought = "Their noise is in it"
    noise = view.traces.get("privacy", {}).get("noise_std")
    if noise is not None:
        brought = f"It added noise of about {number(noise)}"
    return brought + _how_well_hidden(view)


def _tested(view: View, who: int) -> list[str]:
    now = view.points[-1]
    earlier = view.points[-2].correct if len(view.points) > 1 else None
    change = "" if earlier is None else f", {_more(now.correct - earlier)} a round ago"
    right = f"right for {now.correct:,} of {many(view.held_out, 'unseen patient')}"
    lost = f"This round is lost, the model stays: {right}."
    return [
        lost if view.aborted else f"Together: {right}{change}.",
        f"Each one alone {view.alone:,}, all data in one place {view.pooled:,}.{privacy_used(view)}",
    ]


def privacy_used(view: View) -> str:
    """ " One patient: ε 0.73 of 4 used."; where no ε holds it says that; empty without privacy."""
    kind = promise.kind(view)
    if view.privacy is None or view.epsilon is None or kind is None:
        return ""
    if not promise.noised(view) and endless(view.privacy):
        return " No noise: nobody is hidden."
    unit = one_unit(kind).capitalize()
    if math.isinf(view.epsilon):
        return f" {unit}: no ε holds."
    return f" {unit}: ε {budget(view.epsilon)} of {view.privacy['budget']:g} used."


def _changed(view: View, who: int) -> list[str]:
    first = sorted(view.notes, key=lambda note: not any(part in note for part in _OF_THE_PAST))
    return ["From this round on other settings hold.", *first]


_OF_THE_PAST = (
    "earlier rounds",
    "from here on",
    "in advance",
    "already",
)  # what comes of a promise


def _budget_reached(view: View, who: int) -> list[str]:
    kind = promise.kind(view)
    of = f" of ε {view.privacy['budget']:g} for {one_unit(kind)}" if view.privacy and kind else ""
    return [f"One more round would pass the budget{of}: the run stops here."]


def _finished(view: View, who: int) -> list[str]:
    if not view.points:
        return ["The run ended before its first round did."]
    last = view.points[-1]
    total = view.uplink + view.downlink + view.overhead
    why = {"budget": "The privacy budget is used up", "threshold": "Every round was lost"}
    done = why.get(view.stopped or "", f"{many(len(view.points), 'round')} done")
    return [
        f"{done}: right for {last.correct:,} of {view.held_out:,}"
        f" ({percent(last.correct, view.held_out)})."
        f" Alone {view.alone:,}, all in one place {view.pooled:,}.",
        f"{total:,} bytes travelled, and no patient.{_verdict(view, last.correct)}",
    ]


def _verdict(view: View, correct: int) -> str:
    """What to take away from a finished run, or what to try next."""
    if used := privacy_used(view):
        return used
    if correct < view.alone:
        return " Here each one alone does better."
    return "" if all(s in view.switches for s in SWITCH_NAMES) else " Try a switch: f p m c."


_TOLD: Mapping[str, Callable[[View, int], list[str]]] = {
    "": _opening,
    "Preparing": _preparing,
    "RunStarted": _started,
    "RoundStarted": _drawn,
    "ModelSent": _sent,
    "EpochTrained": _trained,
    "UpdatesProtected": _protected,
    "KeysAdvertised": _keys_sent,
    "KeysForwarded": _keys_passed,
    "SharesSent": _shared,
    "SharesForwarded": _shares_passed,
    "UpdatesMasked": _masked,
    "UpdatesSent": _returned,
    "HospitalsDropped": _dropped,
    "SurvivorsAnnounced": _announced,
    "SharesRevealed": _revealed,
    "MasksRemoved": _opened,
    "Aggregated": _combined,
    "RoundFinished": _tested,
    "SettingsChanged": _changed,
    "BudgetReached": _budget_reached,
    "RunFinished": _finished,
}


def in_full(view: View, chosen: int = 0) -> list[str]:
    """All that is to be said of this moment and of the run, for a page that cuts nothing."""
    said = [*right_now(view, chosen), background(view), *view.notes]
    return list(dict.fromkeys(filter(None, said)))


def background(view: View) -> str:
    """What lies behind the moment, for a screen that has room for it."""
    told = _BACKGROUND.get(view.moment, "")
    if promise.kind(view) is promise.Kind.PATIENT:
        told = _BACKGROUND_OF_PATIENTS.get(view.moment, told)
    if view.privacy and view.moment == "RoundFinished":
        told += f" {OUTSIDE}"
    return told.format(
        batch=_batch(view), one=percent_of_one(view), header=HEADER, votes=_electorate(view)
    )


def _electorate(view: View) -> str:
    """Of what a vote is a part."""
    if view.settings.get("training", {}).get("weighting") == "equal":
        return "the hospitals taking part, all alike"
    if promise.divides_as_planned(view):
        return "the patients planned for, whoever comes: a divisor that changed would tell who did"
    return "the patients taking part: every patient counts the same, wherever she is"


def _batch(view: View) -> str:
    size = int(view.settings.get("training", {}).get("batch_size", 0))
    return f"{many(size, 'patient')} at a time" if size else "all at once"


def percent_of_one(view: View) -> str:
    """What one unseen patient is worth: "0.6 %"."""
    return f"{100 / view.held_out:.1f} %" if view.held_out else "–"


_BACKGROUND = {
    "RunStarted": "Send the model, train it where the patients are, average what comes back, and"
    " again: federated averaging (McMahan 2017).",
    "ModelSent": "Numbers, not rows: a weight for each column and one more, 4 bytes each behind a"
    " header of {header}. Everybody gets the same message.",
    "EpochTrained": "A pass visits every own patient once, in random order, {batch}, and moves the"
    " model a little after each batch.",
    "UpdatesProtected": "An update is a hospital's model minus the one it received: what its own"
    " patients changed. What is sent from here on is the update, not the model.",
    "KeysAdvertised": "Keys are new in every round, so that no two messages ever share a mask.",
    "KeysForwarded": "Either private half makes the same secret with the other's public one: X25519.",
    "SharesSent": "A secret is a curve's height at zero, a share its height elsewhere. Through too few"
    " points goes a curve for every secret there is (Shamir 1979).",
    "SharesForwarded": "The two secrets are the key to a hospital's masks with others, and the seed of its"
    " own mask. Later the others give away one of the two, never both.",
    "UpdatesMasked": "Both hospitals of a pair draw the same mask from their secret (ChaCha20), in a"
    " ring of integers where adding and taking away cancel exactly (Bonawitz 2017).",
    "SurvivorsAnnounced": "Were both kinds of mask of one hospital opened, its update would lie bare. So a"
    " hospital answers the first list it is told and refuses every other.",
    "SharesRevealed": "A server that as many hospitals help as open a sum could open every update. With"
    " fewer it learns the sum of the others, and no more.",
    "MasksRemoved": "An own mask is drawn again from its seed. Of one that fell away the server draws what"
    " it would have added, had it stayed, and the others' masks with it cancel.",
    "UpdatesSent": "Messages leave one after the other here so that eyes can follow. The server"
    " goes on when the last one has come.",
    "HospitalsDropped": "Real hospitals lose their connection. Without masks the others' updates are"
    " added up; under masks enough of the others must be there to open what is left in the sum.",
    "Aggregated": "A vote is a hospital's part of {votes}.",
    "RoundFinished": "Unseen patients were held out in each hospital and never trained on. One of them"
    " is {one}: a difference of a few says little.",
    "RunFinished": "v turns to bytes and privacy used, 2 tells who gained, e shows the equation.",
}


OUTSIDE = "Scores of single hospitals stand outside ε: only you can see this."
_BACKGROUND_OF_PATIENTS = {
    "EpochTrained": "At every step a coin decides for each patient whether she is in it. Each one's"
    " gradient is cut, noise is added to the sum, and the sum is divided by the number expected, so"
    " that nothing tells who came (DP-SGD, Abadi 2016).",
}


def taking_part(view: View) -> str:
    """ "all 4 hospitals take part", "A and C take part", "30 of 100 hospitals take part"."""
    cohort, everyone = view.hospitals.cohort, len(view.hospitals)
    if len(cohort) == everyone:
        return f"all {many(everyone, 'hospital')} take part" if everyone > 1 else "the one hospital"
    if len(cohort) > 6:
        return f"{len(cohort):,} of {many(everyone, 'hospital')} take part"
    return f"{listed([letter(int(i)) for i in cohort])} take{'s' if len(cohort) == 1 else ''} part"


def _whom(view: View) -> str:
    cohort = view.hospitals.cohort
    if len(cohort) > 6:
        return many(len(cohort), "hospital")
    return listed([letter(int(i)) for i in cohort])


def _more(difference: int) -> str:
    if difference == 0:
        return "as many as"
    return f"{abs(difference)} {'more' if difference > 0 else 'fewer'} than"


# One hospital


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


# Who can read what


def readers(view: View) -> list[tuple[str, str, str, str]]:
    """Rows of the table: what, and whether server, others, network can read it.

    The network sees encrypted connections. A star marks what can be worked out: new model − old model.
    Of a lost round there is nothing to work out.
    """
    masked, noisy = "masking" in view.switches, promise.noised(view)
    adding = in_sum(view)
    sum_read = "no" if view.aborted else "noisy*" if noisy else "yes*"
    one_read = sum_read if adding <= 2 else "no"
    server_reads = "noisy" if promise.noised_at_home(view) else "yes"
    hidden = view.aborted or (masked and adding > 1)
    return [
        ("patient rows", "no", "no", "no"),
        ("one update", "no" if hidden else server_reads, one_read, "no"),
        ("sum of all", "no" if view.aborted else server_reads, sum_read, "no"),
    ]


def in_sum(view: View) -> int:
    """How many updates the sum is made of, as far as is known: those who fell away are not in it.

    Whoever knows all of them but one knows that one.
    """
    h = view.hospitals
    return int((h.drawn & ~h.lost).sum()) if h.drawn.any() else len(h)


def readers_note(view: View) -> str:
    """What the star means."""
    if view.aborted:
        return "nothing was added up"
    if in_sum(view) == 2:
        return "* the sum, minus one's own"
    return "* new model minus old model"


def masks_agreed(view: View) -> bool:
    """Whether this round's masks are agreed: before its keys are passed on nobody has one."""
    return view.pairs > 0


def server_reads(view: View) -> list[str]:
    """What the server can read, longest first; of what has not come, what it will be able to."""
    count, noisy = in_sum(view), promise.noised_at_home(view)
    if "masking" in view.switches and view.round and not masks_agreed(view):
        return ["nothing yet: masks come first", "nothing yet"]
    if "masking" in view.switches:
        noised = [f"the noised sum of {count:,}"] if noisy else []
        return [*noised, f"the sum of {count:,}, no single", f"only the sum of {count:,}"]
    return ["every update, noised"] if noisy else ["every single update"]


def masks_line(view: View) -> list[str]:
    """What it takes to open the sum, for the panel of switches."""
    taking = int(view.hospitals.drawn.sum()) or len(view.hospitals)
    if taking < 2:
        return []
    needed = opens_with(float(view.switches["masking"]["threshold"]), taking)
    return [f"opens with {needed:,} of {taking:,} present"]


UNUSED = "not used"  # an update that came, in a round that is lost


def holds(view: View) -> list[str]:
    """The shared model as it is, longest first."""
    numbers = many(view.parameters, "number")
    return [f"{numbers}, {view.model_size:,} bytes" if view.model_size else numbers, numbers]


_NOISE_BY = {
    promise.Kind.PATIENT: "noise by the hospitals",
    promise.Kind.CENTRAL: "noise by the server",
    promise.Kind.LOCAL: "noise by each, local",
}


def privacy_lines(view: View, bar: str) -> list[str]:
    """What privacy comes to, a short line each, the least needed last; `bar` draws the part used."""
    kind, plan = promise.kind(view), view.privacy
    if plan is None or kind is None:
        return []
    by = f"{_NOISE_BY[kind]}, δ {float(plan['delta']):g}"
    if endless(plan):
        return ["cut, but no noise: no ε holds", f"to compare {one_unit(kind)}'s ε with"]
    if view.epsilon is not None and math.isinf(view.epsilon):
        return ["no ε holds: rounds had no noise", by]
    used = f"used {budget(view.epsilon or 0.0)} of {plan['budget']:g}  {bar}  ε"
    guess = f"best guess {question(view)} {percent(promise.best_guess(view), 1)}"
    return [used, guess, by, f"ε alone promises: ≤ {rounded_up(promise.ceiling(view))}"]


def rounded_up(part: float) -> str:
    """A promised chance, in whole hundredths: 98.2 % is not promised to be 98 %."""
    return f"{math.ceil(100 * part - 1e-9)} %"


def probability_of(column: str, positive: str) -> str:
    """What the numbers of `fedtui predict` are."""
    if not positive:
        return "each number is the chance that a patient is positive."
    return f"each number is the chance of {positive!r} in column {column!r}."


def scored(score: Score) -> str:
    """How good predictions were where the table has labels."""
    auc = "n/a" if score.auc is None else f"{score.auc:.3f}"
    brier = "n/a" if score.brier is None else f"{score.brier:.3f}"
    return (
        f"on the {many(score.patients, 'row')} with a label: right for {score.correct:,}"
        f" ({score.accuracy:.1%}), AUC {auc}, Brier {brier}."
    )


def noise_costs(
    z: float, steps: int, epsilon: float, guess: float, promised: float, naive: tuple[float, float]
) -> list[str]:
    """The answer of `fedtui epsilon`: ε, what z and ε mean, and the sum that nobody should report."""
    added = (
        f"The naive sum over {many(steps, 'release')} is ε = {number(naive[0])} at δ = {naive[1]:.3g}: too"
        " high a price for the same noise."
    )
    return [
        f"ε = {epsilon}  at z = {z:.6g}",
        f"z is the noise multiplier: each release gets noise of {z:.6g} × the largest say of one.",
        f'The best guess of "was it in?" is right in {100 * guess:.1f} %; ε and δ alone promise at most'
        f" {math.ceil(1000 * promised - 1e-9) / 10:.1f} %.",
        *([added] if steps > 1 else []),
    ]


def last_step(view: View) -> list[str]:
    """How far the model moved when the updates were combined."""
    return [
        "not combined yet" if view.update_norm is None else f"moved by {number(view.update_norm)}"
    ]


def round_lost(view: View) -> list[str]:
    """Why a round came to nothing, longest first."""
    if "masking" in view.switches and view.hospitals.size.any():
        return ["the sum cannot be opened"]
    return ["no update can be used" if view.hospitals.size.any() else "no update arrived"]


# Plots


def privacy_heading(plan: Mapping[str, Any] | None) -> str:
    """Above a column of ε: whose they are."""
    if plan is None:
        return "privacy used"
    local = " (local)" if promise.kind_of(plan) is promise.Kind.LOCAL else ""
    return f"used, {one_unit(promise.kind_of(plan))}{local}"


def plot_title(view: View, plot: str) -> str:
    """What a plot shows."""
    if plot == "bytes":
        return "Bytes in each round"
    if plot == "privacy":
        kind = promise.kind(view)
        told = f"Privacy used, ε for {one_unit(kind)}" if kind else "Privacy used, ε"
        if kind is None or view.privacy is None or not promise.noised(view):
            return told
        if view.epsilon is None or math.isinf(view.epsilon):
            return f"{told}; {_NOISE_BY[kind]}"
        return f"{told}; {_NOISE_BY[kind]}; best guess {percent(promise.best_guess(view), 1)}"
    one = f" (1 patient = {percent_of_one(view)})" if view.held_out else ""
    return f"Right answers on unseen patients{one}"


def nothing_hidden(view: View) -> str:
    """Why there is no privacy to plot."""
    if view.privacy is None:
        return "Privacy is off: no noise hides anyone, so no budget is used up. The key p switches it on."
    if endless(view.privacy):
        return "No noise is added, so nobody is hidden: the curve to compare one with noise to."
    return "Rounds were sent without noise before: they hid nobody, and noise now cannot take that back."


def identical(before: str, until: int = 0) -> list[str]:
    """Why the curve before is not seen: the new one lies on it, as far as it went; longest first."""
    same = f"same to {until}" if until else "identical"
    return [f"{before}: {same}", f"before: {same}"]


# The switches

NOTHING_TO_UNDO = "There is no switch to undo."


RECORDING_ENDS = "The recording ends here; the run it tells of did not finish."


SEARCH = "Search an action"


def attacking(view: View, hospital: int) -> str:
    """While attacks are made."""
    return f"Attacking {name(view, hospital)}'s messages …"


NO_PATIENTS = "A recording holds no patients: r runs it again, then a."
NOT_YET = "The hospitals are not known yet; wait a moment and try again."


def switched(section: str, on: bool, fork: int) -> str:
    """What a switch did: which world this is now."""
    since = f" from round {fork + 1} on" if fork else ""
    return f"{SWITCH_NAMES[section]} {'on' if on else 'off'}{since}."


WITHOUT_NOISE = "Privacy without its noise: the same batches, the same cut. u takes it back."


def meanwhile(notice: str, preparing: Preparing | None) -> str:
    """A notice while another world is made ready: what is done now, and how far that is."""
    if preparing is None or not notice:
        return notice
    far = f", {preparing.done} of {preparing.total}" if preparing.total > 1 else ""
    return f"{notice} First: {preparing.what}{far}."


def again(view: View, other: bool = False) -> str:
    """What another run of the same settings shows, with the same seed or an `other`."""
    if not other:
        return f"Run again with {_the(seed(view))}: the same patients, order and noise, the same curve."
    new = "another secret seed" if view.own_data else seed(view)
    return f"Run again with {new}: other luck, nothing else."


def _the(seed: str) -> str:
    return f"the {seed}" if seed.startswith("secret") else seed


_FALLS = {"sharing": "before sharing", "before": "before its upload", "after": "after its upload"}


def dropped_by_key(name: str, round: int, gone: bool, where: str, shown: int) -> str:
    """What letting a hospital fall away, or stay, did; `shown` is the round on the screen."""
    if not gone:
        return f"{name} stays in round {round}."
    too_late = f": in round {shown} it has done its part" if round > shown > 0 else ""
    return f"{name} drops out of round {round}, {_FALLS[where]}{too_late}."


def forking(round: int) -> str:
    """What a fork is about to do."""
    return f"Fork: the next switch holds from round {round + 1} on. Esc: from round 1, as before."


def branch_name(view: View) -> str:
    """What a branch without a name is called: what is switched on, or its seed."""
    told = [
        badge.removeprefix("+ ")
        if section == "privacy"
        else badge.removeprefix("+ ").partition(",")[0]
        for section, badge in badges(view).items()
    ]
    return " + ".join(told) if told else f"plain, {seed(view)}"


def other_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Which settings are others now, by their names on the form; of own data not the seed."""
    keys = [key for key in new if new[key] != old.get(key)]
    if new.get("data.source") not in PUBLIC and keys != ["seed"]:
        keys = [key for key in keys if key != "seed"]
    gone = [key for key in old if key not in new]
    told = [setting_value(key, new[key]) for key in keys[:2]]
    if keys == ["seed"] and new.get("data.source") not in PUBLIC:
        told = ["another secret seed"]
    told += [f"no {_SPOKEN.get(section, section)}" for section in _sections(gone)[:1]]
    if not told or len(keys) > 2:
        return f"{many(len(keys) + len(gone), 'setting')} changed."
    return f"Now {listed(told)}."


def _sections(keys: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(key.partition(".")[0] for key in keys))


_CODEC_NAMES = {
    "float16": "2 bytes a number",
    "quantize": "few bits a number",
    "qsgd": "few bits, by chance",
    "topk": "the largest part",
    "randk": "a random part",
    "sign": "signs only",
}


def setting_value(key: str, value: Any) -> str:
    """ "size of a step = 0.3", "send later what was cut = on"."""
    told = f"{value:g}" if isinstance(value, float) else str(value)
    if key == "compression.codec":
        told = _CODEC_NAMES.get(told, told)
    if isinstance(value, bool):
        told = "on" if value else "off"
    elif isinstance(value, list | tuple):
        told = " ".join(map(str, value)) or SETTINGS_EMPTY
    return f"{setting_name(key)} = {told}"


def theme(told: str) -> str:
    """Which colours these are."""
    return f"Colours: {told}."


def before_name(old: View, new: View) -> str:
    """What the grey curve is, beside the new one: "without masks", "seed 42"."""
    if old.seed != new.seed:
        return "before, other seed" if old.own_data else f"before, {seed(old)}"
    was, now = old.switches, new.switches
    gone = [f"with {_SPOKEN[s]}" for s in _SPOKEN if s in was and s not in now]
    come = [f"no {_SPOKEN[s]}" for s in _SPOKEN if s in now and s not in was]
    if "privacy" in was and "privacy" in now:
        silent = endless(was["privacy"]), endless(now["privacy"])
        gone += ["with noise"] if silent == (False, True) else []
        come += ["no noise"] if silent == (True, False) else []
    return " ".join(["before,", *gone, *come]) if gone or come else "before"


def outcome(told: str, old: View, new: View) -> str:
    """What another world gave at the same place, beside the one before: the numbers of both.

    `told` is what was said of the world when it was entered; what it gave comes after its first part.
    """
    was = next((p.correct for p in old.points if p.round == len(new.points)), None)
    what, _, rest = told.rstrip(".").partition(": ")
    if new.aborted:
        return f"{what}: round {new.round} is lost. {new.why}"
    if not new.points or was is None or old.held_out != new.held_out:
        return told
    now = new.points[-1].correct
    change = "no change" if now == was else _difference(now - was)
    gave = f"right for {now:,} of {new.held_out:,}, before {was:,}: {change}."
    rest = f" {rest[:1].upper()}{rest[1:]}." if rest else ""
    return f"{what}: {gave}{_swings(old, new)}{rest}"


_SWINGING = 10  # rounds
_CALMER = 1.0  # points of a hundred


def _swings(old: View, new: View) -> str:
    """How much the two curves jump from round to round, where that is what differs."""
    was, now = _jump(old, len(new.points)), _jump(new, len(new.points))
    if was is None or now is None or abs(was - now) < _CALMER:
        return ""
    return f" It jumps {now:.1f} points a round, before {was:.1f}."


def _jump(view: View, rounds: int) -> float | None:
    """The mean change from one round to the next over the last rounds, in points of a hundred."""
    right = [100 * p.correct / max(1, view.held_out) for p in view.points[:rounds]][-_SWINGING:]
    if len(right) < _SWINGING // 2:
        return None
    return float(np.abs(np.diff(right)).mean())


def _difference(patients: int) -> str:
    return f"{many(abs(patients), 'patient')} {'more' if patients > 0 else 'fewer'}"


# Settings

SECTION_NAMES = {
    "scenario": "Scenario",
    "fedprox": "FedProx",
    "privacy": "Privacy",
    "masking": "Masks",
    "compression": "Compression",
    "training": "Training",
    "faults": "Faults",
    "data": "Data",
    "model": "Model",
}
SETTING_NAMES = {
    "seed": "chance (seed)",
    "fedprox.mu": "pull to the model received",
    "privacy.unit": "who is hidden",
    "privacy.epsilon": "privacy budget ε",
    "privacy.delta": "privacy budget δ",
    "privacy.clip_norm": "largest say of one",
    "privacy.noise_by": "who adds the noise",
    "masking.threshold": "must stay to the end",
    "masking.range": "largest number that fits",
    "compression.codec": "how it is written",
    "compression.bits": "bits a number",
    "compression.fraction": "part that is sent",
    "compression.error_feedback": "send later what was cut",
    "compression.prune": "part set to zero first",
    "training.rounds": "rounds",
    "training.local_epochs": "passes over own patients",
    "training.local_steps": "steps, instead of passes",
    "training.batch_size": "patients in a step",
    "training.learning_rate": "size of a step",
    "training.participation": "taking part",
    "training.weighting": "vote",
    "faults.dropout": "chance to drop out",
    "faults.where": "when it drops out",
    "faults.drops": "who drops out, and when",
    "data.source": "patients from",
    "data.hospitals": "hospitals",
    "data.patients": "patients in each hospital",
    "data.features": "columns",
    "data.partition": "who gets which patients",
    "data.alpha": "how alike hospitals are",
    "data.sizes": "sizes of the hospitals",
    "data.shards": "shards for each hospital",
    "data.along": "column they differ along",
    "data.test_fraction": "kept back for the test",
    "data.scaling": "columns on one scale",
    "data.hospital_col": "column of the hospital",
    "data.label_col": "column of the answer",
    "data.positive": "answer that means yes",
    "data.keep": "columns used",
    "data.drop": "columns left out",
    "data.separator": "sign between columns",
    "model.kind": "model",
    "model.hidden": "hidden units",
    "model.l2": "penalty on large weights",
    "model.init": "numbers before round 1",
    "model.class_weight": "weight of rare cases",
}
SETTINGS = "Settings"
SETTINGS_EMPTY = "none"
SETTINGS_SECRET = "secret"  # Enter shows it
SETTINGS_READING = "Reading the patients to see whether this can run …"
SETTINGS_STUCK = "Esc once more leaves everything as it was."
SETTINGS_TOO_LONG = "That is more text than a setting can hold; a scenario file can hold it."
SETTINGS_NO_STEP = "There is no next value this way; Enter takes one as text."
SETTINGS_ONE_CHOICE = "So far this is the only choice that is built."
SETTINGS_NO_SWITCH = "This section is always there; it cannot be switched off."
SETTINGS_OTHER_SOURCE = "Other patients: the settings of Data are theirs now."
SETTINGS_SMALL = "Please make the window larger: settings need 60 × 18. Esc closes them."
SEED_RANGE = "a whole number, 0 or above"
LOCKED = "A branch goes on with the same patients, model and seed; only a new run can have others."
LOCKED_ROUNDS = "A branch goes on within the planned rounds; only a new run can have more or fewer."
SETTINGS_KEYS = (  # shown, does, and a rank: where there is no room, the lowest goes first
    ("↑↓", "setting", 4),
    ("←→", "change", 9),
    ("Enter", "type", 8),
    ("Tab", "section", 8),
    ("Space", "on/off", 6),
    ("d", "default", 5),
    ("Esc", "done", 9),
)
PRESET_KEYS = (
    ("↑↓", "scenario", 6),
    ("Enter", "start from it", 8),
    ("Tab", "section", 7),
    ("1-9", "a number", 4),
    ("Esc", "done", 9),
)
TYPING_KEYS = (("Enter", "take it", 9), ("Esc", "as it was", 9))
GIVING_UP = ("Esc", "change nothing", 9)


def setting_name(key: str) -> str:
    """What a setting is called; one that has no plain name yet, by its own."""
    return SETTING_NAMES.get(key, key.partition(".")[2] or key)


def section_name(section: str) -> str:
    """What a section is called."""
    return SECTION_NAMES.get(section, section)


def preset(title: str, about: str) -> str:
    """What a scenario is for."""
    return f"{title}. {about[:1].upper()}{about[1:]}."


def preset_way(here: bool) -> str:
    """What Enter does on a scenario."""
    if here:
        return "The settings come from this one; Enter takes all changes back to it."
    return "Enter starts from this one, with its own patients and settings."


def section_told(section: str) -> str:
    """A section and whether it is on, as a sentence of its own."""
    return f"Off now; a change here switches {section_name(section)} on."


def may_be(knob: Knob, kind: type) -> str:
    """What a setting may be."""
    if kind is bool:
        return "on or off"
    if knob.choices:
        unbuilt = f"; not built yet: {', '.join(knob.later)}" if knob.later else ""
        return " or ".join(knob.choices) + unbuilt
    if kind is tuple:
        return "a list, commas between"
    if kind is str:
        return "any text"
    if knob.inf:
        return f"{may_be(replace(knob, inf=False), kind)}, or inf"
    bounds = [
        f"at least {knob.low:g}" if knob.low > -math.inf else "",
        f"above {knob.above:g}" if knob.above > -math.inf else "",
        f"at most {knob.high:,.10g}" if knob.high < math.inf else "",
        f"below {knob.below:g}" if knob.below < math.inf else "",
    ]
    told = " and ".join(filter(None, bounds))
    return (f"a whole number, {told}" if kind is int else told) or "any number"


def setting_told(key: str, help: str, unit: str) -> str:
    """A setting's own key and what it means."""
    return f"{key}: {help}" + (f", in {unit}" if unit and unit not in help else "") + "."


def setting_range(may_be: str, default: str, was_set: bool) -> str:
    """What a setting may be, and what it is when nobody sets it."""
    usual = f"default {default or SETTINGS_EMPTY}"
    return f"May be {may_be}; {usual}{'' if was_set else ', as it is now'}."


_CODECS = {  # what each sends, how much smaller that is, what it loses
    "float16": "2 bytes a number, not 4: half the size; about 3 digits are kept, which is enough.",
    "quantize": "each number as one of 2^bits steps: at 8 bits a quarter; few bits are coarse.",
    "qsgd": "as quantize, but rounded up or down by chance: right on average, and rougher.",
    "topk": "the largest numbers and their places: a tenth of them is about an eighth of the size; small"
    " ones wait, or are lost.",
    "randk": "a part drawn by chance, no places needed: a tenth of the size; the rougher, the smaller.",
    "sign": "of each number its sign, and one length for all: a 32nd; who is large and who small is lost.",
}


def choice_told(key: str, value: Any) -> str:
    """What the chosen one of several does that its name does not tell; "" of most."""
    if key != "compression.codec" or value not in _CODECS:
        return ""
    return f"{key} {value}: {_CODECS[value]} {FEW_NUMBERS}"


FEW_NUMBERS = (
    "A model of 11 numbers hardly shows a cost."  # measured on `cells`: tests/test_form.py
)


def settings_followed(values: Mapping[str, str]) -> str:
    """What else is another value now, since its default hangs on the setting changed: name → value."""
    told = [f"{setting_name(key)} = {value}" for key, value in values.items()]
    return f"Nobody had set {'it' if len(told) == 1 else 'them'}, so with this: {listed(told)}."


def setting_idle(why: str) -> str:
    """Why a setting changes nothing now."""
    return f"Not in use: {why}."


def choose(choices: Sequence[str]) -> str:
    """The way out of a word that is not built yet."""
    *most, last = choices
    return f"choose {', '.join(most)} or {last}" if most else f"choose {last}"


def changes(count: int) -> str:
    """How many settings differ from where the form began."""
    return f"{many(count, 'change')}" if count else "nothing changed"


# What is kept

DAMAGED = "is damaged"
LATER = "is from a later version"
NO_FILE = "it is not a file"


def not_kept(where: str, why: str) -> str:
    """Settings or a session could not be written."""
    return f"Your place cannot be kept: {where} cannot be written ({why}). The lab goes on."


def not_read(where: str, why: str) -> str:
    """Something kept could not be read."""
    return f"{where} cannot be read ({why}); starting afresh."


def set_aside(name: str, why: str, aside: str) -> str:
    """Something kept could not be understood."""
    return f"{name} {why}; it is called {aside} now, beside a fresh one."


def offer(title: str, round: int, rounds: int) -> str:
    """The line that offers an earlier session."""
    return f"Earlier: {title}, round {round} of {rounds}. o brings it back, Esc leaves it."


def resumed(title: str, same: bool) -> str:
    """An earlier session is back."""
    if same:
        return f"{title} is back where you left it."
    return f"{title} is back, but its curve is not the one it had: other data, or another version."


CRASH_HOLDS = (
    "Where fedtui went wrong: places in its own code and the kinds of error, and nothing of any table."
    " Messages of errors are left out, since they may hold a patient's values."
)


def crashed(what: str, where: str) -> str:
    """A mistake of ours ended the lab."""
    return f"fedtui: a mistake of ours ended the lab ({what}); your place is kept. {where}"


def stumbled(what: str, where: str) -> str:
    """A mistake of ours ended a run."""
    return f"A mistake of ours ended this run ({what}, {where}). u goes back, r runs it again."


def saved(path: str, own_data: bool = False) -> str:
    """Where a file is, and whose numbers are in it."""
    return f"Saved as {path}." + (" It tells of your own patients." if own_data else "")


NO_OFFER = "There is no earlier session."


# Lesson 0

_WHO = {"alone": "alone", "together": "together", "same": "the same"}
_LESSON_ASKS = {
    "start": "Press Space.",
    "watch": "One round, slowly: the model goes out, is trained, comes back, is averaged.",
    "who": "After {rounds} rounds, who is better?  1 each one alone  2 together  3 the same",
    "rounds": "Now the other rounds. Space pauses, + is faster.",
    "price": "Hiding each patient costs how many in 100?  1 none  2 a few  3 ten or more",
    "privacy": "Press p, and compare with the grey curve.",
    "noise": "Is that the noise? Press : and type noise, Enter: the same run without it.",
    "masks": "To hide a whole hospital costs far more. Now p, privacy off; m, masks on.",
    "attack": "Press m again, masks off. Then a: read a message with one patient in it.",
    "shield": "Now m, masks on, and a: the same attack on a masked message.",
    "end": "Next: press : and type specialists; there f, Enter, and μ 1. Esc ends this.",
}
_HALF_WAY: Mapping[str, tuple[Callable[[View], bool], str]] = {  # once the first half is done
    "masks": (lambda view: "privacy" not in view.switches, "Now press m: masks on each message."),
    "attack": (
        lambda view: "masking" not in view.switches,
        "Now press a: read a message with one patient in it.",
    ),
    "shield": (
        lambda view: "masking" in view.switches,
        "Now press a: the same attack on a masked message.",
    ),
}
LESSON_AGAIN = "The tour goes on where you left it."
ANSWER_FIRST = "First answer with 1, 2 or 3; Esc leaves the tour."
ONE_ROUND_FIRST = "One round first, then a question, then all rounds; Esc leaves the tour."
OTHER_LUCK = "The tour compares runs of one seed: u goes back to the one it began with."
LESSON_LEFT = "The first five minutes wait under 5."


def lesson(step: str, answers: Mapping[str, str], told: Mapping[str, int], view: View) -> list[str]:
    """What the step before gave, in no line, one or two, and last what to do now."""
    half_way = _HALF_WAY.get(step)
    asks = half_way[1] if half_way and half_way[0](view) else _LESSON_ASKS[step]
    asks = asks.format(rounds=view.rounds)
    tells = _LESSON_TELLS.get(step)
    return [*filter(None, tells(answers, told, view).split("\n")), asks] if tells else [asks]


def _tell_start(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    return f"{many(len(view.hospitals), 'hospital').capitalize()}, one model, no patient leaves."


def _tell_rounds(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    return f"You said: {_WHO[answers['who']]}." if "who" in answers else ""


def _tell_price(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    """The prediction of who is better, beside what the run gave."""
    together, alone = told.get("rounds", 0), view.alone
    points = 100 * (together - alone) / max(1, view.held_out)
    truth = "same" if abs(points) < 0.5 else "together" if points > 0 else "alone"
    said = answers.get("who", truth)
    right = "Yes" if said == truth else f"You said {_WHO[said]}"
    h = view.hospitals
    gained = 0 if h.together is None else int((h.together > h.alone).sum())
    counts = f"together {together:,} of {view.held_out:,}, alone {alone:,}"
    return f"{right}: {counts}; {gained} of {len(h)} hospitals gained."


def _tell_privacy(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    return f"You said: {answers['price']}." if "price" in answers else ""


def _tell_noise(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    """The predicted price beside this run's, of which it is not known yet what took it."""
    lost = told.get("rounds", 0) - told.get("privacy", 0)
    points = 100 * lost / max(1, view.held_out)
    truth = "none" if points < 0.5 else "a few" if points < 7 else "ten or more"
    said = answers.get("price", truth)
    right = "Yes" if said == truth else f"You said {said}"
    now, before = told.get("privacy", 0), told.get("rounds", 0)
    if lost <= 0:
        return f"{right}: right for {now:,}, not fewer than the {before:,} before."
    return f"{right}: right for {now:,}, before {before:,}: {lost:,} fewer, {points:.0f} in 100."


OVER_SEEDS = (0.8, 0.5)  # points of a hundred that cut and batches took, and noise: seeds 1 to 20


def _tell_masks(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    """What of this run's price was the noise's, and what is luck: one seed tells little."""
    plain, hidden = told.get("rounds", 0), told.get("privacy", 0)
    silent = told.get("noise", hidden)
    cut, noise = OVER_SEEDS
    return (
        f"Without noise {silent:,}. So cut and chance batches {_took(plain - silent)}, the noise"
        f" {_took(silent - hidden)}.\nMostly luck: over 20 seeds they took {cut:g} in 100, the noise"
        f" {noise:g}."
    )


def _took(answers: int) -> str:
    """What something did to the number of right answers."""
    return f"gave {-answers:,}" if answers < 0 else f"took {answers or 'none'}"


def _tell_attack(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    if "masking" not in view.switches:
        return "Masks off: the server reads each message again."
    moved = told.get("moved", abs(told.get("masks", 0) - told.get("rounds", 0)))
    if moved:
        most = many(moved, "patient")
        return f"The curve moved by {most} at most. The server reads only the sum now."
    return f"The curve did not move: {told.get('masks', 0):,} again. The server reads only the sum now."


def _tell_shield(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    return "From an update trained on one patient, her whole record was read."


def _tell_end(answers: Mapping[str, str], told: Mapping[str, int], view: View) -> str:
    return "Under masks it read noise. They cost bytes; privacy, on average, answers."


_LESSON_TELLS: Mapping[str, Callable[[Mapping[str, str], Mapping[str, int], View], str]] = {
    "start": _tell_start,
    "rounds": _tell_rounds,
    "price": _tell_price,
    "privacy": _tell_privacy,
    "noise": _tell_noise,
    "masks": _tell_masks,
    "attack": _tell_attack,
    "shield": _tell_shield,
    "end": _tell_end,
}
