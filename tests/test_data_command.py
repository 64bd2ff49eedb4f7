"""`fedtui data NAME|FILE|FOLDER`: what stands on paper is what was measured, for any source."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from engine.data import load
from engine.sections import Data
from engine.steps import finished
from fedtui.commands.data import data
from fedtui.described import as_dict, describing
from fedtui.lab.cells import width
from fedtui.lab.glyphs import ASCII, UNICODE
from fedtui.pages import differences, scatter, source
from tests.shared import shared
from tests.test_lab_canvas import NASTY

KINDS = ("labels", "sizes", "columns", "meaning")
WIDTHS = (60, 80, 110)


def described(**given):
    return finished(describing(load(Data.build(given), 42), 42))


def paper(told, wide=80, glyphs=UNICODE):
    return source.paper(told, "here", wide, glyphs)


def run(*arguments):
    return CliRunner().invoke(data, arguments, env={"COLUMNS": "80"}, catch_exceptions=False)


def table(path, rows, head="hospital,age,weight,label"):
    path.write_text(head + "\n" + "\n".join(rows) + "\n")
    return str(path)


def patients(name, number, shift=0.0, seed=0):
    draw = np.random.default_rng(seed)
    return [
        f"{name},{draw.normal() + shift:.3f},{draw.normal():.3f},{i % 2}" for i in range(number)
    ]


@pytest.mark.parametrize("given", [{"source": "notebook"}, {"source": "breast-cancer"}])
@pytest.mark.parametrize("wide", WIDTHS)
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_it_keeps_within_the_terminal_and_its_characters(given, wide, glyphs):
    text = paper(described(**given), wide, glyphs)
    assert max(map(width, text.split("\n"))) <= wide
    if glyphs is ASCII:
        assert text.isascii()
    assert all(re.search(rf"^{kind} ", text, re.M) for kind in KINDS)


def test_the_notebooks_score_stands_beside_what_it_cannot_see():
    text = " ".join(paper(described(source="notebook")).split())
    assert "shares of yes, is 0.030." in text
    assert "low heterogeneity, FedAvg works well" in text
    assert "It cannot see: columns (some) and meaning (very)." in text


def test_every_hospital_has_its_row_and_every_model_its_row():
    told = described(source="notebook")
    text = paper(told)
    assert re.search(r"^B  B +200 +160 +40 +49.0 % ", text, re.M)
    area = np.rint(100 * told.differences.concept.area).astype(int)
    for i, name in enumerate("ABC"):
        row = " +".join(map(str, area[i]))
        assert re.search(rf"^{name} +{row}$", text, re.M), (name, row)


def test_many_hospitals_are_told_in_quarters():
    text = paper(described(source="synthetic", hospitals=200, patients=40, partition="quantity"))
    assert "half have less" in text
    assert "30 of 200 hospitals, drawn by the seed" in text
    assert len(text.split("\n")) < 110


def test_one_hospital_differs_from_nobody():
    text = paper(described(source="synthetic", hospitals=1))
    assert text.count("one hospital differs from nobody") == 2


def test_a_single_column_makes_no_picture_and_no_trouble():
    told = described(source="breast-cancer", keep=("mean radius",))
    assert told.differences.cloud is None
    assert "Patients in two columns" not in paper(told)


def test_names_from_a_file_are_shown_and_do_nothing(tmp_path):
    rows = [row for i, _ in enumerate(NASTY) for row in patients(f"H{i}", 12, i)]
    told = described(source=table(tmp_path / "t.csv", rows))
    nasty = {**vars(told.summary), "names": tuple(NASTY), "features": (NASTY[0], NASTY[1])}
    told = type(told)(type(told.summary)(**nasty), told.differences, told.report, told.notes)
    for wide in WIDTHS:
        text = paper(told, wide)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
        assert max(map(width, text.split("\n"))) <= wide


def test_what_was_done_to_a_table_is_told(tmp_path):
    rows = [*patients("A", 20), *patients("B", 20, 1.0, 1), "B,,1.0,1", " A,0.5,,0"]
    text = paper(described(source=table(tmp_path / "t.csv", rows)))
    assert "42 rows of t.csv" in text
    assert re.search(r"^the same +“A”, “ A”", text, re.M)
    assert re.search(r"^age .* 1 ", text, re.M)
    assert "missing" in text


def test_json_is_one_object_with_everything_in_it():
    found = json.loads(run("notebook", "--json").stdout)
    assert found["source"] == "notebook"
    assert [h["positive_rate"] for h in found["hospitals"]] == [0.475, 0.49, 0.545]
    assert found["differences"]["concept"]["word"] == "very"
    assert found["notebook_score"] == pytest.approx(0.0301, abs=1e-4)
    assert np.shape(found["cross_hospital"]["auc"]) == (3, 3)
    assert len(found["columns"]) == 10
    assert len(found["columns"][0]["by_hospital"]) == 3


def test_json_holds_numbers_only_where_there_are_some():
    told = as_dict(described(source="synthetic", partition="pathological", shards=1))
    text = json.dumps(told, allow_nan=False)
    assert json.loads(text)["differences"]["concept"]["value"] is None
    assert None in told["cross_hospital"]["auc"][0]


def test_a_partition_is_set_as_in_run():
    settings = ("--set", "data.partition=covariate", "--set", "data.alpha=0.05", "--json")
    found = json.loads(run("synthetic", *settings).stdout)
    assert found["partition"] == "covariate"
    assert found["differences"]["covariate"]["word"] == "very"


def test_a_table_and_a_folder_of_tables(tmp_path):
    rows = [*patients("A", 20), *patients("B", 20, 1.0, 1)]
    one = table(tmp_path / "all.csv", rows)
    folder = tmp_path / "hospitals"
    folder.mkdir()
    for name in "AB":
        own = [row.split(",", 1)[1] for row in rows if row.startswith(name)]
        table(folder / f"{name}.csv", own, "age,weight,label")
    first, second = (json.loads(run(str(path), "--json").stdout) for path in (one, folder))
    assert first["hospitals"] == second["hospitals"]
    assert first["columns"] == second["columns"]
    assert first["differences"] == second["differences"]


def test_real_hospitals_on_paper():
    told = described(source=str(shared("data", "opt", "opt.csv")))
    text = paper(told)
    assert "Text columns" in text
    assert re.search(r"^columns +very", text, re.M)
    assert max(map(width, text.split("\n"))) <= 80


def test_a_letter_is_a_patient_and_the_chosen_hospital_lies_on_top():
    told = described(source="breast-cancer", partition="covariate", hospitals=3, alpha=0.1)
    cloud = told.differences.cloud
    names = ("across", "up")

    def signs(chosen):
        drawn = scatter.lines(cloud, names, 3, chosen, 80, UNICODE)
        return [piece for line in drawn[1:-2] for text, style in line for piece in text]

    for chosen, sign in enumerate("ABC"):
        here = signs(chosen)
        assert set(here) - set("│ 0123456789.,-") <= set("ABCabc")
        others = [signs(other) for other in range(3) if other != chosen]
        shown = sum(piece in (sign, sign.lower()) for piece in here)
        assert all(shown >= sum(p in (sign, sign.lower()) for p in each) for each in others)


def test_columns_that_differ_most_stand_first_where_there_are_many():
    told = described(source="breast-cancer", partition="dirichlet", alpha=1.0)
    rows = differences.columns(told)[1].rows
    apart = [float(row[3]) for row in rows[:-1]]
    assert len(apart) == differences.MOST
    assert apart == sorted(apart, reverse=True)
    assert rows[-1][0] == "… and 18 more"


@pytest.mark.parametrize("source", ["synthetic", "notebook"])
def test_what_nobody_named_is_not_told(source):
    told = paper(described(source=source))
    assert not re.search("^a (yes|no) is ", told, re.M)
    assert "nothing" not in told


def test_a_built_in_table_says_what_a_yes_is():
    told = paper(described(source="breast-cancer", positive="benign"))
    assert "a yes is  “benign”" in told
    assert "a no is   “malignant”" in told


def test_a_cell_without_text_is_called_empty(tmp_path):
    rows = [f"{name},{i},{('', 'f', 'm')[i % 3]},{i % 2}" for i in range(30) for name in "AB"]
    told = paper(described(source=table(tmp_path / "t.csv", rows, "hospital,age,sex,label")))
    assert "(empty), “f”, “m”" in " ".join(told.split())


@pytest.mark.parametrize("wide", [60, 70, 80, 110])
def test_every_hospital_stands_beside_the_columns_or_is_told_to_be_missing(wide):
    text = paper(described(source="breast-cancer"), wide)
    lines = text.split("\n")
    heads = next(line.split() for line in lines if line.startswith("column "))
    shown = [letter for letter in "ABCDE" if letter in heads]
    if len(shown) == 5:
        assert "a wider terminal shows" not in text
    else:
        gone = [letter for letter in "ABCDE" if letter not in shown]
        assert differences.say.hospitals_cut(gone) in " ".join(lines)


def test_where_columns_and_meaning_differ_meaning_may_be_the_columns():
    said = differences.say.MAY_BE_COLUMNS
    assert said in " ".join(paper(described(source="notebook")).split())
    assert said not in " ".join(paper(described(source="synthetic")).split())


def test_no_more_than_chance_is_called_no_difference():
    told = described(source="synthetic")
    lines = [line.split() for line in paper(told).split("\n")]
    words = {line[0]: line[1] for line in lines if line and line[0] in KINDS and len(line) > 2}
    found = told.differences.degrees
    assert words["columns"] == "no"
    assert found["covariate"].value <= found["covariate"].limit
    notebook = paper(described(source="notebook"))
    assert re.search(r"^columns +some", notebook, re.M)
    assert re.search(r"^meaning +very", notebook, re.M)


def test_a_hospital_without_unseen_patients_has_no_share_of_right_answers(tmp_path):
    rows = patients("A", 40) + patients("B", 40, 1.0, seed=1) + patients("C", 1, seed=2)
    told = described(source=table(tmp_path / "t.csv", rows))
    assert 0 in told.differences.concept.patients
    assert "–" in paper(told)  # a warning would be an error


@given(st.floats(-0.049, 0.049))
def test_a_hospital_that_is_not_apart_is_not_said_to_be(apart):
    told = differences.say.covariate_found("CRP", "B", apart)
    assert "0.0 spreads" not in told
    assert "CRP" in told
