"""How far to go along a direction: the line search of L-BFGS.

Mirrors ``_strong_wolfe`` and ``_cubic_interpolate`` of torch/optim/lbfgs.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from minitorch._tensor import Tensor

__all__ = ["Point", "strong_wolfe"]

Number = Any
"""A float, or a tensor of one element."""


class Point(NamedTuple):
    """What is known at a distance ``t`` along the direction."""

    t: Number
    loss: float
    grad: Tensor
    slope: Number  # the derivative of the loss by t


def strong_wolfe(
    evaluate: Callable[[Number], Point],
    start: Point,
    t: Number,
    direction: Tensor,
    *,
    enough_descent: float = 1e-4,
    enough_flattening: float = 0.9,
    tolerance_change: float = 1e-9,
    max_evaluations: int = 25,
) -> tuple[Point, int]:
    """Find a point that satisfies the strong Wolfe conditions.

    There the loss has fallen by at least ``enough_descent`` of what the slope at the start
    promised, and the slope is at most ``enough_flattening`` of it. The search first goes on until
    it has a bracket, two points between which there must be such a point, and then narrows it.
    Nocedal and Wright, "Numerical optimization", algorithms 3.5 and 3.6.

    Args:
        evaluate: the loss and its gradient at a distance.
        start: the point at distance 0.
        t: the first distance to try.

    Returns:
        The point, and how many were evaluated.
    """

    def descends(point: Point) -> bool:
        return not point.loss > start.loss + enough_descent * point.t * start.slope

    def is_flat(point: Point) -> bool:
        return bool(abs(point.slope) <= -enough_flattening * start.slope)

    # Go on until the loss or the slope rises.
    previous, point = start, evaluate(t)
    steps = 0  # one less than evaluations
    while steps < max_evaluations:
        if not descends(point) or (steps > 1 and point.loss >= previous.loss):
            bracket = [previous, point]
            break
        if is_flat(point):
            return point, steps + 1
        if point.slope >= 0:
            bracket = [previous, point]
            break
        bounds = point.t + 0.01 * (point.t - previous.t), point.t * 10
        t = cubic_minimum(previous, point, bounds)
        previous, point = point, evaluate(t)
        steps += 1
    else:
        bracket = [start, point]

    # Narrow it. Its better end is the result.
    size = direction.abs().max()
    low = _index_of_lower(bracket)
    stuck = False
    while steps < max_evaluations:
        ends = [p.t for p in bracket]
        left, right = min(ends), max(ends)
        if abs(ends[1] - ends[0]) * size < tolerance_change:
            break
        t = cubic_minimum(bracket[0], bracket[1])
        # A trial near an end gains little: the second in a row is moved inwards.
        margin = 0.1 * (right - left)
        near_an_end = min(right - t, t - left) < margin
        if near_an_end and (stuck or t >= right or t <= left):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            stuck = False
        else:
            stuck = bool(near_an_end)
        point = evaluate(t)
        steps += 1
        high = 1 - low
        if not descends(point) or point.loss >= bracket[low].loss:
            bracket[high] = point
            low = _index_of_lower(bracket)
            continue
        if is_flat(point):
            return point, steps + 1
        if point.slope * (ends[high] - ends[low]) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = point
    return bracket[low], steps + 1


def _index_of_lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def cubic_minimum(a: Point, b: Point, bounds: tuple[Number, Number] | None = None) -> Number:
    """Where the cubic polynomial with these losses and slopes is lowest, within ``bounds``.

    The middle of ``bounds``, which are the two points unless given, if it has no minimum.
    """
    left, right = (a, b) if a.t <= b.t else (b, a)
    smallest, largest = (left.t, right.t) if bounds is None else bounds
    d1 = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t)
    d2_square = d1**2 - left.slope * right.slope
    if not d2_square >= 0:
        return (smallest + largest) / 2.0
    d2 = d2_square.sqrt()
    part = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2)
    return min(max(right.t - (right.t - left.t) * part, smallest), largest)
