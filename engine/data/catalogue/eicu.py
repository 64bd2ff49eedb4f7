"""Intensive care in hospitals of the US: eICU (Pollard et al. 2018), its open demo or the whole.

A patient who comes to hospital may be moved between units of intensive care. One row is one such
admission, described by its first stay in a unit that has APACHE variables: the worst values of the
first day, as the APACHE IV score takes them (Zimmerman et al. 2006). APACHE's own score and its
prediction of death are left out: they know the outcome's odds already.

Other tables (vital signs, laboratory, treatments) are not read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern

import numpy as np

from engine.arrays import Floats
from engine.data.catalogue.columns import Column, Patients, Texts
from engine.data.catalogue.tables import Row, numbers, pieces
from engine.errors import DataError
from engine.sections import Data
from engine.steps import Steps

TABLES = ("apacheApsVar", "apachePredVar", "hospital", "patient")
PHYSIOLOGY = (
    "intubated", "vent", "dialysis", "eyes", "motor", "verbal", "meds", "urine", "wbc",
    "temperature", "respiratoryrate", "sodium", "heartrate", "meanbp", "ph", "hematocrit",
    "creatinine", "albumin", "pao2", "pco2", "bun", "glucose", "bilirubin", "fio2",
)  # fmt: skip  # of the first day
HISTORY = (
    "electivesurgery", "diabetes", "cirrhosis", "hepaticfailure", "metastaticcancer", "leukemia",
    "lymphoma", "immunosuppression", "aids", "readmit", "thrombolytics",
)  # fmt: skip
TEXTS = ("gender", "ethnicity", "unittype", "unitadmitsource")
SIZES = ("admissionheight", "admissionweight")
OLDEST = 90.0  # "> 89" protects the oldest
BY_HOSPITAL, BY_REGION = ("hospital", "hospitalid"), "region"
_ADMISSION = (
    "patienthealthsystemstayid", "unitvisitnumber", "patientunitstayid", "hospitalid",
    "hospitaldischargestatus", "age", *TEXTS, *SIZES,
)  # fmt: skip
_LABELS = {"alive": 0.0, "expired": 1.0}
_STEP = 10_000  # admissions at a time


def reading(folder: Path, data: Data) -> Steps[Patients]:
    """The admissions in the tables of `folder`.

    Raises:
        DataError: A table or column is missing or damaged, or there is nobody in them.
    """
    if data.hospital_col not in (*BY_HOSPITAL, BY_REGION):
        raise DataError(
            f"data.hospital_col: {data.hospital_col!r} cannot tell the hospitals of eICU apart; "
            "choose hospital or region."
        )
    physiology = yield from _stays(folder, "apacheApsVar", PHYSIOLOGY)
    history = yield from _stays(folder, "apachePredVar", HISTORY)
    regions = yield from _regions(folder)
    rows, unknown = yield from _first_stays(folder, physiology)
    stays, places, outcomes, ages, *others = yield from _turned(rows)
    if not stays:
        raise DataError(
            f"{folder.name}: no patient has both APACHE variables and a known outcome; "
            "are these the tables of one database?"
        )
    columns: dict[str, Column] = {"age": _ages(ages)}
    for done, (name, cells) in enumerate(zip((*TEXTS, *SIZES), others, strict=True)):
        yield "sorting texts", done, len(others)
        columns[name] = Texts.of(cells) if name in TEXTS else _measured(numbers(cells, "patient"))
    columns |= yield from physiology.of(stays)
    past = yield from history.of(stays)
    past["electivesurgery"] = np.nan_to_num(past["electivesurgery"])  # empty: no operation at all
    if data.hospital_col == BY_REGION:
        names = [regions.get(place, "Unknown") for place in places]
    else:
        names = [f"H{place}" for place in places]
    yield "sorting texts", len(others), len(others)
    return Patients(
        columns=columns | past,
        y=np.array([_LABELS[outcome.casefold()] for outcome in outcomes]),
        hospitals=Texts.of(names),
        labels=("Expired", "Alive"),
        left_out={"the outcome is unknown": unknown},
    )


@dataclass(frozen=True)
class _Numbers:
    """Numbers per stay: `places` says in which row of `values` (stays + 1, columns) a stay is; the
    last row is for the stays that are not there.
    """

    names: tuple[str, ...]
    places: dict[str, int]
    values: Floats

    def of(self, stays: Sequence[str]) -> Steps[dict[str, Floats]]:
        """The columns of some stays; nan for a stay that is not there."""
        found = np.empty((len(self.names), len(stays)))
        for first in range(0, len(stays), _STEP):
            part = slice(first, first + _STEP)
            rows = [self.places.get(stay, len(self.places)) for stay in stays[part]]
            found[:, part] = self.values[rows].T
            yield "looking up stays", min(first + _STEP, len(stays)), len(stays)
        return dict(zip(self.names, found, strict=True))


def _stays(folder: Path, table: str, names: tuple[str, ...]) -> Steps[_Numbers]:
    """What a table of APACHE says of each stay."""
    places: dict[str, int] = {}
    values = array("d")
    for piece in pieces(folder, table, ("patientunitstayid", *names)):
        for stay, *cells in piece.rows:
            if stay not in places:
                places[stay] = len(places)
                values.extend(numbers(cells, table))
        yield piece.progress
    values.extend([np.nan] * len(names))
    return _Numbers(names, places, _measured(values).reshape(-1, len(names)))


def _regions(folder: Path) -> Steps[dict[str, str]]:
    """The region of each hospital that has one."""
    found: dict[str, str] = {}
    for piece in pieces(folder, "hospital", ("hospitalid", "region")):
        found |= {hospital: region for hospital, region in piece.rows if region}
        yield piece.progress
    return found


def _first_stays(folder: Path, physiology: _Numbers) -> Steps[tuple[list[Row], int]]:
    """The first stay of each admission that has physiology, and how many lack an outcome."""
    first: dict[str, tuple[float, Row]] = {}
    unknown: set[str] = set()
    for piece in pieces(folder, "patient", _ADMISSION):
        visits = numbers([row[1] for row in piece.rows], "patient")
        for visit, (admission, _, *row) in zip(visits, piece.rows, strict=True):
            if row[0] not in physiology.places:
                continue
            if row[2].casefold() not in _LABELS:
                unknown.add(admission)
            elif admission not in first or visit < first[admission][0]:
                first[admission] = visit, tuple(map(intern, row))
        yield piece.progress
    return [row for _, row in first.values()], len(unknown - first.keys())


def _turned(rows: Sequence[Row]) -> Steps[list[list[str]]]:
    """Rows turned into columns: those of `_ADMISSION` but for its first two."""
    columns: list[list[str]] = [[] for _ in _ADMISSION[2:]]
    for first in range(0, len(rows), _STEP):
        for column, cells in zip(
            columns, zip(*rows[first : first + _STEP], strict=True), strict=True
        ):
            column.extend(cells)
        yield "sorting admissions", min(first + _STEP, len(rows)), len(rows)
    return columns


def _measured(values: Iterable[float]) -> Floats:
    """Numbers; −1 is how APACHE writes that there is none."""
    found = np.array(values)
    found[found == -1] = np.nan
    return found


def _ages(cells: Sequence[str]) -> Floats:
    return _measured(numbers([str(OLDEST) if ">" in cell else cell for cell in cells], "patient"))
