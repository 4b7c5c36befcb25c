"""Tensors of data that is already there: Python's numbers and sequences, arrays, buffers, tensors;
and the options that all functions that make tensors share.

Mirrors torch/csrc/utils/{tensor_new.cpp, tensor_numpy.cpp}.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._device import check_device
from minitorch._size import Size
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.conversions import clone, to_dtype
from minitorch.native.sizes import as_shape, check_sizes
from minitorch.native.tensor_iterator import NUMBERS
from minitorch.native.variants import write_out
from minitorch.native.views import detach

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def new_leaf(array: Any, requires_grad: bool) -> Tensor:
    """The tensor of an array, as a leaf.

    Raises:
        RuntimeError: it is to require grad, which integers cannot.
    """
    tensor = wrap(array)
    if requires_grad:
        if not dtypes.is_differentiable(array.dtype):
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        tensor.requires_grad = True
    return tensor


def dtype_or(default: np.dtype[Any], dtype: Any) -> np.dtype[Any]:
    """The NumPy dtype of what a user gave, or the default."""
    return default if dtype is None else dtypes.to_numpy(dtype)


def default_dtype() -> np.dtype[Any]:
    """The NumPy dtype of Python's floats."""
    return dtypes.get_default_dtype().numpy


def number_of(value: Any, function: str, name: str = "fill_value", position: int = 2) -> Any:
    """A Python number, or that of a 0-dim tensor."""
    if isinstance(value, Variable):
        if value._array.ndim:
            raise TypeError(
                f"{function}(): argument '{name}' (position {position}) must be Number, not Tensor"
            )
        return value._array.item()
    if not isinstance(value, (bool, int, float, complex, np.generic)):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be Number, not "
            f"{type(value).__name__}"
        )
    return value


def shape_of(function: str, sizes: tuple[Any, ...], size: Any) -> tuple[int, ...]:
    """What ``function(2, 3)``, ``function((2, 3))`` and ``function(size=(2, 3))`` ask for."""
    if size is None and not sizes:
        raise TypeError(f'{function}() missing 1 required positional arguments: "size"')
    sizes = sizes if size is None else (size,)
    try:
        shape = as_shape(sizes)
    except TypeError:
        raise TypeError(_bad_size(function, sizes)) from None
    if function == "zeros" and shape and min(shape) < 0:
        raise RuntimeError("zeros: Dimension size must be non-negative.")
    return check_sizes(shape)


def _bad_size(function: str, sizes: tuple[Any, ...]) -> str:
    if len(sizes) == 1:
        (first,) = sizes
        if not isinstance(first, (tuple, list)):
            kind = type(first).__name__
            return f"{function}(): argument 'size' (position 1) must be tuple of ints, not {kind}"
        sizes = tuple(first)
    position = next(i for i, s in enumerate(sizes) if not hasattr(s, "__index__"))
    return (
        f"{function}(): argument 'size' failed to unpack the object at pos {position + 1} with "
        f'error "type must be tuple of ints,but got {type(sizes[position]).__name__}"'
    )


def fills_out(factory: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Give a function that makes tensors the keyword ``out``, whose dtype is then that of the
    result.
    """

    @functools.wraps(factory)
    def with_out(*args: Any, out: Any = None, dtype: Any = None, **options: Any) -> Tensor:
        if out is None:
            return factory(*args, dtype=dtype, **options)
        if dtype is not None and dtype is not out.dtype:
            raise RuntimeError(
                f"dtype {dtype.c10_name} does not match dtype of out parameter "
                f"({out.dtype.c10_name})"
            )
        return write_out(factory.__name__, factory(*args, dtype=out.dtype, **options), out)

    signature = inspect.signature(factory)
    keyword = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)
    parameters = [*signature.parameters.values(), keyword]
    with_out.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return with_out


def infer_array(data: Any, dtype: dtypes.dtype | None) -> Any:
    """A fresh array of nested sequences, numbers, arrays or tensors. Mirrors
    internal_new_from_data.

    Raises:
        ValueError: the sequences are ragged, or an array has a negative stride.
        TypeError: an element is no number.
        RuntimeError, OverflowError: an element is out of the range of an integer dtype.
    """
    is_tensor, data = isinstance(data, Variable), unwrap(data)
    if dtype is not None and not isinstance(dtype, dtypes.dtype):
        dtype = dtypes.from_numpy(dtypes.to_numpy(dtype))  # Python's bool, int, float
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
        if not is_tensor:
            dtypes.check_convertible(array.dtype)
            if isinstance(data, np.ndarray):
                _check_layout(data)
        return array if dtype is None else array.astype(dtype.numpy)
    if isinstance(data, (list, tuple)) and any(
        isinstance(x, (Variable, list, tuple, np.generic)) for x in data
    ):
        dtype = _dtype_of_leaves(data) if dtype is None else dtype
        data = _without_tensors(data)
    try:
        array = np.array(data)
    except (ValueError, OverflowError):
        raise _explanation(data) from None
    if dtype is dtypes.uint64 and _are_integers(data):
        return np.array(data, np.uint64)
    is_beyond_int64 = array.dtype.kind in "uO" and _are_integers(data)
    if is_beyond_int64 and dtype is not None and dtype.is_floating_point:
        return np.array(data, np.float64).astype(dtype.numpy)
    if array.dtype.kind in "OUSmM" or (array.dtype.kind == "u" and not _holds_numpy_scalar(data)):
        raise _explanation(data)
    dtypes.check_convertible(array.dtype)
    if dtype is not None:
        _check_fits(array, dtype)
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


def _are_integers(data: Any) -> bool:
    return all([isinstance(x, int) for x in _leaves(data)])


def _check_fits(array: Any, dtype: dtypes.dtype) -> None:
    """Whether an integer dtype holds the numbers. Mirrors ``overflows`` of c10/util/TypeCast.h:
    an unsigned one takes negative integers, which wrap around, down to minus its largest.
    """
    if dtype.numpy.kind not in "iu" or not array.size or array.dtype.kind not in "iuf":
        return
    limits = np.iinfo(dtype.numpy)
    wraps = array.dtype.kind != "f" and limits.min == 0
    lowest = -limits.max if wraps else limits.min
    if not (lowest <= array.min() and array.max() <= limits.max):  # NaN is in no range
        raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")


def _dtype_of_leaves(data: Any) -> dtypes.dtype | None:
    """What the elements promote to, if there are tensors or NumPy's scalars among them; else
    None.
    """
    leaves = list(_leaves(data))
    if not any([isinstance(x, (Variable, np.generic)) for x in leaves]):
        return None
    arrays = [unwrap(x) for x in leaves]
    if not all([isinstance(x, (np.ndarray, np.generic, *NUMBERS)) for x in arrays]):
        return None  # which is refused below
    kinds = [dtypes.from_numpy(dtypes.result_dtype(x)) for x in arrays]
    return functools.reduce(dtypes.promote_types, kinds)


def _leaves(data: Any) -> Iterator[Any]:
    if not isinstance(data, (list, tuple)):
        yield data
        return
    for x in data:
        yield from _leaves(x)


def _without_tensors(data: Any) -> Any:
    """The sequences with numbers in place of tensors.

    Raises:
        TypeError, ValueError: a tensor has several elements: ``stack`` is for those.
    """
    if isinstance(data, (list, tuple)):
        return [_without_tensors(x) for x in data]
    if not isinstance(data, Variable):
        return data
    if data._array.size != 1:
        if dtypes.is_integral(data._array.dtype):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        raise ValueError("only one element tensors can be converted to Python scalars")
    return data._array.item()


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
        _advise_clone("torch.tensor")
    return new_leaf(infer_array(data, dtype), requires_grad)


def _advise_clone(function: str) -> None:
    warnings.warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() "
        "or sourceTensor.detach().clone().requires_grad_(True), rather than "
        f"{function}(sourceTensor).",
        UserWarning,
        stacklevel=3,
    )


def legacy_array(data: tuple[Any, ...], dtype: dtypes.dtype, size: Any = None) -> Any:
    """The array of torch's oldest constructors: ``Tensor(2, 3)`` is a shape, ``Tensor([2, 3])`` is
    data.

    Raises:
        TypeError: a single value that is neither a size nor a sequence.
    """
    if size is not None:
        data = tuple(size)
    if not data:
        return np.empty(0, dtype.numpy)
    first = data[0]
    if len(data) == 1 and isinstance(first, Size):
        data = tuple(first)
    if all(isinstance(size, (int, np.integer)) for size in data):
        return np.empty(data, dtype.numpy)
    if isinstance(first, str):
        raise TypeError("new(): invalid data type 'str'")
    if len(data) > 1 or not hasattr(first, "__len__"):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    return infer_array(first, dtype)


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


def asarray(
    obj: Any,
    *,
    dtype: dtypes.dtype | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of any data: tensors, arrays and buffers share their memory, sequences are copied.

    Args:
        copy: True copies always, False never; None, where the dtype demands it.

    Raises:
        ValueError: ``copy`` is False, and the data cannot be shared.
    """
    check_device(device)
    shared = _aliased(obj, dtype)
    if shared is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return new_leaf(infer_array(obj, dtype), requires_grad)
    wanted = shared.dtype if dtype is None else dtype
    if copy is False and wanted is not shared.dtype:
        raise ValueError(
            f"can't alias tensor with dtype '{shared.dtype.c10_name}' into dtype "
            f"'{wanted.c10_name}'."
        )
    result = to_dtype(shared, wanted)
    if copy and result is shared:
        result = clone(shared)
    if not result.is_leaf and not requires_grad:
        return detach(result)
    result.requires_grad = requires_grad
    return result


def _aliased(obj: Any, dtype: dtypes.dtype | None) -> Any:
    """A tensor over the memory of ``obj``; None, if it offers none."""
    if isinstance(obj, Variable):
        return obj
    if isinstance(obj, np.ndarray):
        return from_numpy(obj)
    try:
        memoryview(obj)
    except TypeError:
        return None
    return frombuffer(obj, dtype=dtypes.get_default_dtype() if dtype is None else dtype)


def _check_layout(ndarray: Any) -> None:
    """Refuse an array of a user's whose memory is laid out as no tensor's can be."""
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


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares memory with an array: a change in one is seen in the other.

    Raises:
        TypeError: not an array, or a dtype that torch lacks.
        ValueError: a negative stride, or another byte order.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    dtypes.check_convertible(ndarray.dtype)
    _check_layout(ndarray)
    if not ndarray.flags.writeable:
        warnings.warn(
            "The given NumPy array is not writable, and PyTorch does not support non-writable "
            "tensors. You may want to copy the array to protect its data or make it writable "
            "before converting it to a tensor.",
            UserWarning,
            stacklevel=2,
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


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares memory with another library's, torch's among them, without a copy.

    >>> import minitorch
    >>> minitorch.from_dlpack(np.arange(3))
    tensor([0, 1, 2])
    """
    return from_numpy(np.from_dlpack(ext_tensor))


def frombuffer(
    buffer: Any,
    *,
    dtype: dtypes.dtype,
    count: int = -1,
    offset: int = 0,
    requires_grad: bool = False,
) -> Tensor:
    """A vector over the memory of any object that exposes it, as bytearrays do.

    Args:
        count: how many elements; -1 means all that are there.
        offset: how many bytes to leave out at the start.
    """
    try:
        memory = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    length, size = memory.nbytes, dtype.itemsize
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
            f"({length} bytes) minus 1"
        )
    if count > 0 and offset + count * size > length:
        raise ValueError(
            f"requested buffer length ({count} * {size} bytes) after offset ({offset} bytes) must "
            f"not be greater than actual buffer length ({length} bytes)"
        )
    if count < 0 and (length - offset) % size:
        raise ValueError(
            f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a "
            f"multiple of element size ({size})"
        )
    if memory.readonly:
        import warnings

        warnings.warn(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. "
            "This means you can write to the underlying (supposedly non-writable) buffer using the "
            "tensor. You may want to copy the buffer to protect its data or make it writable "
            "before converting it to a tensor.",
            UserWarning,
            stacklevel=2,
        )
    return new_leaf(np.frombuffer(buffer, dtype.numpy, count, offset), requires_grad)


def new_tensor(
    input: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A new leaf with a copy of ``data``, of the dtype of ``input``."""
    check_device(device)
    if isinstance(data, Variable):
        _advise_clone("tensor.new_tensor")
    return new_leaf(
        infer_array(data, dtype or dtypes.from_numpy(input._array.dtype)), requires_grad
    )
