"""``Optimizer``: what all optimizers share: parameter groups, state, hooks, the loop of ``step``.

An optimizer defines ``update``, the formula for one parameter; ``step`` calls it for every
parameter that has a gradient. Most are a formula for one element, and change all parameters in one
call: minitorch/optim/elementwise.py.

Mirrors torch/optim/optimizer.py. Left out: sparse gradients, gradient scaling.
"""

from __future__ import annotations

import functools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.autograd import grad_mode
from minitorch.autograd.grad_mode import enable_grad
from minitorch.autograd.hooks import Hooks, RemovableHandle
from minitorch.autograd.variable import AccumulateGrad
from minitorch.optim.options import check_implementation, scalar_options
from minitorch.optim.state import new_number

__all__ = [
    "Optimizer",
    "register_optimizer_step_pre_hook",
    "register_optimizer_step_post_hook",
]

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
StateDict: TypeAlias = dict[str, Any]

_global_pre_hooks = Hooks()
_global_post_hooks = Hooks()

_HOOKS = (
    "_optimizer_step_pre_hooks",
    "_optimizer_step_post_hooks",
    "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks",
    "_optimizer_load_state_dict_pre_hooks",
    "_optimizer_load_state_dict_post_hooks",
)


class _Required:
    """The default of an option that every group must set."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class Optimizer:
    """Base class of all optimizers.

    Args:
        params: tensors, or ``(name, tensor)`` pairs, or dicts, each a group of tensors under
            ``"params"`` with options of its own.
        defaults: the options of groups that do not set them.

    Attributes:
        param_groups: dicts of ``"params"`` and the options.
        state: what the formula remembers of each parameter.

    Raises:
        TypeError: ``params`` is a single tensor, or holds something else than tensors.
        ValueError: there are no parameters, or a parameter was computed from others, or it stands
            in two groups.
    """

    _optimizer_step_pre_hooks: Hooks
    _optimizer_step_post_hooks: Hooks
    _optimizer_state_dict_pre_hooks: Hooks
    _optimizer_state_dict_post_hooks: Hooks
    _optimizer_load_state_dict_pre_hooks: Hooks
    _optimizer_load_state_dict_post_hooks: Hooks

    # What ``capturable`` wants on a GPU, and which numbers older states hold as Python floats.
    _on_device = "params and state_steps"
    _numbers_in_state: tuple[str, ...] = ("step",)

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._add_hooks()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {typename(params)}"
            )
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._accumulators: list[AccumulateGrad] | None = None
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _add_hooks(self) -> None:
        for name in _HOOKS:
            self.__dict__.setdefault(name, Hooks())

    def __init_subclass__(cls) -> None:
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    # ----------------------------------------------------------------- stepping

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients again, before the change.

        Returns:
            What ``closure`` has returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        state = grad_mode.state  # without a context manager: 0.5 us less
        differentiable = bool(self.defaults.get("differentiable"))
        previous, state.enabled = state.enabled, differentiable and not state.inference
        try:
            for group in self.param_groups:
                params = [param for param in group["params"] if param._grad is not None]
                if params:
                    check_implementation(group, params, self._on_device)
                    self.update_all(params, scalar_options(group))
        finally:
            state.enabled = previous
        if self._accumulators is None:
            self._keep_accumulators()
        return loss

    def _keep_accumulators(self) -> None:
        """Hold the nodes that fill the gradients, so that they serve all steps: making one anew
        takes 1 us, and leaves remember them only weakly.
        """
        params = chain.from_iterable(group["params"] for group in self.param_groups)
        self._accumulators = [p.accumulator() for p in params if p._grad is not None and p.is_leaf]

    def update_all(self, params: list[Tensor], group: dict[str, Any]) -> None:
        """``update`` every one of some parameters of a group, all of which have gradients."""
        for param in params:
            assert param.grad is not None
            self.update(param, param.grad, group)

    def update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        """The formula: change ``param`` and ``self.state[param]``.

        Args:
            group: the options; those given as tensors are numbers here.
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or (``set_to_none=False``) fill them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param._grad = None  # past the checks of ``grad``, which take longer
                elif param.grad is not None:
                    param.grad.detach_()  # one of create_graph=True has a graph
                    param.grad.zero_()

    # ----------------------------------------------------------------- groups

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize further parameters, with options of their own.

        Raises:
            TypeError, ValueError: as for the constructor.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = [params] if isinstance(params, Tensor) else list(params)
        names = [param[0] for param in params if isinstance(param, tuple)]
        if names:
            if len(names) != len(params):
                raise ValueError(
                    "all optimizer params should be with/without names. Some param names are "
                    "missing"
                )
            params = [param for _, param in params]
            param_group["param_names"] = names
        param_group["params"] = params
        for param in params:
            self._check_param(param)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    f"{name}"
                )
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; see github.com/pytorch/pytorch/issues/40967 for more "
                "information",
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                kind = "with names" if names else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param "
                    f"group {kind} to the optimizer"
                )
            if not set(group["params"]).isdisjoint(params):
                raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)
        self._accumulators = None

    def _check_param(self, param: Any) -> None:
        if not isinstance(param, Tensor):
            raise TypeError(
                f"optimizer can only optimize Tensors, but one of the params is {typename(param)}"
            )
        if not self.defaults.get("differentiable") and not (param.is_leaf or param.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor")

    # ----------------------------------------------------------------- saving and loading

    def state_dict(self) -> StateDict:
        """The state and the options, with parameters replaced by their position: torch's format.

        Returns:
            ``{"state": {0: {...}, ...}, "param_groups": [{"lr": ..., "params": [0, ...]}, ...]}``.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        number_of: dict[int, int] = {}
        start = 0
        groups = []
        for group in self.param_groups:
            params = group["params"]
            for number, param in enumerate(params, start):
                number_of.setdefault(id(param), number)
            start += len(params)
            options = {key: value for key, value in group.items() if key != "params"}
            groups.append(options | {"params": [number_of[id(param)] for param in params]})
        state = {
            number_of[id(key)] if isinstance(key, Tensor) else key: value
            for key, value in self.state.items()
        }
        state_dict = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            result = hook(self, state_dict)
            state_dict = state_dict if result is None else result
        return state_dict

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Continue from what ``state_dict``, here or in torch, has returned.

        Its tensors take the dtype of their parameters, all but ``step``.

        Raises:
            ValueError: it has other groups, or groups of another size.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            result = hook(self, state_dict)
            state_dict = state_dict if result is None else result
        groups, saved_groups = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        sizes = [len(group["params"]) for group in groups]
        if sizes != [len(group["params"]) for group in saved_groups]:
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        numbers = chain.from_iterable(group["params"] for group in saved_groups)
        params = chain.from_iterable(group["params"] for group in groups)
        param_of = dict(zip(numbers, params, strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in param_of:
                state[param_of[key]] = _like_param(param_of[key], value)
            else:
                state[key] = value
        for group, saved in zip(groups, saved_groups, strict=True):
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved_groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "defaults": self.defaults,
            "state": self.state,
            "param_groups": self.param_groups,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a pickled or loaded state; options that older ones lack get their default."""
        self.__dict__.update(state)
        self._accumulators = None
        self._add_hooks()
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)
        for kept in self.state.values():
            for name in self._numbers_in_state:
                if isinstance(kept, dict) and isinstance(kept.get(name), int | float):
                    kept[name] = new_number(kept[name])

    # ----------------------------------------------------------------- hooks

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step.

        ``args`` begins with the optimizer. The hook may return other ``(args, kwargs)`` for it.
        """
        return self._optimizer_step_pre_hooks.add(hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return self._optimizer_step_post_hooks.add(hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` before ``state_dict``, or, with ``prepend``, before others."""
        return self._optimizer_state_dict_pre_hooks.add(hook, prepend=prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` after ``state_dict``; it may return another one."""
        return self._optimizer_state_dict_post_hooks.add(hook, prepend=prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before loading; it may return another one."""
        return self._optimizer_load_state_dict_pre_hooks.add(hook, prepend=prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` after ``load_state_dict``."""
        return self._optimizer_load_state_dict_post_hooks.add(hook, prepend=prepend)

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            for key in sorted(group.keys() - {"params"}):
                text += f"    {key}: {group[key]}\n"
        return text + ")"


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """``step``, between the optimizer's hooks and those of all optimizers.

    A ``step`` that calls ``super().step()`` runs them twice, as in torch.
    """

    @functools.wraps(step)
    def hooked_step(*args: Any, **kwargs: Any) -> Any:
        optimizer = args[0]
        pre_hooks = optimizer._optimizer_step_pre_hooks
        if pre_hooks or _global_pre_hooks:
            for hook in (*_global_pre_hooks.values(), *pre_hooks.values()):
                result = hook(optimizer, args, kwargs)
                if result is not None:
                    if not (isinstance(result, tuple) and len(result) == 2):
                        raise RuntimeError(
                            f"{step} must return None or a tuple of (new_args, new_kwargs), "
                            f"but got {result}."
                        )
                    args, kwargs = result
        out = step(*args, **kwargs)
        post_hooks = optimizer._optimizer_step_post_hooks
        if post_hooks or _global_post_hooks:
            for hook in (*post_hooks.values(), *_global_post_hooks.values()):
                hook(optimizer, args, kwargs)
        return out

    return hooked_step


Optimizer.step = _with_hooks(Optimizer.step)  # type: ignore[method-assign]


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of every optimizer."""
    return _global_pre_hooks.add(hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of every optimizer."""
    return _global_post_hooks.add(hook)


# ------------------------------------------------------------------------- helpers


def _like_param(param: Tensor, value: Any, key: str | None = None) -> Any:
    """A loaded value whose floating tensors have the dtype of ``param``."""
    if isinstance(value, Tensor):
        return value if key == "step" or not param.is_floating_point() else value.to(param.dtype)
    if isinstance(value, dict):
        return {k: _like_param(param, v, k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_like_param(param, v) for v in value)
    return value


def typename(x: Any) -> str:
    """What errors call an object: the name of its type, of a tensor ``torch.FloatTensor``."""
    if isinstance(x, Tensor):
        return f"torch.{dtypes.from_numpy(x._array.dtype).c10_name}Tensor"
    cls = x if isinstance(x, type) else type(x)
    module = getattr(x, "__module__", None)
    return cls.__qualname__ if module in (None, "builtins") else f"{module}.{cls.__qualname__}"
