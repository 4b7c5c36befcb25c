"""Transforms of images: PIL images and tensors (..., C, H, W).

Mirrors torchvision/transforms/__init__.py, version 1. Left out: ``RandomPerspective``,
``LinearTransformation``, ``RandomPosterize`` and its kind, AutoAugment, and version 2.
"""

from minitorch.vision.transforms import functional
from minitorch.vision.transforms._affine import RandomAffine, RandomRotation
from minitorch.vision.transforms._color import (
    ColorJitter,
    GaussianBlur,
    Grayscale,
    RandomGrayscale,
    RandomInvert,
)
from minitorch.vision.transforms._container import (
    Compose,
    Lambda,
    RandomApply,
    RandomChoice,
    RandomOrder,
)
from minitorch.vision.transforms._geometry import (
    CenterCrop,
    FiveCrop,
    Pad,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
    TenCrop,
)
from minitorch.vision.transforms._type_conversion import (
    ConvertImageDtype,
    Normalize,
    PILToTensor,
    ToPILImage,
    ToTensor,
)
from minitorch.vision.transforms.functional import InterpolationMode

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "FiveCrop",
    "GaussianBlur",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandomAffine",
    "RandomApply",
    "RandomChoice",
    "RandomCrop",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomInvert",
    "RandomOrder",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "TenCrop",
    "ToPILImage",
    "ToTensor",
    "functional",
]
