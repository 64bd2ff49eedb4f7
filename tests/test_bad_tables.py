"""The 42 tables of the shared folder: what each does, and what is said of it.

They are small, made from heart disease at four hospitals, and each has one thing wrong, or odd, or
merely written otherwise. Where one may be refused or read, docs/decisions/0012-import.md says why.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from engine.baselines import compute
from engine.data import Federation, load
from engine.errors import EngineError
from engine.result import run
from engine.scenario import Scenario
from engine.sections import Data
from engine.steps import finished
from tests.shared import shared

HOSPITALS = ("Cleveland", "Hungarian", "Switzerland", "VA Long Beach")
FEATURES = ("age", "sex", "trestbps", "chol", "thalach", "oldpeak")
KINDS = ("cp=atypical", "cp=non-anginal", "cp=typical")


@dataclass(frozen=True)
class Loads:
    """A table that is read: how, what is said of it, and what must hold."""

    expectation: str
    said: tuple[str, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = HOSPITALS
    features: tuple[str, ...] = FEATURES
    patients: int = 48
    holds: Callable[[Federation], bool] = lambda federation: True


@dataclass(frozen=True)
class Refused:
    """A table that is not: the words that name what, where, and the way out."""

    expectation: str
    words: tuple[str, ...]
    given: dict[str, Any] = field(default_factory=dict)


def positives(federation: Federation) -> int:
    sizes = federation.train.sizes + federation.test.sizes
    return int(np.rint(federation.positive_rate @ sizes))


def missing(federation: Federation) -> dict[str, list[int]]:
    return {name: gaps.tolist() for name, gaps in federation.report.missing.items()}


CASES: dict[str, Loads | Refused] = {
    "ok.csv": Loads(
        "48 rows, 4 hospitals, 6 numeric features, nothing done to it",
        holds=lambda f: (f.report.rows, f.report.dropped, f.report.missing) == (48, {}, {}),
    ),
    "bom_crlf.csv": Loads(
        'the first column is "hospital", not "\\ufeffhospital"',
        holds=lambda f: f.report.encoding == "UTF-8",
    ),
    "semicolon.csv": Loads("the separator is sniffed", holds=lambda f: f.report.separator == ";"),
    "semicolon_decimal_comma.csv": Loads(
        "decimal commas are numbers, never text categories, and it is said",
        said=("Column 'oldpeak' is written with decimal commas: '2,3' is 2.3.",),
        holds=lambda f: f.report.decimal_commas == ("oldpeak",) and not f.report.categories,
    ),
    "tab.tsv": Loads("tabs are sniffed", holds=lambda f: f.report.separator == "\t"),
    "missing_markers.csv": Loads(
        "? NA N/A NaN null . and nothing are missing: 8 cells, by column and hospital",
        said=(
            "8 missing numbers became the pooled training mean: 'trestbps' 2, 'chol' 3, 'thalach' 1, "
            "'oldpeak' 2.",
        ),
        holds=lambda f: (
            missing(f)
            == {
                "trestbps": [0, 2, 0, 0],
                "chol": [3, 0, 0, 0],
                "thalach": [0, 0, 1, 0],
                "oldpeak": [0, 0, 2, 0],
            }
        ),
    ),
    "column_missing_at_one_hospital.csv": Loads(
        "a hospital without a number gets the pooled training mean, and it is said",
        said=(
            "12 missing numbers became the pooled training mean: 'chol' 12.",
            "Nobody at 'Switzerland' has a number in 'chol'",
        ),
        holds=lambda f: missing(f) == {"chol": [0, 0, 12, 0]},
    ),
    "text_categories.csv": Loads(
        "text becomes columns over the union of categories, the first of them dropped",
        said=("Text columns 'sex', 'cp': before round 1 each hospital tells which texts occur",),
        features=("age", "sex=male", "trestbps", "chol", "thalach", "oldpeak", *KINDS),
        holds=lambda f: f.report.categories["sex"] == ("female", "male"),
    ),
    "category_seen_once.csv": Loads(
        "a category that one patient has is a column at every hospital",
        features=(*FEATURES, "cp=only_in_last_row"),
    ),
    "inf.csv": Refused(
        "column chol and rows 2, 3, 4 are named",
        ("inf.csv, lines 2, 3, 4, column 'chol': the number is infinite",),
    ),
    "duplicate_header.csv": Refused(
        'column name "age" occurs twice', ("line 1: the column name 'age' occurs twice",)
    ),
    "ragged.csv": Refused(
        "lines 6 and 10 are named, and how many cells they have",
        ("line 6 has 9 cells, line 10 has 6 cells, where the header has 8",),
    ),
    "label_text.csv": Loads(
        "yes and no say which is positive, and it is told",
        said=("Label 'yes' counts as positive and 'no' counts as negative",),
        holds=lambda f: positives(f) == 24,
    ),
    "label_1_2.csv": Loads(
        "of 1 and 2 the larger is positive, and it is told",
        said=("Label '2' counts as positive and '1' counts as negative",),
        holds=lambda f: (f.report.positive, f.report.negative) == ("2", "1"),
    ),
    "label_multiclass.csv": Refused(
        "5 labels; a threshold is offered",
        (
            "there are 5 labels ('0', '1', '2', '3', '4')",
            "set data.positive to a threshold, say '>0'",
        ),
    ),
    "label_missing.csv": Loads(
        "the row without a label is left out with its count and line; 0.0 and 1.0 are two labels",
        said=("1 row has no label, so it is left out (label_missing.csv, line 5).",),
        patients=47,
        holds=lambda f: f.report.dropped == {"no label": 1} and f.report.rows == 48,
    ),
    "label_constant.csv": Refused("only one label value", ("column 'label': every label is '1'",)),
    "single_class_hospital.csv": Loads(
        "loads with a warning", said=("on patients of one kind only",)
    ),
    "one_row_hospital.csv": Loads(
        "a hospital of one patient trains and is never tested",
        said=("'Tiny' has one patient, who is trained on and never tested.",),
        names=(*HOSPITALS, "Tiny"),
        patients=49,
        holds=lambda f: (f.train.sizes[4], f.test.sizes[4]) == (1, 0),
    ),
    "hospital_spelling.csv": Loads(
        "blanks are trimmed, capitals are pointed at",
        said=(
            "Hospital ' Cleveland' is taken for 'Cleveland'.",
            "Hospitals 'Cleveland', 'cleveland' are taken as two; are they one?",
        ),
        names=("Cleveland", "cleveland", *HOSPITALS[1:]),
        holds=lambda f: f.report.merged == {"Cleveland": (" Cleveland",)},
    ),
    "hospital_missing.csv": Refused(
        'line 7 is named, and there is no hospital called "nan"',
        ("hospital_missing.csv, line 7: the hospital (column 'hospital') is missing",),
    ),
    "hospital_numeric.csv": Loads(
        "hospitals 1 to 4 are ids, never a feature", names=("1", "2", "3", "4")
    ),
    "no_hospital_column.csv": Refused(
        "the columns found are listed, and a partition is offered",
        ("there is no column 'hospital'", "columns: 'age', 'sex'", "or set data.partition to iid"),
    ),
    "no_label_column.csv": Refused(
        "the columns found are listed",
        ("there is no column 'label'", "columns: 'hospital', 'age', 'sex'"),
    ),
    "other_names.csv": Loads(
        "columns may be named", given={"hospital_col": "center", "label_col": "num"}
    ),
    "header_only.csv": Refused("no rows", ("there is a header and no row",)),
    "empty.csv": Refused("empty file", ("empty.csv: the file is empty",)),
    "no_header.csv": Refused(
        "the first line looks like data",
        ("line 1: there is no column 'label'", "the line looks like a patient"),
    ),
    "constant_column.csv": Loads(
        "no division by zero, no nan",
        said=("'flag', 'zero' tell nothing: each is the same for every training patient.",),
        features=(*FEATURES, "flag", "zero"),
    ),
    "id_and_leak.csv": Loads(
        "an id and a column that equals the label are pointed at",
        said=(
            "Column 'patient_id' has another value for every patient",
            "Column 'died' tells the label of every patient",
        ),
        features=(*FEATURES, "patient_id", "died"),
    ),
    "huge_scale.csv": Loads("no overflow, a finite loss", features=(*FEATURES, "tiny")),
    "thousands.csv": Refused(
        '"1,233" is not a number; line and column are named',
        ("line 2, column 'chol': '1,233' is not a number",),
    ),
    "latin1.csv": Loads(
        "read as Latin-1, and it is said",
        said=("'latin1.csv': not in UTF-8, so it is read as Latin-1.",),
        names=("Cleveland", "Hungarian", "Zürich", "VA Long Beach"),
        holds=lambda f: f.report.encoding == "Latin-1",
    ),
    "utf16.csv": Refused("the encoding is named", ("utf16.csv: the text is in UTF-16",)),
    "nul_bytes.csv": Refused("no traceback", ("there is a NUL byte",)),
    "markup_and_wide_names.csv": Loads(
        "markup, escapes, wide characters, a long name and a bracketed header are kept literally",
        names=("Cleveland, OH", "[red]Budapest[/red]", "東京病院 🏥", "A\x1b[31mVA" + "x" * 120),
        features=("age [years]", "sex", "trestbps", 'chol "total"', "thalach", "oldpeak"),
    ),
    "quoted_newline.csv": Loads(
        "a name holds a newline",
        said=("'Cleve\\nland' has one patient",),
        names=("Cleve\nland", *HOSPITALS),
    ),
    "no_features.csv": Refused("no feature columns", ("no column is left to learn from",)),
    "one_feature.csv": Loads("one column is enough", features=("age",)),
    "fewer_rows_than_features.csv": Loads(
        "8 rows, 6 columns: loads with a warning",
        said=("There are 4 training patients for 6 columns",),
        patients=8,
    ),
    "one_hospital.csv": Loads(
        "one hospital: training together is training alone, and it is said",
        said=("There is one hospital",),
        names=HOSPITALS[:1],
        patients=12,
    ),
    "folder_per_hospital": Refused(
        "the file that lacks a column is named, and the column",
        ("Switzerland.csv, line 1: there is no column 'chol', which Cleveland.csv has",),
    ),
}


def source(name: str, **given: Any) -> Data:
    return Data.build({"source": str(shared("data", "bad_tables", name)), **given})


def test_every_case_of_the_folder_is_here():
    folder = shared("data", "bad_tables")
    assert {path.name for path in folder.iterdir()} - {"EXPECT.md"} == set(CASES)
    assert len(CASES) == 42


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if isinstance(case, Loads)])
def test_it_loads(name):
    case = CASES[name]
    federation = load(source(name, **case.given), 0)
    notes = "\n".join(federation.notes)
    for words in case.said:
        assert words in notes
    assert federation.names == case.names
    assert federation.features == case.features
    assert federation.train.sizes.sum() + federation.test.sizes.sum() == case.patients
    assert case.holds(federation), case.expectation
    assert notes.replace("\n", "").isprintable()
    assert np.isfinite(federation.train.x).all()
    assert np.isfinite(federation.test.x).all()
    pooled = finished(compute(federation, 0)).pooled
    assert np.isfinite(pooled.loss)


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if isinstance(case, Refused)])
def test_it_is_refused_in_one_sentence(name):
    case = CASES[name]
    with pytest.raises(EngineError) as caught:
        load(source(name, **case.given), 0)
    sentence = str(caught.value)
    for words in case.words:
        assert words in sentence, case.expectation
    assert sentence.endswith(".")
    assert sentence.isprintable()


def test_a_threshold_makes_five_labels_two():
    federation = load(source("label_multiclass.csv", positive=">0"), 0)
    assert (federation.report.positive, federation.report.negative) == (">0", "<=0")
    labels = np.loadtxt(shared("data", "bad_tables", "label_multiclass.csv"), str, delimiter=",")
    assert positives(federation) == (labels[1:, -1] != "0").sum()


def test_files_of_a_folder_are_aligned_by_name():
    federation = load(source("folder_per_hospital", drop=("chol",), scaling="none"), 0)
    assert federation.names == HOSPITALS
    assert federation.features == ("age", "sex", "trestbps", "thalach", "oldpeak")
    one = load(source("ok.csv", drop=("chol",), scaling="none"), 0)
    for table in ("train", "test"):
        theirs, ours = getattr(one, table), getattr(federation, table)
        assert np.array_equal(np.sort(theirs.x, axis=0), np.sort(ours.x, axis=0))
        assert np.array_equal(theirs.starts, ours.starts)
    assert len(federation.report.files) == 4


@pytest.mark.parametrize("seed", range(6))
def test_a_category_that_only_a_held_out_patient_has_is_a_column_like_any_other(seed):
    federation = load(source("category_seen_once.csv"), seed)
    assert federation.features[-1] == "cp=only_in_last_row"
    column = federation.train.x[:, -1]
    tested = not np.ptp(column)  # nobody who is trained on has it
    assert tested == (not column.any())
    assert tested == any(
        note.startswith("'cp=only_in_last_row' occurs only") for note in federation.notes
    )


def test_where_a_hospital_has_one_class_its_auc_is_not_there_and_its_accuracy_is():
    path = str(shared("data", "bad_tables", "single_class_hospital.csv"))
    done = run(Scenario.from_dict({"data": {"source": path}, "training": {"rounds": 2}}))
    assert 0 <= done["rounds"][-1]["hospital_accuracy"]["Switzerland"] <= 1
    assert done["baselines"]["pooled"]["hospital_auc"]["Switzerland"] is None


def test_a_huge_scale_is_trained_on_without_overflow():
    path = str(shared("data", "bad_tables", "huge_scale.csv"))
    done = run(Scenario.from_dict({"data": {"source": path}, "training": {"rounds": 3}}))
    assert all(np.isfinite(round["loss"]) for round in done["rounds"])
