"""Laws of exports: the numbers of `--json`, no formula, never over another file, never half a one."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import run
from engine.errors import RunError
from fedtui import export
from fedtui.safe import safe
from tests.builders import small

RESULT: dict[str, Any] = run(small(privacy={}, masking={}))


def rows(result: dict[str, Any]) -> list[dict[str, str]]:
    """The table as another program reads it."""
    return list(csv.DictReader(io.StringIO(export.as_csv(result))))


def renamed(name: str) -> dict[str, Any]:
    """The result of a run whose first hospital is called `name`."""
    old = RESULT["hospitals"][0]["name"]
    hospitals = [{**RESULT["hospitals"][0], "name": name}, *RESULT["hospitals"][1:]]
    rounds = [
        {
            **each,
            "hospital_accuracy": {
                name if key == old else key: value
                for key, value in each["hospital_accuracy"].items()
            },
        }
        for each in RESULT["rounds"]
    ]
    return {**RESULT, "hospitals": hospitals, "rounds": rounds}


def test_json_is_what_run_prints() -> None:
    assert json.loads(export.as_json(RESULT)) == json.loads(json.dumps(RESULT))


def test_csv_has_every_round_with_its_numbers() -> None:
    found = rows(RESULT)
    assert len(found) == len(RESULT["rounds"]) > 1
    for row, round in zip(found, RESULT["rounds"], strict=True):
        for key in ("round", "accuracy", "loss", "auc", "epsilon", "uplink_bytes"):
            assert float(row[key]) == round[key]
        assert float(row["B"]) == round["hospital_accuracy"]["B"]


def test_what_is_missing_is_an_empty_field() -> None:
    plain = {**RESULT, "rounds": [{**round, "epsilon": None} for round in RESULT["rounds"]]}
    assert {row["epsilon"] for row in rows(plain)} == {""}


@given(st.text(min_size=1, max_size=12).filter(lambda name: name not in "BCD"))
def test_no_name_is_a_formula_and_none_breaks_the_table(name: str) -> None:
    text = export.as_csv(renamed(name))
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert {len(row) for row in table} == {9 + len(RESULT["hospitals"])}
    assert not table[0][9].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert table[0][9].endswith(safe(name))


def test_a_hospital_s_column_is_not_taken_for_a_number_of_the_round() -> None:
    found = rows(renamed("accuracy"))
    assert [float(row["accuracy"]) for row in found] == [r["accuracy"] for r in RESULT["rounds"]]


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    paths = [export.save(tmp_path, "cells", "csv", str(number)) for number in range(3)]
    assert [path.name for path in paths] == [
        "fedtui-cells.csv",
        "fedtui-cells-2.csv",
        "fedtui-cells-3.csv",
    ]
    assert [path.read_text() for path in paths] == ["0", "1", "2"]


@given(st.text(max_size=300))
def test_any_title_is_one_file_in_the_folder(title: str) -> None:
    folder = Path(os.environ["FEDTUI_STATE"])
    path = export.save(folder, title, "json", "{}")
    assert path.parent == folder
    assert path in folder.iterdir()
    path.unlink()


def test_a_folder_that_takes_nothing_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        export.save(tmp_path / "file", "cells", "csv", "")


def test_a_failure_on_the_way_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        export.save(tmp_path, "cells", "csv", "x" * 100_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["json", "csv", "svg"])
def test_an_export_is_for_its_owner_alone_and_its_path_is_whole(
    ending: str, tmp_path: Path
) -> None:
    (tmp_path / f"fedtui-cells.{ending}").touch()
    before = os.umask(0)
    try:
        path = export.save(tmp_path, "cells", ending, "{}")
    finally:
        os.umask(before)
    assert path.is_absolute()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        f"fedtui-cells-2.{ending}",
        f"fedtui-cells.{ending}",
    ]


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "fedtui-cells.csv").symlink_to(tmp_path / "elsewhere")
    assert export.save(tmp_path, "cells", "csv", "").name == "fedtui-cells-2.csv"
    assert not (tmp_path / "elsewhere").exists()
