"""Real hospitals against numbers computed elsewhere: UCI heart disease, FLamby's preparation.

Full batch, global scaling, the table's own split. Reference coefficients are plain NumPy runs of the
same algorithms in float64; ours differ by what float32 on the wire leaves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Scenario, run
from tests.shared import shared

HOSPITALS = ("Cleveland", "Hungarian", "Switzerland", "VA Long Beach")
POOLED_GRADIENT_DESCENT = [
    0.212975, 0.543421, 0.028967, -0.073007, 0.232088, -0.333902, 0.646511,
    0.535934, -0.263235, -0.044567, 0.568779, 0.104709, 0.183285, 0.124685,
]  # fmt: skip
# (epochs, rounds, rate, further settings): coefficients and bias, test accuracy by hospital, test loss
RUNS: dict[str, tuple[dict[str, Any], list[float], list[float], float]] = {
    "one step a round": (
        {"training.local_epochs": 1, "training.rounds": 100, "training.learning_rate": 0.5},
        POOLED_GRADIENT_DESCENT,
        [0.778846, 0.797753, 0.8125, 0.822222],
        0.435601,
    ),
    "five epochs": (
        {"training.local_epochs": 5, "training.rounds": 50, "training.learning_rate": 0.1},
        [0.222419, 0.530945, 0.020771, -0.025224, 0.22247, -0.321641, 0.634144,
         0.531072, -0.311348, -0.079418, 0.5112, 0.107335, 0.16704, 0.094559],
        [0.778846, 0.797753, 0.8125, 0.8],
        0.437041,
    ),
    "twenty epochs": (
        {"training.local_epochs": 20, "training.rounds": 200, "training.learning_rate": 0.1},
        [0.204542, 0.576824, -0.003049, 0.097615, 0.23921, -0.306791, 0.632286,
         0.604377, -0.165366, 0.067707, 0.656705, 0.125635, 0.177766, 0.071184],
        [0.788462, 0.775281, 0.8125, 0.777778],
        0.444113,
    ),
    "twenty epochs, equal votes": (
        {"training.local_epochs": 20, "training.rounds": 200, "training.learning_rate": 0.1,
         "training.weighting": "equal"},
        [0.258614, 0.422533, 0.028934, -0.377062, 0.251644, -0.284184, 0.629377,
         0.41884, -0.200018, -0.016546, 0.52932, 0.066243, 0.029273, 0.289751],
        [0.788462, 0.786517, 0.9375, 0.8],
        0.438539,
    ),
    "twenty epochs, FedProx": (
        {"training.local_epochs": 20, "training.rounds": 200, "training.learning_rate": 0.1,
         "fedprox.mu": 1.0},
        [0.206485, 0.565509, 0.00295, 0.062138, 0.23826, -0.309971, 0.632965,
         0.590267, -0.180268, 0.04879, 0.641169, 0.122975, 0.178634, 0.082316],
        [0.798077, 0.775281, 0.8125, 0.777778],
        0.442011,
    ),
}  # fmt: skip


def heart() -> Scenario:
    path = shared("data/heart_disease/heart_disease_flamby.csv")
    return Scenario.from_dict({"data": {"source": str(path)}, "training": {"batch_size": 0}})


@pytest.mark.parametrize("name", RUNS)
def test_federated_runs_meet_the_reference(name):
    settings, coefficients, accuracies, loss = RUNS[name]
    result = run(heart().replace(settings))
    np.testing.assert_allclose(result["params"], coefficients, rtol=0, atol=1e-4)
    by_hospital = result["rounds"][-1]["hospital_accuracy"]
    assert [round(by_hospital[name], 6) for name in HOSPITALS] == accuracies
    assert result["final"]["loss"] == pytest.approx(loss, abs=1e-5)


def test_one_step_a_round_is_pooled_gradient_descent_and_more_steps_are_not():
    """FedAvg with one full-batch step follows gradient descent on all patients together; with five
    steps a round it ends elsewhere, since hospitals drift apart between two means."""
    settings = {"training.learning_rate": 0.5, "training.rounds": 100}
    federated = run(heart().replace({**settings, "training.local_epochs": 1}))
    np.testing.assert_allclose(federated["params"], POOLED_GRADIENT_DESCENT, rtol=0, atol=1e-5)
    drifted = run(heart().replace({**settings, "training.local_epochs": 5, "training.rounds": 20}))
    assert np.abs(np.array(drifted["params"]) - POOLED_GRADIENT_DESCENT).max() > 0.01
