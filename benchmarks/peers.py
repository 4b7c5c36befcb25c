"""Other libraries in the same benchmarks: HIPS autograd, MyGrad, tinygrad and JAX, if installed.

None of them has torch's functions, so what they take part in is written here once more, in NumPy's
words, which three of them share: a few operations of `ops`, and the chains of `overhead`. Each peer
is used as its manual tells its users to:

- autograd records only what it differentiates, and its forward pass is NumPy's own;
- mygrad records as torch does; its forward pass runs under ``no_autodiff``;
- tinygrad builds a lazy graph in each run, as it does without ``TinyJit``, and then computes it;
- jax compiles all of a run (``jax.jit``). A chain of tiny operations becomes one kernel: its number
  says what a compiler gains, not what an operation costs.

What a run does not need to keep is dropped as in torch. None of them is a dependency.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import numpy as np

from benchmarks import ops, overhead
from benchmarks.suite import NOT_WRITTEN, Work

Function = Callable[..., Any]
"""Takes a module with NumPy's functions, and tensors; returns a tensor."""

OPERATIONS: Mapping[str, Function] = {
    "add": lambda np, a, b: a + b,
    "mul": lambda np, a, b: a * b,
    "div": lambda np, a, b: a / b,
    "exp": lambda np, x: np.exp(x),
    "log": lambda np, x: np.log(x),
    "sqrt": lambda np, x: np.sqrt(x),
    "sin": lambda np, x: np.sin(x),
    "tanh": lambda np, x: np.tanh(x),
    "sum": lambda np, x: np.sum(x),
    "sum dim 1": lambda np, x: np.sum(x, axis=1),
    "matmul, square": lambda np, a, b: np.matmul(a, b),
    "matmul, batched": lambda np, a, b: np.matmul(a, b),
    "linear": lambda np, x, w, b: np.matmul(x, w.T) + b,
}
"""As in the table of `ops`, by the same names."""

CHAINED: Mapping[str, Function] = {
    "mul": lambda np, a, b: a * b,
    "add": lambda np, a, b: a + b,
    "tanh": lambda np, a, b: np.tanh(a),
    "matmul": lambda np, a, b: np.matmul(a, b),
}


class Peer(Protocol):
    """How a library computes a function, and its gradients."""

    def forward(self, function: Function, arrays: Sequence[Any]) -> Work:
        """Returns a run that computes the function, and returns what it gives."""

    def backward(self, function: Function, arrays: Sequence[Any], grad_output: Any) -> Work:
        """Returns a run that computes the gradients too, and returns the first input's."""


class Autograd:
    """HIPS autograd: traces a function of arrays."""

    def __init__(self, library: Any) -> None:
        self.library, self.np = library, importlib.import_module("autograd.numpy")

    def forward(self, function: Function, arrays: Sequence[Any]) -> Work:
        return lambda: function(self.np, *arrays)

    def backward(self, function: Function, arrays: Sequence[Any], grad_output: Any) -> Work:
        def of_all(inputs: tuple[Any, ...]) -> Any:
            return function(self.np, *inputs)

        def run() -> Any:
            vjp, _ = self.library.make_vjp(of_all)(tuple(arrays))
            return vjp(grad_output)[0]

        return run


class MyGrad:
    """MyGrad: records as torch does."""

    def __init__(self, library: Any) -> None:
        self.np = library

    def forward(self, function: Function, arrays: Sequence[Any]) -> Work:
        tensors = [self.np.tensor(array) for array in arrays]

        def run() -> Any:
            with self.np.no_autodiff:
                return function(self.np, *tensors)

        return run

    def backward(self, function: Function, arrays: Sequence[Any], grad_output: Any) -> Work:
        tensors = [self.np.tensor(array) for array in arrays]

        def run() -> Any:
            for tensor in tensors:
                tensor.null_grad()
            function(self.np, *tensors).backward(grad_output)
            return tensors[0].grad

        return run


class TinyGrad:
    """tinygrad: a lazy graph, computed at the end of each run."""

    def __init__(self, library: Any) -> None:
        self.Tensor = tensor = library.Tensor
        names = ("exp", "log", "sqrt", "sin", "tanh", "sum", "matmul")
        self.np = SimpleNamespace(**{name: getattr(tensor, name) for name in names})

    def forward(self, function: Function, arrays: Sequence[Any]) -> Work:
        tensors = [self.Tensor(array).realize() for array in arrays]
        return lambda: function(self.np, *tensors).realize()

    def backward(self, function: Function, arrays: Sequence[Any], grad_output: Any) -> Work:
        tensors = [self.Tensor(array).realize() for array in arrays]
        cotangent = self.Tensor(grad_output).realize()

        def run() -> Any:
            for tensor in tensors:
                tensor.grad = None
            function(self.np, *tensors).backward(cotangent)
            self.Tensor.realize(*[tensor.grad for tensor in tensors])
            return tensors[0].grad

        return run


class Jax:
    """JAX: compiles a run as a whole."""

    def __init__(self, library: Any) -> None:
        self.library, self.np = library, importlib.import_module("jax.numpy")

    def forward(self, function: Function, arrays: Sequence[Any]) -> Work:
        compiled = self.library.jit(lambda *inputs: function(self.np, *inputs))
        tensors = [self.np.asarray(array) for array in arrays]
        return lambda: compiled(*tensors).block_until_ready()

    def backward(self, function: Function, arrays: Sequence[Any], grad_output: Any) -> Work:
        def gradients(*inputs: Any) -> Any:
            _, vjp = self.library.vjp(lambda *inputs: function(self.np, *inputs), *inputs)
            return vjp(cotangent)

        tensors = [self.np.asarray(array) for array in arrays]
        cotangent = self.np.asarray(grad_output)
        compiled = self.library.jit(gradients)
        return lambda: self.library.block_until_ready(compiled(*tensors))[0]


ADAPTERS: Mapping[str, Callable[[Any], Peer]] = {
    "autograd": Autograd,
    "mygrad": MyGrad,
    "tinygrad": TinyGrad,
    "jax": Jax,
}


class Written(NamedTuple):
    """A work in NumPy's words."""

    function: Function
    arrays: Sequence[Any]
    grad_output: Any | None
    """What goes back; None for a work that stops after the forward pass."""
    repetitions: int = 1


def version_of(library: Any) -> str:
    """Returns a peer's version."""
    return version(library.__name__)


def prepare(library: Any, suite: str, work: str, seed: int) -> Work:
    """Returns the work, done by a peer.

    Raises:
        NotImplementedError: nobody has written it for the peers.
    """
    written = _written(suite, work, seed)
    if written is None:
        raise NotImplementedError(NOT_WRITTEN)
    peer = ADAPTERS[library.__name__](library)
    if written.grad_output is None:
        once = peer.forward(written.function, written.arrays)
    else:
        once = peer.backward(written.function, written.arrays, written.grad_output)

    def run() -> Any:
        for _ in range(written.repetitions):
            out = once()
        return out

    return once if written.repetitions == 1 else run


def _written(suite: str, work: str, seed: int) -> Written | None:
    writers = {"overhead": _chain, "ops": _operation}
    return writers[suite](work, seed) if suite in writers else None


def _chain(work: str, seed: int) -> Written | None:
    """A work of `overhead`; recording a graph that nobody walks back is not in every library."""
    operation, _, mode = work.partition(", ")
    if operation not in CHAINED or mode not in ("no grad", "forward+backward"):
        return None
    once = CHAINED[operation]

    def function(np: Any, start: Any, other: Any) -> Any:
        for _ in range(overhead.CHAIN):
            start = once(np, start, other)
        return start

    arrays = overhead.operands(operation, seed)
    grad_output = None if mode == "no grad" else np.ones_like(arrays[0])
    return Written(function, arrays, grad_output)


def _operation(work: str, seed: int) -> Written | None:
    """A work of `ops`."""
    measurement: Any = ops.SUITE.works[work]
    function = OPERATIONS.get(measurement.operation.name)
    if function is None:
        return None
    arrays = measurement.operation.inputs.at(measurement.size, seed)
    grad_output = None
    if measurement.mode != "forward":
        grad_output = measurement.grad_output(seed, np.shape(function(np, *arrays)))
    return Written(function, arrays, grad_output, measurement.operations_per_run)
