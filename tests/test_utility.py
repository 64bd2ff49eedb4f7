"""What privacy costs has the shape that theory says; `python -m tests.bench utility` measures the table.

A patient's noise is spread over a hospital's hundred patients and, in the mean, over the hospitals. A
hospital's own noise is spread over the hospitals alone: among three it drowns the model, among fifty not.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import pytest

from tests.bench.figure import Figure
from tests.bench.utility import SKEWED, Cell, accuracy, private, table


def lost(hospitals: int, unit: str, epsilon: float, seeds: int) -> float:
    """Mean points of accuracy that privacy costs, on the same patients."""
    return mean(
        lambda seed: (
            accuracy(seed, hospitals, {}) - accuracy(seed, hospitals, private(unit, epsilon))
        ),
        seeds,
    )


def mean(of: Callable[[int], float], seeds: int) -> float:
    return statistics.mean(of(seed) for seed in range(seeds))


@pytest.mark.parametrize("epsilon", [4.0, 1.0])
def test_hiding_patients_costs_a_few_points(epsilon):
    assert -1 < lost(10, "patient", epsilon, seeds=3) < 6


def test_hiding_one_hospital_of_three_drowns_the_model_and_one_of_fifty_does_not():
    among_three = lost(3, "hospital", 1.0, seeds=8)
    assert among_three > 10
    assert among_three > lost(3, "patient", 1.0, seeds=8) + 5
    assert lost(50, "hospital", 4.0, seeds=2) < 3


def test_one_noise_multiplier_for_all_costs_points_where_sizes_are_skewed():
    settings = private("patient", 1.0)
    cost = mean(
        lambda seed: (
            accuracy(seed, 10, settings, SKEWED) - accuracy(seed, 10, settings, SKEWED, one_z=True)
        ),
        seeds=4,
    )
    assert cost > 1


def test_the_table_has_a_row_for_each_number_of_hospitals_and_a_line_for_the_rest():
    cells = [
        Cell("", 81.25, "%", None, "", 3, "none"),
        Cell("", 80.0, "%", None, "", 3, "patient level", 1.25, 0.5),
    ]
    assert table([*cells, Figure("FedProx", -0.5, "points", note="± 0.1")]).splitlines() == [
        "| hospitals | none | patient level |",
        "| ---: | ---: | ---: |",
        "| 3 | 81.2 % | 80.0 % (−1.2 ± 0.5) |",
        "",
        "FedProx: −0.5 ± 0.1 points",
    ]
