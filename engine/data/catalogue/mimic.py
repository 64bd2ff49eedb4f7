"""Intensive care in the units of one hospital in Boston: MIMIC-III (Johnson et al. 2016).

All patients are from one hospital, so what stands for hospitals here are its units of intensive care:
medical (MICU), surgical (SICU), coronary (CCU), cardiac surgery (CSRU) and trauma (TSICU) treat quite
different people. One row is one admission to hospital, with its first stay in a unit: age, sex, kind
of admission, and the mean of each of twelve laboratory values over that stay's first 24 hours.

Dates are shifted, by one shift per patient, so that differences hold; who was older than 89 was made
300 years old and counts as 90. Patients under 16 are left out: they are the newborns, in a unit of
their own. Charted vital signs (330 million rows) are not read.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.arrays import Floats
from engine.data.catalogue.columns import Column, Patients, Texts
from engine.data.catalogue.tables import numbers, pieces, times
from engine.errors import DataError
from engine.sections import Data
from engine.steps import Steps

TABLES = ("ICUSTAYS", "PATIENTS", "ADMISSIONS", "LABEVENTS")
LABORATORY: Mapping[str, tuple[str, ...]] = {  # what is measured → the items that do so in blood
    "sodium": ("50983",),
    "potassium": ("50971",),
    "chloride": ("50902",),
    "bicarbonate": ("50882",),
    "bun": ("51006",),
    "creatinine": ("50912",),
    "glucose": ("50931",),
    "bilirubin": ("50885",),
    "lactate": ("50813",),
    "hematocrit": ("51221",),
    "platelet": ("51265",),
    "wbc": ("51300", "51301"),
}
FIRST_DAY = np.timedelta64(24, "h")
YOUNGEST, OLDEST = 16.0, 90.0  # years
BY_UNIT = ("hospital", "first_careunit")
_YEAR = np.timedelta64(31_556_952, "s")  # 365.2425 days
_STEP = 5_000  # admissions whose times are read at a time
_COLUMN = {item: i for i, items in enumerate(LABORATORY.values()) for item in items}


class _Admission(NamedTuple):
    """An admission to hospital; times as they are written, "2164-10-23 21:09:00"."""

    id: str
    patient: str
    begins: str
    kind: str
    died: str


class _Stay(NamedTuple):
    """A stay in a unit of intensive care."""

    begins: str
    unit: str


class _Person(NamedTuple):
    gender: str
    born: str


def reading(folder: Path, data: Data) -> Steps[Patients]:
    """The admissions in the tables of `folder`.

    Raises:
        DataError: A table or column is missing or damaged, or there is nobody in them.
    """
    if data.hospital_col not in BY_UNIT:
        raise DataError(
            f"data.hospital_col: {data.hospital_col!r} cannot tell the hospitals of MIMIC-III "
            "apart; choose hospital, which is the first unit of intensive care."
        )
    stays = yield from _first_stays(folder)
    people = yield from _people(folder)
    treated = yield from _admissions(folder, stays.keys())
    nobody = _Person("", "")
    patients = [people.get(each.patient, nobody) for each in treated]
    ages = yield from _ages([p.born for p in patients], [each.begins for each in treated])
    adult = ~(ages < YOUNGEST)  # who has no birthday counts as one
    kept = list(compress(treated, adult))
    if not kept:
        raise DataError(
            f"{folder.name}: no adult was in intensive care; are these the tables of one database?"
        )
    columns: dict[str, Column] = {
        "age": ages[adult],
        "gender": Texts.of([person.gender for person in compress(patients, adult)]),
        "admission_type": Texts.of([each.kind for each in kept]),
    }
    means = yield from _first_day(folder, {each.id: stays[each.id].begins for each in kept})
    return Patients(
        columns=columns | dict(zip(LABORATORY, means.T, strict=True)),
        y=np.array([float(each.died == "1") for each in kept]),
        hospitals=Texts.of([stays[each.id].unit for each in kept]),
        labels=("1", "0"),
        left_out={"the patient is under 16": len(treated) - len(kept)},
    )


def _first_stays(folder: Path) -> Steps[dict[str, _Stay]]:
    """The first stay in a unit of each admission that has one."""
    first: dict[str, _Stay] = {}
    for piece in pieces(folder, "ICUSTAYS", ("hadm_id", "intime", "first_careunit")):
        for admission, begins, unit in piece.rows:
            if begins and (admission not in first or begins < first[admission].begins):
                first[admission] = _Stay(begins, unit)
        yield piece.progress
    return first


def _people(folder: Path) -> Steps[dict[str, _Person]]:
    found: dict[str, _Person] = {}
    for piece in pieces(folder, "PATIENTS", ("subject_id", "gender", "dob")):
        found |= {patient: _Person(gender, born) for patient, gender, born in piece.rows}
        yield piece.progress
    return found


def _admissions(folder: Path, treated: Container[str]) -> Steps[list[_Admission]]:
    """The admissions with a stay in a unit, in the table's order."""
    found: list[_Admission] = []
    columns = ("hadm_id", "subject_id", "admittime", "admission_type", "hospital_expire_flag")
    for piece in pieces(folder, "ADMISSIONS", columns):
        found += [_Admission(*row) for row in piece.rows if row[0] in treated]
        yield piece.progress
    return found


def _ages(born: Sequence[str], begins: Sequence[str]) -> Steps[Floats]:
    """Whole years at admission, at most 90, (admissions,); nan where no birthday is known."""
    years = np.empty(len(born))
    for part in _parts(len(born)):
        since = times(begins[part], "ADMISSIONS") - times(born[part], "PATIENTS")
        years[part] = np.where(np.isnat(since), np.nan, since // _YEAR)
        yield "computing ages", part.stop, len(born)
    return np.minimum(years, OLDEST)


def _windows(begins: Mapping[str, str]) -> Steps[dict[str, tuple[int, str, str]]]:
    """The place of each admission, and begin and end of its first day in a unit, as texts."""
    starts, found = list(begins.items()), {}
    for part in _parts(len(starts)):
        ends = times([begin for _, begin in starts[part]], "ICUSTAYS") + FIRST_DAY
        texts = [text.replace("T", " ") for text in np.datetime_as_string(ends)]
        for place, ((admission, begin), end) in enumerate(
            zip(starts[part], texts, strict=True), part.start
        ):
            found[admission] = place, begin, end
        yield "finding the first days", part.stop, len(starts)
    return found


def _parts(number: int) -> list[slice]:
    """Slices of `number` admissions, each a step of work."""
    return [slice(first, min(first + _STEP, number)) for first in range(0, number, _STEP)]


def _first_day(folder: Path, begins: Mapping[str, str]) -> Steps[Floats]:
    """Means of the laboratory values in the first 24 hours from `begins`, (admissions, 12).

    The one table that may not fit in memory: rows go by, sums stay. Times of one spelling compare as
    texts do, which spares reading 27 million of them.
    """
    windows = yield from _windows(begins)
    sums, counts = np.zeros((2, len(windows), len(LABORATORY)))
    columns = ("itemid", "hadm_id", "charttime", "valuenum")
    for piece in pieces(folder, "LABEVENTS", columns):
        inside: list[tuple[int, int]] = []
        cells: list[str] = []
        for item, admission, time, cell in piece.rows:
            column, window = _COLUMN.get(item), windows.get(admission)
            if column is not None and window is not None and cell:
                place, begin, end = window
                if begin <= time < end:
                    inside.append((place, column))
                    cells.append(cell)
        for at, value in zip(inside, numbers(cells, "LABEVENTS"), strict=True):
            sums[at] += value
            counts[at] += 1
        yield piece.progress
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
