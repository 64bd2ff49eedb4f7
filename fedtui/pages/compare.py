"""Branches side by side: what differs in their settings, and what that made of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fedtui import promise, words, worlds
from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Cell, Column, Heading, Said, Table
from fedtui.pages.data import verdict
from fedtui.pages.rows import FEW
from fedtui.view import View

_COLUMNS = (
    Column("", style="accent"),
    Column("branch", style="bright"),
    Column("rounds", right=True),
    Column("right", right=True),
    Column("", right=True),
    Column("diff.", right=True),
    Column("bytes", right=True),
    Column("ε", right=True),
    Column("settings", wraps=True, style="dim"),
)
_SWITCHES = tuple(words.SWITCH_NAMES)
_LAST = {"data": 2, "seed": 1}  # settings that are told after all others
_FAULTLESS: Mapping[str, Any] = {
    "faults.dropout": 0.0,
    "faults.where": "before",
    "faults.drops": [],
}


@dataclass(frozen=True)
class BranchFacts:
    """What is told of a branch.

    Attributes:
        view: What is on the screen of the shown one; of another its last view.
        fork: The round it was forked after; 0 where its settings hold from the start.
    """

    name: str
    view: View
    shown: bool
    fork: int
    rounds_done: int


def content(branches: Sequence[BranchFacts]) -> list[Block]:
    """The page. Branches are told of in their order, differences are from the first one's settings."""
    blocks: list[Block] = [Heading(say.COMPARE)]
    if not branches:
        return [*blocks, Said(say.ONE_BRANCH)]
    shown = _shown(branches)
    rows = tuple(_row(branch, branches[0], shown) for branch in branches)
    blocks.append(Table(_COLUMNS, rows))
    if len(branches) == 1:
        return [*blocks, Said(say.ONE_BRANCH)]
    blocks.append(Said(say.COMPARED, "dim"))
    if any(_other_patients(branch.view, shown.view) for branch in branches):
        blocks.append(Said(say.OTHER_PATIENTS, "dim"))
    if len({promise.kind(branch.view) for branch in branches} - {None}) > 1:
        blocks.append(Said(say.KINDS_OF_EPSILON))
    if outside := words.outside_epsilon(shown.view):
        blocks.append(Said(outside, "dim"))
    blocks.append(Said(say.WHAT_A_BRANCH_IS))
    return [*blocks, *_winners(shown, _before(branches, shown))]


def differences(first: View, other: View) -> dict[str, Any]:
    """Settings of `other` that are not those of `first`; a section that is off there is None.

    Those a learner changes to see what they do come first, those of the patients last: only the first
    few are shown.
    """
    was, now = ({**_FAULTLESS, **worlds.flat(v.settings)} for v in (first, other))
    off = [name for name in _SWITCHES if name in first.switches and name not in other.switches]
    on = [name for name in _SWITCHES if name in other.switches and name not in first.switches]
    changed = {
        key: value
        for key, value in now.items()
        if key.partition(".")[0] not in on and (key not in was or was[key] != value)
    }
    told = sorted(changed, key=lambda key: _LAST.get(key.partition(".")[0], 0))
    return {
        **dict.fromkeys(off),
        **dict.fromkeys(on, True),
        **{key: changed[key] for key in told},
    }


def against(branch: View, shown: View) -> int | None:
    """Right answers more than the shown branch, after the last round that both have finished."""
    both = min(len(branch.points), len(shown.points))
    if not both:
        return None
    return branch.points[both - 1].correct - shown.points[both - 1].correct


def settings_of(branch: BranchFacts, first: BranchFacts) -> str:
    """What differs in a branch's settings, and from which round on."""
    if branch is first:
        return say.FIRST
    changes = differences(first.view, branch.view)
    if "seed" in changes and branch.view.own_data:
        changes = {**changes, "seed": say.SECRET}
    return say.differs(changes) + say.forked(branch.fork)


def signed(more: int) -> str:
    """ "+3", "−3", "0"."""
    return f"{more:+,}".replace("-", "−") if more else "0"


def _shown(branches: Sequence[BranchFacts]) -> BranchFacts:
    return next((branch for branch in branches if branch.shown), branches[-1])


def _before(branches: Sequence[BranchFacts], shown: BranchFacts) -> BranchFacts:
    """The branch before the shown one, or the second where the shown one is the first."""
    at = next(i for i, branch in enumerate(branches) if branch is shown)
    return branches[at - 1] if at else branches[1]


def _other_patients(view: View, shown: View) -> bool:
    """Whether other patients are held out: another seed, another split."""
    data = [(v.seed, v.settings.get("data"), v.held_out) for v in (view, shown)]
    return data[0] != data[1]


def _row(branch: BranchFacts, first: BranchFacts, shown: BranchFacts) -> tuple[Cell, ...]:
    view = branch.view
    last = view.points[-1] if view.points else None
    more = against(view, shown.view)
    unfair = _other_patients(view, shown.view)
    told = "" if branch is shown else "–" if more is None or unfair else signed(more)
    used = say.used(view)
    return (
        "▸" if branch.shown else "",
        branch.name,
        f"{branch.rounds_done} of {view.rounds}",
        f"{last.correct:,}" if last else "–",
        words.percent(last.correct, view.held_out) if last else "",
        (told, "up" if (more or 0) < 0 else "text"),
        f"{view.downlink + view.uplink + view.overhead:,}",
        used,
        settings_of(branch, first),
    )


def _winners(shown: BranchFacts, before: BranchFacts) -> list[Block]:
    """Hospital by hospital, where both have the same ones and have finished a round."""
    old, new = before.view.hospitals, shown.view.hospitals
    if old.together is None or new.together is None or old.names != new.names:
        return []
    ends = len(shown.view.points), len(before.view.points)
    if ends[0] != ends[1]:
        behind = shown if ends[0] < ends[1] else before
        return [
            Heading(say.between(shown.name, before.name)),
            Said(say.apart(behind.name, min(ends))),
        ]
    won = (new.together - old.together).tolist()
    blocks: list[Block] = [
        Heading(say.between(shown.name, before.name)),
        Said(say.after_rounds(len(shown.view.points), len(before.view.points)), "dim"),
        *verdict(shown.view, won),
    ]
    rows: list[tuple[Cell, ...]] = [
        (
            words.name(shown.view, i),
            f"{old.together[i]:,}",
            "→",
            f"{new.together[i]:,}",
            (f"of {new.held_out[i]:,}", "dim"),
            signed(won[i]),
        )
        for i in range(min(FEW, len(new)))
    ]
    if rest := len(new) - len(rows):
        rows.append((say.more(rest), *[""] * 5))
    columns = (Column(), Column(right=True), Column(style="dim"), Column(right=True), Column(),
               Column(right=True))  # fmt: skip
    return [*blocks, Table(columns, tuple(rows))]
