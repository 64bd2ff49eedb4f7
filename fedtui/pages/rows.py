"""Which hospitals stand on a page that has no room for all."""

from __future__ import annotations

import numpy as np

from fedtui.hospitals import Ints

FEW = 8


def few(hospitals: Ints, chosen: int, most: int = FEW) -> Ints:
    """The first `most` of `hospitals` (k,), in order, and the chosen one in any case."""
    shown = hospitals[:most]
    if chosen in hospitals and chosen not in shown:
        shown = np.append(shown[:-1], chosen)
    return shown
