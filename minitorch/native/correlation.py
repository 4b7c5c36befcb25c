"""How variables vary together.

Mirrors aten/src/ATen/native/Correlation.cpp.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch.native.diagonal import diag
from minitorch.native.linear_algebra import mm
from minitorch.native.linear_algebra_utils import name_of_dtype
from minitorch.native.tensor_compare import clamp
from minitorch.native.unary_ops import sqrt
from minitorch.native.views import squeeze, t

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _check_weights(name: str, weights: Tensor, count: int, integral: bool) -> None:
    array = weights._array
    if array.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
            f"{array.ndim} dimensions"
        )
    fits = dtypes.is_integral(array.dtype) and array.dtype != bool
    if (fits if integral else dtypes.is_floating(array.dtype)) is False:
        kind = "integral" if integral else "floating point"
        raise RuntimeError(
            f"cov(): expected {name} to have {kind} dtype but got {name} with "
            f"{name_of_dtype(array)} dtype"
        )
    if array.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input "
            f"but got {array.size} != {count}"
        )
    if count and array.min() < 0:
        raise RuntimeError(f"cov(): {name} cannot be negative")


def cov(
    input: Tensor,
    *,
    correction: int = 1,
    fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:
    """The covariances of the rows, which are variables; the columns are observations.

    Args:
        correction: what is subtracted from the number of observations: 1 for an unbiased estimate.
        fweights: how often each observation was made, whole numbers.
        aweights: how much each observation counts.

    Shape: (n, observations) -> (n, n); a vector is one variable.
    """
    array = input._array
    if array.ndim > 2:
        raise RuntimeError(
            "cov(): expected input to have two or fewer dimensions but got an input with "
            f"{array.ndim} dimensions"
        )
    if array.dtype == bool:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    rows: Any = input if array.ndim == 2 else input.view(1, -1)
    count = rows._array.shape[1]
    weights: Any = None
    if fweights is not None:
        _check_weights("fweights", fweights, count, True)
        weights = fweights
    if aweights is not None:
        _check_weights("aweights", aweights, count, False)
        weights = aweights if weights is None else weights * aweights
    total: Any = count if weights is None else weights.sum()
    if weights is not None and total.item() == 0:
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    average = (rows if weights is None else rows * weights).sum(1) / total
    if aweights is not None and correction != 0:
        divisor = total - correction * (weights * aweights).sum() / total
    else:
        divisor = total - correction
    if float(divisor) <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number "
            "of observations."
        )
        divisor = divisor * 0
    centred = rows - average.unsqueeze(1)
    other = t(centred if weights is None else centred * weights)
    if centred._array.dtype.kind == "c":
        other = other.conj()
    return squeeze(mm(centred, other) / divisor)


def corrcoef(input: Tensor) -> Tensor:
    """The correlation coefficients of the rows: covariances of variables of deviation 1.

    Shape: (n, observations) -> (n, n).
    """
    if input._array.ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input._array.ndim} dimensions"
        )
    covariance = cov(input)
    if covariance._array.ndim == 0:
        return covariance / covariance
    deviation = sqrt(diag(covariance))
    result = covariance / deviation.view(-1, 1) / deviation.view(1, -1)
    return result if result._array.dtype.kind == "c" else clamp(result, -1, 1)
