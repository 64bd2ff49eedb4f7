"""Public bounds: nothing is measured on patients, so nobody's number shows in what others send."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Scenario, run
from engine.arrays import Floats
from engine.attacks.victim import victim
from engine.data import load
from engine.data.ranges import REACH
from engine.errors import ScenarioError
from engine.prediction import finished, predict
from engine.privacy import accountant
from engine.privacy.ledger import Release
from engine.sections import Data
from tests.builders import small, states

RUNS = 60  # with the outlier, and as many without


def table(path: Path, last: tuple[float, float] = (50.0, 1.0)) -> Path:
    """Two hospitals of 200; `last` is what stands of the last patient of A."""
    draw = np.random.default_rng(5)
    age, dose = draw.normal(50, 10, 400).round(1), draw.normal(1, 0.2, 400).round(2)
    sick = (age + draw.normal(0, 8, 400) > 50).astype(int)
    age[199], dose[199] = last
    rows = [f"{'AB'[i // 200]},{sick[i]},{age[i]},{dose[i]},train" for i in range(400)]
    rows += [f"{h},{y},50,1,test" for h in "AB" for y in (0, 1)]
    path.write_text("hospital,label,age,dose,split\n" + "\n".join(rows) + "\n")
    return path


def data(path: Path, *ranges: str, **more: Any) -> Data:
    return Data.build({"source": str(path), "ranges": list(ranges), **more})


@settings(max_examples=20)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_no_patients_numbers_move_another_patients(tmp_path_factory, age, dose):
    """The law that a measured scale breaks; the scaled table has all but one row in common."""
    folder = tmp_path_factory.mktemp("tables")
    given_ranges = ("age=0:110", "*=0:3")
    one = load(data(table(folder / "one.csv"), *given_ranges), 0).train.x
    other = load(data(table(folder / "two.csv", (age, dose)), *given_ranges), 0).train.x
    assert np.count_nonzero(np.any(one != other, axis=1)) <= 1
    assert np.abs(other).max() <= REACH
    measured = load(data(table(folder / "two.csv", (1e6, 1e6))), 0).train.x
    assert np.all(np.any(load(data(table(folder / "one.csv")), 0).train.x != measured, axis=1))


def test_the_bounds_become_three_and_a_gap_their_middle(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "hospital,label,age,sex\n" + "A,0,0,f\nA,1,110,m\nA,0,,f\nB,1,999,m\nB,0,55,f\n" * 3
    )
    federation = load(data(path, "age=0:110", test_fraction=0.1), 0)
    assert federation.features == ("age", "sex=m")
    assert federation.setup.keys() == {"categories", "all categories"}
    found = set(federation.train.x[:, 0]) | set(federation.test.x[:, 0])
    assert found == {-REACH, 0.0, REACH}
    assert set(federation.train.x[:, 1]) == {-REACH, REACH}  # a mark needs no bounds
    assert any("Numbers beyond data.ranges" in n and "'age' 3" in n for n in federation.notes)


def test_a_result_judges_a_new_table_as_the_run_did(tmp_path):
    path = table(tmp_path / "t.csv", (500.0, 1.0))
    given_data = {"source": str(path), "ranges": ["age=0:110", "dose=0:3"]}
    scenario = Scenario.from_dict({"data": given_data, "training": {"rounds": 3}})
    result = json.loads(json.dumps(run(scenario)))
    assert result["setup"] == {}
    federation, params = load(scenario.data, scenario.seed), np.array(result["params"])
    p = predict(finished(result), path).p
    logits = federation.train.x @ params[:-1] + params[-1]
    np.testing.assert_allclose(np.sort(p[:400]), np.sort(1 / (1 + np.exp(-logits))), rtol=1e-9)


@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        (["age=0:110"], r"no bounds of 'dose'; add each as column=low:high, or \*=low:high"),
        (["ago=0:110", "*=0:1"], "there is no column 'ago' to scale; did you mean 'age'"),
        (["age"], "'age' names no column and its bounds"),
        (["age=5:5", "*=0:1"], "the lower bound first"),
        (["age=9:5", "*=0:1"], "the lower bound first"),
        (["age=0:inf", "*=0:1"], "the lower bound first"),
        (["age=x:1", "*=0:1"], "the lower bound first"),
    ],
)
def test_bounds_that_are_none_are_refused(tmp_path, ranges, says):
    with pytest.raises(ScenarioError, match=says):
        load(data(table(tmp_path / "t.csv"), *ranges), 0)


def test_ranges_are_a_scaling_and_a_given_weight_a_class_weight_unless_another_is_chosen():
    assert Data.build({"ranges": ["*=0:1"]}).scaling == "ranges"
    idle = Scenario.from_dict({"data": {"ranges": ["*=0:1"], "scaling": "none"}})
    assert any("data.ranges: ignored" in note for note in idle.notes)
    given_weight = small(model={"case_weight": 4.0})
    assert given_weight.model.class_weight == "given"
    weights = states(given_weight)[0].prepared.class_weights
    assert (weights.negative, weights.positive) == (1.0, 4.0)
    idle = small(model={"case_weight": 4.0, "class_weight": "none"})
    assert any("model.case_weight: ignored" in note for note in idle.notes)


# Can it be told from the first message whether a patient is an outlier?


def first_messages(path: Path, of: dict[str, Any], epsilon: float, runs: int) -> Floats:
    """The update that A sends in round 1, with so many draws of noise, (runs, d)."""
    scenario = Scenario.from_dict(
        {
            "data": {"source": str(path), **of},
            "training": {"rounds": 1, "local_epochs": 1, "batch_size": 0},
            "privacy": {"epsilon": epsilon},
        }
    )
    of_a = victim(scenario, states(scenario)[0], 0)
    return np.concatenate([of_a.again().update(of_a.patients) for _ in range(runs)])


def right_guesses(tmp_path: Path, of: dict[str, Any]) -> int:
    """Of 2 · RUNS guesses along the line that best tells the two worlds apart."""
    worlds = [table(tmp_path / "with.csv", (5000.0, 1.0)), table(tmp_path / "without.csv")]
    inside, outside = (first_messages(path, of, math.inf, 1)[0] for path in worlds)
    line, middle = inside - outside, (inside + outside) / 2
    scores = [(first_messages(path, of, 1.0, RUNS) - middle) @ line for path in worlds]
    return int(np.sum(scores[0] > 0) + np.sum(scores[1] <= 0))


def test_an_outlier_shows_through_a_measured_scale_and_not_through_public_bounds(tmp_path):
    """At ε = 1 the best guess is right in 55 of 100; a scale by hospital makes it 100 of 100."""
    assert right_guesses(tmp_path, {"scaling": "hospital"}) > 0.95 * 2 * RUNS
    z = accountant.noise_multiplier(1.0, 1e-5, 1)
    best = accountant.best_guess((Release(z, 1),))
    assert best == pytest.approx(0.55, abs=0.01)
    luck = 3 * math.sqrt(2 * RUNS / 4)
    assert right_guesses(tmp_path, {"ranges": ["age=0:110", "*=0:3"]}) <= best * 2 * RUNS + luck
