"""The functions behind the layers, under one roof: ``import minitorch.nn.functional as F``.

Mirrors torch/nn/functional.py. This file is a table of contents: each function stands, with its
kernel and its derivative, in the file of native/ that is named here. Left out: 3d pooling and
unpooling, interpolation, attention, CTC.
"""

from minitorch.native.activation import (
    celu,
    celu_,
    elu,
    elu_,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    silu,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
    threshold_,
)
from minitorch.native.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from minitorch.native.distance import cosine_similarity, pairwise_distance
from minitorch.native.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from minitorch.native.embedding import embedding, one_hot
from minitorch.native.linear import bilinear
from minitorch.native.linear_algebra import linear
from minitorch.native.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from minitorch.native.loss_margin import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from minitorch.native.loss_nll import cross_entropy, nll_loss
from minitorch.native.normalization import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)
from minitorch.native.padding import pad
from minitorch.native.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
)
from minitorch.native.softmax import log_softmax, softmax, softmin
from minitorch.native.unary_ops import sigmoid, tanh

# fmt: off
__all__ = [
    # with weights
    "linear", "bilinear", "embedding", "one_hot",
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    # normalisation and regularisation
    "batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm",
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
    # pooling and padding
    "max_pool1d", "max_pool2d", "max_pool1d_with_indices", "max_pool2d_with_indices",
    "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d_with_indices",
    "avg_pool1d", "avg_pool2d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "pad",
    # activation
    "relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "celu", "selu", "gelu", "silu", "mish",
    "softplus", "sigmoid", "logsigmoid", "tanh", "softsign", "hardtanh", "hardsigmoid", "hardswish",
    "hardshrink", "softshrink", "tanhshrink", "threshold", "glu",
    "softmax", "log_softmax", "softmin",
    "relu_", "leaky_relu_", "rrelu_", "elu_", "celu_", "selu_", "hardtanh_", "threshold_",
    # distances and losses
    "cosine_similarity", "pairwise_distance",
    "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "kl_div", "poisson_nll_loss", "gaussian_nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss",
    "huber_loss", "soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss",
    "cosine_embedding_loss", "multi_margin_loss", "multilabel_soft_margin_loss",
    "triplet_margin_loss", "triplet_margin_with_distance_loss",
]
# fmt: on
