"""What the plots are called, and the curves on them."""

from __future__ import annotations

import math

from fedtui import promise
from fedtui.view import View
from fedtui.words.privacy import NOISE_BY
from fedtui.words.small import one_unit, percent, percent_of_one


def plot_title(view: View, plot: str) -> str:
    """What a plot shows."""
    if plot == "bytes":
        return "Bytes in each round"
    if plot == "privacy":
        kind = promise.kind(view)
        told = f"Privacy used, ε for {one_unit(view)}" if kind else "Privacy used, ε"
        if kind is None or view.privacy is None or not promise.noised(view):
            return told
        if view.epsilon is None or math.isinf(view.epsilon):
            return f"{told}; {NOISE_BY[kind]}"
        return f"{told}; {NOISE_BY[kind]}; best guess {percent(promise.best_guess(view), 1)}"
    one = f" (1 patient = {percent_of_one(view)})" if view.held_out else ""
    return f"Right answers on unseen patients{one}"


def identical(before: str, until: int = 0) -> list[str]:
    """Why the curve before is not seen: the new one lies on it, as far as it went; longest first."""
    same = f"same to {until}" if until else "identical"
    return [f"{before}: {same}", f"before: {same}"]
