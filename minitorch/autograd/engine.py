"""``backward`` and ``grad``: starting the engine from tensors.

Mirrors torch/autograd/__init__.py and torch/csrc/autograd/python_engine.cpp. Left out:
``is_grads_batched``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.autograd import grad_mode
from minitorch.autograd.graph import Edge, run_backward
from minitorch.autograd.variable import Variable, wrap


def _sequence(tensors: Any) -> tuple[Any, ...]:
    return (tensors,) if isinstance(tensors, Variable) or tensors is None else tuple(tensors)


def _roots(outputs: tuple[Variable, ...]) -> list[Edge]:
    edges = []
    for i, output in enumerate(outputs):
        edge = output.gradient_edge()
        if edge is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        edges.append(edge)
    return edges


def _initial_gradients(outputs: tuple[Variable, ...], grads: Any, create_graph: bool) -> list[Any]:
    """What flows into each output: the given gradient, or 1 for a scalar. Mirrors _make_grads."""
    given = (None,) * len(outputs) if grads is None else _sequence(grads)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    initial = []
    for i, (output, grad) in enumerate(zip(outputs, given, strict=True)):
        array = output._array
        if grad is None:
            if array.size != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            grad = np.ones_like(array)
            initial.append(wrap(grad) if create_graph else grad)
            continue
        if not isinstance(grad, Variable):
            raise TypeError(
                f"gradients can be either Tensors or None, but got {type(grad).__name__}"
            )
        if grad._array.shape != array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of "
                f"torch.Size({list(grad._array.shape)}) and output[{i}] has "
                f"a shape of torch.Size({list(array.shape)})."
            )
        initial.append(grad if create_graph else grad._array)
    return initial


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``tensors`` to the ``grad`` of the leaves they were computed from.

    Args:
        grad_tensors: the gradient of each tensor; may be left out for scalars.
        retain_graph: keep what the graph saved, for another backward; defaults to ``create_graph``.
        create_graph: record the computation of the gradients, so that they can be differentiated in
            turn.
        inputs: fill the ``grad`` of these tensors only.

    Raises:
        RuntimeError: a tensor needs no gradient, is no scalar and has no gradient given, or its
            graph was freed.
    """
    outputs = _sequence(tensors)
    keep_graph = create_graph if retain_graph is None else retain_graph
    roots = _roots(outputs)
    grads = _initial_gradients(outputs, grad_tensors, create_graph)
    with grad_mode.set_grad_enabled(create_graph):
        if inputs is None:
            run_backward(roots, grads, keep_graph, create_graph)
            return
        wanted = _sequence(inputs)
        if not wanted:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
        if not all(tensor.requires_grad for tensor in wanted):
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        for tensor, result in zip(
            wanted, _capture(roots, grads, wanted, keep_graph, create_graph), strict=True
        ):
            if result is not None:
                tensor._grad = result if tensor._grad is None else tensor._grad + result


def _capture(
    roots: list[Edge],
    grads: list[Any],
    inputs: Sequence[Variable],
    keep_graph: bool,
    create_graph: bool,
) -> list[Any]:
    edges = [tensor.gradient_edge() for tensor in inputs]
    if any(edge is None for edge in edges):
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    captures: dict[Edge, Any] = {edge: None for edge in edges if edge is not None}
    run_backward(roots, grads, keep_graph, create_graph, captures)
    results = [captures[edge] for edge in edges if edge is not None]
    return [r if r is None or create_graph else wrap(np.copy(r)) for r in results]


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of ``outputs`` with respect to ``inputs``, returned instead of accumulated.

    >>> import minitorch
    >>> x = minitorch.tensor(3.0, requires_grad=True)
    >>> (dy,) = grad(x**2, x, create_graph=True)
    >>> dy, grad(dy, x)
    (tensor(6., grad_fn=<MulBackward0>), (tensor(2.),))

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
    sources, targets = _sequence(outputs), _sequence(inputs)
    keep_graph = create_graph if retain_graph is None else retain_graph
    grads = _initial_gradients(sources, grad_outputs, create_graph)
    roots = _roots(sources)
    with grad_mode.set_grad_enabled(create_graph):
        results = _capture(roots, grads, targets, keep_graph, create_graph)
    for i, result in enumerate(results):
        if result is None and materialize_grads:
            results[i] = wrap(np.zeros_like(targets[i]._array))
        elif result is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the "
                "graph. Set allow_unused=True if "
                "this is the desired behavior."
            )
    return tuple(results)
