"""Codecs and the wire: what is sent is what is counted, and what arrives is right on average."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Scenario, run
from engine.broadcast import broadcast, read_model
from engine.channels.plain import Plain
from engine.codecs.base import fixed_point, rounding_draws
from engine.codecs.float16 import Float16
from engine.codecs.float32 import Float32
from engine.codecs.numbers import largest
from engine.codecs.qsgd import Qsgd
from engine.codecs.quantize import Quantize
from engine.codecs.randk import RandK
from engine.codecs.section import CODECS, Compression
from engine.codecs.sign import Sign
from engine.codecs.topk import TopK
from engine.errors import RunError, ScenarioError
from engine.estimates.minibatch import Minibatch
from engine.events import ModelSent, RoundFinished, RunStarted, UpdatesSent
from engine.models.logistic import Logistic
from engine.norms import lengths
from engine.pipeline import Pipeline
from engine.randomness import derived
from engine.stages.base import Moment
from engine.stages.error_feedback import ErrorFeedback
from engine.stages.memory import Remembered
from engine.stages.pruning import Pruning
from engine.stages.weighting import Weighting
from engine.wire import DIRECTIONS, HEADER_SIZE, Kind, Traffic, pack, pack_bits, unpack, unpack_bits
from fedtui.scenarios import load
from tests.builders import events, finished, params, payloads, small

# One suite of laws runs over all of these: a new codec is tested by being listed.
ALL = [
    Float32(),
    Float16(),
    *(Quantize(bits) for bits in (1, 2, 7, 8, 16)),
    *(Qsgd(bits) for bits in (2, 8, 16)),
    *(TopK(fraction) for fraction in (0.001, 0.2, 0.5, 1.0)),
    RandK(0.3),
    RandK(0.3, rescaled=False),
    Sign(),
]
UNBIASED = [*(Quantize(bits) for bits in (1, 2, 4, 8)), Qsgd(2), Qsgd(4), Qsgd(8), RandK(0.3)]
each = pytest.mark.parametrize("codec", ALL, ids=repr)


def draws(codec, update, seed=0):
    """Uniform draws as `rounding_draws` gives them, or None."""
    if not codec.random_numbers:
        return None
    return np.random.default_rng(seed).random((len(update), codec.random_numbers * update.shape[1]))


def through(codec, update, seed=0):
    """What arrives of `update` (k, d)."""
    uniform = draws(codec, update, seed)
    return codec.decode(codec.encode(update, uniform), update.shape[1], uniform)


def normal(k, d, seed):
    return np.random.default_rng(seed).normal(size=(k, d))


def kept(fraction, d):
    return max(1, math.floor(fraction * d + 1e-9))


def documented_size(codec, d):
    """Bytes of a body, by the docstring of each codec's file."""
    match codec:
        case Float32():
            return 4 * d
        case Float16():
            return 2 * d
        case Quantize(bits=bits) | Qsgd(bits=bits):
            return 4 + math.ceil(d * bits / 8)
        case TopK(fraction=fraction):
            m = kept(fraction, d)
            return math.ceil(m * math.ceil(math.log2(d)) / 8) + 4 * m
        case RandK(fraction=fraction):
            return 4 * kept(fraction, d)
        case Sign():
            return 4 + math.ceil(d / 8)
    raise AssertionError(f"{codec} has no documented size")


def test_every_codec_of_the_section_is_under_these_laws():
    listed = {type(codec) for codec in ALL}
    built = {
        type(Scenario.from_dict({"compression": {"codec": codec}}).get(Compression).build_codec())
        for codec in CODECS
    }
    assert built | {Float32} == listed
    assert len({codec.code for codec in listed}) == len(listed)


@each
@settings(max_examples=25)
@given(k=st.integers(1, 3), d=st.integers(1, 300), seed=st.integers(0, 99))
def test_a_body_is_as_long_as_its_file_says(codec, k, d, seed):
    update = normal(k, d, seed)
    bodies = codec.encode(update, draws(codec, update, seed))
    assert bodies.shape == (k, documented_size(codec, d)) == (k, codec.size(d))
    assert bodies.dtype == np.uint8


@each
@settings(max_examples=25)
@given(k=st.integers(1, 5), d=st.integers(1, 40), seed=st.integers(0, 99))
def test_what_has_arrived_once_arrives_again_as_it_is(codec, k, d, seed):
    """decode∘encode is a projection, whatever a codec that rounds at random draws.

    Of QSGD it is one where the levels' own length is the scale: see the next law.
    """
    if isinstance(codec, Qsgd):
        return
    again = seed if isinstance(codec, RandK) else seed + 1  # which numbers, both ends know
    once = through(codec, normal(k, d, seed), seed)
    back = codec.decode(codec.encode(once, draws(codec, once, again)), d, draws(codec, once, again))
    grown = d / kept(codec.fraction, d) if codec == RandK(0.3) else 1.0
    np.testing.assert_allclose(back, grown * once, rtol=1e-15 if grown == 1 else 1e-6, atol=0)


@pytest.mark.parametrize(
    ("bits", "levels"),
    [(4, [2, -3, 6]), (5, [9, 0, -12]), (3, [0, -3]), (2, [0, 1, 0]), (8, [127, 0]), (7, [-63])],
)
@given(seed=st.integers(0, 99))
def test_qsgd_keeps_levels_whose_own_length_is_the_scale(bits, levels, seed):
    update = np.array([levels]) / (2 ** (bits - 1) - 1) * 0.375
    np.testing.assert_allclose(through(Qsgd(bits), update, seed), update, rtol=1e-15, atol=0)


@each
def test_zero_arrives_as_zero(codec):
    np.testing.assert_array_equal(through(codec, np.zeros((2, 5))), 0)


@each
@pytest.mark.parametrize(
    "damage", [lambda b: b[:, :-1], lambda b: b[:, :0], lambda b: b.repeat(2, 1)]
)
def test_a_body_that_is_cut_short_or_too_long_is_refused(codec, damage):
    update = normal(2, 11, 0)
    uniform = draws(codec, update)
    with pytest.raises(RunError, match="were due"):
        codec.decode(damage(codec.encode(update, uniform)), 11, uniform)


def test_a_position_that_does_not_exist_is_refused():
    body = TopK(0.1).encode(np.ones((1, 11)), None)
    body[:, 0] = 15
    with pytest.raises(RunError, match="beyond its 11"):
        TopK(0.1).decode(body, 11)


LARGEST = float(np.finfo(np.float32).max)
number = st.floats(-LARGEST, LARGEST) | st.floats(-1, 1) | st.floats(-1e-37, 1e-37)


@st.composite
def at_edges(draw):
    """Values on levels and right beside them."""
    top = draw(st.sampled_from([1, 3, 7, 15, 127, 255]))
    values = np.array(draw(st.lists(st.integers(-top, top), min_size=1, max_size=20))) / top
    nudge = draw(st.sampled_from([-np.inf, 0.0, np.inf]))
    return list(np.nextafter(values, nudge) * draw(st.floats(1e-6, 1e6)))


adversarial = (
    st.lists(number, min_size=1, max_size=40)
    | st.builds(lambda v, n: [v] * n, number, st.integers(1, 40))
    | st.builds(lambda v, n: [v] + [0.0] * n, number, st.integers(0, 40))
    | st.builds(lambda v, n: [v] + [v * 1e-9] * n, number, st.integers(0, 40))
    | at_edges()
)


@each
@given(values=adversarial, luck=st.sampled_from([0.0, 0.5, 1 - 2.0**-53]))
def test_no_update_arrives_longer_than_the_sensitivity_says(codec, values, luck):
    update = np.array([values])
    uniform = np.full(update.shape, luck) if codec.random_numbers else None
    arrived = codec.decode(codec.encode(update, uniform), len(values), uniform)
    (norm,), (after,) = lengths(update), lengths(arrived)
    assert after <= codec.longest(norm, len(values))
    assert codec.longest(norm, len(values)) <= codec.longest(2 * norm, len(values))


def variance(codec, update):
    """Exact, of each number that arrives: f (1 − f) steps² for rounding at random."""
    if isinstance(codec, RandK):
        return (len(update) / kept(codec.fraction, len(update)) - 1) * update**2
    if isinstance(codec, Quantize):
        scale = np.float64(np.float32(np.abs(update).max()))
        step = 2 * scale / (2**codec.bits - 1)
        fraction = (update + scale) / step % 1
    else:
        step = np.float64(np.float32(np.linalg.norm(update))) / (2 ** (codec.bits - 1) - 1)
        fraction = np.abs(update) / step % 1
    return step**2 * fraction * (1 - fraction)


@pytest.mark.parametrize("codec", UNBIASED, ids=repr)
def test_what_is_rounded_at_random_is_right_on_average_within_its_theoretical_variance(codec):
    """The mean of n sends lies within 5 standard errors, those of theory and not of the sample."""
    update, n = np.random.default_rng(5).normal(size=11), 20_000
    arrived = through(codec, np.tile(update, (n, 1)))
    expected = variance(codec, update)
    float32 = 1e-6 * np.abs(update).max()
    assert np.all(np.abs(arrived.mean(axis=0) - update) <= 5 * np.sqrt(expected / n) + float32)
    assert arrived.var(axis=0).sum() == pytest.approx(expected.sum(), rel=0.03)


@given(bits=st.integers(2, 10), d=st.integers(1, 400), seed=st.integers(0, 99))
def test_the_variance_of_qsgd_keeps_the_papers_bound(bits, d, seed):
    update, levels = np.random.default_rng(seed).normal(size=d), 2 ** (bits - 1) - 1
    bound = min(d / levels**2, math.sqrt(d) / levels) * np.sum(update**2)
    assert variance(Qsgd(bits), update).sum() <= bound * (1 + 1e-6)


def lost(codec, update, seed=0):
    """‖C(u) − u‖² ÷ ‖u‖², (k,)."""
    return np.sum((through(codec, update, seed) - update) ** 2, axis=1) / np.sum(update**2, axis=1)


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5, 1.0])
@settings(max_examples=25)
@given(d=st.integers(1, 60), seed=st.integers(0, 99))
def test_top_k_loses_at_most_the_part_it_leaves_out(fraction, d, seed):
    assert lost(TopK(fraction), normal(3, d, seed)).max() <= 1 - kept(fraction, d) / d + 1e-12
    one = np.eye(d)[:1]  # all of it in one number: nothing is lost
    assert lost(TopK(fraction), one).max() == 0


@given(d=st.integers(1, 60), seed=st.integers(0, 99))
def test_the_sign_loses_just_what_the_updates_density_says(d, seed):
    update = normal(3, d, seed)
    density = np.abs(update).sum(axis=1) ** 2 / (d * np.sum(update**2, axis=1))
    np.testing.assert_allclose(lost(Sign(), update), 1 - density, rtol=0, atol=1e-6)


def test_random_k_not_rescaled_loses_on_average_the_part_it_leaves_out():
    """The variance of what a draw without replacement catches is m (1 − m/d) S²."""
    d, n, codec = 20, 20_000, RandK(0.3, rescaled=False)
    update, m = np.random.default_rng(3).normal(size=d), kept(0.3, d)
    squares = update**2 / np.sum(update**2)
    error = math.sqrt(m * (1 - m / d) * squares.var(ddof=1) / n)
    assert abs(lost(codec, np.tile(update, (n, 1))).mean() - (1 - m / d)) <= 5 * error


@given(d=st.integers(1, 60), seed=st.integers(0, 99), size=st.floats(1e-4, 1e4))
def test_half_precision_keeps_three_digits_of_every_number(d, seed, size):
    update = normal(2, d, seed) * size
    error = np.abs(through(Float16(), update) - update)
    assert np.all(error <= np.maximum(np.abs(update) * 2.0**-11, 2.0**-25))
    ends = np.array([[1e9, -1e9, 65504.0]])
    np.testing.assert_array_equal(through(Float16(), ends), [[65504.0, -65504.0, 65504.0]])


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.data())
def test_among_equals_the_first_ones_are_chosen(values, data):
    count = data.draw(st.integers(1, len(values)))
    row = np.array([values], np.float64)
    expected = np.sort(np.argsort(-row[0], kind="stable")[:count])
    np.testing.assert_array_equal(largest(row, count), [expected])


def test_the_bytes_of_the_source_material_are_these():
    """DESIGN, section 3: eleven numbers, 44 bytes; top-2 and top-5 with packed positions, int8."""
    sizes = {name: codec.size(11) for name, codec in {
        "float32": Float32(), "top-2": TopK(2 / 11), "top-5": TopK(5 / 11), "int8": Quantize(8),
    }.items()}  # fmt: skip
    assert sizes == {"float32": 44, "top-2": 9, "top-5": 23, "int8": 15}
    whole_word_positions = {m: m * (4 + 4) for m in (2, 5)}
    assert whole_word_positions == {2: 16, 5: 40}
    assert [round(44 / size, 2) for size in (16, 40, 15)] == [2.75, 1.1, 2.93]


# Error feedback


def rounds_of(codec, updates, cohorts, seed=1):
    """Send `updates` (rounds, K, d) of these cohorts through feedback and wire: what arrived of each
    hospital in all, (K, d); which updates were sent; what is remembered, (K, d).
    """
    everyone, d = updates.shape[1:]
    unused = Minibatch(Logistic(d - 1))  # nothing is trained here
    pipeline = Pipeline((Weighting("equal"), ErrorFeedback(codec)), Plain(codec), None, unused)
    remembered, arrived, given_up = Remembered(), np.zeros((everyone, d)), np.zeros((everyone, d))
    for round, cohort in enumerate(cohorts, 1):
        at = Moment(seed, round, cohort, np.ones(len(cohort), int), everyone, np.zeros(d))
        steps = pipeline.upload(updates[round - 1, cohort], at, remembered, Traffic())
        while True:
            try:
                next(steps)
            except StopIteration as end:
                delivery, remembered = end.value
                break
        arrived[cohort] += delivery.content.updates
        given_up[cohort] += updates[round - 1, cohort]
    return arrived, given_up, remembered.hospitals["error feedback"]["left out"]


SANE = [codec for codec in ALL if codec != RandK(0.3)]


@pytest.mark.parametrize("codec", SANE, ids=repr)
@settings(max_examples=10)
@given(st.integers(0, 999))
def test_what_arrived_and_what_is_remembered_are_all_that_was_to_be_sent(codec, seed):
    draw = np.random.default_rng(seed)
    cohorts = [np.sort(draw.choice(4, draw.integers(1, 5), replace=False)) for _ in range(8)]
    arrived, given_up, left = rounds_of(codec, draw.normal(size=(8, 4, 9)), cohorts, seed)
    np.testing.assert_allclose(arrived + left, given_up, rtol=0, atol=1e-12)


@pytest.mark.parametrize("codec", [TopK(0.1), Sign(), RandK(0.1, rescaled=False)], ids=repr)
def test_what_is_remembered_stays_bounded(codec):
    """By (1 − δ) / δ · the longest update, over 400 rounds; here with a factor for random-k's luck."""
    updates = np.random.default_rng(0).normal(size=(400, 1, 30))
    _, _, left = rounds_of(codec, updates, [np.array([0])] * 400)
    assert np.linalg.norm(left) < 12 * np.linalg.norm(updates, axis=2).max()


def test_random_k_rescaled_under_error_feedback_explodes_so_it_is_not_rescaled():
    updates = np.random.default_rng(0).normal(size=(100, 1, 30))
    for rescaled, explodes in ((True, True), (False, False)):
        _, _, left = rounds_of(RandK(0.1, rescaled), updates, [np.array([0])] * 100)
        assert (np.linalg.norm(left) > 1e6) == explodes
    for feedback in (True, False):
        scenario = small(compression={"codec": "randk", "error_feedback": feedback})
        assert scenario.get(Compression).build_codec().rescaled != feedback


def test_an_upload_that_never_came_leaves_its_hospitals_memory_as_it_was():
    scenario = small(compression={"codec": "topk"}, faults={"drops": ["3:B"]})
    second, third = (
        end.state.remembered.hospitals["error feedback"]["left out"]
        for end in finished(scenario)[1:3]
    )
    np.testing.assert_array_equal(second[1], third[1])
    assert not np.array_equal(second[0], third[0])


@pytest.mark.parametrize(
    ("sections", "way_out"),
    [
        ({"privacy": {"unit": "hospital"}}, "escapes the clip"),
        ({"masking": {}}, "lead out of it"),
        ({"privacy": {}}, ""),
        ({"privacy": {"unit": "hospital", "noise_by": "hospital"}}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_feedback_is_refused_just_where_something_must_stay_bounded(sections, way_out):
    given = {"compression": {"error_feedback": True}, **sections}
    if way_out:
        with pytest.raises(ScenarioError, match=way_out):
            small(**given)
    else:
        small(**given)


def test_feedback_is_on_by_default_for_codecs_that_only_leave_out():
    on = {codec: small(compression={"codec": codec}).get(Compression) for codec in CODECS}
    assert {codec for codec, section in on.items() if section.error_feedback} == {"topk", "sign"}
    note = small(compression={"codec": "sign", "error_feedback": False}).notes
    assert any("the same small numbers" in line for line in note)


def test_a_sign_without_a_level_is_refused():
    with pytest.raises(ScenarioError, match="qsgd needs one bit for the sign"):
        small(compression={"codec": "qsgd", "bits": 1})


# Both ends of random-k


def test_random_k_draws_for_each_hospital_and_round_and_tells_the_server_nothing():
    codec, update = RandK(0.2), np.arange(1.0, 11.0)

    def message(hospital, round):
        at = Moment(1, round, np.array([hospital]), np.ones(1, int), 4, np.zeros(10))
        upload = {"update": update[None], "weight": np.ones(1)}
        sent = Plain(codec).message(upload, at, at.cohort)
        return sent[HEADER_SIZE:], np.flatnonzero(Plain(codec).read(sent, at))

    (body, places), (other, _), (later, _) = message(2, 1), message(3, 1), message(2, 2)
    assert len({body, other, later}) == 3
    assert body == update[places].astype("<f4").tobytes()


# Pruning


def pruned(fraction, **sections):
    return small(compression={"codec": "float16", "prune": fraction}, **sections)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=40), st.floats(0, 0.99))
def test_a_pruned_model_is_its_largest_params_and_a_bit_for_each(params, fraction):
    model, d = np.array(params), len(params)
    at = Moment(1, 1, np.zeros(1, int), np.ones(1, int), 1, model)
    received, message = broadcast(
        Pruning(fraction).on_broadcast({"params": model}, at, {}).value, 1
    )
    left = d - math.floor(fraction * d + 1e-9)
    assert len(message) == HEADER_SIZE + math.ceil(d / 8) + 4 * left
    zeroed = np.sort(np.abs(model[received == 0]))
    assert np.count_nonzero(received) <= left
    assert np.all(zeroed[: d - left] <= np.sort(np.abs(model))[: d - left] + 1e-30)
    stays = received != 0
    np.testing.assert_array_equal(received[stays], model[stays].astype(np.float32))


@pytest.mark.parametrize("damage", [lambda m: m[:-1], lambda m: m[:13], lambda m: m + b"four"])
def test_a_pruned_model_that_is_cut_short_is_refused(damage):
    kept = np.arange(11) % 2.0
    _, message = broadcast({"params": kept * 3, "kept": kept}, 1)
    with pytest.raises(RunError, match="pruned model"):
        read_model(damage(message), 11)


def test_the_server_goes_on_from_the_model_it_sent():
    """Every number of a pruned round from its messages: pruned params + mean update."""
    scenario = pruned(0.5, data={"keep": []})
    happened = events(scenario)
    patients = next(e for e in happened if isinstance(e, RunStarted)).federation.train_sizes
    ends = [e for e in happened if isinstance(e, RoundFinished)]
    uploads = [e for e in happened if isinstance(e, UpdatesSent)]
    before, d = np.zeros(len(ends[0].state.params)), len(ends[0].state.params)
    grown = 0
    for sent, end in zip(uploads, ends, strict=True):
        dropped = np.argsort(np.abs(before), kind="stable")[: d // 2]
        start = before.copy()
        start[dropped] = 0.0
        updates = Float16().decode(unpack(Kind.UPDATE, sent.payloads)[1], d)
        expected = start + patients @ updates / patients.sum()
        np.testing.assert_allclose(end.state.params, expected, rtol=0, atol=1e-12)
        grown += np.count_nonzero(expected[dropped])
        before = end.state.params
    assert grown > 0  # what was pruned grows back
    assert {e.size for e in events(scenario, ModelSent)} == {
        12 + math.ceil(d / 8) + 4 * (d - d // 2)
    }


def test_pruning_nothing_is_no_pruning():
    np.testing.assert_array_equal(
        params(pruned(0.0)), params(small(compression={"codec": "float16"}))
    )


# In runs


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_learns(codec):
    plain = load("cells")
    scenario = plain.replace({"compression.codec": codec, "compression.fraction": 0.2})
    ends = finished(scenario)
    assert ends[-1].score.accuracy >= finished(plain)[-1].score.accuracy - 0.03
    first, coded = payloads(plain)[0], payloads(scenario)[0]
    assert len(coded) < len(first)


@pytest.mark.parametrize("codec", ["topk", "sign"])
def test_what_only_leaves_out_learns_better_with_error_feedback(codec):
    """Mean loss of the last rounds, over seeds; the update's smallest numbers never come without."""

    def loss(feedback):
        scenario = load("cells").replace({
            "compression.codec": codec, "compression.error_feedback": feedback,
        })  # fmt: skip
        runs = [finished(scenario.replace({"seed": seed})) for seed in range(3)]
        return np.mean([end.score.loss for run in runs for end in run[-5:]])

    assert loss(True) < loss(False)


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
        "overhead": [k.label for k in DIRECTIONS["overhead"]] if "masking" in sections else [],
    }.items():
        in_ledger = sum(result["ledger"][k]["bytes"] for k in kinds if k in result["ledger"])
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


def test_rounding_up_past_the_bound_does_not_overflow_the_ring():
    bound = 8 - 2.0**-50
    ring = fixed_point(bound, 1024, cut=False)
    total, weight = ring.from_ring(ring.to_ring(np.array([[bound]]), np.array([1024]), None)[0])
    assert total[0] / weight == pytest.approx(8, rel=1e-6)


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


def test_the_seed_of_random_positions_is_not_the_one_that_makes_the_noise():
    """The server must draw the positions too; with what it needs for them it cannot draw the noise."""
    at = Moment(42, 1, np.arange(3), np.full(3, 9), 4, np.zeros(8))
    positions, coins = rounding_draws(RandK(0.3), at, 8), rounding_draws(Qsgd(4), at, 8)
    assert not np.isin(positions, coins).any()
    theirs = replace(at, seed=derived(42, "codec"))
    np.testing.assert_array_equal(positions, theirs.uniform("quantize", 8))
    noise = at.stream("hospital noise").standard_normal((4, 8))
    assert not np.isin(noise, theirs.stream("hospital noise").standard_normal((4, 8))).any()
