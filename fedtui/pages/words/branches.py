"""Branches side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fedtui import promise, words
from fedtui.pages.words.common import more
from fedtui.view import View

BRANCHES = "Branches"
WHAT_A_BRANCH_IS = (
    "Branches are alternative worlds: each counts its own past, and only one could be published. With"
    " one seed they share their noise, so the difference of two shows what the noise hid."
)
FORK_HOLDS = "n forks here: the next switch then holds from the next round on."
ONE_BRANCH = "There is one branch so far. A switch (f p m c) or b makes another to compare with."
OTHER_PATIENTS = "Other patients are held out there, so counts cannot be compared."
KEEP_SHOWN = "The branch on the screen stays; go to another one first, then delete this."
RENAME = "A name for this branch; Enter keeps it, Esc leaves the old one"
BRANCH_KEYS = (
    ("Enter", "go there"),
    ("n", "fork here"),
    ("r", "rename"),
    ("d", "delete"),
    ("Esc", "close"),
)
ON_SCREEN = "on the screen"
COMPARE = "Branches side by side"
COMPARED = "diff.: right answers more or fewer than the one shown, after the last round of both."
FIRST = "the first"
LIKE_FIRST = "as the first"
MOST_SETTINGS = 6  # of a branch, before "… and 9 more"
SECRET = "another, secret"


KINDS_OF_EPSILON = (
    "ε of one patient, of one hospital, and of one hospital by local noise are promises of three kinds: a"
    " smaller number of another kind is not more private, so they never share an axis."
)


def used(view: View) -> str:
    """The ε a branch has used, and whose it is: "3.99 patient", "∞"; empty without privacy."""
    kind = promise.kind(view)
    if view.epsilon is None:
        return ""
    if kind is None or math.isinf(view.epsilon):
        return words.budget(view.epsilon)
    whose = {promise.Kind.CENTRAL: "hospital", promise.Kind.LOCAL: "local"}
    return f"{words.budget(view.epsilon)} {whose.get(kind, words.example(view))}"


def forked(round: int) -> str:
    """Where a branch left its past."""
    return f" (from round {round + 1} on)" if round else ""


def after_rounds(shown: int, before: int) -> str:
    """At which moment two branches are compared."""
    if shown == before:
        return f"Right answers on its own unseen patients, both after round {shown}."
    return (
        f"Right answers on its own unseen patients, after round {shown} and after round {before}."
    )


def differs(changes: Mapping[str, Any]) -> str:
    """The first few settings that differ, switches before others: "Privacy off, rounds = 20"."""
    told = [_setting(key, value) for key, value in changes.items()]
    return ", ".join(_few(told)) or LIKE_FIRST


def _few(told: Sequence[str]) -> list[str]:
    rest = len(told) - MOST_SETTINGS
    return [*told[:MOST_SETTINGS], more(rest)] if rest > 0 else list(told)


def _setting(key: str, value: Any) -> str:
    if "." not in key and isinstance(value, bool | None):
        return f"{words.SWITCH_NAMES.get(key, words.section_name(key))} {'on' if value else 'off'}"
    if key == "faults.drops":
        return ", ".join(_few([_drop(str(drop)) for drop in value])) or "nobody drops out"
    if isinstance(value, list | tuple):
        items = " ".join(_few([str(item) for item in value]))
        return words.setting_value(key, items or words.SETTINGS_EMPTY)
    return words.setting_value(key, value)


def _drop(drop: str) -> str:
    round, _, name = drop.partition(":")
    return f"{name} drops out of round {round}"


def apart(done: str, rounds: int) -> str:
    """Two branches that cannot be compared yet."""
    return f"{done} is at round {rounds}: Enter in b goes there, g runs it to the end."


def between(shown: str, before: str) -> str:
    """The heading of who gains."""
    return f"{shown} against {before}, hospital by hospital"
