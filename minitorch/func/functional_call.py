"""Modules as functions of their parameters.

Mirrors torch/_functorch/functional_call.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minitorch.native.joining import stack
from minitorch.nn.utils.stateless import call_with

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
    return call_with(module, state, args, kwargs, tie_weights, strict)


def _merged(dicts: State | Sequence[State]) -> State:
    if isinstance(dicts, dict):
        return dicts
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
