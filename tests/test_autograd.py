"""Autograd: leaves, hooks, custom functions, versions, views changed in place, the engine; each line run in both
libraries where both have something to say."""

from __future__ import annotations

import contextlib
import gc
import itertools
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.autograd.graph import Node
from tests.parity import SAME_WORDS, assert_raises_alike, assert_same, first_line, run

Call = Callable[[Any], Any]


def table(calls: dict[str, Call]) -> Any:
    return pytest.mark.parametrize("call", [pytest.param(c, id=name) for name, c in calls.items()])


def leaf(t: Any, *values: float, dtype: str = "float32") -> Any:
    return t.tensor(list(values) or [1.0, 2.0, 3.0], dtype=getattr(t, dtype), requires_grad=True)


def named(node: Any) -> Any:
    """A node's torch name."""
    return None if node is None else node.name().removeprefix("torch::autograd::")


# --------------------------------------------------------------------------- leaves and gradients

LEAVES: dict[str, Call] = {
    "leaf": lambda t: (lambda x: (x.is_leaf, x.requires_grad, x.grad_fn, x.grad))(leaf(t)),
    "result": lambda t: (lambda y: (y.is_leaf, y.requires_grad, y.output_nr))(leaf(t) * 2),
    "constant": lambda t: (lambda y: (y.is_leaf, y.requires_grad))(t.ones(2) * 2),
    "detached": lambda t: (lambda y: (y.is_leaf, y.requires_grad))((leaf(t) * 2).detach()),
    "clone of a leaf": lambda t: leaf(t).clone().is_leaf,
    "view of a leaf": lambda t: (lambda v: (v.is_leaf, v.requires_grad, named(v.grad_fn)))(
        leaf(t)[1:]
    ),
    "requires_grad_": lambda t: t.ones(2).requires_grad_().requires_grad,
    "requires_grad_ False": lambda t: leaf(t).requires_grad_(False).requires_grad,
    "requires_grad on a result": lambda t: (leaf(t) * 2).requires_grad_().requires_grad,
    "set requires_grad": lambda t: (lambda x: (setattr(x, "requires_grad", True), x.requires_grad))(
        t.ones(2)
    ),
    "int results": lambda t: (leaf(t) > 1).requires_grad,
    "argmax": lambda t: leaf(t).argmax().requires_grad,
    "long cast": lambda t: leaf(t).long().requires_grad,
    "no grad result": lambda t: (
        lambda x: [x.sum().requires_grad for _ in [t.set_grad_enabled(True)]]
    )(leaf(t)),
    "grad_fn names": lambda t: [
        named(y.grad_fn)
        for x in [leaf(t)]
        for y in (
            x + 1,
            x * 2,
            x - x,
            x / 2,
            2 / x,
            x**2,
            2**x,
            x @ x,
            -x,
            x.exp(),
            x.sum(),
            x.mean(),
            x[0],
            x[1:],
            x.view(3, 1),
            x.t(),
            x.unsqueeze(0),
            x.expand(2, 3),
            x.clone(),
            x.double(),
            t.cat([x, x]),
            t.stack([x, x]),
            x.max(),
            x.sum(0),
            x.mean(0),
            x.abs(),
            x.clamp(min=0),
            t.where(x > 1, x, 0.0),
        )
    ],
    "next_functions": lambda t: [
        (named(n), i) for n, i in (leaf(t) * leaf(t) + 1).grad_fn.next_functions
    ],
    "next_functions of mul": lambda t: [
        (named(n), i) for n, i in (leaf(t) * t.ones(3)).grad_fn.next_functions
    ],
    "next_functions of AccumulateGrad": lambda t: (
        (leaf(t) * 2).grad_fn.next_functions[0][0].next_functions
    ),
    "AccumulateGrad variable": lambda t: (
        lambda x: (x * 2).grad_fn.next_functions[0][0].variable is x
    )(leaf(t)),
    "AccumulateGrad is one": lambda t: (
        lambda x: (lambda a, b: a.grad_fn.next_functions[0][0] is b.grad_fn.next_functions[0][0])(
            x * 2, x * 3
        )
    )(leaf(t)),
    "output numbers": lambda t: [u.output_nr for u in leaf(t).unbind()],
    "next_functions of unbind": lambda t: [
        (named(n), i) for n, i in (lambda a, b, c: b * 2)(*leaf(t).unbind()).grad_fn.next_functions
    ],
    "grad of scalar": lambda t: (lambda x: (x.sum().backward(), x.grad))(leaf(t)),
    "grad dtype": lambda t: (lambda x: (x.double().sum().backward(), x.grad))(leaf(t)),
    "grad of float16": lambda t: (lambda x: ((x * 2).sum().backward(), x.grad))(
        leaf(t, 1.0, dtype="float16")
    ),
    "grad with gradient": lambda t: (
        lambda x: ((x * 2).backward(t.tensor([1.0, 2.0, 3.0])), x.grad)
    )(leaf(t)),
    "grad accumulates": lambda t: (
        lambda x: ([(x * x).sum().backward() for _ in range(3)], x.grad)
    )(leaf(t)),
    "used twice": lambda t: (lambda x: ((x * x + x).sum().backward(), x.grad))(leaf(t)),
    "unused": lambda t: (lambda x, y: ((x * 2).sum().backward(), y.grad))(leaf(t), leaf(t)),
    "leaf itself": lambda t: (lambda x: (x.backward(t.ones(3)), x.grad))(leaf(t)),
    "leaf scalar itself": lambda t: (lambda x: (x.backward(), x.grad))(
        t.tensor(2.0, requires_grad=True)
    ),
    "one element": lambda t: (lambda x: ((x * 2).backward(), x.grad))(leaf(t, 3.0)),
    "broadcast": lambda t: (lambda x, y: ((x * y).sum().backward(), x.grad, y.grad))(
        t.ones(2, 1, requires_grad=True), leaf(t)
    ),
    "expanded gradient": lambda t: (
        lambda x: (x.sum().backward(), x.grad.is_contiguous(), x.grad.stride())
    )(t.ones(2, 3, requires_grad=True)),
    "transposed leaf": lambda t: (lambda x: ((x * 2).sum().backward(), x.grad.stride()))(
        t.ones(2, 3).t().requires_grad_()
    ),
    "retain_grad": lambda t: (
        lambda x: (lambda y: (y.retain_grad(), (y * 3).sum().backward(), y.grad, y.retains_grad))(
            x * 2
        )
    )(leaf(t)),
    "retain_grad twice": lambda t: (
        lambda x: (lambda y: (y.retain_grad(), y.retain_grad(), (y * 3).sum().backward(), y.grad))(
            x * 2
        )
    )(leaf(t)),
    "retain_grad of a leaf": lambda t: (
        lambda x: (x.retain_grad(), (x * 3).sum().backward(), x.grad, x.retains_grad)
    )(leaf(t)),
    "retain_grad accumulates": lambda t: (
        lambda x: (
            lambda y: (
                y.retain_grad(),
                [(y * 3).sum().backward(retain_graph=True) for _ in range(2)],
                y.grad,
            )
        )(x * 2)
    )(leaf(t)),
    "retain_grad, in place after": lambda t: (
        lambda x: (lambda y: (y.retain_grad(), y.mul_(5), y.sum().backward(), y.grad, x.grad))(
            x * 2
        )
    )(leaf(t)),
    "retain_grad of the root": lambda t: (lambda y: (y.retain_grad(), y.backward(), y.grad))(
        leaf(t).sum()
    ),
    "retain_graph": lambda t: (
        lambda x: (lambda y: (y.backward(retain_graph=True), y.backward(), x.grad))((x * x).sum())
    )(leaf(t)),
    "no saved tensors twice": lambda t: (
        lambda x: (lambda y: (y.backward(), y.backward(), x.grad))((x + x).sum())
    )(leaf(t)),
    "zero_grad None": lambda t: (
        lambda x: (
            (x * 2).sum().backward(),
            setattr(x, "grad", None),
            (x * 3).sum().backward(),
            x.grad,
        )
    )(leaf(t)),
    "zero_grad zeros": lambda t: (
        lambda x: ((x * 2).sum().backward(), x.grad.zero_(), (x * 3).sum().backward(), x.grad)
    )(leaf(t)),
    "grad stays one object": lambda t: (
        lambda x: (
            (x * 2).sum().backward(),
            (lambda g: ((x * 3).sum().backward(), g is x.grad, g._version))(x.grad),
        )
    )(leaf(t)),
    "del grad": lambda t: (lambda x: ((x * 2).sum().backward(), delattr(x, "grad"), x.grad))(
        leaf(t)
    ),
    "set grad": lambda t: (
        lambda x: (setattr(x, "grad", t.ones(3)), (x * 3).sum().backward(), x.grad)
    )(leaf(t)),
    "create_graph": lambda t: (
        lambda x: ((x**3).sum().backward(create_graph=True), x.grad.requires_grad)
    )(leaf(t)),
    "second derivative": lambda t: (
        lambda x: (lambda g: (g, *t.autograd.grad(g.sum(), x)))(
            t.autograd.grad((x**3).sum(), x, create_graph=True)[0]
        )
    )(leaf(t)),
    "third derivative": lambda t: (
        lambda x: t.autograd.grad(
            t.autograd.grad(t.autograd.grad(x**4, x, create_graph=True)[0], x, create_graph=True)[
                0
            ],
            x,
        )
    )(t.tensor(2.0, requires_grad=True)),
    "backward of several": lambda t: (
        lambda x: (t.autograd.backward([x.sum(), (x * x).sum()]), x.grad)
    )(leaf(t)),
    "backward of several with gradients": lambda t: (
        lambda x: (t.autograd.backward([x * 2, x.sum()], [t.ones(3), None]), x.grad)
    )(leaf(t)),
    "backward of the same twice": lambda t: (
        lambda x: (lambda y: (t.autograd.backward([y, y], [t.ones(3), t.ones(3)]), x.grad))(x * 2)
    )(leaf(t)),
    "backward of connected roots": lambda t: (
        lambda x: (lambda y: (t.autograd.backward([y, y * 3], [t.ones(3), t.ones(3)]), x.grad))(
            x * 2
        )
    )(leaf(t)),
    "backward of a leaf and a result": lambda t: (
        lambda x: (t.autograd.backward([x, x * 3], [t.ones(3), t.ones(3)]), x.grad)
    )(leaf(t)),
    "backward inputs": lambda t: (
        lambda x, y: ((x * y).sum().backward(inputs=[x]), x.grad, y.grad)
    )(leaf(t), leaf(t)),
    "backward inputs one": lambda t: (
        lambda x, y: ((x * y).sum().backward(inputs=y), x.grad, y.grad)
    )(leaf(t), leaf(t)),
    "backward inputs accumulates": lambda t: (
        lambda x: ([(x * x).sum().backward(inputs=[x]) for _ in range(2)], x.grad)
    )(leaf(t)),
    "backward inputs non-leaf": lambda t: (
        lambda x: (lambda y: ((y * y).sum().backward(inputs=[y]), x.grad, y.grad))(x * 2)
    )(leaf(t)),
    "chain through views": lambda t: (lambda x: (x.view(3, 1).t()[0, 1:].sum().backward(), x.grad))(
        leaf(t)
    ),
    "min over all ties": lambda t: (lambda x: (x.min().backward(), x.grad))(leaf(t, 1.0, 1.0, 2.0)),
    "max over dim ties": lambda t: (lambda x: (x.max(0)[0].backward(), x.grad))(
        leaf(t, 2.0, 2.0, 1.0)
    ),
    "abs at 0": lambda t: (lambda x: (x.abs().sum().backward(), x.grad))(leaf(t, 0.0, -1.0)),
    "sqrt at 0": lambda t: (lambda x: (x.sqrt().sum().backward(), x.grad))(leaf(t, 0.0, 4.0)),
    "norm at 0": lambda t: (lambda x: (x.norm().backward(), x.grad))(leaf(t, 0.0, 0.0)),
    "pow at 0": lambda t: (lambda x: ((x**2).sum().backward(), x.grad))(leaf(t, 0.0)),
    "pow 0 at 0": lambda t: (lambda x: ((x**0).sum().backward(), x.grad))(leaf(t, 0.0)),
    "relu at 0": lambda t: (lambda x: (x.relu().sum().backward(), x.grad))(leaf(t, 0.0, -1.0, 1.0)),
    "clamp at bounds": lambda t: (lambda x: (x.clamp(0, 1).sum().backward(), x.grad))(
        leaf(t, 0.0, 1.0, 2.0)
    ),
    "clamp nan": lambda t: (lambda x: (x.clamp(0, 1).sum().backward(), x.grad))(
        leaf(t, float("nan"), 0.5)
    ),
    "std of equal": lambda t: (lambda x: (x.std().backward(), x.grad))(leaf(t, 1.0, 1.0)),
    "where nan": lambda t: (lambda x: (t.where(x > 0, x.log(), 0.0).sum().backward(), x.grad))(
        leaf(t, 0.0, 1.0)
    ),
    "prod of zeros": lambda t: (lambda x: (x.prod().backward(), x.grad))(leaf(t, 0.0, 2.0, 3.0)),
    "cumprod of zeros": lambda t: (lambda x: (x.cumprod(0).sum().backward(), x.grad))(
        leaf(t, 0.0, 2.0, 3.0)
    ),
    "empty": lambda t: (lambda x: (x.sum().backward(), x.grad))(t.zeros(0, requires_grad=True)),
    "complex dtype requires grad": lambda t: t.tensor([1j]).requires_grad_().requires_grad,
    "index twice": lambda t: (lambda x: (x[t.tensor([0, 0, 1])].sum().backward(), x.grad))(leaf(t)),
    "mean of nothing": lambda t: (lambda x: (x.mean().backward(), x.grad))(
        t.zeros(0, requires_grad=True)
    ),
    "detach shares": lambda t: (lambda x: (lambda y: (y.detach().zero_(), y, y._version))(x * 2))(
        leaf(t)
    ),
    "detach_": lambda t: (lambda x: (lambda y: (y.detach_(), y.is_leaf, y.requires_grad))(x * 2))(
        leaf(t)
    ),
    "set data of a leaf": lambda t: (
        lambda x: (setattr(x, "data", t.zeros(3)), (x * 2).sum().backward(), x.grad)
    )(leaf(t)),
    "call a node": lambda t: (lambda y: y.grad_fn(t.ones(3)))(leaf(t) * 2)[0],
    "grad mode": lambda t: (t.is_grad_enabled(), t.is_inference_mode_enabled()),
}


@table(LEAVES)
def test_leaves_and_gradients(call: Call) -> None:
    assert_same(call, exact=False)


ERRORS: dict[str, Call] = {
    "needs no grad": lambda t: t.ones(1).backward(),
    "no scalar": lambda t: (leaf(t) * 2).backward(),
    "gradient shape": lambda t: (leaf(t) * 2).backward(t.ones(2)),
    "gradient type": lambda t: (leaf(t) * 2).backward(2.0),
    "gradients count": lambda t: t.autograd.backward(
        [leaf(t).sum(), leaf(t).sum()], [t.tensor(1.0)]
    ),
    "second time": lambda t: (lambda y: (y.backward(), y.backward()))((leaf(t) ** 2).sum()),
    "second time, mul": lambda t: (lambda y: (y.backward(), y.backward()))(
        (leaf(t) * leaf(t)).sum()
    ),
    "second time, grad": lambda t: (
        lambda x: (lambda y: (t.autograd.grad(y, x), t.autograd.grad(y, x)))(x.exp().sum())
    )(leaf(t)),
    "requires_grad_ False on a result": lambda t: (leaf(t) * 2).requires_grad_(False),
    "set requires_grad on int": lambda t: setattr(t.ones(1, dtype=t.int64), "requires_grad", True),
    "set grad of another shape": lambda t: setattr(leaf(t), "grad", t.ones(2)),
    "set grad to a number": lambda t: setattr(leaf(t), "grad", 2.0),
    "retain_grad of a constant": lambda t: t.ones(2).retain_grad(),
    "hook on a constant": lambda t: t.ones(2).register_hook(lambda g: g),
    "post accumulate on a result": lambda t: (leaf(t) * 2).register_post_accumulate_grad_hook(
        lambda p: None
    ),
    "post accumulate on a constant": lambda t: t.ones(2).register_post_accumulate_grad_hook(
        lambda p: None
    ),
    "leaf in place": lambda t: leaf(t).add_(1),
    "leaf setitem": lambda t: leaf(t).__setitem__(0, 1.0),
    "leaf fill_": lambda t: leaf(t).zero_(),
    "leaf copy_": lambda t: leaf(t).copy_(t.ones(3)),
    "leaf uniform_": lambda t: leaf(t).uniform_(),
    "leaf masked_fill_": lambda t: leaf(t).masked_fill_(t.tensor([True, False, True]), 0.0),
    "leaf squeeze_": lambda t: t.ones(1, 2, requires_grad=True).squeeze_(),
    "view of a leaf in place": lambda t: leaf(t)[1:].add_(1),
    "view of a leaf setitem": lambda t: leaf(t)[1:].__setitem__(0, 1.0),
    "view of a view of a leaf": lambda t: leaf(t)[1:].view(2, 1).add_(1),
    "unbind in place": lambda t: (leaf(t) * 2).unbind()[0].add_(1),
    "split in place": lambda t: (leaf(t) * 2).split(2)[0].mul_(2),
    "chunk in place": lambda t: (leaf(t) * 2).chunk(2)[1].mul_(2),
    "iteration in place": lambda t: next(iter(leaf(t) * 2)).add_(1),
    "view made under no_grad": lambda t: no_grad_view(t).add_(t.ones(2, requires_grad=True)),
    "grad: unused": lambda t: t.autograd.grad(leaf(t).sum(), leaf(t)),
    "grad: unused second": lambda t: (lambda x, y: t.autograd.grad(x.sum(), [x, y]))(
        leaf(t), leaf(t)
    ),
    "grad: needs no grad": lambda t: t.autograd.grad(leaf(t).sum(), t.ones(2)),
    "grad: output needs no grad": lambda t: t.autograd.grad(t.ones(1), leaf(t)),
    "grad: no scalar": lambda t: (lambda x: t.autograd.grad(x * 2, x))(leaf(t)),
    "grad: shape": lambda t: (lambda x: t.autograd.grad(x * 2, x, t.ones(2)))(leaf(t)),
    "backward inputs empty": lambda t: leaf(t).sum().backward(inputs=[]),
    "backward inputs need no grad": lambda t: leaf(t).sum().backward(inputs=[t.ones(1)]),
    "int backward": lambda t: t.ones(1, dtype=t.int64).sum().backward(),
    "hook returns a number": lambda t: (
        lambda x: (x.register_hook(lambda g: 2.0), x.sum().backward())
    )(leaf(t)),
    "hook returns another shape": lambda t: (
        lambda x: (x.register_hook(lambda g: t.ones(2)), (x * 1).sum().backward())
    )(leaf(t)),
    "hook raises": lambda t: (lambda x: (x.register_hook(lambda g: 1 / 0), x.sum().backward()))(
        leaf(t)
    ),
    "in place needs more grad": lambda t: t.ones(1).expand(3).add_(leaf(t)),
    "materialize and disallow": lambda t: t.autograd.grad(
        leaf(t).sum(), leaf(t), allow_unused=False, materialize_grads=True
    ),
}


def no_grad_view(t: Any) -> Any:
    x = leaf(t) * 2
    with t.no_grad():
        return x[1:]


@table(ERRORS)
def test_errors(call: Call) -> None:
    assert_raises_alike(call)


@table(
    {
        "requires_grad_ of int": lambda t: t.ones(1, dtype=t.int64).requires_grad_(),
        "set grad of another dtype": lambda t: setattr(leaf(t), "grad", t.ones(3, dtype=t.float64)),
        "detach_ of a view": lambda t: (leaf(t) * 2)[1:].detach_(),
    }
)
def test_errors_in_words_of_our_own(call: Call) -> None:
    assert_raises_alike(call, words=False)


def test_grad_of_a_non_leaf_warns() -> None:
    for t in (torch, minitorch):
        y = leaf(t) * 2
        with pytest.warns(UserWarning, match="The .grad attribute of a Tensor that is not a leaf"):
            assert y.grad is None


# --------------------------------------------------------------------------- gradients belong to their leaf


ALIASES: dict[str, Call] = {
    "add": lambda t: lambda x, y: x + y,
    "sub": lambda t: lambda x, y: x - y,
    "three": lambda t: lambda x, y: x + y + x,
    "cat": lambda t: lambda x, y: t.cat([x, y]),
    "stack": lambda t: lambda x, y: t.stack([x, y]),
    "views": lambda t: lambda x, y: x.view(3) + y.view(3, 1)[:, 0],
    "clone": lambda t: lambda x, y: x.clone() + y.clone(),
    "where": lambda t: lambda x, y: t.where(x > 1.5, x, y),
    "expand": lambda t: lambda x, y: x.expand(2, 3) + y.expand(2, 3),
    "copy_": lambda t: lambda x, y: t.zeros(3).copy_(x) + y,
    "transposes": lambda t: lambda x, y: x.view(1, 3).t().t() + y.view(1, 3).t().t(),
    "squeeze": lambda t: lambda x, y: x.unsqueeze(0).squeeze(0) + y.unsqueeze(1).squeeze(1),
    "unbind": lambda t: lambda x, y: t.stack(x.unbind()) + t.cat(y.split(1)),
    "setitem": lambda t: lambda x, y: _set(t.zeros(3) + x * 0, slice(None), y) + x,
}


@table(ALIASES)
def test_gradients_alias_nothing(call: Call) -> None:
    t = minitorch  # torch itself keeps parts of the user's gradient in some of these
    x, y = leaf(t), leaf(t)
    out = call(t)(x, y)
    gradient = t.ones(out.shape)
    out.backward(gradient)
    expected = y.grad.tolist()
    arrays = [g.numpy() for g in (x.grad, y.grad, gradient)]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))
    x.grad.fill_(100)
    assert y.grad.tolist() == expected
    assert t.equal(gradient, t.ones(out.shape))


@table(ALIASES)
def test_captured_gradients_alias_nothing(call: Call) -> None:
    t = minitorch
    x, y = leaf(t), leaf(t)
    out = call(t)(x, y)
    gradient = t.ones(out.shape)
    found = t.autograd.grad(out, (x, y, x), gradient, retain_graph=True)
    expected = [g.tolist() for g in found]
    arrays = [g.numpy() for g in (*found, gradient)]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))
    for g in found:
        g.fill_(100)
    again = t.autograd.grad(out, (x, y, x), gradient)
    assert [g.tolist() for g in again] == expected


def _set(x: Any, index: Any, value: Any) -> Any:
    x[index] = value
    return x


def test_the_users_gradient_is_never_the_leafs() -> None:
    for t in (torch, minitorch):
        x = leaf(t)
        gradient = t.ones(3)
        x.backward(gradient)
        x.grad.add_(5)
        assert gradient.tolist() == [1, 1, 1]
        (result,) = t.autograd.grad(x * 1, x, gradient)
        gradient.fill_(3)
        assert result.tolist() in (
            [1, 1, 1],
            [3, 3, 3],
        )  # torch hands the gradient itself through where it can


def test_hooks_and_retained_gradients_alias_no_leafs_gradient() -> None:
    for t in (torch, minitorch):
        x = leaf(t)
        y = x + 0
        y.retain_grad()
        kept: list[Any] = []
        y.register_hook(kept.append)
        y.backward(t.ones(3))
        x.grad.fill_(9)
        assert y.grad.tolist() == [1, 1, 1]
        assert kept[0].tolist() == [1, 1, 1]


def test_captured_gradients_do_not_alias_leaf_gradients() -> None:
    x, y = leaf(minitorch), leaf(minitorch)
    first, second = minitorch.autograd.grad((x + y).sum(), [x, y])
    first.fill_(5)
    assert second.tolist() == [1, 1, 1]


def test_a_fresh_gradient_is_kept_without_a_copy() -> None:
    made: list[int] = []

    class Fresh(minitorch.autograd.operator.Operator):
        @staticmethod
        def forward(ctx: Any, input: Any) -> Any:
            return input * 1

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            out = grad * 2
            made.append(out.__array_interface__["data"][0])
            return out

    x = leaf(minitorch)
    Fresh.apply(x).sum().backward()
    assert x.grad.data_ptr() == made[0]
    assert x.grad.tolist() == [2, 2, 2]


def test_a_kept_gradient_is_copied() -> None:
    kept: list[Any] = []

    class Keeps(minitorch.autograd.operator.Operator):
        @staticmethod
        def forward(ctx: Any, input: Any) -> Any:
            return input * 1

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            kept.append(grad * 2)
            return kept[0]

    x = leaf(minitorch)
    Keeps.apply(x).sum().backward()
    x.grad.fill_(7)
    assert kept[0].tolist() == [2, 2, 2]


def test_gradients_are_not_added_to_where_somebody_sees_them() -> None:
    for t in (torch, minitorch):
        x = leaf(t)
        y = x * 1
        z = y + y.exp() + y * 2
        seen: list[Any] = []
        z.register_hook(seen.append)
        z.retain_grad()
        given = t.ones(3)
        z.backward(given, retain_graph=True)
        first = x.grad.clone()
        z.backward(given)
        assert given.tolist() == seen[0].tolist() == seen[1].tolist() == [1, 1, 1]
        assert z.grad.tolist() == [2, 2, 2]
        assert x.grad.tolist() == (first * 2).tolist()


def test_gradients_are_added_in_place_where_nobody_sees_them() -> None:
    arrived: list[int] = []
    left: list[int] = []

    class Watched(minitorch.autograd.operator.Operator):
        @staticmethod
        def forward(ctx: Any, input: Any) -> Any:
            return input * 1

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            out = grad * 2
            arrived.append(grad.__array_interface__["data"][0])
            left.append(out.__array_interface__["data"][0])
            return out

    x = leaf(minitorch)
    y = Watched.apply(x)
    other = y.exp()
    (Watched.apply(y) + other).sum().backward()  # the gradient of the node made last comes first
    assert arrived[1] == left[0]
    assert x.grad.tolist() == (2 * (2 + x.detach().exp())).tolist()


def test_matrix_product_gradients_have_torchs_layout() -> None:
    def call(t: Any) -> Any:
        w = t.arange(6.0).reshape(2, 3).requires_grad_()
        x = t.arange(12.0).reshape(4, 3).requires_grad_()
        (x @ w.t()).sum().backward()
        return w.grad, x.grad

    assert_same(call)


# --------------------------------------------------------------------------- grad mode

MODES: dict[str, Call] = {
    "no_grad": lambda t: _with(t.no_grad(), lambda: (leaf(t) * 2).requires_grad),
    "no_grad leaves": lambda t: _with(t.no_grad(), lambda: leaf(t).requires_grad),
    "enable in no_grad": lambda t: _with(
        t.no_grad(), lambda: _with(t.enable_grad(), lambda: (leaf(t) * 2).requires_grad)
    ),
    "set_grad_enabled": lambda t: [
        _with(t.set_grad_enabled(m), lambda: (leaf(t) * 2).requires_grad) for m in (True, False)
    ],
    "inference_mode": lambda t: _with(
        t.inference_mode(),
        lambda: ((leaf(t) * 2).requires_grad, t.is_grad_enabled(), t.is_inference_mode_enabled()),
    ),
    "inference_mode False": lambda t: _with(
        t.inference_mode(False),
        lambda: ((leaf(t) * 2).requires_grad, t.is_inference_mode_enabled()),
    ),
    "no_grad object twice": lambda t: [
        _with(c, t.is_grad_enabled) for c in [t.no_grad()] for _ in range(2)
    ],
    "restored": lambda t: (_with(t.no_grad(), lambda: None), t.is_grad_enabled())[1],
    "decorator": lambda t: t.no_grad()(lambda: (leaf(t) * 2).requires_grad)(),
    "decorator without parentheses": lambda t: t.no_grad(lambda: (leaf(t) * 2).requires_grad)(),
    "enable_grad decorator": lambda t: _with(
        t.no_grad(), t.enable_grad()(lambda: (leaf(t) * 2).requires_grad)
    ),
    "inference_mode decorator": lambda t: t.inference_mode()(
        lambda: t.is_inference_mode_enabled()
    )(),
    "inference_mode bare decorator": lambda t: t.inference_mode(
        lambda: t.is_inference_mode_enabled()
    )(),
    "set_grad_enabled decorator": lambda t: (
        t.set_grad_enabled(False)(lambda: t.is_grad_enabled())(),
        t.is_grad_enabled(),
    ),
    "in-place under no_grad": lambda t: (
        lambda x: (_with(t.no_grad(), lambda: x.add_(1)), x.is_leaf, x._version)
    )(leaf(t)),
    "view under no_grad": lambda t: _with(
        t.no_grad(), lambda: (lambda v: (v.requires_grad, v._is_view()))(leaf(t)[1:])
    ),
    "clone under no_grad": lambda t: _with(t.no_grad(), lambda: leaf(t).clone().requires_grad),
    "requires_grad_ under no_grad": lambda t: _with(
        t.no_grad(), lambda: (leaf(t) * 2).requires_grad_().requires_grad
    ),
    "backward under no_grad": lambda t: (
        lambda x: (lambda y: (_with(t.no_grad(), y.backward), x.grad))((x * x).sum())
    )(leaf(t)),
    "grad enabled inside backward": lambda t: grad_mode_inside_backward(t, False),
    "grad enabled inside create_graph": lambda t: grad_mode_inside_backward(t, True),
    "lambda name": lambda t: t.no_grad()(_with).__name__,
    "view of a leaf under no_grad, changed later": lambda t: (
        lambda x: (lambda v: (v.add_(1), x))(_with(t.no_grad(), lambda: x[1:]))
    )(leaf(t)),
}


def _with(context: Any, call: Callable[[], Any]) -> Any:
    with context:
        return call()


def grad_mode_inside_backward(t: Any, create_graph: bool) -> Any:
    x = leaf(t)
    seen: list[Any] = []
    y = x * 2
    y.register_hook(lambda g: seen.append((t.is_grad_enabled(), g.requires_grad)))
    (y * y).sum().backward(create_graph=create_graph)
    return seen, t.is_grad_enabled()


@table(MODES)
def test_grad_modes(call: Call) -> None:
    assert_same(call)


def test_grad_mode_in_generators() -> None:
    def call(t: Any) -> Any:
        @t.no_grad()
        def numbers() -> Iterator[Any]:
            try:
                got = yield t.is_grad_enabled()
                yield got, t.is_grad_enabled()
            except ValueError:
                yield "caught", t.is_grad_enabled()
            finally:
                log.append(("closed", t.is_grad_enabled()))

        log: list[Any] = []
        first, second = numbers(), numbers()
        seen = [next(first), t.is_grad_enabled(), first.send(5), t.is_grad_enabled(), next(second)]
        seen.append(second.throw(ValueError()))
        seen.append(t.is_grad_enabled())
        first.close()
        return seen, log, t.is_grad_enabled()

    assert_same(call)


def test_set_grad_enabled_as_a_statement() -> None:
    def call(t: Any) -> Any:
        t.set_grad_enabled(False)
        inside = (leaf(t) * 2).requires_grad
        t.set_grad_enabled(True)
        return inside, (leaf(t) * 2).requires_grad

    assert_same(call)


def test_grad_mode_is_restored_after_an_exception() -> None:
    for t in (torch, minitorch):
        with contextlib.suppress(ZeroDivisionError), t.no_grad():
            raise ZeroDivisionError
        assert t.is_grad_enabled()

        @t.no_grad()
        def fail() -> None:
            raise ZeroDivisionError

        with contextlib.suppress(ZeroDivisionError):
            fail()
        assert t.is_grad_enabled()


def test_grad_mode_is_per_thread() -> None:
    for t in (torch, minitorch):
        seen: list[bool] = []
        with t.no_grad():
            thread = threading.Thread(
                target=lambda t=t, seen=seen: seen.append(t.is_grad_enabled())
            )
            thread.start()
            thread.join()
        assert seen == [True]


# --------------------------------------------------------------------------- hooks

HOOKS: dict[str, Call] = {}


def hook_case(function: Call) -> Call:
    HOOKS[function.__name__.replace("_", " ")] = function
    return function


@hook_case
def a_hook_on_a_result_replaces_the_gradient(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    return x.grad


@hook_case
def a_hook_on_a_leaf_replaces_the_gradient(t: Any) -> Any:
    x = leaf(t)
    x.register_hook(lambda g: g * 10)
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    return x.grad


@hook_case
def a_hook_on_a_leaf_sees_the_sum(t: Any) -> Any:
    x = leaf(t)
    seen: list[Any] = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * 2 + x * 3).sum().backward()
    return seen


@hook_case
def hooks_run_in_order(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    y.register_hook(lambda g: g + 1)
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    return x.grad


@hook_case
def removed_hooks_do_not_run(t: Any) -> Any:
    x = leaf(t)
    handle = x.register_hook(lambda g: g * 10)
    handle.remove()
    handle.remove()
    (x * 2).sum().backward()
    return x.grad


@hook_case
def a_handle_is_a_context(t: Any) -> Any:
    x = leaf(t)
    with x.register_hook(lambda g: g * 10):
        (x * 2).sum().backward()
    (x * 2).sum().backward()
    return x.grad


@hook_case
def a_hook_that_returns_none_changes_nothing(t: Any) -> Any:
    x = leaf(t)
    x.register_hook(lambda g: None)
    (x * 2).sum().backward()
    return x.grad


@hook_case
def retain_grad_then_hook(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    return y.grad, x.grad


@hook_case
def hook_then_retain_grad(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    y.sum().backward()
    return y.grad, x.grad


@hook_case
def a_hook_on_the_root(t: Any) -> Any:
    x = leaf(t)
    y = (x * 2).sum()
    y.register_hook(lambda g: g * 10)
    y.backward()
    return x.grad


@hook_case
def a_hook_registered_before_in_place(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(5)
    y.sum().backward()
    return seen, x.grad


@hook_case
def a_hook_registered_after_in_place(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    y.mul_(5)
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward()
    return seen, x.grad


@hook_case
def hooks_on_several_outputs(t: Any) -> Any:
    x = leaf(t)
    a, b, _c = x.unbind()
    seen: list[Any] = []
    b.register_hook(lambda g: seen.append(g.item()))
    a.register_hook(lambda g: g * 7)
    (a + 2 * b).backward()
    return seen, x.grad


@hook_case
def hooks_with_autograd_grad(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    z = y.sum()
    return t.autograd.grad(z, x, retain_graph=True), t.autograd.grad(z, y)


@hook_case
def a_leaf_hook_with_autograd_grad(t: Any) -> Any:
    x = leaf(t)
    x.register_hook(lambda g: g * 10)
    return t.autograd.grad((x * 2).sum(), x)


@hook_case
def hooks_under_create_graph(t: Any) -> Any:
    x = leaf(t)
    y = x * x
    y.register_hook(lambda g: g * x)
    (g,) = t.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = t.autograd.grad(g.sum(), x)
    return g, h


@hook_case
def a_hook_on_a_view(t: Any) -> Any:
    x = leaf(t)
    v = (x * 2)[1:]
    v.register_hook(lambda g: g * 10)
    v.sum().backward()
    return x.grad


@hook_case
def post_accumulate_grad_hook(t: Any) -> Any:
    x = leaf(t)
    seen: list[Any] = []
    handle = x.register_post_accumulate_grad_hook(lambda p: seen.append((p is x, p.grad.tolist())))
    (x * 2 + x).sum().backward()
    (x * 2).sum().backward()
    handle.remove()
    (x * 2).sum().backward()
    return seen, x.grad


@hook_case
def post_accumulate_grad_hook_may_clear(t: Any) -> Any:
    x = leaf(t)
    total = []

    def step(p: Any) -> None:
        total.append(p.grad.sum().item())
        p.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    return total, x.grad


@hook_case
def node_hooks(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    seen: list[Any] = []
    y.grad_fn.register_prehook(lambda grads: seen.append(("pre", [g.tolist() for g in grads])))
    y.grad_fn.register_hook(lambda gi, go: seen.append(("post", gi[0].tolist(), go[0].tolist())))
    y.sum().backward()
    return seen, x.grad


@hook_case
def node_hooks_replace(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    y.grad_fn.register_prehook(lambda grads: (grads[0] * 10,))
    y.grad_fn.register_hook(lambda gi, go: (gi[0] + 1, *gi[1:]))
    y.sum().backward()
    return x.grad


@hook_case
def a_hook_on_accumulate_grad(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    seen: list[Any] = []
    node = y.grad_fn.next_functions[0][0]
    node.register_prehook(lambda grads: (grads[0] * 3,))
    node.register_hook(lambda gi, go: seen.append((len(gi), go[0].tolist(), x.grad.tolist())))
    y.sum().backward()
    return seen, x.grad


@hook_case
def tensor_hooks_before_node_prehooks(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    order: list[str] = []
    y.grad_fn.register_prehook(lambda grads: order.append("node"))
    y.register_hook(lambda g: order.append("tensor"))
    y.sum().backward()
    return order


@hook_case
def a_hook_that_adds_a_hook(t: Any) -> Any:
    x = leaf(t)
    y = x * 2
    seen: list[str] = []

    def first(g: Any) -> None:
        seen.append("first")
        y.register_hook(lambda g: seen.append("late"))

    y.register_hook(first)
    z = y.sum()
    z.backward(retain_graph=True)
    before = list(seen)
    z.backward()
    return before[:1], "late" in seen


@hook_case
def backward_inside_a_hook(t: Any) -> Any:
    x, w = leaf(t), leaf(t)
    y = x * 2
    y.register_hook(lambda g: (w * w).sum().backward())
    y.sum().backward()
    return x.grad, w.grad


@hook_case
def a_hook_on_a_leaf_with_another_consumer_graph(t: Any) -> Any:
    x = leaf(t)
    y = x * 2  # this graph exists before the hook
    x.register_hook(lambda g: g * 10)
    y.sum().backward()
    return x.grad


@table(HOOKS)
def test_hooks(call: Call) -> None:
    assert_same(call, exact=False)


# --------------------------------------------------------------------------- custom functions


def function_class(t: Any) -> Any:
    return t.autograd.Function


CUSTOM: dict[str, Call] = {}


def custom_case(function: Call) -> Call:
    CUSTOM[function.__name__.replace("_", " ")] = function
    return function


@custom_case
def saves_inputs_and_outputs(t: Any) -> Any:
    class Exp(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x.exp()
            ctx.save_for_backward(x, out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            _, out = ctx.saved_tensors
            return g * out

    x = leaf(t)
    y = Exp.apply(x)
    y.sum().backward()
    return y, x.grad, named(y.grad_fn)


@custom_case
def double_backward(t: Any) -> Any:
    class Cube(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x**2 * g

    x = leaf(t)
    (g,) = t.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    (h,) = t.autograd.grad(g.sum(), x, create_graph=True)
    return g, h, t.autograd.grad(h.sum(), x)


@custom_case
def double_backward_through_a_saved_output(t: Any) -> Any:
    class Exp(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (out,) = ctx.saved_tensors
            return g * out

    x = leaf(t)
    (g,) = t.autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
    (h,) = t.autograd.grad((g * g).sum(), x)
    return g, h


@custom_case
def several_inputs_and_outputs(t: Any) -> Any:
    class Both(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, scale: float) -> Any:
            ctx.scale = scale
            ctx.save_for_backward(x, y)
            return x * y * scale, x + y

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * y * ctx.scale + h, g * x * ctx.scale + h, None

    x, y = leaf(t), leaf(t)
    a, b = Both.apply(x, y, 2.0)
    (a.sum() + 3 * b.sum()).backward()
    return a, b, x.grad, y.grad, a.output_nr, b.output_nr


@custom_case
def needs_input_grad(t: Any) -> Any:
    seen: list[Any] = []

    class Mul(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, n: int) -> Any:
            seen.append(ctx.needs_input_grad)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.append(ctx.needs_input_grad)
            return g, None, None

    x = leaf(t)
    Mul.apply(x, t.ones(3), 2).sum().backward()
    return seen, x.grad


@custom_case
def unused_output_is_materialized(t: Any) -> Any:
    seen: list[Any] = []

    class Two(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            seen.append((g.tolist(), h.tolist()))
            return 2 * g + 3 * h

    x = leaf(t)
    Two.apply(x)[0].sum().backward()
    return seen, x.grad


@custom_case
def set_materialize_grads(t: Any) -> Any:
    seen: list[Any] = []

    class Two(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            seen.append((g is None, h is None))
            return 3 * h

    x = leaf(t)
    Two.apply(x)[1].sum().backward()
    return seen, x.grad


@custom_case
def none_gradients(t: Any) -> Any:
    class Nothing(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return None

    x = leaf(t)
    (Nothing.apply(x) + x).sum().backward()
    return x.grad


@custom_case
def mark_non_differentiable(t: Any) -> Any:
    class Sort(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            flags = x * 0 + 1
            ctx.mark_non_differentiable(flags)
            return x * 2, flags

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return g * 2

    x = leaf(t)
    y, flags = Sort.apply(x)
    y.sum().backward()
    return y.requires_grad, flags.requires_grad, flags.is_leaf, x.grad


@custom_case
def integer_outputs(t: Any) -> Any:
    class Arg(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2, x.argmax()

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return g * 2

    y, i = Arg.apply(leaf(t))
    return y.requires_grad, i.requires_grad


@custom_case
def mark_dirty(t: Any) -> Any:
    class Double(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf(t)
    y = x * 1
    z = Double.apply(y)
    z.sum().backward()
    return z is y, z, y._version, named(y.grad_fn), x.grad


@custom_case
def mark_dirty_of_a_view(t: Any) -> Any:
    class Double(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf(t)
    y = x * 1
    Double.apply(y[1:])
    y.sum().backward()
    return y, x.grad


@custom_case
def mark_dirty_of_a_constant(t: Any) -> Any:
    class Add(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            x.add_(y)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, g

    x, y = t.zeros(3), leaf(t)
    Add.apply(x, y)
    x.sum().backward()
    return x, y.grad


@custom_case
def returns_its_input(t: Any) -> Any:
    class Same(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 5

    x = leaf(t)
    y = Same.apply(x)
    y.sum().backward()
    return y is x, named(y.grad_fn), x.grad


@custom_case
def returns_a_view(t: Any) -> Any:
    class View(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.view(3, 1)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g.view(3) * 5

    x = leaf(t)
    y = View.apply(x)
    y.sum().backward()
    return y, x.grad


@custom_case
def setup_context(t: Any) -> Any:
    class Scale(t.autograd.Function):
        @staticmethod
        def forward(x: Any, factor: float) -> Any:
            return x * factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            x, ctx.factor = inputs
            ctx.save_for_backward(x, output)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, output = ctx.saved_tensors
            return g * ctx.factor * (output / x / ctx.factor), None

    x = leaf(t)
    y = Scale.apply(x, 3.0)
    y.sum().backward()
    return y, x.grad


@custom_case
def without_grad(t: Any) -> Any:
    class Mul(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2, t.is_grad_enabled()

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return g * 2

    y, enabled = Mul.apply(t.ones(2))
    with t.no_grad():
        z, _ = Mul.apply(leaf(t))
    return y.requires_grad, z.requires_grad, enabled


@custom_case
def gradient_is_summed_to_the_inputs_shape(t: Any) -> Any:
    class Grow(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.expand(2, 3) * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    x = leaf(t)
    Grow.apply(x).sum().backward()
    return x.grad


@custom_case
def trailing_nones(t: Any) -> Any:
    class Extra(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2, None, None

    x = leaf(t)
    Extra.apply(x).sum().backward()
    return x.grad


@custom_case
def once_differentiable_first(t: Any) -> Any:
    class Once(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        @t.autograd.function.once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf(t)
    Once.apply(x).sum().backward()
    (y,) = t.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
    return x.grad, y.detach(), y.requires_grad


@custom_case
def nested_functions(t: Any) -> Any:
    class Inner(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    class Outer(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            with t.enable_grad():
                ctx.x = x.detach().requires_grad_()
                ctx.y = Inner.apply(ctx.x) ** 2
            return ctx.y.detach()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            with t.enable_grad():
                return t.autograd.grad(ctx.y, ctx.x, g)[0]

    x = leaf(t)
    Outer.apply(x).sum().backward()
    return x.grad


@custom_case
def keyword_free_non_tensors(t: Any) -> Any:
    class Pick(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, xs: Any, x: Any, name: str, flag: bool = False) -> Any:
            ctx.name = name
            return x * len(xs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return None, g * 2, None, None

    x = leaf(t)
    Pick.apply([1, 2], x, "name", True).sum().backward()
    return x.grad


@custom_case
def outputs_that_are_no_tensors(t: Any) -> Any:
    class Pair(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2, "text"

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return g * 2

    x = leaf(t)
    y, text = Pair.apply(x)
    y.sum().backward()
    return text, x.grad


@custom_case
def save_none(t: Any) -> Any:
    class Optional(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, bias: Any) -> Any:
            ctx.save_for_backward(x, bias)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            _x, bias = ctx.saved_tensors
            return g * 2 if bias is None else g, None

    x = leaf(t)
    Optional.apply(x, None).sum().backward()
    return x.grad


@custom_case
def saved_tensors_are_the_inputs(t: Any) -> Any:
    seen: list[Any] = []

    class Keep(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            seen.append((x.requires_grad, x.is_leaf, x._version))
            return g * 2

    x = leaf(t)
    Keep.apply(x).sum().backward()
    y = x * 1
    Keep.apply(y).sum().backward()
    return seen


@custom_case
def gradcheck_of_a_custom_function(t: Any) -> Any:
    class Square(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * x * g

    x = leaf(t, dtype="float64")
    return t.autograd.gradcheck(Square.apply, (x,)), t.autograd.gradgradcheck(Square.apply, (x,))


@table(CUSTOM)
def test_custom_functions(call: Call) -> None:
    assert_same(call, exact=False)


def broken(t: Any, kind: str) -> Any:
    class Broken(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return {
                "too many": lambda: (g, g),
                "shape": lambda: t.ones(2),
                "number": lambda: 2.0,
                "raises": lambda: 1 / 0,
                "saved": lambda: ctx.saved_tensors,
            }[kind]()

    return Broken


@table(
    {
        "too many gradients": lambda t: broken(t, "too many").apply(leaf(t)).sum().backward(),
        "gradient of another shape": lambda t: broken(t, "shape").apply(leaf(t)).sum().backward(),
        "gradient is a number": lambda t: broken(t, "number").apply(leaf(t)).sum().backward(),
        "backward raises": lambda t: broken(t, "raises").apply(leaf(t)).sum().backward(),
        "twice": lambda t: (lambda y: (y.backward(), y.backward()))(
            broken(t, "saved").apply(leaf(t)).sum()
        ),
        "no forward": lambda t: type("F", (t.autograd.Function,), {}).apply(leaf(t)),
        "no backward": lambda t: (
            type("F", (t.autograd.Function,), {"forward": staticmethod(lambda ctx, x: x * 2)})
            .apply(leaf(t))
            .sum()
            .backward()
        ),
        "once_differentiable twice": lambda t: twice_through_once_differentiable(t),
        "dirty leaf": lambda t: dirty_leaf(t),
        "saved and changed": lambda t: saved_and_changed(t),
    }
)
def test_errors_of_custom_functions(call: Call) -> None:
    assert_raises_alike(call)


def twice_through_once_differentiable(t: Any) -> None:
    class Once(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @t.autograd.function.once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2 * ctx.saved_tensors[0]

    x = leaf(t)
    (g,) = t.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
    g.sum().backward()


def dirty_leaf(t: Any) -> None:
    class Dirty(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    Dirty.apply(leaf(t))


def saved_and_changed(t: Any) -> None:
    class Keep(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0]

    y = leaf(t) * 1
    z = Keep.apply(y)
    y.add_(1)
    z.sum().backward()


# --------------------------------------------------------------------------- versions

MODIFIED: dict[str, Call] = {
    "input of mul": lambda t: (lambda y: (lambda z: (y.add_(1), z.sum().backward()))(y * y))(
        leaf(t) * 1
    ),
    "output of exp": lambda t: (lambda z: (z.add_(1), z.sum().backward()))(leaf(t).exp()),
    "output of tanh": lambda t: (lambda z: (z.mul_(2), z.mul_(3), z.sum().backward()))(
        leaf(t).tanh()
    ),
    "output of relu": lambda t: (lambda z: (z.add_(1), z.sum().backward()))(leaf(t).relu()),
    "output of sigmoid by setitem": lambda t: (
        lambda z: (z.__setitem__(0, 5.0), z.sum().backward())
    )(leaf(t).sigmoid()),
    "through a view": lambda t: (lambda y: (lambda z: (y[1:].zero_(), z.sum().backward()))(y**2))(
        leaf(t) * 1
    ),
    "through the base": lambda t: (
        lambda y: (lambda v: (lambda z: (y.mul_(2), z.sum().backward()))(v * v))(y[1:])
    )(leaf(t) * 1),
    "leaf under no_grad": lambda t: (
        lambda x: (lambda z: (_with(t.no_grad(), lambda: x.mul_(2)), z.sum().backward()))(x * x)
    )(leaf(t)),
    "weights of a product": lambda t: (
        lambda w, x: (lambda y: (_with(t.no_grad(), lambda: w.sub_(1)), y.sum().backward()))(x @ w)
    )(t.ones(3, 2, requires_grad=True), t.ones(2, 3, requires_grad=True)),
    "constant operand": lambda t: (
        lambda c: (lambda z: (c.add_(1), z.sum().backward()))(leaf(t) * c)
    )(t.ones(3)),
    "detached": lambda t: (lambda y: (lambda z: (y.detach().add_(1), z.sum().backward()))(y * y))(
        leaf(t) * 1
    ),
    "division": lambda t: (lambda y: (lambda z: (y.add_(1), z.sum().backward()))(leaf(t) / y))(
        leaf(t) * 1
    ),
    "power": lambda t: (lambda y: (lambda z: (y.add_(1), z.sum().backward()))(y**3))(leaf(t) * 1),
    "index": lambda t: (
        lambda i: (lambda z: (i.add_(1), z.sum().backward()))(leaf(t).gather(0, i))
    )(t.tensor([0, 1])),
    "after a first backward": lambda t: (
        lambda z: (z.sum().backward(retain_graph=True), z.add_(1), z.sum().backward())
    )(leaf(t).exp()),
    "two steps": lambda t: (
        lambda y: (lambda z: ([y.add_(1) for _ in range(4)], z.sum().backward()))(y * y)
    )(leaf(t) * 1),
    "double backward": lambda t: (
        lambda y: (lambda z: (y.add_(1), z.sum().backward(create_graph=True)))(y * y)
    )(leaf(t) * 1),
    "0-dim output of exp": lambda t: (lambda z: (z.add_(1), z.backward()))(
        t.tensor(1.0, requires_grad=True).exp()
    ),
    "0-dim input of mul": lambda t: (lambda y: (lambda z: (y.add_(1), z.backward()))(y * y))(
        t.tensor(1.0, requires_grad=True) * 1
    ),
    "copy_ over an input": lambda t: (
        lambda y: (lambda z: (y.copy_(t.ones(3)), z.sum().backward()))(y * y)
    )(leaf(t) * 1),
    "softmax": lambda t: (lambda z: (z.add_(1), z.sum().backward()))(leaf(t).softmax(0)),
}


@table(MODIFIED)
def test_changes_to_saved_tensors_are_noticed(call: Call) -> None:
    theirs, ours = run(call, torch), run(call, minitorch)
    assert isinstance(theirs, RuntimeError), theirs
    assert isinstance(ours, RuntimeError), ours
    assert not SAME_WORDS or first_line(ours) == first_line(theirs)


def test_a_change_to_the_indices_of_max_is_noticed() -> None:
    for t in (torch, minitorch):
        values, indices = t.ones(2, 3, requires_grad=True).max(0)
        indices.add_(0)
        with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
            values.sum().backward()


UNHARMFUL: dict[str, Call] = {
    "input of add": lambda t: (
        lambda x: (lambda y: (lambda z: (y.add_(1), z.sum().backward(), x.grad))(y + 2))(x * 1)
    )(leaf(t)),
    "unneeded operand": lambda t: (
        lambda x: (lambda c: (lambda z: (z.sum().backward(), c))(x * c))(t.ones(3))
    )(leaf(t)),
    "input of mul by a constant": lambda t: (
        lambda x: (lambda y: (lambda z: (y.add_(1), z.sum().backward(), x.grad))(y * t.ones(3)))(
            x * 1
        )
    )(leaf(t)),
    "input of mul by a number": lambda t: (
        lambda x: (lambda y: (lambda z: (y.add_(1), z.sum().backward(), x.grad))(y * 3))(x * 1)
    )(leaf(t)),
    "input of exp": lambda t: (
        lambda x: (lambda y: (lambda z: (y.add_(1), z.sum().backward(), x.grad))(y.exp()))(x * 1)
    )(leaf(t)),
    "input of relu": lambda t: (
        lambda x: (lambda y: (lambda z: (y.add_(1), z.sum().backward(), x.grad))(y.relu()))(x * 1)
    )(leaf(t)),
    "input of tanh": lambda t: (
        lambda x: (lambda y: (lambda z: (y.add_(1), z.sum().backward(), x.grad))(y.tanh()))(x * 1)
    )(leaf(t)),
    "by data": lambda t: (
        lambda x: (lambda y: (lambda z: (y.data.add_(1), z.sum().backward(), x.grad))(y * y))(x * 1)
    )(leaf(t)),
    "product, other operand constant": lambda t: (
        lambda w: (
            lambda x: (
                lambda y: (_with(t.no_grad(), lambda: w.sub_(1)), y.sum().backward(), w.grad)
            )(x @ w)
        )(t.ones(2, 3))
    )(t.ones(3, 2, requires_grad=True)),
    "after backward": lambda t: (
        lambda x: (lambda y: (lambda z: (z.sum().backward(), y.add_(1), x.grad))(y * y))(x * 1)
    )(leaf(t)),
    "input of a sum": lambda t: (
        lambda x: (lambda y: (lambda z: (y.mul_(7), z.backward(), x.grad))(y.sum()))(x * 1)
    )(leaf(t)),
    "input of mean": lambda t: (
        lambda x: (lambda y: (lambda z: (y.mul_(7), z.backward(), x.grad))(y.mean()))(x * 1)
    )(leaf(t)),
    "optimizer step between graphs": lambda t: (
        lambda x: (
            (x * x).sum().backward(),
            _with(t.no_grad(), lambda: x.sub_(x.grad)),
            (x * x).sum().backward(),
            x,
            x.grad,
        )
    )(leaf(t)),
}


@table(UNHARMFUL)
def test_changes_to_what_no_gradient_needs_are_allowed(call: Call) -> None:
    assert_same(call, exact=False)


def test_the_message_names_the_line_that_made_the_change() -> None:
    y = leaf(minitorch) * 1
    z = y * y
    y.add_(1)
    line = sys._getframe().f_lineno - 1
    with pytest.raises(RuntimeError) as caught:
        z.sum().backward()
    assert f"{__file__}:{line}" in str(caught.value)
    assert "MulBackward0" in str(caught.value)


VERSIONS: dict[str, Call] = {
    "in place": lambda t: (
        lambda x: (
            x.add_(1),
            x.mul_(2),
            x.zero_(),
            x.fill_(1),
            x.copy_(t.ones(3)),
            x.neg_(),
            x._version,
        )
    )(t.ones(3)),
    "setitem": lambda t: (lambda x: (x.__setitem__(0, 1.0), x.__setitem__(x > 0, 1.0), x._version))(
        t.ones(3)
    ),
    "view": lambda t: (lambda x: (lambda v: (v.add_(1), x._version, v._version))(x[1:]))(t.ones(3)),
    "view made later": lambda t: (lambda x: (x.add_(1), x[1:]._version))(t.ones(3)),
    "detach": lambda t: (lambda x: (x.detach().add_(1), x._version))(t.ones(3)),
    "clone": lambda t: (lambda x: (x.add_(1), x.clone()._version))(t.ones(3)),
    "data": lambda t: (lambda x: (x.data.add_(1), x._version))(t.ones(3)),
    "out of place": lambda t: (lambda x: (x + 1, x._version))(t.ones(3)),
    "numpy": lambda t: (lambda x: (x.numpy().fill(2), x._version))(t.ones(3)),
    "random": lambda t: (
        lambda x: (x.uniform_(), x.normal_(), x.random_(), x.bernoulli_(), x._version)
    )(t.ones(3)),
    "grad accumulation": lambda t: (
        lambda x: ([(x * 2).sum().backward() for _ in range(3)], x.grad._version)
    )(leaf(t)),
    "scatter_": lambda t: (
        lambda x: (
            x.scatter_(0, t.tensor([0]), 1.0),
            x.scatter_add_(0, t.tensor([0]), t.ones(1)),
            x.index_add_(0, t.tensor([0]), t.ones(1)),
            x.masked_fill_(x > 0, 1),
            x._version,
        )
    )(t.ones(3)),
    "squeeze_": lambda t: (lambda x: (x.unsqueeze_(0), x.squeeze_(), x._version))(t.ones(3)),
    "zero elements": lambda t: (lambda x: (x.add_(1), x._version))(t.zeros(0)),
    "after data is set": lambda t: (
        lambda x: (x.add_(1), setattr(x, "data", t.ones(3)), x._version)
    )(t.ones(3)),
}


@table(VERSIONS)
def test_version_counters(call: Call) -> None:
    def last(t: Any) -> Any:
        return [r for r in call(t) if isinstance(r, int)]

    assert_same(last)


# --------------------------------------------------------------------------- changing views in place


def grid(t: Any, *shape: int) -> Any:
    n = int(np.prod(shape))
    return (t.arange(n, dtype=t.float64).reshape(shape) / 7 + 0.5).requires_grad_()


IN_PLACE_VIEWS: dict[str, Callable[[Any, Any], Any]] = {
    "slice": lambda t, y: y[1:].mul_(2),
    "select": lambda t, y: y[0].mul_(2),
    "row twice": lambda t, y: (y[0].mul_(2), y[0].mul_(3)),
    "rows and columns": lambda t, y: (y[0].mul_(2), y[:, 1].mul_(3), y[1, 2].exp_()),
    "view of a view": lambda t, y: y[1:].view(-1)[2:5].mul_(2),
    "view of a view of a view": lambda t, y: y.t()[1:].t()[:, ::2].mul_(y.detach()[:, 1::2]),
    "transposed": lambda t, y: y.t().mul_(2),
    "transposed slice": lambda t, y: y.t()[1:3].exp_(),
    "permuted base": lambda t, y: y.view(3, 2, 2).permute(2, 0, 1)[1].tanh_(),
    "diagonal": lambda t, y: y.diagonal().mul_(5),
    "narrow": lambda t, y: y.narrow(1, 1, 2).sigmoid_(),
    "unsqueeze": lambda t, y: y.unsqueeze(1)[:, :, 0].mul_(3),
    "squeeze": lambda t, y: y[:1].squeeze(0).mul_(3),
    "expand_as row": lambda t, y: y[0].add_(y.detach()[1]),
    "as_strided": lambda t, y: y.as_strided((2, 2), (4, 1), 1).mul_(3),
    "view_as": lambda t, y: y.view_as(y).mul_(3),
    "setitem number": lambda t, y: y.__setitem__((0, 1), 5.0),
    "setitem row": lambda t, y: y.__setitem__(0, 5.0),
    "setitem column": lambda t, y: y.__setitem__((slice(None), 1), y[:, 0] * 2),
    "setitem of itself": lambda t, y: y.__setitem__(slice(1, None), y[:-1].clone()),
    "setitem of a view": lambda t, y: y[1:].__setitem__((0, 0), 7.0),
    "setitem mask": lambda t, y: y.__setitem__(y > 1, 0.0),
    "setitem index": lambda t, y: y.__setitem__(t.tensor([0, 2]), y[1].clone()),
    "setitem index of a slice": lambda t, y: y[:, 1:].__setitem__(t.tensor([0, 2]), 3.0),
    "setitem nested": lambda t, y: y.__setitem__((slice(None), t.tensor([0, 3])), y[:, 1:3] * 3),
    "masked_fill_": lambda t, y: y[1:].masked_fill_(y.detach()[1:] > 1, 0.0),
    "zero_": lambda t, y: y[1].zero_(),
    "fill_": lambda t, y: y[1].fill_(3.0),
    "copy_": lambda t, y: y[1].copy_(y[0] * 2),
    "copy_ of a constant": lambda t, y: y[1].copy_(t.ones(4)),
    "base after its view": lambda t, y: (lambda v: (y.mul_(2), v.add_(1)))(y[1:]),
    "view after another view": lambda t, y: (lambda a, b: (a.mul_(2), b.mul_(3)))(y[:2], y[1:]),
    "view, then base, then view": lambda t, y: (lambda v: (v.mul_(2), y.exp_(), v.sub_(1)))(y[1:]),
    "add_ with grad": lambda t, y: y[0].add_(y[1]),
    "mul_ by another part": lambda t, y: y[0].mul_(y[1].clone()),
    "pow_": lambda t, y: y[1:].pow_(2),
    "div_": lambda t, y: y[1:].div_(y.detach()[:2] + 1),
    "clamp_": lambda t, y: y[1:].clamp_(0.5, 1.2),
    "addcmul_": lambda t, y: y[0].addcmul_(y.detach()[1], y.detach()[2], value=0.5),
    "lerp_": lambda t, y: y[0].lerp_(y.detach()[1], 0.3),
    "scatter_": lambda t, y: y[1:].scatter_(1, t.tensor([[0], [1]]), 3.0),
    "scatter_add_": lambda t, y: y[1:].scatter_add_(
        1, t.tensor([[0], [1]]), t.ones(2, 1, dtype=t.float64)
    ),
    "index_add_": lambda t, y: y[1:].index_add_(0, t.tensor([0, 0]), y.detach()[:2].clone()),
    "uniform of zero width": lambda t, y: y[1].uniform_(2.0, 2.0),
    "relu_": lambda t, y: y[:, 1:3].relu_(),
    "unsqueeze_ and transpose_": lambda t, y: (
        y.unsqueeze_(0),
        y.squeeze_(0),
        y.transpose_(0, 1),
        y.t_(),
    ),
    "detached view": lambda t, y: y.detach()[0].mul_(1),
    "under no_grad": lambda t, y: _with(t.no_grad(), lambda: y[0].mul_(1)),
    "round_": lambda t, y: y[0].round_(),
}


def differentiate_in_place(change: Any, prepare: Any = None) -> Call:
    def call(t: Any) -> Any:
        x = grid(t, 3, 4)
        y = (prepare or (lambda x: x * 2))(x)
        before = y[1:] if y.dim() else y  # a view that exists before the change
        change(t, y)
        weights = t.arange(1.0, y.numel() + 1, dtype=t.float64).reshape(y.shape).cos()
        loss = (y * weights).sum() + (before * before).sum() + (y.reshape(-1)[2:7] ** 2).sum()
        (first,) = t.autograd.grad(loss, x, create_graph=True)
        (second,) = t.autograd.grad(
            (first * first).sum(), x, allow_unused=True, materialize_grads=True
        )
        return y.detach(), before.detach(), first.detach(), second, y._version, loss.detach()

    return call


@table({name: differentiate_in_place(change) for name, change in IN_PLACE_VIEWS.items()})
def test_in_place_changes_of_views(call: Call) -> None:
    assert_same(
        lambda t: [r.contiguous() if hasattr(r, "contiguous") else r for r in call(t)], exact=False
    )


# The base of the views lies in memory in another order than its sizes say.
@table(
    {
        f"{name}, {prepared}": differentiate_in_place(IN_PLACE_VIEWS[name], prepare)
        for prepared, prepare in {
            "transposed": lambda x: x.reshape(4, 3).t() * 2,
            "transposed clone": lambda x: (x * 1).reshape(4, 3).t().clone(),
            "permuted": lambda x: (x.reshape(2, 3, 2).permute(1, 0, 2) * 2).reshape(3, 4),
        }.items()
        for name in (
            "slice",
            "rows and columns",
            "transposed slice",
            "setitem column",
            "setitem mask",
            "diagonal",
            "view, then base, then view",
            "zero_",
            "copy_",
            "add_ with grad",
        )
    }
)
def test_in_place_changes_of_views_of_permuted_bases(call: Call) -> None:
    assert_same(
        lambda t: [r.contiguous() if hasattr(r, "contiguous") else r for r in call(t)], exact=False
    )


@table({name: differentiate_in_place(change) for name, change in IN_PLACE_VIEWS.items()})
def test_in_place_changes_of_views_backward_without_graph(call: Call) -> None:
    """The same gradients where the engine passes arrays."""

    def plain_backward(t: Any) -> Any:
        seen: list[Any] = []

        def backward(loss: Any, x: Any, **options: Any) -> Any:
            if not seen:
                seen.append(x)
                loss.backward()
            return (x.grad.clone().requires_grad_(),)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(t.autograd, "grad", backward)
            y = call(t)[0]
        return seen[0].grad.contiguous(), y.contiguous()

    assert_same(plain_backward, exact=False)


HISTORY: dict[str, Call] = {
    "base grad_fn": lambda t: (lambda y: (y[0].mul_(2), named(y.grad_fn)))(leaf(t) * 2),
    "view grad_fn after": lambda t: (lambda y: (lambda v: (v.mul_(2), named(v.grad_fn)))(y[1:]))(
        leaf(t) * 2
    ),
    "view grad_fn when the base changes": lambda t: (
        lambda y: (lambda v: (named(v.grad_fn), y.mul_(2), named(v.grad_fn)))(y[1:])
    )(leaf(t) * 2),
    "other view's grad_fn": lambda t: (
        lambda y: (lambda v, w: (w.mul_(2), named(v.grad_fn)))(y[1:], y[:1])
    )(leaf(t) * 2),
    "constant base": lambda t: (
        lambda y: (y[0].mul_(leaf(t, 2.0)[0]), y.requires_grad, named(y.grad_fn))
    )(t.ones(3)),
    "constant base, setitem": lambda t: (
        lambda y: (y.__setitem__(0, leaf(t, 2.0)[0]), y.requires_grad, named(y.grad_fn), y.is_leaf)
    )(t.ones(3)),
    "view of a constant base": lambda t: (
        lambda y: (lambda v: (y.mul_(leaf(t)), v.requires_grad, v.is_leaf, named(v.grad_fn)))(y[1:])
    )(t.ones(3)),
    "_base": lambda t: (lambda y: (lambda v: (v[0]._base is y, v._base is y))(y[1:]))(leaf(t) * 2),
    "in place on a constant": lambda t: (
        lambda y: (y.mul_(leaf(t)), y.requires_grad, named(y.grad_fn))
    )(t.ones(3)),
    "buffer filled from results": lambda t: (
        lambda x: (
            lambda b: ([b.__setitem__(i, x[i] * i) for i in range(3)], b.sum().backward(), x.grad)
        )(t.zeros(3))
    )(leaf(t)),
    "rows written in a loop": lambda t: (
        lambda x: (
            lambda b: ([b[i].copy_(x * i) for i in range(3)], (b * b).sum().backward(), x.grad)
        )(t.zeros(3, 3))
    )(leaf(t)),
    "gradient of the overwritten": lambda t: (
        lambda x: (lambda y: (y.__setitem__(0, 0.0), y.sum().backward(), x.grad))(x * 2)
    )(leaf(t)),
    "in place chain": lambda t: (
        lambda x: (lambda y: (y.mul_(2).add_(1).exp_(), y.sum().backward(), x.grad))(x * 1)
    )(leaf(t)),
    "x += x": lambda t: (lambda x: (lambda y: (y.add_(y), y.sum().backward(), x.grad))(x * 1))(
        leaf(t)
    ),
    "x **= 2": lambda t: (lambda x: (lambda y: (y.pow_(2), y.sum().backward(), x.grad))(x * 1))(
        leaf(t)
    ),
    "x /= x of another": lambda t: (
        lambda x: (lambda y: (y.div_(x), y.sum().backward(), x.grad))(x * 3)
    )(leaf(t)),
    "mul_ by itself's view": lambda t: (
        lambda x: (lambda y: (y[1:].mul_(y[:1].clone()), y.sum().backward(), x.grad))(x * 1)
    )(leaf(t)),
    "clone, then change": lambda t: (
        lambda x: (lambda y: (y.clone().mul_(5), y.sum().backward(), x.grad))(x * 1)
    )(leaf(t)),
    "detach_ after in place": lambda t: (lambda y: (y.mul_(2), y.detach_(), y.requires_grad))(
        leaf(t) * 1
    ),
    "in place with a cast": lambda t: (
        lambda x: (
            lambda y: (
                y.mul_(t.tensor([2.0, 3.0, 4.0], dtype=t.float64)),
                y.sum().backward(),
                x.grad,
            )
        )(x * 1)
    )(leaf(t)),
    "broadcast in place": lambda t: (
        lambda x, w: (lambda y: (y.mul_(w), y.sum().backward(), x.grad, w.grad))(x.expand(2, 3) * 1)
    )(leaf(t), t.ones(2, 1, requires_grad=True)),
    "second backward through a changed view": lambda t: (
        lambda x: (
            lambda y: (
                y[1:].add_(1),
                (lambda z: (z.backward(retain_graph=True), z.backward(), x.grad))((y * 2).sum()),
            )
        )(x * 2)
    )(leaf(t)),
    "copy_ needs only the source": lambda t: (
        lambda x: (lambda y: (y.copy_(x), y.sum().backward(), x.grad))(t.zeros(3))
    )(leaf(t)),
    "copy_ casts": lambda t: (
        lambda x: (lambda y: (y.copy_(x), y.sum().backward(), x.grad))(t.zeros(3, dtype=t.float64))
    )(leaf(t)),
    "copy_ broadcasts": lambda t: (
        lambda x: (lambda y: (y.copy_(x), y.sum().backward(), x.grad))(t.zeros(2, 3))
    )(leaf(t)),
}


@table(HISTORY)
def test_history_of_in_place_changes(call: Call) -> None:
    assert_same(call, exact=False)


# --------------------------------------------------------------------------- autograd.grad

GRAD: dict[str, Call] = {
    "one": lambda t: (lambda x: t.autograd.grad((x * x).sum(), x))(leaf(t)),
    "list": lambda t: (lambda x, y: t.autograd.grad((x * y).sum(), [x, y]))(leaf(t), leaf(t)),
    "does not accumulate": lambda t: (lambda x: (t.autograd.grad((x * x).sum(), x), x.grad))(
        leaf(t)
    ),
    "intermediate": lambda t: (lambda x: (lambda y: t.autograd.grad((y * y).sum(), y))(x * 2))(
        leaf(t)
    ),
    "intermediate and leaf": lambda t: (
        lambda x: (lambda y: t.autograd.grad((y * y).sum(), [y, x]))(x * 2)
    )(leaf(t)),
    "output itself": lambda t: (lambda y: t.autograd.grad(y, y))(leaf(t).sum()),
    "leaf itself": lambda t: (lambda x: t.autograd.grad(x, x, t.ones(3)))(leaf(t)),
    "same input twice": lambda t: (lambda x: t.autograd.grad((x * x).sum(), [x, x]))(leaf(t)),
    "several outputs": lambda t: (lambda x: t.autograd.grad([x.sum(), (x * x).sum()], x))(leaf(t)),
    "grad_outputs": lambda t: (lambda x: t.autograd.grad(x * 2, x, t.tensor([1.0, 2.0, 3.0])))(
        leaf(t)
    ),
    "several grad_outputs": lambda t: (
        lambda x: t.autograd.grad([x * 2, x * 3], x, [t.ones(3), t.ones(3)])
    )(leaf(t)),
    "None grad_outputs": lambda t: (
        lambda x: t.autograd.grad([x.sum(), x * 3], x, [None, t.ones(3)])
    )(leaf(t)),
    "unused": lambda t: (lambda x, y: t.autograd.grad((x * x).sum(), [x, y], allow_unused=True))(
        leaf(t), leaf(t)
    ),
    "materialize": lambda t: (
        lambda x, y: t.autograd.grad((x * x).sum(), [x, y], materialize_grads=True)
    )(leaf(t), leaf(t)),
    "retain_graph": lambda t: (
        lambda x: (lambda y: (t.autograd.grad(y, x, retain_graph=True), t.autograd.grad(y, x)))(
            (x * x).sum()
        )
    )(leaf(t)),
    "create_graph keeps": lambda t: (
        lambda x: (
            lambda y: (
                t.autograd.grad(y, x, create_graph=True)[0].requires_grad,
                t.autograd.grad(y, x),
            )
        )((x * x).sum())
    )(leaf(t)),
    "output of a view": lambda t: (
        lambda x: (lambda y: t.autograd.grad((y * y).sum(), y))((x * 2)[1:])
    )(leaf(t)),
    "one of unbind": lambda t: (
        lambda x: (lambda a, b, c: t.autograd.grad(a * b, [b, a, c], allow_unused=True))(
            *x.unbind()
        )
    )(leaf(t)),
    "does not run what is not needed": lambda t: unneeded(t),
    "create_graph with grad_outputs": lambda t: (
        lambda x, v: (lambda g: (g, t.autograd.grad(g.sum(), v)))(
            t.autograd.grad(x * x, x, v, create_graph=True)[0]
        )
    )(leaf(t), leaf(t)),
    "hessian vector product": lambda t: (
        lambda x, v: t.autograd.grad(
            (t.autograd.grad((x**3).sum(), x, create_graph=True)[0] * v).sum(), x
        )
    )(leaf(t), t.ones(3)),
    "gradient penalty": lambda t: (
        lambda x, w: (lambda g: (((g.norm() - 1) ** 2).backward(), w.grad, x.grad))(
            t.autograd.grad((x * w).tanh().sum(), x, create_graph=True)[0]
        )
    )(leaf(t), leaf(t)),
    "tuple of inputs": lambda t: (lambda x, y: t.autograd.grad((x * y).sum(), (x, y)))(
        leaf(t), leaf(t)
    ),
    "no_grad around": lambda t: (
        lambda x: (
            lambda y: _with(
                t.no_grad(), lambda: t.autograd.grad(y, x, create_graph=True)[0].requires_grad
            )
        )((x * x).sum())
    )(leaf(t)),
    "int output": lambda t: t.autograd.grad((leaf(t) * 2).sum(), [leaf(t)], allow_unused=True),
}


def unneeded(t: Any) -> Any:
    """Only what leads to the wanted input runs."""
    x, w = leaf(t), leaf(t)
    ran: list[str] = []

    class Note(t.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, name: str) -> Any:
            ctx.name = name
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            ran.append(ctx.name)
            return g, None

    y = Note.apply(x, "x") * Note.apply(w, "w")
    grads = t.autograd.grad(y.sum(), w)
    return ran, grads


@table(GRAD)
def test_autograd_grad(call: Call) -> None:
    assert_same(call, exact=False)


# --------------------------------------------------------------------------- corners of the formulas

FORMULAS: dict[str, Call] = {
    "max nan grad": lambda t: (lambda x: (x.max().backward(), x.grad))(
        t.tensor([1.0, float("nan"), 2.0, float("nan")], requires_grad=True)
    ),
    "min nan grad": lambda t: (lambda x: (x.min().backward(), x.grad))(
        t.tensor([1.0, float("nan"), 2.0], requires_grad=True)
    ),
    "median nan": lambda t: (lambda x: (lambda m: (m, m.backward(), x.grad))(x.median()))(
        t.tensor([1.0, float("nan"), 2.0], requires_grad=True)
    ),
    "median dim": lambda t: (lambda x: (x.median(1)[0].sum().backward(), x.grad))(
        t.tensor([[1.0, 3.0, 2.0], [2.0, 2.0, 1.0]], requires_grad=True)
    ),
    "grad of expand view chain": lambda t: (
        lambda x: (x.expand(3, 4).t()[1:].sum().backward(), x.grad)
    )(t.ones(3, 1, requires_grad=True)),
    "view in-place base expand": lambda t: (
        lambda x: (lambda y: (y.expand(2, 3).clone().mul_(2).sum().backward(), x.grad))(x * 1)
    )(t.ones(3, requires_grad=True)),
    "as_strided overlapping in backward": lambda t: (
        lambda x: (t.as_strided(x * 1, (3, 2), (1, 1)).pow(2).sum().backward(), x.grad)
    )(t.arange(4.0, requires_grad=True)),
    "as_strided of transposed grad": lambda t: (
        lambda x: (
            (x.t() * 1).as_strided((2, 2), (1, 2), 1).pow(2).sum().backward(),
            x.grad.contiguous(),
        )
    )(t.arange(6.0).reshape(2, 3).requires_grad_()),
    "as_strided of a slice grad": lambda t: (
        lambda x: (x[1:].as_strided((2, 2), (1, 2), 1).pow(2).sum().backward(), x.grad)
    )(t.arange(6.0).requires_grad_()),
    "as_strided of expanded": lambda t: (
        lambda x: (x.expand(3, 2).as_strided((2,), (1,), 0).pow(2).sum().backward(), x.grad)
    )(t.arange(2.0).requires_grad_()),
    "inplace on base with existing view used": lambda t: (
        lambda x: (lambda y: (lambda v: (y.mul_(3), (v * v).sum().backward(), x.grad))(y[1:]))(
            x * 1
        )
    )(t.arange(3.0).requires_grad_()),
    "inplace through two views": lambda t: (
        lambda x: (
            lambda y: (
                y.view(-1)[0].add_(5),
                y[0].mul_(2),
                y.t()[1].exp_(),
                y.sum().backward(),
                x.grad,
            )
        )(x * 1)
    )(t.ones(2, 2, requires_grad=True)),
    "sum_to with where scalar": lambda t: (
        lambda x: (t.where(t.tensor([True, False]), x, 1.0).sum().backward(), x.grad)
    )(t.tensor(2.0, requires_grad=True)),
    "double grad of max": lambda t: (
        lambda x: t.autograd.grad(
            t.autograd.grad((x.max(1)[0] ** 2).sum(), x, create_graph=True)[0].sum(), x
        )
    )(t.tensor([[1.0, 3.0], [4.0, 2.0]], requires_grad=True)),
    "double grad of norm": lambda t: (
        lambda x: t.autograd.grad(
            t.autograd.grad(x.norm(), x, create_graph=True)[0].pow(2).sum(), x
        )
    )(t.tensor([3.0, 4.0], dtype=t.float64, requires_grad=True)),
    "double grad of std": lambda t: (
        lambda x: t.autograd.grad(t.autograd.grad(x.std(), x, create_graph=True)[0].pow(2).sum(), x)
    )(t.tensor([3.0, 4.0, 7.0], dtype=t.float64, requires_grad=True)),
    "double grad prod zeros": lambda t: (
        lambda x: t.autograd.grad(t.autograd.grad(x.prod(), x, create_graph=True)[0].sum(), x)
    )(t.tensor([0.0, 2.0, 3.0], dtype=t.float64, requires_grad=True)),
    "double grad cumprod zeros": lambda t: (
        lambda x: t.autograd.grad(
            t.autograd.grad(x.cumprod(0).sum(), x, create_graph=True)[0].sum(), x
        )
    )(t.tensor([2.0, 0.0, 3.0], dtype=t.float64, requires_grad=True)),
    "pow tensor at 0": lambda t: (lambda x, e: ((x**e).sum().backward(), x.grad, e.grad))(
        t.tensor([0.0, 0.0, 2.0], requires_grad=True), t.tensor([0.0, 2.0, 3.0], requires_grad=True)
    ),
    "pow negative base": lambda t: (lambda x, e: ((x**e).sum().backward(), x.grad, e.grad))(
        t.tensor([-2.0], requires_grad=True), t.tensor([2.0], requires_grad=True)
    ),
    "rpow 0": lambda t: (lambda e: ((0.0**e).sum().backward(), e.grad))(
        t.tensor([0.0, 2.0, -1.0], requires_grad=True)
    ),
    "rpow neg": lambda t: (lambda e: (((-2.0) ** e).sum().backward(), e.grad))(
        t.tensor([2.0], requires_grad=True)
    ),
    "pow int exponent tensor": lambda t: (
        lambda x: ((x ** t.tensor([2, 3])).sum().backward(), x.grad)
    )(t.tensor([2.0, 3.0], requires_grad=True)),
    "mul by int tensor": lambda t: (lambda x: ((x * t.tensor([2, 3])).sum().backward(), x.grad))(
        t.tensor([2.0, 3.0], requires_grad=True)
    ),
    "div int by tensor": lambda t: (lambda x: ((3 / x).sum().backward(), x.grad))(
        t.tensor([2.0, 3.0], requires_grad=True)
    ),
    "half + float grads": lambda t: (lambda x, y: ((x * y).sum().backward(), x.grad, y.grad))(
        t.ones(2, dtype=t.float16, requires_grad=True), t.ones(2, requires_grad=True)
    ),
    "0-dim double times float": lambda t: (lambda x, y: ((x * y).sum().backward(), x.grad, y.grad))(
        t.ones(2, requires_grad=True), t.tensor(2.0, dtype=t.float64, requires_grad=True)
    ),
    "cat mixed dtype": lambda t: (lambda x, y: (t.cat([x, y]).sum().backward(), x.grad, y.grad))(
        t.ones(2, requires_grad=True), t.ones(2, dtype=t.float64, requires_grad=True)
    ),
    "index_put accumulate grads": lambda t: (
        lambda x, v: (
            lambda y: (
                y.index_put_((t.tensor([0, 0]),), v * 1, accumulate=True),
                (y * y).sum().backward(),
                x.grad,
                v.grad,
            )
        )(x * 1)
    )(t.ones(3, requires_grad=True), t.ones(2, requires_grad=True)),
    "setitem broadcast value grads": lambda t: (
        lambda x, v: (
            lambda y: (y.__setitem__(slice(0, 2), v), (y * y).sum().backward(), x.grad, v.grad)
        )(x * 1)
    )(t.ones(3, 2, requires_grad=True), t.ones(2, requires_grad=True)),
    "setitem number grad": lambda t: (
        lambda x, v: (
            lambda y: (
                y.__setitem__((t.tensor([0, 2]),), v),
                (y * y).sum().backward(),
                x.grad,
                v.grad,
            )
        )(x * 1)
    )(t.ones(3, 2, requires_grad=True), t.tensor(2.0, requires_grad=True)),
    "take_along": lambda t: (
        lambda x: (t.take_along_dim(x, t.tensor([[0], [1]]), 1).sum().backward(), x.grad)
    )(t.ones(2, 3, requires_grad=True)),
    "sort grads": lambda t: (
        lambda x: ((x.sort(descending=True)[0] * t.arange(3.0)).sum().backward(), x.grad)
    )(t.tensor([1.0, 3.0, 2.0], requires_grad=True)),
    "topk grads": lambda t: (lambda x: (x.topk(2)[0].sum().backward(), x.grad))(
        t.tensor([1.0, 3.0, 2.0], requires_grad=True)
    ),
    "median grads": lambda t: (lambda x: (x.median().backward(), x.grad))(
        t.tensor([1.0, 3.0, 2.0, 2.0], requires_grad=True)
    ),
    "chunk unused": lambda t: (lambda x: (x.chunk(2)[1].sum().backward(), x.grad))(
        t.ones(4, requires_grad=True)
    ),
    "var mean both": lambda t: (lambda x: (sum(t.var_mean(x, 0)).sum().backward(), x.grad))(
        t.arange(6.0).reshape(3, 2).requires_grad_()
    ),
    "stack of views": lambda t: (
        lambda x: (t.stack(list(x)).mul(t.arange(2.0)).sum().backward(), x.grad)
    )(t.ones(3, 2, requires_grad=True)),
    "complex grad": lambda t: (lambda x: ((x * 2).abs().sum().backward(), x.grad))(
        t.tensor([1 + 1j], requires_grad=True)
    ),
    "iter of requires grad": lambda t: [
        x.grad_fn.name().removeprefix("torch::autograd::") for x in t.ones(2, requires_grad=True)
    ],
    "tolist of grads": lambda t: t.ones(2, requires_grad=True).tolist(),
    "nested list of 0-dim grads": lambda t: t.tensor([t.ones(1, requires_grad=True)[0] * 2]),
}


@table(FORMULAS)
def test_gradients_in_corners(call: Call) -> None:
    assert_same(call, exact=False)


# --------------------------------------------------------------------------- gradcheck

CHECKS: dict[str, Call] = {
    "passes": lambda t: t.autograd.gradcheck(lambda x: x.sin() * x, (leaf(t, dtype="float64"),)),
    "two inputs": lambda t: t.autograd.gradcheck(
        lambda x, y: x * y, (leaf(t, dtype="float64"), leaf(t, dtype="float64"))
    ),
    "several outputs": lambda t: t.autograd.gradcheck(
        lambda x: (x * 2, x.sum()), (leaf(t, dtype="float64"),)
    ),
    "constant input": lambda t: t.autograd.gradcheck(
        lambda x, n: x * n, (leaf(t, dtype="float64"), 3)
    ),
    "matrix": lambda t: t.autograd.gradcheck(
        lambda x: x @ x.t(), (t.ones(2, 3, dtype=t.float64, requires_grad=True),)
    ),
    "wrong, no exception": lambda t: t.autograd.gradcheck(
        broken(t, "saved").apply, (leaf(t, dtype="float64"),), raise_exception=False
    ),
    "gradgradcheck": lambda t: t.autograd.gradgradcheck(
        lambda x: x.sin() * x, (leaf(t, dtype="float64"),)
    ),
    "gradgradcheck linear": lambda t: t.autograd.gradgradcheck(
        lambda x: x * 2, (leaf(t, dtype="float64"),)
    ),
    "single tensor": lambda t: t.autograd.gradcheck(lambda x: x * x, leaf(t, dtype="float64")),
}


@table(CHECKS)
def test_gradcheck(call: Call) -> None:
    assert_same(call)


@table(
    {
        "wrong gradient": lambda t: t.autograd.gradcheck(
            broken(t, "saved").apply, (leaf(t, dtype="float64"),)
        ),
        "no grad": lambda t: t.autograd.gradcheck(lambda x: x, (t.ones(2),)),
    }
)
def test_gradcheck_fails(call: Call) -> None:
    assert_raises_alike(call)


# --------------------------------------------------------------------------- the engine


def test_gradients_are_summed_in_torchs_order() -> None:
    def call(t: Any) -> Any:
        generator = np.random.default_rng(3)
        x = t.from_numpy(generator.standard_normal(1000).astype(np.float32)).requires_grad_()
        factors = [float(f) for f in generator.standard_normal(9).astype(np.float32)]
        parts = [x * f for f in factors]
        left = parts[0] * parts[3] + parts[1]
        right = parts[2] * left - parts[4] * parts[5]
        joined = left * right + parts[6] * right + parts[7]
        (joined * parts[8] + left).sum().backward()
        return x.grad

    assert_same(call)  # bit for bit


def test_nodes_run_in_torchs_order() -> None:
    def call(t: Any) -> Any:
        order: list[str] = []

        def note(x: Any, name: str) -> Any:
            x.register_hook(lambda g: order.append(name))
            return x

        x = note(leaf(t), "x")
        a = note(x * 2, "a")
        b = note(x * 3, "b")
        c = note(a * b, "c")
        d = note(b + 1, "d")
        w = note(leaf(t), "w")
        e = note(c * w, "e")
        f = note(d * a, "f")
        (e + f).sum().backward()
        return order

    assert_same(call)


def test_two_threads_run_backward_at_once() -> None:
    failures: list[Any] = []

    def work(seed: int) -> None:
        for _ in range(20):
            x = leaf(minitorch, 1.0, float(seed))
            y = x
            for _ in range(50):
                y = y * 1.01 + x
            y.sum().backward()
            expected = [1.0]
            for _ in range(50):
                expected = [expected[0] * 1.01 + 1]
            if abs(x.grad.tolist()[0] - expected[0]) > 1e-3:
                failures.append(x.grad)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_threads_accumulate_into_one_leaf() -> None:
    x = leaf(minitorch)
    threads = [threading.Thread(target=lambda: (x * 2).sum().backward()) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad.tolist() == [16, 16, 16]


def test_threads_lose_no_updates_of_a_large_gradient() -> None:
    x = minitorch.zeros(500_000, requires_grad=True)
    ones = minitorch.ones(500_000)

    def work() -> None:
        for _ in range(5):
            (x * 2).backward(ones)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad is not None and (x.grad == 40).all()


def test_a_million_additions() -> None:
    x = minitorch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1
    del y  # freeing the chain must not recurse


def test_a_deep_chain_is_freed_without_backward() -> None:
    y = minitorch.tensor(1.0, requires_grad=True)
    for _ in range(200_000):
        y = y * 1.0001  # saves tensors
    reference = weakref.ref(y)
    del y
    assert reference() is None


def test_a_deep_chain_in_place() -> None:
    x = minitorch.ones(2, requires_grad=True)
    y = x * 1
    for i in range(20_000):
        y[i % 2].add_(1) if i % 10 == 0 else y.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]
    del y


def test_a_deep_chain_of_custom_functions() -> None:
    class Step(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x + 1
            ctx.save_for_backward(x, out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    x = minitorch.ones(1, requires_grad=True)
    y = x
    for _ in range(30_000):
        y = Step.apply(y)
    y.backward()
    assert x.grad.item() == 1
    del y


def test_a_deep_chain_with_create_graph() -> None:
    x = minitorch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    (g,) = minitorch.autograd.grad(y, x, create_graph=True)
    assert g.item() == pytest.approx(1.0001**20_000, rel=1e-3)
    del y, g


# --------------------------------------------------------------------------- memory


@contextlib.contextmanager
def no_cycle_collector() -> Iterator[None]:
    gc.disable()
    gc.freeze()  # what exists already is out of sight: gc.get_objects() shows the rest
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "exp", "sqrt"])
def test_operations_that_save_their_output_free_their_input(name: str) -> None:
    with no_cycle_collector():
        hidden = leaf(minitorch) * 1
        reference, memory = weakref.ref(hidden), weakref.ref(hidden._array)
        out = getattr(hidden, name)()
        del hidden
        assert reference() is None
        assert memory() is None
        assert out.grad_fn is not None


@pytest.mark.parametrize(
    "call", [lambda h: h + 1, lambda h: h.sum(), lambda h: h * 3, lambda h: h.mean(), lambda h: -h]
)
def test_operations_that_need_nothing_save_nothing(call: Any) -> None:
    with no_cycle_collector():
        hidden = leaf(minitorch) * 1
        memory = weakref.ref(hidden._array)
        out = call(hidden)
        del hidden
        assert memory() is None
        assert out.requires_grad


def test_only_the_operand_that_a_gradient_needs_is_kept() -> None:
    with no_cycle_collector():
        weight = minitorch.ones(3, 3, requires_grad=True)
        image = minitorch.ones(3, 3)  # needs no gradient: the weight is not saved for it
        out = image @ weight
        saved_weight = weakref.ref(weight._array)
        del weight
        assert (
            saved_weight() is not None
        )  # AccumulateGrad owns the leaf, for as long as there is a graph
        del out
        assert saved_weight() is None


def test_backward_frees_what_was_saved() -> None:
    with no_cycle_collector():
        x = leaf(minitorch)
        hidden = x * 1
        memory = weakref.ref(hidden._array)
        loss = (hidden * hidden).sum()
        del hidden
        assert memory() is not None
        loss.backward()
        assert memory() is None


def test_a_graph_is_freed_with_its_last_output() -> None:
    with no_cycle_collector():
        x = leaf(minitorch)
        y = x * 2
        node = weakref.ref(y.grad_fn)
        z = y.exp()
        del y
        assert node() is not None
        del z
        assert node() is None


def network(t: Any, x: Any, w: Any) -> Any:
    h = (x @ w).relu()
    h = t.cat([h, h.tanh()], 1)
    a, b = h.split(3, 1)
    h = a * b.sigmoid() + a.mean(0, keepdim=True)
    h = h.softmax(1)
    y = h * 2
    y[:, 0].mul_(3)
    y[0] = 1.0
    return (y.log_softmax(1) ** 2).sum() + h.max(1)[0].sum() + y.std()


GRAPHS: dict[str, Call] = {
    "network": lambda t: network(t, t.rand(4, 3), t.rand(3, 3, requires_grad=True)).backward(),
    "retained": lambda t: network(t, t.rand(4, 3), t.rand(3, 3, requires_grad=True)).backward(
        retain_graph=True
    ),
    "no backward": lambda t: network(t, t.rand(4, 3), t.rand(3, 3, requires_grad=True)),
    "grad": lambda t: (lambda w: t.autograd.grad(network(t, t.rand(4, 3), w), w))(
        t.rand(3, 3, requires_grad=True)
    ),
    "hooks": lambda t: (
        lambda y: (y.register_hook(lambda g: g * 2), y.retain_grad(), y.sum().backward())
    )(leaf(t) * 2),
    "leaf hooks": lambda t: (
        lambda x: (x.register_hook(lambda g: g * 2), (x * 2).sum().backward())
    )(leaf(t)),
    "in-place chain": lambda t: (lambda y: (y.mul_(2), y.exp_(), y.sum().backward()))(leaf(t) * 1),
    "in-place, no backward": lambda t: (lambda y: (y.mul_(2), y.exp_(), y.tanh_(), y[1:].mul_(2)))(
        leaf(t) * 1
    ),
    "views": lambda t: (lambda y: (lambda v: (y.mul_(2), v.sum().backward()))(y[1:]))(leaf(t) * 1),
    "custom": lambda t: (lambda y: y.sum().backward())(broken(t, "saved").apply(leaf(t))),
    "custom, output saved": lambda t: saves_inputs_and_outputs(t) and None,
    "custom, dirty": lambda t: mark_dirty(t) and None,
    "double grad": lambda t: (
        lambda x: t.autograd.grad(t.autograd.grad((x**3).sum(), x, create_graph=True)[0].sum(), x)
    )(leaf(t)),
    "double grad of saved outputs": lambda t: (
        lambda x: t.autograd.grad(
            t.autograd.grad(x.exp().tanh().sum(), x, create_graph=True)[0].sum(), x
        )
    )(leaf(t)),
    "several outputs": lambda t: (lambda a, b, c: (a * b).backward())(*leaf(t).unbind()),
    "max": lambda t: leaf(t).max(0)[0].backward(),
    "std": lambda t: leaf(t).std().backward(),
    "prod": lambda t: leaf(t).prod().backward(),
    "failed backward": lambda t: (
        run(lambda t: broken(t, "raises").apply(leaf(t)).sum().backward(), t) and None
    ),
}


@table(GRAPHS)
def test_graphs_hold_no_reference_cycles(call: Call) -> None:
    call(minitorch)  # warm up: kernels, caches
    with no_cycle_collector():
        call(minitorch)
        assert [o for o in gc.get_objects() if type(o) is minitorch.Tensor] == []
        # Nor do nodes, contexts or hooks wait for the collector.
        assert [o for o in gc.get_objects() if isinstance(o, Node)] == []


def test_a_backward_with_create_graph_is_freed_once_grad_is() -> None:
    # x.grad's graph refers to x, as in torch: that one cycle is broken by letting go of grad.
    with no_cycle_collector():
        x = leaf(minitorch)
        (x**3).sum().backward(create_graph=True)
        reference = weakref.ref(x)
        x.grad = None
        del x
        assert reference() is None


def test_saved_tensors_of_an_unneeded_branch_are_freed_too() -> None:
    def call(t: Any) -> Any:
        x, w = leaf(t), leaf(t)
        y = (x * w).exp().sum()
        t.autograd.grad(y, w)
        return t.autograd.grad(y, x)

    assert_raises_alike(call)
