"""In-place operations and the graph: what is refused, and how the history of a changed view reaches
its base.

Mirrors torch/csrc/autograd/{VariableTypeUtils.h, variable.cpp (rebase_history),
functions/tensor.cpp (CopySlices)}.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.autograd import anomaly_mode, variable
from minitorch.autograd.node import BACKWARD_TWICE, Edge, Node, next_sequence_nr
from minitorch.autograd.variable import DIRECTLY, Variable, check_inference, refusal_in_words
from minitorch.storage import data_ptr


def check_inplace(tensor: Variable, tracked: bool = True) -> None:
    """Refuse an in-place change that autograd could not follow.

    Args:
        tracked: whether the tensor, or what it is changed by, requires grad.
    """
    check_inference(tensor)
    if not tracked:
        return
    view = tensor._view
    if view is not None:
        if view.refusal is not None:
            raise RuntimeError(refusal_in_words(view.refusal, DIRECTLY))
        if tensor.requires_grad and view.base.is_leaf:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                "operation."
            )
    if tensor.requires_grad and tensor.grad_fn is None:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation."
        )


def rebase_history(tensor: Variable, node: Node) -> None:
    """Make ``node``, which changed ``tensor`` in place, part of its history, and of its base's if
    it is a view.
    """
    if tensor._view is None:
        tensor._grad_fn = node
        tensor._output_nr = 0
        tensor._requires_grad = True
        tensor.leave_hooks_behind()
        return
    base = tensor._view.base
    same = base._array.dtype == tensor._array.dtype
    base._grad_fn = (CopySlices if same else copy_parts)(base, tensor._array, node)
    base._output_nr = 0
    base._requires_grad = True
    base.leave_hooks_behind()
    tensor._requires_grad = True
    assert (
        tensor.grad_fn is not None
    )  # reading it replaces the view's node, since the version has changed


def copy_parts(base: Variable, view_array: Any, node: Node) -> Node:
    """``CopySlices`` for a change to the real or imaginary parts of a complex tensor; set by
    native/complex_ops.py, which takes numbers apart.
    """
    raise NotImplementedError


class CopySlices(Node):
    """Backward of a change to part of a tensor.

    The gradient of the changed part goes through ``node``, which computed the new values; the rest
    passes by.
    """

    __slots__ = ("node", "base_array", "view_array", "output_shape", "output_dtype")

    def __init__(self, base: Variable, view_array: Any, node: Any) -> None:
        self.node = node
        self.base_array = base._array
        self.view_array = view_array
        edge: Edge | None = base.gradient_edge()
        self.next_edges = (edge, *node.next_edges[1:])
        self.sequence_nr = next_sequence_nr()
        self.output_shape, self.output_dtype = base._array.shape, base._array.dtype
        if anomaly_mode.state.enabled:
            anomaly_mode.remember_forward(self)

    def run(self, grads: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
        if self.node is None:
            raise RuntimeError(BACKWARD_TWICE)
        shape, strides, offset = view_geometry(self.base_array, self.view_array)
        if create_graph:
            grad = grads[0].contiguous().clone()  # the geometry is that of contiguous memory
            part = grad.as_strided(shape, strides, offset)
            # If the node saved its output, gradients reach that through the base, which has this
            # node: the inner one is no part of the graph.
            self.node.view_node = variable.as_strided_node(
                (self, 0), self.base_array, self.view_array
            )
            try:
                results = self.node.run((part.clone(),), create_graph)
            finally:
                del self.node.view_node
            if results[0] is None:
                part.zero_()
            else:
                part.copy_(results[0])
            return (grad, *results[1:])
        grad = np.copy(grads[0], order="C")
        part = strided_view(grad, shape, strides, offset)
        results = self.node.run((part.copy(),), create_graph)
        part[...] = 0 if results[0] is None else results[0]
        return (grad, *results[1:])

    def release(self) -> None:
        self.node = None


def view_geometry(base: Any, view: Any) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Where a view lies in its base: shape, strides and offset in elements of a *contiguous* array
    shaped like base.

    The base itself may lie in memory in any order; its gradient is made contiguous.
    """
    offset = (data_ptr(view) - data_ptr(base)) // base.itemsize if view.size else 0
    strides = [s // base.itemsize for s in view.strides]
    if base.flags.c_contiguous:
        return view.shape, tuple(strides), offset
    # Translate: a memory step is a sum of index steps of the base, largest stride first.
    contiguous = [int(np.prod(base.shape[d + 1 :])) for d in range(base.ndim)]
    order = sorted(
        (d for d in range(base.ndim) if base.shape[d] > 1), key=lambda d: -base.strides[d]
    )

    def translate(step: int) -> int:
        total = 0
        for d in order:
            size = base.strides[d] // base.itemsize
            count, step = divmod(step, size)
            total += count * contiguous[d]
        return total

    return view.shape, tuple(translate(s) for s in strides), translate(offset)


def strided_view(array: Any, shape: Sequence[int], strides: Sequence[int], offset: int) -> Any:
    """A writable window on the memory of a contiguous array; strides and offset count elements."""
    flat = array.reshape(-1)
    return np.lib.stride_tricks.as_strided(
        flat[offset:], shape, [s * array.itemsize for s in strides], subok=False, writeable=True
    )
