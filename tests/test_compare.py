"""Laws of a comparison: the numbers of single runs, whoever computes them, however often it was ended."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joblib._parallel_backends import ThreadingBackend

from engine import Scenario, run
from engine.baselines import Baselines
from engine.data import memory
from engine.errors import EngineError, ScenarioError
from engine.preparation import prepare
from engine.state import Prepared
from engine.steps import finished
from fedtui import scenarios
from fedtui.comparison import crew, grid, identity, running, table, tables, work
from fedtui.comparison.axes import read_axis
from fedtui.comparison.grid import Grid
from fedtui.comparison.kept import Kept
from fedtui.comparison.outcome import Outcome, as_csv, as_dict, notes
from fedtui.comparison.summary import summed_up
from fedtui.comparison.work import Portion, Task
from fedtui.lab import glyphs
from tests import raw_tables as raw
from tests.builders import CELLS, small, states
from tests.command import FEDTUI, at_home, fedtui, sentence

TINY = small(training={"rounds": 2, "local_epochs": 1})
QUICK = {"rounds": 2, "local_epochs": 1}
OTHER_TRAINING = {
    **{"rounds": 3, "local_epochs": 2, "local_steps": 3, "batch_size": 16, "learning_rate": 0.2},
    **{"participation": 0.5, "weighting": "equal"},  # which a model of one hospital does not have
}
GOING_ON = ["--vary", "fedprox.mu=off,0.1", "--seeds", "60", "--rounds", "9", "--jobs", "2"]


def made(*varied: str, scenario: Scenario = TINY, **options: Any) -> Grid:
    return grid.make(scenario, [read_axis(text) for text in varied], **options)


def ran(of: Grid, folder: Path, *, jobs: int = 1, reach: float | None = None) -> Outcome:
    with Kept(folder / "runs.jsonl") as kept:
        return Outcome(of, running.run(of, kept, jobs=jobs), reach)


def prepared(scenario: Scenario) -> Baselines:
    """The models that a run of `scenario` is compared with."""
    made: Prepared = finished(prepare(scenario, None))
    return made.baselines


@pytest.fixture
def own(tmp_path: Path) -> Path:
    rows = (f"{'ABCD'[i % 4]},{40 + i * 7 % 29},{i * 3 % 11},{i * 5 % 3 % 2}" for i in range(80))
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["hospital,age,chol,label", *rows]) + "\n")
    return path


# The numbers


def test_each_run_has_the_numbers_that_it_has_alone(tmp_path: Path) -> None:
    of = made("privacy.epsilon=off,4", "masking=off,on", repeats=2)
    outcome = ran(of, tmp_path)
    for row, records in zip(of.rows, outcome.records, strict=True):
        for scenario, record in zip(row.scenarios, records, strict=True):
            alone = run(scenario)
            assert {key: record[key] for key in alone["final"]} == alone["final"]
            curve = [each["accuracy"] for each in alone["rounds"]]
            assert [each["accuracy"] for each in record["rounds"]] == curve
            assert record["pooled"] == alone["baselines"]["pooled"]["accuracy"]
            assert record["notes"] == alone["notes"]


def test_one_worker_and_two_give_the_same_numbers(tmp_path: Path) -> None:
    of = made("fedprox.mu=off,0.5", "privacy=off,on", repeats=2)
    (tmp_path / "two").mkdir()
    assert ran(of, tmp_path).records == ran(of, tmp_path / "two", jobs=2).records


def test_the_weakest_hospital_and_those_better_alone_are_those_of_the_run(tmp_path: Path) -> None:
    record = ran(made("fedprox=on"), tmp_path).records[0][0]
    alone = run(TINY.replace({"fedprox": True}))
    together = alone["rounds"][-1]["hospital_accuracy"]
    own_model = alone["baselines"]["local_only"]["per_hospital"]
    assert record["worst_accuracy"] == min(together.values()) == together[record["worst"]]
    assert record["better_alone"] == sum(own_model[name] > together[name] for name in together)


def test_a_backend_that_somebody_chose_does_the_work(tmp_path: Path) -> None:
    asked = []

    class Theirs(ThreadingBackend):
        def submit(self, func: Any, callback: Any = None) -> Any:
            asked.append(func)
            return super().submit(func, callback)

    joblib.register_parallel_backend("theirs", Theirs)
    with joblib.parallel_config("theirs", n_jobs=2):
        outcome = running.compared(TINY, ["fedprox=off,on"], into=tmp_path / "theirs.jsonl")
    assert asked
    assert outcome.records == ran(made("fedprox=off,on"), tmp_path).records


# Kept, and gone on with


def test_a_comparison_that_was_ended_goes_on_to_the_same_end(tmp_path: Path) -> None:
    of = made("fedprox.mu=off,0.1,1", repeats=2)
    path = tmp_path / "kept.jsonl"

    def end(_: int) -> None:
        raise KeyboardInterrupt

    with Kept(path) as kept, pytest.raises(KeyboardInterrupt):
        running.run(of, kept, jobs=1, told=end)
    with Kept(path) as kept:
        left = running.count_missing(of, kept)
        assert 0 < left < running.count_all(of)
        times: list[int] = []
        records = running.run(of, kept, jobs=1, told=times.append)
    assert sum(times) == left
    assert records == ran(of, tmp_path).records


def test_a_larger_grid_runs_only_what_is_new(tmp_path: Path) -> None:
    ran(made("fedprox.mu=0.1,1"), tmp_path)
    with Kept(tmp_path / "runs.jsonl") as kept:
        assert running.count_missing(made("fedprox.mu=off,0.1,1,2"), kept) == 2
        assert running.count_missing(made("fedprox.mu=0.1,1", repeats=3), kept) == 4


def test_runs_done_afresh_are_those_asked_for_and_no_others(tmp_path: Path) -> None:
    ran(made("fedprox.mu=0.1,1"), tmp_path)
    again = made("fedprox.mu=1,2")
    with Kept(tmp_path / "runs.jsonl") as kept:
        kept.draw("somebody's table", 7)
        kept.forget(key for row in running.keys(again) for key in row)
        assert kept.drawn == {}
        assert running.count_missing(made("fedprox.mu=0.1,1,2"), kept) == 2


def test_a_line_torn_by_a_crash_costs_its_own_run_and_no_other(tmp_path: Path) -> None:
    of = made("fedprox.mu=off,0.1,1")
    whole = ran(of, tmp_path).records
    path = tmp_path / "runs.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    with Kept(path) as kept:
        assert running.count_missing(of, kept) == 1
    assert ran(of, tmp_path).records == whole
    with Kept(path) as kept:
        assert running.count_missing(of, kept) == 0


def test_a_file_that_holds_something_else_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("dear diary\n")
    with pytest.raises(EngineError, match="--into"):
        Kept(path)
    assert path.read_text() == "dear diary\n"


def test_a_run_is_known_by_all_that_its_numbers_hang_on_and_by_nothing_else(own: Path) -> None:
    scenario = Scenario.from_dict({"data": {"source": str(own)}})
    key = identity.key(scenario)
    assert identity.key(scenario.replace({"title": "another"})) == key
    assert identity.key(scenario.replace({"seed": 1})) != key
    assert identity.key(scenario.replace({"faults.dropout": 0.1})) != key
    text = own.read_text()
    own.write_text(text.replace("A,40,", "A,41,", 1))  # as long, and as old
    os.utime(own, (1, 1))
    tables.contents.cache_clear()
    changed = identity.key(scenario)
    assert changed != key
    own.write_text(text)
    os.utime(own, (1, 1))
    tables.contents.cache_clear()
    assert identity.key(scenario) == key


def test_files_that_nobody_reads_count_neither_as_contents_nor_as_memory(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wards = tmp_path / "wards"
    wards.mkdir()
    (wards / "a.csv").write_bytes(own.read_bytes())
    demo = raw.write_all(tmp_path / "mimic-demo", raw.mimic(raw.admission(1), raw.admission(2)))
    monkeypatch.setenv("FEDTUI_DATA", str(tmp_path))
    for source in (str(wards), str(demo), "mimic-demo"):
        tables.contents.cache_clear()
        there, bytes = tables.contents(source), tables.size(source)
        folder = demo if source == "mimic-demo" else Path(source)
        assert bytes == sum(path.stat().st_size for path in folder.iterdir()) > 0
        for name in ("runs.jsonl", "CHARTEVENTS.csv.gz", ".hidden.csv"):
            (folder / name).write_text("not a patient in it")
        tables.contents.cache_clear()
        assert (tables.contents(source), tables.size(source)) == (there, bytes)
        for name in ("runs.jsonl", "CHARTEVENTS.csv.gz", ".hidden.csv"):
            (folder / name).unlink()


def test_models_to_compare_with_are_made_anew_where_their_training_is_another() -> None:
    for kind in ("logistic", "mlp"):
        first = small(model={"kind": kind, "hidden": 2} if kind == "mlp" else {}, training=QUICK)
        made = prepared(first)
        for key, value in OTHER_TRAINING.items():
            other = first.replace({f"training.{key}": value})
            again = prepared(other)
            differ = not np.array_equal(made.pooled_params, again.pooled_params)
            assert (identity.basis(other) != identity.basis(first)) == differ, (kind, key)
            assert other.basis == first.basis  # so that a fork may go on from it


def test_a_row_of_a_network_has_its_own_models_beside_it_in_any_order(tmp_path: Path) -> None:
    network = small(model={"kind": "mlp", "hidden": 2}, training=QUICK)
    for order in ("1,3", "3,1"):
        (tmp_path / order).mkdir()
        of = made(f"training.rounds={order}", scenario=network)
        outcome = ran(of, tmp_path / order)
        for row, (record,) in zip(of.rows, outcome.records, strict=True):
            alone = run(row.scenarios[0])["baselines"]
            assert record["pooled"] == alone["pooled"]["accuracy"]
            assert record["alone"] == alone["local_only"]["accuracy"]


def test_a_failure_that_may_pass_is_tried_again(tmp_path: Path) -> None:
    with Kept(tmp_path / "kept.jsonl") as kept:
        kept.add("a", {"error": "there is not enough memory.", "lasting": False})
        kept.add("b", {"error": "training diverged.", "lasting": True})
    with Kept(tmp_path / "kept.jsonl") as kept:
        assert set(kept.records) == {"b"}


# Sharing out


@given(
    bases=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60),
    jobs=st.integers(1, 9),
)
def test_portions_hold_every_run_once_and_one_basis_each(bases: list[str], jobs: int) -> None:
    tasks = [(basis, Task(str(i), TINY)) for i, basis in enumerate(bases)]
    portions = crew.portions(tasks, jobs)
    assert sorted(t.key for p in portions for t in p.tasks) == sorted(t.key for _, t in tasks)
    assert all(bases[int(t.key)] == p.basis for p in portions for t in p.tasks)
    assert max(len(p.tasks) for p in portions) <= max(1, len(tasks) // jobs)


def test_after_a_while_a_worker_hands_back_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_WHILE", -1e9)
    start = states(TINY)[0]
    monkeypatch.setattr(work, "prepared", lambda portion: (start, -1e9))
    tasks = tuple(Task(str(mu), TINY.replace({"fedprox.mu": mu})) for mu in (0.1, 0.2, 0.3))
    first = work.work(Portion("x", tasks))
    assert list(first.records) == ["0.1"]
    assert first.left == Portion("x", tasks[1:])
    assert [key for part in crew.done([Portion("x", tasks)], 1) for key in part.records] == [
        "0.1",
        "0.2",
        "0.3",
    ]


def test_patients_are_prepared_once_for_runs_that_share_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = []
    prepare = work.prepare

    def counted(scenario: Scenario, start: None) -> Any:
        prepared.append(scenario.basis)
        return prepare(scenario, start)

    monkeypatch.setattr(work, "prepare", counted)
    monkeypatch.setattr(work, "_kept", None)
    ran(made("fedprox.mu=0.3,0.4,0.5", repeats=2), tmp_path)
    assert len(prepared) == len(set(prepared)) == 2


def test_workers_are_handed_what_they_share(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = made("fedprox.mu=off,0.1,1", scenario=Scenario.from_dict({"data": {"source": str(own)}}))
    expected = ran(of, tmp_path).records
    prepare = work.prepare

    def once(scenario: Scenario, start: None) -> Any:
        found = yield from prepare(scenario, start)
        own.unlink()  # nobody can read them again
        return found

    monkeypatch.setattr(work, "prepare", once)
    monkeypatch.setattr(work, "_kept", None)
    (tmp_path / "two").mkdir()
    assert ran(of, tmp_path / "two", jobs=2).records == expected


def test_workers_are_no_more_than_memory_holds(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario.from_dict({"data": {"source": str(own)}})
    size = own.stat().st_size * memory.COPIES
    for there, fit in ((None, 8), (size, 1), (3.8 * size, 3), (1000 * size, 8)):
        monkeypatch.setattr(memory, "physical", lambda there=there: there)
        assert running.within_memory([scenario], 8) == fit


# What is varied


def values(text: str) -> list[dict[str, Any]]:
    return [dict(value.settings) for value in read_axis(text).values]


def test_values_are_read_by_their_settings_kind() -> None:
    assert values("fedprox=off,on") == [{"fedprox": False}, {"fedprox": True}]
    assert values("fedprox.mu=off, .1,1") == [
        {"fedprox": False},
        {"fedprox.mu": 0.1},
        {"fedprox.mu": 1.0},
    ]
    assert values("compression.error_feedback=off,on") == [
        {"compression.error_feedback": False},
        {"compression.error_feedback": True},
    ]
    assert values("data.drop=a,b;c") == [{"data.drop": ("a", "b")}, {"data.drop": ("c",)}]
    assert values("data.source=a,b.csv;c.csv") == [
        {"data.source": "a,b.csv"},
        {"data.source": "c.csv"},
    ]
    assert values("seed=3..5,9") == [{"seed": n} for n in (3, 4, 5, 9)]
    assert values("training.rounds=8..10") == [{"training.rounds": n} for n in (8, 9, 10)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("fedprox.mu", "KEY="),
        ("fedprox.mu=", "KEY="),
        ("fedprox.muu=1", "mu"),
        ("training.rounds=1,x", "'x'"),
        ("training.rounds=1,1", "twice"),
        ("fedprox.mu=.1,0.10", "twice"),
        ("seed=9..1", "smaller"),
        ("seed=1..99999999999", "10,000"),
        ("title=a,b", "title"),
        ("training=on,off", "training"),
        ("wings=on", "wings"),
    ],
)
def test_what_cannot_be_varied_is_refused_with_the_way_out(text: str, named: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(named)):
        made(text)


def test_a_section_that_a_value_leaves_off_stays_off_whatever_else_varies() -> None:
    of = made("privacy.epsilon=off,4", "privacy.unit=patient,hospital")
    assert [row.scenarios[0].on("privacy") for row in of.rows] == [False, False, True, True]
    assert running.count_all(of) == 3  # the two without privacy are one run


def test_every_mix_is_a_row_and_the_last_axis_varies_fastest() -> None:
    of = made("fedprox.mu=0,1", "training.rounds=1..3", "seed=5,6", changes={"model.l2": 0.5})
    told = [(s.switches[0].as_dict()["mu"], s.training.rounds) for s in map(first, of.rows)]
    assert told == [(mu, rounds) for mu in (0, 1) for rounds in (1, 2, 3)]
    assert [s.seed for s in of.rows[-1].scenarios] == [5, 6]
    assert {s.model.l2 for row in of.rows for s in row.scenarios} == {0.5}


def first(row: grid.Row) -> Scenario:
    return row.scenarios[0]


def test_a_set_source_keeps_the_keys_that_are_varied_beside_it() -> None:
    of = made(
        "data.alpha=0.1,1", changes={"data.source": "synthetic", "data.partition": "label_mix"}
    )
    assert [first(row).data.alpha for row in of.rows] == [0.1, 1.0]
    assert {first(row).data.partition for row in of.rows} == {"label_mix"}


@pytest.mark.parametrize(
    ("varied", "options", "named"),
    [
        (("fedprox.mu=1", "fedprox.mu=2"), {}, "twice"),
        (("fedprox.mu=1",), {"changes": {"fedprox.mu": 2.0}}, "both set and varied"),
        (("seed=1,2",), {"repeats": 2}, "--seeds"),
        (("data.alpha=1,2", "fedprox=off,on"), {}, "data.alpha: it changes nothing"),
        (("training.rounds=1..200", "seed=1..200"), {}, "40,000"),
        (("masking=off,on", "compression=off,on", "compression.codec=topk"), {}, "--skip-refused"),
    ],
)
def test_a_grid_that_cannot_run_is_refused_whole(
    varied: Sequence[str], options: dict[str, Any], named: str
) -> None:
    with pytest.raises(ScenarioError, match=named):
        made(*varied, **options)


def test_rows_that_cannot_run_are_left_out_on_asking_and_say_why(tmp_path: Path) -> None:
    of = made("masking=off,on", "compression.codec=off,topk", skip=True)
    assert [bool(row.scenarios) for row in of.rows] == [True, True, True, False]
    outcome = ran(of, tmp_path)
    assert "topk" in table.shown(outcome).partition("on       topk")[2]
    assert as_dict(outcome)["rows"][3]["refused"] == of.rows[3].refused
    assert outcome.unfinished == 0


# What came out


records = st.lists(
    st.lists(st.floats(0, 1).map(lambda x: {"accuracy": x, "rounds": []}), min_size=4, max_size=4),
    min_size=2,
    max_size=5,
)


@given(records)
def test_a_difference_is_the_mean_of_differences_seed_by_seed(rows: list[Any]) -> None:
    summaries = summed_up(rows)
    assert summaries[0].difference is None
    for row, summary in zip(rows[1:], summaries[1:], strict=True):
        pairs = [a["accuracy"] - b["accuracy"] for a, b in zip(row, rows[0], strict=True)]
        assert summary.difference is not None
        assert summary.difference.mean == pytest.approx(statistics.fmean(pairs))
        assert summary.difference.sd == pytest.approx(statistics.stdev(pairs))
        assert summary.won == sum(pair > 0 for pair in pairs)


def test_rows_under_one_seed_have_the_same_luck(tmp_path: Path) -> None:
    outcome = ran(made("fedprox.mu=off,0,0.001", repeats=3), tmp_path)
    none, zero, little = outcome.summaries
    assert none.difference is None
    assert zero.difference is not None
    assert (zero.difference.mean, zero.difference.sd) == (0.0, 0.0)
    assert little.difference is not None
    spread = none.of["accuracy"]
    assert spread is not None
    assert spread.sd is not None
    assert little.difference.sd is not None
    assert little.difference.sd < spread.sd / 2


def test_the_round_that_reaches_is_the_first_and_the_middle_seeds(tmp_path: Path) -> None:
    outcome = ran(made(repeats=3, scenario=CELLS), tmp_path, reach=0.75)
    firsts = []
    for scenario in outcome.grid.rows[0].scenarios:
        curve = [each["accuracy"] for each in run(scenario)["rounds"]]
        firsts.append(next((i for i, x in enumerate(curve, 1) if x >= 0.75), 10**9))
    found = outcome.summaries[0].of["reached"]
    assert found is not None
    assert found.mean == statistics.median(firsts)


def test_a_row_that_diverges_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    of = made("training.learning_rate=0.1,900", scenario=CELLS, changes={"model.l2": 1.0})
    outcome = ran(of, tmp_path)
    assert "error" not in outcome.records[0][0]
    assert "diverged" in outcome.records[1][0]["error"]
    assert outcome.unfinished == 1
    assert "diverged" in table.shown(outcome)
    *_, line = csv.DictReader(io.StringIO(as_csv(outcome)))
    assert "diverged" in line["error"]
    assert line["accuracy"] == ""


def test_csv_has_a_line_for_each_run_and_no_formulas(tmp_path: Path) -> None:
    outcome = ran(made("fedprox.mu=off,0.1", repeats=2), tmp_path, reach=0.5)
    lines = list(csv.DictReader(io.StringIO(as_csv(outcome))))
    assert [(line["fedprox.mu"], line["run"], line["seed"]) for line in lines] == [
        ("off", "1", "42"),
        ("off", "2", "43"),
        ("0.1", "1", "42"),
        ("0.1", "2", "43"),
    ]
    flat = [record for row in outcome.records for record in row]
    assert [float(line["accuracy"]) for line in lines] == [r["accuracy"] for r in flat]
    of = made("data.positive='=1;=cmd()", skip=True)
    assert as_csv(Outcome(of, [[] for _ in of.rows])).count("\n=") == 0
    told: dict[str, Any] = {"error": "=1+1.csv, line 2: nothing there.", "lasting": False}
    failed = Outcome(made(), [[told]])
    refused = made("fedprox=off,on")
    rows = tuple(replace(row, scenarios=(), refused="=1+1.csv: no") for row in refused.rows[1:])
    left = Outcome(replace(refused, rows=(refused.rows[0], *rows)), [[told], []])
    for outcome in (failed, left):
        cells = [cell for line in csv.reader(io.StringIO(as_csv(outcome))) for cell in line]
        assert any("=1+1.csv" in cell for cell in cells)
        assert not any(cell.startswith("=") for cell in cells)


@pytest.mark.parametrize("column", [glyphs.UNICODE, glyphs.ASCII])
@pytest.mark.parametrize(
    "varied",
    [
        ("fedprox.mu=off,0.1,1",),
        ("fedprox.mu=0.01,0.1,0.5,1", "masking=off,on"),
        ("privacy=off,on", "training.local_epochs=1,2", "compression.codec=off,float16"),
    ],
)
def test_what_is_shown_fits_eighty_columns_and_acts_on_no_terminal(
    varied: Sequence[str],
    column: glyphs.Glyphs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(table, "_glyphs", lambda: column)
    outcome = ran(made(*varied, repeats=2), tmp_path)
    text = table.shown(outcome)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert column is glyphs.UNICODE or text.isascii()
    for row in outcome.summaries:
        assert row.of["accuracy"] is not None
        assert f"{100 * row.of['accuracy'].mean:.1f}" in text
    assert "one run each" not in text.lower()


def test_a_note_is_told_once_and_of_which_rows(tmp_path: Path) -> None:
    outcome = ran(made("privacy.epsilon=off,4,8", repeats=2), tmp_path)
    told = [note for note in notes(outcome) if "seed is for teaching" in note]
    assert len(told) == 1
    assert told[0].startswith("privacy.epsilon=4; privacy.epsilon=8: ")


# On one's own data


def test_under_noise_on_own_data_all_rows_share_a_seed_nobody_knows(
    own: Path, tmp_path: Path
) -> None:
    scenario = Scenario.from_dict({"data": {"source": str(own)}, "training": {"rounds": 2}})
    of = made("privacy.epsilon=off,4", scenario=scenario, repeats=2)
    path = tmp_path / "kept.jsonl"
    with Kept(path) as kept:
        hidden, seed = running.secret(of, kept, chosen=False)
        assert seed is not None
        assert seed > 2**40
        assert {row.scenarios[0].seed for row in hidden.rows} == {seed}
        outcome = Outcome(hidden, running.run(hidden, kept, jobs=1))
    told = json.dumps(as_dict(outcome)) + as_csv(outcome) + table.shown(outcome)
    assert str(seed) not in told
    assert str(seed + 1) not in told
    assert path.stat().st_mode & 0o777 == 0o600
    with Kept(path) as kept:  # the same command goes on with it
        assert running.secret(of, kept, chosen=False)[1] == seed
        own.write_text(own.read_text() + "A,50,3,1\n")
        tables.contents.cache_clear()
        other = running.secret(of, kept, chosen=False)[1]
    assert other != seed  # or two tables would differ by a patient and by no noise


@pytest.mark.parametrize("key", ["data.test_fraction", "data.drop"])
def test_patients_that_settings_change_by_one_never_share_their_noise(
    own: Path, tmp_path: Path, key: str
) -> None:
    scenario = Scenario.from_dict({"data": {"source": str(own)}, "privacy": {}})
    one, other = {"data.test_fraction": (0.21, 0.215), "data.drop": ((), ("chol",))}[key]
    with Kept(tmp_path / "kept.jsonl") as kept:

        def drawn(*varied: str, **changes: Any) -> int | None:
            of = made(*varied, scenario=scenario, changes=changes)
            return running.secret(of, kept, chosen=False)[1]

        first = drawn("privacy.epsilon=4,8", **{key: one})
        assert drawn("privacy.epsilon=4,8", **{key: other}) != first
        assert drawn("privacy.epsilon=1,4,8", **{key: one}) == first  # a larger grid goes on
        both = made("data.test_fraction=0.21,0.215", scenario=scenario)
        assert running.secret(both, kept, chosen=False)[1] != first


def test_a_file_that_anybody_could_read_is_its_owner_s_before_a_seed_is_in_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "kept.jsonl"
    with Kept(path) as kept:
        kept.add("a", {"accuracy": 1.0})
    path.chmod(0o644)
    with Kept(path) as kept:
        kept.draw("somebody's table", 7)
    assert path.stat().st_mode & 0o777 == 0o600


def test_nobody_is_told_to_publish_more_than_one_model_of_one_noise(tmp_path: Path) -> None:
    outcome = ran(made("privacy.epsilon=4,8"), tmp_path)
    told = " ".join(table.shown(outcome).split())
    assert "Rows share their noise: publish one of these models at most" in told
    assert "spends both" not in told


def test_a_secret_seed_is_told_by_no_row_that_shares_it(own: Path, tmp_path: Path) -> None:
    of = made(f"data.source=breast-cancer,{own}", "privacy=off,on", skip=True)
    with Kept(tmp_path / "kept.jsonl") as kept:
        hidden, seed = running.secret(of, kept, chosen=False)
        outcome = Outcome(hidden, running.run(hidden, kept, jobs=1))
    told = as_dict(outcome)
    assert told["seeds"] is None
    assert str(seed) not in json.dumps(told)
    assert str(seed) not in as_csv(outcome)
    for row in told["rows"]:
        assert Scenario.from_code(row["code"]).seed == 42  # what a code without a seed opens with


def test_a_row_s_code_opens_that_row(tmp_path: Path) -> None:
    outcome = ran(made("fedprox.mu=0.1,1"), tmp_path)
    for row, told in zip(outcome.grid.rows, as_dict(outcome)["rows"], strict=True):
        assert Scenario.from_code(told["code"]) == row.scenarios[0]


def test_a_seed_that_somebody_chose_is_kept_and_public_data_needs_none(
    own: Path, tmp_path: Path
) -> None:
    scenario = Scenario.from_dict({"data": {"source": str(own)}, "privacy": {}})
    with Kept(tmp_path / "kept.jsonl") as kept:
        of = made("fedprox=off,on", scenario=scenario)
        assert running.secret(of, kept, chosen=True) == (of, None)
        public = made("privacy=off,on")
        assert running.secret(public, kept, chosen=False) == (public, None)


# The command


def test_the_command_tells_one_json_object_and_runs_nothing_twice(tmp_path: Path) -> None:
    asked = ("compare", "--vary", "fedprox.mu=off,1", "--rounds", "2", "--jobs", "1", "--json")
    one, two = (fedtui(*asked, home=tmp_path) for _ in range(2))
    assert (one.returncode, one.stderr) == (0, "")
    told = json.loads(one.stdout)
    assert [row["settings"]["fedprox.mu"] for row in told["rows"]] == ["off", "1"]
    single = run(scenarios.load().replace({"training.rounds": 2}))
    first_run = told["rows"][0]["runs"][0]
    assert {key: first_run[key] for key in single["final"]} == single["final"]
    assert one.stdout == two.stdout
    assert "all 2 runs" in sentence(two.stderr)


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ([], 2, "--vary"),
        (["--vary", "fedprox=off,on", "--json", "--csv"], 2, "--csv"),
        (["--vary", "fedprox=off,on", "--set", "data.source=missing.csv"], 2, "missing.csv"),
        (["--vary", "data.source=breast-cancer,nosuch.csv"], 2, "nosuch.csv"),
    ],
)
def test_bad_input_ends_with_one_sentence(
    arguments: list[str], code: int, named: str, tmp_path: Path
) -> None:
    done = fedtui("compare", *arguments, "--jobs", "1", home=tmp_path)
    assert done.returncode == code
    assert done.stdout == ""
    assert named in sentence(done.stderr)


def begun(home: Path, kept: Path) -> subprocess.Popen[str]:
    """A comparison in a session of its own that has finished some runs and has many to go."""
    process = subprocess.Popen(
        [FEDTUI, "compare", *GOING_ON, "--into", str(kept)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=at_home(home),
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not kept.exists() or kept.read_bytes().count(b"\n") < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no run ever finished"
        time.sleep(0.02)
    return process


def alone_within(seconds: float, session: int) -> bool:
    """Whether the session's last process ends in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("had", "ends"), [(True, True), (False, False)])
def test_a_worker_whose_parent_died_before_the_first_portion_ends_and_others_do_not(
    had: bool, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, ended = 1 << 30, threading.Event()
    parent = SimpleNamespace(pid=gone) if had else None
    monkeypatch.setattr(work.multiprocessing, "parent_process", lambda: parent)
    monkeypatch.setattr(work.os, "_exit", lambda code: ended.set())
    work._end_with.__wrapped__(gone)
    assert ended.wait(5 if ends else 0.1) == ends


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_an_end_leaves_no_process_behind_and_what_was_done_is_kept(
    ending: signal.Signals, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.jsonl"
    process = begun(tmp_path, kept)
    try:
        # Ctrl-C goes to all of a terminal's processes; a kill to one of them
        (os.killpg if ending is signal.SIGINT else os.kill)(process.pid, ending)
        _, said = process.communicate(timeout=30)
        assert alone_within(30, process.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    done = len(Kept(kept).records)
    assert done > 0
    if ending is signal.SIGINT:
        assert process.returncode == 130
        assert f"{done} of 120 runs are kept" in sentence(said)
