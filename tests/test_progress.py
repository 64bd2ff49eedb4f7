"""The progress bar of `fedtui run`: whatever takes long has a name, in a line of 80 columns."""

from __future__ import annotations

import io

import click
from hypothesis import given
from hypothesis import strategies as st

from engine import simulate
from engine.events import Preparing
from fedtui.cli import _tell
from tests.builders import small


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(events, title="Cells"):
    """What stood before the bar, one after the other, and the lines."""
    screen, labels = Screen(), []
    with click.progressbar(length=6, label=title, file=screen) as bar:
        for event in events:
            _tell(bar, event, title)
            labels.append(bar.label)
    return list(dict.fromkeys(labels)), screen.getvalue(), bar.pos


def test_what_is_prepared_is_named_and_then_the_runs_title_stands_there():
    labels, lines, done = told(simulate(small()))
    assert labels[0] == "reading the patients: 0 %"
    assert labels[-1] == "Cells"
    assert all(label in lines for label in labels)
    assert done == 6


@given(st.text(max_size=60), st.integers(0, 10**6), st.integers(0, 10**6))
def test_whatever_is_prepared_the_line_stays_one(what, done, total):
    total = max(done, total)
    labels, lines, _ = told([Preparing(what, done, total)])
    assert "\n" not in lines.rstrip("\n")
    assert len(labels[0]) + 46 <= 80
