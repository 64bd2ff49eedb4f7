"""Lesson 0: what each step asks, and what the learner's own run said to the prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fedtui.view import View
from fedtui.words.small import many

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
        f" {_took(silent - hidden)}.\nMostly luck: over 20 seeds cut and batches took {cut:g} in 100,"
        f" the noise {noise:g}."
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
