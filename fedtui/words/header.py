"""The top lines: what is switched on, and where in the round we are."""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.data.source import letter
from engine.events import Phase
from fedtui import promise
from fedtui.view import View
from fedtui.words.coded import coded, coded_short, pruned
from fedtui.words.small import endless, example, listed, one_unit

FEDTUI, REPLAY = "fedtui", "replay"  # of one length: they stand at one place


def badges(view: View) -> dict[str, str]:
    """What is switched on, by section: "+ privacy ε 4, one hospital"."""
    told = {
        "fedprox": "+ FedProx μ {mu:g}",
        "privacy": f"+ {_privacy_badge(view)}",
        "masking": "+ masks",
        "compression": f"+ {coded(view)}{pruned(view, ', pruned ')}",
    }
    return _badges(view, told, f"+ {dropping_out(view)}")


def short_badges(view: View) -> dict[str, str]:
    """The same where room is short: "μ0.1", "ε4", "masks", "8b"."""
    told = {
        "fedprox": "μ{mu:g}",
        "privacy": _short_privacy_badge(view),
        "masking": "masks",
        "compression": f"{coded_short(view)}{pruned(view, ', p')}",
    }
    return _badges(view, told, "drops")


def _privacy_badge(view: View) -> str:
    """ "privacy ε 4, one patient"; without a finite ε none is told."""
    on, kind = view.switches.get("privacy"), promise.kind(view)
    if on is None or kind is None:
        return ""
    if endless(on):
        return f"privacy without noise, {one_unit(view)}"
    local = " (local)" if kind is promise.Kind.LOCAL else ""
    return f"privacy ε {on['epsilon']:g}, {one_unit(view)}{local}"


def _short_privacy_badge(view: View) -> str:
    """ "ε4/patient", "ε4/hospital", "ε4/local"."""
    on, kind = view.switches.get("privacy"), promise.kind(view)
    if on is None or kind is None:
        return ""
    if endless(on):
        return "no noise"
    unit = {promise.Kind.CENTRAL: "hospital", promise.Kind.LOCAL: "local"}.get(kind, example(view))
    return f"ε{on['epsilon']:g}/{unit}"


def _badges(view: View, told: Mapping[str, str], faults: str) -> dict[str, str]:
    """Those of the switches that are on, `faults` where somebody may drop out."""
    on = view.switches
    badges = {s: text.format(**on[s]) for s, text in told.items() if s in on}
    return {**badges, "faults": faults} if dropping_out(view) else badges


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
