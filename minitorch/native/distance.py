"""How far apart vectors are, in place or in direction: of two, and of all pairs.

Mirrors aten/src/ATen/native/Distance.cpp, native/cpu/DistanceOpsKernel.cpp, and normalize of
torch/nn/functional.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native import index_ops, norms, reduce_ops
from minitorch.native.conversions import to_dtype
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.expand_utils import infer_size
from minitorch.native.pointwise import check_floating
from minitorch.native.tensor_compare import clamp
from minitorch.native.variants import accepts_numpy_names, write_out
from minitorch.native.views import broadcast_tensors

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@accepts_numpy_names
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last dimension."""
    return norms.norm(x1 - x2 + eps, p, -1, keepdim)


@accepts_numpy_names
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 . x2 / (|x1| |x2|) along ``dim``, each norm at least eps.

    Shape:
        inputs broadcast against each other; output without ``dim``.
    """
    common = dtypes.result_dtype(x1._array, x2._array)
    if not dtypes.is_floating(common):
        name = dtypes.from_numpy(common).c10_name
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {name}"
        )
    infer_size(x1._array.shape, x2._array.shape)
    kind = dtypes.from_numpy(common)
    x1, x2 = broadcast_tensors(to_dtype(x1, kind), to_dtype(x2, kind))
    norm1, norm2 = (clamp(norms.norm(x, 2, dim, keepdim=True), min=eps) for x in (x1, x2))
    return reduce_ops.sum((x1 / norm1) * (x2 / norm2), dim)


def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """out = input / max(|input|, eps), with the p-norm of each vector along ``dim``.

    Args:
        dim: one dimension, or several that are taken together.
    """
    norm = clamp(norms.norm(input, p, dim, keepdim=True), min=eps)
    result = input / norm
    return result if out is None else write_out("normalize", result, out)


# ------------------------------------------------------------------------------- all pairs


@DispatchStub
@kernel
def pdist_kernel(out: Any, input: Any, p: float) -> None:
    """The p-norms of input[i] - input[j], for i < j, one after the other."""
    rows, width = input.shape
    one = out.dtype.type(1)
    power, root = out.dtype.type(p), out.dtype.type(1 / p if p > 0 else 1)
    pair = 0
    for i in range(rows):
        for j in range(i + 1, rows):
            total = one - one
            for k in range(width):
                gap = abs(input[i, k] - input[j, k])
                if p == 2:
                    total += gap * gap
                elif p == 1:
                    total += gap
                elif p == 0:
                    total += one if gap != 0 else gap
                elif p == math.inf:
                    total = total if total > gap else gap
                else:
                    total += gap**power
            if p == 2:
                total = math.sqrt(total)
            elif p != 1 and p != 0 and p != math.inf:
                total = total**root
            out[pair] = total
            pair += 1


@DispatchStub
@kernel
def pdist_backward_kernel(grad_input: Any, grad: Any, input: Any, distances: Any, p: float) -> None:
    """Add what each pair gives to its two rows: grad * sign(gap) * (|gap| / distance) ** (p - 1).

    ``grad_input`` is zero before. Where a gap or a distance is 0, so is the gradient.
    """
    rows, width = input.shape
    less_one = distances.dtype.type(p - 1)
    pair = 0
    for i in range(rows):
        for j in range(i + 1, rows):
            distance = distances[pair]
            for k in range(width):
                gap = input[i, k] - input[j, k]
                if p == 0 or gap == 0 or distance == 0:
                    continue
                share = abs(gap) / distance
                if p == math.inf:
                    share = grad[pair] if share == 1 else grad[pair] * 0
                else:
                    share = grad[pair] * share**less_one
                share = share if gap > 0 else -share
                grad_input[i, k] += share
                grad_input[j, k] -= share
            pair += 1


class Pdist(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, p: float) -> Any:
        check_floating(input, "pdist")
        if input.dtype.itemsize < 4:
            name = dtypes.from_numpy(input.dtype).c10_name
            raise NotImplementedError(f"\"pdist\" not implemented for '{name}'")
        rows = len(input)
        out = np.empty_like(input, shape=rows * (rows - 1) // 2)
        pdist_kernel(out, np.ascontiguousarray(input), p)
        ctx.save_for_backward(input, out)
        ctx.p = p
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        grad_input = np.zeros_like(input, order="C")
        rows = np.ascontiguousarray(input)
        pdist_backward_kernel(grad_input, np.ascontiguousarray(grad), rows, out, ctx.p)
        return grad_input

    @staticmethod
    def composed(input: Tensor, p: float) -> Tensor:
        first, second = [wrap(index) for index in np.triu_indices(len(input), 1)]
        gaps = index_ops.index_select(input, 0, first) - index_ops.index_select(input, 0, second)
        return norms.norm(gaps, p, 1)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norms of the differences of all pairs of rows: (0, 1), (0, 2), ..., (1, 2), ...

    Shape:
        input ``(N, M)``, output ``(N (N - 1) / 2,)``.
    Raises:
        RuntimeError: the input is no matrix of floats, or p is negative.

    >>> import minitorch
    >>> pdist(minitorch.tensor([[0.0], [1.0], [4.0]]))
    tensor([1., 4., 3.])
    """
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    return Pdist.apply(input, float(p))
