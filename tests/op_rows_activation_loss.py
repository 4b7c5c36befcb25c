"""The rows of the activation functions, softmax and the losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.opinfo import Draw, OpInfo, Sample, draw, integers, sample

SHAPES: list[tuple[int, ...]] = [(3, 4), (), (0, 2), (2, 1, 3), (40, 33)]


def activation(
    name: str,
    *settings: dict[str, Any],
    low: float = -4,
    high: float = 4,
    second_derivative: bool = True,
) -> OpInfo:
    """A row for ``nn.functional.<name>(input, **settings)``."""
    samples = [sample(draw(*shape, low=low, high=high)) for shape in SHAPES]
    samples += [sample(draw(5, 7, low=low, high=high), **kwargs) for kwargs in settings]
    return OpInfo(f"nn.functional.{name}", samples, second_derivative=second_derivative)


def in_place(name: str, *args: Any, second_derivative: bool = True, **kwargs: Any) -> OpInfo:
    """A row for the in-place form of a function, applied to an intermediate result."""

    def call(torch: Any, x: Any) -> Any:
        return getattr(torch.nn.functional, name)(x * 1, *args, **kwargs)

    samples = [sample(draw(3, 4, low=-4, high=4))]
    return OpInfo(f"{name} in place", samples, op=call, second_derivative=second_derivative)


def in_place_on_a_view(torch: Any, x: Any) -> Any:
    base = x * 1
    torch.nn.functional.silu(base[:, 1], inplace=True)
    return base * 1


def _rrelu(torch: Any, x: Any) -> Any:
    torch.manual_seed(3)
    return torch.nn.functional.rrelu(x.contiguous(), training=True)


ACTIVATIONS = [
    activation("relu"),
    activation("relu6", low=-4, high=8),
    activation("hardtanh", {"min_val": -0.5, "max_val": 2.0}),
    activation("leaky_relu", {"negative_slope": 0.3}, {"negative_slope": -0.3}),
    activation("hardsigmoid", second_derivative=False),
    activation("hardswish"),
    activation("hardshrink", {"lambd": 1.5}),
    activation("softshrink", {"lambd": 1.5}),
    activation("elu", {"alpha": 0.7}),
    activation("selu"),
    activation("celu", {"alpha": 0.7}),
    activation("gelu", {"approximate": "tanh"}),
    activation("silu"),
    activation("mish", low=-30, high=30),
    activation("softplus", {"beta": 2.0, "threshold": 3.0}, low=-30, high=30),
    activation("logsigmoid", low=-40, high=40),
    activation("softsign"),
    activation("tanhshrink"),
    activation("rrelu"),
    OpInfo("rrelu in training", [sample(draw(3, 4))], op=_rrelu),
    OpInfo("nn.functional.threshold", [sample(draw(3, 4), 0.3, -7.0)]),
    OpInfo("nn.functional.glu", [sample(draw(3, 4)), sample(draw(4, 3), 0), sample(draw(0, 2))]),
    OpInfo(
        "nn.functional.prelu",
        [
            sample(draw(3, 4), draw(4)),
            sample(draw(3, 4), draw(1)),
            sample(draw(2, 3, 4), draw(3)),
            sample(draw(5), draw(1)),
            sample(draw(2, 3), draw()),
        ],
    ),
    OpInfo("erf", [sample(draw(*shape, low=-4, high=4)) for shape in SHAPES]),
]
IN_PLACE = [
    in_place("relu_"),
    in_place("leaky_relu_", 0.2),
    in_place("hardtanh_", -0.5, 0.7),
    in_place("relu6", inplace=True),
    in_place("elu_", 0.7),
    in_place("celu_", 0.7),
    in_place("selu_"),
    in_place("silu", inplace=True),
    in_place("mish", inplace=True),
    in_place("hardsigmoid", second_derivative=False, inplace=True),
    in_place("hardswish", inplace=True),
    OpInfo("silu in place on a view", [sample(draw(3, 4))], op=in_place_on_a_view),
]


def rows_of(name: str) -> OpInfo:
    """A row for a softmax of some kind: ``nn.functional.<name>(input, dim)``."""
    return OpInfo(
        f"nn.functional.{name}",
        [
            sample(draw(3, 4), 1),
            sample(draw(3, 4), 0),
            sample(draw(2, 3, 4), 1),
            sample(draw(64, 33), -1),
            sample(draw(3, 300), -1),
            sample(draw(), 0),
            sample(draw(0, 3), 1),
            sample(draw(3, 0), 1),
            sample(draw(3, 4, low=-300, high=300), 1),
        ],
    )


SOFTMAX = [rows_of("softmax"), rows_of("log_softmax"), rows_of("softmin")]


def loss(name: str, pairs: Sequence[tuple[Any, ...]], *settings: dict[str, Any]) -> OpInfo:
    """A row for a loss on every pair, with every reduction, and once with each of the settings."""
    samples = [
        Sample(pair, {"reduction": reduction})
        for pair in pairs
        for reduction in ("mean", "sum", "none")
    ]
    samples += [Sample(pairs[0], kwargs) for kwargs in settings]
    return OpInfo(f"nn.functional.{name}", samples)


def times_one(name: str, *samples: Sample) -> OpInfo:
    """Followed by a product, because torch's last step is an overload with a name of its own."""

    def call(torch: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(torch.nn.functional, name)(*args, **kwargs) * 1.0

    return OpInfo(f"{name} times 1", samples, op=call)


def between(*shape: int) -> Draw:
    return draw(*shape, low=0.05, high=0.95)


def constant(*shape: int) -> Any:
    """An array that does not require grad, which torch allows for few arguments."""
    return np.random.default_rng(3).uniform(0.2, 1.5, shape).round(6)


def signs(*shape: int) -> Any:
    return np.random.default_rng(4).integers(0, 2, shape) * 2.0 - 1


def with_constant(name: str, keyword: str, *shape: int, **kwargs: Any) -> OpInfo:
    """A loss with one more tensor that is no input of the gradient."""

    def call(torch: Any, *args: Any, **options: Any) -> Any:
        weight = torch.from_numpy(constant(*shape)).to(args[0].dtype)
        options[keyword] = weight
        return getattr(torch.nn.functional, name)(*args, **options) * 1.0

    pairs = {
        "cross_entropy": [(draw(5, 4), integers(0, 4, 5)), (draw(2, 4, 3), integers(0, 4, 2, 3))],
        "nll_loss": [(draw(5, 4), integers(0, 4, 5)), (draw(2, 4, 3, 2), integers(0, 4, 2, 3, 2))],
        "binary_cross_entropy": [(between(5, 4), between(5, 4))],
        "binary_cross_entropy_with_logits": [(draw(5, 4), between(5, 4))],
    }[name]
    samples = [
        Sample(pair, {"reduction": reduction, **kwargs})
        for pair in pairs
        for reduction in ("mean", "sum", "none")
    ]
    return OpInfo(f"{name} with {keyword} {shape} {kwargs or ''}", samples, op=call)


pair = [(draw(3, 4), draw(3, 4)), (draw(0, 4), draw(0, 4)), (draw(), draw())]
classes = [
    (draw(5, 4), integers(0, 4, 5)),
    (draw(4), integers(0, 4)),
    (draw(2, 4, 3), integers(0, 4, 2, 3)),
    (draw(2, 4, 3, 2), integers(0, 4, 2, 3, 2)),
    (draw(2, 4, 1, 3, 2), integers(0, 4, 2, 1, 3, 2)),
    (draw(0, 4), integers(0, 4, 0)),
    (draw(64, 300), integers(0, 300, 64)),
]
LOSSES = [
    loss("mse_loss", [*pair, (draw(2, 3), draw(3)), (draw(3, 1), draw(2, 1, 3))]),
    loss("l1_loss", [*pair, (draw(2, 3), draw(3))]),
    loss("smooth_l1_loss", [*pair, (draw(2, 3), draw(3))], {"beta": 0.5}, {"beta": 0.0}),
    loss("huber_loss", [*pair, (draw(2, 3), draw(3))], {"delta": 0.5}),
    loss("binary_cross_entropy", [(between(3, 4), between(3, 4)), (between(0, 2), between(0, 2))]),
    loss("binary_cross_entropy_with_logits", [(draw(3, 4), between(3, 4)), (draw(), between())]),
    loss("nll_loss", classes, {"ignore_index": 1}),
    loss("cross_entropy", classes, {"ignore_index": 1}, {"label_smoothing": 0.2}),
    loss("kl_div", [(draw(3, 4), between(3, 4))], {"reduction": "batchmean"}, {"log_target": True}),
    loss("poisson_nll_loss", [(draw(3, 4), constant(3, 4) * 3)], {"full": True}),
    loss("gaussian_nll_loss", [(draw(3, 4), draw(3, 4), between(3, 4))], {"full": True}),
    loss("gaussian_nll_loss", [(draw(3, 4), draw(3, 4), between(3, 1))]),
    loss("soft_margin_loss", [(draw(3, 4), integers(0, 2, 3, 4))]),
    loss("hinge_embedding_loss", [(draw(3, 4), integers(0, 2, 3, 4))], {"margin": 0.3}),
    times_one(
        "margin_ranking_loss",
        sample(draw(5), draw(5), signs(5)),
        sample(draw(5), draw(5), signs(5), margin=0.5, reduction="none"),
    ),
    times_one(
        "cosine_embedding_loss",
        sample(draw(5, 3), draw(5, 3), signs(5)),
        sample(draw(5, 3), draw(5, 3), signs(5), margin=0.2, reduction="none"),
    ),
    times_one(
        "triplet_margin_loss",
        sample(draw(5, 3), draw(5, 3), draw(5, 3)),
        sample(draw(5, 3), draw(5, 3), draw(5, 3), swap=True, p=1, reduction="none"),
    ),
    times_one("pairwise_distance", sample(draw(5, 3), draw(5, 3)), sample(draw(3), draw(3))),
    times_one("cosine_similarity", sample(draw(5, 3), draw(5, 3)), sample(draw(3, 4), draw(4), 0)),
    times_one("multilabel_soft_margin_loss", sample(draw(5, 3), between(5, 3))),
    OpInfo(
        "multi_margin_loss times 1",
        [
            sample(draw(5, 3), integers(0, 3, 5)),
            sample(draw(5, 3), integers(0, 3, 5), p=2, margin=0.5, reduction="none"),
        ],
        op=lambda torch, *args, **kwargs: (
            torch.nn.functional.multi_margin_loss(*args, **kwargs) * 1.0
        ),
        second_derivative=False,
    ),
    times_one(
        "cross_entropy",
        *[
            sample(draw(*shape), between(*shape), reduction=reduction, label_smoothing=smoothing)
            for shape in ((5, 4), (4,), (2, 4, 3))
            for reduction in ("mean", "sum", "none")
            for smoothing in (0.0, 0.3)
        ],
    ),
    with_constant("cross_entropy", "weight", 4),
    with_constant("cross_entropy", "weight", 4, ignore_index=2),
    with_constant("cross_entropy", "weight", 4, ignore_index=2, label_smoothing=0.3),
    with_constant("nll_loss", "weight", 4),
    with_constant("binary_cross_entropy", "weight", 4),
    with_constant("binary_cross_entropy_with_logits", "weight", 4),
    with_constant("binary_cross_entropy_with_logits", "pos_weight", 4),
]

ACTIVATION_LOSS_OPS = [*ACTIVATIONS, *IN_PLACE, *SOFTMAX, *LOSSES]
