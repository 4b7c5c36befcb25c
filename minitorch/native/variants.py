"""The other forms of an operation: in place (``tanh_``), and into a given tensor (``out=``).

Mirrors torchgen/native_function_generation.py, which generates both from the functional form, and
aten/src/ATen/native/Resize.cpp (resize_output).
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from minitorch import dtypes
from minitorch.autograd import grad_mode
from minitorch.autograd.inplace import check_inplace
from minitorch.autograd.memory_overlap import (
    check_disjoint,
    check_no_overlap,
    check_no_partial_overlap,
)
from minitorch.autograd.operator import Operator, copy_with_history
from minitorch.autograd.variable import Variable

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

Result = TypeVar("Result")

# These read elsewhere than they write: ``out`` may not even be the input itself. Where torch checks
# nothing (reductions, matrix products, linear algebra) its result is undefined; here a part of an
# input is refused as for the element-wise ones.
_MOVES_ELEMENTS = frozenset(
    ["cat", "stack", "gather", "take", "take_along_dim", "index_select", "masked_select"]
    + ["kthvalue", "cross", "linalg_cross"]
)


def in_place(operation: type[Operator] | Callable[..., Any], name: str = "") -> Callable[..., Any]:
    """The twin that writes its result over its first argument: ``sinh_ = in_place(Sinh)``.

    Args:
        operation: an ``Operator`` whose arguments are those of the twin, or a function, which may
            be composed of several.
        name: of the twin; derived from the operation's if it is left out.
    """
    if isinstance(operation, type):
        name = name or f"{operation.__name__.lower()}_"
        twin = _operator_in_place(operation)
    else:
        name = name or f"{operation.__name__}_"
        twin = _function_in_place(operation)
    twin.__name__ = twin.__qualname__ = name
    twin.__doc__ = f"``{name.rstrip('_')}`` in place."
    twin.__module__ = operation.__module__
    return twin


def _operator_in_place(operator: type[Operator]) -> Callable[..., Any]:
    def twin(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return operator.apply_(input, *args, **kwargs)

    return twin


def _function_in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def twin(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        tracked = grad_mode.state.enabled and input.requires_grad
        check_inplace(input, tracked)
        # What the function saves of its input must survive that this memory is written.
        result = function(copy_with_history(input) if tracked else input, *args, **kwargs)
        if result.shape != input.shape:
            raise RuntimeError(
                f"output with shape {list(input.shape)} doesn't match the broadcast shape "
                f"{list(result.shape)}"
            )
        _check_cast(result, input)
        return input.copy_(result)

    return twin


def accepts_out(function: Callable[..., Result]) -> Callable[..., Result]:
    """Give a function the keyword ``out``: a tensor, or a tuple of them, that takes the result.

    ``out`` is resized if its shape differs, with a warning if it had elements. NumPy's names of
    arguments are taken too, as by ``accepts_numpy_names``.

    Raises:
        RuntimeError: the result requires grad, or its dtype cannot be stored in that of ``out``, or
            ``out`` shares memory with an input.
        TypeError: ``out`` is not a tensor.
    """

    names = _numpy_names(function)

    @functools.wraps(function)
    def with_out(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        if kwargs:
            kwargs = _in_words_of_torch(kwargs, names)
        try:
            result: Any = function(*args, **kwargs)
        except AttributeError:
            _check_input(function.__name__, *args)
            raise
        if out is None:
            return result
        return write_out(function.__name__, result, out, *args, *kwargs.values())

    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    last = len(parameters) - any([p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters])
    parameters.insert(last, inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None))
    with_out.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return with_out


def _check_input(name: str, input: Any = None, *args: Any) -> None:
    """Say that the first argument is no tensor, once the function has failed on it."""
    if input is not None and not isinstance(input, (Variable, tuple, dict)):
        raise TypeError(
            f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )


NUMPY_NAMES = {
    "axis": "dim",
    "keepdims": "keepdim",
    "x": "input",
    "a": "input",
    "x1": "input",
    "x2": "other",
}
"""What NumPy calls an argument, and torch. Mirrors numpy_compatibility_arg_names of
torch/csrc/utils/python_arg_parser.cpp."""


def accepts_numpy_names(function: Callable[..., Result]) -> Callable[..., Result]:
    """Let a function be called with NumPy's names of its arguments: ``unbind(x, axis=0)``."""
    names = _numpy_names(function)

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Result:
        return function(*args, **(_in_words_of_torch(kwargs, names) if kwargs else kwargs))

    return renamed


def _numpy_names(function: Callable[..., Any]) -> dict[str, str]:
    """NumPy's names for arguments that the function has, but not under that name."""
    own = inspect.signature(function).parameters
    return {
        theirs: name for theirs, name in NUMPY_NAMES.items() if name in own and theirs not in own
    }


def _in_words_of_torch(kwargs: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    if names.keys().isdisjoint(kwargs):
        return kwargs
    renamed = {names.get(name, name): value for name, value in kwargs.items()}
    if len(renamed) < len(kwargs):
        raise TypeError(f"received one argument under two names: {', '.join(kwargs)}")
    return renamed


def write_out(name: str, result: Any, out: Any, *inputs: Any) -> Any:
    """Store the result of the operation ``name`` in ``out``, and return ``out``.

    Args:
        inputs: what the result was computed from; only tensors, or sequences of them, matter.
    """
    if not isinstance(result, Variable):
        stored = [write_out(name, r, o, *inputs) for r, o in zip(result, out, strict=True)]
        return type(result)(*stored) if hasattr(result, "_fields") else tuple(stored)
    if not isinstance(out, Variable):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if grad_mode.state.enabled and (result.requires_grad or out.requires_grad):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    _check_cast(result, out)
    check_no_overlap(out._array)
    read = [t for x in inputs for t in (x if isinstance(x, (list, tuple)) else (x,))]
    arrays = [t._array for t in read if isinstance(t, Variable)]
    moves = name in _MOVES_ELEMENTS
    for array in arrays:
        (check_disjoint if moves else check_no_partial_overlap)(out._array, array)
    resize_output(out, result._array.shape)
    if moves:  # it may have grown into an input
        for array in arrays:
            check_disjoint(out._array, array)
    out._array[...] = result._array
    out.bump_version()
    return out


def resize_output(out: Any, shape: tuple[int, ...]) -> None:
    """Give ``out`` the shape of the result it is to hold."""
    if out._array.shape == shape:
        return
    if out._array.size:
        warnings.warn(
            "An output with one or more elements was resized since it had shape "
            f"{list(out._array.shape)}, which does not match the required output shape "
            f"{list(shape)}. This behavior is deprecated, and in a future PyTorch release outputs "
            "will not be resized unless they have zero elements. You can explicitly reuse an out "
            "tensor t by resizing it, inplace, to zero elements with t.resize_(0)."
        )
    out.resize_(shape)


def _check_cast(result: Any, target: Any) -> None:
    from_, to = (dtypes.from_numpy(x._array.dtype) for x in (result, target))
    if not dtypes.can_cast(from_, to):
        raise RuntimeError(
            f"result type {from_.c10_name} can't be cast to the desired output type {to.c10_name}"
        )
