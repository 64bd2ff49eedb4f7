"""Whether a mix can run on its patients, asked before a run: quickly, or with the patients read."""

from __future__ import annotations

import numpy as np

from engine.arrays import Ints
from engine.channels.choose import channel_of
from engine.codecs.section import codec_of
from engine.cohort import cohort_size
from engine.data.source import letters
from engine.faults import Faults
from engine.scenario import Scenario
from engine.switch import Setting


def rehearse(scenario: Scenario) -> None:
    """Read the patients and see whether the mix runs on them; takes as long as reading does.

    Raises:
        EngineError: It does not.
    """
    from engine.data import load

    federation = load(scenario.data, scenario.seed)
    _channel(scenario, federation.train.sizes, federation.names)


def check_hospitals(scenario: Scenario) -> None:
    """Refuse what too few or too many hospitals make impossible, where their number is a setting.

    The patients are not read for this: each hospital counts as one patient, the lightest there is.

    Raises:
        ScenarioError: The mix cannot run.
    """
    if scenario.data.partition == "natural":
        return
    count = scenario.data.hospitals
    named = scenario.get(Faults)
    names = letters(count) if named and named.drops else ()
    _channel(scenario, np.ones(count, np.int64), names)


def _channel(scenario: Scenario, patients: Ints, names: tuple[str, ...]) -> None:
    for round in (1, *(change.round for change in scenario.changes)):
        now = scenario.at(round)
        size = cohort_size(now.training.participation, len(patients), now.on("masking"))
        channel_of(Setting(now, patients, 1, names), codec_of(now), size)
