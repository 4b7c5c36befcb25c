"""One module on several devices: here there is one. Mirrors torch/nn/parallel/__init__.py."""

from minitorch.nn.parallel.data_parallel import DataParallel
from minitorch.nn.parallel.distributed import DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel"]
