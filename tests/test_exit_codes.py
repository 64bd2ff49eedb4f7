"""The contract of the command line that scripts depend on: exit codes, streams, recordings."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import FEDTUI, at_home, fedtui, sentence
from tests.terminal import Pty

FOREVER = ["run", "--rounds", "60000"]  # longer than any test


def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    done = fedtui("run", "--rounds", "3", "--json", home=tmp_path)
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert [r["round"] for r in result["rounds"]] == [1, 2, 3]
    assert result["final"]["stopped"] is None
    sums = [sum(r[k] for r in result["rounds"]) for k in ("uplink_bytes", "downlink_bytes")]
    assert sum(sums) == result["final"]["bytes"] > 0
    assert sum(kind["bytes"] for kind in result["ledger"].values()) == result["final"]["bytes"]


def test_the_same_command_gives_the_same_result_twice(tmp_path: Path) -> None:
    first, second = (fedtui("run", "--rounds", "2", "--json", home=tmp_path) for _ in range(2))
    assert json.loads(first.stdout)["params"] == json.loads(second.stdout)["params"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "--set", "fedprox.muu=1"], "mu"),
        (["run", "--set", "training.rounds=0"], "training.rounds"),
        (["run", "--set", "training.rounds"], "="),
        (["run", "--without", "wings"], "wings"),
        (["run", "no-such-scenario"], "no-such-scenario"),
        (["run", "no-such-file.toml"], "no-such-file.toml"),
        (["run", "--set", "data.source=missing.csv"], "missing.csv"),
        (["run", "--record", "no/such/folder/file"], "no/such/folder"),
        (["--set", "training.rounds=3"], "`fedtui run --set …`"),
        (["--replay", "no-such-recording"], "fedtui run"),  # no terminal: refused before
        (["scenarios", "no-such-scenario"], "no-such-scenario"),
        (["epsilon", "--q=nan", "--steps=9", "--delta=1e-5", "--epsilon=1"], "nan"),
        (["epsilon", "--q=0.1", "--steps=9", "--delta=nan", "--epsilon=1"], "nan"),
        (["epsilon", "--q=0.1", "--steps=9", "--delta=1e-5", "--epsilon=nan"], "nan"),
        (["epsilon", "--q=0.1", "--steps=9", "--delta=1e-5", "--noise-multiplier=nan"], "nan"),
    ],
)
def test_bad_input_ends_with_2_and_one_sentence(
    arguments: list[str], named: str, tmp_path: Path
) -> None:
    done = fedtui(*arguments, home=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert named in sentence(done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_ends_with_1_and_one_sentence(tmp_path: Path) -> None:
    done = fedtui("run", "--rounds", "2", "--record", "/dev/full", home=tmp_path)
    assert done.returncode == 1
    assert "/dev/full" in sentence(done.stderr)


def until(met: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not met():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def recorded(path: Path, ended_by: signal.Signals) -> tuple[int, str]:
    """Exit code and stderr of a recording run that got `ended_by` while it was writing."""
    with subprocess.Popen(
        [FEDTUI, *FOREVER, "--record", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=at_home(path.parent),
    ) as process:
        until(lambda: lines(path) > 100, process)
        process.send_signal(ended_by)
        _, said = process.communicate(timeout=30)
    return process.returncode, said


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    code, said = recorded(tmp_path / "run.jsonl", signal.SIGINT)
    assert code == 130
    assert "Traceback" not in said


def test_a_killed_recording_is_whole_to_its_last_line_and_replays(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    recorded(path, signal.SIGKILL)
    complete, _, _ = path.read_bytes().rpartition(b"\n")
    written = [json.loads(line) for line in complete.split(b"\n")]
    assert len(written) > 100
    path.write_bytes(complete[:-20])  # the last line torn, as a crash may leave it
    with Pty([FEDTUI, "--replay", str(path)], env=at_home(tmp_path)) as terminal:
        terminal.wait_for("SERVER")
        terminal.send("q")
        assert terminal.wait() == 0


def test_a_recording_is_for_its_owner_only_and_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    assert fedtui("run", "--rounds", "1", "--record", str(path), home=tmp_path).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert "updates" in first
    assert "noise" in first


def test_another_engine_on_the_path_is_named_and_never_run(tmp_path: Path) -> None:
    stranger = tmp_path / "elsewhere" / "engine"
    stranger.mkdir(parents=True)
    (stranger / "__init__.py").write_text("raise SystemExit('the stranger ran')\n")
    done = fedtui("run", home=tmp_path, env={"PYTHONPATH": str(stranger.parent)})
    assert done.returncode == 2
    assert "the stranger ran" not in done.stdout + done.stderr
    assert str(stranger) in sentence(done.stderr)
