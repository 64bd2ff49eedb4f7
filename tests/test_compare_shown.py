"""A comparison for people: rows can be told apart, and a note is told with the rows it is true of."""

from __future__ import annotations

from typing import Any

import pytest

from fedtui.comparison import by_row, grid, table, words
from fedtui.comparison.axes import read_axis
from fedtui.comparison.outcome import Outcome, notes
from fedtui.lab.glyphs import UNICODE
from tests.builders import small

EIGHT = ("model.class_weight=none,balanced", "training.learning_rate=0.1,0.2", "fedprox.mu=0.1,1")


def record(accuracy: float = 0.8, told: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        **{"accuracy": accuracy, "auc": 0.9, "loss": 0.3, "brier": 0.1, "epsilon": None},
        **{"bytes": 1000, "stopped": None, "worst_accuracy": 0.7, "better_alone": 1},
        **{"pooled": 0.9, "alone": 0.8, "alone_everyone": 0.7, "majority": 0.6, "hospitals": 2},
        **{"rounds": [], "notes": list(told), **more},
    }


def outcome(
    *varied: str, told: dict[int, tuple[str, ...]] | None = None, seeds: int = 1
) -> Outcome:
    of = grid.make(small(), [read_axis(text) for text in varied], repeats=seeds)
    said = told or {}
    return Outcome(
        of,
        [
            [record(0.8 + i / 100, said.get(i, ()), bytes=1000 + i)] * seeds
            for i in range(len(of.rows))
        ],
    )


def shown(of: Outcome, monkeypatch: pytest.MonkeyPatch, wide: int = 80) -> str:
    monkeypatch.setenv("COLUMNS", str(wide))
    monkeypatch.setattr(table, "_glyphs", lambda: UNICODE)
    return table.shown(of)


@pytest.mark.parametrize("wide", [60, 80, 110])
@pytest.mark.parametrize(
    "varied", [EIGHT, ("data.drop=mean texture;mean texture,mean smoothness",)]
)
def test_every_row_of_the_plot_can_be_told_from_the_others(
    varied: tuple[str, ...], wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = outcome(*varied)
    names = by_row.names(of, wide)
    lines = shown(of, monkeypatch, wide).split("\n")
    assert len(set(names)) == len(of.grid.rows)
    for name in names:
        assert any(line.startswith(name) and "●" in line for line in lines)
    assert max(map(len, lines)) <= wide


def test_rows_too_long_for_a_plot_are_numbered_in_the_table_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = "data.drop=" + ";".join(
        ("mean texture,mean smoothness", "mean smoothness,worst symmetry")
    )
    lines = shown(outcome(long), monkeypatch, 50).split("\n")
    for number in (1, 2):
        assert any(line.startswith(f"row {number} ") and "●" in line for line in lines)
        assert any(line.split()[:1] == [str(number)] for line in lines)


def test_auc_stays_longer_than_bytes_and_what_is_cut_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every = ["AUC", "sent", "log-loss", "Brier", "weakest", "better alone"]
    for wide in range(50, 130, 5):
        text = shown(outcome(*EIGHT), monkeypatch, wide)
        head = text.split("\n")[2]
        gone = [column for column in every if column not in head]
        assert ("A wider terminal shows" in text) == bool(gone)
        if gone:
            assert words.cut(gone) in " ".join(text.split())
        assert "AUC" in head or "sent" not in head


def test_notes_with_other_numbers_are_told_with_their_own_rows() -> None:
    weighs = "model.class_weight: a case weighs {} and any other patient 0.5; no ε covers them."
    of = outcome(
        "model.class_weight=none,balanced",
        "data.hospitals=2,3,4",
        told={
            3: (weighs.format("3.98"),),
            4: (weighs.format("0.903"),),
            5: (weighs.format("5.76"),),
        },
    )
    found = notes(of)
    assert len(found) == 3
    for row, number in ((3, "3.98"), (4, "0.903"), (5, "5.76")):
        assert f"{of.name(row)}: {weighs.format(number)}" in found


def test_of_many_such_notes_one_is_told_without_the_numbers_in_which_they_differ() -> None:
    told = {i: (f"{100 + i} of 1,000 numbers are missing.",) for i in range(8)}
    assert notes(outcome(*EIGHT, told=told)) == ["… of 1,000 numbers are missing."]
    some = {i: told[i] for i in range(1, 6)}
    assert notes(outcome(*EIGHT, told=some)) == ["5 of 8 rows: … of 1,000 numbers are missing."]
