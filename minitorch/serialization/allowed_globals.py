"""What a checkpoint may name: the classes and functions behind the names in it.

A pickle names things by where Python would import them from. Here nothing is imported: a name is
looked up in a list, and what is not in it is refused. ``add_safe_globals`` adds to the list.

Mirrors torch/_weights_only_unpickler.py, with the same list. Left out of it: sparse, quantized and
meta tensors, and dtypes that minitorch does not have.
"""

from __future__ import annotations

import _compat_pickle
import argparse
import codecs
import pickle
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType, TracebackType
from typing import Any

import numpy as np

from minitorch._device import device
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.hooks import Hooks
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.optim.optimizer import Optimizer
from minitorch.random import Generator
from minitorch.serialization import numpy_values, rebuild, torch_names
from minitorch.serialization.torch_names import TorchName


@dataclass(frozen=True)
class Allowed:
    """What a name stands for, and what a pickle may do with it besides putting it somewhere."""

    value: Any
    call: Callable[..., Any] | None = None
    is_class: bool = False  # of which objects may be made without a call, and given attributes


def _calling(function: Callable[..., Any]) -> Allowed:
    return Allowed(function, function)


# ------------------------------------------------------------------------- torch's list


def check_key(key: Any) -> None:
    """Refuse what would take for ever to hash, or crash: tuples of tuples, which may share parts.

    Raises:
        pickle.UnpicklingError: a tuple has too many parts, counted with those of its parts.
    """
    pending, parts = [key], 0
    while pending:
        part = pending.pop()
        parts += 1
        if parts > 10_000:
            raise pickle.UnpicklingError("a key of a dict or set has more than 10,000 parts")
        if isinstance(part, tuple):
            pending.extend(part)


def _ordered_dict(pairs: Iterable[Any] = ()) -> OrderedDict[Any, Any]:
    result: OrderedDict[Any, Any] = OrderedDict()
    for key, value in pairs:
        check_key(key)
        result[key] = value
    return result


def _hashing(kind: type) -> Callable[..., Any]:
    """The constructor of a collection, after a look at what it will hash."""

    def construct(elements: Iterable[Any] = ()) -> Any:
        for element in elements:
            check_key(element)
        return kind(elements)

    return construct


def _encode(text: str, encoding: str) -> bytes:
    """Bytes, which protocol 2 writes as the text that has them for code points."""
    if encoding not in ("latin1", "latin-1"):
        raise TypeError(f"bytes in the encoding {encoding!r}")
    return text.encode("latin-1")


def _bytearray(content: bytes = b"") -> bytearray:
    if not isinstance(content, bytes):
        raise TypeError("a bytearray of something else than bytes")  # a number asks for memory
    return bytearray(content)


_TORCH_LIST: dict[str, Allowed] = {
    "collections.OrderedDict": Allowed(OrderedDict, _ordered_dict),
    "collections.Counter": Allowed(Counter, _hashing(Counter)),
    "builtins.set": Allowed(set, _hashing(set)),
    "builtins.complex": Allowed(complex, complex),
    "builtins.bytearray": Allowed(bytearray, _bytearray),
    "_codecs.encode": Allowed(codecs.encode, _encode),
    str(torch_names.SIZE): Allowed(Size, rebuild.size),
    str(torch_names.DEVICE): Allowed(device, device),
    str(torch_names.TENSOR): Allowed(Tensor),
    str(torch_names.PARAMETER): Allowed(Parameter),
    str(torch_names.GET_LAYOUT): _calling(rebuild.get_layout),
    str(torch_names.UNTYPED_STORAGE): Allowed(torch_names.UNTYPED_STORAGE),
}
for _kind in torch_names.TYPED_STORAGES.values():
    _TORCH_LIST[str(_kind)] = Allowed(_kind)
    _TORCH_LIST[f"torch.cuda.{_kind.name}"] = Allowed(_kind)
for _dtype, _name in torch_names.DTYPES.items():
    _TORCH_LIST[str(_name)] = Allowed(_dtype)
_REBUILD: dict[TorchName, Callable[..., Any]] = {
    torch_names.REBUILD_TENSOR_OF_OLD: rebuild.rebuild_tensor,
    torch_names.REBUILD_TENSOR: rebuild.rebuild_tensor_v2,
    torch_names.REBUILD_TENSOR_OF_BYTES: rebuild.rebuild_tensor_v3,
    torch_names.REBUILD_PARAMETER: rebuild.rebuild_parameter,
    torch_names.REBUILD_PARAMETER_WITH_STATE: rebuild.rebuild_parameter_with_state,
    torch_names.REBUILD_FROM_TYPE: rebuild.rebuild_from_type,
}
for _name, _function in _REBUILD.items():
    _TORCH_LIST[str(_name)] = _calling(_function)

# ------------------------------------------------------------------------- without weights_only


def _bytes() -> bytes:
    return b""  # the only bytes that pickle writes as a call


_MORE_VALUES: dict[str, Allowed] = {
    "builtins.bytes": Allowed(bytes, _bytes),
    "builtins.frozenset": Allowed(frozenset, _hashing(frozenset)),
    "builtins.range": Allowed(range, range),
    "builtins.slice": Allowed(slice, slice),
    "builtins.Ellipsis": Allowed(...),
    "collections.defaultdict": Allowed(defaultdict, defaultdict),
    "collections.deque": Allowed(deque, deque),
    "argparse.Namespace": Allowed(argparse.Namespace, is_class=True),
    "numpy.ndarray": Allowed(np.ndarray),
    "numpy.dtype": Allowed(np.dtype, numpy_values.dtype),
    str(torch_names.GENERATOR): Allowed(Generator, Generator),
}
for _type in (bool, int, float, str, list, tuple, dict):  # what a defaultdict may begin with
    _MORE_VALUES[f"builtins.{_type.__name__}"] = Allowed(_type)
for _core in ("numpy._core", "numpy.core"):  # the latter before NumPy 2
    _MORE_VALUES[f"{_core}.multiarray.scalar"] = _calling(numpy_values.scalar)
    _MORE_VALUES[f"{_core}.multiarray._reconstruct"] = _calling(numpy_values.reconstruct)
    _MORE_VALUES[f"{_core}.numeric._frombuffer"] = _calling(numpy_values.frombuffer)


_FUNCTIONS_OF_MODULES = ("minitorch.native.", "minitorch.nn.functional")


def _found_in_program(module: str, name: str) -> Allowed | None:
    """A class of modules or optimizers, or a function of minitorch's, that is imported already."""
    outermost, *inner = name.split(".")
    found: Any = vars(sys.modules[module]).get(outermost) if module in sys.modules else None
    for part in inner:
        found = vars(found).get(part) if isinstance(found, type) else None
    if getattr(found, "__module__", None) != module:  # something that the module has imported
        return None
    if isinstance(found, type) and issubclass(found, Module | Optimizer | Hooks):
        return Allowed(found, is_class=True)
    if isinstance(found, FunctionType) and module.startswith(_FUNCTIONS_OF_MODULES):
        return Allowed(found)  # as an attribute, such as an activation: it may not be called here
    return None


# ------------------------------------------------------------------------- the user's list

SafeGlobal = Callable[..., Any] | tuple[Callable[..., Any], str]

_NEVER_ALLOWED = {"nt", "os", "posix", "sys"}

_safe_globals: set[SafeGlobal] = set()


def add_safe_globals(safe_globals: Iterable[SafeGlobal]) -> None:
    """Let files name, call and make objects of these functions and classes.

    Args:
        safe_globals: functions and classes; or pairs of one and the name that the file has for it.
    """
    _safe_globals.update(safe_globals)


def get_safe_globals() -> list[SafeGlobal]:
    """What was added."""
    return list(_safe_globals)


def clear_safe_globals() -> None:
    """Forget what was added."""
    _safe_globals.clear()


class safe_globals:
    """Within a ``with`` block, let files name these functions and classes.

    >>> from collections import deque
    >>> with safe_globals([deque]):
    ...     get_safe_globals()
    [<class 'collections.deque'>]
    >>> get_safe_globals()
    []
    """

    def __init__(self, safe_globals: Iterable[SafeGlobal]) -> None:
        self.safe_globals = list(safe_globals)

    def __enter__(self) -> None:
        add_safe_globals(self.safe_globals)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _safe_globals.difference_update(self.safe_globals)


def _allowed_by_user() -> dict[str, Allowed]:
    allowed = {}
    for entry in _safe_globals:
        if isinstance(entry, tuple):
            if len(entry) != 2:
                raise ValueError(
                    "Expected tuple of length 2 (global, str of callable full path), but got tuple "
                    f"of length: {len(entry)}"
                )
            value, path = entry
            if type(path) is not str:
                raise TypeError(
                    "Expected second item in tuple to be str of callable full path, but got: "
                    f"{type(path)}"
                )
        else:
            value, path = entry, f"{entry.__module__}.{entry.__qualname__}"
        if value is Generator:
            path = str(torch_names.GENERATOR)
        more = _MORE_VALUES.get(path)
        call = value if more is None or more.call is None else more.call
        allowed[path] = Allowed(value, call, isinstance(value, type))
    return allowed


# ------------------------------------------------------------------------- looking up


def modern(module: str, name: str) -> tuple[str, str]:
    """Where a global is in Python 3: protocol 2 writes where it was in Python 2."""
    module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


def is_safe_class(cls: type) -> bool:
    """Whether the user has added a class: its objects may be given attributes."""
    return any(allowed.value is cls for allowed in _allowed_by_user().values())


def is_allowed(path: str) -> bool:
    """Whether ``load`` accepts the name."""
    return path in _TORCH_LIST or path in _allowed_by_user()


def look_up(module: str, name: str, weights_only: bool) -> Allowed:
    """What a name in a file stands for.

    Args:
        weights_only: whether only torch's list and the user's count.

    Raises:
        pickle.UnpicklingError: nothing that is allowed.
    """
    module, name = modern(module, name)
    path = f"{module}.{name}"
    if module in _NEVER_ALLOWED:
        raise pickle.UnpicklingError(
            f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked."
        )
    allowed = _TORCH_LIST.get(path) or _allowed_by_user().get(path)
    if allowed is None and not weights_only:
        allowed = _MORE_VALUES.get(path) or _found_in_program(module, name)
    if allowed is not None:
        return allowed
    if path.startswith("torch."):
        raise pickle.UnpicklingError(
            f"Unsupported global: GLOBAL {path}, which minitorch does not have (of a module of "
            "torch's, save and load the state_dict)"
        )
    raise pickle.UnpicklingError(
        f"Unsupported global: GLOBAL {path} was not an allowed global by default: minitorch runs "
        "nothing that a file names. If you trust the file, allow it by "
        f"`serialization.add_safe_globals([{path}])` or "
        f"`with serialization.safe_globals([{path}])`"
    )
