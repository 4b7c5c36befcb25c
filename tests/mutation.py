"""Mutation test: are the tests sharp enough to see one wrong sign in one backward formula?

``python -m tests.mutation`` changes a sign, a factor or an axis in a sample of the ``backward``
formulas of minitorch, one at a time, and runs the rows of tests/test_ops.py whose graph contains
that operation. A change that no row notices is a hole in the suite.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import random
import sys
import textwrap
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minitorch.autograd.operator import Operator
from tests import test_ops
from tests.opinfo import OpInfo, Sample

SAMPLE_SIZE = 100
SEED = 0


@dataclass(frozen=True)
class Mutation:
    """One change in the backward of one operator."""

    operator: type[Operator]
    position: int  # which of the nodes that can be changed
    kind: str  # "sign", "factor", "axis"
    description: str


# --------------------------------------------------------------------------- changing formulas


class _Mutator(ast.NodeTransformer):
    """Visits the places where a formula can be changed, and changes one of them."""

    def __init__(self, target: int | None) -> None:
        self.target = target
        self.found: list[tuple[str, str]] = []

    def _here(self, kind: str, node: ast.AST, change: Callable[[], ast.expr]) -> ast.expr | None:
        self.found.append((kind, ast.unparse(node)))
        return change() if len(self.found) - 1 == self.target else None

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
        negated = self._here("sign", value, lambda: ast.UnaryOp(ast.USub(), value))
        scaled = self._here(
            "factor", value, lambda: ast.BinOp(value, ast.Mult(), ast.Constant(1.5))
        )
        return negated or scaled or value

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        opposite = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        swap = opposite.get(type(node.op))
        if swap is None:
            return node
        kind = "sign" if swap in (ast.Add, ast.Sub) else "factor"
        return self._here(kind, node, lambda: ast.BinOp(node.left, swap(), node.right)) or node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        for i, argument in enumerate(node.args):
            if _is_axis(argument):
                changed = self._here("axis", node, lambda a=argument: _other_axis(a))  # type: ignore[misc]
                node.args[i] = changed or argument
        return node


def _returns_several(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return "backward" in name or name in ("tuple", "list") or "grads" in name


def _is_zero(value: ast.expr) -> bool:
    """Whether a gradient is zero by definition: its negative is the same."""
    return isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in (
        "zero_like", "zeros_like", "zeros",
    )  # fmt: skip


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


def mutations_of(operator: type[Operator]) -> list[Mutation]:
    """Every change that can be made to an operator's own backward."""
    function = operator.__dict__.get("backward")
    if function is None:
        return []
    mutator = _Mutator(None)
    mutator.visit(_tree(function))
    return [Mutation(operator, i, kind, text) for i, (kind, text) in enumerate(mutator.found)]


def _tree(function: Any) -> ast.Module:
    source = textwrap.dedent(inspect.getsource(function.__func__))
    tree = ast.parse(source)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    return tree


def mutated(mutation: Mutation) -> Any:
    """The changed backward."""
    original = mutation.operator.__dict__["backward"]
    tree = _tree(original)
    _Mutator(mutation.position).visit(tree)
    ast.fix_missing_locations(tree)
    scope: dict[str, Any] = {}
    code = compile(tree, f"<{mutation.operator.__name__} with a changed {mutation.kind}>", "exec")
    exec(code, original.__func__.__globals__, scope)
    return staticmethod(scope["backward"])


# --------------------------------------------------------------------------- running rows

Row = tuple[OpInfo, Sample]


def rows_of_operators() -> dict[type[Operator], list[Row]]:
    """For each operator the rows whose graph it stands in."""
    rows: dict[type[Operator], list[Row]] = defaultdict(list)
    for case in test_ops.DIFFERENTIABLE:
        op, sample = case.values
        _, results = next(iter(test_ops.both(op, sample, "float64", True)))
        for operator in {_author(node) for node in _nodes(results)}:
            rows[operator].append((op, sample))
    return rows


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


def is_noticed(mutation: Mutation, rows: list[Row]) -> bool:
    """Whether some row fails with the changed formula."""
    original = mutation.operator.__dict__["backward"]
    mutation.operator.backward = mutated(mutation)  # type: ignore[method-assign]
    try:
        return any(_fails(op, sample) for op, sample in rows)
    finally:
        mutation.operator.backward = original  # type: ignore[method-assign]


def _fails(op: OpInfo, sample: Sample) -> bool:
    try:
        test_ops.test_gradient(op, sample, "float64")
        if op.second_derivative:
            test_ops.test_second_derivative(op, sample)
    except Exception:
        return True
    return False


def sampled(rows: dict[type[Operator], list[Row]], size: int) -> list[Mutation]:
    """Changes of as many different operators as possible, always the same ones."""
    rng = random.Random(SEED)
    operators = sorted(rows, key=lambda o: (o.__module__, o.__qualname__))
    rng.shuffle(operators)
    pools = [found for o in operators if (found := mutations_of(o))]
    chosen: list[Mutation] = []
    while len(chosen) < size and pools:
        for pool in pools[: size - len(chosen)]:
            chosen.append(pool.pop(rng.randrange(len(pool))))
        pools = [pool for pool in pools if pool]
    return chosen


def survivors(size: int = SAMPLE_SIZE, progress: bool = False) -> list[Mutation]:
    """The sampled changes that no row noticed."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        rows = rows_of_operators()
        unnoticed = []
        for mutation in sampled(rows, size):
            noticed = is_noticed(mutation, rows[mutation.operator])
            if progress:
                print(
                    f"{'caught' if noticed else 'MISSED'}  {mutation.operator.__name__}: "
                    f"{mutation.kind} of {mutation.description}"
                )
            if not noticed:
                unnoticed.append(mutation)
    return unnoticed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--size", type=int, default=SAMPLE_SIZE, help="how many changes to make")
    options = parser.parse_args()
    missed = survivors(options.size, progress=True)
    print(f"{options.size - len(missed)} of {options.size} changes caught")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
