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
COMMANDS = "run|scenarios|epsilon|compare|data|predict"
SHELL = [
    line
    for line in re.findall(rf"^    \.venv/bin/fedtui ((?:{COMMANDS})\b.*)$", README, re.M)
    if "heart-disease"
    not in line  # fetched over the network: tests/test_fetch.py has a server for it
]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all lines, since some read what an earlier one wrote."""
    folder = tmp_path_factory.mktemp("readme")
    rows = (f"{h},{i % 2},{40 + i * 3 % 29}\n" for h in "AB" for i in range(20))
    (folder / "my.csv").write_text("hospital,label,age\n" + "".join(rows))
    return folder


def test_there_are_examples():
    assert {line.split()[0] for line in SHELL} == set(COMMANDS.split("|"))
    assert PYTHON


@pytest.mark.parametrize("line", SHELL)
def test_every_headless_command_runs(line, folder):
    done = subprocess.run(
        f"{shlex.quote(FEDTUI)} {line}",
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or ">" in line
    assert not done.stderr or line.startswith("predict")  # which tells there what its numbers are


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
