"""Making tensors: from Python and NumPy data, of one value, of a range.

Mirrors aten/src/ATen/native/{TensorFactories.cpp, RangeFactories.cpp} and torch/csrc/utils/tensor_new.cpp.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.tensor_shape import as_shape, to_dtype

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def check_device(device: Any) -> None:
    """Only the CPU is there.

    Raises:
        RuntimeError: any other device.
    """
    name = str(getattr(device, "type", device)).split(":")[0]
    if device is not None and name != "cpu":
        if name == "cuda":
            raise AssertionError("Torch not compiled with CUDA enabled")
        raise RuntimeError(f"Expected one of cpu, cuda device type at start of device string: {name}")


def _finish(array: Any, requires_grad: bool) -> Tensor:
    tensor = wrap(array)
    if requires_grad:
        tensor.requires_grad = True
    return tensor


def infer_array(data: Any, dtype: dtypes.dtype | None) -> Any:
    """A fresh array of nested sequences, numbers, arrays or tensors. Mirrors internal_new_from_data.

    Raises:
        ValueError: the sequences are ragged.
        TypeError: an element is no number.
    """
    data = unwrap(data)
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
        dtypes.from_numpy(array.dtype)
        return array.astype(dtype.numpy) if dtype is not None else array.astype(array.dtype.newbyteorder("="), copy=False)
    if isinstance(data, (list, tuple)) and any(isinstance(x, (Variable, list, tuple)) for x in data):
        data = _without_tensors(data)
    try:
        array = np.array(data)
    except ValueError:
        raise _ragged(data) from None
    except OverflowError:
        raise RuntimeError("Overflow when unpacking long long") from None
    if array.dtype == object:
        raise RuntimeError("Overflow when unpacking long long") if _holds_only_ints(data) else _not_a_number(data)
    if array.dtype.kind in "USmM":
        raise _not_a_number(data)
    if dtype is not None:
        if dtype.numpy.kind in "biu" and array.dtype.kind == "f" and array.size and not np.isfinite(array).all():
            raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
        return array.astype(dtype.numpy)
    if array.dtype.kind == "f" and not _holds_numpy_scalar(data):
        return array.astype(dtypes.get_default_dtype().numpy)
    if array.dtype.kind == "c" and not _holds_numpy_scalar(data):
        return array.astype(np.complex64 if dtypes.get_default_dtype() is not dtypes.float64 else np.complex128)
    if array.size == 0 and array.dtype.kind == "f":
        return array.astype(dtypes.get_default_dtype().numpy)
    return array.astype(np.int64) if array.dtype.kind == "u" and not _holds_numpy_scalar(data) else array


def _without_tensors(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return [_without_tensors(x) for x in data]
    return data._array.tolist() if isinstance(data, Variable) else data


def _holds_only_ints(data: Any) -> bool:
    return all(_holds_only_ints(x) for x in data) if isinstance(data, (list, tuple)) else isinstance(data, int)


def _holds_numpy_scalar(data: Any) -> bool:
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic))


def _not_a_number(data: Any) -> TypeError:
    while isinstance(data, (list, tuple)) and data:
        data = next((x for x in data if not isinstance(x, (bool, int, float, complex))), data[0])
    if isinstance(data, str):
        return TypeError("new(): invalid data type 'str'")
    return TypeError(f"not a number: {type(data).__name__}") if data is not None else RuntimeError("Could not infer dtype of NoneType")  # type: ignore[return-value]  # noqa: E501


def _ragged(data: Any, dim: int = 0) -> Exception:
    lengths = [len(x) if isinstance(x, (list, tuple)) else -1 for x in data]
    if len(set(lengths)) > 1:
        wrong = next(n for n in lengths if n != lengths[0])
        if wrong == -1:
            return TypeError(f"expected sequence of length {lengths[0]} at dim {dim + 1} (got a number)")
        return ValueError(f"expected sequence of length {lengths[0]} at dim {dim + 1} (got {wrong})")
    for x in data:
        if isinstance(x, (list, tuple)) and x and isinstance(x[0], (list, tuple)):
            return _ragged(x, dim + 1)
    return ValueError("ragged sequences")


def tensor(
    data: Any, *, dtype: dtypes.dtype | None = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new leaf tensor with a copy of ``data``. Python floats become the default dtype, ints int64, bools bool.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    check_device(device)
    if isinstance(data, Variable):
        import warnings

        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    return _finish(infer_array(data, dtype), requires_grad)


def as_tensor(data: Any, dtype: dtypes.dtype | None = None, device: Any = None) -> Tensor:
    """A tensor of ``data``, without a copy where the dtype allows: tensors as they are, arrays sharing memory."""
    check_device(device)
    if isinstance(data, Variable):
        return data if dtype is None else to_dtype(data, dtype)  # type: ignore[return-value, arg-type]
    if isinstance(data, np.ndarray):
        shared = from_numpy(data)
        return shared if dtype is None else to_dtype(shared, dtype)
    return wrap(infer_array(data, dtype))


asarray = as_tensor


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares memory with an array: a change in one is seen in the other.

    Raises:
        TypeError: not an array, or a dtype that torch lacks.
        ValueError: a negative stride.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    dtypes.from_numpy(ndarray.dtype)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
            "supported. (You can probably work around this by making a copy of your array  with array.copy().) "
        )
    if not ndarray.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    if ndarray.base is not None:
        # The storage begins at the given array's first element, whatever array owns the memory.
        return wrap(np.asarray(memoryview(ndarray)).view(type=np.ndarray))
    return wrap(ndarray.view(np.ndarray))


def _new_dtype(dtype: dtypes.dtype | None, fill_value: Any = 0.0) -> np.dtype[Any]:
    if dtype is not None:
        return dtypes.to_numpy(dtype)
    if isinstance(fill_value, bool):
        return np.dtype(bool)
    if isinstance(fill_value, int):
        return np.dtype(np.int64)
    return dtypes.get_default_dtype().numpy


def _check_sizes(shape: tuple[int, ...]) -> tuple[int, ...]:
    for size in shape:
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(shape)}")
    return shape


def zeros(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None, out: Any = None
) -> Tensor:
    """A tensor of zeros."""
    check_device(device)
    return _finish(np.zeros(_check_sizes(as_shape(size)), _new_dtype(dtype)), requires_grad)


def ones(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None, out: Any = None
) -> Tensor:
    """A tensor of ones."""
    check_device(device)
    return _finish(np.ones(_check_sizes(as_shape(size)), _new_dtype(dtype)), requires_grad)


def empty(
    *size: Any,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
    memory_format: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor whose elements are whatever the memory held."""
    check_device(device)
    return _finish(np.empty(_check_sizes(as_shape(size)), _new_dtype(dtype)), requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of one value; its type decides the dtype."""
    check_device(device)
    value = unwrap(fill_value)
    shape = _check_sizes(as_shape((size,)))
    return _finish(np.full(shape, value, _new_dtype(dtype, value)), requires_grad)


def _like(input: Tensor, dtype: Any) -> np.dtype[Any]:
    return input._array.dtype if dtype is None else dtypes.to_numpy(dtype)  # type: ignore[no-any-return]


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None
) -> Tensor:
    """Zeros of the shape, dtype and memory order of ``input``."""
    check_device(device)
    return _finish(np.zeros_like(input._array, _like(input, dtype)), requires_grad)


def ones_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None
) -> Tensor:
    """Ones of the shape, dtype and memory order of ``input``."""
    check_device(device)
    return _finish(np.ones_like(input._array, _like(input, dtype)), requires_grad)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None
) -> Tensor:
    """Uninitialised memory of the shape, dtype and memory order of ``input``."""
    check_device(device)
    return _finish(np.empty_like(input._array, _like(input, dtype)), requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """One value in the shape, dtype and memory order of ``input``."""
    check_device(device)
    return _finish(np.full_like(input._array, unwrap(fill_value), _like(input, dtype)), requires_grad)


def new_tensor(input: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new leaf with a copy of ``data``, of the dtype of ``input``."""
    check_device(device)
    return _finish(infer_array(data, dtype or dtypes.from_numpy(input._array.dtype)), requires_grad)


def new_zeros(input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """``zeros`` of the dtype of ``input``."""
    check_device(device)
    return _finish(np.zeros(as_shape(size), _like(input, dtype)), requires_grad)


def new_ones(input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """``ones`` of the dtype of ``input``."""
    check_device(device)
    return _finish(np.ones(as_shape(size), _like(input, dtype)), requires_grad)


def new_empty(input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """``empty`` of the dtype of ``input``."""
    check_device(device)
    return _finish(np.empty(as_shape(size), _like(input, dtype)), requires_grad)


def new_full(
    input: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``full`` of the dtype of ``input``."""
    check_device(device)
    return _finish(np.full(as_shape((size,)), unwrap(fill_value), _like(input, dtype)), requires_grad)


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """start, start + step, ... up to but without ``end``; int64 if all are ints.

    >>> arange(3)
    tensor([0, 1, 2])

    Raises:
        RuntimeError: step is 0, or its sign leads away from ``end``.
    """
    check_device(device)
    if end is None:
        start, end = 0, start
    start, end, step = (x.item() if isinstance(x, Variable) else x for x in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        dtype = dtypes.int64 if all(isinstance(x, int) for x in (start, end, step)) else dtypes.get_default_dtype()
    count = math.ceil((end - start) / step)
    accumulate = np.int64 if dtype.category < dtypes.FLOATING else np.float64
    values = np.asarray(start, accumulate) + np.arange(count).astype(accumulate) * np.asarray(step, accumulate)
    return _finish(values.astype(dtype.numpy), requires_grad)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included; computed from both ends, so symmetric."""
    check_device(device)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    start, end = (x.item() if isinstance(x, Variable) else x for x in (start, end))
    kind = _new_dtype(dtype).type
    if steps == 1:
        return _finish(np.asarray([start], kind), requires_grad)
    step = (kind(end) - kind(start)) / kind(max(steps - 1, 1))
    i = np.arange(steps)
    # In float32 the products are exact in float64 and rounded once, as the fused multiply-add of torch's kernel does.
    wide = np.float64 if kind is np.float32 else kind
    up = (wide(kind(start)) + wide(step) * i).astype(kind)
    down = (wide(kind(end)) - wide(step) * (steps - 1 - i)).astype(kind)
    return _finish(np.where(i < steps // 2, up, down), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The identity matrix, n x n or n x m."""
    check_device(device)
    return _finish(np.eye(n, m, dtype=_new_dtype(dtype)), requires_grad)


def scalar_tensor(value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-dim tensor of the default dtype."""
    check_device(device)
    return _finish(np.asarray(value, _new_dtype(dtype)), requires_grad)
