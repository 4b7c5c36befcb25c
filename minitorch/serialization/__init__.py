"""``save`` and ``load``: objects made of tensors, in PyTorch's own files.

torch reads what minitorch saves, and the reverse. A file is read from the outside in:

- atomic_file.py: a file appears when it is complete, so that no crash leaves half of one;
- zip_container.py: the archive, its records and their checksums;
- zip_format.py: what is in which record (legacy_format.py: files from before there were records);
- pickler.py, unpickler.py: the structure, in which storages stand by number;
- allowed_globals.py, torch_names.py: what the structure may name, and what the names stand for;
- rebuild.py, loaded_storage.py: from storages to tensors.

A pickle is a program that may call any function. The one that runs here knows a list of them, all
of which only build tensors and containers, and refuses the rest: loading a file from a stranger
executes nothing.

Mirrors torch/serialization.py. Left out: other pickle modules than Python's own, devices besides
the CPU and their registration, ``skip_data``, TorchScript archives.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import warnings
from collections.abc import Iterator
from typing import IO, Any

from minitorch._device import device
from minitorch.serialization import legacy_format, zip_format
from minitorch.serialization.allowed_globals import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    is_allowed,
    safe_globals,
)
from minitorch.serialization.atomic_file import atomic_write
from minitorch.serialization.locations import (
    MapLocation,
    default_restore_location,
    restore_location,
)
from minitorch.serialization.options import (
    LoadEndianness,
    get_default_load_endianness,
    set_default_load_endianness,
)
from minitorch.serialization.unpickler import names_in
from minitorch.serialization.zip_container import ZipReader

MAP_LOCATION = MapLocation

__all__ = [
    "DEFAULT_PROTOCOL",
    "MAP_LOCATION",
    "LoadEndianness",
    "add_safe_globals",
    "clear_safe_globals",
    "default_restore_location",
    "get_default_load_endianness",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
    "set_default_load_endianness",
]

FileLike = str | os.PathLike[str] | IO[bytes]

DEFAULT_PROTOCOL = 2


def save(
    obj: Any,
    f: FileLike,
    pickle_module: Any = pickle,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write ``obj`` to a file, or into an open one.

    Tensors that share memory share it in the file. A file appears under its name when it is
    complete: one that was there before is not lost if saving fails, or is interrupted.

    Args:
        obj: tensors, numbers, strings, ..., and containers of them; anything that can be pickled,
            though ``load``, as torch's, accepts less.
        pickle_module: Python's ``pickle``.
        pickle_protocol: 2 to 5; of these, torch reads with ``weights_only`` what 2 writes.
        _use_new_zipfile_serialization: False for the format of before torch 1.6.

    Raises:
        pickle.PicklingError, TypeError, AttributeError: something cannot be pickled.

    >>> import io
    >>> import minitorch
    >>> file = io.BytesIO()
    >>> save({"weight": minitorch.ones(2), "epoch": 3}, file)
    >>> file.seek(0)
    0
    >>> load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    if pickle_module is not pickle:
        raise ValueError("minitorch saves with Python's own pickle only")
    if not 2 <= pickle_protocol <= pickle.HIGHEST_PROTOCOL:
        raise ValueError(f"pickle protocol {pickle_protocol} cannot hold tensors")
    if not isinstance(f, str | os.PathLike) and not hasattr(f, "write"):
        raise AttributeError(
            "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
        )
    file_format = zip_format if _use_new_zipfile_serialization else legacy_format
    write = file_format.pickled(obj, pickle_protocol)
    if isinstance(f, str | os.PathLike):
        with atomic_write(f) as file:
            write(file)
    else:
        write(f)
        f.flush()


def load(
    f: FileLike,
    map_location: MapLocation = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Read what ``save``, here or in torch, has written.

    Args:
        map_location: where to put storages: a device, a dictionary from the devices in the file to
            devices, or a function of a storage and its device. Files from a GPU need it.
        weights_only: accept tensors, plain values and containers, and what ``add_safe_globals``
            allows. If False, torch runs whatever the file says. minitorch never does, and only
            accepts some more: ``slice``, ``range``, ``frozenset``, ``defaultdict``, ``deque``,
            ``argparse.Namespace``, ``Generator``, NumPy's arrays and numbers, and modules and
            optimizers whose classes the program has imported already.
        mmap: map the file, which must be one of torch 1.6 or later, instead of reading it: its
            contents are read, without a look at their checksums, when they are needed.
        pickle_load_args: ``encoding``, of strings that Python 2 has written.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: it is no such file, or a damaged one; or another device is asked for.
        pickle.UnpicklingError: it holds something that is not accepted.
    """
    if weights_only is None:
        weights_only = pickle_module is None
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if weights_only and pickle_load_args:
        warnings.warn("pickle_load_args only works if `weights_only=False`.", stacklevel=2)
    encoding = pickle_load_args.get("encoding", "utf-8")
    if isinstance(f, str | os.PathLike):
        path = os.fspath(f)
        if path.endswith(".safetensors"):
            return _load_safetensors(path, map_location)
        with open(f, "rb") as file, _naming(path):
            return _load(file, map_location, weights_only, encoding, bool(mmap))
    if mmap:
        raise ValueError("f must be a file path in order to use the mmap argument")
    _check_seekable(f)
    with _naming(str(getattr(f, "name", "the file"))):
        return _load(f, map_location, weights_only, encoding, mmap=False)


def _load(
    file: IO[bytes], map_location: MapLocation, weights_only: bool, encoding: str, mmap: bool
) -> Any:
    restore = restore_location(map_location)
    if _begins_with(file, b"PK\x03\x04"):
        return zip_format.load(file, restore, weights_only, encoding, mmap)
    if mmap:
        raise RuntimeError("mmap can only be used with files in the zip format")
    if not _begins_with(file, b"\x80"):
        nothing = " (it is empty here: was it read, or written, to its end?)"
        at_end = not file.read(1)
        raise RuntimeError(
            f"not a file of PyTorch's, or truncated or damaged{nothing if at_end else ''}"
        )
    return legacy_format.load(file, restore, weights_only, encoding)


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """Name the file in whatever a damaged one makes the functions below raise."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        kind = RuntimeError if isinstance(error, RuntimeError) else pickle.UnpicklingError
        is_ours = type(error) in (RuntimeError, pickle.UnpicklingError)
        what = str(error) if is_ours else f"damaged or unsupported ({error!r})"
        raise kind(f"{name}: {what}") from error


def get_unsafe_globals_in_checkpoint(f: FileLike) -> list[str]:
    """The names in a file that ``load`` refuses unless they are given to ``add_safe_globals``."""
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            return get_unsafe_globals_in_checkpoint(file)
    if not _begins_with(f, b"PK\x03\x04"):
        raise ValueError("Expected input to be a checkpoint returned by torch.save")
    names = set(names_in(ZipReader(f).read("data.pkl")))
    return sorted(name for name in names if not is_allowed(name))


def _load_safetensors(path: str, map_location: MapLocation) -> Any:
    if not isinstance(map_location, str | device | None):
        raise RuntimeError(
            f"Loading safetensors file with {type(map_location).__name__} map_location is not "
            "supported. Use a device string or torch.device instead."
        )
    from minitorch.serialization.safetensors import load_file

    return load_file(path, device="cpu" if map_location is None else str(map_location))


def _begins_with(file: IO[bytes], prefix: bytes) -> bool:
    start = file.tell()
    content = file.read(len(prefix))
    file.seek(start)
    return content == prefix


def _check_seekable(file: IO[bytes]) -> None:
    try:
        file.seek(file.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        raise type(error)(
            f"{error}. You can only torch.load from a file that is seekable. Please pre-load the "
            "data into a buffer like io.BytesIO and try to load from it instead."
        ) from None
