"""minitorch: the PyTorch you can read.

The same names, the same numbers from the same seed, in NumPy and Numba.
Mirrors torch/__init__.py: the public names, in one list.
"""

import importlib as _importlib
import importlib.util as _importlib_util
import math as _math
import typing as _typing

from minitorch import __config__ as __config__
from minitorch import autograd as autograd
from minitorch import dtypes as _dtypes
from minitorch import fft as fft
from minitorch import func as func
from minitorch import linalg as linalg
from minitorch import masked as masked
from minitorch import nn as nn
from minitorch import optim as optim
from minitorch import signal as signal
from minitorch import special as special
from minitorch import utils as utils
from minitorch._context import (
    are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled,
)
from minitorch._context import get_default_device as get_default_device
from minitorch._context import get_deterministic_debug_mode as get_deterministic_debug_mode
from minitorch._context import get_device as get_device
from minitorch._context import get_float32_matmul_precision as get_float32_matmul_precision
from minitorch._context import get_num_interop_threads as get_num_interop_threads
from minitorch._context import (
    is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled,
)
from minitorch._context import is_warn_always_enabled as is_warn_always_enabled
from minitorch._context import set_default_device as set_default_device
from minitorch._context import set_deterministic_debug_mode as set_deterministic_debug_mode
from minitorch._context import set_float32_matmul_precision as set_float32_matmul_precision
from minitorch._context import set_flush_denormal as set_flush_denormal
from minitorch._context import set_num_interop_threads as set_num_interop_threads
from minitorch._context import set_warn_always as set_warn_always
from minitorch._context import use_deterministic_algorithms as use_deterministic_algorithms
from minitorch._device import device as device
from minitorch._layout import channels_last as channels_last
from minitorch._layout import channels_last_3d as channels_last_3d
from minitorch._layout import contiguous_format as contiguous_format
from minitorch._layout import layout as layout
from minitorch._layout import memory_format as memory_format
from minitorch._layout import preserve_format as preserve_format
from minitorch._layout import sparse_coo as sparse_coo
from minitorch._layout import strided as strided
from minitorch._lowrank import pca_lowrank as pca_lowrank
from minitorch._lowrank import svd_lowrank as svd_lowrank
from minitorch._size import Size as Size
from minitorch._tensor import Tensor as Tensor
from minitorch._tensor_str import set_printoptions as set_printoptions
from minitorch._tensor_types import BFloat16Tensor as BFloat16Tensor
from minitorch._tensor_types import BoolTensor as BoolTensor
from minitorch._tensor_types import ByteTensor as ByteTensor
from minitorch._tensor_types import CharTensor as CharTensor
from minitorch._tensor_types import DoubleTensor as DoubleTensor
from minitorch._tensor_types import FloatTensor as FloatTensor
from minitorch._tensor_types import HalfTensor as HalfTensor
from minitorch._tensor_types import IntTensor as IntTensor
from minitorch._tensor_types import LongTensor as LongTensor
from minitorch._tensor_types import ShortTensor as ShortTensor
from minitorch._tensor_types import set_default_tensor_type as set_default_tensor_type
from minitorch._tensor_types import typename as typename
from minitorch.autograd.anomaly_mode import (
    is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled,
)
from minitorch.autograd.anomaly_mode import is_anomaly_enabled as is_anomaly_enabled
from minitorch.autograd.anomaly_mode import set_anomaly_enabled as set_anomaly_enabled
from minitorch.autograd.grad_mode import enable_grad as enable_grad
from minitorch.autograd.grad_mode import inference_mode as inference_mode
from minitorch.autograd.grad_mode import is_grad_enabled as is_grad_enabled
from minitorch.autograd.grad_mode import is_inference_mode_enabled as is_inference_mode_enabled
from minitorch.autograd.grad_mode import no_grad as no_grad
from minitorch.autograd.grad_mode import set_grad_enabled as set_grad_enabled
from minitorch.backends.cpu import TUNED_KERNELS as _TUNED_KERNELS
from minitorch.backends.cpu import get_num_threads as get_num_threads
from minitorch.backends.cpu import set_num_threads as set_num_threads
from minitorch.dtypes import bfloat16 as bfloat16
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
from minitorch.func.vmap import vmap as vmap
from minitorch.native.activation import hardshrink as hardshrink
from minitorch.native.activation import prelu as prelu
from minitorch.native.activation import relu as relu
from minitorch.native.activation import relu_ as relu_
from minitorch.native.activation import rrelu as rrelu
from minitorch.native.activation import rrelu_ as rrelu_
from minitorch.native.activation import threshold as threshold
from minitorch.native.activation import threshold_ as threshold_
from minitorch.native.activation_smooth import celu as celu
from minitorch.native.activation_smooth import celu_ as celu_
from minitorch.native.activation_smooth import selu as selu
from minitorch.native.activation_smooth import selu_ as selu_
from minitorch.native.adaptive_pool import adaptive_avg_pool1d as adaptive_avg_pool1d
from minitorch.native.adaptive_pool import adaptive_max_pool1d as adaptive_max_pool1d
from minitorch.native.added_products import addbmm as addbmm
from minitorch.native.added_products import addmv as addmv
from minitorch.native.added_products import addmv_ as addmv_
from minitorch.native.added_products import addr as addr
from minitorch.native.added_products import baddbmm as baddbmm
from minitorch.native.advanced_indexing import _unsafe_masked_index as _unsafe_masked_index
from minitorch.native.advanced_indexing import (
    _unsafe_masked_index_put_accumulate as _unsafe_masked_index_put_accumulate,
)
from minitorch.native.advanced_indexing import index_put as index_put
from minitorch.native.advanced_indexing import index_put_ as index_put_
from minitorch.native.advanced_indexing import put as put
from minitorch.native.advanced_indexing import take as take
from minitorch.native.avg_pool import avg_pool1d as avg_pool1d
from minitorch.native.batch_linear_algebra_cholesky import cholesky as cholesky
from minitorch.native.batch_linear_algebra_cholesky import cholesky_inverse as cholesky_inverse
from minitorch.native.batch_linear_algebra_cholesky import cholesky_solve as cholesky_solve
from minitorch.native.batch_linear_algebra_cholesky import triangular_solve as triangular_solve
from minitorch.native.batch_linear_algebra_det import det as det
from minitorch.native.batch_linear_algebra_det import logdet as logdet
from minitorch.native.batch_linear_algebra_det import slogdet as slogdet
from minitorch.native.batch_linear_algebra_lu import lu as lu
from minitorch.native.batch_linear_algebra_lu import lu_solve as lu_solve
from minitorch.native.batch_linear_algebra_lu import lu_unpack as lu_unpack
from minitorch.native.batch_linear_algebra_qr import geqrf as geqrf
from minitorch.native.batch_linear_algebra_qr import orgqr as orgqr
from minitorch.native.batch_linear_algebra_qr import ormqr as ormqr
from minitorch.native.batch_linear_algebra_qr import qr as qr
from minitorch.native.batch_linear_algebra_solve import inverse as inverse
from minitorch.native.batch_linear_algebra_spectral import svd as svd
from minitorch.native.bessel_functions import i0 as i0
from minitorch.native.bessel_functions import i0_ as i0_
from minitorch.native.binary_ops import add as add
from minitorch.native.binary_ops import div as div
from minitorch.native.binary_ops import floor_divide as floor_divide
from minitorch.native.binary_ops import fmod as fmod
from minitorch.native.binary_ops import mul as mul
from minitorch.native.binary_ops import remainder as remainder
from minitorch.native.binary_ops import rsub as rsub
from minitorch.native.binary_ops import sub as sub
from minitorch.native.bitwise_ops import bitwise_and as bitwise_and
from minitorch.native.bitwise_ops import bitwise_left_shift as bitwise_left_shift
from minitorch.native.bitwise_ops import bitwise_not as bitwise_not
from minitorch.native.bitwise_ops import bitwise_or as bitwise_or
from minitorch.native.bitwise_ops import bitwise_right_shift as bitwise_right_shift
from minitorch.native.bitwise_ops import bitwise_xor as bitwise_xor
from minitorch.native.bitwise_ops import gcd as gcd
from minitorch.native.bitwise_ops import gcd_ as gcd_
from minitorch.native.bitwise_ops import lcm as lcm
from minitorch.native.bitwise_ops import lcm_ as lcm_
from minitorch.native.bucketization import bucketize as bucketize
from minitorch.native.bucketization import searchsorted as searchsorted
from minitorch.native.cdist import cdist as cdist
from minitorch.native.comparison_ops import eq as eq
from minitorch.native.comparison_ops import ge as ge
from minitorch.native.comparison_ops import gt as gt
from minitorch.native.comparison_ops import le as le
from minitorch.native.comparison_ops import logical_and as logical_and
from minitorch.native.comparison_ops import logical_not as logical_not
from minitorch.native.comparison_ops import logical_or as logical_or
from minitorch.native.comparison_ops import logical_xor as logical_xor
from minitorch.native.comparison_ops import lt as lt
from minitorch.native.comparison_ops import ne as ne
from minitorch.native.complex_ops import adjoint as adjoint
from minitorch.native.complex_ops import angle as angle
from minitorch.native.complex_ops import complex as complex
from minitorch.native.complex_ops import conj as conj
from minitorch.native.complex_ops import conj_physical as conj_physical
from minitorch.native.complex_ops import conj_physical_ as conj_physical_
from minitorch.native.complex_ops import imag as imag
from minitorch.native.complex_ops import is_complex as is_complex
from minitorch.native.complex_ops import is_conj as is_conj
from minitorch.native.complex_ops import is_neg as is_neg
from minitorch.native.complex_ops import isreal as isreal
from minitorch.native.complex_ops import polar as polar
from minitorch.native.complex_ops import real as real
from minitorch.native.complex_ops import resolve_conj as resolve_conj
from minitorch.native.complex_ops import resolve_neg as resolve_neg
from minitorch.native.complex_ops import sgn as sgn
from minitorch.native.complex_ops import view_as_complex as view_as_complex
from minitorch.native.complex_ops import view_as_real as view_as_real
from minitorch.native.conversions import clone as clone
from minitorch.native.convolution import conv1d as conv1d
from minitorch.native.convolution import conv2d as conv2d
from minitorch.native.convolution import conv3d as conv3d
from minitorch.native.convolution import conv_tbc as conv_tbc
from minitorch.native.convolution import conv_transpose1d as conv_transpose1d
from minitorch.native.convolution import conv_transpose2d as conv_transpose2d
from minitorch.native.convolution import conv_transpose3d as conv_transpose3d
from minitorch.native.copying import fill as fill
from minitorch.native.copying import fill_ as fill_
from minitorch.native.copying import zero_ as zero_
from minitorch.native.correlation import corrcoef as corrcoef
from minitorch.native.correlation import cov as cov
from minitorch.native.cross import cross as cross
from minitorch.native.cumulative_ops import cummax as cummax
from minitorch.native.cumulative_ops import cummin as cummin
from minitorch.native.cumulative_ops import cumprod as cumprod
from minitorch.native.cumulative_ops import cumsum as cumsum
from minitorch.native.cumulative_ops import logcumsumexp as logcumsumexp
from minitorch.native.diagonal import diag as diag
from minitorch.native.diagonal import diag_embed as diag_embed
from minitorch.native.diagonal import diagflat as diagflat
from minitorch.native.diagonal import diagonal as diagonal
from minitorch.native.diagonal import trace as trace
from minitorch.native.differences import cumulative_trapezoid as cumulative_trapezoid
from minitorch.native.differences import diff as diff
from minitorch.native.differences import gradient as gradient
from minitorch.native.differences import trapezoid as trapezoid
from minitorch.native.distance import cosine_similarity as cosine_similarity
from minitorch.native.distance import pairwise_distance as pairwise_distance
from minitorch.native.distance import pdist as pdist
from minitorch.native.distributions import _dirichlet_grad as _dirichlet_grad
from minitorch.native.distributions import _sample_dirichlet as _sample_dirichlet
from minitorch.native.distributions import _standard_gamma as _standard_gamma
from minitorch.native.distributions import _standard_gamma_grad as _standard_gamma_grad
from minitorch.native.distributions import bernoulli as bernoulli
from minitorch.native.distributions import binomial as binomial
from minitorch.native.distributions import multinomial as multinomial
from minitorch.native.distributions import normal as normal
from minitorch.native.distributions import poisson as poisson
from minitorch.native.dropout import alpha_dropout as alpha_dropout
from minitorch.native.dropout import dropout as dropout
from minitorch.native.dropout import feature_alpha_dropout as feature_alpha_dropout
from minitorch.native.dropout import feature_dropout as feature_dropout
from minitorch.native.dropout import native_dropout as native_dropout
from minitorch.native.dropout import native_dropout_backward as native_dropout_backward
from minitorch.native.einsum import einsum as einsum
from minitorch.native.error_functions import erf as erf
from minitorch.native.error_functions import erf_ as erf_
from minitorch.native.error_functions import erfc as erfc
from minitorch.native.error_functions import erfc_ as erfc_
from minitorch.native.error_functions import erfinv as erfinv
from minitorch.native.exponential import exp as exp
from minitorch.native.exponential import exp2 as exp2
from minitorch.native.exponential import exp2_ as exp2_
from minitorch.native.exponential import exp_ as exp_
from minitorch.native.exponential import expm1 as expm1
from minitorch.native.exponential import expm1_ as expm1_
from minitorch.native.exponential import log as log
from minitorch.native.exponential import log1p as log1p
from minitorch.native.exponential import log1p_ as log1p_
from minitorch.native.exponential import log2 as log2
from minitorch.native.exponential import log2_ as log2_
from minitorch.native.exponential import log10 as log10
from minitorch.native.exponential import log10_ as log10_
from minitorch.native.exponential import log_ as log_
from minitorch.native.exponential import logaddexp as logaddexp
from minitorch.native.exponential import logaddexp2 as logaddexp2
from minitorch.native.exponential import logit as logit
from minitorch.native.exponential import logit_ as logit_
from minitorch.native.exponential import sigmoid as sigmoid
from minitorch.native.exponential import sigmoid_ as sigmoid_
from minitorch.native.exponential import xlogy as xlogy
from minitorch.native.exponential import xlogy_ as xlogy_
from minitorch.native.extremes import amax as amax
from minitorch.native.extremes import amin as amin
from minitorch.native.extremes import aminmax as aminmax
from minitorch.native.extremes import argmax as argmax
from minitorch.native.extremes import argmin as argmin
from minitorch.native.extremes import max as max
from minitorch.native.extremes import min as min
from minitorch.native.factories import empty as empty
from minitorch.native.factories import empty_like as empty_like
from minitorch.native.factories import empty_permuted as empty_permuted
from minitorch.native.factories import empty_strided as empty_strided
from minitorch.native.factories import eye as eye
from minitorch.native.factories import full as full
from minitorch.native.factories import full_like as full_like
from minitorch.native.factories import ones as ones
from minitorch.native.factories import ones_like as ones_like
from minitorch.native.factories import scalar_tensor as scalar_tensor
from minitorch.native.factories import zeros as zeros
from minitorch.native.factories import zeros_like as zeros_like
from minitorch.native.float_parts import copysign as copysign
from minitorch.native.float_parts import frexp as frexp
from minitorch.native.float_parts import heaviside as heaviside
from minitorch.native.float_parts import ldexp as ldexp
from minitorch.native.float_parts import ldexp_ as ldexp_
from minitorch.native.float_parts import nextafter as nextafter
from minitorch.native.float_parts import signbit as signbit
from minitorch.native.gamma_functions import digamma as digamma
from minitorch.native.gamma_functions import igamma as igamma
from minitorch.native.gamma_functions import igammac as igammac
from minitorch.native.gamma_functions import lgamma as lgamma
from minitorch.native.gamma_functions import mvlgamma as mvlgamma
from minitorch.native.gamma_functions import polygamma as polygamma
from minitorch.native.grid_sampler import affine_grid_generator as affine_grid_generator
from minitorch.native.grid_sampler import grid_sampler as grid_sampler
from minitorch.native.grid_sampler import grid_sampler_2d as grid_sampler_2d
from minitorch.native.grid_sampler import grid_sampler_3d as grid_sampler_3d
from minitorch.native.grids import cartesian_prod as cartesian_prod
from minitorch.native.grids import combinations as combinations
from minitorch.native.grids import meshgrid as meshgrid
from minitorch.native.grids import tril_indices as tril_indices
from minitorch.native.grids import triu_indices as triu_indices
from minitorch.native.grids import unravel_index as unravel_index
from minitorch.native.grids import vander as vander
from minitorch.native.group_norm import group_norm as group_norm
from minitorch.native.group_norm import native_group_norm as native_group_norm
from minitorch.native.histogram import bincount as bincount
from minitorch.native.histogram import histc as histc
from minitorch.native.histogram import histogram as histogram
from minitorch.native.histogram import histogramdd as histogramdd
from minitorch.native.index_ops import index_add as index_add
from minitorch.native.index_ops import index_copy as index_copy
from minitorch.native.index_ops import index_fill as index_fill
from minitorch.native.index_ops import index_reduce as index_reduce
from minitorch.native.index_ops import index_select as index_select
from minitorch.native.joining import _chunk_cat as _chunk_cat
from minitorch.native.joining import atleast_1d as atleast_1d
from minitorch.native.joining import atleast_2d as atleast_2d
from minitorch.native.joining import atleast_3d as atleast_3d
from minitorch.native.joining import block_diag as block_diag
from minitorch.native.joining import cat as cat
from minitorch.native.joining import column_stack as column_stack
from minitorch.native.joining import dstack as dstack
from minitorch.native.joining import hstack as hstack
from minitorch.native.joining import stack as stack
from minitorch.native.joining import vstack as vstack
from minitorch.native.layer_norm import layer_norm as layer_norm
from minitorch.native.layer_norm import native_layer_norm as native_layer_norm
from minitorch.native.layer_norm import rms_norm as rms_norm
from minitorch.native.lerp import lerp as lerp
from minitorch.native.linear_algebra import addmm as addmm
from minitorch.native.linear_algebra import bmm as bmm
from minitorch.native.linear_algebra import dot as dot
from minitorch.native.linear_algebra import matmul as matmul
from minitorch.native.linear_algebra import mm as mm
from minitorch.native.linear_algebra import mv as mv
from minitorch.native.masked_ops import argwhere as argwhere
from minitorch.native.masked_ops import masked_fill as masked_fill
from minitorch.native.masked_ops import masked_scatter as masked_scatter
from minitorch.native.masked_ops import masked_select as masked_select
from minitorch.native.masked_ops import nonzero as nonzero
from minitorch.native.masked_ops import nonzero_static as nonzero_static
from minitorch.native.matrix_exp import matrix_exp as matrix_exp
from minitorch.native.matrix_functions import chain_matmul as chain_matmul
from minitorch.native.matrix_functions import matrix_power as matrix_power
from minitorch.native.max_pool import max_pool1d as max_pool1d
from minitorch.native.max_pool import max_pool1d_with_indices as max_pool1d_with_indices
from minitorch.native.max_pool import max_pool2d as max_pool2d
from minitorch.native.max_pool import max_pool3d as max_pool3d
from minitorch.native.normalization import _batch_norm_with_update as _batch_norm_with_update
from minitorch.native.normalization import _native_batch_norm_legit as _native_batch_norm_legit
from minitorch.native.normalization import native_batch_norm as native_batch_norm
from minitorch.native.norms import dist as dist
from minitorch.native.norms import norm as norm
from minitorch.native.order_statistics import kthvalue as kthvalue
from minitorch.native.order_statistics import median as median
from minitorch.native.order_statistics import mode as mode
from minitorch.native.order_statistics import nanmedian as nanmedian
from minitorch.native.order_statistics import nanquantile as nanquantile
from minitorch.native.order_statistics import quantile as quantile
from minitorch.native.padding import constant_pad_nd as constant_pad_nd
from minitorch.native.pixel_shuffle import channel_shuffle as channel_shuffle
from minitorch.native.pixel_shuffle import pixel_shuffle as pixel_shuffle
from minitorch.native.pixel_shuffle import pixel_unshuffle as pixel_unshuffle
from minitorch.native.pointwise_ops import addcdiv as addcdiv
from minitorch.native.pointwise_ops import addcmul as addcmul
from minitorch.native.pow import float_power as float_power
from minitorch.native.pow import pow as pow
from minitorch.native.pow import square as square
from minitorch.native.pow import square_ as square_
from minitorch.native.pseudo_inverse import pinverse as pinverse
from minitorch.native.random_factories import rand as rand
from minitorch.native.random_factories import rand_like as rand_like
from minitorch.native.random_factories import randint as randint
from minitorch.native.random_factories import randint_like as randint_like
from minitorch.native.random_factories import randn as randn
from minitorch.native.random_factories import randn_like as randn_like
from minitorch.native.random_factories import randperm as randperm
from minitorch.native.ranges import arange as arange
from minitorch.native.ranges import linspace as linspace
from minitorch.native.ranges import logspace as logspace
from minitorch.native.rearranging import flip as flip
from minitorch.native.rearranging import fliplr as fliplr
from minitorch.native.rearranging import flipud as flipud
from minitorch.native.rearranging import roll as roll
from minitorch.native.rearranging import rot90 as rot90
from minitorch.native.rearranging import tile as tile
from minitorch.native.reduce_ops import all as all
from minitorch.native.reduce_ops import any as any
from minitorch.native.reduce_ops import count_nonzero as count_nonzero
from minitorch.native.reduce_ops import hash_tensor as hash_tensor
from minitorch.native.reduce_ops import logsumexp as logsumexp
from minitorch.native.reduce_ops import mean as mean
from minitorch.native.reduce_ops import nanmean as nanmean
from minitorch.native.reduce_ops import nansum as nansum
from minitorch.native.reduce_ops import prod as prod
from minitorch.native.reduce_ops import sum as sum
from minitorch.native.renorm import renorm as renorm
from minitorch.native.repeat_interleave import repeat_interleave as repeat_interleave
from minitorch.native.resize import as_strided_ as as_strided_
from minitorch.native.resize import detach_ as detach_
from minitorch.native.resize import resize_as_ as resize_as_
from minitorch.native.rnn import gru as gru
from minitorch.native.rnn import lstm as lstm
from minitorch.native.rnn import rnn_relu as rnn_relu
from minitorch.native.rnn import rnn_tanh as rnn_tanh
from minitorch.native.rnn_cells import gru_cell as gru_cell
from minitorch.native.rnn_cells import lstm_cell as lstm_cell
from minitorch.native.rnn_cells import rnn_relu_cell as rnn_relu_cell
from minitorch.native.rnn_cells import rnn_tanh_cell as rnn_tanh_cell
from minitorch.native.rounding import ceil as ceil
from minitorch.native.rounding import ceil_ as ceil_
from minitorch.native.rounding import floor as floor
from minitorch.native.rounding import floor_ as floor_
from minitorch.native.rounding import frac as frac
from minitorch.native.rounding import frac_ as frac_
from minitorch.native.rounding import round as round
from minitorch.native.rounding import round_ as round_
from minitorch.native.rounding import trunc as trunc
from minitorch.native.rounding import trunc_ as trunc_
from minitorch.native.scatter_gather import gather as gather
from minitorch.native.scatter_gather import scatter as scatter
from minitorch.native.scatter_gather import scatter_add as scatter_add
from minitorch.native.scatter_gather import scatter_reduce as scatter_reduce
from minitorch.native.scatter_gather import take_along_dim as take_along_dim
from minitorch.native.segment_reduce import segment_reduce as segment_reduce
from minitorch.native.sizes import numel as numel
from minitorch.native.softmax import _log_softmax_backward_data as _log_softmax_backward_data
from minitorch.native.softmax import _safe_softmax as _safe_softmax
from minitorch.native.softmax import _softmax_backward_data as _softmax_backward_data
from minitorch.native.softmax import log_softmax as log_softmax
from minitorch.native.softmax import softmax as softmax
from minitorch.native.sorting import argsort as argsort
from minitorch.native.sorting import msort as msort
from minitorch.native.sorting import sort as sort
from minitorch.native.sorting import topk as topk
from minitorch.native.splitting import chunk as chunk
from minitorch.native.splitting import dsplit as dsplit
from minitorch.native.splitting import hsplit as hsplit
from minitorch.native.splitting import narrow as narrow
from minitorch.native.splitting import select as select
from minitorch.native.splitting import split as split
from minitorch.native.splitting import split_with_sizes as split_with_sizes
from minitorch.native.splitting import tensor_split as tensor_split
from minitorch.native.splitting import unbind as unbind
from minitorch.native.splitting import unsafe_chunk as unsafe_chunk
from minitorch.native.splitting import unsafe_split as unsafe_split
from minitorch.native.splitting import unsafe_split_with_sizes as unsafe_split_with_sizes
from minitorch.native.splitting import vsplit as vsplit
from minitorch.native.stft import istft as istft
from minitorch.native.stft import stft as stft
from minitorch.native.strided_views import as_strided as as_strided
from minitorch.native.tensor_compare import allclose as allclose
from minitorch.native.tensor_compare import clamp as clamp
from minitorch.native.tensor_compare import clamp_ as clamp_
from minitorch.native.tensor_compare import clamp_max as clamp_max
from minitorch.native.tensor_compare import clamp_max_ as clamp_max_
from minitorch.native.tensor_compare import clamp_min as clamp_min
from minitorch.native.tensor_compare import clamp_min_ as clamp_min_
from minitorch.native.tensor_compare import equal as equal
from minitorch.native.tensor_compare import fmax as fmax
from minitorch.native.tensor_compare import fmin as fmin
from minitorch.native.tensor_compare import isclose as isclose
from minitorch.native.tensor_compare import isfinite as isfinite
from minitorch.native.tensor_compare import isinf as isinf
from minitorch.native.tensor_compare import isnan as isnan
from minitorch.native.tensor_compare import isneginf as isneginf
from minitorch.native.tensor_compare import isposinf as isposinf
from minitorch.native.tensor_compare import maximum as maximum
from minitorch.native.tensor_compare import minimum as minimum
from minitorch.native.tensor_compare import where as where
from minitorch.native.tensor_new import as_tensor as as_tensor
from minitorch.native.tensor_new import asarray as asarray
from minitorch.native.tensor_new import from_dlpack as from_dlpack
from minitorch.native.tensor_new import from_numpy as from_numpy
from minitorch.native.tensor_new import frombuffer as frombuffer
from minitorch.native.tensor_new import tensor as tensor
from minitorch.native.tensor_products import ger as ger
from minitorch.native.tensor_products import inner as inner
from minitorch.native.tensor_products import kron as kron
from minitorch.native.tensor_products import outer as outer
from minitorch.native.tensor_products import tensordot as tensordot
from minitorch.native.tensor_products import vdot as vdot
from minitorch.native.triangular_ops import tril as tril
from minitorch.native.triangular_ops import triu as triu
from minitorch.native.trigonometry import acos as acos
from minitorch.native.trigonometry import acos_ as acos_
from minitorch.native.trigonometry import acosh as acosh
from minitorch.native.trigonometry import acosh_ as acosh_
from minitorch.native.trigonometry import asin as asin
from minitorch.native.trigonometry import asin_ as asin_
from minitorch.native.trigonometry import asinh as asinh
from minitorch.native.trigonometry import asinh_ as asinh_
from minitorch.native.trigonometry import atan as atan
from minitorch.native.trigonometry import atan2 as atan2
from minitorch.native.trigonometry import atan_ as atan_
from minitorch.native.trigonometry import atanh as atanh
from minitorch.native.trigonometry import atanh_ as atanh_
from minitorch.native.trigonometry import cos as cos
from minitorch.native.trigonometry import cos_ as cos_
from minitorch.native.trigonometry import cosh as cosh
from minitorch.native.trigonometry import cosh_ as cosh_
from minitorch.native.trigonometry import deg2rad as deg2rad
from minitorch.native.trigonometry import deg2rad_ as deg2rad_
from minitorch.native.trigonometry import hypot as hypot
from minitorch.native.trigonometry import rad2deg as rad2deg
from minitorch.native.trigonometry import rad2deg_ as rad2deg_
from minitorch.native.trigonometry import sin as sin
from minitorch.native.trigonometry import sin_ as sin_
from minitorch.native.trigonometry import sinc as sinc
from minitorch.native.trigonometry import sinc_ as sinc_
from minitorch.native.trigonometry import sinh as sinh
from minitorch.native.trigonometry import sinh_ as sinh_
from minitorch.native.trigonometry import tan as tan
from minitorch.native.trigonometry import tan_ as tan_
from minitorch.native.trigonometry import tanh as tanh
from minitorch.native.trigonometry import tanh_ as tanh_
from minitorch.native.type_properties import is_floating_point as is_floating_point
from minitorch.native.type_properties import is_nonzero as is_nonzero
from minitorch.native.type_properties import is_same_size as is_same_size
from minitorch.native.type_properties import is_signed as is_signed
from minitorch.native.type_properties import result_type as result_type
from minitorch.native.unary_ops import abs as abs
from minitorch.native.unary_ops import abs_ as abs_
from minitorch.native.unary_ops import nan_to_num as nan_to_num
from minitorch.native.unary_ops import nan_to_num_ as nan_to_num_
from minitorch.native.unary_ops import neg as neg
from minitorch.native.unary_ops import neg_ as neg_
from minitorch.native.unary_ops import positive as positive
from minitorch.native.unary_ops import reciprocal as reciprocal
from minitorch.native.unary_ops import reciprocal_ as reciprocal_
from minitorch.native.unary_ops import rsqrt as rsqrt
from minitorch.native.unary_ops import rsqrt_ as rsqrt_
from minitorch.native.unary_ops import sign as sign
from minitorch.native.unary_ops import sqrt as sqrt
from minitorch.native.unary_ops import sqrt_ as sqrt_
from minitorch.native.unique import isin as isin
from minitorch.native.unique import unique as unique
from minitorch.native.unique import unique_consecutive as unique_consecutive
from minitorch.native.upsample import _upsample_bilinear2d_aa as _upsample_bilinear2d_aa
from minitorch.native.variance import std as std
from minitorch.native.variance import std_mean as std_mean
from minitorch.native.variance import var as var
from minitorch.native.variance import var_mean as var_mean
from minitorch.native.view_copies import alias_copy as alias_copy
from minitorch.native.view_copies import as_strided_copy as as_strided_copy
from minitorch.native.view_copies import detach_copy as detach_copy
from minitorch.native.view_copies import diagonal_copy as diagonal_copy
from minitorch.native.view_copies import expand_copy as expand_copy
from minitorch.native.view_copies import narrow_copy as narrow_copy
from minitorch.native.view_copies import permute_copy as permute_copy
from minitorch.native.view_copies import select_copy as select_copy
from minitorch.native.view_copies import slice_copy as slice_copy
from minitorch.native.view_copies import split_copy as split_copy
from minitorch.native.view_copies import split_with_sizes_copy as split_with_sizes_copy
from minitorch.native.view_copies import squeeze_copy as squeeze_copy
from minitorch.native.view_copies import t_copy as t_copy
from minitorch.native.view_copies import transpose_copy as transpose_copy
from minitorch.native.view_copies import unbind_copy as unbind_copy
from minitorch.native.view_copies import unfold_copy as unfold_copy
from minitorch.native.view_copies import unsqueeze_copy as unsqueeze_copy
from minitorch.native.view_copies import view_copy as view_copy
from minitorch.native.view_scatter import as_strided_scatter as as_strided_scatter
from minitorch.native.view_scatter import diagonal_scatter as diagonal_scatter
from minitorch.native.view_scatter import select_scatter as select_scatter
from minitorch.native.view_scatter import slice_scatter as slice_scatter
from minitorch.native.views import broadcast_shapes as broadcast_shapes
from minitorch.native.views import broadcast_tensors as broadcast_tensors
from minitorch.native.views import broadcast_to as broadcast_to
from minitorch.native.views import detach as detach
from minitorch.native.views import flatten as flatten
from minitorch.native.views import movedim as movedim
from minitorch.native.views import permute as permute
from minitorch.native.views import ravel as ravel
from minitorch.native.views import reshape as reshape
from minitorch.native.views import squeeze as squeeze
from minitorch.native.views import t as t
from minitorch.native.views import transpose as transpose
from minitorch.native.views import unflatten as unflatten
from minitorch.native.views import unsqueeze as unsqueeze
from minitorch.native.weight_norm import _weight_norm as _weight_norm
from minitorch.native.weight_norm import norm_except_dim as norm_except_dim
from minitorch.native.window_functions import bartlett_window as bartlett_window
from minitorch.native.window_functions import blackman_window as blackman_window
from minitorch.native.window_functions import hamming_window as hamming_window
from minitorch.native.window_functions import hann_window as hann_window
from minitorch.native.window_functions import kaiser_window as kaiser_window
from minitorch.random import Generator as Generator
from minitorch.random import default_generator as default_generator
from minitorch.random import get_rng_state as get_rng_state
from minitorch.random import initial_seed as initial_seed
from minitorch.random import manual_seed as manual_seed
from minitorch.random import seed as seed
from minitorch.random import set_rng_state as set_rng_state
from minitorch.storage import TypedStorage as TypedStorage
from minitorch.storage import UntypedStorage as UntypedStorage
from minitorch.version import __version__ as __version__

if _TUNED_KERNELS and _importlib_util.find_spec("minitorch.native.cpu"):
    _importlib.import_module("minitorch.native.cpu")

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
_segment_reduce = segment_reduce
absolute = abs
clip, clip_ = clamp, clamp_
fix, fix_ = trunc, trunc_
concat = concatenate = cat
row_stack = vstack
trapz = trapezoid
divide = true_divide = div
multiply = mul
negative, negative_ = neg, neg_
subtract = sub
swapaxes = swapdims = transpose
moveaxis = movedim
arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsin_, arccos_, arctan_ = asin_, acos_, atan_
arcsinh, arccosh, arctanh = asinh, acosh, atanh
arcsinh_, arccosh_, arctanh_ = asinh_, acosh_, atanh_
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


def is_storage(obj: object) -> _typing.TypeGuard[UntypedStorage]:
    """Whether ``obj`` is the memory behind a tensor."""
    return isinstance(obj, UntypedStorage)


# Loaded when first used: what many scripts never touch must not slow their start.

if _typing.TYPE_CHECKING:
    from minitorch import accelerator as accelerator
    from minitorch import amp as amp
    from minitorch import compat as compat
    from minitorch import compiler as compiler
    from minitorch import cpu as cpu
    from minitorch import cuda as cuda
    from minitorch import distributed as distributed
    from minitorch import distributions as distributions
    from minitorch import jit as jit
    from minitorch import mps as mps
    from minitorch import multiprocessing as multiprocessing
    from minitorch import serialization as serialization
    from minitorch import testing as testing
    from minitorch import text as text
    from minitorch import types as types
    from minitorch import vision as vision
    from minitorch import xpu as xpu
    from minitorch.amp import GradScaler as GradScaler
    from minitorch.amp import autocast as autocast
    from minitorch.amp import get_autocast_dtype as get_autocast_dtype
    from minitorch.amp import is_autocast_enabled as is_autocast_enabled
    from minitorch.compiler import compile as compile
    from minitorch.serialization import load as load
    from minitorch.serialization import save as save

_LAZY_MODULES = frozenset(
    [
        "_C",
        "accelerator",
        "amp",
        "compat",
        "compiler",
        "cpu",
        "cuda",
        "distributed",
        "distributions",
        "jit",
        "mps",
        "multiprocessing",
        "serialization",
        "testing",
        "text",
        "types",
        "vision",
        "xpu",
    ]
)
_LAZY_NAMES = {
    "GradScaler": "amp",
    "autocast": "amp",
    "compile": "compiler",
    "get_autocast_dtype": "amp",
    "is_autocast_enabled": "amp",
    "load": "serialization",
    "save": "serialization",
}


def __getattr__(name: str) -> _typing.Any:
    if name in _LAZY_MODULES:
        return _importlib.import_module(f"minitorch.{name}")
    if name in _LAZY_NAMES:
        return getattr(__getattr__(_LAZY_NAMES[name]), name)
    raise AttributeError(f"minitorch has no torch.{name}", name=name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY_MODULES, *_LAZY_NAMES})
