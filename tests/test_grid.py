"""The whole grid of switches: each combination runs, or is refused for a reason that stands in a table.

Four hospitals of a dozen patients; they are read once, since no switch changes them.
"""

from __future__ import annotations

import csv
import math
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest

from engine import Scenario, simulate
from engine.codecs.section import CODECS
from engine.errors import ScenarioError
from engine.events import Event, RoundFinished, RunFinished, UpdatesSent
from engine.faults import POINTS
from engine.preparation import initial, prepare
from engine.privacy.section import Privacy
from engine.settings import SECTIONS
from engine.state import Prepared
from engine.steps import finished

Names = frozenset[str]
Choice = tuple[Names, Mapping[str, Any]]  # what is chosen; dotted settings

MASKS, FEEDBACK, BY_SERVER = "masks", "error feedback", "hospitals hidden by the server"
PRIVACY: Mapping[str, Mapping[str, Any]] = {
    "no privacy": {},
    "patients hidden": {"privacy": True},
    BY_SERVER: {"privacy.unit": "hospital"},
    "hospitals hidden by themselves": {"privacy.unit": "hospital", "privacy.noise_by": "hospital"},
    "patients hidden without noise": {"privacy.epsilon": math.inf},
}
COMPRESSION = [
    (
        {codec, *([FEEDBACK] if feedback else []), *(["pruning"] if prune else [])},
        {
            "compression.codec": codec,
            "compression.error_feedback": feedback,
            "compression.prune": prune,
        },
    )
    for codec, feedback, prune in product(CODECS, (False, True), (0.0, 0.3))
]
# Two ways to train, since they are no switches: q = 1 in one round; q < 1, changing cohorts, and a
# second round, where what is remembered is used.
ALL_AT_ONCE = {"training.batch_size": 0}
IN_PARTS = {"training.batch_size": 4, "training.participation": 0.5, "training.rounds": 2}
AXES: list[list[tuple[Iterable[str], Mapping[str, Any]]]] = [
    [([], {}), ([MASKS], {"masking": True})],
    [([], {}), *COMPRESSION],
    [([], {}), *(([p], {"faults.dropout": 0.4, "faults.where": p}) for p in POINTS)],
    [([], {}), (["fedprox"], {"fedprox.mu": 0.5})],
    [(["all at once"], ALL_AT_ONCE), (["in parts"], IN_PARTS)],
]

# What cannot go together, and the setting that the sentence is about. Whatever else is refused is news.
REFUSED = {
    **{(MASKS, codec): "masking" for codec in CODECS if codec != "quantize"},
    (MASKS, FEEDBACK): "compression.error_feedback",
    (BY_SERVER, FEEDBACK): "compression.error_feedback",
}


def combinations(privacy: str) -> Iterator[Choice]:
    for choices in product(*AXES):
        names = frozenset({privacy}.union(*(names for names, _ in choices)))
        yield (
            names,
            {k: v for s in (PRIVACY[privacy], *(s for _, s in choices)) for k, v in s.items()},
        )


def reasons(names: Names) -> set[str]:
    """The settings that refusals of this combination may be about; none where it must run."""
    return {key for pair, key in REFUSED.items() if names.issuperset(pair)}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path, draw = tmp_path_factory.mktemp("grid") / "patients.csv", random.Random(1)
    sizes = {"Aachen": 15, "Bonn": 13, "Celle": 12, "Düren": 10}
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["hospital", "x1", "x2", "x3", "label"])
        for name, size in sizes.items():
            for i in range(size):
                table.writerow([name, *(draw.gauss(i % 2, 1) for _ in range(3)), i % 2])
    return Scenario.from_dict(
        {"data": {"source": str(path)}, "training": {"rounds": 1, "local_epochs": 2}}
    )


@pytest.fixture(scope="module")
def prepared(base: Scenario) -> Prepared:
    return finished(prepare(base, None))


@pytest.mark.parametrize("privacy", PRIVACY)
def test_every_combination_runs_or_stands_in_the_table(privacy, base, prepared):
    lost = 0
    for names, settings in combinations(privacy):
        expected, who = reasons(names), ", ".join(sorted(names))
        refusal = ""
        try:
            scenario = base.replace(settings)
            events = list(simulate(scenario, start=initial(scenario, prepared)))
        except ScenarioError as error:
            refusal = str(error)
        if refusal:
            assert said(refusal) in expected, f"{who}: {refusal}"
        else:
            assert not expected, f"{who}: runs, and the table says it is refused"
            lost += ran(events, scenario, who)
    assert lost > 100  # faults did happen


def said(sentence: str) -> str:
    """The setting a refusal is about; it is one sentence, with a way out at its end."""
    found = re.fullmatch(r"([a-z]+)((?:\.[a-z_]+)?): .+; (.+)\.", sentence)
    assert found, sentence
    section, key, way_out = found.groups()
    assert section in SECTIONS, sentence
    assert re.search(r"\b(choose|switch .* off|lower|set|add)\b", way_out), sentence
    assert not re.search(r"\n|\. ", sentence), sentence
    return section + key


def ran(events: list[Event], scenario: Scenario, who: str) -> int:
    """Check a run that finished; how many of its uploads were lost."""
    rounds = [event for event in events if isinstance(event, RoundFinished)]
    state, end = rounds[-1].state, events[-1]
    assert isinstance(end, RunFinished), who
    assert len(rounds) == end.rounds == scenario.training.rounds, who
    assert end.stopped == (None if state.released else "threshold"), who
    assert np.isfinite(state.params).all(), who
    for event in rounds:
        assert math.isfinite(event.score.loss), who
        assert 0 <= event.score.accuracy <= 1, who
        check_epsilon(event, scenario, who)
    up, down, over = (
        sum(getattr(event, f"{way}_bytes") for event in rounds)
        for way in ("uplink", "downlink", "overhead")
    )
    assert up + down + over == sum(size for _, size in state.traffic.by_kind().values()), who
    payloads = [p for event in events if isinstance(event, UpdatesSent) for p in event.payloads]
    assert up == sum(map(len, payloads)), who
    assert down > 0, who
    assert (over > 0) == scenario.on("masking"), who
    return sum(len(event.dropped) for event in rounds)


def check_epsilon(event: RoundFinished, scenario: Scenario, who: str) -> None:
    """None without privacy; without noise infinite from the first release on; else within the budget."""
    privacy, released = scenario.get(Privacy), bool(event.state.released)
    if privacy is None:
        assert event.epsilon is None, who
    elif math.isinf(privacy.epsilon):
        assert event.epsilon == (math.inf if released else 0), who
    else:
        assert event.epsilon is not None, who
        assert (event.epsilon > 0) == released, who
        assert event.epsilon <= privacy.epsilon, who


def test_every_line_of_the_table_is_needed_alone():
    """A refusal that only ever comes with another cannot be seen to be one."""
    all_names = [names for privacy in PRIVACY for names, _ in combinations(privacy)]
    for pair in REFUSED:
        others = {other for other in REFUSED if other != pair}
        assert any(
            names.issuperset(pair) and not any(names.issuperset(other) for other in others)
            for names in all_names
        ), pair
