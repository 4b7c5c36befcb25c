"""The operations run on any array that speaks NumPy's protocols, so that CuPy's can take the place of NumPy's.

The stand-in below implements ``__array_ufunc__``, ``__array_function__`` and the methods of ndarray that CuPy has too. It
refuses what a GPU array refuses: to become a host array behind one's back, and to be mixed with one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch.autograd.variable import wrap
from tests import test_ops
from tests.array_standin_not_yet import NOT_YET
from tests.opinfo import OpInfo
from tests.test_ops import arrays, cotangents, outputs


class FarArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array whose memory no NumPy function can reach: all goes through the protocols."""

    __slots__ = ("host",)

    def __init__(self, host: np.ndarray[Any, Any]) -> None:
        self.host = host

    shape = property(lambda self: self.host.shape)
    ndim = property(lambda self: self.host.ndim)
    size = property(lambda self: self.host.size)
    dtype = property(lambda self: self.host.dtype)
    itemsize = property(lambda self: self.host.itemsize)
    nbytes = property(lambda self: self.host.nbytes)
    strides = property(lambda self: self.host.strides)
    flags = property(lambda self: self.host.flags)
    T = property(lambda self: far(self.host.T))
    mT = property(lambda self: far(self.host.mT))
    real = property(lambda self: far(self.host.real))
    imag = property(lambda self: far(self.host.imag))
    base = None

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("silent copy to the host")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return far(getattr(ufunc, method)(*near(inputs), **near(kwargs)))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is np.asarray:  # with like=: an explicit copy from the host
            return far(function(*args, **kwargs))
        return far(function(*near(args), **near(kwargs)))

    def __getitem__(self, index: Any) -> Any:
        return far(self.host[near(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.host[near(index)] = near(value)

    def __len__(self) -> int:
        return len(self.host)

    def __bool__(self) -> bool:
        return bool(self.host)

    # One number that is asked for: CuPy waits for the device here.

    def item(self) -> Any:
        return self.host.item()

    def __int__(self) -> int:
        return int(self.host)

    def __float__(self) -> float:
        return float(self.host)

    def __index__(self) -> int:
        return self.host.__index__()


def _method(name: str) -> Any:
    def method(self: FarArray, *args: Any, **kwargs: Any) -> Any:
        return far(getattr(self.host, name)(*near(args), **near(kwargs)))

    return method


for name in [
    "all",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "astype",
    "clip",
    "conj",
    "copy",
    "cumprod",
    "cumsum",
    "diagonal",
    "max",
    "mean",
    "min",
    "nonzero",
    "prod",
    "ravel",
    "repeat",
    "reshape",
    "round",
    "sort",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "trace",
    "transpose",
    "var",
    "view",
]:
    setattr(FarArray, name, _method(name))


def far(result: Any) -> Any:
    """Results stay far away, 0-dim ones too: they are arrays, not scalars, as CuPy's."""
    if isinstance(result, (np.ndarray, np.generic)):
        return FarArray(np.asarray(result))
    return type(result)(far(x) for x in result) if type(result) in (tuple, list) else result


def near(argument: Any) -> Any:
    """The memory behind far arrays. A host array beside them is refused; numbers of NumPy's and Python's are not."""
    if isinstance(argument, FarArray):
        return argument.host
    if isinstance(argument, np.ndarray):
        raise TypeError("host and device arrays are mixed")
    if isinstance(argument, dict):
        return {key: near(value) for key, value in argument.items()}
    return (
        type(argument)(near(x) for x in argument) if type(argument) in (tuple, list) else argument
    )


def test_the_stand_in_is_as_strict_as_a_gpu_array() -> None:
    x = FarArray(np.ones(3))
    with pytest.raises(TypeError, match="silent copy"):
        np.array(x)
    with pytest.raises(TypeError, match="mixed"):
        x + np.ones(3)
    assert isinstance(np.add(x, 1), FarArray)
    assert isinstance(x.sum(), FarArray)


# --------------------------------------------------------------------------- the rows


def keyed(rows: list[OpInfo]) -> dict[str, OpInfo]:
    """Rows by name; the second row of one name is ``name#2``."""
    result: dict[str, OpInfo] = {}
    for row in rows:
        same = sum(key.split("#")[0] == row.name for key in result)
        result[f"{row.name}#{same + 1}" if same else row.name] = row
    return result


ROWS = keyed(test_ops.ROWS)
REASONS = {key: reason for reason, keys in NOT_YET.items() for key in keys}


def as_tensors(values: list[Any], place: Any) -> list[Any]:
    tensors = []
    for x in values:
        if isinstance(x, np.ndarray):
            x = wrap(place(np.array(x)))
            x.requires_grad = x.is_floating_point()
        tensors.append(x)
    return tensors


def memory(tensor: Any, place: Any) -> Any:
    """The elements of a result, which must have stayed where the operands were."""
    if not isinstance(tensor, minitorch.Tensor):
        return tensor
    if place is FarArray:
        assert type(tensor._array) is FarArray
        return tensor._array.host
    return tensor._array


def forward_and_backward(op: OpInfo, place: Any) -> list[Any]:
    seen = []
    for sample in op.samples:
        tensors = as_tensors(arrays(sample, "float32"), place)
        results = outputs(op(minitorch, *tensors, **sample.kwargs))
        seen += [memory(r, place) for r in results]
        tracked = [r for r in results if isinstance(r, minitorch.Tensor) and r.requires_grad]
        if op.differentiable and tracked:
            minitorch.autograd.backward(tracked, [wrap(place(c)) for c in cotangents(tracked)])
            grads = [t.grad for t in tensors if isinstance(t, minitorch.Tensor) and t.requires_grad]
            seen += [memory(g, place) for g in grads if g is not None]
    return seen


@pytest.mark.parametrize("key", [key for key in ROWS if key not in REASONS])
def test_row_runs_on_arrays_that_only_speak_the_protocols(key: str) -> None:
    expected = forward_and_backward(ROWS[key], np.asarray)
    found = forward_and_backward(ROWS[key], FarArray)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        # Copies may lie otherwise in memory, which reorders sums.
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("key", REASONS)
def test_row_that_cannot_run_yet(key: str) -> None:
    try:
        forward_and_backward(ROWS[key], FarArray)
    except Exception:
        return
    pytest.fail(f"{key} runs now: take it out of array_standin_not_yet.py")


def test_gradients_accumulate_and_double_backward_runs() -> None:
    x = wrap(FarArray(np.array([1.0, 2.0, 3.0])))
    x.requires_grad = True
    (x * x).sum().backward()
    (x * x).sum().backward()
    assert x.grad is not None and x.grad._array.host.tolist() == [4, 8, 12]
    (first,) = minitorch.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = minitorch.autograd.grad(first.sum(), x)
    assert second._array.host.tolist() == [6, 12, 18]
