"""Right now: what just happened in a round, and what it means or what comes next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from engine.data.source import letter
from engine.stages.pruning import left
from fedtui import promise
from fedtui.view import View
from fedtui.words.behind import background
from fedtui.words.coded import coded_numbers
from fedtui.words.hospital import taking_part
from fedtui.words.masks import (
    announced,
    fell_at,
    keys_passed,
    keys_sent,
    masked,
    masked_and_gone,
    opened,
    revealed,
    shared,
    shares_passed,
)
from fedtui.words.privacy import carries_noise, how_well_hidden, noise_added, privacy_used, promised
from fedtui.words.small import (
    HEADER,
    SWITCH_NAMES,
    listed,
    many,
    more_than,
    name,
    number,
    one_unit,
    percent,
)

PREPARING = "Once, before round 1"


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
        *([promised(view)] if promised(view) else []),
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
        return f"The noise of every step is in it: it hides {one_unit(view)}, from the server too."
    clip, length = float(plan["clip_norm"]), float(view.hospitals.norm[who])
    cut = f"cut to {number(clip)}" if length > clip else f"within {number(clip)}, so it stays"
    noises = view.traces.get("privacy", {}).get("noise_norms")
    if kind is promise.Kind.CENTRAL or noises is None or not promise.noised(view):
        return f"The largest say of one hospital: it is {cut}."
    added = number(float(noises[np.searchsorted(view.hospitals.cohort, who)]))
    return f"It is {cut}; then {name(view, who)} adds noise of length {added} itself (local)."


def _returned(view: View, who: int) -> list[str]:
    size = int(view.hospitals.size[who])
    if view.hospitals.lost[who]:
        came = many(int(view.hospitals.arrived.sum()), "hospital")
        return [
            f"{name(view, who)} sent nothing: it fell away before {fell_at(view, who)}.",
            f"Messages came from {came}.",
        ]
    who_sent = f"{name(view, who)} sent {many(size, 'byte')}"
    squeezed = view.switches.get("compression")
    if "masking" in view.switches:
        gone = masked_and_gone(view)
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
    return f"noised, to hide {one_unit(view)}" if kind is promise.Kind.PATIENT else "cut and noised"


def _server_reads_it(view: View) -> str:
    """What the server makes of an update without masks."""
    if not promise.noised_at_home(view):
        return "The server can read this update, and every other one."
    return f"The server reads it noised{how_well_hidden(view)}"


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


def _combined(view: View, who: int) -> list[str]:
    count = many(int(view.hospitals.arrived.sum()), "update")
    moved = f"the model moved by {number(view.update_norm or 0.0)}"
    if "masking" in view.switches:
        told = f"All the server read is the sum of {count}; {moved}."
        return [told, noise_added(view) or "Each counted by its vote."]
    return [f"The server averaged {count}, each by its vote; {moved}.", noise_added(view)]


def _tested(view: View, who: int) -> list[str]:
    now = view.points[-1]
    earlier = view.points[-2].correct if len(view.points) > 1 else None
    change = "" if earlier is None else f", {more_than(now.correct - earlier)} a round ago"
    right = f"right for {now.correct:,} of {many(view.held_out, 'unseen patient')}"
    lost = f"This round is lost, the model stays: {right}."
    return [
        lost if view.aborted else f"Together: {right}{change}.",
        f"Each one alone {view.alone:,}, all data in one place {view.pooled:,}.{privacy_used(view)}",
    ]


def _changed(view: View, who: int) -> list[str]:
    first = sorted(view.notes, key=lambda note: not any(part in note for part in _OF_THE_PAST))
    return ["From this round on other settings hold.", *first]


_OF_THE_PAST = (
    "earlier rounds",
    "from here on",
    "in advance",
    "has cost",
)  # what comes of a promise


def _budget_reached(view: View, who: int) -> list[str]:
    kind = promise.kind(view)
    of = f" of ε {view.privacy['budget']:g} for {one_unit(view)}" if view.privacy and kind else ""
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
    "KeysAdvertised": keys_sent,
    "KeysForwarded": keys_passed,
    "SharesSent": shared,
    "SharesForwarded": shares_passed,
    "UpdatesMasked": masked,
    "UpdatesSent": _returned,
    "HospitalsDropped": _dropped,
    "SurvivorsAnnounced": announced,
    "SharesRevealed": revealed,
    "MasksRemoved": opened,
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


def _whom(view: View) -> str:
    cohort = view.hospitals.cohort
    if len(cohort) > 6:
        return many(len(cohort), "hospital")
    return listed([letter(int(i)) for i in cohort])
