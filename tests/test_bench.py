"""The benches measure what they say: bare NumPy does the engine's own work, a fit finds its exponent."""

from __future__ import annotations

import numpy as np
import pytest

from engine.blocks import blocks
from engine.estimates.minibatch import Minibatch
from engine.models import Logistic
from engine.sections import Training
from engine.training import train_block
from tests.bench import bare
from tests.bench.growth import exponent
from tests.builders import table

TRAINING = Training(local_epochs=3, batch_size=32)


def test_bare_numpy_comes_to_the_engines_params():
    of, anchor = table([50] * 7, 4), np.linspace(-1, 1, 5)
    (block,) = blocks(of, np.arange(7))
    estimate = Minibatch(Logistic(4))
    *_, (_, engine) = train_block(block, anchor, TRAINING, [], (11, 2), estimate)
    work = bare.work(of, TRAINING, 11, 2)
    first = bare.hospital_axis_first(work, work.x, work.y, anchor)
    last = bare.hospital_axis_last(work, *work.last, anchor)
    for params in (first, last.T):
        np.testing.assert_allclose(params[block.rows], engine, rtol=0, atol=1e-12)
    assert np.abs(engine - anchor).min(axis=0).max() > 1e-3  # they did learn


def test_bare_numpy_refuses_what_it_would_have_to_pad():
    with pytest.raises(ValueError, match="one size"):
        bare.work(table([3, 4], 2), TRAINING, 1, 1)


def test_the_fit_finds_the_exponent_of_a_power():
    sizes = [300, 10_000, 100_000]
    assert exponent(sizes, [0.2 * k**1.25 for k in sizes]) == pytest.approx(1.25)
