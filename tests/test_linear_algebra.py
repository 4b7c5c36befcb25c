"""Linear algebra where it is easy to be wrong: empty matrices, singular ones, errors, names, signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

Call = Callable[[Any], Any]


def matrix(library: Any, *shape: int, seed: int = 0) -> Any:
    return library.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def values(result: Any) -> Any:
    """Without strides, which LAPACK's results leave to the library."""
    if isinstance(result, tuple):
        return tuple([values(r) for r in result])
    return tuple(result.shape), result.reshape(-1)


UNARY = [
    "cholesky_ex", "inv_ex", "lu_factor_ex", "det", "slogdet", "eigvals", "eigvalsh", "svdvals",
    "matrix_exp", "pinv", "matrix_rank", "qr", "lu", "matrix_norm", "norm", "vector_norm", "cond",
]  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 3, 3), (1, 1), (2, 1, 3, 3)])
def test_empty_and_small_matrices(name: str, shape: tuple[int, ...]) -> None:
    if name in ("eigvals",) and shape[-1] > 1:
        pytest.skip("in no order")
    assert_same(
        lambda t: values(getattr(t.linalg, name)(matrix(t, *shape))), exact=False, words=False
    )


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("make", [
    lambda t: t.ones(3),
    lambda t: t.arange(6.0).reshape(2, 3),
    lambda t: t.eye(3, dtype=t.int64),
])  # fmt: skip
def test_words_for_what_is_no_matrix(name: str, make: Call) -> None:
    assert_same(lambda t: values(getattr(t.linalg, name)(make(t))), exact=False)


@pytest.mark.parametrize("name", ["cholesky", "inv", "lu_factor", "det", "slogdet", "matrix_rank"])
def test_singular_matrices(name: str) -> None:
    assert_same(lambda t: values(getattr(t.linalg, name)(t.zeros(3, 3))), exact=False)
    assert_same(lambda t: values(getattr(t.linalg, name)(t.zeros(2, 3, 3))), exact=False)


def test_linalg_error_is_a_runtime_error() -> None:
    assert issubclass(minitorch.linalg.LinAlgError, RuntimeError)
    with pytest.raises(minitorch.linalg.LinAlgError, match="Batch element 1"):
        minitorch.linalg.inv(minitorch.stack([minitorch.eye(2), minitorch.zeros(2, 2)]))


ERRORS: list[Call] = [
    lambda t: t.linalg.solve(t.eye(3), t.ones(2, 2)),
    lambda t: t.linalg.solve(t.eye(3), t.ones(2)),
    lambda t: t.linalg.solve(t.eye(3), t.ones(3, dtype=t.float64)),
    lambda t: t.linalg.solve(t.eye(3), t.ones(3), left=False),
    lambda t: t.linalg.solve(t.zeros(3, 3), t.ones(3)),
    lambda t: t.linalg.solve_triangular(t.eye(3), t.ones(2, 2), upper=True),
    lambda t: t.linalg.lu_solve(t.eye(3), t.ones(3), t.ones(3, 1)),
    lambda t: t.linalg.eigh(t.eye(3), UPLO="X"),
    lambda t: t.linalg.qr(t.eye(3), mode="full"),
    lambda t: t.linalg.svd(t.eye(3), driver="gesvd"),
    lambda t: t.linalg.matrix_norm(t.eye(3), "sum"),
    lambda t: t.linalg.matrix_norm(t.eye(3), 3),
    lambda t: t.linalg.matrix_norm(t.eye(3), dim=(0, 0)),
    lambda t: t.linalg.vector_norm(t.ones(0), float("inf")),
    lambda t: t.linalg.norm(t.ones(2, 2, 2), 2),
    lambda t: t.linalg.cond(t.ones(2, 3), 1),
    lambda t: t.linalg.cross(t.ones(2, 2), t.ones(2, 2)),
    lambda t: t.cross(t.ones(2, 2), t.ones(2, 2)),
    lambda t: t.linalg.multi_dot([t.eye(2)]),
    lambda t: t.linalg.multi_dot([t.eye(2), t.ones(3, 3)]),
    lambda t: t.linalg.multi_dot([t.eye(2), t.ones(2), t.eye(2)]),
    lambda t: t.linalg.tensorinv(t.ones(2, 3), 1),
    lambda t: t.linalg.tensorinv(t.ones(2, 2), 0),
    lambda t: t.linalg.vander(t.ones(3), N=1),
    lambda t: t.linalg.lstsq(t.ones(3, 2), t.ones(2, 1)),
    lambda t: t.linalg.lstsq(t.ones(3, 2), t.ones(3, 1), driver="fast"),
    lambda t: t.linalg.lstsq(t.eye(3, 1) @ t.eye(1, 2), t.ones(3, 1), driver="gels"),
    lambda t: t.linalg.householder_product(t.ones(2, 3), t.ones(2)),
    lambda t: t.linalg.householder_product(t.ones(3, 2), t.ones(3)),
    lambda t: t.cholesky_solve(t.ones(2), t.eye(2)),
    lambda t: t.triangular_solve(t.ones(2), t.eye(2)),
    lambda t: t.lu_unpack(t.eye(2), t.ones(2)),
    lambda t: t.tensordot(t.ones(2, 3), t.ones(2, 3), 1),
    lambda t: t.tensordot(t.ones(2, 3), t.ones(2, 3), -1),
    lambda t: t.inner(t.ones(2, 3), t.ones(2, 2)),
    lambda t: t.vdot(t.ones(2), t.ones(3)),
    lambda t: t.addmv(t.ones(2), t.ones(2, 3), t.ones(2)),
    lambda t: t.addr(t.ones(2, 2), t.ones(2, 2), t.ones(2)),
    lambda t: t.addbmm(t.ones(2, 2), t.ones(2, 2), t.ones(2, 2, 2)),
    lambda t: t.baddbmm(t.ones(2, 2, 2), t.ones(2, 2, 3), t.ones(2, 2, 2)),
    lambda t: t.addmm(t.ones(2, 2), t.ones(2), t.ones(2, 2)),
    lambda t: t.mm(t.ones(2, 2, dtype=t.bool), t.ones(2, 2, dtype=t.bool)),
    lambda t: t.bmm(t.ones(1, 2, 2, dtype=t.bool), t.ones(1, 2, 2, dtype=t.bool)),
    lambda t: t.dot(t.ones(2, dtype=t.bool), t.ones(2, dtype=t.bool)),
    lambda t: t.cdist(t.ones(2), t.ones(2, 2)),
    lambda t: t.cdist(t.ones(2, 3), t.ones(2, 2)),
    lambda t: t.cdist(t.ones(2, 2), t.ones(2, 2), p=-1),
    lambda t: t.diag(t.ones(2, 2, 2)),
    lambda t: t.diag_embed(t.ones(2), 0, 1, 1),
    lambda t: t.trace(t.ones(2)),
    lambda t: t.tril(t.ones(2)),
    lambda t: t.cov(t.ones(2, 2, 2)),
    lambda t: t.cov(t.ones(3), fweights=t.ones(3)),
    lambda t: t.cov(t.ones(3), aweights=t.ones(2)),
    lambda t: t.cov(t.ones(3, dtype=t.bool)),
    lambda t: t.einsum("ij,jk", t.ones(2, 2)),
    lambda t: t.einsum("ij", t.ones(2, 2), t.ones(2, 2)),
    lambda t: t.einsum("i", t.ones(2, 2)),
    lambda t: t.einsum("ijk", t.ones(2, 2)),
    lambda t: t.einsum("ij->kk", t.ones(2, 2)),
    lambda t: t.einsum("ij->ii", t.ones(2, 2)),
    lambda t: t.einsum("i1", t.ones(2, 2)),
    lambda t: t.einsum("ii", t.ones(2, 3)),
    lambda t: t.einsum("ij,jk", t.ones(2, 3), t.ones(2, 3)),
    lambda t: t.einsum("ij"),
]  # fmt: skip


@pytest.mark.parametrize("call", ERRORS, ids=range(len(ERRORS)))
def test_errors(call: Call) -> None:
    assert_raises_alike(call)


def test_unused_results_cost_no_gradient() -> None:
    """The identity has equal singular values: only a gradient of U or V would divide by zero."""
    for t in (torch, minitorch):
        x = t.eye(3, dtype=t.float64).requires_grad_()
        t.linalg.svd(x)[1].sum().backward()
        assert x.grad.tolist() == np.eye(3).tolist()
        x.grad = None
        t.linalg.eigh(x)[0].sum().backward()
        assert x.grad.tolist() == np.eye(3).tolist()


@pytest.mark.parametrize("zeros", [1, 2, 3])
def test_derivatives_of_the_determinant_of_singular_matrices(zeros: int) -> None:
    def derivatives(t: Any) -> Any:
        x = matrix(t, 4, 4)
        x[:zeros] = 0
        x.requires_grad_()
        (first,) = t.autograd.grad(t.linalg.det(x), x, create_graph=True)
        (second,) = t.autograd.grad((first * matrix(t, 4, 4, seed=1)).sum(), x)
        return first.detach(), second

    assert_same(lambda t: values(derivatives(t)), exact=False)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2)])
def test_lu_puts_the_matrix_together_again(shape: tuple[int, ...]) -> None:
    x = matrix(minitorch, *shape)
    P, L, U = minitorch.linalg.lu(x)
    np.testing.assert_allclose((P @ L @ U).numpy(), x.numpy(), atol=1e-12)
    unpacked = minitorch.lu_unpack(*minitorch.linalg.lu_factor(x))
    for a, b in zip(unpacked, (P, L, U), strict=True):
        assert minitorch.equal(a, b)
    assert not P.requires_grad


@pytest.mark.parametrize("driver", ["gels", "gelsy", "gelsd", "gelss", None])
@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (2, 4, 3), (4, 0)])
def test_lstsq_drivers(driver: str | None, shape: tuple[int, ...]) -> None:
    if driver == "gels" and not shape[-1]:
        pytest.skip("LAPACK clears the right side, so torch's residuals are 0")

    def call(t: Any) -> Any:
        b = matrix(t, *shape[:-1], 2, seed=1)
        return values(tuple(t.linalg.lstsq(matrix(t, *shape), b, driver=driver)))

    assert_same(call, exact=False)


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e-5, 1e-3, 1e-2, 5e-2, 0.2, 0.5, 3.0])
def test_matrix_exp_of_every_size(scale: float) -> None:
    for dtype in (np.float32, np.float64):
        assert_same(
            lambda t, d=dtype: t.linalg.matrix_exp(
                t.from_numpy(
                    (np.random.default_rng(0).standard_normal((3, 4, 4)) * scale).astype(d)
                )
            ),
            exact=False,
        )


def test_einsum_takes_lists_of_numbers() -> None:
    a, b = matrix(minitorch, 2, 3), matrix(minitorch, 3, 4)
    np.testing.assert_allclose(
        minitorch.einsum(a, [0, 1], b, [1, 2], [0, 2]), a.numpy() @ b.numpy()
    )
    np.testing.assert_allclose(minitorch.einsum("ij,jk->ik", [a, b]), a.numpy() @ b.numpy())


def test_named_tuples_print_as_torchs() -> None:
    for call in (
        lambda t: t.linalg.lu_factor_ex(t.eye(2)),
        lambda t: t.linalg.slogdet(t.eye(2)),
        lambda t: t.linalg.qr(t.zeros(0, 0)),
        lambda t: t.linalg.cholesky_ex(t.eye(2)),
    ):
        assert repr(call(minitorch)) == repr(call(torch))


def test_low_rank_decompositions_have_torchs_random_numbers() -> None:
    for t in (torch, minitorch):
        t.manual_seed(0)
    ours, theirs = [
        t.svd_lowrank(t.from_numpy(np.random.default_rng(0).standard_normal((20, 8))), q=4)
        for t in (minitorch, torch)
    ]
    torch.testing.assert_close(torch.from_numpy(ours[1].numpy()), theirs[1])
    ours, theirs = [
        t.pca_lowrank(t.from_numpy(np.random.default_rng(0).standard_normal((8, 20))), q=3)
        for t in (minitorch, torch)
    ]
    torch.testing.assert_close(torch.from_numpy(ours[1].numpy()), theirs[1])


@pytest.mark.parametrize("rows", [[[np.nan]], [[1.0, 0.0], [0.0, np.nan]]])
def test_cholesky_notices_nan(rows: list[list[float]]) -> None:
    """Which is neither positive nor negative: LAPACK's verdict names its row."""
    assert_same(lambda t: t.linalg.cholesky_ex(t.tensor(rows)).info)
    assert_raises_alike(lambda t: t.linalg.cholesky(t.tensor(rows)))


def test_the_namespace_has_torchs_functions() -> None:
    theirs = set(torch.linalg.__all__) if hasattr(torch.linalg, "__all__") else set()
    assert theirs <= set(dir(minitorch.linalg))
    assert minitorch.det is minitorch.linalg.det is minitorch.Tensor.det
    assert minitorch.inverse is minitorch.linalg.inv
