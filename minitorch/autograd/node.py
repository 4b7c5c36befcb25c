"""``Node``: one step of the backward graph.

Mirrors torch/csrc/autograd/{function.h, edge.h}. Knows neither tensors nor operators.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from minitorch.autograd.hooks import Hooks, RemovableHandle

next_sequence_nr = itertools.count().__next__

BACKWARD_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)

# Nodes run in order of sequence number, highest first. AccumulateGrad counts from here, so it runs
# before all others.
RUNS_FIRST = 1 << 62


def short_name(name: str) -> str:
    """The name in messages: ``Mul`` of ``MulBackward0``, ``Pow1`` of ``PowBackward1``."""
    return re.sub(r"Backward0?(\d*)$", r"\1", name)


class Node:
    """One step of the backward pass: takes the gradients of its outputs, returns those of its
    inputs.

    ``next_edges[i]`` says where the gradient of input ``i`` goes: to which node, and as the
    gradient of which of that node's outputs; None where no gradient is wanted.
    """

    __slots__ = ("next_edges", "sequence_nr", "__dict__", "__weakref__")
    next_edges: tuple[Edge | None, ...]
    sequence_nr: int

    num_outputs = 1
    output_shape: tuple[int, ...] | None = (
        None  # what a gradient that arrives here must look like; None: anything
    )
    output_dtype: Any = None
    tensor_pre_hooks: dict[int, Hooks] | None = None  # by output number: Tensor.register_hook
    pre_hooks: Hooks | None = None
    post_hooks: Hooks | None = None
    hooked = False  # whether any of the three is there
    is_leaf = False  # AccumulateGrad

    view_node: Node | None = None
    """While ``CopySlices`` runs this node, what the output that it saved has for a ``grad_fn``."""

    def output_meta(self, nr: int) -> tuple[tuple[int, ...], Any]:
        """The shape and dtype of the tensor that is output ``nr`` of this step."""
        assert self.output_shape is not None
        return self.output_shape, self.output_dtype

    def run(self, grads: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
        """The gradients of the inputs. Gradients are arrays, or tensors when ``create_graph``."""
        raise NotImplementedError

    def run_without_gradients(self, create_graph: bool) -> tuple[Any, ...]:
        """What the inputs get if no gradient arrived at all: none either."""
        return (None,) * len(self.next_edges)

    def release(self) -> None:
        """Free what was saved for backward."""

    def name(self) -> str:
        """The name torch prints, such as ``MulBackward0``."""
        return type(self).__name__

    @property
    def metadata(self) -> dict[str, Any]:
        """Room for notes about this node; anomaly mode keeps the traceback of its forward here."""
        notes: dict[str, Any] = self.__dict__.setdefault("_metadata", {})
        return notes

    def _sequence_nr(self) -> int:
        """How many nodes this thread had recorded before; ``AccumulateGrad`` is ahead of all."""
        return self.sequence_nr if self.sequence_nr < RUNS_FIRST else (1 << 64) - 1

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes that this one hands its results to."""
        return tuple((None, 0) if edge is None else edge for edge in self.next_edges)

    def register_prehook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before this node runs; what it returns replaces them."""
        if self.pre_hooks is None:
            self.pre_hooks = Hooks()
            self.hooked = True
        return self.pre_hooks.add(hook)

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node ran; what it returns replaces
        ``grad_inputs``.
        """
        if self.post_hooks is None:
            self.post_hooks = Hooks()
            self.hooked = True
        return self.post_hooks.add(hook)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


Edge = tuple[Node, int]
