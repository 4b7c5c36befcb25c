"""Image data sets, read from their publishers' own files.

Mirrors torchvision/datasets/__init__.py.
"""

from minitorch.vision.datasets.mnist import MNIST, FashionMNIST, load_fashion_mnist, read_idx

__all__ = ["MNIST", "FashionMNIST", "load_fashion_mnist", "read_idx"]
