"""What the catalogue knows of each real data set: where it comes from, under which licence, whom to cite.

A file is pinned by its sha256 where that is known. MIMIC-III's demo publishes its sums beside its
files, and they are not known here: what the publisher's list said at the first fetch is kept and
holds from then on (trust on first use).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.sections import CATALOGUE

SUMS = "SHA256SUMS.txt"  # the publisher's own list, which is also how we keep it


@dataclass(frozen=True)
class File:
    """One raw file; `sha256` is empty where the publisher's list has to say it."""

    name: str
    sha256: str = ""


@dataclass(frozen=True)
class Entry:
    """A data set that is fetched on request.

    Attributes:
        folder: Where its raw files lie, below the folder for data.
        base: The address of that folder at the publisher.
        hospitals, label: What counts as a hospital, and what is foretold.
        changes: What the preparation does to the raw tables.
        attribution: The short form that travels with every run.
    """

    name: str
    title: str
    folder: str
    base: str
    page: str
    files: tuple[File, ...]
    licence: str
    licence_page: str
    citation: str
    attribution: str
    provenance: str
    hospitals: str
    label: str
    changes: str

    @property
    def pinned(self) -> bool:
        """Whether every file's sum is known here."""
        return all(file.sha256 for file in self.files)


_HEART_FILES = (
    File(
        "processed.cleveland.data",
        "a74b7efa387bc9d108d7d0115d831fe9b414b29ae7124f331b622b4efa0427c8",
    ),
    File(
        "processed.hungarian.data",
        "d1ad108f785768cd3d7e82dc522e6f5a61eea93cccfb3a46ee8076f73fc3d796",
    ),
    File(
        "processed.switzerland.data",
        "834a405ccf5b66ab4056bb77794adc8df0b7125186454c0a1d002d33c6c3b314",
    ),
    File(
        "processed.va.data",
        "e7c93d8d0d2acdadfa4c5e8de768e2191e7f618b952e29623f1f0d5949ff6b8f",
    ),
)


def _heart(name: str, title: str, changes: str) -> Entry:
    return Entry(
        name=name,
        title=title,
        folder="heart-disease",
        base="https://archive.ics.uci.edu/ml/machine-learning-databases/heart-disease/",
        page="https://archive.ics.uci.edu/dataset/45/heart+disease",
        files=_HEART_FILES,
        licence="CC BY 4.0",
        licence_page="https://creativecommons.org/licenses/by/4.0/",
        citation=(
            "Janosi, A., Steinbrunn, W., Pfisterer, M., Detrano, R. (1988). Heart Disease. "
            "UCI Machine Learning Repository. doi:10.24432/C52P4X"
        ),
        attribution=(
            "Heart Disease, UCI, CC BY 4.0: Janosi, Steinbrunn, Pfisterer and Detrano 1988, "
            "doi:10.24432/C52P4X"
        ),
        provenance=(
            "Collected by Andras Janosi, M.D. (Hungarian Institute of Cardiology, Budapest), "
            "William Steinbrunn, M.D. (University Hospital, Zurich), Matthias Pfisterer, M.D. "
            "(University Hospital, Basel) and Robert Detrano, M.D., Ph.D. (V.A. Medical Center, "
            "Long Beach, and Cleveland Clinic Foundation); the four processed files of the UCI "
            "archive."
        ),
        hospitals="Cleveland, Hungarian, Switzerland (Zurich and Basel), VA Long Beach",
        label="a coronary artery narrowed by half or more (num above 0)",
        changes=changes,
    )


_ENTRIES = (
    _heart(
        "heart-disease",
        "heart disease at four hospitals, 740 patients, as FLamby prepares them",
        "slope, ca and thal are left out, then every patient with a missing value; chest pain and "
        "resting ECG become a column per category; FLamby's fixed split into training and test "
        "(Ogier du Terrail et al. 2022), unless data.drop names split.",
    ),
    _heart(
        "heart-disease-full",
        "heart disease at four hospitals, all 920 patients and 13 columns",
        "nothing is left out; a cholesterol or blood pressure of 0 means that it was not measured, "
        "and is missing.",
    ),
    Entry(
        name="eicu-demo",
        title="intensive care in 186 hospitals of the US, 2,073 admissions",
        folder="eicu-demo",
        base="https://physionet.org/files/eicu-crd-demo/2.0.1/",
        page="https://physionet.org/content/eicu-crd-demo/2.0.1/",
        files=(
            File(
                "patient.csv.gz",
                "15e1eb52169828e3cfff3b67132a087298de4d0365bbb31bb294f6043bffd474",
            ),
            File(
                "hospital.csv.gz",
                "4ed356f9c4e7c8ce80e89241697e94b77f21c2f325cd6ad126794b1e92805ef4",
            ),
            File(
                "apacheApsVar.csv.gz",
                "2dc6d63f9807c7e663ffa253998691605d527b702ac1db8cc5dda92308061e78",
            ),
            File(
                "apachePredVar.csv.gz",
                "99d5a4ab2c5cd07b6ee0a540c86a576e5975ed3b93df8525e3d287d5babf3eae",
            ),
        ),
        licence="ODbL 1.0",
        licence_page="https://opendatacommons.org/licenses/odbl/1-0/",
        citation=(
            "Johnson, A., Pollard, T., Badawi, O., Raffa, J. (2021). eICU Collaborative Research "
            "Database Demo (version 2.0.1). PhysioNet. doi:10.13026/4mxk-na84; Pollard et al. "
            "(2018), Scientific Data 5, 180178, doi:10.1038/sdata.2018.178; Goldberger et al. "
            "(2000), Circulation 101, e215–e220"
        ),
        attribution=(
            "eICU Collaborative Research Database Demo 2.0.1, PhysioNet, ODbL 1.0: Johnson, "
            "Pollard, Badawi and Raffa 2021, doi:10.13026/4mxk-na84"
        ),
        provenance=(
            "The Philips eICU programme's tele-intensive care, 2014 and 2015, de-identified; the "
            "open demo, no part of the credentialed database. A derived database that is published "
            "must stay under ODbL and name the source."
        ),
        hospitals="hospitalid; or the region, with data.hospital_col = region",
        label="death in hospital",
        changes=(
            "one row per hospital admission, its first stay in intensive care that has APACHE "
            "variables; -1 is missing; an age above 89 is 90. A patient who was admitted twice has "
            "two rows, and privacy hides one row."
        ),
    ),
    Entry(
        name="mimic-demo",
        title="intensive care in the units of one hospital, 100 patients",
        folder="mimic-demo",
        base="https://physionet.org/files/mimiciii-demo/1.4/",
        page="https://physionet.org/content/mimiciii-demo/1.4/",
        files=(
            File("ADMISSIONS.csv"),
            File("PATIENTS.csv"),
            File("ICUSTAYS.csv"),
            File("LABEVENTS.csv"),
        ),
        licence="ODbL 1.0",
        licence_page="https://opendatacommons.org/licenses/odbl/1-0/",
        citation=(
            "Johnson, A., Pollard, T., Mark, R. (2019). MIMIC-III Clinical Database Demo "
            "(version 1.4). PhysioNet. doi:10.13026/C2HM2Q; Johnson et al. (2016), Scientific "
            "Data 3, 160035, doi:10.1038/sdata.2016.35; Goldberger et al. (2000), Circulation "
            "101, e215–e220"
        ),
        attribution=(
            "MIMIC-III Clinical Database Demo 1.4, PhysioNet, ODbL 1.0: Johnson, Pollard and Mark "
            "2019, doi:10.13026/C2HM2Q"
        ),
        provenance=(
            "Intensive care at the Beth Israel Deaconess Medical Center, Boston, 2001 to 2012, "
            "de-identified; the open demo, no part of the credentialed database. A derived database "
            "that is published must stay under ODbL and name the source."
        ),
        hospitals="the first care unit of the admission (MICU, SICU, CCU, CSRU, TSICU)",
        label="death in hospital",
        changes=(
            "one row per hospital admission, its first stay in intensive care; age, sex, kind of "
            "admission and the mean of each of twelve laboratory values over the stay's first 24 "
            "hours; patients under 16 are left out; an age above 89 is 90. A patient who was admitted "
            "twice has two rows, and privacy hides one row."
        ),
    ),
)

ENTRIES: Mapping[str, Entry] = {entry.name: entry for entry in _ENTRIES}
assert tuple(ENTRIES) == CATALOGUE  # the sections know the names only
