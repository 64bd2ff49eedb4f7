"""The form, by the keyboard alone, in an app that holds nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from engine import Scenario, run
from engine.codecs.section import CODECS, Compression
from engine.settings import CHANGEABLE
from fedtui import words, worlds
from fedtui.draft import Draft
from fedtui.lab import theme
from fedtui.lab.cells import wrap
from fedtui.lab.form import Form
from fedtui.lab.form_page import Place, Said, count, page
from fedtui.lab.glyphs import ASCII, BLOCK, UNICODE, Glyphs
from fedtui.lab.sheet import SMALLEST
from fedtui.scenarios import load
from tests.builders import small
from tests.lab import lab, rows

OPEN = "still open"


class Host(App[None]):
    def __init__(self, form: Form, palette: theme.Palette = theme.FEDTUI) -> None:
        super().__init__()
        self.form = form
        self.palette = palette
        self.got: Scenario | str | None = OPEN

    def on_mount(self) -> None:
        self.register_theme(self.palette.textual)
        self.theme = self.palette.textual.name
        self.push_screen(self.form, self.take)

    def take(self, got: Scenario | None) -> None:
        self.got = got


class Hand:
    """Presses keys and reads the screen."""

    def __init__(self, app: Host, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> str:
        await self.pilot.press(*keys)
        await self.pilot.pause()
        return self.text

    async def write(self, text: str) -> str:
        """Into the setting in focus."""
        await self.press("enter")
        self.app.form.query_one(Input).value = text
        return await self.press("enter")

    async def close(self) -> Scenario | str | None:
        """Esc, and what comes of it once the patients have been read."""
        await self.press("escape")
        for _ in range(400):
            if self.app.got != OPEN or self.app.form._refusal:
                break
            await asyncio.sleep(0.01)
        await self.pilot.pause()
        return self.app.got

    @property
    def rows(self) -> list[str]:
        return rows(self.app)

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def told(self) -> str:
        """The text as one line, however it was wrapped."""
        return " ".join(" ".join(row.strip("│| ") for row in self.rows).split())

    def row(self, text: str) -> str:
        return next(row for row in self.rows if text in row)


@asynccontextmanager
async def form(
    section: str = "training",
    *,
    scenario: str = "cells",
    only: tuple[str, ...] | None = None,
    size: tuple[int, int] = (80, 24),
    column: Glyphs = UNICODE,
) -> AsyncIterator[Hand]:
    app = Host(Form(Draft.of(load(scenario), only), section, column))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Hand(app, pilot)


async def test_a_rate_is_written_in_place_and_comes_out() -> None:
    async with form() as hand:
        await hand.press("down", "down", "down", "down")
        assert "training.learning_rate: size of a local step." in hand.text
        await hand.write("0.25")
        assert "0.25" in hand.row("learning_rate")
        got = await hand.close()
        assert got == load("cells").replace({"training.learning_rate": 0.25})


async def test_enter_then_the_keys_of_a_number_then_enter_writes_it() -> None:
    async with form("data") as hand:
        await hand.press("down", "enter", "7", "enter")
        assert "7" in hand.row("hospitals   ")
        assert await hand.close() == load("cells").replace({"data.hospitals": 7})


async def test_arrows_step_a_value_and_d_brings_its_default() -> None:
    async with form() as hand:
        assert "35" in await hand.press("right")
        assert "30" in await hand.press("left")
        assert "20" in (await hand.press("d")).splitlines()[1]
        assert "40" not in hand.rows[1]


async def test_a_switch_is_flipped_by_space_and_a_codec_stepped() -> None:
    async with form("compression") as hand:
        await hand.press("space")
        assert "●" in hand.row("Compression")
        assert "qsgd" in await hand.press("right")
        await hand.press("left", "down", "left", "left")
        got = await hand.close()
        assert got == load("cells").replace({"compression.bits": 6})


async def test_a_section_that_is_no_switch_says_so() -> None:
    async with form("training") as hand:
        assert "it cannot be switched off" in await hand.press("space")


async def test_a_refused_value_is_told_under_the_field_and_stays_to_be_mended() -> None:
    async with form() as hand:
        await hand.write("0")
        assert "training.rounds: 0 is out of range" in hand.text
        assert hand.app.form.query_one(Input).has_focus
        await hand.press("escape")
        assert not hand.app.form.query_one(Input).display
        assert "30" in hand.row("rounds   ")
        await hand.press("escape")
        assert hand.app.got is None


async def test_esc_gives_up_what_was_written() -> None:
    async with form() as hand:
        await hand.press("enter", "9", "9", "escape")
        assert "99" not in hand.text
        await hand.press("escape")
        assert hand.app.got is None


async def test_moving_on_takes_what_was_written() -> None:
    async with form() as hand:
        await hand.press("enter", "9", "down", "enter", "4", "tab")
        assert await hand.close() == load("cells").replace(
            {"training.rounds": 9, "training.local_epochs": 4}
        )


async def test_masks_over_one_hospital_are_told_where_they_are_and_not_put_right() -> None:
    async with form("masking") as hand:
        await hand.press("space", *["tab"] * 4, "down")
        await hand.write("1")
        assert "masks need at least 2 hospitals" in hand.told
        assert "×" in hand.row("Masks")
        await hand.press("escape")
        assert hand.app.got == OPEN
        assert "Esc once more leaves everything as it was." in hand.told
        await hand.press("escape")
        assert hand.app.got is None


async def test_after_a_refusal_another_key_takes_the_second_esc_back() -> None:
    async with form("fedprox") as hand:
        await hand.write("40")
        assert "×" in hand.row("FedProx")
        assert "from 2 on local training diverges" in hand.told
        await hand.press("escape", "down", "escape")
        assert hand.app.got == OPEN
        await hand.write("1")
        assert "diverges" not in hand.told
        assert await hand.close() == load("cells").replace({"fedprox.mu": 1.0})


async def test_a_network_can_be_chosen() -> None:
    async with form("model") as hand:
        await hand.press("right")
        assert (await hand.close()).model.kind == "mlp"


async def test_a_source_that_cannot_be_read_keeps_the_form_open() -> None:
    async with form("data") as hand:
        await hand.write("nowhere/patients.csv")
        assert "Other patients" in hand.text
        assert await hand.close() == OPEN
        assert "there is no source or file" in hand.told
        await hand.press("escape")
        assert hand.app.got is None


async def test_a_set_that_is_not_here_keeps_the_form_open_and_says_how_to_fetch_it() -> None:
    async with form("data") as hand:
        await hand.press("right")
        assert "heart-disease" in hand.row("patients from")
        assert await hand.close() == OPEN
        assert "`fedtui data heart-disease --fetch` fetches it" in hand.told


async def test_scenarios_and_the_number_of_hospitals_are_the_first_page() -> None:
    async with form("scenario") as hand:
        assert "●" in hand.row("Breast cells  ")
        await hand.press("down", "down")
        assert "Hiding a whole hospital" in hand.told
        await hand.press("enter")
        assert "100" in hand.row("   hospitals  ")
        await hand.press("down", "down", "down", "right")
        assert await hand.close() == load("network").replace({"data.hospitals": 150})


async def test_what_the_data_do_not_use_says_why() -> None:
    async with form("data", scenario="notebook") as hand:
        await hand.press("down")
        assert "Not in use: source 'notebook' with partition 'natural'" in hand.told


async def test_in_a_branch_patients_stay_and_the_reason_is_told() -> None:
    async with form("data", only=CHANGEABLE) as hand:
        assert "A branch goes on with the same patients" in hand.told
        for key in ("right", "d", "enter"):
            await hand.press(key)
        await hand.press("escape")
        assert hand.app.got is None


async def test_tab_goes_round_all_sections_and_digits_go_to_one() -> None:
    async with form("training") as hand:
        seen = {hand.app.form._section}
        for _ in range(8):
            await hand.press("tab")
            seen.add(hand.app.form._section)
        assert len(seen) == 9
        await hand.press("shift+tab")
        await hand.press("tab")
        assert "privacy.unit" in await hand.press("3")


async def test_a_digit_on_a_number_begins_to_write_it() -> None:
    async with form("training") as hand:
        await hand.press("7", "enter")
        assert hand.app.form._draft.field("training.rounds").value == 7


@pytest.mark.parametrize(
    ("size", "column"),
    [
        ((60, 18), UNICODE),
        ((60, 18), ASCII),
        ((80, 24), BLOCK),
        ((80, 24), ASCII),
        ((120, 40), UNICODE),
        ((160, 50), UNICODE),
    ],
)
async def test_every_setting_is_seen_at_every_size(size: tuple[int, int], column: Glyphs) -> None:
    async with form("scenario", size=size, column=column) as hand:
        at = hand.app.form
        for section in range(9):
            at.action_go(section)
            for _ in range(count(at._draft, at._section)):
                at.call_later(at.action_move, 1)
                await hand.pilot._wait_for_screen()
                page = at._sheet._page
                assert page is not None
                shown = "".join(column.plain(char) for char in page.rows[page.row].name)[:18]
                assert any(shown in line and column["chosen"] in line for line in hand.rows), shown
                assert max(map(len, hand.rows)) <= size[0]
                assert column is not ASCII or hand.text.isascii()


async def test_without_room_a_sentence_asks_for_it_and_the_form_comes_back() -> None:
    async with form() as hand:
        await hand.pilot.resize_terminal(40, 12)
        await hand.pilot.pause()
        assert "60 × 18" in hand.told
        await hand.pilot.resize_terminal(80, 24)
        await hand.pilot.pause()
        assert "local_epochs" in hand.text


async def test_the_field_stays_on_its_setting_when_the_window_changes() -> None:
    async with form("privacy") as hand:
        await hand.press("down", "enter", "3", "1")
        await hand.pilot.resize_terminal(120, 40)
        await hand.pilot.pause()
        await hand.pilot.pause()
        assert "31" in hand.row("privacy budget ε")


async def test_a_megabyte_pasted_is_refused_in_a_sentence_and_quickly() -> None:
    async with form("data") as hand:
        await hand.press("enter")
        before = time.monotonic()
        hand.app.form.query_one(Input).post_message(events.Paste("x" * 1_000_000))
        await hand.pilot.pause()
        await hand.pilot.pause()
        assert time.monotonic() - before < 5  # seconds; a hang is what is meant
        assert "more text than a setting can hold" in hand.told
        hand.app.form.query_one(Input).post_message(events.Paste("y" * 9_000))
        await hand.press("enter")
        assert "yyy" in hand.row("patients from")


async def test_markup_and_escapes_in_a_value_are_shown_as_they_are() -> None:
    async with form("data") as hand:
        await hand.write("[red]\x1b[2J東京")
        assert "[red]␛[2J" in hand.row("patients from")
        assert "\x1b" not in hand.text


@pytest.mark.parametrize("palette", theme.PALETTES, ids=lambda palette: palette.name)
async def test_every_palette_shows_the_form_and_no_cell_goes_without_a_style(
    palette: theme.Palette,
) -> None:
    app = Host(Form(Draft.of(load()), "masking", UNICODE), palette)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("space", "enter", "1")
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        assert "must stay to the end" in strips[1].text
        assert [s for strip in strips for s in strip if s.style is None] == []


# What a choice brings with it, and what it costs


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("privacy.unit", "hospital", ("largest say of one = 0.5", "who adds the noise = server")),
        ("compression.codec", "topk", ("send later what was cut = on",)),
        ("compression.codec", "float16", ()),
    ],
)
def test_settings_that_follow_another_are_told(key: str, value: str, told: tuple[str, ...]) -> None:
    draft = Draft.of(small()).with_section(key.partition(".")[0], on=True)
    followed = draft.followed(key, draft.with_value(key, value))
    said = words.settings_followed(followed) if followed else ""
    assert all(part in said for part in told)
    assert bool(said) == bool(told)


def test_what_somebody_set_does_not_follow() -> None:
    draft = Draft.of(small()).with_value("privacy.clip_norm", 2.0)
    assert "privacy.clip_norm" not in draft.followed(
        "privacy.unit", draft.with_value("privacy.unit", "hospital")
    )


async def test_the_form_says_what_followed_and_what_a_codec_does() -> None:
    async with lab(small()) as at:
        at.app.focus = "compression"
        await at.press("enter")
        text = await at.press("left")  # from quantize to float16
        assert "float16: 2 bytes a number" in text
        assert "11 numbers hardly shows a cost" in " ".join(text.split())
        text = await at.press(*["right"] * 3)
        assert "topk: the largest numbers and their places" in text
        assert "send later what was cut = on" in text


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_is_told_and_as_small_as_told(codec: str) -> None:
    """Sizes of a model of 1,000 numbers beside 4 bytes each, to a fifth: what the sentence says."""
    told = words.choice_told("compression.codec", codec)
    part = {"float16": 1 / 2, "quantize": 1 / 4, "qsgd": 1 / 4, "topk": 1 / 8, "randk": 1 / 10}
    size = Compression.build({"codec": codec}).build_codec().size(1000)
    assert size / 4000 == pytest.approx(part.get(codec, 1 / 32), rel=0.2)
    assert told.startswith(f"compression.codec {codec}: ")


@pytest.mark.parametrize("codec", ["float16", "quantize", "topk"])
def test_a_model_of_11_numbers_hardly_shows_what_a_codec_costs(codec: str) -> None:
    scores = [
        np.mean(
            [
                run(load("cells").replace({"seed": seed, **settings}))["rounds"][-1]["accuracy"]
                for seed in range(1, 4)
            ]
        )
        for settings in ({}, {"compression.codec": codec})
    ]
    assert abs(scores[0] - scores[1]) < 0.015


def test_no_sentence_of_other_settings_has_a_name_of_the_code_in_it() -> None:
    plain = small(compression={})
    old, new = (
        worlds.flat(scenario.as_dict())
        for scenario in (plain, plain.replace({"compression.codec": "topk"}))
    )
    assert words.other_settings(old, new) == (
        "Now how it is written = the largest part and send later what was cut = on."
    )


@pytest.mark.parametrize("partition", ["concept", "pathological"])
def test_a_partition_that_does_not_do_what_it_seems_to_is_told_whole(partition: str) -> None:
    draft = Draft.of(small(data={"partition": partition}))
    line = [field.key for field in draft.fields("data")].index("data.partition")
    told, *_ = page(draft, Place("data", line), Said()).means
    assert told.startswith(f"data.partition {partition}: ")
    assert ("CHANGED" in told) == (partition == "concept")
    assert len(wrap(told, SMALLEST[0] - 4, 99)) <= 3
