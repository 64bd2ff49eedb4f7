"""Heart disease at four hospitals (Janosi, Steinbrunn, Pfisterer & Detrano 1988, UCI archive).

The four processed files have no header: thirteen measurements, and `num`, 0 to 4, where anything
above 0 is disease. A question mark stands for what was not measured, and which columns those are
differs from hospital to hospital: slope, ca and thal are almost Cleveland's alone. FLamby (Ogier du
Terrail et al. 2022, NeurIPS Datasets and Benchmarks) therefore leaves these three out and keeps the
patients that are complete without them; that preparation and its fixed split are reproduced here
row for row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.arrays import Flags, Floats
from engine.data.catalogue.columns import Column, Patients, Texts
from engine.errors import DataError

COLUMNS = (
    "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg",
    "thalach", "exang", "oldpeak", "slope", "ca", "thal",
)  # fmt: skip
HOSPITALS = {
    "Cleveland": "processed.cleveland.data",
    "Hungarian": "processed.hungarian.data",
    "Switzerland": "processed.switzerland.data",
    "VA Long Beach": "processed.va.data",
}
LABELS = ("num above 0", "num 0")
ALMOST_NEVER_MEASURED = ("slope", "ca", "thal")
CATEGORIES = ("cp", "restecg")  # kinds of chest pain, and of a resting ECG
NEVER_ZERO = ("trestbps", "chol")  # a living patient has both: 0 says that nobody measured

# FLamby's held-out patients among a hospital's complete ones, eight to a byte, the first at its top
# bit. They are scikit-learn's train_test_split(test_size=0.34, random_state=43), stratified by the
# label but in Switzerland, where only one patient is healthy. A test draws them again.
HELD_OUT = {
    "Cleveland": ("040480a020b3c59dc48a03b505c0481087c001ac9430180a847015a598491260f8e2001cebe4"),
    "Hungarian": "1100847cb841d42c88700d510093869198d144134848122f693a0411802910ba30",
    "Switzerland": "07863a8c80c0",
    "VA Long Beach": "464800245b65020eb85b04886003a74580",
}


def full(place: Path) -> Patients:
    """All 920 patients and all thirteen columns, nan where nothing was measured."""
    x, y, hospitals = _read(place)
    columns = dict(zip(COLUMNS, x.T.copy(), strict=True))
    for name in NEVER_ZERO:
        columns[name][columns[name] == 0] = np.nan
    return Patients(columns, y, hospitals, LABELS)


def flamby(place: Path) -> Patients:
    """The 740 patients of FLamby's preparation, with its split."""
    x, y, hospitals = _read(place)
    used = [i for i, name in enumerate(COLUMNS) if name not in ALMOST_NEVER_MEASURED]
    complete = ~np.isnan(x[:, used]).any(axis=1)
    x, owner = x[complete], hospitals.codes[complete]
    columns: dict[str, Column] = {
        name: x[:, i] for i, name in enumerate(COLUMNS) if i in used and name not in CATEGORIES
    }
    for name in CATEGORIES:
        columns[name] = Texts.of([f"{code:g}" for code in x[:, COLUMNS.index(name)]])
    sizes = np.bincount(owner).tolist()
    return Patients(
        columns=columns,
        y=y[complete],
        hospitals=Texts(owner, hospitals.categories),
        labels=LABELS,
        held_out=np.concatenate(list(map(_held_out, HOSPITALS, sizes))),
        left_out={"a value is missing": int(np.sum(~complete))},
    )


def _read(place: Path) -> tuple[Floats, Floats, Texts]:
    """Columns (920, 13), labels (920,) and hospitals of the four files."""
    parts = [_numbers(place / file) for file in HOSPITALS.values()]
    rows = np.concatenate(parts)
    owner = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    label = (rows[:, -1] > 0).astype(np.float64)
    return rows[:, :-1], label, Texts(owner, tuple(HOSPITALS))


def _numbers(path: Path) -> Floats:
    lines = path.read_text("ascii").split()
    return np.array([_row(path.name, line.split(",")) for line in lines])


def _row(file: str, cells: Sequence[str]) -> list[float]:
    if len(cells) != len(COLUMNS) + 1:
        raise DataError(
            f"{file}: a row has {len(cells)} cells, not {len(COLUMNS) + 1}; fetch it again."
        )
    return [np.nan if cell == "?" else float(cell) for cell in cells]


def _held_out(hospital: str, patients: int) -> Flags:
    """Which of a hospital's complete patients FLamby tests on, (patients,)."""
    packed = np.frombuffer(bytes.fromhex(HELD_OUT[hospital]), np.uint8)
    return np.unpackbits(packed, count=patients) > 0
