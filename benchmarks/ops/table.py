"""The operations, one a line: its name, how its inputs are made, the call.

The call gets the library and its inputs as tensors, so each is written once for both libraries.
A row whose call needs a layer with weights of its own names one that makes it: its call gets the
layer as the first input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.ops.inputs import (
    Inputs,
    batched,
    chosen,
    dividend_and_divisor,
    filters,
    heads,
    images,
    images_with_scale,
    linear,
    matrix_and_vector,
    one,
    positive,
    sequence,
    square,
    tall,
    tokens,
    two,
    with_class,
    with_column,
    with_places,
    with_places_and_values,
    with_probability,
    with_row,
    with_rows,
    with_scale,
    with_target,
)


@dataclass(frozen=True)
class Operation:
    """A row of the table.

    Args:
        call: of the library and the inputs; returns what is compared.
        differentiable: whether it is also measured with its backward.
        layer: of the library and the first input; made once, its parameters get gradients.
    """

    name: str
    inputs: Inputs
    call: Callable[..., Any]
    differentiable: bool = True
    layer: Callable[..., Any] | None = None


def F(torch: Any) -> Any:
    """The functions of ``torch.nn.functional``."""
    return torch.nn.functional


def conv2d(**options: Any) -> Callable[..., Any]:
    """Returns the call of a convolution with these options, in as many groups as fit."""
    return lambda torch, x, w, b: F(torch).conv2d(
        x, w, b, groups=x.shape[1] // w.shape[1], **options
    )


def recurrent(name: str) -> Callable[..., Any]:
    """Returns what makes a recurrent layer, as wide as its input."""
    return lambda torch, x: getattr(torch.nn, name)(x.shape[-1], x.shape[-1])


# fmt: off
TABLE: Mapping[str, tuple[Operation, ...]] = {
    "element-wise": (
        Operation("add", two, lambda torch, a, b: a + b),
        Operation("add a number", one, lambda torch, a: a + 1.5),
        Operation("add, row broadcast", with_row, lambda torch, a, row: a + row),
        Operation("mul", two, lambda torch, a, b: a * b),
        Operation("mul, column broadcast", with_column, lambda torch, a, column: a * column),
        Operation("div", dividend_and_divisor, lambda torch, a, b: a / b),
        Operation("neg", one, lambda torch, x: -x),
        Operation("abs", one, lambda torch, x: x.abs()),
        Operation("where", chosen, lambda torch, condition, a, b: torch.where(condition, a, b)),
        Operation("clamp", one, lambda torch, x: x.clamp(-1, 1)),
        Operation("maximum", two, lambda torch, a, b: torch.maximum(a, b)),
        Operation("relu", one, lambda torch, x: torch.relu(x)),
        Operation("leaky_relu", one, lambda torch, x: F(torch).leaky_relu(x)),
        Operation("a > b", two, lambda torch, a, b: a > b, differentiable=False),
    ),
    "transcendental": (
        Operation("exp", one, lambda torch, x: x.exp()),
        Operation("log", positive, lambda torch, x: x.log()),
        Operation("sqrt", positive, lambda torch, x: x.sqrt()),
        Operation("pow 2", one, lambda torch, x: x**2),
        Operation("pow 2.5", positive, lambda torch, x: x**2.5),
        Operation("sin", one, lambda torch, x: x.sin()),
        Operation("tanh", one, lambda torch, x: x.tanh()),
        Operation("sigmoid", one, lambda torch, x: x.sigmoid()),
        Operation("silu", one, lambda torch, x: F(torch).silu(x)),
        Operation("gelu", one, lambda torch, x: F(torch).gelu(x)),
        Operation("gelu, tanh", one, lambda torch, x: F(torch).gelu(x, approximate="tanh")),
        Operation("erf", one, lambda torch, x: torch.erf(x)),
        Operation("softplus", one, lambda torch, x: F(torch).softplus(x)),
    ),
    "reductions": (
        Operation("sum", one, lambda torch, x: x.sum()),
        Operation("sum dim 0", one, lambda torch, x: x.sum(0)),
        Operation("sum dim 1", one, lambda torch, x: x.sum(1)),
        Operation("mean dim 1", one, lambda torch, x: x.mean(1)),
        Operation("var dim 1", one, lambda torch, x: x.var(1)),
        Operation("norm dim 1", one, lambda torch, x: x.norm(dim=1)),
        Operation("logsumexp", one, lambda torch, x: x.logsumexp(1)),
        Operation("max dim 1", one, lambda torch, x: x.max(1).values),
        Operation("argmax dim 1", one, lambda torch, x: x.argmax(1), differentiable=False),
        Operation("cumsum dim 1", one, lambda torch, x: x.cumsum(1)),
        Operation("sort", one, lambda torch, x: x.sort(1).values),
        Operation("topk 4", one, lambda torch, x: x.topk(4, 1).values),
    ),
    "softmax and norms": (
        Operation("softmax", one, lambda torch, x: x.softmax(1)),
        Operation("log_softmax", one, lambda torch, x: x.log_softmax(1)),
        Operation("batch_norm", with_scale, lambda torch, x, w, b: F(torch).batch_norm(x, None, None, w, b, training=True)),
        Operation("batch_norm, images", images_with_scale, lambda torch, x, w, b: F(torch).batch_norm(x, None, None, w, b, training=True)),
        Operation("layer_norm", with_scale, lambda torch, x, w, b: F(torch).layer_norm(x, w.shape, w, b)),
        Operation("group_norm", images_with_scale, lambda torch, x, w, b: F(torch).group_norm(x, 2, w, b)),
    ),
    "products": (
        Operation("matmul, square", square, lambda torch, a, b: a @ b),
        Operation("matmul, tall", tall, lambda torch, a, b: a @ b),
        Operation("matmul, batched", batched, lambda torch, a, b: a @ b),
        Operation("matrix and vector", matrix_and_vector, lambda torch, a, v: a @ v),
        Operation("linear", linear, lambda torch, x, w, b: F(torch).linear(x, w, b)),
        Operation("attention", heads, lambda torch, q, k, v: F(torch).scaled_dot_product_attention(q, k, v)),
        Operation("attention, causal", heads, lambda torch, q, k, v: F(torch).scaled_dot_product_attention(q, k, v, is_causal=True)),
    ),
    "convolutions": (
        Operation("3x3, 1 to 32, 28x28", filters(1, 32, 28), conv2d(padding=1)),
        Operation("3x3, 32 to 64, 14x14", filters(32, 64, 14), conv2d(padding=1)),
        Operation("3x3, 256 to 256, 14x14", filters(256, 256, 14, tiny=False), conv2d(padding=1)),
        Operation("3x3, 128 to 128, 28x28", filters(128, 128, 28, tiny=False), conv2d(padding=1)),
        Operation("3x3, 64 to 64, 56x56", filters(64, 64, 56, tiny=False), conv2d(padding=1)),
        Operation("3x3, 64 to 128, stride 2", filters(64, 128, 28), conv2d(padding=1, stride=2)),
        Operation("5x5, 32 to 64", filters(32, 64, 14, kernel=5), conv2d(padding=2)),
        Operation("1x1, 256 to 64", filters(256, 64, 28, kernel=1), conv2d()),
        Operation("3x3, 128 to 128, 4 groups", filters(128, 128, 28, groups=4), conv2d(padding=1)),
        Operation("3x3, depthwise, 64", filters(64, 64, 28, groups=64), conv2d(padding=1)),
        Operation("transposed 2x2, 64 to 32", filters(64, 32, 14, kernel=2, transposed=True), lambda torch, x, w, b: F(torch).conv_transpose2d(x, w, b, stride=2)),
    ),
    "pools": (
        Operation("max_pool2d", images, lambda torch, x: F(torch).max_pool2d(x, 2)),
        Operation("avg_pool2d", images, lambda torch, x: F(torch).avg_pool2d(x, 2)),
        Operation("adaptive_avg_pool2d", images, lambda torch, x: F(torch).adaptive_avg_pool2d(x, 2)),
    ),
    "indices and shapes": (
        Operation("embedding", tokens, lambda torch, table, text: F(torch).embedding(text, table)),
        Operation("index_select", with_rows, lambda torch, x, rows: x.index_select(0, rows)),
        Operation("x[rows]", with_rows, lambda torch, x, rows: x[rows]),
        Operation("gather", with_places, lambda torch, x, places: x.gather(1, places)),
        Operation("scatter_add", with_places_and_values, lambda torch, x, places, values: x.scatter_add(1, places, values)),
        Operation("cat", two, lambda torch, a, b: torch.cat((a, b), 1)),
        Operation("transpose, copied", one, lambda torch, x: x.t().contiguous()),
        Operation("permute, copied", images, lambda torch, x: x.permute(0, 2, 3, 1).contiguous()),
        Operation("reshape", one, lambda torch, x: x.reshape(-1)),
        Operation("dropout", one, lambda torch, x: F(torch).dropout(x, 0.5)),
    ),
    "losses": (
        Operation("cross_entropy", with_class, lambda torch, x, y: F(torch).cross_entropy(x, y)),
        Operation("mse_loss", with_target, lambda torch, x, y: F(torch).mse_loss(x, y)),
        Operation("smooth_l1_loss", with_target, lambda torch, x, y: F(torch).smooth_l1_loss(x, y)),
        Operation("bce_with_logits", with_probability, lambda torch, x, y: F(torch).binary_cross_entropy_with_logits(x, y)),
    ),
    "recurrent layers": (
        Operation("RNN", sequence, lambda torch, layer, x: layer(x)[0], layer=recurrent("RNN")),
        Operation("GRU", sequence, lambda torch, layer, x: layer(x)[0], layer=recurrent("GRU")),
        Operation("LSTM", sequence, lambda torch, layer, x: layer(x)[0], layer=recurrent("LSTM")),
    ),
}
# fmt: on
