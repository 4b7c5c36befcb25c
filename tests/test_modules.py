"""Every layer against torch's: one row per layer, every property over every row.

A row builds the same layer in both libraries. From the same seed their weights must be bit-equal;
then outputs, gradients and second derivatives are compared at ``assert_close``'s own tolerances.
"""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

# --------------------------------------------------------------------------- inputs

MakeInput = Callable[[np.random.Generator, str], np.ndarray]


def floats(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.standard_normal(shape).astype(dtype)


def probabilities(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.uniform(0.05, 0.95, shape).astype(dtype)


def log_probabilities(*shape: int) -> MakeInput:
    def make(rng: np.random.Generator, dtype: str) -> np.ndarray:
        x = rng.uniform(0.1, 1, shape)
        return np.log(x / x.sum(1, keepdims=True)).astype(dtype)

    return make


def signs(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.choice([-1.0, 1.0], shape).astype(dtype)


def integers(below: int, *shape: int) -> MakeInput:
    return lambda rng, dtype: rng.integers(0, below, shape)


def places(*shape: int, stride: int) -> MakeInput:
    """Indices of maxima that stand ``stride`` apart in every plane or volume."""
    return lambda rng, dtype: np.broadcast_to(np.arange(shape[-1]) * stride, shape).copy()


# --------------------------------------------------------------------------- the table


@dataclass(frozen=True)
class ModuleInfo:
    """A layer: how it is built, with which inputs it is called.

    Attributes:
        build: takes torch.nn or minitorch.nn, returns the module.
        inputs: one maker of an array per argument of ``forward``.
        differentiable: how many of the inputs get gradients (targets do not).
    """

    name: str
    build: Callable[[Any], Any]
    inputs: tuple[MakeInput, ...]
    differentiable: int


def row(
    name: str, build: Callable[[Any], Any], *inputs: MakeInput, differentiable: int = 1
) -> ModuleInfo:
    return ModuleInfo(name, build, inputs, differentiable)


MODULES = [
    # ----- attention
    row(
        "MultiheadAttention",
        lambda nn: nn.MultiheadAttention(6, 2),
        floats(4, 3, 6),
        floats(5, 3, 6),
        floats(5, 3, 6),
        differentiable=3,
    ),
    row(
        "MultiheadAttention-other-widths",
        lambda nn: nn.MultiheadAttention(6, 3, kdim=4, vdim=5, bias=False, batch_first=True),
        floats(3, 4, 6),
        floats(3, 5, 4),
        floats(3, 5, 5),
        differentiable=3,
    ),
    row(
        "MultiheadAttention-more-keys",
        lambda nn: nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True),
        floats(4, 6),
        floats(5, 6),
        floats(5, 6),
        differentiable=3,
    ),
    # ----- linear
    row("Identity", lambda nn: nn.Identity(3, unused=1), floats(2, 3)),
    row("Linear", lambda nn: nn.Linear(5, 3), floats(4, 5)),
    row("Linear-no-bias", lambda nn: nn.Linear(5, 3, bias=False), floats(4, 5)),
    row("Linear-3d", lambda nn: nn.Linear(5, 3), floats(2, 4, 5)),
    row("Linear-1d", lambda nn: nn.Linear(5, 3), floats(5)),
    row("Bilinear", lambda nn: nn.Bilinear(4, 5, 3), floats(6, 4), floats(6, 5), differentiable=2),
    # ----- conv
    row("Conv1d", lambda nn: nn.Conv1d(2, 4, 3, padding=1), floats(3, 2, 9)),
    row(
        "Conv1d-stride",
        lambda nn: nn.Conv1d(4, 6, 3, 2, dilation=2, groups=2, bias=False),
        floats(2, 4, 13),
    ),
    row("Conv2d", lambda nn: nn.Conv2d(2, 4, 3), floats(3, 2, 7, 8)),
    row(
        "Conv2d-options",
        lambda nn: nn.Conv2d(
            4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2
        ),
        floats(2, 4, 9, 8),
    ),
    row("Conv2d-same", lambda nn: nn.Conv2d(2, 3, 4, padding="same"), floats(2, 2, 6, 5)),
    row("Conv2d-valid", lambda nn: nn.Conv2d(2, 3, 4, padding="valid"), floats(2, 2, 6, 5)),
    row("Conv2d-unbatched", lambda nn: nn.Conv2d(2, 3, 2), floats(2, 6, 5)),
    row(
        "Conv1d-circular",
        lambda nn: nn.Conv1d(2, 3, 3, padding=2, padding_mode="circular"),
        floats(2, 2, 6),
    ),
    row(
        "Conv2d-reflect",
        lambda nn: nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect"),
        floats(2, 2, 6, 5),
    ),
    row(
        "Conv2d-replicate",
        lambda nn: nn.Conv2d(2, 3, 4, padding="same", padding_mode="replicate"),
        floats(2, 2, 6, 5),
    ),
    row(
        "ConvTranspose1d",
        lambda nn: nn.ConvTranspose1d(2, 4, 3, stride=2, padding=1),
        floats(3, 2, 5),
    ),
    row(
        "ConvTranspose2d",
        lambda nn: nn.ConvTranspose2d(4, 6, 3, stride=2, output_padding=1, groups=2),
        floats(2, 4, 5, 4),
    ),
    row("Conv3d", lambda nn: nn.Conv3d(2, 4, 3, padding=1, stride=2), floats(2, 2, 5, 6, 5)),
    row(
        "Conv3d-options",
        lambda nn: nn.Conv3d(4, 2, (1, 2, 3), groups=2, padding="same", padding_mode="circular"),
        floats(4, 4, 4, 5),
    ),
    row(
        "ConvTranspose3d",
        lambda nn: nn.ConvTranspose3d(4, 2, 3, stride=2, output_padding=1, groups=2, bias=False),
        floats(2, 4, 2, 3, 2),
    ),
    # ----- pooling
    row("MaxPool1d", lambda nn: nn.MaxPool1d(3, 2, padding=1), floats(2, 3, 9)),
    row("MaxPool2d", lambda nn: nn.MaxPool2d(2), floats(2, 3, 6, 8)),
    row(
        "MaxPool2d-options",
        lambda nn: nn.MaxPool2d((3, 2), (2, 1), padding=1, ceil_mode=True),
        floats(2, 3, 6, 7),
    ),
    row("AvgPool1d", lambda nn: nn.AvgPool1d(3, 2, padding=1), floats(2, 3, 9)),
    row("AvgPool2d", lambda nn: nn.AvgPool2d(2), floats(2, 3, 6, 8)),
    row(
        "AvgPool2d-options",
        lambda nn: nn.AvgPool2d((3, 2), (2, 1), padding=1, count_include_pad=False),
        floats(2, 3, 6, 7),
    ),
    row("AdaptiveAvgPool1d", lambda nn: nn.AdaptiveAvgPool1d(3), floats(2, 3, 8)),
    row("AdaptiveAvgPool2d", lambda nn: nn.AdaptiveAvgPool2d((3, None)), floats(2, 3, 7, 5)),
    row("AdaptiveMaxPool1d", lambda nn: nn.AdaptiveMaxPool1d(3), floats(2, 3, 8)),
    row("AdaptiveMaxPool2d", lambda nn: nn.AdaptiveMaxPool2d(2), floats(2, 3, 7, 5)),
    row("MaxPool3d", lambda nn: nn.MaxPool3d(2, ceil_mode=True), floats(2, 2, 5, 6, 7)),
    row("AvgPool3d", lambda nn: nn.AvgPool3d(3, 2, padding=1), floats(2, 2, 5, 6, 7)),
    row("AdaptiveAvgPool3d", lambda nn: nn.AdaptiveAvgPool3d((3, None, 2)), floats(2, 2, 5, 6, 7)),
    row("AdaptiveMaxPool3d", lambda nn: nn.AdaptiveMaxPool3d(2), floats(2, 2, 5, 6, 7)),
    row("LPPool1d", lambda nn: nn.LPPool1d(2, 3), floats(2, 3, 9)),
    row("LPPool2d", lambda nn: nn.LPPool2d(2, 3, 1), floats(2, 3, 6, 7)),
    row("LPPool3d", lambda nn: nn.LPPool3d(4, 2, ceil_mode=True), floats(2, 2, 5, 6, 7)),
    row("FractionalMaxPool2d", lambda nn: nn.FractionalMaxPool2d(2, 3), floats(2, 3, 7, 8)),
    row(
        "FractionalMaxPool3d",
        lambda nn: nn.FractionalMaxPool3d((2, 1, 2), output_ratio=0.6),
        floats(2, 2, 5, 6, 7),
    ),
    row(
        "MaxUnpool1d",
        lambda nn: nn.MaxUnpool1d(2),
        floats(2, 3, 4),
        places(2, 3, 4, stride=2),
    ),
    row(
        "MaxUnpool2d",
        lambda nn: nn.MaxUnpool2d((1, 2), stride=(1, 2)),
        floats(2, 3, 1, 4),
        places(2, 3, 1, 4, stride=2),
    ),
    row(
        "MaxUnpool3d",
        lambda nn: nn.MaxUnpool3d(2, padding=0),
        floats(2, 3, 1, 1, 4),
        places(2, 3, 1, 1, 4, stride=3),
    ),
    # ----- images of another size, or otherwise arranged
    row("Upsample", lambda nn: nn.Upsample(scale_factor=2), floats(2, 3, 4)),
    row("Upsample-size", lambda nn: nn.Upsample((3, 8), mode="bicubic"), floats(2, 3, 4, 5)),
    row("UpsamplingNearest2d", lambda nn: nn.UpsamplingNearest2d(7), floats(2, 3, 4, 5)),
    row(
        "UpsamplingBilinear2d",
        lambda nn: nn.UpsamplingBilinear2d(scale_factor=(1.5, 2)),
        floats(2, 3, 4, 5),
    ),
    row("PixelShuffle", lambda nn: nn.PixelShuffle(2), floats(2, 8, 2, 3)),
    row("PixelUnshuffle", lambda nn: nn.PixelUnshuffle(3), floats(2, 2, 3, 6)),
    row("ChannelShuffle", lambda nn: nn.ChannelShuffle(3), floats(2, 6, 3)),
    row("Fold", lambda nn: nn.Fold((4, 5), 2, padding=1, stride=2), floats(2, 8, 9)),
    row("Unfold", lambda nn: nn.Unfold((2, 3), dilation=2), floats(2, 3, 5, 7)),
    # ----- borders
    row("ConstantPad1d", lambda nn: nn.ConstantPad1d(2, 1.5), floats(2, 3, 4)),
    row("ConstantPad2d", lambda nn: nn.ConstantPad2d((1, 0, 2, -1), -1), floats(2, 3, 4, 5)),
    row("ConstantPad3d", lambda nn: nn.ConstantPad3d(1, 0.5), floats(2, 3, 4, 5)),
    row("ZeroPad1d", lambda nn: nn.ZeroPad1d(2), floats(2, 3, 4)),
    row("ZeroPad2d", lambda nn: nn.ZeroPad2d((1, 0, 2, -1)), floats(2, 3, 4, 5)),
    row("ZeroPad3d", lambda nn: nn.ZeroPad3d(1), floats(2, 3, 4, 5)),
    row("ReflectionPad1d", lambda nn: nn.ReflectionPad1d(2), floats(2, 3, 4)),
    row("ReflectionPad2d", lambda nn: nn.ReflectionPad2d((1, 0, 2, 1)), floats(2, 3, 4, 5)),
    row("ReflectionPad3d", lambda nn: nn.ReflectionPad3d(1), floats(2, 3, 4, 5)),
    row("ReplicationPad1d", lambda nn: nn.ReplicationPad1d(2), floats(2, 3, 4)),
    row("ReplicationPad2d", lambda nn: nn.ReplicationPad2d((1, 0, 2, 1)), floats(2, 3, 4, 5)),
    row("ReplicationPad3d", lambda nn: nn.ReplicationPad3d(1), floats(2, 3, 4, 5)),
    row("CircularPad1d", lambda nn: nn.CircularPad1d(2), floats(2, 3, 4)),
    row("CircularPad2d", lambda nn: nn.CircularPad2d((1, 0, 2, 1)), floats(2, 3, 4, 5)),
    row("CircularPad3d", lambda nn: nn.CircularPad3d(1), floats(2, 3, 4, 5)),
    # ----- normalisation
    row("BatchNorm1d", lambda nn: nn.BatchNorm1d(4), floats(6, 4)),
    row("BatchNorm1d-3d", lambda nn: nn.BatchNorm1d(4, momentum=None), floats(5, 4, 3)),
    row(
        "BatchNorm1d-plain",
        lambda nn: nn.BatchNorm1d(4, affine=False, track_running_stats=False),
        floats(6, 4),
    ),
    row("BatchNorm2d", lambda nn: nn.BatchNorm2d(3, eps=1e-3, momentum=0.3), floats(4, 3, 5, 2)),
    row("BatchNorm3d", lambda nn: nn.BatchNorm3d(3), floats(2, 3, 4, 2, 3)),
    row("InstanceNorm1d", lambda nn: nn.InstanceNorm1d(3), floats(2, 3, 5)),
    row("InstanceNorm1d-unbatched", lambda nn: nn.InstanceNorm1d(3, affine=True), floats(3, 5)),
    row(
        "InstanceNorm2d",
        lambda nn: nn.InstanceNorm2d(3, momentum=0.3, affine=True, track_running_stats=True),
        floats(2, 3, 4, 5),
    ),
    row("InstanceNorm3d", lambda nn: nn.InstanceNorm3d(3, eps=1e-3), floats(2, 3, 2, 3, 2)),
    row("LayerNorm", lambda nn: nn.LayerNorm(5), floats(3, 4, 5)),
    row("LayerNorm-2d", lambda nn: nn.LayerNorm((4, 5), bias=False), floats(3, 4, 5)),
    row("LayerNorm-plain", lambda nn: nn.LayerNorm(5, elementwise_affine=False), floats(3, 5)),
    row("GroupNorm-plain", lambda nn: nn.GroupNorm(2, 6, affine=False), floats(3, 6)),
    row("GroupNorm", lambda nn: nn.GroupNorm(2, 6), floats(3, 6, 4)),
    row("RMSNorm", lambda nn: nn.RMSNorm(5), floats(3, 5)),
    # ----- dropout
    row("Dropout", lambda nn: nn.Dropout(0.3), floats(40, 25)),
    row("Dropout1d", lambda nn: nn.Dropout1d(0.4), floats(7, 5, 3)),
    row("Dropout2d", lambda nn: nn.Dropout2d(0.4), floats(7, 5, 3, 2)),
    row("Dropout3d", lambda nn: nn.Dropout3d(0.4), floats(7, 5, 3, 2, 2)),
    row("AlphaDropout", lambda nn: nn.AlphaDropout(0.4), floats(7, 5)),
    row("FeatureAlphaDropout", lambda nn: nn.FeatureAlphaDropout(0.4), floats(7, 5, 3)),
    # ----- embedding
    row("LocalResponseNorm", lambda nn: nn.LocalResponseNorm(2, 0.3), floats(2, 5, 4)),
    row("Embedding", lambda nn: nn.Embedding(7, 4), integers(7, 3, 5), differentiable=0),
    row(
        "EmbeddingBag",
        lambda nn: nn.EmbeddingBag(7, 4, padding_idx=2),
        integers(7, 3, 5),
        differentiable=0,
    ),
    row(
        "Embedding-padding",
        lambda nn: nn.Embedding(7, 4, padding_idx=-2),
        integers(7, 20),
        differentiable=0,
    ),
    row(
        "Embedding-frequency",
        lambda nn: nn.Embedding(5, 3, scale_grad_by_freq=True),
        integers(5, 20),
        differentiable=0,
    ),
    row(
        "Embedding-max-norm",
        lambda nn: nn.Embedding(5, 3, max_norm=1.0),
        integers(5, 20),
        differentiable=0,
    ),
    # ----- recurrent
    row("RNN", lambda nn: nn.RNN(3, 4, 2), floats(5, 2, 3)),
    row("LSTM", lambda nn: nn.LSTM(3, 4, bidirectional=True, batch_first=True), floats(2, 5, 3)),
    row("GRU", lambda nn: nn.GRU(3, 4, 2, dropout=0.5), floats(5, 2, 3)),
    # ----- shape
    row("Flatten", lambda nn: nn.Flatten(), floats(2, 3, 4)),
    row("Unflatten", lambda nn: nn.Unflatten(1, (2, 3)), floats(2, 6)),
    # ----- activation
    row("ReLU", lambda nn: nn.ReLU(), floats(3, 4)),
    row(
        "ReLU-inplace",
        lambda nn: nn.Sequential(nn.Linear(4, 3), nn.ReLU(inplace=True)),
        floats(3, 4),
    ),
    row("ReLU6", lambda nn: nn.ReLU6(), floats(3, 4)),
    row("LeakyReLU", lambda nn: nn.LeakyReLU(0.2), floats(3, 4)),
    row("PReLU", lambda nn: nn.PReLU(4), floats(3, 4)),
    row("RReLU", lambda nn: nn.RReLU(), floats(30, 4)),
    row("ELU", lambda nn: nn.ELU(0.7), floats(3, 4)),
    row("CELU", lambda nn: nn.CELU(0.7), floats(3, 4)),
    row("SELU", lambda nn: nn.SELU(), floats(3, 4)),
    row("GELU", lambda nn: nn.GELU(), floats(3, 4)),
    row("GELU-tanh", lambda nn: nn.GELU("tanh"), floats(3, 4)),
    row("SiLU", lambda nn: nn.SiLU(), floats(3, 4)),
    row("Mish", lambda nn: nn.Mish(), floats(3, 4)),
    row("Softplus", lambda nn: nn.Softplus(2.0, 1.0), floats(3, 4)),
    row("Sigmoid", lambda nn: nn.Sigmoid(), floats(3, 4)),
    row("LogSigmoid", lambda nn: nn.LogSigmoid(), floats(3, 4)),
    row("Tanh", lambda nn: nn.Tanh(), floats(3, 4)),
    row("Softsign", lambda nn: nn.Softsign(), floats(3, 4)),
    row("Hardtanh", lambda nn: nn.Hardtanh(-0.5, 0.8), floats(3, 4)),
    row("Hardsigmoid", lambda nn: nn.Hardsigmoid(), floats(3, 4)),
    row("Hardswish", lambda nn: nn.Hardswish(), floats(3, 4)),
    row("Hardshrink", lambda nn: nn.Hardshrink(), floats(3, 4)),
    row("Softshrink", lambda nn: nn.Softshrink(0.3), floats(3, 4)),
    row("Tanhshrink", lambda nn: nn.Tanhshrink(), floats(3, 4)),
    row("Threshold", lambda nn: nn.Threshold(0.1, 20), floats(3, 4)),
    row("GLU", lambda nn: nn.GLU(), floats(3, 4)),
    row("Softmax", lambda nn: nn.Softmax(1), floats(3, 4)),
    row("LogSoftmax", lambda nn: nn.LogSoftmax(0), floats(3, 4)),
    row("Softmin", lambda nn: nn.Softmin(-1), floats(3, 4)),
    row("Softmax2d", lambda nn: nn.Softmax2d(), floats(2, 3, 4, 2)),
    # ----- losses
    row("CrossEntropyLoss", lambda nn: nn.CrossEntropyLoss(), floats(6, 4), integers(4, 6)),
    row(
        "CrossEntropyLoss-options",
        lambda nn: nn.CrossEntropyLoss(ignore_index=1, reduction="sum", label_smoothing=0.1),
        floats(6, 4),
        integers(4, 6),
    ),
    row(
        "CrossEntropyLoss-images",
        lambda nn: nn.CrossEntropyLoss(reduction="none"),
        floats(2, 4, 3, 3),
        integers(4, 2, 3, 3),
    ),
    row(
        "CrossEntropyLoss-probabilities",
        lambda nn: nn.CrossEntropyLoss(),
        floats(6, 4),
        probabilities(6, 4),
    ),
    row("NLLLoss", lambda nn: nn.NLLLoss(), log_probabilities(6, 4), integers(4, 6)),
    row("BCELoss", lambda nn: nn.BCELoss(), probabilities(6, 4), probabilities(6, 4)),
    row("BCEWithLogitsLoss", lambda nn: nn.BCEWithLogitsLoss(), floats(6, 4), probabilities(6, 4)),
    row(
        "KLDivLoss",
        lambda nn: nn.KLDivLoss(reduction="batchmean"),
        log_probabilities(6, 4),
        probabilities(6, 4),
    ),
    row(
        "KLDivLoss-log",
        lambda nn: nn.KLDivLoss(reduction="sum", log_target=True),
        log_probabilities(6, 4),
        log_probabilities(6, 4),
    ),
    row("PoissonNLLLoss", lambda nn: nn.PoissonNLLLoss(full=True), floats(6), probabilities(6)),
    row(
        "GaussianNLLLoss",
        lambda nn: nn.GaussianNLLLoss(full=True),
        floats(6, 2),
        floats(6, 2),
        probabilities(6, 2),
    ),
    row("MSELoss", lambda nn: nn.MSELoss(), floats(6, 4), floats(6, 4)),
    row("L1Loss", lambda nn: nn.L1Loss(reduction="sum"), floats(6, 4), floats(6, 4)),
    row("SmoothL1Loss", lambda nn: nn.SmoothL1Loss(beta=0.5), floats(6, 4), floats(6, 4)),
    row("HuberLoss", lambda nn: nn.HuberLoss(delta=0.5), floats(6, 4), floats(6, 4)),
    row("SoftMarginLoss", lambda nn: nn.SoftMarginLoss(), floats(6, 4), signs(6, 4)),
    row("HingeEmbeddingLoss", lambda nn: nn.HingeEmbeddingLoss(0.5), floats(6, 4), signs(6, 4)),
    row(
        "MarginRankingLoss",
        lambda nn: nn.MarginRankingLoss(0.2),
        floats(6),
        floats(6),
        signs(6),
        differentiable=2,
    ),
    row(
        "CosineEmbeddingLoss",
        lambda nn: nn.CosineEmbeddingLoss(0.1),
        floats(6, 4),
        floats(6, 4),
        signs(6),
        differentiable=2,
    ),
    row("MultiMarginLoss", lambda nn: nn.MultiMarginLoss(2, 0.7), floats(6, 4), integers(4, 6)),
    row(
        "MultiLabelMarginLoss",
        lambda nn: nn.MultiLabelMarginLoss(),
        floats(3, 4),
        lambda rng, dtype: np.array([[0, 2, -1, 1], [-1, 0, 0, 0], [3, 1, 0, 2]]),
    ),
    row(
        "CTCLoss",
        lambda nn: nn.CTCLoss(zero_infinity=True),
        lambda rng, dtype: np.log(rng.dirichlet(np.ones(4), (6, 2))).astype(dtype),
        lambda rng, dtype: np.array([[1, 2, 2], [3, 1, 0]]),
        lambda rng, dtype: np.array([6, 5]),
        lambda rng, dtype: np.array([3, 2]),
    ),
    row(
        "MultiLabelSoftMarginLoss",
        lambda nn: nn.MultiLabelSoftMarginLoss(),
        floats(6, 4),
        probabilities(6, 4),
    ),
    row(
        "TripletMarginLoss",
        lambda nn: nn.TripletMarginLoss(0.7, swap=True),
        floats(6, 4),
        floats(6, 4),
        floats(6, 4),
        differentiable=3,
    ),
    row(
        "TripletMarginWithDistanceLoss",
        lambda nn: nn.TripletMarginWithDistanceLoss(distance_function=nn.CosineSimilarity()),
        floats(6, 4),
        floats(6, 4),
        floats(6, 4),
        differentiable=3,
    ),
    row(
        "CosineSimilarity",
        lambda nn: nn.CosineSimilarity(0),
        floats(6, 4),
        floats(6, 4),
        differentiable=2,
    ),
    row(
        "PairwiseDistance",
        lambda nn: nn.PairwiseDistance(keepdim=True),
        floats(6, 4),
        floats(6, 4),
        differentiable=2,
    ),
    # ----- containers
    row(
        "Sequential",
        lambda nn: nn.Sequential(
            nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.2), nn.Linear(5, 2)
        ),
        floats(8, 4),
    ),
]

ROWS = pytest.mark.parametrize("info", MODULES, ids=[info.name for info in MODULES])


# --------------------------------------------------------------------------- both sides at once


@dataclass
class Run:
    """One library's module with its inputs."""

    module: Any
    inputs: list[Any]
    outputs: list[Any]

    def leaves(self, count: int) -> list[Any]:
        return [*self.inputs[:count], *self.module.parameters()]


def as_numpy(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach().numpy())


def assert_same(ours: Any, theirs: Any, what: str) -> None:
    if ours is None or theirs is None:
        assert ours is None and theirs is None, what
        return
    torch.testing.assert_close(
        torch.from_numpy(as_numpy(ours).copy()), theirs.detach(), msg=lambda m: f"{what}: {m}"
    )


def build(library: Any, info: ModuleInfo, dtype: str = "float32") -> Any:
    library.manual_seed(0)
    return info.build(library.nn).to(getattr(library, dtype))


def run(library: Any, info: ModuleInfo, dtype: str, training: bool) -> Run:
    rng = np.random.default_rng(1)
    module = build(library, info, dtype).train(training)
    inputs = [library.from_numpy(make(rng, dtype)) for make in info.inputs]
    for tensor in inputs[: info.differentiable]:
        tensor.requires_grad_()
    library.manual_seed(2)  # dropout draws here
    outputs = module(*inputs)
    flat = [outputs] if not isinstance(outputs, tuple) else list(outputs)
    if isinstance(flat[-1], tuple):  # an LSTM's (h, c)
        flat = [*flat[:-1], *flat[-1]]
    return Run(module, inputs, flat)


def gradients(library: Any, run: Run, info: ModuleInfo, create_graph: bool) -> list[Any]:
    rng = np.random.default_rng(3)
    pairs = [
        (o, library.from_numpy(np.asarray(rng.standard_normal(tuple(o.shape)), as_numpy(o).dtype)))
        for o in run.outputs
        if o.requires_grad
    ]
    leaves = run.leaves(info.differentiable)
    if not pairs or not leaves:
        return []
    grads = library.autograd.grad(
        [o for o, _ in pairs],
        leaves,
        [g for _, g in pairs],
        create_graph=create_graph,
        allow_unused=True,
    )
    return list(grads)


# --------------------------------------------------------------------------- the properties


@ROWS
def test_initial_weights_are_bit_equal(info: ModuleInfo) -> None:
    ours, theirs = (build(library, info).state_dict() for library in (minitorch, torch))
    assert list(ours) == list(theirs)
    assert ours._metadata == theirs._metadata
    for name in ours:
        np.testing.assert_array_equal(as_numpy(ours[name]), as_numpy(theirs[name]), name)


@ROWS
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward_and_gradients(info: ModuleInfo, dtype: str, training: bool) -> None:
    ours, theirs = (run(library, info, dtype, training) for library in (minitorch, torch))
    assert len(ours.outputs) == len(theirs.outputs)
    for i, (a, b) in enumerate(zip(ours.outputs, theirs.outputs, strict=True)):
        assert str(a.dtype) == str(b.dtype)
        assert a.requires_grad == b.requires_grad
        assert_same(a, b, f"output {i}")
    grads = [gradients(lib, r, info, False) for lib, r in ((minitorch, ours), (torch, theirs))]
    for i, (a, b) in enumerate(zip(*grads, strict=True)):
        assert_same(a, b, f"gradient {i}")
    for (name, a), (_, b) in zip(
        ours.module.named_buffers(), theirs.module.named_buffers(), strict=True
    ):
        assert_same(a, b, name)


@ROWS
def test_second_derivative(info: ModuleInfo) -> None:
    results = []
    for library in minitorch, torch:
        r = run(library, info, "float64", True)
        first = gradients(library, r, info, create_graph=True)
        differentiable = [g for g in first if g is not None and g.requires_grad]
        leaves = r.leaves(info.differentiable)
        if not differentiable:
            results.append([None] * len(leaves))
            continue
        rng = np.random.default_rng(4)
        cotangents = [
            library.from_numpy(np.asarray(rng.standard_normal(tuple(g.shape))))
            for g in differentiable
        ]
        try:
            second = library.autograd.grad(differentiable, leaves, cotangents, allow_unused=True)
        except RuntimeError as error:
            if "is not implemented" in str(error):
                pytest.skip(f"there is no second derivative here: {error}")
            raise
        results.append(second)
    for i, (a, b) in enumerate(zip(*results, strict=True)):
        # Where a derivative is zero everywhere, one library may know it and the other not.
        if a is None and b is not None:
            a = minitorch.zeros(tuple(b.shape), dtype=minitorch.float64)
        if b is None and a is not None:
            b = torch.zeros(tuple(a.shape), dtype=torch.float64)
        assert_same(a, b, f"second derivative {i}")


@ROWS
def test_repr(info: ModuleInfo) -> None:
    assert repr(build(minitorch, info)) == repr(build(torch, info))


@ROWS
def test_loads_the_values_of_torch(info: ModuleInfo) -> None:
    torch.manual_seed(5)
    theirs = info.build(torch.nn).state_dict()
    ours = build(minitorch, info)
    loaded = ours.load_state_dict({k: minitorch.from_numpy(v.numpy()) for k, v in theirs.items()})
    assert repr(loaded) == "<All keys matched successfully>"
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(as_numpy(value), as_numpy(theirs[name]), name)


@ROWS
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_copies_are_equal_and_independent(info: ModuleInfo, copied: Callable[[Any], Any]) -> None:
    original = run(minitorch, info, "float32", False)
    twin = copied(original.module)
    assert repr(twin) == repr(original.module) and not twin.training
    outputs = Run(twin, original.inputs, [])
    minitorch.manual_seed(2)
    result = outputs.module(*original.inputs)
    first = result[0] if isinstance(result, tuple) else result
    np.testing.assert_array_equal(as_numpy(first), as_numpy(original.outputs[0]))
    for p, q in zip(twin.parameters(), original.module.parameters(), strict=True):
        assert p is not q and p.data_ptr() != q.data_ptr() and p.requires_grad == q.requires_grad


@ROWS
def test_train_and_eval_reach_everything(info: ModuleInfo) -> None:
    module = build(minitorch, info)
    assert not any(m.training for m in module.eval().modules())
    assert all(m.training for m in module.train().modules())


def test_every_layer_has_a_row() -> None:
    containers = {"Module", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "RNNBase"}
    tested = {type(m).__name__ for info in MODULES for m in info.build(minitorch.nn).modules()}
    cells = {name for name in minitorch.nn.modules.__all__ if name.endswith("Cell")}  # test_rnn.py
    inside = {"NonDynamicallyQuantizableLinear"}  # of MultiheadAttention; torch exports it neither
    assert set(minitorch.nn.modules.__all__) - containers - cells == tested - inside


# --------------------------------------------------------------------------- what no row shows


@pytest.mark.parametrize(
    "build",
    [
        lambda t: t.nn.CrossEntropyLoss(t.tensor([1.0, 2.0, 0.5, 1.5])),
        lambda t: t.nn.NLLLoss(t.tensor([1.0, 2.0, 0.5, 1.5]), reduction="sum"),
    ],
)
def test_class_weights(build: Callable[[Any], Any]) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 4)).astype("float32"), rng.integers(0, 4, 6)
    ours, theirs = (build(t)(t.from_numpy(x), t.from_numpy(y)) for t in (minitorch, torch))
    assert_same(ours, theirs, "loss")


def test_bce_weights() -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(0.1, 0.9, (6, 4)).astype("float32") for _ in range(2))
    for build in (
        lambda t: t.nn.BCELoss(t.tensor([1.0, 2.0, 0.5, 1.5])),
        lambda t: t.nn.BCEWithLogitsLoss(
            t.tensor([1.0, 2.0, 0.5, 1.5]), pos_weight=t.tensor([3.0, 1.0, 2.0, 0.5])
        ),
    ):
        ours, theirs = (build(t)(t.from_numpy(x), t.from_numpy(y)) for t in (minitorch, torch))
        assert_same(ours, theirs, "loss")


def test_old_reduction_flags() -> None:
    for flags in ({"size_average": False}, {"reduce": False}, {"size_average": True}):
        reductions = []
        for library in minitorch, torch:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                reductions.append((library.nn.MSELoss(**flags).reduction, str(caught[0].message)))
        assert reductions[0] == reductions[1]


def test_running_statistics_over_several_batches() -> None:
    rng = np.random.default_rng(0)
    batches = rng.standard_normal((4, 5, 3)).astype("float32")
    for momentum in 0.1, None, 1.0:
        ours, theirs = (t.nn.BatchNorm1d(3, momentum=momentum) for t in (minitorch, torch))
        for batch in batches:
            ours(minitorch.from_numpy(batch))
            theirs(torch.from_numpy(batch))
        for (name, a), (_, b) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
            assert_same(a, b, name)
        x = batches[0]
        assert_same(
            ours.eval()(minitorch.from_numpy(x)), theirs.eval()(torch.from_numpy(x)), "eval"
        )


def test_batch_norm_reads_states_without_a_batch_counter() -> None:
    for library in minitorch, torch:
        norm = library.nn.BatchNorm1d(2)
        state = norm.state_dict()
        del state["num_batches_tracked"]
        state._metadata[""]["version"] = 1
        norm.num_batches_tracked.fill_(7)
        norm.load_state_dict(state)
        assert norm.num_batches_tracked.item() == 7


def test_embedding_from_pretrained() -> None:
    table = np.arange(6, dtype="float32").reshape(3, 2)
    for library in minitorch, torch:
        layer = library.nn.Embedding.from_pretrained(library.from_numpy(table))
        assert not layer.weight.requires_grad
        assert layer(library.tensor([2, 0])).tolist() == [[4.0, 5.0], [0.0, 1.0]]
        assert library.nn.Embedding.from_pretrained(layer.weight, freeze=False).weight.requires_grad


def test_max_pool_returns_indices() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 6)).astype("float32")
    ours, theirs = (
        t.nn.MaxPool2d(2, return_indices=True)(t.from_numpy(x)) for t in (minitorch, torch)
    )
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b, "pool")


def test_transposed_convolution_to_a_wanted_size() -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 5, 5)).astype("float32")
    outputs = []
    for library in minitorch, torch:
        library.manual_seed(0)
        layer = library.nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1)
        outputs.append(layer(library.from_numpy(x), output_size=[10, 9]))
        with pytest.raises(ValueError, match="requested an output size of"):
            layer(library.from_numpy(x), output_size=[20, 9])
    assert_same(*outputs, "output")


BAD_LAYERS = {
    "conv-groups": lambda t: t.nn.Conv2d(3, 4, 3, groups=2),
    "conv-groups-out": lambda t: t.nn.Conv2d(4, 3, 3, groups=2),
    "conv-groups-0": lambda t: t.nn.Conv2d(4, 3, 3, groups=0),
    "conv-same-stride": lambda t: t.nn.Conv2d(4, 3, 3, stride=2, padding="same"),
    "conv-transpose-mode": lambda t: t.nn.ConvTranspose2d(4, 3, 3, padding_mode="circular"),
    "batch-norm-1d": lambda t: t.nn.BatchNorm1d(3)(t.zeros(2, 3, 4, 5)),
    "batch-norm-2d": lambda t: t.nn.BatchNorm2d(3)(t.zeros(2, 3)),
    "batch-norm-3d": lambda t: t.nn.BatchNorm3d(3)(t.zeros(2, 3)),
    "instance-norm-1d": lambda t: t.nn.InstanceNorm1d(3)(t.zeros(2, 3, 4, 5)),
    "instance-norm-channels": lambda t: t.nn.InstanceNorm2d(3, affine=True)(t.zeros(2, 4, 5, 5)),
    "batch-norm-one": lambda t: t.nn.BatchNorm1d(3)(t.zeros(1, 3)),
    "group-norm": lambda t: t.nn.GroupNorm(4, 6),
    "dropout": lambda t: t.nn.Dropout(1.5),
    "embedding": lambda t: t.nn.Embedding(4, 2, padding_idx=4),
    "embedding-weight": lambda t: t.nn.Embedding(4, 2, _weight=t.zeros(2, 4)),
    "unflatten": lambda t: t.nn.Unflatten(1, 3),
    "unflatten-floats": lambda t: t.nn.Unflatten(1, (2.0, 3)),
    "hardtanh": lambda t: t.nn.Hardtanh(1.0, 0.0),
    "huber": lambda t: t.nn.HuberLoss(delta="a"),
    "softmax2d": lambda t: t.nn.Softmax2d()(t.zeros(2, 2)),
    "bilinear": lambda t: t.nn.Bilinear(0, 2, 3),
}


@pytest.mark.parametrize("build", BAD_LAYERS.values(), ids=list(BAD_LAYERS))
def test_errors_are_those_of_torch(build: Callable[[Any], Any]) -> None:
    messages = []
    for library in minitorch, torch:
        with pytest.raises(Exception) as caught:
            build(library)
        messages.append((type(caught.value).__name__, str(caught.value)))
    assert messages[0] == messages[1]
