"""Callbacks around a module's forward and backward.

Mirrors the hooks of torch/nn/modules/module.py, and torch/utils/hooks.py (BackwardHook) with
torch/nn/modules/_functions.py (BackwardHookFunction). Left out: registration hooks.

A backward hook wants the gradients that enter and leave a module, but the graph knows operations
only. So the inputs and the outputs of the call each pass through an identity node, and the hooks
are attached to these two nodes::

    inputs -> identity -> forward -> identity -> outputs
                 |                       |
            grad_input: hooks      grad_output: pre-hooks
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minitorch.autograd import grad_mode
from minitorch.autograd.function import Function
from minitorch.autograd.hooks import Hooks, RemovableHandle
from minitorch.autograd.variable import Variable

Hook = Callable[..., Any]

in_use: list[str] = []
"""Empty until the first hook is registered anywhere, as it usually stays: then no module looks for
its own, which takes 0.2 us for each call."""


class CallHooks(Hooks):
    """The hooks of one kind around a module's calls."""

    __slots__ = ()

    def __setitem__(self, id: int, hook: Hook) -> None:  # by ``add``, and by copying and unpickling
        if not in_use:
            in_use.append("yes")
        super().__setitem__(id, hook)


# Hooks on every module there is, for debugging and profiling; they run before the module's own.
global_forward_pre_hooks = CallHooks()
global_forward_hooks = CallHooks()
global_backward_pre_hooks = CallHooks()
global_backward_hooks = CallHooks()
_global_with_kwargs: set[int] = set()
_global_always_called: set[int] = set()


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """``Module.register_forward_pre_hook`` on every module."""
    return global_forward_pre_hooks.add(hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """``Module.register_forward_hook`` on every module."""
    handle = global_forward_hooks.add(hook)
    if with_kwargs:
        _global_with_kwargs.add(handle.id)
    if always_call:
        _global_always_called.add(handle.id)
    return handle


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """``Module.register_full_backward_pre_hook`` on every module."""
    return global_backward_pre_hooks.add(hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """``Module.register_full_backward_hook`` on every module."""
    return global_backward_hooks.add(hook)


class ModuleHooks:
    """The part of ``Module`` that registers hooks and, if there are any, runs them."""

    forward: Callable[..., Any]
    _forward_pre_hooks: Hooks
    _forward_hooks: Hooks
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks
    _is_full_backward_hook: bool | None = None  # of which kind _backward_hooks are
    _hooks_with_kwargs: set[int]  # ids of the hooks that want the keyword arguments too
    _hooks_always_called: set[int]  # ids of the forward hooks that run after an error as well

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before ``forward``; what it returns replaces ``args``.

        Args:
            prepend: run before the hooks that are there already.
            with_kwargs: call ``hook(module, args, kwargs)``, which returns None or new
                ``(args, kwargs)``.
        """
        handle = self._forward_pre_hooks.add(hook, prepend=prepend)
        if with_kwargs:
            self._hooks_with_kwargs.add(handle.id)
        return handle

    def register_forward_hook(
        self,
        hook: Hook,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after ``forward``; what it returns replaces output.

        Args:
            prepend: run before the hooks that are there already.
            with_kwargs: call ``hook(module, args, kwargs, output)``.
            always_call: run also when ``forward`` raises an error.
        """
        handle = self._forward_hooks.add(hook, prepend=prepend)
        if with_kwargs:
            self._hooks_with_kwargs.add(handle.id)
        if always_call:
            self._hooks_always_called.add(handle.id)
        return handle

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before backward; what it returns replaces it."""
        return self._backward_pre_hooks.add(hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` once the input's gradients are known.

        What it returns replaces ``grad_input``. Both are tuples with one entry per positional
        input or per output, None where there is no gradient.
        """
        self._choose_backward_hooks(full=True)
        return self._backward_hooks.add(hook, prepend=prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """The older kind: it sees only the last operation of ``forward``, whose inputs need not be
        the module's. Take ``register_full_backward_hook``.
        """
        self._choose_backward_hooks(full=False)
        return self._backward_hooks.add(hook)

    def _choose_backward_hooks(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single "
                "Module. Please use only one of them."
            )
        self._is_full_backward_hook = full

    # ----------------------------------------------------------------- calling

    def _is_hooked(self) -> bool:
        """Whether ``forward`` must be called with hooks around it."""
        return bool(
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or global_forward_hooks
            or global_forward_pre_hooks
            or global_backward_hooks
            or global_backward_pre_hooks
        )

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = None
        started: set[int] = set()
        try:
            args, kwargs = self._run_forward_pre_hooks(args, kwargs)
            backward_pre_hooks = [*global_backward_pre_hooks.values()]
            backward_pre_hooks += self._backward_pre_hooks.values()
            backward_hooks = [*global_backward_hooks.values()]
            if self._is_full_backward_hook:
                backward_hooks += self._backward_hooks.values()
            around = None
            if backward_hooks or backward_pre_hooks:
                around = BackwardHook(self, backward_hooks, backward_pre_hooks)
                args = around.setup_input_hook(args)
            result = self.forward(*args, **kwargs)
            for id, hook in (*global_forward_hooks.items(), *self._forward_hooks.items()):
                started.add(id)
                replacement = self._run_forward_hook(id, hook, args, kwargs, result)
                if replacement is not None:
                    result = replacement
            if around is not None:
                result = around.setup_output_hook(result)
            if self._is_full_backward_hook is False:
                self._hook_last_operation(args, result)
            return result
        except Exception:
            self._run_forward_hooks_after_error(started, args, kwargs, result)
            raise

    def _run_forward_pre_hooks(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for id, hook in (*global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()):
            if id in self._hooks_with_kwargs:
                replacement = hook(self, args, kwargs)
                if replacement is None:
                    continue
                if not (isinstance(replacement, tuple) and len(replacement) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                        f"but got {replacement}."
                    )
                args, kwargs = replacement
            else:
                replacement = hook(self, args)
                if replacement is not None:
                    args = replacement if isinstance(replacement, tuple) else (replacement,)
        return args, kwargs

    def _run_forward_hook(
        self, id: int, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Any:
        if id in self._hooks_with_kwargs or id in _global_with_kwargs:
            return hook(self, args, kwargs, result)
        return hook(self, args, result)

    def _hook_last_operation(self, args: tuple[Any, ...], result: Any) -> None:
        while not isinstance(result, Variable):
            result = next(iter(result.values())) if isinstance(result, dict) else result[0]
        node = result.grad_fn
        if node is None:
            return
        for hook in self._backward_hooks.values():
            node.register_hook(functools.partial(hook, self))
        of_args = {arg.grad_fn for arg in args if isinstance(arg, Variable)} - {None}
        if of_args != {before for before, _ in node.next_functions}:
            warnings.warn(
                "Using a non-full backward hook when the forward contains multiple autograd Nodes "
                "is deprecated and will be removed in future versions. This hook will be missing "
                "some grad_input. Please use register_full_backward_hook to get the documented "
                "behavior.",
                FutureWarning,
                stacklevel=3,
            )

    def _run_forward_hooks_after_error(
        self, started: set[int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        """Run the hooks that asked to be called always and have not been yet."""
        for id, hook in (*global_forward_hooks.items(), *self._forward_hooks.items()):
            wanted = id in self._hooks_always_called or id in _global_always_called
            if not wanted or id in started:
                continue
            try:
                replacement = self._run_forward_hook(id, hook, args, kwargs, result)
                if replacement is not None:
                    result = replacement
            except Exception as error:
                warnings.warn(
                    "module forward hook with ``always_call=True`` raised an exception that was "
                    f"silenced as another error was raised in forward: {error}"
                )


class BackwardHookFunction(Function):
    """The identity, as a node of its own in the graph."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        ctx.mark_non_differentiable(*[arg for arg in args if not arg.requires_grad])
        return args

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return grads


class BackwardHook:
    """The backward hooks of one call of a module.

    Args:
        hooks: called with ``(module, grad_input, grad_output)``.
        pre_hooks: called with ``(module, grad_output)``.
    """

    def __init__(self, module: Any, hooks: Sequence[Hook], pre_hooks: Sequence[Hook]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.grad_outputs: tuple[Any, ...] | None = None
        self.n_inputs = 0
        self.n_outputs = 0
        # Which of the inputs and outputs are tensors; None when no node was needed.
        self.input_positions: list[int] | None = None
        self.output_positions: list[int] | None = None

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Pass the inputs through a node that runs the hooks."""
        self.n_inputs = len(args)
        args, node, self.input_positions = _pass_through_node(args)
        if node is not None:
            node.register_hook(self._run_hooks)
        return args

    def setup_output_hook(self, result: Any) -> Any:
        """Pass the outputs through a node that notes their gradients and runs the pre-hooks."""
        if not isinstance(result, (Variable, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}"
            )
        outputs = result if isinstance(result, tuple) else (result,)
        self.n_outputs = len(outputs)
        outputs, node, self.output_positions = _pass_through_node(outputs)
        if node is not None:
            node.register_hook(self._run_pre_hooks)
        return outputs if isinstance(result, tuple) else outputs[0]

    def _run_pre_hooks(self, grad_inputs: Any, grad_outputs: Any) -> tuple[Any, ...]:
        assert self.output_positions is not None
        grads = _spread(self.output_positions, grad_outputs, self.n_outputs)
        for hook in self.pre_hooks:
            replacement = hook(self.module, grads)
            if replacement is None:
                continue
            if len(replacement) != len(grads):
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, "
                    f"got {len(replacement)}, but expected {len(grads)}"
                )
            grads = replacement
        self.grad_outputs = grads
        if self.input_positions is None:
            self._run_hooks_without_inputs(grads)
        return tuple([grads[i] for i in self.output_positions])

    def _run_hooks(self, grad_inputs: Any, _: Any) -> tuple[Any, ...] | None:
        if self.grad_outputs is None:  # a backward that did not come through the outputs
            return None
        assert self.input_positions is not None
        grads = _spread(self.input_positions, grad_inputs, self.n_inputs)
        for hook in self.hooks:
            replacement = hook(self.module, grads, self.grad_outputs)
            if replacement is None:
                continue
            if len(replacement) != len(grads):
                raise RuntimeError(
                    "Backward hook returned an invalid number of grad_input, "
                    f"got {len(replacement)}, but expected {len(grads)}"
                )
            grads = replacement
        self.grad_outputs = None
        return tuple([grads[i] for i in self.input_positions])

    def _run_hooks_without_inputs(self, grad_outputs: tuple[Any, ...]) -> None:
        """No input needs a gradient, so the hooks run as soon as the outputs' are known."""
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module "
            "outputs since no inputs require gradients. See "
            "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
            "#torch.nn.Module.register_full_backward_hook for more details."
        )
        nothing = (None,) * self.n_inputs
        for hook in self.hooks:
            replacement = hook(self.module, nothing, grad_outputs)
            if replacement is not None and not (
                isinstance(replacement, tuple) and all(g is None for g in replacement)
            ):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )
        self.grad_outputs = None


def _pass_through_node(
    values: tuple[Any, ...],
) -> tuple[tuple[Any, ...], Any, list[int] | None]:
    """Send the tensors among ``values`` through one identity node.

    Returns the values, the node (None if no gradient is wanted) and the tensors' positions.
    """
    positions = [i for i, value in enumerate(values) if isinstance(value, Variable)]
    tensors = [values[i] for i in positions]
    if not (grad_mode.state.enabled and any(t.requires_grad for t in tensors)):
        return values, None, None
    passed = BackwardHookFunction.apply(*tensors)
    node = next(t.grad_fn for t in passed if t.grad_fn is not None)
    replaced = list(values)
    for i, tensor in zip(positions, passed, strict=True):
        replaced[i] = tensor
    # A named tuple takes its fields one by one, a tuple all at once.
    if type(values) is tuple:
        return tuple(replaced), node, positions
    return type(values)(*replaced), node, positions


def _spread(positions: Iterable[int], values: Iterable[Any], size: int) -> tuple[Any, ...]:
    """``values`` at their positions among ``size``, None elsewhere."""
    spread = [None] * size
    for i, value in zip(positions, values, strict=True):
        spread[i] = value
    return tuple(spread)
