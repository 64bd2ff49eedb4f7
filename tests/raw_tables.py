"""Raw tables in the schemas of eICU and MIMIC-III, written for a test; every patient is made up."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Rows = Sequence[Mapping[str, Any]]

# The columns of the published tables, in their order.
COLUMNS = {
    "patient": (
        "patientunitstayid patienthealthsystemstayid gender age ethnicity hospitalid wardid "
        "apacheadmissiondx admissionheight hospitaladmittime24 hospitaladmitoffset "
        "hospitaladmitsource hospitaldischargeyear hospitaldischargetime24 "
        "hospitaldischargeoffset hospitaldischargelocation hospitaldischargestatus unittype "
        "unitadmittime24 unitadmitsource unitvisitnumber unitstaytype admissionweight "
        "dischargeweight unitdischargetime24 unitdischargeoffset unitdischargelocation "
        "unitdischargestatus uniquepid"
    ),
    "hospital": "hospitalid numbedscategory teachingstatus region",
    "apacheApsVar": (
        "apacheapsvarid patientunitstayid intubated vent dialysis eyes motor verbal meds urine wbc "
        "temperature respiratoryrate sodium heartrate meanbp ph hematocrit creatinine albumin pao2 "
        "pco2 bun glucose bilirubin fio2"
    ),
    "apachePredVar": (
        "apachepredvarid patientunitstayid sicuday saps3day1 saps3today saps3yesterday gender "
        "teachtype region bedcount admitsource graftcount meds verbal motor eyes age "
        "admitdiagnosis thrombolytics diedinhospital aids hepaticfailure lymphoma metastaticcancer "
        "leukemia immunosuppression cirrhosis electivesurgery activetx readmit ima midur ventday1 "
        "oobventday1 oobintubday1 diabetes managementsystem var03hspxlos pao2 fio2 ejectfx "
        "creatinine dischargelocation visitnumber amilocation day1meds day1verbal day1motor "
        "day1eyes day1pao2 day1fio2"
    ),
    "ADMISSIONS": (
        "row_id subject_id hadm_id admittime dischtime deathtime admission_type "
        "admission_location discharge_location insurance language religion marital_status "
        "ethnicity edregtime edouttime diagnosis hospital_expire_flag has_chartevents_data"
    ),
    "PATIENTS": "row_id subject_id gender dob dod dod_hosp dod_ssn expire_flag",
    "ICUSTAYS": (
        "row_id subject_id hadm_id icustay_id dbsource first_careunit last_careunit first_wardid "
        "last_wardid intime outtime los"
    ),
    "LABEVENTS": "row_id subject_id hadm_id itemid charttime value valuenum valueuom flag",
}


def write(
    folder: Path, table: str, rows: Rows, *, packed: bool = False, upper: bool = False
) -> Path:
    """A table as `folder`/`table`.csv or .csv.gz; what a row does not name stays empty."""
    columns = COLUMNS[table].split()
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC if upper else csv.QUOTE_MINIMAL)
    writer.writerow([name.upper() if upper else name for name in columns])
    for row in rows:
        assert not row.keys() - set(columns), row.keys() - set(columns)
        writer.writerow([row.get(name, "") for name in columns])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}.csv{'.gz' * packed}"
    raw = text.getvalue().encode()
    path.write_bytes(gzip.compress(raw, 1) if packed else raw)
    return path


def write_all(folder: Path, tables: Mapping[str, Rows], **how: Any) -> Path:
    """Several tables; returns their folder."""
    for table, rows in tables.items():
        write(folder, table, rows, **how)
    return folder


def stay(number: int, **known: Any) -> dict[str, Rows]:
    """A stay in intensive care, one row for each of eICU's tables of stays."""
    person = {
        "patientunitstayid": number,
        "patienthealthsystemstayid": known.get("admission", 1000 + number),
        "unitvisitnumber": known.get("visit", 1),
        "hospitalid": known.get("hospital", 73),
        "hospitaldischargestatus": known.get("outcome", "Alive"),
        "age": known.get("age", 60),
        "gender": known.get("gender", "Female"),
        "ethnicity": known.get("ethnicity", "Caucasian"),
        "unittype": known.get("unittype", "MICU"),
        "unitadmitsource": "Floor",
        "admissionheight": 170,
        "admissionweight": known.get("weight", 70),
    }
    body = {"patientunitstayid": number, "heartrate": 100, **known.get("body", {})}
    past = {"patientunitstayid": number, "diabetes": 0, **known.get("past", {})}
    return {"patient": [person], "apacheApsVar": [body], "apachePredVar": [past]}


def eicu(*stays: Mapping[str, Rows], regions: Mapping[int, str] | None = None) -> dict[str, Rows]:
    """The tables of some stays, and of the hospitals with their regions."""
    known = regions if regions is not None else {73: "Midwest", 90: "South"}
    hospitals = [{"hospitalid": number, "region": region} for number, region in known.items()]
    names = ("patient", "apacheApsVar", "apachePredVar")
    return {"hospital": hospitals} | {
        n: [row for s in stays for row in s.get(n, ())] for n in names
    }


def admission(number: int, **known: Any) -> dict[str, Rows]:
    """An admission to hospital with one stay in a unit, one row for each of MIMIC-III's tables."""
    begins = known.get("begins", "2150-03-01 08:00:00")
    return {
        "ADMISSIONS": [
            {
                "subject_id": number,
                "hadm_id": 100_000 + number,
                "admittime": begins,
                "admission_type": known.get("kind", "EMERGENCY"),
                "hospital_expire_flag": known.get("died", 0),
            }
        ],
        "PATIENTS": [
            {
                "subject_id": number,
                "gender": known.get("gender", "M"),
                "dob": known.get("born", "2090-01-01 00:00:00"),
            }
        ],
        "ICUSTAYS": [
            {
                "subject_id": number,
                "hadm_id": 100_000 + number,
                "icustay_id": 200_000 + number,
                "first_careunit": known.get("unit", "MICU"),
                "last_careunit": "SICU",
                "intime": known.get("into", "2150-03-01 10:30:00"),
            }
        ],
        "LABEVENTS": [
            {"subject_id": number, "hadm_id": 100_000 + number, "itemid": item, "charttime": time,
             "value": value, "valuenum": value}
            for item, time, value in known.get("laboratory", ())
        ],
    }  # fmt: skip


def mimic(*admissions: Mapping[str, Rows]) -> dict[str, Rows]:
    """The tables of some admissions."""
    names = ("ADMISSIONS", "PATIENTS", "ICUSTAYS", "LABEVENTS")
    return {name: [row for each in admissions for row in each.get(name, ())] for name in names}
