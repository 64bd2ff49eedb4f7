"""How well a model puts positives above negatives, patient by patient.

The area under the ROC curve is a mean over patients: of each one's place among those of the other
label. So two models on the same patients are compared by the differences of their places, and the
spread of those says how sure the comparison is (DeLong, DeLong & Clarke-Pearson 1988).
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats


def places(logits: Floats, y: Floats) -> Floats:
    """Which part of the other label's patients each one lies on the right side of, (patients,).

    Ties count half. The mean over the positives is the area, and so is that over the negatives.
    """
    places = np.empty(len(y))
    for mine, sign in ((y > 0.5, 1.0), (y <= 0.5, -1.0)):
        theirs = np.sort(sign * logits[~mine])
        own = sign * logits[mine]
        below = np.searchsorted(theirs, own, "left") + np.searchsorted(theirs, own, "right")
        places[mine] = below / 2 / len(theirs)
    return places


def variance(ranked: Floats, own: int, y: Floats) -> float:
    """Variance of how much better the model `own` is than the mean of the others.

    Args:
        ranked: By models that are compared, (models, patients).
        own: Which of them is the hospital's own.
        y: Labels of the patients.
    """
    better = (len(ranked) * ranked[own] - ranked.sum(axis=0)) / max(1, len(ranked) - 1)
    return sum(float(np.var(better[y == c], ddof=1) / np.sum(y == c)) for c in (0, 1))
