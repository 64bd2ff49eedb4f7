"""Masks: every upload is changed, no sum is, and nothing of an upload can be read from it."""

from __future__ import annotations

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Scenario
from engine.channels.masks import Party, Server
from engine.data import load
from engine.errors import RunError, ScenarioError
from engine.events import KeysAdvertised, KeysForwarded, UpdatesMasked, UpdatesSent
from engine.wire import HEADER_SIZE, Kind, unpack, unpack_bits
from tests.builders import events, params, payloads, small


def exchange(rows: np.ndarray, bits: int) -> tuple[list[bytes], np.ndarray]:
    """One round of the protocol; the uploads and their sum."""
    parties = [Party(i, 1) for i in range(len(rows))]
    server = Server(1)
    keys = server.forward([p.advertise() for p in parties])
    uploads = [p.mask(k, row, bits) for p, k, row in zip(parties, keys, rows, strict=True)]
    return uploads, server.add(uploads, bits, rows.shape[1])


def readable(uploads: list[bytes], bits: int, length: int) -> np.ndarray:
    return unpack_bits(unpack(Kind.MASKED_UPDATE, uploads)[1], bits, length)


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(1, 12), st.sampled_from([9, 18, 32, 64]), st.integers(0, 99))
def test_masks_change_every_upload_and_no_sum(k, length, bits, seed):
    rows = np.random.default_rng(seed).integers(0, 2**bits, (k, length + 7), dtype=np.uint64)
    uploads, total = exchange(rows, bits)
    mask = np.uint64(2**bits - 1)
    np.testing.assert_array_equal(total, rows.sum(axis=0, dtype=np.uint64) & mask)
    for sent, row in zip(readable(uploads, bits, length + 7), rows, strict=True):
        assert not np.array_equal(sent, row)


def test_masked_uploads_are_uniform_whatever_they_hide():
    """χ² over 16 bins of the ring, for rows of zeros; and no correlation with a secret."""
    length = 20_000
    secret = np.zeros((2, length), np.uint64)
    secret[:, ::2] = 2**31
    uploads, _ = exchange(secret, 32)
    sent = readable(uploads, 32, length)[0]
    counts = np.bincount((sent >> np.uint64(28)).astype(int), minlength=16)
    expected = length / 16
    assert np.sum((counts - expected) ** 2 / expected) < 44.3  # 15 degrees of freedom, p = 1e-4
    correlation = np.corrcoef(sent.astype(float), secret[0].astype(float))[0, 1]
    assert abs(correlation) < 0.03


def test_the_same_keys_give_another_mask_in_another_session_round_or_pair():
    keys = [X25519PrivateKey.generate() for _ in range(2)]

    def upload(session: bytes = b"s" * 16, round: int = 1, ids: tuple[int, int] = (0, 1)) -> bytes:
        parties = [Party(i, round, key) for i, key in zip(ids, keys, strict=True)]
        forwarded = Server(round, session).forward([p.advertise() for p in parties])
        return parties[0].mask(forwarded[0], np.zeros(4, np.uint64), 32)[HEADER_SIZE:]

    first = upload()
    assert first == upload()
    others = [upload(session=b"t" * 16), upload(round=2), upload(ids=(0, 2))]
    assert len({first, *others}) == 4


def test_new_keys_and_sessions_come_from_the_operating_system_each_time():
    assert Party(0, 1).advertise() != Party(0, 1).advertise()
    assert Server(1).session != Server(1).session


def test_a_swapped_public_key_is_noticed():
    parties = [Party(i, 1) for i in range(2)]
    (message, _) = Server(1).forward([p.advertise() for p in parties])
    with pytest.raises(RunError, match="another key"):
        Party(0, 1).mask(message, np.zeros(3, np.uint64), 32)


def test_masks_change_every_message_of_a_run_and_the_params_by_the_fixed_point_only():
    plain, masked = small(), small(masking={})
    np.testing.assert_allclose(params(plain), params(masked), rtol=0, atol=6 * 2.0**-16)
    for event in events(masked, UpdatesSent):
        assert event.masked
        assert len(set(event.payloads)) == len(event.payloads)
    assert not set(payloads(plain)) & set(payloads(masked))


def test_a_masked_run_ends_the_same_though_its_keys_never_are():
    masked = small(masking={})
    assert payloads(masked) != payloads(masked)
    np.testing.assert_array_equal(params(masked), params(masked))


def test_the_weight_of_a_hospital_is_hidden_with_its_update():
    for message in payloads(small(masking={})):
        header, _ = unpack(Kind.MASKED_UPDATE, [message])
        assert header["weight"][0] == 0


@pytest.mark.parametrize("weighting", ["patients", "equal"])
@pytest.mark.parametrize("extra", [{}, {"privacy": {}}, {"fedprox": {"mu": 1.0}}], ids=str)
def test_masks_leave_every_other_stage_its_result(weighting, extra):
    plain = small(training={"weighting": weighting, "participation": 0.75}, **extra)
    masked = plain.replace({"masking": True})
    np.testing.assert_allclose(params(plain), params(masked), rtol=0, atol=6 * 2.0**-14)


def test_each_step_of_the_protocol_is_an_event():
    kinds = [type(e) for e in events(small(masking={}, training={"rounds": 1}))]
    order = [KeysAdvertised, KeysForwarded, UpdatesMasked, UpdatesSent]
    assert [kind for kind in kinds if kind in order] == order


def test_quantised_masks_are_packed_into_the_narrow_ring():
    scenario = small(masking={"range": 1.0}, compression={"bits": 8})
    total = int(load(scenario.data, scenario.seed).train.sizes.sum())
    bits = 8 + int(np.ceil(np.log2(total)))
    parameters = 4
    assert {len(m) for m in payloads(scenario)} == {12 + -(-(parameters + 1) * bits // 8)}


def test_coordinates_outside_the_range_are_counted():
    (event,) = events(small(masking={"range": 0.01}, training={"rounds": 1}), UpdatesMasked)
    assert event.saturated.sum() > 0
    (event,) = events(small(masking={}, training={"rounds": 1}), UpdatesMasked)
    assert event.saturated.sum() == 0


def test_masks_over_one_hospital_are_refused():
    with pytest.raises(ScenarioError, match="at least 2 hospitals"):
        events(small(data={"hospitals": 1}, masking={}))


def test_masks_bring_at_least_two_hospitals_into_a_round():
    scenario = small(training={"participation": 0.01}, masking={})
    assert {len(e.cohort) for e in events(scenario, UpdatesSent)} == {2}


def test_masks_over_too_many_hospitals_are_refused():
    scenario = Scenario.from_toml("[data]\nhospitals = 201\npatients = 4\n[masking]\n")
    with pytest.raises(ScenarioError, match="too many for pairwise masks"):
        events(scenario)


@pytest.mark.parametrize("codec", ["topk", "randk", "sign", "float16", "qsgd"])
def test_codecs_that_do_not_add_up_are_refused_under_masks(codec):
    with pytest.raises(ScenarioError, match="cannot be added under masks"):
        small(masking={}, compression={"codec": codec})


def test_a_threshold_that_lets_two_groups_open_and_levels_too_far_apart_are_warned_of():
    assert any("disjoint groups" in note for note in small(masking={"threshold": 0.5}).notes)
    assert any("apart" in note for note in small(masking={}, compression={"bits": 2}).notes)
    assert small(masking={}, compression={"bits": 8}).notes == ()
