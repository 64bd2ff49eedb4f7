"""Logistic regression fitted to convergence, for many hospitals at once.

Minimises ½·penalty·‖w‖² + Σ log-loss, the bias free: what scikit-learn's LogisticRegression does
with C = 1/penalty. Newton's method with backtracking (Boyd & Vandenberghe 2004, section 9.5) over
a leading hospital axis; one hospital with many patients passes them in chunks instead.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.class_weights import ClassWeights
from engine.data.federation import Table

NUMBERS = 400_000  # of a chunk: it stays in the cache and takes some milliseconds
PASSES = 200  # over the patients; a dozen will do
SMALL_STEP = 1e-8  # relative; the step after it would be its square
ARMIJO = 1e-4
ROUNDING = 1e-12  # relative


@dataclass(frozen=True, eq=False)
class Chunk:
    """Patients of b hospitals, padded to m rows each."""

    x: Floats  # (b, m, features)
    y: Floats  # (b, m)
    weight: Floats  # (b, m), 1 for a patient, or the weight of its class; 0 for padding


@dataclass(frozen=True, eq=False)
class Point:
    """The objective at some params (b, d): value (b,), gradient (b, d), Hessian (b, d, d)."""

    value: Floats
    gradient: Floats
    hessian: Floats


def gather(table: Table, hospitals: Ints, by: ClassWeights | None = None) -> list[Chunk]:
    """The patients of some hospitals in one chunk; of a single large one, in several."""
    if len(hospitals) == 1:
        first, last = table.starts[hospitals[0]], table.starts[hospitals[0] + 1]
        return in_chunks(table.x[first:last], table.y[first:last], by)
    sizes = table.sizes[hospitals][:, None]
    place = np.arange(sizes.max())
    rows = table.starts[hospitals][:, None] + np.minimum(place, sizes - 1)
    y, weight = table.y[rows], (place < sizes).astype(np.float64)
    return [Chunk(table.x[rows], y, weight if by is None else weight * by.of(y))]


def in_chunks(x: Floats, y: Floats, by: ClassWeights | None = None) -> list[Chunk]:
    """All patients as those of one hospital, in chunks, nothing copied."""
    step = max(1, NUMBERS // x.shape[1])
    parts = [slice(i, i + step) for i in range(0, len(y), step)]
    weights = np.ones_like(y) if by is None else by.of(y)
    return [Chunk(x[p][None], y[p][None], weights[p][None]) for p in parts]


def fit(chunks: Sequence[Chunk], penalty: float = 1.0) -> Generator[float, None, Floats]:
    """Params (b, d), weights then bias; yields after each chunk which part has converged.

    A hospital whose patients are all of one kind predicts that kind, with weights 0 and a bias by
    the rule of succession. Where round-off keeps a hospital from the last digits it stays at the
    best params found. Where there are more columns than patients, the best weights lie in the span of
    their rows, and a turn of the columns changes neither logits nor ‖w‖: so they are fitted in as many
    columns as there are patients, and turned back (Hastie & Tibshirani 2004, "Efficient quadratic
    regularization for expression arrays", Biostatistics 5, section 3).
    """
    rows, columns = sum(chunk.x.shape[1] for chunk in chunks), chunks[0].x.shape[2]
    if rows >= columns:
        return (yield from _fit(chunks, penalty))
    x, y, weight = (
        np.concatenate(parts, axis=1)
        for parts in zip(*((chunk.x, chunk.y, chunk.weight) for chunk in chunks), strict=True)
    )
    basis, turned = np.linalg.qr(x.transpose(0, 2, 1))  # (b, columns, rows), (b, rows, rows)
    params = yield from _fit([Chunk(turned.transpose(0, 2, 1), y, weight)], penalty)
    weights = (basis @ params[:, :-1, None])[..., 0]
    return np.concatenate([weights, params[:, -1:]], axis=1)


def _fit(chunks: Sequence[Chunk], penalty: float) -> Generator[float, None, Floats]:
    params, moving = _start(chunks)
    at = yield from _evaluate(chunks, params[moving], penalty, moving, 0.0)
    step, slope = _direction(at)
    length = np.ones(len(moving))
    for _ in range(PASSES):
        arrived = _is_small(step, params[moving]) | (length < ROUNDING)
        params[moving[arrived]] += (length[:, None] * step)[arrived]
        left = ~arrived
        moving, step, slope, length = moving[left], step[left], slope[left], length[left]
        at = Point(at.value[left], at.gradient[left], at.hessian[left])
        if not len(moving):
            break
        tried = params[moving] + length[:, None] * step
        part = 1 - len(moving) / len(params)
        there = yield from _evaluate(chunks, tried, penalty, moving, part)
        slack = ROUNDING * (1 + np.abs(at.value))
        better = there.value <= at.value + ARMIJO * length * slope + slack
        params[moving[better]] = tried[better]
        at = _where(better, there, at)
        length = np.where(better, 1.0, length / 2)
        step, slope = _direction(at)
    return params


def _start(chunks: Sequence[Chunk]) -> tuple[Floats, Ints]:
    """Params to start from (b, d), and the hospitals that need fitting."""
    patients = sum(chunk.weight.sum(axis=1) for chunk in chunks)
    positives = sum((chunk.weight * chunk.y).sum(axis=1) for chunk in chunks)
    params = np.zeros((len(patients), chunks[0].x.shape[2] + 1))
    one_kind = (positives == 0) | (positives == patients)
    log_odds = np.log((positives + 1) / (patients - positives + 1))
    params[one_kind, -1] = log_odds[one_kind]
    return params, np.flatnonzero(~one_kind)


def _evaluate(
    chunks: Sequence[Chunk], params: Floats, penalty: float, chosen: Ints, part: float
) -> Generator[float, None, Point]:
    """The objective of the `chosen` hospitals at `params`; yields `part` after each chunk."""
    weights, d = params[:, :-1], params.shape[1]
    value = penalty / 2 * (weights**2).sum(axis=1)
    gradient = np.zeros_like(params)
    gradient[:, :-1] = penalty * weights
    hessian = np.zeros((len(params), d, d))
    hessian[:, np.arange(d - 1), np.arange(d - 1)] = penalty
    for chunk in chunks:
        _add(chunk, params, chosen, Point(value, gradient, hessian))
        yield part
    return Point(value, gradient, hessian)


def _add(chunk: Chunk, params: Floats, chosen: Ints, total: Point) -> None:
    """Add the log-loss of one chunk, and its derivatives, to `total` in place."""
    every = len(chosen) == len(chunk.x)
    x, y, weight = (a if every else a[chosen] for a in (chunk.x, chunk.y, chunk.weight))
    logits = (x @ params[:, :-1, None])[..., 0] + params[:, -1:]
    small = np.exp(-np.abs(logits))
    p = np.where(logits >= 0, 1.0, small) / (1 + small)
    loss = np.log1p(small) + np.maximum(logits, 0) - y * logits
    error = (p - y) * weight
    curve = small / (1 + small) ** 2 * weight
    curved = x * curve[..., None]
    total.value[:] += (loss * weight).sum(axis=1)
    total.gradient[:, :-1] += (error[:, None, :] @ x)[:, 0]
    total.gradient[:, -1] += error.sum(axis=1)
    total.hessian[:, :-1, :-1] += x.transpose(0, 2, 1) @ curved
    across = curved.sum(axis=1)
    total.hessian[:, :-1, -1] += across
    total.hessian[:, -1, :-1] += across
    total.hessian[:, -1, -1] += curve.sum(axis=1)


def _direction(at: Point) -> tuple[Floats, Floats]:
    """Newton's step (b, d), and the slope along it (b,)."""
    # Columns of very different size are brought to one scale first; the ridge only keeps the system
    # solvable where two columns are alike to the last digit.
    unit = 1 / np.sqrt(np.maximum(np.einsum("bii->bi", at.hessian), np.finfo(np.float64).tiny))
    system = at.hessian * unit[:, :, None] * unit[:, None, :]
    system[:, np.arange(unit.shape[1]), np.arange(unit.shape[1])] += ROUNDING
    step = -unit * np.linalg.solve(system, (unit * at.gradient)[..., None])[..., 0]
    return step, (step * at.gradient).sum(axis=1)


def _is_small(step: Floats, params: Floats) -> Flags:
    small: Flags = np.abs(step).max(axis=1) <= SMALL_STEP * (1 + np.abs(params).max(axis=1))
    return small


def _where(better: Flags, new: Point, old: Point) -> Point:
    return Point(
        np.where(better, new.value, old.value),
        np.where(better[:, None], new.gradient, old.gradient),
        np.where(better[:, None, None], new.hessian, old.hessian),
    )
