"""Tensors: making, converting, viewing, indexing, changing and printing them, each line run in both libraries."""

from __future__ import annotations

import copy
import itertools
import math
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.op_rows import TENSOR_OPS
from tests.opinfo import OpInfo, Sample
from tests.parity import assert_raises_alike, assert_same, run
from tests.test_ops import arrays, as_tensors, outputs

Call = Callable[[Any], Any]


def table(calls: dict[str, Call]) -> Any:
    """One test case per named call."""
    return pytest.mark.parametrize("call", [pytest.param(c, id=name) for name, c in calls.items()])


# --------------------------------------------------------------------------- creation

CREATION: dict[str, Call] = {
    "int": lambda t: t.tensor(1),
    "float": lambda t: t.tensor(1.5),
    "bool": lambda t: t.tensor(True),
    "complex": lambda t: t.tensor(1 + 2j),
    "empty list": lambda t: t.tensor([]),
    "nested empty": lambda t: t.tensor([[], []]),
    "nested": lambda t: t.tensor([[1, 2], [3, 4]]),
    "tuple in list": lambda t: t.tensor([(1, 2), (3, 4)]),
    "int and float": lambda t: t.tensor([1, 2.5]),
    "bool and int": lambda t: t.tensor([True, 2]),
    "bool and float": lambda t: t.tensor([True, 2.5]),
    "int and complex": lambda t: t.tensor([1, 2j]),
    "bools": lambda t: t.tensor([[True], [False]]),
    "range": lambda t: t.tensor(range(4)),
    "list of ranges": lambda t: t.tensor([range(2), range(2)]),
    "dtype": lambda t: t.tensor([1, 2], dtype=t.float64),
    "float to int": lambda t: t.tensor([1.7, -1.7], dtype=t.int32),
    "bool of floats": lambda t: t.tensor([0.0, 0.5], dtype=t.bool),
    "python dtype": lambda t: t.tensor([1, 0], dtype=float),
    "python dtype bool": lambda t: t.zeros(2, dtype=bool),
    "python dtype int": lambda t: t.ones(2, dtype=int),
    "big int": lambda t: t.tensor(2**40),
    "int64 min": lambda t: t.tensor(-(2**63)),
    "big int in list": lambda t: t.tensor([2**62, 1]),
    "requires grad": lambda t: t.tensor([1.0], requires_grad=True),
    "array": lambda t: t.tensor(np.arange(6).reshape(2, 3)),
    "array float64": lambda t: t.tensor(np.array([1.5])),
    "array float16": lambda t: t.tensor(np.array([1.5], np.float16)),
    "array int8": lambda t: t.tensor(np.array([1], np.int8)),
    "array transposed": lambda t: t.tensor(np.arange(6.0).reshape(2, 3).T),
    "array reversed": lambda t: t.tensor(np.arange(6.0)[::-1].copy()),
    "0-dim array": lambda t: t.tensor(np.array(3.0)),
    "numpy scalar float32": lambda t: t.tensor(np.float32(1.5)),
    "numpy scalar float64": lambda t: t.tensor(np.float64(1.5)),
    "numpy scalar int32": lambda t: t.tensor(np.int32(3)),
    "numpy scalar bool": lambda t: t.tensor(np.True_),
    "list of numpy scalars": lambda t: t.tensor([np.float32(1.5), np.float32(2.5)]),
    "list of float64 scalars": lambda t: t.tensor([np.float64(1.5), 2.5]),
    "list of int32 scalars": lambda t: t.tensor([np.int32(1), 2]),
    "list of arrays": lambda t: t.tensor([np.arange(2), np.arange(2)]),
    "list of float arrays": lambda t: t.tensor([np.zeros(2), np.ones(2)]),
    "list of tensors": lambda t: t.tensor([t.tensor(1), t.tensor(2)]),
    "list of float tensors": lambda t: t.tensor([t.tensor(1.5), t.tensor(2.0)]),
    "tensor": lambda t: t.tensor(t.tensor([1.5])),
    "tensor as int": lambda t: t.tensor(t.tensor([1.5]), dtype=t.int64),
    "nan and inf": lambda t: t.tensor([float("nan"), float("inf"), -float("inf")]),
    "as_tensor list": lambda t: t.as_tensor([1, 2]),
    "as_tensor dtype": lambda t: t.as_tensor([1, 2], dtype=t.float32),
    "as_tensor array": lambda t: t.as_tensor(np.arange(3)),
    "as_tensor tensor": lambda t: t.as_tensor(t.ones(2), dtype=t.int64),
    "as_tensor scalar": lambda t: t.as_tensor(2.5),
    "asarray": lambda t: t.asarray([1.0, 2.0]),
    "from_numpy": lambda t: t.from_numpy(np.arange(6.0).reshape(2, 3)),
    "from_numpy transposed": lambda t: t.from_numpy(np.arange(6.0).reshape(2, 3).T),
    "from_numpy slice": lambda t: t.from_numpy(np.arange(10)[2:8:2]),
    "zeros": lambda t: t.zeros(2, 3),
    "zeros tuple": lambda t: t.zeros((2, 3)),
    "zeros list": lambda t: t.zeros([2, 3]),
    "zeros size": lambda t: t.zeros(t.ones(2, 3).shape),
    "zeros keyword": lambda t: t.zeros(size=(2, 3)),
    "ones keyword": lambda t: t.ones(size=(2, 3)),
    "zeros 0-dim": lambda t: t.zeros(()),
    "zeros empty": lambda t: t.zeros(0, 3),
    "zeros int": lambda t: t.zeros(2, dtype=t.int64),
    "ones": lambda t: t.ones(2, 3, dtype=t.float64, requires_grad=True),
    "empty": lambda t: t.empty(0, 4),
    "full int": lambda t: t.full((2,), 7),
    "full float": lambda t: t.full((2,), 7.0),
    "full bool": lambda t: t.full((2,), True),
    "full dtype": lambda t: t.full((2, 2), 7, dtype=t.float32),
    "full complex": lambda t: t.full((2,), 1j),
    "full tensor": lambda t: t.full((2,), t.tensor(2.5)),
    "full int tensor": lambda t: t.full((2,), t.tensor(2)),
    "full 0-dim": lambda t: t.full((), 3.0),
    "eye": lambda t: t.eye(3),
    "eye wide": lambda t: t.eye(2, 3, dtype=t.int64),
    "eye empty": lambda t: t.eye(0),
    "arange": lambda t: t.arange(5),
    "arange float": lambda t: t.arange(5.0),
    "arange start": lambda t: t.arange(2, 7, 2),
    "arange negative": lambda t: t.arange(5, 0, -2),
    "arange fraction": lambda t: t.arange(0, 1, 0.1),
    "arange keywords": lambda t: t.arange(start=1, end=4, step=2),
    "arange dtype": lambda t: t.arange(3, dtype=t.float64),
    "arange int of floats": lambda t: t.arange(0.5, 3.5, dtype=t.int32),
    "arange empty": lambda t: t.arange(3, 3),
    "arange tensor": lambda t: t.arange(t.tensor(3)),
    "arange bool": lambda t: t.arange(0, 2, True),
    "arange big": lambda t: t.arange(2**40, 2**40 + 3),
    "arange float32 rounding": lambda t: t.arange(0, 100, 0.3),
    "linspace": lambda t: t.linspace(0, 1, 5),
    "linspace odd": lambda t: t.linspace(-3, 10, 8),
    "linspace long": lambda t: t.linspace(0.1, 7.3, 101),
    "linspace one": lambda t: t.linspace(2, 5, 1),
    "linspace none": lambda t: t.linspace(2, 5, 0),
    "linspace two": lambda t: t.linspace(2, 5, 2),
    "linspace double": lambda t: t.linspace(0, 1, 11, dtype=t.float64),
    "linspace int": lambda t: t.linspace(0, 10, 5, dtype=t.int64),
    "linspace keywords": lambda t: t.linspace(start=0, end=1, steps=3),
    "zeros_like": lambda t: t.zeros_like(t.ones(2, 3, dtype=t.int32)),
    "zeros_like transposed": lambda t: t.zeros_like(t.ones(2, 3).t()),
    "ones_like dtype": lambda t: t.ones_like(t.ones(2, 3), dtype=t.float64),
    "ones_like of a slice": lambda t: t.ones_like(t.ones(4, 6)[::2, ::3]),
    "ones_like of an expand": lambda t: t.ones_like(t.ones(3, 1).expand(3, 4)),
    "zeros_like of a permutation": lambda t: t.zeros_like(t.ones(2, 3, 4).permute(2, 0, 1)),
    "full_like": lambda t: t.full_like(t.ones(2), 3),
    "full_like int": lambda t: t.full_like(t.ones(2, dtype=t.int64), 3.7),
    "empty_like": lambda t: t.empty_like(t.ones(0, 2)),
    "new_zeros": lambda t: t.ones(2, dtype=t.float64).new_zeros(3, 2),
    "new_ones": lambda t: t.ones(2, dtype=t.int32).new_ones((3, 2)),
    "new_full": lambda t: t.ones(2).new_full((2,), 3.5),
    "new_full int": lambda t: t.ones(2, dtype=t.int64).new_full((2,), 3),
    "new_empty": lambda t: t.ones(2).new_empty(0, 3),
    "new_tensor": lambda t: t.ones(2).new_tensor([1, 2]),
    "new_tensor float": lambda t: t.ones(2, dtype=t.float64).new_tensor([1.5, 2]),
    "Tensor sizes": lambda t: t.Tensor(2, 0),
    "Tensor list": lambda t: t.Tensor([1, 2]),
    "Tensor nothing": lambda t: t.Tensor(),
    "Tensor array": lambda t: t.Tensor(np.array([1.0, 2.0], np.float32)),
    "Tensor keeps dtype of a tensor": lambda t: t.Tensor(t.ones(2)),
    "scalar_tensor": lambda t: t.scalar_tensor(3),
    "scalar_tensor dtype": lambda t: t.scalar_tensor(3, dtype=t.int64),
    "device": lambda t: t.zeros(2, device="cpu"),
    "device object": lambda t: t.ones(2, device=t.device("cpu")),
    "meshgrid": lambda t: t.meshgrid(t.arange(2), t.arange(3), indexing="ij"),
    "meshgrid xy": lambda t: t.meshgrid(t.arange(2), t.arange(3), indexing="xy"),
}


@table(CREATION)
def test_creation(call: Call) -> None:
    # Not bit for bit: torch's arange and linspace round by the width of the vector registers.
    assert_same(call, exact=False)


CREATION_ERRORS: dict[str, Call] = {
    "ragged": lambda t: t.tensor([[1, 2], [3]]),
    "ragged deeper": lambda t: t.tensor([[[1, 2], [3, 4]], [[1, 2], [3]]]),
    "ragged number": lambda t: t.tensor([[1, 2], 3]),
    "ragged list after number": lambda t: t.tensor([1, [2, 3]]),
    "string": lambda t: t.tensor("a"),
    "string in list": lambda t: t.tensor(["a"]),
    "string after int": lambda t: t.tensor([1, "a"]),
    "None": lambda t: t.tensor(None),
    "None in list": lambda t: t.tensor([None]),
    "None after int": lambda t: t.tensor([1, None]),
    "too big": lambda t: t.tensor(2**64),
    "too big in list": lambda t: t.tensor([1, 2**64]),
    "object": lambda t: t.tensor(object()),
    "dict": lambda t: t.tensor({}),
    "int requires grad": lambda t: t.tensor([1], requires_grad=True),
    "zeros requires grad": lambda t: t.zeros(2, dtype=t.int64, requires_grad=True),
    "negative size": lambda t: t.zeros(-1),
    "negative size 2": lambda t: t.ones(2, -3),
    "arange step 0": lambda t: t.arange(0, 3, 0),
    "arange wrong way": lambda t: t.arange(0, 3, -1),
    "linspace negative": lambda t: t.linspace(0, 1, -1),
    "string array": lambda t: t.from_numpy(np.array(["a"])),
    "object array": lambda t: t.from_numpy(np.array([None])),
    "negative stride": lambda t: t.from_numpy(np.arange(3)[::-1]),
    "big endian": lambda t: t.from_numpy(np.arange(3).astype(">i4")),
    "from_numpy list": lambda t: t.from_numpy([1, 2]),
    "unknown device": lambda t: t.device("gpu"),
    "tensor string array": lambda t: t.tensor(np.array(["a"])),
    "eye negative": lambda t: t.eye(-1),
}


@table(CREATION_ERRORS)
def test_creation_errors(call: Call) -> None:
    assert_raises_alike(call)


@table(
    {
        "float size": lambda t: t.zeros(2.5),
        "string size": lambda t: t.zeros("a"),
        "bad dtype": lambda t: t.zeros(2, dtype="float32"),
        "bad requires_grad": lambda t: t.tensor(1.0, foo=2),
        "full without value": lambda t: t.full((2,)),
        "eye float": lambda t: t.eye(2.5),
        "Tensor of string": lambda t: t.Tensor("a"),
    }
)
def test_creation_type_errors(call: Call) -> None:
    assert_raises_alike(call, words=False)  # torch's words list the overloads of its C++ signatures


def test_default_dtype() -> None:
    def call(t: Any) -> Any:
        before = t.get_default_dtype()
        t.set_default_dtype(t.float64)
        try:
            inside = (
                t.tensor(1.5),
                t.zeros(2),
                t.tensor([1]) / 2,
                t.tensor([1]) * 1.5,
                t.arange(3.0),
                t.tensor(1j),
            )
            words = repr(inside)
        finally:
            t.set_default_dtype(before)
        return inside, words, before

    assert_same(call)
    assert_raises_alike(lambda t: t.set_default_dtype(t.int64))


def test_tensor_copies_and_as_tensor_shares() -> None:
    array = np.zeros(3)
    copied, shared, also = (
        minitorch.tensor(array),
        minitorch.as_tensor(array),
        minitorch.from_numpy(array),
    )
    array[0] = 5
    assert (copied.tolist(), shared.tolist(), also.tolist()) == ([0, 0, 0], [5, 0, 0], [5, 0, 0])
    assert minitorch.as_tensor(shared) is shared


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        ([255, -255], "uint8"),
        ([256], "uint8"),
        ([-256], "uint8"),
        ([-1.0], "uint8"),
        ([255.5], "uint8"),
        ([70000], "int16"),
        ([2**40], "int32"),
        ([3e9], "int32"),
        ([math.nan], "int64"),
        ([-1], "uint16"),
        ([0, 2**64 - 1], "uint64"),
        ([-1], "uint64"),
        ([2**63], "int64"),
        ([2**70], "float32"),
        (2**53 + 1, "int64"),
        ([1e300], "float32"),
    ],
)
def test_numbers_out_of_range(data: Any, dtype: str) -> None:
    """Refused, and not wrapped around in silence, but for small negative ones."""
    assert_same(lambda t: t.tensor(data, dtype=getattr(t, dtype)), words=dtype != "uint64")


# --------------------------------------------------------------------------- promotion

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
NUMBERS = [True, 2, 1.5]
VALUES = {"bool": [True, True, True], "other": [1, 2, 3]}


def operand(t: Any, dtype: str, dims: int) -> Any:
    values = VALUES.get(dtype, VALUES["other"])
    return t.tensor(values if dims else values[0], dtype=getattr(t, dtype))


OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "==": operator.eq,
    "<": operator.lt,
    ">=": operator.ge,
}


@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize("dims", ["dim dim", "dim zero", "zero dim", "zero zero"])
def test_promotion_of_tensors(symbol: str, dims: str) -> None:
    function = OPERATORS[symbol]
    left, right = (int(d == "dim") for d in dims.split())
    for a, b in itertools.product(DTYPES, repeat=2):
        assert_same(
            lambda t, a=a, b=b, left=left, right=right: function(
                operand(t, a, left), operand(t, b, right)
            ),
            exact=False,
        )


@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize("dims", [0, 1])
def test_promotion_with_numbers(symbol: str, dims: int) -> None:
    function = OPERATORS[symbol]
    for dtype, number in itertools.product(DTYPES, NUMBERS):
        assert_same(lambda t, d=dtype, n=number: function(operand(t, d, dims), n), exact=False)
        assert_same(lambda t, d=dtype, n=number: function(n, operand(t, d, dims)), exact=False)


@pytest.mark.parametrize("dims", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_result_type_and_promote_types(dims: tuple[int, int]) -> None:
    kinds = [d for d in DTYPES if d != "float16"] + ["complex64", "complex128"]  # no complex32
    left, right = dims
    for a, b in itertools.product(kinds, repeat=2):
        assert_same(lambda t, a=a, b=b: t.result_type(operand(t, a, left), operand(t, b, right)))
        assert_same(lambda t, a=a, b=b: t.promote_types(getattr(t, a), getattr(t, b)))
        assert_same(lambda t, a=a, b=b: t.can_cast(getattr(t, a), getattr(t, b)))


@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%", "**"])
def test_promotion_in_place(symbol: str) -> None:
    function = getattr(
        operator,
        {
            "+": "iadd",
            "-": "isub",
            "*": "imul",
            "/": "itruediv",
            "//": "ifloordiv",
            "%": "imod",
            "**": "ipow",
        }[symbol],
    )
    for a, b in itertools.product(DTYPES, repeat=2):
        assert_same(lambda t, a=a, b=b: function(operand(t, a, 1), operand(t, b, 1)), exact=False)
    for a, n in itertools.product(DTYPES, NUMBERS):
        assert_same(lambda t, a=a, n=n: function(operand(t, a, 1), n), exact=False)


ARITHMETIC: dict[str, Call] = {
    "uint8 wraps": lambda t: t.tensor([250, 255], dtype=t.uint8) + t.tensor([10, 1], dtype=t.uint8),
    "uint8 below 0": lambda t: t.tensor([1, 0], dtype=t.uint8) - 2,
    "uint8 number wraps": lambda t: t.tensor([250], dtype=t.uint8) + 300,
    "uint8 negative number": lambda t: t.tensor([250], dtype=t.uint8) + (-1),
    "uint8 times": lambda t: t.tensor([200], dtype=t.uint8) * 2,
    "uint8 negated": lambda t: -t.tensor([1, 0, 200], dtype=t.uint8),
    "uint8 sum": lambda t: t.tensor([200, 200], dtype=t.uint8).sum(),
    "uint8 mean": lambda t: t.tensor([200, 200], dtype=t.uint8).float().mean(),
    "uint8 compare number": lambda t: t.tensor([200, 1], dtype=t.uint8) > -1,
    "uint8 compare big number": lambda t: t.tensor([200, 44], dtype=t.uint8) == 300,
    "int8 compare": lambda t: t.tensor([100, -1], dtype=t.int8) < 200,
    "int8 wraps": lambda t: t.tensor([127], dtype=t.int8) + 1,
    "int8 abs": lambda t: t.tensor([-128, -5], dtype=t.int8).abs(),
    "int32 wraps": lambda t: t.tensor([2**31 - 1], dtype=t.int32) + 1,
    "int64 wraps": lambda t: t.tensor([2**63 - 1]) + 1,
    "int64 times": lambda t: t.tensor([2**62]) * 4,
    "int power": lambda t: t.tensor([2, 3, -3]) ** 3,
    "int power 0": lambda t: t.tensor([2, 0]) ** 0,
    "int power wraps": lambda t: t.tensor([10], dtype=t.int32) ** 12,
    "int power tensor": lambda t: t.tensor([2, 1, -1, 0, 3]) ** t.tensor([3, -1, -1, 0, -2]),
    "int power float": lambda t: t.tensor([4, 9]) ** 0.5,
    "number power int": lambda t: 2 ** t.tensor([1, 2, 3]),
    "number power float": lambda t: 2.0 ** t.tensor([1, 2, 3]),
    "float power int": lambda t: t.tensor([1.5]) ** t.tensor([2]),
    "zero power": lambda t: t.tensor([0.0, 0.0]) ** t.tensor([0.0, -1.0]),
    "int division": lambda t: t.tensor([7, -7]) / 2,
    "int floor division": lambda t: t.tensor([7, -7]) // 2,
    "int floor division negative": lambda t: t.tensor([7, -7]) // -2,
    "float floor division": lambda t: t.tensor([7.0, -7.0, 1.0]) // t.tensor([2.0, 2.0, 0.1]),
    "float floor division by 0": lambda t: t.tensor([1.0, -1.0, 0.0]) // 0.0,
    "float division by 0": lambda t: t.tensor([1.0, -1.0, 0.0]) / 0,
    "int division by 0": lambda t: t.tensor([1, -1, 0]) / 0,
    "remainder signs": lambda t: t.tensor([7, -7, 7, -7]) % t.tensor([3, 3, -3, -3]),
    "float remainder signs": lambda t: (
        t.tensor([7.5, -7.5, 7.5, -7.5]) % t.tensor([2.0, 2.0, -2.0, -2.0])
    ),
    "float remainder by 0": lambda t: t.tensor([1.0]) % 0,
    "float remainder by inf": lambda t: t.tensor([1.0, -1.0]) % float("inf"),
    "fmod signs": lambda t: t.fmod(t.tensor([7, -7, 7, -7]), t.tensor([3, 3, -3, -3])),
    "fmod float": lambda t: t.fmod(t.tensor([7.5, -7.5]), 2),
    "trunc division": lambda t: t.div(t.tensor([7, -7]), 2, rounding_mode="trunc"),
    "trunc division negative": lambda t: t.div(
        t.tensor([7, -7, 6, -6]), t.tensor([-2]), rounding_mode="trunc"
    ),
    "trunc division float": lambda t: t.div(t.tensor([7.0, -7.0]), 2, rounding_mode="trunc"),
    "floor division mode": lambda t: t.div(t.tensor([7, -7]), 2, rounding_mode="floor"),
    "floor division mode uint8": lambda t: t.div(
        t.tensor([7, 9], dtype=t.uint8), 2, rounding_mode="floor"
    ),
    "number // tensor": lambda t: 7 // t.tensor([2, -2]),
    "number % tensor": lambda t: 7 % t.tensor([3, -3]),
    "number / tensor": lambda t: 7 / t.tensor([2, 4]),
    "number - tensor": lambda t: 7 - t.tensor([2, 4], dtype=t.int32),
    "bool + bool": lambda t: t.tensor([True, True, False]) + t.tensor([True, False, False]),
    "bool * bool": lambda t: t.tensor([True, True]) * t.tensor([True, False]),
    "bool + 1": lambda t: t.tensor([True, False]) + 1,
    "bool + True": lambda t: t.tensor([True, False]) + True,
    "bool / bool": lambda t: t.tensor([True, False]) / t.tensor([True, True]),
    "bool sum": lambda t: t.tensor([True, True]).sum(),
    "bool cumsum": lambda t: t.tensor([True, True]).cumsum(0),
    "bool prod": lambda t: t.tensor([True, True]).prod(),
    "bool & int": lambda t: t.tensor([True, False]) & t.tensor([3, 3]),
    "int | number": lambda t: t.tensor([5, 6]) | 3,
    "int ^ number": lambda t: t.tensor([5, 6]) ^ 3,
    "number & int": lambda t: 3 & t.tensor([5, 6]),
    "int << 2": lambda t: t.tensor([1, 5]) << 2,
    "int >> 1": lambda t: t.tensor([8, -5]) >> 1,
    "invert int": lambda t: ~t.tensor([0, 5]),
    "invert bool": lambda t: ~t.tensor([True, False]),
    "positive": lambda t: +t.tensor([1.0]),
    "logical": lambda t: t.logical_and(t.tensor([1.5, 0.0]), t.tensor([2, 1])),
    "in place and": lambda t: operator.iand(t.tensor([True, True]), t.tensor([True, False])),
    "in place or": lambda t: operator.ior(t.tensor([1, 4]), 2),
    "in place xor": lambda t: operator.ixor(t.tensor([1, 4]), 5),
    "float16 sum": lambda t: t.full((5000,), 1.0, dtype=t.float16).sum(),
    "float16 mean": lambda t: t.full((5000,), 1.5, dtype=t.float16).mean(),
    "float32 beside float64 0-dim": lambda t: t.ones(2) * t.tensor(2.0, dtype=t.float64),
    "float16 beside 1e6": lambda t: t.ones(2, dtype=t.float16) * 1e6,
    "add alpha": lambda t: t.add(t.tensor([1, 2]), t.tensor([3, 4]), alpha=2),
    "sub alpha": lambda t: t.tensor([1.0]).sub(2, alpha=0.5),
    "exp of int": lambda t: t.exp(t.tensor([0, 1])),
    "sqrt of bool": lambda t: t.sqrt(t.tensor([True])),
    "sigmoid of int": lambda t: t.sigmoid(t.tensor([0])),
    "reciprocal of int": lambda t: t.reciprocal(t.tensor([0, 2])),
    "abs of bool": lambda t: t.abs(t.tensor([-1, 2])),
    "round half": lambda t: t.round(t.tensor([0.5, 1.5, 2.5, -0.5])),
    "round decimals": lambda t: t.round(t.tensor([1.2345, 2.3455]), decimals=2),
    "round negative decimals": lambda t: t.round(t.tensor([1234.0, 55.0]), decimals=-2),
    "floor of int": lambda t: t.floor(t.tensor([1, 2])),
    "sign": lambda t: t.sign(t.tensor([-2.0, 0.0, 3.0, float("nan")])),
    "clamp": lambda t: t.clamp(t.tensor([-1.0, 0.5, 3.0, float("nan")]), 0, 1),
    "clamp int by float": lambda t: t.clamp(t.tensor([1, 2, 3]), 1.5, 2.5),
    "clamp crossed": lambda t: t.clamp(t.tensor([1.0, 2.0, 3.0]), 3, 1),
    "clamp int": lambda t: t.tensor([1, 5]).clamp(max=3),
    "clamp_min": lambda t: t.tensor([1, 5]).clamp_min(3),
    "maximum nan": lambda t: t.maximum(
        t.tensor([1.0, float("nan")]), t.tensor([float("nan"), 1.0])
    ),
    "max pair": lambda t: t.max(t.tensor([1, 5]), t.tensor([2.5, 2.5])),
    "where promotes": lambda t: t.where(
        t.tensor([True, False]), t.tensor([1, 2]), t.tensor([1.5, 2.5])
    ),
    "where numbers": lambda t: t.where(t.tensor([True, False]), 1, 0),
    "where float numbers": lambda t: t.where(t.tensor([True, False]), 1.0, 0.0),
    "where number and tensor": lambda t: t.where(t.tensor([True, False]), t.tensor([1, 2]), 0.5),
    "where indices": lambda t: t.where(t.tensor([[True, False], [True, True]])),
    "isclose": lambda t: t.isclose(
        t.tensor([1.0, float("nan")]), t.tensor([1.0 + 1e-9, float("nan")])
    ),
    "equal": lambda t: (t.equal(t.ones(2), t.ones(2)), t.equal(t.ones(2), t.ones(3))),
    "allclose": lambda t: t.allclose(t.ones(2), t.ones(2) + 1e-7),
    "compare with nan": lambda t: t.tensor([float("nan")]) == float("nan"),
    "compare broadcast": lambda t: t.ones(2, 1) < t.arange(3),
    "argmax ties": lambda t: t.tensor([1, 3, 3]).argmax(),
    "argmax nan": lambda t: t.tensor([1.0, float("nan"), 3.0]).argmax(),
    "argmax keepdim": lambda t: t.ones(2, 3).argmax(1, keepdim=True),
    "max dim": lambda t: t.tensor([[1, 3], [4, 2]]).max(1),
    "max values name": lambda t: t.tensor([[1, 3], [4, 2]]).max(1).values,
    "min indices name": lambda t: t.tensor([[1, 3], [4, 2]]).min(dim=0, keepdim=True).indices,
    "max nan": lambda t: t.tensor([1.0, float("nan")]).max(),
    "max of bool": lambda t: t.tensor([True, False]).max(),
    "all of ints": lambda t: t.tensor([1, 2, 0]).all(),
    "any of floats": lambda t: t.tensor([0.0, 0.5]).any(),
    "all empty": lambda t: t.zeros(0).all(),
    "all uint8": lambda t: t.tensor([1, 2], dtype=t.uint8).all(),
    "sum empty": lambda t: t.zeros(0).sum(),
    "sum empty dim": lambda t: t.zeros(2, 0).sum(1),
    "mean empty": lambda t: t.zeros(0).mean(),
    "prod empty": lambda t: t.zeros(0).prod(),
    "sum of no dims": lambda t: t.ones(2, 3).sum(()),
    "sum dtype": lambda t: t.ones(2, dtype=t.int32).sum(dtype=t.float64),
    "sum axis keepdims": lambda t: t.ones(2, 3).sum(axis=0, keepdims=True),
    "cumsum int8": lambda t: t.tensor([100, 100], dtype=t.int8).cumsum(0),
    "cumprod": lambda t: t.tensor([2, 3]).cumprod(0),
    "std one element": lambda t: t.tensor([3.0]).std(),
    "var empty": lambda t: t.zeros(0).var(),
    "var correction": lambda t: t.tensor([1.0, 2.0, 4.0]).var(correction=0),
    "norm": lambda t: t.tensor([3.0, 4.0]).norm(),
    "median even": lambda t: t.tensor([4.0, 1.0, 3.0, 2.0]).median(),
    "logsumexp -inf": lambda t: t.tensor([-float("inf"), -float("inf")]).logsumexp(0),
    "sort": lambda t: t.tensor([3, 1, 2]).sort(),
    "sort descending": lambda t: t.tensor([[3.0, float("nan"), 2.0]]).sort(descending=True),
    "argsort stable": lambda t: t.tensor([1, 0, 1, 0]).argsort(stable=True),
    "topk": lambda t: t.tensor([3.0, 1.0, 2.0]).topk(2),
    "unique": lambda t: t.unique(t.tensor([3, 1, 3, 2]), return_inverse=True, return_counts=True),
    "bincount": lambda t: t.bincount(t.tensor([1, 1, 3]), minlength=6),
    "nonzero": lambda t: t.tensor([[1, 0], [0, 2]]).nonzero(),
    "nonzero tuple": lambda t: t.tensor([[1, 0], [0, 2]]).nonzero(as_tuple=True),
    "matmul int": lambda t: t.tensor([[1, 2], [3, 4]]) @ t.tensor([[1, 0], [0, 1]]),
    "dot int": lambda t: t.dot(t.tensor([1, 2]), t.tensor([3, 4])),
    "matmul empty": lambda t: t.ones(2, 0) @ t.ones(0, 3),
    "cat promotes": lambda t: t.cat([t.tensor([1]), t.tensor([1.5])]),
    "cat empty": lambda t: t.cat([t.zeros(0), t.ones(2, 2)]),
    "cat keyword": lambda t: t.cat(tensors=(t.ones(2), t.ones(1)), dim=-1),
    "cat out of tuple": lambda t: t.concat((t.ones(1, 2), t.ones(1, 2)), 1),
    "stack promotes": lambda t: t.stack([t.tensor(1), t.tensor(1.5)]),
    "complex product": lambda t: t.tensor([1 + 2j]) * t.tensor([2.0]),
    "complex abs": lambda t: t.tensor([3 + 4j]).abs(),
    "complex beside float64": lambda t: t.tensor([1.0], dtype=t.float64) * 1j,
    "lerp": lambda t: t.lerp(t.tensor([0.0, 1.0]), t.tensor([10.0, 3.0]), 0.5),
    "addcmul int": lambda t: t.addcmul(t.tensor([1]), t.tensor([2]), t.tensor([3]), value=2),
    "median empty": lambda t: t.zeros(0).median(),
    "median int": lambda t: t.tensor([3, 1, 2, 2]).median(),
    "bool index_add": lambda t: t.zeros(3, dtype=t.int64).index_add(
        0, t.tensor([1]), t.tensor([5])
    ),
    "sum of bool dim": lambda t: t.ones(2, 3, dtype=t.bool).sum(1),
    "float16 matmul": lambda t: t.ones(2, 600, dtype=t.float16) @ t.ones(600, 2, dtype=t.float16),
    "int mean dtype": lambda t: t.arange(4).mean(dtype=t.float32),
    "round neg": lambda t: t.tensor([-2.5]).round(),
    "logsumexp empty": lambda t: t.zeros(0).logsumexp(0),
    "max with -inf": lambda t: t.tensor([-float("inf")]).max(),
    "var 2 dims": lambda t: t.arange(24.0).reshape(2, 3, 4).var((0, 2)),
    "norm p": lambda t: [t.arange(4.0).norm(p) for p in (0, 1, 2, 3, float("inf"), -float("inf"))],
    "cumsum dtype": lambda t: t.ones(3, dtype=t.int32).cumsum(0, dtype=t.float32),
    "prod int8": lambda t: t.tensor([100, 2], dtype=t.int8).prod(),
    "clamp tensor": lambda t: t.tensor([1.0, 2.0, 3.0]).clamp(t.tensor([2.0]), t.tensor([2.5])),
    "lerp float": lambda t: t.tensor([1.0]).lerp(t.tensor([3.0]), 0.75),
    "addcdiv": lambda t: t.addcdiv(t.ones(2), t.ones(2), t.tensor([2.0, 4.0]), value=2),
    "outer int": lambda t: t.outer(t.arange(2), t.arange(3)),
    "tril int": lambda t: t.ones(3, 3, dtype=t.int64).tril(),
    "isclose int": lambda t: t.isclose(t.tensor([1, 2]), t.tensor([1, 3])),
    "equal dtype": lambda t: t.equal(t.tensor([1]), t.tensor([1.0])),
    "bernoulli dtype": lambda t: t.bernoulli(t.ones(2)),
    "searchsorted": lambda t: t.searchsorted(t.tensor([1, 3, 5]), t.tensor([2, 3]), right=True),
    "multinomial all": lambda t: t.multinomial(t.tensor([0.0, 1.0]), 3, replacement=True),
    "diag": lambda t: t.diag(t.tensor([1, 2]), 1),
    "roll neg": lambda t: t.arange(5).roll(-2),
    "flip neg": lambda t: t.arange(6).reshape(2, 3).flip(-1),
    "repeat more": lambda t: t.arange(2).repeat(2, 2),
    "unique dim": lambda t: t.unique(t.tensor([[1, 2], [1, 2], [0, 1]]), dim=0),
    "where broadcast": lambda t: t.where(t.tensor([[True], [False]]), t.arange(3), -1),
    "trace int": lambda t: t.trace(t.tensor([[1, 2], [3, 4]])),
}


@table(ARITHMETIC)
def test_arithmetic(call: Call) -> None:
    assert_same(call, exact=False)


ARITHMETIC_ERRORS: dict[str, Call] = {
    "broadcast": lambda t: t.ones(2, 3) + t.ones(2, 4),
    "broadcast 2": lambda t: t.ones(3) * t.ones(4),
    "broadcast mul 3d": lambda t: t.ones(2, 3, 4) * t.ones(2, 2, 4),
    "compare broadcast": lambda t: t.ones(3) == t.ones(4),
    "where broadcast": lambda t: t.where(t.ones(3) > 0, t.ones(4), 0.0),
    "bool - bool": lambda t: t.tensor([True]) - t.tensor([True]),
    "bool - True": lambda t: t.tensor([True]) - True,
    "True - bool": lambda t: True - t.tensor([True]),
    "-bool": lambda t: -t.tensor([True]),
    "int to negative power": lambda t: t.tensor([2]) ** -1,
    "int division by 0": lambda t: t.tensor([1]) // 0,
    "int remainder by 0": lambda t: t.tensor([1]) % 0,
    "int alpha": lambda t: t.add(t.tensor([1]), t.tensor([1]), alpha=1.5),
    "rounding mode": lambda t: t.div(t.ones(1), 2, rounding_mode="up"),
    "int += float": lambda t: t.tensor([1]).add_(1.5),
    "int += float tensor": lambda t: t.tensor([1]).add_(t.tensor([1.5])),
    "int *= double tensor": lambda t: t.tensor([1]).mul_(t.tensor([1.5], dtype=t.float64)),
    "int /= int": lambda t: t.tensor([1]).div_(2),
    "bool += int": lambda t: t.tensor([True]).add_(1),
    "int32 exp_": lambda t: t.tensor([1], dtype=t.int32).exp_(),
    "in-place grows": lambda t: t.ones(3).add_(t.ones(2, 3)),
    "in-place grows 2": lambda t: t.ones(1, 3).mul_(t.ones(2, 3)),
    "in-place broadcast": lambda t: t.ones(3).add_(t.ones(2)),
    "in-place on expand": lambda t: t.ones(1).expand(3).add_(1),
    "copy_ shapes": lambda t: t.ones(3).copy_(t.ones(4)),
    "copy_ grows": lambda t: t.ones(3).copy_(t.ones(2, 3)),
    "fill_ vector": lambda t: t.ones(3).fill_(t.ones(2)),
    "mean of int": lambda t: t.tensor([1, 2]).mean(),
    "mean of bool dim": lambda t: t.tensor([True]).mean(0),
    "std of int": lambda t: t.tensor([1, 2]).std(),
    "norm of int": lambda t: t.tensor([1, 2]).norm(),
    "sum dim": lambda t: t.ones(2, 3).sum(2),
    "sum negative dim": lambda t: t.ones(2, 3).sum(-3),
    "sum twice": lambda t: t.ones(2, 3).sum((0, 0)),
    "max dim": lambda t: t.ones(2).max(1),
    "max of nothing": lambda t: t.zeros(0).max(),
    "max dim of nothing": lambda t: t.zeros(2, 0).max(1),
    "argmax of nothing": lambda t: t.zeros(0).argmax(),
    "amax of nothing": lambda t: t.zeros(0).amax(),
    "mm shapes": lambda t: t.ones(2, 3) @ t.ones(2, 3),
    "mm dtype": lambda t: t.ones(2, 3) @ t.ones(3, 2, dtype=t.float64),
    "mm dtype int": lambda t: t.ones(2, 3) @ t.ones(3, 2, dtype=t.int64),
    "mm vector": lambda t: t.mm(t.ones(3), t.ones(3, 2)),
    "mm vector right": lambda t: t.mm(t.ones(2, 3), t.ones(3)),
    "mv": lambda t: t.ones(2, 3) @ t.ones(2),
    "mv dtype": lambda t: t.ones(2, 3) @ t.ones(3, dtype=t.float64),
    "dot": lambda t: t.ones(2) @ t.ones(3),
    "dot dtype": lambda t: t.dot(t.ones(2), t.ones(2, dtype=t.float64)),
    "dot 2d": lambda t: t.dot(t.ones(2, 2), t.ones(2)),
    "vector @ matrix": lambda t: t.ones(3) @ t.ones(2, 3),
    "bmm shapes": lambda t: t.bmm(t.ones(2, 3, 4), t.ones(2, 3, 4)),
    "bmm batches": lambda t: t.bmm(t.ones(2, 3, 4), t.ones(3, 4, 4)),
    "bmm dims": lambda t: t.bmm(t.ones(3, 4), t.ones(2, 4, 4)),
    "bmm dims right": lambda t: t.bmm(t.ones(2, 3, 4), t.ones(4, 4)),
    "matmul batches": lambda t: t.ones(2, 3, 4) @ t.ones(3, 4, 5),
    "matmul inner": lambda t: t.ones(2, 3, 4) @ t.ones(2, 3, 4),
    "matmul inner folded": lambda t: t.ones(2, 3, 4) @ t.ones(3, 4),
    "matmul 0-dim": lambda t: t.tensor(1.0) @ t.ones(2),
    "addmm shapes": lambda t: t.addmm(t.ones(2), t.ones(2, 3), t.ones(2, 3)),
    "addmm bias": lambda t: t.addmm(t.ones(3), t.ones(2, 3), t.ones(3, 2)),
    "cat nothing": lambda t: t.cat([]),
    "cat shapes": lambda t: t.cat([t.ones(2, 3), t.ones(2, 4)]),
    "cat dims": lambda t: t.cat([t.ones(2, 3), t.ones(3)]),
    "cat 0-dim": lambda t: t.cat([t.ones(2), t.tensor(1.0)]),
    "cat dim": lambda t: t.cat([t.ones(2)], 1),
    "stack nothing": lambda t: t.stack([]),
    "stack shapes": lambda t: t.stack([t.ones(2), t.ones(3)]),
    "clamp nothing": lambda t: t.clamp(t.ones(2)),
    "bitwise float": lambda t: t.ones(2) & t.ones(2),
    "invert float": lambda t: ~t.ones(2),
    "topk too many": lambda t: t.ones(3).topk(4),
    "bincount negative": lambda t: t.bincount(t.tensor([-1])),
    "gather dtype": lambda t: t.ones(3).gather(0, t.tensor([0.0])),
    "gather range": lambda t: t.ones(3).gather(0, t.tensor([3])),
    "gather dims": lambda t: t.ones(3, 2).gather(0, t.tensor([1])),
    "scatter range": lambda t: t.ones(3).scatter(0, t.tensor([5]), 1.0),
    "index_select range": lambda t: t.ones(3).index_select(0, t.tensor([5])),
    "index_select dims": lambda t: t.ones(3).index_select(0, t.tensor([[1]])),
    "where dtype": lambda t: t.where(t.tensor([1, 0]), 1.0, 2.0),
    "diagonal of a vector": lambda t: t.ones(3).diagonal(),
    "trace of a vector": lambda t: t.trace(t.ones(3)),
    "tril of a vector": lambda t: t.tril(t.ones(3)),
    "outer of a matrix": lambda t: t.outer(t.ones(2, 2), t.ones(2)),
}


@table(ARITHMETIC_ERRORS)
def test_arithmetic_errors(call: Call) -> None:
    assert_raises_alike(call)


@table(
    {
        "add string": lambda t: t.ones(2) + "a",
        "add None": lambda t: t.ones(2) + None,
        "add list": lambda t: t.ones(2) + [1, 2],
        "list add": lambda t: [1, 2] + t.ones(2),
        "mul object": lambda t: t.ones(2) * object(),
        "less string": lambda t: t.ones(2) < "a",
        "mod None": lambda t: t.ones(2) % None,
        "fill_ string": lambda t: t.ones(2).fill_("a"),
        "sum string": lambda t: t.ones(2).sum("a"),
        "matmul number": lambda t: t.ones(2, 2) @ 2,
        "cat tensor": lambda t: t.cat(t.ones(2), t.ones(2)),
        "cat list of numbers": lambda t: t.cat([1, 2]),
        "masked_fill dtype": lambda t: t.ones(3).masked_fill(t.tensor([1, 0, 1]), 0),
        "tensor method missing": lambda t: t.ones(2).no_such_method(),
    }
)
def test_type_errors(call: Call) -> None:
    assert_raises_alike(call, words=False)


@table(
    {
        "== string": lambda t: t.ones(2) == "a",
        "!= None": lambda t: t.ones(2) != None,  # noqa: E711
        "== list": lambda t: t.ones(2) == [1, 1],
        "in list": lambda t: t.ones(1) in [t.ones(1)],
        "None in": lambda t: None in [None, t.ones(2)],
    }
)
def test_equality_with_others(call: Call) -> None:
    assert_same(call)


# --------------------------------------------------------------------------- views


def base(t: Any, *shape: int) -> Any:
    n = int(np.prod(shape))
    return t.arange(n, dtype=t.float32).reshape(shape).clone()


VIEWS: dict[str, Callable[[Any, Any], Any]] = {
    "select": lambda t, x: x[1],
    "select last": lambda t, x: x[-1],
    "select number": lambda t, x: x[0, 1],
    "slice": lambda t, x: x[1:3],
    "slice step": lambda t, x: x[::2, 1::2],
    "slice both": lambda t, x: x[1:, :2],
    "slice empty": lambda t, x: x[2:2],
    "slice beyond": lambda t, x: x[1:100],
    "slice negative": lambda t, x: x[-2:],
    "ellipsis": lambda t, x: x[...],
    "all": lambda t, x: x[:],
    "empty tuple": lambda t, x: x[()],
    "none": lambda t, x: x[None],
    "none inside": lambda t, x: x[:, None],
    "none twice": lambda t, x: x[None, :, None],
    "ellipsis number": lambda t, x: x[..., 0],
    "transpose": lambda t, x: x.transpose(0, 1),
    "t": lambda t, x: x.t(),
    "T": lambda t, x: x.T,
    "mT": lambda t, x: x.mT,
    "permute": lambda t, x: x.permute(1, 0),
    "permute tuple": lambda t, x: x.permute((1, 0)),
    "swapaxes": lambda t, x: x.swapaxes(0, 1),
    "movedim": lambda t, x: x.movedim(0, 1),
    "expand": lambda t, x: x[:, None].expand(4, 3, 6),
    "expand -1": lambda t, x: x[:, :1].expand(-1, 5),
    "expand new": lambda t, x: x.expand(2, 4, 6),
    "expand_as": lambda t, x: x[0].expand_as(x),
    "broadcast_to": lambda t, x: x[0].broadcast_to((4, 6)),
    "unsqueeze": lambda t, x: x.unsqueeze(1),
    "unsqueeze 0": lambda t, x: x.unsqueeze(0),
    "unsqueeze -1": lambda t, x: x.unsqueeze(-1),
    "unsqueeze of transposed": lambda t, x: x.t().unsqueeze(0),
    "unsqueeze inside transposed": lambda t, x: x.t().unsqueeze(1),
    "squeeze": lambda t, x: x[:1].squeeze(),
    "squeeze dim": lambda t, x: x[:1].squeeze(0),
    "squeeze nothing": lambda t, x: x.squeeze(1),
    "squeeze several": lambda t, x: x[None, :, None].squeeze((0, 2)),
    "view": lambda t, x: x.view(2, 12),
    "view -1": lambda t, x: x.view(-1),
    "view tuple": lambda t, x: x.view((3, 8)),
    "view size": lambda t, x: x.view(t.Size([6, 4])),
    "view 3": lambda t, x: x.view(2, 2, 6),
    "view of a slice": lambda t, x: x[1:3].view(-1),
    "view of columns": lambda t, x: x[:, :4].view(4, 2, 2),
    "view_as": lambda t, x: x.view_as(t.ones(24)),
    "reshape": lambda t, x: x.reshape(6, 4),
    "reshape of a slice": lambda t, x: x[::2].reshape(2, 3, 2),
    "flatten": lambda t, x: x.flatten(),
    "ravel": lambda t, x: x.ravel(),
    "unflatten": lambda t, x: x.unflatten(1, (2, 3)),
    "narrow": lambda t, x: x.narrow(1, 2, 3),
    "select method": lambda t, x: x.select(1, 2),
    "unbind": lambda t, x: x.unbind(1)[2],
    "split": lambda t, x: x.split(3)[1],
    "split sizes": lambda t, x: x.split([1, 3])[1],
    "split dim": lambda t, x: x.split(4, 1)[1],
    "chunk": lambda t, x: x.chunk(3, 1)[2],
    "iteration": lambda t, x: list(x)[2],
    "diagonal": lambda t, x: x.diagonal(),
    "diagonal above": lambda t, x: x.diagonal(2),
    "diagonal below": lambda t, x: x.diagonal(-1),
    "diagonal of transposed": lambda t, x: x.t().diagonal(),
    "diagonal of a slice": lambda t, x: x[1:, ::2].diagonal(),
    "diagonal of 3d": lambda t, x: x.view(2, 2, 6).diagonal(0, 1, 2),
    "as_strided": lambda t, x: x.as_strided((3, 3), (2, 1), 4),
    "as_strided of a slice": lambda t, x: x[1:].as_strided((2, 2), (1, 2)),
    "as_strided of a slice with offset": lambda t, x: x[1:].as_strided((2, 2), (1, 2), 3),
    "as_strided of transposed": lambda t, x: x.t().as_strided((3, 2), (2, 3), 1),
    "as_strided 0-dim": lambda t, x: x.as_strided((), (), 5),
    "detach": lambda t, x: x.detach(),
    "data": lambda t, x: x.data,
    "view of a view": lambda t, x: x[1:].t()[2:4],
    "view of views": lambda t, x: x.view(2, 12)[1].view(3, 4).t()[1],
    "contiguous": lambda t, x: x.contiguous(),
    "contiguous of a slice": lambda t, x: x[1:].contiguous(),
    "meshgrid": lambda t, x: t.meshgrid(x[0], x[1], indexing="ij")[1],
    "0-dim": lambda t, x: x[1, 2],
    "0-dim none": lambda t, x: x[1, 2][None],
    "0-dim ellipsis": lambda t, x: x[1, 2][...],
    "0-dim view": lambda t, x: x[1, 2].view(1, 1),
    "0-dim expand": lambda t, x: x[1, 2].expand(3),
    "broadcast_tensors": lambda t, x: t.broadcast_tensors(x, x[:1])[1],
    "reshape_as": lambda t, x: x.reshape_as(t.ones(8, 3)),
    "type to itself": lambda t, x: x.to(t.float32),
    "empty slice offset": lambda t, x: x[4:],
}


@table(VIEWS)
def test_views_lie_in_memory_as_torchs_do(call: Any) -> None:
    def where(t: Any) -> Any:
        x = base(t, 4, 6)
        y = call(t, x)
        offset = (y.data_ptr() - x.data_ptr()) // 4 if y.numel() else 0
        return (
            y,
            y.storage_offset() if y.numel() else 0,  # NumPy forgets where an empty slice began
            offset,
            y.is_contiguous(),
            y._is_view(),
            y._base is x,
            y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr(),
            y.untyped_storage().nbytes(),
            y.numel(),
            y.dim(),
        )

    assert_same(where)


@table(VIEWS)
def test_views_share_memory_and_version(call: Any) -> None:
    def change(t: Any) -> Any:
        x = base(t, 4, 6)
        y = call(t, x)
        first = y._version
        x.mul_(2)
        seen_in_view, second = y.tolist(), y._version
        try:
            y.fill_(7)
        except RuntimeError as error:
            return first, seen_in_view, second, type(error)
        return first, seen_in_view, second, x.tolist(), x._version, y._version

    assert_same(change)


COPIES: dict[str, Callable[[Any, Any], Any]] = {
    "clone": lambda t, x: x.clone(),
    "clone transposed": lambda t, x: x.t().clone(),
    "clone of a slice": lambda t, x: x[::2, ::3].clone(),
    "clone of an expand": lambda t, x: x[:, :1].expand(4, 6).clone(),
    "contiguous": lambda t, x: x.t().contiguous(),
    "reshape of transposed": lambda t, x: x.t().reshape(-1),
    "flatten of transposed": lambda t, x: x.t().flatten(),
    "index": lambda t, x: x[[0, 2]],
    "mask": lambda t, x: x[x > 3],
    "double": lambda t, x: x.double(),
    "to double of transposed": lambda t, x: x.t().double(),
    "add transposed": lambda t, x: x.t() + 1,
    "add slices": lambda t, x: x[:, ::2] + x[:, 1::2],
    "exp transposed": lambda t, x: x.t().exp(),
    "permute add": lambda t, x: x.view(2, 2, 6).permute(2, 0, 1) * 2,
    "sum keepdim": lambda t, x: x.sum(0, keepdim=True),
    "cat": lambda t, x: t.cat([x, x]),
    "repeat": lambda t, x: x.repeat(2, 1),
    "flip": lambda t, x: x.flip(0),
    "roll": lambda t, x: x.roll(1, 0),
    "tril": lambda t, x: x.tril(),
    "where": lambda t, x: t.where(x > 3, x, 0.0),
    "cumsum": lambda t, x: x.cumsum(1),
    "to copy": lambda t, x: x.to(t.float32, copy=True),
    "tensor from numpy": lambda t, x: t.tensor(x.numpy()),
    "sort": lambda t, x: x.sort(0)[0],
    "matmul": lambda t, x: x @ x.t(),
    "mT matmul": lambda t, x: x.t() @ x,
    "take_along_dim": lambda t, x: t.take_along_dim(x, t.tensor([[0], [1], [2], [0]]), 1),
    "comparison": lambda t, x: x.t() > 2,
    "argmax": lambda t, x: x.argmax(1),
    "outer": lambda t, x: t.outer(x[0], x[1]),
    "meshgrid stack": lambda t, x: t.stack(t.meshgrid(x[0], x[1], indexing="ij")),
}


@table(COPIES)
def test_copies_have_torchs_layout_and_their_own_memory(call: Any) -> None:
    def where(t: Any) -> Any:
        x = base(t, 4, 6)
        y = call(t, x)
        shares = y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
        return (
            y,
            y.storage_offset(),
            y.is_contiguous(),
            y._is_view(),
            y._base is None,
            y._version,
            shares,
        )

    assert_same(where, exact=False)


SHAPE_ERRORS: dict[str, Call] = {
    "view size": lambda t: t.ones(2, 3).view(5),
    "view transposed": lambda t: t.ones(2, 3).t().view(6),
    "view two -1": lambda t: t.ones(6).view(-1, -1),
    "view -2": lambda t: t.ones(6).view(-2, 3),
    "view -1 impossible": lambda t: t.ones(6).view(-1, 4),
    "view -1 ambiguous": lambda t: t.ones(0).view(-1, 0),
    "reshape": lambda t: t.ones(2, 3).reshape(4),
    "transpose": lambda t: t.ones(2, 3).transpose(0, 2),
    "permute length": lambda t: t.ones(2, 3).permute(0),
    "permute twice": lambda t: t.ones(2, 3).permute(0, 0),
    "permute range": lambda t: t.ones(2, 3).permute(0, 2),
    "t of 3d": lambda t: t.ones(2, 3, 4).t(),
    "mT of a vector": lambda t: t.ones(2).mT,
    "expand": lambda t: t.ones(2, 3).expand(2, 4),
    "expand fewer": lambda t: t.ones(2, 3).expand(3),
    "expand -1 new": lambda t: t.ones(3).expand(-1, 3),
    "expand -2": lambda t: t.ones(3).expand(-2),
    "squeeze": lambda t: t.ones(2).squeeze(1),
    "unsqueeze": lambda t: t.ones(2).unsqueeze(3),
    "narrow": lambda t: t.ones(3).narrow(0, 1, 3),
    "narrow start": lambda t: t.ones(3).narrow(0, 5, 1),
    "narrow negative length": lambda t: t.ones(3).narrow(0, 0, -1),
    "select": lambda t: t.ones(3).select(0, 3),
    "select 0-dim": lambda t: t.tensor(1.0).select(0, 0),
    "split": lambda t: t.ones(3).split([1, 1]),
    "split negative": lambda t: t.ones(3).split(-1),
    "split 0": lambda t: t.ones(3).split(0),
    "chunk 0": lambda t: t.ones(3).chunk(0),
    "unbind 0-dim": lambda t: t.tensor(1.0).unbind(),
    "flatten order": lambda t: t.ones(2, 3).flatten(1, 0),
    "unflatten": lambda t: t.ones(6).unflatten(0, (4, 2)),
    "repeat": lambda t: t.ones(2, 3).repeat(2),
    "movedim": lambda t: t.ones(2, 3).movedim(0, 2),
    "as_strided beyond": lambda t: t.ones(3).as_strided((2, 2), (2, 1), 1),
    "as_strided lengths": lambda t: t.ones(3).as_strided((2, 2), (1,)),
    "size": lambda t: t.ones(3).size(1),
    "stride": lambda t: t.ones(3).stride(1),
    "cat sizes": lambda t: t.cat([t.ones(1, 2), t.ones(1, 3)], 0),
    "sum_to_size": lambda t: t.ones(3).sum_to_size(2),
    "flip range": lambda t: t.ones(3).flip(1),
    "flip twice": lambda t: t.ones(3).flip(0, 0),
    "roll": lambda t: t.ones(3).roll(1, 1),
    "roll lengths": lambda t: t.ones(3).roll((1, 2), 0),
    "diagonal same": lambda t: t.ones(3, 3).diagonal(0, 0, 0),
    "view dtype": lambda t: t.ones(3).view(t.float64),
}


@table(SHAPE_ERRORS)
def test_shape_errors(call: Call) -> None:
    assert_raises_alike(call)


@table(
    {
        "size": lambda t: t.ones(2, 3).size(),
        "size dim": lambda t: t.ones(2, 3).size(-1),
        "size keyword": lambda t: t.ones(2, 3).size(dim=1),
        "shape": lambda t: t.ones(2, 3).shape,
        "shape slice": lambda t: t.ones(2, 3, 4).shape[1:],
        "shape + tuple": lambda t: t.ones(2).shape + (3,),
        "shape numel": lambda t: t.ones(2, 3).shape.numel(),
        "shape repr": lambda t: repr(t.ones(2, 3).shape),
        "shape == tuple": lambda t: t.ones(2).shape == (2,),
        "shape hash": lambda t: hash(t.ones(2).shape) == hash((2,)),
        "shape unpack": lambda t: [*t.ones(2, 3).shape],
        "Size": lambda t: t.Size([2, 3]),
        "Size repeat": lambda t: t.Size([2]) * 2,
        "stride dim": lambda t: t.ones(2, 3).stride(0),
        "stride negative dim": lambda t: t.ones(2, 3).stride(-1),
        "stride of a size 1": lambda t: t.ones(2, 1, 3)[:, :1].stride(),
        "stride of a slice of size 1": lambda t: t.ones(4, 6)[1:2, 2:3].stride(),
        "stride of empty": lambda t: t.ones(0, 3).stride(),
        "contiguous size 1": lambda t: t.ones(4, 6)[:, :1].is_contiguous(),
        "contiguous one row": lambda t: t.ones(4, 6)[:1].t().is_contiguous(),
        "dim": lambda t: (t.ones(2, 3).dim(), t.ones(2, 3).ndim, t.ones(2, 3).ndimension()),
        "numel": lambda t: (t.ones(2, 3).numel(), t.ones(2, 3).nelement(), t.numel(t.ones(2))),
        "element_size": lambda t: (t.ones(2).element_size(), t.ones(2).itemsize, t.ones(2).nbytes),
        "len": lambda t: len(t.ones(2, 3)),
        "is_floating_point": lambda t: (
            t.ones(2).is_floating_point(),
            t.tensor(1).is_floating_point(),
        ),
        "is_complex": lambda t: (t.ones(2).is_complex(), t.tensor(1j).is_complex()),
        "is_signed": lambda t: (t.ones(2).is_signed(), t.ones(2, dtype=t.uint8).is_signed()),
        "is_tensor": lambda t: (t.is_tensor(t.ones(2)), t.is_tensor(1)),
        "is_same_size": lambda t: t.ones(2).is_same_size(t.ones(2)),
        "device": lambda t: t.ones(2).device,
        "device type": lambda t: (
            t.ones(2).device.type,
            str(t.ones(2).device),
            t.device("cuda:1").index,
        ),
        "device equal": lambda t: t.ones(2).device == t.device("cpu"),
        "get_device": lambda t: t.ones(2).get_device(),
        "is_cuda": lambda t: (t.ones(2).is_cuda, t.ones(2).is_sparse, t.ones(2).is_quantized),
        "is_cpu": lambda t: t.ones(2).is_cpu,
        "layout": lambda t: str(t.ones(2).layout),
        "type": lambda t: (
            t.ones(2).type(),
            t.ones(2, dtype=t.int64).type(),
            t.ones(2, dtype=t.bool).type(),
        ),
        "type string": lambda t: t.ones(2).type("torch.DoubleTensor"),
        "type dtype": lambda t: t.ones(2).type(t.int64),
        "type_as": lambda t: t.ones(2).type_as(t.ones(2, dtype=t.float64)),
        "to dtype": lambda t: t.ones(2).to(t.int32),
        "to keyword": lambda t: t.ones(2).to(dtype=t.float64),
        "to device": lambda t: t.ones(2).to("cpu"),
        "to both": lambda t: t.ones(2).to("cpu", t.float64),
        "to device object": lambda t: t.ones(2).to(t.device("cpu"), non_blocking=True),
        "to other": lambda t: t.ones(2).to(t.ones(1, dtype=t.int64)),
        "cpu": lambda t: t.ones(2).cpu(),
        "casts": lambda t: [
            getattr(t.tensor([1.7, -1.7, 0.0]), name)()
            for name in ("bool", "char", "short", "int", "long", "half", "float", "double")
        ],
        "uint8 of negative": lambda t: t.tensor([300, -1]).to(t.uint8),
        "int32 of big": lambda t: t.tensor([2**31 + 5]).int(),
        "cfloat": lambda t: t.tensor([1.0]).to(t.complex64),
        "requires grad cast": lambda t: t.ones(2, requires_grad=True).double().requires_grad,
        "item": lambda t: [t.tensor(x).item() for x in (1, 1.5, True, 1j)],
        "item of float32": lambda t: t.tensor(0.1).item(),
        "item of one element": lambda t: t.ones(1, 1).item(),
        "tolist": lambda t: [t.tensor(x).tolist() for x in (1, [1.5], [[True]], [], [[], []])],
        "numpy": lambda t: t.tensor([[1, 2]]).numpy(),
        "numpy force": lambda t: t.ones(2, requires_grad=True).numpy(force=True),
        "array": lambda t: np.asarray(t.ones(2)),
        "array dtype": lambda t: np.asarray(t.ones(2), dtype=np.int32),
        "array copy": lambda t: np.array(t.ones(2)),
        "array of 0-dim": lambda t: np.asarray(t.tensor(2)),
        "numpy function": lambda t: np.sum(t.ones(2, 3).numpy()),
        "int()": lambda t: (int(t.tensor(2.7)), int(t.tensor([-2.7])), int(t.tensor(True))),
        "float()": lambda t: (float(t.tensor(2)), float(t.ones(1, 1))),
        "complex()": lambda t: complex(t.tensor(2.0)),
        "bool()": lambda t: (
            bool(t.tensor(2)),
            bool(t.tensor([0.0])),
            bool(t.tensor(float("nan"))),
        ),
        "if": lambda t: "yes" if t.tensor([[1]]) else "no",
        "index": lambda t: [10, 20, 30][t.tensor(1)],
        "range": lambda t: list(range(t.tensor(3))),
        "iter": lambda t: [x.tolist() for x in t.tensor([[1, 2], [3, 4]])],
        "iter vector": lambda t: [x.item() for x in t.tensor([1, 2])],
        "unpack": lambda t: (lambda a, b: (a, b))(*t.tensor([1, 2])),
        "zip": lambda t: [
            (a.item(), b.item()) for a, b in zip(t.arange(2), t.arange(2), strict=True)
        ],
        "reversed": lambda t: t.tensor([1, 2, 3]).flip(0).tolist(),
        "reversed builtin": lambda t: reversed(t.tensor([[1, 2], [3, 4]])),
        "contains": lambda t: (
            2 in t.tensor([1, 2]),
            5 in t.tensor([1, 2]),
            t.tensor(1) in t.tensor([1]),
        ),
        "format": lambda t: (
            f"{t.tensor(1.23456):.2f}",
            f"{t.tensor(3)}",
            f"{t.tensor(7):03d}",
            f"{t.ones(2)}",
        ),
        "format of a leaf": lambda t: f"{t.tensor(1.5, requires_grad=True):.1f}",
        "str": lambda t: str(t.tensor([1, 2])),
        "round": lambda t: round(t.tensor(2.567), 2),
        "round none": lambda t: round(t.tensor(2.5)),
        "sum builtin": lambda t: sum(t.tensor([1, 2, 3])),
        "max builtin": lambda t: max(t.tensor([1, 3, 2])),
        "sorted builtin": lambda t: [x.item() for x in sorted(t.tensor([3, 1, 2]))],
        "abs builtin": lambda t: abs(t.tensor([-1.0])),
        "divmod": lambda t: t.tensor(7) // 2,
        "pow builtin": lambda t: pow(t.tensor([2.0]), 2),
        "hash is identity": lambda t: (lambda x: hash(x) == id(x) and hash(x) == hash(x))(
            t.ones(2)
        ),
        "dict key": lambda t: (lambda x: {x: 1}[x])(t.ones(2)),
        "set": lambda t: len({t.ones(2), t.ones(2)}),
        "dir has methods": lambda t: {"add", "numpy", "backward"} <= set(dir(t.ones(1))),
        "attribute": lambda t: (lambda x: (setattr(x, "label", "a"), x.label)[1])(t.ones(1)),
        "isinstance": lambda t: isinstance(t.ones(1), t.Tensor),
        "storage": lambda t: (lambda x: (x.storage().size(), x.storage().tolist()))(
            t.arange(6)[2:4]
        ),
        "untyped_storage": lambda t: (
            lambda x: (x.untyped_storage().nbytes(), len(x.untyped_storage()))
        )(t.arange(6)),
        "finfo": lambda t: (
            t.finfo(t.float32).eps,
            t.finfo(t.float64).max,
            t.finfo(t.float16).tiny,
            t.finfo().bits,
        ),
        "finfo repr": lambda t: repr(t.finfo(t.float32)),
        "iinfo": lambda t: (t.iinfo(t.int8).min, t.iinfo(t.uint8).max, t.iinfo(t.int64).bits),
        "iinfo repr": lambda t: repr(t.iinfo(t.int32)),
        "dtype attributes": lambda t: (
            t.float32.itemsize,
            t.int64.is_floating_point,
            t.bool.is_signed,
            t.half.is_complex,
        ),
        "dtype names": lambda t: (t.half, t.float, t.double, t.short, t.int, t.long, t.cfloat),
        "constants": lambda t: (t.pi, t.e, t.inf, t.nan),
        "newaxis": lambda t: t.ones(2)[t.newaxis],
        "tensor sum_to_size": lambda t: t.ones(2, 3).sum_to_size(1, 3),
        "apply": lambda t: t.tensor([1.0, 2.0]).sub(1).mul(3).div(2),
        "retains_grad": lambda t: t.ones(1).retains_grad,
        "is_inference": lambda t: t.ones(1).is_inference(),
        "numpy of bool": lambda t: t.tensor([True]).numpy(),
        "tensor.data_ptr of empty": lambda t: t.ones(0).data_ptr(),
        "dim_order": lambda t: t.ones(2, 3).t().is_contiguous(),
    }
)
def test_attributes_and_protocols(call: Call) -> None:
    assert_same(call)


@table(
    {
        "item": lambda t: t.ones(2).item(),
        "item of nothing": lambda t: t.ones(0).item(),
        "int": lambda t: int(t.ones(2)),
        "float": lambda t: float(t.ones(2)),
        "bool": lambda t: bool(t.ones(2)),
        "bool of nothing": lambda t: bool(t.ones(0)),
        "len": lambda t: len(t.tensor(1)),
        "iter": lambda t: iter(t.tensor(1)),
        "index": lambda t: [1, 2][t.tensor(1.0)],
        "index vector": lambda t: [1, 2][t.tensor([1, 2])],
        "numpy": lambda t: t.ones(1, requires_grad=True).numpy(),
        "array": lambda t: np.asarray(t.ones(1, requires_grad=True)),
        "numpy of result": lambda t: (t.ones(1, requires_grad=True) * 2).numpy(),
        "deepcopy": lambda t: copy.deepcopy(t.ones(1, requires_grad=True) * 2),
        "contains": lambda t: "a" in t.ones(2),
        "set shape": lambda t: setattr(t.ones(1), "shape", (2,)),
        "set dtype": lambda t: setattr(t.ones(1), "dtype", t.int64),
        "format": lambda t: f"{t.ones(2):.2f}",
    }
)
def test_protocol_errors(call: Call) -> None:
    kind = run(call, torch)
    # Python's own messages name the attribute differently from one class to another.
    assert_raises_alike(call, words=not isinstance(kind, AttributeError))


def test_numpy_shares_memory_in_both_directions() -> None:
    def call(t: Any) -> Any:
        x = t.zeros(3)
        array = x.numpy()
        array[0] = 1
        x[1] = 2
        y = t.from_numpy(array)
        y[2] = 3
        view = x[1:].numpy()
        view[0] = 9
        np.asarray(x)[0] += 10
        x.__array__()[0] += 10
        return x, array, x.data_ptr() == y.data_ptr(), np.shares_memory(view, array)

    assert_same(call)


def test_from_numpy_of_a_slice() -> None:
    def call(t: Any) -> Any:
        array = np.arange(12.0).reshape(3, 4)
        x = t.from_numpy(array[1:, 1:3])
        x += 100
        return (
            x,
            x.storage_offset(),
            x._base is None,
            x.is_contiguous(),
            array,
            x[1].storage_offset(),
        )

    assert_same(call)


def test_from_numpy_of_a_read_only_array() -> None:
    array = np.zeros(3)
    array.flags.writeable = False
    x = minitorch.from_numpy(array)
    assert x.tolist() == [0, 0, 0]


def test_data_shares_memory_but_not_the_version() -> None:
    def call(t: Any) -> Any:
        x = t.zeros(3)
        x.data.fill_(2)
        versions = [x._version]
        x.data[0] = 5
        versions.append(x._version)
        x.detach().add_(1)
        versions.append(x._version)
        with t.no_grad():
            x.add_(1)
        versions.append(x._version)
        x.numpy()[0] = 3
        versions.append(x._version)
        x[0] = 1
        versions.append(x._version)
        x[x > 1] = 0
        versions.append(x._version)
        x[1:][0] = 4
        versions.append(x._version)
        return x, versions

    assert_same(call)


def test_setting_data() -> None:
    def call(t: Any) -> Any:
        x = t.zeros(3, requires_grad=True)
        y = t.ones(2, 2)
        x.data = y
        y[0, 0] = 7
        return x, x._version

    assert_same(call)


@table(
    {
        "tensor": lambda t: t.tensor([[1.0, 2.0]]),
        "int": lambda t: t.arange(3),
        "bool": lambda t: t.tensor([True]),
        "leaf": lambda t: t.ones(2, requires_grad=True),
        "transposed": lambda t: t.ones(2, 3).t(),
        "slice": lambda t: t.arange(10)[2:5],
        "0-dim": lambda t: t.tensor(1.5),
        "empty": lambda t: t.zeros(0, 3),
    }
)
def test_copying_and_pickling(call: Call) -> None:
    def copies(t: Any) -> Any:
        x = call(t)
        deep = copy.deepcopy(x)
        shallow = copy.copy(x)
        thawed = pickle.loads(pickle.dumps(x))
        return (
            [(y, y._is_view(), y.is_leaf, y.storage_offset()) for y in (deep, thawed)],
            deep.data_ptr() == x.data_ptr() and x.numel() > 0,
            shallow.tolist(),
            type(thawed) is type(x),
        )

    assert_same(copies)


def test_shallow_copy_shares_memory() -> None:
    def call(t: Any) -> Any:
        x = t.zeros(2, requires_grad=True)
        y = copy.copy(x)
        with t.no_grad():
            y[0] = 5
        return x, y, y is x

    assert_same(call)


def test_deepcopy_keeps_shared_memory_and_gradients() -> None:
    def call(t: Any) -> Any:
        x = t.zeros(4, requires_grad=True)
        x.grad = t.ones(4)
        whole, part = t.zeros(4), None
        part = whole[1:]
        a, b, c, d = copy.deepcopy([x, x, whole, part])
        c[1] = 7
        return a, a is b, a.grad, a.grad is x.grad, d

    assert_same(call)


def test_pickle_keeps_shared_memory() -> None:
    whole = minitorch.zeros(4)  # torch's plain pickle separates views; its save does not
    a, b = pickle.loads(pickle.dumps((whole, whole[1:])))
    a[1] = 7
    assert b.tolist() == [7, 0, 0]


def test_attributes_survive_copies() -> None:
    x = minitorch.ones(2)
    x.label = "a"
    assert copy.deepcopy(x).label == "a"
    assert pickle.loads(pickle.dumps(x)).label == "a"


# --------------------------------------------------------------------------- repr

REPRS: dict[str, Call] = {
    "int": lambda t: t.tensor([1, 2]),
    "float": lambda t: t.tensor([1.0, 2.5]),
    "double": lambda t: t.tensor([1.0], dtype=t.float64),
    "half": lambda t: t.tensor([1.0], dtype=t.float16),
    "bool": lambda t: t.tensor([True, False]),
    "uint8": lambda t: t.tensor([1], dtype=t.uint8),
    "complex": lambda t: t.tensor([1 + 2j]),
    "0-dim": lambda t: t.tensor(1.5),
    "empty": lambda t: t.zeros(0),
    "empty 2d": lambda t: t.zeros(0, 3),
    "empty int": lambda t: t.zeros(0, dtype=t.int64),
    "requires grad": lambda t: t.ones(2, requires_grad=True),
    "double requires grad": lambda t: t.ones(2, dtype=t.float64, requires_grad=True),
    "grad_fn": lambda t: t.ones(2, requires_grad=True) * 2,
    "sum": lambda t: t.ones(2, requires_grad=True).sum(),
    "mean dim": lambda t: t.ones(2, 2, requires_grad=True).mean(1),
    "view grad_fn": lambda t: t.ones(2, 2, requires_grad=True).view(4),
    "in place": lambda t: (t.ones(2, requires_grad=True) * 2).add_(1),
    "in place on a view": lambda t: (lambda x: (x[0].mul_(2), x)[1])(
        t.ones(2, 2, requires_grad=True) * 2
    ),
    "view of a changed base": lambda t: (lambda x: (lambda v: (x.mul_(2), v)[1])(x[0]))(
        t.ones(2, 2, requires_grad=True) * 2
    ),
    "setitem": lambda t: (lambda x: (x.__setitem__(0, 5.0), x)[1])(
        t.ones(2, requires_grad=True) * 2
    ),
    "select": lambda t: t.ones(2, 2, requires_grad=True)[0],
    "slice": lambda t: t.ones(4, requires_grad=True)[1:],
    "index": lambda t: t.ones(4, requires_grad=True)[t.tensor([0, 2])],
    "expand": lambda t: t.ones(1, requires_grad=True).expand(2),
    "matmul": lambda t: t.ones(2, 2, requires_grad=True) @ t.ones(2),
    "max": lambda t: t.ones(2, requires_grad=True).max(),
    "max dim": lambda t: t.tensor([[1.0, 2.0]]).max(1),
    "sort": lambda t: t.tensor([2, 1]).sort(),
    "topk": lambda t: t.tensor([2, 1]).topk(1),
    "median dim": lambda t: t.tensor([[2, 1]]).median(1),
    "where": lambda t: t.where(t.tensor([True]), t.ones(1, requires_grad=True), 0.0),
    "clone": lambda t: t.ones(1, requires_grad=True).clone(),
    "to": lambda t: t.ones(1, requires_grad=True).double(),
    "detach": lambda t: t.ones(1, requires_grad=True).detach(),
    "long line": lambda t: t.arange(40.0, requires_grad=True) * 1.5,
    "dtype repr": lambda t: [t.float32, t.int64, t.bool, t.complex64],
    "device repr": lambda t: [t.device("cpu"), t.device("cuda", 1)],
    "large": lambda t: t.arange(10000).reshape(100, 100),
    "list of tensors": lambda t: [t.ones(1), t.tensor(2)],
    "transposed": lambda t: t.arange(6).reshape(2, 3).t(),
    "parameter": lambda t: t.nn.Parameter(t.ones(2)) if hasattr(t, "nn") else None,
}


@table(
    {name: call for name, call in REPRS.items() if name != "parameter" or hasattr(minitorch, "nn")}
)
def test_repr(call: Call) -> None:
    ours, theirs = repr(run(call, minitorch)), repr(run(call, torch))
    assert ours == theirs


# --------------------------------------------------------------------------- indexing

INDICES: dict[str, Callable[[Any], Any]] = {
    "list": lambda t: [0, 2],
    "list of one": lambda t: [1],
    "nested list": lambda t: [[0, 1], [2, 0]],
    "list negative": lambda t: [-1, -2],
    "empty list": lambda t: [],
    "list of bools": lambda t: [True, False, True],
    "tuple of lists": lambda t: ([0, 1], [1, 2]),
    "tensor": lambda t: t.tensor([2, 0]),
    "tensor 2d": lambda t: t.tensor([[2, 0], [1, 1]]),
    "tensor 0-dim": lambda t: t.tensor(1),
    "tensor int32": lambda t: t.tensor([1, 0], dtype=t.int32),
    "tensor negative": lambda t: t.tensor([-1, 0]),
    "tensor empty": lambda t: t.zeros(0, dtype=t.int64),
    "mask": lambda t: t.tensor([True, False, True]),
    "mask 2d": lambda t: t.arange(12).reshape(3, 4) % 2 == 0,
    "mask all": lambda t: t.ones(3, 4, 5, dtype=t.bool),
    "mask none": lambda t: t.zeros(3, dtype=t.bool),
    "mask 0-dim": lambda t: t.tensor(True),
    "True": lambda t: True,
    "True and number": lambda t: (True, 0),
    "mask then number": lambda t: (t.tensor([True, False, True]), 1),
    "mask then slice": lambda t: (t.tensor([True, False, True]), slice(1, 3)),
    "slice then mask": lambda t: (slice(None), t.tensor([True, False, True, True])),
    "ellipsis then mask": lambda t: (..., t.tensor([True, False, True, True, False])),
    "two tensors": lambda t: (t.tensor([0, 1]), t.tensor([1, 2])),
    "two tensors broadcast": lambda t: (t.tensor([[0], [1]]), t.tensor([1, 2])),
    "tensors apart": lambda t: (t.tensor([0, 1]), slice(None), t.tensor([1, 2])),
    "tensors apart with none": lambda t: (t.tensor([0, 1]), None, t.tensor([1, 2])),
    "tensor after slice": lambda t: (slice(None), t.tensor([0, 3])),
    "tensor after slice step": lambda t: (slice(None, None, 2), t.tensor([0, 3]), slice(1, 4)),
    "number then tensor": lambda t: (1, t.tensor([0, 3])),
    "number, slice, tensor": lambda t: (1, slice(None), t.tensor([0, 3])),
    "tensor, slice, number": lambda t: (t.tensor([0, 2]), slice(None), 1),
    "tensor, number": lambda t: (t.tensor([0, 2]), 1),
    "tensor and 0-dim tensor": lambda t: (t.tensor([0, 2]), t.tensor(1)),
    "0-dim tensor, slice, tensor": lambda t: (t.tensor(1), slice(None), t.tensor([0, 2])),
    "none then tensor": lambda t: (None, t.tensor([0, 2])),
    "tensor then none": lambda t: (t.tensor([0, 2]), None),
    "ellipsis then tensor": lambda t: (..., t.tensor([0, 2])),
    "numpy array": lambda t: np.array([0, 2]),
    "numpy mask": lambda t: np.array([True, False, True]),
    "numpy int": lambda t: np.int64(1),
    "numpy ints": lambda t: (np.int64(1), np.int32(2)),
    "range": lambda t: range(2),
    "slice of tensors": lambda t: slice(t.tensor(1), t.tensor(3)),
    "slice of numpy": lambda t: slice(np.int64(1), None),
    "list of slices": lambda t: (slice(0, 1), slice(1, 2)),
    "list with tensor": lambda t: [t.tensor(0), t.tensor(2)],
    "list of tensors": lambda t: [t.tensor([0, 1]), t.tensor([1, 2])],
    "numbers": lambda t: (1, 2, 3),
    "negative numbers": lambda t: (-1, -2),
    "everything": lambda t: (0, ..., slice(1, 3)),
    "ellipsis middle": lambda t: (0, ..., 1),
    "ellipsis for nothing": lambda t: (0, 1, 2, ...),
    "slice far negative": lambda t: slice(-100, 2),
    "slice start after stop": lambda t: slice(2, 1),
    "two masks": lambda t: (t.tensor([True, False, True]), t.tensor([True, False, True, False])),
    "mask and tensor": lambda t: (t.tensor([True, False, True]), t.tensor([1, 3])),
}


@table(INDICES)
def test_getitem(call: Call) -> None:
    assert_same(lambda t: base(t, 3, 4, 5)[call(t)])


@table({"False": lambda t: False, "mask of old": lambda t: t.tensor([1, 0, 1], dtype=t.uint8)})
def test_getitem_only(call: Call) -> None:
    assert_same(lambda t: base(t, 3, 4, 5)[call(t)])


@table(INDICES)
def test_setitem(call: Call) -> None:
    def write(t: Any) -> Any:
        x = base(t, 3, 4, 5)
        x[call(t)] = -1
        y = base(t, 3, 4, 5)
        y[call(t)] = t.tensor(2.5)
        z = base(t, 3, 4, 5)
        part = z[call(t)]
        z[call(t)] = part.flip(0) * 10 if part.dim() else t.tensor(3.0)
        return x, y, z

    assert_same(write)


# torch takes the path of masked_fill, which converts, for some masks and not for others.
@table({n: c for n, c in INDICES.items() if n not in ("mask 0-dim", "True and number")})
def test_setitem_of_another_dtype(call: Call) -> None:
    def write(t: Any) -> Any:
        x = base(t, 3, 4, 5)
        x[call(t)] = t.tensor(2.5, dtype=t.float64)
        return x

    assert_same(write)


@table(INDICES)
def test_gradients_of_getitem_and_setitem(call: Call) -> None:
    def differentiate(t: Any) -> Any:
        x = base(t, 3, 4, 5).requires_grad_()
        y = x[call(t)]
        weight = t.arange(1.0, y.numel() + 1).reshape(y.shape)
        (y * weight).sum().backward()
        leaf = base(t, 3, 4, 5).requires_grad_()
        value = t.ones(y.shape, requires_grad=True)
        z = leaf * 2
        z[call(t)] = value * 3
        (z * base(t, 3, 4, 5)).sum().backward()
        return x.grad, leaf.grad, value.grad, z

    assert_same(differentiate)


INDEX_ERRORS: dict[str, Call] = {
    "number": lambda t: t.ones(3)[3],
    "negative": lambda t: t.ones(3)[-4],
    "second": lambda t: t.ones(3, 2)[0, 2],
    "too many": lambda t: t.ones(3)[0, 0],
    "too many slices": lambda t: t.ones(3)[:, :],
    "too many with ellipsis": lambda t: t.ones(3)[0, ..., 0],
    "0-dim": lambda t: t.tensor(1.0)[0],
    "0-dim slice": lambda t: t.tensor(1.0)[:],
    "0-dim two": lambda t: t.tensor(1.0)[0, 0],
    "step 0": lambda t: t.ones(3)[::0],
    "step negative": lambda t: t.ones(3)[::-1],
    "float": lambda t: t.ones(3)[1.5],
    "string": lambda t: t.ones(3)["a"],
    "float slice": lambda t: t.ones(3)[1.5:],
    "float tensor": lambda t: t.ones(3)[t.tensor([1.0])],
    "tensor range": lambda t: t.ones(3)[t.tensor([0, 3])],
    "tensor range negative": lambda t: t.ones(3)[t.tensor([-4])],
    "mask shape": lambda t: t.ones(3)[t.tensor([True, False])],
    "mask shape 2d": lambda t: t.ones(3, 4)[t.ones(3, 3, dtype=t.bool)],
    "mask too long": lambda t: t.ones(3)[t.ones(3, 1, dtype=t.bool)],
    "tensors that do not broadcast": lambda t: t.ones(3, 3)[t.tensor([0, 1]), t.tensor([0, 1, 2])],
    "dict": lambda t: t.ones(3)[{}],
    "assign shape": lambda t: t.ones(3).__setitem__(slice(None), t.ones(2)),
    "assign too many dims": lambda t: t.ones(3).__setitem__(0, t.ones(2)),
    "assign shape to a row": lambda t: t.ones(2, 3).__setitem__(0, t.ones(2)),
    "assign shape at index": lambda t: t.ones(3).__setitem__(t.tensor([0, 1]), t.ones(3)),
    "assign shape at mask": lambda t: t.ones(3).__setitem__(
        t.tensor([True, False, True]), t.ones(3)
    ),
    "assign range": lambda t: t.ones(3).__setitem__(3, 1.0),
    "assign tensor range": lambda t: t.ones(3).__setitem__(t.tensor([5]), 1.0),
    "assign 0-dim": lambda t: t.tensor(1.0).__setitem__(0, 1.0),
    "assign all of an expand": lambda t: t.ones(1).expand(3).__setitem__(slice(None), 1.0),
    "assign step": lambda t: t.ones(3).__setitem__(slice(None, None, -1), 1.0),
    "unknown device": lambda t: t.ones(3).to("nowhere"),
}


@table(INDEX_ERRORS)
def test_index_errors(call: Call) -> None:
    assert_raises_alike(call, words=not isinstance(run(call, torch), AttributeError))


@table(
    {
        "string": lambda t: t.ones(3).__setitem__(0, "a"),
        "None": lambda t: t.ones(3).__setitem__(0, None),
        "list": lambda t: t.ones(3).__setitem__(slice(None), [1.0, 2.0, 3.0]),
        "array": lambda t: t.ones(3).__setitem__(slice(None), np.ones(3)),
    }
)
def test_assigning_what_is_no_tensor(call: Call) -> None:
    assert_raises_alike(call, words=False)


@table(
    {
        "int into float": lambda t: (lambda x: (x.__setitem__(0, 2), x)[1])(t.ones(2)),
        "float into int": lambda t: (lambda x: (x.__setitem__(0, 2.7), x)[1])(
            t.ones(2, dtype=t.int64)
        ),
        "float tensor into int": lambda t: (lambda x: (x.__setitem__(0, t.tensor(2.7)), x)[1])(
            t.ones(2, dtype=t.int64)
        ),
        "bool into float": lambda t: (lambda x: (x.__setitem__(0, False), x)[1])(t.ones(2)),
        "number into bool": lambda t: (lambda x: (x.__setitem__(0, 0), x)[1])(
            t.tensor([True, True])
        ),
        "0-dim ellipsis": lambda t: (lambda x: (x.__setitem__(..., 5.0), x)[1])(t.tensor(1.0)),
        "0-dim tuple": lambda t: (lambda x: (x.__setitem__((), 5.0), x)[1])(t.tensor(1.0)),
        "0-dim mask": lambda t: (lambda x: (x.__setitem__(x > 0, 5.0), x)[1])(t.tensor(1.0)),
        "leading ones": lambda t: (
            lambda x: (x.__setitem__(slice(None), t.ones(1, 1, 3) * 2), x)[1]
        )(t.ones(3)),
        "leading ones at index": lambda t: (
            lambda x: (x.__setitem__([0, 2], t.ones(1, 1, 2) * 2), x)[1]
        )(t.ones(3)),
        "broadcast row": lambda t: (lambda x: (x.__setitem__(slice(None), t.arange(3.0)), x)[1])(
            t.ones(2, 3)
        ),
        "index twice": lambda t: (
            lambda x: (x.__setitem__(t.tensor([0, 0]), t.tensor([1.0, 2.0])), x)[1]
        )(t.zeros(2)),
        "augmented": lambda t: (lambda x: (x.__setitem__(0, x[0] + 5), x)[1])(t.ones(2)),
        "overlapping copy": lambda t: (lambda x: (x[1:].copy_(x[:-1].clone()), x)[1])(t.arange(5)),
        "index_put_": lambda t: t.zeros(3).index_put_(
            (t.tensor([0, 0]),), t.tensor([1.0, 2.0]), accumulate=True
        ),
        "index_add_": lambda t: t.zeros(3).index_add_(0, t.tensor([0, 0]), t.ones(2)),
        "masked_fill_": lambda t: t.zeros(3).masked_fill_(t.tensor([True, False, True]), 2),
        "scatter_ number": lambda t: t.zeros(2, 3).scatter_(1, t.tensor([[0], [2]]), 1.0),
        "scatter_ value": lambda t: t.zeros(2, 3).scatter_(1, t.tensor([[0], [2]]), value=1),
        "scatter_add_": lambda t: t.zeros(3).scatter_add_(0, t.tensor([0, 0]), t.ones(2)),
        "scatter int": lambda t: t.zeros(3, dtype=t.int64).scatter(0, t.tensor([1]), 5),
        "put in slice": lambda t: (lambda x: (x[0].fill_(3), x)[1])(t.zeros(2, 2)),
        "zero_": lambda t: t.ones(2).zero_(),
        "copy_ converts": lambda t: t.ones(2, dtype=t.int64).copy_(t.tensor([1.7, -1.7])),
        "copy_ broadcasts": lambda t: t.ones(2, 3).copy_(t.arange(3)),
        "copy_ number": lambda t: t.ones(2).fill_(t.tensor(3)),
        "fill_ bool": lambda t: t.ones(2).fill_(True),
        "fill_ int float": lambda t: t.ones(2, dtype=t.int64).fill_(2.7),
        "add_ int to float": lambda t: t.ones(2).add_(t.tensor([1, 2])),
        "add_ double to float": lambda t: t.ones(2).add_(t.tensor([0.1, 0.2], dtype=t.float64)),
        "mul_ broadcast": lambda t: t.ones(2, 3).mul_(t.arange(3)),
        "sub_ alpha": lambda t: t.ones(2).sub_(t.ones(2), alpha=3),
        "div_ floor": lambda t: t.tensor([7, -7]).div_(2, rounding_mode="floor"),
        "pow_": lambda t: t.tensor([2.0, 3.0]).pow_(2),
        "clamp_": lambda t: t.tensor([-2.0, 3.0]).clamp_(-1, 1),
        "neg_": lambda t: t.tensor([1, -1]).neg_(),
        "t_": lambda t: t.ones(2, 3).t_(),
        "transpose_": lambda t: t.ones(2, 3).transpose_(0, 1),
        "squeeze_": lambda t: t.ones(1, 3).squeeze_(),
        "unsqueeze_": lambda t: t.ones(3).unsqueeze_(0),
        "resize by data": lambda t: t.ones(6).view(2, 3).contiguous(),
        "set overlapping slice": lambda t: (
            lambda x: (x.__setitem__(slice(1, None), x[:-1].clone()), x)[1]
        )(t.arange(4)),
        "diagonal write": lambda t: (lambda x: (x.diagonal().fill_(5), x)[1])(t.zeros(3, 3)),
        "exp_": lambda t: t.zeros(2).exp_(),
        "bernoulli_ of 1": lambda t: t.zeros(2).bernoulli_(1.0),
    }
)
def test_writing(call: Call) -> None:
    assert_same(call)


@pytest.mark.parametrize(
    "change",
    [
        operator.iadd,
        operator.isub,
        operator.imul,
        operator.itruediv,
        operator.ifloordiv,
        operator.imod,
        operator.ipow,
        operator.iand,
        operator.ior,
        operator.ixor,
    ],
)
def test_augmented_assignment_is_in_place(change: Any) -> None:
    def call(t: Any) -> Any:
        integers = change in (operator.iand, operator.ior, operator.ixor)
        x = t.tensor([5, 6]) if integers else t.tensor([5.0, 6.0])
        address = x.data_ptr()
        y = change(x, 3)
        return y, y is x, x.data_ptr() == address, x._version

    assert_same(call)


OVERLAPPING: dict[str, Callable[[Any, Any], Any]] = {
    "assign": lambda t, x: x.__setitem__(slice(1, None), x[:-1]),
    "assign at indices": lambda t, x: x.__setitem__([0, 1], x[:2]),
    "copy_": lambda t, x: x[1:].copy_(x[:-1]),
    "copy_ of one element": lambda t, x: x.copy_(x[:1]),
    "add_": lambda t, x: x[1:].add_(x[:-1]),
    "add_ of one element": lambda t, x: x.add_(x[0]),
    "add_ transposed": lambda t, x: x.view(2, 2).add_(x.view(2, 2).t()),
    "lerp_": lambda t, x: x[1:].lerp_(x[:-1], 0.5),
    "put_": lambda t, x: x.put_(t.tensor([1]), x[:1]),
    "add out": lambda t, x: t.add(x[1:], 1, out=x[:-1]),
    "exp out": lambda t, x: t.exp(x[1:], out=x[:-1]),
    "sin out": lambda t, x: t.sin(x[1:], out=x[:-1]),
    "gather out": lambda t, x: t.gather(x, 0, t.arange(4), out=x),
    "gather out, grown into the index": lambda t, x: t.gather(
        t.arange(4), 0, (i := t.tensor([0, 1, 2]))[1:], out=i[:1]
    ),
    "take out": lambda t, x: t.take(x, t.arange(4), out=x),
    "index_select out": lambda t, x: t.index_select(x, 0, t.arange(4), out=x),
    "masked_select out": lambda t, x: t.masked_select(x, x == x, out=x),
    "kthvalue out": lambda t, x: t.kthvalue(x, 2, out=(x, t.tensor(0))),
    "cat out": lambda t, x: t.cat([x, x], out=x),
    "stack out": lambda t, x: t.stack([x], out=x.view(1, 4)),
}


@pytest.mark.parametrize("name", OVERLAPPING)
def test_memory_that_is_read_is_not_written_elsewhere(name: str) -> None:
    assert_raises_alike(lambda t: OVERLAPPING[name](t, t.arange(4.0)))


ACCEPTED_OVERLAPS: dict[str, Callable[[Any, Any], Any]] = {
    "add_ itself": lambda t, x: x.add_(x),
    "add_ its neighbour": lambda t, x: x[1:].add_(x[:1]),
    "fill_ with an element": lambda t, x: x.fill_(x[1]),
    "masked_fill_ with an element": lambda t, x: x.masked_fill_(x > 1, x[1]),
    "index_fill_ with an element": lambda t, x: x.index_fill_(0, t.tensor([0]), x[1]),
    "assign an element": lambda t, x: (x.__setitem__(slice(None), x[1:2]), x)[1],
    "between the elements": lambda t, x: x[::2].add_(x[1::2]),
    "exp out": lambda t, x: t.exp(x, out=x),
    "cumsum out": lambda t, x: t.cumsum(x, 0, out=x),
    "sort out": lambda t, x: t.sort(x, out=(x, t.arange(4))),
}


@pytest.mark.parametrize("name", ACCEPTED_OVERLAPS)
def test_memory_that_is_read_and_written_in_one_place(name: str) -> None:
    assert_same(lambda t: ACCEPTED_OVERLAPS[name](t, t.arange(4.0)), exact=False)


# --------------------------------------------------------------------------- NumPy beside tensors

NUMPY: dict[str, Call] = {
    "tensor * array": lambda t: t.ones(3) * np.arange(3.0),
    "tensor + float32 array": lambda t: t.ones(3) + np.arange(3, dtype=np.float32),
    "tensor * float64 scalar": lambda t: t.ones(3) * np.float64(2.5),
    "tensor * float32 scalar": lambda t: t.ones(3) * np.float32(2.5),
    "tensor * int64 scalar": lambda t: t.ones(3) * np.int64(2),
    "int tensor * float64 scalar": lambda t: t.arange(3) * np.float64(2.5),
    "int tensor + int64 scalar": lambda t: t.arange(3) + np.int64(2),
    "uint8 tensor + int64 scalar": lambda t: t.ones(2, dtype=t.uint8) + np.int64(2),
    "tensor / float64 scalar": lambda t: t.ones(3) / np.float64(2),
    "tensor ** float64 scalar": lambda t: t.full((2,), 3.0) ** np.float64(2),
    "tensor // int64 scalar": lambda t: t.arange(3) // np.int64(2),
    "tensor > float64 scalar": lambda t: t.ones(3) > np.float64(0.5),
    "tensor == array": lambda t: t.ones(3) == np.ones(3),
    "add float64 scalar": lambda t: t.add(t.ones(2), np.float64(1.5)),
    "clamp by float64 scalar": lambda t: t.ones(2).clamp(np.float64(0.0), np.float64(0.5)),
    "fill_ float64 scalar": lambda t: t.ones(2).fill_(np.float64(0.5)),
    "full float64 scalar": lambda t: t.full((2,), np.float64(0.5)),
    "add_ float64 scalar": lambda t: t.ones(2).add_(np.float64(0.5)),
    "mul_ float32 scalar": lambda t: t.ones(2).mul_(np.float32(0.5)),
    "setitem float64 scalar": lambda t: (lambda x: (x.__setitem__(0, np.float64(0.5)), x)[1])(
        t.ones(2)
    ),
    "zeros of numpy int": lambda t: t.zeros(np.int64(2), np.int32(3)),
    "view of numpy int": lambda t: t.ones(6).view(np.int64(2), 3),
    "reshape of numpy ints": lambda t: t.ones(6).reshape(np.int64(2), np.int64(3)),
    "sum of numpy int dim": lambda t: t.ones(2, 3).sum(np.int64(1)),
    "np.mean": lambda t: np.mean(t.ones(2, 3).numpy()),
    "np.array of tensors": lambda t: np.array([t.tensor(1.0), t.tensor(2.0)]).tolist(),
    "np.stack": lambda t: np.stack([t.ones(2), t.zeros(2)]),
    "array index by tensor": lambda t: np.arange(5)[t.tensor([1, 3])],
    "array assignment": lambda t: (lambda a: (a.__setitem__(slice(None), t.ones(3)), a)[1])(
        np.zeros(3)
    ),
    "np.allclose": lambda t: np.allclose(t.ones(2), np.ones(2)),
    "scalar + tensor": lambda t: np.float64(1.5) + t.tensor([1.0]),
    "float32 scalar * tensor": lambda t: np.float32(1.5) * t.tensor([1.0]),
    "float32 scalar * int tensor": lambda t: np.float32(1.5) * t.tensor([1]),
    "int64 scalar * tensor": lambda t: np.int64(2) * t.tensor([1.5]),
    "int64 scalar - tensor": lambda t: np.int64(2) - t.tensor([1.5]),
    "float64 scalar / tensor": lambda t: np.float64(2) / t.tensor([1.5]),
    "np.float64 leaf": lambda t: (t.ones(2, requires_grad=True) * np.float64(2)).requires_grad,
}


@table(NUMPY)
def test_numpy_interoperation(call: Call) -> None:
    def settled(t: Any) -> Any:
        result = call(t)
        # torch lets NumPy compute `np scalar * tensor` in some versions; what counts is the value.
        return result

    assert_same(settled, exact=False)


def test_array_times_tensor_is_a_tensor() -> None:
    # torch refuses this since NumPy 2 and takes it the other way round; here both work.
    ours = np.arange(3.0) * minitorch.ones(3)
    theirs = torch.ones(3) * np.arange(3.0)
    assert isinstance(ours, minitorch.Tensor)
    assert ours.tolist() == theirs.tolist()
    assert str(ours.dtype) == str(theirs.dtype)


# --------------------------------------------------------------------------- results and their operands

ROWS = [
    pytest.param(op, s, id=f"{op.name}-{i}") for op in TENSOR_OPS for i, s in enumerate(op.samples)
]


@pytest.mark.parametrize(("op", "sample"), ROWS)
def test_results_share_memory_with_operands_exactly_where_torchs_do(
    op: OpInfo, sample: Sample
) -> None:
    """A view that should be a copy, or the reverse, shows only when somebody writes to it."""
    shared = []
    for t in (minitorch, torch):
        tensors = as_tensors(t, arrays(sample, "float32"), requires_grad=False)
        operands = [x for x in tensors if isinstance(x, t.Tensor)]
        results = outputs(op(t, *tensors, **sample.kwargs))
        memory = [x.untyped_storage().data_ptr() for x in operands if x.numel()]
        shared.append(
            [
                isinstance(r, t.Tensor)
                and r.numel() > 0
                and r.untyped_storage().data_ptr() in memory
                for r in results
            ]
        )
    assert shared[0] == shared[1]
