"""The rows of the tensor operations: arithmetic, reductions, shapes, indexing, products."""

from __future__ import annotations

import numpy as np

from tests.opinfo import OpInfo, binary, draw, integers, mask, positive, sample, unary

x34 = draw(3, 4)

ARITHMETIC = [
    binary("add", inplace="add_"),
    OpInfo(
        "add",
        [sample(draw(2, 3), draw(3), alpha=2.5), sample(draw(2), 3.0), sample(draw(2), 2, alpha=2)],
    ),
    binary("sub", inplace="sub_"),
    OpInfo("sub", [sample(draw(2, 3), draw(3), alpha=2.5), sample(draw(2), 3.0)]),
    OpInfo("rsub", [sample(draw(2, 3), 3.0)], op=lambda torch, x, y: y - x),
    binary("mul", inplace="mul_"),
    OpInfo("mul", [sample(draw(2, 3), 2.5), sample(draw(2), 3)]),
    binary("div", right=positive, inplace="div_"),
    OpInfo(
        "div",
        [
            sample(draw(2, 3), 2.5),
            sample(draw(3), positive(3), rounding_mode="floor"),
            sample(draw(3), positive(3), rounding_mode="trunc"),
        ],
    ),
    OpInfo("rdiv", [sample(positive(2, 3), 3.0)], op=lambda torch, x, y: y / x),
    binary("floor_divide", right=positive, differentiable=False),
    binary("remainder", right=positive, inplace="remainder_"),
    OpInfo("remainder", [sample(draw(5), -1.5), sample(draw(5), 0.7)]),
    binary("fmod", right=positive, inplace="fmod_"),
    binary("pow", left=positive, inplace="pow_"),
    OpInfo("pow", [sample(positive(2, 3), e) for e in (0, 1, 2, 3, -1, 0.5, -0.5, 2.7, -2)]),
    OpInfo("pow", [sample(draw(2, 3), e) for e in (0, 1, 2, 3, 4)]),
    OpInfo("rpow", [sample(draw(2, 3), 2.0), sample(draw(2, 3), 1.0)], op=lambda torch, x, y: y**x),
    binary("maximum"),
    binary("minimum"),
    binary("atan2", right=positive),
    OpInfo(
        "lerp",
        [
            sample(draw(3), draw(3), 0.3),
            sample(draw(3), draw(3), 0.8),
            sample(draw(2, 3), draw(3), draw(3, low=0.1, high=0.9)),
        ],
        inplace="lerp_",
    ),
    OpInfo(
        "addcmul",
        [sample(draw(2, 3), draw(3), draw(2, 1), value=0.5)],
        inplace="addcmul_",
        composite=True,
    ),
    OpInfo(
        "addcdiv",
        [sample(draw(2, 3), draw(3), positive(2, 1), value=0.5)],
        inplace="addcdiv_",
        composite=True,
    ),
    OpInfo("where", [sample(mask(3, 4), draw(3, 4), draw(4)), sample(mask(3), draw(3), 2.0)]),
]
COMPARISON = [
    binary(name, differentiable=False)
    for name in ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor")
]
UNARY = [
    unary("neg", inplace="neg_"),
    unary("abs", inplace="abs_"),
    unary("exp", inplace="exp_"),
    unary("expm1"),
    unary("exp2"),
    unary("log", positive, inplace="log_"),
    unary("log2", positive),
    unary("log10", positive),
    unary("log1p", positive),
    unary("sqrt", positive, inplace="sqrt_"),
    unary("rsqrt", positive, inplace="rsqrt_"),
    unary("reciprocal", positive, inplace="reciprocal_"),
    unary("square"),
    unary("sin", inplace="sin_"),
    unary("cos", inplace="cos_"),
    unary("tan", lambda *s: draw(*s, low=-1.2, high=1.2)),
    unary("asin", lambda *s: draw(*s, low=-0.9, high=0.9)),
    unary("acos", lambda *s: draw(*s, low=-0.9, high=0.9)),
    unary("atan"),
    unary("sinh"),
    unary("cosh"),
    unary("tanh", inplace="tanh_"),
    unary("sigmoid", inplace="sigmoid_"),
    unary("sign"),
    unary("floor", inplace="floor_"),
    unary("ceil", inplace="ceil_"),
    unary("trunc"),
    unary("round", inplace="round_"),
    OpInfo("round", [sample(draw(4), decimals=1)], composite=True),
    OpInfo(
        "clamp",
        [
            sample(draw(3, 4), -0.5, 0.5),
            sample(draw(3, 4), min=0.0),
            sample(draw(3, 4), max=0.0),
            sample(draw(3, 4), draw(4), draw(3, 1)),
        ],
        inplace="clamp_",
    ),
    unary("isnan", differentiable=False),
    unary("isinf", differentiable=False),
    unary("isfinite", differentiable=False),
    unary("logical_not", differentiable=False),
]
dims = [
    sample(draw(3, 4)),
    sample(draw(3, 4), 1),
    sample(draw(2, 3, 4), (0, 2)),
    sample(draw(2, 3, 4), -1, True),
    sample(draw()),
]
REDUCTIONS = [
    OpInfo("sum", [*dims, sample(draw(0, 3), 0)], method=True),
    OpInfo("mean", dims, method=True),
    OpInfo(
        "var",
        [*dims[:-1], sample(draw(3, 4), 1, correction=0), sample(draw(3, 4), correction=2)],
        method=True,
    ),
    OpInfo("std", [*dims[:-1], sample(draw(3, 4), 1, unbiased=False)], method=True),
    OpInfo("var_mean", [sample(draw(3, 4), 1)], composite=True),
    OpInfo("std_mean", [sample(draw(3, 4), 1)], composite=True),
    OpInfo(
        "prod",
        [
            sample(draw(3, 4)),
            sample(draw(3, 4), 1),
            sample(draw(2, 3, 4), -1, True),
            sample(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0]]), 1),
        ],
        method=True,
    ),
    OpInfo(
        "cumsum", [sample(draw(3, 4), 0), sample(draw(3, 4), -1), sample(draw(), 0)], method=True
    ),
    OpInfo(
        "cumprod",
        [sample(draw(3, 4), 0), sample(draw(3, 4), -1), sample(np.array([2.0, 0.0, 3.0, 4.0]), 0)],
        method=True,
    ),
    OpInfo(
        "max",
        [
            sample(draw(3, 4)),
            sample(draw(3, 4), 1),
            sample(draw(3, 4), 0, True),
            sample(draw(3), draw(2, 3)),
        ],
        method=True,
    ),
    OpInfo(
        "min",
        [
            sample(draw(3, 4)),
            sample(draw(3, 4), 1),
            sample(draw(3, 4), 0, True),
            sample(draw(3), draw(2, 3)),
        ],
        method=True,
    ),
    OpInfo(
        "amax",
        [sample(draw(3, 4)), sample(draw(3, 4), 1), sample(draw(2, 3, 4), (0, 2), True)],
        method=True,
    ),
    OpInfo(
        "amin",
        [sample(draw(3, 4)), sample(draw(3, 4), 1), sample(draw(2, 3, 4), (0, 2), True)],
        method=True,
    ),
    OpInfo(
        "argmax",
        [sample(draw(3, 4)), sample(draw(3, 4), 1), sample(draw(3, 4), 0, True)],
        differentiable=False,
    ),
    OpInfo(
        "argmin",
        [sample(draw(3, 4)), sample(draw(3, 4), 1), sample(draw(3, 4), 0, True)],
        differentiable=False,
    ),
    OpInfo("all", [sample(draw(3, 4)), sample(draw(3, 4), 1)], differentiable=False),
    OpInfo("any", [sample(draw(3, 4)), sample(draw(3, 4), 1)], differentiable=False),
    OpInfo("count_nonzero", [sample(draw(3, 4)), sample(draw(3, 4), 1)], differentiable=False),
    OpInfo(
        "logsumexp",
        [sample(draw(3, 4), 1), sample(draw(3, 4), (0, 1)), sample(draw(3, 4), 0, True)],
        method=True,
    ),
    OpInfo(
        "norm",
        [
            sample(draw(3, 4)),
            sample(draw(3, 4), 1, 1),
            sample(draw(3, 4), 2, 1),
            sample(draw(3, 4), float("inf")),
            sample(draw(3, 4), 3.0, 0, True),
        ],
    ),
    OpInfo("dist", [sample(draw(3), draw(3))], composite=True),
    OpInfo("median", [sample(draw(5)), sample(draw(3, 4), 1)], composite=True),
    OpInfo("nansum", [sample(np.array([1.0, np.nan, 2.0]))], composite=True),
]
SHAPE = [
    OpInfo(
        "view",
        [sample(draw(3, 4), (2, 6)), sample(draw(3, 4), (-1,))],
        op=lambda torch, x, s: x.view(s),
    ),
    OpInfo("reshape", [sample(draw(3, 4), (2, -1)), sample(draw(2, 3, 4), (6, 4))]),
    OpInfo("reshape", [sample(draw(3, 4))], op=lambda torch, x: x.t().reshape(-1)),
    OpInfo("flatten", [sample(draw(2, 3, 4)), sample(draw(2, 3, 4), 1), sample(draw())]),
    OpInfo("permute", [sample(draw(2, 3, 4), (2, 0, 1))]),
    OpInfo("transpose", [sample(draw(2, 3, 4), 0, 2)]),
    OpInfo("t", [sample(draw(3, 4)), sample(draw(3))]),
    OpInfo("movedim", [sample(draw(2, 3, 4), 0, 2), sample(draw(2, 3, 4), (0, 1), (1, 2))]),
    OpInfo(
        "expand",
        [sample(draw(3, 1), (2, 3, 4)), sample(draw(3, 1), (-1, 4))],
        op=lambda torch, x, s: x.expand(s),
    ),
    OpInfo("broadcast_to", [sample(draw(3, 1), (2, 3, 4))]),
    OpInfo(
        "squeeze",
        [
            sample(draw(1, 3, 1)),
            sample(draw(1, 3, 1), 0),
            sample(draw(1, 3, 1), (0, 2)),
            sample(draw(2, 3), 0),
        ],
    ),
    OpInfo("unsqueeze", [sample(draw(3), 0), sample(draw(3), -1)]),
    OpInfo(
        "as_strided",
        [sample(draw(3, 4), (2, 2), (4, 1), 1), sample(draw(5), (3, 3), (1, 1))],
        op=lambda torch, x, *a: torch.as_strided(x, *a),
    ),
    OpInfo("unbind", [sample(draw(3, 4)), sample(draw(3, 4), 1)]),
    OpInfo("split", [sample(draw(7, 2), 3), sample(draw(7, 2), [2, 5]), sample(draw(2, 5), 2, 1)]),
    OpInfo("chunk", [sample(draw(7, 2), 3)]),
    OpInfo("narrow", [sample(draw(5, 2), 0, 1, 3)]),
    OpInfo("select", [sample(draw(5, 2), 1, 0)]),
    OpInfo(
        "cat",
        [sample(draw(2, 3), draw(1, 3)), sample(draw(2, 3), draw(2, 3), draw(2, 3))],
        op=lambda torch, *xs: torch.cat(xs),
    ),
    OpInfo("cat", [sample(draw(2, 3), draw(2, 1))], op=lambda torch, *xs: torch.cat(xs, dim=1)),
    OpInfo("stack", [sample(draw(2, 3), draw(2, 3))], op=lambda torch, *xs: torch.stack(xs, 1)),
    OpInfo("repeat", [sample(draw(2, 3), (2, 1, 2))], op=lambda torch, x, r: x.repeat(r)),
    OpInfo("tile", [sample(draw(2, 3), (2,)), sample(draw(3), (2, 2))]),
    OpInfo("flip", [sample(draw(2, 3), (0,)), sample(draw(2, 3), (0, 1))]),
    OpInfo(
        "roll",
        [sample(draw(2, 3), 1, 1), sample(draw(2, 3), 2), sample(draw(2, 3), (1, 2), (0, 1))],
    ),
    OpInfo("clone", [sample(draw(2, 3))]),
    OpInfo("double", [sample(draw(2, 3))], op=lambda torch, x: x.double() * 1.5, composite=True),
    OpInfo("tril", [sample(draw(3, 4)), sample(draw(3, 4), 1)]),
    OpInfo("triu", [sample(draw(3, 4)), sample(draw(2, 3, 3), -1)]),
    OpInfo(
        "diagonal",
        [
            sample(draw(3, 4)),
            sample(draw(3, 4), 1),
            sample(draw(3, 4), -1),
            sample(draw(2, 3, 3), 0, 1, 2),
        ],
        composite=True,
    ),
    OpInfo("diag", [sample(draw(3)), sample(draw(3, 4)), sample(draw(3), 1)], composite=True),
    OpInfo("trace", [sample(draw(3, 3))], composite=True),
    OpInfo(
        "meshgrid",
        [sample(draw(2), draw(3))],
        op=lambda torch, *xs: torch.meshgrid(*xs, indexing="ij"),
    ),
]
INDEXING = [
    OpInfo(
        "getitem",
        [
            sample(x34, i)
            for i in (
                0,
                -1,
                slice(1, 3),
                (slice(None), 1),
                (0, 1),
                (..., 1),
                None,
                (slice(None, None, 2), None, 2),
            )
        ],
        op=lambda torch, x, i: x[i],
    ),
    OpInfo(
        "getitem",
        [sample(draw(3, 4, 5), integers(0, 3, 2)), sample(draw(3, 4, 5), integers(0, 3, 2, 2))],
        op=lambda torch, x, i: x[i],
    ),
    OpInfo(
        "getitem", [sample(draw(3, 4, 5), integers(0, 4, 3))], op=lambda torch, x, i: x[:, i, 1:]
    ),
    OpInfo(
        "getitem", [sample(draw(3, 4, 5), integers(0, 5, 3))], op=lambda torch, x, i: x[0, :, i]
    ),
    OpInfo(
        "getitem",
        [sample(draw(3, 4, 5), integers(0, 3, 2), integers(0, 5, 2))],
        op=lambda torch, x, i, j: x[i, :, j],
    ),
    OpInfo("getitem", [sample(x34, mask(3, 4)), sample(x34, mask(3))], op=lambda torch, x, m: x[m]),
    OpInfo("setitem", [sample(x34, draw(4))], op=lambda torch, x, v: _set(x.clone(), 1, v)),
    OpInfo(
        "setitem",
        [sample(x34, draw(3))],
        op=lambda torch, x, v: _set(x.clone(), (slice(None), 2), v),
    ),
    OpInfo(
        "setitem",
        [sample(x34, draw(2, 4), integers(0, 3, 2))],
        op=lambda torch, x, v, i: _set(x.clone(), torch.tensor([0, 2]), v),
    ),
    OpInfo("setitem", [sample(x34, draw())], op=lambda torch, x, v: _set(x.clone(), x > 0, v)),
    OpInfo(
        "gather",
        [sample(x34, 1, integers(0, 4, 3, 2)), sample(x34, 0, integers(0, 3, 2, 4))],
        method=True,
    ),
    OpInfo(
        "scatter",
        [
            sample(x34, 1, np.array([[0, 2], [1, 3], [3, 0]]), draw(3, 2)),
            sample(x34, 1, np.array([[0], [1], [3]]), 2.0),
        ],
        method=True,
    ),
    OpInfo("scatter_add", [sample(x34, 0, integers(0, 3, 2, 4), draw(2, 4))], method=True),
    OpInfo("index_select", [sample(x34, 1, integers(0, 4, 5))], method=True),
    OpInfo(
        "index_add", [sample(x34, 0, integers(0, 3, 2), draw(2, 4))], method=True, composite=True
    ),
    OpInfo(
        "masked_fill",
        [sample(x34, mask(3, 4), 2.0), sample(x34, mask(4), -1.0)],
        method=True,
        inplace="masked_fill_",
    ),
    OpInfo("masked_select", [sample(x34, mask(3, 4))], method=True, composite=True),
    OpInfo("take_along_dim", [sample(x34, integers(0, 4, 3, 2), 1)]),
    OpInfo("sort", [sample(x34), sample(x34, 0, True)], composite=True),
    OpInfo("topk", [sample(x34, 2), sample(x34, 2, 0, False)], composite=True),
    OpInfo("kthvalue", [sample(x34, 2)], composite=True),
]


def _set(x, index, value):  # type: ignore[no-untyped-def]
    x[index] = value
    return x


PRODUCTS = [
    OpInfo(
        "mm",
        [
            sample(draw(3, 4), draw(4, 2)),
            sample(draw(0, 4), draw(4, 2)),
            sample(draw(3, 0), draw(0, 2)),
        ],
        method=True,
    ),
    OpInfo("mm", [sample(draw(3, 4), draw(2, 4))], op=lambda torch, a, b: a @ b.t()),
    OpInfo("mm", [sample(draw(4, 3), draw(4, 2))], op=lambda torch, a, b: a.t() @ b),
    OpInfo(
        "addmm",
        [
            sample(draw(2), draw(3, 4), draw(4, 2)),
            sample(draw(3, 2), draw(3, 4), draw(4, 2), beta=0.5, alpha=2.0),
        ],
        method=True,
    ),
    OpInfo("bmm", [sample(draw(2, 3, 4), draw(2, 4, 5))], method=True),
    OpInfo(
        "baddbmm",
        [sample(draw(2, 3, 5), draw(2, 3, 4), draw(2, 4, 5), beta=0.5, alpha=2.0)],
        method=True,
        composite=True,
    ),
    OpInfo("mv", [sample(draw(3, 4), draw(4))], method=True),
    OpInfo("dot", [sample(draw(4), draw(4))], method=True),
    OpInfo("outer", [sample(draw(3), draw(4))], method=True, composite=True),
    OpInfo(
        "matmul",
        [
            sample(draw(*a), draw(*b))
            for a, b in (
                ((4,), (4,)),
                ((3, 4), (4,)),
                ((2, 3, 4), (4, 5)),
                ((2, 3, 4), (4,)),
                ((2, 3, 4), (2, 4, 5)),
                ((2, 1, 3, 4), (5, 4, 2)),
            )
        ],
        method=True,
    ),
    OpInfo("matmul", [sample(draw(4), draw(4, 2)), sample(draw(4), draw(2, 4, 3))], composite=True),
    OpInfo(
        "nn.functional.linear",
        [
            sample(draw(3, 4), draw(5, 4), draw(5)),
            sample(draw(2, 3, 4), draw(5, 4), draw(5)),
            sample(draw(4), draw(5, 4), draw(5)),
            sample(draw(3, 4), draw(5, 4)),
        ],
    ),
]

TENSOR_OPS = [*ARITHMETIC, *COMPARISON, *UNARY, *REDUCTIONS, *SHAPE, *INDEXING, *PRODUCTS]
