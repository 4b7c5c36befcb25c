"""``Function``: how users write an operation with its own derivative.

Mirrors torch/autograd/function.py and torch/csrc/autograd/python_function.cpp. ``forward`` and
``backward`` see tensors. The framework's own operations are ``Operator``s instead, which see
arrays. Left out: forward mode (``jvp`` is accepted, and never called), ``NestedIOFunction``.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from minitorch import dtypes
from minitorch.autograd import anomaly_mode, grad_mode
from minitorch.autograd.inplace import rebase_history
from minitorch.autograd.node import BACKWARD_TWICE, Node, next_sequence_nr
from minitorch.autograd.operator import Alias
from minitorch.autograd.saved_variable import (
    INFERENCE_SAVED,
    PackedVariable,
    PackHooks,
    default_hooks,
    modified,
)
from minitorch.autograd.variable import CUSTOM, Variable, View, unwrap, wrap


class SavedOfFunction:
    """One tensor that ``ctx.save_for_backward`` was given. Mirrors SavedVariable."""

    __slots__ = ("value", "output_nr", "counter", "version")

    def __init__(self, tensor: Variable, output_nr: int) -> None:
        # Of an output only the array is kept: a reference to the tensor would be a cycle.
        self.value: Any = tensor._array if output_nr >= 0 else tensor
        self.output_nr = output_nr
        self.counter = tensor.shared_version_counter()
        self.version = self.counter[0]

    def pack(self, owner: Node, hooks: PackHooks, *, detach: bool = False) -> None:
        """Put what the pack hook returns in the tensor's place."""
        tensor = self._tensor(owner)
        is_output = self.output_nr >= 0
        self.value = PackedVariable(tensor, hooks, is_output=is_output, detach=detach)

    def unpack(self, owner: FunctionCtx) -> Any:
        """The tensor, if it is unchanged."""
        if type(self.value) is PackedVariable:
            return self.value.unpack(owner.view_node or owner)
        if self.counter[0] != self.version:
            if self.output_nr >= 0:
                maker, nr = cast(Node, owner), self.output_nr
            else:
                maker, nr = self.value.grad_fn, self.value.output_nr
            raise modified(owner, unwrap(self.value), maker, nr, self.counter, self.version)
        return self._tensor(owner.view_node or owner)

    def _tensor(self, maker: Node) -> Any:
        if self.output_nr < 0:
            return self.value
        tensor = wrap(self.value, maker)
        tensor._output_nr = self.output_nr
        tensor._version_counter = self.counter
        return tensor


class RawSavedTensor:
    """A saved tensor as it lies in its node: one of ``ctx._raw_saved_tensors``."""

    def __init__(self, owner: Node, saved: SavedOfFunction) -> None:
        self.owner = owner
        self.saved = saved

    def register_hooks(self, pack_hook: Any, unpack_hook: Any) -> None:
        """Replace the tensor by ``pack_hook(tensor)``; backward gets ``unpack_hook`` of that."""
        if type(self.saved.value) is PackedVariable:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. "
                "Hint: only one pair of hooks is allowed at a time."
            )
        self.saved.pack(self.owner, (pack_hook, unpack_hook), detach=True)


class FunctionCtx(Node):
    """The ``ctx`` of a ``Function``, and its node in the graph."""

    function: type[Function]
    _input_shapes: list[tuple[int, ...] | None]

    def __init__(self) -> None:
        self.to_save: tuple[Any, ...] = ()
        self.saved_for_forward: tuple[Any, ...] = ()
        self.dirty_tensors: tuple[Any, ...] = ()
        self.non_differentiable: tuple[Any, ...] = ()
        self.materialize_grads = True
        self._saved: list[SavedOfFunction | None] | None = []
        self._output_meta: list[Any] = []
        self.needs_input_grad: tuple[bool, ...] = ()
        self.next_edges = ()
        self.sequence_nr = next_sequence_nr()
        if anomaly_mode.state.enabled:
            anomaly_mode.remember_forward(self)

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs and outputs of ``forward`` until ``backward``; changes to them in place are
        then noticed.
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for ``jvp``, which is not called here."""
        self.saved_for_forward = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Say that ``forward`` changed these inputs in place."""
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say that these outputs have no gradient."""
        self.non_differentiable = tensors

    def mark_shared_storage(self, *pairs: Any) -> None:
        """Deprecated, and without effect: views are noticed by themselves."""
        warnings.warn(
            "mark_shared_storage is deprecated. Tensors with shared storages are automatically "
            "tracked. Note that calls to `set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a missing gradient of an output reaches ``backward`` as zeros (the default) or as
        None.
        """
        if not isinstance(value, bool):
            raise TypeError(
                "set_materialize_grads received an invalid combination of arguments - got "
                f"({type(value).__name__}), but expected (bool)"
            )
        self.materialize_grads = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept.

        Raises:
            RuntimeError: it was freed by an earlier backward, or changed in place since.
        """
        return tuple([None if s is None else s.unpack(self) for s in self._kept()])

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """The old name of ``saved_tensors``."""
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2
        )
        return self.saved_tensors

    @property
    def _raw_saved_tensors(self) -> tuple[RawSavedTensor | None, ...]:
        return tuple([None if s is None else RawSavedTensor(self, s) for s in self._kept()])

    def _kept(self) -> list[SavedOfFunction | None]:
        if self._saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        return self._saved

    def output_meta(self, nr: int) -> tuple[tuple[int, ...], Any]:
        meta: tuple[tuple[int, ...], Any] = self._output_meta[nr]
        return meta

    def run_without_gradients(self, create_graph: bool) -> tuple[Any, ...]:
        return self.run((None,) * self.num_outputs, create_graph)

    def run(self, grads: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
        boxed = []
        like = unwrap(next((grad for grad in grads if grad is not None), np.empty(0)))
        for grad, meta in zip(grads, self._output_meta, strict=True):
            if grad is None and self.materialize_grads and meta is not None:
                boxed.append(wrap(np.zeros_like(like, shape=meta[0], dtype=meta[1])))
            else:
                boxed.append(grad if grad is None or create_graph else wrap(grad))
        with grad_mode.set_grad_enabled(create_graph):
            results = self.function._differentiate()(self, *boxed)
        return self._checked(results, create_graph)

    def _checked(self, results: Any, create_graph: bool) -> tuple[Any, ...]:
        """The gradients that ``backward`` returned, in the number and the shapes of the inputs."""
        results = results if isinstance(results, tuple) else (results,)
        expected = len(self.next_edges)
        if len(results) > expected and all(r is None for r in results[expected:]):
            results = results[:expected]
        if len(results) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected "
                f"{expected}, got {len(results)})"
            )
        checked = []
        for i, (result, shape) in enumerate(zip(results, self._input_shapes, strict=True)):
            if result is not None and not isinstance(result, Variable):
                raise RuntimeError(f"expected Variable or None (got {type(result).__name__})")
            if result is not None and shape is not None and result._array.shape != shape:
                try:
                    result = cast(Any, result).sum_to_size(shape)
                except RuntimeError:
                    raise RuntimeError(
                        f"Function {self.name()} returned an invalid gradient at index {i} - got "
                        f"{list(result.shape)} but expected shape compatible with {list(shape)}"
                    ) from None
            checked.append(result if create_graph else unwrap(result))
        return tuple(checked)

    def release(self) -> None:
        self._saved = None

    def __call__(self, *grads: Any) -> Any:
        results = self.run(grads, True)
        return results[0] if len(results) == 1 else results


class Function:
    """A custom operation: subclass it, define ``forward`` and ``backward``, and call ``apply``.

    >>> import minitorch
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * grad
    >>> x = minitorch.tensor(2.0, requires_grad=True)
    >>> y = Cube.apply(x)
    >>> y.backward()
    >>> y.grad_fn.name(), x.grad
    ('CubeBackward', tensor(12.))
    """

    _node_class: type[FunctionCtx]
    generate_vmap_rule = False

    def __init_subclass__(cls) -> None:
        cls._node_class = type(f"{cls.__name__}Backward", (FunctionCtx,), {"function": cls})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; takes ``ctx`` first unless there is a ``setup_context``."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Optional: fill ``ctx`` apart from ``forward``."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """One gradient per argument of ``forward``, None where there is none."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """The derivative in forward mode, which is left out here."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with "
            "forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> Any:
        """How to run on a batch; ``func.vmap`` runs ``forward`` on each of its members instead."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod "
            "or set generate_vmap_rule=True."
        )

    @classmethod
    def _differentiate(cls) -> Callable[..., Any]:
        """``backward``, or ``vjp`` if the class has that instead."""
        if cls.vjp is Function.vjp:
            return cls.backward
        if cls.backward is not Function.backward:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                "should only implement one of them."
            )
        return cls.vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` without recording its inner operations, and record this one."""
        has_setup = cls.setup_context is not Function.setup_context
        ctx = cls._node_class()
        if kwargs or has_setup:
            args = cls._bound(ctx, has_setup, args, kwargs)
        ctx.needs_input_grad = tuple(isinstance(x, Variable) and x.requires_grad for x in args)
        tracked = grad_mode.state.enabled and any(ctx.needs_input_grad)
        if tracked:  # before forward, which may change an input in place
            ctx.next_edges = tuple(
                x.gradient_edge() if isinstance(x, Variable) else None for x in args
            )
            ctx._input_shapes = [x._array.shape if isinstance(x, Variable) else None for x in args]
        with grad_mode.no_grad():
            if has_setup:
                outputs = cls.forward(*args)
                cls.setup_context(ctx, args, outputs)
            else:
                outputs = cls.forward(ctx, *args)
        several = isinstance(outputs, tuple)
        tensors = _record(ctx, outputs if several else (outputs,), args, tracked)
        return tensors if several else tensors[0]

    @classmethod
    def _bound(
        cls, ctx: Any, has_setup: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, ...]:
        """All arguments of ``forward`` by position, with its defaults."""
        lead = () if has_setup else (ctx,)
        bound = inspect.signature(cls.forward).bind(*lead, *args, **kwargs)
        if has_setup:
            bound.apply_defaults()
        return bound.args[len(lead) :]


# --------------------------------------------------------------------------- recording


def _record(
    ctx: FunctionCtx, outputs: tuple[Any, ...], args: tuple[Any, ...], tracked: bool
) -> tuple[Any, ...]:
    """Make ``ctx`` the node of the outputs. Mirrors _wrap_outputs of custom_function.cpp."""
    _check_marks(ctx, outputs)
    ctx.num_outputs = len(outputs)
    count = sum([isinstance(output, Variable) for output in outputs])
    results: list[Any] = []
    for nr, output in enumerate(outputs):
        result = output
        if isinstance(output, Variable):
            result = _wrap_output(ctx, output, nr, args, tracked, count > 1)
        ctx._output_meta.append(
            (result._array.shape, result._array.dtype) if isinstance(result, Variable) else None
        )
        results.append(result)
    if tracked:
        _save(ctx, outputs)
    # A dirty tensor leads back to ctx, now that it is in its history.
    ctx.to_save = ctx.dirty_tensors = ctx.non_differentiable = ()
    return tuple(results)


def _wrap_output(
    ctx: FunctionCtx,
    output: Variable,
    nr: int,
    args: tuple[Any, ...],
    tracked: bool,
    several: bool,
) -> Variable:
    differentiable = dtypes.is_differentiable(output._array.dtype) and not any(
        output is t for t in ctx.non_differentiable
    )
    dirty = any(output is t for t in ctx.dirty_tensors)
    if dirty:
        output.bump_version()
        if tracked:
            check_not_leaf(output)
            rebase_history(output, ctx)
    elif any(output is x for x in args):
        with grad_mode.no_grad():
            output = Alias.apply(output)
    elif output._view is not None and not differentiable:
        output = cast(Any, output).detach()  # else it would require grad because its base does
    if tracked and differentiable and output._grad_fn is not ctx:
        if not dirty and output._view is not None:
            # A view of its own, so that the tensor that forward made keeps its history.
            refusal = (nr, ctx.name()) if several else (nr, ctx.name(), CUSTOM)
            output._view = View(output._view.base, output._version, refusal)
        output._grad_fn = ctx
        output._requires_grad = True
        output._output_nr = nr
    return output


def _check_marks(ctx: FunctionCtx, outputs: tuple[Any, ...]) -> None:
    for i, tensor in enumerate(ctx.to_save):
        if tensor is not None and not isinstance(tensor, Variable):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {i} is of type "
                f"{type(tensor).__name__}"
            )
    for i, tensor in enumerate(ctx.dirty_tensors):
        if not isinstance(tensor, Variable):
            raise RuntimeError(
                f"mark_dirty can only accept variables, but argument {i} is of type "
                f"{type(tensor).__name__}"
            )
        if not any(tensor is output for output in outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function."
            )
    for tensor in ctx.non_differentiable:
        if not isinstance(tensor, Variable):
            raise RuntimeError(
                "mark_non_differentiable only accepts variable arguments, but got "
                f"{type(tensor).__name__}"
            )


def _save(ctx: FunctionCtx, outputs: tuple[Any, ...]) -> None:
    hooks = default_hooks()
    ctx._saved = []
    for tensor in ctx.to_save:
        if tensor is None:
            ctx._saved.append(None)
            continue
        if tensor.is_inference():
            raise RuntimeError(INFERENCE_SAVED)
        numbers = [nr for nr, o in enumerate(outputs) if o is tensor and tensor.requires_grad]
        saved = SavedOfFunction(tensor, numbers[0] if numbers else -1)
        if hooks is not None:
            saved.pack(ctx, hooks)
        ctx._saved.append(saved)


def check_not_leaf(tensor: Variable) -> None:
    """Refuse a leaf that a custom function has changed in place."""
    if tensor.requires_grad and tensor.grad_fn is None:
        raise RuntimeError(
            "a leaf Variable that requires grad has been used in an in-place operation."
        )


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a ``backward`` that works on tensors without recording: differentiating it again is an
    error.
    """

    @functools.wraps(backward)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        create_graph = grad_mode.state.enabled
        with grad_mode.no_grad():
            results = backward(ctx, *grads)
        if not create_graph:
            return results
        tensors = results if isinstance(results, tuple) else (results,)
        return tuple(
            NotTwiceDifferentiable.apply(t) if isinstance(t, Variable) else t for t in tensors
        )

    return wrapper


class NotTwiceDifferentiable(Function):
    """The gradient that a once-differentiable backward returned."""

    @staticmethod
    def forward(ctx: Any, grad: Any) -> Any:
        return grad.clone()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )


NotTwiceDifferentiable._node_class.__name__ = "Error"
