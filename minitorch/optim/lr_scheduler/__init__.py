"""Schedules: what the learning rate is at each epoch.

Most schedules are recursive: they change the learning rate that they find, so that several may work
on one optimizer. Where a closed form exists it stands beside, in ``_get_closed_form_lr``.

To read: base, then decay, cosine, cycles, functions, plateau, combined.

Mirrors torch/optim/lr_scheduler.py.
"""

from minitorch.optim.lr_scheduler.base import LRScheduler, _LRScheduler
from minitorch.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from minitorch.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from minitorch.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from minitorch.optim.lr_scheduler.decay import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from minitorch.optim.lr_scheduler.functions import LambdaLR, MultiplicativeLR
from minitorch.optim.lr_scheduler.plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "_LRScheduler",
]
