"""Whether hospitals do better alone or together: counts that chance must not be taken for.

Two things mislead here. Of some hundred unseen patients a few more right answers are chance. And an AUC
over everyone, each patient ranked by the own hospital's model, pays for knowing which hospital has many
cases: the models of hospitals with few cases give low chances to all, and rank their patients below
those of others without telling any two of their own apart. So counts are held against their standard
error, and beside such an AUC stands the mean of the hospitals' own. Both kinds of answer come of the
same patients and mostly agree, which would make the error smaller (McNemar 1947); it takes the answers
one by one, and counts are all a result has, so what is told here is rather too little.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_ERRORS = 2.0  # standard errors from which on a difference is more than chance


class Gain(NamedTuple):
    """Right answers of each hospital's own model and of the shared one, on its own unseen patients.

    Attributes:
        better_alone, better_together, alike: Hospitals, one patient being enough.
    """

    alone: int
    together: int
    patients: int
    better_alone: int
    better_together: int
    alike: int

    @property
    def by_chance(self) -> int:
        """Right answers by which both may differ by chance.

        Two standard errors of their difference, were both as good and their answers independent.
        """
        if not self.patients:
            return 0
        share = (self.alone + self.together) / (2 * self.patients)
        variance = 2 * self.patients * share * (1 - share)
        return math.floor(_ERRORS * math.sqrt(variance))

    @property
    def beyond_chance(self) -> bool:
        """Whether the counts differ by more than that."""
        return abs(self.alone - self.together) > self.by_chance


def gain(result: Mapping[str, Any]) -> Gain | None:
    """Of a result, the object of `fedtui run --json`; None before a round was finished."""
    if not result["rounds"]:
        return None
    own = result["baselines"]["local_only"]["per_hospital"]
    shared = result["rounds"][-1]["hospital_accuracy"]
    sizes = {h["name"]: h["test"] for h in result["hospitals"] if h["test"]}
    pairs = [(round(own[n] * size), round(shared[n] * size)) for n, size in sizes.items()]
    return Gain(
        sum(alone for alone, _ in pairs),
        sum(together for _, together in pairs),
        sum(sizes.values()),
        sum(alone > together for alone, together in pairs),
        sum(alone < together for alone, together in pairs),
        sum(alone == together for alone, together in pairs),
    )


def within(
    areas: Mapping[str, float | None], hospitals: Iterable[Mapping[str, Any]]
) -> float | None:
    """Mean of the hospitals' own AUCs by unseen patients; None where no hospital has one."""
    found = [(area, h["test"]) for h in hospitals if (area := areas.get(h["name"])) is not None]
    patients = sum(size for _, size in found)
    return sum(area * size for area, size in found) / patients if patients else None
