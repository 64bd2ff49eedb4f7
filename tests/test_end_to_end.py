"""The installed command in real terminals: what a person sees, does, and finds afterwards."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import FEDTUI, at_home, fedtui, sentence
from tests.terminal import Pty
from tests.tmux import HAS_TMUX, PROMPT, Tmux

BEFORE = r"\bbefore\b[^\n.]* \d+"  # the label at the right end of the old curve, with its value
SIZES = [(80, 24), (120, 40)]
needs_tmux = pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed")


@pytest.fixture
def screen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmux]:
    """The lab in tmux; the shell under it notes its settings and the exit code in files."""
    columns, rows = request.param
    with Tmux(columns, rows, env=at_home(tmp_path)) as tmux:
        tmux.enter(f"cd {tmp_path}; stty -a >before; {FEDTUI}; echo $? >code; stty -a >after")
        tmux.wait_for(r"(?s)round 0 of.*SERVER.*patients.*quit")  # painted to the last row
        yield tmux


def round_of(screen: str) -> int | None:
    """R of "round R of N" in the header."""
    found = re.search(r"round (\d+) of \d+", screen)
    return int(found[1]) if found else None


def reaches(tmux: Tmux, round: int, timeout: float = 20) -> None:
    """Wait until the header shows `round`, or a later one."""
    tmux.wait_until(lambda seen: (round_of(seen) or 0) >= round, timeout, f"round {round}")


def switched_on(screen: str) -> str | None:
    """The keys of the switches that stand on ●, in order; None while not all four are drawn.

    A switch is drawn as `f FedProx ●` or as `f ● FedProx`.
    """
    found = {key: re.search(rf"(?<!\w){key} (?:\w+ )?([●○])", screen) for key in "fpmc"}
    if not all(found.values()):
        return None
    return "".join(key for key, seen in found.items() if seen and seen[1] == "●")


def shows_switches(tmux: Tmux, keys: str) -> None:
    """Wait until exactly the switches of `keys` stand on ●."""
    tmux.wait_until(lambda seen: switched_on(seen) == keys, 20, f"switches on: {keys or 'none'}")


def ended_well(tmux: Tmux, folder: Path) -> None:
    """The shell is back, with the terminal as it was before."""
    tmux.wait_until(lambda _: (folder / "after").exists(), 10, "the shell")
    tmux.wait_for(rf"{PROMPT}\s*\Z")
    assert (folder / "before").read_text() == (folder / "after").read_text()
    assert tmux.flags() == {"alternate": False, "cursor": True, "mouse": False}
    assert "SERVER" not in tmux.screen()


@needs_tmux
@pytest.mark.parametrize("screen", SIZES, indirect=True, ids=str)
def test_the_lab_waits_then_plays_round_after_round(screen: Tmux) -> None:
    assert round_of(screen.screen()) == 0
    screen.press("Space")
    reaches(screen, 6, timeout=60)  # five of them finished
    screen.press("Space")
    screen.wait_for(r"(?s)SERVER.*together")


@needs_tmux
@pytest.mark.parametrize("screen", SIZES, indirect=True, ids=str)
@pytest.mark.parametrize("key", ["f", "p", "m", "c"])
def test_a_switch_flips_and_the_old_curve_stays_as_before(screen: Tmux, key: str) -> None:
    for count in (1, 2, 3):
        screen.press("]")
        reaches(screen, count)
    shows_switches(screen, "")
    assert not re.search(BEFORE, screen.screen())
    screen.press(key)
    shows_switches(screen, key)
    screen.wait_for(BEFORE)
    screen.press(key)
    shows_switches(screen, "")


@needs_tmux
@pytest.mark.parametrize("screen", [SIZES[0]], indirect=True, ids=str)
def test_the_lab_follows_the_window(screen: Tmux) -> None:
    screen.resize(120, 40)
    screen.wait_for(r"Who can read what")
    screen.resize(50, 15)
    screen.wait_until(lambda seen: "SERVER" not in seen and seen.strip(), 10, "a request for room")
    screen.resize(80, 24)
    screen.wait_for(r"(?s)round 0 of.*SERVER")


@needs_tmux
@pytest.mark.parametrize("screen", SIZES, indirect=True, ids=str)
def test_q_leaves_the_terminal_as_it_was(screen: Tmux, tmp_path: Path) -> None:
    screen.press("Space")
    reaches(screen, 1)
    screen.press("q")
    ended_well(screen, tmp_path)
    assert (tmp_path / "code").read_text().strip() == "0"


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("playing", [False, True])
def test_a_signal_too_leaves_the_terminal_as_it_was(
    ending: signal.Signals, playing: bool, tmp_path: Path
) -> None:
    with Pty([FEDTUI], env=at_home(tmp_path)) as terminal:
        terminal.wait_for("SERVER")
        if playing:
            terminal.send(" ")
            terminal.wait_for("TRAIN")
        terminal.signal(ending)
        assert terminal.wait() == 128 + ending
        assert terminal.modes_left_on() == []
        assert terminal.settings() == terminal.settings_before
        assert "Traceback" not in terminal.text


def test_without_a_terminal_it_names_the_headless_way(tmp_path: Path) -> None:
    done = fedtui(home=tmp_path)
    assert done.returncode == 2
    assert "fedtui run" in sentence(done.stderr)


def test_a_dumb_terminal_is_refused_and_left_alone(tmp_path: Path) -> None:
    with Pty([FEDTUI], env=at_home(tmp_path, {"TERM": "dumb"})) as terminal:
        assert terminal.wait() == 2
        assert "fedtui run" in sentence(terminal.text)
        assert b"\x1b" not in terminal.output
