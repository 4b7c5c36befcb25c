"""``Tensor``: an array and its place in the graph.

Mirrors torch/_tensor.py and torch/csrc/autograd/python_variable_methods.cpp. Every method is the
function of the same name in ``native/``: this file is their table of contents. Only methods whose
call differs are written out.
"""

from __future__ import annotations

import builtins
import copy
import warnings
from typing import Any

import numpy as np

from minitorch import _tensor_str, dtypes, random
from minitorch._device import check_device, device
from minitorch._layout import contiguous_format, strided
from minitorch._size import Size
from minitorch.autograd import engine, variable
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native import (
    activation,
    added_products,
    advanced_indexing,
    batch_linear_algebra_cholesky,
    batch_linear_algebra_det,
    batch_linear_algebra_lu,
    batch_linear_algebra_qr,
    batch_linear_algebra_solve,
    batch_linear_algebra_spectral,
    bessel_functions,
    binary_ops,
    bitwise_ops,
    comparison_ops,
    complex_ops,
    conversions,
    copying,
    correlation,
    cross,
    cumulative_ops,
    diagonal,
    differences,
    distributions,
    error_functions,
    exponential,
    extremes,
    factories,
    fill_diagonal,
    float_parts,
    gamma_functions,
    histogram,
    index_ops,
    indexing,
    joining,
    lerp,
    linear_algebra,
    masked_ops,
    matrix_exp,
    matrix_functions,
    norms,
    numpy_protocol,
    order_statistics,
    pointwise_ops,
    pow,
    pseudo_inverse,
    rearranging,
    reduce_ops,
    repeat_interleave,
    resize,
    rounding,
    scatter_gather,
    sizes,
    softmax,
    sorting,
    splitting,
    stft,
    strided_views,
    tensor_compare,
    tensor_new,
    tensor_products,
    triangular_ops,
    trigonometry,
    type_properties,
    unary_ops,
    variance,
    view_copies,
    view_scatter,
    views,
)
from minitorch.native import renorm as renorm_ops
from minitorch.native import unique as unique_ops
from minitorch.native.memory_format import is_in
from minitorch.storage import TypedStorage, UntypedStorage, in_shared_memory, place_in_storage
from minitorch.storage import data_ptr as address
from minitorch.storage import is_shared as is_in_shared_memory
from minitorch.storage import owner as storage_owner
from minitorch.storage import storage_offset as offset_in_storage
from minitorch.storage import stride as storage_stride


def _operator(function: Any) -> Any:
    """A binary operator: NotImplemented for what is neither tensor, number nor array."""

    def operator(input: Tensor, other: Any) -> Any:
        kind = type(other)
        if kind is not Tensor and kind is not float and kind is not int:
            other = _operand(other)
            if other is None:
                return NotImplemented
        return function(input, other)

    return operator


def _matrix_operator(function: Any) -> Any:
    def operator(input: Tensor, other: Any) -> Any:
        return function(input, other) if isinstance(other, Variable) else NotImplemented

    return operator


def _operand(other: Any) -> Any:
    """An array as a tensor, a NumPy scalar as the number that it is in torch's promotion, tensors
    and numbers as they are; None for anything else.
    """
    if isinstance(other, np.generic):  # before float, which is a base of np.float64
        return other.item()
    if isinstance(other, (Variable, int, float, complex)):
        return other
    return wrap(other) if isinstance(other, np.ndarray) else None


class Tensor(Variable):
    """A multi-dimensional array of one dtype whose operations are recorded for ``backward``.

    ``minitorch.tensor(data)`` makes one; ``Tensor(2, 3)`` and ``Tensor([1.0])``, as in torch, make
    float32 ones.
    """

    __slots__ = ()
    __array_priority__ = 1000
    __array_ufunc__ = numpy_protocol.array_ufunc
    __array_wrap__ = numpy_protocol.array_wrap

    def __new__(cls, *data: Any, size: Any = None, device: Any = None) -> Tensor:
        check_device(device)
        if len(data) == 1 and isinstance(data[0], Variable):
            array = unwrap(data[0])
        else:
            array = tensor_new.legacy_array(data, dtypes.get_default_dtype(), size)
        tensor = super().__new__(cls)
        variable.initialize(tensor, array)
        return tensor

    # ----------------------------------------------------------------- attributes

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self._array.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return dtypes.from_numpy(self._array.dtype)

    @property
    def device(self) -> device:
        """Where the memory is: the CPU."""
        return device("cpu")

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._array.nbytes

    is_cpu = True
    is_cuda = is_ipu = is_maia = is_meta = is_mps = is_mtia = is_vulkan = is_xla = is_xpu = False
    is_mkldnn = is_nested = is_quantized = is_sparse = is_sparse_csr = False
    layout = strided

    @property
    def data(self) -> Tensor:
        """The same memory under a tensor of its own, unknown to autograd and to the version
        counter.
        """
        return wrap(self._array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if self.requires_grad and not dtypes.is_differentiable(value._array.dtype):
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point or complex "
                "dtype"
            )
        array = value._array
        if array.shape != self._array.shape or array.dtype != self._array.dtype:
            self._accumulator = None  # it expects gradients of the old kind
        self._array = array

    @property
    def T(self) -> Tensor:
        """All dimensions in reverse order."""
        if not self._array.ndim:
            return self._transposed_scalar("T")
        if self._array.ndim != 2:
            warnings.warn(
                "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is "
                "deprecated and it will throw an error in a future release. Consider `x.mT` to "
                "transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` "
                "to reverse the dimensions of a tensor.",
                stacklevel=2,
            )
        return views.permute(self, *range(self._array.ndim - 1, -1, -1))

    def _transposed_scalar(self, name: str) -> Tensor:
        warnings.warn(
            f"Tensor.{name} is deprecated on 0-D tensors. This function is the identity in these "
            "cases.",
            stacklevel=3,
        )
        return views.permute(self, ())

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged."""
        if not self._array.ndim:
            return self._transposed_scalar("mT")
        if self._array.ndim < 2:
            raise RuntimeError(
                "tensor.mT is only supported on matrices or batches of matrices. Got "
                f"{self._array.ndim}-D tensor."
            )
        return views.transpose(self, -2, -1)

    H = property(complex_ops.H)
    mH = property(complex_ops.mH)

    @property
    def real(self) -> Tensor:
        """The real parts; what is assigned is written into this tensor."""
        return complex_ops.real(self)

    @real.setter
    def real(self, value: Any) -> None:
        complex_ops.real(self).copy_(value)

    @property
    def imag(self) -> Tensor:
        """The imaginary parts; what is assigned is written into this tensor."""
        return complex_ops.imag(self)

    @imag.setter
    def imag(self, value: Any) -> None:
        complex_ops.imag(self).copy_(value)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or one of its sizes."""
        return (
            self.shape if dim is None else self._array.shape[sizes.wrap_dim(dim, self._array.ndim)]
        )

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours, in elements."""
        strides = storage_stride(self._array)
        return strides if dim is None else strides[sizes.wrap_dim(dim, len(strides))]

    def storage_offset(self) -> int:
        """Elements between the start of the storage and the first element."""
        return offset_in_storage(self._array)

    def data_ptr(self) -> int:
        """The address of the first element; 0 if there is none."""
        return address(self._array) if self._array.size else 0

    def storage(self) -> TypedStorage:
        """The memory behind this tensor and its views, as elements."""
        return TypedStorage(self._array)

    def untyped_storage(self) -> UntypedStorage:
        """The memory behind this tensor and its views, as bytes."""
        return UntypedStorage(self._array)

    def is_contiguous(self, memory_format: Any = contiguous_format) -> bool:
        """Whether the elements lie in that order (C order, by default) without gaps."""
        return is_in(self._array, memory_format)

    def _is_view(self) -> bool:
        return self._view is not None

    def get_device(self) -> int:
        """The index of the CUDA device: -1, as for every tensor on the CPU."""
        return -1

    def element_size(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    # ----------------------------------------------------------------- autograd

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this tensor to the ``grad`` of the leaves it was computed from.

        >>> import minitorch
        >>> x = minitorch.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        engine.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad``, and return the tensor."""
        if requires_grad and not dtypes.is_differentiable(self._array.dtype):
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        self.requires_grad = requires_grad
        return self

    # ----------------------------------------------------------------- conversion

    def numpy(self, *, force: bool = False) -> Any:
        """The array that shares this tensor's memory.

        Raises:
            RuntimeError: the tensor requires grad, and ``force`` is not given.
            TypeError: its elements are bfloat16, which NumPy itself does not know.
        """
        if self.requires_grad and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead."
            )
        if self.dtype is dtypes.bfloat16:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self._array[...]  # an object of its own: its shape can be set

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __dlpack__(self, **options: Any) -> Any:
        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self._array.tolist()

    def item(self) -> Any:
        """The only element, as a Python number.

        Raises:
            RuntimeError: there is not exactly one.
        """
        if self._array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._array.size} elements cannot be converted to Scalar"
            )
        return self._array.item()

    def type(self, dtype: Any = None) -> Any:
        """The legacy name of the type, such as ``torch.FloatTensor``; with a dtype, the converted
        tensor.
        """
        if dtype is None:
            return f"torch.{self.dtype.c10_name}Tensor"
        return conversions.to_dtype(self, dtypes.named_type(dtype))

    def cpu(self) -> Tensor:
        """The tensor itself: it is on the CPU."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Tensor:
        """There is no CUDA here."""
        check_device("cuda")
        return self

    def pin_memory(self) -> Tensor:
        """There is no device to pin memory for.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("Cannot access accelerator device when none is available.")

    def is_pinned(self, device: Any = None) -> bool:
        """Whether the memory is pinned for a device: no."""
        return False

    def is_shared(self) -> bool:
        """Whether processes that are forked from now on see the same memory."""
        return is_in_shared_memory(self._array)

    def share_memory_(self) -> Tensor:
        """Move to memory that is the same in processes forked from now on; views made before stay
        behind.
        """
        if not self.is_shared():
            self._array = in_shared_memory(self._array)
        return self

    def apply_(self, callable: Any) -> Tensor:
        """Replace each element by ``callable`` of it, one Python call at a time."""
        if self.requires_grad:
            raise RuntimeError(
                "Can't call apply_() on Variable that requires grad. Use var.detach().apply_() "
                "instead."
            )
        results = [callable(value) for value in self._array.reshape(-1).tolist()]
        return self.copy_(wrap(np.array(results, self._array.dtype).reshape(self._array.shape)))

    # ----------------------------------------------------------------- Python's protocols

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        grad_fn = self.grad_fn
        return _tensor_str.format_tensor(
            np.asarray(self._array),
            default_dtype=dtypes.get_default_dtype().numpy,
            requires_grad=self.requires_grad,
            grad_fn_name=grad_fn.name() if grad_fn is not None else None,
        )

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self._array.ndim == 0 else object.__format__(self, spec)

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __iter__(self) -> Any:
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(splitting.unbind(self))

    def __reversed__(self) -> Tensor:
        return rearranging.flip(self, 0) if self._array.ndim else self

    def __contains__(self, element: Any) -> Any:
        if not isinstance(element, (Variable, int, float, complex, np.generic)):
            raise RuntimeError(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
                f"{type(element)}."
            )
        return np.equal(self._array, unwrap(element)).any().item()

    def __bool__(self) -> Any:
        if self._array.size != 1:
            words = "no values" if not self._array.size else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {words} is ambiguous")
        return bool(self._array.item())

    def _scalar(self) -> Any:
        if self._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self._array.item()

    def __float__(self) -> Any:
        return float(self._scalar())

    def __int__(self) -> Any:
        return int(self._scalar())

    def __complex__(self) -> Any:
        return complex(self._scalar())

    def __index__(self) -> Any:
        if self._array.dtype.kind not in "biu" or self._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __hash__(self) -> Any:
        return id(self)

    def __deepcopy__(self, memo: Any) -> Tensor:
        if self.grad_fn is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment.  If "
                "you were attempting to deepcopy a module, this may be because of a "
                "torch.nn.utils.weight_norm usage, see "
                "https://github.com/pytorch/pytorch/pull/103001"
            )
        if id(self) in memo:
            return memo[id(self)]
        clone = type(self).__new__(type(self))
        variable.initialize(clone, _copy_with_storage(self._array, memo))
        clone._requires_grad = self._requires_grad
        memo[id(self)] = clone
        clone._grad = copy.deepcopy(self._grad, memo)
        clone.__dict__.update(copy.deepcopy(user_attributes(self), memo))
        return clone

    def __reduce__(self) -> Any:
        # The whole storage, which the pickle holds once however many tensors are views of it.
        memory = storage_owner(self._array)
        place = self._array.dtype, self._array.shape, self._array.strides, self.storage_offset()
        arguments = type(self), memory, place, self.requires_grad
        return _rebuild, arguments, user_attributes(self) or None

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)

    # ----------------------------------------------------------------- operators

    __add__ = __radd__ = _operator(binary_ops.add)
    __sub__ = _operator(binary_ops.sub)
    __rsub__ = _operator(binary_ops.rsub)
    __mul__ = __rmul__ = _operator(binary_ops.mul)
    __truediv__ = __div__ = _operator(binary_ops.div)
    __rtruediv__ = __rdiv__ = _operator(binary_ops.rdiv)
    __floordiv__ = _operator(binary_ops.floor_divide)
    __rfloordiv__ = _operator(binary_ops.rfloordiv)
    __mod__ = _operator(binary_ops.remainder)
    __rmod__ = _operator(binary_ops.rmod)
    __pow__ = _operator(pow.pow)
    __rpow__ = _operator(pow.rpow)
    __matmul__ = _matrix_operator(linear_algebra.matmul)
    __rmatmul__ = _matrix_operator(linear_algebra.rmatmul)
    __eq__ = _operator(comparison_ops.eq)
    __ne__ = _operator(comparison_ops.ne)
    __lt__ = _operator(comparison_ops.lt)
    __le__ = _operator(comparison_ops.le)
    __gt__ = _operator(comparison_ops.gt)
    __ge__ = _operator(comparison_ops.ge)
    __and__ = __rand__ = _operator(bitwise_ops.bitwise_and)
    __or__ = __ror__ = _operator(bitwise_ops.bitwise_or)
    __xor__ = __rxor__ = _operator(bitwise_ops.bitwise_xor)
    __lshift__ = _operator(bitwise_ops.bitwise_left_shift)
    __rshift__ = _operator(bitwise_ops.bitwise_right_shift)
    __rlshift__ = _operator(bitwise_ops.rlshift)
    __rrshift__ = _operator(bitwise_ops.rrshift)
    __invert__ = bitwise_ops.invert
    __neg__ = unary_ops.neg
    __pos__ = unary_ops.positive
    __abs__ = unary_ops.abs
    __iadd__ = _operator(binary_ops.add_)
    __isub__ = _operator(binary_ops.sub_)
    __imul__ = _operator(binary_ops.mul_)
    __itruediv__ = __idiv__ = _operator(binary_ops.div_)
    __ifloordiv__ = _operator(binary_ops.floor_divide_)
    __imod__ = _operator(binary_ops.remainder_)
    __ipow__ = _operator(pow.pow_)
    __iand__ = _operator(bitwise_ops.bitwise_and_)
    __ior__ = _operator(bitwise_ops.bitwise_or_)
    __ixor__ = _operator(bitwise_ops.bitwise_xor_)
    __ilshift__ = _operator(bitwise_ops.bitwise_left_shift_)
    __irshift__ = _operator(bitwise_ops.bitwise_right_shift_)
    __getitem__ = indexing.getitem
    __setitem__ = indexing.setitem

    # ----------------------------------------------------------------- the functions of native/, as
    # methods

    addmm = linear_algebra.addmm
    addmm_ = linear_algebra.addmm_
    bmm = linear_algebra.bmm
    dot = linear_algebra.dot
    matmul = linear_algebra.matmul
    mm = linear_algebra.mm
    mv = linear_algebra.mv
    addbmm = added_products.addbmm
    addbmm_ = added_products.addbmm_
    addmv = added_products.addmv
    addmv_ = added_products.addmv_
    addr = added_products.addr
    addr_ = added_products.addr_
    baddbmm = added_products.baddbmm
    baddbmm_ = added_products.baddbmm_
    ger = tensor_products.ger
    inner = tensor_products.inner
    kron = tensor_products.kron
    outer = tensor_products.outer
    vdot = tensor_products.vdot
    tril = triangular_ops.tril
    tril_ = triangular_ops.tril_
    triu = triangular_ops.triu
    triu_ = triangular_ops.triu_
    diag = diagonal.diag
    diag_embed = diagonal.diag_embed
    diagflat = diagonal.diagflat
    trace = diagonal.trace
    diagonal = diagonal.diagonal
    cross = cross.cross
    corrcoef = correlation.corrcoef
    cov = correlation.cov
    cholesky = batch_linear_algebra_cholesky.cholesky
    cholesky_inverse = batch_linear_algebra_cholesky.cholesky_inverse
    cholesky_solve = batch_linear_algebra_cholesky.cholesky_solve
    triangular_solve = batch_linear_algebra_cholesky.triangular_solve
    inverse = batch_linear_algebra_solve.inverse
    lu = batch_linear_algebra_lu.lu
    lu_solve = batch_linear_algebra_lu.lu_solve
    det = batch_linear_algebra_det.det
    logdet = batch_linear_algebra_det.logdet
    slogdet = batch_linear_algebra_det.slogdet
    geqrf = batch_linear_algebra_qr.geqrf
    orgqr = batch_linear_algebra_qr.orgqr
    ormqr = batch_linear_algebra_qr.ormqr
    qr = batch_linear_algebra_qr.qr
    svd = batch_linear_algebra_spectral.svd
    pinverse = pseudo_inverse.pinverse
    matrix_exp = matrix_exp.matrix_exp
    matrix_power = matrix_functions.matrix_power
    dist = norms.dist
    norm = norms.norm

    add = binary_ops.add
    sub = subtract = binary_ops.sub
    mul = multiply = binary_ops.mul
    div = true_divide = divide = binary_ops.div
    floor_divide = binary_ops.floor_divide
    remainder = binary_ops.remainder
    fmod = binary_ops.fmod
    add_ = binary_ops.add_
    sub_ = subtract_ = binary_ops.sub_
    mul_ = multiply_ = binary_ops.mul_
    div_ = true_divide_ = divide_ = binary_ops.div_
    floor_divide_ = binary_ops.floor_divide_
    remainder_ = binary_ops.remainder_
    fmod_ = binary_ops.fmod_
    addcmul = pointwise_ops.addcmul
    addcdiv = pointwise_ops.addcdiv
    addcmul_ = pointwise_ops.addcmul_
    addcdiv_ = pointwise_ops.addcdiv_
    square = pow.square
    square_ = pow.square_
    float_power = pow.float_power
    float_power_ = pow.float_power_
    pow_ = pow.pow_
    pow = pow.pow  # last of its kind: from here on the name means the function
    lerp_ = lerp.lerp_
    lerp = lerp.lerp  # last, as pow

    eq = comparison_ops.eq
    ne = not_equal = comparison_ops.ne
    lt = less = comparison_ops.lt
    le = less_equal = comparison_ops.le
    gt = greater = comparison_ops.gt
    ge = greater_equal = comparison_ops.ge
    logical_and = comparison_ops.logical_and
    logical_or = comparison_ops.logical_or
    logical_xor = comparison_ops.logical_xor
    logical_not = comparison_ops.logical_not
    eq_ = comparison_ops.eq_
    ne_ = not_equal_ = comparison_ops.ne_
    lt_ = less_ = comparison_ops.lt_
    le_ = less_equal_ = comparison_ops.le_
    gt_ = greater_ = comparison_ops.gt_
    ge_ = greater_equal_ = comparison_ops.ge_
    logical_and_ = comparison_ops.logical_and_
    logical_or_ = comparison_ops.logical_or_
    logical_xor_ = comparison_ops.logical_xor_
    logical_not_ = comparison_ops.logical_not_

    bitwise_and = bitwise_ops.bitwise_and
    bitwise_or = bitwise_ops.bitwise_or
    bitwise_xor = bitwise_ops.bitwise_xor
    bitwise_not = bitwise_ops.bitwise_not
    bitwise_left_shift = bitwise_ops.bitwise_left_shift
    bitwise_right_shift = bitwise_ops.bitwise_right_shift
    gcd = bitwise_ops.gcd
    lcm = bitwise_ops.lcm
    bitwise_and_ = bitwise_ops.bitwise_and_
    bitwise_or_ = bitwise_ops.bitwise_or_
    bitwise_xor_ = bitwise_ops.bitwise_xor_
    bitwise_not_ = bitwise_ops.bitwise_not_
    bitwise_left_shift_ = bitwise_ops.bitwise_left_shift_
    bitwise_right_shift_ = bitwise_ops.bitwise_right_shift_
    gcd_ = bitwise_ops.gcd_
    lcm_ = bitwise_ops.lcm_

    maximum = tensor_compare.maximum
    minimum = tensor_compare.minimum
    fmax = tensor_compare.fmax
    fmin = tensor_compare.fmin
    clamp = clip = tensor_compare.clamp
    clamp_min = tensor_compare.clamp_min
    clamp_max = tensor_compare.clamp_max
    clamp_ = clip_ = tensor_compare.clamp_
    clamp_min_ = tensor_compare.clamp_min_
    clamp_max_ = tensor_compare.clamp_max_
    isclose = tensor_compare.isclose
    allclose = tensor_compare.allclose
    equal = tensor_compare.equal
    isnan = tensor_compare.isnan
    isinf = tensor_compare.isinf
    isfinite = tensor_compare.isfinite
    isposinf = tensor_compare.isposinf
    isneginf = tensor_compare.isneginf

    neg = negative = unary_ops.neg
    abs = absolute = unary_ops.abs
    positive = unary_ops.positive
    sign = unary_ops.sign
    sqrt = unary_ops.sqrt
    rsqrt = unary_ops.rsqrt
    reciprocal = unary_ops.reciprocal
    nan_to_num = unary_ops.nan_to_num
    neg_ = negative_ = unary_ops.neg_
    abs_ = absolute_ = unary_ops.abs_
    sign_ = unary_ops.sign_
    sqrt_ = unary_ops.sqrt_
    rsqrt_ = unary_ops.rsqrt_
    reciprocal_ = unary_ops.reciprocal_
    nan_to_num_ = unary_ops.nan_to_num_

    exp = exponential.exp
    expm1 = exponential.expm1
    exp2 = exponential.exp2
    log = exponential.log
    log2 = exponential.log2
    log10 = exponential.log10
    log1p = exponential.log1p
    sigmoid = exponential.sigmoid
    logit = exponential.logit
    logaddexp = exponential.logaddexp
    logaddexp2 = exponential.logaddexp2
    xlogy = exponential.xlogy
    exp_ = exponential.exp_
    expm1_ = exponential.expm1_
    exp2_ = exponential.exp2_
    log_ = exponential.log_
    log2_ = exponential.log2_
    log10_ = exponential.log10_
    log1p_ = exponential.log1p_
    sigmoid_ = exponential.sigmoid_
    logit_ = exponential.logit_
    xlogy_ = exponential.xlogy_

    sin = trigonometry.sin
    cos = trigonometry.cos
    tan = trigonometry.tan
    asin = arcsin = trigonometry.asin
    acos = arccos = trigonometry.acos
    atan = arctan = trigonometry.atan
    sinh = trigonometry.sinh
    cosh = trigonometry.cosh
    tanh = trigonometry.tanh
    asinh = arcsinh = trigonometry.asinh
    acosh = arccosh = trigonometry.acosh
    atanh = arctanh = trigonometry.atanh
    sinc = trigonometry.sinc
    deg2rad = trigonometry.deg2rad
    rad2deg = trigonometry.rad2deg
    atan2 = arctan2 = trigonometry.atan2
    hypot = trigonometry.hypot
    sin_ = trigonometry.sin_
    cos_ = trigonometry.cos_
    tan_ = trigonometry.tan_
    asin_ = arcsin_ = trigonometry.asin_
    acos_ = arccos_ = trigonometry.acos_
    atan_ = arctan_ = trigonometry.atan_
    sinh_ = trigonometry.sinh_
    cosh_ = trigonometry.cosh_
    tanh_ = trigonometry.tanh_
    asinh_ = arcsinh_ = trigonometry.asinh_
    acosh_ = arccosh_ = trigonometry.acosh_
    atanh_ = arctanh_ = trigonometry.atanh_
    sinc_ = trigonometry.sinc_
    deg2rad_ = trigonometry.deg2rad_
    rad2deg_ = trigonometry.rad2deg_
    atan2_ = arctan2_ = trigonometry.atan2_
    hypot_ = trigonometry.hypot_

    floor = rounding.floor
    ceil = rounding.ceil
    trunc = fix = rounding.trunc
    frac = rounding.frac
    round = rounding.round
    floor_ = rounding.floor_
    ceil_ = rounding.ceil_
    trunc_ = fix_ = rounding.trunc_
    frac_ = rounding.frac_
    round_ = rounding.round_

    frexp = float_parts.frexp
    ldexp = float_parts.ldexp
    copysign = float_parts.copysign
    nextafter = float_parts.nextafter
    heaviside = float_parts.heaviside
    signbit = float_parts.signbit
    ldexp_ = float_parts.ldexp_
    copysign_ = float_parts.copysign_
    nextafter_ = float_parts.nextafter_
    heaviside_ = float_parts.heaviside_

    erf = error_functions.erf
    erfc = error_functions.erfc
    erfinv = error_functions.erfinv
    lgamma = gamma_functions.lgamma
    digamma = gamma_functions.digamma
    mvlgamma = gamma_functions.mvlgamma
    igamma = gamma_functions.igamma
    igammac = gamma_functions.igammac
    i0 = bessel_functions.i0
    erf_ = error_functions.erf_
    erfc_ = error_functions.erfc_
    erfinv_ = error_functions.erfinv_
    lgamma_ = gamma_functions.lgamma_
    digamma_ = gamma_functions.digamma_
    polygamma_ = gamma_functions.polygamma_
    mvlgamma_ = gamma_functions.mvlgamma_
    igamma_ = gamma_functions.igamma_
    igammac_ = gamma_functions.igammac_
    i0_ = bessel_functions.i0_

    conj = complex_ops.conj
    conj_physical = complex_ops.conj_physical
    conj_physical_ = complex_ops.conj_physical_
    resolve_conj = complex_ops.resolve_conj
    resolve_neg = complex_ops.resolve_neg
    adjoint = complex_ops.adjoint
    sgn = complex_ops.sgn
    sgn_ = complex_ops.sgn_
    angle = complex_ops.angle
    is_complex = complex_ops.is_complex
    is_conj = complex_ops.is_conj
    is_neg = complex_ops.is_neg
    isreal = complex_ops.isreal

    sum = reduce_ops.sum
    nansum = reduce_ops.nansum
    mean = reduce_ops.mean
    var = variance.var
    std = variance.std
    prod = reduce_ops.prod
    cumsum = cumulative_ops.cumsum
    cumprod = cumulative_ops.cumprod
    max = extremes.max
    min = extremes.min
    amax = extremes.amax
    amin = extremes.amin
    argmax = extremes.argmax
    argmin = extremes.argmin
    all = reduce_ops.all
    any = reduce_ops.any
    count_nonzero = reduce_ops.count_nonzero
    logsumexp = reduce_ops.logsumexp
    median = order_statistics.median
    nanmean = reduce_ops.nanmean
    hash_tensor = reduce_ops.hash_tensor
    aminmax = extremes.aminmax
    cumsum_ = cumulative_ops.cumsum_
    cumprod_ = cumulative_ops.cumprod_
    cummax = cumulative_ops.cummax
    cummin = cumulative_ops.cummin
    logcumsumexp = cumulative_ops.logcumsumexp
    nanmedian = order_statistics.nanmedian
    mode = order_statistics.mode
    quantile = order_statistics.quantile
    nanquantile = order_statistics.nanquantile
    msort = sorting.msort
    unique_consecutive = unique_ops.unique_consecutive
    histc = histogram.histc

    view = views.view
    reshape = views.reshape
    view_as = views.view_as
    reshape_as = views.reshape_as
    flatten = views.flatten
    unflatten = views.unflatten
    ravel = views.ravel
    permute = views.permute
    transpose = swapaxes = swapdims = views.transpose
    t = views.t
    movedim = moveaxis = views.movedim
    expand = views.expand
    expand_as = views.expand_as
    broadcast_to = views.broadcast_to
    squeeze = views.squeeze
    unsqueeze = views.unsqueeze
    detach = views.detach
    sum_to_size = views.sum_to_size
    as_strided = strided_views.as_strided
    unfold = strided_views.unfold
    unbind = splitting.unbind
    split = splitting.split
    split_with_sizes = splitting.split_with_sizes
    unsafe_split = splitting.unsafe_split
    unsafe_split_with_sizes = splitting.unsafe_split_with_sizes
    chunk = splitting.chunk
    unsafe_chunk = splitting.unsafe_chunk
    tensor_split = splitting.tensor_split
    hsplit = splitting.hsplit
    vsplit = splitting.vsplit
    dsplit = splitting.dsplit
    narrow = splitting.narrow
    select = splitting.select
    narrow_copy = view_copies.narrow_copy
    select_scatter = view_scatter.select_scatter
    slice_scatter = view_scatter.slice_scatter
    diagonal_scatter = view_scatter.diagonal_scatter
    as_strided_scatter = view_scatter.as_strided_scatter
    repeat = rearranging.repeat
    tile = rearranging.tile
    repeat_interleave = repeat_interleave.repeat_interleave
    flip = rearranging.flip
    fliplr = rearranging.fliplr
    flipud = rearranging.flipud
    rot90 = rearranging.rot90
    roll = rearranging.roll
    diff = differences.diff
    clone = conversions.clone
    contiguous = conversions.contiguous
    to = conversions.to
    type_as = conversions.type_as
    byte = conversions.byte
    char = conversions.char
    short = conversions.short
    long = conversions.long
    half = conversions.half
    bfloat16 = conversions.bfloat16
    bool = conversions.bool_
    int = conversions.int_
    float = conversions.float_
    double = conversions.double
    cfloat = conversions.cfloat
    cdouble = conversions.cdouble
    copy_ = copying.copy_
    fill_ = copying.fill_
    zero_ = copying.zero_
    squeeze_ = resize.squeeze_
    unsqueeze_ = resize.unsqueeze_
    transpose_ = swapaxes_ = swapdims_ = resize.transpose_
    t_ = resize.t_
    as_strided_ = resize.as_strided_
    detach_ = resize.detach_
    resize_ = resize.resize_
    resize_as_ = resize.resize_as_
    set_ = resize.set_
    numel = nelement = sizes.numel
    is_floating_point = type_properties.is_floating_point
    is_signed = type_properties.is_signed
    is_nonzero = type_properties.is_nonzero
    is_same_size = type_properties.is_same_size

    gather = scatter_gather.gather
    take_along_dim = scatter_gather.take_along_dim
    scatter = scatter_gather.scatter
    scatter_ = scatter_gather.scatter_
    scatter_add = scatter_gather.scatter_add
    scatter_add_ = scatter_gather.scatter_add_
    index_select = index_ops.index_select
    index_add = index_ops.index_add
    index_add_ = index_ops.index_add_
    index_put_ = advanced_indexing.index_put_
    masked_fill = masked_ops.masked_fill
    masked_fill_ = masked_ops.masked_fill_
    masked_select = masked_ops.masked_select
    nonzero = masked_ops.nonzero
    argwhere = masked_ops.argwhere
    fill_diagonal_ = fill_diagonal.fill_diagonal_
    renorm_ = renorm_ops.renorm_
    renorm = renorm_ops.renorm
    nonzero_static = masked_ops.nonzero_static
    masked_scatter_ = masked_ops.masked_scatter_
    masked_scatter = masked_ops.masked_scatter
    put_ = advanced_indexing.put_
    put = advanced_indexing.put
    take = advanced_indexing.take
    index_put = advanced_indexing.index_put
    index_reduce_ = index_ops.index_reduce_
    index_reduce = index_ops.index_reduce
    index_fill_ = index_ops.index_fill_
    index_fill = index_ops.index_fill
    index_copy_ = index_ops.index_copy_
    index_copy = index_ops.index_copy
    scatter_reduce_ = scatter_gather.scatter_reduce_
    scatter_reduce = scatter_gather.scatter_reduce

    sort = sorting.sort
    argsort = sorting.argsort
    topk = sorting.topk
    kthvalue = order_statistics.kthvalue
    unique = unique_ops.unique
    bincount = histogram.bincount
    histogram = histogram.histogram

    uniform_ = distributions.uniform_
    normal_ = distributions.normal_
    log_normal_ = distributions.log_normal_
    random_ = distributions.random_
    bernoulli_ = distributions.bernoulli_
    exponential_ = distributions.exponential_
    geometric_ = distributions.geometric_
    cauchy_ = distributions.cauchy_
    bernoulli = distributions.bernoulli
    multinomial = distributions.multinomial

    new_tensor = tensor_new.new_tensor
    new_zeros = factories.new_zeros
    new_ones = factories.new_ones
    new_empty = factories.new_empty
    new_full = factories.new_full
    new_empty_strided = factories.new_empty_strided

    def new(self, *data: Any, device: Any = None) -> Tensor:
        """A tensor of this dtype: ``new(2, 3)`` has that shape, ``new([2, 3])`` that data."""
        if len(data) == 1 and isinstance(data[0], Size):
            data = tuple(data[0])
        if len(data) == 1 and isinstance(data[0], Variable):
            return views.alias(data[0])  # type: ignore[arg-type]
        if data and not isinstance(data[0], builtins.int):
            return tensor_new.new_tensor(self, data[0])
        return factories.new_empty(self, data or (0,))

    relu = activation.relu
    relu_ = activation.relu_

    log_softmax = softmax.log_softmax
    softmax = softmax.softmax  # last: from here on the name means the function

    istft = stft.istft
    stft = stft.stft  # last, as softmax

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """This tensor where ``condition``, else ``other``."""
        return tensor_compare.where(condition, self, other)

    def polygamma(self, n: int) -> Tensor:  # type: ignore[valid-type]
        """The n-th derivative of ``digamma``."""
        return gamma_functions.polygamma(n, self)


def user_attributes(tensor: Tensor) -> dict[str, Any]:
    """What else was written to a tensor: the user's own attributes, but not autograd's."""
    return {k: v for k, v in tensor.__dict__.items() if not hasattr(Variable, k)}


def _copy_with_storage(array: Any, memo: dict[int, Any]) -> Any:
    """A copy of an array in a copy of the whole storage, so that copied views share memory too."""
    memory = storage_owner(array)
    copied = memo.get(id(memory))
    if copied is None:
        copied = memo[id(memory)] = memory.copy(order="K")
        memo.setdefault(id(memo), []).append(memory)  # alive as long as its id is a key
    offset = offset_in_storage(array)
    return place_in_storage(copied, array.dtype, array.shape, array.strides, offset)


def _rebuild(cls: type[Tensor], memory: Any, place: Any, requires_grad: bool) -> Tensor:
    tensor = cls.__new__(cls)
    variable.initialize(tensor, place_in_storage(memory, *place))
    tensor._requires_grad = requires_grad
    return tensor


# The knot: what lies below needs the class, as torch's C++ needs THPVariableClass.
variable.tensor_class = Tensor
variable.stack = joining.stack
variable.copy_in_order = conversions.contiguous_kernel
random.wrap_state = wrap
