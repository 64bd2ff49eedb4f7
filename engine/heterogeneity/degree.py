"""How large a difference is, and how much of it chance alone would make.

Hospitals with few patients differ even when the patients were dealt at random. So every kind of
difference is told beside what dealing the same patients at random would give, and only what lies
beyond that counts. Squares add: a measured value² is, on average, the true one plus chance².
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Degree:
    """One kind of difference between hospitals, as a number and as a word.

    Attributes:
        value: What was measured, 0 where hospitals are alike; None where it cannot be.
        chance: What dealing at random would give, in root mean square.
        limit: What dealing at random seldom passes: two to seven times in a hundred.
        some, very: From where on what lies beyond chance is called that.
    """

    value: float | None
    chance: float
    limit: float
    some: float
    very: float

    @property
    def beyond(self) -> float:
        """What is left of the value without chance; 0 where chance may have made all of it."""
        if self.value is None or self.value <= self.limit:
            return 0.0
        return math.sqrt(max(0.0, self.value**2 - self.chance**2))

    @property
    def word(self) -> str:
        """a little | some | very; n/a where nothing could be measured."""
        if self.value is None:
            return "n/a"
        if self.beyond >= self.very:
            return "very"
        return "some" if self.beyond >= self.some else "a little"


def limit(chance: float, hospitals: int) -> float:
    """What a sum of squares over `hospitals` seldom passes, in root mean square.

    Such a sum has a χ² distribution with K − 1 degrees of freedom: mean K − 1, standard deviation
    √(2(K − 1)). Two of these above the mean is near the 95 % point, exactly so for two hospitals.
    """
    return chance * math.sqrt(1 + 2 * math.sqrt(2 / max(1, hospitals - 1)))
