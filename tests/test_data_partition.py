"""How patients fall to hospitals: nobody lost, nobody twice, nothing changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import load
from engine.data.partition import FEWEST, place
from engine.errors import DataError, EngineError, ScenarioError
from engine.sections import Data

PARTITIONS = ("iid", "dirichlet", "label_mix", "quantity")


def labels(n: int, rate: float = 0.4) -> np.ndarray:
    return (np.arange(n) < rate * n).astype(float)


def settings(partition: str, hospitals: int, alpha: float = 0.3, sizes: tuple = ()) -> Data:
    return Data(partition=partition, hospitals=hospitals, alpha=alpha, sizes=sizes)


@given(
    st.sampled_from(PARTITIONS),
    st.integers(1, 30),
    st.integers(2, 20),
    st.floats(0.01, 0.99),
    st.sampled_from([1e-3, 0.05, 0.3, 1.0, 100.0]),
    st.integers(0, 5),
)
def test_every_patient_falls_to_one_hospital(partition, hospitals, each, rate, alpha, seed):
    y = labels(hospitals * each, rate)
    owner, _ = place(y, settings(partition, hospitals, alpha), seed)
    sizes = np.bincount(owner, minlength=hospitals)
    assert owner.shape == y.shape
    assert len(sizes) == hospitals
    assert sizes.min() >= FEWEST
    if partition in ("iid", "label_mix"):
        assert np.ptp(sizes) <= 1


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_partition_hangs_on_seed_and_settings_alone(partition):
    y = labels(600)
    one, again, other = (place(y, settings(partition, 6), seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("alpha", [0.1, 10.0])
def test_a_partition_never_changes_what_is_in_a_row(partition, alpha):
    def rows(**given):
        federation = load(
            Data.build({"source": "breast-cancer", "scaling": "none", "hospitals": 7, **given}), 3
        )
        tables = (federation.train, federation.test)
        both = np.concatenate([np.column_stack([t.x, t.y]) for t in tables])
        return both[np.lexsort(both.T)]

    assert np.array_equal(rows(), rows(partition=partition, alpha=alpha))


def test_iid_hospitals_have_alike_rates():
    y = labels(20_000)
    owner, _ = place(y, settings("iid", 4), 0)
    rates = np.bincount(owner, weights=y) / np.bincount(owner)
    assert np.abs(rates - 0.4).max() < 4 * np.sqrt(0.4 * 0.6 / 5000)


@pytest.mark.parametrize("partition", ["dirichlet", "label_mix"])
def test_a_small_alpha_makes_hospitals_differ_and_a_large_one_alike(partition):
    def spread(alpha):
        y = labels(20_000)
        owner, _ = place(y, settings(partition, 20, alpha), 0)
        return np.std(np.bincount(owner, weights=y) / np.bincount(owner))

    assert spread(0.1) > 0.25 > 0.02 > spread(1e5)


def test_dirichlet_splits_each_class_by_its_own_draw():
    y = labels(40_000, 0.5)
    owner, _ = place(y, settings("dirichlet", 10, 1.0), 0)
    shares = np.stack([np.bincount(owner[y == c], minlength=10) / np.sum(y == c) for c in (0, 1)])
    assert shares.sum(axis=1) == pytest.approx(1)
    assert np.abs(shares[0] - shares[1]).max() > 0.05
    # Dir(1) over 10 hospitals: each share has mean 1/10 and variance (1/10)(9/10)/11.
    assert 0.02 < shares.std() < 0.2


def test_label_mix_draws_rates_from_a_beta():
    y = labels(400_000, 0.5)
    owner, notes = place(y, settings("label_mix", 2000, 2.0), 1)
    rates = np.bincount(owner, weights=y) / np.bincount(owner)
    # Dir(2, 2) has variance 1/20; the last hospitals take what is left.
    assert np.var(rates[:1800]) == pytest.approx(1 / 20, rel=0.1)
    assert all("ran out" in note for note in notes)


def test_label_mix_gives_what_is_left_when_a_class_runs_out():
    y = labels(1000, 0.02)
    owner, notes = place(y, settings("label_mix", 10, 5.0), 0)
    assert np.bincount(owner).tolist() == [100] * 10
    assert np.bincount(owner, weights=y).sum() == 20
    assert "ran out" in notes[0]


@pytest.mark.parametrize(
    ("sizes", "patients", "expected"),
    [
        (("10", "1", "1"), 120, [100, 10, 10]),
        (("1", "1", "1"), 10, [4, 3, 3]),
        (("0.5", "0.25", "0.25"), 8, [4, 2, 2]),
        (("1000", "1", "1"), 100, [96, 2, 2]),
    ],
)
def test_quantity_follows_the_sizes_told(sizes, patients, expected):
    owner, _ = place(labels(patients), settings("quantity", 3, sizes=sizes), 0)
    assert np.bincount(owner).tolist() == expected


def test_quantity_without_sizes_draws_them_and_leaves_labels_alike():
    y = labels(100_000)
    owner, _ = place(y, settings("quantity", 5, 1.0), 4)
    sizes = np.bincount(owner)
    assert sizes.max() > 2 * sizes.min()
    assert np.bincount(owner, weights=y) / sizes == pytest.approx(0.4, abs=0.05)


def test_only_the_largest_give_and_the_note_says_so():
    owner, notes = place(labels(50), settings("quantity", 4, sizes=("40", "9", "0.01", "0.01")), 0)
    assert np.bincount(owner).tolist() == [37, 9, 2, 2]
    assert notes == (
        "2 of 4 hospitals would have had fewer than 2 patients; the largest gave them some.",
    )


@pytest.mark.parametrize(
    ("data", "patients", "error", "words"),
    [
        (settings("iid", 11), 10, DataError, "at most 10"),
        (settings("dirichlet", 6), 10, DataError, "at most 5"),
        (settings("quantity", 3, sizes=("1", "2")), 30, ScenarioError, "2 sizes for 3 hospitals"),
        (settings("quantity", 2, sizes=("1", "x")), 30, ScenarioError, "not a list of numbers"),
        (settings("quantity", 2, sizes=("1", "-1")), 30, ScenarioError, "above 0"),
        (settings("quantity", 2, sizes=("1", "nan")), 30, ScenarioError, "above 0"),
    ],
)
def test_impossible_partitions_are_refused(data, patients, error, words):
    with pytest.raises(error, match=words):
        place(labels(patients), data, 0)


@pytest.mark.parametrize("source", ["synthetic", "breast-cancer"])
def test_natural_needs_hospitals(source):
    with pytest.raises(EngineError, match=f"{source} has no hospitals of its own; choose iid"):
        load(Data.build({"source": source, "partition": "natural"}), 0)


def test_own_hospitals_can_be_dealt_anew():
    federation = load(Data.build({"source": "notebook", "partition": "iid", "hospitals": 28}), 0)
    assert federation.names[:3] == ("A", "B", "C")
    assert federation.names[-3:] == ("Z", "AA", "AB")
    assert federation.train.sizes.sum() + federation.test.sizes.sum() == 600
