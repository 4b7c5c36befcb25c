"""What Numba compiles without a complaint, and otherwise than it reads.

``view += x`` inside a ``prange``, of an array from outside of the loop, is taken for a reduction:
each thread gets a ``view`` of its own, which begins with zeros, and their sum comes after the loop.
Whoever reads ``view`` in the loop, or writes another part of the memory that it shows, is misled.
Numbers are meant to be summed so; arrays are not, and take ``view[i] += x[i]`` in a loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import minitorch

PACKAGE = Path(minitorch.__file__).parent
SOURCES = [path for path in PACKAGE.rglob("*.py") if "prange(" in path.read_text()]

NUMBERS = {"int", "float", "bool", "complex"}
MAKERS = {"empty", "zeros", "ones", "full", "empty_like", "zeros_like", "ones_like", "full_like"}
MAKERS |= {"copy", "reshape", "view", "transpose", "array_at", "carray"}
OF_ARRAYS = {"size", "shape", "ndim", "strides", "reshape", "copy"}


def array_names(function: ast.FunctionDef) -> set[str]:
    """The names that hold an array somewhere in a function, as far as one can see."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    found = {
        a.arg for a in arguments if a.annotation is None or ast.unparse(a.annotation) not in NUMBERS
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            found.add(node.value.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found |= {node.value.id} if node.attr in OF_ARRAYS else set()
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found |= {name for name, value in _pairs(target, node.value) if makes_array(value)}
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Each name that an assignment binds, with what is bound to it."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for left, right in zip(target.elts, value.elts, strict=False):
            yield from _pairs(left, right)
    else:
        yield from [(name, value) for name in _names(target)]


def makes_array(value: ast.expr) -> bool:
    """Whether an expression is a slice, or a call that returns an array."""
    if isinstance(value, ast.Call):
        called = value.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        return name in MAKERS
    return isinstance(value, ast.Subscript) and any(
        isinstance(part, ast.Slice) for part in ast.walk(value.slice)
    )


def _names(target: ast.expr) -> Iterator[str]:
    """The names that an assignment binds; ``a[i] = ...`` binds none."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _names(part)


def _bound_in(loop: ast.For) -> set[str]:
    """The names that belong to an iteration."""
    targets = [
        target
        for node in ast.walk(loop)
        for target in (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.For)
            else []
        )
    ]
    return {name for target in targets for name in _names(target)}


def _is_parallel(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.For)
        and isinstance(node.iter, ast.Call)
        and getattr(node.iter.func, "id", "") == "prange"
    )


def hidden_reductions(source: str) -> list[str]:
    """Where an array from outside of a ``prange`` is the target of ``+=`` in it: line and name."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        arrays = array_names(function)
        for loop in ast.walk(function):
            if not isinstance(loop, ast.For) or not _is_parallel(loop):
                continue
            own = _bound_in(loop)
            for node in ast.walk(loop):
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                    name = node.target.id
                    if name in arrays and name not in own:
                        found.append(f"{node.lineno}: {name}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_array_is_summed_behind_the_readers_back(path: Path) -> None:
    assert hidden_reductions(path.read_text()) == []


KERNEL = """
def kernel(out: Array, x: Array, factor: float, n: int) -> None:
    total, line, column = 0.0, out[0], out[:, 0]
    line[0] = 1
    sums = np.zeros(3)
    for i in prange(n):
        row = x[i]
        {statement}
"""
CAUGHT = ["out += row", "line += row", "column -= 1", "sums += row", "for j in range(2): x *= 2"]
MEANT = [
    "total += row[0]",
    "row += 1",
    "out[i] += row",
    "line[i] += 1",
    "column[i:] += 1",
    "n += 1",
]


@pytest.mark.parametrize("statement", CAUGHT)
def test_caught(statement: str) -> None:
    assert len(hidden_reductions(KERNEL.format(statement=statement))) == 1


@pytest.mark.parametrize("statement", MEANT)
def test_meant(statement: str) -> None:
    assert hidden_reductions(KERNEL.format(statement=statement)) == []
