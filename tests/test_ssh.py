"""The lab through a real sshd, as in a workshop: painted, still, played, left, lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.lab import PAINTED, SYNC_SUPPORTED, UPDATE
from tests.command import FEDTUI
from tests.sshd import Sshd, alive, hang_up, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "sshd is there")


@pytest.fixture(scope="module")
def server() -> Iterator[Sshd]:
    with Sshd() as server:
        yield server


def until(met: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, f"{seconds} s passed before {what}"
        time.sleep(0.05)


def test_a_session_paints_keeps_still_plays_and_leaves_the_terminal_as_it_was(
    server: Sshd,
) -> None:
    with server.session() as at:
        at.wait_for(PAINTED)
        assert at.mode(1049), "the alternate screen"
        at.send(SYNC_SUPPORTED)
        at.send(" ")
        at.wait_for(r"round\s+1|COMBINE", 30)
        assert at.read(3.0).count(UPDATE) / 3.0 <= 6.5, "motion is not reduced"
        at.send("q")
        assert at.wait() == 0
        assert at.modes_left_on() == []
        assert at.settings() == at.settings_before


def test_a_lost_connection_ends_the_lab_within_seconds(server: Sshd) -> None:
    with server.session() as at:
        at.wait_for(PAINTED)
        at.send(" ")
        at.wait_for("COMBINE|RETURN", 30)
        pid = server.pids[-1]
        assert alive(pid)
        hang_up(at.pid)
        until(lambda: not alive(pid), 10, "the lab ended")


def test_nobody_gets_a_shell(server: Sshd) -> None:
    proof = server.folder / "shell"
    with server.session(f"touch {proof}; exec sh") as at:
        at.wait_for(PAINTED)
        at.send("q")
        assert at.wait() == 0
    assert not proof.exists()


HOSTILE = (
    """"; touch {proof}; " $(touch {proof}) `touch {proof}` '; touch {proof}; ' \\" | touch {proof}""",
    "--help\ntouch {proof}\n../../../../{proof}\x1b[2J" + "é" * 2000,
    "",
)


@pytest.fixture(scope="module")
def places() -> Iterator[Sshd]:
    with Sshd(command=f'{FEDTUI} --place="$SSH_ORIGINAL_COMMAND"') as server:
        yield server


def played(server: Sshd, who: str) -> None:
    with server.session(*([who] if who else [])) as at:
        at.wait_for(PAINTED)
        at.send("]")
        at.wait_for(r"\[ TEST \]", 30)
        at.send("q")
        assert at.wait() == 0


@pytest.mark.parametrize("said", HOSTILE, ids=["quotes", "controls", "nothing"])
def test_what_is_asked_of_the_server_is_a_name_and_never_a_command(
    said: str, places: Sshd, tmp_path: Path
) -> None:
    proof, before = tmp_path / "proof", kept(places)
    played(places, said.format(proof=proof))
    assert not proof.exists()
    assert len(kept(places)) == len(before) + 1
    assert {path.parent for path in kept(places)} == {places.folder / "state" / "fedtui"}


def kept(server: Sshd) -> list[Path]:
    return list(server.folder.rglob("session-*.json"))


def test_anna_gets_her_place_again_and_ben_does_not(places: Sshd) -> None:
    played(places, "anna")
    with places.session("anna") as anna, places.session("ben") as ben:
        anna.wait_for("o brings it back")
        ben.wait_for("no patient leaves")
        assert "o brings it back" not in ben.text
        for each in (anna, ben):
            each.send("q")
            assert each.wait() == 0
