"""The README keeps its word: links, the reader's path, the first five minutes; so do docstrings."""

from __future__ import annotations

import ast
import doctest
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SYLLABUS = (ROOT / "experiments" / "README.md").read_text()
PATH_HEADER = "| concept | our file | torch's file | test | benchmark | experiment |"
NOTHING_YET = "—"

_spec = find_spec("torch")
assert _spec is not None
assert _spec.origin is not None
TORCH = Path(_spec.origin).parent


def rows_below(header: str) -> list[list[str]]:
    """The cells of the table with this header."""
    lines = README[README.index(header) :].splitlines()[2:]  # After the header and its rule.
    end = next((i for i, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]


PATH = rows_below(PATH_HEADER)


def linked(cell: str) -> list[str]:
    """The targets of a cell that holds nothing but links."""
    targets = re.findall(r"\[[^]]+\]\(([^)]+)\)", cell)
    assert re.sub(r"\[[^]]+\]\([^)]+\)(, )?", "", cell) == "", f"not a list of links: {cell}"
    return targets


def missing_torch_file(path: str) -> bool:
    """Whether the installed torch, or torchvision, lacks a Python file; of C++, and of torchtext,
    which is no longer made, there is only the name to check.
    """
    if re.fullmatch(r"(aten/src|c10|torch/csrc)/[\w/]+\.(cpp|h)|torchtext/[\w/]+\.py", path):
        return False
    assert re.fullmatch(r"torch(vision)?/[\w/]+\.py", path), path
    return not (TORCH.parent / path).is_file()


@pytest.mark.parametrize("row", PATH, ids=lambda row: row[0])
def test_a_row_of_the_readers_path(row: list[str]) -> None:
    concept, ours, torchs, *others = row
    assert concept
    assert linked(ours)
    for path in linked(ours):
        assert path.startswith("minitorch/")
        assert (ROOT / path).is_file(), path
    paths = torchs.split(", ")
    for path in paths:
        assert path.startswith("`"), torchs
        assert not missing_torch_file(path.strip("`")), path
    for cell, folder in zip(others, ("tests/", "benchmarks/", "experiments/"), strict=True):
        if cell == NOTHING_YET:
            continue
        assert linked(cell)
        for path in linked(cell):
            assert path.startswith(folder)
            assert (ROOT / path).is_file(), path


def test_the_readers_path_names_no_concept_twice() -> None:
    concepts = [row[0] for row in PATH]
    assert len(concepts) == len(set(concepts)) >= 30


@pytest.mark.parametrize("page", ["README.md", "experiments/README.md", "docs/compare.md"])
def test_links(page: str) -> None:
    """Every relative link leads to a file."""
    text, base = (ROOT / page).read_text(), (ROOT / page).parent
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", text)
    assert targets
    for target in targets:
        assert (base / target).exists(), target


@pytest.mark.parametrize("library", ["minitorch", "torch"])
def test_the_first_five_minutes(library: str) -> None:
    """The session, as it stands and with ``import torch`` as its first line."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        assert "import minitorch as torch" in block
        session = block.replace("import minitorch as torch", f"import {library} as torch")
        test = doctest.DocTestParser().get_doctest(session, {}, "README.md", "README.md", 0)
        assert test.examples
        report: list[str] = []
        doctest.DocTestRunner().run(test, out=report.append)
        assert not report, "".join(report)


def modules_of_minitorch() -> list[Path]:
    return sorted((ROOT / "minitorch").rglob("*.py"))


def mirrored_python_files(path: Path) -> list[str]:
    """The Python files of torch that a module's docstring names after the word Mirrors."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    _, _, mirrored = docstring.partition("Mirrors")
    return re.findall(r"(?<![\w/])torch/[\w/]+\.py\b", mirrored)


@pytest.mark.parametrize(
    "path", modules_of_minitorch(), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_module_says_what_it_mirrors(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, "no docstring"
    assert "Mirrors" in docstring
    missing = [name for name in mirrored_python_files(path) if missing_torch_file(name)]
    assert not missing


def test_mirrored_files_are_found() -> None:
    """The search above finds something at all."""
    found = [name for path in modules_of_minitorch() for name in mirrored_python_files(path)]
    assert len(found) > 40


def test_the_table_of_contents_of_native_is_complete() -> None:
    """Its docstring names every file of the folder, once."""
    folder = ROOT / "minitorch" / "native"
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    named = re.findall(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)*\b", docstring.partition("read it:")[2])
    files = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    assert sorted(files) == sorted(name for name in named if name in files)
