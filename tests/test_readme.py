"""What the README says to type works as it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import FEDTUI

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
SHELL = [
    line.strip()
    for line in re.findall(r"^    (\.venv/bin/fedtui (?:run|scenarios|epsilon).*)$", README, re.M)
]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)


def test_there_are_examples():
    assert len(SHELL) >= 6
    assert PYTHON


@pytest.mark.parametrize("line", SHELL)
def test_every_headless_command_runs(line, tmp_path):
    (tmp_path / "my.csv").write_text(
        "hospital,label,age\n"
        + "".join(f"{h},{i % 2},{40 + i * 3 % 29}\n" for h in "AB" for i in range(20))
    )
    words = [FEDTUI, *shlex.split(line)[1:]]
    done = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("code", PYTHON)
def test_every_python_example_runs(code, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 6


def test_every_file_it_names_is_there():
    root = Path(__file__).parents[1]
    for name in re.findall(r"`((?:engine|fedtui|docs|tests)/[\w./]*)`", README):
        assert (root / name).exists(), name
