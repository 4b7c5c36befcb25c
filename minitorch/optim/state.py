"""What optimizers keep of a parameter: running means, and the number of steps so far.

Mirrors what torch/optim/optimizer.py and each optimizer's ``_init_group`` have in common.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.autograd.variable import wrap

__all__ = ["full_like", "new_number", "next_step", "zeros_like"]


def zeros_like(tensor: Tensor) -> Tensor:
    """Zeros laid out in memory as ``tensor`` is."""
    return wrap(np.zeros_like(tensor._array))


def full_like(tensor: Tensor, value: float) -> Tensor:
    """``value`` everywhere; in both parts of complex elements, which count as two real ones."""
    array = tensor._array
    return wrap(np.full_like(array, complex(value, value) if array.dtype.kind == "c" else value))


def new_number(value: float = 0.0, *, fused: bool | None = False) -> Tensor:
    """A number of the state, such as the counter of steps, as a tensor.

    float64 if that is the default dtype and torch would not take its fused kernel, else float32.
    """
    wide = dtypes.get_default_dtype() is dtypes.float64 and not fused
    return wrap(np.array(value, np.float64 if wide else np.float32))


def next_step(state: dict[str, Any]) -> float:
    """Count one step, and return how many there are now."""
    step = state["step"]._array
    step += 1
    count: float = step.item()
    return count
