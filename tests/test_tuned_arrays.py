"""The tuned kernels of indices, order, sums, copies and norms compute what the plain ones compute.

The rows of test_ops.py meet the tuned ones too, but few of them are large enough to be split over threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch.backends import cpu
from minitorch.native.cpu.ufuncs import _loop_of, split
from minitorch.native.dispatch_stub import plain_kernels
from minitorch.native.scatter_gather import combine_kernel, gather_kernel
from minitorch.nn import functional

pytestmark = pytest.mark.skipif(not cpu.TUNED_KERNELS, reason="tuned kernels are switched off")

SHAPES = [(0, 3), (7,), (5, 1, 3), (3, 65, 66), (70, 520)]

Operation = Callable[[Any, int], Any]
"""Of a tensor and a dimension."""


def places(x: Any, dim: int) -> Any:
    """An index along a dimension for every element, with repetitions."""
    return minitorch.from_numpy(np.random.default_rng(1).integers(0, max(x.shape[dim], 1), x.shape))


def slices(x: Any, dim: int) -> Any:
    """The numbers of some slices along a dimension, with repetitions."""
    size = x.shape[dim]
    return minitorch.from_numpy(np.random.default_rng(1).integers(0, max(size, 1), 2 * size))


def take(x: Any, dim: int) -> Any:
    return x[(slice(None),) * dim + (slices(x, dim).reshape(2, -1) - x.shape[dim],)]


def take_pairs(x: Any, dim: int) -> Any:
    first, last = slices(x, 0), slices(x, x.ndim - 1)
    size = min(len(first), len(last))
    return x[first[:size], ..., last[:size]] if x.ndim > 1 else x[first]


def embed(x: Any, dim: int) -> Any:
    return functional.embedding(slices(x, 0).reshape(2, -1), x) if x.ndim == 2 else x


def batch_norm(x: Any, dim: int) -> Any:
    """And the running statistics; weight and bias come from the input, and so do its gradients."""
    x = x.transpose(0, dim)
    if x.ndim == 1 or not x.numel():
        return x
    parameters = x.transpose(0, 1).flatten(1) * 0.1
    mean, var = minitorch.zeros(len(parameters)), minitorch.ones(len(parameters))
    mean, var = mean.to(x.dtype), var.to(x.dtype)
    settings = parameters[:, 0] + 1, parameters[:, 1], True, 0.3
    return functional.batch_norm(x, mean, var, *settings), mean, var


EXACT: dict[str, Operation] = {
    "cat": lambda x, dim: minitorch.cat((x, x * 2), dim),
    "cat of unlike sizes": lambda x, dim: minitorch.cat((x, x.narrow(dim, 0, 1), x * 2), dim),
    "cat of integers": lambda x, dim: minitorch.cat([(x * 100).to(minitorch.int16)] * 2, dim),
    "embedding": embed,
    "gather": lambda x, dim: x.gather(dim, places(x, dim)),
    "gather of integers": lambda x, dim: (x * 100).to(minitorch.int16).gather(dim, places(x, dim)),
    "scatter_add": lambda x, dim: x.scatter_add(dim, places(x, dim), x * 2),
    "index_select": lambda x, dim: x.index_select(dim, slices(x, dim)),
    "index_add": lambda x, dim: x.index_add(dim, slices(x, dim), x.index_select(dim, slices(x, dim))),
    "x[rows]": take,
    "x[rows, ..., columns]": take_pairs,
    "sort": lambda x, dim: x.sort(dim),
    "sort of equals, falling": lambda x, dim: x.round().sort(dim, descending=True),
    "topk": lambda x, dim: x.round().topk(min(3, x.shape[dim]), dim),
    "the smallest": lambda x, dim: x.round().topk((x.shape[dim] + 1) // 2, dim, largest=False),
    "max": lambda x, dim: x.max(dim) if x.numel() else x,
    "contiguous": lambda x, dim: x.transpose(dim, -1).contiguous(),
    "permuted": lambda x, dim: x.permute(*range(dim, x.ndim), *range(dim)).contiguous(),
    "where": lambda x, dim: minitorch.where(x > 0, x, x * 2),
    "where, numbers": lambda x, dim: minitorch.where(x > 0, 0.5, x),
    "clamp": lambda x, dim: x.clamp(-0.5, 0.5),
    "clamp from below": lambda x, dim: x.clamp(min=0.1),
    "abs": lambda x, dim: x.abs(),
    "clamp from above": lambda x, dim: x.clamp(max=0.1),
}  # fmt: skip
ROUNDED: dict[str, Operation] = {
    "batch_norm": batch_norm,
    "cumsum": lambda x, dim: x.cumsum(dim),
    "sum": lambda x, dim: x.sum(dim),
    "sum of all": lambda x, dim: x.sum(),
    "sum of all but one": lambda x, dim: x.sum([d for d in range(x.ndim) if d != dim]),
    "mean, kept": lambda x, dim: x.mean(dim, keepdim=True),
    "var": lambda x, dim: (x + 100).var(dim),
    "std of the last": lambda x, dim: x.std(tuple(range(dim, x.ndim)), keepdim=True),
    "norm": lambda x, dim: x.norm(dim=dim),
    "norm of all": lambda x, dim: x.norm(),
    "logsumexp": lambda x, dim: x.logsumexp(dim),
    "logsumexp, kept": lambda x, dim: x.logsumexp(tuple(range(dim, x.ndim)), keepdim=True),
}


@pytest.fixture(params=[1, 2], ids=["1 thread", "2 threads"])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(request.param)
    yield request.param
    minitorch.set_num_threads(before)


def samples(dtype: str) -> Iterator[np.ndarray[Any, Any]]:
    random = np.random.default_rng(0)
    for shape in SHAPES:
        x = random.standard_normal(shape).astype(dtype)
        yield x
        if x.size > 20:
            yield np.ascontiguousarray(x.T).T
            strange = x.copy()
            strange.flat[[0, 3, 5, 8, 9]] = np.nan, np.inf, -0.0, 0.0, -np.inf
            yield strange


def outcome(operation: Operation, array: np.ndarray[Any, Any], dim: int) -> list[Any]:
    """The results, and the gradient, of one operation."""
    x = minitorch.from_numpy(array).requires_grad_()
    found = operation(x, dim)
    results = list(found) if isinstance(found, tuple) else [found]
    tracked = results[0]
    if tracked.requires_grad:
        cotangent = np.random.default_rng(2).standard_normal(tuple(tracked.shape))
        tracked.backward(minitorch.from_numpy(np.asarray(cotangent, array.dtype)))
    gradients = [] if x.grad is None else [x.grad]
    return [result.detach().numpy() for result in results + gradients]


@pytest.mark.filterwarnings("ignore")  # of variances of nothing, in torch's words
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*EXACT, *ROUNDED])
def test_as_the_plain_kernels(name: str, dtype: str, threads: int) -> None:
    operation = (EXACT | ROUNDED)[name]
    compared = 0
    for array in samples(dtype):
        for dim in range(array.ndim):
            if not array.shape[dim]:
                continue
            tuned = outcome(operation, array, dim)
            with plain_kernels():
                plain = outcome(operation, array, dim)
            for ours, theirs in zip(tuned, plain, strict=True):
                assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
                if name in EXACT:
                    np.testing.assert_array_equal(ours, theirs)
                else:
                    rtol, atol = (1.3e-6, 1e-5) if dtype == "float32" else (1e-7, 1e-7)
                    scale = max(
                        1.0, float(np.nanmax(np.abs(theirs[np.isfinite(theirs)]), initial=0))
                    )
                    np.testing.assert_allclose(ours, theirs, rtol, atol * scale)
                compared += 1
    assert compared > 10


# --------------------------------------------------------------------------- places along a dimension


@pytest.mark.parametrize("dim", range(-3, 3))
@pytest.mark.parametrize("shape", [(4, 5, 6), (1, 40, 1100), (6, 300, 70)], ids=str)
def test_places_along_any_dimension(shape: tuple[int, ...], dim: int, threads: int) -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal(shape)
    index = random.integers(0, shape[dim], shape)
    np.testing.assert_array_equal(gather_kernel(x, dim, index), gather_kernel.plain(x, dim, index))
    tuned, plain = x.copy(), x.copy()
    combine_kernel(tuned, np.add, dim, index, x)
    combine_kernel.plain(plain, np.add, dim, index, x)
    np.testing.assert_array_equal(tuned, plain)


@pytest.mark.parametrize("dim", range(3))
@pytest.mark.parametrize("place", [-1, 5, -(1 << 40), 1 << 40])
@pytest.mark.parametrize("kind", ["tuned", "plain"])
def test_places_that_do_not_exist(dim: int, place: int, kind: str) -> None:
    x = np.zeros((5, 5, 5))
    index = np.ones((5, 5, 5), np.int64)
    index[3, 2, 4] = place
    words = f"index {place} is out of bounds for dimension {dim} with size 5"
    gather, combine = gather_kernel, combine_kernel
    with pytest.raises(RuntimeError, match=words):
        (gather if kind == "tuned" else gather.plain)(x, dim, index)
    with pytest.raises(RuntimeError, match=words):
        (combine if kind == "tuned" else combine.plain)(x, np.add, dim, index, x)


# --------------------------------------------------------------------------- NumPy's own loops

BINARY = [np.add, np.subtract, np.multiply, np.divide, np.maximum, np.power, np.arctan2, np.greater]
UNARY = [np.exp, np.log, np.sqrt, np.sin, np.tanh, np.abs, np.negative, np.isnan]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_split_ufuncs_are_numpys_bit_for_bit(dtype: str, threads: int) -> None:
    random = np.random.default_rng(0)
    a = random.standard_normal((30, 41, 53)).astype(dtype)
    a.flat[[0, 7]] = np.nan, np.inf
    b = random.standard_normal(a.shape).astype(dtype)
    others = [b, b[0], b[0, 0], b[:, :1], b[:, :, :1], b[:1], b[:1, :1, :1], b[:, :1, :1], b[:1, :, :1],
              b[::-1], b.astype("float16"), 2.5, 3]  # fmt: skip
    with np.errstate(all="ignore"):
        for ufunc, other in itertools.product(BINARY, others):
            other = np.array(other, copy=True) if hasattr(other, "shape") else other
            for operands in ((a, other), (other, a)):
                expected = ufunc(*operands)
                found = split(a, ufunc, *operands)
                assert found.dtype == expected.dtype
                np.testing.assert_array_equal(found, expected)
        for ufunc, x in itertools.product(UNARY, (a, a.T, a[::2])):
            np.testing.assert_array_equal(split(x, ufunc, x), ufunc(x))
    assert all(_loop_of(ufunc, np.dtype(dtype).char) is not None for ufunc in BINARY + UNARY)


def test_a_ufunc_without_a_loop_for_the_dtype() -> None:
    def triple(x: Any) -> Any:
        return 3 * x

    assert _loop_of(np.frompyfunc(triple, 1, 1), "f") is None
    assert _loop_of(np.bitwise_and, "f") is None
