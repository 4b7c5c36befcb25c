"""``Unpickler``: reads the structure of a checkpoint, and runs nothing that the file brings along.

A pickle is a program for a machine with a stack: "put the number 3 there", "make a tuple of all
since the mark", "import this and call it". Python's own machine does all it is told. This one has
only the instructions that torch's files consist of; names are looked up in a list
(allowed_globals.py), only what stands there may be called, and only plain containers are filled.

Mirrors torch/_weights_only_unpickler.py. Left out: objects in the form of before torch 0.4.
"""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from struct import unpack
from types import MemberDescriptorType
from typing import IO, Any, ClassVar

import numpy as np

from minitorch.random import Generator
from minitorch.serialization.allowed_globals import (
    Allowed,
    check_key,
    is_safe_class,
    look_up,
    modern,
)
from minitorch.serialization.loaded_storage import LoadedStorage
from minitorch.serialization.numpy_values import set_array_state, set_dtype_state
from minitorch.serialization.rebuild import set_attributes
from minitorch.serialization.torch_names import StorageType

# As they stand in Python's machine: they move plain values about.
_INSTRUCTIONS = (
    "PROTO FRAME STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 LONG4 "
    "BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 SHORT_BINSTRING BINSTRING SHORT_BINBYTES "
    "BINBYTES BINBYTES8 EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST EMPTY_DICT EMPTY_SET "
    "BINPUT LONG_BINPUT BINGET LONG_BINGET MEMOIZE BINPERSID GLOBAL STACK_GLOBAL"
)

StorageOf = Callable[[StorageType, str, str, int], LoadedStorage]


class Unpickler(pickle._Unpickler):
    """Runs one pickle.

    Args:
        file: where it stands; it is read up to the end of the pickle.
        storage_of: finds a storage, by its type, its key, its device and its number of elements.
        weights_only: False to allow some more kinds of objects.
        encoding: of the strings that Python 2 has written.
    """

    dispatch: ClassVar[dict[int, Any]] = {
        code: pickle._Unpickler.dispatch[code]
        for code in [getattr(pickle, name)[0] for name in _INSTRUCTIONS.split()]
    }

    stack: list[Any]
    append: Any  # typeshed leaves these out
    pop_mark: Any
    read: Any

    def __init__(
        self, file: IO[bytes], storage_of: StorageOf, weights_only: bool, encoding: str
    ) -> None:
        super().__init__(file, encoding=encoding)
        self.storage_of = storage_of
        self.weights_only = weights_only
        self.named: dict[int, Allowed] = {}  # what the pickle has named so far, by id

    # ----------------------------------------------------------------- names and storages

    def find_class(self, module: str, name: str) -> Any:
        """What a name stands for: from the list, without an import."""
        allowed = look_up(module, name, self.weights_only)
        self.named[id(allowed.value)] = allowed
        return allowed.value

    def persistent_load(self, pid: Any) -> LoadedStorage:
        """The storage of an id such as ``("storage", FloatStorage, "0", "cpu", 6)``."""
        if type(pid) is not tuple or len(pid) not in (5, 6) or _text(pid[0]) != "storage":
            raise pickle.UnpicklingError(f"unknown persistent id {pid!r}")
        _, kind, key, location, numel, *view = pid
        if not isinstance(kind, StorageType) or type(numel) is not int or numel < 0:
            raise pickle.UnpicklingError(f"unknown persistent id {pid!r}")
        if view not in ([], [None]):
            raise pickle.UnpicklingError("storages that are views, as before torch 0.4")
        return self.storage_of(kind, _text(key), _text(location), numel)

    # ----------------------------------------------------------------- calls

    def _load_reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        allowed = self.named.get(id(function))
        if allowed is None or allowed.call is None or type(arguments) is not tuple:
            raise pickle.UnpicklingError(f"Trying to call {function!r}, which is not allowed")
        self.stack[-1] = allowed.call(*arguments)

    def _load_newobj(self) -> None:
        arguments = self.stack.pop()
        cls = self.stack.pop()
        if not self._is_class(cls) or type(arguments) is not tuple:
            raise pickle.UnpicklingError(
                f"Can only create new object for classes allowlisted via `add_safe_globals` but "
                f"got {cls!r}"
            )
        self.append(cls.__new__(cls, *arguments))

    def _load_build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is OrderedDict:  # the _metadata of a module's state_dict
            set_attributes(target, state)
        elif type(target) is Generator:
            target.set_state(state[-1])
        elif type(target) is np.ndarray:
            set_array_state(target, state)
        elif isinstance(target, np.dtype):
            set_dtype_state(target, state)
        elif not self._is_class(type(target)):
            raise pickle.UnpicklingError(
                "Can only build OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{type(target)}"
            )
        elif hasattr(target, "__setstate__"):
            target.__setstate__(state)
        else:
            _set_state(target, state)

    def _is_class(self, cls: Any) -> bool:
        allowed = self.named.get(id(cls))
        return is_safe_class(cls) if allowed is None else allowed.is_class

    # ----------------------------------------------------------------- containers

    def _load_append(self) -> None:
        item = self.stack.pop()
        self._list_on_top().append(item)

    def _load_appends(self) -> None:
        items = self.pop_mark()
        self._list_on_top().extend(items)

    def _list_on_top(self) -> Any:
        target = self.stack[-1]
        if type(target) not in (list, deque) and not (
            isinstance(target, list) and self._is_class(type(target))
        ):
            raise pickle.UnpicklingError(f"Can only append to lists, but got {type(target)}")
        return target

    def _load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._set_items([key, value])

    def _load_setitems(self) -> None:
        self._set_items(self.pop_mark())

    def _set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter, defaultdict) and not (
            isinstance(target, dict) and self._is_class(type(target))
        ):
            raise pickle.UnpicklingError(
                "Can only set items of dict, collections.OrderedDict, collections.Counter, but got "
                f"{type(target)}"
            )
        for key, value in zip(items[::2], items[1::2], strict=True):
            check_key(key)
            target[key] = value

    def _load_additems(self) -> None:
        items = self.pop_mark()
        target = self.stack[-1]
        if type(target) is not set:
            raise pickle.UnpicklingError(f"Can only add items to sets, but got {type(target)}")
        for item in items:
            check_key(item)
            target.add(item)

    def _load_frozenset(self) -> None:
        items = self.pop_mark()
        for item in items:
            check_key(item)
        self.append(frozenset(items))

    def _load_bytearray(self) -> None:
        (size,) = unpack("<Q", self.read(8))
        self.append(bytearray(self.read(size)))  # Python's machine asks for the memory first

    dispatch[pickle.REDUCE[0]] = _load_reduce
    dispatch[pickle.NEWOBJ[0]] = _load_newobj
    dispatch[pickle.BUILD[0]] = _load_build
    dispatch[pickle.APPEND[0]] = _load_append
    dispatch[pickle.APPENDS[0]] = _load_appends
    dispatch[pickle.SETITEM[0]] = _load_setitem
    dispatch[pickle.SETITEMS[0]] = _load_setitems
    dispatch[pickle.ADDITEMS[0]] = _load_additems
    dispatch[pickle.FROZENSET[0]] = _load_frozenset
    dispatch[pickle.BYTEARRAY8[0]] = _load_bytearray


def _refusal(code: int) -> Callable[[Any], None]:
    def refuse(unpickler: Unpickler) -> None:
        raise pickle.UnpicklingError(f"Unsupported operand {code}")

    return refuse


for _code in range(256):
    Unpickler.dispatch.setdefault(_code, _refusal(_code))


def _set_state(target: Any, state: Any) -> None:
    """What ``object.__getstate__`` returned: a dictionary, or a pair of one and of the slots."""
    attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    if attributes:
        target.__dict__.update(attributes)
    for name, value in (slots or {}).items():
        if not isinstance(getattr(type(target), name, None), MemberDescriptorType):
            raise pickle.UnpicklingError(f"{type(target)} has no slot {name!r}")
        setattr(target, name, value)


def _text(text: Any) -> str:
    """A string, which Python 2 may have written as bytes."""
    if isinstance(text, bytes):
        return text.decode("ascii")
    if not isinstance(text, str):
        raise pickle.UnpicklingError(f"{text!r} is no string")
    return text


def names_in(structure: bytes) -> list[str]:
    """The globals that a pickle names, found without running it."""
    import pickletools  # 10 ms, and rarely needed

    names: list[str] = []
    texts: list[str] = []
    memo: dict[Any, str | None] = {}
    last: str | None = None  # what is on top of the stack, if it is a string
    for instruction, argument, _ in pickletools.genops(structure):
        if instruction.name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            memo[len(memo) if argument is None else argument] = last
            continue
        last = None
        if instruction.name == "GLOBAL":
            names.append(".".join(modern(*str(argument).split(" ", 1))))
        elif instruction.name == "STACK_GLOBAL":
            names.append(".".join(texts[-2:]))
        elif instruction.name in ("BINGET", "LONG_BINGET"):
            last = memo.get(argument)
        elif isinstance(argument, str):
            last = argument
        if last is not None:
            texts.append(last)
    return names
