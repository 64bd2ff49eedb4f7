"""The words: a sentence for every moment, with today's numbers, that fits the smallest window."""

from __future__ import annotations

from typing import Any

import pytest

from engine import Scenario
from engine.codecs.section import CODECS
from fedtui import words
from fedtui.scenarios import load
from fedtui.view import View, start
from tests.builders import small
from tests.test_lab_scene import PROTECTED, at, moments

ALONE = small(data={"hospitals": 1})
CODED = [small(compression={"codec": codec, "prune": 0.3}) for codec in CODECS]
SCENARIOS = [small(), small(privacy={}), small(masking={}), *CODED, PROTECTED, ALONE]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_moment_has_a_sentence(scenario: Scenario) -> None:
    seen = set()
    for view in moments(scenario, rounds=99):
        sentences = words.right_now(view, chosen=0)
        assert sentences, view.moment
        assert all(text[-1] in ".…" for text in sentences)
        assert not any("nan" in text or "None" in text or "inf" in text for text in sentences)
        seen.add(view.moment)
    assert {"RunStarted", "ModelSent", "EpochTrained", "Aggregated", "RoundFinished"} <= seen
    assert view.finished


@pytest.mark.parametrize(
    "flips",
    [
        *[{}, {"privacy": True}, {"masking": True}],
        *[{"compression.codec": codec, "compression.prune": 0.3} for codec in CODECS],
    ],
)
def test_on_the_default_scenario_every_sentence_fits_one_line(flips: dict[str, Any]) -> None:
    rounds = 3 if "compression.codec" in flips else 99
    for view in moments(load("cells").replace(flips), rounds):
        assert [text for text in words.right_now(view, 1)[:2] if len(text) > 78] == []


@pytest.mark.parametrize("extra", [{}, {"compression": {}}], ids=str)
def test_with_masks_on_no_sentence_says_that_nothing_hides_an_update(extra: dict[str, Any]) -> None:
    told = [words.right_now(v, 0) for v in moments(small(masking={}, **extra), 99)]
    assert not any("nothing hides it" in text for texts in told for text in texts)
    assert any("masks come before it leaves" in text for texts in told for text in texts)
    bare = [words.right_now(v, 0) for v in moments(small(**extra), 99)]
    assert any("nothing hides it" in text for texts in bare for text in texts)


@pytest.mark.parametrize("codec", CODECS)
def test_the_bytes_told_of_a_codec_are_those_of_its_messages(codec: str) -> None:
    view = at(small(compression={"codec": codec, "fraction": 0.5, "prune": 0.5}), "UpdatesSent")
    size, whole = int(view.hospitals.size[0]), 12 + 4 * view.parameters
    assert f"{size} bytes a message, not {whole}" in words.shorter(view)
    assert f"sent {size} bytes in place of {whole}" in words.right_now(view)[0]
    assert view.model_size == 12 + 1 + 4 * 2


def test_each_codec_has_a_badge_of_its_own() -> None:
    told = [words.badges(start(scenario))["compression"] for scenario in CODED]
    short = [words.short_badges(start(scenario))["compression"] for scenario in CODED]
    assert len(set(told)) == len(set(short)) == len(CODECS)
    assert all(badge.endswith("pruned 30 %") for badge in told)


@pytest.mark.parametrize(
    ("epsilon", "told"),
    [
        (0.1, 'the best guess "was it in?" is right in 51 %.'),
        (1, 'the best guess "was it in?" is right in 55 %.'),
        (4, 'the best guess "was it in?" is right in 68 %.'),
        (200, "so little hides nobody."),
    ],
)
def test_what_noise_hides_is_told_by_how_much_there_is(epsilon: float, told: str) -> None:
    view = at(small(privacy={"unit": "hospital", "epsilon": epsilon}), "Aggregated")
    assert words.right_now(view)[1].endswith(told)


def test_noise_after_rounds_without_is_not_praised() -> None:
    late = {"change": [{"round": 2, "set": {"privacy.unit": "hospital"}}]}
    views = moments(Scenario.from_dict({**small().given, **late}), rounds=2)
    (told,) = [words.right_now(v)[1] for v in views if v.round == 2 and v.moment == "Aggregated"]
    assert told.endswith("the rounds before had none, and hid nobody.")


def test_the_sentence_speaks_of_the_chosen_hospital_if_it_takes_part() -> None:
    view = at(small(), "UpdatesSent")
    assert words.right_now(view, 2)[0].startswith("C sent")
    half = at(small(training={"participation": 0.5}), "UpdatesSent")
    absent = next(i for i in range(4) if not half.hospitals.drawn[i])
    present = words.letter(int(half.hospitals.cohort[0]))
    assert words.right_now(half, absent)[0].startswith(f"{present} sent")


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")]
)
def test_hospitals_are_lettered_like_columns(index: int, letters: str) -> None:
    assert words.letter(index) == letters


def table(view: View) -> dict[str, tuple[str, str, str]]:
    return {
        what: (server, others, network) for what, server, others, network in words.readers(view)
    }


def test_who_can_read_what_changes_with_each_switch() -> None:
    plain, masked = table(at(small(), "ModelSent")), table(at(small(masking={}), "ModelSent"))
    noisy = table(at(small(privacy={}), "ModelSent"))
    server = table(at(small(privacy={"unit": "hospital"}), "ModelSent"))
    local = table(at(small(privacy={"unit": "hospital", "noise_by": "hospital"}), "ModelSent"))
    bare = table(at(small(privacy={"epsilon": "inf"}), "ModelSent"))
    assert plain["one update"] == ("yes", "no", "no")
    assert masked["one update"] == ("no", "no", "no")
    assert masked["sum of all"] == plain["sum of all"] == ("yes", "yes*", "no")
    for table_at_home in (noisy, local):
        assert table_at_home["one update"] == ("noisy", "no", "no")
        assert table_at_home["sum of all"] == ("noisy", "noisy*", "no")
    assert server["one update"][0] == "yes"
    assert server["sum of all"] == ("yes", "noisy*", "no")
    assert bare == plain
    assert all(rows["patient rows"] == ("no", "no", "no") for rows in (plain, masked, noisy))


def test_masks_over_two_hide_nothing_between_the_two() -> None:
    two = at(small(data={"hospitals": 2}, masking={}), "ModelSent")
    assert table(two)["one update"] == ("no", "yes*", "no")


def test_one_hospital_alone_is_an_open_book() -> None:
    assert table(at(ALONE, "ModelSent"))["one update"] == ("yes", "yes*", "no")


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "0"), (0.001, "0.01"), (1.29, "1.29"), (3.9991, "4"), (float("inf"), "∞")],
)
def test_spent_privacy_is_never_rounded_down(value: float, told: str) -> None:
    assert words.budget(value) == told


def test_the_grey_curve_is_named_by_what_it_was() -> None:
    def view(**sections: dict[str, object]) -> View:
        return start(small(**sections))

    private, masked, other = view(privacy={}), view(masking={}), start(small().replace({"seed": 1}))
    assert words.before_name(view(), private) == "before, no privacy"
    assert words.before_name(private, view()) == "before, with privacy"
    assert words.before_name(masked, private) == "before, with masks no privacy"
    assert words.before_name(other, view()) == "before, seed 1"
    assert words.before_name(view(), view()) == "before"


def test_what_is_switched_on_is_told_in_the_header() -> None:
    assert list(words.badges(start(PROTECTED)).values()) == [
        "+ FedProx μ 0.1",
        "+ privacy ε 8, one patient",
        "+ masks",
        "+ 8 bits",
    ]
