"""The built-in scenarios show what their files and the design say, over ten seeds."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from engine import run
from fedtui import words
from fedtui.scenarios import load

SEEDS = range(10)


@cache
def results(name: str, settings: tuple[tuple[str, Any], ...] = ()) -> list[dict[str, Any]]:
    return [run(load(name).replace({**dict(settings), "seed": seed})) for seed in SEEDS]


def accuracy(name: str, *settings: tuple[str, Any], round: int = 0) -> float:
    """Mean over seeds, at the end or after a round."""
    rounds = [r["rounds"][round - 1]["accuracy"] for r in results(name, settings)]
    return float(np.mean(rounds))


def jump(name: str, *settings: tuple[str, Any]) -> float:
    """Mean change from round to round, in points."""
    curves = [[r["accuracy"] for r in x["rounds"]] for x in results(name, settings)]
    return float(np.mean(np.abs(np.diff(curves))) * 100)


@pytest.mark.parametrize(
    ("round", "reference"),
    [(1, 0.853), (3, 0.877), (5, 0.892), (10, 0.904), (15, 0.916), (30, 0.925)],
)
def test_cells_climbs_as_the_design_measured(round, reference):
    assert accuracy("cells", round=round) == pytest.approx(reference, abs=0.015)


def test_the_default_flight_has_something_to_see():
    """With the seed of the file: a climb, a gain over being alone, and nothing lost to pooling."""
    result = run(load("cells"))
    curve = [r["accuracy"] for r in result["rounds"]]
    assert max(curve) - curve[0] >= 0.06
    assert curve.index(max(curve)) >= 12
    base = result["baselines"]
    assert curve[-1] - base["local_only"]["accuracy"] >= 0.015
    assert abs(curve[-1] - base["pooled"]["accuracy"]) <= 0.015


@pytest.mark.parametrize(
    ("baseline", "reference"), [("pooled", 0.928), ("local_only", 0.907), ("majority", 0.629)]
)
def test_cells_baselines(baseline, reference):
    mean = np.mean([r["baselines"][baseline]["accuracy"] for r in results("cells")])
    assert mean == pytest.approx(reference, abs=0.01)


@pytest.mark.parametrize(
    ("epsilon", "reference", "spread"), [(1.0, 0.55, 0.08), (4.0, 0.77, 0.06), (8.0, 0.86, 0.04)]
)
def test_four_hospitals_are_too_few_to_hide_one(epsilon, reference, spread):
    private = ("privacy.unit", "hospital"), ("privacy.epsilon", epsilon)
    assert accuracy("cells", *private) == pytest.approx(reference, abs=spread)


@pytest.mark.parametrize(("epsilon", "points"), [(1.0, 3.2), (4.0, 1.3)])
def test_hiding_one_patient_costs_a_few_points(epsilon, points):
    """As the design measured, with as much slack as two spreads of ten seeds' mean."""
    lost = 100 * (accuracy("cells") - accuracy("cells", ("privacy.epsilon", epsilon)))
    assert lost == pytest.approx(points, abs=2.0)


def test_much_of_that_price_is_paid_without_noise():
    """Batches by chance and the clip alone: what an honest comparison starts from."""
    noiseless = accuracy("cells", ("privacy.epsilon", float("inf")))
    assert 0.002 < accuracy("cells") - noiseless < 0.015
    assert noiseless - accuracy("cells", ("privacy.epsilon", 4.0)) < 0.01


def test_what_the_tour_says_of_20_seeds_holds_over_ten():
    """Of a hundred, what cut and batches take, and what noise takes; a single run is mostly luck."""
    plain, silent, hidden = (
        100 * accuracy("cells", *settings)
        for settings in ((), (("privacy.epsilon", float("inf")),), (("privacy.epsilon", 4.0),))
    )
    cut, noise = words.OVER_SEEDS
    assert plain - silent == pytest.approx(cut, abs=0.6)
    assert silent - hidden == pytest.approx(noise, abs=0.6)


def test_two_bits_cost_nothing_and_a_strong_fedprox_is_slower():
    assert accuracy("cells", ("compression.bits", 2)) == pytest.approx(accuracy("cells"), abs=0.008)
    slower = accuracy("cells", ("fedprox.mu", 1.0), round=15)
    assert 0.005 < accuracy("cells", round=15) - slower < 0.03


def test_specialists_jump_and_fedprox_or_fewer_epochs_hold_them():
    plain = jump("specialists")
    assert accuracy("specialists") == pytest.approx(0.873, abs=0.03)
    assert jump("specialists", ("fedprox.mu", 0.1)) < 0.9 * plain
    assert jump("specialists", ("fedprox.mu", 1.0)) < 0.6 * plain
    fewer = accuracy("specialists", ("training.local_epochs", 5))
    assert fewer == pytest.approx(0.896, abs=0.03)
    assert fewer > accuracy("specialists")


@pytest.mark.parametrize(
    ("hospitals", "private", "plain"),
    [(3, 0.633, 0.871), (10, 0.774, 0.879), (30, 0.854, 0.879), (100, 0.894, 0.896)],
)
def test_hiding_a_hospital_costs_less_the_more_there_are(hospitals, private, plain):
    size = ("data.hospitals", hospitals)
    assert accuracy("network", size) == pytest.approx(private, abs=0.04)
    assert accuracy("network", size, ("privacy", False)) == pytest.approx(plain, abs=0.03)


def test_small_clinics_gain_and_the_large_one_does_not():
    def right(of: dict[str, float], names: str, sizes: dict[str, int]) -> float:
        return sum(of[n] * sizes[n] for n in names) / sum(sizes[n] for n in names)

    table = []
    for result in results("clinics"):
        sizes = {h["name"]: h["test"] for h in result["hospitals"]}
        alone = result["baselines"]["local_only"]["per_hospital"]
        together = result["rounds"][-1]["hospital_accuracy"]
        table.append(
            [right(of, names, sizes) for names in ("BCDEF", "A") for of in (alone, together)]
        )
    small_alone, small_together, large_alone, large_together = np.mean(table, axis=0)
    assert small_alone == pytest.approx(0.874, abs=0.02)
    assert small_together == pytest.approx(0.940, abs=0.02)
    assert large_alone == pytest.approx(0.923, abs=0.02)
    assert large_together == pytest.approx(large_alone, abs=0.01)


def test_the_notebooks_hospitals_are_better_alone():
    base = [r["baselines"] for r in results("notebook")]
    assert np.mean([b["local_only"]["accuracy"] for b in base]) == pytest.approx(0.807, abs=0.02)
    assert np.mean([b["pooled"]["accuracy"] for b in base]) == pytest.approx(0.638, abs=0.02)
    assert accuracy("notebook") == pytest.approx(0.637, abs=0.02)


@pytest.mark.parametrize("name", ["cells", "specialists", "network", "clinics", "notebook"])
def test_the_seed_in_the_file_ends_near_the_median(name):
    scenario = load(name)
    final = run(scenario)["final"]["accuracy"]
    others = [run(scenario.replace({"seed": s}))["final"]["accuracy"] for s in range(1, 21)]
    assert abs(final - np.median(others)) <= 0.006
