"""Image data sets, read from their publishers' own files, and folders of one's own.

Mirrors torchvision/datasets/__init__.py. Left out: the other data sets.
"""

from minitorch.vision.datasets import utils
from minitorch.vision.datasets.cifar import CIFAR10, CIFAR100
from minitorch.vision.datasets.folder import DatasetFolder, ImageFolder, SegmentationFolder
from minitorch.vision.datasets.idx import read_idx
from minitorch.vision.datasets.mnist import KMNIST, MNIST, FashionMNIST, load_fashion_mnist
from minitorch.vision.datasets.vision import VisionDataset

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "KMNIST",
    "MNIST",
    "DatasetFolder",
    "FashionMNIST",
    "ImageFolder",
    "SegmentationFolder",
    "VisionDataset",
    "load_fashion_mnist",
    "read_idx",
    "utils",
]
