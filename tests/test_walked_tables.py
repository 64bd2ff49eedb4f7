"""What a newcomer's own tables have in them: dates, rows of totals, titles, spreadsheets, empty rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.data import load
from engine.data.csv.column import Column
from engine.data.csv.dates import are_dates
from engine.data.csv.places import Places
from engine.errors import DataError, EngineError
from engine.sections import Data

HEADER = "hospital,age,chol,label\n"
ROWS = "".join(
    f"{name},{40 + i},{200 + (7 * i) % 31},{i % 2}\n"
    for name in ("North", "South")
    for i in range(8)
)


def refusal(tmp_path: Path, content: str | bytes, name: str = "t.csv", **given: object) -> str:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(EngineError) as caught:
        load(Data.build({"source": str(path), **given}), 0)
    assert isinstance(caught.value, DataError)
    return str(caught.value)


# Dates

DATES = [
    "2024-01-31", "31.01.2024", "1.2.24", "1/31/2024", "31/1/24", "2024/1/31", "2024-01", "01/2024",
    "31.01.2024 12:30", "2024-01-31T12:30:00Z", "2024-01-31 12:30:00.125", "1/31/2024 2:05 PM",
    "31 Jan 2024", "31-JAN-24", "3. Oktober 2024", "Jan 31, 2024",
]  # fmt: skip
NONE = [
    "120/80", "8-12", "1-2-3", "1.2.3", "1:20", "12:99", "2024-13-01", "32.01.2024", "2024-02/03",
    "T1N0M0", "40-49", "1/2", "E11.9", "may", "nov 1", "2024", "12 mg", "North",
]  # fmt: skip


def test_a_date_is_told_by_how_it_looks_and_a_day_of_no_calendar_is_none():
    assert [text for text in DATES if not are_dates([text])] == []
    assert [text for text in NONE if are_dates([text])] == []


def test_times_are_times_and_titres_are_not():
    assert are_dates(["08:15", "12:30", "23:59:59"])
    assert not are_dates(["1:10", "1:20", "1:40", "1:160"])


@pytest.mark.parametrize("days", [8, 90], ids=["few", "more than a text column may have"])
@pytest.mark.parametrize("missing", ["", "unknown"])
def test_a_column_of_dates_is_refused_before_anything_of_it_is_sent(tmp_path, days, missing):
    rows = "".join(
        f"{'AB'[i % 2]},{2020 + i // 28}-01-{1 + i % 28:02},{40 + i},{i // 2 % 2}\n"
        for i in range(days)
    )
    table = "hospital,admitted,age,label\n" + rows + f"A,{missing},50,1\n"
    said = refusal(tmp_path, table)
    assert said.startswith("t.csv, line 2, column 'admitted': '2020-01-01' is a date or time")
    assert "such as an age or days" in said
    assert "data.drop" in said
    path = tmp_path / "t.csv"
    load(Data.build({"source": str(path), "drop": ["admitted"]}), 0)  # the way out


# Files that are no text, and lines above the header


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (
            b"PK\x03\x04\x14",
            "this is an Excel file (or another kind of zip); save the sheet as CSV.",
        ),
        (b"\xd0\xcf\x11\xe0\xa1", "this is an old Excel file; save the sheet as CSV."),
        (b"PAR1\x15", "this is a Parquet file; write it as CSV."),
        (b"\x1f\x8b\x08", "this is packed with gzip; unpack it."),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(tmp_path, start, words):
    assert refusal(tmp_path, start + b"\0\1\2\n" * 9, "x.csv") == f"x.csv: {words}"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("title", ["Export of 24 November", "Report, second half; 2024|x"])
@pytest.mark.parametrize("named", [True, False])
def test_a_title_above_the_header_is_called_one(tmp_path, sign, title, named):
    table = (HEADER + ROWS).replace(",", sign)
    filled = f'"{title}"' + sign * 3 + "\n"
    given = {"separator": sign} if named else {}
    for head in (filled, f'"{title}"\n', filled + sign * 3 + "\n"):
        said = refusal(tmp_path, head + table, **given)
        assert said == "t.csv, line 1: this looks like a title above the header; take it out."
    path = tmp_path / "t.csv"
    path.write_text(table)
    assert load(Data.build({"source": str(path), **given}), 0).features == ("age", "chol")


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_no_header_is_a_title_though_commas_in_numbers_cut_the_rows_below_it(tmp_path, sign):
    for table in ("Klinik;Alter;CRP;Tod\nA;58;15,3;37,5\n", "Klinik;Tod\n1,2,3,4;1\n"):
        said = refusal(tmp_path, table.replace(";", sign))
        assert "there is no column 'label'" in said


# Decimal commas and points


def folder(tmp_path: Path, **files: str) -> Path:
    (at := tmp_path / "folder").mkdir(exist_ok=True)
    for name, text in files.items():
        (at / f"{name}.csv").write_text(text)
    return at


def numbers(sign: str, separator: str = ";", many: int = 8) -> str:
    rows = [("age", "crp", "label")]
    rows += [(str(40 + i % 30), f"{i}{sign}{1 + i % 9}", str(i % 2)) for i in range(many)]
    return "".join(separator.join(row) + "\n" for row in rows)


@pytest.mark.parametrize("many", [8, 200], ids=["few", "more than are kept as texts"])
@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("first", ["A", "Z"])
def test_each_file_of_a_folder_has_its_own_decimal_sign(tmp_path, many, separator, first):
    at = folder(
        tmp_path, **{first: numbers(",", many=many), "M": numbers(".", separator, many=many)}
    )
    federation = load(Data.build({"source": str(at), "scaling": "none"}), 0)
    crp = np.concatenate([federation.train.x[:, 1], federation.test.x[:, 1]])
    assert sorted(crp) == sorted(2 * [float(f"{i}.{1 + i % 9}") for i in range(many)])
    assert federation.report.decimal_commas == ("crp",)
    (note,) = [note for note in federation.notes if "decimal commas" in note]
    assert note.startswith(
        "Column 'crp' is written with decimal commas: '0,1' is 0.1; in 'M.csv' it"
    )


@pytest.mark.parametrize("many", [8, 200])
@pytest.mark.parametrize(("sign", "odd", "what"), [
    (",", "12.5", "has a decimal point, and most numbers here have decimal commas"),
    (".", "12,5", "is not a number; write numbers with a decimal point"),
    (",", "1.234,5", "has a point between thousands, so write it as 1234,5"),
    (".", "1.234,5", "has a point between thousands, so write it as 1234.5"),
    (",", "n.b.", "is not a number, and "),
])  # fmt: skip
def test_the_odd_number_is_pointed_at_and_not_the_many(tmp_path, many, sign, odd, what):
    table = numbers(sign, many=many) + f"50;{odd};1\n"
    at = folder(tmp_path, A=numbers("."), B=table, C=numbers(","))
    with pytest.raises(DataError) as caught:
        load(Data.build({"source": str(at)}), 0)
    assert str(caught.value).startswith(f"B.csv, line {many + 2}, column 'crp': '{odd}' {what}")


def test_what_may_be_thousands_in_one_file_is_no_decimal_because_another_has_points(tmp_path):
    grouped = "age,crp,label\n" + "".join(f'4{i},"{i + 1},234",{i % 2}\n' for i in range(8))
    at = folder(tmp_path, A=grouped, B=numbers("."))
    with pytest.raises(DataError, match=r"A.csv, line 2, column 'crp': '1,234' is not a number"):
        load(Data.build({"source": str(at)}), 0)
    whole = "age;crp;label\n" + "".join(f"4{i};{i};{i % 2}\n" for i in range(60)) + "50;1,233;1\n"
    with pytest.raises(DataError, match=r"line 62, column 'crp': '1,233' is not a number"):
        load(Data.build({"source": str(folder(tmp_path, A=whole))}), 0)


# Rows of totals


@pytest.mark.parametrize(
    ("labels", "total"),
    [("no yes", "16"), ("no yes unknown", "5"), ("0 1", "16"), ("0 1", "8"), ("0 1", "0.5"),
     ("0 1 2", "15")],
)  # fmt: skip
@pytest.mark.parametrize("positive", ["", "asked"])
def test_a_last_row_that_sums_the_labels_up_is_called_totals(tmp_path, labels, total, positive):
    known = labels.split()
    rows = [f"{'AB'[i // 8]},{40 + i},{known[i % len(known)]}" for i in range(16)]
    table = "\n".join(["hospital,age,label", *rows, f"Total,,{total}\n"])
    said = refusal(tmp_path, table, positive=known[1] if positive else "")
    assert said.startswith(f"t.csv, line 18: the label (column 'label') is '{total}', and no other")
    assert "looks like a row of totals; take the line out." in said


@pytest.mark.parametrize("last", ["3", "unknown", "1"])
def test_a_rare_label_at_the_end_is_no_total(tmp_path, last):
    rows = "".join(f"A,{40 + i},{i % 3}\n" for i in range(16))
    path = tmp_path / "t.csv"
    path.write_text(f"hospital,age,label\n{rows}B,50,{last}\nB,50,0\n")
    load(Data.build({"source": str(path), "positive": "1"}), 0)
    path.write_text(f"hospital,age,label\n{rows}B,50,0\nB,50,{last}\n")
    load(Data.build({"source": str(path), "positive": "1"}), 0)


def test_a_third_label_leaves_two_ways_and_both_are_named(tmp_path):
    rows = "".join(f"A,{40 + i},{('no', 'yes')[i % 2]}\n" for i in range(16))
    said = refusal(tmp_path, f"hospital,age,label\n{rows}A,50,unknown\n")
    assert "3 labels ('no', 'yes', 'unknown'), the third from line 18 on; set data.positive" in said
    assert "left out where its cell is empty" in said


# Empty rows


@pytest.mark.parametrize("quoted", [False, True])
def test_empty_rows_are_counted_and_told_and_empty_lines_are_not(tmp_path, quoted):
    path = tmp_path / "t.csv"
    rows = ROWS.replace("North", '"North"') if quoted else ROWS
    path.write_text(HEADER + rows + ",,,\n\n , ,,\n\n")
    federation = load(Data.build({"source": str(path)}), 0)
    assert "2 empty rows are left out." in federation.notes
    assert federation.report.dropped == {"empty": 2}
    assert federation.report.rows == 18


SORTS = ["2,5", "0,125", "-0,5", ",5", "7", "1,233", "", "NA", "nan"]
ODD = [
    "1.5",
    "1.233",
    "1e5",
    "1,5e3",
    "5,",
    "1,2,3",
    "4_4",
    "12 %",
    "1.234,5",
    "low",
    "1 233",
    ". ",
]


@pytest.mark.parametrize("odd", ["", *ODD])
def test_decimal_commas_are_read_alike_quickly_and_with_care(odd):
    """A blank after one cell of a batch makes the whole batch be looked at cell by cell."""
    start = [f"{i},5" for i in range(60)]
    rest = [*SORTS, *SORTS, *([odd] if odd else [])]
    quick, careful = read_as(start, rest), read_as(start, [f"{cell} " for cell in rest])
    assert quick == careful
    assert isinstance(quick, str) == (odd not in ("", "1,5e3", ". "))


def read_as(*batches: list[str]) -> str | tuple[list[float], int]:
    """The numbers of a column, -9 where one is missing, and the files with commas; or the refusal."""
    places = Places()
    column = Column("x", places, comma_separated=False)
    try:
        for cells in batches:
            row = places.rows
            places.add("t.csv", range(row + 2, row + 2 + len(cells)))
            column.add(cells, row, plain=True)
        read = column.finish()
    except DataError as error:
        return str(error)
    return np.nan_to_num(read.values, nan=-9).tolist(), len(read.commas)
