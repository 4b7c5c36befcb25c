"""What the distributions share: broadcasting of parameters, probabilities and their logarithms,
properties computed once, triangles as vectors.

Mirrors torch/distributions/utils.py. Left out: objects with ``__torch_function__``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, Generic, TypeVar

from minitorch import dtypes
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import enable_grad
from minitorch.native.exponential import sigmoid
from minitorch.native.factories import empty
from minitorch.native.ranges import arange
from minitorch.native.softmax import softmax
from minitorch.native.tensor_new import tensor
from minitorch.native.views import broadcast_tensors

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "euler_constant",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]

euler_constant = 0.57721566490153286060  # Euler Mascheroni Constant

Number = int | float  # bool is an int
TensorOrNumber = Tensor | int | float


def broadcast_all(*values: TensorOrNumber) -> tuple[Tensor, ...]:
    """The values as tensors of one shape; numbers take the dtype of the first tensor.

    >>> import minitorch
    >>> broadcast_all(1.0, minitorch.zeros(2))
    (tensor([1., 1.]), tensor([0., 0.]))

    Raises:
        ValueError: a value is neither a number nor a tensor.
    """
    if not all(isinstance(value, Tensor | Number) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects "
            "implementing __torch_function__."
        )
    dtype = next((v.dtype for v in values if isinstance(v, Tensor)), dtypes.get_default_dtype())
    return broadcast_tensors(
        *[v if isinstance(v, Tensor) else tensor(v, dtype=dtype) for v in values]
    )


def _standard_normal(shape: Sequence[int], dtype: dtypes.dtype) -> Tensor:
    return empty(shape, dtype=dtype).normal_()


def _sum_rightmost(value: Tensor, dim: int) -> Tensor:
    """The sum over the last ``dim`` dimensions."""
    if dim == 0:
        return value
    return value.reshape(value.shape[:-dim] + (-1,)).sum(-1)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities from log-odds (binary) or from logarithms up to a constant (the last
    dimension's categories).
    """
    return sigmoid(logits) if is_binary else softmax(logits, dim=-1)


def clamp_probs(probs: Tensor) -> Tensor:
    """Keep an eps away from 0 and 1, where logarithms are finite."""
    eps = dtypes.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """log(p / (1 - p)) (binary) or log p, of clamped probabilities."""
    probs = clamp_probs(probs)
    return probs.log() - (-probs).log1p() if is_binary else probs.log()


T = TypeVar("T", contravariant=True)
R = TypeVar("R", covariant=True)


class lazy_property(Generic[T, R]):
    """A property that is computed when first asked for, with gradients recorded, and then kept.

    It is kept as an attribute of the instance, which from then on hides the property.
    """

    def __init__(self, wrapped: Callable[[T], R]) -> None:
        self.wrapped = wrapped
        update_wrapper(self, wrapped)  # type: ignore[arg-type]

    def __get__(self, instance: T | None, owner: Any = None) -> Any:
        if instance is None:
            return self
        with enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


def _lower_triangle(n: int, diag: int) -> Tensor:
    """A mask: True on the diagonal ``diag`` and below."""
    column = arange(n)
    return column < column.view(-1, 1) + (diag + 1)


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The lower triangle's elements, row by row.

    Shape: (..., D, D) to (..., N); N = D (D + 1) / 2 for the main diagonal.
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    return mat[..., _lower_triangle(n, diag)]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The inverse of ``tril_matrix_to_vec``; zeros above.

    Shape: (..., N) to (..., D, D).
    """
    # N elements: the positive root of D² + (1 + 2 diag) D - 2 N + diag (diag + 1) = 0, diag <= 0.
    shift = 1 + 2 * diag
    n = (-shift + (shift**2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    if round(n) - n > dtypes.finfo(vec.dtype).eps:
        raise ValueError(
            f"The size of last dimension is {vec.shape[-1]} which cannot be expressed as "
            "the lower triangular part of a square D x D matrix."
        )
    mat = vec.new_zeros(vec.shape[:-1] + Size((round(n), round(n))))
    mat[..., _lower_triangle(round(n), diag)] = vec
    return mat
