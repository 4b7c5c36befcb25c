"""`_tensor_str` against torch's own repr: a table of cases, then a seeded random search."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import _tensor_str as torch_str

from minitorch import _tensor_str as mini_str
from minitorch._tensor_str import format_tensor

nan, inf = np.nan, np.inf
f16, f32, f64 = np.float16, np.float32, np.float64
FLOATS = [np.dtype(t) for t in (f16, f32, f64)]
COMPLEX = [np.dtype(t) for t in (np.complex64, np.complex128)]
INTS = [np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)]
DTYPES = [np.dtype(bool), *INTS, *FLOATS, *COMPLEX]


@pytest.fixture(autouse=True)
def _restore_settings() -> Iterator[None]:
    """Each test starts and ends with the default options, in both libraries."""
    yield
    torch.set_default_dtype(torch.float32)
    for module in (torch_str, mini_str):
        module.set_printoptions(profile="default")


def to_torch(array: np.ndarray[Any, Any]) -> torch.Tensor:
    return torch.from_numpy(np.array(array, order="C"))  # a copy: torch takes no negative strides


def assert_same(array: np.ndarray[Any, Any], **options: Any) -> None:
    with torch_str.printoptions(**options), mini_str.printoptions(**options):
        assert format_tensor(array) == repr(to_torch(array))


# Floats: each row is one choice of format and width.
FLOAT_ROWS = {
    "one integer": 3.0,
    "one fraction": 3.25,
    "negative zero": -0.0,
    "zeros": [0.0, 0.0],
    "zeros of both signs": [0.0, -0.0],
    "nan": nan,
    "inf": inf,
    "minus inf": -inf,
    "only special": [nan, inf, -inf, 0.0],
    "special among integers": [1.0, nan, inf, -inf, -0.0],
    "special among fractions": [1.5, nan, inf, -inf, -0.0],
    "special in sci mode": [1.5e-5, nan, inf, -inf, -0.0, 0.0],
    "integers": [1.0, 2.0, 3.0],
    "signs": [-1.0, 2.0, 30.0],
    "fractions and signs": [-1.5, 2.25, 30.125],
    "rounds up": [0.99996, 9.99999],
    "halfway": [0.00005, 0.12345, 2.5],
    "ratio of 1000": [1.0, 1000.0],
    "ratio above 1000": [1.0, 1001.0],
    "ratio above 1000, fractions": [0.5, 501.0],
    "1e-4": [1e-4],
    "below 1e-4": [0.99e-4],
    "large half": [65504.0, 60000.0],
    "matrix": [[1.0, -2.5], [100.25, 0.0]],
}
FLOAT32_ROWS = {
    "1e8": [1e8],
    "above 1e8": [1.1e8],
    "largest": [3.4028235e38, 1.0],
    "subnormal": [1e-45],
    "one third": [1 / 3],
    "integers past 2**24": [16777217.0, 33554433.0],
}
FLOAT64_ROWS = {
    "ratio overflows": [1e300, 1e-300],
    "smallest and largest": [5e-324, 1.7976931348623157e308],
    "three digit exponents": [1e100, 1e-5],
}


FLOAT_CASES = [
    (name, dtype)
    for table, dtypes in (
        (FLOAT_ROWS, FLOATS),
        (FLOAT32_ROWS, FLOATS[1:]),
        (FLOAT64_ROWS, FLOATS[2:]),
    )
    for name in table
    for dtype in dtypes
]


@pytest.mark.parametrize(("row", "dtype"), FLOAT_CASES, ids=str)
def test_float_formats(row: str, dtype: np.dtype[Any]) -> None:
    array = np.array((FLOAT_ROWS | FLOAT32_ROWS | FLOAT64_ROWS)[row], dtype)
    assert_same(array)
    for sci_mode in (True, False):
        assert_same(array, sci_mode=sci_mode)
    assert_same(array, precision=0)
    assert_same(array, precision=9)


@pytest.mark.parametrize("dtype", INTS, ids=str)
def test_integers(dtype: np.dtype[Any]) -> None:
    info = np.iinfo(dtype)
    assert_same(np.array([info.min, 0, 1, info.max], dtype))
    assert_same(np.array(info.max, dtype))


@pytest.mark.parametrize(
    "values",
    [
        1 + 2j,
        complex(0.0, -0.0),
        complex(nan, nan),
        [complex(inf, -inf), 1 - 1j],
        [complex(1, inf), 0],
        [1.5 - 2j, -100 + 0.25j],
        [1e-6 + 2j, 3 - 1e9j],
        [[1j, -10j], [0, 2.5]],
        np.arange(40) * (1 - 0.3j),
        np.arange(2000) * (1 - 0.3j),
    ],
)
@pytest.mark.parametrize("dtype", COMPLEX, ids=str)
def test_complex(values: Any, dtype: np.dtype[Any]) -> None:
    assert_same(np.array(values, dtype))
    assert_same(np.array(values, dtype), sci_mode=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("default", [f16, f32, f64])
@pytest.mark.parametrize("shape", [(), (2,), (2, 2), (0,), (2, 0), (0, 3), (1, 0, 2)], ids=str)
def test_dtype_and_size_suffixes(
    dtype: np.dtype[Any], default: type[np.floating[Any]], shape: tuple[int, ...]
) -> None:
    array = np.ones(shape, dtype)
    torch.set_default_dtype(getattr(torch, default.__name__))
    assert format_tensor(array, default_dtype=default) == repr(to_torch(array))
    assert format_tensor(array, default_dtype=np.dtype(default)) == repr(to_torch(array))


SHAPES = [
    (3,), (100,), (1000,), (1001,), (2, 3), (7, 40), (1, 1001), (1001, 1), (50, 50), (2, 600),
    (600, 2), (6, 200), (7, 200), (2, 3, 4), (11, 10, 10), (1, 1, 2000), (2, 1, 3, 4), (5, 6, 7, 8),
    (2, 2, 1, 2, 3), (3, 7, 2, 9, 8), (2,) * 11,
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.dtype(bool), np.dtype(np.int64), *FLOATS, *COMPLEX], ids=str)
def test_shapes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    array = (np.arange(np.prod(shape)).reshape(shape) % 700 * 0.75 - 200).astype(dtype)
    assert_same(array)


def test_hidden_elements_have_no_say() -> None:
    array = np.arange(3000, dtype=f32)
    array[1000:2000] = 1e20
    assert_same(array)
    assert_same(array.reshape(30, 100))
    assert_same(array.reshape(30, 100), threshold=inf, linewidth=200)


def test_not_contiguous() -> None:
    array = np.arange(60.0, dtype=f32).reshape(3, 4, 5)
    for view in (
        array.T,
        array[::-1, 1::2],
        array[..., ::-2],
        array[:, 2],
        np.asfortranarray(array),
    ):
        assert_same(view)
        assert_same(view, threshold=5, edgeitems=1)
    assert_same(np.broadcast_to(np.float32(1.5), (40, 40)))


@pytest.mark.parametrize("edgeitems", [0, 1, 2, 5])
@pytest.mark.parametrize("threshold", [0, 1, 10, inf])
@pytest.mark.parametrize("shape", [(), (1,), (0,), (0, 3), (4,), (20,), (5, 3), (2, 3, 4)], ids=str)
def test_options(shape: tuple[int, ...], threshold: float, edgeitems: int) -> None:
    numbers = np.arange(np.prod(shape)).reshape(shape) - 3.5
    for dtype in (np.int32, f32, np.complex64):
        for linewidth in (0, 15, 40.5, 80):
            assert_same(
                numbers.astype(dtype), edgeitems=edgeitems, threshold=threshold, linewidth=linewidth
            )


def test_grad_suffixes() -> None:
    for size in range(30):
        for array in (np.arange(size) * f32(0.5), np.arange(size) * f64(1)):
            leaf = to_torch(array).requires_grad_()
            assert format_tensor(array, requires_grad=True) == repr(leaf)
            for result in (
                leaf * 1,
                leaf.clone(),
                leaf[None].squeeze(0),
                torch.nn.functional.elu(leaf),
            ):
                name = type(result.grad_fn).__name__
                text = format_tensor(result.detach().numpy(), requires_grad=True, grad_fn_name=name)
                assert text == repr(result)


@pytest.mark.parametrize("shape", [(2, 0), (3, 4)], ids=str)
def test_where_suffixes_break_the_line(shape: tuple[int, ...]) -> None:
    array = np.ones(shape)  # prints size, dtype and requires_grad, because of edgeitems=0
    leaf = to_torch(array).requires_grad_()
    for linewidth in range(100):
        options = {"linewidth": linewidth, "edgeitems": 0}
        with torch_str.printoptions(**options), mini_str.printoptions(**options):
            assert format_tensor(array, requires_grad=True) == repr(leaf)


def test_parameter_and_subclass() -> None:
    array = np.arange(40, dtype=f32).reshape(2, 20) / 8
    parameter = torch.nn.Parameter(to_torch(array))
    text = format_tensor(array, requires_grad=True)
    assert f"Parameter containing:\n{text}" == repr(parameter)

    class Picture(torch.Tensor):
        pass

    picture = to_torch(array).as_subclass(Picture)
    assert format_tensor(array, prefix="Picture(") == repr(picture)


def test_tensor_str_indents_like_torch() -> None:
    array = np.arange(90, dtype=f32).reshape(2, 45) / 4
    for indent in (0, 7, 50, 100):
        assert mini_str.tensor_str(array, indent) == torch_str._tensor_str(to_torch(array), indent)


def test_printoptions_behave_like_torch() -> None:
    assert dataclasses.asdict(mini_str.PRINT_OPTS) == dataclasses.asdict(torch_str.PRINT_OPTS)
    calls: list[dict[str, Any]] = [
        {"profile": "short"},
        {"precision": 6},
        {"sci_mode": True},
        {"profile": "full", "precision": 1, "sci_mode": False},
        {"edgeitems": 0, "linewidth": 20, "threshold": 5},
        {"profile": "no such profile"},
        {"profile": "default"},
        {},
    ]
    for kwargs in calls:
        for module in (torch_str, mini_str):
            module.set_printoptions(**kwargs)
        assert mini_str.get_printoptions() == torch_str.get_printoptions()


def test_printoptions_context_restores() -> None:
    mini_str.set_printoptions(precision=2, sci_mode=True)
    before = mini_str.get_printoptions()
    with pytest.raises(KeyError), mini_str.printoptions(profile="full"):
        assert mini_str.get_printoptions()["threshold"] == inf
        assert mini_str.get_printoptions()["sci_mode"] is None
        raise KeyError
    assert mini_str.get_printoptions() == before


def random_array(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Any shape of up to 5 dimensions, any dtype, magnitudes near or far apart, special values."""
    dim = rng.integers(0, 6)
    shape = rng.integers(0 if rng.random() < 0.1 else 1, [1200, 1200, 40, 9, 6, 4][dim], dim)
    dtype = rng.choice(np.array(DTYPES, object))

    def reals() -> np.ndarray[Any, Any]:
        values = np.asarray(rng.normal(size=shape) * 10.0 ** rng.integers(-6, 10))
        if rng.random() < 0.3:
            values = np.asarray(values * 10.0 ** rng.uniform(-5, 5, size=shape))
        if rng.random() < 0.4:
            values = np.round(values)
        if rng.random() < 0.4:
            special = rng.choice([nan, inf, -inf, 0.0, -0.0], size=shape)
            values = np.where(rng.random(shape) < rng.random(), special, values)
        return np.asarray(values)

    with np.errstate(all="ignore"):
        if dtype.kind == "c":
            return (reals() + 1j * reals()).astype(dtype)
        if dtype.kind in "iu":
            return np.nan_to_num(reals(), posinf=0, neginf=0).astype(np.int64).astype(dtype)
        return reals().astype(dtype)


@pytest.mark.parametrize("seed", range(8))
def test_random(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(40):
        array = random_array(rng)
        options: dict[str, Any] = {"threshold": int(rng.choice([5, 100, 200]))}
        for name, low, high in (("precision", 0, 9), ("edgeitems", 0, 5), ("linewidth", 10, 160)):
            if rng.random() < 0.3:
                options[name] = int(rng.integers(low, high))
        options["sci_mode"] = rng.choice(np.array([None, None, True, False], object))
        assert_same(array, **options)


def test_a_summary_reads_only_its_edges() -> None:
    size = 10**6  # a million by a million: reading all of it would never end
    array = np.broadcast_to(f32(1.5), (size, size))
    assert format_tensor(array) == repr(torch.tensor(1.5).expand(size, size))
