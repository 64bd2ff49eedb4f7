"""`fedtui predict`: a finished model says of a table what the run itself computed."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from engine import Scenario, run
from engine.data import load
from engine.errors import DataError
from engine.metrics import probabilities
from engine.models import model_of
from engine.prediction import finished, predict
from fedtui.cli import cli

ROWS = 60
WARDS = ("", "east", "west", "north")


def table(**changes: Any) -> str:
    """Two hospitals, two columns of numbers with gaps, one of text with gaps."""
    draw = np.random.default_rng(3)
    lines = ["clinic,age,ward,marker,died"]
    for i in range(ROWS):
        age = "" if i % 11 == 0 and changes.get("gaps", True) else f"{draw.normal(60, 9):.2f}"
        sick = draw.random() < 0.4
        marker = f"{draw.normal(1 + sick, 0.5):.4f}"
        lines.append(f"{'AB'[i % 2]},{age},{draw.choice(WARDS)},{marker},{'yes' if sick else 'no'}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """A folder with a table of patients."""
    (tmp_path / "patients.csv").write_text(table())
    return tmp_path


def trained(at: Path, source: str = "patients.csv", **sections: Any) -> dict[str, Any]:
    """The result of two rounds, kept as result.json."""
    data = {
        "source": str(at / source), "hospital_col": "clinic", "label_col": "died",
        **sections.pop("data", {}),
    }  # fmt: skip
    scenario = Scenario.from_dict({"data": data, "training": {"rounds": 2}, **sections})
    result = run(scenario)
    (at / "result.json").write_text(json.dumps(result))
    return result


def told(at: Path, name: str = "patients.csv", *options: str) -> Result:
    return CliRunner().invoke(cli, ["predict", str(at / "result.json"), str(at / name), *options])


def refused(at: Path, name: str = "patients.csv") -> str:
    result = json.loads((at / "result.json").read_text())
    with pytest.raises(DataError) as error:
        predict(finished(result), at / name)
    return str(error.value)


def by_the_run(result: dict[str, Any]) -> list[float]:
    """The probability of every patient, held out or not, as the engine's own tables give it."""
    scenario = Scenario.from_dict({**result["scenario"], "seed": 42})
    federation = load(scenario.data, scenario.seed)
    model, params = model_of(scenario.model, len(federation.features)), np.array(result["params"])
    x = np.concatenate([federation.train.x, federation.test.x])
    return sorted(probabilities(model.logits(params, x)))


@pytest.mark.parametrize("scaling", ["global", "hospital", "none"])
@pytest.mark.parametrize("kind", ["logistic", "mlp"])
def test_a_patient_of_the_training_table_gets_the_runs_own_probability(at, scaling, kind):
    result = trained(at, data={"scaling": scaling}, model={"kind": kind, "hidden": 3})
    found = predict(finished(result), at / "patients.csv")
    np.testing.assert_allclose(sorted(found.p), by_the_run(result), rtol=0, atol=1e-12)
    assert found.lines == tuple(range(2, ROWS + 2))
    assert found.hospitals == ("A", "B") * (ROWS // 2)
    filled, note = found.notes  # of all that could be said
    assert filled == "6 missing numbers became the pooled training mean: 'age' 6 of 60."
    assert "is no test" in note


def test_columns_may_stand_in_any_order_and_between_others(at):
    expected = predict(finished(trained(at)), at / "patients.csv")
    rows = list(csv.DictReader(io.StringIO(table())))
    order = ["marker", "shoe size", "died", "age", "clinic", "ward"]
    with (at / "other.csv").open("w") as file:
        writer = csv.DictWriter(file, order, delimiter=";", restval="43")
        writer.writeheader()
        writer.writerows(rows)
    found = predict(finished(json.loads((at / "result.json").read_text())), at / "other.csv")
    np.testing.assert_array_equal(found.p, expected.p)
    assert "seems to be the one that was trained on" in found.notes[-1]


def test_the_command_prints_a_line_for_each_patient_and_scores_labels_on_stderr(at):
    trained(at)
    done = told(at)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.exit_code == 0
    assert [row["line"] for row in rows] == [str(i) for i in range(2, ROWS + 2)]
    assert rows[1]["hospital"] == "B"
    assert all(0 < float(row["probability"]) < 1 for row in rows)
    assert "the chance of 'yes' in column 'died'" in done.stderr
    assert f"on the {ROWS} rows with a label: right for" in done.stderr


def test_the_command_gives_one_json_object(at):
    trained(at)
    done = told(at, "patients.csv", "--json")
    found = json.loads(done.stdout)
    assert found["label"] == {"column": "died", "negative": "no", "positive": "yes"}
    assert len(found["predictions"]) == found["score"]["patients"] == ROWS
    assert done.stderr == ""


def test_a_table_without_labels_and_hospitals_is_judged_and_not_scored(at):
    trained(at)
    (at / "new.csv").write_text("age,ward,marker\n61,east,1.2\n,,2.5\n")
    done = told(at, "new.csv")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "line,probability"
    assert "right for" not in done.stderr
    assert json.loads(told(at, "new.csv", "--json").stdout)["score"] is None


def test_rows_without_a_label_are_judged_and_the_others_scored(at):
    trained(at)
    (at / "new.csv").write_text("age,ward,marker,died\n61,east,1.2,no\n50,west,2.5,\n70,,3,yes\n")
    found = json.loads(told(at, "new.csv", "--json").stdout)
    assert len(found["predictions"]) == 3
    assert found["score"]["patients"] == 2


def test_a_text_that_no_training_patient_had_is_said(at):
    trained(at)
    (at / "new.csv").write_text("age,ward,marker\n61,moon,1.2\n61,,1.2\n61,mars,1.2\n")
    done = told(at, "new.csv")
    p = [float(row["probability"]) for row in csv.DictReader(io.StringIO(done.stdout))]
    assert p[0] == p[1] == p[2]
    assert (
        "'moon' and 1 other text occurred at no training patient (first in new.csv, line 2)"
        in done.stderr
    )
    assert "2 rows are judged as though it said nothing" in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "age,ward\n1,east\n",
            r"new\.csv, line 1: there is no column 'marker'.*trained on; add it",
        ),
        ("age,age,ward,marker\n1,1,east,2\n", "'age' occurs twice; rename one"),
        ("age,ward,marker\n1,east,2\nold,east,2\n", r"line 3, column 'age': 'old' is not a number"),
        ("age,ward,marker\n1,east,inf\n", r"line 2, column 'marker': the number is infinite"),
        ("age,ward,marker\n1,east\n", r"line 2 has 2 cells, where the header has 3"),
        ("age,ward,marker\n", "a header and no row"),
        ("", "the file is empty"),
    ],
)
def test_a_table_that_does_not_fit_gets_one_sentence(at, text, says):
    trained(at)
    (at / "new.csv").write_text(text)
    sentence = refused(at, "new.csv")
    assert "\n" not in sentence
    assert re.search(says, sentence)


def test_a_gap_where_no_mean_was_agreed_on_is_refused(at):
    (at / "whole.csv").write_text(table(gaps=False))
    trained(at, "whole.csv", data={"scaling": "none"})
    (at / "new.csv").write_text("age,ward,marker\n,east,1\n")
    assert "new.csv, line 2, column 'age': the number is missing" in refused(at, "new.csv")


def test_hospitals_that_scale_themselves_must_be_known(at):
    trained(at, data={"scaling": "hospital"})
    (at / "new.csv").write_text("clinic,age,ward,marker\nC,60,east,1\n")
    assert "line 2: hospital 'C' was not in the training" in refused(at, "new.csv")
    (at / "new.csv").write_text("age,ward,marker\n60,east,1\n")
    assert "there is no column 'clinic'" in refused(at, "new.csv")
    (at / "new.csv").write_text("where,age,ward,marker\nA,60,east,1\n")
    assert told(at, "new.csv", "--hospital-col", "where").exit_code == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this is no result of a run"),
        ("[]", "this is no result of a run"),
        ('{"params": [1]}', "this is no result of a run"),
        ('{"params": [1e999]}', "this is no result of a run"),
    ],
)
def test_what_is_no_result_gets_one_sentence(at, text, says):
    (at / "result.json").write_text(text)
    with pytest.raises(DataError, match=says):
        CliRunner().invoke(
            cli,
            ["predict", str(at / "result.json"), str(at / "patients.csv")],
            catch_exceptions=False,
        )


def test_a_run_that_was_cut_short_has_no_model(at):
    result = {**trained(at), "params": []}
    with pytest.raises(DataError, match="no round of this run was finished"):
        finished(result)
    result["params"] = [1.0]
    with pytest.raises(DataError, match="has 6 numbers, and the result has 1"):
        finished(result)


def test_a_threshold_of_the_label_is_remembered(at):
    text = table().replace(",yes\n", ",3\n").replace(",no\n", ",0\n").replace("died", "grade")
    (at / "grades.csv").write_text(text.replace(",3\n", ",2\n", 4))
    trained(at, "grades.csv", data={"label_col": "grade", "positive": ">0"})
    found = json.loads(told(at, "grades.csv", "--json").stdout)
    assert found["label"]["positive"] == ">0"
    assert found["score"]["accuracy"] > 0.5


@pytest.mark.parametrize("scaling", ["global", "hospital"])
@pytest.mark.parametrize(
    ("place", "change", "says"),
    [
        ("params", lambda old: [10**400, *old[1:]], "this is no result"),
        ("params", lambda old: [old], r"params: a model.*has 6 numbers, and the result has 1 × 6"),
        ("params", lambda old: [np.inf, *old[1:]], "params: a number in the result is not finite"),
        ("params", lambda old: [None, *old[1:]], "params: a number in the result is not finite"),
        (
            "fill",
            lambda old: old[:1],
            r"fill: a model.*has 5 numbers, and the result has 1 numbers",
        ),
        ("fill", lambda old: 1.0, r"fill: a model"),
        ("scaling.mean", lambda old: old[:1], r"scaling\.mean: a model"),
        ("scaling.mean", lambda old: [*old, 0.0], r"scaling\.mean: a model"),
        ("scaling.std", lambda old: [np.nan, *old[1:]], r"scaling\.std: a number in the result is"),
        ("scaling.std", lambda old: None, r"no result of a run|scaling\.std: a model"),
        ("categories", lambda old: {"ward": []}, "this is no result"),
        ("categories", lambda old: {"ward": [1, 2]}, "this is no result"),
        ("categories", lambda old: {"age": ["a", "b"]}, "this is no result"),
        ("features", lambda old: [], "this is no result"),
        ("hospitals", lambda old: [{}], "this is no result"),
    ],
)
def test_a_damaged_result_gets_one_sentence(at, place, change, says, scaling):
    """Above all, a list of one number must not be spread over all columns."""
    result = trained(at, data={"scaling": scaling})
    *way, key = place.split(".")
    part = result[way[0]] if way else result
    old = part[key]
    if isinstance(old, dict) and way:  # by hospital
        part[key] = {name: change(values) for name, values in old.items()}
    else:
        part[key] = change(old)
    with pytest.raises(DataError, match=says) as error:
        finished(json.loads(json.dumps(result)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("positive", "cells", "expected", "left_out"),
    [
        ("", ["1", "0", "1.0", ""], [1, 0, 1, None], 0),
        ("", ["1", "yes", "0", "2"], [1, None, 0, None], 2),
        ("yes", ["yes", "no", "Yes", "maybe"], [1, 0, None, None], 2),
        (">40", ["41", "40", "high", "-3"], [1, 0, None, 0], 1),
        (">40", ["41", "39", "NaN", "-nan"], [1, 0, None, None], 0),
        (">50", [">50", "<=50", "<=50", "?"], [1, 0, 0, None], 0),
        ("3", ["3", "2", "1", "4"], [1, 0, 0, None], 1),
    ],
)
def test_a_label_that_is_neither_of_the_models_two_is_left_out_and_told(
    at, positive, cells, expected, left_out
):
    """Above all it is no negative one, and a threshold is for numbers, not for places of texts."""
    labels = {
        "": "01",
        "yes": ["no", "yes"],
        ">40": ["39", "41"],
        ">50": ["<=50", ">50"],
        "3": "123",
    }
    rows = table().splitlines()
    known = labels[positive]
    kept = [row.rsplit(",", 1)[0] + f",{known[i % len(known)]}" for i, row in enumerate(rows[1:])]
    (at / "labels.csv").write_text("\n".join([rows[0], *kept]) + "\n")
    trained(at, "labels.csv", data={"positive": positive})
    new = "".join(f"6{i},east,1.{i},{cell}\n" for i, cell in enumerate(cells))
    (at / "new.csv").write_text("age,ward,marker,died\n" + new)
    result = json.loads((at / "result.json").read_text())
    found = predict(finished(result), at / "new.csv")
    judged = [(p, y) for p, y in zip(found.p, expected, strict=True) if y is not None]
    assert found.score is not None
    assert found.score.patients == len(judged)
    assert found.score.correct == sum((p > 0.5) == y for p, y in judged)
    assert [note for note in found.notes if "neither" in note] == list(found.notes)
    if left_out:
        (note,) = found.notes
        assert note.startswith("1 row has" if left_out == 1 else f"{left_out} rows have")
    else:
        assert not found.notes


NO_TEST = "how good it is here is no test"


def test_the_training_table_is_known_again_wherever_it_lies(at, tmp_path, monkeypatch):
    """A score on patients who were trained on looks like a test."""
    monkeypatch.chdir(at)
    source = {"source": "patients.csv", "hospital_col": "clinic", "label_col": "died"}
    result = finished(run(Scenario.from_dict({"data": source, "training": {"rounds": 1}})))
    (away := at / "away").mkdir()
    monkeypatch.chdir(away)
    (away / "copy.csv").write_text(table())
    one_less = table().rstrip("\n").rsplit("\n", 1)[0] + "\n"
    (away / "other.csv").write_text(one_less)
    for path, same in (
        (at / "patients.csv", True),
        (away / "copy.csv", True),
        (away / "other.csv", False),
    ):
        assert any(NO_TEST in note for note in predict(result, path).notes) == same


@pytest.mark.parametrize("partition", ["natural", "iid"])
def test_a_file_of_the_training_folder_is_known_again(at, tmp_path, monkeypatch, partition):
    (folder := at / "tables").mkdir()
    head, *rows = table().splitlines()
    for name, part in (("one", rows[:40]), ("two", rows[40:])):
        (folder / f"{name}.csv").write_text("\n".join([head, *part]) + "\n")
    result = finished(trained(at, "tables", data={"partition": partition}))
    assert any(NO_TEST in note for note in predict(result, folder / "one.csv").notes)
    (at / "one.csv").write_text((folder / "one.csv").read_text())
    (at / "new.csv").write_text("\n".join([head, *rows[:7]]) + "\n")
    copied = predict(result, at / "one.csv").notes
    assert any(NO_TEST in note for note in copied) == (partition == "natural")
    assert not any(NO_TEST in note for note in predict(result, at / "new.csv").notes)


@pytest.mark.parametrize("text", ["root:x:0:0:secret\nb\n", "secret,secret\n1,2\n", "secret\n"])
def test_of_a_file_that_is_no_table_for_the_model_nothing_is_quoted(at, text):
    trained(at)
    (at / "new.csv").write_text(text)
    assert "secret" not in refused(at, "new.csv")


# Tables that are unlike the one that was trained on


def test_gaps_that_were_filled_are_counted_by_column(at):
    trained(at)
    (at / "new.csv").write_text("age,ward,marker\n,east,1.2\n,west,\n,,2.5\n")
    (note,) = predict(finished(json.loads((at / "result.json").read_text())), at / "new.csv").notes
    what = "4 missing numbers became the pooled training mean"
    assert note == f"{what}: 'age' all 3, 'marker' 1 of 3."


@pytest.mark.parametrize("scaling", ["global", "hospital"])
def test_a_column_in_another_unit_is_told_and_one_far_patient_is_not(at, scaling):
    result = finished(trained(at, data={"scaling": scaling}))
    rows = [line.split(",") for line in table(gaps=False).splitlines()[1:10]]
    for days in (0, 1, 5, 9):
        lines = ["clinic,age,ward,marker"]
        for i, (clinic, age, ward, marker, _) in enumerate(rows):
            lines.append(f"{clinic},{float(age) * (365 if i < days else 1)},{ward},{marker}")
        (at / "new.csv").write_text("\n".join(lines) + "\n")
        notes = predict(result, at / "new.csv").notes
        assert [("in another unit" in note) for note in notes] == ([True] if days > 4 else [])
        if days == 9:
            assert notes[0].startswith("Column 'age': all 9 values lie more than 10 standard dev")
            assert ("here 2" in notes[0]) == (scaling == "global")  # some 60 · 365


def test_texts_and_names_that_differ_by_capitals_and_blanks_are_taken_for_each_other_and_told(at):
    result = finished(trained(at, data={"drop": ["age"]}))
    (at / "as.csv").write_text(
        "clinic,ward,marker,died\nA,east,1.2,no\nB,west,2,yes\nA,north,1,no\n"
    )
    (at / "new.csv").write_text(
        "Clinic,WARD,Marker ,DIED\nA,East,1.2,no\nB,WEST,2,yes\nA,north,1,no\n"
    )
    expected, found = predict(result, at / "as.csv"), predict(result, at / "new.csv")
    np.testing.assert_array_equal(found.p, expected.p)
    assert found.hospitals == ("A", "B", "A")
    assert found.score == expected.score
    assert found.notes == (
        "In the header 'Clinic' is taken for 'clinic', 'WARD' is taken for 'ward', 'Marker' is taken for "
        "'marker', 'DIED' is taken for 'died', as only capitals or blanks differ.",
        "In column 'ward' 'East' is taken for 'east', 'WEST' is taken for 'west', as only capitals or "
        "blanks differ.",
    )


def test_where_two_names_or_two_texts_are_alike_nothing_is_guessed(at):
    result = finished(trained(at, data={"drop": ["age"]}))
    (at / "new.csv").write_text("ward,Marker,MARKER\neast,1.2,3\n")
    with pytest.raises(DataError, match="there is no column 'marker'"):
        predict(result, at / "new.csv")
    rows = "".join(f"A,{'mM'[i % 2]},{i},{'yes' if i % 3 else 'no'}\n" for i in range(30))
    (at / "two.csv").write_text("clinic,sex,marker,died\n" + rows + "A,w,3,no\n")
    result = finished(trained(at, "two.csv"))
    (at / "new.csv").write_text("sex,marker\nm,1.2\nM,1.2\nW,1.2\n")
    (note,) = predict(result, at / "new.csv").notes
    assert note == "In column 'sex' 'W' is taken for 'w', as only capitals or blanks differ."
    (at / "new.csv").write_text("sex,marker\nm ,1.2\n")
    assert predict(result, at / "new.csv").notes == ()


@pytest.mark.parametrize("quote", ["", '"'])
def test_an_empty_row_is_no_patient(at, quote):
    result = finished(trained(at, data={"drop": ["age"]}))
    (at / "new.csv").write_text(f"ward,marker\n{quote}east{quote},1.2\n,\nwest,1\n,\n")
    found = predict(result, at / "new.csv")
    assert found.lines == (2, 4)
    assert found.notes == ("2 empty rows are left out.",)
