"""Activation checkpointing: forget what a function saved for backward, and run it again to get it.

Mirrors torch/utils/checkpoint.py. Memory is traded for time: of a checkpointed function only the
arguments are kept, and backward computes the rest anew. Left out: debug traces (``debug`` is
accepted), selective checkpointing, autocast.
"""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minitorch.autograd import engine, graph_task
from minitorch.autograd.function import Function
from minitorch.autograd.grad_mode import enable_grad, no_grad
from minitorch.autograd.graph import saved_tensors_hooks
from minitorch.autograd.saved_variable import HeldTensor
from minitorch.autograd.variable import Variable
from minitorch.random import get_rng_state, set_rng_state

Contexts = Callable[[], tuple[Any, Any]]


class CheckpointError(RuntimeError):
    """Running the function again did not save what the first run saved."""


def noop_context_fn() -> tuple[Any, Any]:
    """The default ``context_fn``: nothing around the first run, nothing around the second."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Contexts = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args)``, which saves only its arguments: backward runs it again.

    >>> import minitorch
    >>> x = minitorch.tensor(2.0, requires_grad=True)
    >>> y = checkpoint(lambda x: (x * x).exp(), x, use_reentrant=False)
    >>> y.backward()
    >>> x.grad
    tensor(218.3926)

    Args:
        use_reentrant: True records one node, whose backward starts a backward of its own: then
            ``autograd.grad`` and keyword arguments are refused. False records the function as it
            is, and computes anew what a node saved when its backward asks for it.
        preserve_rng_state: let the second run draw the same random numbers.
        context_fn: returns a context for the first run and one for the second.
        determinism_check: "default" compares shapes and dtypes of what both runs save, "none"
            does not.
        early_stop: end the second run when all that is needed is there.

    Raises:
        CheckpointError: the second run saved other tensors.
    """
    if use_reentrant is None:
        _warn_of_default("torch.utils.checkpoint")
        use_reentrant = True
    preserve_rng_state = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug:
            raise ValueError(
                "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
            )
        return CheckpointFunction.apply(function, preserve_rng_state, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check should be one of ['default', 'none'], but got {determinism_check}"
        )
    first, second = context_fn()
    stop = early_stop if _early_stop is None else _early_stop
    frame = Frame(function, args, kwargs, preserve_rng_state, determinism_check, stop, second)
    with saved_tensors_hooks(frame.pack, frame.unpack), first:
        return function(*args, **kwargs)


def _warn_of_default(what: str) -> None:
    warnings.warn(
        f"{what}: the use_reentrant parameter should be passed explicitly. Starting in PyTorch "
        "2.9, calling checkpoint without use_reentrant will raise an exception. "
        "use_reentrant=False is recommended, but if you need to preserve the current default "
        "behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
        "differences between the two variants.",
        stacklevel=3,
    )


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Apply modules or functions one after the other, in segments of which all but the last are
    checkpointed.

    Args:
        functions: a ``Sequential`` or a list.
        preserve_rng_state: as in ``checkpoint``.
    """
    if use_reentrant is None:
        _warn_of_default(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter"
        )
        use_reentrant = True
    preserve_rng_state = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    layers = list(functions)
    size = len(layers) // segments
    start = 0
    for start in range(0, size * (segments - 1), size):
        input = checkpoint(
            _chain(layers[start : start + size]),
            input,
            use_reentrant=use_reentrant,
            preserve_rng_state=preserve_rng_state,
        )
    return _chain(layers[size * (segments - 1) :])(input)


def _chain(layers: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def forward(input: Any) -> Any:
        for layer in layers:
            input = layer(input)
        return input

    return forward


_early_stop: bool | None = None


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Inside this block, overrule the argument ``early_stop`` of ``checkpoint``."""
    global _early_stop
    previous, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = previous


@contextlib.contextmanager
def _random_state(state: Any) -> Iterator[None]:
    """The random numbers of another moment, until the end of the block; None changes nothing."""
    if state is None:
        yield
        return
    outer = get_rng_state()
    set_rng_state(state)
    try:
        yield
    finally:
        set_rng_state(outer)


# --------------------------------------------------------------------------- without reentry


class Placeholder:
    """Stands in a node where a saved tensor would be."""

    __slots__ = ("position", "metadata", "tensors", "__weakref__")

    def __init__(self, position: int, metadata: Any) -> None:
        self.position = position
        self.metadata = metadata
        self.tensors: dict[int, Any] = {}  # what was computed anew, by backward pass


class StopRecomputation(Exception):
    """Everything that is needed is there."""


class Frame:
    """One call of a checkpointed function: how to repeat it, and what it saved."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        preserve_rng_state: bool,
        determinism_check: str,
        early_stop: bool,
        context: Any,
    ) -> None:
        self.function = function
        # Outer hooks, such as those of a checkpoint around this one, pack the arguments.
        self.args = [_hold(x) for x in args]
        self.kwargs = {name: _hold(x) for name, x in kwargs.items()}
        self.random_state = get_rng_state() if preserve_rng_state else None
        self.compares = determinism_check == "default"
        self.early_stop = early_stop
        self.context = context
        self.placeholders: list[weakref.ref[Placeholder]] = []

    def pack(self, tensor: Any) -> Placeholder:
        """The pack hook of the first run."""
        placeholder = Placeholder(len(self.placeholders), _metadata(tensor))
        self.placeholders.append(weakref.ref(placeholder))
        return placeholder

    def unpack(self, placeholder: Placeholder) -> Any:
        """The unpack hook: runs the function again for the first tensor that a backward needs."""
        task = graph_task.current.task
        key = task.id if task is not None else -1
        if key not in placeholder.tensors:
            self.run_again(key)
        if key not in placeholder.tensors:
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the "
                "original forward and recomputation.\nNumber of tensors saved during forward: "
                f"{len(self.placeholders)}\nNumber of tensors saved during recomputation: "
                f"{placeholder.position}."
            )
        return placeholder.tensors.pop(key)

    def run_again(self, key: int) -> None:
        """Fill the placeholders that nodes still hold."""
        count = 0

        def pack(tensor: Any) -> Any:
            nonlocal count
            value = tensor.detach()
            if count >= len(self.placeholders):
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than "
                    "during the original forward pass."
                )
            placeholder = self.placeholders[count]()
            if placeholder is not None:
                placeholder.tensors[key] = value
            count += 1
            if self.early_stop and count == len(self.placeholders):
                raise StopRecomputation
            return value

        args = [_release(x) for x in self.args]
        kwargs = {name: _release(x) for name, x in self.kwargs.items()}
        with (
            _random_state(self.random_state),
            enable_grad(),
            contextlib.suppress(StopRecomputation),
            saved_tensors_hooks(pack, lambda value: value),
            self.context,
        ):
            self.function(*args, **kwargs)
        self._check(key, count)

    def _check(self, key: int, count: int) -> None:
        if count != len(self.placeholders):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the "
                "original forward and recomputation.\nNumber of tensors saved during forward: "
                f"{len(self.placeholders)}\nNumber of tensors saved during recomputation: {count}."
            )
        if not self.compares:
            return
        different = ""
        for reference in self.placeholders:
            placeholder = reference()
            if placeholder is None:
                continue
            found = _metadata(placeholder.tensors[key])
            if found != placeholder.metadata:
                different += (
                    f"tensor at position {placeholder.position}:\n"
                    f"saved metadata: {placeholder.metadata}\nrecomputed metadata: {found}\n"
                )
        if different:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have "
                f"different metadata than during the forward pass.\n{different}."
            )


def _metadata(tensor: Any) -> dict[str, Any]:
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


def _hold(value: Any) -> Any:
    return HeldTensor(value) if isinstance(value, Variable) else value


def _release(value: Any) -> Any:
    return value.unpack() if isinstance(value, HeldTensor) else value


# --------------------------------------------------------------------------- with reentry


class CheckpointFunction(Function):
    """A function as one node, whose backward runs it again and starts a backward of its own."""

    @staticmethod
    def forward(
        ctx: Any, function: Callable[..., Any], preserve_rng_state: bool, *args: Any
    ) -> Any:
        if not any(isinstance(x, Variable) and x.requires_grad for x in args):
            warnings.warn(
                "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=3
            )
        ctx.run_function = function
        ctx.random_state = get_rng_state() if preserve_rng_state else None
        ctx.others = [None if isinstance(x, Variable) else x for x in args]
        ctx.save_for_backward(*[x if isinstance(x, Variable) else None for x in args])
        with no_grad():
            return function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        task = graph_task.current.task
        if task is not None and task.is_selective:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or "
                "passing an `inputs` parameter to .backward(). To resolve this error, you can "
                "either set use_reentrant=False, or call .backward() without passing the `inputs` "
                "argument."
            )
        inputs = [
            other if tensor is None else tensor.detach().requires_grad_(tensor.requires_grad)
            for tensor, other in zip(ctx.saved_tensors, ctx.others, strict=True)
        ]
        with _random_state(ctx.random_state), enable_grad():
            outputs = ctx.run_function(*inputs)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (output, grad)
            for output, grad in zip(outputs, grads, strict=True)
            if isinstance(output, Variable) and output.requires_grad
        ]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        engine.backward([o for o, _ in pairs], [g for _, g in pairs])
        return (None, None, *[x.grad if isinstance(x, Variable) else None for x in inputs])
