"""What noise hides and what it costs: ε used, best guesses, promises rounded up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.privacy.section import outside
from fedtui import promise
from fedtui.view import View
from fedtui.words.small import budget, endless, example, many, number, one_unit, percent


def carries_noise(view: View) -> bool:
    """Whether noise went into this round's model in a round before; one that was lost adds none."""
    before = view.points[: max(0, view.round - 1)]
    return bool(before) and before[-1].noised


def question(view: View) -> str:
    """What somebody who watches would like to know of one unit."""
    return {
        promise.Kind.PATIENT: '"was she in?"' if example(view) == "patient" else '"was it in?"',
        promise.Kind.LOCAL: '"which update?"',
    }.get(promise.kind(view) or promise.Kind.CENTRAL, '"was it in?"')


def how_well_hidden(view: View) -> str:
    """What all planned rounds' noise does, by the best test; ends the sentence."""
    plan = view.privacy or {}
    if view.epsilon is not None and math.isinf(view.epsilon):
        return "; the rounds before had none, and hid nobody."
    if plan["best_guess"] >= promise.HIDES_NOBODY:
        return ": so little hides nobody."
    right = percent(float(plan["best_guess"]), 1)
    return f": the best guess {question(view)} is right in {right}."


def promised(view: View) -> str:
    """What ε will have come to at the end, in one sentence; empty where it promises nothing."""
    plan = view.privacy
    if plan is None or not promise.noised(view) or endless(plan):
        return ""
    right = percent(float(plan["best_guess"]), 1)
    return (
        f"Noise hides {one_unit(view)}: at the end the best guess {question(view)} is right in {right};"
        " 50 % is chance."
    )


def noise_added(view: View) -> str:
    """Whose noise is in the model now, and what it does."""
    if view.privacy is None:
        return ""
    if not promise.noised(view):
        return "There is no noise in it: all is done as under privacy, and nobody is hidden."
    brought = "Their noise is in it"
    noise = view.traces.get("privacy", {}).get("noise_std")
    if noise is not None:
        brought = f"It added noise of about {number(noise)}"
    return brought + how_well_hidden(view)


def privacy_used(view: View) -> str:
    """ " One patient: ε 0.73 of 4 used."; where no ε holds it says that; empty without privacy."""
    kind = promise.kind(view)
    if view.privacy is None or view.epsilon is None or kind is None:
        return ""
    if not promise.noised(view) and endless(view.privacy):
        return " No noise: nobody is hidden."
    unit = one_unit(view).capitalize()
    if math.isinf(view.epsilon):
        return f" {unit}: no ε holds."
    return f" {unit}: ε {budget(view.epsilon)} of {view.privacy['budget']:g} used."


NOISE_BY = {
    promise.Kind.PATIENT: "noise by the hospitals",
    promise.Kind.CENTRAL: "noise by the server",
    promise.Kind.LOCAL: "noise by each, local",
}


def privacy_lines(view: View, bar: str) -> list[str]:
    """What privacy comes to, a short line each, the least needed last; `bar` draws the part used."""
    kind, plan = promise.kind(view), view.privacy
    if plan is None or kind is None:
        return []
    by = f"{NOISE_BY[kind]}, δ {float(plan['delta']):g}"
    if endless(plan):
        return ["cut, but no noise: no ε holds", f"to compare {one_unit(view)}'s ε with"]
    if view.epsilon is not None and math.isinf(view.epsilon):
        return ["no ε holds: rounds had no noise", by]
    used = f"used {budget(view.epsilon or 0.0)} of {plan['budget']:g}  {bar}  ε"
    guess = f"best guess {question(view)} {percent(promise.best_guess(view), 1)}"
    ceiling = f"ε alone promises: ≤ {rounded_up(promise.ceiling(view))}"
    left_out = [f"outside ε: {', '.join(view.from_patients)}"] if view.from_patients else []
    return [used, guess, *left_out, by, ceiling]


def rounded_up(part: float) -> str:
    """A promised chance, in whole hundredths: 98.2 % is not promised to be 98 %."""
    return f"{math.ceil(100 * part - 1e-9)} %"


def noise_costs(
    z: float, steps: int, epsilon: float, guess: float, promised: float, naive: tuple[float, float]
) -> list[str]:
    """The answer of `fedtui epsilon`: ε, what z and ε mean, and the sum that nobody should report."""
    added = (
        f"The naive sum over {many(steps, 'release')} is ε = {number(naive[0])} at δ = {naive[1]:.3g}: too"
        " high a price for the same noise."
        if naive[1] < 1
        else f"The naive sum over {many(steps, 'release')} has δ = {number(naive[1])}: from δ = 1 on it"
        " promises nothing."
    )
    return [
        f"ε = {epsilon}  at z = {z:.6g}",
        f"z is the noise multiplier: each release gets noise of {z:.6g} × the largest say of one.",
        f'The best guess of "was it in?" is right in {100 * guess:.1f} %; ε and δ alone promise at most'
        f" {math.ceil(1000 * promised - 1e-9) / 10:.1f} %.",
        *([added] if steps > 1 else []),
    ]


def privacy_heading(private: Mapping[str, Any] | None) -> str:
    """Above a column of ε: whose they are, by the `privacy` of a result."""
    if private is None:
        return "privacy used"
    local = " (local)" if promise.kind_of(private) is promise.Kind.LOCAL else ""
    return f"used, one {private['hides']}{local}"


def outside_epsilon(view: View) -> str:
    """For which rows ε holds; empty where nothing was measured on patients before."""
    if not (view.from_patients and promise.noised(view)):
        return ""
    return outside(view.from_patients)


def nothing_hidden(view: View) -> str:
    """Why there is no privacy to plot."""
    if view.privacy is None:
        return "Privacy is off: no noise hides anyone, so no budget is used up. The key p switches it on."
    if endless(view.privacy):
        return "No noise is added, so nobody is hidden: the curve to compare one with noise to."
    return "Rounds were sent without noise before: they hid nobody, and noise now cannot take that back."
