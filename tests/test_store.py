"""Laws of what is kept: whole or not there, never somebody else's, and no file stops the lab."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.settings import plain
from fedtui import files, preferences, session
from fedtui.preferences import Preferences
from fedtui.session import Keeper, Kept, Session
from tests.builders import CELLS

GIVEN = plain(CELLS.given)
ROUNDS = CELLS.training.rounds

TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
KEPT = st.builds(
    Kept,
    given=st.just(GIVEN),
    name=TEXT,
    fork=st.integers(0, ROUNDS),
    curve=st.lists(st.integers(0, 172), max_size=ROUNDS).map(tuple),
)


def left(round: int = 3, place: str = "", client: str = "", name: str = "") -> Session:
    """A session as a learner leaves it, written and let go."""
    with Keeper(place, client) as keeper:
        kept = keeper.session(branches=(Kept(GIVEN, name, curve=(1, 2, 3)),), round=round)
        assert keeper.save(kept) == ""
    return kept


def offered(place: str = "", client: str = "") -> Session | None:
    """What the next start is offered; nothing is found broken on the way."""
    offer, sentence = Keeper(place, client).offer()
    assert sentence == ""
    return offer and offer.session


def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that cannot be made, not even by root: its parent is a file."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FEDTUI_STATE", str(tmp_path / "file" / "state"))


# Files


@given(st.dictionaries(TEXT.filter(lambda key: key != "fedtui"), JSON, max_size=5))
def test_what_is_written_is_read(content: dict[str, Any]) -> None:
    path = files.folder() / "any.json"
    assert files.write(path, content) == ""
    found, sentence = files.read(path)
    assert sentence == ""
    assert repr(found) == repr({"fedtui": files.FORMAT, **content})  # nan differs from itself


def test_files_are_for_their_owner_alone(state: Path) -> None:
    left()
    assert preferences.save("", Preferences()) == ""
    assert {path.stat().st_mode & 0o077 for path in state.iterdir()} == {0}


def test_a_file_that_is_not_there_is_no_failure(state: Path) -> None:
    assert files.read(state / "nothing.json") == (None, "")


@given(st.binary(max_size=300))
def test_any_bytes_are_defaults_and_a_sentence_and_stay(found: bytes) -> None:
    path = files.folder() / "preferences.json"
    path.write_bytes(found)
    before = set(path.parent.iterdir())
    kept, sentence = preferences.load("")
    assert kept == Preferences()
    assert sentence.count("\n") == 0
    assert path.name in sentence
    (aside,) = set(path.parent.iterdir()) - before
    assert aside.read_bytes() == found


@given(st.integers(1, 400))
def test_a_truncated_session_is_never_taken_for_a_whole_one(cut: int) -> None:
    for path in files.folder().glob("session-*"):
        path.unlink()
    (path,) = [files.folder() / left().file]
    whole = path.read_bytes()
    path.write_bytes(whole[: -min(cut, len(whole))])
    offer, sentence = Keeper().offer()
    assert offer is None
    assert "damaged" in sentence


def test_a_later_version_s_file_is_set_aside_whole(state: Path) -> None:
    path = state / "preferences.json"
    later = json.dumps({"fedtui": files.FORMAT + 1, "theme": ["new", "kind"]})
    path.write_text(later)
    kept, sentence = preferences.load("")
    assert kept == Preferences()
    assert "later version" in sentence
    assert preferences.save("", kept) == ""
    assert [p.read_text() for p in state.glob("*.broken*")] == [later]


def test_a_second_broken_file_does_not_replace_the_first(state: Path) -> None:
    for text in ("one", "two", "three"):
        (state / "preferences.json").write_text(text)
        preferences.load("")
    assert {p.read_text() for p in state.glob("*.broken*")} == {"one", "two", "three"}


def test_a_folder_a_pipe_and_an_endless_file_are_a_sentence(state: Path) -> None:
    (state / "folder.json").mkdir()
    os.mkfifo(state / "pipe.json")
    (state / "link.json").symlink_to("link.json")
    for name in ("folder.json", "pipe.json", "link.json"):
        found, sentence = files.read(state / name)
        assert found is None
        assert name in sentence
    with (state / "large.json").open("wb") as file:
        file.truncate(files._LARGEST + 1)
    assert "damaged" in files.read(state / "large.json")[1]


def test_where_nothing_can_be_written_one_sentence_says_so_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere(monkeypatch, tmp_path)
    with Keeper() as keeper:
        kept = keeper.session(branches=(Kept(GIVEN),), round=1)
        assert "cannot be written" in keeper.save(kept)
        assert keeper.save(kept) == ""
        assert keeper.offer() == (None, "")
        session.prune()
    assert preferences.load("")[0] == Preferences()
    assert "cannot be written" in preferences.save("", Preferences())


def test_a_failed_write_leaves_the_old_file_and_no_other(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = state / "kept.json"
    assert files.write(path, {"old": 1}) == ""
    before = set(state.iterdir())

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in files.write(path, {"new": 2})
    assert files.read(path)[0] == {"fedtui": files.FORMAT, "old": 1}
    assert set(state.iterdir()) == before


def test_a_crash_is_written_down_without_a_value(state: Path) -> None:
    def read(cell: str) -> float:
        try:
            return float(cell)
        except ValueError as error:
            raise RuntimeError(f"cannot read {cell}") from error

    patient = str(4700 + 11)
    with pytest.raises(RuntimeError) as caught:
        read(f"{patient}-secret")
    told = files.crashed(caught.value)
    path = state / "crash.txt"
    written = path.read_text()
    assert patient not in written + told
    assert str(path) in told
    assert "ValueError" in written
    assert "RuntimeError" in written
    assert "test_store.py" in written
    assert "left out" in written.splitlines()[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# Preferences


@given(
    st.builds(
        Preferences,
        theme=TEXT,
        plot=TEXT,
        speed=st.floats(0.25, 16),
        lesson=TEXT,
        lesson_open=st.booleans(),
        answers=st.dictionaries(TEXT, TEXT, max_size=3),
        told=st.dictionaries(TEXT, st.integers(), max_size=3),
        others=st.dictionaries(TEXT.map("later-{}".format), JSON, max_size=3),
    )
)
def test_preferences_come_back_a_later_version_s_too(wanted: Preferences) -> None:
    assert preferences.save("", wanted) == ""
    found, sentence = preferences.load("")
    assert sentence == ""
    assert repr(found) == repr(wanted)


@given(st.dictionaries(st.sampled_from(list(vars(Preferences()))), JSON, max_size=4))
def test_preferences_of_other_kinds_are_defaults(found: dict[str, Any]) -> None:
    assert files.write(files.folder() / "preferences.json", found) == ""
    kept, _ = preferences.load("")
    assert isinstance(kept.theme, str)
    assert isinstance(kept.speed, int | float)
    assert all(type(answer) is str for answer in kept.answers.values())
    assert all(type(count) is int for count in kept.told.values())


def test_places_keep_apart() -> None:
    preferences.save("ada", Preferences(theme="dark"))
    preferences.save("bob", Preferences(theme="light"))
    assert preferences.load("ada")[0].theme == "dark"
    assert preferences.load("bob")[0].theme == "light"


@given(st.text(max_size=80))
def test_a_place_is_part_of_a_file_s_name_whatever_it_is_called(name: str) -> None:
    place = session.safe_place(name)
    assert preferences.save(place, Preferences(plot="bytes")) == ""
    assert preferences.load(place)[0].plot == "bytes"
    assert len(list(files.folder().parent.glob("preferences*"))) == 0


# Sessions


@given(st.lists(KEPT, min_size=1, max_size=3), st.integers(1, ROUNDS), st.integers(0, 9))
def test_a_session_comes_back_as_it_was_left(branches: list[Kept], round: int, chosen: int) -> None:
    last = len(branches) - 1
    with Keeper("ada") as keeper:
        kept = keeper.session(
            branches=tuple(branches), shown=last, before=0, round=round, chosen=chosen
        )
        assert keeper.save(kept) == ""
    assert offered("ada") == kept


@given(st.sampled_from(["branches", "shown", "before", "round", "chosen", "when", "given"]), JSON)
def test_a_session_with_anything_in_it_is_used_or_set_aside(key: str, value: Any) -> None:
    path = files.folder() / left().file
    content = json.loads(path.read_text())
    (content["branches"][0] if key == "given" else content)[key] = value
    assert files.write(path, content) == ""
    offer, sentence = Keeper().offer()
    if offer and offer.path == path:
        assert 0 < offer.session.round <= offer.session.branches[0].scenario.training.rounds
    for each in files.folder().glob("session-*.json*"):
        each.unlink()
    assert sentence.count("\n") == 0


@given(st.dictionaries(st.sampled_from(["data", "training", "seed", "privacy", "change"]), JSON))
def test_a_scenario_with_anything_in_it_is_a_sentence(found: dict[str, Any]) -> None:
    path = files.folder() / left().file
    content = json.loads(path.read_text())
    content["branches"][0]["given"] = found
    assert files.write(path, content) == ""
    Keeper().offer()
    for each in files.folder().glob("session-*.json*"):
        each.unlink()


def test_a_session_that_finished_no_round_is_not_offered() -> None:
    left(round=0)
    assert offered() is None


def test_a_running_session_is_offered_to_nobody() -> None:
    with Keeper() as keeper:
        keeper.save(keeper.session(branches=(Kept(GIVEN),), round=2))
        assert offered() is None
    assert offered() is not None


def test_learners_are_offered_their_own_session_only() -> None:
    left(place="ada", client="10.0.0.1")
    left(client="10.0.0.2")
    assert offered("bob", "10.0.0.1") is None
    assert offered("", "10.0.0.1") is None
    assert offered("ada", "10.0.0.9") is not None  # a name counts wherever she sits
    assert offered("", "10.0.0.2") is not None


def test_the_newest_is_offered_and_an_older_one_waits() -> None:
    old, new = left(name="old"), left(name="new")
    for age, kept in ((60, old), (0, new)):
        os.utime(files.folder() / kept.file, times=(time.time() - age,) * 2)
    found = offered()
    assert found == new


def test_one_session_is_taken_over_by_one_process_only() -> None:
    left()
    with Keeper() as one, Keeper() as other:
        (offer, _), (same, _) = one.offer(), other.offer()
        assert offer
        assert same
        assert one.take_over(offer)
        assert not other.take_over(same)
        assert other.offer() == (None, "")


def test_what_another_process_did_meanwhile_is_not_taken_over_and_not_lost() -> None:
    left()
    with Keeper() as slow:
        offer, _ = slow.offer()
        assert offer
        with Keeper() as quick:
            assert quick.take_over(offer)
            quick.save(quick.session(branches=offer.session.branches, round=6))
        assert not slow.take_over(offer)
    found = offered()
    assert found
    assert found.round == 6


def test_without_locks_sessions_are_kept_and_offered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "fcntl", None)
    left()
    with Keeper() as keeper:
        offer, _ = keeper.offer()
        assert offer
        assert keeper.take_over(offer)
        assert keeper.save(keeper.session(branches=offer.session.branches, round=4)) == ""
    session.prune()
    found = offered()
    assert found
    assert found.round == 4


def test_a_session_taken_over_goes_on_in_its_file_and_is_offered_once(state: Path) -> None:
    left()
    with Keeper() as keeper:
        offer, _ = keeper.offer()
        assert offer
        assert keeper.take_over(offer)
        keeper.save(keeper.session(branches=offer.session.branches, round=5))
    assert len(list(state.glob("session-*.json"))) == 1
    found = offered()
    assert found
    assert found.round == 5


def test_a_write_under_way_never_lands_in_the_session_just_taken_over(state: Path) -> None:
    earlier = left(round=5)
    with Keeper() as keeper:
        fresh = keeper.session(branches=(Kept(GIVEN),), round=1)  # made, not yet written
        offer, _ = keeper.offer()
        assert offer
        assert keeper.take_over(offer)
        assert keeper.save(fresh) == ""
    found, _ = files.read(state / earlier.file)
    assert found
    assert found["round"] == 5


def test_many_keepers_never_share_a_file(state: Path) -> None:
    keepers = [Keeper(client=f"10.0.0.{number}") for number in range(30)]
    for number, keeper in enumerate(keepers):
        assert keeper.save(keeper.session(branches=(Kept(GIVEN),), round=1, chosen=number)) == ""
    for keeper in keepers:
        keeper.close()
    assert len(list(state.glob("session-*.json"))) == 30
    found = [offered(client=keeper.client) for keeper in keepers]
    assert [kept.chosen for kept in found if kept] == list(range(30))


def test_old_and_countless_sessions_go_those_that_run_stay(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_MOST", 3)
    with Keeper() as running:
        held = running.session(branches=(Kept(GIVEN),), round=1)
        running.save(held)
        kept = [left(name=str(number)) for number in range(5)]
        ages = [61 * 86_400, 0, 10, 20, 30]
        for age, each in zip([62 * 86_400, *ages], [held, *kept], strict=True):
            os.utime(state / each.file, times=(time.time() - age,) * 2)
        session.prune()
        names = {path.name for path in state.glob("session-*.json")}
        assert names == {held.file, kept[1].file, kept[2].file, kept[3].file}


WRITER = """
from fedtui.session import Keeper, Kept
from tests.test_store import GIVEN
keeper = Keeper("ada")
for round in range(1, 10**9):
    curve = tuple(range(1 + round % 6))
    keeper.save(keeper.session(branches=(Kept(GIVEN, curve=curve),), round=len(curve), chosen=round))
    print(round, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 40])
def test_kill_9_in_the_middle_of_a_write_loses_no_finished_round(state: Path, after: int) -> None:
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER], cwd=root, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        for _ in range(after):
            told = writer.stdout.readline()
        assert offered("ada") is None  # it is held
        os.kill(writer.pid, signal.SIGKILL)
        written = [int(told), *map(int, writer.stdout.read().split())]
    found = offered("ada")
    assert found
    assert written[-1] <= found.chosen <= written[-1] + 1
    assert len(found.branches[0].curve) == found.round


def test_a_save_writes_the_same_whatever_its_size() -> None:
    curve = tuple(range(ROUNDS))
    with Keeper() as keeper:
        kept = keeper.session(
            branches=tuple(Kept(GIVEN, str(i), curve=curve) for i in range(8)), round=1, shown=7
        )
        keeper.save(kept)
        keeper.save(replace(kept, branches=kept.branches[:1], shown=0))
    found = offered()
    assert found
    assert len(found.branches) == 1
