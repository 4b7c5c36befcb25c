"""The rows of linear algebra: products, triangles, decompositions, norms.

Decompositions are known up to signs, and symmetric ones read one triangle: such rows make a
function of the result that is unique.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.opinfo import OpInfo, draw, on_complex, sample


def _positive_definite(torch: Any, x: Any) -> Any:
    return x @ x.mT + 2 * torch.eye(x.shape[-1], dtype=x.dtype)


def _regular(torch: Any, x: Any) -> Any:
    return x + 4 * torch.eye(x.shape[-2], x.shape[-1], dtype=x.dtype)


def _symmetric(x: Any) -> Any:
    return x + x.mT


def _symmetric_regular(torch: Any, x: Any) -> Any:
    return _regular(torch, _symmetric(x) / 2)


def _graded(torch: Any, x: Any) -> Any:
    """A matrix whose singular values lie apart."""
    n = min(x.shape[-2:])
    rows, columns = x.shape[-2:]
    steps = torch.arange(1, n + 1, dtype=x.dtype) * 3
    return x * 0.3 + torch.eye(rows, columns, dtype=x.dtype)[:, :n] @ (
        torch.eye(n, columns, dtype=x.dtype) * steps[:, None]
    )


def on(prepare: Any, name: str, samples: Any, finish: Any = None, **options: Any) -> OpInfo:
    """A row for ``finish(name(prepare(x), ...))``: gradients go through all three."""

    def op(torch: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        function: Any = torch
        for part in name.split("."):
            function = getattr(function, part)
        result = function(prepare(torch, x), *args, **kwargs)
        return result if finish is None else finish(result)

    return OpInfo(name, samples, op=op, **options)


def _pair(*shape: int) -> tuple[Any, Any]:
    return draw(*shape), draw(*shape)


def _small(*shape: int) -> tuple[Any, Any]:
    return draw(*shape, low=-0.5, high=0.5), draw(*shape, low=-0.5, high=0.5)


square = [sample(draw(3, 3)), sample(draw(2, 4, 4)), sample(draw(1, 1)), sample(draw(0, 2, 2))]
tall = [sample(draw(5, 3)), sample(draw(2, 4, 2))]
wide = [sample(draw(3, 5)), sample(draw(2, 2, 4))]

_SINGULAR = np.array([[3.0, 1.0, 4.0], [1.0, 2.0, 3.0], [2.0, -1.0, 1.0]])  # column 3 = 1 + 2
_WITH_ZEROS = np.array([[0.0, 2.0, -2.0, 1.0], [3.0, 0.0, 3.0, -3.0], [0.5, 1.0, 0.0, -1.0]])

PRODUCTS = [
    OpInfo("addmv", [sample(draw(3), draw(3, 4), draw(4), beta=0.5, alpha=2.0)], method=True),
    OpInfo("addmv", [sample(draw(3), draw(3, 4), draw(4))], inplace="addmv_"),
    OpInfo("addr", [sample(draw(3, 4), draw(3), draw(4))], method=True, inplace="addr_"),
    OpInfo("addr", [sample(draw(3, 4), draw(3), draw(4), beta=0.0, alpha=2.0)]),
    OpInfo(
        "addbmm",
        [sample(draw(3, 5), draw(2, 3, 4), draw(2, 4, 5), beta=0.5, alpha=2.0)],
        method=True,
        inplace="addbmm_",
    ),
    OpInfo(
        "baddbmm",
        [
            sample(draw(2, 3, 5), draw(2, 3, 4), draw(2, 4, 5), beta=0.5, alpha=2.0),
            sample(draw(2, 3, 5), draw(2, 3, 4), draw(2, 4, 5)),
        ],
        inplace="baddbmm_",
    ),
    OpInfo("addmm", [sample(draw(3, 2), draw(3, 4), draw(4, 2))], inplace="addmm_", composite=True),
    OpInfo("vdot", [sample(draw(4), draw(4))], method=True, composite=True),
    on_complex(lambda torch, x, y: torch.vdot(x, y), [sample(*_pair(4), *_pair(4))], "vdot"),
    OpInfo("inner", [sample(draw(2, 4), draw(3, 4)), sample(draw(), draw(3))], composite=True),
    OpInfo("outer", [sample(draw(3), draw(4)), sample(draw(0), draw(2))], method=True),
    OpInfo("kron", [sample(draw(2, 3), draw(3, 2)), sample(draw(2), draw(3))], composite=True),
    OpInfo(
        "tensordot",
        [
            sample(draw(2, 3, 4), draw(3, 4, 5)),
            sample(draw(2, 3, 4), draw(4, 2, 5), ([0, 2], [1, 0])),
            sample(draw(2, 3), draw(4), 0),
        ],
        composite=True,
    ),
    OpInfo(
        "linalg.vecdot",
        [sample(draw(2, 4), draw(2, 4)), sample(draw(4, 2), draw(4, 1), dim=0)],
        composite=True,
    ),
    OpInfo(
        "cross", [sample(draw(2, 3), draw(2, 3)), sample(draw(3, 2), draw(3, 2), 0)], method=True
    ),
    OpInfo("linalg.cross", [sample(draw(2, 3), draw(1, 3))]),
    OpInfo(
        "einsum",
        [
            sample("ij,jk", draw(2, 3), draw(3, 4)),
            sample("bij,bjk->bik", draw(2, 3, 4), draw(2, 4, 2)),
            sample("ii->i", draw(3, 3)),
            sample("ii", draw(3, 3)),
            sample("...ij->...ji", draw(2, 3, 4)),
            sample("bn,anm,bm->ba", draw(2, 3), draw(4, 3, 2), draw(2, 2)),
            sample("i,j->ij", draw(2), draw(3)),
            sample("a...,b...->ab...", draw(2, 3), draw(2, 1)),
        ],
        op=lambda torch, text, *tensors: torch.einsum(text, *tensors),
        composite=True,
    ),
    OpInfo(
        "linalg.multi_dot",
        [sample(draw(2, 3), draw(3, 4), draw(4, 2)), sample(draw(3), draw(3, 2), draw(2))],
        op=lambda torch, *tensors: torch.linalg.multi_dot(tensors),
        composite=True,
    ),
    OpInfo(
        "chain_matmul",
        [sample(draw(2, 3), draw(3, 4), draw(4, 2))],
        op=lambda torch, *tensors: torch.chain_matmul(*tensors),
        composite=True,
    ),
    OpInfo("linalg.matrix_power", [sample(draw(3, 3), n) for n in (0, 1, 2, 3, 6)], composite=True),
    OpInfo("linalg.vander", [sample(draw(3)), sample(draw(2, 3), N=4)], composite=True),
    OpInfo(
        "cdist",
        [
            sample(draw(3, 4), draw(5, 4)),
            sample(draw(2, 3, 4), draw(1, 2, 4), p=1.0),
            sample(draw(3, 4), draw(5, 4), p=3.0),
            sample(draw(3, 4), draw(5, 4), p=float("inf")),
        ],
        second_derivative=False,
    ),
    OpInfo("cdist", [sample(draw(30, 4), draw(5, 4))], composite=True),
    OpInfo(
        "cov",
        [sample(draw(3, 5)), sample(draw(4)), sample(draw(3, 5), correction=0)],
        composite=True,
    ),
    OpInfo("corrcoef", [sample(draw(3, 5))], composite=True),
]

TRIANGLES = [
    OpInfo("tril", [sample(draw(2, 3, 4)), sample(draw(3, 4), -1)], method=True, inplace="tril_"),
    OpInfo("triu", [sample(draw(2, 3, 4)), sample(draw(3, 4), 1)], method=True, inplace="triu_"),
    OpInfo(
        "diag_embed",
        [sample(draw(2, 3)), sample(draw(2, 3), 1), sample(draw(2, 3), -1, 0, 2)],
        method=True,
    ),
    OpInfo("diagflat", [sample(draw(2, 3)), sample(draw(3), 1)], method=True, composite=True),
    OpInfo("linalg.diagonal", [sample(draw(2, 3, 4)), sample(draw(2, 3, 4), offset=1)]),
    OpInfo("trace", [sample(draw(3, 4)), sample(draw(2, 2))], method=True),
]

DECOMPOSITIONS = [
    on(_positive_definite, "linalg.cholesky", [*square, sample(draw(3, 3), upper=True)]),
    on(_positive_definite, "cholesky", [*square, sample(draw(3, 3), True)]),
    OpInfo(
        "cholesky_inverse",
        [sample(draw(3, 3), upper) for upper in (False, True)],
        op=lambda torch, x, upper: torch.cholesky_inverse(
            _regular(torch, x).triu() if upper else _regular(torch, x).tril(), upper
        ),
    ),
    OpInfo(
        "cholesky_solve",
        [
            sample(draw(3, 2), draw(3, 3), False),
            sample(draw(2, 3, 2), draw(1, 3, 3), True),
        ],
        op=lambda torch, b, x, upper: torch.cholesky_solve(
            b, _regular(torch, x).triu() if upper else _regular(torch, x).tril(), upper
        ),
    ),
    OpInfo(
        "linalg.solve_triangular",
        [
            sample(draw(3, 3), draw(3, 2), upper=True),
            sample(draw(3, 3), draw(2, 2, 3), upper=False, left=False),
            sample(draw(2, 3, 3), draw(3, 2), upper=True, unitriangular=True),
        ],
        op=lambda torch, a, b, **how: torch.linalg.solve_triangular(_regular(torch, a), b, **how),
    ),
    OpInfo(
        "triangular_solve",
        [
            sample(draw(3, 2), draw(3, 3)),
            sample(draw(3, 2), draw(3, 3), upper=False, transpose=True),
        ],
        op=lambda torch, b, a, **how: torch.triangular_solve(b, _regular(torch, a), **how),
    ),
    on(_regular, "linalg.lu_factor", [*square, *tall, *wide], lambda r: r[0]),
    on(_regular, "linalg.lu", [*square, *tall, *wide]),
    on(_regular, "linalg.lu", [*square, *tall, *wide], lambda r: r[1]),
    on(_regular, "linalg.lu", [*square, *tall, *wide], lambda r: r[2]),
    OpInfo(
        "lu_unpack",
        [*square, *tall, *wide],
        op=lambda torch, x: torch.lu_unpack(*torch.linalg.lu_factor(_regular(torch, x)))[1:],
    ),
    *[
        OpInfo(
            "lu_unpack, one factor",
            [*square, *tall, *wide],
            op=lambda torch, x, i=i: torch.lu_unpack(*torch.linalg.lu_factor(_regular(torch, x)))[
                i
            ],
        )
        for i in (1, 2)
    ],
    on(_regular, "linalg.inv", square),
    on(_regular, "inverse", square),
    on(_regular, "linalg.det", square),
    OpInfo("linalg.det", [sample(draw(3, 3)), sample(draw(2, 2, 2))]),
    OpInfo("linalg.det", [sample(_SINGULAR), sample(2 * np.eye(3))]),
    OpInfo(
        "linalg.det + 1",  # where the determinant is 0, so is the gradient of its square
        [sample(_SINGULAR), sample(np.zeros((1, 1))), sample(np.array([[[0.0]], [[2.0]]]))],
        op=lambda torch, x: torch.linalg.det(x) + 1,
    ),
    on_complex(lambda torch, x: torch.linalg.det(x), [sample(*_pair(3, 3))], "linalg.det"),
    on_complex(lambda torch, x: torch.linalg.slogdet(x), [sample(*_pair(3, 3))], "linalg.slogdet"),
    on(_regular, "linalg.slogdet", square),
    on(_regular, "logdet", [sample(draw(3, 3)), sample(draw(2, 4, 4))]),
    OpInfo(
        "linalg.solve",
        [
            sample(draw(3, 3), draw(3, 2)),
            sample(draw(2, 3, 3), draw(2, 3)),
            sample(draw(3, 3), draw(2, 2, 3), left=False),
        ],
        op=lambda torch, a, b, **how: torch.linalg.solve(_regular(torch, a), b, **how),
    ),
    OpInfo(
        "linalg.lu_solve",
        [
            sample(draw(3, 3), draw(3, 3), left=left, adjoint=adjoint)
            for left in (True, False)
            for adjoint in (True, False)
        ],
        op=lambda torch, a, b, **how: torch.linalg.lu_solve(
            *torch.linalg.lu_factor(_regular(torch, a)), b, **how
        ),
    ),
    OpInfo(
        "linalg.lu_solve, a fixed matrix",
        [sample(draw(3, 3), draw(3, 2))],
        op=lambda torch, a, b: torch.linalg.lu_solve(
            *torch.linalg.lu_factor(_regular(torch, a.detach())), b
        ),
    ),
    on(_regular, "linalg.qr", [*square[:3], *tall, *wide]),
    on(_regular, "linalg.qr", [*square[:3], *tall, *wide], lambda r: r[0]),
    on(_regular, "linalg.qr", [*square[:3], *tall, *wide], lambda r: r[1]),
    OpInfo(
        "linalg.householder_product",
        [
            sample(draw(4, 3, low=-1, high=1), draw(3, low=-1, high=1)),
            sample(draw(2, 4, 4, low=-1, high=1), draw(2, 2, low=-1, high=1)),
        ],
    ),
    OpInfo(
        "ormqr",
        [
            sample(draw(4, 3), draw(3), draw(4, 2)),
            sample(draw(4, 3), draw(3), draw(2, 4), False, True),
            sample(draw(4, 3), draw(3), draw(4, 2), True, True),
            sample(draw(4, 3), draw(3), draw(2, 4), False, False),
            sample(draw(2, 3), draw(2), draw(2, 4)),
            sample(draw(4, 0), draw(0), draw(4, 2)),
        ],
    ),
    OpInfo(
        "ormqr, fixed reflections",
        [sample(draw(4, 3), draw(3), draw(4, 2))],
        op=lambda torch, a, tau, other: torch.ormqr(a.detach(), tau.detach(), other),
    ),
    on_complex(
        lambda torch, a, tau: torch.linalg.householder_product(a, tau),
        [sample(*_small(4, 3), *_small(2))],
        "linalg.householder_product",
    ),
    on_complex(
        lambda torch, a, tau, b, **how: torch.ormqr(a, tau, b, **how),
        [
            sample(*_small(4, 3), *_small(3), *_small(4, 2)),
            sample(*_small(4, 3), *_small(3), *_small(2, 4), left=False, transpose=True),
        ],
        "ormqr",
    ),
    on(lambda _, x: _symmetric(x), "linalg.eigvalsh", square[:3]),
    on(lambda _, x: _symmetric(x), "linalg.eigh", square[:3], lambda r: (r[0], r[1].abs())),
    on(_graded, "linalg.svdvals", [*square[:3], *tall, *wide]),
    on(
        _graded,
        "linalg.svd",
        [sample(x.args[0], full_matrices=False) for x in (*square[:3], *tall, *wide)],
        lambda r: (r[0].abs(), r[1], r[2].abs()),
    ),
    on_complex(
        lambda torch, x: torch.linalg.svd(x, full_matrices=False),
        [sample(*_pair(3, 3)), sample(*_pair(4, 2)), sample(*_pair(2, 3))],
        "linalg.svd",
        lambda r: (r[0] @ r[2], r[1]),
        lambda torch, x: torch.complex(_graded(torch, x.real), 0.3 * x.imag),
    ),
    on(
        _graded,
        "linalg.eig",
        square[:3],
        lambda r: (r[0].real, r[1].abs()),
        composite=True,
    ),
    on(_graded, "linalg.eig", square[:3], lambda r: r[1].abs(), composite=True),
    on(_graded, "linalg.eigvals", square[:3], lambda r: r.real, composite=True),
    on(_graded, "linalg.pinv", [*square[:3], *tall, *wide]),
    on(_symmetric_regular, "linalg.pinv", [sample(draw(3, 3), hermitian=True)]),
    OpInfo(
        "linalg.lstsq",
        [sample(draw(4, 3), draw(4, 2)), sample(draw(2, 4, 3), draw(2, 4, 1))],
        op=lambda torch, a, b: torch.linalg.lstsq(_graded(torch, a), b)[:2],
    ),
    OpInfo(
        "linalg.lstsq with residuals",
        [
            sample(draw(4, 3), draw(4, 2), "gels"),
            sample(draw(2, 4, 3), draw(2, 4), "gelsd"),
            sample(draw(4, 3), draw(4, 1), "gelss"),
        ],
        op=lambda torch, a, b, driver: torch.linalg.lstsq(_graded(torch, a), b, driver=driver)[:2],
    ),
    OpInfo("linalg.matrix_exp", square),
]

NORMS = [
    OpInfo(
        "linalg.vector_norm",
        [
            sample(draw(3, 4), ord, dim)
            for ord in (2, 1, 0, 0.5, 1.5, 3, float("inf"), -float("inf"), -1)
            for dim in (None, 1)
        ],
    ),
    OpInfo(
        "linalg.vector_norm",
        [
            sample(_WITH_ZEROS, ord, dim)
            for ord in (2, 1, 0, 1.5, 3, float("inf"), -float("inf"))
            for dim in (None, 1)
        ],
        second_derivative=False,
    ),
    on_complex(
        lambda torch, x, **options: torch.linalg.vector_norm(x, **options),
        [sample(*_pair(3, 4), ord=ord, dim=1) for ord in (1, 1.5, 2, 3, float("inf"))],
        "linalg.vector_norm",
    ),
    OpInfo(
        "linalg.matrix_norm",
        [
            sample(draw(2, 3, 4), ord, keepdim=keepdim)
            for ord in ("fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf"))
            for keepdim in (False, True)
        ],
        composite=True,
    ),
    OpInfo(
        "linalg.norm",
        [sample(draw(3, 4)), sample(draw(3, 4), 1), sample(draw(3), 3)],
        composite=True,
    ),
    OpInfo("dist", [sample(draw(3), draw(3), p) for p in (2, 1, 3.0, float("inf"))], method=True),
    OpInfo("norm", [sample(draw(3, 4), "nuc")], composite=True, method=True),
    OpInfo(
        "linalg.cond",
        [sample(draw(3, 3)), sample(draw(3, 3), 2), sample(draw(3, 3), -2)],
        op=lambda torch, x, *p: torch.linalg.cond(_graded(torch, x), *p),
        composite=True,
    ),
    OpInfo(
        "linalg.cond, where torch's backward fails",
        [sample(draw(3, 3), p) for p in (1, -1, float("inf"), "fro", "nuc")],
        op=lambda torch, x, *p: torch.linalg.cond(_graded(torch, x), *p),
        differentiable=False,
    ),
]

LINEAR_ALGEBRA_OPS = [*PRODUCTS, *TRIANGLES, *DECOMPOSITIONS, *NORMS]
