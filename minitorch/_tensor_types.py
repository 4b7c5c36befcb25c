"""``FloatTensor``, ``LongTensor`` and their siblings: a dtype and a device under one old name.

They make tensors (``LongTensor([1, 2])``), name them in type hints, and ``isinstance`` asks with
them for a tensor's dtype. No tensor is of these types: all are of ``Tensor``.

Mirrors torch/csrc/tensor/python_tensor.cpp. Left out: the types of sparse tensors.
"""

from __future__ import annotations

from typing import Any

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.autograd.variable import wrap
from minitorch.native.tensor_new import legacy_array


class tensortype(type):
    """The type of ``FloatTensor``: a class by its looks, a function and a question by its use.

    >>> import minitorch
    >>> minitorch.FloatTensor([1, 2])
    tensor([1., 2.])
    >>> isinstance(minitorch.ones(2), minitorch.LongTensor)
    False
    """

    dtype: dtypes.dtype
    is_cuda: bool

    def __new__(cls, dtype: dtypes.dtype, is_cuda: bool = False) -> tensortype:
        module = "torch.cuda" if is_cuda else "torch"
        fields = {"__module__": module, "dtype": dtype, "is_cuda": is_cuda, "is_sparse": False}
        return super().__new__(cls, f"{dtype.c10_name}Tensor", (), fields)

    def __init__(self, dtype: dtypes.dtype, is_cuda: bool = False) -> None:
        """Everything is done by ``__new__``."""

    def __call__(self, *data: Any, size: Any = None) -> Tensor:
        if self.is_cuda:
            raise TypeError(
                f"type {self.__module__}.{self.__name__} not available. "
                "Torch not compiled with CUDA enabled."
            )
        if len(data) == 1 and isinstance(data[0], Tensor):
            if data[0].dtype is not self.dtype:
                raise TypeError(f"expected a {self.dtype} tensor (got {data[0].dtype})")
            return Tensor(data[0])
        return wrap(legacy_array(data, self.dtype, size))

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is self.dtype and not self.is_cuda


def _both(dtype: dtypes.dtype) -> tuple[tensortype, tensortype]:
    """The type of that dtype's tensors on the CPU, and on CUDA."""
    return tensortype(dtype), tensortype(dtype, is_cuda=True)


BoolTensor, CudaBoolTensor = _both(dtypes.bool_)
ByteTensor, CudaByteTensor = _both(dtypes.uint8)
CharTensor, CudaCharTensor = _both(dtypes.int8)
ShortTensor, CudaShortTensor = _both(dtypes.int16)
IntTensor, CudaIntTensor = _both(dtypes.int32)
LongTensor, CudaLongTensor = _both(dtypes.int64)
HalfTensor, CudaHalfTensor = _both(dtypes.float16)
BFloat16Tensor, CudaBFloat16Tensor = _both(dtypes.bfloat16)
FloatTensor, CudaFloatTensor = _both(dtypes.float32)
DoubleTensor, CudaDoubleTensor = _both(dtypes.float64)


def set_default_tensor_type(t: Any, /) -> None:
    """Set the default dtype by an old type's name, such as ``torch.DoubleTensor``.

    Raises:
        TypeError: not a floating-point type.
    """
    dtypes.set_default_dtype(dtypes.named_type(t))


def typename(obj: Any, /) -> str:
    """The full name of a class or function, or of an object's class; of a tensor, its old type.

    >>> import minitorch
    >>> typename(minitorch.ones(2)), typename(minitorch.nn.ReLU), typename(1)
    ('torch.FloatTensor', 'minitorch.nn.modules.activation.ReLU', 'int')
    """
    if isinstance(obj, Tensor):
        return obj.type()
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    if named.__module__ in (None, "builtins"):
        return named.__qualname__
    return f"{named.__module__}.{named.__qualname__}"
