"""Recordings: what was written comes back, whatever was cut off."""

from __future__ import annotations

import dataclasses
import json
import math
import stat
from typing import get_type_hints

import numpy as np
import pytest

from engine import DataError, Scenario, recording
from engine.baselines import Baselines
from engine.events import Event, RoundFinished, RunStarted
from engine.recording import Recorder, read
from tests.builders import events, finished, small

EVERYTHING = small(
    fedprox={}, privacy={}, masking={}, compression={}, training={"participation": 0.75}
)


def same(one: object, other: object) -> bool:
    """Deep equality, arrays by value and type."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(
            one, other, equal_nan=one.dtype.kind == "f"
        )
    if dataclasses.is_dataclass(one):
        names = [
            f.name for f in dataclasses.fields(one) if f.name not in ("prepared", "given", "notes")
        ]
        return type(one) is type(other) and all(
            same(getattr(one, n), getattr(other, n)) for n in names
        )
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return one == other


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> tuple[list[Event], bytes]:
    path = tmp_path_factory.mktemp("recording") / "run.jsonl"
    happened = events(EVERYTHING)
    recorder = Recorder(path)
    for event in happened:
        recorder.add(event)
    recorder.close()
    return happened, path.read_bytes()


def test_every_event_comes_back(recorded, tmp_path):
    happened, content = recorded
    path = tmp_path / "copy.jsonl"
    path.write_bytes(content)
    back = list(read(path))
    assert len(back) == len(happened)
    for one, other in zip(happened, back, strict=True):
        assert same(one, other), type(one).__name__


def test_a_run_cut_at_any_byte_keeps_every_event_before(recorded, tmp_path):
    happened, content = recorded
    path = tmp_path / "torn.jsonl"
    head = content.index(b"\n") + 1
    for cut in [head, head + 1, len(content) // 3, len(content) // 2, len(content) - 1]:
        path.write_bytes(content[:cut])
        back = list(read(path))
        whole = content[:cut].count(b"\n") - 1
        assert len(back) in (whole, whole + 1)  # a cut just before a newline loses nothing
        assert all(same(*pair) for pair in zip(back, happened, strict=False))


def test_a_run_goes_on_from_a_recorded_state_bit_for_bit(recorded, tmp_path):
    happened, content = recorded
    path = tmp_path / "copy.jsonl"
    path.write_bytes(content)
    stored = [e for e in read(path) if isinstance(e, RoundFinished)][2].state
    assert stored.prepared is None
    again = finished(EVERYTHING, start=stored)[-1].state.params
    np.testing.assert_array_equal(
        again, [e for e in happened if isinstance(e, RoundFinished)][-1].state.params
    )


def test_only_the_owner_may_read_it_and_the_first_line_says_why(tmp_path):
    path = tmp_path / "run.jsonl"
    recorder = Recorder(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "noise can be removed" in json.loads(path.read_text().splitlines()[0])["warning"]
    recorder.close()


def test_of_own_data_the_first_line_says_what_else_is_in_it_and_both_can_be_left_out(tmp_path):
    path, table = tmp_path / "run.jsonl", tmp_path / "own.csv"
    rows = "\n".join(f"{'AB'[i % 2]},{i // 2 % 2},{i % 7}" for i in range(40))
    table.write_text(f"hospital,label,age\n{rows}\n")
    seed = 123_456_789_012_345_678
    own = Scenario.from_dict({"seed": seed, "data": {"source": str(table)}, "privacy": {}})
    changing = own.given | {"change": [{"round": 2, "set": {"privacy.epsilon": 8.0}}]}
    happened = events(Scenario.from_dict({**changing, "training": {"rounds": 3}}))
    pooled = json.dumps(happened_baselines(happened).pooled_params.tolist())[1:-1]
    for withheld in (False, True):
        recorder = Recorder(path, own_data=True, withheld=withheld)
        for event in happened:
            recorder.add(event)
        recorder.close()
        head, *lines = path.read_text().splitlines()
        said = json.loads(head)["warning"]
        assert ("are left out" in said) == withheld
        assert ("holds the seed" in said) != withheld
        for secret in (str(seed), pooled.replace(", ", ",")):
            assert any(secret in line for line in lines) != withheld
        assert [type(event) for event in read(path)] == [type(event) for event in happened]
        path.unlink()


def happened_baselines(happened: list[Event]) -> Baselines:
    return next(event.baselines for event in happened if isinstance(event, RunStarted))


def test_the_file_of_a_run_that_never_began_is_not_left_behind(tmp_path):
    path = tmp_path / "run.jsonl"
    Recorder(path).close()
    assert not path.exists()


def test_each_event_reaches_the_file_before_the_next_is_asked_for(tmp_path):
    path = tmp_path / "run.jsonl"
    recorder = Recorder(path)
    for count, event in enumerate(events(small(training={"rounds": 1})), start=1):
        recorder.add(event)
        assert path.read_text().count("\n") == count + 1
    recorder.close()


def test_a_recorded_run_is_never_overwritten(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text("something\n")
    with pytest.raises(DataError, match="exists already"):
        Recorder(path)
    assert path.read_text() == "something\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "line 1"),
        ("x\n", "line 1"),
        ("[]\n", "line 1"),
        ('{"fedtui": 2}\n', "format 2"),
        ('{"fedtui": 1}\n{"$RunFinished": \n{"$RunFinished": {}}\n', "line 2 is damaged"),
        ('{"fedtui": 1}\n{"$Nothing": {}}\n', "line 2 is damaged"),
        ('{"fedtui": 1}\n{"$RunFinished": []}\n', "line 2 is damaged"),
        ('{"fedtui": 1}\n3\n', "line 2 is damaged"),
        ('{"fedtui": 1}\n' + "[" * 100_000 + "\n", "line 2 is damaged"),
        (
            '{"fedtui": 1}\n{"$BudgetReached": {"round": "two", "spent": 1, "budget": 1}}\n',
            "line 2",
        ),
        ('{"fedtui": 1}\n{"$array": "<U500000000", "shape": [1], "values": ["x"]}\n', "line 2"),
    ],
)
def test_what_is_no_recording_gets_a_sentence(content, says, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(content)
    with pytest.raises(DataError, match=says) as refusal:
        list(read(path))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "wrong", ["a word", None, True, [], {}, {"$tuple": ["x"]}, 1.5, -(10**400)]
)
def test_a_value_of_another_kind_is_damage_wherever_it_stands(wrong, recorded, tmp_path):
    """Every field of every event: either the value is of its kind there, or the line is damaged."""
    _, content = recorded
    head, *lines = content.decode().splitlines()
    path, seen = tmp_path / "run.jsonl", set()
    for line in lines:
        ((tag, fields),) = json.loads(line).items()
        for name in fields:
            if (tag, name) in seen:
                continue
            seen.add((tag, name))
            path.write_text(f"{head}\n{json.dumps({tag: {**fields, name: wrong}})}\n")
            hints = get_type_hints(recording._VALUES[tag[1:]], None, vars(recording))
            if recording._is_a(recording._value(wrong), hints[name]):
                assert len(list(read(path))) == 1
                continue
            with pytest.raises(DataError, match="line 2 is damaged"):
                list(read(path))
    assert len(seen) > 60


def test_a_missing_folder_gets_a_sentence(tmp_path):
    with pytest.raises(DataError, match="cannot be written"):
        Recorder(tmp_path / "none" / "run.jsonl")
    with pytest.raises(DataError, match="cannot be read"):
        list(read(tmp_path / "none.jsonl"))


def test_somebody_elses_empty_file_is_not_written_to(tmp_path, monkeypatch):
    path = tmp_path / "theirs.jsonl"
    path.touch()
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(DataError, match="somebody else's file; choose another"):
        Recorder(path)
    assert path.read_bytes() == b""
