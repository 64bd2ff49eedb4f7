"""The number of cases: exact after one step from zero, an estimate after more, the total under masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Scenario, simulate
from engine.attacks.case_count import CaseCount, case_count, reckon
from engine.attacks.defences import stand
from engine.attacks.outcome import Outcome
from engine.attacks.victim import victim
from engine.data.notebook import notebook
from engine.events import RunStarted
from engine.state import State
from tests.builders import small, states

ONE_STEP = {"local_steps": 1, "batch_size": 0}


def begun(scenario: Scenario) -> State:
    return next(e.state for e in simulate(scenario) if isinstance(e, RunStarted))


def counts(scenario: Scenario, state: State | None = None) -> list[CaseCount]:
    before = begun(scenario) if state is None else state
    assert before.prepared is not None
    everyone = range(len(before.prepared.federation.names))
    return [case_count(scenario, before, hospital, seed=3) for hospital in everyone]


def table_of_the_notebook(path: Path) -> str:
    """All 600 patients of its three hospitals to train on; a row that is nobody's to test on."""
    source = notebook()
    assert source.owner is not None
    lines = ["hospital,split,label," + ",".join(source.features)]
    for hospital, y, x in zip(source.owner, source.y, source.x, strict=True):
        cells = ",".join(repr(float(value)) for value in x)
        lines.append(f"{source.names[hospital]},train,{int(y)},{cells}")
    lines.append("A,test,0," + ",".join("0.0" for _ in source.features))
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("scaling", ["none", "global", "hospital"])
def test_one_step_from_zero_tells_the_notebooks_hospitals_their_95_98_and_109_cases(
    tmp_path, scaling
):
    source = table_of_the_notebook(tmp_path / "notebook.csv")
    found = counts(
        Scenario.from_dict({"data": {"source": source, "scaling": scaling}, "training": ONE_STEP})
    )
    assert [round(c.estimate) for c in found] == [95, 98, 109]
    assert [(c.patients, c.cases, c.outcome) for c in found] == [
        (200, cases, Outcome.READ) for cases in (95, 98, 109)
    ]
    assert max(abs(c.estimate - c.cases) for c in found) < 1e-4


def test_with_patients_held_out_it_is_those_in_training_that_are_counted():
    found = counts(Scenario.from_dict({"data": {"source": "notebook"}, "training": ONE_STEP}))
    assert [c.patients for c in found] == [160, 160, 160]
    assert [round(c.estimate) for c in found] == [c.cases for c in found] == [76, 78, 87]


@settings(max_examples=20)
@given(
    st.sampled_from(["iid", "dirichlet", "quantity"]),
    st.floats(1e-4, 10),
    st.sampled_from(["patients", "equal"]),
    st.sampled_from([{}, {"fedprox": {"mu": 0.05}}, {"model": {"l2": 0.05}}]),
)
def test_it_is_exact_at_any_rate_and_for_any_mix_of_patients(partition, rate, weighting, extra):
    training = {**ONE_STEP, "learning_rate": rate, "weighting": weighting}
    for c in counts(small(data={"partition": partition}, training=training, **extra)):
        assert c.outcome is Outcome.READ
        assert c.estimate == pytest.approx(c.cases, abs=1e-3)
        assert (c.obstacle, c.readers) == ("", ("server",))


def test_after_more_steps_or_from_another_model_it_is_an_estimate_to_a_few_points():
    off = []
    for sections in ({}, {"training": ONE_STEP}, {"training": {"local_epochs": 20}}):
        for round in (0, 1, 3, 6):
            found = counts(small(**sections), states(small())[round])
            assert all(c.outcome is not Outcome.READ or (c.certain and round == 0) for c in found)
            off += [c.error for c in found if not c.certain]
    assert np.median(off) < 0.03
    assert np.max(off) < 0.10


def test_what_stands_in_the_way_is_named():
    def told(state: State | None = None, **sections: Any) -> str:
        scenario = small(**{"training": ONE_STEP, **sections})
        return counts(scenario, state)[0].obstacle

    assert told() == ""
    assert told(training={"local_steps": 5}) == "steps"
    assert told(states(small())[3]) == "model"
    assert told(masking={}) == "masks"
    assert told(privacy={}) == "noise"
    assert told(privacy={"unit": "hospital", "noise_by": "hospital"}) == "noise"
    assert told(privacy={"unit": "hospital", "clip_norm": 1e-3}) == "clip"
    assert told(compression={"codec": "topk"}) == "rounding"


def test_noise_that_the_server_adds_comes_too_late():
    for c in counts(small(training=ONE_STEP, privacy={"unit": "hospital", "epsilon": 0.1})):
        assert c.outcome is Outcome.READ
        assert c.noise_after


def test_masks_hide_each_hospitals_cases_and_leave_the_number_of_all_together():
    scenario = small(training=ONE_STEP, masking={})
    before = begun(scenario)
    assert before.prepared is not None
    train = before.prepared.federation.train
    assert {c.outcome for c in counts(scenario, before)} == {Outcome.HIDDEN}

    each = [victim(scenario, before, hospital, seed=1) for hospital in range(4)]
    at = replace(each[0].moment(0), cohort=np.arange(4), patients=train.sizes)
    updates = np.concatenate([v.update(v.patients) for v in each])
    total = each[0].summed(each[0].protected(updates, at), at)
    moved = total.update[-1] / total.weight
    everyone = reckon(moved, 0.0, scenario.training.learning_rate, 1, int(total.weight))
    assert round(everyone) == train.y.sum()


@pytest.mark.parametrize(
    "defence", [{}, {"masking": {}}, {"privacy": {"epsilon": 0.1}}, {"model": {"kind": "mlp"}}]
)
def test_weights_for_classes_need_counts_that_the_server_is_told_whatever_is_on(defence):
    model = {"class_weight": "balanced", **defence.get("model", {})}
    scenario = small(**{**defence, "model": model})
    begun_state = begun(scenario)
    for c in counts(scenario, begun_state):
        assert (c.told, c.outcome, c.readers) == (True, Outcome.READ, ("server",))
        assert (c.estimate, c.obstacle) == (c.cases, "")
    stood = [stand(name, scenario, begun_state, 0, seed=3) for name in ("nothing", "masks")]
    assert [s.cases for s in stood] == [Outcome.READ, Outcome.READ]


@given(st.floats(0, 1), st.integers(1, 300), st.floats(0.01, 1), st.floats(-2, 2))
def test_reckoning_undoes_a_short_walk_of_the_bias_alone(share, steps, length, bias):
    """`length` is rate · steps. A long walk bends, and a straight line is a poorer guess at it."""
    start, rate = bias, length / steps
    for _ in range(steps):
        bias -= rate * (0.5 * (1 + np.tanh(bias / 2)) - share)
    found = reckon(bias - start, start, rate, steps, 1000) / 1000
    assert found == pytest.approx(share, abs=1e-9 if steps == 1 else 0.01)
