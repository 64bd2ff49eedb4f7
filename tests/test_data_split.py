"""Held-out patients: some of each hospital's, never all, both classes alike where possible."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import load, order
from engine.data.checks import refuse_untestable
from engine.data.split import hold_out
from engine.errors import DataError
from engine.sections import Data
from engine.steps import finished

SIZES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12)


def patients(counts, seed):
    """Labels and owners of hospitals with (negatives, positives), shuffled."""
    y = np.concatenate([np.repeat([0.0, 1.0], pair) for pair in counts])
    owner = np.repeat(np.arange(len(counts)), [sum(pair) for pair in counts])
    order = np.random.default_rng(seed).permutation(len(y))
    return y[order], owner[order]


@given(SIZES, st.floats(0.01, 0.99), st.integers(0, 9))
def test_each_hospital_holds_out_its_part_and_never_all(counts, fraction, seed):
    counts = [pair for pair in counts if sum(pair)] or [(1, 1)]
    y, owner = patients(counts, seed)
    held_out = hold_out(y, owner, len(counts), fraction, seed)
    for i, (negatives, positives) in enumerate(counts):
        n, mine = negatives + positives, owner == i
        out = int(held_out[mine].sum())
        assert out == (min(max(round(fraction * n), 1), n - 1) if n > 1 else 0)
        if min(negatives, positives) >= 2:
            share = out * positives / n
            assert abs(held_out[mine & (y == 1)].sum() - share) <= 1
            if 2 <= out <= n - 2:  # there is room for both classes on both sides
                for label in (0, 1):
                    there = held_out[mine & (y == label)]
                    assert there.any()
                    assert not there.all()


def test_the_draw_hangs_on_the_seed():
    y, owner = patients([(50, 50)], 0)
    one, again, other = (hold_out(y, owner, 1, 0.2, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_every_patient_is_as_likely_to_be_held_out():
    y, owner = patients([(30, 20)], 0)
    times = sum(hold_out(y, owner, 1, 0.2, seed).astype(int) for seed in range(400))
    assert np.abs(times / 400 - 0.2).max() < 5 * np.sqrt(0.2 * 0.8 / 400)


def test_a_one_patient_hospital_trains_only():
    y, owner = np.array([1.0, 0.0, 1.0]), np.array([0, 1, 1])
    assert not hold_out(y, owner, 2, 0.9, 0)[0]


def test_training_and_held_out_patients_are_disjoint():
    federation = load(Data.build({"source": "breast-cancer", "scaling": "none"}), 0)
    train, test = ({tuple(row) for row in t.x} for t in (federation.train, federation.test))
    assert len(train) + len(test) == 569
    assert not train & test


def test_a_federation_with_nobody_to_test_on_is_refused():
    with pytest.raises(DataError, match="no patient is left for testing"):
        load(Data.build({"hospitals": 30, "patients": 1}), 0)


@pytest.mark.parametrize(
    ("given", "owner", "words"),
    [
        ({}, [0, 0, 1, 1], "'B' has no training patient; mark some of its rows 'train' in"),
        ({}, [0, 1, 0, 0], "no patient is left for testing; mark some 'test' in column 'split'"),
        ({"partition": "iid"}, [0, 0, 1, 1], "'B' has no training patient; draw another split"),
        ({"source": "heart-disease"}, [0, 0, 1, 1], "no training patient; draw another split"),
    ],
)
def test_the_way_out_of_a_fixed_split_can_be_gone(given, owner, words):
    """Rows can be marked in one's own file, and not in a published set or a made-up hospital."""
    held_out = np.array([False, False, True, True]) & ("testing" not in words)
    data = Data.build({"source": "own.csv", **given})
    with pytest.raises(DataError, match=re.escape(words)) as error:
        refuse_untestable(held_out, np.array(owner), ("A", "B"), data, fixed=True)
    assert "data.drop=split" in str(error.value)


@given(st.integers(1, 9), st.integers(0, 400), st.integers(0, 9), st.sampled_from([1, 7, 1 << 16]))
def test_sorting_in_steps_is_sorting(groups, rows, seed, part):
    source = np.random.default_rng(seed)
    group, draw = source.integers(0, groups, rows), source.random(rows).round(2) * 0.99
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "PART", part)
        found = finished(order.ordered(group, draw, groups))
    assert np.array_equal(found, np.lexsort((draw, group)))
