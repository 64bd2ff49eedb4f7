"""Intensive care in hospitals of the US: eICU (Pollard et al. 2018), its open demo or the whole.

A patient who comes to hospital may be moved between units of intensive care. One row is one such
admission, described by its first stay in a unit that has APACHE variables: the worst values of the
first day, as the APACHE IV score takes them (Zimmerman et al. 2006). APACHE's own score and its
prediction of death are left out: they know the outcome's odds already.

Other tables (vital signs, laboratory, treatments) are not read.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.arrays import Floats
from engine.data.catalogue.columns import Column, Patients, Texts
from engine.data.catalogue.tables import Row, pieces
from engine.errors import DataError
from engine.sections import Data
from engine.steps import Steps

TABLES = ("patient", "hospital", "apacheApsVar", "apachePredVar")
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
    "patientunitstayid", "patienthealthsystemstayid", "unitvisitnumber", "hospitalid",
    "hospitaldischargestatus", "age", *TEXTS, *SIZES,
)  # fmt: skip
_LABELS = {"alive": 0.0, "expired": 1.0}


def reading(folder: Path, data: Data) -> Steps[Patients]:
    """The admissions in the tables of `folder`.

    Raises:
        DataError: A table or column is missing or damaged, or there is nobody in them.
    """
    hospital_of = _chosen(data.hospital_col)
    physiology = yield from _stays(folder, "apacheApsVar", PHYSIOLOGY)
    history = yield from _stays(folder, "apachePredVar", HISTORY)
    regions = yield from _regions(folder)
    first, unknown = yield from _first_stays(folder, physiology)
    rows = [dict(zip(_ADMISSION, row, strict=True)) for row in first]
    if not rows:
        raise DataError(
            f"{folder.name}: no patient has both APACHE variables and a known outcome; "
            "are these the tables of one database?"
        )
    stays = [row["patientunitstayid"] for row in rows]
    columns: dict[str, Column] = {"age": np.array([_age(row["age"]) for row in rows])}
    columns |= {name: Texts.of([row[name] for row in rows]) for name in TEXTS}
    columns |= {name: np.array([_number(row[name]) for row in rows]) for name in SIZES}
    past = history.of(stays)
    past["electivesurgery"] = np.nan_to_num(past["electivesurgery"])  # empty: no operation at all
    columns |= physiology.of(stays) | past
    places = [row["hospitalid"] for row in rows]
    names = [regions.get(place, "Unknown") for place in places]
    return Patients(
        columns=columns,
        y=np.array([_LABELS[row["hospitaldischargestatus"].casefold()] for row in rows]),
        hospitals=Texts.of(names if hospital_of == BY_REGION else [f"H{p}" for p in places]),
        labels=("Expired", "Alive"),
        left_out={"admissions without a known outcome are left out": unknown},
    )


def _chosen(column: str) -> str:
    if column not in (*BY_HOSPITAL, BY_REGION):
        raise DataError(
            f"data.hospital_col: {column!r} cannot tell the hospitals of eICU apart; "
            "choose hospital or region."
        )
    return column


@dataclass(frozen=True)
class _Numbers:
    """Numbers per stay: `places` says in which row of `values` (stays, columns) a stay is."""

    names: tuple[str, ...]
    places: dict[str, int]
    values: Floats

    def of(self, stays: list[str]) -> dict[str, Floats]:
        """The columns of some stays; nan for a stay that is not there."""
        rows = np.array([self.places.get(stay, len(self.places)) for stay in stays])
        return dict(zip(self.names, self.values[rows].T.copy(), strict=True))


def _stays(folder: Path, table: str, names: tuple[str, ...]) -> Steps[_Numbers]:
    """What a table of APACHE says of each stay."""
    places: dict[str, int] = {}
    numbers = array("d")
    for piece in pieces(folder, table, ("patientunitstayid", *names)):
        for stay, *cells in piece.rows:
            if stay not in places:
                places[stay] = len(places)
                numbers.extend([_number(cell) for cell in cells])
        yield piece.progress
    numbers.extend([np.nan] * len(names))  # for the stays that are not there
    return _Numbers(names, places, np.frombuffer(numbers).reshape(-1, len(names)))


def _regions(folder: Path) -> Steps[dict[str, str]]:
    """The region of each hospital that has one."""
    found: dict[str, str] = {}
    for piece in pieces(folder, "hospital", ("hospitalid", "region")):
        found |= {hospital: region for hospital, region in piece.rows if region}
        yield piece.progress
    return found


def _first_stays(folder: Path, physiology: _Numbers) -> Steps[tuple[list[Row], int]]:
    """The first stay of each admission that has physiology, and how many lack an outcome."""
    first: dict[str, Row] = {}
    unknown: set[str] = set()
    for piece in pieces(folder, "patient", _ADMISSION):
        for row in piece.rows:
            stay, admission, visit, _, outcome, *_ = row
            if stay not in physiology.places:
                continue
            if outcome.casefold() not in _LABELS:
                unknown.add(admission)
            elif admission not in first or _visit(visit) < _visit(first[admission][2]):
                first[admission] = row
        yield piece.progress
    return list(first.values()), len(unknown - first.keys())


def _visit(text: str) -> float:
    return float(text or "inf")


def _number(text: str) -> float:
    """A number; -1 is how APACHE writes that there is none."""
    number = float(text) if text else np.nan
    return np.nan if number == -1 else number


def _age(text: str) -> float:
    return OLDEST if ">" in text else _number(text)
