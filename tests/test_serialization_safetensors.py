"""The safetensors format: what ``safetensors.torch`` reads and writes, and its refusals."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch as theirs
import torch

import minitorch
from minitorch.serialization import safetensors as ours
from tests.checkpoint_files import DTYPES, bits, of_dtype
from tests.parity import first_line

STORED = [dtype for dtype in DTYPES if dtype != "complex128"]


def tensors(library: Any) -> dict[str, Any]:
    result = {dtype: of_dtype(library, dtype) for dtype in STORED}
    result |= {"0-dim": library.tensor(3.0), "empty": library.ones(2, 0), "ä": library.ones(1)}
    return result


def same(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert a.keys() == b.keys()
    for name in a:
        assert str(a[name].dtype) == str(b[name].dtype)
        assert tuple(a[name].shape) == tuple(b[name].shape) and bits(a[name]) == bits(b[name])


def test_bytes_and_files(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    metadata = {"format": "pt"}
    content = ours.save(tensors(minitorch), metadata)
    assert content == theirs.save(tensors(torch), metadata)
    same(ours.load(content), tensors(torch))
    ours.save_file(tensors(minitorch), path, metadata)
    assert path.read_bytes() == content and os.listdir(tmp_path) == [path.name]
    same(theirs.load_file(path), tensors(torch))
    same(ours.load_file(path), tensors(torch))
    same(ours.load_file(str(path), device="cpu"), tensors(torch))


def test_loaded_tensors_can_be_written_to(tmp_path: Path) -> None:
    ours.save_file({"a": minitorch.zeros(3)}, tmp_path / "file")
    loaded = ours.load_file(tmp_path / "file")["a"]
    loaded += 1
    assert loaded.tolist() == [1, 1, 1]
    assert ours.load_file(tmp_path / "file")["a"].tolist() == [0, 0, 0]


def test_load_finds_the_format_by_the_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    ours.save_file({"a": minitorch.arange(3)}, path)
    for place in (None, "cpu", minitorch.device("cpu")):
        assert minitorch.load(path, place)["a"].tolist() == [0, 1, 2]
    for library in (torch, minitorch):
        for refused in ({"cpu": "cpu"}, lambda storage, location: storage):
            with pytest.raises(
                RuntimeError, match=r"Loading safetensors file with .* map_location"
            ):
                library.load(path, refused)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "no dict": lambda library: [library.ones(1)],
    "no tensor": lambda library: {"a": 1},
    "not contiguous": lambda library: {"a": library.ones(2, 3).t()},
    "views": lambda library: {"a": (x := library.ones(4)), "b": x[1:]},
    "the same tensor": lambda library: dict.fromkeys("ab", library.ones(4)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str, tmp_path: Path) -> None:
    errors = []
    for module, library in ((theirs, torch), (ours, minitorch)):
        with pytest.raises((ValueError, RuntimeError)) as info:
            module.save_file(REFUSED[case](library), tmp_path / "file")
        text = str(info.value).strip().replace("minitorch._tensor.", "torch.")
        errors.append((type(info.value), text.split(":")[0]))
    assert errors[0] == errors[1] and os.listdir(tmp_path) == []


def test_parts_of_one_memory_that_do_not_overlap() -> None:
    for module, library in ((theirs, torch), (ours, minitorch)):
        whole = library.arange(6)
        loaded = module.load(module.save({"a": whole[:3], "b": whole[3:]}))
        assert loaded["a"].tolist() == [0, 1, 2] and loaded["b"].tolist() == [3, 4, 5]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ours.save_file({"a": minitorch.ones(1)}, path)
    with pytest.raises(TypeError):
        ours.save_file({"a": minitorch.zeros(1)}, path, {"a": 1})  # type: ignore[dict-item]
    assert ours.load_file(path)["a"].item() == 1 and os.listdir(tmp_path) == ["file"]


def test_damaged_files(tmp_path: Path) -> None:
    content = ours.save({"a": minitorch.ones(3)})
    path = tmp_path / "file"
    for damaged in (b"", b"x" * 7, content[:20], content[:-1], b"\xff" * 8 + content[8:]):
        path.write_bytes(damaged)
        with pytest.raises(RuntimeError, match=f"{path}: not a safetensors file, or damaged"):
            ours.load_file(path)
    with pytest.raises(FileNotFoundError, match="absent"):
        ours.load_file(tmp_path / "absent")
    eight_bits = theirs.save({"a": torch.ones(2, dtype=torch.float8_e5m2)})
    with pytest.raises(RuntimeError, match="tensor 'a' has the dtype F8_E5M2, which minitorch"):
        ours.load(eight_bits)
    with pytest.raises(AssertionError, match="not compiled with CUDA"):
        ours.load_file(path, device="cuda")


def tied(library: Any) -> Any:
    """A model two of whose parameters are one, and with a transposed one."""
    library.manual_seed(0)
    nn = library.nn
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5), nn.BatchNorm1d(5))
    model[1].weight = model[0].weight
    model[1].bias = nn.Parameter(library.arange(10.0).reshape(5, 2)[:, 0].clone())
    return model


def test_models(tmp_path: Path) -> None:
    paths = {library: tmp_path / library.__name__ for library in (torch, minitorch)}
    theirs.save_model(tied(torch), str(paths[torch]), {"note": "x"})
    ours.save_model(tied(minitorch), paths[minitorch], {"note": "x"})
    contents = [ours.load(path.read_bytes()).keys() for path in paths.values()]
    assert contents[0] == contents[1] and "1.weight" not in contents[0]
    for path in paths.values():
        for module, library in ((theirs, torch), (ours, minitorch)):
            model = tied(library)
            with library.no_grad():
                for parameter in model.parameters():
                    parameter.zero_()
            assert tuple(map(list, module.load_model(model, str(path)))) == ([], [])
            expected = tied(torch).state_dict()
            same(dict(model.state_dict()), dict(expected))


def test_models_that_do_not_fit(tmp_path: Path) -> None:
    theirs.save_model(tied(torch), str(tmp_path / "file"))
    results = []
    for module, library in ((theirs, torch), (ours, minitorch)):
        other = library.nn.Sequential(library.nn.Embedding(5, 3), library.nn.Dropout())
        other.extra = library.nn.Linear(1, 1)
        with pytest.raises(RuntimeError) as info:
            module.load_model(other, str(tmp_path / "file"))
        loose = module.load_model(other, str(tmp_path / "file"), strict=False)
        results.append((str(info.value), sorted(loose[0]), sorted(loose[1])))
    assert results[0] == results[1]


def test_models_without_a_complete_tensor(tmp_path: Path) -> None:
    for module, library in ((theirs, torch), (ours, minitorch)):
        model, memory = library.nn.Module(), library.ones(6)
        model.a = library.nn.Parameter(memory[:4])
        model.b = library.nn.Parameter(memory[2:])
        with pytest.raises(RuntimeError, match="found no suitable name to keep"):
            module.save_model(model, str(tmp_path / "file"))


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def no_safetensors(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "safetensors":
            raise ModuleNotFoundError("No module named 'safetensors'", name=name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_safetensors)
    with pytest.raises(ImportError) as info:
        ours.save({})
    assert "pip install 'minitorch[safetensors]'" in first_line(info.value)
