"""Modules as functions of their parameters: other tensors in their place, for one call.

Mirrors torch/nn/utils/stateless.py. ``func.functional_call`` is the form for several dictionaries.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

from minitorch.autograd.variable import Variable
from minitorch.nn.modules.module import Module

__all__ = ["functional_call"]

State = dict[str, Any]

_MISSING: Any = object()


def functional_call(
    module: Module,
    parameters_and_buffers: State,
    args: Any = None,
    kwargs: State | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """``func.functional_call`` of one dictionary, which torch advises instead."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be "
        "removed in a future version of PyTorch. Please use `torch.func.functional_call` instead "
        "which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return call_with(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


def call_with(
    module: Module,
    state: State,
    args: Any,
    kwargs: State | None,
    tie_weights: bool,
    strict: bool,
) -> Any:
    """``module(*args, **kwargs)`` with the tensors of ``state`` in the places of their names.

    What the module assigns to these names meanwhile is found in ``state`` afterwards.
    """
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, state, tie_weights, strict):
        return module(*arguments, **(kwargs or {}))


@contextlib.contextmanager
def _replaced(module: Module, state: State, tie_weights: bool, strict: bool) -> Iterator[None]:
    """The module with other tensors, until the end of the block."""
    own: State = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    full = _with_tied(state, own) if tie_weights else state
    if strict:
        _check_names(module, full, own)
    before: State = {}
    try:
        for name, tensor in full.items():
            before[name] = _swap(module, name, tensor)
        yield
    finally:
        for name in reversed(before):
            present = _swap(module, name, before[name])
            if name in state:
                state[name] = present


def _swap(module: Module, name: str, tensor: Any) -> Any:
    """Put a tensor where a parameter, a buffer or an attribute is; returns what was there."""
    *path, key = name.split(".")
    owner: Any = module.get_submodule(".".join(path))
    if tensor is not _MISSING and tensor is not None and not isinstance(tensor, Variable):
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    for slots in (owner._parameters, owner._buffers):
        if key in slots:
            before = slots[key]
            slots[key] = tensor
            return before
    before = getattr(owner, key, _MISSING)
    if tensor is _MISSING:
        delattr(owner, key)
    else:
        setattr(owner, key, tensor)
    return before


def _with_tied(state: State, own: State) -> State:
    """The given tensors under all the names that the module has for what they replace."""
    groups: dict[int, list[str]] = {}
    for name, tensor in own.items():
        groups.setdefault(id(tensor), []).append(name)
    full = dict(state)
    for names in groups.values():
        given = [name for name in names if name in state]
        if len({id(state[name]) for name in given}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. "
                "Consider using tie_weights=False"
            )
        if given:
            full.update(dict.fromkeys(names, state[given[0]]))
    return full


def _check_names(module: Module, state: State, own: State) -> None:
    unexpected = [repr(name) for name in sorted(state.keys() - own.keys())]
    missing = [repr(name) for name in sorted(own.keys() - state.keys())]
    lines = [
        f"{kind} key(s): {', '.join(names)}."
        for kind, names in (("Unexpected", unexpected), ("Missing", missing))
        if names
    ]
    if lines:
        details = "\n\t".join(lines)
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t{details}")
