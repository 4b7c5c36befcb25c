"""gradcheck and gradgradcheck: what passes, what fails and with which words, as in torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same, run

Call = Callable[[Any], Any]


def leaf(t: Any, dtype: str = "float64") -> Any:
    return t.tensor([1.0, 2.0], dtype=getattr(t, dtype), requires_grad=True)


def wrong(t: Any, backward: Any) -> Any:
    """``x * x`` with a gradient of one's own."""

    class F(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

    F.backward = staticmethod(backward)
    return F.apply


def three_times(ctx: Any, g: Any) -> Any:
    return g * ctx.saved_tensors[0] * 3


def plus_one(ctx: Any, g: Any) -> Any:
    return g * ctx.saved_tensors[0] * 2 + 1


def not_undefined(ctx: Any, g: Any) -> Any:
    if g is None:
        raise RuntimeError("no gradient")
    return g * ctx.saved_tensors[0] * 2


PASSES: dict[str, Call] = {
    "plain": lambda t: t.autograd.gradcheck(lambda x: x.sin() * x, leaf(t)),
    "fast": lambda t: t.autograd.gradcheck(lambda x: x.sin() * x, leaf(t), fast_mode=True),
    "two inputs": lambda t: t.autograd.gradcheck(
        lambda x, y: (x * y, x + 1), (leaf(t), leaf(t)), fast_mode=True
    ),
    "an integer output": lambda t: t.autograd.gradcheck(lambda x: (x * 2, x.argmax()), (leaf(t),)),
    "strided": lambda t: t.autograd.gradcheck(
        lambda x: x.exp(), t.ones(3, 2, dtype=t.float64).t().requires_grad_()
    ),
    "empty": lambda t: t.autograd.gradcheck(
        lambda x: x * 2, t.ones(0, dtype=t.float64, requires_grad=True)
    ),
    "scalar": lambda t: t.autograd.gradcheck(
        lambda x: x**3, t.tensor(2.0, dtype=t.float64, requires_grad=True)
    ),
    "complex input": lambda t: t.autograd.gradcheck(
        lambda x: (x * x.conj()).real, leaf(t, "complex128")
    ),
    "complex output": lambda t: t.autograd.gradcheck(
        lambda x: x * t.tensor([1j, 2 + 1j], dtype=t.complex128), leaf(t)
    ),
    "complex": lambda t: t.autograd.gradcheck(lambda x: x * x, leaf(t, "complex128")),
    "no exception": lambda t: t.autograd.gradcheck(
        wrong(t, three_times), leaf(t), raise_exception=False
    ),
    "no exception, fast": lambda t: t.autograd.gradcheck(
        wrong(t, three_times), leaf(t), raise_exception=False, fast_mode=True
    ),
    "nondet_tol": lambda t: t.autograd.gradcheck(lambda x: x * x, leaf(t), nondet_tol=1e-3),
    "grad dtypes": lambda t: t.autograd.gradcheck(
        lambda x: x.float() * 2, leaf(t), check_grad_dtypes=True, eps=1e-2, atol=1e-2
    ),
    "batched": lambda t: t.autograd.gradcheck(lambda x: x * x, leaf(t), check_batched_grad=True),
    "undefined unchecked": lambda t: t.autograd.gradcheck(
        lambda x: x * x, leaf(t), check_undefined_grad=False
    ),
    "twice": lambda t: t.autograd.gradgradcheck(lambda x: x.sin() * x, leaf(t)),
    "twice, fast": lambda t: t.autograd.gradgradcheck(
        lambda x: x.sin() * x, leaf(t), fast_mode=True
    ),
    "twice, gaps": lambda t: t.autograd.gradgradcheck(
        lambda x: x.exp(), leaf(t), gen_non_contig_grad_outputs=True
    ),
    "twice, given": lambda t: t.autograd.gradgradcheck(lambda x: x.exp(), leaf(t), leaf(t)),
    "twice, several outputs": lambda t: t.autograd.gradgradcheck(
        lambda x: (x.exp(), x.sum() ** 2), leaf(t)
    ),
}


@pytest.mark.parametrize("name", list(PASSES))
def test_passes(name: str) -> None:
    assert_same(PASSES[name])


FAILS: dict[str, Call] = {
    "wrong": lambda t: t.autograd.gradcheck(wrong(t, three_times), leaf(t)),
    "wrong, twice": lambda t: t.autograd.gradgradcheck(
        lambda x: wrong(t, three_times)(x) * x, leaf(t), atol=1e-9
    ),
    "wrong, fast": lambda t: t.autograd.gradcheck(wrong(t, three_times), leaf(t), fast_mode=True),
    "detached": lambda t: t.autograd.gradcheck(lambda x: (x * 2).detach(), leaf(t)),
    "not linear in the gradient": lambda t: t.autograd.gradcheck(
        wrong(t, plus_one), leaf(t), atol=10, check_undefined_grad=False
    ),
    "no input": lambda t: t.autograd.gradcheck(lambda x: x, t.ones(2)),
    "overlapping": lambda t: t.autograd.gradcheck(
        lambda x: x * 2, t.ones(1, dtype=t.float64).expand(3).requires_grad_()
    ),
    "wrong complex part": lambda t: t.autograd.gradcheck(
        wrong(t, three_times), leaf(t, "complex128")
    ),
    "nothing to check": lambda t: t.autograd.gradcheck(
        lambda x: x, leaf(t), check_backward_ad=False
    ),
    "nothing to check twice": lambda t: t.autograd.gradgradcheck(
        lambda x: x, leaf(t), check_rev_over_rev=False, check_undefined_grad=False
    ),
}


@pytest.mark.parametrize("name", list(FAILS))
def test_fails(name: str) -> None:
    assert_raises_alike(FAILS[name])


def test_undefined_gradients() -> None:
    def call(t: Any) -> Any:
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            ctx.save_for_backward(x)
            return x * x

        f = type(
            "F",
            (t.autograd.Function,),
            {"forward": staticmethod(forward), "backward": staticmethod(not_undefined)},
        )
        return t.autograd.gradcheck(f.apply, leaf(t))

    assert_raises_alike(call)


def test_an_unsteady_backward() -> None:
    def call(t: Any) -> Any:
        count = 0

        def backward(ctx: Any, g: Any) -> Any:
            nonlocal count
            count += 1
            return g * ctx.saved_tensors[0] * (2 + count * 1e-7)

        return t.autograd.gradcheck(wrong(t, backward), leaf(t))

    ours = run(call, minitorch)
    assert "Backward is not reentrant" in str(ours)


def test_single_precision_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double"):
        minitorch.autograd.gradcheck(lambda x: x * 2, leaf(minitorch, "float32"), eps=1e-2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        minitorch.autograd.gradcheck(lambda x: x * 2, leaf(minitorch))


def test_inputs_are_left_as_they_were() -> None:
    x = leaf(minitorch)
    minitorch.autograd.gradcheck(lambda x: x * x, x)
    minitorch.autograd.gradcheck(lambda x: x * x, x, fast_mode=True)
    assert x.tolist() == [1, 2]
    assert x.grad is None
