"""Every property over every operation's row: values, gradients, second derivatives, dtypes,
layouts, in-place twins, names.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.native.dispatch_stub import plain_kernels
from tests.op_rows import ARITHMETIC, PRODUCTS, REDUCTIONS, TENSOR_OPS, UNARY
from tests.opinfo import Draw, OpInfo, Sample


def all_rows() -> list[OpInfo]:
    rows = list(TENSOR_OPS)
    for module, name in (
        ("op_rows_nn", "NN_OPS"),
        ("op_rows_nn_functional", "NN_FUNCTIONAL_OPS"),
        ("op_rows_activation_loss", "ACTIVATION_LOSS_OPS"),
        ("op_rows_padding", "PADDING_OPS"),
        ("op_rows_reductions", "REDUCTION_AND_INDEX_OPS"),
        ("op_rows_linear_algebra", "LINEAR_ALGEBRA_OPS"),
        ("op_rows_shape", "SHAPE_OPS"),
        ("op_rows_spatial", "SPATIAL_OPS"),
        ("op_rows_elementwise", "ELEMENTWISE_OPS"),
        ("op_rows_spectral", "SPECTRAL_OPS"),
    ):
        rows += getattr(importlib.import_module(f"tests.{module}"), name)
    return rows


ROWS = all_rows()
CASES = [pytest.param(op, s, id=f"{op.name}-{i}") for op in ROWS for i, s in enumerate(op.samples)]
DIFFERENTIABLE = [
    pytest.param(op, s, id=f"{op.name}-{i}")
    for op in ROWS
    if op.differentiable
    for i, s in enumerate(op.samples)
]


def arrays(sample: Sample, dtype: str, seed: int = 0) -> list[Any]:
    """The arguments with their arrays drawn, the same for both libraries."""
    rng = np.random.default_rng(seed)

    def realise(x: Any) -> Any:
        if isinstance(x, Draw):
            return x.array(rng, dtype)
        return x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x

    return [realise(x) for x in sample.args]


def as_tensors(
    library: Any, values: list[Any], requires_grad: bool, layout: str = "contiguous"
) -> list[Any]:
    def convert(x: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return x
        x = np.array(x)
        if (
            layout == "strided" and x.ndim
        ):  # every second element of a larger memory, dimensions reversed
            spread = np.zeros(tuple(2 * n for n in reversed(x.shape)), x.dtype)
            window = spread[tuple(slice(None, None, 2) for _ in x.shape)]
            window[...] = x.T
            tensor = library.from_numpy(spread)[tuple(slice(None, None, 2) for _ in x.shape)]
            tensor = tensor.permute(*range(x.ndim - 1, -1, -1))
        else:
            tensor = library.from_numpy(x)
        if requires_grad and x.dtype.kind == "f":
            tensor = tensor.detach().requires_grad_()
        return tensor

    return [convert(x) for x in values]


def leaves(values: list[Any]) -> list[Any]:
    return [x for x in values if hasattr(x, "requires_grad") and x.requires_grad]


def outputs(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def to_torch(x: Any) -> Any:
    return torch.from_numpy(np.array(x.detach().numpy())) if isinstance(x, minitorch.Tensor) else x


def assert_equal(ours: Any, theirs: Any, op: OpInfo) -> None:
    tolerance = {} if op.rtol is None else {"rtol": op.rtol, "atol": op.atol}
    torch.testing.assert_close(
        to_torch(ours),
        theirs.detach() if hasattr(theirs, "detach") else theirs,
        equal_nan=True,
        **tolerance,
    )


def both(
    op: OpInfo, sample: Sample, dtype: str, requires_grad: bool, layout: str = "contiguous"
) -> Iterator[Any]:
    values = arrays(sample, dtype)
    for library in (minitorch, torch):
        tensors = as_tensors(library, values, requires_grad, layout)
        yield tensors, outputs(op(library, *tensors, **sample.kwargs))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("op", "sample"), CASES)
def test_value(op: OpInfo, sample: Sample, dtype: str) -> None:
    (_, ours), (_, theirs) = both(op, sample, dtype, False)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert_equal(a, b, op)


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_value_of_strided_inputs(op: OpInfo, sample: Sample) -> None:
    if op.name in ("view", "as_strided"):
        pytest.skip("defined by the memory layout")
    (_, ours), (_, theirs) = both(op, sample, "float32", False, "strided")
    for a, b in zip(ours, theirs, strict=True):
        assert_equal(a, b, op)


def cotangents(results: list[Any]) -> list[Any]:
    """Random gradients of the outputs: a plain sum would hide errors that cancel."""
    rng = np.random.default_rng(1)
    return [
        rng.uniform(0.5, 1.5, tuple(r.shape)).astype(str(r.dtype).removeprefix("torch."))
        for r in results
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("op", "sample"), DIFFERENTIABLE)
def test_gradient(op: OpInfo, sample: Sample, dtype: str) -> None:
    grads = []
    names = []
    for library, (tensors, results) in zip(
        (minitorch, torch), both(op, sample, dtype, True), strict=True
    ):
        tracked = [r for r in results if r.requires_grad]
        names.append([r.grad_fn.name() for r in tracked])
        seeds = [library.from_numpy(c) for c in cotangents(tracked)]
        library.autograd.backward(tracked, seeds)
        grads.append([t.grad for t in leaves(tensors)])
    for a, b in zip(*grads, strict=True):
        assert (a is None) == (b is None)
        if b is not None:
            assert_equal(a, b, op)
            assert a.stride() == b.stride() or b.numel() < 2


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_plain_kernels(op: OpInfo, sample: Sample) -> None:
    """The same without native/cpu/, whose kernels have computed all of the above."""
    with plain_kernels():
        test_value(op, sample, "float32")
        if op.differentiable:
            test_gradient(op, sample, "float32")


@pytest.mark.parametrize(
    ("op", "sample"), [c for c in DIFFERENTIABLE if c.values[0].second_derivative]
)
def test_second_derivative(op: OpInfo, sample: Sample) -> None:
    seconds = []
    for library, (tensors, results) in zip(
        (minitorch, torch), both(op, sample, "float64", True), strict=True
    ):
        tracked = [r for r in results if r.requires_grad]
        # Squares make the first derivative depend on everything, also where the operation itself is
        # linear.
        scalar = sum(
            (r * r * library.from_numpy(c)).sum()
            for r, c in zip(tracked, cotangents(tracked), strict=True)
        )
        inputs = leaves(tensors)
        first = library.autograd.grad(scalar, inputs, create_graph=True, allow_unused=True)
        seeds = cotangents([g for g in first if g is not None])
        again = [g for g in first if g is not None]
        total = sum((g * library.from_numpy(c)).sum() for g, c in zip(again, seeds, strict=True))
        seconds.append(
            library.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True)
            if again and total.requires_grad
            else [library.zeros(1)]
        )
    for a, b in zip(*seconds, strict=True):
        assert_equal(a, b, op)


INPLACE = [
    pytest.param(op, s, id=f"{op.inplace}-{i}")
    for op in ROWS
    if op.inplace
    for i, s in enumerate(op.samples)
]


@pytest.mark.parametrize(("op", "sample"), INPLACE)
def test_in_place_twin(op: OpInfo, sample: Sample) -> None:
    results = []
    for library in (minitorch, torch):
        tensors = as_tensors(library, arrays(sample, "float64"), True)
        target = tensors[0].clone()
        try:
            out = getattr(target, op.inplace)(*tensors[1:], **sample.kwargs)
        except RuntimeError as error:
            results.append((type(error), str(error)[:60], []))
            continue
        assert out is target
        assert target._version == 1
        target.backward(library.from_numpy(cotangents([target])[0]))
        results.append((to_torch(target).detach(), [t.grad for t in leaves(tensors)]))
    ours, theirs = results
    if isinstance(theirs[0], type):
        assert ours == theirs
        return
    assert_equal(ours[0], theirs[0], op)
    for a, b in zip(ours[1], theirs[1], strict=True):
        if b is not None:
            assert_equal(a, b, op)


@pytest.mark.parametrize("op", [pytest.param(op, id=op.name) for op in ROWS if op.method])
def test_function_and_method_are_one_object(op: OpInfo) -> None:
    assert getattr(minitorch, op.name) is getattr(minitorch.Tensor, op.name)


@pytest.mark.parametrize(("op", "sample"), DIFFERENTIABLE)
def test_grad_fn_has_torchs_name(op: OpInfo, sample: Sample) -> None:
    if op.composite:
        pytest.skip("composed here, one node there")
    (_, ours), (_, theirs) = both(op, sample, "float32", True)
    for a, b in zip(ours, theirs, strict=True):
        expected = b.grad_fn and b.grad_fn.name().removeprefix("torch::autograd::")
        assert expected in ("NotImplemented", a.grad_fn and a.grad_fn.name())


GRAPHS = [
    pytest.param(op, s, id=f"{op.name}-{i}")
    for op in [*ARITHMETIC, *UNARY, *REDUCTIONS, *PRODUCTS]
    if op.differentiable and not op.composite
    for i, s in enumerate(op.samples)
]


def parents(node: Any) -> list[str]:
    """The names of the nodes that wait for a node's results."""
    return [n.name().removeprefix("torch::autograd::") for n, _ in node.next_functions if n]


@pytest.mark.parametrize(("op", "sample"), GRAPHS)
def test_next_functions_are_torchs(op: OpInfo, sample: Sample) -> None:
    (_, ours), (_, theirs) = both(op, sample, "float32", True)
    for a, b in zip(ours, theirs, strict=True):
        if b.grad_fn is None:
            assert a.grad_fn is None
        else:
            assert parents(a.grad_fn) == parents(b.grad_fn)
