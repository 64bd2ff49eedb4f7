"""Terminals that can little show every kind of page, and each is left as it was found."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.command import FEDTUI, at_home
from tests.terminal import Pty

PLACES: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {  # name: environment, options
    "console": ({"TERM": "linux"}, ()),
    "vt100": ({"TERM": "vt100"}, ()),
    "no colour": ({"TERM": "xterm", "NO_COLOR": "1"}, ()),
    "ascii": ({}, ("--ascii",)),
    "C": ({"LC_ALL": "C", "LANG": "C"}, ("--no-motion",)),
}
PAGES = {  # key: what stands on its page
    "s": "Settings",
    "b": "alternative worlds",
    "e": "old model",
    "?": "a step forward",
    ":": "Search an action",
    "w": "Only",
    "2": "patients",
    "3": "side by side",
    "4": "Messages",
    "5": "five minutes",
    "a": "Attack",
}
BRIEF = ("s", "b", "e", "?", ":")
COLOUR = re.compile(rb"\x1b\[(?:[0-9]+[;:])*(?:[34][0-8]|9[0-7]|10[0-7])(?:[;:][0-9]+)*m")
PAINTED = "(?s)SERVER.*quit"


def seen(terminal: Pty, keys: str, pattern: str) -> None:
    """Type, and wait for what comes after, to the end of the frame it comes in."""
    start = len(terminal.output)
    terminal.send(keys)
    terminal.wait_for(pattern, start=start)
    for _ in range(20):  # a field's cursor blinks for ever
        if not terminal.read(0.1):
            break


def left_as_found(terminal: Pty, code: int) -> None:
    assert terminal.wait() == code
    assert terminal.modes_left_on() == []
    assert terminal.settings() == terminal.settings_before
    assert "Traceback" not in terminal.text


def opened(home: Path, env: Mapping[str, str], *options: str) -> Pty:
    return Pty([FEDTUI, *options], env=at_home(home, env))


@pytest.mark.parametrize("place", PLACES)
def test_a_poor_terminal_shows_every_page_and_is_left_as_it_was(place: str, tmp_path: Path) -> None:
    env, options = PLACES[place]
    with opened(tmp_path, env, *options) as terminal:
        terminal.wait_for(PAINTED)
        seen(terminal, "]", r"TEST \]")
        for key in PAGES if place == "ascii" else BRIEF:
            seen(terminal, key, PAGES[key])
            seen(terminal, "\x1b", "SERVER")
        terminal.send(" ")
        terminal.wait_for("SEND", start=len(terminal.output))
        terminal.send("q")
        left_as_found(terminal, 0)
        if place == "ascii":
            assert not strange(terminal.output)
        assert bool(COLOUR.search(terminal.output)) == (place != "no colour")


def strange(sent: bytes) -> list[bytes]:
    """Bytes that are none of ASCII's, with what stands before them."""
    return [sent[max(0, m.start() - 30) : m.end()] for m in re.finditer(rb"[\x80-\xff]+", sent)]


# Ends that nobody chose


@pytest.mark.parametrize(
    ("ending", "key"), [(signal.SIGTERM, "s"), (signal.SIGHUP, ":"), (signal.SIGTERM, "e")]
)
def test_a_signal_restores_the_terminal_from_any_page(
    key: str, ending: signal.Signals, tmp_path: Path
) -> None:
    with opened(tmp_path, {"TERM": "linux"}) as terminal:
        terminal.wait_for(PAINTED)
        seen(terminal, key, PAGES[key])
        terminal.signal(ending)
        left_as_found(terminal, 128 + ending)


CRASH = """
from fedtui.lab.app import LabApp
def broken(self):
    patient = "4711-secret"
    raise RuntimeError(f"cannot read {patient}")
LabApp.action_next_plot = broken
from fedtui.cli import main
main()
"""


@pytest.mark.parametrize("can_write", [True, False])
def test_a_mistake_of_ours_restores_the_terminal_and_prints_no_variable(
    can_write: bool, tmp_path: Path
) -> None:
    state = tmp_path / "kept"
    if not can_write:
        state.write_text("a file where the folder should be")
    env = at_home(tmp_path, {"FEDTUI_STATE": str(state)})
    with Pty([sys.executable, "-c", CRASH], env=env) as terminal:
        terminal.wait_for(PAINTED)
        terminal.send("v")
        assert terminal.wait() == 1
        assert terminal.modes_left_on() == []
        assert terminal.settings() == terminal.settings_before
        last = terminal.output.rpartition(b"\x1b[?1049l")[2]
        assert b"RuntimeError" in last
        assert b"4711" not in last
        if can_write:
            assert b"crash.txt" in b"".join(last.split())  # a long path goes over two lines
            assert "4711" not in (state / "crash.txt").read_text()
            assert b"Traceback" not in last
