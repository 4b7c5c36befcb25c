"""``Function``: how users write an operation with its own derivative.

Mirrors torch/autograd/function.py and torch/csrc/autograd/python_function.cpp. ``forward`` and
``backward`` see tensors. The framework's own operations are ``Operator``s instead, which see
arrays. Left out: ``jvp``, ``vmap``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from minitorch import dtypes
from minitorch.autograd import grad_mode
from minitorch.autograd.graph import BACKWARD_TWICE, Node, next_sequence_nr, short_name
from minitorch.autograd.inplace import rebase_history
from minitorch.autograd.operator import Alias
from minitorch.autograd.variable import Variable, unwrap, wrap


class FunctionCtx(Node):
    """The ``ctx`` of a ``Function``, and its node in the graph."""

    function: type[Function]
    _input_shapes: list[tuple[int, ...] | None]

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._saved: list[tuple[Any, int, Any, int]] | None = []
        self._dirty: tuple[Any, ...] = ()
        self._non_differentiable: tuple[Any, ...] = ()
        self._materialize_grads = True
        self._output_meta: list[Any] = []
        self.needs_input_grad: tuple[bool, ...] = ()
        self.next_edges = ()
        self.sequence_nr = next_sequence_nr()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs and outputs of ``forward`` until ``backward``; changes to them in place are
        then noticed.
        """
        self._to_save = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Say that ``forward`` changed these inputs in place."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say that these outputs have no gradient."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a missing gradient of an output reaches ``backward`` as zeros (the default) or as
        None.
        """
        self._materialize_grads = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept.

        Raises:
            RuntimeError: it was freed by an earlier backward, or changed in place since.
        """
        if self._saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        tensors = []
        for tensor, output_nr, counter, version in self._saved:
            if counter is not None and counter[0] != version:
                array = unwrap(tensor)
                maker = self if output_nr >= 0 else tensor.grad_fn
                nr = output_nr if output_nr >= 0 else tensor.output_nr
                of = f", which is output {nr} of {short_name(maker.name())}," if maker else ""
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an "
                    "inplace operation: "
                    f"[torch.{dtypes.from_numpy(array.dtype).c10_name}Tensor {list(array.shape)}]"
                    f"{of} is at version {counter[0]}; expected version {version} "
                    f"instead. Hint: {self.name()} needs it, and it was changed at {counter[1]}."
                )
            if output_nr >= 0:  # kept as an array only: a reference to the output would be a cycle
                tensor = wrap(tensor, self.view_node or self)
                tensor._output_nr = output_nr
                tensor._version_counter = counter
            tensors.append(tensor)
        return tuple(tensors)

    def run(self, grads: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
        boxed = []
        like = unwrap(next(grad for grad in grads if grad is not None))
        for grad, meta in zip(grads, self._output_meta, strict=True):
            if grad is None and self._materialize_grads and meta is not None:
                boxed.append(wrap(np.zeros_like(like, shape=meta[0], dtype=meta[1])))
            else:
                boxed.append(grad if grad is None or create_graph else wrap(grad))
        with grad_mode.set_grad_enabled(create_graph):
            results = self.function.backward(self, *boxed)
        results = results if isinstance(results, tuple) else (results,)
        if len(results) > len(self.next_edges) and all(
            r is None for r in results[len(self.next_edges) :]
        ):
            results = results[: len(self.next_edges)]
        if len(results) != len(self.next_edges):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected "
                f"{len(self.next_edges)}, "
                f"got {len(results)})"
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
                        f"{list(result.shape)} but "
                        f"expected shape compatible with {list(shape)}"
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

    def __init_subclass__(cls) -> None:
        cls._node_class = type(f"{cls.__name__}Backward", (FunctionCtx,), {"function": cls})

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

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run ``forward`` without recording its inner operations, and record this one."""
        ctx = cls._node_class()
        ctx.needs_input_grad = tuple(isinstance(x, Variable) and x.requires_grad for x in args)
        tracked = grad_mode.state.enabled and any(ctx.needs_input_grad)
        if tracked:  # before forward, which may change an input in place
            ctx.next_edges = tuple(
                x.gradient_edge() if isinstance(x, Variable) else None for x in args
            )
            ctx._input_shapes = [x._array.shape if isinstance(x, Variable) else None for x in args]
        with grad_mode.no_grad():
            if cls.setup_context is not Function.setup_context:
                outputs = cls.forward(*args)
                cls.setup_context(ctx, args, outputs)
            else:
                outputs = cls.forward(ctx, *args)
        several = isinstance(outputs, tuple)
        tensors = cls._record(ctx, outputs if several else (outputs,), args, tracked)
        return tensors if several else tensors[0]

    @staticmethod
    def _record(
        ctx: FunctionCtx, outputs: tuple[Any, ...], args: tuple[Any, ...], tracked: bool
    ) -> tuple[Any, ...]:
        ctx.num_outputs = len(outputs)
        results: list[Any] = []
        for nr, output in enumerate(outputs):
            differentiable = (
                isinstance(output, Variable)
                and output._array.dtype.kind in "fc"
                and not any(output is t for t in ctx._non_differentiable)
            )
            if isinstance(output, Variable) and any(output is t for t in ctx._dirty):
                output.bump_version()
                if tracked:
                    check_not_leaf(output)
                    rebase_history(output, ctx)
            elif isinstance(output, Variable) and any(output is x for x in args):
                with grad_mode.no_grad():
                    output = Alias.apply(output)
            elif isinstance(output, Variable) and output._view is not None and not differentiable:
                output = cast(
                    Any, output
                ).detach()  # else it would require grad because its base does
            if tracked and differentiable and output._grad_fn is not ctx:
                output._grad_fn = ctx
                output._requires_grad = True
                output._output_nr = nr
            array = unwrap(output)
            ctx._output_meta.append(
                (array.shape, array.dtype) if isinstance(output, Variable) else None
            )
            results.append(output)
        if tracked:
            ctx._saved = []
            for tensor in ctx._to_save:
                if tensor is None:
                    ctx._saved.append((None, -1, None, 0))
                    continue
                counter = tensor.shared_version_counter()
                nr = next(
                    (
                        i
                        for i, output in enumerate(outputs)
                        if output is tensor and tensor.requires_grad
                    ),
                    -1,
                )
                ctx._saved.append((tensor._array if nr >= 0 else tensor, nr, counter, counter[0]))
        # A dirty tensor leads back to ctx, now that it is in its history.
        ctx._to_save = ctx._dirty = ctx._non_differentiable = ()
        return tuple(results)


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
