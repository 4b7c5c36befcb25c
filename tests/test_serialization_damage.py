"""Files that are damaged, and files that were made to do harm: nothing runs, and nothing is lost."""

from __future__ import annotations

import functools
import io
import os
import pickle
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import minitorch
from minitorch.serialization import allowed_globals, load, save
from tests.checkpoint_files import bits, saved

REFUSALS = (RuntimeError, pickle.UnpicklingError)


def file_of(structure: bytes, *records: bytes, protocol: bytes = b"\x80\x02") -> io.BytesIO:
    """A checkpoint of a pickle written by hand, and the memory it refers to."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", protocol + structure)
        for key, record in enumerate(records):
            archive.writestr(f"archive/data/{key}", record)
        archive.writestr("archive/version", "3\n")
    file.seek(0)
    return file


def refused(file: io.BytesIO, message: str, **options: Any) -> None:
    """It raises, names the file, and uses less than 20 MB while it does."""
    tracemalloc.start()
    try:
        with pytest.raises(REFUSALS, match=f"^the file: .*{message}"):
            load(file, **options)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


# ------------------------------------------------------------------------- code


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("touch evil",)


class EvilState:
    def __reduce__(self) -> Any:
        return os.mkdir, ("evil",), {"a": 1}, iter([1]), iter([(1, 2)])


@pytest.fixture
def nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.usefixtures("nothing_happens")
def test_nothing_is_executed(protocol: int, weights_only: bool) -> None:
    for evil in (Evil(), [EvilState()], {"a": (Evil(),)}):
        content = pickle.dumps(evil, protocol)
        refused(file_of(content, protocol=b""), "", weights_only=weights_only)
        with pytest.raises(REFUSALS):
            load(io.BytesIO(content), weights_only=weights_only)
        if protocol >= 2:
            message = "Trying to load unsupported GLOBAL posix.* whose module posix is blocked"
            refused(file_of(content, protocol=b""), message, weights_only=weights_only)


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def text(content: str) -> bytes:
    return b"X" + struct.pack("<I", len(content)) + content.encode()


def storage(key: str = "0", numel: int = 4, kind: str = "FloatStorage") -> bytes:
    number = b"\x8a\x08" + struct.pack("<q", numel)
    return b"(" + text("storage") + name("torch", kind) + text(key) + text("cpu") + number + b"tQ"


def integers(*numbers: int) -> bytes:
    return (
        b"(" + b"".join(b"\x8a\x09" + n.to_bytes(9, "little", signed=True) for n in numbers) + b"t"
    )


def tensor(offset: bytes, size: bytes, stride: bytes, memory: bytes | None = None) -> bytes:
    arguments = (storage() if memory is None else memory) + offset + size + stride + b"\x89N"
    return name("torch._utils", "_rebuild_tensor_v2") + b"(" + arguments + b"tR"


ORDERED_DICT = name("collections", "OrderedDict")

UNKNOWN = [
    *[("builtins", n) for n in ("eval", "exec", "getattr", "__import__", "open", "object", "type")],
    *[("__builtin__", n) for n in ("eval", "getattr", "apply", "reduce")],
    *[("os", "system"), ("posix", "system"), ("nt", "system"), ("sys", "modules")],
    *[("subprocess", "Popen"), ("operator", "attrgetter"), ("functools", "partial")],
    *[("torch", "load"), ("torch.hub", "load"), ("torch", "nn.Linear"), ("torch.jit", "load")],
    *[("minitorch", "load"), ("minitorch.serialization", "save"), ("minitorch", "nn")],
    *[("collections", "OrderedDict.__init__"), ("torch", "Tensor.__reduce__"), ("", "")],
    *[("numpy", "load"), ("pickle", "loads"), ("codecs", "decode"), ("importlib", "import_module")],
    *[("minitorch.native.activation", "np.load"), ("minitorch.nn.functional", "wrap.__globals__")],
    *[("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("builtins", "set.update")],
]


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("path", UNKNOWN, ids=".".join)
def test_refused_names(path: tuple[str, str], weights_only: bool) -> None:
    refused(file_of(name(*path) + b"."), "GLOBAL", weights_only=weights_only)
    new = b"\x8c" + bytes([len(path[0])]) + path[0].encode()
    new += b"\x8c" + bytes([len(path[1])]) + path[1].encode() + b"\x93."
    refused(file_of(new, protocol=b"\x80\x04"), "GLOBAL", weights_only=weights_only)


CALLS = {
    "a dtype": (name("torch", "float32") + b")R.", "Trying to call"),
    "a number": (b"K\x01)R.", "Trying to call"),
    "a list": (b"])R.", "Trying to call"),
    "a class of storages": (name("torch", "FloatStorage") + b")R.", "Trying to call"),
    "Tensor": (name("torch", "Tensor") + b")R.", "Trying to call"),
    "Parameter": (name("torch.nn.parameter", "Parameter") + b")R.", "Trying to call"),
    "with a list": (ORDERED_DICT + b"]R.", "Trying to call"),
    "with nothing": (ORDERED_DICT + b"R.", "damaged or unsupported"),
    "encode to anything": (
        name("_codecs", "encode") + text("a") + text("rot13") + b"\x86R.",
        "bytes in the encoding 'rot13'",
    ),
    "bytearray of a number": (
        name("__builtin__", "bytearray") + b"\x8a\x08" + struct.pack("<q", 2**40) + b"\x85R.",
        "a bytearray of something else than bytes",
    ),
    "size of no integers": (name("torch", "Size") + text("ab") + b"\x85R.", "must be integers"),
    "device": (name("torch", "device") + text("moon") + b"\x85R.", "at start of device string"),
    "layout": (name("torch.serialization", "_get_layout") + text("a") + b"\x85R.", "KeyError"),
    "new object": (ORDERED_DICT + b")\x81.", "Can only create new object"),
    "new object of a number": (b"K\x01)\x81.", "Can only create new object"),
    "state of a dtype": (name("torch", "float32") + b"}b.", "Can only build OrderedDict"),
    "state of a list": (b"]}b.", "Can only build OrderedDict"),
    "state of a tensor": (tensor(b"K\x00", b")", b")") + b"}b.", "Can only build OrderedDict"),
    "state that is no dict": (ORDERED_DICT + b")RNK\x01\x86b.", "are no dict"),
    "state that hides a method": (
        ORDERED_DICT + b")R}" + text("items") + name("builtins", "set") + b"sb.",
        "'items' is no attribute to set on a OrderedDict",
    ),
    "state without names": (ORDERED_DICT + b")R}K\x01K\x02sb.", "1 is no attribute to set"),
    "append to a tuple": (b")K\x01a.", "Can only append to lists"),
    "append to a class": (ORDERED_DICT + b"K\x01a.", "Can only append to lists"),
    "extend a set": (name("__builtin__", "set") + b")R(K\x01e.", "Can only append to lists"),
    "set an item of a list": (b"]K\x00K\x01s.", "Can only set items of dict"),
    "set items of a tensor": (
        tensor(b"K\x00", b")", b")") + b"(K\x00K\x01u.",
        "Can only set items",
    ),
    "add to a list": (b"](K\x01\x90.", "Can only add items to sets"),
    "half an item": (b"}(K\x01u.", "damaged or unsupported"),
    "a list as key": (b"}]K\x01s.", "unhashable"),
    "another class of tensors": (
        name("torch._tensor", "_rebuild_from_type_v2")
        + b"("
        + name("torch._utils", "_rebuild_tensor_v2")
        + ORDERED_DICT
        + b"("
        + storage()
        + b"K\x00))\x89Nt}tR.",
        "is no class of tensors",
    ),
    "another function that makes tensors": (
        name("torch._tensor", "_rebuild_from_type_v2")
        + b"("
        + name("__builtin__", "set")
        + name("torch", "Tensor")
        + b")}tR.",
        "makes no tensors",
    ),
    "an attribute that hides a method": (
        name("torch._utils", "_rebuild_parameter_with_state")
        + b"("
        + tensor(b"K\x00", b")", b")")
        + b"\x88N}"
        + text("backward")
        + b"K\x01stR.",
        "'backward' is no attribute",
    ),
    "a parameter of nothing": (
        name("torch._utils", "_rebuild_parameter") + b"N\x88N\x87R.",
        "a parameter without data",
    ),
}


@pytest.mark.parametrize("case", CALLS)
@pytest.mark.parametrize("weights_only", [True, False])
def test_refused_calls(case: str, weights_only: bool) -> None:
    structure, message = CALLS[case]
    refused(file_of(structure, bytes(16)), message, weights_only=weights_only)


def numpy_dtype(text_: str, state: bytes = b"") -> bytes:
    return name("numpy", "dtype") + text(text_) + b"\x89\x88\x87R" + state


def array(kind: bytes, shape: bytes, content: bytes) -> bytes:
    made = name("numpy._core.multiarray", "_reconstruct") + name("numpy", "ndarray")
    made += b"K\x00\x85" + text("b") + b"\x87R"
    return made + b"(K\x01" + shape + kind + b"\x89" + content + b"tb."


NUMPY = {
    "objects": array(numpy_dtype("O8"), b"K\x01\x85", b"]"),
    "bytes as objects": array(numpy_dtype("O8"), b"K\x01\x85", b"C\x08" + bytes(8)),
    "records": array(numpy_dtype("f4,O"), b"K\x01\x85", b"C\x0c" + bytes(12)),
    "too few bytes": array(numpy_dtype("f8"), b"K\x02\x85", b"C\x08" + bytes(8)),
    "too many bytes": array(numpy_dtype("f8"), b"K\x02\x85", b"C\x18" + bytes(24)),
    "a huge array": array(numpy_dtype("f8"), integers(2**62), b"C\x08" + bytes(8)),
    "a negative size": array(numpy_dtype("f8"), integers(-3), b"C\x08" + bytes(8)),
    "content in a list": array(numpy_dtype("f8"), b"K\x01\x85", b"]"),
    "no dtype": array(text("f8"), b"K\x01\x85", b"C\x08" + bytes(8)),
    "a dtype of a huge size": array(numpy_dtype("U1000000000"), b"K\x01\x85", b"C\x04" + bytes(4)),
    "a dtype with fields": numpy_dtype(
        "f8", b"(K\x03" + text("<") + b"N" + text("a") + b"\x85}tb."
    ),
    "a dtype of another order": numpy_dtype("f8", b"(K\x03" + text("?") + b"NNNtb."),
    "an array of another class": name("numpy._core.multiarray", "_reconstruct")
    + name("builtins", "dict")
    + b"K\x00\x85"
    + text("b")
    + b"\x87R.",
    "a number of objects": name("numpy._core.multiarray", "scalar")
    + numpy_dtype("O8")
    + b"C\x08"
    + bytes(8)
    + b"\x86R.",
}


@pytest.mark.parametrize("case", NUMPY)
def test_crafted_numpy_arrays(case: str) -> None:
    refused(
        file_of(NUMPY[case], protocol=b"\x80\x03"), "damaged or unsupported", weights_only=False
    )
    refused(file_of(NUMPY[case], protocol=b"\x80\x03"), "GLOBAL numpy")


def test_a_numpy_array_that_is_well() -> None:
    """That the tests above test what they say."""
    content = array(numpy_dtype("f8"), b"K\x01\x85", b"C\x08" + np.float64(1.5).tobytes())
    assert load(file_of(content, protocol=b"\x80\x03"), weights_only=False).tolist() == [1.5]
    assert np.dtype("f8").byteorder == "="


INSTRUCTIONS = {
    "INST": b"(icollections\nOrderedDict\n.",
    "OBJ": b"(" + ORDERED_DICT + b"o.",
    "EXT1": b"\x82\x01.",
    "EXT2": b"\x83\x01\x00.",
    "EXT4": b"\x84\x01\x00\x00\x00.",
    "PERSID": b"P0\n.",
    "NEWOBJ_EX": ORDERED_DICT + b")}\x92.",
    "DUP": b"]2.",
    "STRING": b"S'a'\n.",
    "INT": b"I1\n.",
    "LONG": b"L1L\n.",
    "UNICODE": b"Va\n.",
    "NEXT_BUFFER": b"\x97.",
    "a byte that is no instruction": b"\xff.",
}


@pytest.mark.parametrize("case", INSTRUCTIONS)
def test_refused_instructions(case: str) -> None:
    refused(file_of(INSTRUCTIONS[case]), "Unsupported operand")


MALFORMED = {
    "nothing": b"",
    "no end": b"K\x01",
    "no value": b".",
    "a memo that is not there": b"h\x05.",
    "a large memo that is not there": b"j\xff\xff\xff\xff.",
    "nothing to remember": b"q\x00.",
    "no mark": b"K\x01t.",
    "a name that ends early": b"ctorch",
    "a name that is no text": b"c\xff\xfe\nb\n.",
    "a string that ends early": b"X\xff\xff\xff\xffabc",
    "a string of 2**63 bytes": b"\x8d" + b"\xff" * 7 + b"\x7fabc",
    "bytes of 2**40": b"\x8e" + struct.pack("<Q", 2**40) + b"abc",
    "a bytearray of 2**40": b"\x96" + struct.pack("<Q", 2**40) + b"abc",
    "a frame of 2**40": b"\x95" + struct.pack("<Q", 2**40) + b"K\x01.",
    "a negative integer": b"\x8b\xff\xff\xff\xff.",
    "an integer that ends early": b"\x8b\xff\xff\xff\x7f\x01.",
    "a string that is no UTF-8": b"X\x01\x00\x00\x00\xff.",
    "protocol 9": b"\x80\x09K\x01.",
    "a storage that is a string": text("0") + b"Q.",
    "a storage that is no storage": b"(" + text("module") + b"NNNNtQ.",
    "a storage of no type": b"(" + text("storage") + b"N" + text("0") + text("cpu") + b"K\x04tQ.",
    "a storage of a dtype": storage().replace(b"FloatStorage", b"float32") + b".",
    "a storage without a key": storage().replace(text("0"), b"K\x00") + b".",
    "a storage of another key": storage("1") + b".",
    "a storage outside the archive": storage("../data.pkl") + b".",
    "a storage that is the structure": storage("../data.pkl") + b".",
    "a storage that is too small": storage(numel=9) + b".",
    "a storage that is too large": storage(numel=3) + b".",
    "a storage of negative size": storage(numel=-4) + b".",
    "a storage of huge size": storage(numel=2**62) + b".",
    "a storage of two types": b"(" + storage() + storage(numel=2, kind="DoubleStorage") + b"t.",
    "a storage that minitorch has not": storage(kind="QInt8Storage") + b".",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_structures(case: str) -> None:
    refused(file_of(MALFORMED[case], bytes(16)), "")


VIEWS = {
    "offset": (integers(3)[1:-1], integers(2), integers(1), "out of bounds for storage"),
    "negative offset": (integers(-1)[1:-1], integers(2), integers(1), "invalid storage offset -1"),
    "size": (b"K\x00", integers(5), integers(1), "out of bounds for storage"),
    "negative size": (b"K\x00", integers(-1), integers(1), "negative dimension"),
    "sizes whose product overflows": (b"K\x00", integers(2**40, 2**40), integers(1, 1), "bounds"),
    "size beyond 64 bits": (b"K\x00", integers(2**64 + 1), integers(1), "bounds"),
    "broadcast to 2**64": (b"K\x00", integers(2**32, 2**32), integers(0, 0), "too big"),
    "stride": (b"K\x00", integers(2), integers(9), "out of bounds for storage"),
    "negative stride": (b"K\x00", integers(2), integers(-1), "Negative strides are not supported"),
    "stride that overflows": (b"K\x00", integers(3), integers(2**62), "out of bounds for storage"),
    "other lengths": (b"K\x00", integers(2), integers(1, 1), "mismatch in length"),
    "65 dimensions": (b"K\x00", integers(*[1] * 65), integers(*[1] * 65), "dimension"),
    "floats": (b"K\x00", b"G@\x00\x00\x00\x00\x00\x00\x00\x85", integers(1), "must be integers"),
    "booleans": (b"\x88", integers(1), integers(1), "must be integers"),
    "no numbers": (b"K\x00", b"N", integers(1), "must be integers"),
    "huge steps to nothing": (b"K\x00", integers(0, 2), integers(2**70, 2**70), ""),
}


@pytest.mark.parametrize("case", VIEWS)
def test_views_beyond_their_storage(case: str) -> None:
    offset, size, stride, message = VIEWS[case]
    refused(file_of(tensor(offset, size, stride) + b".", bytes(16)), message)


def test_a_view_within_its_storage() -> None:
    """That the tests above test what they say."""
    memory = np.arange(4, dtype=np.float32).tobytes()
    file = file_of(tensor(b"K\x01", integers(2, 1), integers(2, 5)) + b".", memory)
    assert load(file).tolist() == [[1.0], [3.0]]


def test_what_would_take_for_ever_to_hash_or_overflow_the_stack() -> None:
    shared = b")q\x000" + b"h\x00h\x00\x86q\x000" * 100 + b"h\x00"  # 2**100 leaves
    deep = b")" + b"\x85" * 100_000
    for key in (shared, deep):
        refused_without_count = file_of(b"}" + key + b"K\x01s.")
        with pytest.raises(pickle.UnpicklingError, match="a key of a dict or set has more than"):
            load(refused_without_count)
        for structure in (
            name("__builtin__", "set") + b"](" + key + b"e\x85R.",
            name("collections", "Counter") + b"](" + key + b"e\x85R.",
            ORDERED_DICT + b"](" + key + b"K\x01\x86e\x85R.",
            b"\x8f(" + key + b"\x90.",
            b"(" + key + b"\x91.",
        ):
            with pytest.raises(pickle.UnpicklingError, match="a key of a dict or set has more"):
                load(file_of(structure))


def test_a_deep_structure_is_read() -> None:
    """Reading does not recurse; nor does forgetting."""
    loaded = load(file_of(b"]" + b"]" * 300_000 + b"a" * 300_000 + b"."))
    depth = 0
    while loaded:
        loaded, depth = loaded[0], depth + 1
    assert depth == 300_000
    structure: list[Any] = []
    for _ in range(100_000):
        structure = [structure]
    for library in (torch, minitorch):
        with pytest.raises(RecursionError):
            library.save(structure, io.BytesIO())


# ------------------------------------------------------------------------- archives


def rezipped(change: Callable[[zipfile.ZipFile, str, bytes], None]) -> io.BytesIO:
    """A checkpoint of two tensors of which ``change`` writes each record, or not."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(saved(minitorch, [minitorch.arange(500), minitorch.ones(3)])) as old,
        zipfile.ZipFile(result, "w") as new,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # zipfile's, about two records of one name
        for record in old.namelist():
            change(new, record, old.read(record))
    result.seek(0)
    return result


def renamed(old: str, new: str) -> Callable[[zipfile.ZipFile, str, bytes], None]:
    def change(archive: zipfile.ZipFile, record: str, content: bytes) -> None:
        archive.writestr(new if record.endswith(old) else record, content)

    return change


def added(
    other: str, content: bytes = b"1", **attributes: Any
) -> Callable[[zipfile.ZipFile, str, bytes], None]:
    def change(archive: zipfile.ZipFile, record: str, kept: bytes) -> None:
        archive.writestr(record, kept)
        if record.endswith("data.pkl"):
            info = zipfile.ZipInfo(other)
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.writestr(info, content)

    return change


def replaced(old: str, new: bytes) -> Callable[[zipfile.ZipFile, str, bytes], None]:
    def change(archive: zipfile.ZipFile, record: str, content: bytes) -> None:
        archive.writestr(record, new if record.endswith(old) else content)

    return change


ARCHIVES = {
    "no structure": (renamed("data.pkl", "archive/other"), "no data.pkl"),
    "two structures": (added("other/data.pkl"), "no data.pkl"),
    "a missing record": (renamed("data/1", "archive/data/2"), "there is no record 'data/1'"),
    "two records of one name": (added("archive/data/0", bytes(4000)), "two records named"),
    "a record outside": (added("other/0"), "a record named 'other/0'"),
    "an absolute record": (added("/etc/passwd"), "a record named '/etc/passwd'"),
    "a record above": (added("archive/../../evil"), "a record named 'archive/../../evil'"),
    "a record of Windows": (added("archive/..\\evil"), "a record named"),
    "a folder": (added("archive/data/"), "a record named 'archive/data/'"),
    "a link": (added("archive/link", external_attr=0o120777 << 16), "encrypted or a link"),
    "a bomb": (
        added("archive/data/9", bytes(10**7), compress_type=zipfile.ZIP_DEFLATED),
        "'archive/data/9' is compressed",
    ),
    "a compressed archive": (
        lambda archive, record, content: archive.writestr(record, content, zipfile.ZIP_DEFLATED),
        "is compressed, as PyTorch's are not",
    ),
    "TorchScript": (added("archive/constants.pkl"), "a TorchScript archive"),
    "a later version": (replaced("/version", b"11\n"), "written by a newer version"),
    "no version": (replaced("/version", b"x"), "damaged"),
    "a smaller storage": (replaced("data/0", bytes(3992)), "storage 0 should be 500 elements"),
    "a larger storage": (replaced("data/0", bytes(4008)), "storage 0 should be 500 elements"),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_crafted_archives(case: str) -> None:
    change, message = ARCHIVES[case]
    if case == "a bomb":
        with pytest.raises(RuntimeError, match=message):  # made here, of 10 MB
            load(rezipped(change))
    else:
        refused(rezipped(change), message)


def test_records_that_share_their_bytes() -> None:
    """Many names for one part of the file would make much out of little."""
    file = rezipped(lambda archive, record, content: archive.writestr(record, content))
    content = file.getvalue()
    with zipfile.ZipFile(file) as archive:
        first = archive.getinfo("archive/data/0")
        entries = [first.filename.replace("/0", f"/{9 + i}") for i in range(50)]
    start = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    directory, record = content[start:end], content[first.header_offset : start]
    entry_start = directory.index(b"archive/data/0") - 46
    entry = directory[entry_start : directory.index(b"PK\x01\x02", entry_start + 4)]
    for other in entries:
        changed = entry[:46] + other.encode() + entry[46 + len("archive/data/0") :]
        directory += struct.pack("<28sH", changed[:28], len(other)) + changed[30:]
    assert record
    count = len(entries) + 7
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    refused(io.BytesIO(content[:start] + directory + tail), "its records overlap")


def test_truncations(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    for old in (False, True):
        file = saved(minitorch, [minitorch.ones(3)], _use_new_zipfile_serialization=not old)
        content = file.getvalue()
        for size in [*range(0, len(content), 7), *range(len(content) - 100, len(content))]:
            path.write_bytes(content[:size])
            with pytest.raises(REFUSALS, match=r"weights\.pt: "):
                load(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    with pytest.raises(FileNotFoundError, match=r"weights\.pt"):
        load(path)
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        load(tmp_path)
    text_file = b"not a checkpoint"
    tar = tmp_path / "old.tar"
    tar.write_bytes(b"sys_info" + bytes(249) + b"ustar" + bytes(500))
    for content in (b"", text_file, b"PK", b"PK\x03\x04", b"\x80", b"\x80\x02", tar.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(REFUSALS, match=r"weights\.pt: "):
            load(path)
        with pytest.raises((RuntimeError, pickle.UnpicklingError, EOFError, IndexError)):
            torch.load(path, weights_only=True)
    file = saved(minitorch, 1)
    file.seek(0, os.SEEK_END)
    refused(file, "read, or written, to its end")


def test_the_old_format_with_other_headers() -> None:
    parts = [pickle.dumps(p, 2) for p in (0x1950A86A20F9469CFC6C, 1001, {}, [1], [])]
    assert load(io.BytesIO(b"".join(parts))) == [1]
    for i, other, message in (
        (0, 5, "Invalid magic number"),
        (1, 1002, "Invalid protocol version: 1002"),
        (4, ["0"], "the storages in the file are not those"),
        (4, 5, "the storages in the file are not those"),
    ):
        changed = [*parts[:i], pickle.dumps(other, 2), *parts[i + 1 :]]
        refused(io.BytesIO(b"".join(changed)), message)
    content = saved(minitorch, minitorch.ones(3), _use_new_zipfile_serialization=False).getvalue()
    refused(
        io.BytesIO(content[:-20] + b"\x04" + content[-19:]), "should have 3 elements, but has 4"
    )
    claims = content.replace(b"K\x03Nt", b"J\xff\xff\xff\x7fNt")
    assert claims != content
    refused(io.BytesIO(claims), "ends behind the end of the file")


# ------------------------------------------------------------------------- by chance


@functools.cache
def good_files() -> dict[str, tuple[bytes, list[bytes]]]:
    """A file of each format and writer, and what is in it."""
    files = {}
    for library in (minitorch, torch):
        for old in (False, True):
            base = library.arange(20.0).reshape(4, 5)
            parameter = library.nn.Parameter(library.ones(3))
            obj = {"a": base, "b": [base[1:, ::2], parameter], "c": library.arange(5), "d": "text"}
            file = saved(library, obj, _use_new_zipfile_serialization=not old)
            kind = f"{library.__name__} {'old' if old else 'zip'}"
            files[kind] = file.getvalue(), leaves(load(file))
    return files


def leaves(obj: Any) -> list[bytes]:
    if isinstance(obj, minitorch.Tensor):
        return [f"{obj.dtype} {obj.shape} {obj.requires_grad}".encode(), bits(obj)]
    if isinstance(obj, dict):
        return [leaf for k, v in obj.items() for leaf in (repr(k).encode(), *leaves(v))]
    if isinstance(obj, list):
        return [leaf for v in obj for leaf in leaves(v)]
    return [repr(obj).encode()]


def damaged(data: st.DataObject, content: bytes) -> bytes:
    """Some bytes changed, a part lost or doubled."""
    kind = data.draw(st.sampled_from(["flip", "flip", "flip", "cut", "double", "end"]))
    place = data.draw(st.integers(0, len(content) - 1))
    if kind == "end":
        return content[:place]
    length = data.draw(st.integers(1, 40))
    if kind == "cut":
        return content[:place] + content[place + length :]
    if kind == "double":
        return content[: place + length] + content[place:]
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    return bytes(changed)


@settings(max_examples=400, deadline=5000)
@given(data=st.data(), kind=st.sampled_from(["minitorch zip", "torch zip"]))
def test_damage_is_noticed(data: st.DataObject, kind: str) -> None:
    """What is read of a damaged archive is what was written: the checksums see to it."""
    content, expected = good_files()[kind]
    try:
        loaded = load(io.BytesIO(damaged(data, content)))
    except REFUSALS as error:
        assert str(error).startswith("the file: ")
    else:
        assert leaves(loaded) == expected


@settings(max_examples=300, deadline=5000)
@given(data=st.data(), kind=st.sampled_from(["minitorch old", "torch old"]))
def test_damage_without_checksums(data: st.DataObject, kind: str) -> None:
    """The old format has none: other values may come, but no other exceptions."""
    try:
        load(io.BytesIO(damaged(data, good_files()[kind][0])))
    except REFUSALS as error:
        assert str(error).startswith("the file: ")


@settings(max_examples=400, deadline=5000)
@given(data=st.data(), kind=st.sampled_from(["minitorch zip", "torch zip"]), weights_only=...)
def test_damaged_structures(data: st.DataObject, kind: str, weights_only: bool) -> None:
    """A structure that somebody has changed, with its checksum."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(good_files()[kind][0])) as old,
        zipfile.ZipFile(result, "w") as new,
    ):
        for record in old.namelist():
            content = old.read(record)
            changed = damaged(data, content) if record.endswith("data.pkl") else content
            new.writestr(record, changed)
    result.seek(0)
    try:
        load(result, weights_only=weights_only)
    except REFUSALS as error:
        assert str(error).startswith("the file: ")


PIECES = [
    *[bytes([code]) for code in range(256)],
    *[name(*path.rsplit(".", 1)) for path in allowed_globals._TORCH_LIST],
    *[name(*path.rsplit(".", 1)) for path in allowed_globals._MORE_VALUES],
    *[storage(), storage("1", 2), tensor(b"K\x00", integers(2), integers(1)), ORDERED_DICT + b")R"],
    *[b")", b"]", b"}", b"(", b"t", b"\x85", b"R", b"b", b"u", b"s", b"e", b"a", b"K\x01"] * 8,
    *[b"q\x00", b"h\x00", text("storage"), integers(1, 2), b"\x81", b"Q", b"\x90", b"N"] * 4,
]


@settings(max_examples=600, deadline=5000)
@given(st.lists(st.sampled_from(PIECES), max_size=25), st.booleans())
@example([b"(", b"K\x01", b"}", b"b"], True)
def test_programs_of_chance(pieces: list[bytes], weights_only: bool) -> None:
    """Instructions and names in any order."""
    file = file_of(b"".join(pieces) + b".", bytes(16), bytes(8))
    try:
        load(file, weights_only=weights_only)
    except REFUSALS as error:
        assert str(error).startswith("the file: ")


def test_the_examples_above_can_be_read() -> None:
    """So that damage alone can be the reason of a refusal."""
    for content, expected in good_files().values():
        assert leaves(load(io.BytesIO(content))) == expected


def test_unpicklable_objects_leave_no_file(tmp_path: Path) -> None:
    for obj in (lambda: 1, minitorch, open(os.devnull)):  # noqa: SIM115
        with pytest.raises((pickle.PicklingError, TypeError, AttributeError)):
            save({"a": minitorch.ones(1), "b": obj}, tmp_path / "weights.pt")
    assert os.listdir(tmp_path) == []
