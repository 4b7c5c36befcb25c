"""Element types: ``float32`` and its siblings, type promotion, ``finfo`` and ``iinfo``, the default
dtype.

Mirrors c10/core/ScalarType.h and aten/src/ATen/native/TypeProperties.cpp. NumPy decides what a bit
pattern means; torch decides which type a result has (``int32 + 1.5`` is float32 here, float64 in
NumPy).

bfloat16 is not NumPy's own: the package ml_dtypes registers it, and NumPy calls its ``kind`` "V".
So ask ``is_floating`` here, not the kind. Left out: quantized types, float8, complex32, and
arithmetic between unsigned types wider than a byte (torch has none either).
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

BOOLEAN, INTEGRAL, FLOATING, COMPLEX = range(4)
_CATEGORY_OF_KIND = {
    "b": BOOLEAN,
    "u": INTEGRAL,
    "i": INTEGRAL,
    "f": FLOATING,
    "V": FLOATING,
    "c": COMPLEX,
}


class dtype:
    """The type of a tensor's elements.

    >>> import minitorch
    >>> minitorch.float32, minitorch.float32.is_floating_point, minitorch.int64.itemsize
    (torch.float32, True, 8)
    """

    __slots__ = ("name", "c10_name", "numpy", "category")

    def __init__(self, name: str, c10_name: str) -> None:
        self.name = name
        self.c10_name = c10_name  # its name in error messages, and in torch.FloatTensor
        self.numpy = np.dtype(name)
        self.category = _CATEGORY_OF_KIND[self.numpy.kind]

    itemsize = property(lambda self: self.numpy.itemsize)
    is_floating_point = property(lambda self: self.category == FLOATING)
    is_complex = property(lambda self: self.category == COMPLEX)
    is_signed = property(lambda self: self.numpy.kind in "ifVc")

    def to_complex(self) -> dtype:
        """The complex dtype whose parts have this one's precision.

        Raises:
            RuntimeError: there is none (torch has a complex32, NumPy does not).
        """
        try:
            return _COMPLEX_OF[self.name]
        except KeyError:
            raise RuntimeError(f"Unknown Complex ScalarType for {self.c10_name}") from None

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _dtype_named, (self.name,)


_BY_NAME = {
    name: dtype(name, c10_name)
    for name, c10_name in {
        "bool": "Bool",
        "uint8": "Byte",
        "uint16": "UInt16",
        "uint32": "UInt32",
        "uint64": "UInt64",
        "int8": "Char",
        "int16": "Short",
        "int32": "Int",
        "int64": "Long",
        "float16": "Half",
        "bfloat16": "BFloat16",
        "float32": "Float",
        "float64": "Double",
        "complex64": "ComplexFloat",
        "complex128": "ComplexDouble",
    }.items()
}
ALL = tuple(_BY_NAME.values())
_BY_NUMPY = {d.numpy: d for d in _BY_NAME.values()}

bool_ = _BY_NAME["bool"]
uint8, uint16, uint32, uint64 = (_BY_NAME[f"uint{bits}"] for bits in (8, 16, 32, 64))
int8, int16, int32, int64 = (_BY_NAME[f"int{bits}"] for bits in (8, 16, 32, 64))
float16, float32, float64 = (_BY_NAME[f"float{bits}"] for bits in (16, 32, 64))
bfloat16 = _BY_NAME["bfloat16"]
complex64, complex128 = _BY_NAME["complex64"], _BY_NAME["complex128"]
_COMPLEX_OF = {
    "float32": complex64,
    "float64": complex128,
    "complex64": complex64,
    "complex128": complex128,
}

# What a Python number counts as: bool is a torch.bool, int an int64, float the default dtype.
_PYTHON_TYPES: dict[type, dtype] = {bool: bool_, int: int64, float: float64, complex: complex128}


def named_type(type: Any) -> dtype:
    """The dtype of a dtype, of an old type such as ``FloatTensor``, or of its name.

    >>> named_type("torch.LongTensor")
    torch.int64

    Raises:
        ValueError: there is no such type.
        AssertionError: it is a type of tensors on CUDA.
    """
    if isinstance(type, dtype):
        return type
    name = type if isinstance(type, str) else f"{type.__module__}.{type.__name__}"
    if name.startswith("torch.cuda."):
        raise AssertionError("Torch not compiled with CUDA enabled")
    for candidate in ALL:
        if name == f"torch.{candidate.c10_name}Tensor":
            return candidate
    raise ValueError(f"invalid type: '{name}'")


def _dtype_named(name: str) -> dtype:
    return _BY_NAME[name]


def from_numpy(numpy_dtype: Any) -> dtype:
    """The dtype of a NumPy dtype.

    Raises:
        TypeError: torch has no such type (strings, objects, dates).
    """
    try:
        return _BY_NUMPY[numpy_dtype]
    except KeyError:
        pass
    native = np.dtype(numpy_dtype).newbyteorder("=")
    if native in _BY_NUMPY:
        return _BY_NUMPY[native]
    raise _inconvertible(native)


def check_convertible(numpy_dtype: np.dtype[Any]) -> None:
    """Refuse an array of a user's that torch would: bfloat16 is none of NumPy's own types.

    Raises:
        TypeError: it has that type, or one that no tensor has.
    """
    if from_numpy(numpy_dtype) is bfloat16:
        raise _inconvertible(numpy_dtype)


def _inconvertible(numpy_dtype: np.dtype[Any]) -> TypeError:
    kind = numpy_dtype.type
    return TypeError(
        f"can't convert np.ndarray of type {kind.__module__}.{kind.__name__}. The only supported "
        "types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, "
        "uint64, uint32, uint16, uint8, and bool."
    )


_FLOATING = frozenset([d.numpy for d in ALL if d.category == FLOATING])
_DIFFERENTIABLE = frozenset([d.numpy for d in ALL if d.category >= FLOATING])
_INTEGRAL = frozenset([d.numpy for d in ALL if d.category <= INTEGRAL])
_HALF = frozenset([float16.numpy, bfloat16.numpy])


def is_floating(numpy_dtype: np.dtype[Any]) -> bool:
    """Whether a NumPy dtype is a real floating one."""
    return numpy_dtype in _FLOATING


def is_differentiable(numpy_dtype: np.dtype[Any]) -> bool:
    """Whether a NumPy dtype is floating or complex: others have no gradient."""
    return numpy_dtype in _DIFFERENTIABLE


def is_integral(numpy_dtype: np.dtype[Any]) -> bool:
    """Whether a NumPy dtype is an integer one or bool."""
    return numpy_dtype in _INTEGRAL


def is_half(numpy_dtype: np.dtype[Any]) -> bool:
    """Whether a NumPy dtype is float16 or bfloat16, whose sums and products are computed in float32
    and rounded once (torch's opmath_t).
    """
    return numpy_dtype in _HALF


def to_numpy(dtype_or_type: Any) -> np.dtype[Any]:
    """The NumPy dtype of a minitorch dtype, or of Python's ``bool``, ``int``, ``float``.

    Raises:
        TypeError: the argument is neither.
    """
    if isinstance(dtype_or_type, dtype):
        return dtype_or_type.numpy
    if isinstance(dtype_or_type, type) and dtype_or_type in _PYTHON_TYPES:
        return _PYTHON_TYPES[dtype_or_type].numpy
    raise TypeError(f"dtype must be a torch.dtype, not {type(dtype_or_type).__name__}")


# --------------------------------------------------------------------------- default dtype


class _Defaults:
    dtype = float32  # of the whole process, as in torch: grad mode is per thread, this is not


_defaults = _Defaults()


def get_default_dtype() -> dtype:
    """The dtype of ``minitorch.tensor(1.0)``: float32 unless ``set_default_dtype`` changed it."""
    return _defaults.dtype


def set_default_dtype(d: dtype, /) -> None:
    """Set the floating dtype of new tensors made from Python floats.

    Raises:
        TypeError: ``d`` is not a floating dtype.
    """
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _defaults.dtype = d


# --------------------------------------------------------------------------- promotion


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type that holds both, by torch's table: any float wins over any integer.

    >>> promote_types(int64, float16)
    torch.float16
    """
    if type1 is type2:
        return type1
    lower, higher = sorted((type1, type2), key=lambda d: d.category)
    if higher.category == FLOATING > lower.category:
        return higher
    if {"uint16", "uint32", "uint64"} & {type1.name, type2.name}:
        raise RuntimeError(
            "Promotion for uint16, uint32, uint64 types is not supported, "
            f"attempted to promote {type1.c10_name} and {type2.c10_name}"
        )
    if higher.category == COMPLEX and lower.category < FLOATING:
        return higher
    if {type1, type2} == {bfloat16, float16}:  # neither holds the other
        return float32
    return _BY_NUMPY[np.promote_types(type1.numpy, type2.numpy)]


def result_dtype(*operands: Any) -> np.dtype[Any]:
    """The dtype an element-wise operation computes in.

    Operands with dimensions decide. A 0-dim tensor counts only if its category (bool < integer <
    float < complex) is higher than theirs, a Python number only if its category is higher than
    both.

    Args:
        operands: arrays and Python numbers.
    """
    dimensioned = zero_dim = number = None
    for x in operands:
        if type(x) in _PYTHON_TYPES:
            d = _PYTHON_TYPES[type(x)]
            if d.category == FLOATING:
                d = get_default_dtype()
            elif d.category == COMPLEX:
                d = promote_types(complex64, get_default_dtype())
            number = d if number is None else promote_types(number, d)
        else:
            d = _BY_NUMPY.get(x.dtype) or from_numpy(x.dtype)
            if x.ndim:
                dimensioned = d if dimensioned is None else promote_types(dimensioned, d)
            else:
                zero_dim = d if zero_dim is None else promote_types(zero_dim, d)
    result = dimensioned
    for lower in (zero_dim, number):
        if lower is not None and (result is None or lower.category > result.category):
            # A complex 0-dim operand lends its category; the precision stays that of the
            # dimensioned ones.
            if result is not None and lower.category == COMPLEX and result.category == FLOATING:
                result = promote_types(complex64, result)
            else:
                result = lower
    assert result is not None
    return result.numpy


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether an in-place result of type ``from_`` may be stored as ``to``: never to a lower
    category.

    >>> can_cast(float64, float32), can_cast(float32, int64)
    (True, False)
    """
    return from_.category <= to.category


# --------------------------------------------------------------------------- numeric limits


class finfo:
    """Numeric limits of a floating dtype: ``eps, max, min, tiny, smallest_normal, resolution,
    bits``.
    """

    def __init__(self, type: dtype | None = None, /) -> None:
        type = type or get_default_dtype()
        if not (type.is_floating_point or type.is_complex):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
                f"'{type}'"
            )
        limits: Any = (ml_dtypes if type is bfloat16 else np).finfo(type.numpy)
        self.bits = limits.bits
        self.eps = float(limits.eps)
        self.max = float(limits.max)
        self.min = float(limits.min)
        self.tiny = self.smallest_normal = float(limits.smallest_normal)
        self.resolution = float(f"1e-{limits.precision}")  # limits.resolution is rounded
        self.dtype = np.dtype(limits.dtype).name

    def __repr__(self) -> str:
        fields = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return (
            f"finfo({', '.join(f'{f}={getattr(self, f):g}' for f in fields)}, dtype={self.dtype})"
        )


class iinfo:
    """Numeric limits of an integer dtype: ``min, max, bits``."""

    def __init__(self, type: dtype, /) -> None:
        if type.category != INTEGRAL:
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type}'"
            )
        limits = np.iinfo(type.numpy)
        self.bits, self.min, self.max, self.dtype = (
            limits.bits,
            int(limits.min),
            int(limits.max),
            type.name,
        )

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
