"""Lesson 0, the first five minutes: steps that are done when the run says so, never at a "next".

A step asks for something, or for a prediction; what the learner's own run then gave is told beside
what was predicted. Nothing here knows a widget: a step is a predicate over facts of the run, and its
sentences are in `words`. Progress is a value that can be stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from fedtui import promise
from fedtui.view import View

SCENARIO = "cells"  # what the lesson is played on
MOVED = "moved"  # in `Progress.told`: patients, the largest difference in any round
SEED = "seed"  # in `Progress.told`: of the first whole run, which the later ones are compared with


@dataclass(frozen=True, eq=False)
class Facts:
    """What a step is judged by.

    Attributes:
        view: What is shown, once no rerun is under way.
        read: Whether the last attack read its message; None where none was made since the last step.
        masked: Whether that message was masked.
    """

    view: View
    read: bool | None = None
    masked: bool = False


@dataclass(frozen=True)
class Step:
    """One step: when it is done, and what may be predicted first (one choice for each digit)."""

    name: str
    title: str
    done: Callable[[Facts], bool] = lambda facts: False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Where a learner is.

    Attributes:
        told: Numbers for later sentences: the right answers at the end of each step that is done, those
            after every round of the first whole run (`round 1` …) and its seed, and how far masks moved
            that curve.
    """

    step: str
    answers: Mapping[str, str] = field(default_factory=dict)  # step → choice
    told: Mapping[str, int] = field(default_factory=dict)


def _finished(facts: Facts, *on: str, off: tuple[str, ...] = ()) -> bool:
    view = facts.view
    mix = all(s in view.switches for s in on) and not any(s in view.switches for s in off)
    return mix and len(view.points) == view.rounds


def _private(facts: Facts, *, noised: bool) -> bool:
    """The whole run under privacy, with its noise or without: that tells what the noise alone does."""
    return _finished(facts, "privacy") and promise.noised(facts.view) is noised


STEPS = (
    Step("start", "set off", lambda facts: facts.view.round > 0),
    Step("watch", "watch one round", lambda facts: len(facts.view.points) > 0),
    Step("who", "predict who is better", choices=("alone", "together", "same")),
    Step("rounds", "see the other rounds", lambda facts: _finished(facts)),
    Step("price", "predict what privacy costs", choices=("none", "a few", "ten or more")),
    Step("privacy", "hide each patient", lambda facts: _private(facts, noised=True)),
    Step("noise", "the same without its noise", lambda facts: _private(facts, noised=False)),
    Step("masks", "mask each message", lambda f: _finished(f, "masking", off=("privacy",))),
    Step("attack", "read a message", lambda f: f.read is True and not f.masked),
    Step("shield", "fail to read a masked one", lambda f: f.read is False and f.masked),
    Step("end", "the end"),
)
NAMES = tuple(step.name for step in STEPS)
PAUSES_AFTER = ("watch",)  # the run waits for the learner
BEFORE_PREDICTING = ("start", "watch")  # what the run comes to is still to be predicted
PLAYS_AFTER = ("who",)  # the run goes on by itself


def step(progress: Progress) -> Step:
    """The step that is under way; an unknown name begins anew."""
    return STEPS[NAMES.index(progress.step)] if progress.step in NAMES else STEPS[0]


def comparable(progress: Progress, view: View) -> bool:
    """Whether a run differs from the first whole one in no luck: only then a difference has a cause."""
    return progress.told.get(SEED, view.seed) == view.seed


def over(progress: Progress) -> bool:
    """Whether nothing is left to do."""
    return progress.step == NAMES[-1]


def advance(progress: Progress, facts: Facts) -> Progress:
    """The progress after the step under way, if these facts complete it; else the same."""
    now = step(progress)
    return _after(progress, now, facts) if now.done(facts) else progress


def answer(progress: Progress, digit: int, facts: Facts) -> Progress:
    """The progress after a prediction; the same where the step asks for none of that digit."""
    now = step(progress)
    if not 1 <= digit <= len(now.choices):
        return progress
    answers = {**progress.answers, now.name: now.choices[digit - 1]}
    return _after(replace(progress, answers=answers), now, facts)


def _after(progress: Progress, done: Step, facts: Facts) -> Progress:
    points = facts.view.points
    told = {**progress.told, done.name: points[-1].correct if points else 0}
    if done.name == "rounds":
        told |= {f"round {point.round}": point.correct for point in points}
        told[SEED] = facts.view.seed
    if done.name == "masks":
        was = {p.round: told.get(f"round {p.round}", p.correct) for p in points}
        told[MOVED] = max(abs(p.correct - was[p.round]) for p in points)
    return replace(progress, step=STEPS[NAMES.index(done.name) + 1].name, told=told)
