"""A module whose batches are divided among devices.

Mirrors torch/nn/parallel/data_parallel.py as it is without GPUs: the module is called as it is, but
the keys of its state begin with ``"module."``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.nn.modules.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """The module it is given, under the name ``module``; there are no devices to divide among."""

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)
