"""``Tensor``: an array and its place in the graph.

Mirrors torch/_tensor.py and torch/csrc/autograd/python_variable_methods.cpp. Every method is the
function of the same name in ``native/``: this file is their table of contents. Only methods whose
call differs are written out.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from minitorch import _tensor_str, dtypes, random
from minitorch._device import device
from minitorch._size import Size
from minitorch.autograd import engine, variable
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native import (
    activation,
    binary_ops,
    distributions,
    factories,
    indexing,
    linear_algebra,
    reduce_ops,
    softmax,
    sorting,
    special_functions,
    tensor_shape,
    unary_ops,
)
from minitorch.storage import TypedStorage, UntypedStorage, place_in_storage
from minitorch.storage import data_ptr as address
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
    __array_ufunc__ = None  # NumPy must not swallow tensors: array * tensor calls Tensor.__rmul__
    __array_priority__ = 1000

    def __new__(cls, *data: Any) -> Tensor:
        dtype = dtypes.get_default_dtype().numpy
        if len(data) == 1 and not isinstance(data[0], int):
            if isinstance(data[0], str):
                raise TypeError("new(): invalid data type 'str'")
            array = unwrap(data[0]) if isinstance(data[0], Variable) else np.array(data[0], dtype)
        else:
            array = np.empty(data if data else (0,), dtype)
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

    is_cuda = is_sparse = is_quantized = is_meta = False
    is_cpu = True
    layout = "torch.strided"

    @property
    def data(self) -> Tensor:
        """The same memory under a tensor of its own, unknown to autograd and to the version
        counter.
        """
        return wrap(self._array)

    @data.setter
    def data(self, value: Tensor) -> None:
        self._array = value._array

    @property
    def T(self) -> Tensor:
        """All dimensions in reverse order."""
        return tensor_shape.permute(self, *range(self._array.ndim - 1, -1, -1))

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged."""
        if self._array.ndim < 2:
            raise RuntimeError(
                "tensor.mT is only supported on matrices or batches of matrices. Got "
                f"{self._array.ndim}-D tensor."
            )
        return tensor_shape.transpose(self, -2, -1)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or one of its sizes."""
        return (
            self.shape
            if dim is None
            else self._array.shape[tensor_shape.wrap_dim(dim, self._array.ndim)]
        )

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours, in elements."""
        strides = storage_stride(self._array)
        return strides if dim is None else strides[tensor_shape.wrap_dim(dim, len(strides))]

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

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in C order without gaps."""
        return self._array.flags.c_contiguous

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating one."""
        return self._array.dtype.kind == "f"

    def is_complex(self) -> bool:
        """Whether the dtype is complex."""
        return self._array.dtype.kind == "c"

    def is_signed(self) -> bool:
        """Whether the dtype has negative numbers."""
        return self.dtype.is_signed

    def _is_view(self) -> bool:
        return self._view is not None

    def is_inference(self) -> bool:
        """Whether the tensor was made under ``inference_mode``: not kept track of, so False."""
        return False

    def is_nonzero(self) -> bool:
        """Whether the only element is not zero."""
        return bool(self)

    def is_same_size(self, other: Tensor) -> bool:
        """Whether the shapes are equal."""
        return self._array.shape == other._array.shape

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
        engine.backward(self, gradient, retain_graph, create_graph, inputs)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad``, and return the tensor."""
        self.requires_grad = requires_grad
        return self

    # ----------------------------------------------------------------- conversion

    def numpy(self, *, force: bool = False) -> Any:
        """The array that shares this tensor's memory.

        Raises:
            RuntimeError: the tensor requires grad, and ``force`` is not given.
        """
        if self.requires_grad and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead."
            )
        return self._array[...]  # an object of its own: its shape can be set

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

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

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """Converted to a dtype, or to the dtype of another tensor; a device may stand beside it,
        and must be the CPU.

        Returns the tensor itself if nothing changes and ``copy`` is not given.
        """
        dtype = kwargs.get("dtype")
        place = kwargs.get("device")
        for argument in args:
            if isinstance(argument, dtypes.dtype):
                dtype = argument
            elif isinstance(argument, Variable):
                dtype = dtypes.from_numpy(argument._array.dtype)
            elif isinstance(
                argument, np.dtype
            ):  # backward formulas hand over what array.dtype gave
                dtype = dtypes.from_numpy(argument)
            elif not isinstance(argument, bool) and argument is not None:
                place = argument
        factories.check_device(place)
        out = self if dtype is None else tensor_shape.to_dtype(self, dtype)
        return tensor_shape.clone(out) if kwargs.get("copy") and out is self else out

    def type(self, dtype: Any = None) -> Any:
        """The legacy name of the type, such as ``torch.FloatTensor``; with a dtype, the converted
        tensor.
        """
        if dtype is None:
            return f"torch.{self.dtype.c10_name}Tensor"
        if isinstance(dtype, str):
            dtype = next(d for d in dtypes.ALL if f"torch.{d.c10_name}Tensor" == dtype)
        return tensor_shape.to_dtype(self, dtype)

    def type_as(self, other: Tensor) -> Tensor:
        """Converted to the dtype of another tensor."""
        return tensor_shape.to_dtype(self, other.dtype)

    def cpu(self) -> Tensor:
        """The tensor itself: it is on the CPU."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Tensor:
        """There is no CUDA here."""
        factories.check_device("cuda")
        return self

    def pin_memory(self) -> Tensor:
        """The tensor itself: there is no device to pin memory for."""
        return self

    def bool(self) -> Tensor:
        """Converted to bool."""
        return tensor_shape.to_dtype(self, dtypes.bool_)

    def byte(self) -> Tensor:
        """Converted to uint8."""
        return tensor_shape.to_dtype(self, dtypes.uint8)

    def char(self) -> Tensor:
        """Converted to int8."""
        return tensor_shape.to_dtype(self, dtypes.int8)

    def short(self) -> Tensor:
        """Converted to int16."""
        return tensor_shape.to_dtype(self, dtypes.int16)

    def int(self) -> Tensor:
        """Converted to int32."""
        return tensor_shape.to_dtype(self, dtypes.int32)

    def long(self) -> Tensor:
        """Converted to int64."""
        return tensor_shape.to_dtype(self, dtypes.int64)

    def half(self) -> Tensor:
        """Converted to float16."""
        return tensor_shape.to_dtype(self, dtypes.float16)

    def float(self) -> Tensor:
        """Converted to float32."""
        return tensor_shape.to_dtype(self, dtypes.float32)

    def double(self) -> Tensor:
        """Converted to float64."""
        return tensor_shape.to_dtype(self, dtypes.float64)

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

    def __len__(self) -> int:  # type: ignore[valid-type]
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __iter__(self) -> Any:
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(tensor_shape.unbind(self))

    def __reversed__(self) -> Tensor:
        return tensor_shape.flip(self, 0) if self._array.ndim else self

    def __pos__(self) -> Tensor:
        return self

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
        clone.__dict__.update(
            copy.deepcopy({k: v for k, v in self.__dict__.items() if not k.startswith("_")}, memo)
        )
        return clone

    def __reduce__(self) -> Any:
        if self.grad_fn is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) can be pickled; "
                "detach() this one first."
            )
        attributes = {k: v for k, v in self.__dict__.items() if not k.startswith("_")}
        # The whole storage, which the pickle holds once however many tensors are views of it.
        memory = storage_owner(self._array)
        place = self._array.dtype, self._array.shape, self._array.strides, self.storage_offset()
        return _rebuild, (type(self), memory, place, self._requires_grad), attributes or None

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)

    # ----------------------------------------------------------------- operators

    __add__ = __radd__ = _operator(binary_ops.add)
    __sub__ = _operator(binary_ops.sub)
    __rsub__ = _operator(binary_ops.rsub)
    __mul__ = __rmul__ = _operator(binary_ops.mul)
    __truediv__ = _operator(binary_ops.div)
    __rtruediv__ = _operator(binary_ops.rdiv)
    __floordiv__ = _operator(binary_ops.floor_divide)
    __rfloordiv__ = _operator(binary_ops.rfloordiv)
    __mod__ = _operator(binary_ops.remainder)
    __rmod__ = _operator(binary_ops.rmod)
    __pow__ = _operator(binary_ops.pow)
    __rpow__ = _operator(binary_ops.rpow)
    __matmul__ = _matrix_operator(linear_algebra.matmul)
    __rmatmul__ = _matrix_operator(linear_algebra.rmatmul)
    __eq__ = _operator(binary_ops.eq)
    __ne__ = _operator(binary_ops.ne)
    __lt__ = _operator(binary_ops.lt)
    __le__ = _operator(binary_ops.le)
    __gt__ = _operator(binary_ops.gt)
    __ge__ = _operator(binary_ops.ge)
    __and__ = __rand__ = _operator(binary_ops.bitwise_and)
    __or__ = __ror__ = _operator(binary_ops.bitwise_or)
    __xor__ = __rxor__ = _operator(binary_ops.bitwise_xor)
    __lshift__ = _operator(binary_ops.bitwise_left_shift)
    __rshift__ = _operator(binary_ops.bitwise_right_shift)
    __invert__ = unary_ops.bitwise_not
    __neg__ = unary_ops.neg
    __abs__ = unary_ops.abs
    __iadd__ = _operator(binary_ops.add_)
    __isub__ = _operator(binary_ops.sub_)
    __imul__ = _operator(binary_ops.mul_)
    __itruediv__ = _operator(binary_ops.div_)
    __ifloordiv__ = _operator(binary_ops.floor_divide_)
    __imod__ = _operator(binary_ops.remainder_)
    __ipow__ = _operator(binary_ops.pow_)
    __iand__ = _operator(binary_ops.bitwise_and_)
    __ior__ = _operator(binary_ops.bitwise_or_)
    __ixor__ = _operator(binary_ops.bitwise_xor_)
    __getitem__ = indexing.getitem
    __setitem__ = indexing.setitem

    # ----------------------------------------------------------------- the functions of native/, as
    # methods

    add = binary_ops.add
    sub = subtract = binary_ops.sub
    mul = multiply = binary_ops.mul
    div = true_divide = divide = binary_ops.div
    floor_divide = binary_ops.floor_divide
    remainder = binary_ops.remainder
    fmod = binary_ops.fmod
    pow = binary_ops.pow
    maximum = binary_ops.maximum
    minimum = binary_ops.minimum
    atan2 = binary_ops.atan2
    lerp = binary_ops.lerp
    addcmul = binary_ops.addcmul
    addcdiv = binary_ops.addcdiv
    add_ = binary_ops.add_
    sub_ = subtract_ = binary_ops.sub_
    mul_ = multiply_ = binary_ops.mul_
    div_ = divide_ = binary_ops.div_
    floor_divide_ = binary_ops.floor_divide_
    remainder_ = binary_ops.remainder_
    fmod_ = binary_ops.fmod_
    pow_ = binary_ops.pow_
    lerp_ = binary_ops.lerp_
    addcmul_ = binary_ops.addcmul_
    addcdiv_ = binary_ops.addcdiv_
    eq = binary_ops.eq
    ne = not_equal = binary_ops.ne
    lt = less = binary_ops.lt
    le = less_equal = binary_ops.le
    gt = greater = binary_ops.gt
    ge = greater_equal = binary_ops.ge
    logical_and = binary_ops.logical_and
    logical_or = binary_ops.logical_or
    logical_xor = binary_ops.logical_xor
    bitwise_and = binary_ops.bitwise_and
    bitwise_or = binary_ops.bitwise_or
    bitwise_xor = binary_ops.bitwise_xor
    bitwise_left_shift = binary_ops.bitwise_left_shift
    bitwise_right_shift = binary_ops.bitwise_right_shift
    bitwise_and_ = binary_ops.bitwise_and_
    bitwise_or_ = binary_ops.bitwise_or_
    bitwise_xor_ = binary_ops.bitwise_xor_
    isclose = binary_ops.isclose
    allclose = binary_ops.allclose
    equal = binary_ops.equal

    neg = negative = unary_ops.neg
    abs = absolute = unary_ops.abs
    exp = unary_ops.exp
    expm1 = unary_ops.expm1
    exp2 = unary_ops.exp2
    log = unary_ops.log
    log2 = unary_ops.log2
    log10 = unary_ops.log10
    log1p = unary_ops.log1p
    sqrt = unary_ops.sqrt
    rsqrt = unary_ops.rsqrt
    reciprocal = unary_ops.reciprocal
    square = unary_ops.square
    sin = unary_ops.sin
    cos = unary_ops.cos
    tan = unary_ops.tan
    asin = arcsin = unary_ops.asin
    acos = arccos = unary_ops.acos
    atan = arctan = unary_ops.atan
    sinh = unary_ops.sinh
    cosh = unary_ops.cosh
    tanh = unary_ops.tanh
    sigmoid = unary_ops.sigmoid
    sign = unary_ops.sign
    floor = unary_ops.floor
    ceil = unary_ops.ceil
    trunc = unary_ops.trunc
    round = unary_ops.round
    clamp = clip = unary_ops.clamp
    neg_ = unary_ops.neg_
    abs_ = unary_ops.abs_
    exp_ = unary_ops.exp_
    log_ = unary_ops.log_
    sqrt_ = unary_ops.sqrt_
    rsqrt_ = unary_ops.rsqrt_
    reciprocal_ = unary_ops.reciprocal_
    sin_ = unary_ops.sin_
    cos_ = unary_ops.cos_
    tanh_ = unary_ops.tanh_
    sigmoid_ = unary_ops.sigmoid_
    floor_ = unary_ops.floor_
    ceil_ = unary_ops.ceil_
    round_ = unary_ops.round_
    clamp_ = unary_ops.clamp_
    isnan = unary_ops.isnan
    isinf = unary_ops.isinf
    isfinite = unary_ops.isfinite
    logical_not = unary_ops.logical_not
    bitwise_not = unary_ops.bitwise_not

    sum = reduce_ops.sum
    nansum = reduce_ops.nansum
    mean = reduce_ops.mean
    var = reduce_ops.var
    std = reduce_ops.std
    prod = reduce_ops.prod
    cumsum = reduce_ops.cumsum
    cumprod = reduce_ops.cumprod
    max = reduce_ops.max
    min = reduce_ops.min
    amax = reduce_ops.amax
    amin = reduce_ops.amin
    argmax = reduce_ops.argmax
    argmin = reduce_ops.argmin
    all = reduce_ops.all
    any = reduce_ops.any
    count_nonzero = reduce_ops.count_nonzero
    logsumexp = reduce_ops.logsumexp
    norm = reduce_ops.norm
    dist = reduce_ops.dist
    median = reduce_ops.median

    mm = linear_algebra.mm
    addmm = linear_algebra.addmm
    bmm = linear_algebra.bmm
    baddbmm = linear_algebra.baddbmm
    mv = linear_algebra.mv
    dot = linear_algebra.dot
    outer = linear_algebra.outer
    matmul = linear_algebra.matmul
    tril = linear_algebra.tril
    triu = linear_algebra.triu
    diagonal = linear_algebra.diagonal
    diag = linear_algebra.diag
    trace = linear_algebra.trace

    view = tensor_shape.view
    reshape = tensor_shape.reshape
    view_as = tensor_shape.view_as
    reshape_as = tensor_shape.reshape_as
    flatten = tensor_shape.flatten
    unflatten = tensor_shape.unflatten
    ravel = tensor_shape.ravel
    permute = tensor_shape.permute
    transpose = swapaxes = swapdims = tensor_shape.transpose
    t = tensor_shape.t
    movedim = moveaxis = tensor_shape.movedim
    expand = tensor_shape.expand
    expand_as = tensor_shape.expand_as
    broadcast_to = tensor_shape.broadcast_to
    squeeze = tensor_shape.squeeze
    unsqueeze = tensor_shape.unsqueeze
    as_strided = tensor_shape.as_strided
    unbind = tensor_shape.unbind
    split = tensor_shape.split
    chunk = tensor_shape.chunk
    narrow = tensor_shape.narrow
    select = tensor_shape.select
    repeat = tensor_shape.repeat
    tile = tensor_shape.tile
    flip = tensor_shape.flip
    roll = tensor_shape.roll
    clone = tensor_shape.clone
    contiguous = tensor_shape.contiguous
    detach = tensor_shape.detach
    detach_ = tensor_shape.detach_
    copy_ = tensor_shape.copy_
    fill_ = tensor_shape.fill_
    zero_ = tensor_shape.zero_
    squeeze_ = tensor_shape.squeeze_
    unsqueeze_ = tensor_shape.unsqueeze_
    transpose_ = swapaxes_ = swapdims_ = tensor_shape.transpose_
    t_ = tensor_shape.t_
    sum_to_size = tensor_shape.sum_to_size
    numel = nelement = tensor_shape.numel

    gather = indexing.gather
    take_along_dim = indexing.take_along_dim
    scatter = indexing.scatter
    scatter_ = indexing.scatter_
    scatter_add = indexing.scatter_add
    scatter_add_ = indexing.scatter_add_
    index_select = indexing.index_select
    index_add = indexing.index_add
    index_add_ = indexing.index_add_
    index_put_ = indexing.index_put_
    masked_fill = indexing.masked_fill
    masked_fill_ = indexing.masked_fill_
    masked_select = indexing.masked_select
    nonzero = indexing.nonzero
    argwhere = indexing.argwhere

    sort = sorting.sort
    argsort = sorting.argsort
    topk = sorting.topk
    kthvalue = sorting.kthvalue
    unique = sorting.unique
    bincount = sorting.bincount

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

    new_tensor = factories.new_tensor
    new_zeros = factories.new_zeros
    new_ones = factories.new_ones
    new_empty = factories.new_empty
    new_full = factories.new_full

    erf = special_functions.erf
    erf_ = special_functions.erf_

    relu = activation.relu
    relu_ = activation.relu_

    log_softmax = softmax.log_softmax
    softmax = softmax.softmax  # last: from here on the name means the function

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """This tensor where ``condition``, else ``other``."""
        return binary_ops.where(condition, self, other)

    def clamp_min(self, min: Any) -> Tensor:
        """``clamp`` from below."""
        return unary_ops.clamp(self, min)

    def clamp_max(self, max: Any) -> Tensor:
        """``clamp`` from above."""
        return unary_ops.clamp(self, None, max)


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
random.wrap_state = wrap
