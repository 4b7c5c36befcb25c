"""Tensors that nodes keep for backward, in the hands of a user's pack and unpack hooks.

Mirrors torch/csrc/autograd/{saved_variable.cpp, python_saved_variable_hooks.cpp}. Without hooks an
``Operator`` keeps arrays; with them, a ``PackedVariable`` for each.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

from minitorch import dtypes
from minitorch.autograd import grad_mode
from minitorch.autograd.node import Edge, Node, short_name
from minitorch.autograd.variable import AccumulateGrad, Variable, wrap

PackHooks = tuple[Callable[[Any], Any], Callable[[Any], Any]]

INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
    "inference mode in computation tracked by autograd. To work around this, you can make a clone "
    "to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
    "`torch.inference_mode()`."
)


class _DefaultHooks(threading.local):
    def __init__(self) -> None:
        self.stack: list[PackHooks] = []
        self.refusal: str | None = None  # why hooks may not be set


_default = _DefaultHooks()

in_use: list[PackHooks] = []
"""The hooks of all threads: while there are none, as is usual, no thread looks for its own."""


def push_default_hooks(hooks: PackHooks) -> None:
    """Let ``hooks`` pack what nodes save from now on in this thread.

    Raises:
        RuntimeError: hooks are disabled.
    """
    if _default.refusal is not None:
        raise RuntimeError(_default.refusal)
    _default.stack.append(hooks)
    in_use.append(hooks)


def pop_default_hooks() -> None:
    """Undo the last ``push_default_hooks`` of this thread."""
    in_use.remove(_default.stack.pop())


def default_hooks() -> PackHooks | None:
    """The innermost hooks of this thread."""
    return _default.stack[-1] if _default.stack else None


def set_refusal(words: str | None) -> str | None:
    """Disable hooks with an error of these words, or enable them; returns what held before.

    Raises:
        RuntimeError: there are hooks in force.
    """
    if words is not None and _default.stack:
        raise RuntimeError(words)
    previous, _default.refusal = _default.refusal, words
    return previous


class PackedVariable:
    """What a pack hook made of a saved tensor, and the tensor's place in the graph."""

    __slots__ = ("packed", "unpack_hook", "edge", "is_output", "output_nr", "requires_grad")

    def __init__(
        self, tensor: Variable, hooks: PackHooks, *, is_output: bool = False, detach: bool = False
    ) -> None:
        """
        Args:
            is_output: the tensor was computed by the node that saves it, which is then not referred
                to: that would be a cycle.
            detach: whether the hook sees the tensor's value only.
        """
        pack_hook, self.unpack_hook = hooks
        self.edge: Edge | None = None if is_output else tensor.gradient_edge()
        self.is_output = is_output
        self.requires_grad = tensor.requires_grad
        self.output_nr = tensor.output_nr
        shown: Any = tensor
        if detach:
            shown = wrap(tensor._array)
            shown._version_counter = tensor._version_counter
        version = _version(tensor)
        with grad_mode.no_grad():
            self.packed = pack_hook(shown)
        if _version(shown) != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as "
                "input to pack hook cannot be modified by in-place operations as this can lead "
                "to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            )

    def unpack(self, owner: Node | None = None) -> Any:
        """The tensor that the unpack hook returns, in the place of the one that was packed.

        Args:
            owner: the node that saved it.
        """
        data = self.unpack_hook(self.packed)
        if not isinstance(data, Variable):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(data).__name__}"
            )
        node = owner
        if not self.is_output:
            node = self.edge[0] if self.edge is not None else None
        if node is None and not self.requires_grad:
            return data
        if isinstance(node, AccumulateGrad):
            tensor = wrap(data._array)
            tensor._accumulator = weakref.ref(node)
            tensor._requires_grad = True
        else:
            tensor = wrap(data._array, node)
            tensor._output_nr = self.output_nr
        tensor._version_counter = data._version_counter
        return tensor


def _version(tensor: Variable) -> Any:
    counter = tensor._version_counter
    return counter[0] if counter is not None else 0


class HeldTensor:
    """A tensor kept beside the graph as if a node had saved it: hooks pack it, and changes to it in
    place are noticed.
    """

    def __init__(self, tensor: Variable) -> None:
        hooks = default_hooks()
        self.packed = PackedVariable(tensor, hooks) if hooks is not None else None
        self.tensor = tensor if hooks is None else None
        self.version = _version(tensor)

    def unpack(self) -> Any:
        """The tensor.

        Raises:
            RuntimeError: it was changed in place.
        """
        tensor = self.tensor
        if tensor is None:
            assert self.packed is not None
            return self.packed.unpack()
        if _version(tensor) != self.version:
            counter = tensor.shared_version_counter()
            nr = tensor.output_nr
            raise modified(None, tensor._array, tensor.grad_fn, nr, counter, self.version)
        return tensor


def modified(
    node: Node | None, array: Any, maker: Node | None, nr: int, counter: list[Any], version: int
) -> RuntimeError:
    """The error that a saved tensor was changed in place since it was saved at ``version``."""
    made_by = f", which is output {nr} of {short_name(maker.name())}," if maker is not None else ""
    kind = dtypes.from_numpy(array.dtype).c10_name
    needed_by = f"{node.name()} needs it, and it" if node is not None else "It"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [torch.{kind}Tensor {list(array.shape)}]{made_by} is at version "
        f"{counter[0]}; expected version {version} instead. Hint: {needed_by} was changed at "
        f"{counter[1]}."
    )
