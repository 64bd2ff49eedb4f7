"""The built-in sources, and what is refused before anything is built."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, make_classification

from engine.data import load, memory
from engine.data.breast_cancer import FEATURES, breast_cancer
from engine.data.notebook import notebook
from engine.data.source import letters
from engine.data.synthetic import synthetic
from engine.errors import DataError, EngineError, ScenarioError
from engine.sections import Data
from engine.steps import finished


def test_the_notebooks_patients_are_the_notebooks():
    federation = load(Data.build({"source": "notebook", "scaling": "none"}), 7)
    positives = np.rint(federation.positive_rate * 200).astype(int)
    assert [(200 - p, p) for p in positives] == [(105, 95), (102, 98), (91, 109)]
    x, y = make_classification(
        n_samples=200, n_features=10, n_informative=7, n_redundant=2, n_classes=2,
        flip_y=0.15, class_sep=1.3, random_state=52,
    )  # fmt: skip
    source = notebook()
    assert np.array_equal(source.x[200:400], x)
    assert np.array_equal(source.y[200:400], y)


def test_the_seed_changes_the_notebooks_split_and_not_its_patients():
    one, other = (load(Data.build({"source": "notebook", "scaling": "none"}), s) for s in (1, 2))
    assert not np.array_equal(one.test.x, other.test.x)

    def everyone(f):
        return sorted(map(tuple, np.concatenate([f.train.x, f.test.x])))

    assert everyone(one) == everyone(other)


def test_breast_cancer_is_scikit_learns_with_malignant_positive():
    theirs, ours = load_breast_cancer(), breast_cancer()
    assert tuple(theirs.feature_names) == FEATURES == ours.features
    assert np.array_equal(theirs.data, ours.x)
    assert np.array_equal(theirs.target == 0, ours.y == 1)
    assert np.array_equal(breast_cancer("benign").y, 1 - ours.y)
    assert breast_cancer("malignant").notes == ours.notes == ()
    assert breast_cancer("benign").notes == ("Benign counts as positive.",)


def test_breast_cancer_imports_neither_scikit_learn_nor_scipy():
    code = """
import sys
from engine.baselines import compute
from engine.data import load
from engine.sections import Data
from engine.steps import finished
list(compute(load(Data.build({"source": "breast-cancer"}), 0), 0))
print(sorted({name.partition(".")[0] for name in sys.modules} & {"sklearn", "scipy"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("features", "informative"), [(2, 2), (3, 2), (10, 8), (20, 15), (21, 16)])
def test_synthetic_patients_share_one_concept(features, informative):
    source = finished(synthetic(500, features, 3))
    assert source.x.shape == (500, features)
    assert np.linalg.matrix_rank(source.x - source.x.mean(axis=0)) == informative
    assert np.array_equal(source.x, finished(synthetic(500, features, 3)).x)
    assert not np.array_equal(source.x, finished(synthetic(500, features, 4)).x)
    assert source.owner is None


def test_hospitals_without_names_get_letters():
    assert letters(3) == ("A", "B", "C")
    assert letters(703)[25:28] == ("Z", "AA", "AB")
    assert letters(703)[701:] == ("ZZ", "AAA")
    assert len(set(letters(20_000))) == 20_000


def test_columns_are_kept_and_dropped_in_the_tables_order():
    keep = ("worst texture", "mean texture", "mean area")
    federation = load(
        Data.build({"source": "breast-cancer", "keep": keep, "drop": ("mean area",)}), 0
    )
    assert federation.features == ("mean texture", "worst texture")
    assert federation.train.x.shape[1] == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"keep": ("mean textur",)}, "data.keep: there is no column 'mean textur'; did you mean"),
        ({"drop": ("zzz",)}, "data.drop: there is no column 'zzz'; choose from 'mean radius'"),
        ({"drop": FEATURES}, "no column is left"),
        ({"positive": "malign"}, "data.positive: there is no 'malign'; did you mean 'malignant'"),
        ({"hospitals": 570}, "570 hospitals for 569 patients; choose at most 569"),
        ({"partition": "natural"}, "has no hospitals of its own"),
    ],
)
def test_breast_cancer_refuses_in_a_sentence(given, words):
    with pytest.raises(EngineError, match=words):
        load(Data.build({"source": "breast-cancer", **given}), 0)


@pytest.mark.parametrize("source", ["breast_cancer", "brest-cancer"])
def test_a_misspelt_source_is_told_the_nearest(source):
    with pytest.raises((DataError, ScenarioError), match="did you mean 'breast-cancer'"):
        load(Data.build({"source": source}), 0)


@pytest.mark.parametrize(
    "source", ["nowhere/table.csv", "", " ", "a\0b", "~nobody-here/x", "x" * 5000]
)
def test_an_unknown_source_is_told_the_list(source):
    with pytest.raises(DataError, match=r"choose synthetic, notebook, .* or mimic-demo"):
        load(Data.build({"source": source}), 0)


def test_what_does_not_fit_in_memory_is_refused_before_it_is_built(monkeypatch):
    monkeypatch.setattr(memory, "physical", lambda: 10_000_000)
    load(Data.build({"hospitals": 100, "patients": 200}), 0)
    with pytest.raises(DataError, match=r"lower data\.hospitals, data\.patients or data\.features"):
        load(Data.build({"hospitals": 200, "patients": 200}), 0)


def test_the_largest_federation_of_all_is_refused_at_once():
    if memory.physical() is None:
        pytest.skip("this system does not say how much memory it has")
    with pytest.raises(DataError, match="GB of memory"):
        load(Data.build({"hospitals": 1_000_000, "patients": 10_000_000}), 0)


def test_many_hospitals_load_without_a_loop_over_them():
    federation = load(Data.build({"hospitals": 20_000, "patients": 5, "features": 4}), 0)
    assert federation.train.sizes.sum() == 80_000
    assert federation.setup["statistics"][0] == 20_000
    assert np.array_equal(federation.train.owner, np.repeat(np.arange(20_000), 4))
