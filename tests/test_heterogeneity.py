"""How hospitals differ: four kinds, each of which a partition can make, and none of which is another.

What chance does is no difference, and what the notebook's score sees is one of the four.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import load
from engine.data.federation import Federation, Scaling, Table
from engine.data.partition import place
from engine.data.source import Source
from engine.data.split import hold_out
from engine.heterogeneity import Heterogeneity, differences
from engine.heterogeneity.columns import covariate
from engine.heterogeneity.concepts import MOST_HOSPITALS
from engine.heterogeneity.degree import Degree, limit
from engine.heterogeneity.labels import label, notebook_score
from engine.heterogeneity.measured import measure
from engine.heterogeneity.sizes import effective, quantity
from engine.metrics import auc
from engine.sections import Data
from engine.steps import finished
from tests.shared import shared


def clouds(patients: int = 3000, seed: int = 0) -> Source:
    """Two round clouds of patients, four columns: a logistic model is right for them everywhere."""
    draw = np.random.default_rng(seed)
    y = (draw.random(patients) < 0.4).astype(float)
    x = draw.normal(size=(patients, 4)) + y[:, None] * [1.2, -0.8, 0.0, 0.0]
    return Source(x, y, ("a", "b", "c", "d"))


def federation(source: Source, scaling: Scaling | None = None) -> Federation:
    """The patients of a source that has hospitals, as they are."""
    k = len(source.names)
    out = hold_out(source.y, source.owner, k, 0.3, 0)
    tables = []
    for chosen in (~out, out):
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(source.owner[rows], kind="stable")]
        starts = np.append(0, np.cumsum(np.bincount(source.owner[rows], minlength=k)))
        tables.append(Table(source.x[rows], source.y[rows], starts))
    rates = np.bincount(source.owner, weights=source.y) / np.bincount(source.owner)
    return Federation(
        source.names, source.features, *tables, rates, scaling or Scaling("none", None, None), {}
    )


def found(partition: str, alpha: float = 0.3, hospitals: int = 4, seed: int = 0, **more):
    data = Data(partition=partition, alpha=alpha, hospitals=hospitals, **more)
    return finished(differences(federation(place(clouds(seed=seed), data, seed)), seed))


def beyond(here: Heterogeneity) -> dict[str, float]:
    return {kind: degree.beyond for kind, degree in here.degrees.items()}


# What each partition is for, and what else it may do.
MAKES = {
    "label_mix": ("label", {"covariate"}),  # whoever has more cases has their columns too
    "quantity": ("quantity", set()),
    "covariate": ("covariate", set()),
    "concept": ("concept", set()),
}


@pytest.mark.parametrize(("partition", "kind", "also"), [(p, *m) for p, m in MAKES.items()])
def test_what_a_partition_is_for_grows_as_alpha_falls_and_nothing_else_does(partition, kind, also):
    alphas = (0.1, 0.5, 3.0, 1e3)
    runs = [[beyond(found(partition, alpha, seed=seed)) for seed in (1, 2, 3)] for alpha in alphas]
    means = [np.mean([run[kind] for run in seeds]) for seeds in runs]
    assert means[0] > means[1] > means[2] >= means[3], means
    assert found(partition, 0.1, seed=1).degrees[kind].word == "very"
    assert found(partition, 1e3, seed=1).degrees[kind].word == "a little"
    others = {"label", "quantity", "covariate", "concept"} - {kind} - also
    for seeds in runs:
        for other in others:
            degree = np.mean([run[other] for run in seeds])
            assert degree < 0.1, (other, degree)


def test_hospitals_of_one_label_differ_in_labels_as_much_as_can_be():
    two, one = (found("pathological", shards=n, hospitals=10) for n in (2, 1))
    assert two.label.word == one.label.word == "very"
    assert 0.95 < one.label.value <= 1
    assert two.label.value < one.label.value
    assert one.concept.degree.word == "n/a"
    assert one.concept.degree.value is None


@pytest.mark.parametrize("hospitals", [2, 5, 30])
def test_patients_dealt_at_random_differ_by_chance_and_no_more(hospitals):
    seeds = [found("iid", hospitals=hospitals, seed=seed) for seed in range(12)]
    for kind in ("label", "covariate"):
        degrees = [run.degrees[kind] for run in seeds]
        mean_square = np.mean([degree.value**2 for degree in degrees])
        assert math.sqrt(mean_square) == pytest.approx(degrees[0].chance, rel=0.35), kind
    words = [degree.word for run in seeds for degree in run.degrees.values()]
    assert words.count("a little") >= 0.95 * len(words)
    concept = [run.concept.degree.value for run in seeds]
    assert abs(np.mean(concept)) < 3 * np.std(concept) / math.sqrt(len(concept)) + 1e-3


@given(st.integers(1, 200))
def test_chance_passes_its_limit_two_to_seven_times_in_a_hundred(hospitals):
    """Against χ² itself, drawn."""
    drawn = np.random.default_rng(hospitals).chisquare(max(1, hospitals - 1), 20_000)
    passed = np.mean(drawn / max(1, hospitals - 1) > limit(1.0, hospitals) ** 2)
    assert 0.02 < passed < 0.07


def test_label_is_cramers_v():
    table = np.array([[30, 10], [15, 45], [50, 50]])  # hospital × label
    sizes = table.sum(axis=1)
    expected = np.outer(sizes, table.sum(axis=0)) / table.sum()
    chi2 = ((table - expected) ** 2 / expected).sum()
    degree = label(sizes, table[:, 1] / sizes)
    assert degree.value == pytest.approx(math.sqrt(chi2 / table.sum()))
    assert degree.chance == pytest.approx(math.sqrt(2 / 199))


def test_the_effective_number_of_hospitals():
    assert effective(np.array([50, 50, 50])) == pytest.approx(3)
    assert effective(np.array([10, 1, 1, 1, 1, 1])) == pytest.approx(225 / 105)
    sizes = np.array([50, 150])  # which vary by half of their mean
    assert quantity(sizes).value == pytest.approx(0.2)
    assert quantity(np.array([7])).value is None


def test_columns_are_compared_by_the_difference_of_means_in_pooled_spreads():
    """Beside the formula, and beside Austin's mean of two variances, where both are the same."""
    source = place(clouds(400), Data(partition="covariate", hospitals=2), 0)
    here = federation(source)
    measured = finished(measure(here))
    apart = covariate(measured).apart
    one, other = (source.x[source.owner == i] for i in (0, 1))
    austin = (one.mean(0) - other.mean(0)) / np.sqrt(
        (one.var(0, ddof=1) + other.var(0, ddof=1)) / 2
    )
    assert apart[0] == pytest.approx(austin)
    assert apart[1] == pytest.approx(-austin)
    assert measured.least == pytest.approx(source.x.min(axis=0))
    assert measured.most == pytest.approx(source.x.max(axis=0))


@pytest.mark.parametrize("scaling", ["global", "hospital", "none"])
def test_how_columns_are_scaled_does_not_change_how_they_differ(scaling):
    def columns(kind):
        data = Data.build({"source": "breast-cancer", "partition": "covariate", "scaling": kind})
        return finished(measure(load(data, 0)))

    plain, here = columns("none"), columns(scaling)
    assert here.mean == pytest.approx(plain.mean, rel=1e-6)
    assert np.array_equal(here.least == 0, plain.least == 0)
    assert covariate(here).apart == pytest.approx(covariate(plain).apart, abs=1e-6)


def test_a_zero_is_zero_again_once_its_scale_is_undone():
    measured = np.where(
        np.arange(900).reshape(300, 3) % 7 == 0, 0.0, 200 + np.arange(900).reshape(300, 3)
    )
    mean, std = measured.mean(axis=0), measured.std(axis=0)
    again = Scaling("global", mean, std).undone((measured - mean) / std, np.zeros(300, np.int64))
    assert np.array_equal(again == 0, measured == 0)
    np.testing.assert_allclose(again, measured, rtol=1e-12)


def test_a_constant_column_and_huge_numbers_differ_in_nothing():
    source = clouds(600)
    source.x[:, 2] = 1e9 + 0.1
    source.x[:, 3] = source.x[:, 3] * 1e-3 + 1e9
    here = federation(place(source, Data(partition="iid", hospitals=3), 0))
    apart = covariate(finished(measure(here))).apart
    assert np.all(apart[:, 2] == 0)
    assert np.abs(apart[:, 3]).max() < 0.3


def test_a_column_that_tells_the_hospital_differs_by_ten_spreads():
    source = place(clouds(600), Data(partition="iid", hospitals=2), 0)
    source.x[:, 2] = source.owner
    apart = covariate(finished(measure(federation(source)))).apart
    assert apart[:, 2].tolist() == [-10, 10]


def test_areas_and_right_answers_are_those_of_each_model_on_each_hospitals_patients():
    here = federation(place(clouds(), Data(partition="concept", hospitals=3, alpha=1.0), 0))
    crossed = finished(differences(here, 0)).concept
    sklearn = pytest.importorskip("sklearn.linear_model")
    for i in range(3):
        rows = slice(here.train.starts[i], here.train.starts[i + 1])
        model = sklearn.LogisticRegression(C=1.0, tol=1e-10, max_iter=1000)
        model.fit(here.train.x[rows], here.train.y[rows])
        for j in range(3):
            rows = slice(here.test.starts[j], here.test.starts[j + 1])
            logits, y = model.decision_function(here.test.x[rows]), here.test.y[rows]
            assert crossed.area[i, j] == pytest.approx(auc(logits, y), abs=2e-3)
            assert abs(crossed.correct[i, j] - np.sum((logits >= 0) == (y > 0.5))) <= 1
    own, others = np.trace(crossed.area) / 3, (crossed.area.sum() - np.trace(crossed.area)) / 6
    assert crossed.degree.value == pytest.approx(own - others)


def test_a_poor_model_and_hard_patients_are_no_other_concept():
    """One hospital has ten patients to learn from, and one has labels that nobody can tell."""
    source = place(
        clouds(4000), Data(partition="quantity", hospitals=3, sizes=("300", "100", "2")), 0
    )
    y = source.y.copy()
    hard = np.flatnonzero(source.owner == 1)
    turned = hard[np.random.default_rng(1).random(len(hard)) < 0.35]
    y[turned] = 1 - y[turned]
    crossed = finished(differences(federation(Source(**{**vars(source), "y": y})), 0)).concept
    assert np.all(crossed.area[2, :2] < crossed.area[0, :2])
    assert crossed.area[:, 1].max() < crossed.area[:, 0].min()
    assert crossed.degree.word == "a little"


def test_hospitals_that_know_one_label_are_left_out_of_the_matrix():
    source = clouds(900)
    owner = np.arange(900) % 3
    owner[source.y > 0.5] %= 2  # the third has negatives only
    here = federation(Source(source.x, source.y, source.features, owner, ("A", "B", "C")))
    crossed = finished(differences(here, 0)).concept
    assert np.isnan(crossed.area[2]).all()
    assert np.isnan(crossed.area[:, 2]).all()
    assert np.isfinite(crossed.area[:2, :2]).all()
    assert crossed.correct[2, 2] == crossed.patients[2]
    assert crossed.degree.word == "a little"


def test_one_hospital_differs_from_nobody():
    here = found("iid", hospitals=1)
    assert [degree.word for degree in here.degrees.values()] == ["n/a"] * 4
    assert here.notebook_score == 0


def test_of_many_hospitals_some_are_crossed_the_same_for_the_same_seed():
    source = place(clouds(4000), Data(partition="iid", hospitals=200), 0)
    one, again, other = (
        finished(differences(federation(source), seed)).concept.hospitals for seed in (1, 1, 2)
    )
    assert len(one) == MOST_HOSPITALS
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.all(np.diff(one) > 0)


def test_the_work_says_how_far_it_is():
    told = list(differences(federation(place(clouds(), Data(partition="iid", hospitals=5), 0)), 0))
    for what in dict.fromkeys(what for what, _, _ in told):
        steps = [(done, total) for each, done, total in told if each == what]
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)
        assert steps[-1][0] == steps[-1][1]


def test_the_notebook_calls_alike_what_differs_most():
    """Its score sees the labels of 95, 98 and 109 among 200; the columns mean something else."""
    here = load(Data.build({"source": "notebook"}), 0)
    found = finished(differences(here, 0))
    assert found.notebook_score == pytest.approx(np.std([0.475, 0.49, 0.545]))
    assert found.label.word == found.quantity.word == "a little"
    assert found.covariate.degree.word == "some"
    assert found.concept.degree.word == "very"
    crossed = found.concept
    right = crossed.correct / crossed.patients
    assert np.diag(right).min() > 0.75
    assert (right[~np.eye(3, dtype=bool)]).max() <= 0.535  # DESIGN's .385–.535, fewer patients


def test_the_notebooks_score_takes_chance_for_a_difference():
    sizes, draw = np.full(50, 10), np.random.default_rng(0)
    rates = draw.binomial(10, 0.5, 50) / 10
    assert notebook_score(rates) > 0.1
    assert label(sizes, rates).word == "a little"


@settings(max_examples=50)
@given(st.floats(0, 2), st.floats(0, 1), st.floats(0, 1))
def test_what_chance_may_have_made_does_not_count(value, chance, extra):
    degree = Degree(value, chance, chance + extra, 0.1, 0.3)
    assert degree.beyond <= value + 1e-9
    assert degree.beyond == 0 or value > degree.limit
    assert degree.word in ("a little", "some", "very")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            ("heart_disease", "heart_disease_flamby.csv"),
            {"label": "very", "quantity": "some", "covariate": "very", "concept": "a little"},
        ),
        (
            ("eicu_demo_by_region", "eicu_demo_by_region.csv"),
            {
                "label": "a little",
                "quantity": "some",
                "covariate": "a little",
                "concept": "a little",
            },
        ),
    ],
)
def test_real_hospitals(path, words):
    here = load(Data.build({"source": str(shared("data", *path))}), 0)
    assert {k: d.word for k, d in finished(differences(here, 0)).degrees.items()} == words
