"""``Parameter``: a tensor that a module trains, and ``Buffer``: one that it only keeps.

Both have an uninitialized form, whose shape is not known before a lazy layer has seen an input.

Mirrors torch/nn/parameter.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.native.factories import empty

__all__ = [
    "Parameter",
    "Buffer",
    "UninitializedParameter",
    "UninitializedBuffer",
    "UninitializedTensorMixin",
    "is_lazy",
]


class Parameter(Tensor):
    """A leaf tensor that joins ``module.parameters()`` when it is assigned to a module's attribute.

    It shares the memory of ``data``.

    >>> import minitorch
    >>> from minitorch import nn
    >>> module = nn.Module()
    >>> module.scale = Parameter(minitorch.ones(2))
    >>> list(module.named_parameters())
    [('scale', Parameter containing:
    tensor([1., 1.], requires_grad=True))]
    """

    if not TYPE_CHECKING:  # checkers take the signature from __init__, where Tensor has its own

        def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
            if data is None:
                data = empty(0)
            parameter = super().__new__(cls, data)
            parameter._version_counter = data.shared_version_counter()
            parameter.requires_grad = requires_grad
            return parameter

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        """Everything is done by ``__new__``; Tensor's own constructor must not run."""

    def __repr__(self) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        copied: Parameter = memo[id(self)]
        return copied


class _BufferMeta(type(Tensor)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: Any) -> bool:
        is_buffer = isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)
        return is_buffer or super().__instancecheck__(instance)


class Buffer(Tensor, metaclass=_BufferMeta):
    """A tensor that becomes a module's buffer when it is assigned to an attribute.

    ``Buffer(data)`` returns a plain tensor with a mark on it: what matters is the assignment.

    Args:
        persistent: whether ``state_dict`` holds it.
    """

    persistent: bool

    if not TYPE_CHECKING:

        def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Tensor:
            if data is None:
                data = empty(0)
            buffer = data.detach().requires_grad_(data.requires_grad)
            buffer.persistent = persistent
            buffer._is_buffer = True
            return buffer

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        """Everything is done by ``__new__``."""


# --------------------------------------------------------------------------- without a shape


class UninitializedTensorMixin(Tensor):
    """A tensor whose shape is not known yet. All that it has is a dtype, which ``to`` may change.

    Raises:
        ValueError: any other operation takes part in it.
    """

    cls_to_become: type[Tensor]
    _dtype: dtypes.dtype

    def materialize(
        self, shape: Sequence[int], device: Any = None, dtype: dtypes.dtype | None = None
    ) -> None:
        """Become, in place, a tensor of this shape; its values are not set."""
        allocated = empty(shape, device=device, dtype=dtype or self._dtype)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self._array = allocated._array

    if not TYPE_CHECKING:  # for a checker, Tensor's own attributes

        @property
        def _array(self) -> NoReturn:
            raise ValueError(
                "Attempted to use an uninitialized parameter. This error happens when you are "
                "using a `LazyModule` or explicitly manipulating "
                f"`torch.nn.parameter.{type(self).__name__}` objects. When using LazyModules Call "
                "`forward` with a dummy batch to initialize the parameters before calling torch "
                "functions"
            )

        @property
        def shape(self) -> NoReturn:
            raise RuntimeError(
                "Can't access the shape of an uninitialized parameter or buffer. This error "
                "usually happens in `load_state_dict` when trying to load an uninitialized "
                "parameter into an initialized one. Call `forward` to initialize the parameters "
                "before accessing their attributes."
            )

        @property
        def dtype(self) -> dtypes.dtype:
            return self._dtype

        @property
        def data(self) -> UninitializedTensorMixin:
            return self

        @data.setter
        def data(self, value: UninitializedTensorMixin) -> None:
            self._dtype = value._dtype

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """One that will have the given dtype."""
        given = [a for a in (*args, *kwargs.values()) if isinstance(a, dtypes.dtype)]
        return type(self)(self.requires_grad, dtype=given[0] if given else self._dtype)  # type: ignore[call-arg]

    def cpu(self) -> Any:
        """Itself."""
        return self

    def is_floating_point(self) -> bool:
        """Whether its dtype is one of real numbers."""
        return self._dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether its dtype is one of complex numbers."""
        return self._dtype.is_complex

    def detach(self) -> Any:
        """Itself: no operation has made it."""
        return self

    def share_memory_(self) -> NoReturn:
        """Refused: there is no memory yet."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to "
            "initialize the parameters before calling `module.share_memory()`."
        )

    def __repr__(self) -> str:  # type: ignore[override]
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return memo.setdefault(id(self), self.to())

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.requires_grad, None, self._dtype)


def _without_shape(tensor: Tensor, cls: type[Tensor]) -> Any:
    tensor._dtype = tensor.dtype  # type: ignore[attr-defined]
    tensor.__class__ = cls
    return tensor


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """What becomes a Parameter once its shape is known.

    >>> weight = UninitializedParameter()
    >>> weight.materialize((2, 3))
    >>> type(weight).__name__, weight.shape
    ('Parameter', torch.Size([2, 3]))
    """

    cls_to_become = Parameter

    if not TYPE_CHECKING:

        def __new__(
            cls, requires_grad: bool = True, device: Any = None, dtype: Any = None
        ) -> UninitializedParameter:
            return _without_shape(
                Parameter(empty(0, device=device, dtype=dtype), requires_grad), cls
            )

    def __init__(
        self, requires_grad: bool = True, device: Any = None, dtype: dtypes.dtype | None = None
    ) -> None:
        """Everything is done by ``__new__``."""


class UninitializedBuffer(UninitializedTensorMixin):
    """What becomes a buffer once its shape is known."""

    cls_to_become = Tensor

    if not TYPE_CHECKING:

        def __new__(
            cls,
            requires_grad: bool = False,
            device: Any = None,
            dtype: Any = None,
            persistent: bool = True,
        ) -> UninitializedBuffer:
            buffer = Buffer(empty(0, device=device, dtype=dtype), persistent=persistent)
            return _without_shape(buffer.requires_grad_(requires_grad), cls)

    def __init__(
        self,
        requires_grad: bool = False,
        device: Any = None,
        dtype: dtypes.dtype | None = None,
        persistent: bool = True,
    ) -> None:
        """Everything is done by ``__new__``."""


def is_lazy(param: Any) -> bool:
    """Whether this is a parameter or a buffer without a shape."""
    return isinstance(param, UninitializedTensorMixin)
