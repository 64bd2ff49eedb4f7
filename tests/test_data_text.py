"""What a column is: numbers, numbers written otherwise, or text; and how hospitals agree on texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import load, memory
from engine.data.categories import agree
from engine.data.csv.cells import Cell, cell_of
from engine.data.csv.column import MOST, Column
from engine.data.csv.places import Places
from engine.data.source import Source
from engine.errors import DataError
from engine.sections import Data
from engine.steps import finished
from engine.wire import HEADER_SIZE


def column(cells, comma_separated=True, at_once=7):
    """What the cells of a column, read some at a time, turn out to be."""
    places = Places()
    found = Column("x", places, comma_separated)
    for first in range(0, len(cells), at_once):
        part = cells[first : first + at_once]
        row = places.rows
        places.add("t.csv", range(row + 2, row + 2 + len(part)))
        found.add(part, row, plain=False)
    return found.finish()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("", Cell.MISSING), ("N/A", Cell.MISSING), ("12", Cell.WHOLE), ("-3", Cell.WHOLE),
        ("1.5", Cell.POINT), ("1e5", Cell.POINT), ("inf", Cell.POINT), ("2,3", Cell.COMMA),
        ("-0,5", Cell.COMMA), ("0,125", Cell.COMMA), ("1,5e3", Cell.COMMA), ("1,233", Cell.GROUPED),
        ("1,233,456", Cell.OTHERWISE), ("1.233,5", Cell.OTHERWISE), ("12 %", Cell.OTHERWISE),
        ("12%", Cell.OTHERWISE), ("1 233", Cell.OTHERWISE), ("1'233.5", Cell.OTHERWISE),
        ("1_0", Cell.OTHERWISE), ("−5", Cell.OTHERWISE), ("old", Cell.TEXT), ("8-12", Cell.TEXT),
        ("12 mg", Cell.TEXT), ("<5", Cell.TEXT), ("1.2.2020", Cell.TEXT), ("E11,9", Cell.TEXT),
        ("%", Cell.TEXT), (",", Cell.TEXT), ("Smith, J", Cell.TEXT), ("10 20 30", Cell.TEXT),
    ],
)  # fmt: skip
def test_a_cell_is_missing_a_number_one_written_otherwise_or_text(text, cell):
    assert cell_of(text) is cell


NUMBERS = st.one_of(st.integers(-999, 999).map(str), st.floats(-1e9, 1e9).map(repr))
GAPS = st.sampled_from(["", "NA", "?", " nan ", "null", "."])


@given(st.lists(NUMBERS | GAPS, min_size=1, max_size=150), st.booleans())
def test_a_column_of_numbers_is_what_python_reads(cells, comma_separated):
    read = column(cells, comma_separated)
    expected = [np.nan if cell.strip().casefold() in ("", "na", "?", "nan", "null", ".")
                else float(cell) for cell in cells]  # fmt: skip
    assert not read.categories
    assert np.array_equal(read.values, expected, equal_nan=True)


WORDS = st.text("abcXYZäß日 -", min_size=1, max_size=4).filter(str.strip)


@given(st.lists(WORDS | GAPS, min_size=1, max_size=150).filter(lambda cells: any(
    cell.strip(" ?.").casefold() not in ("", "na", "nan", "null") for cell in cells)))  # fmt: skip
def test_a_column_of_texts_gives_each_row_its_category(cells):
    texts = [
        "" if cell.strip().casefold() in ("", "na", "?", "nan", "null", ".") else cell.strip()
        for cell in cells
    ]
    if len(set(texts)) > MOST:
        with pytest.raises(DataError, match=rf"{MOST} categories"):
            column(cells)
        return
    read = column(cells)
    assert list(read.categories) == sorted(set(texts))
    assert [read.categories[int(code)] for code in read.values] == texts


def test_one_word_makes_a_column_text_wherever_it_stands_and_it_is_named():
    for at in (0, 20, 39):
        cells = [str(i) for i in range(40)]
        cells[at] = "unknown"
        read = column(cells)
        assert len(read.categories) == 40
        assert (read.word.text, read.word.row) == ("unknown", at)


@pytest.mark.parametrize("at", [0, 30, 199])
def test_one_word_among_many_numbers_is_refused_with_its_line(at):
    cells = [f"{i / 7:.3f}" for i in range(200)]
    cells[at] = "unknown"
    with pytest.raises(DataError) as caught:
        column(cells)
    words = f"t.csv, line {at + 2}, column 'x': 'unknown' is not a number, and as text"
    assert str(caught.value).startswith(words)
    assert "leave the cell empty if the number is missing" in str(caught.value)


def test_the_fifty_first_text_is_refused_and_the_fiftieth_is_not():
    assert len(column([f"t{i}" for i in range(50)]).categories) == 50
    assert len(column([f"t{i}" for i in range(49)] + [""]).categories) == 50
    for cells in ([f"t{i}" for i in range(51)], ["?"] + [f"t{i}" for i in range(50)]):
        with pytest.raises(DataError, match=r"line 52, column 'x': 't\d\d' is the 51st text"):
            column(cells)


ALL = [f"{i},{i % 10}" for i in range(80)]


@pytest.mark.parametrize(
    ("cells", "comma_separated"),
    [
        (ALL, True),  # all have a comma
        (ALL, False),
        (["1", "2,5", "3", *ALL], False),  # whole numbers beside them, and commas separate nothing
        (["1", "2,5", "3"], False),
        (ALL + ["NA"] * 20 + ["0,5"], True),  # gaps are no whole numbers
        (["1,234", "0,5"], True),
        (["1,234", "2,345"], False),
    ],
)
def test_a_whole_column_of_decimal_commas_is_one_of_numbers(cells, comma_separated):
    read = column(cells, comma_separated)
    expected = [float(cell.replace(",", ".").replace("NA", "nan")) for cell in cells]
    assert np.array_equal(read.values, expected, equal_nan=True)
    assert "," in read.commas[0].text
    assert read.points == ()


@pytest.mark.parametrize(
    ("cells", "comma_separated", "line"),
    [
        (["1.5", "2,3"], False, 3),  # points and commas
        (["2,3", "1.5"], False, 2),
        (["233", "1,233", "250"], True, 3),  # thousands
        (["233", "1,233", "250"], False, 3),  # and thousands still
        (["1,233", "2,345"], True, 2),
        (["4", "4,4"], True, 3),
        (["low", "2,3"], False, 3),  # a text does not excuse it
        (["low", "12 %"], True, 3),
        ([str(i / 8) for i in range(99)] + ["12 %"], True, 101),
        ([str(i / 8) for i in range(99)] + ["1,233"], True, 101),
        ([str(i / 8) for i in range(99)] + ["4_4"], True, 101),
    ],
)
def test_a_number_written_otherwise_is_an_error_with_its_line(cells, comma_separated, line):
    with pytest.raises(DataError, match=rf"line {line}, column 'x': '.*' is not a number; write"):
        column(cells, comma_separated)


# Agreeing on categories


def source(codes, owner, categories):
    x = np.column_stack([codes, np.arange(len(codes))]).astype(float)
    return Source(x, np.zeros(len(x)), ("kind", "age"), np.array(owner), categories=categories)


def test_every_hospital_gets_the_union_and_the_first_category_is_where_all_are_0():
    patients = source([0, 2, 1, 2, 0], [0, 0, 1, 1, 2], {"kind": ("", "b", "c")})
    layout, _ = finished(agree(patients, patients.owner, 3))
    assert layout.features == ("kind=b", "kind=c", "age")
    assert layout.spread(patients.x).tolist() == [
        [0, 0, 0], [0, 1, 1], [1, 0, 2], [0, 1, 3], [0, 0, 4],
    ]  # fmt: skip


def test_category_messages_are_counted_as_they_are_encoded():
    patients = source([0, 1, 1, 1], [0, 0, 1, 1], {"kind": ("b", "zü")})
    _, traffic = finished(agree(patients, patients.owner, 2))
    lengths = 4 + len("b") + 4 + len("zü".encode())  # of the first hospital's two texts
    first, second = HEADER_SIZE + 4 + lengths, HEADER_SIZE + 4 + 4 + len("zü".encode())
    assert traffic.by_kind() == {
        "categories": (2, first + second),
        "all categories": (2, 2 * first),
    }


def test_a_hospital_tells_only_its_own_categories():
    one = source([0, 1], [0, 1], {"kind": ("a", "bb")})
    other = source([0, 0], [0, 1], {"kind": ("a", "bb")})
    (_, told), (layout, less) = (finished(agree(s, s.owner, 2)) for s in (one, other))
    assert told.by_kind()["categories"][1] - less.by_kind()["categories"][1] == 1  # "bb" for "a"
    assert layout.features == ("age",)  # nobody has bb, and one category has no column


@pytest.mark.parametrize(
    ("features", "categories", "words"),
    [
        (("kind",), {"kind": ("a",)}, "every column .'kind'. has one category only"),
        (("kind", "kind=b"), {"kind": ("a", "b")}, "two columns come to be named 'kind=b'"),
    ],
)
def test_columns_that_come_to_nothing_or_to_one_name_are_refused(features, categories, words):
    x = np.array([[0.0, 0.0], [len(categories["kind"]) - 1, 1.0]])[:, : len(features)]
    patients = Source(x, np.zeros(2), features, np.zeros(2, np.int64), categories=categories)
    with pytest.raises(DataError, match=words):
        finished(agree(patients, patients.owner, 1))


def test_text_columns_are_those_of_get_dummies_with_the_first_dropped(tmp_path):
    draw = np.random.default_rng(3)
    kinds = draw.choice(["a", "b", "", "c d"], 60)
    rows = [f"{'NS'[i % 2]},{kind},{i},{draw.integers(2)}" for i, kind in enumerate(kinds)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["hospital,kind,n,label", *rows]))
    federation = load(Data.build({"source": str(path), "scaling": "none"}), 0)
    assert federation.features == ("kind=a", "kind=b", "kind=c d", "n")
    found = np.concatenate([federation.train.x, federation.test.x])
    found = found[np.argsort(found[:, -1])]
    assert np.array_equal(found[:, :3], kinds[:, None] == ["a", "b", "c d"])
    report = federation.report
    assert report.categories == {"kind": ("", "a", "b", "c d")}
    assert report.missing["kind"].sum() == (kinds == "").sum()
    assert set(federation.setup) == {"categories", "all categories"}
    assert any("'kind': before round 1 each hospital tells" in note for note in federation.notes)


def test_categories_are_columns_and_counted_before_they_are_laid_out(tmp_path, monkeypatch):
    """Twelve text columns of fifty categories are 588 columns of numbers."""
    head = ",".join(["hospital", "label", *(f"t{i}" for i in range(12))])
    rows = [f"H,{i % 2}," + ",".join([f"c{i % 50}"] * 12) for i in range(400)]
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    data = Data.build({"source": str(path)})
    monkeypatch.setattr(memory, "physical", lambda: 8_000_000)  # of which 5.6 MB are needed
    load(data, 0)
    monkeypatch.setattr(memory, "physical", lambda: 6_000_000)
    with pytest.raises(DataError, match=r"leave text columns out with data\.drop"):
        load(data, 0)


@pytest.mark.parametrize("scaling", ["global", "hospital", "none"])
def test_categories_that_only_held_out_patients_have_are_told_once(tmp_path, scaling):
    lines = ["hospital,label,split,ward,age"]
    lines += [f"H,{i % 2},{'train' if i % 3 else 'test'},{'bc'[i % 2]},{i}" for i in range(30)]
    lines += ["H,0,test,moon,30", "H,0,test,a,31"]
    path = tmp_path / "wards.csv"
    path.write_text("\n".join(lines) + "\n")
    federation = load(Data.build({"source": str(path), "scaling": scaling}), 0)
    assert federation.features == ("ward=b", "ward=c", "ward=moon", "age")
    (note,) = [note for note in federation.notes if "ward=moon" in note]
    assert note.startswith("'ward=a', 'ward=moon' occur only among held-out patients")
