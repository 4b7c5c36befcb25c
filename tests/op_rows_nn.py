"""Rows of the operations behind layers: convolution, pooling, normalization, embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.opinfo import OpInfo, Sample, draw, integers, positive, sample


def _conv(dims: int) -> list[Sample]:
    """Samples of conv1d, conv2d or conv3d: every option alone and several together."""
    size = (9, 8, 7)[:dims] if dims < 3 else (6, 5, 5)  # few summands: rounding stays small
    x, w, b = draw(2, 4, *size), draw(6, 4, *[3] * dims), draw(6)
    return [
        sample(x, w, b),
        sample(x, w),
        sample(draw(4, *size), w, b),
        sample(x, w, b, stride=2),
        sample(x, w, b, padding=1),
        sample(x, w, b, padding=3),
        sample(x, w, b, dilation=2),
        sample(x, w, b, stride=2, padding=2, dilation=3),
        sample(x, draw(6, 2, *[3] * dims), b, groups=2, padding=1),
        sample(x, draw(8, 1, *[3] * dims), draw(8), groups=4, stride=2),
        sample(x, draw(5, 4, *[1] * dims), draw(5)),
        sample(x, draw(6, 2, *[1] * dims), b, groups=2),
        sample(x, draw(5, 4, *[1] * dims), draw(5), stride=2),
        sample(x, w, b, padding="same"),
        sample(x, w, b, padding="same", dilation=2),
        sample(x, draw(6, 4, *(2, 4, 3)[:dims]), b, padding="same"),
        sample(x, w, b, padding="valid"),
        sample(x, draw(3, 4, *size), draw(3)),
        sample(draw(0, 4, *size), w, b),
    ]


def _conv_transpose(dims: int) -> list[Sample]:
    size = (5, 4, 3)[:dims]
    x, w, b = draw(2, 4, *size), draw(4, 6, *[3] * dims), draw(6)
    return [
        sample(x, w, b),
        sample(x, w),
        sample(draw(4, *size), w, b),
        sample(x, w, b, stride=2),
        sample(x, w, b, stride=3, padding=1, output_padding=2),
        sample(x, w, b, padding=1, dilation=2),
        sample(x, draw(4, 3, *[3] * dims), b, groups=2, stride=2, output_padding=1),
        sample(x, draw(4, 5, *[1] * dims), draw(5)),
        sample(draw(0, 4, *size), w, b),
    ]


_CONV2D_TUPLES = [
    sample(draw(2, 3, 9, 8), draw(4, 3, 3, 2), draw(4), stride=(2, 1), padding=(0, 1)),
    sample(draw(2, 3, 9, 8), draw(4, 3, 2, 3), None, stride=(1, 2), dilation=(3, 2)),
    sample(draw(2, 3, 9, 8), draw(4, 3, 5, 5), draw(4), stride=(1,), padding=(2,)),
    # more images than share one product
    sample(draw(20, 2, 7, 7, low=-0.5, high=0.5), draw(3, 2, 3, 3), draw(3), padding=1),
]

_FINITE_MAX_POOL = [
    sample(draw(2, 3, 9, 8), 2),
    sample(draw(3, 9, 8), 3),
    sample(draw(2, 3, 9, 8), 3, 1),
    sample(draw(2, 3, 9, 8), (3, 2), (2, 3), (1, 0)),
    sample(draw(2, 3, 9, 8), 3, 2, 1, 2),
    sample(draw(2, 3, 9, 8), 3, 2, 1, ceil_mode=True),
    sample(draw(2, 3, 9, 8), 2, 3, ceil_mode=True),
    sample(draw(0, 3, 9, 8), 2),
]

_AVG_POOL2D = [
    sample(draw(2, 3, 9, 8), 2),
    sample(draw(3, 9, 8), 3),
    sample(draw(2, 3, 9, 8), 3, 1),
    sample(draw(2, 3, 9, 8), (3, 2), (2, 3), (1, 0)),
    sample(draw(2, 3, 9, 8), 3, 2, 1, count_include_pad=False),
    sample(draw(2, 3, 9, 8), 3, 2, 1, ceil_mode=True),
    sample(draw(2, 3, 9, 8), 3, 2, 1, ceil_mode=True, count_include_pad=False),
    sample(draw(2, 3, 9, 8), 2, 3, ceil_mode=True, divisor_override=5),
    sample(draw(0, 3, 9, 8), 2),
]

_SPECIAL = np.array([[np.nan, 1.0, -np.inf, -np.inf], [2.0, np.nan, -np.inf, -np.inf]])


def _batch_norm(torch: Any, x: Any, mean: Any, var: Any, *args: Any, **options: Any) -> Any:
    """The running statistics are never leaves, and each call has its own."""
    if mean is not None:
        mean, var = mean.detach().clone(), var.detach().clone()
    return torch.nn.functional.batch_norm(x, mean, var, *args, **options)


def _instance_norm(torch: Any, x: Any, mean: Any, var: Any, *args: Any, **options: Any) -> Any:
    if mean is not None:
        mean, var = mean.detach().clone(), var.detach().clone()
    return torch.nn.functional.instance_norm(x, mean, var, *args, **options)


_SHAPES_OF_BATCHES: list[tuple[int, ...]] = [(6, 4), (3, 4, 5), (2, 4, 3, 5), (2, 4, 2, 3, 2)]

_BATCH_NORM = [
    sample(draw(*shape), draw(4), positive(4), draw(4), draw(4), training=training)
    for shape in _SHAPES_OF_BATCHES
    for training in (True, False)
] + [
    sample(draw(3, 4, 5), None, None, None, None, training=True),
    sample(draw(6, 4), None, None, draw(4), None, training=True),
    sample(draw(6, 4), draw(4), positive(4), draw(4), draw(4), training=True, eps=0.1),
]

GATES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}


def _recurrent(kind: str, layers: int, bidirectional: bool) -> Sample:
    """An input, the states, and the weights and biases of each layer and direction."""
    rows, directions = GATES[kind] * 2, 1 + bidirectional
    tensors = [draw(4, 3, 3)]
    tensors += [draw(layers * directions, 3, 2)] * (1 + (kind == "lstm"))
    for layer in range(layers):
        width = directions * 2 if layer else 3
        tensors += [draw(rows, width), draw(rows, 2), draw(rows), draw(rows)] * directions
    return sample(kind, layers, bidirectional, *tensors)


def _all_steps(
    torch: Any, kind: str, layers: int, bidirectional: bool, x: Any, *tensors: Any
) -> Any:
    home = torch.native.rnn if hasattr(torch, "native") else torch
    state = tensors[:2] if kind == "lstm" else tensors[0]
    weights = tensors[1 + (kind == "lstm") :]
    settings = True, layers, 0.0, False, bidirectional, False
    return getattr(home, kind)(x, state, weights, *settings)


RECURRENT = [
    OpInfo(
        kind,
        [_recurrent(kind, 1, False), _recurrent(kind, 2, False), _recurrent(kind, 1, True)],
        op=_all_steps,
        composite=True,
    )
    for kind in GATES
] + [
    OpInfo(
        f"{kind}, one result",
        [_recurrent(kind, 1, True)],
        op=lambda torch, *args, i=i: _all_steps(torch, *args)[i],
        composite=True,
    )
    for kind in GATES
    for i in range(3 if kind == "lstm" else 2)
]

NN_OPS = [
    *RECURRENT,
    OpInfo("nn.functional.conv1d", _conv(1)),
    OpInfo("nn.functional.conv2d", _conv(2) + _CONV2D_TUPLES),
    OpInfo("nn.functional.conv3d", _conv(3)),
    OpInfo("nn.functional.conv_transpose1d", _conv_transpose(1)),
    OpInfo("nn.functional.conv_transpose2d", _conv_transpose(2)),
    OpInfo("nn.functional.conv_transpose3d", _conv_transpose(3)),
    OpInfo("nn.functional.max_pool2d", [*_FINITE_MAX_POOL, sample(_SPECIAL[None], 2)]),
    OpInfo(
        "nn.functional.max_pool1d",
        [
            sample(draw(2, 3, 9), 2),
            sample(draw(3, 9), 3, 1, 1),
            sample(draw(2, 3, 9), 3, 2, 1, 2),
            sample(draw(2, 3, 9), 2, 3, ceil_mode=True),
        ],
    ),
    OpInfo(
        "nn.functional.max_pool2d, with indices",
        [*_FINITE_MAX_POOL, sample(_SPECIAL[None], 2), sample(np.zeros((1, 4, 4)), 2)],
        op=lambda torch, *args, **kwargs: torch.nn.functional.max_pool2d(
            *args, **kwargs, return_indices=True
        ),
    ),
    OpInfo(
        "nn.functional.max_pool1d, with indices",
        [sample(draw(2, 3, 9), 2)],
        op=lambda torch, *args: torch.nn.functional.max_pool1d(*args, return_indices=True),
    ),
    OpInfo(
        "nn.functional.adaptive_max_pool2d",
        [
            sample(draw(2, 3, 9, 8), 4),
            sample(draw(3, 9, 8), (5, 3)),
            sample(draw(2, 3, 9, 8), (None, 1)),
            sample(draw(2, 3, 2, 3), 5),
        ],
    ),
    OpInfo(
        "nn.functional.adaptive_max_pool1d",
        [sample(draw(2, 3, 9), 4), sample(draw(3, 9), 1)],
    ),
    OpInfo("nn.functional.avg_pool2d", _AVG_POOL2D),
    OpInfo(
        "nn.functional.avg_pool1d",
        [
            sample(draw(2, 3, 9), 2),
            sample(draw(3, 9), 3, 1, 1),
            sample(draw(2, 3, 9), 3, 2, 1, count_include_pad=False),
            sample(draw(2, 3, 9), 2, 3, ceil_mode=True),
        ],
    ),
    OpInfo(
        "nn.functional.adaptive_avg_pool2d",
        [
            sample(draw(2, 3, 9, 8), 4),
            sample(draw(3, 9, 8), (5, 3)),
            sample(draw(2, 3, 9, 8), (None, 1)),
            sample(draw(2, 3, 9, 8), 1),
            sample(draw(2, 3, 2, 3), 5),
            sample(draw(0, 3, 2, 3), 1),
        ],
    ),
    OpInfo(
        "nn.functional.adaptive_avg_pool1d",
        [sample(draw(2, 3, 9), 4), sample(draw(3, 9), 1), sample(draw(2, 3, 2), 5)],
    ),
    OpInfo("nn.functional.batch_norm", _BATCH_NORM, op=_batch_norm),
    OpInfo(
        "nn.functional.batch_norm, where torch has no second derivative",
        [
            sample(draw(6, 4), draw(4), positive(4), None, draw(4), training=False),
            sample(draw(0, 4), draw(4), positive(4), draw(4), draw(4), training=False),
        ],
        op=_batch_norm,
        second_derivative=False,
        composite=True,
    ),
    OpInfo(
        "nn.functional.instance_norm",
        [
            sample(draw(2, 4, 5), None, None),
            sample(draw(2, 4, 5), None, None, draw(4), draw(4)),
            sample(draw(2, 4, 3, 5), draw(4), positive(4), draw(4), draw(4)),
            sample(draw(2, 4, 3, 5), draw(4), positive(4), use_input_stats=False),
        ],
        op=_instance_norm,
    ),
    OpInfo(
        "nn.functional.layer_norm",
        [
            sample(draw(3, 5), (5,), draw(5), draw(5)),
            sample(draw(2, 3, 5), (3, 5), draw(3, 5), draw(3, 5)),
            sample(draw(2, 3, 5), (5,)),
            sample(draw(2, 3, 5), (5,), draw(5)),
            sample(draw(5), (5,), draw(5), draw(5), eps=0.1),
            sample(draw(40, 7), (7,), draw(7), draw(7)),
            sample(draw(0, 5), (5,), draw(5), draw(5)),
        ],
    ),
    OpInfo(
        "nn.functional.group_norm",
        [
            sample(draw(2, 6, 5), 3, draw(6), draw(6)),
            sample(draw(2, 6, 3, 4), 2, draw(6), draw(6)),
            sample(draw(2, 6, 3, 4), 6),
            sample(draw(2, 6, 3, 4), 1, draw(6)),
            sample(draw(0, 6, 2), 2, draw(6), draw(6)),
        ],
    ),
    OpInfo(
        "nn.functional.layer_norm, where torch has no second derivative",
        [sample(draw(2, 3, 5), (5,), None, draw(5))],
        op=lambda torch, *args: torch.nn.functional.layer_norm(*args),
        second_derivative=False,
    ),
    OpInfo(
        "nn.functional.group_norm, where torch has no derivative",
        [sample(draw(2, 6), 2, None, draw(6))],
        op=lambda torch, *args: torch.nn.functional.group_norm(*args),
        differentiable=False,
    ),
    OpInfo(
        "nn.functional.rms_norm",
        [
            sample(draw(3, 5), (5,), draw(5)),
            sample(draw(2, 3, 5), (3, 5), None, 0.01),
            sample(draw(0, 5), (5,), draw(5)),
        ],
        composite=True,
    ),
    OpInfo(
        "nn.functional.embedding",
        [
            sample(integers(0, 7, 4, 5), draw(7, 3)),
            sample(integers(0, 7, 4, 5), draw(7, 3), padding_idx=2),
            sample(integers(0, 7, 1), draw(7, 3)),
        ],
    ),
    OpInfo(
        "nn.functional.embedding times weights",
        [sample(draw(4, 5, 1), integers(0, 7, 4, 5), draw(7, 3), padding_idx=2)],
        op=lambda torch, w, *args, **kwargs: torch.nn.functional.embedding(*args, **kwargs) * w,
    ),
    OpInfo(
        "nn.functional.embedding, where torch's second derivative is wrong or missing",
        [
            sample(integers(0, 3, 4, 5), draw(3, 3), padding_idx=-1, scale_grad_by_freq=True),
            sample(integers(0, 7, 0), draw(7, 3)),
        ],
        op=lambda torch, *args, **kwargs: torch.nn.functional.embedding(*args, **kwargs),
        second_derivative=False,
    ),
    OpInfo(
        "nn.functional.one_hot",
        [sample(integers(0, 5, 3, 2)), sample(integers(0, 5, 4), 7), sample(integers(0, 5, 0), 3)],
        differentiable=False,
    ),
]
