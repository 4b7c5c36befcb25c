"""Half precision, float16 and bfloat16: what a user sees of it, and how exact its numbers are.

What torch computes in float32 and rounds once is compared bit for bit, or at ``assert_close``'s
defaults for the dtype. Where torch rounds after each of several steps, minitorch may be the more
exact of the two: such gradients are measured against those of float64.
"""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same, plain
from tests.scoreboard.counterpart import Translator, to_torch

HALVES = ["bfloat16", "float16"]
half = pytest.mark.parametrize("name", HALVES)


def assert_alike(call: Any, *, exact: bool = True) -> None:
    """``call(library)`` gives the same tensors in both."""
    ours, theirs = call(minitorch), call(torch)
    ours, theirs = [r if isinstance(r, (tuple, list)) else [r] for r in (ours, theirs)]
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        if not isinstance(other, torch.Tensor):
            assert plain(mine) == plain(other)
            continue
        assert (mine.grad_fn is None) == (other.grad_fn is None)
        assert plain(mine)[:3] == plain(other)[:3]
        tolerance = {"rtol": 0, "atol": 0} if exact else {}
        torch.testing.assert_close(to_torch(mine), other.detach(), equal_nan=True, **tolerance)


def leaf(library: Any, name: str, *shape: int) -> Any:
    library.manual_seed(3)
    return library.randn(*shape).to(getattr(library, name)).requires_grad_()


# --------------------------------------------------------------------------- tensors and arrays


@half
def test_repr(name: str) -> None:
    def shown(library: Any) -> list[str]:
        dtype = getattr(library, name)
        values = [[1e-3, 1.0, float("nan")], [1.5, 2.0], [], 1.1, [[1.0, 2.0], [3.0, 1e4]]]
        tensors = [library.tensor(v, dtype=dtype) for v in values]
        tensors += [
            library.ones(2, dtype=dtype, requires_grad=True),
            library.arange(1200).to(dtype),
        ]
        return [repr(t) for t in tensors] + [f"{tensors[3]:.3f}"]

    assert shown(minitorch) == shown(torch)


@half
def test_python_numbers(name: str) -> None:
    def numbers(library: Any) -> Any:
        x = library.tensor(2.7, dtype=getattr(library, name))
        return x.item(), float(x), int(x), bool(x), x.tolist(), library.stack([x, x]).tolist()

    assert_same(numbers)


def test_numpy_knows_no_bfloat16() -> None:
    ones = np.ones(2, ml_dtypes.bfloat16)
    for call in (
        lambda library: library.ones(2, dtype=library.bfloat16).numpy(),
        lambda library: library.ones(2, dtype=library.bfloat16, requires_grad=True).numpy(),
        lambda library: np.asarray(library.ones(2, dtype=library.bfloat16)),
        lambda library: library.from_numpy(ones),
        lambda library: library.tensor(ones),
        lambda library: library.as_tensor(ones),
        lambda library: library.tensor([ones[0], ones[1]]),
        lambda library: library.tensor(ones, dtype=library.float32),
    ):
        assert_raises_alike(call)


@half
def test_conversions(name: str) -> None:
    def converted(library: Any) -> Any:
        dtype = getattr(library, name)
        x = library.tensor([1.1, -2.6, 300.0], dtype=dtype)
        return [
            x, x.float(), x.double(), x.int(), x.bool(), x.half(), x.bfloat16(), x.to(library.int8),
            x.view(library.int16), x.view(library.uint8), x.new_tensor([0.1]), x.new_zeros(2),
            library.as_tensor([1.1], dtype=dtype), library.as_tensor(x, dtype=library.float32),
            library.tensor(np.float64(1.1), dtype=dtype), library.as_tensor(x) is x,
            library.tensor([x[0], 2]), library.frombuffer(bytearray(b"\x80?\x80?"), dtype=dtype),
            x.type(), x.element_size(), x.is_floating_point(), copy.deepcopy(x),
        ]  # fmt: skip

    assert_alike(converted)


@half
def test_pickle(name: str) -> None:
    x = leaf(minitorch, name, 3).detach()
    assert minitorch.equal(pickle.loads(pickle.dumps(x)), x)


def test_finfo() -> None:
    for name in [*HALVES, "float32", "float64"]:
        assert repr(minitorch.finfo(getattr(minitorch, name))) == repr(
            torch.finfo(getattr(torch, name))
        )


@half
def test_promotion(name: str) -> None:
    others = ["bool", "uint8", "int64", "float16", "bfloat16", "float32", "float64"]

    def promoted(library: Any, other: str) -> Any:
        a, b = getattr(library, name), getattr(library, other)
        x, y = library.ones(2, dtype=a), library.ones(2, dtype=b)
        return [
            library.promote_types(a, b), library.can_cast(a, b), library.can_cast(b, a),
            x + y, x * y[0], x[0] * y, x / y, x + 2.5, x * 3, library.result_type(x, y),
        ]  # fmt: skip

    for other in others:
        assert_alike(lambda library, other=other: promoted(library, other))


def test_complex_number_beside_bfloat16() -> None:
    assert_same(lambda library: library.ones(2, dtype=library.bfloat16) * 1j)


@half
def test_comparisons(name: str) -> None:
    def compared(library: Any) -> Any:
        x = library.tensor([1.0, 2.0, float("nan"), -0.0], dtype=getattr(library, name))
        y = library.tensor([1.0, 3.0, 0.0, 0.0], dtype=getattr(library, name))
        return [
            x == y, x < y, x != 2, x >= 2, library.isnan(x), library.isclose(x, y), x.isfinite(),
            library.equal(x, x), library.allclose(y, y), library.maximum(x, y), y.argmax(),
            *y.sort(), *x.topk(2),
        ]  # fmt: skip

    assert_alike(compared)


@half
def test_signs_and_nans(name: str) -> None:
    def run(library: Any) -> Any:
        x = library.tensor([-0.0, 0.0, float("nan"), -2.5], dtype=getattr(library, name))
        return [
            x.signbit(), x.sign(), x.isclose(x, equal_nan=True), x.nan_to_num(), x.relu(),
            library.div(x, 0.75, rounding_mode="trunc"), x // 0.75, x % 0.75, x.clamp(-1, 1),
        ]  # fmt: skip

    assert_alike(run)


@half
def test_default_dtype(name: str) -> None:
    def made(library: Any) -> Any:
        library.set_default_dtype(getattr(library, name))
        library.manual_seed(0)
        try:
            whole = library.tensor([1, 2])
            return [
                library.get_default_dtype(), library.tensor(1.5), library.ones(2),
                library.arange(0, 1, 0.25), library.linspace(0, 1, 4), library.eye(2), whole / 2,
                whole * 1.5, whole.sqrt(), library.full((2,), 2.5), library.randn(3),
                library.rand(3), library.nn.Linear(2, 2).weight, repr(library.tensor(1.5)),
            ]  # fmt: skip
        finally:
            library.set_default_dtype(library.float32)

    assert_alike(made)


# --------------------------------------------------------------------------- files


@half
@pytest.mark.parametrize("writer, reader", [(minitorch, torch), (torch, minitorch)])
def test_saved_files(name: str, writer: Any, reader: Any) -> None:
    x = leaf(writer, name, 3, 4).detach()
    file = io.BytesIO()
    writer.save({"x": x, "row": x[1], "weight": writer.nn.Parameter(x)}, file)
    file.seek(0)
    loaded = reader.load(file)
    expected = leaf(reader, name, 3, 4).detach()
    assert plain(loaded["x"]) == plain(expected)
    assert reader.equal(loaded["x"], expected)
    assert reader.equal(loaded["row"], expected[1])
    assert reader.equal(loaded["weight"], expected) and loaded["weight"].requires_grad


# --------------------------------------------------------------------------- gradients


@half
def test_outputs_of_several_keep_their_graph(name: str) -> None:
    def gradients(library: Any) -> Any:
        x = leaf(library, name, 2, 6)
        a, b = x.split(3, 1)
        c, d = x.unbind()
        e, places = x.max(1)
        ((a * b).sum() + (c * d).sum() + e.sum()).backward()
        return a, b, c, d, e, places, x.grad

    assert_alike(gradients, exact=False)


@half
def test_function_of_a_user(name: str) -> None:
    def gradients(library: Any) -> Any:
        class Square(library.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx: Any, grad: Any) -> Any:
                (x,) = ctx.saved_tensors
                return 2 * x * grad

        x = leaf(library, name, 4)
        y = Square.apply(x)
        y.backward(library.ones(4))  # of float32: cast to the dtype of y
        return y, x.grad

    assert_alike(gradients)


@half
def test_second_derivative(name: str) -> None:
    def gradients(library: Any) -> Any:
        x = leaf(library, name, 4)
        (grad,) = library.autograd.grad((x * x).sum(), x, create_graph=True)
        (grad * grad).sum().backward()
        return grad, x.grad

    assert_alike(gradients)


@half
def test_gradients_of_mixed_types(name: str) -> None:
    def gradients(library: Any) -> Any:
        x = leaf(library, name, 3)
        w = library.ones(3, requires_grad=True)
        (x * w).sum().backward()
        (x * 2).sum().backward()
        return x.grad, w.grad

    assert_alike(gradients)


@half
def test_long_sums_do_not_stagnate(name: str) -> None:
    """A running sum of ones in bfloat16 ends at 256."""

    def sums(library: Any) -> Any:
        dtype = getattr(library, name)
        library.manual_seed(0)
        many = library.rand(3000, 3).to(dtype)
        factor = library.ones(3, dtype=dtype, requires_grad=True)
        one = library.ones((), dtype=dtype, requires_grad=True)
        (many * factor).sum().backward()
        (many * one).sum().backward()
        row = library.ones(1, 3, dtype=dtype, requires_grad=True)
        (row.repeat(3000, 1) * many).sum().backward()
        return [
            many.sum(), many.sum(0), many.mean(0), many.mean(), many.cumsum(0)[-1], many.var(0),
            many.std(), many.norm(), many.logsumexp(0), many.T @ many, many.softmax(0).sum(0),
            factor.grad, one.grad, row.grad, library.nn.functional.mse_loss(many, many * 0),
        ]  # fmt: skip

    assert_alike(sums, exact=False)


# --------------------------------------------------------------------------- layers and optimizers


@half
@pytest.mark.parametrize(
    "build, shape",
    [
        (lambda nn: nn.Linear(4, 3), (5, 4)),
        (lambda nn: nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), (5, 4)),
        (lambda nn: nn.Conv2d(1, 2, 3), (2, 1, 6, 6)),
        (lambda nn: nn.BatchNorm1d(3), (9, 3)),
        (lambda nn: nn.LayerNorm(8), (3, 8)),
        (lambda nn: nn.AvgPool2d(2), (2, 1, 4, 4)),
    ],
    ids=["Linear", "Sequential", "Conv2d", "BatchNorm1d", "LayerNorm", "AvgPool2d"],
)
def test_layers(name: str, build: Any, shape: tuple[int, ...]) -> None:
    def run(library: Any) -> Any:
        library.manual_seed(0)
        layer = build(library.nn)
        layer = layer.half() if name == "float16" else layer.bfloat16()
        x = leaf(library, name, *shape)
        out = layer(x)
        out.sum().backward()
        last = list(layer.parameters())[-1:]
        return [out, *layer.buffers(), *[p.grad for p in last]]

    assert_alike(run, exact=False)


@pytest.mark.parametrize("layer", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers(layer: str) -> None:
    """float16 only: torch runs bfloat16 in a library that rounds elsewhere."""

    def run(library: Any) -> Any:
        library.manual_seed(0)
        cell = getattr(library.nn, layer)(2, 3, num_layers=2, bidirectional=True).half()
        return cell(leaf(library, "float16", 4, 2, 2))[0]

    assert_alike(run, exact=False)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers_in_bfloat16(kind: str) -> None:
    layer = getattr(minitorch.nn, kind)(2, 3)
    x = leaf(minitorch, "bfloat16", 4, 2, 2)
    exact, _ = copy.deepcopy(layer)(x.float())
    out, _ = layer.bfloat16()(x)
    # Against our own float32 result: bfloat16 keeps 8 bits, and each of 4 steps rounds a few times.
    torch.testing.assert_close(to_torch(out).float(), to_torch(exact), rtol=0.05, atol=0.02)


@half
@pytest.mark.parametrize(
    "make",
    [
        lambda optim, p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
        lambda optim, p: optim.Adam(p, lr=0.1),
        lambda optim, p: optim.AdamW(p, lr=0.1, amsgrad=True),
        lambda optim, p: optim.RMSprop(p, lr=0.1),
        lambda optim, p: optim.Adagrad(p, lr=0.1),
    ],
    ids=["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"],
)
def test_optimizers(name: str, make: Any) -> None:
    """A step is rounded once here and after every operation in torch: a few units of the last
    place apart, after four steps.
    """

    def run(library: Any) -> Any:
        p = library.linspace(0.5, 2, 12).to(getattr(library, name)).requires_grad_()
        optimizer = make(library.optim, [p])
        for _ in range(4):
            optimizer.zero_grad()
            (p.float() ** 2).sum().backward()
            optimizer.step()
        return p

    ours, theirs = run(minitorch), run(torch)
    assert plain(ours) == plain(theirs)
    unit = torch.finfo(theirs.dtype).eps
    # torch rounds after every operation, we once a step: one unit for each of the 4 steps.
    torch.testing.assert_close(to_torch(ours), theirs.detach(), rtol=4 * unit, atol=4 * unit)


# --------------------------------------------------------------------------- torch's own rounding


@half
def test_alpha_is_rounded_first(name: str) -> None:
    def run(library: Any) -> Any:
        x, y = leaf(library, name, 64).detach(), leaf(library, name, 64).detach() * 7
        return library.add(x, y, alpha=0.3), library.sub(x, y, alpha=1.7)

    assert_alike(run)


@half
@pytest.mark.parametrize("shape", [(3, 40, 5), (6, 40), (2, 3, 4, 4)])
def test_batch_norm_statistics(name: str, shape: tuple[int, ...]) -> None:
    def run(library: Any) -> Any:
        dtype = getattr(library, name)
        x = leaf(library, name, *shape).detach() * 5
        parts = [leaf(library, name, shape[1]).detach() for _ in range(4)]
        running, weight, bias = [parts[0], parts[1].abs()], parts[2], parts[3]
        out = library.nn.functional.batch_norm(x, *running, weight, bias, True, 0.3)
        later = library.nn.functional.batch_norm(x, *running, weight, bias)
        assert out.dtype is dtype
        return out, later, *running

    assert_alike(run)


@half
@pytest.mark.parametrize(
    "mode, shape, size",
    [
        ("linear", (2, 3, 40), (99,)),
        ("bilinear", (2, 3, 20, 25), (30, 33)),
        ("bilinear", (2, 3, 20, 25), (70, 70)),
        ("bicubic", (2, 3, 20, 25), (30, 33)),
        ("trilinear", (1, 2, 5, 6, 7), (9, 9, 9)),
    ],
)
@pytest.mark.parametrize("align_corners", [True, False])
def test_interpolation(
    name: str, mode: str, shape: tuple[int, ...], size: tuple[int, ...], align_corners: bool
) -> None:
    def run(library: Any) -> Any:
        return library.nn.functional.interpolate(
            leaf(library, name, *shape).detach(), size=size, mode=mode, align_corners=align_corners
        )

    threads = torch.get_num_threads()
    torch.set_num_threads(2)  # with one, torch takes another kernel, 0.008 away from this
    try:
        assert_alike(run, exact=False)
    finally:
        torch.set_num_threads(threads)


def test_translated_leaves_are_leaves() -> None:
    x = torch.randn(3).bfloat16().requires_grad_()
    y = Translator()(x)
    assert y.is_leaf and y.requires_grad and y.dtype is minitorch.bfloat16
