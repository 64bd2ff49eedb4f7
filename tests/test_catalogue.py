"""The catalogue: real data sets, from their raw files to patients, and on which terms."""

from __future__ import annotations

import csv
import gzip
import shutil
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import catalogue, load
from engine.data.catalogue import ENTRIES, NAMES, heart_disease, mimic, place
from engine.data.catalogue.entries import SUMS
from engine.data.categories import agree
from engine.errors import DataError, ScenarioError
from engine.scenario import Scenario
from engine.sections import PUBLIC, Data
from engine.steps import finished
from tests import raw_tables as raw
from tests.shared import shared

EICU = "eicu_demo_by_region/eicu_demo_by_region.csv"
HEART_SIZES = {"Cleveland": 303, "Hungarian": 261, "Switzerland": 46, "VA Long Beach": 130}


@pytest.fixture(autouse=True)
def place_of_data(tmp_path, monkeypatch):
    """A folder for data of each test's own, empty."""
    monkeypatch.setenv("FEDTUI_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def heart(place_of_data):
    """The four raw files of UCI Heart Disease, as `--fetch` puts them."""
    folder = place_of_data / "heart-disease"
    shutil.copytree(shared("data/heart_disease/raw"), folder)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o700)
    return folder


def data(source, **keys):
    return Data.build({"source": str(source), **keys})


def read(name, **keys):
    return spread(catalogue.read(name, data(name, **keys)))


def on_disk(folder, **keys):
    return spread(finished(catalogue.reading_folder(folder, data(folder, **keys))))


def rows_of(name):
    with shared(f"data/{name}").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spread(source):
    """A source with its text columns spread out, as the federation has them."""
    layout, _ = finished(agree(source, source.owner, len(source.names)))
    return replace(source, x=layout.spread(source.x), features=layout.features, categories={})


def column(source, name):
    return source.x[:, source.features.index(name)]


# What is known of each


def test_every_data_set_says_where_it_is_from_on_which_terms_and_whom_to_cite():
    assert tuple(ENTRIES) == NAMES
    for entry in ENTRIES.values():
        assert entry.base.startswith("https://")
        assert entry.base.endswith("/")
        assert entry.licence in ("CC BY 4.0", "ODbL 1.0")
        assert entry.licence in entry.attribution
        assert "doi:10." in entry.citation
        assert "doi:10." in entry.attribution
        assert all((entry.hospitals, entry.label, entry.changes, entry.provenance))
        sums = [file.sha256 for file in entry.files]
        assert all(len(sum) == 64 and int(sum, 16) for sum in sums) or not any(sums)
    assert [name for name, entry in ENTRIES.items() if not entry.pinned] == ["mimic-demo"]


@pytest.mark.parametrize("name", NAMES)
def test_a_set_of_the_catalogue_is_public_has_hospitals_of_its_own_and_needs_no_columns(name):
    scenario = Scenario.from_dict({"data": {"source": name, "separator": ";"}})
    assert not scenario.on_own_data
    assert scenario.data.partition == "natural"
    assert scenario.notes == (
        f"data.separator: ignored, source {name!r} with partition 'natural' does not use it.",
    )
    assert name in PUBLIC


@pytest.mark.parametrize("name", NAMES)
def test_a_set_that_is_not_here_is_refused_in_a_sentence_that_says_how_to_fetch_it(name):
    with pytest.raises(DataError) as refused:
        load(data(name), 0)
    assert str(refused.value) == (
        f"data.source: {name} is not on this machine; `fedtui data {name} --fetch` fetches it "
        f"({ENTRIES[name].licence})."
    )


def test_a_name_that_is_almost_one_gets_the_nearest():
    with pytest.raises(DataError, match="did you mean 'heart-disease'"):
        load(data("heart-diseases"), 0)


# UCI Heart Disease


def test_heart_disease_is_flambys_preparation_row_for_row(heart):
    source, rows = read("heart-disease"), rows_of("heart_disease/heart_disease_flamby.csv")
    features = [name for name in rows[0] if name not in ("hospital", "label", "split")]
    renamed = [name.replace("_", "=").replace(".0", "") for name in features]
    assert source.features == tuple(renamed)
    assert np.array_equal(source.x, [[float(row[name]) for name in features] for row in rows])
    assert np.array_equal(source.y, [float(row["label"]) for row in rows])
    assert [source.names[i] for i in source.owner] == [row["hospital"] for row in rows]
    assert np.array_equal(source.held_out, [row["split"] == "test" for row in rows])
    assert dict(zip(source.names, np.bincount(source.owner), strict=True)) == HEART_SIZES
    assert source.notes == (
        "Heart Disease, UCI, CC BY 4.0: Janosi, Steinbrunn, Pfisterer and Detrano 1988, "
        "doi:10.24432/C52P4X.",
        "Left out: 180 of 920 rows, where a value is missing.",
    )


def test_flambys_split_is_what_its_rule_draws(heart):
    from sklearn.model_selection import train_test_split

    source = read("heart-disease")
    for i, name in enumerate(source.names):
        mine = np.flatnonzero(source.owner == i)
        ill = source.y[mine]
        both = min(np.sum(ill), np.sum(1 - ill)) > 2
        _, test = train_test_split(
            np.arange(len(mine)), test_size=1 - 0.66, train_size=0.66, random_state=43,
            stratify=ill if both else None,
        )  # fmt: skip
        assert np.array_equal(np.flatnonzero(source.held_out[mine]), np.sort(test)), name
    assert [len(read("heart-disease").held_out), source.held_out.sum()] == [740, 254]


def test_without_the_split_column_patients_are_drawn_as_for_a_table(heart):
    table = shared("data/heart_disease/heart_disease_flamby.csv")
    one, other = (load(data(s, drop=["split"]), 3) for s in ("heart-disease", table))
    assert np.array_equal(one.test.x, other.test.x)
    assert np.array_equal(one.train.y, other.train.y)
    assert [one.test.sizes.sum(), one.train.sizes.sum()] == [148, 592]
    fixed = load(data("heart-disease"), 3)
    assert fixed.train.sizes.tolist() == [199, 172, 30, 85]
    assert fixed.test.sizes.tolist() == [104, 89, 16, 45]


def test_all_of_heart_disease_keeps_everybody_and_zero_is_not_a_measurement(heart):
    source, rows = read("heart-disease-full"), rows_of("heart_disease/heart_disease.csv")
    assert source.features == heart_disease.COLUMNS
    there = np.array([[float(row[name] or "nan") for name in source.features] for row in rows])
    for name in ("chol", "trestbps"):
        measured = there[:, source.features.index(name)]
        measured[measured == 0] = np.nan
    assert np.array_equal(source.x, there, equal_nan=True)
    assert np.array_equal(source.y, [float(row["label"]) for row in rows])
    assert np.isnan(column(source, "chol")[source.owner == 2]).all()
    assert np.bincount(source.owner).tolist() == [303, 294, 123, 200]
    assert source.held_out is None


def test_a_text_column_is_kept_or_dropped_whole_by_its_own_name(heart):
    assert "cp" not in "".join(read("heart-disease", drop=["cp"]).features)
    assert read("heart-disease", keep=["cp", "age"]).features == ("age", "cp=2", "cp=3", "cp=4")
    with pytest.raises(DataError, match=r"data\.drop: there is no column 'cpp'; did you mean 'cp'"):
        read("heart-disease", drop=["cpp"])


@pytest.mark.parametrize("damage", ["one digit", "cut short", "nothing"])
def test_a_file_that_is_not_the_published_one_is_refused_at_every_use(heart, damage):
    load(data("heart-disease"), 0)
    path = heart / "processed.va.data"
    whole = path.read_bytes()
    path.write_bytes(
        {"one digit": b"4" + whole[1:], "cut short": whole[:-1], "nothing": b""}[damage]
    )
    with pytest.raises(DataError) as refused:
        load(data("heart-disease"), 0)
    assert str(refused.value) == (
        "processed.va.data: this is not the file that was published (heart-disease: its sha256 is "
        "another); `fedtui data heart-disease --fetch` fetches it again."
    )


def test_a_file_that_cannot_be_read_is_a_sentence(heart, monkeypatch):
    def refuse(self, *_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DataError) as refused:
        load(data("heart-disease"), 0)
    assert str(refused.value) == (
        f"processed.cleveland.data: the file cannot be read (Permission denied); check {heart}."
    )


# Where it lies


def test_data_lies_in_the_systems_folder_where_no_other_is_named(monkeypatch):
    monkeypatch.delenv("FEDTUI_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert str(place.folder(ENTRIES["eicu-demo"])).endswith("fedtui/data/eicu-demo")


def test_a_set_without_known_sums_is_held_to_those_of_its_first_fetch(place_of_data):
    folder = raw.write_all(place_of_data / "mimic-demo", _two_units())
    with pytest.raises(DataError, match="it is not known what ADMISSIONS"):
        read("mimic-demo")
    sums = {path.name: place.sha256(path) for path in folder.iterdir()}
    (folder / SUMS).write_text("".join(f"{sum} {name}\n" for name, sum in sums.items()))
    assert read("mimic-demo").names == ("MICU", "CCU")
    with (folder / "LABEVENTS.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(DataError, match=r"LABEVENTS\.csv: this is not the file that was published"):
        read("mimic-demo")


# eICU


def _four_admissions():
    return raw.eicu(
        raw.stay(1, hospital=90, outcome="Expired", age="> 89", gender=""),
        raw.stay(2, hospital=73, body={"heartrate": -1, "ph": 7.4}, past={"electivesurgery": 1}),
        raw.stay(3, hospital=41, weight=""),
        raw.stay(4, hospital=90, gender="Male"),
    )


def test_eicu_has_the_columns_and_encodings_of_the_table_by_region(tmp_path):
    """The table by region was made from the demo by other code; its rows, taken apart into raw tables
    and put together again, must give its columns in its order."""
    rows = rows_of(EICU)
    named = {name: i for i, name in enumerate(dict.fromkeys(row["hospital"] for row in rows))}
    body, past = (set(raw.COLUMNS[t].split()) for t in ("apacheApsVar", "apachePredVar"))
    stays = []
    for number, row in enumerate(rows):
        key = {"patientunitstayid": number}
        person = {k: v for k, v in row.items() if k in raw.COLUMNS["patient"].split()}
        told = {
            "patienthealthsystemstayid": number,
            "unitvisitnumber": 1,
            "hospitalid": named[row["hospital"]],
            "age": row["age"].replace("90", "> 89"),
            "hospitaldischargestatus": "Expired" if row["label"] == "1" else "Alive",
        }
        measured = {k: row[k] or "-1" for k in row if k in body}
        known = {k: row[k] for k in row if k in past - body}
        known |= {"electivesurgery": row["electivesurgery"].replace("0", "")}
        stays.append(
            {
                "patient": [person | key | told],
                "apacheApsVar": [measured | key],
                "apachePredVar": [known | key],
            }
        )
    regions = {i: name for name, i in named.items() if name != "Unknown"}
    folder = raw.write_all(tmp_path / "eicu", raw.eicu(*stays, regions=regions), packed=True)
    ours = load(data(folder, hospital_col="region", scaling="none"), 5)
    table = load(data(shared("data", EICU), scaling="none"), 5)
    assert ours.features == table.features
    assert ours.names == table.names
    assert np.array_equal(ours.train.x, table.train.x, equal_nan=True)
    assert np.array_equal(ours.test.y, table.test.y)
    assert ours.train.sizes.sum() + ours.test.sizes.sum() == len(rows) == 2073


def test_eicu_puts_missing_numbers_the_oldest_and_regions_right(tmp_path):
    folder = raw.write_all(tmp_path / "eicu", _four_admissions())
    source = on_disk(folder)
    assert source.names == ("H90", "H73", "H41")
    assert source.owner.tolist() == [0, 1, 2, 0]
    assert source.y.tolist() == [1, 0, 0, 0]
    assert column(source, "age").tolist() == [90, 60, 60, 60]
    np.testing.assert_array_equal(column(source, "heartrate"), [100, np.nan, 100, 100])
    np.testing.assert_array_equal(column(source, "ph"), [np.nan, 7.4, np.nan, np.nan])
    np.testing.assert_array_equal(column(source, "admissionweight"), [70, 70, np.nan, 70])
    assert column(source, "electivesurgery").tolist() == [0, 1, 0, 0]
    assert [f for f in source.features if "gender" in f] == ["gender=Female", "gender=Male"]
    assert column(source, "gender=Female").tolist() == [0, 1, 1, 0]
    assert on_disk(folder, hospital_col="region").names == ("South", "Midwest", "Unknown")
    with pytest.raises(DataError, match="choose hospital or region"):
        on_disk(folder, hospital_col="ward")


def test_an_admission_is_its_first_stay_with_apache_variables_and_needs_an_outcome(tmp_path):
    without = raw.stay(1, admission=7, visit=1, age=31)
    del without["apacheApsVar"]
    third = raw.stay(3, admission=7, visit=3, age=33)
    second = raw.stay(2, admission=7, visit=2, age=32)
    unknown = raw.stay(4, admission=8, outcome="")
    tables = raw.eicu(third, without, second, unknown, raw.stay(5, age=50))
    source = on_disk(raw.write_all(tmp_path / "eicu", tables))
    assert column(source, "age").tolist() == [32, 50]
    assert "Left out: 1 of 3 rows, where the outcome is unknown." in source.notes


def test_a_stay_without_a_history_lacks_it(tmp_path):
    bare = raw.stay(1)
    del bare["apachePredVar"]
    source = on_disk(raw.write_all(tmp_path / "eicu", raw.eicu(bare, raw.stay(2))))
    np.testing.assert_array_equal(column(source, "diabetes"), [np.nan, 0])


# MIMIC-III


def _two_units():
    day = "2150-03-02"
    return raw.mimic(
        raw.admission(
            1,
            laboratory=[
                (50983, "2150-03-01 10:29:59", 500),  # before the stay
                (50983, "2150-03-01 10:30:00", 140),
                (50983, f"{day} 10:29:59", 130),
                (50983, f"{day} 10:30:00", 500),  # a day later
                (51300, f"{day} 00:00:00", 8),  # two items for white cells
                (51301, f"{day} 01:00:00", 10),
                (50912, f"{day} 01:00:00", ""),  # no number
                (99999, f"{day} 01:00:00", 1),  # something else
            ],
        ),
        raw.admission(
            2, unit="CCU", died=1, gender="F", born="1850-01-01 00:00:00", kind="ELECTIVE"
        ),
        raw.admission(3, born="2150-02-28 00:00:00", unit="NICU"),
    )


def test_mimic_is_one_row_per_admission_with_the_first_days_means(tmp_path):
    source = on_disk(raw.write_all(tmp_path / "mimic", _two_units()))
    assert source.names == ("MICU", "CCU")
    assert source.y.tolist() == [0, 1]
    assert source.features == (
        "age", "gender=M", "admission_type=EMERGENCY", *mimic.LABORATORY,
    )  # fmt: skip
    assert column(source, "age").tolist() == [60, 90]
    np.testing.assert_array_equal(column(source, "sodium"), [135, np.nan])
    np.testing.assert_array_equal(column(source, "wbc"), [9, np.nan])
    assert np.isnan(column(source, "creatinine")).all()
    assert "Left out: 1 of 3 rows, where the patient is under 16." in source.notes


def test_the_first_unit_of_an_admission_is_its_hospital(tmp_path):
    tables = raw.mimic(
        raw.admission(1, unit="SICU", into="2150-03-05 00:00:00"),
        {"ICUSTAYS": raw.admission(1, unit="TSICU")["ICUSTAYS"]},
        raw.admission(2),
        {"ADMISSIONS": raw.admission(4)["ADMISSIONS"]},  # never in a unit
    )
    assert on_disk(raw.write_all(tmp_path / "mimic", tables)).names == ("TSICU", "MICU")


_times = st.integers(0, 60 * 60).map(
    lambda m: str(np.datetime64("2150-03-01T00:00:00") + np.timedelta64(m, "m")).replace("T", " ")
)
_events = st.tuples(
    st.integers(1, 3),
    st.sampled_from([50983, 50971, 51300, 51301, 12345]),
    _times,
    st.integers(1, 99),
)


@settings(max_examples=12)
@given(st.lists(_events, max_size=40), st.randoms())
def test_first_day_means_are_those_of_a_search_by_hand_in_any_order(
    tmp_path_factory, events, random
):
    into = {1: "2150-03-01 03:00:00", 2: "2150-03-01 10:30:00", 3: "2150-03-02 23:59:59"}
    admissions = [
        raw.admission(
            n, into=time, laboratory=[(i, t, v) for who, i, t, v in events if who == n]
        )
        for n, time in into.items()
    ]  # fmt: skip
    tables = raw.mimic(*admissions)
    random.shuffle(tables["LABEVENTS"])
    source = on_disk(raw.write_all(tmp_path_factory.mktemp("mimic"), tables))
    for n, begin in into.items():
        since = np.datetime64(begin.replace(" ", "T"))
        for name, items in mimic.LABORATORY.items():
            ages = [
                (v, (np.datetime64(t.replace(" ", "T")) - since) / np.timedelta64(1, "h"))
                for who, i, t, v in events
                if who == n and str(i) in items
            ]
            inside = [v for v, hours in ages if 0 <= hours < 24]
            expected = np.mean(inside) if inside else np.nan
            np.testing.assert_allclose(column(source, name)[n - 1], expected)


# Tables on disk


@pytest.mark.parametrize(
    ("tables", "database"), [(_four_admissions, "eICU"), (_two_units, "MIMIC-III")]
)
def test_a_folder_is_recognised_and_read_alike_packed_or_not_and_in_any_case(
    tmp_path, tables, database
):
    plain = raw.write_all(tmp_path / "plain", tables())
    loud = raw.write_all(tmp_path / "loud", tables(), packed=True, upper=True)
    for path in list(loud.iterdir()):
        path.rename(loud / path.name.swapcase())
    (loud / "notes.txt").write_text("mine")
    assert catalogue.recognise(plain) == catalogue.recognise(loud) == database
    one, other = on_disk(plain), on_disk(loud)
    assert np.array_equal(one.x, other.x, equal_nan=True)
    assert (one.features, one.names, one.notes) == (other.features, other.names, other.notes)
    assert one.notes[0] == f"Read as the tables of {database}."


def test_any_other_folder_is_not_recognised(tmp_path):
    (tmp_path / "patient.csv").write_text("hospital,label\nA,1\n")
    assert catalogue.recognise(tmp_path) == ""
    assert catalogue.recognise(tmp_path / "nowhere") == ""


@pytest.mark.parametrize(
    ("tables", "table"), [(_four_admissions, "patient"), (_two_units, "LABEVENTS")]
)
def test_a_database_without_one_of_its_tables_says_which(tmp_path, tables, table):
    folder = raw.write_all(tmp_path / "mine", tables())
    (folder / f"{table}.csv").unlink()
    with pytest.raises(DataError) as refused:
        load(data(folder), 0)
    assert str(refused.value) == f"mine: there is no {table}.csv or {table}.csv.gz; put it there."


def test_a_folder_of_ones_own_is_own_data(tmp_path):
    folder = raw.write_all(tmp_path / "eicu", _four_admissions())
    assert Scenario.from_dict({"data": {"source": str(folder)}}).on_own_data


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "it is damaged or incomplete"),
        (lambda path: path.write_bytes(b"not packed"), "cannot be read"),
        (
            lambda path: path.write_bytes(gzip.compress(b"hospitalid\n1\n")),
            "line 1: there is no column 'region'",
        ),
        (
            lambda path: path.write_bytes(gzip.compress(b"hospitalid,region\n1\n")),
            "up to line 2: a row has 1 cells, where the header has 2",
        ),
    ],
)
def test_a_damaged_table_is_one_sentence_that_names_it(tmp_path, damage, told):
    folder = raw.write_all(tmp_path / "eicu", _four_admissions(), packed=True)
    damage(folder / "hospital.csv.gz")
    with pytest.raises(DataError) as refused:
        on_disk(folder)
    assert str(refused.value).startswith("hospital.csv.gz")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        (
            raw.eicu(raw.stay(1, body={"heartrate": "fast"})),
            "apacheApsVar: 'fast' stands where a number should be",
        ),
        (raw.eicu(raw.stay(1, age="old")), "patient: 'old' stands where a number should be"),
        (
            raw.mimic(raw.admission(1, born="long ago")),
            "PATIENTS: 'long ago' stands where a time should be",
        ),
        (
            raw.mimic(raw.admission(1, laboratory=[(50983, "2150-03-01 11:00:00", "low")])),
            "LABEVENTS: 'low' stands where a number should be",
        ),
    ],
)
def test_a_cell_that_is_no_number_or_time_is_one_sentence(tmp_path, tables, told):
    with pytest.raises(DataError) as refused:
        on_disk(raw.write_all(tmp_path / "tables", tables))
    assert str(refused.value) == f"{told}; fetch or copy the file again."


@pytest.mark.parametrize("tables", [_four_admissions, _two_units])
def test_tables_without_patients_are_refused(tmp_path, tables):
    empty = {table: [] for table in tables()}
    with pytest.raises(DataError, match="are these the tables of one database"):
        on_disk(raw.write_all(tmp_path / "empty", empty))


def _laboratory(folder, rows):
    """A long table of laboratory values of a few admissions, written fast."""
    events = ",1,100001,50983,2150-03-01 12:00:00,140,140,mEq/L,\n" * rows
    (folder / "LABEVENTS.csv").write_text(
        raw.COLUMNS["LABEVENTS"].replace(" ", ",") + "\n" + events
    )


def test_a_long_table_goes_by_and_says_how_far_it_is(tmp_path):
    folder = raw.write_all(tmp_path / "mimic", _two_units())
    peaks = []
    for rows in (8_000, 24_000):
        _laboratory(folder, rows)
        tracemalloc.start()
        steps = [
            step
            for step in catalogue.reading_folder(folder, data(folder))
            if step[0] == "reading LABEVENTS.csv"
        ]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        done = [step[1] for step in steps]
        assert done == sorted(done)
        assert len(done) >= rows / 5000
        assert done[-1] == steps[0][2] == (folder / "LABEVENTS.csv").stat().st_size
    assert peaks[1] < 1.1 * peaks[0]


def test_a_text_column_of_too_many_kinds_is_refused(tmp_path):
    stays = [raw.stay(n, ethnicity=f"kind {n}") for n in range(60)]
    folder = raw.write_all(tmp_path / "eicu", raw.eicu(*stays))
    with pytest.raises(DataError, match="'ethnicity': there are 60 categories"):
        on_disk(folder)
    assert len(on_disk(folder, drop=["ethnicity"]).y) == 60


def test_a_fork_cannot_change_the_set():
    with pytest.raises(ScenarioError):
        Scenario.from_dict({"change": [{"round": 2, "set": {"data.source": "heart-disease"}}]})
