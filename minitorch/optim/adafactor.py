"""Adafactor: a matrix's squared gradients, kept as a row and a column.

Mirrors torch/optim/_adafactor.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.native.foreach import vector_length
from minitorch.native.fused_optim import lerp
from minitorch.native.reduce_ops_utils import sum_kernel
from minitorch.optim.optimizer import Optimizer, ParamsT
from minitorch.optim.options import check_lr
from minitorch.optim.state import new_number, next_step, zeros_like

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    r"""Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost" (2018).

    Adam without momentum, whose running mean V of squared gradients G is not kept for matrices:
    means R of its rows and C of its columns stand for it::

        b = t**beta2_decay
        R <- (1 - b) * R + b * mean(G * G, over rows);  C <- (1 - b) * C + b * mean(..., columns)
        V = R @ C / max(mean(R), eps1)           (of vectors: V <- (1 - b) * V + b * G * G)
        U = G / max(sqrt(V), eps1)
        a = max(eps2, rms(param)) * min(lr, 1 / sqrt(t))
        param <- (1 - lr * weight_decay) * param - a * U / max(1, rms(U) / d)

    where rms is the root of the mean square.

    Args:
        eps: ``(eps1, eps2)``; eps1 is the dtype's epsilon where it is None.
        d: steps whose rms is larger are cut to it.
        maximize: go uphill: the gradient changes its sign first.
        foreach: chooses between implementations in torch; there is one here.

    Raises:
        ValueError: an option is out of its range.
        RuntimeError: a parameter is complex.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_lr(lr, "Learning rate should be >= 0 but is")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        if param.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        state = self.state[param]
        if not state:
            state["step"] = new_number()
            if grad.dim() > 1:
                *batch, rows, columns = grad.shape
                state["row_var"] = grad.new_zeros([*batch, rows, 1])
                state["col_var"] = grad.new_zeros([*batch, 1, columns])
            else:
                state["variance"] = zeros_like(grad)
        step = next_step(state)
        lr = group["lr"]
        eps1, eps2 = group["eps"]
        eps1 = dtypes.finfo(param.dtype).eps if eps1 is None else eps1
        # On arrays: thirty operations on tensors took 200 us for a tiny parameter, these take 40.
        param.bump_version()
        values, slope = param._array, grad._array
        slope = -slope if group["maximize"] else slope
        step_size = max(eps2, root_mean_square(values)) * min(lr, 1 / step**0.5)
        if group["weight_decay"] != 0:
            values *= 1 - lr * group["weight_decay"]
        variance = mean_square(state, slope, step ** group["beta2_decay"], eps1)
        first, *others = inverse_root(variance, eps1 * eps1)
        update = slope * first
        for factor in others:
            update *= factor
        update *= step_size / max(1.0, root_mean_square(update) / group["d"])
        values -= update


def root_mean_square(x: Any) -> float:
    """``sqrt(mean(x * x))``."""
    return vector_length(x) / float(x.size**0.5)


def mean_square(state: dict[str, Any], grad: Any, weight: float, eps: float) -> tuple[Any, ...]:
    """Take ``grad`` into the running means, and return that of the squares of all elements: as a
    row and a column, of which it is the product, for a matrix.
    """
    if grad.ndim <= 1:
        return (_remember(state["variance"], grad * grad, weight),)
    row_var = _remember(state["row_var"], _mean_of_squares(grad, grad.ndim - 1), weight)
    col_var = _remember(state["col_var"], _mean_of_squares(grad, grad.ndim - 2), weight)
    return row_var / np.maximum(row_var.mean(axis=-2, keepdims=True), eps), col_var


def _mean_of_squares(x: Any, axis: int) -> Any:
    wide = x.astype(np.float32) if x.itemsize == 2 else x
    return sum_kernel(wide, (axis,), True, True) / x.shape[axis]


def _remember(mean: Tensor, value: Any, weight: float) -> Any:
    mean._array[...] = lerp(mean._array, value, weight, 1 - weight)
    return mean._array


def inverse_root(factors: tuple[Any, ...], least: float) -> list[Any]:
    """``1 / sqrt(max(product, least))`` of the product of some factors, as such factors.

    The root of a product is that of the roots. That spares five walks over a large matrix where no
    element is below ``least``; and where one is NaN, or might be too small, they are walked.
    """
    if math.prod([float(factor.min(initial=np.inf)) for factor in factors]) >= least:
        return [1 / np.sqrt(factor) for factor in factors]
    return [1 / np.sqrt(np.maximum(math.prod(factors), least))]
