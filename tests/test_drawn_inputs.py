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
from hypothesis import HealthCheck, assume, given, settings

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
    x, y = draw(layouts(shape=first)), draw(layouts(shape=second))
    # A float32 gradient summed to a 0-dim float64 operand is only as exact as float32.
    assume((first and second) or {x.dtype, y.dtype} != {"float32", "float64"})
    return x, y


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
    seeds = [library.from_numpy(rng.uniform(0.5, 1.5, tuple(y.shape))).to(y.dtype) for y in outputs]
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


def _method(name: str, *arguments: Any, **named: Any) -> Any:
    return lambda library, x: getattr(x, name)(*arguments, **named)


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
        return lambda library, x: x.permute(tuple(range(x.ndim - 1, -1, -1))).contiguous()
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
    assume(not (name == "std" and 0 in layout.strides))  # of equal elements: 0 but for rounding
    assert_alike(lambda library, x: getattr(x, name)(dim=dim, keepdim=keepdim), layout)


@ATTEMPTS
@given(layouts(), st.sampled_from(["sum", "mean", "prod", "max", "min", "std", "all", "any"]))
def test_reductions_to_a_scalar(layout: Layout, name: str) -> None:
    # Products of float16 are rounded one by one in torch, in an order that depends on the strides.
    assume(not (name == "prod" and layout.dtype == "float16"))
    assume(not (name == "std" and 0 in layout.strides))  # of equal elements: 0 but for rounding
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
    assume(key.count(Ellipsis) < 2)  # after a second one torch reads sizes that are not there
    assert_alike(lambda library, x: x[key], layout)


@ATTEMPTS
@given(pairs(), st.sampled_from(["add_", "mul_", "sub_", "copy_", "div_", "pow_"]))
def test_operations_in_place(drawn: tuple[Layout, Layout], name: str) -> None:
    """On tensors of drawn strides; those whose elements share memory are refused alike."""
    assume(not (name == "pow_" and drawn[0].dtype == "bool"))  # two errors: which comes first?

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


FLOATS = ("float32", "float64")


@ATTEMPTS
@given(
    layouts(), st.sampled_from(["cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"]), st.data()
)
def test_cumulative_operations(layout: Layout, name: str, data: Any) -> None:
    dim = data.draw(st.integers(-len(layout.shape) - 1, len(layout.shape)))
    assert_alike(_method(name, dim), layout)


@ATTEMPTS
@given(layouts(), st.booleans(), st.data())
def test_order(layout: Layout, largest: bool, data: Any) -> None:
    """Values only: which of equal elements comes first is unspecified."""
    ndim = len(layout.shape)
    dim = data.draw(st.integers(-ndim - 1, ndim))
    k = data.draw(st.integers(0, 4))
    calls = {
        "sort": lambda library, x: x.sort(dim, largest)[0],
        "stable sort": lambda library, x: x.sort(dim=dim, descending=largest, stable=True),
        "topk": lambda library, x: x.detach().topk(k, dim, largest)[0],
        "kthvalue": lambda library, x: x.detach().kthvalue(k, dim)[0],
        # Of an expanded tensor torch 2.13 gives a median that is none of its elements.
        "median": lambda library, x: x.detach().contiguous().median(dim)[0],
        "unique": lambda library, x: x.detach().unique(return_inverse=True, return_counts=True),
    }
    assert_alike(calls[data.draw(st.sampled_from(sorted(calls)))], layout)


@st.composite
def indices(draw: Any, size: int, shape: tuple[int, ...], within: bool = False) -> Layout:
    """Index tensors of a shape; most of their elements are below ``size``, or all (``within``)."""
    layout = draw(layouts(("int64",), shape))
    excess, lowest = (0, 0) if within else draw(st.sampled_from([(0, 0), (0, 0), (1, 0), (0, -1)]))
    memory = tuple([i % (max(size, 1) + excess) + lowest for i in layout.memory])
    return Layout(memory, layout.dtype, layout.shape, layout.strides, layout.offset)


@ATTEMPTS
@given(layouts(("float32", "float64", "int64", "bool")), st.data())
def test_gathering_and_scattering(layout: Layout, data: Any) -> None:
    ndim = len(layout.shape)
    dim = data.draw(st.integers(-ndim, ndim - 1)) if ndim else data.draw(st.integers(-1, 0))
    size = layout.shape[dim] if ndim else 1
    name = data.draw(
        st.sampled_from(
            ["gather", "scatter", "scatter_add", "index_select", "index_add", "index_fill", "take"]
        )
    )
    if name.startswith("index_"):
        # What torch says of places out of range in an empty tensor has no rule.
        shape: tuple[int, ...] = (data.draw(st.integers(0, 3 if size else 0)),)
        # Which exception the others raise depends on strides.
        within = 0 in layout.shape or name in ("index_select", "index_add")
        index = data.draw(indices(size, shape, within))
        source = list(layout.shape)
        if ndim:
            source[dim] = shape[0]
        other = data.draw(layouts((layout.dtype,), tuple(source)))
    else:
        shape = tuple([data.draw(st.integers(0, n)) for n in layout.shape])
        size = size if name != "take" else int(np.prod(layout.shape))
        index = data.draw(indices(size, shape))
        other = data.draw(layouts((layout.dtype,), shape))
    calls = {
        "gather": lambda library, x, i, y: x.gather(dim, i),
        "scatter": lambda library, x, i, y: x.detach().scatter(dim, i, 3),
        "scatter_add": lambda library, x, i, y: x.scatter_add(dim, i, y),
        "index_select": lambda library, x, i, y: x.index_select(dim, i),
        "index_add": lambda library, x, i, y: x.index_add(dim, i, y),
        "index_fill": lambda library, x, i, y: x.index_fill(dim, i, 1),
        "take": lambda library, x, i, y: x.take(i),
    }
    assert_alike(calls[name], layout, index, other)


@ATTEMPTS
@given(pairs(), st.data())
def test_selecting(drawn: tuple[Layout, Layout], data: Any) -> None:
    """``where``, ``masked_fill``, ``masked_select`` and ``clamp``: broadcast, dtypes that differ."""
    x, y = drawn
    mask = data.draw(layouts(("bool",), data.draw(st.sampled_from([x.shape, y.shape]))))
    number = data.draw(st.sampled_from([2, -1, 0.5, True]))
    calls = {
        "where": lambda library, x, y, m: library.where(m, x, y),
        "where number": lambda library, x, y, m: library.where(m, x, number),
        "masked_fill": lambda library, x, y, m: x.masked_fill(m, number),
        "masked_select": lambda library, x, y, m: x.masked_select(m),
        "clamp": lambda library, x, y, m: x.clamp(-1, number),
        "clamp min": lambda library, x, y, m: x.clamp(min=number),
        "clamp tensor": lambda library, x, y, m: x.clamp(max=y),
        "clamp tensors": lambda library, x, y, m: library.clamp(x, y, y),
        "lerp": lambda library, x, y, m: library.lerp(x, y, 0.25),
        "addcmul": lambda library, x, y, m: library.addcmul(x, x, y, value=number),
    }
    assert_alike(calls[data.draw(st.sampled_from(sorted(calls)))], x, y, mask)


@ATTEMPTS
@given(layouts(), st.data())
def test_joining(layout: Layout, data: Any) -> None:
    ndim = len(layout.shape)
    dim = data.draw(st.integers(-ndim - 1, ndim))
    shape = list(layout.shape)
    if ndim and data.draw(st.booleans()):
        shape[data.draw(st.integers(0, ndim - 1))] = data.draw(st.integers(0, 3))
    other = data.draw(layouts(shape=tuple(shape)))
    name = data.draw(
        st.sampled_from(["cat", "stack", "hstack", "vstack", "dstack", "column_stack"])
    )
    arguments = (dim,) if name in ("cat", "stack") else ()
    assert_alike(lambda library, x, y: getattr(library, name)([x, y, x], *arguments), layout, other)


@ATTEMPTS
@given(layouts(), st.sampled_from(["constant", "reflect", "replicate", "circular"]), st.data())
def test_padding(layout: Layout, mode: str, data: Any) -> None:
    # If nothing of the input is kept, torch's circular padding copies what memory held before.
    lowest = 0 if mode == "circular" else -2
    padding = data.draw(st.lists(st.integers(lowest, 3), max_size=6))
    assert_alike(lambda library, x: library.nn.functional.pad(x, padding, mode), layout)


@ATTEMPTS
@given(st.integers(0, 3), st.integers(1, 2), st.integers(1, 2), st.integers(0, 6), st.data())
def test_convolution_of_sequences(n: int, c: int, groups: int, length: int, data: Any) -> None:
    dtype = data.draw(st.sampled_from(FLOATS))
    kernel, out_channels = data.draw(st.integers(1, 3)), groups * data.draw(st.integers(1, 2))
    stride, padding = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 2))
    dilation = data.draw(st.integers(1, 2))
    x = data.draw(layouts((dtype,), (n, c * groups, length)))
    weight = data.draw(layouts((dtype,), (out_channels, c, kernel)))
    bias = data.draw(layouts((dtype,), (out_channels,)))

    def call(library: Any, x: Any, weight: Any, bias: Any) -> Any:
        convolve = library.nn.functional.conv1d
        return convolve(x, weight, bias, stride, padding, dilation, groups)

    assert_alike(call, x, weight, bias)


@ATTEMPTS
@given(st.lists(st.integers(0, 4), max_size=3), st.sampled_from(DTYPES), st.data())
def test_numpy_arrays_of_drawn_steps(shape: list[int], dtype: str, data: Any) -> None:
    """``from_numpy`` shares the memory; negative steps are refused."""
    steps = [data.draw(st.sampled_from([1, 2, -1, -2])) for _ in shape]
    whole = np.arange(int(np.prod([2 * n for n in shape]))).reshape([2 * n for n in shape])
    array = whole.astype(dtype)[tuple([slice(None, None, step) for step in steps])]

    def call(library: Any, convert: str) -> Any:
        tensor = getattr(library, convert)(array)
        return tensor, tensor.stride()

    for convert in ("from_numpy", "as_tensor", "tensor"):
        outcomes = [
            run(lambda library, name=convert: call(library, name), lib)
            for lib in (minitorch, torch)
        ]
        _assert_same_outcome(*outcomes)
        if convert == "from_numpy" and array.size and not isinstance(outcomes[1], Exception):
            assert outcomes[0][1] == outcomes[1][1]
