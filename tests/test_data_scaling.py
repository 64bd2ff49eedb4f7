"""Standardising by messages: what hospitals agree on is what NumPy says of all patients together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import Table, load
from engine.data.moments import combine, decode, encode, measure
from engine.data.scaling import scale
from engine.errors import DataError
from engine.sections import Data
from engine.wire import HEADER_SIZE


def table(sizes, columns=3, seed=0, center=0.0):
    draw = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    x = draw.normal(center, 1 + np.arange(columns), size=(starts[-1], columns))
    return Table(x, (draw.random(len(x)) < 0.5).astype(float), starts)


def copied(source):
    return Table(source.x.copy(), source.y, source.starts)


def names(source):
    return tuple(f"x{i}" for i in range(source.x.shape[1]))


SIZES = st.lists(st.integers(1, 30), min_size=1, max_size=20)


@given(SIZES, st.sampled_from([0.0, 1e3, -1e6]), st.integers(0, 9))
def test_messages_give_the_mean_and_spread_of_all_patients(sizes, center, seed):
    train = table([s + 1 for s in sizes], center=center, seed=seed)
    scaling, _, notes = scale(copied(train), table([1]), names(train), "global")
    assert scaling.mean == pytest.approx(train.x.mean(axis=0), rel=1e-12, abs=1e-12)
    assert scaling.std == pytest.approx(train.x.std(axis=0), rel=1e-12 * max(1, abs(center)))
    assert notes == ()


@given(SIZES, st.integers(0, 9))
def test_how_patients_fall_to_hospitals_does_not_change_the_scaling(sizes, seed):
    train = table(sizes, seed=seed)
    whole = Table(train.x, train.y, train.starts[[0, -1]])
    one, many = (scale(copied(t), table([1]), names(t), "global")[0] for t in (whole, train))
    assert one.mean == pytest.approx(many.mean, rel=1e-12, abs=1e-14)
    assert one.std == pytest.approx(many.std, rel=1e-12, abs=1e-14)


@given(SIZES, st.integers(0, 9))
def test_a_hospital_tells_its_own_moments_and_no_more(sizes, seed):
    train = table(sizes, seed=seed)
    moments = measure(train, 0, len(sizes))
    messages = encode(moments, np.arange(len(sizes)), train.sizes)
    alone = Table(train.x[: sizes[0]], train.y[: sizes[0]], train.starts[:2])
    assert messages[0] == encode(measure(alone, 0, 1), np.arange(1), alone.sizes)[0]
    received, patients = decode(messages)
    assert patients == sum(sizes)
    assert combine(received).count == pytest.approx(sum(sizes))
    for i, x in enumerate(np.split(train.x, train.starts[1:-1])):
        assert received.mean[i] == pytest.approx(x.mean(axis=0), rel=1e-12, abs=1e-13)
        assert received.squares[i] == pytest.approx(x.var(axis=0) * len(x), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("hospitals", [1, 3, 50])
@pytest.mark.parametrize("features", [2, 11])
def test_set_up_bytes_are_the_lengths_of_the_messages(hospitals, features):
    federation = load(Data.build({"hospitals": hospitals, "features": features, "patients": 20}), 0)
    train = federation.train
    told = encode(measure(train, 0, hospitals), np.arange(hospitals), train.sizes)
    answer = HEADER_SIZE + 2 * features * 8
    assert federation.setup == {
        "statistics": (hospitals, sum(map(len, told))),
        "scaling": (hospitals, hospitals * answer),
    }


def test_blocks_of_hospitals_change_nothing(monkeypatch):
    train = table([7, 1, 30, 2, 2, 5])
    whole = scale(copied(train), table([1]), names(train), "global")[:2]
    monkeypatch.setattr("engine.data.scaling.BLOCK", 9)
    parts = scale(copied(train), table([1]), names(train), "global")[:2]
    assert parts[0].mean == pytest.approx(whole[0].mean, rel=1e-13)
    assert parts[0].std == pytest.approx(whole[0].std, rel=1e-13)
    assert parts[1].by_kind() == whole[1].by_kind()


@pytest.mark.parametrize("kind", ["global", "hospital"])
def test_a_large_hospital_is_measured_in_parts_and_they_change_nothing(monkeypatch, kind):
    train, test = table([200, 3], center=1e3), table([40, 2])
    train.x[::7, 1] = np.nan
    whole, parts = copied(train), copied(train)
    one = scale(whole, copied(test), names(train), kind)[0]
    monkeypatch.setattr("engine.data.scaling.BLOCK", 30)
    other = scale(parts, copied(test), names(train), kind)[0]
    assert parts.x == pytest.approx(whole.x, abs=1e-9)
    assert other.std == pytest.approx(one.std, rel=1e-12)


@pytest.mark.parametrize("source", ["synthetic", "breast-cancer", "notebook"])
def test_globally_scaled_training_columns_have_mean_0_and_spread_1(source):
    x = load(Data.build({"source": source}), 1).train.x
    assert x.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert x.std(axis=0) == pytest.approx(1, abs=1e-12)


def test_by_hospital_each_ones_training_columns_have_mean_0_and_nothing_is_sent():
    federation = load(Data.build({"source": "breast-cancer", "scaling": "hospital"}), 1)
    for x in np.split(federation.train.x, federation.train.starts[1:-1]):
        assert x.mean(axis=0) == pytest.approx(0, abs=1e-12)
        assert x.std(axis=0) == pytest.approx(1, abs=1e-12)
    assert federation.setup == {}
    assert federation.scaling.mean.shape == (5, 30)


def test_held_out_patients_are_scaled_as_the_training_patients_are():
    raw, done = (
        load(Data.build({"source": "breast-cancer", "scaling": kind}), 1)
        for kind in ("none", "global")
    )
    again = (raw.test.x - raw.train.x.mean(axis=0)) / raw.train.x.std(axis=0)
    assert done.test.x == pytest.approx(again, abs=1e-11)
    assert raw.setup == {}


@pytest.mark.parametrize("value", [0.0, 0.1, -1e15 / 3, 1e300, 1e-300])
@pytest.mark.parametrize("kind", ["global", "hospital"])
def test_a_constant_column_becomes_0(value, kind):
    train, test = table([9, 4, 100, 1]), table([2, 2, 2, 2])
    train.x[:, 1] = test.x[:, 1] = value
    scaling, _, _ = scale(train, test, names(train), kind)
    assert not train.x[:, 1].any()
    assert not test.x[:, 1].any()
    assert not np.asarray(scaling.std)[..., 1].any()


def test_a_huge_mean_does_not_hide_a_small_spread():
    train = table([50, 50])
    train.x[:, 0] = 1e9 + np.arange(100) % 2
    scaling, _, _ = scale(train, table([1]), names(train), "global")
    assert scaling.std[0] == pytest.approx(0.5, rel=1e-12)
    assert sorted(set(train.x[:, 0])) == pytest.approx([-1, 1])


@pytest.mark.parametrize("kind", ["global", "hospital", "none"])
def test_a_missing_number_becomes_the_pooled_training_mean(kind):
    train, test = table([20, 5]), table([4, 4], seed=1)
    train.x[20:, 0] = np.nan  # nobody at the second hospital
    train.x[3, 1] = test.x[0, 1] = np.nan
    mean = np.nanmean(train.x, axis=0)
    filled = np.where(np.isnan(train.x), mean, train.x)
    scaling, traffic, notes = scale(train, test, names(train), kind)
    assert notes == ("7 missing numbers became the pooled training mean: 'x0' 5, 'x1' 2.",)
    assert set(traffic.by_kind()) == {"statistics", "scaling"}
    if kind == "none":
        assert train.x == pytest.approx(filled, abs=1e-14)
        assert test.x[0, 1] == pytest.approx(mean[1])
    if kind == "global":
        assert scaling.std == pytest.approx(filled.std(axis=0), rel=1e-12)
        assert train.x[20:, 0] == pytest.approx(0, abs=1e-14)
    if kind == "hospital":
        assert not train.x[20:, 0].any()


def test_a_column_without_a_training_number_is_refused():
    train, test = table([4, 4]), table([2, 2])
    train.x[:, 2] = np.nan
    with pytest.raises(DataError, match=r"'x2' has no number .* data\.drop"):
        scale(train, test, names(train), "global")


@pytest.mark.parametrize("kind", ["global", "hospital"])
def test_numbers_too_large_to_square_are_refused(kind):
    train = table([4, 4])
    train.x[:4, 1] = 1e200
    train.x[0, 1] = -1e200
    with pytest.raises(DataError, match="'x1' are too large"):
        scale(train, table([1, 1]), names(train), kind)


@pytest.mark.parametrize("kind", ["global", "hospital"])
def test_a_held_out_number_too_large_for_the_scale_is_refused(kind):
    train, test = table([9, 4]), table([2, 2])
    train.x[:, 1] *= 1e-150
    test.x[0, 1] = 1e300
    with pytest.raises(DataError, match="the numbers of 'x1' are too large to standardise"):
        scale(train, test, names(train), kind)
