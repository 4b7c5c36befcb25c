"""Complex tensors: views, gradients by torch's convention, errors, printing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import SAME_WORDS, assert_raises_alike, assert_same
from tests.scoreboard import operations, scope

inf, nan = float("inf"), float("nan")
rng = np.random.default_rng(5)
Z = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
SPECIAL = [0j, complex(-0.0, 0.0), 3 + 4j, complex("nan"), complex("inf"), complex(1, float("nan"))]


def tensor(library: Any, array: Any = Z, dtype: str = "complex128") -> Any:
    return library.from_numpy(np.array(array, dtype))


@pytest.mark.parametrize("name", ["abs", "angle", "sgn", "conj_physical", "isreal", "neg"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_special_values(name: str, dtype: str) -> None:
    assert_same(lambda torch: getattr(torch, name)(tensor(torch, SPECIAL, dtype)), exact=False)


@pytest.mark.parametrize("name", ["angle", "sgn", "isreal", "conj", "real", "conj_physical"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64"])
def test_of_real_tensors(name: str, dtype: str) -> None:
    values = [0, 1, 2] if dtype in ("bool", "uint8") else [-2, 0, 3]
    assert_same(
        lambda torch: getattr(torch, name)(tensor(torch, values, dtype)), exact=dtype != "float16"
    )


def test_of_real_special_values() -> None:
    values = [float("nan"), float("inf"), -float("inf"), -0.0, -1.0]
    assert_same(lambda torch: torch.angle(torch.tensor(values)), exact=False)
    assert_same(lambda torch: torch.sgn(torch.tensor(values)))


@pytest.mark.parametrize("name", ["conj", "real", "resolve_conj", "resolve_neg", "conj_physical"])
def test_real_tensors_are_returned_as_they_are(name: str) -> None:
    x = minitorch.ones(2)
    assert getattr(minitorch, name)(x) is x


def test_real_and_imag_share_memory() -> None:
    for library in (minitorch, torch):
        z = tensor(library)
        z.real[0, 0] = 7
        z.imag = library.zeros(2, 3, dtype=library.float64)
        z.real *= 2
        assert z[0, 0].item() == 14
        assert z.imag.stride() == (6, 2) and z.imag.storage_offset() == 1
        assert library.view_as_real(z)._base is z
        assert library.view_as_complex(library.view_as_real(z)).data_ptr() == z.data_ptr()


def test_views_of_strided_memory() -> None:
    assert_same(lambda torch: torch.view_as_real(tensor(torch).t()))
    assert_same(lambda torch: tensor(torch)[:, ::2].imag)
    assert_same(lambda torch: torch.view_as_real(tensor(torch)[0, 0]))
    assert_same(lambda torch: torch.view_as_complex(torch.ones(4, 3, 2)[::2]))
    assert_same(lambda torch: torch.view_as_real(torch.zeros(0, 3, dtype=torch.complex64)))


@pytest.mark.parametrize(
    "call",
    [
        lambda torch: torch.view_as_real(torch.ones(2)),
        lambda torch: torch.view_as_complex(torch.ones(3)),
        lambda torch: torch.view_as_complex(torch.tensor(1.0)),
        lambda torch: torch.view_as_complex(torch.ones(2, dtype=torch.int64)),
        lambda torch: torch.view_as_complex(torch.ones(2, 3).t()),
        lambda torch: torch.view_as_complex(torch.ones(2, 3)[:, :2]),
        lambda torch: torch.view_as_complex(torch.ones(5)[1:3]),
        lambda torch: torch.imag(torch.ones(2)),
        lambda torch: torch.ones(2).imag,
        lambda torch: torch.ones(2).H,
        lambda torch: torch.ones(2, 2, 2).H,
        lambda torch: torch.ones(2).mH,
        lambda torch: torch.ones(2).adjoint(),
        lambda torch: torch.complex(torch.ones(2), torch.ones(3)),
        lambda torch: torch.complex(torch.ones(2), torch.ones(2, dtype=torch.float64)),
        lambda torch: torch.complex(torch.ones(2).long(), torch.ones(2).long()),
        lambda torch: torch.complex(1.0, torch.ones(2)),
        lambda torch: torch.complex(torch.ones(2), torch.ones(2), out=torch.ones(2)),
        lambda torch: torch.polar(torch.ones(2), torch.ones(3)),
        lambda torch: torch.polar(torch.ones(2).half(), torch.ones(2).half()),
        lambda torch: torch.ones(2).add_(1j),
        lambda torch: (tensor(torch).requires_grad_() * 2).sum().backward(),
        lambda torch: tensor(torch).abs_(),
    ],
)
def test_errors(call: Any) -> None:
    assert_raises_alike(call)


@pytest.mark.parametrize(
    "call",
    [
        lambda torch, z: z < z,
        lambda torch, z: z >= 1,
        lambda torch, z: torch.ones(2, 3) > 1j,
        lambda torch, z: torch.maximum(z, z),
        lambda torch, z: torch.fmin(z, z),
        lambda torch, z: z.clamp(0, 1),
        lambda torch, z: z.relu(),
        lambda torch, z: z.sign(),
        lambda torch, z: z.round(),
        lambda torch, z: z.ceil(),
        lambda torch, z: torch.atan2(z, z),
        lambda torch, z: z.sort(),
        lambda torch, z: z.argmax(),
    ],
)
def test_complex_numbers_have_no_order(call: Any) -> None:
    assert_raises_alike(lambda torch: call(torch, tensor(torch)), words=False)


def test_infinite_parts() -> None:
    inf = float("inf")
    assert_same(lambda torch: torch.complex(torch.tensor([inf, 0.0]), torch.tensor([0.0, -inf])))


def test_promotion() -> None:
    for dtype in ("bool", "int64", "float32", "float64", "complex64"):
        assert_same(lambda torch, dtype=dtype: tensor(torch, [1, 0], dtype) + 1j)
        assert_same(lambda torch, dtype=dtype: tensor(torch, [1, 0], dtype) * torch.tensor(1j))
        assert_same(
            lambda torch, dtype=dtype: tensor(torch, [1, 0], dtype) * tensor(torch, [1j, 2])
        )


def test_in_place_twins() -> None:
    assert_same(lambda torch: tensor(torch).sgn_(), exact=False)
    assert_same(lambda torch: tensor(torch).conj_physical_())
    assert_same(lambda torch: tensor(torch).mul_(1j), exact=False)


def test_conversions() -> None:
    assert_same(lambda torch: torch.ones(2).cfloat())
    assert_same(lambda torch: torch.ones(2).cdouble())
    assert_same(lambda torch: torch.ones(2).to(torch.cfloat))
    assert_same(lambda torch: torch.tensor([1 + 2j]))
    assert_same(lambda torch: torch.tensor([1.0, 2]).is_complex())
    assert_same(lambda torch: torch.is_complex(torch.tensor([1j])))


# --------------------------------------------------------------------------- gradients


def gradients(library: Any, loss: Any, *arrays: Any) -> list[Any]:
    leaves = [library.from_numpy(np.array(a)).requires_grad_() for a in arrays]
    loss(library, *leaves).backward()
    return [leaf.grad for leaf in leaves]


@pytest.mark.parametrize(
    "loss",
    [
        lambda torch, x, z: (x * z).abs().sum(),
        lambda torch, x, z: (x / z).real.sum(),
        lambda torch, x, z: (z / x).imag.sum(),
        lambda torch, x, z: ((x + z) * (z - x)).angle().sum(),
        lambda torch, x, z: torch.view_as_real(z * x**2).prod(),
        lambda torch, x, z: (z.exp() * x.sin()).real.mean(),
        lambda torch, x, z: torch.where(x > 0, z, x + 0j).abs().sum(),
        lambda torch, x, z: torch.complex(x, z.imag).abs().sum(),
        lambda torch, x, z: (z.conj() @ z.mT * x.sum()).real.sum(),
        lambda torch, x, z: torch.stack([z, x + 0j]).cumsum(0).abs().sum(),
        lambda torch, x, z: (z.mH @ z).imag.abs().sum() + x.sum(),
        lambda torch, x, z: z.sum(0).abs().sum() * x.mean(),
        lambda torch, x, z: (z**3).real.sum() + (z ** x.abs()).imag.sum(),
        lambda torch, x, z: ((2 + 1j) ** z).real.sum() * x.sum(),
        lambda torch, x, z: x.cdouble().mul(z).real.sum(),
        lambda torch, x, z: z.real.pow(2).sum() + (z.real * x).sum(),
        lambda torch, x, z: torch.polar(x, z.imag).real.sum(),
    ],
)
def test_gradients_of_real_and_complex_leaves(loss: Any) -> None:
    x = rng.normal(size=(2, 3))
    ours, theirs = gradients(minitorch, loss, x, Z), gradients(torch, loss, x, Z)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(torch.from_numpy(a._array.copy()), b.resolve_conj())


def test_gradient_where_the_derivative_has_no_direction() -> None:
    zero = np.zeros(2, complex)
    for name in ("abs", "angle"):
        (ours,) = gradients(minitorch, lambda lib, z, name=name: getattr(z, name)().sum(), zero)
        assert ours.tolist() == [0, 0]
    (ours,) = gradients(minitorch, lambda lib, z: z.sgn().real.sum(), zero)
    assert ours.tolist() == [0, 0]


def test_change_of_a_part_in_place_is_recorded() -> None:
    def loss(torch: Any, z: Any, x: Any) -> Any:
        y = z * 2
        y.real.mul_(x)
        y.imag[0] = x[0]
        return (y * y.conj()).real.sum()

    x = rng.normal(size=(2, 3))
    for a, b in zip(gradients(minitorch, loss, Z, x), gradients(torch, loss, Z, x), strict=True):
        torch.testing.assert_close(torch.from_numpy(a._array.copy()), b.resolve_conj())


def test_gradcheck() -> None:
    z = tensor(minitorch).requires_grad_()
    assert minitorch.autograd.gradcheck(lambda z: (z * z.conj()).real, z)


# --------------------------------------------------------------------------- torch's own table

WITH_GRADIENTS = [
    name
    for name, op in operations._infos().items()
    if torch.complex128 in op.supported_backward_dtypes("cpu")
    and op.supports_autograd
    and not scope.out_of_scope(op)
]


@pytest.mark.skipif(not SAME_WORDS, reason="torch's own table is that of another version")
@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_second_derivative_of_complex_numbers(name: str) -> None:
    """The second derivative of the first sample; it contains the gradient."""
    op = operations._infos()[name]
    property_ = operations._second_derivative if op.supports_gradgrad else operations._gradient
    check = operations._over_samples(
        name, op, "second derivative", torch.complex128, True, property_, limit=1
    )
    assert check.passed == check.samples, check.first_error


NUMBERS = [complex(a, b) for a in (0, 1, -2, inf, -inf, nan) for b in (0, 1, -2, inf, nan)]


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_sums_in_logarithms_of_special_values(dtype: str) -> None:
    def grid(torch: Any) -> Any:
        return tensor(torch, [[x, y] for x in NUMBERS for y in NUMBERS], dtype)

    assert_same(lambda torch: torch.logaddexp(*grid(torch).unbind(1)), exact=False)
    assert_same(lambda torch: torch.logcumsumexp(grid(torch), 1), exact=False)


# --------------------------------------------------------------------------- printing


@pytest.mark.parametrize(
    "values",
    [[], [1j], [1 + 2j, -0.5 - 3j], [complex("nan"), complex(1, float("inf"))], [1e10 + 1j, 1e-5j]],
    ids=str,
)
def test_prints_as_torch(values: list[complex]) -> None:
    for dtype in ("complex64", "complex128"):
        assert repr(tensor(minitorch, values, dtype)) == repr(tensor(torch, values, dtype))
    assert repr(tensor(minitorch, Z)) == repr(tensor(torch, Z))
    assert repr(tensor(minitorch, Z).sum()) == repr(tensor(torch, Z).sum())
