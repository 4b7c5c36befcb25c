"""The rows of attention, embedding bags, distances, margins of classes, CTC, and of the forms of
normalisation and dropout that show what they computed on the way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.opinfo import OpInfo, Sample, draw, integers, mask, positive, sample

SHAPES: list[tuple[int, ...]] = [(3, 4), (2, 4, 3), (2, 4, 3, 5)]


def fixed(*shape: int, below: int = 5) -> Any:
    """Indices that are the same in both libraries and never require grad."""
    return np.random.default_rng(5).integers(0, below, shape)


# --------------------------------------------------------------------------- normalisation


def _batch_norm(name: str) -> Any:
    def call(torch: Any, x: Any, mean: Any, var: Any, *args: Any) -> Any:
        """The running statistics are never leaves, and each call has its own."""
        own = mean.detach().clone(), var.detach().clone()
        return getattr(torch, name)(x, *args[:2], *own, *args[2:])

    return call


def _group_norm(torch: Any, x: Any, weight: Any, bias: Any, group: int) -> Any:
    n, c = x.shape[:2]
    # Of others torch refuses the input, and reads wrong elements of the parameters.
    x, weight, bias = x.contiguous(), weight.contiguous(), bias.contiguous()
    return torch.native_group_norm(x, weight, bias, n, c, x.numel() // (n * c), group, 1e-5)


NORMALISATION = [
    OpInfo(
        name,
        [
            sample(draw(*shape), draw(4), positive(4), draw(4), draw(4), training, 0.1, 1e-5)
            for shape in SHAPES
            for training in (True, False)
        ],
        op=_batch_norm(name),
    )
    for name in ("native_batch_norm", "_native_batch_norm_legit")
]
NORMALISATION += [
    OpInfo(
        "_native_batch_norm_legit",
        [sample(draw(3, 4, 5), draw(4), draw(4), True, 0.1, 1e-5)],
    ),
    OpInfo(
        "native_layer_norm",
        [
            sample(draw(3, 4), (4,), draw(4), draw(4), 1e-5),
            sample(draw(2, 3, 4), (3, 4), draw(3, 4), draw(3, 4), 1e-5),
            sample(draw(2, 3, 4), (4,), draw(4), draw(4), 0.1),
        ],
    ),
    OpInfo(
        "native_group_norm",
        [
            sample(draw(2, 4, 3), draw(4), draw(4), 2),
            sample(draw(2, 6, 3, 2), draw(6), draw(6), 3),
        ],
        op=_group_norm,
    ),
    OpInfo(
        "native_group_norm of a fixed input",
        [sample(draw(2, 4, 3), draw(4), draw(4), 2)],
        op=lambda torch, x, *args: _group_norm(torch, x.detach(), *args),
    ),
    OpInfo(
        "local_response_norm",
        [
            sample(draw(2, 5, 3), 2),
            sample(draw(2, 5, 3, 2), 3, alpha=0.5, beta=0.5, k=2.0),
            sample(draw(2, 5, 3, 2, 2), 4, alpha=0.5),
        ],
        op=lambda torch, x, *args, **options: torch.nn.functional.local_response_norm(
            x.contiguous(), *args, **options
        ),
    ),
    OpInfo(
        "nn.functional.normalize",
        [
            sample(draw(3, 4)),
            sample(draw(3, 4), p=1.0, dim=0),
            sample(draw(2, 3, 4), p=3.0, dim=-1),
            sample(draw(2, 3, 4), dim=(0, 2)),
            sample(draw(5), dim=0, eps=10.0),
        ],
    ),
]

# --------------------------------------------------------------------------- dropout, softmax


def _native_dropout(torch: Any, x: Any, *args: Any) -> Any:
    torch.manual_seed(3)
    return torch.native_dropout(x, *args)


def _native_dropout_backward(torch: Any, *args: Any) -> Any:
    home = torch.ops.aten if hasattr(torch, "ops") else torch
    return home.native_dropout_backward(*args)


def _gumbel_softmax(torch: Any, x: Any, **options: Any) -> Any:
    torch.manual_seed(3)
    return torch.nn.functional.gumbel_softmax(x, **options)


def _softmax_backward(torch: Any, name: str, grad: Any, output: Any, dim: int) -> Any:
    return getattr(torch, name)(grad, output, dim, output.dtype)


NOISE_AND_SOFTMAX = [
    OpInfo(
        "native_dropout",
        [
            sample(draw(3, 4), 0.3, True),
            sample(draw(3, 4), 0.3, False),
            sample(draw(3), 1.0, True),
        ],
        op=_native_dropout,
    ),
    OpInfo(
        "native_dropout_backward",
        [sample(draw(3, 4), mask(3, 4), 1.5)],
        op=_native_dropout_backward,
    ),
    OpInfo(
        "nn.functional.gumbel_softmax",
        [sample(draw(3, 4)), sample(draw(3, 4), tau=0.5, dim=0)],
        op=_gumbel_softmax,
    ),
    OpInfo(
        "nn.functional.gumbel_softmax, hard",
        [sample(draw(3, 4), hard=True), sample(draw(3, 4), hard=True, dim=0)],
        op=_gumbel_softmax,
    ),
    OpInfo(
        "_safe_softmax",
        [sample(draw(3, 4), 1), sample(draw(3, 4), 0), sample(draw(2, 3), -1)],
    ),
    *[
        OpInfo(
            name,
            [sample(draw(3, 4), draw(3, 4), 1), sample(draw(2, 3, 4), draw(2, 3, 4), 0)],
            op=lambda torch, *args, name=name: _softmax_backward(torch, name, *args),
        )
        for name in ("_softmax_backward_data", "_log_softmax_backward_data")
    ],
]

# --------------------------------------------------------------------------- embedding bags


def _bag(mode: str) -> list[Sample]:
    table, offsets = draw(5, 3), np.array([0, 2, 2, 5])
    samples = [
        sample(fixed(4, 3), table, mode=mode),
        sample(fixed(7), table, offsets, mode=mode),
        sample(fixed(7), table, offsets, mode=mode, padding_idx=2),
        sample(fixed(7), table, offsets, mode=mode, padding_idx=-1),
        sample(fixed(5), table, offsets, mode=mode, include_last_offset=True),
    ]
    if mode != "max":
        samples.append(sample(fixed(7), table, offsets, mode=mode, scale_grad_by_freq=True))
    return samples


def _weighted_bag(torch: Any, input: Any, table: Any, weights: Any, *args: Any, **kw: Any) -> Any:
    return torch.nn.functional.embedding_bag(
        input, table, *args, mode="sum", per_sample_weights=weights, **kw
    )


EMBEDDING_BAGS = [
    OpInfo("nn.functional.embedding_bag", _bag(mode), second_derivative=False)
    for mode in ("sum", "mean", "max")
] + [
    OpInfo(
        "embedding_bag with weights",
        [
            sample(fixed(4, 3), draw(5, 3), draw(4, 3)),
            sample(fixed(7), draw(5, 3), draw(7), np.array([0, 2, 2, 5]), padding_idx=1),
        ],
        op=_weighted_bag,
        second_derivative=False,
    )
]

# --------------------------------------------------------------------------- attention


def _attention(torch: Any, *args: Any, **options: Any) -> Any:
    return torch.nn.functional.scaled_dot_product_attention(*args, **options)


_QKV = draw(2, 4, 3, 5), draw(2, 4, 6, 5), draw(2, 4, 6, 5)
_NO_KEY = np.array([[True] * 6, [False] * 6, [True, False] * 3])
_FUSED = [
    sample(*_QKV),
    sample(*_QKV, scale=0.3),
    sample(*_QKV, is_causal=True),
    sample(*_QKV, _NO_KEY),
    sample(*_QKV, mask(2, 1, 3, 6)),
    sample(_QKV[0], draw(2, 2, 6, 5), draw(2, 2, 6, 5), enable_gqa=True),
]
_COMPOSED = [
    sample(*_QKV, draw(3, 6)),
    sample(*_QKV, draw(2, 4, 3, 6)),
    sample(_QKV[0], _QKV[1], draw(2, 4, 6, 7)),
    sample(draw(4, 3, 5), draw(4, 6, 5), draw(4, 6, 5)),
    sample(draw(4, 3, 5), draw(4, 6, 5), draw(4, 6, 5), is_causal=True),
    sample(draw(4, 3, 5), draw(4, 6, 5), draw(4, 6, 5), _NO_KEY, scale=0.3),
]
ATTENTION = [
    # torch's fused kernel has no second derivative
    OpInfo("scaled_dot_product_attention", _FUSED, op=_attention, second_derivative=False),
    OpInfo("scaled_dot_product_attention, composed", _COMPOSED, op=_attention),
]

# --------------------------------------------------------------------------- distances, losses


def _ctc(torch: Any, log_probs: Any, targets: Any, *args: Any, **options: Any) -> Any:
    normalised = torch.nn.functional.log_softmax(log_probs, -1)
    targets = targets.contiguous()  # of others torch reads the wrong elements
    return torch.nn.functional.ctc_loss(normalised, targets, *args, **options) * 1.0


_LABELS = np.array([[1, 2, 2], [3, 1, 0]])
DISTANCES_AND_LOSSES = [
    OpInfo(
        "nn.functional.pdist",
        [sample(draw(5, 3), p) for p in (0.0, 0.7, 1.0, 2.0, 3.0, np.inf)]
        + [sample(draw(1, 3)), sample(draw(3, 0))],
        second_derivative=False,
    ),
    OpInfo(
        "nn.functional.multi_margin_loss",
        [
            sample(draw(5, 4), fixed(5, below=4), p, 0.7, reduction=reduction)
            for p in (1, 2)
            for reduction in ("mean", "sum", "none")
        ]
        + [sample(draw(4), np.array(2)), sample(draw(4), np.array([1]), reduction="none")],
        second_derivative=False,
    ),
    OpInfo(
        "nn.functional.multilabel_margin_loss",
        [
            sample(draw(2, 4), np.array([[1, 3, -1, 0], [-1, 0, 0, 0]]), reduction=reduction)
            for reduction in ("mean", "sum", "none")
        ]
        + [sample(draw(4), np.array([0, 1, 2, 3])), sample(draw(), np.array(0))],
        second_derivative=False,
    ),
    OpInfo(
        "ctc_loss times 1",
        [
            sample(draw(6, 2, 4), _LABELS, (6, 5), (3, 2), reduction=reduction, zero_infinity=zero)
            for reduction in ("mean", "sum", "none")
            for zero in (True, False)
        ]
        + [
            sample(draw(6, 2, 4), np.array([1, 2, 2, 3, 1]), (6, 5), (3, 2)),
            sample(draw(6, 2, 4), _LABELS, (2, 5), (3, 0), zero_infinity=True),
            sample(draw(6, 4), np.array([1, 2, 2]), (6,), (3,), blank=3),
        ],
        op=_ctc,
        second_derivative=False,
    ),
    OpInfo(
        "linear_cross_entropy times 1",
        [
            sample(draw(5, 3), draw(4, 3), integers(0, 4, 5)),
            sample(draw(3), draw(4, 3), integers(0, 4)),
            sample(draw(5, 3), draw(4, 2, 3), integers(0, 4, 5, 2), reduction="none"),
            sample(draw(5, 3), draw(4, 3), integers(0, 4, 5), label_smoothing=0.2),
            sample(draw(5, 3), draw(4, 3), integers(0, 4, 5), ignore_index=1, reduction="sum"),
        ],
        op=lambda torch, *args, **kwargs: (
            torch.nn.functional.linear_cross_entropy(*args, **kwargs) * 1.0
        ),
    ),
]

# --------------------------------------------------------------------------- sequences, weights


def _packed(torch: Any, x: Any, lengths: tuple[int, ...], batch_first: bool) -> Any:
    return torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first)


def _packed_and_padded(torch: Any, x: Any, lengths: tuple[int, ...], batch_first: bool) -> Any:
    packed = _packed(torch, x, lengths, batch_first)
    return torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first, padding_value=2.0)[0]


def _standard_gamma(torch: Any, alpha: Any) -> Any:
    torch.manual_seed(3)
    return torch._standard_gamma(alpha)


_SEQUENCES = [
    sample(draw(5, 3, 2), (5, 3, 1), False),
    sample(draw(2, 4), (3, 3), True),
]
SEQUENCES_AND_WEIGHTS = [
    OpInfo(
        "pack_padded_sequence",
        _SEQUENCES,
        op=lambda torch, *args: _packed(torch, *args).data,
    ),
    OpInfo("pad_packed_sequence", _SEQUENCES, op=_packed_and_padded),
    OpInfo(
        "_weight_norm, where torch's second derivative takes the norm for a constant",
        [
            sample(draw(4, 3), positive(4, 1), 0),
            sample(draw(4, 3, 2), positive(1, 1, 2), 2),
        ],
        op=lambda torch, *args: torch._weight_norm(*args),
        second_derivative=False,
    ),
    OpInfo(
        "_standard_gamma",
        [sample(positive(3, 4)), sample(positive())],
        op=_standard_gamma,
        second_derivative=False,
    ),
]

NN_FUNCTIONAL_OPS = [
    *NORMALISATION,
    *NOISE_AND_SOFTMAX,
    *EMBEDDING_BAGS,
    *ATTENTION,
    *DISTANCES_AND_LOSSES,
    *SEQUENCES_AND_WEIGHTS,
]
