"""Sums, means or maxima of bags of rows of a table, without all their rows in the graph.

    sum, mean:  out[bag] = Σ factor[i] * weight[input[i]], over the i of the bag

Its gradient is the same sum with both sides exchanged: weight[input[i]] receives factor[i] *
grad[bag]. So one kernel, add_rows_kernel of embedding.py, serves both directions.

Mirrors aten/src/ATen/native/EmbeddingBag.cpp. Left out: sparse gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.embedding import Embedding, add_rows_kernel, refuse_sparse, renormalize
from minitorch.native.index_ops import index_add

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@DispatchStub
@kernel
def bag_max_kernel(out: Any, rows_of: Any, weight: Any, indices: Any, bags: Any, skip: Any) -> None:
    """The largest of each column in each bag, and the row of the table that it is from.

    ``out`` is 0 and ``rows_of`` -1 before, and so they stay for an empty bag.
    """
    for i in range(indices.size):
        row, bag = indices[i], bags[i]
        if row != skip:
            for j in range(weight.shape[1]):
                if rows_of[bag, j] < 0 or weight[row, j] > out[bag, j]:
                    out[bag, j] = weight[row, j]
                    rows_of[bag, j] = row


def _add_rows(table: Any, rows: Any, indices: Any, factors: Any) -> Any:
    if rows.size:
        add_rows_kernel(table, np.ascontiguousarray(rows), indices, factors)
    return table


class EmbeddingBag(Operator):
    """weight (V, D), indices and bags (N,) -> (B, D); ``bags`` says where each index belongs."""

    @staticmethod
    def forward(
        ctx: Any,
        weight: Any,
        indices: Any,
        bags: Any,
        per_sample_weights: Any,
        count: int,
        mode: str,
        padding_idx: int,
        scale_grad_by_freq: bool,
    ) -> Any:
        table = weight.astype(np.float32) if weight.dtype.itemsize < 4 else weight
        out = np.zeros_like(table, shape=(count, weight.shape[1]), order="C")
        ctx.options = mode, padding_idx, scale_grad_by_freq
        if mode == "max":
            rows_of = np.full_like(indices, -1, shape=out.shape, dtype=np.int64)
            bag_max_kernel(out, rows_of, table, indices, bags, padding_idx)
            ctx.save_for_backward(weight, indices, bags, None, rows_of)
        else:
            factors = _factors(indices, bags, per_sample_weights, count, mode, padding_idx, table)
            ctx.save_for_backward(weight, indices, bags, factors, per_sample_weights)
            _add_rows(out, np.take(table, indices, axis=0), bags, factors)
        return out.astype(weight.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        weight, indices, bags, factors, last = ctx.saved_tensors
        mode, padding_idx, scale_grad_by_freq = ctx.options
        wide = grad.astype(np.float32) if grad.dtype.itemsize < 4 else grad
        grad_weight = grad_factors = None
        if ctx.next_edges[0] is not None:
            table = np.zeros_like(wide, shape=weight.shape, order="C")
            if mode == "max":
                bag, column = np.nonzero(last >= 0)
                np.add.at(table, (last[bag, column], column), wide[bag, column])
            else:
                if scale_grad_by_freq:
                    frequency = np.bincount(indices, minlength=len(weight))
                    factors = (factors / frequency[indices]).astype(wide.dtype)
                _add_rows(table, np.take(wide, bags, axis=0), indices, factors)
            grad_weight = table.astype(weight.dtype, copy=False)
        if ctx.next_edges[3] is not None:
            products = np.take(weight, indices, axis=0) * np.take(wide, bags, axis=0)
            grad_factors = np.where(indices != padding_idx, products.sum(axis=1), 0)
            grad_factors = grad_factors.astype(last.dtype, copy=False)
        return grad_weight, None, None, grad_factors

    @staticmethod
    def composed(
        weight: Tensor,
        indices: Tensor,
        bags: Tensor,
        per_sample_weights: Tensor | None,
        count: int,
        mode: str,
        padding_idx: int,
        scale_grad_by_freq: bool,
    ) -> Tensor:
        out = np.zeros_like(weight._array, shape=(count, weight.shape[1]), order="C")
        i, b = indices._array, bags._array
        if mode == "max":
            rows_of = np.full_like(i, -1, shape=out.shape)
            bag_max_kernel(out, rows_of, weight._array, i, b, padding_idx)
            kept = wrap((rows_of >= 0).astype(out.dtype))
            columns = wrap(np.arange(out.shape[1]))
            chosen: Tensor = weight[wrap(np.maximum(rows_of, 0)), columns] * kept
            return chosen
        rows = Embedding.apply(weight, indices, padding_idx, scale_grad_by_freq)
        if per_sample_weights is not None:
            rows = rows * per_sample_weights.unsqueeze(1)
        factors = _factors(i, b, None, count, mode, padding_idx, out)
        return index_add(wrap(out), 0, bags, rows * wrap(factors[:, None]))


def _factors(
    indices: Any, bags: Any, weights: Any, count: int, mode: str, padding_idx: int, like: Any
) -> Any:
    """How much each row counts in its bag."""
    factors = (indices != padding_idx).astype(like.dtype)
    if mode == "mean":
        kept = np.bincount(bags, weights=factors, minlength=count)
        factors /= np.maximum(kept, 1)[bags]
    return factors if weights is None else factors * weights


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum, by ``mode``, of the rows of ``weight`` that each bag names.

    Args:
        offsets: where each bag begins in a flat ``input``.
        max_norm, norm_type, scale_grad_by_freq: as in ``embedding``.
        per_sample_weights: a factor for each row, with ``mode="sum"``; like input.
        include_last_offset: the last offset is the end of the last bag, not a bag of its own.
        padding_idx: a row that is left out everywhere.

    Shape: input ``(B, N)``, or ``(N,)`` with offsets ``(B,)``; weight ``(V, D)``; output
    ``(B, D)``. An empty bag gives zeros.

    Raises:
        ValueError: shapes or the mode do not fit.
        RuntimeError: an index is no row of the table, or offsets are wrong.
        NotImplementedError: weights for samples with another mode; a sparse gradient.

    >>> import minitorch
    >>> table = minitorch.tensor([[1.0], [2.0], [4.0]])
    >>> embedding_bag(minitorch.tensor([0, 1, 2]), table, minitorch.tensor([0, 2]), mode="sum")
    tensor([[3.],
            [4.]])
    """
    _check_bags(input, weight, offsets, per_sample_weights)
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    refuse_sparse(weight, sparse)
    if max_norm is not None:
        renormalize(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    indices = np.ascontiguousarray(input._array).reshape(-1).astype(np.int64, copy=False)
    if offsets is None:
        count, width = input.shape
        bags = np.repeat(np.arange(count), width)
    else:
        starts = _starts(offsets._array, indices.size, include_last_offset)
        count = len(starts)
        bags = np.searchsorted(starts, np.arange(indices.size), side="right") - 1
    rows = len(weight)
    outside = indices[(indices < 0) | (indices >= rows)]
    if outside.size:
        raise RuntimeError(
            "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be "
            f"{outside[0]}"
        )
    skip = _padding_row(padding_idx, rows)
    if per_sample_weights is not None and offsets is None:
        per_sample_weights = per_sample_weights.reshape(-1)
    operands = weight, wrap(indices), wrap(bags), per_sample_weights
    out: Tensor = EmbeddingBag.apply(*operands, count, mode, skip, scale_grad_by_freq)
    return out


def _padding_row(padding_idx: int | None, rows: int) -> int:
    if padding_idx is None:
        return -1
    if not -rows <= padding_idx < rows:
        raise RuntimeError(
            "padding_idx must be within the number of embeddings, -"
            f"{rows} through {rows - 1}, but got {padding_idx}"
        )
    return padding_idx % rows


def _check_bags(
    input: Tensor, weight: Tensor, offsets: Tensor | None, per_sample_weights: Tensor | None
) -> None:
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then "
            f"it must have the same shape as the input ({input.shape})"
        )
    if not dtypes.is_floating(weight._array.dtype):
        name = dtypes.from_numpy(weight._array.dtype).c10_name
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: "
            f"Half, BFloat16, Float, Double; but got CPU{name}Type instead (while checking "
            "arguments for embedding_bag)"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                "of fixed length sequences. However, found offsets of type "
                f"{type(offsets)}"
            )
    elif input.ndim == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.ndim != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}"
        )
    for name, tensor in (("indices", input), ("offsets", offsets)):
        if tensor is not None and tensor.dtype not in (dtypes.int64, dtypes.int32):
            kind = dtypes.from_numpy(tensor._array.dtype).c10_name
            raise RuntimeError(
                f"Expected tensor for argument #1 '{name}' to have one of the following scalar "
                f"types: Long, Int; but got torch.{kind}Tensor instead (while checking arguments "
                "for embedding_bag)"
            )
    if per_sample_weights is not None and per_sample_weights.dtype != weight.dtype:
        raise RuntimeError(
            "expected scalar type of per_sample_weights to be that of weight: got "
            f"{per_sample_weights.dtype} and {weight.dtype}"
        )


def _starts(offsets: Any, size: int, include_last_offset: bool) -> Any:
    if include_last_offset and not len(offsets):
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    if len(offsets) and offsets[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
            f"position 0. However, got {offsets[0]}"
        )
    if len(offsets) and offsets[-1] > size:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length({size}) but got offsets[-1] of "
            f"{offsets[-1]}"
        )
    return offsets[:-1] if include_last_offset else offsets
