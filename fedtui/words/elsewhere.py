"""Other worlds: what a switch, a seed, a dropout or a setting changed, and what that gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.events import Preparing
from engine.sections import PUBLIC
from fedtui import promise
from fedtui.view import View
from fedtui.words.forms import setting_value
from fedtui.words.header import badges
from fedtui.words.small import (
    SPOKEN_OF,
    SWITCH_NAMES,
    endless,
    listed,
    many,
    name,
    one_unit,
    seed,
    the_seed,
)

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
    return f"hide {one_unit(view)}"


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
        same = "the same patients, order and noise, the same curve."
        return f"Run again with {the_seed(seed(view))}: {same}"
    new = "another secret seed" if view.own_data else seed(view)
    return f"Run again with {new}: other luck, nothing else."


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
    """What a branch without a name is called: a network, what is switched on, or its seed."""
    told = [
        badge.removeprefix("+ ")
        if section == "privacy"
        else badge.removeprefix("+ ").partition(",")[0]
        for section, badge in badges(view).items()
    ]
    kind = view.settings.get("model", {}).get("kind", "logistic")
    network = "" if kind == "logistic" else kind
    if told:
        return " + ".join(filter(None, (network, *told)))
    return f"{network or 'plain'}, {seed(view)}"


def other_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Which settings are others now, by their names on the form; of own data not the seed."""
    keys = [key for key in new if new[key] != old.get(key)]
    if new.get("data.source") not in PUBLIC and keys != ["seed"]:
        keys = [key for key in keys if key != "seed"]
    gone = [key for key in old if key not in new]
    told = [setting_value(key, new[key]) for key in keys[:2]]
    if keys == ["seed"] and new.get("data.source") not in PUBLIC:
        told = ["another secret seed"]
    told += [f"no {SPOKEN_OF.get(section, section)}" for section in _sections(gone)[:1]]
    if not told or len(keys) > 2:
        return f"{many(len(keys) + len(gone), 'setting')} changed."
    return f"Now {listed(told)}."


def _sections(keys: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(key.partition(".")[0] for key in keys))


def theme(told: str) -> str:
    """Which colours these are."""
    return f"Colours: {told}."


def before_name(old: View, new: View) -> str:
    """What the grey curve is, beside the new one: "without masks", "seed 42"."""
    if old.seed != new.seed:
        return "before, other seed" if old.own_data else f"before, {seed(old)}"
    was, now = old.switches, new.switches
    gone = [f"with {SPOKEN_OF[s]}" for s in SPOKEN_OF if s in was and s not in now]
    come = [f"no {SPOKEN_OF[s]}" for s in SPOKEN_OF if s in now and s not in was]
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
