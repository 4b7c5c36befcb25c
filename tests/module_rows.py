"""The layers of torch.nn, each in the forms that matter; the losses stand in module_rows_losses.py."""

from __future__ import annotations

import numpy as np

from tests.module_info import floats, integers, places, row

LAYERS = [
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
    # ----- transformer
    row(
        "TransformerEncoderLayer",
        lambda nn: nn.TransformerEncoderLayer(6, 2, 8),
        floats(4, 3, 6),
    ),
    row(
        "TransformerEncoderLayer-options",
        lambda nn: nn.TransformerEncoderLayer(
            6, 3, 8, 0.0, "gelu", batch_first=True, norm_first=True, bias=False
        ),
        floats(3, 4, 6),
        twice=False,
    ),
    row(
        "TransformerDecoderLayer",
        lambda nn: nn.TransformerDecoderLayer(6, 2, 8, activation=nn.GELU()),
        floats(4, 3, 6),
        floats(5, 3, 6),
        differentiable=2,
    ),
    row(
        "TransformerDecoderLayer-options",
        lambda nn: nn.TransformerDecoderLayer(6, 2, 8, norm_first=True, layer_norm_eps=0.1),
        floats(4, 6),
        floats(5, 6),
        differentiable=2,
    ),
    row(
        "TransformerEncoder",
        lambda nn: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), 2, nn.LayerNorm(6)
        ),
        floats(3, 4, 6),
    ),
    row(
        "TransformerDecoder",
        lambda nn: nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 8), 2),
        floats(4, 3, 6),
        floats(5, 3, 6),
        differentiable=2,
    ),
    row(
        "Transformer",
        lambda nn: nn.Transformer(6, 2, 2, 1, 8, batch_first=True),
        floats(3, 4, 6),
        floats(3, 5, 6),
        differentiable=2,
    ),
    # ----- layers that learn the size of their input
    row("LazyLinear", lambda nn: nn.LazyLinear(3), floats(4, 5)),
    row("LazyConv1d", lambda nn: nn.LazyConv1d(4, 3, padding=1), floats(3, 2, 9)),
    row("LazyConv2d", lambda nn: nn.LazyConv2d(6, 3, groups=2, bias=False), floats(2, 4, 7, 8)),
    row("LazyConv3d", lambda nn: nn.LazyConv3d(4, 3, stride=2), floats(2, 2, 5, 6, 5)),
    row("LazyConvTranspose1d", lambda nn: nn.LazyConvTranspose1d(4, 3, 2, 1), floats(3, 2, 5)),
    row(
        "LazyConvTranspose2d",
        lambda nn: nn.LazyConvTranspose2d(6, 3, stride=2, output_padding=1, groups=2),
        floats(2, 4, 5, 4),
    ),
    row("LazyConvTranspose3d", lambda nn: nn.LazyConvTranspose3d(4, 2), floats(2, 3, 2, 3, 2)),
    row("LazyBatchNorm1d", lambda nn: nn.LazyBatchNorm1d(momentum=None), floats(6, 4)),
    row("LazyBatchNorm2d", lambda nn: nn.LazyBatchNorm2d(bias=False), floats(4, 3, 5, 2)),
    row("LazyBatchNorm3d", lambda nn: nn.LazyBatchNorm3d(affine=False), floats(2, 3, 4, 2, 3)),
    row("LazyInstanceNorm1d", lambda nn: nn.LazyInstanceNorm1d(), floats(2, 3, 5)),
    row("LazyInstanceNorm2d", lambda nn: nn.LazyInstanceNorm2d(1e-3), floats(2, 3, 4, 5)),
    row(
        "LazyInstanceNorm3d",
        lambda nn: nn.LazyInstanceNorm3d(affine=False, track_running_stats=False),
        floats(2, 3, 2, 3, 2),
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
    *[
        row(
            f"Conv{dims}d-{mode}-{padding}",
            lambda nn, dims=dims, mode=mode, padding=padding: getattr(nn, f"Conv{dims}d")(
                2, 3, 3, padding=padding, dilation=2, padding_mode=mode
            ),
            floats(2, 2, *(6, 5, 7)[:dims]),
        )
        for mode in ("zeros", "reflect", "replicate", "circular")
        for dims in (1, 2, 3)
        for padding in (1, "same")
    ],
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
    row("GroupNorm-no-bias", lambda nn: nn.GroupNorm(3, 6, eps=1e-2, bias=False), floats(3, 6, 4)),
    row("RMSNorm", lambda nn: nn.RMSNorm(5), floats(3, 5)),
    row("RMSNorm-options", lambda nn: nn.RMSNorm((4, 5), 1e-2), floats(3, 4, 5)),
    row("RMSNorm-plain", lambda nn: nn.RMSNorm(5, elementwise_affine=False), floats(3, 5)),
    row("SyncBatchNorm", lambda nn: nn.SyncBatchNorm(3, momentum=0.3), floats(4, 3, 5)),
    row("LocalResponseNorm", lambda nn: nn.LocalResponseNorm(2, 0.3), floats(2, 5, 4)),
    row(
        "CrossMapLRN2d",
        lambda nn: nn.CrossMapLRN2d(3, 0.3, k=2.0),
        floats(2, 5, 4, 2),
        twice=False,
    ),
    # ----- dropout
    row(
        "Dropout-inplace",
        lambda nn: nn.Sequential(nn.Linear(5, 3), nn.Dropout(0.3, True)),
        floats(4, 5),
    ),
    row("Dropout", lambda nn: nn.Dropout(0.3), floats(40, 25)),
    row("Dropout1d", lambda nn: nn.Dropout1d(0.4), floats(7, 5, 3)),
    row("Dropout2d", lambda nn: nn.Dropout2d(0.4), floats(7, 5, 3, 2)),
    row("Dropout3d", lambda nn: nn.Dropout3d(0.4), floats(7, 5, 3, 2, 2)),
    row("AlphaDropout", lambda nn: nn.AlphaDropout(0.4), floats(7, 5)),
    row("FeatureAlphaDropout", lambda nn: nn.FeatureAlphaDropout(0.4), floats(7, 5, 3)),
    # ----- embedding
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
        lambda nn: nn.Embedding(5, 3, max_norm=1.0, norm_type=1.0, padding_idx=1),
        integers(5, 20),
        differentiable=0,
    ),
    *[
        row(
            f"EmbeddingBag-{mode}",
            lambda nn, mode=mode: nn.EmbeddingBag(5, 3, mode=mode, max_norm=1.0, padding_idx=-1),
            integers(5, 20),
            lambda rng, dtype: np.array([0, 4, 4, 11]),
            differentiable=0,
            twice=mode != "max",
        )
        for mode in ("sum", "mean", "max")
    ],
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
    row("PReLU-shared", lambda nn: nn.PReLU(init=0.1), floats(3, 4)),
    row("Hardtanh", lambda nn: nn.Hardtanh(-0.5, 0.8), floats(3, 4)),
    row("Hardsigmoid", lambda nn: nn.Hardsigmoid(), floats(3, 4), twice=False),
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
    # ----- containers
    row("DataParallel", lambda nn: nn.DataParallel(nn.Linear(4, 5)), floats(8, 4)),
    row(
        "Sequential",
        lambda nn: nn.Sequential(
            nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.2), nn.Linear(5, 2)
        ),
        floats(8, 4),
    ),
]
