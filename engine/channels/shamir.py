"""Shamir's secret sharing: any t of k shares give a secret back, and t − 1 tell nothing of it.

Shamir 1979, "How to Share a Secret" (Communications of the ACM 22). The secret is the value at 0 of a
polynomial of degree t − 1 over a prime field, whose other t − 1 coefficients are drawn uniformly; a
share is its value at another point. Through t points goes exactly one such polynomial. Through t − 1
goes one for *every* secret, all equally likely: that is why too few shares are worth nothing, whatever
one can compute.

The prime lies just above 2^256, so that every 32-byte key is a field element. Python's integers do
not take the same time for every number: whoever could time this code closely would learn something,
and no claim is made against that. Shares that somebody changed are not noticed here (verifiable
sharing is left out); `engine.channels.server` compares the key that comes out with its public half.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence

PRIME = 2**256 + 297  # the smallest above 2^256
SHARE_SIZE = 33  # bytes of a field element


def share(secret: int, needed: int, points: Iterable[int], prime: int = PRIME) -> list[int]:
    """Shares of `secret`, one for each of `points`, of which `needed` give it back.

    Args:
        secret: Below `prime`.
        points: Different, not 0, small beside `prime`: a hospital's place in the federation, from 1.
    """
    drawn = [secrets.randbelow(prime) for _ in range(needed - 1)]
    return [evaluate([secret, *drawn], point, prime) for point in points]


def evaluate(coefficients: Sequence[int], point: int, prime: int = PRIME) -> int:
    """The polynomial with these coefficients, the constant one first, at `point`.

    Horner's rule, reduced once at the end: a point has a few bits, so the number grows by a few bits
    a step, and a long number times a short one costs less than a reduction.
    """
    value = 0
    for coefficient in reversed(coefficients):
        value = value * point + coefficient
    return value % prime


def weights_at_zero(points: Sequence[int], prime: int = PRIME) -> dict[int, int]:
    """Lagrange's coefficients: each point's weight in the value at 0.

    λ_i = Π_{j ≠ i} x_j / (x_j − x_i). They hang on the points alone, so one set opens every secret that
    the same hospitals have shares of.
    """
    weights = {}
    for own in points:
        above = below = 1
        for other in points:
            if other != own:
                above = above * other % prime
                below = below * (other - own) % prime
        weights[own] = above * pow(below, -1, prime) % prime
    return weights


def combine(shares: Mapping[int, int], weights: Mapping[int, int], prime: int = PRIME) -> int:
    """The secret, from the shares at exactly the points that `weights` are for."""
    return sum(weight * shares[point] for point, weight in weights.items()) % prime


def point(hospital: int) -> int:
    """Where a hospital's shares lie: its index in the federation, from 1, since at 0 lies the secret."""
    return hospital + 1
