"""Edge cases of element-wise operations and special functions: NaN and infinities, dtypes, errors."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, -2.0, float("inf"), float("-inf"), float("nan")]
UNARY = (
    "acosh", "asinh", "atanh", "ceil", "deg2rad", "digamma", "erf", "erfc", "erfinv", "exp2", "frac",
    "i0", "isneginf", "isposinf", "lgamma", "log1p", "logit", "nan_to_num", "sgn", "sign", "signbit",
    "sinc", "special.entr", "special.erfcx", "special.i0e", "special.i1", "special.i1e",
    "special.log_ndtr", "special.modified_bessel_k0", "special.ndtr", "special.ndtri",
    "special.spherical_bessel_j0", "square", "trunc",
)  # fmt: skip
BINARY = ("atan2", "copysign", "fmax", "fmin", "fmod", "heaviside", "hypot", "logaddexp", "maximum",
          "nextafter", "pow", "remainder", "xlogy", "special.xlog1py", "special.zeta")  # fmt: skip


def find(library: Any, name: str) -> Any:
    for part in name.split("."):
        library = getattr(library, part)
    return library


@pytest.mark.parametrize("name", UNARY)
def test_unary_at_the_edges(name: str) -> None:
    for dtype in ("float32", "float64"):
        assert_same(
            lambda t, d=dtype: find(t, name)(t.tensor(EDGES, dtype=getattr(t, d))), exact=False
        )


@pytest.mark.parametrize("name", UNARY)
def test_unary_of_integers_and_bool(name: str) -> None:
    assert_same(lambda t: find(t, name)(t.tensor([0, 1, 2, -3])), exact=False)
    assert_same(lambda t: find(t, name)(t.tensor([True, False])), exact=False)


@pytest.mark.parametrize("name", BINARY)
def test_binary_at_the_edges(name: str) -> None:
    assert_same(lambda t: find(t, name)(t.tensor(EDGES)[:, None], t.tensor(EDGES)), exact=False)


@pytest.mark.parametrize("name", ["bitwise_and", "bitwise_left_shift", "gcd", "lcm", "logical_or"])
def test_integer_operations_refuse_what_torch_refuses(name: str) -> None:
    assert_same(lambda t: getattr(t, name)(t.tensor([1.5]), t.tensor([2])))
    assert_same(lambda t: getattr(t, name)(t.tensor([True, False]), t.tensor([True, True])))


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.fmax(t.ones(2), 1.0),
        lambda t: t.clamp(t.ones(2)),
        lambda t: t.heaviside(t.ones(2), t.ones(2, dtype=t.float64)),
        lambda t: t.frexp(t.tensor([1])),
        lambda t: t.polygamma(-1, t.ones(2)),
        lambda t: t.mvlgamma(t.ones(2), 0),
        lambda t: t.lerp(t.ones(2), t.ones(2, dtype=t.float64), 0.5),
        lambda t: t.addcdiv(t.ones(2), t.tensor([1, 2]), t.tensor([1, 2])),
        lambda t: t.isclose(t.ones(2), t.ones(2, dtype=t.float64)),
        lambda t: t.isclose(t.ones(2), t.ones(2), rtol=-1.0),
        lambda t: t.where(t.ones(2), 1.0, 2.0),
        lambda t: t.ones(2).float_power_(2),
        lambda t: t.tensor([1, 2]) ** -1,
        lambda t: +t.tensor([True]),
        lambda t: t.abs(t.tensor([True])),
    ],
)
def test_errors(call: Any) -> None:
    assert_raises_alike(call)


@pytest.mark.parametrize("name", ["igamma", "igammac"])
def test_no_gradient_for_the_first_operand(name: str) -> None:
    def call(t: Any) -> Any:
        a, x = t.ones(2, requires_grad=True), t.ones(2, requires_grad=True)
        find(t, name)(a, x).sum().backward()

    assert_raises_alike(call)


def test_not_differentiable_operations_fail_in_backward() -> None:
    def call(t: Any) -> Any:
        t.floor_divide(t.ones(2, requires_grad=True), 2.0).sum().backward()

    assert_raises_alike(call)


@pytest.mark.parametrize("name", ["eq_", "lt_", "logical_and_", "logical_xor_"])
def test_comparison_in_place_keeps_the_dtype(name: str) -> None:
    assert_same(lambda t: getattr(t.tensor([1.0, 0.0, 2.0]), name)(t.tensor([1.0, 1.0, 0.0])))


def test_special_mirrors_torch() -> None:
    assert sorted(minitorch.special.__all__) == sorted(torch.special.__all__)
