"""Baselines: fitted to convergence, judged on held-out patients, in steps that never take long."""

import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from engine import baselines, newton, references
from engine.data import Federation, Scaling, Table, load
from engine.metrics import auc, score
from engine.models import Logistic
from engine.sections import Data
from engine.steps import finished as made
from tests.shared import shared


def finish(steps):
    """Everything a generator yields, and what it returns."""
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def compute(federation, seed=0):
    return finish(baselines.compute(federation, seed))[1]


def scikit_learn(x, y, penalty=1.0):
    """Params, the bias last, as exact as its solver can make them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its line search grumbles at the last digit
        model = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10_000, solver="newton-cg")
        model.fit(x, y)
    return np.append(model.coef_[0], model.intercept_[0])


def optimal(x, y, params, penalty=1.0):
    """Whether the gradient vanishes: the definition of converged."""
    p = 1 / (1 + np.exp(-(x @ params[:-1] + params[-1])))
    gradient = np.append(x.T @ (p - y) + penalty * params[:-1], np.sum(p - y))
    return np.abs(gradient).max() < 1e-7 * max(1, len(y))


@st.composite
def hospitals(draw):
    """Some hospitals' patients; at separation 30 the classes hardly meet."""
    sizes = draw(st.lists(st.integers(2, 40), min_size=1, max_size=6))
    columns, seed = draw(st.integers(1, 30)), draw(st.integers(0, 10_000))
    separation = draw(st.sampled_from([0.0, 1.0, 5.0, 30.0]))
    random = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    x = random.normal(size=(starts[-1], columns))
    y = (x[:, 0] * separation + random.normal(size=len(x)) > 0).astype(float)
    return Table(x, y, starts)


@settings(max_examples=60)
@given(hospitals())
def test_the_fit_is_scikit_learns(table):
    _, params = finish(newton.fit(newton.gather(table, np.arange(len(table.sizes)))))
    for own, x, y in zip(
        params, *(np.split(a, table.starts[1:-1]) for a in (table.x, table.y)), strict=True
    ):
        if 0 < y.sum() < len(y):
            assert optimal(x, y, own)
            assert own == pytest.approx(scikit_learn(x, y), abs=1e-6)


def test_a_table_much_wider_than_long_takes_no_more_memory_than_it_has():
    """10,000 columns and 12 patients: a Hessian of all columns would be 800 MB."""
    random = np.random.default_rng(1)
    x, y = random.normal(size=(12, 10_000)), np.arange(12) % 2.0
    tracemalloc.start()
    _, params = finish(newton.fit(newton.in_chunks(x, y)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert optimal(x, y, params[0])
    assert peak < 10 * x.nbytes


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 100.0])
def test_the_penalty_is_on_the_weights_and_not_on_the_bias(penalty):
    random = np.random.default_rng(0)
    x = random.normal(3, 1, size=(200, 4))
    y = (x.sum(axis=1) + random.normal(size=200) > 14).astype(float)
    _, params = finish(newton.fit(newton.in_chunks(x, y), penalty))
    assert params[0] == pytest.approx(scikit_learn(x, y, penalty), abs=2e-5)
    assert optimal(x, y, params[0], penalty)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
def test_columns_of_any_size_converge(scale):
    random = np.random.default_rng(1)
    x = random.normal(size=(100, 3)) * [scale, 1, 1 / scale] + [0, 0, 5 / scale]
    y = (x[:, 1] + random.normal(size=100) > 0).astype(float)
    seen, params = finish(newton.fit(newton.in_chunks(x, y)))
    assert np.isfinite(params).all()
    p = 1 / (1 + np.exp(-(x @ params[0, :-1] + params[0, -1])))
    assert np.sum(p - y) == pytest.approx(0, abs=1e-6)
    assert len(seen) < newton.PASSES


def test_a_column_twice_shares_its_weight():
    random = np.random.default_rng(2)
    x = np.repeat(random.normal(size=(80, 1)), 2, axis=1)
    y = (x[:, 0] + random.normal(size=80) > 0).astype(float)
    _, params = finish(newton.fit(newton.in_chunks(x, y)))
    assert params[0, 0] == pytest.approx(params[0, 1], abs=1e-9)
    assert params[0] == pytest.approx(scikit_learn(x, y), abs=1e-6)


@settings(max_examples=30)
@given(hospitals())
def test_a_hospitals_model_does_not_depend_on_who_else_is_in_its_block(table):
    every = np.arange(len(table.sizes))
    _, together = finish(newton.fit(newton.gather(table, every)))
    for i in every:
        _, alone = finish(newton.fit(newton.gather(table, every[i : i + 1])))
        assert alone[0] == pytest.approx(together[i], abs=1e-8)


def test_chunks_of_patients_change_nothing(monkeypatch):
    federation = load(Data.build({"patients": 300}), 0)
    x, y = federation.train.x, federation.train.y
    _, whole = finish(newton.fit(newton.in_chunks(x, y)))
    monkeypatch.setattr(newton, "NUMBERS", 700)
    chunks = newton.in_chunks(x, y)
    seen, parts = finish(newton.fit(chunks))
    assert len(chunks) == 18
    assert len(seen) % 18 == 0
    assert parts == pytest.approx(whole, abs=1e-9)
    assert all(np.shares_memory(chunk.x, x) for chunk in chunks)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_hospital_of_one_kind_predicts_that_kind(label):
    table = Table(np.random.default_rng(0).normal(size=(9, 2)), np.full(9, label), np.array([0, 9]))
    _, params = finish(newton.fit(newton.gather(table, np.arange(1))))
    assert params[0, :2].tolist() == [0, 0]
    assert params[0, 2] == pytest.approx(np.log(10) if label else -np.log(10))


def ragged():
    return load(Data.build({"source": "breast-cancer", "partition": "dirichlet", "alpha": 1.0}), 2)


def test_each_one_alone_is_told_on_own_and_on_everyones_patients():
    federation = ragged()
    train, test = federation.train, federation.test
    done = compute(federation)
    own, everyone, logits = [], [], np.empty(len(test.y))
    for i in range(5):
        mine, theirs = train.owner == i, test.owner == i
        params = scikit_learn(train.x[mine], train.y[mine])
        on_all = test.x @ params[:-1] + params[-1]
        logits[theirs] = on_all[theirs]
        own.append(np.sum((on_all >= 0)[theirs] == (test.y[theirs] == 1)))
        everyone.append((np.mean((on_all >= 0) == (test.y == 1)), auc(on_all, test.y)))
    assert done.alone_correct.tolist() == own
    assert done.local_only.correct == sum(own)
    assert done.local_only.auc == pytest.approx(auc(logits, test.y), abs=1e-9)
    told = (done.everyone_accuracy, done.everyone_auc)
    assert told == pytest.approx(tuple(np.mean(everyone, axis=0)), abs=1e-9)
    assert done.everyone_patients == len(test.y)


def test_pooled_is_one_model_on_all_training_patients():
    federation = ragged()
    done = compute(federation)
    params = scikit_learn(federation.train.x, federation.train.y)
    assert done.pooled_params == pytest.approx(params, abs=1e-6)
    logits = federation.test.x @ params[:-1] + params[-1]
    assert done.pooled.correct == score(logits, federation.test.y).correct
    assert done.pooled_correct.sum() == done.pooled.correct


@pytest.mark.parametrize(("positives", "says"), [(9, 1), (5, 1), (4, 0), (0, 0), (10, 1)])
def test_majority_says_the_commoner_training_label(positives, says):
    y = (np.arange(10) < positives).astype(float)
    train = Table(np.arange(10.0)[:, None], y, np.array([0, 6, 10]))
    test = Table(np.zeros((3, 1)), np.array([1.0, 0.0, 1.0]), np.array([0, 1, 3]))
    federation = Federation(
        ("A", "B"), ("x",), train, test, np.zeros(2), Scaling("none", None, None), {}
    )
    done = compute(federation)
    assert done.majority_correct.tolist() == ([1, 1] if says else [0, 1])
    assert done.majority.correct == (2 if says else 1)
    assert done.majority.auc == 0.5
    assert np.isfinite(done.majority.loss)


def test_baselines_count_a_hospital_without_held_out_patients_as_nothing():
    federation = load(Data.build({"patients": 3, "hospitals": 4, "partition": "quantity"}), 0)
    lonely = Table(federation.train.x[:1], federation.train.y[:1], np.array([0, 1]))
    starts = np.append(federation.train.starts, len(federation.train.y) + 1)
    train = Table(
        np.concatenate([federation.train.x, lonely.x]),
        np.concatenate([federation.train.y, lonely.y]),
        starts,
    )
    test = Table(
        federation.test.x,
        federation.test.y,
        np.append(federation.test.starts, federation.test.starts[-1]),
    )
    more = Federation(
        (*federation.names, "E"), federation.features, train, test, np.zeros(5),
        federation.scaling, {},
    )  # fmt: skip
    assert compute(more).alone_correct[-1] == 0


def test_in_huge_federations_everyone_is_an_addressed_sample(monkeypatch):
    federation = load(Data.build({"hospitals": 20, "patients": 100}), 0)
    whole = compute(federation)
    monkeypatch.setattr(baselines, "JUDGEMENTS", 20 * 150)
    one, again, other = (compute(federation, seed) for seed in (1, 1, 2))
    assert whole.everyone_patients == 400
    assert one.everyone_patients == 150
    assert one.everyone_accuracy == again.everyone_accuracy != other.everyone_accuracy
    assert one.everyone_accuracy == pytest.approx(whole.everyone_accuracy, abs=0.1)
    assert one.local_only == whole.local_only


def test_a_mean_over_hospitals_is_of_all_of_them_or_of_none():
    """One hospital's model gives logits that are no numbers: no area stands for it, 0 least of all."""
    federation = load(Data.build({"hospitals": 3}), 1)
    params = np.zeros((3, 11))
    params[:, 0] = 1.0
    mean = made(baselines._on_everyone(Logistic(10), params, federation.test, 1))[1]
    assert mean == pytest.approx(auc(federation.test.x[:, 0], federation.test.y))
    params[1] = np.nan
    assert made(baselines._on_everyone(Logistic(10), params, federation.test, 1))[1] is None


def test_progress_rises_and_ends_each_part():
    seen, _ = finish(baselines.compute(load(Data.build({"hospitals": 700, "patients": 20}), 0), 0))
    parts = dict.fromkeys(what for what, _, _ in seen)
    assert list(parts) == [
        "each one alone",
        "each one's model on its own",
        "each one's model on everyone",
        "all data in one place",
        "testing what to compare with",
    ]
    for part in parts:
        steps = [(done, total) for what, done, total in seen if what == part]
        assert steps == sorted(steps)
        assert len({total for _, total in steps}) == 1
        assert steps[-1][0] == steps[-1][1]


@pytest.mark.parametrize(
    "given",
    [{"hospitals": 600, "patients": 10}, {"hospitals": 3, "patients": 3000}, {"hospitals": 90}],
)
def test_no_step_works_on_more_than_a_chunk(given):
    federation = load(Data.build({"features": 20, **given}), 0)
    seen = []
    for block in references.alike(federation.train):
        seen.extend(block)
        chunks = newton.gather(federation.train, block)
        assert len(block) <= references.BLOCK
        assert max(chunk.x.size for chunk in chunks) <= newton.NUMBERS
    assert sorted(seen) == list(range(given["hospitals"]))


def test_the_notebooks_hospitals_lose_by_federating():
    done = [compute(load(Data.build({"source": "notebook"}), seed)) for seed in range(10)]
    alone = np.mean([b.local_only.accuracy for b in done])
    pooled = np.mean([b.pooled.accuracy for b in done])
    assert alone == pytest.approx(0.807, abs=0.025)
    assert pooled == pytest.approx(0.638, abs=0.025)


CELLS = [
    f"{which} {name}"
    for which in ("mean", "worst")
    for name in ("texture", "smoothness", "compactness", "symmetry", "fractal dimension")
]


def test_breast_cells_gain_by_federating():
    given = {"source": "breast-cancer", "hospitals": 4, "test_fraction": 0.3, "keep": CELLS}
    done = [compute(load(Data.build(given), seed)) for seed in range(10)]
    assert np.mean([b.pooled.accuracy for b in done]) == pytest.approx(0.928, abs=0.01)
    assert np.mean([b.local_only.accuracy for b in done]) == pytest.approx(0.907, abs=0.01)
    assert np.mean([b.majority.accuracy for b in done]) == pytest.approx(0.629, abs=0.01)


HEART_NAMES = ("Cleveland", "Hungarian", "Switzerland", "VA Long Beach")
HEART = {  # column: mean, spread of the training patients; weight at penalty C = 1
    "age": (52.952675, 9.615864, 0.213518),
    "sex": (0.757202, 0.428774, 0.535989),
    "trestbps": (133.150206, 19.171311, 0.036363),
    "chol": (219.837449, 93.567961, -0.074907),
    "fbs": (0.150206, 0.357273, 0.234558),
    "thalach": (139.281893, 26.065144, -0.327775),
    "exang": (0.386831, 0.487024, 0.630515),
    "oldpeak": (0.936214, 1.07102, 0.538448),
    "cp_2.0": (0.199588, 0.399691, -0.185993),
    "cp_3.0": (0.216049, 0.411548, 0.025674),
    "cp_4.0": (0.524691, 0.49939, 0.650663),
    "restecg_1.0": (0.148148, 0.355247, 0.104395),
    "restecg_2.0": (0.240741, 0.427533, 0.184664),
}
HEART_BIAS = 0.128488


def test_heart_disease_is_what_others_measured():
    path = shared("data", "heart_disease", "heart_disease_flamby.csv")
    federation = load(Data.build({"source": str(path)}), 0)
    assert federation.names == HEART_NAMES
    assert federation.features == tuple(HEART)
    assert federation.train.sizes.tolist() == [199, 172, 30, 85]
    assert federation.test.sizes.tolist() == [104, 89, 16, 45]
    mean, spread, weights = (np.array(column) for column in zip(*HEART.values(), strict=True))
    assert federation.scaling.mean == pytest.approx(mean, abs=1e-6)
    assert federation.scaling.std == pytest.approx(spread, abs=1e-6)
    done = compute(federation)
    assert done.pooled_params == pytest.approx(np.append(weights, HEART_BIAS), abs=1e-6)
    assert done.pooled.accuracy == pytest.approx(0.795276, abs=1e-6)
    assert done.pooled_correct.tolist() == [81, 71, 13, 37]
    assert done.pooled.loss == pytest.approx(0.435464, abs=1e-6)
