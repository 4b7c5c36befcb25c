"""Fill arrays with random numbers, from a fixed number of words an element.

Each function draws torch's numbers, bit for bit, in torch's order: element by element through
memory, the dimension of the largest stride outermost. Integers and permutations stand in
integer_kernels.py, normals in normal_kernels.py, samplers that draw until a point is accepted in
rejection_kernels.py; tensors meet them all in distributions.py.

A million uniform float32 take 0.5 ms (torch: 2.7), of Bernoulli 0.8 (torch: 8.9), because
``next_words`` and the loops after it vectorise, where torch draws word by word.

Mirrors aten/src/ATen/native/cpu/DistributionTemplates.h,
aten/src/ATen/native/DistributionTemplates.h, aten/src/ATen/core/TransformationHelper.h and
aten/src/ATen/native/cpu/MultinomialKernel.cpp. torch before 2.5 drew Bernoulli and exponential from
MKL's generators on Intel processors.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minitorch import dtypes
from minitorch._jit import Kernel, fma, kernel
from minitorch.random import Generator, default_generator, next_word, next_words

__all__ = [
    "bernoulli_",
    "cauchy_",
    "exponential_",
    "geometric_",
    "multinomial",
    "uniform_",
]

Array = NDArray[Any]

_MASK_24 = np.uint32(2**24 - 1)
_MASK_53 = np.uint64(2**53 - 1)
_HALF_OF_64 = np.uint64(32)
_ULP_24 = np.float32(2**-24)
_ULP_53 = 2.0**-53

# Words that are not used where they are drawn wait in a scratch array of at most this many, 8 KiB,
# which stays in the innermost cache.
CHUNK = 2048


# ------------------------------------------------------------------------------------- kernels


@kernel
def uniform24(out: Any, engine: Any) -> None:
    """Uniform float32 in [0, 1): the lower 24 bits of one word, the most that a float32 holds."""
    words = out.view(np.uint32)  # the words become floats where they lie
    next_words(words, engine)
    for i in range(out.size):
        out[i] = np.float32(words[i] & _MASK_24) * _ULP_24


@kernel
def next_pairs(out: Any, engine: Any) -> None:
    """Fill ``out`` (uint64) from two words each, of which the first becomes the upper half."""
    next_words(out.view(np.uint32), engine)
    for i in range(out.size):  # a little-endian processor has read the first as the lower half
        out[i] = (out[i] << _HALF_OF_64) | (out[i] >> _HALF_OF_64)


@kernel
def uniform53(out: Any, engine: Any) -> None:
    """Uniform float64 in [0, 1): the lower 53 bits of two words."""
    bits = out.view(np.uint64)
    next_pairs(bits, engine)
    for i in range(out.size):
        out[i] = np.float64(np.int64(bits[i] & _MASK_53)) * _ULP_53


@kernel
def next_uniform53(engine: Any) -> Any:
    """One such float64, for those who do not know beforehand how many they will need."""
    bits = np.uint64(0)
    for _ in range(2):
        bits = np.uint64((bits << _HALF_OF_64) | np.uint64(next_word(engine)))
    return np.float64(np.int64(bits & _MASK_53)) * _ULP_53


@kernel
def _uniform_float32(out: Any, engine: Any, from_: Any, to: Any) -> None:
    low = np.float32(from_)
    high = np.float32(to)
    span = high - low
    uniform24(out, engine)
    for i in range(out.size):
        value = fma(out[i], span, low)
        out[i] = low if value == high else value  # rounding may reach the excluded end


@kernel
def _uniform_float64(out: Any, engine: Any, low: Any, high: Any) -> None:
    span = high - low
    uniform53(out, engine)
    for i in range(out.size):
        value = fma(out[i], span, low)
        out[i] = low if value == high else value


@kernel
def _bernoulli(out: Any, engine: Any, p: Any) -> None:
    uniforms = np.empty(min(out.size, CHUNK), np.float64)
    for start in range(0, out.size, CHUNK):
        part = out[start : start + CHUNK]
        uniform53(uniforms[: part.size], engine)
        for i in range(part.size):
            part[i] = uniforms[i] < p


# The inverse of a distribution function turns a uniform into a draw. torch computes all in double,
# whatever the dtype, and so do these, whose ``out`` is float64.


@kernel
def _exponential(out: Any, engine: Any, rate: Any) -> None:
    scale = -1.0 / rate
    uniform53(out, engine)
    for i in range(out.size):
        out[i] = scale * math.log1p(-out[i])


@kernel
def _geometric(out: Any, engine: Any, p: Any) -> None:
    log_of_failure = math.log1p(-p)
    uniform53(out, engine)
    for i in range(out.size):
        out[i] = math.ceil(math.log(out[i]) / log_of_failure)


@kernel
def _cauchy(out: Any, engine: Any, median: Any, sigma: Any) -> None:
    uniform53(out, engine)
    for i in range(out.size):
        out[i] = fma(sigma, math.tan(math.pi * (out[i] - 0.5)), median)


# ---------------------------------------------------------------------------- arrays and memory


def assert_no_internal_overlap(array: Array) -> None:
    if array.size and any(
        stride == 0 and size > 1 for size, stride in zip(array.shape, array.strides, strict=True)
    ):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )


def in_memory_order(array: Array) -> Array:
    """A view with the dimensions sorted by stride, largest first: the order torch fills in."""
    assert_no_internal_overlap(array)
    return array.transpose(sorted(range(array.ndim), key=lambda dim: -abs(array.strides[dim])))


def fill(
    array: Array, dtype: Any, generator: Generator | None, kernel: Kernel, *arguments: Any
) -> Array:
    """Call ``kernel(flat, engine, *arguments)`` on the elements in memory order, and return array.

    ``flat`` has the dtype that the kernel computes in. It is the array's own memory where that is
    contiguous and of this dtype, else a scratch array whose elements are cast at the end.
    """
    if generator is None:
        generator = default_generator
    ordered = array if array.flags.c_contiguous else in_memory_order(array)
    in_place = array.dtype == dtype and ordered.flags.c_contiguous
    flat = ordered.reshape(-1) if in_place else np.empty(array.size, dtype)
    with generator.lock:
        kernel(flat, generator.engine, *arguments)
    if not in_place:
        if dtypes.is_half(array.dtype) and dtype == np.float64:
            flat = flat.astype(np.float32)  # as C++ does it; rounding twice can differ from once
        with np.errstate(over="ignore", invalid="ignore"):
            ordered[...] = flat.reshape(ordered.shape)
    return array


def real_view(array: Array) -> Array:
    """Complex numbers as pairs of real ones, in a last dimension of two, on the same memory."""
    return np.lib.stride_tricks.as_strided(
        array.real, array.shape + (2,), array.strides + (array.itemsize // 2,)
    )


# ------------------------------------------------------------------------------ checks of dtypes

CPP_NAMES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "uint16": "short unsigned int",
    "uint32": "unsigned int",
    "uint64": "long unsigned int",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def c10_name(array: Array) -> str:
    return dtypes.from_numpy(array.dtype).c10_name


def kind_of(dtype: np.dtype[Any]) -> str:
    """NumPy's letter for the kind of a dtype; "f" for bfloat16 too, which NumPy does not know."""
    return "f" if dtypes.is_half(dtype) else dtype.kind


def check_implemented(kernel_name: str, array: Array, kinds: str) -> None:
    """Raise torch's error unless NumPy's letter for the kind of dtype is among ``kinds``.

    torch has hardly any kernels for unsigned integers of more than a byte, and so none are here.
    """
    kind = kind_of(array.dtype)
    if kind not in kinds or (kind == "u" and array.dtype.itemsize > 1):
        raise NotImplementedError(f"\"{kernel_name}\" not implemented for '{c10_name(array)}'")


@cache  # NumPy takes 0.5 us to look them up, as long as a kernel takes for a small array
def limits(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """The smallest and the largest number of a dtype, as Python numbers."""
    if dtype.kind == "b":
        return 0, 1
    if kind_of(dtype) == "f":
        info = dtypes.finfo(dtypes.from_numpy(dtype))
        return info.min, info.max
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def check_bounds(name: str, value: float, array: Array) -> None:
    low, high = limits(array.dtype)
    if not low <= value <= high:
        raise RuntimeError(f"{name} is out of bounds for {CPP_NAMES[array.dtype.name]}")


# ------------------------------------------------------------------------------------- uniform


def uniform_(
    array: Array, from_: float = 0.0, to: float = 1.0, generator: Generator | None = None
) -> Array:
    """Draw from the real numbers in [from_, to)."""
    if array.dtype.kind == "c":
        uniform_(real_view(array), from_, to, generator)
        return array
    check_implemented("check_uniform_bounds", array, "f")
    check_bounds("from", from_, array)
    check_bounds("to", to, array)
    if from_ > to:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={from_:g} > to={to:g}"
        )
    if to - from_ > limits(array.dtype)[1]:
        raise RuntimeError(
            "uniform_ expects to-from <= std::numeric_limits"
            f"<{c10_name(array)}>::max(), but found to={to:g} and "
            f"from={from_:g} which result in to-from to exceed the limit"
        )
    if array.dtype == np.float64:
        return fill(array, np.float64, generator, _uniform_float64, float(from_), float(to))
    fill(array, np.float32, generator, _uniform_float32, float(from_), float(to))
    if dtypes.is_half(array.dtype):  # the cast too may round up to the end
        array[array == array.dtype.type(to)] = array.dtype.type(from_)
    return array


# ----------------------------------------------------------------------------------- bernoulli


def bernoulli_(array: Array, p: float | Array = 0.5, generator: Generator | None = None) -> Array:
    """1 with probability p, else 0. An array of probabilities is broadcast against ``array``."""
    if isinstance(p, np.ndarray):
        return _bernoulli_of_array(array, p, generator)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    check_implemented("bernoulli_scalar_cpu_", array, "biuf")
    computed = np.float32 if array.dtype == np.float32 else np.bool_
    return fill(array, computed, generator, _bernoulli, float(p))


def _bernoulli_of_array(array: Array, p: Array, generator: Generator | None) -> Array:
    """Each element against its own p: one word each, where a scalar p takes two."""
    check_implemented("bernoulli_tensor_cpu_self_", array, "biuf")
    check_implemented("bernoulli_tensor_cpu_p_", p, "f")
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  "
            "(Could this error message be improved?  If so, please report an enhancement request "
            "to PyTorch.)"
        )
    assert_no_internal_overlap(array)
    computed = np.float64 if p.dtype == np.float64 else np.float32
    uniforms = uniform_(np.empty_like(array, computed), generator=generator)  # as array lies
    np.less(uniforms, p, out=array, casting="unsafe")
    return array


# --------------------------------------------------------------------------- inverse functions


def _check_continuous(distribution: str, name: str, array: Array) -> None:
    if kind_of(array.dtype) != "f":
        raise RuntimeError(
            f"{distribution} distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {name}"
        )


def exponential_(array: Array, lambd: float = 1.0, generator: Generator | None = None) -> Array:
    """Waiting times of events that come at a rate of ``lambd``: density lambd exp(-lambd x)."""
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    _check_continuous("Exponential", c10_name(array), array)
    return fill(array, np.float64, generator, _exponential, float(lambd))


def geometric_(array: Array, p: float, generator: Generator | None = None) -> Array:
    """The number of trials up to the first success, each with probability p."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    check_implemented("geometric_cpu", array, "iuf")
    return fill(array, np.float64, generator, _geometric, float(p))


def cauchy_(
    array: Array, median: float = 0.0, sigma: float = 1.0, generator: Generator | None = None
) -> Array:
    """Density 1 / (pi sigma (1 + ((x - median) / sigma)**2))."""
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    _check_continuous("Cauchy", CPP_NAMES[array.dtype.name], array)
    return fill(array, np.float64, generator, _cauchy, float(median), float(sigma))


# --------------------------------------------------------------------------------- multinomial


def multinomial(
    input: Array,
    num_samples: int,
    replacement: bool = False,
    generator: Generator | None = None,
) -> Array:
    """Indices into the rows of ``input``, drawn in proportion to its weights.

    Shape: input (C,) or (N, C); result (num_samples,) or (N, num_samples), int64.
    """
    if input.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if kind_of(input.dtype) != "f":
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {c10_name(input)}"
        )
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > input.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    if input.shape[-1] > 2**24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if input.size == 0:
        return np.empty(input.shape[:-1] + (num_samples,), np.int64)
    if replacement and num_samples > 1:
        return _multinomial_with_replacement(input, num_samples, generator)
    if not ((input < np.inf) & (input >= 0)).all():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (input.sum(axis=-1) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    # A race: if category c takes an exponential time over its weight, the first to arrive is c
    # with probability proportional to the weight, and so on among those left.
    speed = input / exponential_(np.empty_like(input), generator=generator)
    if num_samples == 1:
        return np.asarray(speed.argmax(axis=-1, keepdims=True))
    fastest_first: Array = np.argsort(-speed, axis=-1, kind="stable")
    return fastest_first[..., :num_samples]


def _multinomial_with_replacement(
    input: Array, num_samples: int, generator: Generator | None
) -> Array:
    """Look uniforms up in the cumulative distribution, which runs in the dtype of ``input``."""
    if not (input >= 0).all():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
    if not np.isfinite(input).all():
        raise RuntimeError(
            "invalid multinomial distribution (encountering probability entry = infinity or NaN)"
        )
    computed = np.float32 if dtypes.is_half(input.dtype) else input.dtype
    cumulative = np.cumsum(input, axis=-1, dtype=computed)
    if not (cumulative[..., -1] > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    cumulative /= cumulative[..., -1:].copy()
    cumulative[..., -1] = 1
    uniforms = uniform_(np.empty(input.shape[:-1] + (num_samples,)), generator=generator)
    if input.ndim == 1:
        return cumulative.searchsorted(uniforms)
    return np.stack([row.searchsorted(u) for row, u in zip(cumulative, uniforms, strict=True)])
