"""Embedding: rows of a table, looked up by number.

Sums of rows stand in embedding_bag.py.

Mirrors aten/src/ATen/native/{Embedding.cpp, Onehot.cpp}. Left out: sparse gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd import grad_mode
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.portable_stub import PortableStub

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

# The gradient of a table is summed in this many bands of rows, one after the other by a thread.
BANDS = 16


_INDEX_TYPES = "lqi"  # int64, by both of its names, and int32

# ------------------------------------------------------------------------------------- kernels


@PortableStub
def take_rows_kernel(table: Any, indices: Any) -> Any:
    """``table[indices]``.

    Raises:
        IndexError: an index is no row of the table, counted from its beginning.
    """
    if indices.size and (indices.min() < 0 or indices.max() >= len(table)):
        raise IndexError("index out of range in self")
    return np.take(table, indices, axis=0)


@DispatchStub
@kernel(parallel=True)
def add_rows_kernel(table: Any, rows: Any, indices: Any, factors: Any) -> None:
    """table[indices[i]] += rows[i] * factors[i]; where a factor is 0, the row is not even read.

    Each thread owns bands of the table and reads all indices, so that what one row receives is
    added in the order of the indices, whatever the number of threads.
    """
    count, width = table.shape
    for band in prange(BANDS):
        first = band * count // BANDS
        end = (band + 1) * count // BANDS
        for i in range(indices.size):
            index = indices[i]
            if first <= index < end and factors[i] != 0:
                for j in range(width):
                    table[index, j] += rows[i, j] * factors[i]


# ----------------------------------------------------------------------------------- operators


class Embedding(Operator):
    """weight (V, D), indices (*) -> (*, D)."""

    @staticmethod
    def forward(
        ctx: Any, weight: Any, indices: Any, padding_idx: int, scale_grad_by_freq: bool
    ) -> Any:
        ctx.save_for_backward(indices)
        ctx.options = len(weight), padding_idx, scale_grad_by_freq
        return take_rows_kernel(weight, indices)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return EmbeddingDenseBackward.apply(grad, indices, *ctx.options)


class EmbeddingDenseBackward(Operator):
    """grad (*, D), indices (*) -> the gradient of the table, (V, D)."""

    @staticmethod
    def forward(
        ctx: Any,
        grad: Any,
        indices: Any,
        num_weights: int,
        padding_idx: int,
        scale_grad_by_freq: bool,
    ) -> Any:
        dtype = np.dtype(np.float32) if dtypes.is_half(grad.dtype) else grad.dtype
        factors = (indices != padding_idx).astype(dtype)
        if scale_grad_by_freq:
            factors /= np.bincount(indices.reshape(-1), minlength=num_weights)[indices]
        ctx.save_for_backward(indices, factors[..., None])
        rows = np.ascontiguousarray(grad, dtype).reshape(indices.size, grad.shape[-1])
        table = np.zeros_like(rows, shape=(num_weights, rows.shape[1]))
        flat = np.ascontiguousarray(indices).reshape(-1)
        add_rows_kernel(table, rows, flat, factors.reshape(-1))
        return table.astype(grad.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        indices, factors = ctx.saved_tensors
        return Embedding.apply(grad, indices, -1, False) * factors


# ----------------------------------------------------------------------------------- functions


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """out[i] = weight[input[i]].

    Args:
        padding_idx: the row that gets no gradient.
        max_norm: rows that are looked up and whose norm is larger are first scaled down to it, in
            place.
        norm_type: the p of that norm.
        scale_grad_by_freq: divide the gradient of a row by how often it was looked up.

    Shape: input ``(*)``, weight ``(V, D)``, output ``(*, D)``.

    Raises:
        IndexError: an index is no row of the table.
        NotImplementedError: a sparse gradient is asked for.

    >>> import minitorch
    >>> table = minitorch.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> embedding(minitorch.tensor([1, 0, 1]), table)
    tensor([[2., 3.],
            [0., 1.],
            [2., 3.]])
    """
    if weight._array.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    refuse_sparse(weight, sparse)
    count = len(weight._array)
    if padding_idx is None:
        padding_idx = -1
    elif not -count <= padding_idx < max(count, 1):
        raise AssertionError("Padding_idx must be within num_embeddings")
    elif padding_idx < 0:
        padding_idx += count
    if input._array.dtype.char not in _INDEX_TYPES:
        c10_name = dtypes.from_numpy(input._array.dtype).c10_name
        name = "CPUBoolType" if c10_name == "Bool" else f"torch.{c10_name}Tensor"
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {name} instead (while checking arguments for embedding)"
        )
    if max_norm is not None:
        renormalize(weight, input, max_norm, norm_type)
    out: Tensor = Embedding.apply(weight, input, padding_idx, scale_grad_by_freq)
    return out


def renormalize(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the named rows down to ``max_norm``, in place. Mirrors embedding_renorm_."""
    with grad_mode.no_grad():
        rows = np.unique(indices._array)
        table = weight._array
        norms = np.linalg.norm(table[rows], ord=norm_type, axis=1)
        long = norms > max_norm
        # 1e-7 as in torch, which keeps the result below the bound
        scales = max_norm / (norms[long] + 1e-7)
        table[rows[long]] *= scales[:, None].astype(table.dtype)
        weight.bump_version()


def refuse_sparse(weight: Tensor, sparse: bool) -> None:
    if sparse and weight.requires_grad:
        raise NotImplementedError(
            "there are no sparse gradients here: call with sparse=False, the result is the same"
        )


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """out[*, c] = 1 where c is the class, else 0, in int64.

    Args:
        num_classes: -1 is one more than the largest class.

    >>> import minitorch
    >>> one_hot(minitorch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if tensor.dtype != dtypes.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    array = tensor._array
    if array.size == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return wrap(np.empty_like(array, shape=(*array.shape, num_classes)))
    if array.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(array.max()) + 1
    elif num_classes <= array.max():
        raise RuntimeError("Class values must be smaller than num_classes.")
    classes = np.arange(num_classes, like=array)
    return wrap((array[..., None] == classes).astype(np.int64, order="C"))
