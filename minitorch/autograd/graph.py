"""Looking into the graph, and a hand on what it saves.

Mirrors torch/autograd/graph.py. The nodes themselves are in ``node``, the engine that runs them in
``graph_task``. Left out: what concerns streams and compilation.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from minitorch.autograd import graph_task
from minitorch.autograd.engine import GradientEdge, get_gradient_edge
from minitorch.autograd.hooks import Hooks, RemovableHandle
from minitorch.autograd.node import Node
from minitorch.autograd.saved_variable import pop_default_hooks, push_default_hooks, set_refusal
from minitorch.autograd.variable import Variable

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class saved_tensors_hooks:
    """Inside this block, operations keep ``pack_hook(tensor)`` in the place of each tensor that
    they save, and backward gets ``unpack_hook`` of that.

    Of nested blocks, the innermost counts. ``pack_hook`` must not return the tensor itself, which
    may lead back to the node that saves it; ``tensor.detach()`` is safe.

    >>> import minitorch
    >>> x = minitorch.tensor(2.0, requires_grad=True)
    >>> with saved_tensors_hooks(lambda t: t.item(), lambda n: minitorch.tensor(n)):
    ...     y = x * x
    >>> y.backward()
    >>> x.grad
    tensor(4.)
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        push_default_hooks((self.pack_hook, self.unpack_hook))

    def __exit__(self, *exc_info: object) -> None:
        pop_default_hooks()


class save_on_cpu(saved_tensors_hooks):
    """Keep saved tensors in the memory of the CPU, where all of them are."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(tensor: Any) -> Any:
            return tensor.device, tensor.detach().cpu()

        def unpack(packed: Any) -> Any:
            device, tensor = packed
            return tensor.to(device)

        super().__init__(pack, unpack)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Inside this block, ``saved_tensors_hooks`` raises a RuntimeError with these words."""
    previous = set_refusal(error_message)
    try:
        yield
    finally:
        set_refusal(previous)


class allow_mutation_on_saved_tensors(saved_tensors_hooks):
    """Inside this block, tensors that were saved may be changed in place: backward, which must run
    inside too, uses the values of before.

    Every saved tensor is copied at once; torch copies when the change comes.

    >>> import minitorch
    >>> with allow_mutation_on_saved_tensors():
    ...     x = minitorch.ones(2, requires_grad=True)
    ...     y = x.clone()
    ...     out = (y**2).sum()
    ...     _ = y.zero_()
    ...     out.backward()
    >>> x.grad
    tensor([2., 2.])
    """

    _active = False

    def __init__(self) -> None:
        def unpack(copy: Any) -> Any:
            if not self._entered:
                raise AssertionError(
                    "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
                    "in which the graph was originally recorded."
                )
            return copy

        self._entered = False
        super().__init__(lambda tensor: tensor.detach().clone(), unpack)

    def __enter__(self) -> None:
        if allow_mutation_on_saved_tensors._active:
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        super().__enter__()
        self._entered = allow_mutation_on_saved_tensors._active = True

    def __exit__(self, *exc_info: object) -> None:
        self._entered = allow_mutation_on_saved_tensors._active = False
        super().__exit__(*exc_info)


def increment_version(tensor: Variable | Iterable[Variable]) -> None:
    """Tell autograd that the memory of a tensor, or of several, was changed by other means.

    Inference tensors, which have no version, stay as they are.
    """
    tensors = (tensor,) if isinstance(tensor, Variable) else tuple(tensor)
    for t in tensors:
        if not isinstance(t, Variable):
            raise RuntimeError(
                "increment_version expects each element of the iterable to be a tensor"
            )
    for t in tensors:
        if not t.is_inference():
            t.bump_version()


class _Handles(RemovableHandle):
    """Several handles as one."""

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        super().__init__(Hooks())
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable[[Any], None], *, mode: str = "all"
) -> RemovableHandle:
    """Call ``fn(grads)`` once in each backward, when the gradients of all ``tensors`` that take
    part in it are there (None for the others); or, in mode "any", ``fn(grad)`` when the first is.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of {('all', 'any')} but got {mode}")
    if mode == "any":
        return _register_first(tensors, fn)
    nodes = [get_gradient_edge(tensor).node for tensor in tensors]
    arrived: dict[int, dict[int, Any]] = {}  # of each backward pass, gradients by position
    lock = threading.Lock()

    def note(position: int, grad: Any) -> None:
        task = graph_task.current.task
        assert task is not None, "expected this hook to be called inside a backward call"
        with lock:
            grads = arrived.setdefault(task.id, {})
            grads[position] = grad
            complete = len(grads) == sum([task.will_run(node) for node in nodes])
            if complete:
                del arrived[task.id]
        if complete:
            fn([grads.get(i) for i in range(len(nodes))])

    return _Handles([t.register_hook(functools.partial(note, i)) for i, t in enumerate(tensors)])


def _register_first(tensors: Sequence[Any], fn: Callable[[Any], None]) -> RemovableHandle:
    last_task = -1
    lock = threading.Lock()

    @functools.wraps(fn)
    def note(grad: Any) -> None:
        nonlocal last_task
        task = graph_task.current.task
        assert task is not None, "expected this hook to be called inside a backward call"
        with lock:
            first, last_task = task.id != last_task, task.id
        if first:
            fn(grad)

    return _Handles([t.register_hook(note) for t in tensors if t.requires_grad])
