"""Einstein's summation: products of tensors whose dimensions are named by letters.

Mirrors einsum and sumproduct_pair of aten/src/ATen/native/Linear.cpp: the operands are multiplied
from left to right, or along a given path, each pair as one batched matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minitorch.autograd.variable import Variable
from minitorch.native.diagonal import diagonal
from minitorch.native.linear_algebra import bmm
from minitorch.native.views import permute, reshape

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_ELLIPSIS = "..."


def _subscripts(text: str, place: str = "the output") -> list[str]:
    """Letters and the ellipsis of one operand.

    Raises:
        RuntimeError: another character, or a second ellipsis.
    """
    labels: list[str] = []
    text = text.replace(" ", "")
    position = 0
    while position < len(text):
        if text.startswith(_ELLIPSIS, position):
            if _ELLIPSIS in labels:
                raise RuntimeError(
                    f"einsum(): found '.' for {place} for which an ellipsis was already found"
                )
            labels.append(_ELLIPSIS)
            position += 3
        elif text[position].isascii() and text[position].isalpha():
            labels.append(text[position])
            position += 1
        elif text[position] == ".":
            raise RuntimeError(f"einsum(): found '.' for {place} that is not part of any ellipsis")
        else:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {position} in the equation string, "
                "subscripts must be in [a-zA-Z]"
            )
    return labels


def _from_sublists(arguments: Sequence[Any]) -> tuple[str, list[Any]]:
    """``einsum(x, [0, 1], y, [1, 2], [0, 2])`` as an equation."""

    def letters(sublist: Sequence[Any]) -> str:
        return "".join(
            [
                _ELLIPSIS if i is Ellipsis else chr(ord("A") + i if i < 26 else ord("a") + i - 26)
                for i in sublist
            ]
        )

    operands = list(arguments[0 : len(arguments) // 2 * 2 : 2])
    equation = ",".join([letters(s) for s in arguments[1::2]])
    if len(arguments) % 2:
        equation += "->" + letters(arguments[-1])
    return equation, operands


def _sum_products(left: Tensor, right: Tensor, summed: list[int]) -> Tensor:
    """The products of two tensors of the same number of dimensions (broadcasting), summed over
    some of them, which keep the size 1. Mirrors sumproduct_pair.
    """
    a, b = left._array.shape, right._array.shape
    shared: list[int] = []  # in both operands, kept: the batch
    only_left: list[int] = []
    only_right: list[int] = []
    inner: list[int] = []
    for dim, (n, m) in enumerate(zip(a, b, strict=True)):
        if dim in summed:
            if n != 1 and m != 1:
                inner.append(dim)
            elif n != 1:
                left = left.sum(dim, keepdim=True)
            elif m != 1:
                right = right.sum(dim, keepdim=True)
        elif n != 1 and m != 1:
            shared.append(dim)
        elif n != 1:
            only_left.append(dim)
        else:
            only_right.append(dim)
    if not inner:
        return left * right

    def sizes(dims: list[int], shape: tuple[int, ...]) -> list[int]:
        return [shape[d] for d in dims]

    batch, rows, columns = sizes(shared, a), sizes(only_left, a), sizes(only_right, b)
    depth = math.prod(sizes(inner, a))
    count = math.prod(batch)
    rest = [d for d in summed if d not in inner]  # of size 1 by now
    matrices = reshape(
        permute(left, *shared, *only_left, *inner, *rest, *only_right),
        count,
        math.prod(rows),
        depth,
    )
    others = reshape(
        permute(right, *shared, *inner, *only_right, *rest, *only_left),
        count,
        depth,
        math.prod(columns),
    )
    order = [*shared, *only_left, *summed, *only_right]
    product = reshape(bmm(matrices, others), *batch, *rows, *[1] * len(summed), *columns)
    return permute(product, *[order.index(d) for d in range(len(order))])


def einsum(equation: Any, *operands: Any, path: Sequence[int] | None = None) -> Tensor:
    """The sum of products that the equation spells, as in ``einsum("ij,jk->ik", a, b)``.

    A letter is a dimension; equal letters are multiplied element by element; those missing on the
    right are summed over. An ellipsis stands for dimensions that broadcast. Without ``->``, the
    letters that occur once are kept, in alphabetical order.

    Args:
        equation: or tensors and lists of numbers in turn: ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.
        operands: tensors, or one list of them.
        path: in which order pairs of operands are multiplied.

    Raises:
        RuntimeError: the equation is malformed, or does not fit the operands.
        ValueError: there are no operands.
    """
    if isinstance(equation, Variable):
        equation, operands = _from_sublists((equation, *operands))  # type: ignore[assignment]
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    if not operands:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one "
            "operand and its subscripts list"
        )
    left_side, arrow, right_side = equation.partition("->")
    inputs = [_subscripts(text, f"operand {i}") for i, text in enumerate(left_side.split(","))]
    if len(inputs) < len(operands):
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    if len(inputs) > len(operands):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    covered = 0  # the dimensions that the ellipsis stands for
    for i, (labels, operand) in enumerate(zip(inputs, operands, strict=True)):
        named = len([x for x in labels if x != _ELLIPSIS])
        ndim = operand._array.ndim
        if ndim < named or (ndim > named and _ELLIPSIS not in labels):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({named}) "
                + ("is more than" if _ELLIPSIS in labels else "does not match")
                + f" the number of dimensions ({ndim}) for operand {i}"
                + ("" if _ELLIPSIS in labels else " and no ellipsis was given")
            )
        if _ELLIPSIS in labels:
            covered = max(covered, ndim - named)
    output = _output_labels(right_side if arrow else None, inputs)
    everything = sorted({x for labels in inputs for x in labels if x != _ELLIPSIS})
    places = _places(output, everything, covered)
    aligned = _align(inputs, list(operands), places, covered)
    kept = sum(covered if x == _ELLIPSIS else 1 for x in output)
    return _contract(aligned, kept, path)


def _output_labels(text: str | None, inputs: list[list[str]]) -> list[str]:
    """The labels of the result, in order."""
    found = [x for labels in inputs for x in labels]
    if text is None:
        once = sorted({x for x in found if x != _ELLIPSIS and found.count(x) == 1})
        return [_ELLIPSIS, *once] if _ELLIPSIS in found else once
    output = _subscripts(text)
    for label in output:
        if label == _ELLIPSIS:
            continue
        if label not in found:
            raise RuntimeError(
                f"einsum(): output subscript {label} does not appear in the equation for any input "
                "operand"
            )
        if output.count(label) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {label} appears more than once in the output"
            )
    return output


def _places(output: list[str], everything: list[str], covered: int) -> dict[str, int]:
    """At which dimension each label stands: those of the result first, then those summed over."""
    places: dict[str, int] = {}
    position = 0
    for label in output:
        places[label] = position
        position += covered if label == _ELLIPSIS else 1
    if _ELLIPSIS not in places:
        places[_ELLIPSIS] = position
        position += covered
    for label in everything:
        if label not in places:
            places[label] = position
            position += 1
    return places


def _align(
    inputs: list[list[str]], operands: list[Tensor], places: dict[str, int], covered: int
) -> list[Tensor]:
    """Every operand with every dimension, in one order; size 1 where it has no such label."""
    total = len(places) - 1 + covered
    sizes: dict[str, int] = {}
    aligned = []
    for i, (labels, operand) in enumerate(zip(inputs, operands, strict=True)):
        own = operand._array.ndim - len([x for x in labels if x != _ELLIPSIS])
        at: dict[int, int] = {}  # dimension of the result: dimension of the operand
        dim = 0
        for label in labels:
            if label == _ELLIPSIS:
                for j in range(own):
                    at[places[label] + covered - own + j] = dim
                    dim += 1
                continue
            size = operand._array.shape[dim]
            if places[label] in at:  # a letter again: the diagonal
                first = at[places[label]]
                if operand._array.shape[first] != size:
                    raise RuntimeError(
                        f"einsum(): subscript {label} is repeated for operand {i} but the sizes "
                        f"don't match, {size} != {operand._array.shape[first]}"
                    )
                operand = diagonal(operand, 0, first, dim).movedim(-1, first)
                continue
            if sizes.get(label, 1) != 1 and size not in (1, sizes[label]):
                raise RuntimeError(
                    f"einsum(): subscript {label} has size {size} for operand {i} which does not "
                    "broadcast with previously seen size "
                    f"{sizes[label]}"
                )
            sizes[label] = max(size, sizes.get(label, 1)) if size else 0
            at[places[label]] = dim
            dim += 1
        shape = [1] * total
        for place, source in at.items():
            shape[place] = operand._array.shape[source]
        ordered = permute(operand, *[at[place] for place in sorted(at)])
        aligned.append(reshape(ordered, *shape))
    return aligned


def _contract(operands: list[Tensor], kept: int, path: Sequence[int] | None) -> Tensor:
    """Multiply pair by pair; a dimension is summed over with the last operand that has it."""
    total = operands[0]._array.ndim
    steps = iter(path or ())
    if len(operands) == 1:
        summed = list(range(kept, total))
        return operands[0].sum(summed) if summed else operands[0]
    while len(operands) > 1:
        i, j = (next(steps), next(steps)) if path else (0, 1)
        i, j = min(i, j), max(i, j)
        right, left = operands.pop(j), operands.pop(i)
        summed = [
            dim
            for dim in range(kept, total)
            if all([other._array.shape[dim] == 1 for other in operands])
        ]
        product = _sum_products(left, right, summed)
        if path:
            operands.append(product)
        else:
            operands.insert(0, product)
    result = operands[0]
    return reshape(result, *result._array.shape[:kept])
