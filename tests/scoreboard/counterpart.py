"""What stands for an object of torch in minitorch: tensors, dtypes, functions, modules.

torch's tables hold functions of torch and inputs made of torch's tensors. ``Translator`` turns both
into minitorch's: a public function by its name, a function written in Python in the tables
themselves by giving its code minitorch where it says ``torch``.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minitorch

NAMESPACES = (
    ("", torch),
    ("Tensor", torch.Tensor),
    ("nn.functional", torch.nn.functional),
    ("linalg", torch.linalg),
    ("fft", torch.fft),
    ("special", torch.special),
    ("masked", torch.masked),
    ("signal.windows", torch.signal.windows),
    ("nn", torch.nn),
)


class Missing(Exception):
    """minitorch has nothing of this name."""


def lookup(path: str) -> Any:
    target: Any = minitorch
    for part in path.split("."):
        target = getattr(target, part, None)
        if target is None:
            raise Missing(f"minitorch.{path} does not exist")
    return target


@functools.cache
def paths_of_object() -> dict[int, list[str]]:
    """The public paths of every function of torch, by the identity of the function."""
    paths: dict[int, list[str]] = {}
    for prefix, namespace in NAMESPACES:
        for name in dir(namespace):
            try:
                value = getattr(namespace, name)
            except Exception:
                continue
            if callable(value) and not isinstance(value, types.ModuleType):
                paths.setdefault(id(value), []).append(f"{prefix}.{name}".lstrip("."))
    return paths


def function(f: Any, name: str = "") -> Any:
    """The counterpart of a function of torch, or of a function of its tables.

    Args:
        name: where to look if the function has no public path, such as ``nn.functional.relu``.

    Raises:
        Missing: there is none.
    """
    paths = paths_of_object().get(id(f), [])
    for path in [name, *paths] if name in paths else paths:
        with contextlib.suppress(Missing):
            return lookup(path)
    if paths:
        return lookup(paths[0])
    if isinstance(f, functools.partial):
        return functools.partial(function(f.func), *f.args, **f.keywords)
    if isinstance(f, types.FunctionType):
        if f.__module__.startswith("torch.testing"):
            return rebound(f)
        if f.__module__ == "torch._tensor":
            return lookup(f"Tensor.{f.__name__}")
    if getattr(f, "__module__", "") in ("_operator", "builtins", "math"):
        return f
    if type(f).__name__ in ("method_descriptor", "wrapper_descriptor"):
        return lookup(f"Tensor.{f.__name__}")
    if type(f).__name__ in ("OpOverload", "OpOverloadPacket"):
        return lookup(name.removeprefix("torch.ops.aten.").partition(".")[0])
    if name:
        return lookup(name)
    raise Missing(f"no counterpart of {f!r}")


# --------------------------------------------------------------------------- functions of the tables


def rebound(f: types.FunctionType) -> Callable[..., Any]:
    """The same code, in which ``torch`` means minitorch."""
    cells = tuple([types.CellType(_translate_global(c.cell_contents)) for c in f.__closure__ or ()])
    defaults = tuple([_translate_global(d) for d in f.__defaults__ or ()]) or None
    twin = types.FunctionType(f.__code__, _globals_of(f.__module__), f.__name__, defaults, cells)
    twin.__kwdefaults__ = f.__kwdefaults__
    return twin


class _Globals(dict[str, Any]):
    """The globals of a module of the tables as a rebound function sees them, translated one by one
    when they are read.
    """

    def __init__(self, original: dict[str, Any]) -> None:
        super().__init__(
            torch=minitorch, F=minitorch.nn.functional, wrapper_set_seed=_wrapper_set_seed
        )
        self._original = original

    def __missing__(self, name: str) -> Any:
        self[name] = value = _translate_global(self._original[name])
        return value


@functools.cache
def _globals_of(module: str) -> _Globals:
    return _Globals(vars(sys.modules[module]))


def _translate_global(value: Any) -> Any:
    if value is torch:
        return minitorch
    if isinstance(value, types.FunctionType) and not value.__module__.startswith("torch"):
        return value
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        return function(value)
    return Translator()(value) if isinstance(value, (torch.Tensor, torch.dtype)) else value


def _wrapper_set_seed(op: Any, *args: Any, **kwargs: Any) -> Any:
    """What the tables call to make random operations repeatable."""
    minitorch.manual_seed(42)
    return op(*args, **kwargs)


# --------------------------------------------------------------------------- values


class Translator:
    """Turns arguments of torch into minitorch's; one tensor given twice stays one tensor, and
    tensors that share memory share it here too.
    """

    def __init__(self) -> None:
        self.memo: dict[int, tuple[Any, Any]] = {}
        self.storages: dict[tuple[int, torch.dtype], tuple[Any, Any]] = {}

    def __call__(self, x: Any) -> Any:
        if isinstance(x, torch.Tensor):
            if id(x) not in self.memo:
                self.memo[id(x)] = (x, self.tensor(x))
            return self.memo[id(x)][1]
        if isinstance(x, torch.dtype):
            return self.dtype(x)
        if isinstance(x, torch.Size):
            return minitorch.Size(x)
        if isinstance(x, torch.device):
            return minitorch.device(str(x))
        if isinstance(x, (torch.layout, torch.memory_format)):
            return lookup(str(x).removeprefix("torch."))
        if isinstance(x, torch.Generator):
            return minitorch.Generator().manual_seed(x.initial_seed())
        if isinstance(x, slice):
            return slice(self(x.start), self(x.stop), self(x.step))
        if isinstance(x, tuple):
            items = [self(i) for i in x]
            return type(x)(*items) if hasattr(x, "_fields") else tuple(items)
        if isinstance(x, list):
            return [self(i) for i in x]
        if isinstance(x, dict):
            return {k: self(v) for k, v in x.items()}
        if isinstance(x, torch.nn.Module):
            return self.module(x)
        if isinstance(x, type):
            return lookup(f"nn.{x.__name__}") if x.__module__.startswith("torch") else x
        if callable(x) and not isinstance(x, np.generic):
            return function(x)
        return x

    def dtype(self, x: torch.dtype) -> Any:
        return lookup(str(x).removeprefix("torch."))

    def tensor(self, x: torch.Tensor) -> Any:
        """A leaf with the same memory layout: strides, offset and overlaps."""
        if x.layout is not torch.strided:
            raise Missing(f"minitorch has no tensors of layout {x.layout}")
        if x.device.type != "cpu":
            raise Missing(f"minitorch has no tensors on device {x.device}")
        self.dtype(x.dtype)
        plain = x.detach().resolve_conj().resolve_neg()
        tensor = self._with_layout(plain)
        if isinstance(x, torch.nn.Parameter):
            return minitorch.nn.Parameter(tensor, x.requires_grad)
        return tensor.requires_grad_(x.requires_grad)

    def _with_layout(self, x: torch.Tensor) -> Any:
        """The same window into a copy of the whole storage: views may reach beyond what it shows."""
        if x.dtype is torch.bfloat16:  # which NumPy's arrays cannot bring over
            return self._with_layout(x.view(torch.int16)).view(lookup("bfloat16")).detach()
        if x.numel() == 0:
            return minitorch.from_numpy(x.numpy().copy())
        memory = self._storage_of(x)
        if memory.numel() == x.numel() and x.is_contiguous():
            return memory.view(x.shape).detach()
        return memory.as_strided(x.shape, x.stride(), x.storage_offset()).detach()

    def _storage_of(self, x: torch.Tensor) -> Any:
        """A copy of the whole storage behind a tensor, the same for all that share it."""
        storage = x.untyped_storage()
        key = storage.data_ptr(), x.dtype
        if key not in self.storages:
            size = storage.nbytes() // x.element_size()
            elements = torch.as_strided(x, (size,), (1,), 0).clone().numpy()
            self.storages[key] = (x, minitorch.from_numpy(elements))  # x keeps the address taken
        return self.storages[key][1]

    def module(self, x: torch.nn.Module) -> Any:
        """A module that is an argument: a distance function, or the layer of an encoder."""
        maker = lookup(f"nn.{type(x).__name__}")
        if isinstance(x, torch.nn.TransformerEncoderLayer):
            twin = maker(**self(_options_of(x)))
            twin.load_state_dict(self(dict(x.state_dict())))
            return twin
        renamed = {"norm": "p"}  # PairwiseDistance(p) keeps it as .norm
        return maker(**{renamed.get(n, n): getattr(x, n) for n in x.__constants__})


def _options_of(layer: torch.nn.TransformerEncoderLayer) -> dict[str, Any]:
    return {
        "d_model": layer.linear1.in_features,
        "nhead": layer.self_attn.num_heads,
        "dim_feedforward": layer.linear1.out_features,
        "dropout": layer.dropout.p,
        "activation": layer.activation,
        "layer_norm_eps": layer.norm1.eps,
        "batch_first": layer.self_attn.batch_first,
        "norm_first": layer.norm_first,
        "bias": layer.linear1.bias is not None,
        "dtype": layer.linear1.weight.dtype,
    }


def to_numpy(x: torch.Tensor) -> Any:
    """A copy as an array."""
    return x.detach().resolve_conj().resolve_neg().numpy().copy()


def to_torch(x: Any) -> torch.Tensor:
    """A tensor of minitorch as one of torch, detached."""
    x = x.detach()
    if str(x.dtype) == "torch.bfloat16":
        bits = np.array(x.contiguous().view(minitorch.int16).numpy())
        return torch.from_numpy(bits).view(torch.bfloat16)
    return torch.from_numpy(np.array(x.numpy()))


def leaf(x: Any) -> Any:
    """torch's own tensor as a leaf of its own, in the containers that inputs come in."""
    if isinstance(x, torch.Tensor):
        if x.layout is not torch.strided or not x.requires_grad:
            return x
        if x._base is not None and x.is_leaf:  # torch itself finds no gradient for some of these
            own = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype).copy_(x.detach())
            return own.requires_grad_()
        return x if x.is_leaf else x.detach().requires_grad_()
    if isinstance(x, (tuple, list)) and not hasattr(x, "_fields"):
        return type(x)([leaf(i) for i in x])
    return {k: leaf(v) for k, v in x.items()} if isinstance(x, dict) else x
