"""The functions behind the layers, under one roof: ``import minitorch.nn.functional as F``.

Mirrors torch/nn/functional.py. This file is a table of contents: each function stands, with its
kernel and its derivative, in the file of native/ that is named here.
"""

from minitorch.native.activation import (
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    prelu,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    softshrink,
    threshold,
    threshold_,
)
from minitorch.native.activation_smooth import (
    celu,
    celu_,
    elu,
    elu_,
    gelu,
    glu,
    logsigmoid,
    mish,
    selu,
    selu_,
    silu,
    softplus,
    softsign,
    tanhshrink,
)
from minitorch.native.adaptive_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
)
from minitorch.native.attention import scaled_dot_product_attention
from minitorch.native.avg_pool import avg_pool1d, avg_pool2d, avg_pool3d
from minitorch.native.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_tbc,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from minitorch.native.distance import cosine_similarity, normalize, pairwise_distance, pdist
from minitorch.native.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from minitorch.native.embedding import embedding, one_hot
from minitorch.native.embedding_bag import embedding_bag
from minitorch.native.exponential import sigmoid
from minitorch.native.fractional_max_pool import (
    fractional_max_pool2d,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d,
    fractional_max_pool3d_with_indices,
)
from minitorch.native.grid_sampler import affine_grid, grid_sample
from minitorch.native.group_norm import group_norm
from minitorch.native.im2col import fold, unfold
from minitorch.native.layer_norm import layer_norm, rms_norm
from minitorch.native.linear import bilinear
from minitorch.native.linear_algebra import linear
from minitorch.native.local_response_norm import local_response_norm
from minitorch.native.loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from minitorch.native.loss_binary import binary_cross_entropy, binary_cross_entropy_with_logits
from minitorch.native.loss_cross_entropy import cross_entropy, linear_cross_entropy
from minitorch.native.loss_ctc import ctc_loss
from minitorch.native.loss_distribution import gaussian_nll_loss, kl_div, poisson_nll_loss
from minitorch.native.loss_margin import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from minitorch.native.loss_multi_margin import multi_margin_loss, multilabel_margin_loss
from minitorch.native.loss_nll import nll_loss
from minitorch.native.lp_pool import lp_pool1d, lp_pool2d, lp_pool3d
from minitorch.native.max_pool import (
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
)
from minitorch.native.max_unpool import max_unpool1d, max_unpool2d, max_unpool3d
from minitorch.native.multi_head_attention import multi_head_attention_forward
from minitorch.native.normalization import batch_norm, instance_norm
from minitorch.native.padding import pad
from minitorch.native.pixel_shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from minitorch.native.softmax import gumbel_softmax, log_softmax, softmax, softmin
from minitorch.native.trigonometry import tanh
from minitorch.native.upsample import interpolate, upsample, upsample_bilinear, upsample_nearest

# fmt: off
__all__ = [
    # with weights
    "linear", "bilinear", "embedding", "embedding_bag", "one_hot",
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "conv_tbc",
    # normalisation and regularisation
    "batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm",
    "local_response_norm", "normalize",
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
    # pooling
    "max_pool1d", "max_pool2d", "max_pool3d",
    "max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices",
    "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d_with_indices",
    "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
    "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d",
    "fractional_max_pool2d", "fractional_max_pool3d", "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d_with_indices",
    # images of another size, or otherwise arranged
    "interpolate", "upsample", "upsample_nearest", "upsample_bilinear", "grid_sample",
    "affine_grid", "pad", "unfold", "fold", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
    # attention
    "scaled_dot_product_attention", "multi_head_attention_forward",
    # activation
    "relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "celu", "selu", "gelu", "silu", "mish",
    "softplus", "sigmoid", "logsigmoid", "tanh", "softsign", "hardtanh", "hardsigmoid", "hardswish",
    "hardshrink", "softshrink", "tanhshrink", "threshold", "glu",
    "softmax", "log_softmax", "softmin", "gumbel_softmax",
    "relu_", "leaky_relu_", "rrelu_", "elu_", "celu_", "selu_", "hardtanh_", "threshold_",
    # distances and losses
    "cosine_similarity", "pairwise_distance", "pdist",
    "cross_entropy", "linear_cross_entropy", "nll_loss", "ctc_loss",
    "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "kl_div", "poisson_nll_loss", "gaussian_nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss",
    "huber_loss", "soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss",
    "cosine_embedding_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "triplet_margin_loss", "triplet_margin_with_distance_loss",
]
# fmt: on
