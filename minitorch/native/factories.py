"""Making tensors: from Python and NumPy data, of one value, of a range.

Mirrors aten/src/ATen/native/{TensorFactories.cpp, RangeFactories.cpp} and
torch/csrc/utils/tensor_new.cpp.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._device import device as torch_device
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
        torch_device(name)  # raises if there is no such device anywhere
        raise RuntimeError(f"PyTorch is not linked with support for {name} devices")


def _finish(array: Any, requires_grad: bool) -> Tensor:
    tensor = wrap(array)
    if requires_grad:
        if array.dtype.kind not in "fc":
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        tensor.requires_grad = True
    return tensor


def infer_array(data: Any, dtype: dtypes.dtype | None) -> Any:
    """A fresh array of nested sequences, numbers, arrays or tensors. Mirrors
    internal_new_from_data.

    Raises:
        ValueError: the sequences are ragged.
        TypeError: an element is no number.
    """
    data = unwrap(data)
    if dtype is not None and not isinstance(dtype, dtypes.dtype):
        dtype = dtypes.from_numpy(dtypes.to_numpy(dtype))  # Python's bool, int, float
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
        dtypes.from_numpy(array.dtype)
        return (
            array.astype(dtype.numpy)
            if dtype is not None
            else array.astype(array.dtype.newbyteorder("="), copy=False)
        )
    if isinstance(data, (list, tuple)) and any(
        isinstance(x, (Variable, list, tuple)) for x in data
    ):
        data = _without_tensors(data)
    try:
        array = np.array(data)
    except (ValueError, OverflowError):
        raise _explanation(data) from None
    if array.dtype.kind in "OUSmM" or (array.dtype.kind == "u" and not _holds_numpy_scalar(data)):
        raise _explanation(data)
    if dtype is not None:
        if (
            dtype.numpy.kind in "biu"
            and array.dtype.kind == "f"
            and array.size
            and not np.isfinite(array).all()
        ):
            raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
        return array.astype(dtype.numpy)
    if array.dtype.kind == "f" and not _holds_numpy_scalar(data):
        return array.astype(dtypes.get_default_dtype().numpy)
    if array.dtype.kind == "c" and not _holds_numpy_scalar(data):
        return array.astype(
            np.complex64 if dtypes.get_default_dtype() is not dtypes.float64 else np.complex128
        )
    if array.size == 0 and array.dtype.kind == "f":
        return array.astype(dtypes.get_default_dtype().numpy)
    return array


def _without_tensors(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return [_without_tensors(x) for x in data]
    return data._array.tolist() if isinstance(data, Variable) else data


def _holds_numpy_scalar(data: Any) -> bool:
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic))


def _explanation(data: Any) -> Exception:
    """Why ``data`` cannot become a tensor, in the order in which internal_new_from_data looks."""
    if isinstance(data, str):
        return TypeError("new(): invalid data type 'str'")
    sizes = []
    first = data
    while isinstance(first, (list, tuple)):
        sizes.append(len(first))
        if not first:
            break
        first = first[0]
    if isinstance(first, str):  # its first letter is a string again, and so on
        return ValueError("too many dimensions 'str'")
    overflow = ValueError("Overflow when unpacking long long")
    return _wrong_type(data) or _ragged(data, sizes) or overflow


def _wrong_type(data: Any) -> Exception | None:
    if isinstance(data, (list, tuple)):
        return next((error for x in data if (error := _wrong_type(x)) is not None), None)
    if isinstance(data, str):
        return TypeError("new(): invalid data type 'str'")
    if isinstance(data, (int, float, complex, np.generic, np.ndarray)):
        return None
    return RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def _ragged(data: Any, sizes: list[int], dim: int = 0) -> Exception | None:
    if dim == len(sizes):
        if isinstance(data, (list, tuple)):
            return TypeError(f"'{type(data).__name__}' object cannot be interpreted as an integer")
        return None
    if not isinstance(data, (list, tuple)):
        return TypeError("not a sequence")
    if len(data) != sizes[dim]:
        return ValueError(
            f"expected sequence of length {sizes[dim]} at dim {dim} (got {len(data)})"
        )
    errors = (_ragged(x, sizes, dim + 1) for x in data)
    return next((error for error in errors if error is not None), None)


def tensor(
    data: Any,
    *,
    dtype: dtypes.dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A new leaf tensor with a copy of ``data``. Python floats become the default dtype, ints
    int64, bools bool.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    check_device(device)
    if isinstance(data, Variable):
        import warnings

        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than "
            "torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    return _finish(infer_array(data, dtype), requires_grad)


def as_tensor(data: Any, dtype: dtypes.dtype | None = None, device: Any = None) -> Tensor:
    """A tensor of ``data``, without a copy where the dtype allows: tensors as they are, arrays
    sharing memory.
    """
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
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently "
            "supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) "
        )
    if not ndarray.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion "
            "between byte orders is "
            "currently not supported."
        )
    if any(s % ndarray.itemsize for s in ndarray.strides):
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy "
            "array to reallocate the memory."
        )
    if ndarray.base is None:
        return wrap(ndarray.view(np.ndarray))
    # The storage reaches from the given array's first element to its last, whatever array owns
    # the memory: a memoryview ends the chain of bases.
    steps = [(n - 1) * s for n, s in zip(ndarray.shape, ndarray.strides, strict=True)]
    size = sum(steps) // ndarray.itemsize + 1 if ndarray.size else 0
    flat = np.lib.stride_tricks.as_strided(ndarray, (size,), (ndarray.itemsize,))
    memory = np.asarray(flat.data)
    return wrap(np.ndarray(ndarray.shape, ndarray.dtype, memory, 0, ndarray.strides))


def _new_dtype(dtype: dtypes.dtype | None, fill_value: Any = 0.0) -> np.dtype[Any]:
    if dtype is not None:
        return dtypes.to_numpy(dtype)
    if isinstance(fill_value, bool):
        return np.dtype(bool)
    if isinstance(fill_value, int):
        return np.dtype(np.int64)
    default = dtypes.get_default_dtype()
    if isinstance(fill_value, complex):
        return default.to_complex().numpy
    return default.numpy


def _check_sizes(shape: tuple[int, ...]) -> tuple[int, ...]:
    for size in shape:
        if size < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {size}: {list(shape)}"
            )
    return shape


def zeros(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
) -> Tensor:
    """A tensor of zeros."""
    check_device(device)
    shape = as_shape(sizes if size is None else (size,))
    if shape and min(shape) < 0:
        raise RuntimeError("zeros: Dimension size must be non-negative.")
    return _finish(np.zeros(shape, _new_dtype(dtype)), requires_grad)


def ones(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
) -> Tensor:
    """A tensor of ones."""
    check_device(device)
    shape = _check_sizes(as_shape(sizes if size is None else (size,)))
    return _finish(np.ones(shape, _new_dtype(dtype)), requires_grad)


def empty(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
    memory_format: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor whose elements are whatever the memory held."""
    check_device(device)
    shape = _check_sizes(as_shape(sizes if size is None else (size,)))
    return _finish(np.empty(shape, _new_dtype(dtype)), requires_grad)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of one value; its type decides the dtype."""
    check_device(device)
    value = fill_value._array.item() if isinstance(fill_value, Variable) else fill_value
    shape = _check_sizes(as_shape((size,)))
    return _finish(np.full(shape, value, _new_dtype(dtype, value)), requires_grad)


def _like(input: Tensor, dtype: Any) -> np.dtype[Any]:
    return input._array.dtype if dtype is None else dtypes.to_numpy(dtype)


def zeros_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros of the shape, dtype and memory order of ``input``."""
    check_device(device)
    return _finish(np.zeros_like(input._array, _like(input, dtype)), requires_grad)


def ones_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones of the shape, dtype and memory order of ``input``."""
    check_device(device)
    return _finish(np.ones_like(input._array, _like(input, dtype)), requires_grad)


def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
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
    return _finish(
        np.full_like(input._array, unwrap(fill_value), _like(input, dtype)), requires_grad
    )


def new_tensor(
    input: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A new leaf with a copy of ``data``, of the dtype of ``input``."""
    check_device(device)
    return _finish(infer_array(data, dtype or dtypes.from_numpy(input._array.dtype)), requires_grad)


def new_zeros(
    input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``zeros`` of the dtype of ``input``."""
    check_device(device)
    return _finish(np.zeros(_check_sizes(as_shape(size)), _like(input, dtype)), requires_grad)


def new_ones(
    input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``ones`` of the dtype of ``input``."""
    check_device(device)
    return _finish(np.ones(_check_sizes(as_shape(size)), _like(input, dtype)), requires_grad)


def new_empty(
    input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``empty`` of the dtype of ``input``."""
    check_device(device)
    return _finish(np.empty(_check_sizes(as_shape(size)), _like(input, dtype)), requires_grad)


def new_full(
    input: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``full`` of the dtype of ``input``."""
    check_device(device)
    return _finish(
        np.full(as_shape((size,)), unwrap(fill_value), _like(input, dtype)), requires_grad
    )


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
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
    start, end, step = (
        x._array.item() if isinstance(x, Variable) else x for x in (start, end, step)
    )
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        dtype = (
            dtypes.int64
            if all(isinstance(x, int) for x in (start, end, step))
            else dtypes.get_default_dtype()
        )
    elif not isinstance(dtype, dtypes.dtype):
        dtype = dtypes.from_numpy(dtypes.to_numpy(dtype))
    count = math.ceil((end - start) / step)
    accumulate = np.int64 if dtype.category < dtypes.FLOATING else np.float64
    values = np.asarray(start, accumulate) + np.arange(count).astype(accumulate) * np.asarray(
        step, accumulate
    )
    return _finish(values.astype(dtype.numpy), requires_grad)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included; computed from both
    ends, so symmetric.
    """
    check_device(device)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    start, end = (x._array.item() if isinstance(x, Variable) else x for x in (start, end))
    result = _new_dtype(dtype)
    if steps == 1:
        return _finish(np.asarray([start], result), requires_grad)
    kind = result.type if result.kind in "fc" else np.float64  # integers are rounded at the end
    step = (kind(end) - kind(start)) / kind(max(steps - 1, 1))
    i = np.arange(steps)
    # In float32 the products are exact in float64 and rounded once, as the fused multiply-add of
    # torch's kernel does.
    wide = np.float64 if kind is np.float32 else kind
    up = (wide(kind(start)) + wide(step) * i).astype(result)
    down = (wide(kind(end)) - wide(step) * (steps - 1 - i)).astype(result)
    return _finish(np.where(i < steps // 2, up, down), requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The identity matrix, n x n or n x m."""
    check_device(device)
    for name, size in (("n", n), ("m", n if m is None else m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return _finish(np.eye(n, m, dtype=_new_dtype(dtype)), requires_grad)


def scalar_tensor(
    value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A 0-dim tensor of the default dtype."""
    check_device(device)
    return _finish(np.asarray(value, _new_dtype(dtype)), requires_grad)
