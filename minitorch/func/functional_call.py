"""Modules as functions of their parameters.

Mirrors torch/_functorch/functional_call.py and torch/nn/utils/stateless.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minitorch.autograd.variable import Variable
from minitorch.native.joining import stack

State = dict[str, Any]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: State | Sequence[State],
    args: Any = None,
    kwargs: State | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """``module(*args, **kwargs)`` with other tensors in the place of its parameters and buffers.

    >>> import minitorch
    >>> linear = minitorch.nn.Linear(2, 1)
    >>> state = {"weight": minitorch.ones(1, 2), "bias": minitorch.zeros(1)}
    >>> functional_call(linear, state, minitorch.tensor([1.0, 2.0]))
    tensor([3.])

    Args:
        parameter_and_buffer_dicts: tensors by name, as in ``named_parameters``; what is not named
            stays. Several dicts must not share names.
        args: the argument of the module, or a tuple of them.
        tie_weights: let a tensor that the module has under several names be replaced under all.
        strict: require that exactly the parameters and buffers of the module are named.
    """
    state = _merged(parameter_and_buffer_dicts)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, state, tie_weights, strict):
        return module(*arguments, **(kwargs or {}))


def _merged(dicts: State | Sequence[State]) -> State:
    if isinstance(dicts, Mapping):
        return dict(dicts)
    if not isinstance(dicts, Sequence):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(dicts)}"
        )
    if not all([isinstance(d, Mapping) for d in dicts]):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for d in dicts for name in d]
    repeated = [name for i, name in enumerate(names) if name in names[:i]]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is "
            "ambiguous"
        )
    return {name: tensor for d in dicts for name, tensor in d.items()}


@contextlib.contextmanager
def _replaced(module: Any, state: State, tie_weights: bool, strict: bool) -> Iterator[None]:
    """The module with other tensors, until the end of the block."""
    own = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    if tie_weights:
        state = _with_tied(state, own)
    if strict:
        _check_names(module, state, own)
    places = {name: _place(module, name) for name in state if name in own}
    before = {}
    try:
        for name, (slots, key) in places.items():
            if not isinstance(state[name], Variable) and state[name] is not None:
                raise TypeError(f"{state[name]} is not an instance of torch.Tensor")
            before[name] = slots[key]
            slots[key] = state[name]
        yield
    finally:
        for name in reversed(before):
            slots, key = places[name]
            slots[key] = before[name]


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
                f"functional_call got multiple values for keys {sorted(given)}, which are tied. "
                "Consider using tie_weights=False"
            )
        if given:
            full.update(dict.fromkeys(names, state[given[0]]))
    return full


def _check_names(module: Any, state: State, own: State) -> None:
    unexpected = [repr(name) for name in sorted(state.keys() - own.keys())]
    missing = [repr(name) for name in sorted(own.keys() - state.keys())]
    lines = [
        f"{kind} key(s): {', '.join(names)}."
        for kind, names in (("Unexpected", unexpected), ("Missing", missing))
        if names
    ]
    if lines:
        details = "\n\t".join(lines)
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t{details}")


def _place(module: Any, name: str) -> tuple[State, str]:
    """The dict of a submodule in which a parameter or buffer is, and its key there."""
    *path, key = name.split(".")
    owner = module.get_submodule(".".join(path))
    slots: State = owner._parameters if key in owner._parameters else owner._buffers
    return slots, key


def stack_module_state(models: Sequence[Any]) -> tuple[State, State]:
    """The parameters and the buffers of several modules of one kind, each stacked into one tensor
    with a new first dimension, for ``vmap``.
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if any([model.training != models[0].training for model in models]):
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if any([type(model) is not type(models[0]) for model in models]):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = {
        name: _stacked_leaf([dict(model.named_parameters())[name] for model in models])
        for name, _ in models[0].named_parameters()
    }
    buffers = {
        name: _stacked_leaf([dict(model.named_buffers())[name] for model in models])
        for name, _ in models[0].named_buffers()
    }
    return parameters, buffers


def _stacked_leaf(tensors: Sequence[Any]) -> Any:
    required = {tensor.requires_grad for tensor in tensors}
    if len(required) > 1:
        raise RuntimeError(
            "Expected all params/buffers to have the same requires_grad setting, but they differ"
        )
    return stack(tensors).detach().requires_grad_(tensors[0].requires_grad)
