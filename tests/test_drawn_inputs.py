"""Hypothesis draws shapes, strides and dtypes; values, dtypes, shapes and gradients must be torch's.

The memory of every drawn tensor is the same in both libraries: transposed, stepped over, expanded
(elements that share memory), empty, 0-dim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import numpy as np
import torch
from hypothesis import HealthCheck, given, settings

import minitorch
from tests.parity import assert_same_values, run

DTYPES = ("float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
ATTEMPTS = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,  # the same draws every time: a failure is never a surprise of CI's
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Layout:
    """A tensor by its memory: elements, dtype, sizes, strides and offset in elements."""

    memory: tuple[int, ...]
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int

    def tensor(self, library: Any, requires_grad: bool = False) -> Any:
        values = np.array(self.memory, "int64")
        if self.dtype.startswith("float"):
            values = values * 0.25 + 0.1  # never an integer: no ties, no kinks
        array = (values % 2 == 0) if self.dtype == "bool" else values.astype(self.dtype)
        tensor = library.from_numpy(array).as_strided(self.shape, self.strides, self.offset)
        floating = self.dtype in ("float32", "float64")
        return tensor.detach().requires_grad_(requires_grad and floating)


@st.composite
def layouts(
    draw: Any, dtypes: tuple[str, ...] = DTYPES, shape: tuple[int, ...] | None = None
) -> Layout:
    """Tensors of up to four dimensions over memory of drawn values."""
    if shape is None:
        shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    order = draw(st.permutations(range(len(shape))))
    steps = draw(st.lists(st.sampled_from([1, 1, 2, 0]), min_size=len(shape), max_size=len(shape)))
    strides = [0] * len(shape)
    extent = 1
    for d in order:
        strides[d] = extent * steps[d]
        extent *= max(shape[d], 1) * max(steps[d], 1)
    offset = draw(st.integers(0, 3))
    size = offset + extent
    start = draw(st.integers(-8, 8))
    stride = draw(st.sampled_from([1, 3, 5, 7]))
    memory = tuple([(start + i * stride) % 17 - 8 for i in range(size)])
    return Layout(memory, draw(st.sampled_from(dtypes)), shape, tuple(strides), offset)


@st.composite
def pairs(draw: Any) -> tuple[Layout, Layout]:
    """Two tensors whose shapes broadcast, of dtypes that may differ."""
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    kept = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    other = tuple([n if keep else 1 for n, keep in zip(shape, kept, strict=True)])
    other = other[draw(st.integers(0, len(other))) :]
    first, second = (shape, other) if draw(st.booleans()) else (other, shape)
    return draw(layouts(shape=first)), draw(layouts(shape=second))


def assert_alike(call: Any, *drawn: Layout) -> None:
    """``call(library, *tensors)`` gives torch's result, gradient, or type of exception."""
    outcomes = []
    for library in (minitorch, torch):
        tensors = [layout.tensor(library, requires_grad=True) for layout in drawn]
        result = run(lambda library, tensors=tensors: call(library, *tensors), library)
        leaves = [t for t in tensors if t.requires_grad]
        tracked = [r for r in _tensors(result) if r.requires_grad]
        grads = run(lambda library, args=(tracked, leaves): _gradients(library, *args), library)
        outcomes.append((result, grads))
    for ours, theirs in zip(*outcomes, strict=True):
        _assert_same_outcome(ours, theirs)


def _gradients(library: Any, outputs: list[Any], leaves: list[Any]) -> Any:
    if not outputs:
        return ()
    rng = np.random.default_rng(0)
    seeds = [
        library.from_numpy(rng.uniform(0.5, 1.5, tuple(y.shape))).to(y.dtype) for y in outputs
    ]
    return library.autograd.grad(outputs, leaves, seeds, allow_unused=True)


def _assert_same_outcome(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, Exception):
        assert type(ours).__name__ == type(theirs).__name__, f"torch: {theirs!r}, here: {ours!r}"
        return
    assert not isinstance(ours, Exception), f"torch accepts this, here: {ours!r}"
    for a, b in zip(_tensors(ours), _tensors(theirs), strict=True):
        assert (a is None) == (b is None)
        if b is not None:
            assert str(a.dtype) == str(b.dtype)
            assert tuple(a.shape) == tuple(b.shape)
            assert_same_values(a, b, exact=False)


def _tensors(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [t for r in result for t in ([None] if r is None else _tensors(r))]
    return [result] if isinstance(result, (torch.Tensor, minitorch.Tensor)) else []


UNARY = [
    "neg",
    "abs",
    "exp",
    "expm1",
    "log1p",
    "sqrt",
    "rsqrt",
    "reciprocal",
    "square",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "sign",
    "floor",
    "ceil",
    "trunc",
    "round",
    "relu",
    "isnan",
    "isfinite",
    "logical_not",
    "atan",
    "sinh",
    "erf",
    "exp2",
    "log2",
    "contiguous",
    "clone",
    "flatten",
    "t_or_T",
    "cumsum",
    "sort_values",
]


def _unary(name: str) -> Any:
    if name == "t_or_T":
        return lambda library, x: x.permute(*range(x.ndim - 1, -1, -1)).contiguous()
    if name == "cumsum":
        return lambda library, x: x.cumsum(0)
    if name == "sort_values":
        return lambda library, x: x.sort(stable=True)
    return lambda library, x: getattr(x, name)()


@ATTEMPTS
@given(layouts(), st.sampled_from(UNARY))
def test_operations_of_one_tensor(layout: Layout, name: str) -> None:
    assert_alike(_unary(name), layout)


BINARY = [
    "add",
    "sub",
    "mul",
    "div",
    "maximum",
    "minimum",
    "pow",
    "remainder",
    "fmod",
    "floor_divide",
    "atan2",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "logical_and",
    "logical_or",
    "logical_xor",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
]


@ATTEMPTS
@given(pairs(), st.sampled_from(BINARY))
def test_operations_of_two_tensors(drawn: tuple[Layout, Layout], name: str) -> None:
    assert_alike(lambda library, x, y: getattr(library, name)(x, y), *drawn)


@ATTEMPTS
@given(layouts(), st.sampled_from(BINARY), st.sampled_from([2, 3, 0.5, 2.0, True]))
def test_operations_of_a_tensor_and_a_number(layout: Layout, name: str, number: Any) -> None:
    assert_alike(lambda library, x: getattr(x, name)(number), layout)


REDUCTIONS = [
    "sum",
    "mean",
    "prod",
    "amax",
    "amin",
    "all",
    "any",
    "argmax",
    "argmin",
    "logsumexp",
    "var",
    "std",
    "nansum",
    "norm",
]


@ATTEMPTS
@given(layouts(), st.sampled_from(REDUCTIONS), st.booleans(), st.data())
def test_reductions(layout: Layout, name: str, keepdim: bool, data: Any) -> None:
    ndim = len(layout.shape)
    dim = data.draw(st.integers(-ndim - 1, ndim))
    assert_alike(lambda library, x: getattr(x, name)(dim=dim, keepdim=keepdim), layout)


@ATTEMPTS
@given(layouts(), st.sampled_from(["sum", "mean", "prod", "max", "min", "std", "all", "any"]))
def test_reductions_to_a_scalar(layout: Layout, name: str) -> None:
    assert_alike(lambda library, x: getattr(x, name)(), layout)


@ATTEMPTS
@given(layouts(dtypes=("float32", "int64", "bool")), st.data())
def test_indexing(layout: Layout, data: Any) -> None:
    """Slices with steps, integers, None, the ellipsis, and one list, in any order."""
    size = st.integers(-4, 4)
    part = st.one_of(
        size,
        st.none(),
        st.just(Ellipsis),
        st.builds(slice, st.none() | size, st.none() | size, st.none() | st.integers(1, 3)),
        st.lists(st.integers(0, 1), min_size=1, max_size=3),
    )
    key = tuple(data.draw(st.lists(part, max_size=4)))
    assert_alike(lambda library, x: x[key], layout)


@ATTEMPTS
@given(pairs(), st.sampled_from(["add_", "mul_", "sub_", "copy_", "div_", "pow_"]))
def test_operations_in_place(drawn: tuple[Layout, Layout], name: str) -> None:
    """On tensors of drawn strides; those whose elements share memory are refused alike."""

    def call(library: Any, x: Any, y: Any) -> Any:
        target = x.detach()
        getattr(target, name)(y.detach())
        return target

    assert_alike(call, *drawn)


@ATTEMPTS
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.data())
def test_matrix_products(n: int, k: int, m: int, data: Any) -> None:
    dtype = data.draw(st.sampled_from(["float32", "float64", "int64"]))
    left = data.draw(st.sampled_from([(n, k), (k,), (2, n, k), (1, n, k)]))
    right = data.draw(st.sampled_from([(k, m), (k,), (2, k, m), (3, 1, k, m)]))
    a = data.draw(layouts(dtypes=(dtype,), shape=left))
    b = data.draw(layouts(dtypes=(dtype,), shape=right))
    assert_alike(lambda library, x, y: x @ y, a, b)


@ATTEMPTS
@given(layouts(), st.data())
def test_shapes(layout: Layout, data: Any) -> None:
    ndim = len(layout.shape)
    dim = data.draw(st.integers(-ndim - 1, ndim))
    other = data.draw(st.integers(-ndim - 1, ndim))
    count = data.draw(st.integers(1, 3))
    name, arguments = data.draw(
        st.sampled_from(
            [
                ("transpose", (dim, other)), ("squeeze", (dim,)), ("unsqueeze", (dim,)),
                ("flip", ((dim,),)), ("roll", (count, dim)), ("unbind", (dim,)),
                ("chunk", (count, dim)), ("split", (count, dim)), ("narrow", (dim, 0, count)),
                ("flatten", (dim, other)), ("movedim", (dim, other)), ("select", (dim, count)),
                ("diagonal", (count - 2, dim, other)), ("repeat", ((count,) * max(ndim, 1),)),
                ("reshape", ((-1, count),)), ("cumsum", (dim,)),
            ]
        )
    )  # fmt: skip
    assert_alike(lambda library, x: getattr(x, name)(*arguments), layout)
