"""Complex numbers: making them, taking them apart, and what has no complex derivative.

Mirrors aten/src/ATen/native/{ComplexHelper.h, UnaryOps.cpp (conj, real, imag, angle, sgn),
BinaryOps.cpp (complex, polar)}. Gradients of complex tensors are the conjugate of the derivative
(autograd/holomorphic.py says why).

Left out: complex32, which NumPy does not have, and the conjugate and negative bits. With them
torch's ``conj`` is a view that is computed when it is used; here it is computed at once, so
``is_conj`` and ``is_neg`` are always False.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd import inplace
from minitorch.autograd.node import Edge, Node, next_sequence_nr
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.conversions import Contiguous
from minitorch.native.expand_utils import infer_size
from minitorch.native.splitting import select
from minitorch.native.tensor_iterator import as_float, zero_like
from minitorch.native.variants import accepts_out, in_place, write_out
from minitorch.native.views import transpose

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# --------------------------------------------------------------------------- the conjugate


class Conj(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return np.conjugate(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Conj.apply(grad)


class ConjPhysical(Conj):
    """``Conj`` by the name of the operation that never was a view."""


def conj(input: Tensor) -> Tensor:
    """out = real - i imag, element-wise; a real tensor is returned as it is.

    torch's is a view of ``input``, this is a copy.
    """
    return Conj.apply(input) if is_complex(input) else input


@accepts_out
def conj_physical(input: Tensor) -> Tensor:
    """``conj``, computed at once in torch too."""
    return ConjPhysical.apply(input) if is_complex(input) else input


conj_physical_ = in_place(conj_physical)


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: no conjugation is ever pending."""
    return input


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: no negation is ever pending."""
    return input


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is complex."""
    return input._array.dtype.kind == "c"


def is_conj(input: Tensor) -> bool:
    """Whether a conjugation is pending: never."""
    return False


def is_neg(input: Tensor) -> bool:
    """Whether a negation is pending: never."""
    return False


def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions exchanged, and conjugated."""
    return _conjugate_transpose(input, "adjoint()")


def _conjugate_transpose(input: Tensor, name: str) -> Tensor:
    ndim = input._array.ndim
    if ndim == 1:
        raise RuntimeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return conj(transpose(input, -2, -1)) if ndim else conj(input)


def mH(input: Tensor) -> Tensor:
    """``adjoint``, as an attribute: ``x.mH``."""
    return _conjugate_transpose(input, "mH")


def H(input: Tensor) -> Tensor:
    """The conjugate transpose of a matrix, as an attribute: ``x.H``.

    Raises:
        RuntimeError: the tensor has one dimension, or more than two.
    """
    ndim = input._array.ndim
    if ndim not in (0, 2):
        hint = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{hint}"
        )
    return adjoint(input)


# --------------------------------------------------------------------------- real and imaginary


class ViewAsReal(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return input[..., None].view(np.empty(0, input.dtype).real.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return ViewAsComplex.apply(Contiguous.apply(grad))


class ViewAsComplex(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return input.view(dtypes.from_numpy(input.dtype).to_complex().numpy)[..., 0]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return ViewAsReal.apply(grad)


def view_as_real(input: Tensor) -> Tensor:
    """The same memory as real numbers.

    Shape: (*) complex -> (*, 2) real: real and imaginary parts.
    """
    if not is_complex(input):
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return ViewAsReal.apply(input)


def view_as_complex(input: Tensor) -> Tensor:
    """The same memory as complex numbers: the inverse of ``view_as_real``.

    Shape: (*, 2) real -> (*) complex.

    Raises:
        RuntimeError: the two parts of a number do not lie side by side.
    """
    array = input._array
    if array.dtype.kind != "f":
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a "
            f"tensor of scalar type: {dtypes.from_numpy(array.dtype).c10_name}"
        )
    if not array.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if array.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    *strides, last = input.stride()
    if last != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any([step % 2 for step in strides]):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if input.storage_offset() % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return ViewAsComplex.apply(input)


def _copy_parts(base: Variable, view_array: Any, node: Node) -> Node:
    """The node of a complex tensor whose parts were changed in place: it was taken apart, a part
    was changed, and it was put together again.
    """
    if base._array.dtype.kind != "c":
        raise RuntimeError("view_as_complex: a change in place cannot be followed to its base")
    parts = ViewAsReal.apply(base)
    parts._view = None
    parts._grad_fn = inplace.CopySlices(parts, view_array, node)
    parts._requires_grad = True
    together: Node = ViewAsComplex.apply(parts)._grad_fn
    return together


def taken_apart(edge: Edge | None, array: Any) -> tuple[Edge, Any]:
    """A complex array as real parts, and the edge of their gradient, given its own."""
    node: Any = ViewAsReal()
    node._saved = node._sources = node._versions = ()
    node.next_edges = (edge,)
    node.sequence_nr = next_sequence_nr()
    parts = ViewAsReal.forward(node, array)
    node.output_shape, node.output_dtype = parts.shape, parts.dtype
    return (node, 0), parts


inplace.copy_parts = _copy_parts


def real(input: Tensor) -> Tensor:
    """The real parts, which share memory with ``input``; a real tensor is returned as it is."""
    return select(ViewAsReal.apply(input), -1, 0) if is_complex(input) else input


def imag(input: Tensor) -> Tensor:
    """The imaginary parts, which share memory with ``input``.

    Raises:
        RuntimeError: the tensor is not complex.
    """
    if not is_complex(input):
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return select(ViewAsReal.apply(input), -1, 1)


def isreal(input: Tensor) -> Tensor:
    """Whether the imaginary part of each element is zero."""
    return wrap(np.isreal(input._array))


# --------------------------------------------------------------------------- making them


class Complex(Operator):
    @staticmethod
    def forward(ctx: Any, real: Any, imag: Any) -> Any:
        return _join(real, imag)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad.real, grad.imag


class Polar(Operator):
    @staticmethod
    def forward(ctx: Any, abs: Any, angle: Any) -> Any:
        out = _join(abs * np.cos(angle), abs * np.sin(angle))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        conjugate = grad.conj()
        return (conjugate * Sgn.apply(out)).real, (conjugate * (out * 1j)).real


def _join(real: Any, imag: Any) -> Any:
    """Two real arrays as one complex one. ``real + 1j * imag`` would make nan of infinities."""
    parts = np.stack(np.broadcast_arrays(real, imag), axis=-1)
    return parts.view(dtypes.from_numpy(real.dtype).to_complex().numpy)[..., 0]


def _check_parts(name: str, operands: dict[str, Any], out: Tensor | None) -> None:
    for position, (argument, value) in enumerate(operands.items(), 1):
        if not isinstance(value, Variable):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be Tensor, not "
                f"{type(value).__name__}"
            )
    first, second = [dtypes.from_numpy(x._array.dtype) for x in operands.values()]
    if not (first.is_floating_point and second.is_floating_point):
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{first.c10_name} and {second.c10_name}"
        )
    if first is dtypes.float16:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Half'")
    if first is not second:
        raise RuntimeError(
            f"Expected object of scalar type {first.c10_name} but got scalar type "
            f"{second.c10_name} for second argument"
        )
    result = first.to_complex()
    if out is not None and dtypes.from_numpy(out._array.dtype) is not result:
        raise RuntimeError(
            f"Expected object of scalar type {result.c10_name} but got scalar type "
            f"{dtypes.from_numpy(out._array.dtype).c10_name} for argument 'out'"
        )
    infer_size(*[x._array.shape for x in operands.values()])


def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """out = real + i imag, element-wise.

    >>> import minitorch
    >>> complex(minitorch.tensor([1.0, 2.0]), minitorch.tensor([0.5, -1.0]))
    tensor([1.+0.5000j, 2.-1.0000j])

    Raises:
        RuntimeError: the dtypes differ, or are not float32 or float64.
    """
    _check_parts("complex", {"real": real, "imag": imag}, out)
    result = Complex.apply(real, imag)
    return result if out is None else write_out("complex", result, out)


def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """out = abs * (cos(angle) + i sin(angle)), element-wise; ``angle`` is in radians."""
    _check_parts("polar", {"abs": abs, "angle": angle}, out)
    result = Polar.apply(abs, angle)
    return result if out is None else write_out("polar", result, out)


# --------------------------------------------------------------------------- magnitude and angle


class Sgn(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if input.dtype.kind != "c":
            ctx.save_for_backward(None, None)
            if input.dtype == bool:
                return input.copy()
            positive, negative = (side.astype(input.dtype) for side in (input > 0, input < 0))
            return positive - negative  # 0 for NaN, unlike np.sign
        size = np.abs(input)
        out = np.where(size == 0, input.dtype.type(0), input / np.where(size == 0, 1, size))
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        if input is None:
            return zero_like(grad)
        size = abs(input)
        # The part of the gradient that points away from 0 would only change the size. At 0 it is 0.
        at_zero = size == 0
        turning = grad - (grad * out.conj()).real * out
        return turning * ~at_zero / (size + at_zero)


class Angle(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if input.dtype.kind == "c":
            ctx.save_for_backward(input)
            return np.angle(input)
        ctx.save_for_backward(None)
        input = as_float(input)
        half_turn = (input < 0) * input.dtype.type(math.pi)
        return np.where(np.isnan(input), input, half_turn)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        if input is None:
            return zero_like(grad)
        at_zero = input == 0
        square = (input * input.conj()).real + at_zero
        return grad * (input / square * 1j)


@accepts_out
def sgn(input: Tensor) -> Tensor:
    """out = input / |input|, element-wise, and 0 at 0: ``sign`` for complex numbers too."""
    return Sgn.apply(input)


sgn_ = in_place(Sgn)


@accepts_out
def angle(input: Tensor) -> Tensor:
    """out = the angle of each number in radians, in (-pi, pi]; of a real number 0 or pi."""
    return Angle.apply(input)
