"""Mutation test: are the tests sharp enough to see one wrong sign in one backward formula?

``python -m tests.mutation`` changes a sign, a factor or an axis in the formulas of minitorch's
gradients, one at a time, and runs the rows of tests/test_ops.py whose graph contains that
operation. A change that no row notices is a hole in the suite. test_mutation.py does it to a
sample.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import importlib
import inspect
import pkgutil
import random
import sys
import textwrap
import types
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import minitorch
from minitorch.autograd.operator import Operator
from tests import test_ops
from tests.opinfo import OpInfo, Sample

SAMPLE_SIZE = 100
SEED = 0

# Changes that no row can notice, by how they begin, and why.
EQUIVALENT = {
    "Det.backward: factor of grad * Det.apply(": "the determinant of an orthogonal matrix is +-1",
    "Det.backward: sign of lu + embed_diagonal(": "either way no zero is left to divide 0 by",
    "EmbeddingDenseBackward.backward: axis": "the -1 says that no index is for padding",
    "NativeDropout.backward: sign of grad ->": "this gradient has no elements",
    "NativeDropout.backward: factor of grad ->": "this gradient has no elements",
    "PowOfNumber.backward: factor of grad * Where.apply(np.real(exponent) >= 0, zero_like(out), "
    "out * -math.inf) -> grad * Where.apply(np.real(exponent) >= 0, zero_like(out), out * "
    "-math.inf) * 1.5": "this gradient is 0 or infinite",
    "_grad_of_source: sign of SliceBackward": "torch's backward fails here: see test_indexing.py",
    "_grad_of_source: factor of SliceBackward": "torch's backward fails here: see test_indexing.py",
}

# Operators that stand in no row's graph, and why.
WITHOUT_ROW = {
    "CtcLossBackward": "its backward says that there is none",
    "NotDifferentiable": "its backward says that there is none",
    "StandardGammaGrad": "its backward says that there is none",
}


@dataclass(frozen=True)
class Mutation:
    """One change in one formula: the backward of an operator, or a function that it calls."""

    formula: types.FunctionType
    position: int  # which of the places that can be changed
    kind: str  # "sign", "factor", "axis"
    description: str

    def __str__(self) -> str:
        return f"{self.formula.__qualname__}: {self.kind} of {self.description}"


# --------------------------------------------------------------------------- changing formulas


class _Mutator(ast.NodeTransformer):
    """Visits the places where a formula can be changed, and changes one of them."""

    def __init__(self, target: int | None) -> None:
        self.target = target
        self.found: list[tuple[str, str]] = []

    def _here(self, kind: str, node: ast.AST, changed: ast.expr) -> ast.expr | None:
        self.found.append((kind, f"{ast.unparse(node)} -> {ast.unparse(changed)}"))
        return changed if len(self.found) - 1 == self.target else None

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        elements = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        changed = [self._returned(e) for e in elements if e is not None]
        if isinstance(node.value, ast.Tuple):
            node.value.elts = changed
        elif changed:
            node.value = changed[0]
        return node

    def _returned(self, value: ast.expr) -> ast.expr:
        """A gradient that is returned: its sign, and a factor of 1.5."""
        if isinstance(value, (ast.Constant, ast.Starred)) or _is_zero(value):
            return value
        if isinstance(value, ast.IfExp):
            value.body, value.orelse = self._returned(value.body), self._returned(value.orelse)
            return value
        if isinstance(value, ast.Call) and _returns_several(value):
            return value
        negated = self._here("sign", value, ast.UnaryOp(ast.USub(), value))
        scaled = self._here("factor", value, ast.BinOp(value, ast.Mult(), ast.Constant(1.5)))
        return negated or scaled or value

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        opposite = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        swap = opposite.get(type(node.op))
        if swap is None or _is_one(node.right):
            return node
        kind = "sign" if swap in (ast.Add, ast.Sub) else "factor"
        return self._here(kind, node, ast.BinOp(node.left, swap(), node.right)) or node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("reshape", "view"):
            return node  # there -1 is the size that is left
        for i, argument in enumerate(node.args):
            if _is_axis(argument):
                node.args[i] = self._here("axis", node, _other_axis(argument)) or argument
        return node


def _returns_several(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return "backward" in name or name in ("tuple", "list") or "grads" in name


def _is_zero(value: ast.expr) -> bool:
    """Whether a gradient is zero by definition: its negative is the same."""
    text = ast.unparse(value)
    if text in ("zeros", "wrap(zeros)"):
        return True
    return isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in (
        "zero_like", "zeros_like", "zeros", "zeros_of",
    )  # fmt: skip


def _is_one(value: ast.expr) -> bool:
    """Whether it does not matter if one multiplies or divides."""
    return ast.unparse(value) == "ones"


def _is_axis(node: ast.expr) -> bool:
    """``-1`` or ``-2`` among the arguments of a call: an axis counted from the end."""
    return (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
        and node.operand.value in (1, 2)
    )


def _other_axis(node: Any) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(3 - node.operand.value))


def mutations_of(formula: types.FunctionType) -> list[Mutation]:
    """Every change that can be made to a formula."""
    mutator = _Mutator(None)
    mutator.visit(_tree(formula))
    found = [Mutation(formula, i, kind, text) for i, (kind, text) in enumerate(mutator.found)]
    return [m for m in found if not str(m).startswith(tuple(EQUIVALENT))]


def _tree(formula: types.FunctionType) -> ast.Module:
    tree = ast.parse(textwrap.dedent(inspect.getsource(formula)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    return tree


def changed_code(mutation: Mutation) -> types.CodeType:
    """The code of the formula with the change in it."""
    tree = _tree(mutation.formula)
    _Mutator(mutation.position).visit(tree)
    ast.fix_missing_locations(tree)
    future = ast.parse("from __future__ import annotations").body
    tree.body = [*future, *tree.body]
    scope: dict[str, Any] = {}
    exec(compile(tree, f"<changed {mutation.kind}>", "exec"), mutation.formula.__globals__, scope)
    code: types.CodeType = scope[mutation.formula.__name__].__code__
    return code


# --------------------------------------------------------------------------- which rows, which formulas

Row = tuple[OpInfo, Sample]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of samples at the edge of a domain, and of changed formulas."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def operators() -> list[type[Operator]]:
    """Every operator of minitorch in which a backward is written."""
    for module in pkgutil.walk_packages(minitorch.__path__, "minitorch."):
        importlib.import_module(module.name)
    waiting = [Operator]
    found = []
    while waiting:
        waiting += (subclasses := waiting.pop().__subclasses__())
        found += [c for c in subclasses if c.__module__.startswith("minitorch.")]
    found = [operator for operator in found if "backward" in operator.__dict__]
    return sorted(found, key=lambda o: (o.__module__, o.__qualname__))


@functools.cache
def rows_of_operators() -> dict[type[Operator], list[Row]]:
    """For each operator the rows in whose graph, or gradient's graph, it stands.

    The smallest graphs come first: their rows notice a change soonest.
    """
    rows: dict[type[Operator], list[tuple[int, Row]]] = defaultdict(list)
    for case in test_ops.DIFFERENTIABLE:
        op, sample = case.values
        with quiet():
            tensors, results = next(iter(test_ops.both(op, sample, "float64", True)))
            present = {_author(node) for node in _nodes(results)}
            if op.second_derivative:
                present |= {_author(node) for node in _nodes(_gradients(tensors, results))}
        for operator in present:
            rows[operator].append((len(present), (op, sample)))
    return {
        operator: [row for _, row in sorted(found, key=lambda pair: pair[0])]
        for operator, found in rows.items()
    }


def _gradients(tensors: list[Any], results: list[Any]) -> list[Any]:
    """The gradients that test_second_derivative differentiates."""
    tracked = [r for r in results if r.requires_grad]
    scalar = sum((r * r).sum() for r in tracked)
    found = minitorch.autograd.grad(
        scalar, test_ops.leaves(tensors), create_graph=True, allow_unused=True
    )
    return [g for g in found if g is not None]


def _author(operator: type[Operator]) -> type[Operator]:
    """The class in which an operator's backward is written."""
    return next(c for c in operator.__mro__ if "backward" in c.__dict__)


def _nodes(results: list[Any]) -> Iterator[type[Operator]]:
    waiting = [r.grad_fn for r in results if hasattr(r, "grad_fn") and r.grad_fn is not None]
    seen = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Operator):
            yield type(node)
        waiting += [edge[0] for edge in node.next_edges if edge is not None]


def rows_of_formulas() -> dict[types.FunctionType, list[Row]]:
    """Formulas with the rows that compute them: each backward, and the functions and methods named
    after gradients that it calls.
    """
    formulas: dict[types.FunctionType, list[Row]] = {}
    rows = rows_of_operators()
    for operator in sorted(rows, key=lambda o: (o.__module__, o.__qualname__)):
        for formula in _with_helpers(operator.__dict__["backward"].__func__, operator):
            known = formulas.setdefault(formula, [])
            present = {(op.name, id(sample)) for op, sample in known}
            known += [row for row in rows[operator] if (row[0].name, id(row[1])) not in present]
    return formulas


def _with_helpers(
    formula: types.FunctionType, operator: type[Operator]
) -> Iterator[types.FunctionType]:
    yield formula
    for name in formula.__code__.co_names:
        if name == "backward" or not ("backward" in name or "grad" in name):
            continue
        helper = formula.__globals__.get(name, getattr(operator, name, None))
        helper = getattr(helper, "__func__", helper)  # of a class method
        if isinstance(helper, types.FunctionType) and helper.__module__.startswith("minitorch."):
            yield from _with_helpers(helper, operator)


# --------------------------------------------------------------------------- running rows


def is_noticed(mutation: Mutation, rows: list[Row]) -> bool:
    """Whether some row fails with the changed formula."""
    original = mutation.formula.__code__
    mutation.formula.__code__ = changed_code(mutation)
    try:
        return any(_fails(op, sample) for op, sample in rows)
    finally:
        mutation.formula.__code__ = original


def _fails(op: OpInfo, sample: Sample) -> bool:
    try:
        test_ops.test_gradient(op, sample, "float64")
        if op.second_derivative:
            test_ops.test_second_derivative(op, sample)
    except Exception:
        return True
    return False


def sampled(formulas: dict[types.FunctionType, list[Row]], size: int) -> list[Mutation]:
    """Changes of as many different formulas as possible, always the same ones."""
    rng = random.Random(SEED)
    pools = [found for formula in formulas if (found := mutations_of(formula))]
    rng.shuffle(pools)
    chosen: list[Mutation] = []
    while len(chosen) < size and pools:
        for pool in pools[: size - len(chosen)]:
            chosen.append(pool.pop(rng.randrange(len(pool))))
        pools = [pool for pool in pools if pool]
    return chosen


def survivors(size: int = SAMPLE_SIZE, progress: bool = False) -> list[Mutation]:
    """The sampled changes that no row noticed."""
    formulas = rows_of_formulas()
    unnoticed = []
    for mutation in sampled(formulas, size):
        with quiet():
            noticed = is_noticed(mutation, formulas[mutation.formula])
        if progress:
            print("caught" if noticed else "MISSED", mutation, flush=True)
        if not noticed:
            unnoticed.append(mutation)
    return unnoticed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--size", type=int, default=SAMPLE_SIZE, help="how many changes to make")
    options = parser.parse_args()
    missed = survivors(options.size, progress=True)
    print(f"{len(missed)} changes were not noticed")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
