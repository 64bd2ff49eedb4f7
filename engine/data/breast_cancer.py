"""Breast cells: 569 real tumours, 30 measurements each (Wolberg, Street & Mangasarian 1995, UCI).

scikit-learn carries the table. It is read from there as a file, because importing scikit-learn
takes a second and 100 MB, and the first screen shows this table.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from engine.data.report import Report
from engine.data.source import Source
from engine.errors import DataError, ScenarioError
from engine.knobs import nearest

CLASSES = ("malignant", "benign")  # 0 and 1 in the file
MEASUREMENTS = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)
FEATURES = (
    *(f"mean {name}" for name in MEASUREMENTS),
    *(f"{name} error" for name in MEASUREMENTS),
    *(f"worst {name}" for name in MEASUREMENTS),
)


def breast_cancer(positive: str = "") -> Source:
    """The 569 patients, with `positive` (malignant unless told otherwise) as 1.

    Raises:
        ScenarioError: `positive` is neither class.
        DataError: scikit-learn's file is not where it should be.
    """
    chosen = positive or CLASSES[0]
    if chosen not in CLASSES:
        raise ScenarioError(f"data.positive: there is no {chosen!r}; {nearest(chosen, CLASSES)}")
    rows = np.loadtxt(_file(), delimiter=",", skiprows=1)  # (569, 31), the class last
    y = (rows[:, -1] == CLASSES.index(chosen)).astype(np.float64)
    other = CLASSES[1 - CLASSES.index(chosen)]
    notes = () if chosen == CLASSES[0] else (f"{chosen.capitalize()} counts as positive.",)
    report = Report(positive=chosen, negative=other)
    return Source(np.ascontiguousarray(rows[:, :-1]), y, FEATURES, notes=notes, report=report)


def _file() -> Path:
    package = find_spec("sklearn")  # finds it, does not run it
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder, "datasets", "data", "breast_cancer.csv")
        if path.is_file():
            return path
    raise DataError("breast-cancer: scikit-learn's table is missing; install scikit-learn again.")
