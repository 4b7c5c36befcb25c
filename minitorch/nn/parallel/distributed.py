"""``DistributedDataParallel``: a name for scripts to import, where there is one process only.

Mirrors torch/nn/parallel/distributed.py where no group of processes has been initialized.
"""

from __future__ import annotations

from typing import Any

from minitorch.nn.modules.module import Module

__all__ = ["DistributedDataParallel"]


class DistributedDataParallel(Module):
    """A module whose gradients are averaged over processes.

    Raises:
        ValueError: always, since minitorch trains in one process.
    """

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        raise ValueError(
            "Default process group has not been initialized, please make sure to call "
            "init_process_group."
        )
