"""Laws of what outlives the screen: what was under way comes back, and no file stops the lab."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine import simulate
from fedtui import files
from fedtui.keeping import Keeping
from fedtui.lab.scribe import Scribe
from fedtui.player import Player
from fedtui.preferences import Preferences
from fedtui.session import Keeper
from tests.builders import small
from tests.command import FEDTUI, at_home
from tests.lab import Bench, opened
from tests.terminal import Pty


@asynccontextmanager
async def start(place: str = "ada") -> AsyncIterator[Bench]:
    """The lab as it opens for a learner; what it wrote is all that is left of it afterwards."""
    with Keeper(place) as keeper:
        player = Player.of(small(), simulate)
        async with opened(player, size=(100, 30), keeping=Keeping(keeper)) as bench:
            await written(bench)  # looking for an earlier session waits for the disk
            yield bench
            await written(bench)


async def written(bench: Bench) -> None:
    """Once the disk has what was to be read and written."""
    for _ in range(400):
        if bench.app.scribe and bench.app.scribe.idle:
            break
        await bench.pilot.pause(0.01)


async def test_branches_names_and_curves_come_back_as_they_were() -> None:
    async with start() as at:
        await at.press("right_square_bracket", "right_square_bracket", "right_square_bracket", "f")
        first = [(b.name, b.fork, b.scenario, b.curve) for b in at.app.player.branches]
        points = at.app.player.view.points
        assert len(first) == 2
        assert len(points) == 3
    async with start() as at:
        assert "Earlier:" in at.text
        await at.press("o")
        again = [(b.name, b.fork, b.scenario, b.curve) for b in at.app.player.branches]
        assert again == first
        assert [p.correct for p in at.app.player.view.points] == [p.correct for p in points]
        assert "back where you left it" in at.text
    async with start() as at:
        assert "Earlier:" in at.text  # left again, so offered again
    assert len(list(files.folder().glob("session-*.json"))) == 1


async def test_an_offer_put_away_is_there_at_the_next_start() -> None:
    async with start() as at:
        await at.press("right_square_bracket")
    for _ in range(2):
        async with start() as at:
            assert "Earlier:" in at.text
            assert "Earlier:" not in await at.press("escape")


async def test_a_neighbour_is_offered_nothing() -> None:
    async with start("ada") as at:
        await at.press("right_square_bracket")
    async with start("bob") as at:
        assert "Earlier:" not in at.text


async def test_other_data_is_told_when_a_session_comes_back() -> None:
    async with start() as at:
        await at.press("right_square_bracket", "right_square_bracket")
    (path,) = files.folder().glob("session-*.json")
    content = json.loads(path.read_text())
    content["branches"][0]["curve"][0] += 1
    path.write_text(json.dumps(content))
    async with start() as at:
        assert "not the one it had" in await at.press("o")


def test_kill_9_while_it_plays_and_the_next_start_offers_the_round_that_was_seen(
    tmp_path: Path,
) -> None:
    with Pty([FEDTUI], env=at_home(tmp_path), columns=100, rows=30) as terminal:
        terminal.wait_for("quit")
        terminal.send("+++++ ")
        terminal.wait_for(r"right for \d+ of \d+")
        terminal.read(2.5)
        terminal.signal(signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
    (path,) = files.folder().glob("session-*.json")
    kept = json.loads(path.read_text())
    assert kept["round"] >= 1
    assert len(kept["branches"][0]["curve"]) >= kept["round"]
    with Pty([FEDTUI], env=at_home(tmp_path), columns=100, rows=30) as terminal:
        terminal.wait_for(rf"Earlier: .*round {kept['round']} of")
        terminal.send("q")
        assert terminal.wait() == 0


SPOILT = {
    "damaged": lambda folder: (folder / "preferences.json").write_bytes(b"\x00\xff{"),
    "from a later": lambda folder: (folder / "preferences.json").write_text('{"fedtui": 99}'),
    "damaged;": lambda folder: (folder / "session-1.json").write_text('{"fedtui": 1, "bran'),
    "cannot be": lambda folder: _file_in_place_of(folder),
}


def _file_in_place_of(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("")


@pytest.mark.parametrize("told", SPOILT)
def test_whatever_is_wrong_with_what_was_kept_the_lab_starts_and_says_so(
    told: str, state: Path, tmp_path: Path
) -> None:
    SPOILT[told](state)
    with Pty([FEDTUI], env=at_home(tmp_path), columns=160, rows=40) as terminal:
        terminal.wait_for("SERVER")
        terminal.wait_for(re.escape(told))
        terminal.send("q")
        assert terminal.wait() == 0
        assert "Traceback" not in terminal.text


async def test_the_last_write_comes_after_the_one_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, written = threading.Event(), []

    def prefer(keeping: Keeping, preferences: Preferences) -> str:
        assert gate.wait(10)
        written.append(preferences.speed)
        return ""

    monkeypatch.setattr(Keeping, "prefer", prefer)
    with Keeper("ada") as keeper:
        scribe, player = Scribe(Keeping(keeper)), Player.of(small(), simulate)
        await scribe.look()
        write = scribe.due(player, 0, Preferences(speed=2))
        assert write
        slow = asyncio.ensure_future(write())
        await asyncio.sleep(0)
        assert not scribe.due(player, 0, Preferences(speed=4))  # one at a time
        threading.Timer(0.1, gate.set).start()
        assert scribe.finish(player, 0, Preferences(speed=8))
        assert written == [2, 8]
        assert await slow == ""


def test_a_disk_that_hangs_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(Keeping, "prefer", lambda *_: gate.wait(10) and "")
    with Keeper("ada") as keeper:
        scribe = Scribe(Keeping(keeper))
        assert not scribe.finish(Player.of(small(), simulate), 0, Preferences(speed=2), 0.05)
        gate.set()
