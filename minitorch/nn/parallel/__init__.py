"""One module on several devices: here there is one. Mirrors torch/nn/parallel/__init__.py."""

from minitorch.nn.parallel.data_parallel import DataParallel, data_parallel

__all__ = ["DataParallel", "data_parallel"]
