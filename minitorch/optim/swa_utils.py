"""Averages of a model's weights over its training: equal ones (SWA), or fading ones (EMA).

Mirrors torch/optim/swa_utils.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, Literal, TypeAlias

from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.native.binary_ops import div
from minitorch.native.tensor_new import tensor
from minitorch.nn.modules.batchnorm import _BatchNorm
from minitorch.nn.modules.module import Module
from minitorch.optim.lr_scheduler.base import LR, LRScheduler, per_group
from minitorch.optim.optimizer import Optimizer

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AvgFn: TypeAlias = Callable[[Tensor, Tensor, Tensor | int], Tensor]
"""Of an average, a new value and the number of values so far: the next average."""

MultiAvgFn: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]
"""The same for several tensors of one dtype, in place."""


def get_ema_avg_fn(decay: float = 0.999) -> AvgFn:
    """``decay * average + (1 - decay) * value``: an exponential moving average.

    Raises:
        ValueError: ``decay`` is not between 0 and 1.
    """
    _check_decay(decay)

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Tensor | int) -> Tensor:
        with no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAvgFn:
    """``get_ema_avg_fn`` for several tensors, in place.

    Raises:
        ValueError: ``decay`` is not between 0 and 1.
    """
    _check_decay(decay)

    def ema_update(
        ema_param_list: Sequence[Tensor],
        current_param_list: Sequence[Tensor],
        num_averaged: Tensor | int,
    ) -> None:
        for average, value in zip(ema_param_list, current_param_list, strict=True):
            with no_grad():
                if average.is_floating_point() or average.is_complex():
                    average.lerp_(value, 1 - decay)
                else:
                    average.copy_(average * decay + value * (1 - decay))

    return ema_update


def get_swa_avg_fn() -> AvgFn:
    """``average + (value - average) / (n + 1)``: the mean of all values."""

    def swa_update(
        averaged_param: Tensor, current_param: Tensor, num_averaged: Tensor | int
    ) -> Tensor:
        with no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_swa_multi_avg_fn() -> MultiAvgFn:
    """``get_swa_avg_fn`` for several tensors, in place; integers are rounded towards zero."""

    def swa_update(
        averaged_param_list: Sequence[Tensor],
        current_param_list: Sequence[Tensor],
        num_averaged: Tensor | int,
    ) -> None:
        for average, value in zip(averaged_param_list, current_param_list, strict=True):
            with no_grad():
                if average.is_floating_point() or average.is_complex():
                    average.lerp_(value, float(1 / (num_averaged + 1)))
                else:
                    average.add_(div(value - average, num_averaged + 1, rounding_mode="trunc"))

    return swa_update


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


class AveragedModel(Module):
    """A copy of ``model`` whose parameters are averages of those that ``model`` goes through.

    Izmailov et al., "Averaging weights leads to wider optima and better generalization" (2018).
    After training, let ``update_bn`` find the statistics of batch normalisation anew.

    Args:
        avg_fn: computes the next average of one tensor (default: the mean).
        multi_avg_fn: changes the averages of several tensors in place.
        use_buffers: average buffers too; otherwise they are copied.

    Raises:
        AssertionError: both functions are given.

    >>> import minitorch
    >>> model = minitorch.nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for weight in (1.0, 2.0, 6.0):
    ...     _ = model.weight.data.fill_(weight)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item()
    3.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: AvgFn | None = None,
        multi_avg_fn: MultiAvgFn | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model makes of the arguments."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the present parameters of ``model`` into the average; the first ones are copied."""
        pairs = [
            (average.detach(), value.detach())
            for average, value in zip(self._averaged(self), self._averaged(model), strict=False)
        ]
        if self.n_averaged == 0:
            for average, value in pairs:
                average.copy_(value)
        elif self.avg_fn is not None:
            for average, value in pairs:
                average.copy_(self.avg_fn(average, value, self.n_averaged))
        else:
            multi_avg_fn = self.multi_avg_fn or get_swa_multi_avg_fn()
            for dtype in dict.fromkeys([average.dtype for average, _ in pairs]):
                alike = [pair for pair in pairs if pair[0].dtype is dtype]
                averages, values = [a for a, _ in alike], [v for _, v in alike]
                multi_avg_fn(averages, values, self.n_averaged)
        if not self.use_buffers:
            for average, value in zip(self.module.buffers(), model.buffers(), strict=True):
                average.detach().copy_(value.detach())
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable[Tensor]:
        if not self.use_buffers:
            return model.parameters()
        model = self.module if model is self else model  # without n_averaged
        return chain(model.parameters(), model.buffers())


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Let the batch normalisation of ``model`` find its statistics in one pass over ``loader``.

    Args:
        loader: gives batches: tensors, or lists and tuples that begin with one.
    """
    momenta = {}
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.reset_running_stats()
            momenta[module] = module.momentum
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.momentum = None  # equal weights for all batches
    with no_grad():
        for batch in loader:
            input = batch[0] if isinstance(batch, list | tuple) else batch
            model(input if device is None else input.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Go to ``swa_lr`` within ``anneal_epochs``, and stay there: a schedule for ``AveragedModel``.

    Args:
        swa_lr: one number, or a list of one for each group.
        anneal_strategy: along a ``"cos"`` wave or in a ``"linear"`` way.

    Raises:
        ValueError: an argument is out of its range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        swa_lrs = per_group("swa_lr", optimizer, swa_lr)
        for group, lr in zip(optimizer.param_groups, swa_lrs, strict=True):
            group["swa_lr"] = lr
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t: float) -> float:
        """How near ``swa_lr`` is, from 0 to 1, at a part ``t`` of the way."""
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[LR]:
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = [
            self.anneal_func(max(0, min(1, s / max(1, self.anneal_epochs))))
            for s in (step - 1, step)
        ]
        lrs = []
        for group in self.optimizer.param_groups:
            goal = group["swa_lr"]
            # Where the schedule began, by solving the last step's equation for it.
            start = goal if before == 1 else (group["lr"] - before * goal) / (1 - before)
            lrs.append(goal * now + start * (1 - now))
        return lrs
