"""Masks: every upload is changed, no sum is, and nothing of an upload can be read from it.

Whole runs on the protocol of Bonawitz et al. 2017; the two sides and their helpers are played by hand
in `tests/exchange.py`.
"""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Scenario
from engine.channels import shamir
from engine.channels.collusion import collude
from engine.channels.keys import Session
from engine.channels.masks import expand, pair_mask
from engine.channels.party import Party, Secrets
from engine.channels.section import opens_with
from engine.channels.server import Server, TooFew
from engine.data import load
from engine.errors import RunError, ScenarioError
from engine.events import (
    Aggregated,
    KeysAdvertised,
    KeysForwarded,
    MasksRemoved,
    SharesForwarded,
    SharesRevealed,
    SharesSent,
    SurvivorsAnnounced,
    UpdatesMasked,
    UpdatesSent,
)
from engine.faults import POINTS
from engine.wire import HEADER_SIZE, Kind, unpack
from tests.builders import events, finished, params, payloads, small
from tests.exchange import Played, play, random_rows, uniform


def sentence(refusal: pytest.ExceptionInfo[RunError]) -> bool:
    """One sentence with a way out, on one line."""
    text = str(refusal.value)
    return text.endswith(".") and "\n" not in text and len(text) < 160


# The sum, and nothing but the sum


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_over_dropouts_at_all_three_points_the_sum_is_exact_or_the_round_is_lost(data):
    k, length = data.draw(st.integers(2, 7)), data.draw(st.integers(1, 9))
    bits = data.draw(st.sampled_from([9, 18, 32, 64]))
    needed = opens_with(data.draw(st.floats(0.05, 1.0)), k)
    points = data.draw(st.lists(st.sampled_from(["stay"] * 3 + [*POINTS]), min_size=k, max_size=k))
    rows = random_rows(k, length, bits)
    left = [sum(p not in POINTS[:i] for p in points) for i in (1, 2, 3)]
    if min(left) < needed:
        with pytest.raises(TooFew):
            play(rows, bits, needed, points)
        return
    came = [p not in ("sharing", "before") for p in points]
    np.testing.assert_array_equal(
        play(rows, bits, needed, points).total,
        rows[came].sum(axis=0, dtype=np.uint64) & np.uint64(2**bits - 1),
    )


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(1, 12), st.sampled_from([9, 18, 32, 64]))
def test_masks_change_every_upload_and_no_sum(k, length, bits):
    rows = random_rows(k, length + 7, bits)
    played = play(rows, bits)
    mask = np.uint64(2**bits - 1)
    np.testing.assert_array_equal(played.total, rows.sum(axis=0, dtype=np.uint64) & mask)
    for sent, row in zip(played.uploads, rows, strict=True):
        assert not np.array_equal(sent, row)


@pytest.mark.parametrize("bits", [18, 32, 64])
def test_masked_uploads_are_uniform_whatever_they_hide(bits):
    """χ² over 16 bins of the ring and over every byte, for a row of two values; no correlation with it."""
    secret = np.zeros((3, 60_000), np.uint64)
    secret[:, ::2] = 2 ** (bits - 1)
    for sent in play(secret, bits).uploads:
        assert uniform(sent, bits)
        assert abs(np.corrcoef(sent.astype(float), secret[0].astype(float))[0, 1]) < 0.02


def test_the_test_of_uniformity_notices_a_bias_of_one_bit():
    words = np.random.default_rng(0).integers(0, 2**32, 60_000, dtype=np.uint64)
    assert uniform(words, 32)
    biased = np.where(np.random.default_rng(1).random(60_000) < 0.05, words | 2**31, words)
    assert not uniform(biased.astype(np.uint64), 32)


# What a server learns that has helpers


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_with_fewer_than_t_helpers_the_server_learns_the_sum_of_the_honest_and_nothing_more(data):
    k = data.draw(st.integers(4, 8))
    needed = data.draw(st.integers(2, k - 1))
    points = ["stay"] * k
    for i in data.draw(st.sets(st.integers(0, k - 1), max_size=k - needed)):
        points[i] = data.draw(st.sampled_from(POINTS))
    came = [i for i in range(k) if points[i] in ("stay", "after")]
    helpers = data.draw(st.sets(st.integers(0, k - 1), max_size=needed - 1))
    honest = [i for i in came if i not in helpers]
    played = play(random_rows(k, 6, 32), 32, needed, points)
    learned = collude(played.transcript, [played.parties[i] for i in helpers])
    np.testing.assert_array_equal(
        learned.honest_sum, played.rows[honest].sum(axis=0, dtype=np.uint64) & np.uint64(2**32 - 1)
    )
    assert learned.honest == tuple(honest)
    for i, is_open in zip(came, learned.open, strict=True):
        assert is_open == (i in helpers or len(honest) == 1)
        assert set(learned.hidden_by[i]) == ({*honest} - {i} if i in honest else set())


def test_what_fewer_than_t_helpers_leave_of_an_honest_upload_is_uniform():
    secret = np.zeros((5, 60_000), np.uint64)
    secret[:, ::2] = 2**31
    played = play(secret, 32, 3, ["stay", "stay", "before", "stay", "stay"])
    learned = collude(played.transcript, played.parties[3:])
    for row, is_open in zip(learned.rows, learned.open, strict=True):
        if not is_open:
            assert uniform(row, 32)
            assert abs(np.corrcoef(row.astype(float), secret[0].astype(float))[0, 1]) < 0.02
    assert learned.open.tolist() == [False, False, True, True]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_with_t_helpers_the_server_opens_every_upload(data):
    k = data.draw(st.integers(2, 7))
    needed = data.draw(st.integers(2, k))
    helpers = data.draw(st.permutations(range(k)))[:needed]
    played = play(random_rows(k, 5, 18), 18, needed)
    learned = collude(played.transcript, [played.parties[i] for i in helpers])
    assert learned.open.all()
    np.testing.assert_array_equal(learned.rows, played.rows)


def test_a_late_upload_lies_under_its_own_mask_though_its_pair_masks_are_known():
    """Why there are two kinds of mask: the server knows all pair masks of one that fell away."""
    played = play(random_rows(4, 6, 32), 32, 2, ["stay", "stay", "stay", "before"])
    learned = collude(played.with_late(3).transcript, played.parties[:1])
    assert learned.hidden_by[3] == (3,)
    assert collude(played.transcript, played.parties[:2]).open.all()


def test_of_a_lost_round_the_server_learns_nothing_at_all():
    played = Played(random_rows(4, 6, 32), 32, 3)
    played.share()
    played.upload(["stay", "stay", "stay", "before"])
    learned = collude(played.transcript, played.parties[:2])
    assert learned.hidden_by[2] == (2, 3)


# Never both kinds of share


def test_of_every_hospital_one_kind_of_share_is_given_and_never_the_other():
    played = play(random_rows(6, 3, 32), 32, 3, ["stay", "before", "stay", "after", "stay", "stay"])
    for kinds in played.revealed():  # by giver: hospital → kind
        assert {h for h, kind in kinds.items() if kind == "key"} == {1}
        assert {h for h, kind in kinds.items() if kind == "seed"} == {0, 2, 3, 4, 5}


def test_a_hospital_refuses_a_second_list_of_survivors():
    """Two lists would be both kinds of share of whoever is in one of them only."""
    played = Played(random_rows(4, 3, 32), 32, 2)
    played.share()
    lists = played.upload(["stay"] * 4)
    party = played.parties[0]
    assert party.unmask(lists[0]) == party.unmask(lists[0])
    with pytest.raises(RunError, match="A was told a second list of survivors"):
        party.unmask(played.survivors(0, [0, 1, 2]))
    party.unmask(lists[0])  # and stays with the first


@pytest.mark.parametrize(
    ("survivors", "why"),
    [
        ([1, 2, 3], "that cannot be"),  # without the one that is asked
        ([0, 1, 7], "that cannot be"),  # with a stranger
        ([0, 1, 1], "not a list of different hospitals"),
        ([0, 1], "with no fewer than 3"),
    ],
)
def test_a_hospital_refuses_a_list_of_survivors_that_cannot_be(survivors, why):
    played = Played(random_rows(4, 3, 32), 32, 3)
    played.share()
    played.upload(["stay"] * 4)
    with pytest.raises(RunError, match=why) as refusal:
        played.parties[0].unmask(played.survivors(0, survivors))
    assert sentence(refusal)


def test_a_hospital_that_sent_nothing_opens_nothing():
    played = Played(random_rows(4, 3, 32), 32, 2)
    played.share()
    with pytest.raises(RunError, match="cannot be"):
        played.parties[0].unmask(played.survivors(0, [0, 1, 2]))


def test_a_hospital_shares_once_and_uploads_once():
    played = Played(random_rows(3, 3, 32), 32, 2)
    keys = played.share()
    with pytest.raises(RunError, match="twice"):
        played.parties[0].share(keys[0])
    played.upload(["stay"] * 3)
    with pytest.raises(RunError, match="second upload under the same masks"):
        played.parties[0].mask(played.forwarded[0], played.rows[0], 32)


def test_hospital_and_server_stop_where_fewer_than_t_are_there():
    parties = [Party(i, 1, 3) for i in range(2)]
    advertised = [p.advertise() for p in parties]
    with pytest.raises(TooFew, match="3 are needed"):
        Server(1, 3).forward_keys(advertised)
    (keys, _) = Server(1, 2).forward_keys(advertised)
    with pytest.raises(RunError, match="with no fewer than 3"):
        parties[0].share(keys)


# What goes wrong on the way


def test_shares_that_were_changed_on_the_way_stop_the_round_in_one_sentence():
    played = Played(random_rows(3, 3, 32), 32, 2)
    played.share()
    changed = bytearray(played.forwarded[0])
    changed[-1] ^= 1
    played.forwarded[0] = bytes(changed)
    lists = played.upload(["stay"] * 3)
    with pytest.raises(RunError, match="that hospital C sent to A were changed") as refusal:
        played.parties[0].unmask(lists[0])
    assert sentence(refusal)


def test_one_hospitals_shares_cannot_be_passed_off_as_anothers():
    played = Played(random_rows(3, 3, 32), 32, 2)
    played.share()
    body = played.forwarded[0][HEADER_SIZE:]
    half = len(body) // 2
    swapped = body[:4] + body[half + 4 :] + body[half : half + 4] + body[4:half]
    played.forwarded[0] = played.forwarded[0][:HEADER_SIZE] + swapped
    lists = played.upload(["stay"] * 3)
    with pytest.raises(RunError, match="were changed on the way"):
        played.parties[0].unmask(lists[0])


def test_a_swapped_or_doubled_public_key_is_noticed():
    parties = [Party(i, 1, 2) for i in range(3)]
    advertised = [p.advertise() for p in parties]
    (message, *_) = Server(1, 2).forward_keys(advertised)
    with pytest.raises(RunError, match="other keys than its own") as refusal:
        Party(0, 1, 2).share(message)
    assert sentence(refusal)
    advertised[2] = advertised[2][:HEADER_SIZE] + advertised[1][HEADER_SIZE:]
    with pytest.raises(RunError, match="one key under two names"):
        parties[0].share(Server(1, 2).forward_keys(advertised)[0])


def test_a_public_key_that_is_none_is_refused_in_one_sentence():
    parties = [Party(i, 1, 2) for i in range(2)]
    advertised = [p.advertise() for p in parties]
    advertised[1] = advertised[1][:HEADER_SIZE] + b"\1" + bytes(31) + bytes(32)
    with pytest.raises(RunError, match="hospital B is no public key") as refusal:
        parties[0].share(Server(1, 2).forward_keys(advertised)[0])
    assert sentence(refusal)


def test_a_wrong_share_of_a_key_is_noticed_before_the_sum_is_read():
    played = Played(random_rows(3, 3, 32), 32, 2)
    played.share()
    lists = played.upload(["stay", "stay", "before"])
    answers = [played.parties[i].unmask(lists[i]) for i in range(2)]
    wrong = bytearray(answers[1])
    wrong[-shamir.SHARE_SIZE] ^= 128  # the lowest bits of a key mean nothing
    played.server.collect([answers[0], bytes(wrong)])
    with pytest.raises(RunError, match="do not fit together") as refusal:
        played.server.free_of(2)
    assert sentence(refusal)


def test_messages_of_another_round_or_twice_from_one_hospital_are_refused():
    one = Party(0, 1, 2).advertise()
    with pytest.raises(RunError, match="another round"):
        Server(2, 2).forward_keys([one, Party(1, 2, 2).advertise()])
    with pytest.raises(RunError, match="from one hospital"):
        Server(1, 2).forward_keys([one, one])


# No mask twice


def test_the_same_keys_give_another_mask_in_another_session_round_or_pair():
    one, other = Secrets(), Secrets()

    def mask(name: bytes = b"s" * 16, round: int = 1, ids: tuple[int, int] = (0, 1)) -> bytes:
        public = other.public.mask
        return pair_mask(one.mask_key, public, *ids, Session(name, round), 4).tobytes()

    assert mask() == mask()
    assert len({mask(), mask(b"t" * 16), mask(round=2), mask(ids=(0, 2))}) == 4


def test_two_ends_of_a_pair_draw_one_mask_and_it_cancels():
    one, other = Secrets(), Secrets()
    session = Session(b"s" * 16, 1)
    here = pair_mask(one.mask_key, other.public.mask, 3, 5, session, 9)
    there = pair_mask(other.mask_key, one.public.mask, 5, 3, session, 9)
    assert here.any()
    assert not (here + there).any()


def test_no_two_uploads_share_a_mask_though_they_hide_the_same():
    """Not in one round, not in two, not in two branches: else their difference would be read."""
    rows = np.zeros((4, 8), np.uint64)
    uploads = [row.tobytes() for _ in range(5) for row in play(rows, 64).uploads]
    assert len(set(uploads)) == 20


def test_new_keys_seeds_and_sessions_come_from_the_operating_system_each_time():
    one, other = Party(0, 1, 2), Party(0, 1, 2)
    assert one.secrets.seed != other.secrets.seed
    assert not set(one.secrets.public) & set(other.secrets.public)
    assert Server(1, 2).session != Server(1, 2).session
    assert expand(one.secrets.seed, 4).tobytes() != expand(other.secrets.seed, 4).tobytes()


# Shamir


@given(st.integers(0, 2**256 - 1), st.integers(2, 9), st.integers(0, 6), st.randoms())
def test_any_t_shares_give_the_secret_back(secret, needed, more, order):
    points = order.sample(range(1, 100_000), needed + more)
    shares = dict(zip(points, shamir.share(secret, needed, points), strict=True))
    some = order.sample(points, needed)
    assert shamir.combine(shares, shamir.weights_at_zero(some)) == secret


def test_fewer_than_t_shares_fit_every_secret_equally():
    """All polynomials over a small field: for each pair of shares, every secret occurs as often."""
    prime, needed = 7, 3
    for points in itertools.combinations(range(1, prime), needed - 1):
        seen = Counter(
            (tuple(shamir.evaluate(polynomial, point, prime) for point in points), polynomial[0])
            for polynomial in itertools.product(range(prime), repeat=needed)
        )
        assert len(seen) == prime**needed
        assert set(seen.values()) == {1}


def test_shares_are_uniform_field_elements_and_differ_each_time():
    prime, drawn = 11, 4400
    counts = Counter(shamir.share(3, 2, [5], prime)[0] for _ in range(drawn))
    expected = drawn / prime
    assert sum((counts[v] - expected) ** 2 / expected for v in range(prime)) < 35.6  # p = 1e-4


def test_the_field_is_the_smallest_prime_above_every_key():
    assert shamir.PRIME.bit_length() == 257
    prime = [n for n in range(2**256, shamir.PRIME + 1) if n % 2 and pow(3, n - 1, n) == 1]
    assert prime == [shamir.PRIME]


@pytest.mark.parametrize(
    ("threshold", "cohort", "needed"),
    [
        (0.6, 5, 3),
        (0.6, 4, 3),
        (0.6, 3, 2),
        (0.55, 100, 55),
        (0.01, 9, 2),
        (1.0, 7, 7),
        (0.6, 2, 2),
    ],
)
def test_how_many_open_a_sum(threshold, cohort, needed):
    assert opens_with(threshold, cohort) == needed


# Bytes


@pytest.mark.parametrize("where", POINTS)
@pytest.mark.parametrize("drops", [(), ("1:C",), ("1:A", "1:C")])
@pytest.mark.parametrize("hospitals", [5, 8])
def test_bytes_are_those_of_the_formula(where, drops, hospitals):
    """The formula that `engine.channels.exchange` states, for those that stay and those that do not."""
    scenario = small(
        data={"hospitals": hospitals},
        masking={},
        faults={"drops": drops, "where": where},
        training={"rounds": 1},
    )
    (end,) = finished(scenario)
    k, d = hospitals, 4
    s = k - len(drops) * (where == "sharing")
    u = k - len(drops) * (where in ("sharing", "before"))
    m = k - len(drops)
    assert end.uplink_bytes == u * (12 + 4 * (d + 1))
    assert end.overhead_bytes == (
        k * (76 + 28 + 68 * k)
        + s * (12 + 86 * (k - 1) + 12 + 86 * (s - 1))
        + u * (12 + 4 * u)
        + m * (12 + 38 * s)
    )


def test_at_three_hospitals_masks_cost_many_times_the_upload():
    rounds = finished(small(data={"hospitals": 3, "keep": []}, masking={}, training={"rounds": 1}))
    assert rounds[0].overhead_bytes == 3 * 826
    plain = finished(small(data={"hospitals": 3, "keep": []}, training={"rounds": 1}))
    assert rounds[0].overhead_bytes > 5 * plain[0].uplink_bytes


# Whole runs


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
    order = [KeysAdvertised, KeysForwarded, SharesSent, SharesForwarded, UpdatesMasked, UpdatesSent]
    order += [SurvivorsAnnounced, SharesRevealed, MasksRemoved, Aggregated]
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
