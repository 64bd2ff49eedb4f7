"""Codecs and the wire: what is sent is what is counted, and what arrives is right on average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import run
from engine.codecs.base import fixed_point
from engine.codecs.float32 import Float32
from engine.codecs.quantize import Quantize
from engine.errors import RunError, ScenarioError
from engine.wire import HEADER_SIZE, Kind, Traffic, pack, pack_bits, unpack, unpack_bits
from tests.builders import finished, payloads, small

ALL = [Float32(), *(Quantize(bits) for bits in (1, 2, 4, 7, 8, 16))]


def sent(codec, update, seed=0):
    uniform = np.random.default_rng(seed).random(update.shape)
    return codec.encode(update, uniform)


@pytest.mark.parametrize("codec", ALL, ids=repr)
@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 99))
def test_writing_what_was_read_changes_nothing(codec, k, d, seed):
    update = np.random.default_rng(seed).normal(size=(k, d))
    once = codec.decode(sent(codec, update, seed), d)
    again = codec.decode(sent(codec, once, seed + 1), d)
    np.testing.assert_allclose(again, once, rtol=0, atol=2e-6 * np.abs(once).max())


@pytest.mark.parametrize("codec", ALL, ids=repr)
def test_zero_arrives_as_zero(codec):
    np.testing.assert_array_equal(codec.decode(sent(codec, np.zeros((2, 5))), 5), 0)


@pytest.mark.parametrize(("d", "size"), [(11, 15), (1_000, 1_004), (100_000, 100_004)])
def test_eight_bits_take_a_byte_a_parameter_and_one_scale(d, size):
    assert sent(Quantize(8), np.ones((1, d))).shape == (1, size)


@given(st.integers(1, 16), st.integers(1, 60))
def test_the_size_is_that_of_the_formula(bits, d):
    assert sent(Quantize(bits), np.ones((2, d))).shape == (2, 4 + -(-d * bits // 8))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_quantisation_is_unbiased_within_its_theoretical_variance(bits):
    """Mean of N sends within 5 standard errors, step² f (1 − f) / N being the exact variance."""
    update = np.random.default_rng(5).normal(size=11)
    n = 20_000
    arrived = Quantize(bits).decode(sent(Quantize(bits), np.tile(update, (n, 1))), 11)
    scale = np.float64(np.float32(np.abs(update).max()))
    step = 2 * scale / (2**bits - 1)
    fraction = (update + scale) / step % 1
    variance = step**2 * fraction * (1 - fraction)
    error = np.abs(arrived.mean(axis=0) - update)
    assert np.all(error <= 5 * np.sqrt(variance / n) + 1e-5 * step)
    np.testing.assert_allclose(arrived.var(axis=0), variance, rtol=0.1, atol=1e-4 * step**2)


@given(st.integers(1, 64), st.integers(1, 4), st.integers(0, 20), st.integers(0, 99))
def test_packed_bits_come_back(bits, k, m, seed):
    high = 2**bits
    values = np.random.default_rng(seed).integers(0, high, (k, m), dtype=np.uint64, endpoint=False)
    rows = pack_bits(values, bits)
    assert rows.shape == (k, -(-m * bits // 8))
    np.testing.assert_array_equal(unpack_bits(rows, bits, m), values)


@given(st.integers(1, 6), st.integers(0, 30), st.integers(0, 99))
def test_messages_come_back(k, size, seed):
    draw = np.random.default_rng(seed)
    bodies = draw.integers(0, 256, (k, size), dtype=np.uint8)
    weights = draw.integers(0, 2**32, k)
    messages = pack(Kind.UPDATE, bodies, codec=3, round=7, hospitals=np.arange(k), weights=weights)
    assert {len(m) for m in messages} == {HEADER_SIZE + size}
    header, back = unpack(Kind.UPDATE, messages)
    np.testing.assert_array_equal(back, bodies)
    np.testing.assert_array_equal(header["weight"], weights)
    np.testing.assert_array_equal(header["hospital"], np.arange(k))
    assert set(header["round"]) == {7}


def test_the_header_is_twelve_bytes():
    assert HEADER_SIZE == 12


@pytest.mark.parametrize("damage", [lambda m: m[:5], lambda m: b"", lambda m: bytes([9]) + m[1:]])
def test_a_damaged_message_is_refused(damage):
    (message,) = pack(Kind.MODEL, np.zeros((1, 4), np.uint8), hospitals=np.zeros(1, int))
    with pytest.raises(RunError):
        unpack(Kind.MODEL, [damage(message)])


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"compression": {"bits": 3}},
        {"masking": {}},
        {"masking": {}, "compression": {"bits": 3}},
    ],
    ids=str,
)
def test_the_ledger_counts_the_bytes_of_the_payloads(sections):
    scenario = small(**sections)
    messages = payloads(scenario)
    result = run(scenario)
    kind = "masked update" if "masking" in sections else "update"
    assert result["ledger"][kind] == {"count": len(messages), "bytes": sum(map(len, messages))}
    for direction, kinds in {
        "uplink": [kind],
        "downlink": ["model"],
        "overhead": ["public key", "public keys"] if "masking" in sections else [],
    }.items():
        in_ledger = sum(result["ledger"][k]["bytes"] for k in kinds)
        assert sum(r[f"{direction}_bytes"] for r in result["rounds"]) == in_ledger
    assert result["final"]["bytes"] == sum(entry["bytes"] for entry in result["ledger"].values())


def test_eight_bits_at_eleven_parameters_send_less_than_half_of_float32():
    five = ("radius", "texture", "area", "symmetry", "concavity")
    keep = [f"{kind} {name}" for kind in ("mean", "worst") for name in five]
    plain = small(data={"keep": keep})
    coded = plain.replace({"compression.bits": 8})
    sizes = [{len(m) for m in payloads(s)} for s in (plain, coded)]
    assert sizes == [{12 + 44}, {12 + 15}]


def test_compression_changes_the_updates_and_not_the_data_cohorts_or_minibatches():
    plain, coded = (
        small(training={"participation": 0.5}),
        small(training={"participation": 0.5}, compression={"bits": 4}),
    )
    first, other = finished(plain), finished(coded)
    assert [e.cohort.tolist() for e in first] == [e.cohort.tolist() for e in other]
    assert not np.array_equal(first[-1].state.params, other[-1].state.params)


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=8),
    st.floats(0.01, 100),
    st.sampled_from([Float32(), Quantize(2), Quantize(8)]),
    st.integers(0, 99),
)
def test_sums_of_ring_integers_are_sums_of_updates(sizes, bound, codec, seed):
    draw = np.random.default_rng(seed)
    weight = np.array(sizes)
    update = draw.uniform(-bound, bound, (len(sizes), 6))
    update[0, 0], update[-1, 1] = bound, -bound
    ring = codec.ring(bound, int(weight.sum()), draw.random() < 0.5)
    rows = ring.to_ring(update, weight, draw.random(update.shape))
    total, heads = ring.from_ring(rows.sum(axis=0, dtype=np.uint64) & ring.modulus_mask)
    assert heads == weight.sum()
    step = 2.0**-16 if isinstance(codec, Float32) else 2 * bound / (2**codec.bits - 1)
    np.testing.assert_array_less(np.abs(total - weight @ update), step * weight.sum() * 1.0001)


def test_a_cut_fixed_point_never_lengthens_a_vector():
    draw = np.random.default_rng(1)
    update = draw.normal(size=(50, 7))
    ring = fixed_point(10.0, 1, cut=True)
    for row in update:
        back, _ = ring.from_ring(ring.to_ring(row[None], np.array([1]), None)[0])
        assert np.all(np.abs(back) <= np.abs(row))


def test_the_nearest_fixed_point_leans_to_neither_side():
    update = np.full((1, 1), 0.7 * 2.0**-18)
    ring = fixed_point(10.0, 1, cut=False)
    back, _ = ring.from_ring(ring.to_ring(update, np.array([1]), None)[0])
    assert abs(back[0] - update[0, 0]) <= 2.0**-ring.fraction_bits / 2


def test_coordinates_outside_the_range_count_as_its_ends():
    for codec in (Float32(), Quantize(8)):
        ring = codec.ring(1.0, 10, False)
        uniform = np.full((1, 2), 0.5)
        far, end = np.array([[7.0, -9.0]]), np.array([[1.0, -1.0]])
        weight = np.array([3])
        np.testing.assert_array_equal(
            ring.to_ring(far, weight, uniform), ring.to_ring(end, weight, uniform)
        )
        assert ring.saturated(far).tolist() == [2]


def test_an_overflowing_ring_is_refused_at_configuration():
    with pytest.raises(ScenarioError, match=r"lower masking\.range"):
        fixed_point(1e9, 10**9, cut=False)


def test_traffic_counts_every_copy_of_a_broadcast():
    traffic = Traffic().sent(Kind.MODEL, [b"x" * 20], copies=3).sent(Kind.MODEL, [b"y"])
    assert traffic.by_kind() == {"model": (4, 61)}
    assert traffic.total("downlink") == 61
    assert traffic.total("uplink") == 0
