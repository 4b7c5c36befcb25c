"""The rows of reductions, running operations, sorting, masks, gather, scatter and index operations that
``op_rows`` has not.
"""

from __future__ import annotations

import numpy as np

from tests.opinfo import OpInfo, draw, integers, mask, on_complex, positive, sample

x34 = draw(3, 4)
nan = float("nan")
with_nan = np.array([[1.0, nan, 2.0, 0.5], [nan, nan, -1.0, 3.0]])
ties = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 1.0, 2.0]])
row_index = np.array([[0, 2, 1, 0], [2, 2, 0, 1]])
places = np.array([2, 0, 2])
with_zeros = np.array([[1.0, 0.0, 2.0, 0.0], [0.0, 3.0, 2.0, -1.0], [0.5, 1.5, 0.0, 2.0]])
ties34 = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 1.0, 2.0], [1.0, 2.0, 3.0, 2.0]])

REDUCTION_OPS = [
    OpInfo(
        "nansum", [sample(with_nan), sample(with_nan, 1), sample(with_nan, 0, True)], method=True
    ),
    OpInfo(
        "nanmean",
        [sample(with_nan), sample(with_nan, 1), sample(x34, 0, True)],
        method=True,
        composite=True,
    ),
    OpInfo(
        "var_mean",
        [sample(x34), sample(draw(2, 3, 4), (0, 2), keepdim=True), sample(x34, 1, correction=0)],
    ),
    OpInfo(
        "std_mean",
        [sample(x34), sample(draw(2, 3, 4), (0, 2), keepdim=True), sample(x34, 1, correction=0)],
    ),
    OpInfo(
        "aminmax",
        [sample(x34), sample(x34, dim=1), sample(ties, dim=1, keepdim=True), sample(draw())],
        method=True,
    ),
    OpInfo("amax", [sample(ties, 1), sample(ties), sample(with_nan, 1)], method=True),
    OpInfo(
        "max", [sample(ties), sample(ties, 1), sample(with_nan), sample(with_nan, 0)], method=True
    ),
    OpInfo(
        "argmax",
        [sample(ties, 1), sample(with_nan, 1), sample(x34, keepdim=True)],
        differentiable=False,
    ),
    OpInfo("logsumexp", [sample(draw(), 0), sample(draw(2, 3, 4), (0, 2))], method=True),
    OpInfo(
        "hash_tensor",
        [sample(x34), sample(x34, 1), sample(x34, 0, keepdim=True)],
        method=True,
        differentiable=False,
    ),
    OpInfo(
        "cumsum",
        [sample(x34, 1, dtype=None), sample(draw(2, 0), 1)],
        method=True,
        inplace="cumsum_",
    ),
    OpInfo(
        "cumprod",
        [sample(x34, 1), sample(draw(), 0), sample(draw(0, 2), 1), sample(with_zeros, 1)],
        method=True,
        inplace="cumprod_",
    ),
    OpInfo(
        "cummax",
        [sample(x34, 1), sample(ties, 1), sample(with_nan, 1), sample(draw(), 0)],
        method=True,
    ),
    OpInfo(
        "cummin",
        [sample(x34, 0), sample(ties, 1), sample(with_nan, 1), sample(draw(), 0)],
        method=True,
    ),
    on_complex(
        lambda torch, x: torch.logcumsumexp(x, 1),
        [sample(draw(3, 4), draw(3, 4, low=-1, high=1))],
        "logcumsumexp",
    ),
    on_complex(
        lambda torch, x: torch.renorm(x, 2, 0, 1.0), [sample(draw(3, 4), draw(3, 4))], "renorm"
    ),
    OpInfo("logcumsumexp", [sample(x34, 1), sample(x34, 0), sample(draw(), 0)], method=True),
    OpInfo(
        "median",
        [sample(x34), sample(x34, 1), sample(ties, 1, True), sample(with_nan, 1), sample(with_nan)],
    ),
    OpInfo(
        "nanmedian",
        [
            sample(with_nan),
            sample(with_nan, 1),
            sample(ties, 1, True),
            sample(draw(), 0),
            sample(np.array([[nan, nan, nan], [1.0, nan, 2.0]]), 1),
        ],
        method=True,
    ),
    OpInfo("mode", [sample(ties), sample(ties, 0, True), sample(draw())], method=True),
    OpInfo(
        "kthvalue",
        [sample(x34, 2), sample(ties, 3, 1), sample(x34, 1, 0, True), sample(draw(), 1)],
        method=True,
    ),
    OpInfo(
        "quantile",
        [
            sample(x34, 0.3),
            sample(x34, np.array([0.0, 0.4, 1.0]), 1),
            sample(x34, 0.3, 0, True),
            *[
                sample(x34, 0.6, 1, interpolation=i)
                for i in ("lower", "higher", "midpoint", "nearest")
            ],
        ],
        method=True,
        composite=True,
    ),
    OpInfo(
        "nanquantile",
        [sample(with_nan, 0.5), sample(with_nan, 0.3, 1)],
        method=True,
        composite=True,
    ),
    OpInfo(
        "renorm",
        [sample(x34, 2, 0, 1.0), sample(draw(2, 3, 4), 3, 1, 2.0), sample(x34, 1, 1, 0.5)],
        method=True,
        inplace="renorm_",
    ),
    OpInfo(
        "sort",
        [sample(x34), sample(x34, 0, True), sample(with_nan, 1), sample(draw())],
        method=True,
    ),
    OpInfo("msort", [sample(x34)], method=True),
    OpInfo("argsort", [sample(x34), sample(x34, 0, True)], method=True, differentiable=False),
    OpInfo(
        "topk",
        [sample(x34, 2), sample(ties, 3), sample(x34, 2, 0, False), sample(with_nan, 2, 1)],
        method=True,
    ),
    OpInfo("unique", [sample(ties), sample(ties, dim=0)], method=True, differentiable=False),
    OpInfo(
        "unique_consecutive",
        [sample(ties, return_inverse=True, return_counts=True), sample(ties, dim=1)],
        method=True,
        differentiable=False,
    ),
    OpInfo("isin", [sample(integers(0, 5, 3, 4), integers(0, 5, 3))], differentiable=False),
    OpInfo(
        "bincount",
        [sample(integers(0, 5, 9)), sample(integers(0, 5, 9), draw(9), 8)],
        method=True,
        differentiable=False,
    ),
    OpInfo("histc", [sample(x34, 5), sample(x34, 4, -1, 1)], method=True, differentiable=False),
    OpInfo(
        "histogram",
        [sample(x34, 5), sample(x34, np.array([-1.0, 0.2, 1.0])), sample(x34, 4, density=True)],
        method=True,
        differentiable=False,
    ),
    OpInfo(
        "searchsorted",
        [
            sample(np.array([0.1, 0.5, 0.9]), x34),
            sample(np.array([0.1, 0.5, 0.9]), x34, right=True),
        ],
        differentiable=False,
    ),
    OpInfo(
        "bucketize",
        [sample(x34, np.array([-0.5, 0.5])), sample(x34, np.array([-0.5, 0.5]), right=True)],
        differentiable=False,
    ),
    OpInfo(
        "segment_reduce",
        [sample(positive(5, 2), r, lengths=None) for r in ("sum", "mean", "prod", "max", "min")],
        op=lambda torch, x, r, **_: torch.segment_reduce(x, r, lengths=torch.tensor([2, 1, 2])),
        second_derivative=False,
    ),
]
INDEX_OPS = [
    OpInfo("take", [sample(x34, integers(-12, 12, 2, 3))], method=True),
    OpInfo(
        "put",
        [sample(x34, np.array([1, 5]), draw(2)), sample(x34, np.array([1, 1]), draw(2), True)],
        method=True,
        inplace="put_",
    ),
    OpInfo(
        "index_put",
        [sample(x34, draw(3)), sample(x34, draw(1))],
        op=lambda torch, x, v: torch.index_put(
            x, (torch.tensor([0, 1, 1]), torch.tensor([3, 2, 2])), v, True
        ),
    ),
    OpInfo("index_select", [sample(x34, 0, places), sample(draw(), 0, np.array([0]))], method=True),
    OpInfo(
        "index_add",
        [
            sample(x34, 0, places, x34),
            sample(x34, 0, places, x34, alpha=2),
        ],
        method=True,
        inplace="index_add_",
    ),
    OpInfo(
        "index_copy",
        [
            sample(x34, 1, np.array([3, 1]), draw(3, 2)),
            sample(draw(3), 0, np.array([1]), draw()),
            sample(draw(), 0, np.array([0]), draw(1)),
        ],
        method=True,
        inplace="index_copy_",
    ),
    OpInfo(
        "index_fill",
        [sample(x34, 1, np.array([3, 1]), 2.0), sample(x34, 0, places, draw())],
        method=True,
        inplace="index_fill_",
    ),
    *[
        OpInfo(
            "index_reduce",
            [
                sample(x, 0, places, source, r, include_self=s)
                for x, source in (
                    (x34, x34),
                    (with_zeros, x34),
                    (x34, with_zeros),
                    (ties34, ties34),
                )
                for s in (True, False)
            ],
            method=True,
            inplace="index_reduce_",
        )
        for r in ("prod", "mean", "amax", "amin")
    ],
    *[
        OpInfo(
            "scatter_reduce",
            [
                sample(x, 0, row_index, source, r, include_self=s)
                for x, source in (
                    (x34, draw(2, 4)),
                    (with_zeros, draw(2, 4)),
                    (x34, with_zeros[:2]),
                    (ties34, ties),
                )
                for s in (True, False)
            ],
            method=True,
            inplace="scatter_reduce_",
        )
        for r in ("sum", "prod", "mean", "amax", "amin")
    ],
    OpInfo(
        "scatter",
        [
            sample(x34, 0, row_index, 2.0),
            sample(draw(), 0, np.array(0), draw()),
        ],
        method=True,
        inplace="scatter_",
    ),
    OpInfo(
        "scatter_add",
        [sample(x34, 0, row_index, draw(2, 4))],
        method=True,
        inplace="scatter_add_",
    ),
    OpInfo("gather", [sample(x34, 0, row_index), sample(draw(), 0, np.array([0, 0]))], method=True),
    OpInfo(
        "take_along_dim",
        [sample(x34, np.array([[-1], [2], [0]]), 1), sample(draw(12), np.array([3, 11]))],
        method=True,
    ),
    OpInfo(
        "masked_fill",
        [sample(x34, mask(3, 4), draw()), sample(draw(4), mask(3, 4), 1.0)],
        method=True,
    ),
    OpInfo("masked_select", [sample(x34, mask(4)), sample(draw(4), mask(3, 4))], method=True),
    OpInfo(
        "masked_scatter",
        [sample(x34, mask(3, 4), draw(13)), sample(x34, mask(4), x34)],
        method=True,
        inplace="masked_scatter_",
    ),
    OpInfo("nonzero", [sample(ties), sample(draw())], method=True, differentiable=False),
    OpInfo(
        "nonzero_static",
        [sample(ties, size=3), sample(ties, size=12)],
        method=True,
        differentiable=False,
    ),
]
MASKED_OPS = [
    OpInfo(
        f"masked.{name}",
        [sample(x34, dim, mask(3, 4)) for dim in dims],
        op=lambda torch, x, dim, m, name=name: getattr(torch.masked, name)(x, dim, mask=m),
        composite=True,
    )
    for name, dims in (
        ("sum", (None, 1)),
        ("prod", (0, 1)),
        ("amax", (1, None)),
        ("mean", (1,)),
        ("var", (None, 1)),
        ("std", (None,)),
        ("softmax", (1,)),
        ("cumsum", (0,)),
        ("logsumexp", (None,)),
        ("median", (1,)),
    )
]

REDUCTION_AND_INDEX_OPS = [*REDUCTION_OPS, *INDEX_OPS, *MASKED_OPS]
