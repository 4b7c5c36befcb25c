"""minitorch: the PyTorch you can read.

The same names, the same numbers from the same seed, in NumPy and Numba.
Mirrors torch/__init__.py: the public names, in one list.
"""

import math as _math
import typing as _typing

from minitorch import __config__ as __config__
from minitorch import autograd as autograd
from minitorch import dtypes as _dtypes
from minitorch import nn as nn
from minitorch import optim as optim
from minitorch import utils as utils
from minitorch._device import device as device
from minitorch._size import Size as Size
from minitorch._tensor import Tensor as Tensor
from minitorch._tensor_str import set_printoptions as set_printoptions
from minitorch.autograd.grad_mode import enable_grad as enable_grad
from minitorch.autograd.grad_mode import inference_mode as inference_mode
from minitorch.autograd.grad_mode import is_grad_enabled as is_grad_enabled
from minitorch.autograd.grad_mode import is_inference_mode_enabled as is_inference_mode_enabled
from minitorch.autograd.grad_mode import no_grad as no_grad
from minitorch.autograd.grad_mode import set_grad_enabled as set_grad_enabled
from minitorch.backends.cpu import get_num_threads as get_num_threads
from minitorch.backends.cpu import set_num_threads as set_num_threads
from minitorch.dtypes import can_cast as can_cast
from minitorch.dtypes import complex64 as complex64
from minitorch.dtypes import complex128 as complex128
from minitorch.dtypes import dtype as dtype
from minitorch.dtypes import finfo as finfo
from minitorch.dtypes import float16 as float16
from minitorch.dtypes import float32 as float32
from minitorch.dtypes import float64 as float64
from minitorch.dtypes import get_default_dtype as get_default_dtype
from minitorch.dtypes import iinfo as iinfo
from minitorch.dtypes import int8 as int8
from minitorch.dtypes import int16 as int16
from minitorch.dtypes import int32 as int32
from minitorch.dtypes import int64 as int64
from minitorch.dtypes import promote_types as promote_types
from minitorch.dtypes import set_default_dtype as set_default_dtype
from minitorch.dtypes import uint8 as uint8
from minitorch.dtypes import uint16 as uint16
from minitorch.dtypes import uint32 as uint32
from minitorch.dtypes import uint64 as uint64
from minitorch.native.activation import relu as relu
from minitorch.native.activation import relu_ as relu_
from minitorch.native.binary_ops import add as add
from minitorch.native.binary_ops import addcdiv as addcdiv
from minitorch.native.binary_ops import addcmul as addcmul
from minitorch.native.binary_ops import allclose as allclose
from minitorch.native.binary_ops import atan2 as atan2
from minitorch.native.binary_ops import bitwise_and as bitwise_and
from minitorch.native.binary_ops import bitwise_left_shift as bitwise_left_shift
from minitorch.native.binary_ops import bitwise_or as bitwise_or
from minitorch.native.binary_ops import bitwise_right_shift as bitwise_right_shift
from minitorch.native.binary_ops import bitwise_xor as bitwise_xor
from minitorch.native.binary_ops import div as div
from minitorch.native.binary_ops import eq as eq
from minitorch.native.binary_ops import equal as equal
from minitorch.native.binary_ops import floor_divide as floor_divide
from minitorch.native.binary_ops import fmod as fmod
from minitorch.native.binary_ops import ge as ge
from minitorch.native.binary_ops import gt as gt
from minitorch.native.binary_ops import isclose as isclose
from minitorch.native.binary_ops import le as le
from minitorch.native.binary_ops import lerp as lerp
from minitorch.native.binary_ops import logical_and as logical_and
from minitorch.native.binary_ops import logical_or as logical_or
from minitorch.native.binary_ops import logical_xor as logical_xor
from minitorch.native.binary_ops import lt as lt
from minitorch.native.binary_ops import maximum as maximum
from minitorch.native.binary_ops import minimum as minimum
from minitorch.native.binary_ops import mul as mul
from minitorch.native.binary_ops import ne as ne
from minitorch.native.binary_ops import pow as pow
from minitorch.native.binary_ops import remainder as remainder
from minitorch.native.binary_ops import rsub as rsub
from minitorch.native.binary_ops import sub as sub
from minitorch.native.binary_ops import where as where
from minitorch.native.distributions import bernoulli as bernoulli
from minitorch.native.distributions import multinomial as multinomial
from minitorch.native.distributions import normal as normal
from minitorch.native.distributions import poisson as poisson
from minitorch.native.distributions import rand as rand
from minitorch.native.distributions import rand_like as rand_like
from minitorch.native.distributions import randint as randint
from minitorch.native.distributions import randint_like as randint_like
from minitorch.native.distributions import randn as randn
from minitorch.native.distributions import randn_like as randn_like
from minitorch.native.distributions import randperm as randperm
from minitorch.native.factories import arange as arange
from minitorch.native.factories import as_tensor as as_tensor
from minitorch.native.factories import asarray as asarray
from minitorch.native.factories import empty as empty
from minitorch.native.factories import empty_like as empty_like
from minitorch.native.factories import eye as eye
from minitorch.native.factories import from_numpy as from_numpy
from minitorch.native.factories import full as full
from minitorch.native.factories import full_like as full_like
from minitorch.native.factories import linspace as linspace
from minitorch.native.factories import ones as ones
from minitorch.native.factories import ones_like as ones_like
from minitorch.native.factories import scalar_tensor as scalar_tensor
from minitorch.native.factories import tensor as tensor
from minitorch.native.factories import zeros as zeros
from minitorch.native.factories import zeros_like as zeros_like
from minitorch.native.indexing import argwhere as argwhere
from minitorch.native.indexing import gather as gather
from minitorch.native.indexing import index_add as index_add
from minitorch.native.indexing import index_select as index_select
from minitorch.native.indexing import masked_fill as masked_fill
from minitorch.native.indexing import masked_select as masked_select
from minitorch.native.indexing import nonzero as nonzero
from minitorch.native.indexing import scatter as scatter
from minitorch.native.indexing import scatter_add as scatter_add
from minitorch.native.indexing import take_along_dim as take_along_dim
from minitorch.native.linear_algebra import addmm as addmm
from minitorch.native.linear_algebra import baddbmm as baddbmm
from minitorch.native.linear_algebra import bmm as bmm
from minitorch.native.linear_algebra import diag as diag
from minitorch.native.linear_algebra import diagonal as diagonal
from minitorch.native.linear_algebra import dot as dot
from minitorch.native.linear_algebra import matmul as matmul
from minitorch.native.linear_algebra import mm as mm
from minitorch.native.linear_algebra import mv as mv
from minitorch.native.linear_algebra import outer as outer
from minitorch.native.linear_algebra import trace as trace
from minitorch.native.linear_algebra import tril as tril
from minitorch.native.linear_algebra import triu as triu
from minitorch.native.reduce_ops import all as all
from minitorch.native.reduce_ops import amax as amax
from minitorch.native.reduce_ops import amin as amin
from minitorch.native.reduce_ops import any as any
from minitorch.native.reduce_ops import argmax as argmax
from minitorch.native.reduce_ops import argmin as argmin
from minitorch.native.reduce_ops import count_nonzero as count_nonzero
from minitorch.native.reduce_ops import cumprod as cumprod
from minitorch.native.reduce_ops import cumsum as cumsum
from minitorch.native.reduce_ops import dist as dist
from minitorch.native.reduce_ops import logsumexp as logsumexp
from minitorch.native.reduce_ops import max as max
from minitorch.native.reduce_ops import mean as mean
from minitorch.native.reduce_ops import median as median
from minitorch.native.reduce_ops import min as min
from minitorch.native.reduce_ops import nansum as nansum
from minitorch.native.reduce_ops import norm as norm
from minitorch.native.reduce_ops import prod as prod
from minitorch.native.reduce_ops import std as std
from minitorch.native.reduce_ops import std_mean as std_mean
from minitorch.native.reduce_ops import sum as sum
from minitorch.native.reduce_ops import var as var
from minitorch.native.reduce_ops import var_mean as var_mean
from minitorch.native.softmax import log_softmax as log_softmax
from minitorch.native.softmax import softmax as softmax
from minitorch.native.sorting import argsort as argsort
from minitorch.native.sorting import bincount as bincount
from minitorch.native.sorting import kthvalue as kthvalue
from minitorch.native.sorting import searchsorted as searchsorted
from minitorch.native.sorting import sort as sort
from minitorch.native.sorting import topk as topk
from minitorch.native.sorting import unique as unique
from minitorch.native.special_functions import erf as erf
from minitorch.native.tensor_shape import as_strided as as_strided
from minitorch.native.tensor_shape import broadcast_tensors as broadcast_tensors
from minitorch.native.tensor_shape import broadcast_to as broadcast_to
from minitorch.native.tensor_shape import cat as cat
from minitorch.native.tensor_shape import chunk as chunk
from minitorch.native.tensor_shape import clone as clone
from minitorch.native.tensor_shape import detach as detach
from minitorch.native.tensor_shape import flatten as flatten
from minitorch.native.tensor_shape import flip as flip
from minitorch.native.tensor_shape import meshgrid as meshgrid
from minitorch.native.tensor_shape import movedim as movedim
from minitorch.native.tensor_shape import narrow as narrow
from minitorch.native.tensor_shape import numel as numel
from minitorch.native.tensor_shape import permute as permute
from minitorch.native.tensor_shape import ravel as ravel
from minitorch.native.tensor_shape import reshape as reshape
from minitorch.native.tensor_shape import roll as roll
from minitorch.native.tensor_shape import select as select
from minitorch.native.tensor_shape import split as split
from minitorch.native.tensor_shape import squeeze as squeeze
from minitorch.native.tensor_shape import stack as stack
from minitorch.native.tensor_shape import t as t
from minitorch.native.tensor_shape import tile as tile
from minitorch.native.tensor_shape import transpose as transpose
from minitorch.native.tensor_shape import unbind as unbind
from minitorch.native.tensor_shape import unflatten as unflatten
from minitorch.native.tensor_shape import unsqueeze as unsqueeze
from minitorch.native.unary_ops import abs as abs
from minitorch.native.unary_ops import abs_ as abs_
from minitorch.native.unary_ops import acos as acos
from minitorch.native.unary_ops import asin as asin
from minitorch.native.unary_ops import atan as atan
from minitorch.native.unary_ops import bitwise_not as bitwise_not
from minitorch.native.unary_ops import ceil as ceil
from minitorch.native.unary_ops import ceil_ as ceil_
from minitorch.native.unary_ops import clamp as clamp
from minitorch.native.unary_ops import clamp_ as clamp_
from minitorch.native.unary_ops import cos as cos
from minitorch.native.unary_ops import cos_ as cos_
from minitorch.native.unary_ops import cosh as cosh
from minitorch.native.unary_ops import exp as exp
from minitorch.native.unary_ops import exp2 as exp2
from minitorch.native.unary_ops import exp_ as exp_
from minitorch.native.unary_ops import expm1 as expm1
from minitorch.native.unary_ops import floor as floor
from minitorch.native.unary_ops import floor_ as floor_
from minitorch.native.unary_ops import isfinite as isfinite
from minitorch.native.unary_ops import isinf as isinf
from minitorch.native.unary_ops import isnan as isnan
from minitorch.native.unary_ops import log as log
from minitorch.native.unary_ops import log1p as log1p
from minitorch.native.unary_ops import log2 as log2
from minitorch.native.unary_ops import log10 as log10
from minitorch.native.unary_ops import log_ as log_
from minitorch.native.unary_ops import logical_not as logical_not
from minitorch.native.unary_ops import neg as neg
from minitorch.native.unary_ops import neg_ as neg_
from minitorch.native.unary_ops import reciprocal as reciprocal
from minitorch.native.unary_ops import reciprocal_ as reciprocal_
from minitorch.native.unary_ops import round as round
from minitorch.native.unary_ops import round_ as round_
from minitorch.native.unary_ops import rsqrt as rsqrt
from minitorch.native.unary_ops import rsqrt_ as rsqrt_
from minitorch.native.unary_ops import sigmoid as sigmoid
from minitorch.native.unary_ops import sigmoid_ as sigmoid_
from minitorch.native.unary_ops import sign as sign
from minitorch.native.unary_ops import sin as sin
from minitorch.native.unary_ops import sin_ as sin_
from minitorch.native.unary_ops import sinh as sinh
from minitorch.native.unary_ops import sqrt as sqrt
from minitorch.native.unary_ops import sqrt_ as sqrt_
from minitorch.native.unary_ops import square as square
from minitorch.native.unary_ops import tan as tan
from minitorch.native.unary_ops import tanh as tanh
from minitorch.native.unary_ops import tanh_ as tanh_
from minitorch.native.unary_ops import trunc as trunc
from minitorch.random import Generator as Generator
from minitorch.random import default_generator as default_generator
from minitorch.random import get_rng_state as get_rng_state
from minitorch.random import initial_seed as initial_seed
from minitorch.random import manual_seed as manual_seed
from minitorch.random import seed as seed
from minitorch.random import set_rng_state as set_rng_state
from minitorch.serialization import load as load
from minitorch.serialization import save as save
from minitorch.version import __version__ as __version__

# Types that share a name with Python's, and torch's other names for the same things.

bool = _dtypes.bool_
short = _dtypes.int16
int = _dtypes.int32
long = _dtypes.int64
half = _dtypes.float16
float = _dtypes.float32
double = _dtypes.float64
cfloat = _dtypes.complex64
cdouble = _dtypes.complex128
absolute = abs
clip = clamp
concat = concatenate = cat
divide = true_divide = div
multiply = mul
negative = neg
subtract = sub
swapaxes = swapdims = transpose
moveaxis = movedim
arcsin, arccos, arctan = asin, acos, atan
greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne

# Constants.

e = _math.e
pi = _math.pi
inf = _math.inf
nan = _math.nan
newaxis = None


def is_tensor(obj: object) -> _typing.TypeGuard[Tensor]:
    """Whether ``obj`` is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> _typing.Any:
    """Whether the dtype is a floating one."""
    return input.is_floating_point()


def result_type(tensor1: _typing.Any, tensor2: _typing.Any) -> dtype:
    """The dtype of an arithmetic result of two operands."""
    operands = [getattr(x, "_array", x) for x in (tensor1, tensor2)]
    return _dtypes.from_numpy(_dtypes.result_dtype(*operands))
