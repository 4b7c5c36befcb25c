"""Losses as layers: they hold the options, the functions stand in native/loss*.py.

Every loss takes ``reduction``: ``"mean"`` of the elements' losses (the default), ``"sum"``, or
``"none"`` for all of them. Mirrors torch/nn/modules/loss.py. This file is a table of contents.
"""

from minitorch.nn.modules._loss import _Loss as _Loss
from minitorch.nn.modules._loss import _WeightedLoss as _WeightedLoss
from minitorch.nn.modules.loss_classification import (
    CrossEntropyLoss,
    CTCLoss,
    LinearCrossEntropyLoss,
    NLLLoss,
    NLLLoss2d,
)
from minitorch.nn.modules.loss_margin import (
    CosineEmbeddingLoss,
    HingeEmbeddingLoss,
    MarginRankingLoss,
    MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    SoftMarginLoss,
    TripletMarginLoss,
    TripletMarginWithDistanceLoss,
)
from minitorch.nn.modules.loss_probability import (
    BCELoss,
    BCEWithLogitsLoss,
    GaussianNLLLoss,
    KLDivLoss,
    PoissonNLLLoss,
)
from minitorch.nn.modules.loss_regression import HuberLoss, L1Loss, MSELoss, SmoothL1Loss

# fmt: off
__all__ = [
    "CrossEntropyLoss", "LinearCrossEntropyLoss", "NLLLoss", "NLLLoss2d", "CTCLoss",
    "BCELoss", "BCEWithLogitsLoss", "KLDivLoss", "PoissonNLLLoss", "GaussianNLLLoss",
    "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss",
    "SoftMarginLoss", "HingeEmbeddingLoss", "MarginRankingLoss", "CosineEmbeddingLoss",
    "MultiMarginLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]
# fmt: on
