"""How long a frame stands, and how far it has moved by now.

The first round is told slowly, the others pass. Times are seconds; the clock itself is the app's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fedtui.view import View

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
FIRST_ROUND = 10.0  # seconds at 1×, all moments together
LATER_ROUND = 0.5
_READABLE = 1.0  # seconds of a round whose moments can be told one by one
_FRAMES = 20  # of a round with masks
_STEP = 1.2  # seconds in which a step asked for by a key is shown

_STORY = {  # parts of a slow round
    "ModelSent": 2.0,
    "EpochTrained": 2.0,
    "UpdatesProtected": 1.4,
    "KeysAdvertised": 1.2,
    "KeysForwarded": 1.4,
    "SharesSent": 1.2,
    "SharesForwarded": 1.4,
    "UpdatesMasked": 1.4,
    "UpdatesSent": 2.0,
    "SurvivorsAnnounced": 1.2,
    "SharesRevealed": 1.2,
    "HospitalsDropped": 1.0,
    "MasksRemoved": 1.4,
    "Aggregated": 1.4,
    "RoundFinished": 1.6,
}
_MASKS = (  # moments that only a round with masks has
    "KeysAdvertised", "KeysForwarded", "SharesSent", "SharesForwarded", "UpdatesMasked",
    "SurvivorsAnnounced", "SharesRevealed", "MasksRemoved",
)  # fmt: skip
_BY_HOSPITAL = ("SharesSent", "UpdatesMasked", "SharesRevealed", "MasksRemoved")
# of a quick round, and of one in three pictures
_PASSING = {"ModelSent": 1.5, "EpochTrained": 1.0, "UpdatesSent": 1.5, "Aggregated": 1.0}
_STILLS = {"ModelSent": 1.0, "UpdatesSent": 1.0, "Aggregated": 1.0}
_GLIMPSE = {"RoundFinished": 1.0}  # a round shorter than a few frames


def seconds(view: View, speed: float, stepping: bool = False, smooth: bool = True) -> float:
    """How long `view` stands before the next frame: its part of a round's time.

    A moment that takes several events shares its part among them.
    """
    if stepping:
        return _STEP * min(1.0, _STORY.get(view.moment, 0.0)) / _events(view)
    if view.round <= 1:
        return FIRST_ROUND / speed * _part(view, _STORY)
    whole = LATER_ROUND / speed
    passing = _PASSING if smooth else _STILLS
    parts = _STORY if whole >= _READABLE else passing if whole >= 0.3 else _GLIMPSE
    return whole * _part(view, parts)


def frames_ahead(speed: float) -> int:
    """Frames to have in hand so that a tick of the clock never waits: what a quarter of a second needs."""
    return max(4, math.ceil(speed / LATER_ROUND * _FRAMES / 4))


def _part(view: View, parts: dict[str, float]) -> float:
    """This frame's part of the whole, without the moments that this round does not have."""
    absent = {"HospitalsDropped", *(() if "masking" in view.switches else _MASKS)}
    whole = sum(part for moment, part in parts.items() if moment not in absent)
    return parts.get(view.moment, 0.0) / whole / _events(view)


def _events(view: View) -> int:
    """How many frames share this moment's time."""
    if view.moment == "EpochTrained":
        return max(1, int(view.hospitals.planned.max(initial=1)))
    if view.moment in _BY_HOSPITAL:
        return 1 if view.complete else view.step_total
    return 1


@dataclass
class Pace:
    """The time of the frame at the cursor.

    Attributes:
        smooth: False where a message is seen at its start and at its end only.
        stepping: A key asked for one step: it is shown quickly, or at once.
        elapsed: Seconds that the frame has stood.
    """

    smooth: bool = True
    speed: float = 1.0
    stepping: bool = False
    elapsed: float = 0.0

    def span(self, view: View) -> float:
        """Seconds that `view` is to stand."""
        if self.stepping and not self.smooth:
            return 0.0
        return seconds(view, self.speed, self.stepping, self.smooth)

    def motion(self, view: View) -> float:
        """How far what moves in `view` has got, 0 … 1."""
        span = self.span(view)
        part = 1.0 if span <= 0 else min(1.0, self.elapsed / span)
        return part if self.smooth else float(part >= 0.5 or self.flies_by(view))

    def flies_by(self, view: View) -> bool:
        """Whether rounds pass too fast to read what is said of each moment."""
        return view.round > 1 and not self.stepping and LATER_ROUND / self.speed < _READABLE

    def is_over(self, view: View) -> bool:
        """Whether the next frame's time has come."""
        return self.elapsed >= self.span(view)

    def hold(self, view: View) -> None:
        """Stand at the end of `view`'s time."""
        self.elapsed = self.span(view)

    def change_speed(self, by: int, view: View) -> None:
        """The next of `SPEEDS`, or the one before; what moves stays where it is."""
        part = min(1.0, self.elapsed / (self.span(view) or 1.0))
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[max(0, min(len(SPEEDS) - 1, place))]
        self.elapsed = part * self.span(view)
