"""``grad_fn._saved_self``: what a node keeps for backward, under torch's names.

Mirrors the getters that tools/autograd/gen_autograd_functions.py writes for every node, and
torch/csrc/autograd/python_saved_variable_hooks.cpp (SavedTensor). The names follow from the
operator itself: an operand is called as the parameter of ``forward`` that it was, the output
``result``, and a dimension or a flag as the attribute that ``forward`` gave to ``ctx``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minitorch.autograd.variable import Variable, wrap

CALLED_INPUT = frozenset(
    {
        "ConvolutionBackward0",
        "NativeBatchNormBackward0",
        "NativeGroupNormBackward0",
        "NativeLayerNormBackward0",
    }
)
"""The nodes whose first operand torch calls ``input``; for all others it is ``self``."""


def add_saved_attributes(cls: Any) -> None:
    """Give an operator class a property for everything that its nodes may keep."""
    for name in {*_parameters(cls), "result"} - {"shape"}:
        setattr(cls, f"_saved_{name}", property(_getter(name)))
        setattr(cls, f"_raw_saved_{name}", property(_raw_getter(name)))


def list_saved_attributes(node: Any, names: Iterable[str]) -> list[str]:
    """``dir(node)``, without the properties that have nothing behind them in this node."""
    return [name for name in names if "_saved_" not in name or hasattr(node, name)]


class SavedTensor:
    """A saved tensor as it lies in its node: ``grad_fn._raw_saved_self``."""

    def __init__(self, node: Any, position: int) -> None:
        self.node = node
        self.position = position

    def register_hooks(self, pack_hook: Any, unpack_hook: Any) -> None:
        """Replace the tensor by ``pack_hook(tensor)``; backward gets ``unpack_hook`` of that.

        Raises:
            RuntimeError: it has hooks already, or was freed.
        """
        node = self.node
        if node._saved is None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. Saved "
                "intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the "
                "graph a second time or if you need to access saved variables after calling "
                "backward."
            )
        value = node._saved[self.position]
        if value is None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor with value None is forbidden"
            )
        if hasattr(value, "unpack_hook"):
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. "
                "Hint: only one pair of hooks is allowed at a time."
            )
        for hook in (pack_hook, unpack_hook):
            if not callable(hook):
                raise TypeError("register_hooks(): hooks must be callable")
        node.pack_saved(self.position, (pack_hook, unpack_hook), detach=True)


def _parameters(cls: Any) -> list[str]:
    """The parameters of ``forward``, as torch calls them."""
    names = [n for n in cls.forward.__annotations__ if n not in ("ctx", "return")]
    if names and names[0] == "input" and cls.node_name not in CALLED_INPUT:
        names[0] = "self"
    return names


def _positions(node: Any) -> dict[str, int]:
    """Where each operand, and the output, is among the saved arrays."""
    found: dict[str, int] = {}
    kinds = [k for n, k in node.forward.__annotations__.items() if n not in ("ctx", "return")]
    names = _parameters(type(node))
    operands = [i for i, kind in enumerate(kinds[: len(node.next_edges)]) if kind == "Any"]
    unclaimed: list[int] = []
    for position, source in enumerate(node._sources):
        value = node._saved[position]
        edge = getattr(value, "edge", None)
        if isinstance(source, Variable):
            edge = source.gradient_edge()
        elif type(source) is tuple or getattr(value, "is_output", False):
            found[f"result{source[0]}" if node.num_outputs > 1 else "result"] = position
            continue
        elif value is None or not hasattr(value, "unpack_hook"):
            continue
        claimed = False
        for i in operands:
            if edge is not None and node.next_edges[i] == edge and names[i] not in found:
                found[names[i]] = position
                claimed = True
        if not claimed:
            unclaimed.append(position)
    # What needs no gradient has no edge to be known by: its order among the operands remains.
    others = [i for i in operands if names[i] not in found and node.next_edges[i] is None]
    for i, position in zip(others, unclaimed, strict=False):
        found[names[i]] = position
    return found


def _find(node: Any, name: str) -> int | None:
    position = _positions(node).get(name)
    if position is None and node.saved_for is not None:
        names = _parameters(type(node))
        if name in names and len(names) == len(node.saved_for):
            return -1  # one of the operands, all of which are saved if gradients need them
    return position


def _kept_number(node: Any, name: str) -> Any:
    """The Python number that was an operand, as the tensor that torch makes of it."""
    if node.next_edges[_parameters(type(node)).index(name)] is None:
        for value in node._saved:
            if type(value) in (bool, int, float, complex):
                return wrap(np.asarray(value))
    return None


def _missing(node: Any, name: str) -> AttributeError:
    return AttributeError(f"'{node.name()}' object has no attribute '{name}'")


def _getter(name: str) -> Any:
    def get(node: Any) -> Any:
        if type(node._saved) is not list:
            node.saved_tensors  # noqa: B018 (raises in torch's words if it was freed or changed)
        position = _find(node, name)
        if position == -1:
            return _kept_number(node, name)
        if position is not None:
            kept = node._saved
            if type(kept) is list:
                return node._unpack(position, node._unpacked()[position])
            return node._unpack(position, node.saved_tensors[position])
        value = getattr(node, name, None)
        if value is None or callable(value):
            raise _missing(node, f"_saved_{name}")
        return wrap(value) if hasattr(value, "strides") else value

    return get


def _raw_getter(name: str) -> Any:
    def get(node: Any) -> Any:
        position = _find(node, name) if node._saved is not None else None
        if position is None or position == -1:
            raise _missing(node, f"_raw_saved_{name}")
        return SavedTensor(node, position)

    return get
