"""``Parameter``: a tensor that a module trains, and ``Buffer``: one that it only keeps.

Mirrors torch/nn/parameter.py. Left out: UninitializedParameter and UninitializedBuffer, which
serve the lazy layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.native.factories import empty

__all__ = ["Parameter", "Buffer"]


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
