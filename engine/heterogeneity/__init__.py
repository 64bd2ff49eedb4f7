"""How hospitals differ: four kinds of difference, which harm in four ways.

| kind | what differs | file |
|---|---|---|
| label | how common positives are | labels |
| quantity | how many patients there are | sizes |
| covariate | who comes: the values of the columns | columns |
| concept | what the columns mean for the label | concepts |

(Kairouz et al. 2021, "Advances and open problems in federated learning", section 3.1.) Beside them
stands the notebook's score, which looks at the first alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.federation import Federation
from engine.heterogeneity.cloud import Cloud, cloud
from engine.heterogeneity.columns import Covariate, covariate
from engine.heterogeneity.concepts import Concept, concept
from engine.heterogeneity.degree import Degree
from engine.heterogeneity.labels import label, notebook_score
from engine.heterogeneity.measured import Measured, measure
from engine.heterogeneity.sizes import effective, quantity
from engine.steps import Steps

__all__ = ["Cloud", "Concept", "Covariate", "Degree", "Heterogeneity", "Measured", "differences"]


@dataclass(frozen=True, eq=False)
class Heterogeneity:
    """How the hospitals of a federation differ.

    Attributes:
        label, quantity: The two kinds that one number tells.
        covariate, concept: The two kinds with a table behind them.
        measured: The columns as measured.
        cloud: Some patients in the two columns that differ most; None with a single column.
        effective: How many equal hospitals would share the votes as evenly.
        notebook_score: Standard deviation of the rates of positives.
    """

    label: Degree
    quantity: Degree
    covariate: Covariate
    concept: Concept
    measured: Measured
    cloud: Cloud | None
    effective: float
    notebook_score: float

    @property
    def degrees(self) -> dict[str, Degree]:
        """Every kind by its name."""
        return {
            "label": self.label,
            "quantity": self.quantity,
            "covariate": self.covariate.degree,
            "concept": self.concept.degree,
        }


def differences(federation: Federation, seed: int) -> Steps[Heterogeneity]:
    """The differences of a federation's hospitals, step by step.

    Yields:
        What is being done, how far it is, and of how much.
    """
    measured = yield from measure(federation)
    crossed = yield from concept(federation, seed)
    sizes, rates = np.asarray(measured.sizes, np.int64), federation.positive_rate
    columns = covariate(measured)
    return Heterogeneity(
        label=label(sizes, rates),
        quantity=quantity(sizes),
        covariate=columns,
        concept=crossed,
        measured=measured,
        cloud=cloud(federation, columns.columns),
        effective=effective(sizes),
        notebook_score=notebook_score(rates),
    )
