"""The data page: how the hospitals differ, worked out beside the screen and once for a federation."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest

from engine import simulate
from engine.data import load
from engine.recording import Recorder, read
from engine.steps import finished
from fedtui.described import describing
from fedtui.lab import describer
from fedtui.lab.asker import Asker
from fedtui.lab.describer import Describer
from fedtui.lab.glyphs import ASCII
from fedtui.lab.page import lines_of
from fedtui.pages import data
from fedtui.pages import words as say
from fedtui.pages.blocks import plain
from fedtui.player import Player
from fedtui.view import View, fold, start
from tests.builders import small
from tests.lab import lab, opened

UNLIKE = small(data={"source": "breast-cancer", "partition": "dirichlet", "alpha": 0.5})


def views(scenario) -> Iterator[View]:
    view = start(scenario)
    for event in simulate(scenario):
        view = fold(view, event)
        yield view


@pytest.fixture(scope="module")
def ready() -> View:
    return next(view for view in views(UNLIKE) if view.ready)


@pytest.fixture(scope="module")
def told():
    return finished(describing(load(UNLIKE.data, UNLIKE.seed), UNLIKE.seed))


def text(view, wide=80, **facts):
    return plain(lines_of(data.content(view, **facts), wide))


def test_until_it_is_known_the_page_says_so(ready):
    assert say.BEING_MEASURED in text(ready)
    assert say.NO_PATIENTS_HERE in text(ready, recorded=True)


def test_it_tells_the_kinds_the_picture_the_matrix_and_the_columns(ready, told):
    page = text(ready, told=told)
    parts = (say.DATA, say.DIFFERENCES, say.PICTURE, say.CROSSED, say.COLUMNS)
    places = [page.index(part) for part in parts]
    assert places == sorted(places)
    assert say.BEING_MEASURED not in page


def test_what_no_party_could_see_is_marked(ready, told):
    page = " ".join(text(ready, told=told).split())
    picture = page[page.index(say.PICTURE) : page.index(say.CROSSED)]
    assert "Only you can see this" in picture


def test_the_chosen_hospital_lies_on_top(ready, told):
    for chosen, letter in enumerate("AB"):
        page = " ".join(text(ready, chosen=chosen, told=told).split())
        assert f"{letter} is on top" in page
    assert text(ready, chosen=0, told=told) != text(ready, chosen=1, told=told)


async def test_it_is_worked_out_when_the_page_is_opened_and_once_for_all_branches():
    async with lab(UNLIKE) as at:
        assert at.app._describer.told(at.app.player.branch.beginning.prepared.federation) is None
        assert say.KINDS["concept"] in await at.press("2", "down", "down", "down")
        federation = at.app.player.branch.beginning.prepared.federation
        first = at.app._describer.told(federation)
        assert first is not None
        await at.press("escape", "f", "2")
        assert len(at.app.player.branches) == 2
        assert at.app.player.branch.beginning.prepared.federation is federation
        assert at.app._describer.told(federation) is first
        assert at.whole


async def test_other_patients_are_described_anew():
    async with lab(UNLIKE) as at:
        await at.press("2")
        before = at.app._describer.told(at.app.player.branch.beginning.prepared.federation)
        await at.press("R")
        after = at.app._describer.told(at.app.player.branch.beginning.prepared.federation)
        assert before is not None
        assert after is not None
        assert after is not before


async def test_tab_brings_the_next_hospital_to_the_top():
    async with lab(UNLIKE, size=(120, 60)) as at:
        await at.press("2")
        assert "A is on top" in at.text
        assert "B is on top" in await at.press("tab")


async def test_in_plain_characters_it_is_plain():
    async with lab(UNLIKE, size=(80, 24), column=ASCII) as at:
        seen = [await at.press("2"), *[await at.press("pagedown") for _ in range(4)]]
        assert all(page.isascii() for page in seen)
        assert at.whole


async def test_a_recording_says_that_it_holds_no_patients(tmp_path):
    path = tmp_path / "run.jsonl"
    with closing(Recorder(path)) as recorder:
        for event in simulate(small()):
            recorder.add(event)
    async with opened(Player.replaying(read(path), path.name, simulate)) as at:
        assert say.NO_PATIENTS_HERE in " ".join((await at.press("2", "end", "home")).split())


async def test_the_work_is_done_in_small_pieces(monkeypatch):
    """Whoever else asks the engine's thread waits for one piece, not for all of them."""
    order: list[str] = []

    def steps(federation, seed):
        for _ in range(50):
            order.append("piece")
            yield "what", 0, 1
        return "told"

    monkeypatch.setattr(describer, "_A_WHILE", 0.0)
    monkeypatch.setattr(describer, "_steps", steps)
    federation, asker = object(), Asker()
    own = Describer(asker)
    task = asyncio.ensure_future(own.describe(federation, 0, lambda: order.append("done")))
    assert not own.wanted(federation)  # before the task has begun
    while "piece" not in order:
        await asyncio.sleep(0)
    await asker.ask(lambda: order.append("other"))
    assert not own.wanted(object())
    await task
    assert order.index("other") < 40
    assert own.told(federation) == "told"
    assert own.told(object()) is None
    assert not own.wanted(federation)
    assert own.wanted(object())


@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_labels_that_a_partition_changed_are_told_in_full(size):
    turned = small(data={"partition": "concept", "alpha": 0.3})
    (note,) = load(turned.data, turned.seed).notes
    async with lab(turned, size=size) as at:
        seen = await at.press("2")
        for _ in range(8):
            if "labels of" in seen:
                break
            seen = await at.press("down", "down", "down")
        assert say.DONE in seen
        seen = await at.press("down", "down", "down")
        assert note in " ".join(seen.split())


def test_what_was_done_stands_before_what_is_found(ready, told):
    page = text(ready, told=told)
    assert page.index(say.DONE) < page.index(say.DIFFERENCES)
    assert "a yes is  “malignant”" in page


async def test_the_pages_tell_of_one_moment_while_a_round_goes_on():
    async with lab(small()) as at:
        await at.press("]", "]", "right", "right", "right")
        view = at.app.player.shown
        assert (view.round, len(view.points)) == (3, 2)
        assert f"2 of {view.rounds}" in await at.press("3")
        assert "round 3 of" in await at.press("4")
        await at.press("1", "[", "[")
        assert "1 of 6" in await at.press("3")
        assert len(at.app.player.branch.last.points) == 2
