"""A module's state as a dictionary, and back.

Mirrors state_dict and load_state_dict of torch/nn/modules/module.py: the same keys in the same
order, the same ``_metadata`` with each module's version, the same sentences when keys or shapes do
not fit. Left out: ``__future__`` switches, meta tensors.
"""

from __future__ import annotations

import functools
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.autograd.hooks import Hooks, RemovableHandle
from minitorch.nn.parameter import Parameter, is_lazy

if TYPE_CHECKING:
    from minitorch.nn.modules.module import Module

_EXTRA_STATE = "_extra_state"


class _Keys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class _IncompatibleKeys(_Keys):
    """What ``load_state_dict`` returns: keys the module has alone, keys the dictionary has alone.

    >>> _IncompatibleKeys([], [])
    <All keys matched successfully>
    """

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


class StateDict:
    """The part of ``Module`` that writes and reads its state."""

    _version: int = 1
    """Written into ``_metadata``. A layer that changes what it stores counts it up, and reads the
    older forms in its ``_load_from_state_dict``."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]
    _state_dict_pre_hooks: Hooks
    _state_dict_hooks: Hooks
    _load_state_dict_pre_hooks: Hooks
    _load_state_dict_post_hooks: Hooks

    def get_extra_state(self) -> Any:
        """Override, with ``set_extra_state``, to store more than tensors in ``state_dict``."""
        raise RuntimeError("get_extra_state is called only where a module defines it")

    def set_extra_state(self, state: Any) -> None:
        """Take back what ``get_extra_state`` returned."""
        raise RuntimeError("set_extra_state is called only where a module defines it")

    # ----------------------------------------------------------------- writing

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """All parameters and persistent buffers by their dotted names.

        The tensors share memory with the module; they are detached unless ``keep_vars``.

        >>> from minitorch import nn
        >>> list(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, affine=False)).state_dict())
        ['0.weight', '0.bias', '1.running_mean', '1.running_var', '1.num_batches_tracked']
        """
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for hook in self._state_dict_hooks.values():
            replacement = hook(self, destination, prefix, local_metadata)
            if replacement is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = replacement
        return cast("dict[str, Any]", destination)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Write this module's own state, without its children's."""
        for name, tensor in self._persistent_state().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not StateDict.get_extra_state:
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def _persistent_state(self) -> dict[str, Tensor]:
        state: dict[str, Tensor] = {k: p for k, p in self._parameters.items() if p is not None}
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers_set:
                state[name] = buffer
        return state

    # ----------------------------------------------------------------- reading

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy the values of a ``state_dict`` into this module.

        Args:
            strict: missing and unexpected keys are errors.
            assign: take the dictionary's tensors themselves instead of copying their values.

        Raises:
            RuntimeError: keys (if ``strict``) or shapes do not fit; all of them are named.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing_keys: list[str] = []
        unexpected_keys: list[str] = []
        error_msgs: list[str] = []
        metadata = getattr(state_dict, "_metadata", None)
        state: Any = OrderedDict(state_dict)  # older forms are rewritten in it while loading
        if metadata is not None:
            state._metadata = metadata

        def load(module: StateDict, state: Any, prefix: str) -> None:
            local_metadata = {} if metadata is None else dict(metadata.get(prefix[:-1], {}))
            if assign:
                local_metadata["assign_to_params_buffers"] = True
            module._load_from_state_dict(
                state, prefix, local_metadata, True, missing_keys, unexpected_keys, error_msgs
            )
            for name, child in module._modules.items():
                if child is not None:
                    child_prefix = f"{prefix}{name}."
                    children = {k: v for k, v in state.items() if k.startswith(child_prefix)}
                    load(child, children, child_prefix)
            for hook in module._load_state_dict_post_hooks.values():
                if hook(module, _IncompatibleKeys(missing_keys, unexpected_keys)) is not None:
                    raise AssertionError(
                        "Hooks registered with ``register_load_state_dict_post_hook`` are not "
                        "expected to return new values, if incompatible_keys need to be modified, "
                        "it should be done inplace."
                    )

        load(self, state, "")
        if strict and unexpected_keys:
            keys = ", ".join([f'"{key}"' for key in unexpected_keys])
            error_msgs.insert(0, f"Unexpected key(s) in state_dict: {keys}. ")
        if strict and missing_keys:
            keys = ", ".join([f'"{key}"' for key in missing_keys])
            error_msgs.insert(0, f"Missing key(s) in state_dict: {keys}. ")
        if error_msgs:
            errors = "\n\t".join(error_msgs)
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{errors}"
            )
        return _IncompatibleKeys(missing_keys, unexpected_keys)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Read this module's own state, without its children's; problems go into the lists."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(
                state_dict,
                prefix,
                local_metadata,
                strict,
                missing_keys,
                unexpected_keys,
                error_msgs,
            )
        assign = local_metadata.get("assign_to_params_buffers", False)
        own = self._persistent_state()
        for name, target in own.items():
            key = prefix + name
            if key in state_dict:
                error = self._load_tensor(name, target, key, state_dict[key], assign)
                if error is not None:
                    error_msgs.append(error)
            elif strict:
                missing_keys.append(key)

        extra_key = prefix + _EXTRA_STATE
        if type(self).set_extra_state is not StateDict.set_extra_state:
            if extra_key in state_dict:
                self.set_extra_state(state_dict[extra_key])
            elif strict:
                missing_keys.append(extra_key)
        elif strict and extra_key in state_dict:
            unexpected_keys.append(extra_key)

        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra_key:
                    name, *inner = key[len(prefix) :].split(".", 1)
                    if name not in (self._modules if inner else own):
                        unexpected_keys.append(key)

    def _load_tensor(
        self, name: str, target: Tensor, key: str, value: Any, assign: bool
    ) -> str | None:
        """Copy (or assign) one tensor; returns what is wrong with it, if anything."""
        if not isinstance(value, Tensor):
            return (
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
                f"object from checkpoint but received {type(value)}"
            )
        if is_lazy(target):
            return None  # and so is the value: LazyModuleMixin gives ``target`` the shape of others
        if target.dim() == 0 and tuple(value.shape) == (1,):
            value = value[0]  # before 0.4, torch had no 0-dim tensors
        wanted, given = _size(target), _size(value)
        if wanted != given:
            return (
                f"size mismatch for {key}: copying a param with shape {given} from checkpoint, "
                f"the shape in current model is {wanted}."
            )
        try:
            with no_grad():
                if not assign:
                    target.copy_(value)
                    return None
                if isinstance(target, Parameter):
                    if not isinstance(value, Parameter):
                        value = Parameter(value, requires_grad=target.requires_grad)
                    value.requires_grad_(target.requires_grad)
                setattr(self, name, value)
        except Exception as error:
            return (
                f'While copying the parameter named "{key}", whose dimensions in the model are '
                f"{wanted} and whose dimensions in the checkpoint are {given}, an exception "
                f"occurred : {error.args}."
            )
        return None

    # ----------------------------------------------------------------- hooks

    def register_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before ``state_dict`` writes."""
        return self._state_dict_pre_hooks.add(hook)

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after it has written."""
        hook._from_public_api = True  # type: ignore[attr-defined]
        return self._state_dict_hooks.add(hook)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """As ``register_state_dict_post_hook``, but a returned dictionary replaces the old one."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was "
                "previously registered via register_state_dict_post_hook"
            )
        return self._state_dict_hooks.add(hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, ...)`` before values are copied."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., None], with_module: bool = False
    ) -> RemovableHandle:
        if with_module:
            hook = _HookOfModule(hook, self)
        return self._load_state_dict_pre_hooks.add(hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` afterwards; it may edit the two lists."""
        return self._load_state_dict_post_hooks.add(hook)


class _HookOfModule:
    """A hook with its module as the first argument, referred to weakly: the module owns it."""

    def __init__(self, hook: Callable[..., Any], module: Any) -> None:
        self.hook = hook
        self.module = weakref.ref(module)
        functools.update_wrapper(self, hook)

    def __call__(self, *args: Any) -> Any:
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle with the module, so that a copied module's hook knows the copy."""
        return _HookOfModule, (self.hook, self.module())


def _size(tensor: Tensor) -> str:
    return f"torch.Size({list(tensor.shape)})"
