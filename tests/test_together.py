"""Alone or together: chance is not taken for a gain, nor knowing the rates for telling patients apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import run
from fedtui import report, together, words
from fedtui.scenarios import load
from fedtui.together import Gain
from tests.builders import small


def result(alone, shared, sizes, majority=0.5):
    """What of a run's result is asked for, right answers of each hospital given."""
    names = "ABCDEFGH"[: len(sizes)]

    def shares(counts):
        return {n: c / s if s else None for n, c, s in zip(names, counts, sizes, strict=True)}

    return {
        "hospitals": [{"name": n, "test": s} for n, s in zip(names, sizes, strict=True)],
        "rounds": [{"hospital_accuracy": shares(shared)}],
        "baselines": {
            "local_only": {"per_hospital": shares(alone)},
            "pooled": {},
            "majority": {"accuracy": majority},
        },
        "final": {"accuracy": sum(shared) / sum(sizes)},
    }


@pytest.mark.parametrize(
    ("alone", "shared", "sizes"),
    [
        ([26, 44, 37, 31], [26, 44, 38, 29], [33, 49, 42, 38]),  # one patient of 162
        ([42, 59, 15, 26, 19], [39, 55, 14, 24, 23], [44, 60, 16, 26, 25]),  # 94.2 and 90.6 %
        ([20, 20], [30, 30], [40, 40]),  # together
        ([18, 0], [17, 0], [20, 0]),  # nobody unseen at one
    ],
)
def test_a_few_right_answers_more_are_not_called_better(alone, shared, sizes):
    assert not report._caution(result(alone, shared, sizes))


def test_more_than_chance_is_told_in_sum_and_of_how_many_hospitals_it_holds():
    told = report._caution(result([90, 90, 60, 70], [60, 70, 65, 70], [100] * 4))
    assert "310 right answers, together 265" in told
    assert "Better alone: 2 hospitals; together: 1; alike: 1." in told
    assert told.startswith("In sum")


def test_where_the_commoner_answer_has_as_many_right_answers_tell_nothing():
    told = report._caution(result([90, 95], [60, 60], [100, 100], majority=0.95))
    assert told == words.commoner_as_good(None, None)
    assert "tell little" in told


@given(st.integers(1, 400), st.floats(0.02, 0.98), st.integers(0, 2**32 - 1))
def test_no_difference_is_seldom_taken_for_one(patients, p, seed):
    """Two standard errors: of answers that are right alike often, independent ones even, about 1 in 20."""
    counts = np.random.default_rng(seed).binomial(patients, p, size=(400, 2))
    found = [Gain(int(a), int(b), patients, 0, 0, 0).beyond_chance for a, b in counts]
    assert np.mean(found) < 0.12


@given(st.lists(st.tuples(st.floats(0, 1) | st.none(), st.integers(0, 99)), max_size=8))
def test_the_mean_within_hospitals_lies_among_their_own(found):
    hospitals = [{"name": str(i), "test": size} for i, (_, size) in enumerate(found)]
    areas = {str(i): area for i, (area, _) in enumerate(found)}
    known = [area for area, size in found if area is not None and size]
    mean = together.within(areas, hospitals)
    assert (mean is None) == (not known)
    if known:
        assert min(known) - 1e-9 <= mean <= max(known) + 1e-9


def test_an_auc_over_everyone_pays_for_rates_and_the_mean_within_hospitals_does_not():
    unlike = load("cells").replace({"data.partition": "dirichlet", "data.hospitals": 5})
    done = run(unlike.replace({"training.rounds": 2}))
    alone = done["baselines"]["local_only"]
    inside = together.within(alone["hospital_auc"], done["hospitals"])
    assert alone["auc"] > inside + 0.1  # .980 and .854
    rows = [line.split() for line in report.table(done).split("\n")]
    row = next(row for row in rows if row[:4] == ["each", "one", "alone,", "own"])
    assert row[6:8] == [f"{alone['auc']:.3f}", f"{inside:.3f}"]


def test_a_run_that_was_interrupted_says_what_is_known_of_it():
    done = run(small())
    done["final"]["per_hospital"] = {}
    assert words.WITHIN in report.table(done)
    done["rounds"] = []
    assert "No round was finished." in report.table(done)
