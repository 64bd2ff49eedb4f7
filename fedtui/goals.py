"""Goals: which frame of a run the cursor wants to rest on.

Frames have a place in their run, and places are in order, so that a goal can be met in one world or in
another that takes over on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fedtui.view import View

Place = tuple[int, int, int]  # round, moment, step: where in a run a frame is

_MOMENTS = (
    "", "Preparing", "RunStarted", "SettingsChanged", "RoundStarted", "ModelSent", "EpochTrained",
    "UpdatesProtected", "KeysAdvertised", "KeysForwarded", "SharesSent", "SharesForwarded",
    "UpdatesMasked", "UpdatesSent", "SurvivorsAnnounced", "SharesRevealed", "HospitalsDropped",
    "MasksRemoved", "Aggregated", "RoundFinished", "BudgetReached", "RunFinished",
)  # fmt: skip
_PASSED_BY = ("Preparing", "RoundStarted")  # frames that nobody needs to rest on
BEGINNING = (0, _MOMENTS.index("RunStarted"), 0)


def place(view: View) -> Place:
    """Where in its run a frame is; places of one run are in order."""
    return (view.round, _MOMENTS.index(view.moment), view.step_done)


def rests(view: View) -> bool:
    """Whether a step may end on this frame: all its passes, all its masks, are done."""
    return view.complete and view.moment not in _PASSED_BY


@dataclass(frozen=True)
class Goal:
    """Which frame the cursor wants: one that is `met`, and none that is `beyond`.

    `paced` goals are walked frame by frame, for the eye; the others are jumped to. `target` is where
    another world takes over, should the goal not be reached before.
    """

    met: Callable[[View], bool]
    beyond: Callable[[View], bool] = lambda view: False
    paced: bool = False
    target: Place | None = None


READY = Goal(lambda view: view.ready)
STEP = Goal(rests, paced=True)
ROUND = Goal(lambda view: view.moment == "RoundFinished" or view.finished)
END = Goal(lambda view: view.finished)
PLAY = Goal(lambda view: view.finished, paced=True)


def at_place(target: Place) -> Goal:
    """The frame at `target`, or the last one before it."""
    return Goal(
        met=lambda view: place(view) >= target,
        beyond=lambda view: place(view) > target,
        target=target,
    )


def round_end(round: int) -> Goal:
    """The end of `round`, as another world would be entered there."""
    return at_place((round, _MOMENTS.index("RoundFinished"), 0))


def change(round: int) -> Place:
    """Where other settings begin to hold."""
    return (round, _MOMENTS.index("SettingsChanged"), 0)
