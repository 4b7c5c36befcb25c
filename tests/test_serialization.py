"""``save`` and ``load``: files that torch reads and writes, shared memory, refusals, damage."""

from __future__ import annotations

import io
import os
import pickle
import stat
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import nn, serialization
from minitorch.autograd.variable import wrap
from minitorch.serialization import load, save

DTYPES = [
    *("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
]


def through_torch(obj: Any, reader: Any = None) -> Any:
    """What torch reads of a file that minitorch has written."""
    file = io.BytesIO()
    save(obj, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def from_torch(obj: Any) -> Any:
    """What minitorch reads of a file that torch has written."""
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return load(file)


def round_trip(obj: Any) -> Any:
    file = io.BytesIO()
    save(obj, file)
    file.seek(0)
    return load(file)


def check(ours: Any, theirs: Any) -> None:
    """The same structure, types, values, strides and flags."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, minitorch.Tensor)
        assert isinstance(ours, nn.Parameter) == isinstance(theirs, torch.nn.Parameter)
        assert str(ours.dtype) == str(theirs.dtype)
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert tuple(ours.stride()) == theirs.stride()
        assert ours.storage_offset() == theirs.storage_offset()
        assert ours.requires_grad == theirs.requires_grad
        assert ours.untyped_storage().nbytes() == theirs.untyped_storage().nbytes()
        np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())
    elif isinstance(theirs, dict):
        assert type(ours) is type(theirs) and list(ours) == list(theirs)
        for key in theirs:
            check(ours[key], theirs[key])
    elif isinstance(theirs, list | tuple):
        assert type(ours).__name__ == type(theirs).__name__ and len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            check(a, b)
    elif isinstance(theirs, torch.dtype | torch.device):
        assert repr(ours) == repr(theirs)
    else:
        assert type(ours) is type(theirs) and ours == theirs


def everything(library: Any) -> dict[str, Any]:
    base = library.arange(12).reshape(3, 4)
    return {
        "numbers": [1, -(2**70), 300, 2.5, True, None, float("inf")],
        "text": ("a", "ä", ""),
        "deep": [OrderedDict(x=library.ones(2)), {"y": (library.zeros(()),)}, {3: library.ones(0)}],
        "parameter": library.nn.Parameter(library.ones(2, 3)),
        "frozen": library.nn.Parameter(library.ones(2), requires_grad=False),
        "leaf": library.ones(2, requires_grad=True),
        "whole": base,
        "part": base[1:, 2],
        "transposed": base.t(),
        "expanded": library.ones(1, 3).expand(2, 3),
        "empty": library.ones(2, 0, 3),
        "size": library.Size([2, 3]),
        "dtype": library.float64,
        "device": library.device("cpu"),
        "counts": Counter([1, 1, 2]),
    }


@pytest.mark.parametrize("name", list(everything(torch)))
def test_both_directions(name: str) -> None:
    ours, theirs = everything(minitorch)[name], everything(torch)[name]
    check(ours, through_torch(ours))
    check(from_torch(theirs), theirs)
    check(round_trip(ours), theirs)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype: str) -> None:
    values = np.array([[0, 1, 1], [3, 0, 2]]).astype(dtype)
    ours, theirs = minitorch.from_numpy(values), torch.from_numpy(values)
    check(ours, through_torch(ours))
    check(from_torch(theirs), theirs)
    check(round_trip([ours, ours[1:]]), [theirs, theirs[1:]])


def test_shared_memory_stays_shared() -> None:
    base = minitorch.zeros(4)
    for loaded in (
        round_trip([base, base[2:], base]),
        through_torch([base, base[2:], base]),
        from_torch([t := torch.zeros(4), t[2:], t]),
    ):
        loaded[0][2] = 5
        assert loaded[1].tolist() == [5, 0]
        assert loaded[2] is loaded[0]
        assert loaded[1].untyped_storage().data_ptr() == loaded[0].untyped_storage().data_ptr()


def test_memory_that_torch_could_not_describe() -> None:
    backwards = wrap(np.arange(4.0)[::-1])
    uneven = wrap(np.zeros(3, [("a", "i4"), ("b", "f8")])["b"])  # 12 bytes from one to the next
    for tensor in (backwards, uneven):
        assert round_trip(tensor).tolist() == through_torch(tensor).tolist() == tensor.tolist()


def test_state_dicts() -> None:
    for library in (torch, minitorch):
        module = library.nn.Sequential(library.nn.Linear(3, 2), library.nn.BatchNorm1d(2))
        state = module.state_dict()
        other = from_torch(state) if library is torch else through_torch(state)
        assert list(other) == list(state) and other._metadata == state._metadata
        target = (minitorch if library is torch else torch).nn
        fresh = target.Sequential(target.Linear(3, 2), target.BatchNorm1d(2))
        fresh.load_state_dict(other)
        for ours, theirs in zip(fresh.parameters(), module.parameters(), strict=True):
            assert ours.tolist() == theirs.tolist()


def test_optimizer_and_schedule_states() -> None:
    for library in (torch, minitorch):
        weight = library.ones(3, requires_grad=True)
        optimizer = library.optim.Adam([weight])
        schedule = library.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
        weight.grad = library.ones(3)
        optimizer.step()
        state = {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
        other = from_torch(state) if library is torch else through_torch(state)
        assert other["schedule"] == state["schedule"]
        assert other["optimizer"]["param_groups"] == state["optimizer"]["param_groups"]
        assert other["optimizer"]["state"][0]["step"].item() == 1


def test_loaded_tensors_can_be_trained() -> None:
    weight = round_trip(minitorch.ones(3, requires_grad=True))
    (weight * weight).sum().backward()
    minitorch.optim.SGD([weight], lr=0.25).step()
    assert weight.tolist() == [0.5] * 3


def test_big_endian_files() -> None:
    ours, file = minitorch.tensor([1.0, 2.0]), io.BytesIO()
    save(ours, file)
    swapped = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(swapped, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "archive/byteorder":
                content = b"big"
            if name == "archive/data/0":
                content = np.frombuffer(content, "<f4").astype(">f4").tobytes()
            new.writestr(name, content)
    assert load(swapped).tolist() == [1.0, 2.0]


# --------------------------------------------------------------------------- files


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    save([1], str(path))
    save([2], path)
    assert load(path) == load(str(path)) == [2]
    assert torch.load(path, weights_only=True) == [2]
    assert os.listdir(tmp_path) == ["weights.pt"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    with open(path, "rb") as file:
        assert load(file) == [2]


def test_the_same_object_gives_the_same_bytes() -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        save({"a": minitorch.arange(3)}, file)
    assert files[0].getvalue() == files[1].getvalue()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link.pt").symlink_to(tmp_path / "real.pt")
    save(1, tmp_path / "link.pt")
    assert (tmp_path / "link.pt").is_symlink() and load(tmp_path / "real.pt") == 1


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.pt"
    save(1, path)
    with pytest.raises(pickle.PicklingError):
        save([minitorch.ones(3), object()], path)

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(serialization.os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        save(2, path)
    assert load(path) == 1 and os.listdir(tmp_path) == ["weights.pt"]


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    with pytest.raises(FileNotFoundError, match=r"weights\.pt"):
        load(path)
    save({"a": minitorch.arange(1000)}, path)
    content = path.read_bytes()
    for damaged in (
        b"",
        b"not a zip file",
        content[: len(content) // 2],
        content[:-5],
        content.replace(np.arange(8).tobytes(), np.ones(8, int).tobytes()),
    ):
        path.write_bytes(damaged)
        with pytest.raises(RuntimeError, match=r"weights\.pt"):
            load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("something", "else")
    with pytest.raises(RuntimeError, match=r"weights\.pt.*no data\.pkl"):
        load(path)


def test_what_cannot_be_saved() -> None:
    for obj in (object(), [Path("x")], {"f": print}, np.ones(2), nn.Linear(1, 1), {1, 2}):
        with pytest.raises(pickle.PicklingError, match="cannot save an object of type"):
            save(obj, io.BytesIO())
    x = minitorch.zeros(4)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        save([x, wrap(x.numpy().view("int32"))], io.BytesIO())


def test_devices() -> None:
    file = io.BytesIO()
    save(minitorch.ones(1), file)
    for place in ("cpu", minitorch.device("cpu"), None):
        assert load(file, place).tolist() == [1]
    with pytest.raises(RuntimeError, match="cuda"):
        load(file, "cuda")


# --------------------------------------------------------------------------- refusals


def file_of(structure: bytes, *records: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", structure)
        for key, record in enumerate(records):
            archive.writestr(f"archive/data/{key}", record)
    return file


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("echo evil >&2; touch evil",)


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_is_executed(
    protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pickle.UnpicklingError) as info:
        load(file_of(pickle.dumps(Evil(), protocol)), weights_only=False)
    if 2 <= protocol <= 3:  # later ones begin with an instruction that torch's files do not have
        assert "unsupported global posix.system" in str(info.value)
    assert os.listdir(tmp_path) == []


STORAGE = (
    b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
)


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        (b"cbuiltins\neval\n.", "unsupported global builtins.eval"),
        (b"ctorch.nn.modules.linear\nLinear\n.", "unsupported global torch.nn.modules"),
        (b"ctorch\nfloat32\n)R.", "calls what is no function"),
        (b"ctorch\nfloat32\n}X\x01\x00\x00\x00aK\x01sb.", "sets the attributes of a dtype"),
        (b"ccollections\nOrderedDict\n)R(NK\x01tb.", "sets the attributes of a OrderedDict"),
        (b"ccollections\nOrderedDict\n)\x81.", "damaged or unsupported"),  # NEWOBJ
        (b"(icollections\nOrderedDict\n.", "damaged or unsupported"),  # INST
        (b"X\x01\x00\x00\x00aQ.", "damaged or unsupported"),  # a persistent id of one letter
        (b"h\x05.", "[Mm]emo"),  # a memo that is not there
        (b"", "damaged or unsupported"),
        (b"K\x01", "damaged or unsupported"),
        # Part of a storage, out of its bounds: offset 4, size 2 of 4 elements
        (
            b"ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + b"K\x03K\x02\x85K\x01\x85\x89NtR.",
            "damaged or unsupported",
        ),
        # stride 9
        (
            b"ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + b"K\x00K\x02\x85K\x09\x85\x89NtR.",
            "damaged or unsupported",
        ),
        # A storage of 9 elements in a record of 4
        (STORAGE.replace(b"K\x04", b"K\x09") + b".", "should have 36 bytes, found 16"),
    ],
)
def test_refused_instructions(instructions: bytes, message: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match=message):
        load(file_of(b"\x80\x02" + instructions, bytes(16)))


def test_a_missing_record() -> None:
    with pytest.raises(RuntimeError, match="data/0"):
        load(file_of(b"\x80\x02" + STORAGE + b"."))
