"""How patients fall to hospitals: every partitioner by its name, one kind of difference in a file.

| partition | hospitals differ in | file |
|---|---|---|
| iid | nothing | sizes |
| quantity | size | sizes |
| dirichlet | labels and size | labels |
| label_mix, pathological | labels | labels |
| covariate | columns | columns |
| concept | what the columns mean | concepts |

A partition moves rows and does not change what is in them; concept alone does, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.data.partition.columns import covariate
from engine.data.partition.concepts import concept
from engine.data.partition.dealing import FEWEST, Placed
from engine.data.partition.labels import dirichlet, label_mix, pathological
from engine.data.partition.sizes import iid, quantity
from engine.data.source import Source, letters
from engine.errors import DataError
from engine.sections import Data
from engine.steps import Steps, finished

__all__ = ["FEWEST", "PARTITIONS", "place", "placing"]

PARTITIONS: Mapping[str, Callable[[Source, Data, int], Steps[Placed]]] = {
    "iid": iid,
    "dirichlet": dirichlet,
    "label_mix": label_mix,
    "quantity": quantity,
    "pathological": pathological,
    "covariate": covariate,
    "concept": concept,
}


def place(source: Source, data: Data, seed: int) -> Source:
    """`placing`, all its steps at once."""
    return finished(placing(source, data, seed))


def placing(source: Source, data: Data, seed: int) -> Steps[Source]:
    """`source` with a hospital for each of its patients, the hospitals called A, B, C …

    Raises:
        ScenarioError: Impossible sizes.
        DataError: Too few patients for so many hospitals, or a column that is none.
    """
    hospitals, patients = data.hospitals, len(source.y)
    if hospitals > patients:
        raise DataError(
            f"data.hospitals: {hospitals:,} hospitals for {patients:,} patients; "
            f"choose at most {patients:,}."
        )
    placed = yield from PARTITIONS[data.partition](source, data, seed)
    yield ("placing the patients", 1, 1)
    return replace(
        source,
        y=source.y if placed.labels is None else placed.labels,
        owner=placed.owner,
        names=letters(hospitals),
        notes=source.notes + placed.notes,
    )
