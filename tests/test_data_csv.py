"""A table from a file: what is read, and one sentence for everything that is not."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data import load, memory
from engine.data.csv import text as csv_text
from engine.data.csv.sniff import SEPARATORS
from engine.data.csv.table import read_csv
from engine.errors import DataError, EngineError
from engine.sections import Data
from engine.steps import finished

HEADER = "hospital,age,chol,label\n"
ROWS = "".join(
    f"{name},{40 + i},{200 + (7 * i) % 31},{i % 2}\n"
    for name in ("North", "South")
    for i in range(8)
)


@pytest.fixture
def write(tmp_path):
    def to(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return to


def read(path, **given):
    return load(Data.build({"source": str(path), "scaling": "none", **given}), 0)


def everyone(federation):
    tables = (federation.train, federation.test)
    rows = np.concatenate([np.column_stack([t.owner, t.x, t.y]) for t in tables])
    return sorted(map(tuple, rows))


def test_a_table_is_read_as_it_stands(write):
    federation = read(write(HEADER + ROWS))
    assert federation.names == ("North", "South")
    assert federation.features == ("age", "chol")
    assert everyone(federation)[:2] == [(0, 40, 200, 0), (0, 41, 207, 1)]
    assert len(everyone(federation)) == 16
    assert federation.notes == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\n\n") + "  \n,,,\n",
        lambda text: text.replace("North,", '" North ",'),
        lambda text: text.replace(",0\n", ",0.0\n").replace(",1\n", ", 1.00 \n"),
        lambda text: text.replace(",40,", ",4e1,").replace(",41,", ", +41. ,"),
        lambda text: text.rstrip("\n"),
    ],
)
def test_spelling_does_not_matter(write, change):
    plain, changed = read(write(HEADER + ROWS)), read(write(change(HEADER + ROWS), "changed.csv"))
    assert everyone(changed) == everyone(plain)
    assert changed.names == plain.names


@pytest.mark.parametrize(
    ("separator", "sign"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("|", "|")]
)
def test_other_separators_are_told(write, separator, sign):
    federation = read(write((HEADER + ROWS).replace(",", sign)), separator=separator)
    assert everyone(federation) == everyone(read(write(HEADER + ROWS, "comma.csv")))


def test_columns_of_other_names(write):
    text = HEADER.replace("hospital", "center").replace("label", "num") + ROWS
    federation = read(write(text), hospital_col="center", label_col="num")
    assert federation.names == ("North", "South")
    assert federation.features == ("age", "chol")


@pytest.mark.parametrize("positive", ["ill", "1"])
def test_two_values_and_which_is_positive(write, positive):
    words = {"ill": ("well", "ill"), "1": ("2", "1.0")}[positive]
    text = HEADER + "".join(f"A,{i},{i},{words[i % 4 == 0]}\n" for i in range(12))
    assert read(write(text), positive=positive).positive_rate == pytest.approx([3 / 12])


def test_a_split_column_is_used_as_it_is_and_is_no_feature(write):
    text = "hospital,age,split,label\n"
    text += "".join(f"A,{i},{'Test' if i % 3 == 0 else ' train'},{i % 2}\n" for i in range(9))
    federation = read(write(text))
    assert federation.features == ("age",)
    assert federation.test.x[:, 0].tolist() == [0, 3, 6]
    assert any("'split' says who is held out" in note for note in federation.notes)
    ignored = read(write(text), drop=("split",))
    assert ignored.features == ("age",)
    assert len(ignored.test.y) == 2


def test_a_hospital_is_an_id_and_hospitals_come_in_order_of_appearance(write):
    text = HEADER + "".join(f"{3 - i // 4},{i},{i},{i % 2}\n" for i in range(12))
    federation = read(write(text))
    assert federation.names == ("3", "2", "1")
    assert federation.features == ("age", "chol")


def test_without_a_hospital_column_hospitals_can_be_made_up(write):
    text = "age,label\n" + "".join(f"{i},{i % 2}\n" for i in range(12))
    assert read(write(text), partition="iid", hospitals=3).names == ("A", "B", "C")
    federation = read(write(HEADER + ROWS), partition="iid", hospitals=2)
    assert federation.features == ("age", "chol")
    assert "Column 'hospital' is not used; data.partition says who" in federation.notes[0]


def test_names_are_kept_literally(write):
    name, column = "[red]北\u200b京[/red] \x1b[31m", "chol [mg/dl]"
    text = HEADER.replace("chol", column) + ROWS.replace("North", name)
    federation = read(write(text))
    assert federation.names == (name, "South")
    assert federation.features == ("age", column)


@pytest.mark.parametrize("marker", ["", " ", "?", "NA", "N/A", "nan", "NaN", "null", "NULL", "."])
def test_missing_numbers_become_the_training_mean(write, marker):
    text = "hospital,age,split,label\n"
    text += f"A,1,train,0\nA,2,train,1\nA,6,train,1\nA,{marker},train,0\nA,{marker},test,1\n"
    federation = read(write(text))
    assert sorted(federation.train.x[:, 0].tolist()) == [1, 2, 3, 6]
    assert federation.test.x[:, 0].tolist() == [3]
    assert "2 missing numbers became the pooled training mean: 'age' 2." in federation.notes
    assert federation.report.missing["age"].tolist() == [2]


def test_names_that_differ_by_capitals_are_pointed_at(write):
    federation = read(write(HEADER + ROWS + ROWS.replace("North", "north")))
    assert federation.names == ("North", "South", "north")
    assert "Hospitals 'North', 'north' are taken as two; are they one?" in federation.notes


def test_a_hospital_with_one_kind_of_patient_is_pointed_at(write):
    text = HEADER + ROWS + "Odd,50,210,1\nOdd,51,211,1\nOdd,52,212,1\n"
    assert read(write(text)).notes == (
        "'Odd' trains on patients of one kind only; alone, that is all there is to predict.",
    )


def row(line, text):
    """The table with line `line` (the header is 1) put in place of what stands there."""
    lines = (HEADER + ROWS).splitlines(keepends=True)
    lines[line - 1] = text + "\n"
    return "".join(lines)


BAD = {
    "an empty file": ("", "table.csv: the file is empty"),
    "blanks only": (" \n \n", "table.csv: the file is empty"),
    "commas only": (",,,\n1,2,3,4\n", "line 1: there is no header"),
    "a header only": (HEADER, "table.csv: there is a header and no row"),
    "no label column": (
        "hospital,age\nA,1\n",
        "no column 'label'; name it with data.label_col (columns: 'hospital', 'age')",
    ),
    "no hospital column": (
        "age,label\n1,0\n",
        "no column 'hospital'; name it with data.hospital_col",
    ),
    "no header": (ROWS, "no column 'label'; the line looks like a patient"),
    "a name twice": ("hospital,age, age,label\n", "line 1: the column name 'age' occurs twice"),
    "a column without a name": ("hospital,,label\nA,1,0\n", "line 1: column 2 has no name"),
    "no feature": ("hospital,label\nA,0\nA,1\n", "no column is left to learn from"),
    "a thousands comma": (
        row(5, 'North,44,"1,233",1'),
        "line 5, column 'chol': '1,233' is not a number; write numbers with a decimal point",
    ),
    "a decimal comma": (row(6, 'North,"4,4",233,1'), "line 6, column 'age': '4,4' is not a number"),
    "an underscore": (row(6, "North,4_4,233,1"), "line 6, column 'age': '4_4' is not a number"),
    "a percentage": (row(6, "North,12 %,233,1"), "line 6, column 'age': '12 %' is not a number"),
    "infinity": (row(4, "North,44,1e999,1"), "line 4, column 'chol': the number is infinite"),
    "infinities": (
        HEADER + "".join(f"A,-inf,{i},{i % 2}\n" for i in range(5)),
        "lines 2, 3, 4 and 2 more, column 'age': the number is infinite",
    ),
    "no label at all": (HEADER + "A,1,2,\nA,3,4,?\n", "table.csv: no row has a label"),
    "a missing hospital": (
        row(7, "nan,44,200,1"),
        "line 7: the hospital (column 'hospital') is miss",
    ),
    "a constant label": (HEADER + "A,1,2,1\nA,3,4,1.0\n", "every label is '1'; give the table"),
    "three labels": (
        row(9, "North,44,200,2"),
        "there are 3 labels ('0', '1', '2'), the third from",
    ),
    "text labels that say nothing": (
        HEADER + "A,1,2,red\nA,3,4,blue\n",
        "the labels are 'red', 'blue'; set data.positive to the one that counts as positive",
    ),
    "ragged lines": (
        row(6, "North,44,200,1,9").replace("South,40,200,0", "South,40"),
        "table.csv: line 6 has 5 cells, line 10 has 2 cells, where the header has 4",
    ),
    "a wrong split": (
        "hospital,age,split,label\nA,1,train,0\nA,2,validate,1\n",
        "line 3: 'validate' in column 'split' is not train or test",
    ),
    "nobody in the test split": (
        "hospital,age,split,label\nA,1,train,0\nA,2,train,1\n",
        "no patient is left for testing",
    ),
    "a hospital that only tests": (
        "hospital,age,split,label\nA,1,train,0\nA,2,train,1\nB,3,test,1\n",
        "hospital 'B' has no training patient",
    ),
    "NUL bytes": (row(6, "North,\0,200,1"), "line 6: there is a NUL byte"),
    "UTF-16": ((HEADER + ROWS).encode("utf-16"), "the text is in UTF-16; save it as UTF-8"),
    "UTF-16 without a mark": ((HEADER + ROWS).encode("utf-16-le"), "there is a NUL byte"),
    "two encodings": (
        row(4, "Genève,44,200,1").encode() + "Zürich,44,200,1\n".encode("latin-1"),
        "line 18: the text is not in UTF-8 here, though it is before",
    ),
    "a quote that never ends": (
        row(6, '"North,44,200,1'),
        "cannot be read (unexpected end of data)",
    ),
    "a quote in a cell": (row(6, '"No"rth,44,200,1'), "line 6: the row cannot be read"),
    "an endless cell": (
        row(6, '"' + "x" * 200_000 + '",44,200,1'),
        "line 6: the row cannot be read",
    ),
    "a column without a number": (
        HEADER + "".join(f"A,?,{i},{i % 2}\n" for i in range(6)),
        "'age' has no number among the training patients",
    ),
    "control characters": (
        row(5, "North,\x1b[2J %,200,1").replace("South,40", 'South,"\x1b"').replace("\x1b[2J", "9"),
        "line 5, column 'age': '9 %' is not a number",
    ),
}


def refusal(path, **given):
    with pytest.raises(DataError) as caught:
        load(Data.build({"source": str(path), **given}), 0)
    sentence = str(caught.value)
    assert sentence.endswith((".", "?"))
    assert sentence.isprintable(), sentence
    assert len(sentence) < 400
    return sentence


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_used_is_refused_in_one_sentence(write, what):
    content, words = BAD[what]
    assert words in refusal(write(content))


def test_a_line_break_in_quotes_keeps_the_line_numbers_right(write):
    text = row(3, '"No\nrth",44,200,1')
    assert read(write(text)).names == ("North", "No\nrth", "South")
    assert "line 6, column 'age'" in refusal(
        write(text.replace("North,43,221,1", "North,4 %,221,1"), "bad.csv")
    )
    assert "line 3, column 'chol'" in refusal(write(row(3, '"No\nrth",44,4 %,1'), "same.csv"))


def test_a_folder_a_device_and_a_locked_file_are_refused(write, tmp_path):
    assert "this folder holds no CSV" in refusal(tmp_path)
    assert "not a regular file" in refusal(os.devnull)
    locked = write(HEADER + ROWS)
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        pytest.skip("this user may read every file")
    assert "Permission denied" in refusal(locked)


def test_a_file_that_vanishes_is_refused(write, monkeypatch):
    def fail(self, mode):
        raise PermissionError(13, "Permission denied")

    path = write(HEADER + ROWS)
    monkeypatch.setattr(Path, "open", fail)
    assert "the file cannot be read (Permission denied)" in refusal(path)


@pytest.mark.parametrize("separator", [",,", '"', "\n", " ", ",;", ":", "p"])
def test_a_separator_is_a_sign_of_tables(write, separator):
    assert "cannot separate cells" in refusal(write(HEADER + ROWS), separator=separator)


SECRET = "s3cr3t"
NO_TABLES = [
    f"root:{SECRET}:0:0:root:/root\nbin:{SECRET}:1\n",
    f"machine host login anna password {SECRET}\n",
    f"{SECRET}\n" * 3,
    f"{SECRET},{SECRET}\n",
    f"user,{SECRET},mail\nanna,{SECRET},x\n",
    f"a;{SECRET};b\n",
    f'"{SECRET}\n',
    f'"{SECRET}"x,b\n',
    f"{SECRET}," * 20,
    f"[core]\ntoken = {SECRET}, {SECRET}\n",
    f"1,2,{SECRET}\n3,4,5\n",
]


@pytest.mark.parametrize("text", NO_TABLES)
@pytest.mark.parametrize("given", [{}, {"partition": "iid"}, {"keep": ("x",)}])
@pytest.mark.parametrize("separator", ["auto", *SEPARATORS])
def test_of_a_file_that_is_no_table_of_patients_nothing_is_quoted(write, text, given, separator):
    assert SECRET not in refusal(write(text), separator=separator, **given)


def test_settings_that_contradict_the_table_are_refused(write):
    path = write(HEADER + ROWS)
    assert "is also data.hospital_col" in refusal(path, label_col="hospital")
    assert "'maybe' is no label" in refusal(path, positive="maybe")
    assert "did you mean 'chol'" in refusal(path, keep=("cholest", "chol"))
    assert "17 hospitals for 16 patients" in refusal(path, partition="iid", hospitals=17)


def test_a_column_left_out_may_hold_anything(write):
    text = (HEADER + ROWS).replace(",2", ",text2")
    assert read(write(text), drop=("chol",)).features == ("age",)
    assert read(write(text), keep=("age",)).features == ("age",)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.binary(max_size=80) | st.text(',"\n\r;01.xA ', max_size=80).map(str.encode))
def test_no_bytes_break_the_reader(write, garbage):
    for content in (garbage, HEADER.encode() + garbage, (HEADER + ROWS).encode() + garbage):
        try:
            federation = read(write(content))
        except EngineError:
            continue
        assert np.isfinite(federation.train.x).all()


ODD = st.sampled_from([
    "", "NA", "0", "1", "1.0", "2", "-0", "1e999", "-inf", "1e308", "5e-324", "2,3", "1,233", "9 %",
    "1_0", "٣", "x", " x", "yes", "no", "train", "test", "\x1b[2J", '"', "'", "=1+1", "y" * 300,
])  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("NS"), ODD, ODD, ODD), max_size=12),
    st.sampled_from([("0", "1"), ("no", "yes"), ("1", "2", ""), ("0", "1", "2")]),
    st.sampled_from(["kind", "split", "age"]),
    st.sampled_from(["", ">0", "<=1", "1", "yes"]),
    st.sampled_from(["natural", "iid"]),
    st.sampled_from(["global", "hospital", "none"]),
)
def test_no_table_breaks_the_reader(write, rows, labels, name, positive, partition, scaling):
    text = f"hospital;{name};b;label;c\n" + "".join(
        f"{hospital};{one};{two};{labels[i % len(labels)]};{three}\n"
        for i, (hospital, one, two, three) in enumerate(rows * 3)
    )
    given = {"positive": positive, "partition": partition, "hospitals": 2, "scaling": scaling}
    try:
        federation = read(write(text), **given)
    except EngineError:
        return
    assert np.isfinite(federation.train.x).all()
    assert np.isfinite(federation.test.x).all()
    assert "".join(federation.notes).isprintable()


# How a table is written does not matter


def sources(path, **given):
    """The patients of a file as they were read, before they are placed."""
    return finished(read_csv(path, Data.build({"source": str(path), **given})))


def same(one, other):
    return (
        np.array_equal(one.x, other.x, equal_nan=True)
        and np.array_equal(one.y, other.y)
        and np.array_equal(one.owner, other.owner)
        and (one.features, one.names, one.categories) == (other.features, other.names, other.categories)
    )  # fmt: skip


CELLS = st.sampled_from(["1", " 2.5", "-3e2", "NA", "", "old", "young ", "٣", "7 "])
LINES = st.lists(
    st.tuples(st.sampled_from("NS"), CELLS, st.integers(-5, 5).map(str), st.sampled_from("01")),
    min_size=4,
    max_size=40,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(LINES, st.sampled_from([10, 60, 1 << 17]), st.sampled_from(",;|\t"))
def test_quotes_blank_lines_and_blocks_of_any_size_change_nothing(write, lines, block, sign):
    lines = [*lines, ("N", "1", "2", "0"), ("S", "2", "3", "1")]
    head = ("hospital", "a", "b", "label")
    plain = "\n".join(sign.join(cells) for cells in (head, *lines))
    quoted = "\r\n\n".join(
        sign.join(f'"{cell}"' if i % 3 else cell for i, cell in enumerate(cells))
        for cells in (head, *lines)
    )
    with pytest.MonkeyPatch.context() as patch:
        whole = sources(write(plain))
        patch.setattr(csv_text, "BLOCK", block)
        assert same(whole, sources(write(plain, "again.csv")))
        assert same(whole, sources(write(quoted, "quoted.csv")))
    assert whole.report.separator == sign


@pytest.mark.parametrize("sign", SEPARATORS)
@pytest.mark.parametrize(
    "header", ["hospital{0}age{0}label", '"hospital"{0}"a,b;c|d\te"{0}"label"', "x, y{0}hospital{0}label"]
)  # fmt: skip
def test_the_separator_is_told_by_the_header_whatever_stands_in_quotes(write, sign, header):
    header = header.format(sign)
    row = sign.join("1" for _ in range(3))
    other = row[:-1] + "0"
    path = write(f"{header}\n{row}\n{other}\n{row}\n{other}\n")
    if sign == "," and header.startswith("x"):
        return  # "x, y" is then two columns
    assert sources(path).report.separator == sign
    with pytest.raises(DataError):
        sources(path, separator="," if sign == ";" else ";")


def test_a_line_that_tells_the_separator_is_passed_by(write):
    text = "\n\nsep=;\n" + (HEADER + ROWS).replace(",", ";")
    assert same(sources(write(text)), sources(write(HEADER + ROWS, "comma.csv")))
    assert "line 8, column 'age'" in refusal(write(text.replace(";43;", ";4 %;"), "bad.csv"))


def test_a_separator_that_is_named_is_not_guessed(write):
    path = write((HEADER + ROWS).replace(",", ";"))
    said = refusal(path, separator=",")
    assert "seem to be separated by ';', so set data.separator" in said


def test_latin_1_is_read_where_the_first_foreign_sign_is_none_of_utf_8(write):
    text = row(6, "Zürich,44,200,1")
    latin, utf = sources(write(text.encode("latin-1"))), sources(write(text, "utf.csv"))
    assert same(latin, utf)
    assert (latin.report.encoding, utf.report.encoding) == ("Latin-1", "UTF-8")
    assert latin.notes == ("'table.csv': not in UTF-8, so it is read as Latin-1.",)
    marked = b"\xef\xbb\xbf" + text.encode("latin-1")
    assert "line 6: the text is not in UTF-8 here" in refusal(write(marked, "marked.csv"))


def test_a_line_without_an_end_is_no_row(write, monkeypatch):
    monkeypatch.setattr(csv_text, "LONGEST", 1000)
    monkeypatch.setattr(csv_text, "BLOCK", 100)
    assert "line 18: the line is too long" in refusal(write(HEADER + ROWS + "x" * 2000))


def test_a_file_that_goes_on_as_it_begins_and_would_not_fit_is_refused_at_once(write, monkeypatch):
    monkeypatch.setattr(memory, "physical", lambda: 50_000)
    monkeypatch.setattr(csv_text, "BLOCK", 1000)
    path = write(HEADER + ROWS * 100)
    steps = read_csv(path, Data.build({"source": str(path)}))
    with pytest.raises(DataError, match=r"GB of memory .* give fewer rows of table\.csv"):
        next(steps)


# Labels


def labelled(*labels):
    cells = [label for label in labels for _ in range(3)]
    return HEADER + "".join(f"A,{i},{i * i},{label}\n" for i, label in enumerate(cells))


@pytest.mark.parametrize(
    ("labels", "positive", "is_positive"),
    [
        (("0", "1"), "", "1"), (("0.0", "1.0"), "", "1.0"), (("1", "2"), "", "2"),
        (("-1", "1"), "", "1"), (("0", "1"), "0", "0"), (("yes", "no"), "", "yes"),
        (("FALSE", "True"), "", "True"), (("Alive", "Expired"), "", "Expired"),
        (("red", "blue"), "blue", "blue"), (("B", "M"), "M", "M"), (("1", "2", "3"), "3", "3"),
    ],
)  # fmt: skip
def test_which_label_is_positive(write, labels, positive, is_positive):
    source = sources(write(labelled(*labels)), positive=positive)
    assert source.report.positive == is_positive
    assert source.y.tolist() == [float(label == is_positive) for label in labels for _ in range(3)]
    decided = not positive and tuple(map(str.strip, labels)) not in (("0", "1"), ("0.0", "1.0"))
    assert any("data.positive can say otherwise" in note for note in source.notes) == decided


@pytest.mark.parametrize("sign", [">", ">=", "<", "<="])
def test_a_threshold_is_a_comparison(write, sign):
    source = sources(write(labelled("0", "1", "2", "3.5")), positive=f" {sign} 2")
    values = [0, 1, 2, 3.5]
    expected = {">": [v > 2 for v in values], ">=": [v >= 2 for v in values],
                "<": [v < 2 for v in values], "<=": [v <= 2 for v in values]}[sign]  # fmt: skip
    assert source.y[::3].astype(bool).tolist() == expected
    assert source.report.positive == f"{sign}2"


def test_a_threshold_serves_a_label_of_many_numbers(write):
    path = write(HEADER + "".join(f"A,{i},{i * i},{i / 8}\n" for i in range(80)))
    assert sources(path, positive=">=5").y.sum() == 40
    assert "there are more than 50 labels; set data.positive to a threshold" in refusal(path)
    assert "every label is >-1" in refusal(path, positive=">-1")
    assert "no label is >1e3" in refusal(path, positive=">1e3")
    words = write(labelled("red", "blue"), "words.csv")
    assert "which are no numbers" in refusal(words, positive=">0")


# A folder


def folder(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


A = "age,chol,label\n" + "".join(f"{i},{i * 2},{i % 2}\n" for i in range(8))


def test_a_folder_is_one_table_with_the_files_as_hospitals(tmp_path):
    turned = "label,chol,age\n" + "".join(f"{i % 2},{i * 2},{i}\n" for i in range(8))
    b = A.replace("label", "label,hospital").replace("\n", ",X\n").replace("hospital,X", "hospital")
    path = folder(tmp_path, b=b, a=turned.replace(",", ";"))
    (path / "notes.txt").write_text("nothing")
    (path / ".hidden.csv").write_text("nothing")
    federation = read(path)
    assert federation.names == ("a", "b")
    assert federation.report.files == ("a.csv", "b.csv")
    assert federation.features == ("chol", "age")
    rows = np.array(everyone(federation))
    assert np.array_equal(rows[:8, 1:], rows[8:, 1:])


def test_texts_and_labels_of_a_folder_are_those_of_all_its_files(tmp_path):
    one = "kind,label\n" + "x,0\n" * 4
    other = "kind,label\n" + "y,1\nz,1\n" * 2
    federation = read(folder(tmp_path, one=one, other=other))
    assert federation.features == ("kind=y", "kind=z")
    assert federation.positive_rate.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("age,label\n1,0\n", "b.csv, line 1: there is no column 'chol', which a.csv has"),
        (A.replace("chol", "chol,x").replace("\n", ",1\n"), "a.csv: there is no column 'x', which b.csv"),
        (A.replace("label", "num"), "b.csv, line 1: there is no column 'label', which a.csv has"),
        ("", "b.csv: the file is empty"),
        ("age,chol,label\n", "b.csv: there is a header and no row"),
        (A.replace("5,10", "5,1 %"), "b.csv, line 7, column 'chol': '1 %' is not a number"),
        (A.replace("5,10", "5,inf"), "b.csv, line 7, column 'chol': the number is infinite"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_like_the_others_is_named(tmp_path, other, words):
    assert words in refusal(folder(tmp_path, a=A, b=other))


def test_a_hospital_without_a_label_is_left_out_and_told(tmp_path, write):
    path = folder(tmp_path, a=A, b="age,chol,label\n1,2,\n3,4,NA\n", c=A)
    federation = read(path)
    assert federation.names == ("a", "c")
    assert federation.report.skipped == {"b": "no label"}
    assert federation.report.dropped == {"no label": 2}
    assert "Nobody at 'b' has a label, so it is left out." in federation.notes
    one = read(write(HEADER + ROWS + "West,1,2,\n"))
    assert one.report.skipped == {"West": "no label"}


# What is told


def test_repeated_rows_are_counted(write):
    assert sources(write(HEADER + ROWS)).report.duplicates == 0
    source = sources(write(HEADER + ROWS + ROWS + "North,40,200,0\n"))
    assert source.report.duplicates == 17
    assert "17 rows equal earlier ones in every column; a patient who is there" in source.notes[0]
    other = ROWS.replace("North", "East").replace("South", "West")
    assert sources(write(HEADER + ROWS + other)).report.duplicates == 0


def test_whole_numbers_that_all_differ_are_pointed_at_and_measurements_are_not(write):
    draw = np.random.default_rng(0)
    text = "hospital,id,measured,label\n" + "".join(
        f"A,{900 - 7 * i},{draw.normal():.6f},{draw.integers(2)}\n" for i in range(60)
    )
    assert [note for note in sources(write(text)).notes if "another value" in note] == [
        "Column 'id' has another value for every patient; if it is an id, leave it out with data.drop."
    ]


@pytest.mark.parametrize("told", ["{0}", "{0}5.{1}", "-{0}.{1}", "{2}"])
def test_a_column_that_tells_the_label_is_pointed_at(write, told):
    text = "hospital,told,other,label\n" + "".join(
        f"A,{told.format(i % 2, i % 7, ('well', 'ill')[i % 2])},{i * 7 % 11},{i % 2}\n"
        for i in range(60)
    )
    notes = [note for note in sources(write(text)).notes if "tells the label" in note]
    assert len(notes) == 1
    assert "'told'" in notes[0]


def test_a_word_among_numbers_is_told_with_its_line(write):
    federation = read(write(row(5, "North,old,200,1")))
    assert "age=old" in federation.features
    assert any("since 'old' (table.csv, line 5) is not a number" in n for n in federation.notes)
    safe = read(write(row(5, "North,\x1b[2J,200,1")))
    assert all(note.isprintable() for note in safe.notes)


@pytest.mark.parametrize("cell", ["-nan", "+NaN", " nan", "NaN"])
def test_what_python_reads_as_no_number_is_missing_everywhere(write, cell):
    """As a label too, where it would else be a negative one."""
    text = HEADER + ROWS + f"North,{cell},1,0\nNorth,50,{cell},1\nNorth,50,1,{cell}\n"
    federation = read(write(text))
    assert federation.report.dropped == {"no label": 1}
    assert {name: gaps.tolist() for name, gaps in federation.report.missing.items()} == {
        "age": [1, 0],
        "chol": [1, 0],
    }
    assert "the hospital (column 'hospital') is missing" in refusal(write(text + f"{cell},1,1,1\n"))


def test_a_label_may_look_like_a_threshold(write):
    source = sources(write(labelled(">50", "<=50")), positive=">50")
    assert source.y.tolist() == [1, 1, 1, 0, 0, 0]
    assert (source.report.negative, source.report.positive) == ("<=50", ">50")
    assert "is no label" in refusal(write(labelled("1", "2"), "numbers.csv"), positive=">1.2.3")


def test_two_files_of_one_hospital_are_refused(tmp_path):
    folder(tmp_path, north=A)
    (tmp_path / "north.CSV").write_text(A)
    assert "'north.CSV' and 'north.csv' would both be hospital 'north'" in refusal(tmp_path)


# What hospitals export


def of(*cells, sign=";"):
    """A table with a column of these cells and one of ages."""
    rows = [f"A{sign}{40 + i}{sign}{cell}{sign}{i % 2}\n" for i, cell in enumerate(cells)]
    return HEADER.replace(",", sign) + "".join(rows)


@pytest.mark.parametrize("positive", ["", "1"])
@pytest.mark.parametrize("far", [0, 3000])  # rows before, so that it stands in a block of its own
def test_a_header_that_stands_in_the_middle_again_is_refused(write, positive, far):
    rows = ROWS * (1 + far // 16)
    line = rows.count("\n") + 2
    sentence = refusal(write(HEADER + rows + HEADER.replace(",", ", ") + ROWS), positive=positive)
    assert f"line {line}: the header stands here again; take the line out" in sentence


@pytest.mark.parametrize("name", ["Total", "SUMME", "mean:", "North Total"])
def test_a_row_of_totals_is_pointed_at(write, name):
    text = HEADER + ROWS + f"{name},45,210,12\n"
    notes = sources(write(text), positive=">0").notes
    assert any(f"{name!r} may be a row of totals" in note for note in notes)


@pytest.mark.parametrize("many", [1, 60])  # kept as texts, or as numbers
def test_a_point_that_may_divide_thousands_is_pointed_at(write, many):
    """1.233 is 1233 in half of Europe."""
    divided = [f"1.{100 + 11 * i}" for i in range(many)] + ["12.345"]
    said = "read as a number below 1,000"
    assert any(said in note for note in sources(write(of(*divided, "987"))).notes)
    for other in (["987", "1.5"], ["1.0"], []):  # a number that shows what points are; or no doubt
        assert not any(said in note for note in sources(write(of(*divided, "0.5", *other))).notes)
    assert not any(said in note for note in sources(write(of(*divided, "987", sign=","))).notes)


def test_points_between_thousands_beside_decimal_commas_are_refused(write):
    text = "hospital;leuco;crp;label\nA;1.200;2,5;0\nB;3.400;0,7;1\n"
    sentence = refusal(write(text))
    assert "line 2, column 'leuco': '1.200' may have a point between thousands" in sentence
    assert not any("thousands" in note for note in sources(write(text.replace(".4", ".45"))).notes)


def test_categories_and_hospitals_that_may_be_one_are_pointed_at(write):
    notes = sources(write(of("m", "f", "M", "f"))).notes
    assert "Column 'chol': 'M', 'm' are taken as two categories; are they one?" in notes
    ids = write(HEADER + ROWS.replace("North", "1").replace("South", "1.0"), "ids.csv")
    assert "Hospitals '1', '1.0' are taken as two; are they one?" in sources(ids).notes


@pytest.mark.parametrize("cell", ["#N/A", "#NV", "<NA>"])
def test_what_programs_write_where_nothing_is_is_missing(write, cell):
    assert np.isnan(sources(write(of("1.5", cell))).x[:, 1]).tolist() == [False, True]


def test_a_column_named_almost_like_the_split_is_pointed_at(write):
    notes = sources(write(HEADER.replace("chol", "Split") + ROWS)).notes
    assert any("'Split' is a column to learn from" in note for note in notes)


@pytest.mark.parametrize(
    ("code", "others", "said"),
    [
        ("-99", range(0, 30), True), ("-9", range(5, 35), True), ("9999", range(100, 130), True),
        ("999", range(980, 990), False), ("-99", range(-3, 30), False), ("0", range(85, 115), True),
        ("0", range(0, 30), False), ("0", range(1, 31), False), ("0", range(25, 900, 20), False),
        ("98", range(0, 30), False),
    ],
)  # fmt: skip
def test_a_number_that_may_stand_for_a_missing_one_is_pointed_at(write, code, others, said):
    cells = [str(number) for number in others] * 3
    for times, expected in ((2, said), (1, False)):
        notes = sources(write(of(*cells, *([code] * times)))).notes
        found = [note for note in notes if f"'chol': {code} occurs 2 times" in note]
        assert bool(found) == expected, notes


@pytest.mark.parametrize(("cell", "number"), [("2E5", "200,000"), ("007", "7")])
def test_a_code_that_is_read_as_a_number_is_pointed_at(write, cell, number):
    said = f"{cell!r} is read as the number {number}; if it is a code"
    assert any(said in note for note in sources(write(of("3", cell))).notes)
    plain = write(of("3", "0", "0.5", "2e+05", "1e-3", "70"), "plain.csv")
    assert not any("a code" in note for note in sources(plain).notes)
    assert not any("a code" in note for note in sources(write(of("E11", cell))).notes)


def test_a_file_that_is_there_twice_is_pointed_at(tmp_path):
    folder(tmp_path, north=A, south=A.replace("7,14", "7,15"), **{"north (1)": A})
    notes = load(Data.build({"source": str(tmp_path)}), 0).notes
    (note,) = [note for note in notes if "the same patients" in note]
    assert note.startswith("'north (1).csv' and 'north.csv' hold the same patients; if")


def test_a_label_is_told_as_it_would_be_written(write):
    source = sources(write(labelled("0.10", "0.9")))
    assert (source.report.negative, source.report.positive) == ("0.1", "0.9")


def test_a_million_columns_are_refused_and_a_few_of_them_served(write):
    """A header takes time in proportion to its length; more than 10,000 columns are no model's."""
    names = [f"c{i}" for i in range(10_001)]
    row = ",1" * len(names)
    path = write(
        f"hospital,label,{','.join(names)}\n" + f"A,0{row}\nA,1{row}\nB,0{row}\nB,1{row}\n"
    )
    with pytest.raises(DataError, match=r"line 1: 10,001 columns are too many.*data.keep"):
        read(path)
    assert read(path, keep=["c0", "c10000"]).features == ("c0", "c10000")
