"""In-place operations and the graph: what is refused, and how the history of a changed view reaches
its base.

Mirrors torch/csrc/autograd/{VariableTypeUtils.h, variable.cpp (rebase_history),
functions/tensor.cpp (CopySlices)}.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.autograd.graph import Edge, Node, next_sequence_nr
from minitorch.autograd.variable import Variable
from minitorch.storage import data_ptr


def check_inplace(tensor: Variable) -> None:
    """Refuse an in-place change that autograd could not follow."""
    if not tensor.requires_grad:
        view = tensor._view
        if view is not None and view.base._requires_grad and view.base._grad_fn is None:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                "operation."
            )
        return
    view = tensor._view
    if tensor.grad_fn is None:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation."
        )
    if view is not None:
        if view.base._requires_grad and view.base.is_leaf:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                "operation."
            )
        if view.refusal is not None:
            raise RuntimeError(view.refusal)


def check_no_overlap(array: Any) -> None:
    """Refuse to write to memory in which several elements share one place (after ``expand``)."""
    if (
        0 in array.strides
        and array.size
        and any([s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True)])
    ):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def rebase_history(tensor: Variable, node: Node) -> None:
    """Make ``node``, which changed ``tensor`` in place, part of its history, and of its base's if
    it is a view.
    """
    if tensor._view is None:
        tensor._grad_fn = node
        tensor._output_nr = 0
        tensor._requires_grad = True
        _move_hooks(tensor)
        return
    base = tensor._view.base
    base._grad_fn = CopySlices(base, tensor._array, node)
    base._output_nr = 0
    base._requires_grad = True
    _move_hooks(base)
    tensor._requires_grad = True
    assert (
        tensor.grad_fn is not None
    )  # reading it replaces the view's node, since the version has changed


def _move_hooks(tensor: Variable) -> None:
    # Hooks registered so far saw the gradient of the old value; they stay with its node.
    tensor._backward_hooks = None
    tensor._retains_grad = False


class CopySlices(Node):
    """Backward of a change to part of a tensor.

    The gradient of the changed part goes through ``node``, which computed the new values; the rest
    passes by.
    """

    __slots__ = ("node", "base_array", "view_array", "output_shape", "output_dtype")

    def __init__(self, base: Variable, view_array: Any, node: Node) -> None:
        self.node = node
        self.base_array = base._array
        self.view_array = view_array
        edge: Edge | None = base.gradient_edge()
        self.next_edges = (edge, *node.next_edges[1:])
        self.sequence_nr = next_sequence_nr()
        self.output_shape, self.output_dtype = base._array.shape, base._array.dtype

    def run(self, grads: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
        shape, strides, offset = view_geometry(self.base_array, self.view_array)
        if create_graph:
            grad = grads[0].contiguous().clone()  # the geometry is that of contiguous memory
            part = grad.as_strided(shape, strides, offset)
            results = self.node.run((part.clone(),), create_graph)
            if results[0] is None:
                part.zero_()
            else:
                part.copy_(results[0])
            return (grad, *results[1:])
        grad = np.array(grads[0], order="C", copy=True)
        part = strided_view(grad, shape, strides, offset)
        results = self.node.run((part.copy(),), create_graph)
        part[...] = 0 if results[0] is None else results[0]
        return (grad, *results[1:])

    def release(self) -> None:
        self.node.release()


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
