"""``backward`` and ``grad``: starting the engine from tensors.

Mirrors torch/autograd/__init__.py and torch/csrc/autograd/python_engine.cpp.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minitorch import dtypes
from minitorch._size import Size
from minitorch.autograd import grad_mode, variable
from minitorch.autograd.graph_task import run_backward
from minitorch.autograd.node import Edge, Node
from minitorch.autograd.variable import Variable, wrap


class GradientEdge(NamedTuple):
    """Where the gradient of a tensor is computed; may stand for the tensor in ``grad`` and
    ``backward``.
    """

    node: Node
    output_nr: int
    ownership_token: Node | None = None


def get_gradient_edge(tensor: Variable) -> GradientEdge:
    """The gradient edge of a tensor: ``grad(loss, get_gradient_edge(x))`` is ``grad(loss, x)``.

    Raises:
        RuntimeError: the tensor needs no gradient.
    """
    edge = tensor.gradient_edge()
    if edge is None:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    return GradientEdge(*edge)


def _sequence(tensors: Any) -> tuple[Any, ...]:
    if isinstance(tensors, Variable) or tensors is None or type(tensors) is GradientEdge:
        return (tensors,)
    return tuple(tensors)


def _inputs(inputs: Any, function: str) -> tuple[Any, ...]:
    if type(inputs) is dict:
        inputs = inputs.values()
    elif isinstance(inputs, Mapping):
        raise TypeError(
            f"`inputs` argument to `{function}()` must be a dict, not {type(inputs).__name__}. "
            "Other Mapping types are not supported."
        )
    wanted = _sequence(inputs)
    if not wanted:
        raise RuntimeError(f"`inputs` argument to `{function}()` cannot be empty.")
    return wanted


def _edge(tensor: Any) -> Edge | None:
    if type(tensor) is GradientEdge:
        return tensor.node, tensor.output_nr
    edge: Edge | None = tensor.gradient_edge()
    return edge


def _roots(outputs: tuple[Any, ...]) -> list[Edge]:
    edges = []
    for i, output in enumerate(outputs):
        edge = _edge(output)
        if edge is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        edges.append(edge)
    return edges


# --------------------------------------------------------------------------- initial gradients


def _initial_gradients(outputs: tuple[Any, ...], grads: Any, create_graph: bool) -> list[Any]:
    """What flows into each output: the given gradient, or 1 for a scalar. Mirrors _make_grads."""
    if grads is None:
        return [_one(output, create_graph) for output in outputs]
    given = _sequence(grads)[: len(outputs)]
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    return [
        _one(output, create_graph) if grad is None else _given(output, grad, i, create_graph)
        for i, (output, grad) in enumerate(zip(outputs, given, strict=True))
    ]


def _one(output: Any, create_graph: bool) -> Any:
    """The gradient that a scalar starts from; None for a tensor that needs none, which ``_roots``
    refuses.
    """
    if type(output) is GradientEdge:
        grad = np.empty(*output.node.output_meta(output.output_nr))
    elif output.requires_grad:
        grad = np.empty_like(output._array)
    else:
        return None
    if grad.size != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    if not dtypes.is_floating(grad.dtype):
        raise RuntimeError(
            "grad can be implicitly created only for real scalar outputs but got "
            f"{dtypes.from_numpy(grad.dtype)}"
        )
    grad[...] = 1  # np.ones_like takes 0.7 us longer
    return wrap(grad) if create_graph else grad


def _given(output: Any, grad: Any, i: int, create_graph: bool) -> Any:
    """The gradient that the caller has for output ``i``."""
    if type(output) is GradientEdge:
        shape, dtype = output.node.output_meta(output.output_nr)
    else:
        shape, dtype = output._array.shape, output._array.dtype
    if not isinstance(grad, Variable):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(grad).__name__}")
    if grad._array.shape != shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of "
            f"{Size(grad._array.shape)} and output[{i}] has a shape of {Size(shape)}."
        )
    if grad._array.dtype is not dtype:
        grad = _in_dtype(grad, dtype, i)
    return grad if create_graph else grad._array


def _in_dtype(grad: Any, dtype: Any, i: int) -> Any:
    """The gradient of output ``i`` in that output's dtype; real and complex do not mix."""
    if (grad._array.dtype.kind == "c") != (dtype.kind == "c"):
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same "
            f"dtype. Mismatch in dtype: grad_output[{i}] has a dtype of "
            f"{dtypes.from_numpy(grad._array.dtype)} and output[{i}] has a dtype of "
            f"{dtypes.from_numpy(dtype)}."
        )
    return grad.to(dtype)


# --------------------------------------------------------------------------- backward


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``tensors`` to the ``grad`` of the leaves they were computed from.

    Args:
        grad_tensors: the gradient of each tensor; may be left out for scalars.
        retain_graph: keep what the graph saved, for another backward; defaults to ``create_graph``.
        create_graph: record the computation of the gradients, so that they can be differentiated in
            turn.
        grad_variables: the old name of ``grad_tensors``.
        inputs: fill the ``grad`` of these tensors only.

    Raises:
        RuntimeError: a tensor needs no gradient, is no scalar and has no gradient given, or its
            graph was freed.
    """
    if grad_variables is not None:
        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.",
            FutureWarning,
            stacklevel=2,
        )
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to "
                "`backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    wanted = _inputs(inputs, "backward") if inputs is not None else None
    outputs = _sequence(tensors)
    keep_graph = create_graph if retain_graph is None else retain_graph
    grads = _initial_gradients(outputs, grad_tensors, create_graph)
    roots = _roots(outputs)
    targets = None
    if wanted is not None:
        targets = {_accumulating_node(tensor) for tensor in wanted}
    if create_graph:
        _warn_of_cycle()
    _run(roots, grads, keep_graph, create_graph, targets=targets)


def _run(
    roots: list[Edge],
    grads: list[Any],
    keep_graph: bool,
    create_graph: bool,
    captures: dict[Edge, Any] | None = None,
    targets: set[Node] | None = None,
) -> None:
    """Run the engine, and record what it computes if ``create_graph``."""
    state = grad_mode.state  # without a context manager: a backward of one operation is 0.4 us less
    previous, state.enabled = state.enabled, bool(create_graph) and not state.inference
    try:
        run_backward(roots, grads, keep_graph, create_graph, captures, targets)
    finally:
        state.enabled = previous


@functools.cache  # once in a process
def _warn_of_cycle() -> None:
    warnings.warn(
        "Using backward() with create_graph=True will create a reference cycle between the "
        "parameter and its gradient which can cause a memory leak. We recommend using "
        "autograd.grad when creating the graph to avoid this. If you have to use this function, "
        "make sure to reset the .grad fields of your parameters to None after use to break the "
        "cycle and avoid the leak.",
        stacklevel=3,
    )


def _accumulating_node(tensor: Any) -> Node:
    """The node after which the gradient of an input is in its ``grad``."""
    if isinstance(tensor, GradientEdge):
        return tensor.node
    tensor.retain_grad()
    edge = _edge(tensor)
    assert edge is not None
    return edge[0]


# --------------------------------------------------------------------------- grad


def _capture(
    roots: list[Edge],
    grads: list[Any],
    inputs: Sequence[Any],
    keep_graph: bool,
    create_graph: bool,
) -> list[Any]:
    edges = [_edge(tensor) for tensor in inputs]
    if any(edge is None for edge in edges):
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    captures: dict[Edge, Any] = {edge: None for edge in edges if edge is not None}
    _run(roots, grads, keep_graph, create_graph, captures)
    if create_graph:
        return [captures[edge] for edge in edges if edge is not None]
    results = []
    for edge in edges:
        array = captures[edge]  # type: ignore[index]
        if array is not None:
            # The user may change it in place: an array that somebody else can see is copied.
            is_held = sys.getrefcount(array) > _REFERENCES_TO_A_CAPTURED_GRADIENT
            array = wrap(array.copy() if is_held or not _is_memory(array) else array)
        results.append(array)
    return results


def _is_memory(array: Any) -> bool:
    """Whether an array shows all of memory that nobody else sees, in C order."""
    is_whole = array.base is None or variable.is_whole(array)
    return is_whole and array.flags.c_contiguous and array.flags.writeable


def _references_to_a_captured_gradient() -> int:
    """Count as ``_capture`` does, instead of trusting the interpreter's details."""
    captures = {None: np.zeros(1)}
    for edge in captures:
        array = captures[edge]
    return sys.getrefcount(array)


_REFERENCES_TO_A_CAPTURED_GRADIENT = _references_to_a_captured_gradient()


def _capture_batch(
    outputs: tuple[Any, ...],
    grad_outputs: Any,
    inputs: Sequence[Any],
    keep_graph: bool,
    create_graph: bool,
) -> list[Any]:
    """One backward for each entry of the gradients' first dimension, and their results stacked."""
    given: Sequence[Any] = (None,) * len(outputs)
    if grad_outputs is not None:
        given = _sequence(grad_outputs)
    for i, (output, grad) in enumerate(zip(outputs, given, strict=True)):
        if isinstance(output, GradientEdge):
            raise RuntimeError("Batched grads are not supported with GradientEdge")
        if grad is None:
            _one(output, False)
            raise ValueError("grad_outputs must be given when is_grads_batched=True")
        if grad._array.shape[1:] != output._array.shape:
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output "
                "as the batch dimension. The sizes of the remaining dimensions are expected to "
                "match the shape of corresponding output, but a mismatch was detected: "
                f"grad_output[{i}] has a shape of {Size(grad._array.shape[2:])} and output[{i}] "
                f"has a shape of {Size(output._array.shape)}. If you only want some tensors in "
                "`grad_output` to be considered batched, consider using vmap."
            )
    batch_size = len(given[0])
    roots = _roots(outputs)
    rows = []
    for b in range(batch_size):
        grads = _initial_gradients(outputs, [grad[b] for grad in given], create_graph)
        keep = keep_graph or b < batch_size - 1
        rows.append(_capture(roots, grads, inputs, keep, create_graph))
    return [
        None if column[0] is None else variable.stack(column) for column in zip(*rows, strict=True)
    ]


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """The gradients of ``outputs`` with respect to ``inputs``, returned instead of accumulated.

    >>> import minitorch
    >>> x = minitorch.tensor(3.0, requires_grad=True)
    >>> (dy,) = grad(x**2, x, create_graph=True)
    >>> dy, grad(dy, x)
    (tensor(6., grad_fn=<MulBackward0>), (tensor(2.),))

    Args:
        inputs: a tensor, or several; a dict gives a dict of gradients.
        grad_outputs: the gradient of each output; may be left out for scalars.
        only_inputs: deprecated, and without effect.
        allow_unused: give None for an input that does not influence the outputs, instead of an
            error; defaults to ``materialize_grads``.
        is_grads_batched: take each entry of the first dimension of ``grad_outputs`` in turn (torch
            takes them at once, by vmap), and stack the results.
        materialize_grads: give zeros instead of None.

    Raises:
        RuntimeError: an input needs no gradient, or (unless ``allow_unused``) does not influence
            the outputs.
    """
    if allow_unused is False and materialize_grads:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    sources, targets = _sequence(outputs), _inputs(inputs, "grad")
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To "
            "accumulate gradient for other parts of the graph, please use "
            "torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    keep_graph = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        with grad_mode.set_grad_enabled(create_graph):
            results = _capture_batch(sources, grad_outputs, targets, keep_graph, create_graph)
    else:
        grads = _initial_gradients(sources, grad_outputs, create_graph)
        results = _capture(_roots(sources), grads, targets, keep_graph, create_graph)
    for i, (result, target) in enumerate(zip(results, targets, strict=True)):
        if result is not None:
            continue
        if not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior."
            )
        if materialize_grads:
            if isinstance(target, GradientEdge):
                raise RuntimeError(
                    "materialize_grads cannot be used when the given input is a GradientEdge"
                )
            results[i] = wrap(np.zeros_like(target._array))
            results[i].requires_grad = create_graph
    if type(inputs) is dict:
        return dict(zip(inputs, results, strict=True))
    return tuple(results)
