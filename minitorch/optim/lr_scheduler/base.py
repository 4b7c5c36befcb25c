"""``LRScheduler``: what all schedules share.

Mirrors ``LRScheduler`` in torch/optim/lr_scheduler.py.
"""

from __future__ import annotations

import math
import warnings
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from minitorch._tensor import Tensor
from minitorch.optim.optimizer import Optimizer
from minitorch.optim.options import scalar

__all__ = ["LR", "LRScheduler", "cosine", "line", "per_group", "set_option"]

LR: TypeAlias = Any
"""A learning rate: a float, or a tensor of one element where the optimizer was given one."""

EPOCH_IS_DEPRECATED = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
    "epoch is different from None, the closed form is used instead of the new chainable form, "
    "where available. Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)
_WHY_THE_ORDER_MATTERS = (
    "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)


class LRScheduler:
    """Base class of the schedules: define ``get_lr``, and call ``step`` once after each epoch.

    Attributes:
        last_epoch: how often ``step`` was called.
        base_lrs: the learning rate of each group before the first change.

    Raises:
        TypeError: ``optimizer`` is something else.
        KeyError: ``last_epoch`` says that training goes on, but the groups hold no ``initial_lr``.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    "param 'initial_lr' is not specified in "
                    f"param_groups[{number}] when resuming scheduler with last_epoch >= 0.\n"
                    "This typically happens when:\n"
                    "1. You're trying to resume training from a checkpoint but haven't properly "
                    "loaded the optimizer state\n"
                    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                )
        self.base_lrs: list[LR] = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the learning rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[LR]:
        """The learning rate of each group at ``last_epoch``, computed from the present one."""
        raise NotImplementedError

    def get_last_lr(self) -> list[LR]:
        """The learning rates that the last ``step`` has set."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch, or to ``epoch`` (deprecated), and set the learning rates."""
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_IS_DEPRECATED, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """What ``step`` does, without its checks and count."""
        closed_form = getattr(self, "_get_closed_form_lr", None)
        if epoch is None:
            self._set_epoch(self.last_epoch + 1, self.get_lr)
        else:
            self._set_epoch(epoch, closed_form or self.get_lr)

    def _set_epoch(self, epoch: int, get_lr: Callable[[], list[LR]]) -> None:
        self.last_epoch = epoch
        self._get_lr_called_within_step = True
        try:
            values = get_lr()
        finally:
            self._get_lr_called_within_step = False
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            set_option(group, "lr", lr)
        self._last_lr = self._present_lrs()

    def _check_order(self) -> None:
        """Warn if the optimizer has not made a step yet: the first learning rate would be lost."""
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
                "initialization. Please, make sure to call `optimizer.step()` before "
                f"`lr_scheduler.step()`. {_WHY_THE_ORDER_MATTERS}",
                UserWarning,
                stacklevel=3,
            )
        elif not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch "
                "1.1.0 and later, you should call them in the opposite order: `optimizer.step()` "
                "before `lr_scheduler.step()`.  Failure to do this will result in PyTorch "
                f"skipping the first value of the learning rate schedule. {_WHY_THE_ORDER_MATTERS}",
                UserWarning,
                stacklevel=3,
            )

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use "
                "`get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def _present_lrs(self) -> list[LR]:
        return [copied(group["lr"]) for group in self.optimizer.param_groups]

    def _scaled_lrs(self, factor: float) -> list[LR]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from what ``state_dict`` has returned."""
        self.__dict__.update(state_dict)


class _LRScheduler(LRScheduler):
    """The name that ``LRScheduler`` had; older programs derive from it."""


def check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def _note_steps(optimizer: Optimizer) -> None:
    """Let the optimizer's ``step`` leave a mark, from which a wrong order of steps is seen."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    step = optimizer.step.__func__  # type: ignore[attr-defined]
    reference = weakref.ref(optimizer)  # the optimizer owns the function: no cycle

    @wraps(step)
    def marked_step(*args: Any, **kwargs: Any) -> Any:
        instance: Any = reference()
        instance._opt_called = True
        return step(instance, *args, **kwargs)

    marked_step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = marked_step  # type: ignore[method-assign]


def copied(value: Any) -> Any:
    """An option that no change of the group's own reaches."""
    return value.clone() if isinstance(value, Tensor) else value


def set_option(group: dict[str, Any], key: str, value: Any) -> None:
    """Give an option of a group another value; a tensor stays the same tensor."""
    if isinstance(group[key], Tensor):
        group[key].fill_(scalar(value))
    else:
        group[key] = value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """An argument that may be given once for all groups, or as a list with one for each.

    Raises:
        ValueError: the list is not as long as that of the groups.
    """
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        value = [value] * groups
    elif len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {groups}."
        )
    return [copied(v) for v in value]


def cosine(start: float, end: float, part: float) -> float:
    """The value at a ``part`` of the way from ``start`` to ``end``, along half a cosine wave."""
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def line(start: float, end: float, part: float) -> float:
    """The value at a ``part`` of the way from ``start`` to ``end``, in a line."""
    return (end - start) * part + start
