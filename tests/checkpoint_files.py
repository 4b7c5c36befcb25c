"""Checkpoints written by one library and read by the other, and what must be the same in both."""

from __future__ import annotations

import argparse
import io
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minitorch

DTYPES = [
    *("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
]


def saved(library: Any, obj: Any, **options: Any) -> io.BytesIO:
    """The file that ``library`` writes."""
    file = io.BytesIO()
    library.save(obj, file, **options)
    file.seek(0)
    return file


def exchange(writer: Any, reader: Any, obj: Any, **options: Any) -> Any:
    """What ``reader`` reads of the file that ``writer`` writes."""
    return reader.load(saved(writer, obj), **options)


def check(ours: Any, theirs: Any, library: Any = minitorch) -> None:
    """The same structure, types, values, strides and flags.

    Args:
        ours: objects of ``library``.
        theirs: torch's.
    """
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, library.Tensor)
        assert isinstance(ours, library.nn.Parameter) == isinstance(theirs, torch.nn.Parameter)
        assert isinstance(ours, library.nn.Buffer) == isinstance(theirs, torch.nn.Buffer)
        assert str(ours.dtype) == str(theirs.dtype)
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert tuple(ours.stride()) == theirs.stride()
        assert ours.storage_offset() == theirs.storage_offset()
        assert ours.requires_grad == theirs.requires_grad
        assert ours.is_leaf or not theirs.is_leaf
        assert ours.untyped_storage().nbytes() == theirs.untyped_storage().nbytes()
        assert bits(ours) == bits(theirs)
        assert getattr(ours, "note", None) == getattr(theirs, "note", None)
    elif isinstance(theirs, dict):
        assert type(ours) is type(theirs) and list(ours) == list(theirs)
        for key in theirs:
            check(ours[key], theirs[key], library)
        check(getattr(ours, "_metadata", None), getattr(theirs, "_metadata", None))
        assert getattr(ours, "default_factory", 0) is getattr(theirs, "default_factory", 0)
    elif isinstance(theirs, torch.Size):
        assert type(ours) is library.Size and tuple(ours) == tuple(theirs)
    elif isinstance(theirs, np.ndarray):
        assert type(ours) is np.ndarray and ours.flags.f_contiguous == theirs.flags.f_contiguous
        assert ours.dtype.name == theirs.dtype.name  # NumPy itself forgets a foreign byte order
        assert np.array_equal(ours, theirs) and ours.flags.writeable
    elif isinstance(theirs, list | tuple | deque):
        assert type(ours) is type(theirs) and len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            check(a, b, library)
    elif isinstance(theirs, torch.dtype | torch.device | torch.layout):
        assert type(ours).__name__ == type(theirs).__name__ and repr(ours) == repr(theirs)
    elif isinstance(theirs, torch.Generator):
        assert ours.initial_seed() == theirs.initial_seed()
        check(ours.get_state(), theirs.get_state(), library)
    elif isinstance(theirs, torch.UntypedStorage | torch.TypedStorage):
        assert ours.nbytes() == theirs.nbytes() and ours.tolist() == theirs.tolist()
    else:
        assert type(ours) is type(theirs) and ours == theirs


def bits(tensor: Any) -> bytes:
    """The elements in order, as they are in memory."""
    if isinstance(tensor, torch.Tensor):
        tensor = tensor.detach().resolve_conj().contiguous().reshape(-1)
        content: bytes = tensor.view(torch.uint8).numpy().tobytes()
        return content
    array = np.ascontiguousarray(tensor.detach()._array)
    return bytes(array.tobytes())


def of_dtype(library: Any, dtype: str) -> Any:
    """Twelve elements, among them those that a conversion would lose."""
    kind = getattr(library, dtype)
    if dtype == "bool":
        return library.tensor([[True, False, True, True]] * 3)
    if dtype == "uint64":
        return library.tensor([0, -1, 1, 2] * 3).view(kind).reshape(3, 4).clone()
    if dtype.startswith(("int", "uint")):
        limits = library.iinfo(kind)
        values = [limits.min, limits.max, 0, 1, 2, 3] * 2
        return library.tensor(values, dtype=kind).reshape(3, 4)
    values = [0.0, -0.0, 1.5, float("inf"), float("nan"), 1e-7] * 2
    if dtype.startswith("complex"):
        return library.tensor([complex(v, 2.0) for v in values], dtype=kind).reshape(3, 4)
    return library.tensor(values, dtype=kind).reshape(3, 4)


def _state_dict(library: Any) -> Any:
    library.manual_seed(0)
    nn = library.nn
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(3, 2)).state_dict()


def _noted(tensor: Any) -> Any:
    tensor.note = "the user's"
    return tensor


def _trained(library: Any, optimizer: str, **options: Any) -> Any:
    library.manual_seed(0)
    weights = [library.nn.Parameter(library.randn(2, 3)), library.nn.Parameter(library.randn(2))]
    groups = [{"params": weights[:1]}, {"params": weights[1:], "lr": 0.5}]
    chosen = getattr(library.optim, optimizer)(groups, **options)
    schedule = library.optim.lr_scheduler.MultiStepLR(chosen, [1, 2])
    for _ in range(2):
        for weight in weights:
            weight.grad = library.ones_like(weight)
        chosen.step()
        schedule.step()
    return chosen, schedule


def _optimizer_state(optimizer: str, **options: Any) -> Callable[[Any], Any]:
    return lambda library: _trained(library, optimizer, **options)[0].state_dict()


def _views(library: Any) -> Any:
    base = library.arange(12).reshape(3, 4)
    return [base, base[1:, 2], base.t(), base[::2, ::3], base, library.ones(1, 3).expand(2, 3)]


def _shared_list(library: Any) -> Any:
    inner = [library.ones(1)]
    return {"a": inner, "b": inner}


ROWS: dict[str, Callable[[Any], Any]] = {
    "None": lambda library: None,
    "numbers": lambda library: [True, False, 0, 1, -1, 255, 256, -(2**31), 2**31, 2.5, -0.0],
    "large integers": lambda library: [2**63, -(2**70), 2**2000],
    "infinities": lambda library: [float("inf"), -float("inf"), 5e-324],
    "complex numbers": lambda library: [1 + 2j, complex("inf")],
    "strings": lambda library: ["", "a", "ä", "𝄞", "a\nb", "x" * 70_000, "\ud800"],
    "bytes": lambda library: [b"abc", bytes(range(256)), bytearray(b"xyz"), bytearray()],
    "containers": lambda library: [[], (), {}, (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [[[]]]],
    "sets": lambda library: [{1, 2}, {"a", (1, 2)}],
    "dicts": lambda library: {1: "a", "b": 2, (1, "x"): 3, None: 4, 2.5: 5, b"c": 6},
    "ordered dict": lambda library: OrderedDict(b=1, a=2),
    "counter": lambda library: Counter([1, 1, 2]),
    "long list": lambda library: list(range(3000)),
    "shared list": _shared_list,
    "size": lambda library: [library.Size([2, 3]), library.Size([])],
    "dtypes": lambda library: [getattr(library, name) for name in DTYPES],
    "devices": lambda library: [library.device("cpu"), library.device("cuda", 1)],
    "layout": lambda library: library.strided,
    **{f"{name} tensor": (lambda library, n=name: of_dtype(library, n)) for name in DTYPES},  # type: ignore[misc]
    **{f"{name} view": (lambda library, n=name: of_dtype(library, n)[1:, ::2]) for name in DTYPES},  # type: ignore[misc]
    "0-dim": lambda library: library.tensor(3.0),
    "empty": lambda library: [library.ones(0), library.ones(2, 0, 3), library.ones(0)],
    "views": _views,
    "channels last": lambda library: (
        library.arange(120).reshape(2, 3, 4, 5).to(memory_format=library.channels_last)
    ),
    "leaf": lambda library: library.ones(2, requires_grad=True),
    "not a leaf": lambda library: library.ones(2, requires_grad=True) * 2,
    "parameter": lambda library: library.nn.Parameter(library.ones(2, 3)),
    "frozen parameter": lambda library: library.nn.Parameter(library.ones(2), False),
    "parameter with a note": lambda library: _noted(library.nn.Parameter(library.ones(2))),
    "tensor with a note": lambda library: _noted(library.ones(2)),
    "buffer": lambda library: library.nn.Buffer(library.ones(2)),
    "parameter of a list": lambda library: library.nn.ParameterList([library.ones(2)])[0],
    "typed storage": lambda library: library.arange(3)[1:].storage(),
    "untyped storage": lambda library: library.arange(3)[1:].untyped_storage(),
    "state dict": _state_dict,
    "SGD": _optimizer_state("SGD", lr=0.1, momentum=0.9, nesterov=True),
    "Adam": _optimizer_state("Adam", lr=0.1, amsgrad=True),
    "AdamW": _optimizer_state("AdamW"),
    "RMSprop": _optimizer_state("RMSprop", centered=True, momentum=0.5),
    "Adagrad": _optimizer_state("Adagrad"),
    "schedule": lambda library: _trained(library, "SGD", lr=0.1)[1].state_dict(),
    "random state": lambda library: library.Generator().manual_seed(5).get_state(),
}

# What torch itself reads only without ``weights_only``, or when it is told that a global is safe.
MORE_ROWS: dict[str, Callable[[Any], Any]] = {
    "slice": lambda library: [slice(1), slice(None, 2, -1)],
    "range": lambda library: range(2, 8, 3),
    "frozenset": lambda library: frozenset([1, (2, 3)]),
    "ellipsis": lambda library: ...,
    "deque": lambda library: deque([1, library.ones(1)], maxlen=3),
    "defaultdict": lambda library: defaultdict(list, a=[1], b=[library.ones(1)]),
    "generator": lambda library: library.Generator().manual_seed(7),
    "namespace": lambda library: argparse.Namespace(lr=0.1, layers=[1, 2]),
    "NumPy arrays": lambda library: [
        np.arange(6.0).reshape(2, 3),
        np.arange(6, dtype="i2").reshape(2, 3).T,
        np.zeros((2, 0), complex),
        np.array(True),
        np.arange(3, dtype=">f4"),
        np.array(["a", "bc"]),
    ],
    "NumPy numbers": lambda library: [np.float64(0.5), np.float32(2), np.int64(-1), np.bool_(True)],
}
