"""Tensors by name in the safetensors format: a table and raw memory, nothing else.

The functions are those of ``safetensors.torch``. They need the extra ``minitorch[safetensors]``.

Mirrors the safetensors library's own file for torch. Ours: files appear when they are complete
(atomic_file.py). Left out: other devices, and dtypes of less than a byte.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection
from typing import Any

import numpy as np

from minitorch import dtypes, storage
from minitorch._device import check_device
from minitorch._tensor import Tensor
from minitorch.autograd.variable import wrap
from minitorch.nn.modules.module import Module
from minitorch.serialization.atomic_file import atomic_write

__all__ = ["load", "load_file", "load_model", "save", "save_file", "save_model"]

Path = str | os.PathLike[str]

_CODES = {
    "BOOL": dtypes.bool_,
    "U8": dtypes.uint8,
    "U16": dtypes.uint16,
    "U32": dtypes.uint32,
    "U64": dtypes.uint64,
    "I8": dtypes.int8,
    "I16": dtypes.int16,
    "I32": dtypes.int32,
    "I64": dtypes.int64,
    "F16": dtypes.float16,
    "F32": dtypes.float32,
    "F64": dtypes.float64,
    "BF16": dtypes.bfloat16,
    "C64": dtypes.complex64,
}


def save(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """The content of a file that holds ``tensors``.

    Raises:
        ValueError: one is not contiguous, or no tensor.
        RuntimeError: some share memory.
        ImportError: the library is not installed.

    >>> import minitorch
    >>> load(save({"weight": minitorch.ones(2)}))
    {'weight': tensor([1., 1.])}
    """
    library = _library()
    return bytes(library.serialize(_specs(library, tensors), metadata=metadata))


def save_file(
    tensors: dict[str, Tensor], filename: Path, metadata: dict[str, str] | None = None
) -> None:
    """Write ``tensors`` to a file. Errors are those of ``save``."""
    library = _library()
    specs = _specs(library, tensors)
    with atomic_write(filename) as file:
        library.serialize_file(specs, file.name, metadata=metadata)


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors in the content of a file.

    Raises:
        RuntimeError: it is no such file, or damaged, or has a dtype that minitorch has not.
    """
    return _load(data, "the data")


def load_file(
    filename: Path, device: str | int = "cpu", *, backend: str = "mmap"
) -> dict[str, Tensor]:
    """The tensors in a file.

    Args:
        device: the CPU.
        backend: how torch's function reads; here, it is read at once.

    Raises:
        RuntimeError: as ``load``.
    """
    check_device(device)
    with open(filename, "rb") as file:
        return _load(file.read(), os.fspath(filename))


def save_model(
    model: Module,
    filename: Path,
    metadata: dict[str, str] | None = None,
    force_contiguous: bool = True,
) -> None:
    """Write the ``state_dict`` of a module; of tensors that share memory only one.

    Args:
        force_contiguous: copy those that are not.

    Raises:
        RuntimeError: of tensors that share memory, none is all of it.
    """
    state = model.state_dict()
    metadata = dict(metadata or {})
    for kept, removed in _duplicates(state).items():
        for name in removed:
            metadata.setdefault(name, kept)
            del state[name]
    if force_contiguous:
        state = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(state, filename, metadata or None)


def load_model(
    model: Module,
    filename: Path,
    strict: bool = True,
    device: str | int = "cpu",
    *,
    backend: str = "mmap",
) -> tuple[list[str], list[str]]:
    """Copy the tensors in a file into a module.

    Returns:
        The names that the module has alone, and those that the file has alone.

    Raises:
        RuntimeError: there are such names, if ``strict``.
    """
    state = load_file(filename, device, backend=backend)
    duplicates = _duplicates(model.state_dict(), preferred=state)
    missing_keys, unexpected = model.load_state_dict(state, strict=False)
    missing = set(missing_keys)
    for name in [name for names in duplicates.values() for name in names]:
        if name in missing:
            missing.remove(name)
        else:
            unexpected.append(name)
    if strict and (missing or unexpected):
        error = f"Error(s) in loading state_dict for {type(model).__name__}:"
        for kind, names in (("Missing", missing), ("Unexpected", unexpected)):
            if names:
                listed = ", ".join([f'"{name}"' for name in sorted(names)])
                error += f"\n    {kind} key(s) in state_dict: {listed}"
        raise RuntimeError(error)
    return sorted(missing), unexpected


# ------------------------------------------------------------------------- helpers


def _library() -> Any:
    """The package, imported when it is needed: it is no dependency of minitorch itself."""
    try:
        import safetensors
    except ImportError as error:
        raise ImportError(
            "files in the safetensors format need the library safetensors: "
            "pip install 'minitorch[safetensors]'"
        ) from error
    return safetensors


def _specs(library: Any, tensors: dict[str, Tensor]) -> dict[str, Any]:
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}")
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(
                f"Key `{name}` is invalid, expected torch.Tensor but received {type(tensor)}"
            )
    shared = [names for names in _sharing(tensors) if len(names) > 1]
    if shared:
        raise RuntimeError(
            "Some tensors share memory, this will lead to duplicate memory on disk and potential "
            f"differences when loading them again: {shared}. A potential way to correctly save "
            "your model is to use `save_model`."
        )
    specs = {}
    for name, tensor in tensors.items():
        if not tensor.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. "
                "It either means you are trying to save tensors which are reference of each other "
                "in which case it's recommended to save only the full tensors, and reslice at load "
                "time, or simply call `.contiguous()` on your tensor to pack it before saving."
            )
        specs[name] = library.TensorSpec(
            dtype=tensor.dtype.name,
            shape=list(tensor.shape),
            data_ptr=storage.data_ptr(tensor._array),
            data_len=tensor.nbytes,
        )
    return specs


def _load(data: bytes, name: str) -> dict[str, Tensor]:
    library = _library()
    try:
        entries = library.deserialize(data)
    except library.SafetensorError as error:
        raise RuntimeError(f"{name}: not a safetensors file, or damaged ({error})") from error
    return {key: _tensor(entry, f"{name}: tensor {key!r}") for key, entry in entries}


def _tensor(entry: dict[str, Any], name: str) -> Tensor:
    if entry["dtype"] not in _CODES:
        raise RuntimeError(f"{name} has the dtype {entry['dtype']}, which minitorch does not have")
    # The library hands out bytearrays of their own, so that the array may show them.
    dtype = _CODES[entry["dtype"]].numpy.newbyteorder("<")
    array = np.frombuffer(entry["data"], dtype).reshape(entry["shape"])
    return wrap(array.astype(dtype.newbyteorder("="), copy=not array.flags.writeable))


def _sharing(state: dict[str, Tensor]) -> list[set[str]]:
    """The names, grouped by overlapping memory."""
    by_storage = defaultdict(list)
    for name, tensor in state.items():
        memory = storage.owner(tensor._array)
        if memory.nbytes:
            start = storage.data_ptr(tensor._array)
            span = start, start + _span_bytes(tensor._array), name
            by_storage[storage.data_ptr(memory)].append(span)
    groups: list[set[str]] = []
    for spans in by_storage.values():
        last_stop = -1
        for start, stop, name in sorted(spans):
            if start >= last_stop:
                groups.append(set())
            groups[-1].add(name)
            last_stop = stop
    return groups


def _span_bytes(array: Any) -> int:
    """From the first byte of an array to its last."""
    if not array.size:
        return 0
    steps = zip(array.shape, array.strides, strict=True)
    return int(sum([(n - 1) * step for n, step in steps]) + array.itemsize)


def _duplicates(state: dict[str, Tensor], preferred: Collection[str] = ()) -> dict[str, list[str]]:
    """Of each group that shares memory: which name to keep, and which to leave out.

    Args:
        preferred: names to keep if there is a choice.
    """
    result = {}
    for names in _sharing(state):
        complete = sorted(name for name in names if _is_complete(state[name]))
        if not complete:
            raise RuntimeError(
                "Error while trying to find names to remove to save state dict, but found no "
                f"suitable name to keep for saving amongst: {names}. None is covering the entire "
                "storage. Refusing to save/load the model since you could be storing much more "
                "memory than needed."
            )
        kept = next((name for name in complete if name in preferred), complete[0])
        if len(names) > 1:
            result[kept] = sorted(names - {kept})
    return result


def _is_complete(tensor: Tensor) -> bool:
    array = tensor._array
    memory = storage.owner(array)
    return storage.data_ptr(array) == storage.data_ptr(memory) and array.nbytes == memory.nbytes
