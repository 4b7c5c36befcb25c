"""The rows of joining, splitting, views that are copies, scatters, rearrangements and differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.opinfo import OpInfo, draw, sample

x34 = draw(3, 4)

JOINING = [
    OpInfo("hstack", [sample(x34, draw(3, 2))], op=lambda torch, *xs: torch.hstack(xs)),
    OpInfo("hstack", [sample(draw(3), draw())], op=lambda torch, *xs: torch.hstack(xs)),
    OpInfo("vstack", [sample(x34, draw(4))], op=lambda torch, *xs: torch.vstack(xs)),
    OpInfo("dstack", [sample(x34, draw(3, 4, 2))], op=lambda torch, *xs: torch.dstack(xs)),
    OpInfo("column_stack", [sample(draw(3), x34)], op=lambda torch, *xs: torch.column_stack(xs)),
    OpInfo("atleast_1d", [sample(draw())]),
    OpInfo("atleast_2d", [sample(draw()), sample(draw(3))]),
    OpInfo("atleast_3d", [sample(draw()), sample(draw(3)), sample(x34)]),
    OpInfo("block_diag", [sample(x34, draw(2), draw(), draw(0, 2)), sample(draw(2, 0), x34)]),
    OpInfo("cat", [sample(draw(0), x34)], op=lambda torch, *xs: torch.cat(xs)),
]

SPLITTING = [
    OpInfo("split_with_sizes", [sample(draw(7, 2), [2, 0, 5])], method=True),
    OpInfo("unsafe_split", [sample(draw(7, 2), 3)], method=True),
    OpInfo("unsafe_chunk", [sample(draw(2, 7), 3, 1)], method=True),
    OpInfo("unsafe_split_with_sizes", [sample(draw(7, 2), [2, 5])], method=True),
    OpInfo(
        "tensor_split",
        [sample(draw(7, 2), 3), sample(draw(2, 7), (1, -2, 9), 1), sample(draw(0, 2), 2)],
        method=True,
    ),
    OpInfo("hsplit", [sample(x34, 2), sample(draw(4), (1, 2))], method=True),
    OpInfo("vsplit", [sample(x34, (1,))], method=True),
    OpInfo("dsplit", [sample(draw(2, 1, 4), 2)], method=True),
    OpInfo("narrow", [sample(draw(5, 2), 0, np.array(-3), 2)], method=True),
    OpInfo("unbind", [sample(draw(2, 0)), sample(draw(2, 3, 4), -2)], method=True),
]

WINDOWS = [
    OpInfo(
        "unfold",
        [
            sample(draw(7), 0, 3, 2),
            sample(draw(2, 5, 3), 1, 2, 1),
            sample(draw(2, 5), -1, 5, 4),
            sample(draw(), 0, 1, 1),
            sample(draw(3), 0, 0, 2),
        ],
        op=lambda torch, x, *a: x.unfold(*a),
    ),
    OpInfo("narrow_copy", [sample(draw(5, 2), 0, 1, 3)], method=True, composite=True),
    OpInfo("permute_copy", [sample(draw(2, 3, 4), (2, 0, 1))], composite=True),
    OpInfo("unfold_copy", [sample(draw(2, 5), 1, 2, 1)], composite=True),
    OpInfo("split_with_sizes_copy", [sample(draw(5), [2, 3])], composite=True),
    OpInfo(
        "view_copy",
        [sample(x34, (2, 6))],
        op=lambda torch, x, shape: torch.view_copy(x.contiguous(), shape),
        composite=True,
    ),
    OpInfo("select_copy", [sample(x34, 1, -1)], composite=True),
    OpInfo("diagonal_copy", [sample(x34, 1)], composite=True),
    OpInfo("select_scatter", [sample(x34, draw(3), 1, -2)], method=True),
    OpInfo(
        "slice_scatter",
        [sample(x34, draw(2, 4), 0, 1), sample(x34, draw(3, 2), 1, None, None, 2)],
        method=True,
    ),
    OpInfo(
        "diagonal_scatter",
        [sample(x34, draw(3)), sample(draw(2, 3, 3), draw(2, 2), 1, 1, 2)],
        method=True,
    ),
    OpInfo(
        "as_strided_scatter",
        [sample(x34, draw(2, 2), (2, 2), (4, 1), 1)],
        op=lambda torch, x, src, *a: torch.as_strided_scatter(x.contiguous(), src, *a),
        composite=True,
    ),
]

COPIES = [
    OpInfo(
        "clone in a format",
        [sample(draw(2, 3, 4, 5))],
        op=lambda torch, x: torch.clone(x, memory_format=torch.channels_last),
    ),
    OpInfo(
        "copy_",
        [sample(x34, x34), sample(x34, draw(4)), sample(x34, draw(3, 1)), sample(x34, draw())],
        op=lambda torch, x, source: x.clone().copy_(source),
    ),
    OpInfo(
        "as_strided of shared memory",
        [sample(draw(4), (2, 2), (1, 1), 1), sample(draw(4), (3, 4), (0, 1), 0)],
        op=lambda torch, x, *window: torch.as_strided(x.contiguous().expand(3, 4), *window),
    ),
]


def _seeded(name: str) -> Any:
    """A function that draws the same numbers in both libraries."""

    def call(torch: Any, *args: Any) -> Any:
        torch.manual_seed(3)
        return getattr(torch, name)(*args)

    return call


def _random_(torch: Any, x: Any) -> Any:
    torch.manual_seed(3)
    return x.clone().random_(9)


# Their gradients are zero: what is drawn does not depend smoothly on the parameters.
RANDOM = [
    OpInfo("bernoulli", [sample(draw(3, 4, low=0.1, high=0.9))], op=_seeded("bernoulli")),
    OpInfo("poisson", [sample(draw(3, 4, low=0.5, high=5.0))], op=_seeded("poisson")),
    OpInfo(
        "normal",
        [
            sample(x34, draw(3, 4, low=0.1, high=0.9)),
            sample(x34, 1.5),
            sample(0.5, draw(3, low=0.1, high=0.9)),
        ],
        op=_seeded("normal"),
    ),
    OpInfo("random_", [sample(x34)], op=_random_),
]

REARRANGING = [
    OpInfo("fliplr", [sample(x34)], method=True),
    OpInfo("flipud", [sample(x34), sample(draw(3))], method=True),
    OpInfo(
        "rot90",
        [sample(x34), sample(x34, 2), sample(draw(2, 3, 4), -1, (0, 2)), sample(x34, 0)],
        method=True,
    ),
    OpInfo("roll", [sample(draw(), 1), sample(draw(0, 2), 1), sample(draw(0, 2), 1, 1)]),
    OpInfo("repeat", [sample(x34, (0, 2))], op=lambda torch, x, r: x.repeat(r)),
    OpInfo(
        "repeat_interleave",
        [
            sample(x34, 2),
            sample(x34, 3, 1),
            sample(x34, np.array([2, 0, 1]), 0),
            sample(x34, np.array([2]), 1),
            sample(draw(), 2),
        ],
        method=True,
    ),
    OpInfo("cartesian_prod", [sample(draw(2), draw(3)), sample(draw(0), draw(2))]),
    OpInfo(
        "combinations",
        [sample(draw(4)), sample(draw(4), 3, True), sample(draw(2), 3), sample(draw(3), 1)],
    ),
    OpInfo(
        "meshgrid", [sample(draw(2), draw(3), draw())], op=lambda torch, *xs: torch.meshgrid(xs)
    ),
    OpInfo(
        "meshgrid",
        [sample(draw(2), draw(3), draw(1))],
        op=lambda torch, *xs: torch.meshgrid(*xs, indexing="xy"),
    ),
    OpInfo(
        "vander",
        [sample(draw(3)), sample(draw(3), 2, True), sample(draw(2), 0)],
        differentiable=False,
    ),
    OpInfo("fill", [sample(x34, 2.0), sample(x34, draw())]),
    OpInfo("sum_to_size", [sample(x34, (4,))], op=lambda torch, x, s: x.sum_to_size(s)),
]

DIFFERENCES = [
    OpInfo(
        "diff",
        [
            sample(x34),
            sample(x34, 2, 0),
            sample(x34, 1, 1, draw(3, 2), draw(3, 1)),
            sample(x34, 9),
        ],
        method=True,
    ),
    OpInfo("gradient", [sample(x34), sample(x34, dim=1, spacing=0.5), sample(x34, edge_order=2)]),
    OpInfo(
        "gradient",
        [sample(x34, draw(4))],
        op=lambda torch, x, at: torch.gradient(x, spacing=(at.cumsum(0) + 9,), dim=1),
    ),
    OpInfo(
        "trapezoid",
        [sample(x34), sample(x34, dim=0, dx=2.5), sample(x34, draw(4)), sample(draw(2, 0), dim=0)],
        composite=True,
    ),
    OpInfo(
        "cumulative_trapezoid",
        [sample(x34), sample(x34, x34), sample(x34, draw(3), dim=0)],
        composite=True,
    ),
]

SHAPE_OPS = [*JOINING, *SPLITTING, *WINDOWS, *COPIES, *RANDOM, *REARRANGING, *DIFFERENCES]
