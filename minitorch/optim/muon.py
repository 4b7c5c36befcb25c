"""Muon: momentum whose matrix is made orthogonal. Mirrors torch/optim/_muon.py."""

from __future__ import annotations

import math
from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.linear_algebra import addmm
from minitorch.optim.optimizer import Optimizer, ParamsT
from minitorch.optim.options import check_lr
from minitorch.optim.state import zeros_like

__all__ = ["Muon"]


class Muon(Optimizer):
    r"""Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024).

    For the matrices of hidden layers alone; biases, embeddings and the last layer want AdamW. The
    momentum B of the gradients G is replaced by the nearest matrix whose singular values are all
    one, roughly, so that every direction counts::

        B <- momentum * B + (1 - momentum) * G
        U = orthogonal(momentum * B + (1 - momentum) * G  if nesterov  else  B)
        param <- (1 - lr * weight_decay) * param - lr * ratio * U

    Args:
        ns_coefficients, ns_steps, eps: of ``zeropower``.
        adjust_lr_fn: the ratio for an A x B matrix: ``"original"`` (or None) is
            ``sqrt(max(1, A / B))``; ``"match_rms_adamw"`` is ``0.2 * sqrt(max(A, B))``, with which
            AdamW's learning rates can be kept.

    Raises:
        ValueError: an option is out of its range, or a parameter is no matrix.
        RuntimeError: a parameter is complex.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_lr(lr, "Learning rate should be >= 0 but is")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"{param.size()}"
                    )

    def update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        if param.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        state = self.state[param]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros_like(grad)
        buffer, momentum = state["momentum_buffer"], group["momentum"]
        buffer.lerp_(grad, 1 - momentum)
        update = grad.lerp(buffer, momentum) if group["nesterov"] else buffer
        update = zeropower(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        param.mul_(1 - group["lr"] * group["weight_decay"])
        param.add_(update, alpha=-group["lr"] * lr_ratio(group["adjust_lr_fn"], *param.shape))


def zeropower(
    matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Tensor:
    """Raise the singular values of ``matrix`` to the power 0, to between 0.5 and 1.5 that is.

    ``X <- a * X + b * (X @ X.T) @ X + c * (X @ X.T)**2 @ X`` is a polynomial of each singular
    value; a few iterations push all of them towards one. In bfloat16, which suffices.

    Args:
        matrix: at first divided by its norm, of which ``eps`` is the least.
        coefficients: ``(a, b, c)``, chosen for a steep polynomial at zero (Newton and Schulz).

    Raises:
        ValueError: 100 ``steps`` or more, or not three coefficients.
    """
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.bfloat16()
    x = x.T if tall else x
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = addmm(x, addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


def lr_ratio(adjust_lr_fn: str | None, rows: int, columns: int) -> float:
    """The factor by which the learning rate of matrices of this shape differs."""
    if adjust_lr_fn == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))
