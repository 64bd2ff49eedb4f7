"""How patients fall to hospitals: nobody lost, nobody twice, nothing changed."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import load
from engine.data.partition import FEWEST, PARTITIONS
from engine.data.partition import place as placed
from engine.data.partition.columns import ALIKE
from engine.data.source import Source
from engine.errors import DataError, EngineError, ScenarioError
from engine.sections import Data

KEEPING = [name for name in PARTITIONS if name != "concept"]  # a row as it is
EQUAL = ("iid", "label_mix", "covariate", "concept")  # sizes, to one patient


def labels(n: int, rate: float = 0.4) -> np.ndarray:
    return (np.arange(n) < rate * n).astype(float)


def patients(y: np.ndarray, features: int = 3) -> Source:
    """Patients with these labels, and columns that lean towards them."""
    x = (
        np.random.default_rng(7).normal(size=(len(y), features))
        + y[:, None] * [1, 0, -1][:features]
    )
    return Source(x, y, ("age", "weight", "height")[:features])


def settings(partition: str, hospitals: int, alpha: float = 0.3, **more) -> Data:
    return Data(partition=partition, hospitals=hospitals, alpha=alpha, **more)


def place(y: np.ndarray, data: Data, seed: int) -> tuple[np.ndarray, tuple[str, ...]]:
    source = placed(patients(y), data, seed)
    return source.owner, source.notes


def test_every_partition_that_can_be_chosen_has_a_partitioner():
    assert {"natural", *PARTITIONS} == set(Data.knobs()["partition"].choices)


@given(
    st.sampled_from(list(PARTITIONS)),
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
    if partition in EQUAL:
        assert np.ptp(sizes) <= 1


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_partition_hangs_on_seed_and_settings_alone(partition):
    y = labels(600)
    one, again, other = (place(y, settings(partition, 6), seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("partition", KEEPING)
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
        (settings("pathological", 4, shards=8), 31, DataError, "do not make 32 shards"),
        (settings("covariate", 2, along="hight"), 30, DataError, "did you mean 'height'"),
        (settings("covariate", 2, along="zzz"), 30, DataError, "choose from 'age', 'weight'"),
    ],
)
def test_impossible_partitions_are_refused(data, patients, error, words):
    with pytest.raises(error, match=words):
        place(labels(patients), data, 0)


@pytest.mark.parametrize(("shards", "mixed"), [(1, 0.02), (2, 0.5), (4, 0.875)])
def test_hospitals_with_few_shards_know_few_labels(shards, mixed):
    y = labels(20_000, 0.5)
    owner, _ = place(y, settings("pathological", 1000, shards=shards), 3)
    rates = np.bincount(owner, weights=y) / np.bincount(owner)
    assert np.bincount(owner).tolist() == [20] * 1000
    # Of two shards both are of one label in half of the hospitals, of four in an eighth.
    assert np.mean((rates > 0) & (rates < 1)) == pytest.approx(mixed, abs=0.05)


def test_covariate_sorts_patients_along_a_column():
    source, data = patients(labels(1000)), settings("covariate", 4, 1e-12, along="weight")
    dealt = placed(source, data, 0)
    ends = [
        (source.x[dealt.owner == i, 1].min(), source.x[dealt.owner == i, 1].max()) for i in range(4)
    ]
    assert all(high <= low for (_, high), (low, _) in itertools.pairwise(ends))


def test_a_column_with_two_values_is_cut_by_chance_within_each():
    """A table sorted by label must not become a partition by label."""
    y = labels(1000, 0.5)
    source = Source(np.tile([[0.0], [1.0]], (500, 1)), y, ("even",))
    owner = placed(source, settings("covariate", 4, 1e-300, along="even"), 0).owner
    rates = np.bincount(owner, weights=y) / np.bincount(owner)
    assert np.abs(rates - 0.5).max() < 4 * np.sqrt(0.25 / 250)


def test_a_column_that_is_the_same_for_everyone_is_refused():
    source = Source(np.ones((30, 1)), labels(30), ("one",))
    with pytest.raises(DataError, match="'one' is the same for every patient"):
        placed(source, settings("covariate", 2, along="one"), 0)


def test_the_drawn_direction_leaves_the_labels_alike():
    y = labels(20_000)
    owner, _ = place(y, settings("covariate", 4, 0.01), 5)
    rates = np.bincount(owner, weights=y) / np.bincount(owner)
    assert np.abs(rates - 0.4).max() < 0.03


def test_risk_with_a_single_column_has_nowhere_to_turn():
    with pytest.raises(DataError, match="needs two columns that vary"):
        placed(patients(labels(30), 1), settings("concept", 2), 0)
    x = np.column_stack([np.ones(30), np.arange(30)])
    with pytest.raises(DataError, match="with a single column that varies"):
        placed(Source(x, labels(30), ("one", "age")), settings("concept", 2), 0)


def test_where_no_column_varies_covariate_deals_at_random_and_says_so():
    source = Source(np.ones((1000, 2)), labels(1000), ("one", "two"))
    found = placed(source, settings("covariate", 4, 1e-12), 0)
    rates = np.bincount(found.owner, weights=source.y) / np.bincount(found.owner)
    assert 0 < np.abs(rates - 0.4).max() < 4 * np.sqrt(0.24 / 250)
    assert found.notes == (ALIKE,)


@given(st.integers(0, 50), st.sampled_from([1e-3, 0.3, 3.0, 1e6]), st.integers(2, 3))
def test_concept_changes_labels_and_nothing_else(seed, alpha, features):
    source = patients(labels(400), features)
    here = placed(source, settings("concept", 4, alpha), seed)
    plain = placed(source, settings("iid", 4), seed)
    changed = int(np.sum(here.y != source.y))
    assert np.array_equal(here.owner, plain.owner)
    assert here.x is source.x
    assert f"{changed:,} of 400" in here.notes[0]
    # Handed on within a hospital, so that no rate changes.
    for labels_of in (here.y, source.y):
        assert np.bincount(here.owner, weights=labels_of).tolist() == (
            np.bincount(plain.owner, weights=source.y).tolist()
        )


@pytest.mark.parametrize(("alpha", "cosine"), [(1e-6, 0.0), (1.0, np.sqrt(0.5)), (1e6, 1.0)])
def test_every_hospital_turns_the_direction_of_risk_by_the_angle_of_alpha(alpha, cosine):
    """With round clouds of patients the direction of risk is the difference of the two means."""
    y = labels(60_000, 0.5)
    x = np.random.default_rng(1).normal(size=(60_000, 3))
    y = (x[:, 0] + 0.3 * np.random.default_rng(2).normal(size=len(x)) > 0).astype(float)
    here = placed(Source(x, y, ("risk", "one", "other")), settings("concept", 3, alpha), 0)
    means = [[x[(here.owner == i) & (here.y == c)].mean(axis=0) for c in (0, 1)] for i in range(3)]
    apart = [high - low for low, high in means]
    assert [a[0] / np.linalg.norm(a) for a in apart] == pytest.approx([cosine] * 3, abs=0.03)
    # Each towards a side of its own, and the label is told as well as before.
    assert np.ptp([a[1] for a in apart]) > 0.3 * np.sin(np.arccos(cosine)) ** 2
    assert [np.linalg.norm(a) for a in apart] == pytest.approx([1.53] * 3, abs=0.05)


@pytest.mark.parametrize("partition", ["covariate", "concept"])
def test_units_and_gaps_do_not_decide_who_goes_where(partition):
    """Units that are powers of two leave every digit as it is."""
    source = patients(labels(500))
    gaps = source.x.copy()
    gaps[::7, 1] = np.nan
    data = settings(partition, 5)
    one = placed(Source(gaps, source.y, source.features), data, 0)
    other = placed(Source(gaps * [2.0**10, 2.0**-10, 1.0], source.y, source.features), data, 0)
    assert np.array_equal(one.owner, other.owner)
    assert np.array_equal(one.y, other.y)


@pytest.mark.parametrize("source", ["synthetic", "breast-cancer"])
def test_natural_needs_hospitals(source):
    with pytest.raises(EngineError, match=f"{source} has no hospitals of its own; choose iid"):
        load(Data.build({"source": source, "partition": "natural"}), 0)


def test_own_hospitals_can_be_dealt_anew():
    federation = load(Data.build({"source": "notebook", "partition": "iid", "hospitals": 28}), 0)
    assert federation.names[:3] == ("A", "B", "C")
    assert federation.names[-3:] == ("Z", "AA", "AB")
    assert federation.train.sizes.sum() + federation.test.sizes.sum() == 600
