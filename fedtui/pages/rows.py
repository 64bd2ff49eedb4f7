"""What several pages ask: which hospitals stand there, and whether the round has begun."""

from __future__ import annotations

import numpy as np

from fedtui.hospitals import Ints
from fedtui.view import View

FEW = 8


def few(hospitals: Ints, chosen: int, most: int = FEW) -> Ints:
    """The first `most` of `hospitals` (k,), in order, and the chosen one in any case."""
    shown = hospitals[:most]
    if chosen in hospitals and chosen not in shown:
        shown = np.append(shown[:-1], chosen)
    return shown


def begun(view: View) -> bool:
    """Whether what is known of the hospitals is of this round."""
    return view.round > 0 and view.moment != "SettingsChanged"
