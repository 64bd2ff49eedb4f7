"""Laws of the pages: every number is the view's, nothing is cut that matters, names are text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.binding import Binding

from engine import Scenario, simulate
from engine.attacks.defences import DEFENCES, stands
from engine.attacks.every import every
from engine.codecs.section import CODECS
from engine.events import Aggregated, RunStarted
from engine.wire import DIRECTIONS
from fedtui import words
from fedtui.lab import branches as listing
from fedtui.lab import glyphs
from fedtui.lab.cells import width
from fedtui.lab.page import Page, draw, lines_of
from fedtui.lab.shot import Shot
from fedtui.pages import attack, blocks, compare, data, equation, lessons, messages, readers
from fedtui.pages import words as say
from fedtui.pages.compare import BranchFacts
from fedtui.scenarios import load
from fedtui.view import View, fold, start
from tests.builders import small
from tests.lab import rows
from tests.test_lab_canvas import NASTY
from tests.test_lab_scene import moments

SIZES = [(60, 18), (80, 24), (100, 30), (120, 40), (160, 50)]
PROTECTED = small(
    fedprox={"mu": 0.1}, privacy={"epsilon": 8.0}, masking={}, compression={"bits": 8}
)
SOME = small(
    privacy={"unit": "hospital", "epsilon": 8.0}, training={"rounds": 3, "participation": 0.5}
)
KINDS: dict[str, dict[str, Any]] = {  # of privacy
    "patient": {"epsilon": 4.0},
    "central": {"unit": "hospital", "epsilon": 4.0},
    "local": {"unit": "hospital", "noise_by": "hospital", "epsilon": 4.0},
    "noiseless": {"epsilon": "inf"},
}
PERCEPTRON = small(model={"kind": "mlp", "hidden": 4, "class_weight": "balanced"})
LOSSY = small(faults={"drops": ["2:B"]})
LOST = small(faults={"drops": ["2:B", "2:C"]}, masking={})
CHANGED = Scenario.from_dict(
    {**small().given, "change": [{"round": 2, "set": {"fedprox.mu": 1.0}}]}
)
SCENARIOS = {
    "cells": load("cells"),
    "specialists": load("specialists"),
    "network": load("network"),
    "protected": PROTECTED,
    "some": SOME,
    "lossy": LOSSY,
    "lost": LOST,
    "changed": CHANGED,
    "perceptron": PERCEPTRON,
    **{name: small(privacy=settings) for name, settings in KINDS.items()},
}
STEPS = (("Press → and watch", True, False), ("Press m", False, True), ("Press e", False, False))


@cache
def views(name: str) -> tuple[View, ...]:
    """One view of each kind of moment in the first two rounds, in order."""
    seen: dict[tuple[int, str], View] = {}
    view = start(SCENARIOS[name])
    seen[0, ""] = view
    for event in simulate(SCENARIOS[name]):
        view = fold(view, event)
        if view.round > 2:
            break
        seen[view.round, view.moment] = view
    return tuple(seen.values())


def every_view() -> Iterator[View]:
    for name in SCENARIOS:
        yield from views(name)


def ends(name: str) -> list[View]:
    return [view for view in views(name) if view.moment == "RoundFinished"]


@cache
def attempts() -> tuple[attack.Attacked, ...]:
    """Attacks on one message as it is, under masks, rounded."""
    made = []
    for scenario in (small(), small(masking={}), small(compression={"bits": 2}, privacy={})):
        begun = next(event for event in simulate(scenario) if isinstance(event, RunStarted))
        view = fold(start(scenario), begun)
        made.append(attack.Attacked(view, every(scenario, begun.state, 1, seed=2)))
    tried = stands(scenario, begun.state, 1, seed=2)
    return (*made, attack.Attacked(view, made[-1].made, (*tried[:3], None, *tried[4:])))


def facts() -> tuple[BranchFacts, ...]:
    """Four worlds: two of one past, one protected, one that has not begun."""
    first, later = ends("cells")
    return (
        BranchFacts("as it was", first, False, 0, 1),
        BranchFacts("longer", later, True, 0, 2),
        BranchFacts("all on", ends("protected")[-1], False, 3, 2),
        BranchFacts("new", start(SCENARIOS["cells"]), False, 0, 0),
    )


def pages(view: View) -> list[blocks.Content]:
    """All pages that tell of a view."""
    return [
        equation.content(view, 1),
        readers.content(view),
        messages.content(view, 1 if view.ready else 0),
        data.content(view, 1),
    ]


def others() -> list[blocks.Content]:
    """All pages that tell of something else."""
    return [
        compare.content(facts()),
        compare.content(facts()[:1]),
        compare.content(()),
        lessons.content(STEPS),
        lessons.content([(title, True, False) for title, *_ in STEPS]),
        *map(attack.content, attempts()),
        attack.content(attack.Attacked(ends("cells")[0])),
    ]


def text(content: blocks.Content, wide: int = 120) -> str:
    return blocks.plain(lines_of(content, wide))


def spoken(content: blocks.Content) -> str:
    """All on one line, however it is broken."""
    return " ".join(text(content).split())


# Sizes, terminals, names


@pytest.mark.parametrize("column", [glyphs.UNICODE, glyphs.BLOCK, glyphs.ASCII], ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_line_of_any_page_is_longer_than_the_screen(
    size: tuple[int, int], column: glyphs.Glyphs
) -> None:
    names = SCENARIOS if column is glyphs.UNICODE else ("protected", "lost")
    told = [page for name in names for view in views(name) for page in pages(view)] + others()
    for content in told:
        lines = lines_of(content, size[0], column)
        assert lines
        assert all(sum(width(part) for part, _ in line) <= size[0] - 4 for line in lines)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_page_in_ascii_has_no_other_byte_and_no_unknown_sign(size: tuple[int, int]) -> None:
    told = [page for name in ("protected", "lost") for v in views(name) for page in pages(v)]
    for content in [*told, *others()]:
        shot = Shot(ends("protected")[0], glyphs.ASCII)
        lines = lines_of(content, size[0], glyphs.ASCII)
        for top in range(0, len(lines), size[1] - 4):
            shown = draw(shot, lines, top, *size).text
            assert shown.isascii()
            unicode = blocks.plain(lines_of(content, size[0]))
            assert "?" not in shown.replace('in?"', "") or "?" in unicode.replace('in?"', "")


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_names_from_files_are_shown_literally_and_break_no_row(size: tuple[int, int]) -> None:
    for view in views("lossy"):
        names = tuple((NASTY * len(view.hospitals))[: len(view.hospitals)])
        called = replace(view, hospitals=replace(view.hospitals, names=names))
        for content in pages(called):
            lines = lines_of(content, size[0])
            shown = draw(Shot(called), lines, 0, *size)
            for y in range(size[1]):
                assert sum(width(part) for part, _ in shown.runs(y)) == size[0]
            assert "\x1b" not in blocks.plain(lines)
            assert "\u202e" not in blocks.plain(lines)
            assert not {"\n", "\t"} & set("".join(part for line in lines for part, _ in line))


def test_markup_in_a_name_is_text() -> None:
    view = ends("cells")[0]
    names = ("[bold]St. M", *view.hospitals.names[1:])
    called = replace(view, hospitals=replace(view.hospitals, names=names))
    for content in (equation.content(called), messages.content(called), data.content(called)):
        assert "A ([bold]St. M)" in text(content)


def test_every_style_is_in_every_palette() -> None:
    from fedtui.lab.palettes import STYLES

    told = [page for view in every_view() for page in pages(view)] + others()
    used = {style for content in told for line in lines_of(content, 80) for _, style in line}
    assert used <= set(STYLES)


# The equation


@pytest.mark.parametrize("name", ["cells", "specialists", "lossy", "changed", "network"])
def test_votes_add_up_to_one(name: str) -> None:
    for view in views(name):
        if view.round and view.moment != "SettingsChanged":
            assert equation.terms(view).votes.sum() == pytest.approx(1)
            assert "100.0 %" in text(equation.content(view))


def test_with_privacy_the_planned_patients_divide_whoever_comes() -> None:
    (view,) = [v for v in ends("some") if v.round == 1]
    parts = equation.terms(view)
    planned = view.hospitals.patients.sum() / 2
    assert parts.votes == pytest.approx(view.hospitals.patients[parts.hospitals] / planned)
    assert (abs(parts.votes.sum() - 1) > 1e-9) == (say.PLANNED in spoken(equation.content(view)))


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_model_moves_by_no_more_than_the_terms_allow(name: str) -> None:
    for view in ends(name):
        if view.update_norm is None:
            continue
        parts, facts = equation.terms(view), view.traces.get("privacy", {})
        noise = facts.get("noise_norm", 0.0) + np.sum(parts.votes * facts.get("noise_norms", 0.0))
        quantised = 0.05 if "compression" in view.switches else 1e-4
        assert view.update_norm <= parts.products.sum() + noise + quantised


def test_one_term_is_the_step_the_model_took() -> None:
    scenario = small(data={"hospitals": 2}, training={"rounds": 1, "participation": 0.5})
    view = start(scenario)
    for event in simulate(scenario):
        view = fold(view, event)
        if isinstance(event, Aggregated):
            break
    (product,) = equation.terms(view).products
    assert product == pytest.approx(view.update_norm, rel=1e-5)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_page_tells_each_term_with_its_vote_and_length(name: str) -> None:
    for view in ends(name):
        if view.aborted:
            assert say.LOST in spoken(equation.content(view))
            continue
        parts, shown = equation.terms(view), text(equation.content(view))
        for who, vote, length in list(
            zip(parts.hospitals, parts.votes, parts.lengths, strict=True)
        )[:7]:
            row = next(r for r in shown.splitlines() if r.startswith(f"{words.letter(int(who))} "))
            told = float(re.search(r"(\S+) %", row)[1])  # the last place may go up, to add up
            assert told == pytest.approx(100 * vote, abs=0.1001)
            assert words.number(float(length)) in row
        assert equation._in_units(view.update_norm or 0.0, parts.unit) in shown


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(-4, 0))
def test_rounded_rows_add_up_to_the_rounded_sum_and_none_is_a_unit_off(
    rows: list[float], place: int
) -> None:
    unit, values = 10.0**place, np.array(rows)
    rounded = equation.adding_up(values, unit)
    assert rounded.sum() / unit == pytest.approx(round(values.sum() / unit), abs=1e-6)
    assert np.abs(rounded - values).max() < unit * (1 + 1e-9)


def test_the_rows_on_the_page_add_up_and_it_says_that_they_are_rounded() -> None:
    view = ends("cells")[0]
    shown = text(equation.content(view))
    rows = [r.split()[-1] for r in shown.splitlines() if re.match(r"[A-D] .* %", r)]
    total = next(r.split()[-1] for r in shown.splitlines() if r.startswith("together "))
    assert len(rows) == 4
    assert sum(map(float, rows)) == pytest.approx(float(total), abs=1e-9)
    assert say.ROUNDED in spoken(equation.content(view))


def test_of_many_hospitals_the_first_few_stand_there_and_the_chosen_one() -> None:
    view = ends("network")[0]
    shown = text(equation.content(view, 50))
    assert "… and 92 more" in shown
    assert re.search(rf"^{words.letter(50)} ", shown, re.M)


def test_the_bytes_of_a_round_add_up_to_the_bytes_so_far() -> None:
    for name in ("cells", "protected", "lost"):
        first, second = ends(name)
        for before, after, total in zip(
            equation.round_bytes(first),
            equation.round_bytes(second),
            (second.downlink, second.uplink, second.overhead),
            strict=True,
        ):
            assert before + after == total


def test_bytes_of_the_round_grow_from_nothing_while_it_goes_on() -> None:
    second = [sum(equation.round_bytes(v)) for v in views("protected") if v.round == 2]
    assert second[0] == 0
    assert second == sorted(second)


def test_right_answers_before_and_after_are_the_curve() -> None:
    first, second = ends("cells")
    of = f"of {second.held_out}"
    assert f"after {second.points[1].correct} {of}" in spoken(equation.content(second))
    assert f"before {first.points[0].correct} {of}" in spoken(equation.content(second))
    middle = next(v for v in views("cells") if v.round == 2 and v.moment == "UpdatesSent")
    assert f"after {say.NOT_YET}" in spoken(equation.content(middle))


def test_what_is_switched_on_stands_in_the_equation_and_nothing_else() -> None:
    parts = ("Privacy: hide", "Masks: what", "Compression: fewer", "μ/2")
    plain, full = (spoken(equation.content(ends(name)[0])) for name in ("cells", "protected"))
    assert not any(part in plain for part in parts)
    assert all(part in full for part in parts)
    view = ends("protected")[0]
    assert f"{words.budget(view.epsilon or 0)} of 8" in full
    assert words.number(view.privacy["noise_std"][0]) in full


def test_a_round_whose_settings_just_changed_shows_no_number_of_the_last() -> None:
    view = next(v for v in views("changed") if v.moment == "SettingsChanged")
    assert say.NO_ROUND in spoken(equation.content(view))
    assert say.NO_MESSAGES in spoken(messages.content(view))


WRITTEN = {  # of four numbers
    "float16": "4 numbers of 2 bytes, and",
    "quantize": "4 numbers in 8 bits each and their scale",
    "qsgd": "4 numbers in 8 bits each, a sign and a level, and the update's length",
    "topk": "the largest 2 of 4 numbers, each of 4 bytes, and its place in 2 bits",
    "randk": "2 of 4 numbers, each of 4 bytes (both ends draw which ones)",
    "sign": "4 numbers in one bit each, the sign, and one size for all",
}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("more", [{}, {"error_feedback": True, "prune": 0.5}], ids=str)
def test_a_codec_is_told_as_it_writes(codec: str, more: dict[str, Any]) -> None:
    scenario = small(compression={"codec": codec, "fraction": 0.5, **more})
    view = next(v for v in moments(scenario) if v.moment == "RoundFinished")
    feedback, pruned = view.switches["compression"]["error_feedback"], "prune" in more
    sent, page = spoken(messages.content(view)), spoken(equation.content(view))
    assert WRITTEN[codec] in sent
    assert ("and what was left out before" in sent) == feedback
    assert ("a bit for each of 4 numbers that says whether it is zero, and 2 of" in sent) == pruned
    size = int(view.hospitals.size.max())
    assert f"bytes of an update {size}, not 28" in page
    assert say.CODED[codec] in page
    assert say.CODED_TERMS[codec][1] in page
    assert ("error feedback" in page) == (say.FED_BACK in page) == feedback
    assert ("magnitude pruning" in page) == (say.ZEROED in page) == pruned
    assert ("left out so far" in page) == feedback


# Messages


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_ledger_adds_up_to_the_bytes_of_the_lab(name: str) -> None:
    for view in views(name):
        told = {way: view.mail.total(way) for way in DIRECTIONS}
        assert told == {
            "uplink": view.uplink,
            "downlink": view.downlink,
            "overhead": view.overhead,
            "setup": view.setup,
        }
        if view.ready:
            assert f"{sum(told.values()):,}" in text(messages.content(view))


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_messages_of_a_round_are_its_bytes(name: str) -> None:
    for view in ends(name):
        sizes = sum(int(batch.sizes.sum()) for batch in view.mail.batches)
        assert sizes == sum(equation.round_bytes(view))


def test_under_masks_a_lost_round_has_no_sum_to_read() -> None:
    first, second = (spoken(messages.content(view)) for view in ends("lost"))
    assert say.SUM_LOST not in first
    assert say.SUM_LOST in second


def test_votes_of_one_each_are_told_as_such() -> None:
    *_, view = simulate_views(small(masking={}, training={"rounds": 1, "weighting": "equal"}))
    assert "a weight of 1" in spoken(messages.content(view))
    assert "patients × update" not in spoken(equation.content(view))
    assert equation.terms(view).votes == pytest.approx(0.25)


def test_the_order_of_messages_is_that_of_the_protocol() -> None:
    shown = text(messages.content(ends("protected")[0]))
    kinds = [
        "4 models",
        "4 pairs of public keys",
        "4 lists of public keys",
        "4 messages of shares,",
        "4 messages of shares passed on",
        "4 masked updates",
        "4 lists of whose updates came",
        "4 messages that open masks",
    ]
    places = [shown.index(kind) for kind in kinds]
    assert places == sorted(places)


def test_who_sent_nothing_is_told() -> None:
    view = ends("lossy")[1]
    assert say.silent("B") in text(messages.content(view))
    assert len(view.mail.batches[-1].hospitals) == 3


# Who can read what


def test_the_page_agrees_with_the_labs_table() -> None:
    for view in every_view():
        if view.ready:
            shown = text(readers.content(view))
            for what, *cells in words.readers(view):
                assert re.search(rf"^{what} +{' +'.join(map(re.escape, cells))}$", shown, re.M)


def test_each_switch_changes_what_the_page_says() -> None:
    plain = spoken(readers.content(next(simulate_views(small()))))
    for section in words.SWITCH_NAMES:
        switched = spoken(readers.content(next(simulate_views(small(**{section: {}})))))
        assert switched != plain
        view = next(simulate_views(small(**{section: {}})))
        assert say.switch_does(view, section) in switched


def last_view(**settings: Any) -> View:
    *_, view = simulate_views(small(training={"rounds": 1}, **settings))
    return view


@pytest.mark.parametrize("masks", [{}, {"masking": {}}])
def test_of_a_lost_round_nobody_reads_anything(masks: dict[str, Any]) -> None:
    names = last_view().hospitals.names
    gone = names[:2] if masks else names
    view = last_view(faults={"drops": [f"1:{name}" for name in gone]}, **masks)
    assert view.aborted
    for _, *cells in words.readers(view):
        assert set(cells) == {"no"}
    shown = spoken(readers.content(view))
    assert say.SAME_MODEL in shown
    assert "It adds the updates up" not in shown


@pytest.mark.parametrize("left", [1, 2])
def test_few_in_the_sum_are_read_by_the_others_however_many_were_drawn(left: int) -> None:
    names = last_view().hospitals.names
    view = last_view(faults={"drops": [f"1:{name}" for name in names[left:]]})
    assert words.in_sum(view) == left < len(names)
    assert words.readers(view)[1][2] == "yes*"


def test_a_model_carries_noise_after_a_round_that_put_it_in_and_not_after_a_lost_one() -> None:
    names = last_view().hospitals.names
    drops = [f"1:{name}" for name in names]
    lost = small(training={"rounds": 3}, privacy={}, faults={"drops": drops})
    sent = [view for view in simulate_views(lost) if view.moment == "ModelSent"]
    assert [words.carries_noise(view) for view in sent] == [False, False, True]


def test_privacy_that_begins_late_says_at_once_that_no_budget_holds() -> None:
    late = {"change": [{"round": 2, "set": {"privacy.epsilon": 4.0}}]}
    seen = list(simulate_views(Scenario.from_dict({**small().given, **late})))
    assert {view.epsilon for view in seen if view.privacy} == {np.inf}


def simulate_views(scenario: Scenario) -> Iterator[View]:
    view = start(scenario)
    for event in simulate(scenario):
        view = fold(view, event)
        if view.ready:
            yield view


# The attack


def test_an_attack_shows_both_records_and_says_who_sees_hers() -> None:
    open_, masked, rounded, _ = (text(attack.content(facts)) for facts in attempts())
    assert say.SUCCEEDED in open_
    assert say.FAILED in masked
    assert say.SUCCEEDED not in rounded
    for shown in (open_, masked, rounded):
        assert shown.count(say.ONLY_YOU) == 5  # with each attack that shows a truth
    made = attempts()[0].made
    assert made is not None
    record = made.record
    for column, true, read in zip(record.columns, record.true, record.recovered, strict=True):
        (row,) = [row for row in open_.splitlines() if row.startswith(column)]
        assert f"{true:.4g}" in row
        assert f"{read:.4g}" in row


def test_the_bytes_shown_are_the_messages() -> None:
    for facts in attempts():
        assert facts.made is not None
        shown, message = text(attack.content(facts)), facts.made.record.message
        for row in re.findall(r"^ +\d+  ((?:[0-9a-f]{2} ?)+)$", shown, re.M):
            assert bytes.fromhex(row) in message
        assert message[:16].hex(" ") in shown


def test_every_attack_has_its_numbers_beside_the_truth() -> None:
    shown, made = text(attack.content(attempts()[0])), attempts()[0].made
    assert made is not None
    assert made.sums is not None
    for heading in (say.CASES, say.RUNS, say.SUMS, say.MEMBERS, say.STOPS):
        assert heading in shown
    (best,) = [row for row in shown.splitlines() if row.startswith(say.AT_BEST)]
    assert re.search(
        rf"  {made.cases.cases} +{made.cases.cases} of {made.cases.patients} +read", best
    )


def test_the_table_of_defences_grows_and_holds_what_was_tried() -> None:
    assert tuple(say.DEFENCES) == tuple(DEFENCES)
    facts = attempts()[-1]
    for tried in range(len(DEFENCES) + 1):
        shown = text(attack.content(replace(facts, stands=facts.stands[:tried])))
        assert (say.trying(tried, len(DEFENCES)) in shown) == (tried < len(DEFENCES))
    for (name, told), found in zip(say.DEFENCES.items(), facts.stands, strict=True):
        (row,) = [row for row in shown.splitlines() if row.startswith(told + "  ")]
        cells = row.removeprefix(told).split()
        if found is None:
            assert cells == [say.NOT_HERE] * 4, name
        else:
            assert cells == [found.record, found.cases, found.one_seed, found.two_seeds], name


# Data and compare


def test_every_hospital_gains_loses_or_stays() -> None:
    for view in every_view():
        won = data.gained(view)
        assert len(won) in (0, len(view.hospitals))
        if won:
            assert sum(won) == view.points[-1].correct - view.alone


def test_differences_are_the_settings_that_differ() -> None:
    plain, full = ends("cells")[0], ends("protected")[0]
    assert compare.differences(plain, plain) == {}
    told = compare.differences(full, plain)
    assert all(told[section] is None for section in words.SWITCH_NAMES)
    fedprox = start(small(fedprox={"mu": 0.5}))
    stronger = start(small(fedprox={"mu": 1.0}))
    assert compare.differences(fedprox, stronger) == {"fedprox.mu": 1.0}
    assert compare.differences(start(small()), fedprox) == {"fedprox": True}
    dropped = start(LOSSY)
    assert compare.differences(start(small()), dropped) == {"faults.drops": ["2:B"]}
    assert say.differs(compare.differences(start(small()), dropped)) == "B drops out of round 2"
    assert compare.differences(dropped, start(small())) == {"faults.drops": []}


def test_many_settings_and_long_lists_are_told_by_their_first_few() -> None:
    changes = compare.differences(start(small()), start(load("network")))
    rest = len(changes) - say.MOST_SETTINGS
    assert rest > 1
    told = say.differs(changes)
    assert told.count(", ") == say.MOST_SETTINGS
    assert told.endswith(f"… and {rest} more")
    assert "more" not in say.differs(dict(list(changes.items())[: say.MOST_SETTINGS]))
    drops = [f"{round}:B" for round in range(1, 40)]
    assert say.differs({"faults.drops": drops}).endswith("round 6, … and 33 more")
    assert say.differs({"data.keep": [f"c{i}" for i in range(30)]}).endswith("c5 … and 24 more")


def test_what_a_learner_tries_is_told_before_what_the_patients_bring_along() -> None:
    other = load("cells").replace(
        {
            **{"data.source": "synthetic", "data.hospitals": 9, "data.patients": 50, "seed": 3},
            **{"data.features": 4, "data.alpha": 2.0, "data.scaling": "none"},
            **{"data.partition": "dirichlet", "data.test_fraction": 0.5, "model.kind": "mlp"},
        }
    )
    changes = compare.differences(start(load("cells")), start(other))
    assert len(changes) > say.MOST_SETTINGS
    assert say.differs(changes).startswith("model = mlp, ")


def test_a_network_is_told_by_its_name() -> None:
    logistic, network = start(small()), start(PERCEPTRON)
    assert words.branch_name(logistic) == "plain, seed 42"
    assert words.branch_name(network) == "mlp, seed 42"
    masked = start(small(model={"kind": "mlp"}, masking={}))
    assert words.branch_name(masked) == "mlp + masks"


def test_branches_are_compared_after_the_last_round_of_both() -> None:
    first, later = ends("cells")
    assert compare.against(first, later) == 0
    assert compare.against(start(small()), later) is None


def test_a_branch_with_other_patients_is_marked() -> None:
    shown = text(compare.content(facts()))
    assert say.OTHER_PATIENTS in " ".join(shown.split())
    assert say.OTHER_PATIENTS not in " ".join(text(compare.content(facts()[:2])).split())


# The screen


class Below(App[None]):
    """An app with a key of its own."""

    pressed = 0

    def action_play(self) -> None:
        self.pressed += 1


KEYS = [Binding("space", "app.play", "play"), Binding("end", "app.play", "not on a page")]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_page_scrolls_over_what_does_not_fit_and_no_further(size: tuple[int, int]) -> None:
    app, view = Below(), ends("protected")[0]
    async with app.run_test(size=size) as pilot:
        page = Page(equation.content, KEYS)
        await app.push_screen(page)
        page.show(Shot(view), view)
        await pilot.pause()
        lines = lines_of(equation.content(view), size[0])
        room = size[1] - 4
        assert rows(app)[2].strip() == say.equation(view)
        assert (say.foot(max(0, len(lines) - room), 0) in rows(app)[-1]) or len(lines) <= room
        await pilot.press("end")
        await pilot.pause()
        last = "".join(part for part, _ in lines[-1]).strip()
        assert last in "\n".join(rows(app))
        bottom = rows(app)
        await pilot.press("down", "pagedown")
        assert rows(app) == bottom
        await pilot.press("home", "up", "pageup")
        await pilot.pause()
        assert rows(app)[2].strip() == say.equation(view)


async def test_the_apps_keys_act_and_escape_closes() -> None:
    app, view = Below(), ends("cells")[0]
    async with app.run_test(size=(80, 24)) as pilot:
        page = Page(equation.content, KEYS)
        await app.push_screen(page)
        page.show(Shot(view), view)
        await pilot.press("space", "end")
        assert app.pressed == 1
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is not page


async def test_enter_closes_a_page_that_leads_somewhere_and_acts_on_the_app() -> None:
    app, view = Below(), ends("cells")[0]
    async with app.run_test(size=(80, 24)) as pilot:
        page = Page(lessons.content, KEYS, "lessons", "app.play")
        await app.push_screen(page)
        page.show(Shot(view), STEPS)
        await pilot.press("enter")
        await pilot.pause()
        assert app.pressed == 1
        assert app.screen is not page


async def test_a_page_follows_the_run_and_a_resize() -> None:
    app = Below()
    first, second = ends("cells")
    async with app.run_test(size=(80, 24)) as pilot:
        page = Page(messages.content, KEYS)
        await app.push_screen(page)
        page.show(Shot(first), first)
        await pilot.pause()
        assert any("Messages of round 1" in row for row in rows(app))
        page.show(Shot(second, notice="Look here."), second)
        await pilot.pause()
        assert any("Messages of round 2" in row for row in rows(app))
        assert "Look here." in rows(app)[-1]
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert any("60×18" in row for row in rows(app))
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert any("Messages of round 2" in row for row in rows(app))


class Listing(Below):
    """An app with the list of branches open."""

    def __init__(self, told: Sequence[BranchFacts]) -> None:
        super().__init__()
        self.told = told
        self.heard: list[object] = []

    def on_mount(self) -> None:
        self.list = listing.Branches(KEYS)
        self.push_screen(self.list, self.heard.append)
        self.call_after_refresh(lambda: self.list.show(Shot(self.told[1].view), self.told))

    def on_branches_rename(self, message: listing.Branches.Rename) -> None:
        self.heard.append((message.index, message.name))

    def on_branches_delete(self, message: listing.Branches.Delete) -> None:
        self.heard.append(message.index)


async def pressed(*keys: str) -> Listing:
    app = Listing(facts())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        app.seen = "\n".join(rows(app))  # type: ignore[attr-defined]
    return app


@pytest.mark.parametrize(
    ("keys", "heard"),
    [
        (("enter",), [listing.Go(1)]),
        (("down", "enter"), [listing.Go(2)]),
        (("end", "down", "enter"), [listing.Go(3)]),
        (("home", "up", "enter"), [listing.Go(0)]),
        (("n",), [listing.Fork()]),
        (("escape",), [None]),
        (("down", "d"), [2]),
        (("d",), []),
        (("down", "r", "space", "x", "enter"), [(2, "x")]),
        (("r", "escape", "escape"), [None]),
        (("r", *["backspace"] * 20, "enter"), []),
    ],
    ids=str,
)
async def test_keys_on_the_list_of_branches(keys: tuple[str, ...], heard: list[object]) -> None:
    app = await pressed(*keys)
    assert app.heard == heard
    assert app.pressed == 0


async def test_the_branch_on_the_screen_is_not_deleted_and_the_list_says_why() -> None:
    app = await pressed("d")
    assert say.KEEP_SHOWN in app.seen  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("column", [glyphs.UNICODE, glyphs.ASCII], ids=str)
def test_the_list_of_branches_keeps_the_cursor_on_the_screen(
    size: tuple[int, int], column: glyphs.Glyphs
) -> None:
    view = ends("cells")[0]
    many = [BranchFacts(NASTY[i % len(NASTY)], view, i == 3, 0, 1) for i in range(40)]
    for cursor in (0, 3, 20, 39):
        canvas = listing.draw(Shot(view, column), many, cursor, "", *size)
        assert canvas.glyphs.plain("▸") in canvas.text
        assert column is not glyphs.ASCII or canvas.text.isascii()
        for y in range(size[1]):
            assert sum(width(part) for part, _ in canvas.runs(y)) == size[0]


def test_the_few_are_in_order_and_hold_the_chosen_one() -> None:
    from fedtui.pages.rows import few

    everyone = np.arange(100)
    for chosen in (0, 7, 8, 99):
        shown = few(everyone, chosen)
        assert len(shown) == 8
        assert chosen in shown
        assert sorted(shown) == list(shown)
