"""What has to be said of a plan: what its ε leaves out, and what earlier rounds did to it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain

import numpy as np

from engine.privacy import ledger
from engine.privacy.plan import Plan
from engine.privacy.section import outside
from engine.state import State
from engine.switch import Setting
from engine.wire import Kind

_SEEN = 0.01  # of an ε: what two digits show
_TELLS = {
    Kind.CATEGORIES.label: ("text that occurs",),
    Kind.STATISTICS.label: ("size", "mean of a column"),
    Kind.LABEL_COUNTS.label: ("size", "number of cases"),
}


def privacy_notes(plan: Plan | None, state: State, setting: Setting) -> tuple[str, ...]:
    """One sentence each, for the settings now in force after the rounds that led to `state`."""
    notes = [*_setup(state, setting)]
    if plan is None:
        if ledger.noised(state.released):
            notes.append(
                "privacy: from here on sums are sent without noise; no finite ε holds any more."
            )
        return tuple(notes)
    return (*notes, *_past(plan, state), *_delta(plan, setting), *_above(plan))


def _setup(state: State, setting: Setting) -> list[str]:
    if state.prepared is None:
        return []
    federation, notes = state.prepared.federation, []
    if setting.scenario.on("privacy") and federation.from_patients:
        notes.append(f"privacy: {outside(federation.from_patients)}")
    if setting.scenario.on("masking") and federation.setup:
        tells = _told_before(federation.setup)
        notes.append(f"masking: it hides updates; the set-up before round 1 tells each {tells}.")
    return notes


def _told_before(setup: Iterable[str]) -> str:
    """What the server reads of every hospital in messages of these kinds, which no mask covers."""
    *others, last = dict.fromkeys(chain.from_iterable(_TELLS.get(kind, ()) for kind in setup))
    return " and each ".join([", each ".join(others), last] if others else [last])


def _past(plan: Plan, state: State) -> list[str]:
    if not state.released or plan is state.plan:
        return []
    spent = float(plan.spent(state.released).max())
    if math.isinf(spent):
        return ["privacy: earlier rounds were sent without noise, so no finite ε holds."]
    if math.isinf(plan.settings.epsilon):
        return ["privacy: from here on no noise is added; no finite ε holds any more."]
    if np.isinf(plan.noise_multiplier).any():
        return [
            f"privacy: what was released has cost ε = {spent:.3g} already; no round fits any more."
        ]
    said = [
        "privacy: what was released and what is left meet the new ε together;"
        " the theory promises this for budgets fixed in advance."
    ]
    before = state.plan
    if before and before.settings.trusts_server and not plan.settings.trusts_server:
        said.append(
            "privacy: in earlier rounds the server saw updates before the noise; ε holds against"
            " those who receive the models, not against it."
        )
    return said


def _above(plan: Plan) -> list[str]:
    """By how much ε is told too high where hospitals are too many for a plan each."""
    if plan.above < _SEEN:
        return []
    return [
        f"privacy: {len(plan.curves)} plans serve hospitals of many sizes, so the ε of some is told up to"
        f" about {math.ceil(100 * plan.above)} % too high."
    ]


def _delta(plan: Plan, setting: Setting) -> list[str]:
    """δ is a chance to lay one unit open whole, so it must be small beside 1 in all of them."""
    delta, unit = plan.settings.delta, plan.settings.unit
    units = int(setting.patients.max()) if unit == "patient" else len(setting.patients)
    if delta < 1 / units:
        return []
    who = "patients of the largest hospital" if unit == "patient" else "hospitals"
    return [
        f"privacy.delta: {delta:g} is not below 1 in {units:,} {who}; at such a δ one of them may"
        " be laid open whole."
    ]
