"""AdamW: Adam whose weight decay does not pass through the moments.

Mirrors torch/optim/adamw.py.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.optim.adam import Adam
from minitorch.optim.optimizer import ParamsT

__all__ = ["AdamW"]


class AdamW(Adam):
    r"""Loshchilov and Hutter, "Decoupled weight decay regularization" (2017).

    ``param <- param * (1 - lr * weight_decay)``, and then ``Adam``'s formula on the plain gradient.
    The arguments are those of ``Adam``; ``weight_decay`` is 0.01 unless given.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True  # also where an Adam's state was loaded
