"""``save`` and ``load``: files that torch reads and writes, one row per kind of object."""

from __future__ import annotations

import io
import os
import pickle
import warnings
import zipfile
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import nn, serialization
from minitorch.autograd.variable import wrap
from minitorch.serialization import load, save
from tests.checkpoint_files import DTYPES, MORE_ROWS, ROWS, bits, check, exchange, of_dtype, saved

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")


# ------------------------------------------------------------------------- the matrix


def torch_reads(name: str, obj: Any) -> Any:
    """A row, as far as torch reads it: not an integer of more than 255 bytes."""
    return obj if name != "large integers" else obj[:2]


# torch refuses those of its own: its storages of mere bytes have no dtype.
NOT_IN_TORCH_S_OLD_FORMAT = [
    name for name in ROWS if name.startswith(("uint16", "uint32", "uint64"))
]
NOT_IN_TORCH_S_OLD_FORMAT += ["untyped storage"]


@pytest.mark.parametrize("name", ROWS)
def test_torch_reads_what_minitorch_writes(name: str, tmp_path: Path) -> None:
    ours, theirs = torch_reads(name, ROWS[name](minitorch)), torch_reads(name, ROWS[name](torch))
    check(exchange(minitorch, torch, ours, weights_only=True), theirs, torch)
    save(ours, tmp_path / "file.pt")
    check(torch.load(tmp_path / "file.pt", mmap=True, weights_only=True), theirs, torch)


@pytest.mark.parametrize("name", ROWS)
def test_minitorch_reads_what_torch_writes(name: str, tmp_path: Path) -> None:
    theirs = ROWS[name](torch)
    check(exchange(torch, minitorch, theirs), theirs)
    torch.save(theirs, tmp_path / "file.pt")
    check(load(tmp_path / "file.pt", mmap=True), theirs)


@pytest.mark.parametrize("name", [*ROWS, *MORE_ROWS])
def test_minitorch_reads_what_it_writes(name: str, tmp_path: Path) -> None:
    row = (ROWS | MORE_ROWS)[name]
    for protocol in range(2, 6):
        file = saved(minitorch, row(minitorch), pickle_protocol=protocol)
        check(load(file, weights_only=name in ROWS), row(torch))
    save(row(minitorch), tmp_path / "file.pt")
    check(load(tmp_path / "file.pt", mmap=True, weights_only=name in ROWS), row(torch))


@pytest.mark.parametrize("name", ROWS)
def test_the_old_format(name: str) -> None:
    ours, theirs = torch_reads(name, ROWS[name](minitorch)), torch_reads(name, ROWS[name](torch))
    old = {"_use_new_zipfile_serialization": False}
    check(load(saved(torch, theirs, **old)), theirs)
    check(load(saved(minitorch, ours, **old)), theirs)
    for writer, obj in ((torch, theirs), (minitorch, ours)):
        file = saved(writer, obj, **old)
        if name in NOT_IN_TORCH_S_OLD_FORMAT:
            with pytest.raises(AttributeError, match="'dtype'"):
                torch.load(file, weights_only=True)
        else:
            check(torch.load(file, weights_only=True), theirs, torch)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_protocols_that_torch_writes(protocol: int) -> None:
    theirs = {name: ROWS[name](torch) for name in ("state dict", "sets", "bytes", "Adam")}
    check(load(saved(torch, theirs, pickle_protocol=protocol)), theirs)


@pytest.mark.parametrize("name", MORE_ROWS)
def test_more_kinds_of_objects(name: str) -> None:
    ours, theirs = MORE_ROWS[name](minitorch), MORE_ROWS[name](torch)
    check(exchange(torch, minitorch, theirs, weights_only=False), theirs)
    check(exchange(minitorch, torch, ours, weights_only=False), theirs, torch)
    for writer, reader, obj in ((torch, minitorch, theirs), (minitorch, torch, ours)):
        file = saved(writer, obj)
        with pytest.raises(pickle.UnpicklingError, match="Unsupported global: GLOBAL"):
            reader.load(file, weights_only=True)


# ------------------------------------------------------------------------- memory


def test_shared_memory_stays_shared_and_is_written_once() -> None:
    def make(library: Any) -> Any:
        base = library.zeros(1000)
        return [base, base[2:], base, library.nn.Parameter(base)]

    for writer, reader in ((minitorch, minitorch), (minitorch, torch), (torch, minitorch)):
        for old in (False, True):
            file = saved(writer, make(writer), _use_new_zipfile_serialization=not old)
            assert len(file.getvalue()) < 7000
            loaded = reader.load(file, weights_only=True)
            loaded[0][2] = 5
            assert loaded[1][0].item() == loaded[3][2].item() == 5
            assert loaded[2] is loaded[0]
    with zipfile.ZipFile(saved(minitorch, make(minitorch))) as archive:
        records = [name for name in archive.namelist() if "/data/" in name]
    assert records == ["archive/data/0"]


def test_memory_that_torch_could_not_describe() -> None:
    backwards = wrap(np.arange(4.0)[::-1])
    uneven = wrap(np.zeros(3, [("a", "i4"), ("b", "f8")])["b"])  # 12 bytes from one to the next
    for tensor in (backwards, uneven):
        assert exchange(minitorch, minitorch, tensor).tolist() == tensor.tolist()
        assert exchange(minitorch, torch, tensor).tolist() == tensor.tolist()


def test_two_types_of_one_memory() -> None:
    for library in (torch, minitorch):
        x = library.zeros(4)
        with pytest.raises(RuntimeError, match="view the same data as different types"):
            library.save([x, x.view(library.int32)], io.BytesIO())


def test_what_torch_has_put_off() -> None:
    """Conjugation and negation are bits on torch's tensors."""
    x = torch.tensor([1 + 2j, 3 - 4j])
    for theirs in (x.conj(), x.conj().imag, torch._neg_view(x.real)):
        ours = exchange(torch, minitorch, theirs)
        assert ours.tolist() == theirs.tolist()


def test_loaded_tensors_can_be_trained() -> None:
    weight = exchange(minitorch, minitorch, minitorch.ones(3, requires_grad=True) * 1)
    assert weight.is_leaf
    (weight * weight).sum().backward()
    minitorch.optim.SGD([weight], lr=0.25).step()
    assert weight.tolist() == [0.5] * 3


def test_mapped_files_are_not_written_to(tmp_path: Path) -> None:
    save([minitorch.zeros(3), minitorch.ones(0)], tmp_path / "file.pt")
    mapped, _ = load(tmp_path / "file.pt", mmap=True)
    mapped += 1
    save(0, tmp_path / "file.pt")  # a new file of that name: the mapped one lives on
    assert mapped.tolist() == [1, 1, 1] and load(tmp_path / "file.pt") == 0
    with pytest.raises(ValueError, match="must be a file path"):
        load(saved(minitorch, 0), mmap=True)
    torch.save(0, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match=r"old\.pt: mmap can only be used with"):
        load(tmp_path / "old.pt", mmap=True)


def test_the_state_of_a_module_and_its_optimizer_is_taken_over() -> None:
    """Both libraries go on from the other's checkpoint as from their own."""

    def build(library: Any) -> Any:
        library.manual_seed(0)
        nn = library.nn
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
        optimizer = library.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        return model, optimizer, library.optim.lr_scheduler.StepLR(optimizer, 2)

    def train(library: Any, model: Any, optimizer: Any, schedule: Any) -> Any:
        x = library.arange(12.0).reshape(4, 3) / 10
        for _ in range(3):
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            schedule.step()
        return loss.item()

    for writer, reader in ((torch, minitorch), (minitorch, torch)):
        parts = build(writer)
        train(writer, *parts)
        others = build(reader)
        for part, state in zip(
            others, exchange(writer, reader, [p.state_dict() for p in parts]), strict=True
        ):
            part.load_state_dict(state)
        expected = train(writer, *parts)
        torch.testing.assert_close(train(reader, *others), expected, rtol=1.3e-6, atol=1e-5)
        assert others[2].get_last_lr() == parts[2].get_last_lr()


# ------------------------------------------------------------------------- devices


def moved(tensor: Any, file: io.BytesIO, device: str) -> io.BytesIO:
    """The file, as if its tensors had been on another device: of a name with three letters."""
    result = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            old_name, new_name = b"\x03\0\0\0cpu", len(device).to_bytes(4, "little")
            new.writestr(name, content.replace(old_name, new_name + device.encode()))
    result.seek(0)
    return result


LOCATIONS: list[Any] = [
    None,
    "cpu",
    "cuda",
    "cuda:0",
    "cpu:0",
    "nowhere",
    {"cuda:1": "cpu"},
    {"cpu": "cuda:0"},
    {},
    lambda storage, location: storage,
    lambda storage, location: None,
]


@pytest.mark.parametrize("device", ["cpu", "cuda:1", "xla:0"])
@pytest.mark.parametrize("location", LOCATIONS, ids=lambda x: "function" if callable(x) else str(x))
@pytest.mark.parametrize("old", [False, True])
def test_map_location(device: str, location: Any, old: bool) -> None:
    file = saved(torch, torch.ones(2), _use_new_zipfile_serialization=not old)
    if old:
        name = len(device).to_bytes(4, "little") + device.encode()
        file = io.BytesIO(file.getvalue().replace(b"\x03\0\0\0cpu", name))
    else:
        file = moved(torch.ones(2), file, device)
    results = []
    for library in (torch, minitorch):
        file.seek(0)
        try:
            results.append(library.load(file, location, weights_only=True).tolist())
        except RuntimeError as error:
            results.append(str(error).removeprefix("the file: ").split(" (")[0])
    assert results[0] == results[1]


def test_a_device_as_location_and_a_storage_of_ones_own() -> None:
    file = saved(minitorch, minitorch.ones(2))
    assert load(file, minitorch.device("cpu")).tolist() == [1, 1]
    file.seek(0)
    seen = []

    def replace(storage: Any, location: str) -> Any:
        seen.append((type(storage).__name__, storage.nbytes(), location))
        return minitorch.full((2,), 7.0).untyped_storage()

    assert load(file, replace).tolist() == [7, 7]
    assert seen == [("UntypedStorage", 8, "cpu")]


# ------------------------------------------------------------------------- byte order


def big_endian(file: io.BytesIO, dtype: str, record: bytes | None = b"big") -> io.BytesIO:
    """The file, as a machine with the other byte order writes it."""
    swapped = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(swapped, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("/byteorder"):
                if record is None:
                    continue
                content = record
            if "/data/" in name:
                width = getattr(torch, dtype).itemsize // (2 if "complex" in dtype else 1)
                content = np.frombuffer(content, f"u{width}").byteswap().tobytes()
            new.writestr(name, content)
    swapped.seek(0)
    return swapped


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("writer", [torch, minitorch], ids=["torch", "minitorch"])
def test_big_endian_files(dtype: str, writer: Any) -> None:
    theirs = [of_dtype(torch, dtype), of_dtype(torch, dtype)[1]]
    ours = [of_dtype(writer, dtype)]
    file = big_endian(saved(writer, [*ours, ours[0][1]]), dtype)
    for a, b in zip(load(file), theirs, strict=True):
        assert bits(a) == bits(b)


def test_files_that_do_not_name_their_byte_order() -> None:
    Endianness = serialization.LoadEndianness
    assert serialization.get_default_load_endianness() is None
    swapped = big_endian(saved(minitorch, minitorch.ones(1)), "float32", None)
    plain = big_endian(swapped, "float32")
    results = []
    for endianness in (None, Endianness.LITTLE, Endianness.NATIVE, Endianness.BIG):
        try:
            serialization.set_default_load_endianness(endianness)
            for file in (plain, swapped):
                file.seek(0)
                results.append(load(file).item() == 1)
        finally:
            serialization.set_default_load_endianness(None)
    assert results == [True, False] * 3 + [False, True]
    with pytest.raises(TypeError, match="Invalid argument type"):
        serialization.set_default_load_endianness("big")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="Unknown endianness type: middle"):
        load(big_endian(saved(minitorch, minitorch.ones(1)), "float32", b"middle"))


# ------------------------------------------------------------------------- globals


class Point:
    """A user's class, which pickle writes by its name."""

    def __init__(self, x: Any) -> None:
        self.x = x


class Slotted:
    __slots__ = ("x",)


class Restored(Point):
    def __setstate__(self, state: Any) -> None:
        self.x = ("restored", state["x"])


class Named(dict[str, int]):
    pass


class Stack(list[int]):
    pass


class MyTensor(minitorch.Tensor):
    pass


def test_safe_globals() -> None:
    point = Point(minitorch.ones(2))
    message = r"the file: Unsupported global: GLOBAL tests\.test_serialization\.Point was not"
    with pytest.raises(pickle.UnpicklingError, match=message):
        exchange(minitorch, minitorch, point)
    with pytest.raises(pickle.UnpicklingError, match=message):
        exchange(minitorch, minitorch, point, weights_only=False)
    with serialization.safe_globals([Point]):
        assert serialization.get_safe_globals() == [Point]
        assert exchange(minitorch, minitorch, point).x.tolist() == [1, 1]
    assert serialization.get_safe_globals() == []
    serialization.add_safe_globals([(Restored, "tests.test_serialization.Point")])
    assert exchange(minitorch, minitorch, Point(1)).x == ("restored", 1)
    serialization.clear_safe_globals()
    with pytest.raises(pickle.UnpicklingError, match=message):
        exchange(minitorch, minitorch, point)


def test_safe_classes_of_many_kinds() -> None:
    tensor = MyTensor([1.0, 2.0])
    tensor.note = 3
    with serialization.safe_globals([Restored, Named, Stack, MyTensor, defaultdict, deque, list]):
        assert exchange(minitorch, minitorch, Restored(1)).x == ("restored", 1)
        named, stack = exchange(minitorch, minitorch, [Named(a=1), Stack([1, 2])])
        assert type(named) is Named and named == {"a": 1}
        assert type(stack) is Stack and stack == [1, 2]
        loaded = exchange(minitorch, minitorch, tensor)
        assert type(loaded) is MyTensor and loaded.tolist() == [1, 2] and loaded.note == 3
        assert exchange(torch, minitorch, defaultdict(list, a=[1]))["b"] == []
        assert exchange(torch, minitorch, deque([1, 2], 2)).maxlen == 2


def test_numpy_numbers_as_safe_globals() -> None:
    """The three names that torch's error messages ask for one after the other."""
    numbers = [np._core.multiarray.scalar, np.dtype, np.dtypes.Float64DType]
    for writer in (torch, minitorch):
        for reader in (torch, minitorch):
            with reader.serialization.safe_globals(numbers):
                assert exchange(writer, reader, {"best": np.float64(0.5)}) == {"best": 0.5}


def test_errors_of_safe_globals() -> None:
    for entry, obj, message in (
        ((Point, "a", "b"), Point, "Expected tuple of length 2"),
        ((Point, 3), Point, "Expected second item in tuple to be str"),
        (os.system, os.system, "whose module posix is blocked"),
    ):
        file = saved(minitorch, obj)
        with (
            serialization.safe_globals([entry]),  # type: ignore[list-item]
            pytest.raises(pickle.UnpicklingError, match=message),
        ):
            load(file)


def test_unsafe_globals_in_checkpoint(tmp_path: Path) -> None:
    obj = [Point(1), minitorch.ones(1), deque([{1}]), 2]
    for protocol in range(2, 6):
        save(obj, tmp_path / "file.pt", pickle_protocol=protocol)
        names = serialization.get_unsafe_globals_in_checkpoint(tmp_path / "file.pt")
        assert names == ["collections.deque", "tests.test_serialization.Point"]
    theirs = torch.serialization.get_unsafe_globals_in_checkpoint(saved(minitorch, obj))
    assert sorted(theirs) == names
    with serialization.safe_globals([deque]):
        names = serialization.get_unsafe_globals_in_checkpoint(saved(minitorch, obj))
    assert names == ["tests.test_serialization.Point"]
    with pytest.raises(ValueError, match="Expected input to be a checkpoint"):
        serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(b"nothing"))


class Net(nn.Module):
    """A module of a user's, with an attribute that is a function."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        self.activation = nn.functional.relu
        self.register_buffer("table", minitorch.arange(3), persistent=False)

    def forward(self, x: Any) -> Any:
        return self.activation(self.inner(x))


def test_whole_modules_and_optimizers() -> None:
    model = Net()
    optimizer = minitorch.optim.Adam(model.parameters(), lr=0.25)
    model(minitorch.randn(4, 2)).sum().backward()
    optimizer.step()
    file = saved(minitorch, {"model": model, "optimizer": optimizer})
    with pytest.raises(pickle.UnpicklingError, match="Unsupported global"):
        load(file)
    file.seek(0)
    loaded = load(file, weights_only=False)
    x = minitorch.randn(4, 2)
    assert bits(loaded["model"](x)) == bits(model(x))
    assert loaded["model"].table.tolist() == [0, 1, 2]
    parameters = list(loaded["model"].parameters())
    assert loaded["optimizer"].param_groups[0]["params"][0] is parameters[0]
    assert loaded["optimizer"].state[parameters[0]]["step"].item() == 1
    with pytest.raises(pickle.UnpicklingError, match="of a module of torch's, save and load the"):
        exchange(torch, minitorch, torch.nn.Linear(1, 1), weights_only=False)


# ------------------------------------------------------------------------- arguments


def test_files_and_paths(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    save([1], str(path))
    assert load(path) == [1]
    save([2], path)
    assert load(str(path)) == torch.load(path, weights_only=True) == [2]
    with open(path, "wb") as file:
        save([3], file)
    with open(path, "rb") as file:
        assert load(file) == [3]
    assert os.listdir(tmp_path) == ["weights.pt"]


def test_several_objects_in_one_old_file() -> None:
    for writer, reader in ((torch, minitorch), (minitorch, torch), (minitorch, minitorch)):
        file = io.BytesIO()
        for i in range(3):
            writer.save([writer.ones(2) * i], file, _use_new_zipfile_serialization=False)
        file.seek(0)
        assert [reader.load(file)[0].tolist() for _ in range(3)] == [[0, 0], [1, 1], [2, 2]]


def test_a_file_that_can_only_be_written_to() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.content = b""
            self.flushed = False

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.content += bytes(data)
            return len(data)

        def flush(self) -> None:
            self.flushed = True

    pipe = Pipe()
    save({"a": minitorch.arange(3)}, pipe)
    assert pipe.flushed
    assert load(io.BytesIO(pipe.content))["a"].tolist() == [0, 1, 2]
    assert torch.load(io.BytesIO(pipe.content))["a"].tolist() == [0, 1, 2]


def test_a_file_that_begins_with_something_else() -> None:
    for writer in (torch, minitorch):
        for old in (False, True):
            file = io.BytesIO(b"a header")
            file.seek(8)
            writer.save(writer.arange(3), file, _use_new_zipfile_serialization=not old)
            file.seek(8)
            assert load(file).tolist() == [0, 1, 2]


def test_records_of_more_than_two_gigabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which zip archives describe in another way: here, those of more than 100 bytes."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    ours = [minitorch.arange(50), minitorch.ones(3)]
    save(ours, tmp_path / "file.pt")
    content = (tmp_path / "file.pt").read_bytes()
    assert b"PK\x06\x06" in content  # the end record of such archives
    assert content.index(np.arange(50).tobytes()) % 64 == 0
    for mmap in (False, True):
        for library in (torch, minitorch):
            loaded = library.load(tmp_path / "file.pt", mmap=mmap)
            assert [t.tolist() for t in loaded] == [t.tolist() for t in ours]


def test_the_same_object_gives_the_same_bytes(tmp_path: Path) -> None:
    files = [saved(minitorch, {"a": minitorch.arange(3)}).getvalue() for _ in range(2)]
    save({"a": minitorch.arange(3)}, tmp_path / "name.pt")
    assert files[0] == files[1] == (tmp_path / "name.pt").read_bytes()


def test_records() -> None:
    """Named, aligned and checked as torch's are."""
    content = saved(minitorch, [of_dtype(minitorch, dtype) for dtype in DTYPES]).getvalue()
    reader = torch._C.PyTorchFileReader(io.BytesIO(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        records = [name.removeprefix("archive/") for name in archive.namelist()]
    assert records[:2] == ["data.pkl", "byteorder"]
    assert records[-2:] == ["version", ".data/serialization_id"]
    assert len(records) == len(DTYPES) + 4
    for record in records:
        assert reader.get_record_offset(record) % 64 == 0
    assert reader.get_record("version") == b"3\n"
    assert len(reader.serialization_id()) == 40 and reader.serialization_id().isdigit()
    other = torch._C.PyTorchFileReader(saved(minitorch, [minitorch.ones(1)]))
    assert other.serialization_id() != reader.serialization_id()


def test_arguments_that_make_no_sense() -> None:
    for library in (torch, minitorch):
        with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like"):
            library.save(1, 2)
        with pytest.raises(AttributeError, match=r"You can only torch\.load from a file"):
            library.load(2)
        with pytest.raises(RuntimeError, match="Can not safely load weights when explicit pickle"):
            library.load(saved(minitorch, 1), pickle_module=pickle, weights_only=True)
        with pytest.raises((TypeError, AttributeError)):
            library.save([minitorch], io.BytesIO())  # a module cannot be pickled
    for protocol in (0, 1, 6):
        with pytest.raises(ValueError, match="cannot hold tensors"):
            save(1, io.BytesIO(), pickle_protocol=protocol)
    with pytest.raises(ValueError, match="Python's own pickle only"):
        save(1, io.BytesIO(), pickle_module=io)
    assert load(saved(minitorch, slice(1)), pickle_module=pickle) == slice(1)


def test_strings_of_python_2() -> None:
    structure = b"\x80\x02U\x03a\xe4b."  # a string, which might have been bytes
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", structure)
        archive.writestr("archive/version", "3\n")
    for encoding, expected in (("latin1", "aäb"), ("bytes", b"a\xe4b")):
        for library in (torch, minitorch):
            file.seek(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert library.load(file, encoding=encoding) == expected
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError, match="utf-8"):
        load(file)


def test_files_without_checksums() -> None:
    try:
        torch.serialization.set_crc32_options(False)
        file = saved(torch, torch.arange(3))
    finally:
        torch.serialization.set_crc32_options(True)
    assert load(file).tolist() == [0, 1, 2]


def test_hooks_are_not_saved() -> None:
    for library in (torch, minitorch):
        x = library.ones(1, requires_grad=True)
        x.register_hook(lambda grad: grad)
        with pytest.warns(UserWarning, match="hooks"):
            file = saved(library, x)
        loaded = library.load(file)
        (loaded * 2).sum().backward()
        assert loaded.grad.tolist() == [2]
