"""Tuned convolutions beside torch's and the plain ones.

Weights and gradients are scaled such that results are about 1, as layers keep them: the absolute
tolerance of ``assert_close`` is made for that.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.native.cpu.convolution import _route_of
from minitorch.native.dispatch_stub import plain_kernels

SHAPES = [
    # input, weight (not transposed), stride, padding, dilation, groups
    ((2, 16, 7, 9), (17, 16, 3, 3), 1, 1, 1, 1),  # Winograd's, odd sizes
    ((3, 20, 8, 6), (16, 20, 3, 3), 1, (0, 2), 1, 1),
    ((1, 33, 1, 40), (24, 33, 3, 3), 1, 1, 1, 1),
    ((5, 16, 4, 4), (40, 16, 3, 3), 1, 2, 1, 1),
    ((5, 16, 4, 4), (40, 16, 3, 3), 1, 1, 1, 1),  # several lines in a vector
    ((3, 16, 8, 8), (16, 16, 3, 3), 1, (1, 0), 1, 1),
    ((3, 16, 15, 14), (16, 16, 3, 3), 1, 1, 1, 1),
    ((2, 144, 6, 8), (144, 144, 3, 3), 1, 1, 1, 1),  # many weights
    ((2, 17, 35, 70), (18, 17, 3, 3), 1, (2, 1), 1, 1),
    ((2, 3, 11, 13), (5, 3, 3, 3), 1, 1, 1, 1),  # direct
    ((2, 4, 9, 10), (9, 4, 3, 3), 2, 1, 1, 1),
    ((2, 4, 12, 9), (6, 4, 5, 4), (2, 3), (2, 0), 1, 1),
    ((2, 4, 12, 14), (6, 4, 3, 2), 1, (4, 3), (2, 3), 1),
    ((1, 5, 9, 9), (8, 5, 2, 3), 3, 2, 2, 1),
    ((4, 12, 6, 5), (11, 12, 1, 1), 1, 0, 1, 1),
    ((4, 12, 6, 5), (11, 12, 1, 1), 2, 0, 1, 1),
    ((2, 12, 9, 9), (18, 4, 3, 3), 1, 1, 1, 3),
    ((2, 1, 28, 28), (32, 1, 3, 3), 1, 1, 1, 1),
    ((2, 40, 5, 5), (1, 40, 1, 1), 1, 0, 1, 1),
    ((2, 9, 8, 20), (9, 1, 3, 3), 1, 1, 1, 9),  # depthwise
    ((2, 9, 15, 17), (9, 1, 3, 5), 2, 1, 1, 9),
    ((2, 6, 8, 9), (12, 1, 3, 3), 1, 1, 1, 6),
    ((3, 6, 30), (10, 6, 5), 2, 2, 1, 1),  # signals
    ((3, 6, 30), (6, 2, 3), 1, 4, 2, 3),
]

# Several images in a panel, panels that begin within a line, more terms than one takes.
PANEL_SHAPES = [
    ("conv", (11, 33, 7, 6), (20, 33, 3, 3), 2, 1, 1, 1),
    ("conv", (2, 5, 19, 23), (9, 5, 3, 3), 1, 1, 1, 1),
    ("conv_transpose", (3, 140, 9, 9), (140, 24, 3, 3), 2, 1, 1, 1),
]

WINDOW_SHAPES = [(name, *shape) for name in ("conv", "conv_transpose") for shape in SHAPES]


def drawn(shape: tuple[int, ...], seed: int, scale: float = 1.0) -> np.ndarray:
    numbers = np.random.default_rng(seed).standard_normal(shape) * scale
    return numbers.astype(np.float32)


def convolved(
    library: Any, name: str, arrays: list[np.ndarray], options: Any, seed: int = 9
) -> Any:
    """The output, and the gradients of input, weight and bias."""
    tensors = [library.tensor(a, requires_grad=True) for a in arrays]
    function = getattr(library.nn.functional, f"{name}{arrays[0].ndim - 2}d")
    out = function(*tensors, **options)
    count = max(1, out.numel() // max(1, out.shape[1]))
    grad = library.tensor(drawn(tuple(out.shape), seed, count**-0.5))
    grads = library.autograd.grad(out, tensors, grad)
    return [t.detach().numpy() for t in (out, *grads)]


def operands(
    name: str, size: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """Input, weight, bias and options; a transposed convolution has as many inputs as outputs."""
    taps = int(np.prod(weight[2:]))
    if name == "conv_transpose":
        size = (size[0], weight[0], *size[2:])
    channels = weight[0] if name == "conv" else weight[1] * groups
    arrays = [drawn(size, 1), drawn(weight, 2, (weight[1] * taps) ** -0.5), drawn((channels,), 3)]
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return arrays, options


def assert_close(ours: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for a, b in zip(ours, expected, strict=True):
        torch.testing.assert_close(torch.tensor(a), torch.tensor(b), equal_nan=True)


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def threads(request: pytest.FixtureRequest) -> Any:
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(request.param)
    yield request.param
    minitorch.set_num_threads(before)


@pytest.mark.parametrize("case", WINDOW_SHAPES, ids=str)
def test_all_gradients_are_those_of_torch(case: Any, threads: int, monkeypatch: Any) -> None:
    monkeypatch.setattr("minitorch.native.cpu.convolution_direct.MULTIPLICATIONS_PER_THREAD", 1)
    name, *shape = case
    arrays, options = operands(name, *shape)
    assert_close(
        convolved(minitorch, name, arrays, options), convolved(torch, name, arrays, options)
    )


@pytest.fixture(params=["small", "panels", "direct"])
def chosen(request: pytest.FixtureRequest, monkeypatch: Any) -> Any:
    """One kind of kernels for all sizes that it can compute."""
    module = "minitorch.native.cpu.convolution"
    small, panels = {"small": (1 << 40, 1), "panels": (0, 1), "direct": (0, 1 << 40)}[request.param]
    monkeypatch.setattr(f"{module}.SMALL_MULTIPLICATIONS", small)
    monkeypatch.setattr(f"{module}.PANEL_WEIGHTS", panels)
    monkeypatch.setattr(f"{module}.WINOGRAD_CHANNELS", 1 << 40)
    _route_of.cache_clear()
    yield request.param
    _route_of.cache_clear()


@pytest.mark.parametrize("case", [*WINDOW_SHAPES, *PANEL_SHAPES], ids=str)
def test_each_kind_of_kernels(chosen: str, case: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("minitorch.native.cpu.convolution_direct.MULTIPLICATIONS_PER_THREAD", 1)
    name, *shape = case
    arrays, options = operands(name, *shape)
    assert_close(
        convolved(minitorch, name, arrays, options), convolved(torch, name, arrays, options)
    )


@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_plain_kernels_agree(case: Any) -> None:
    arrays, options = operands("conv", *case)
    tuned = convolved(minitorch, "conv", arrays, options)
    with plain_kernels():
        plain = convolved(minitorch, "conv", arrays, options)
    assert_close(tuned, plain)


def test_rounding_is_that_of_torch() -> None:
    """Winograd's transforms add and subtract before they multiply."""
    arrays = [drawn((2, 64, 16, 16), 1), drawn((64, 64, 3, 3), 2, 1 / 24), drawn((64,), 3)]
    options = {"padding": 1}
    exact = [torch.tensor(a, dtype=torch.float64) for a in arrays]
    expected = torch.nn.functional.conv2d(*exact, **options).numpy()
    ours, theirs = [convolved(x, "conv", arrays, options)[0] for x in (minitorch, torch)]
    assert np.abs(ours - expected).mean() < 1.5 * np.abs(theirs - expected).mean()


def test_inputs_need_not_be_contiguous() -> None:
    x = drawn((2, 9, 8, 20), 1).transpose(0, 3, 1, 2)
    w = drawn((3, 3, 20, 16), 2, 0.1).transpose(3, 2, 0, 1)
    ours = minitorch.nn.functional.conv2d(minitorch.tensor(x), minitorch.tensor(w), padding=1)
    theirs = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), padding=1)
    assert_close([ours.numpy()], [theirs.numpy()])


@pytest.mark.parametrize("size", [(0, 16, 8, 8), (1, 16, 3, 3)], ids=str)
def test_small_batches(size: Any) -> None:
    arrays = [drawn(size, 1), drawn((16, 16, 3, 3), 2, 0.1), drawn((16,), 3)]
    assert_close(convolved(minitorch, "conv", arrays, {}), convolved(torch, "conv", arrays, {}))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("groups", [1, 16])
@pytest.mark.parametrize("side", [9, 8])  # 8: a vector holds tiles of two lines
def test_numbers_that_are_not_finite_stay_where_they_are(
    value: float, groups: int, side: int
) -> None:
    x = drawn((3, 16, side, side), 1)
    x[1, 3, 4, 5] = value
    arrays = [x, drawn((16, 16 // groups, 3, 3), 2), drawn((16,), 3)]
    options = {"padding": 1, "groups": groups}
    ours, theirs = [
        library.nn.functional.conv2d(*[library.tensor(a) for a in arrays], **options).numpy()
        for library in (minitorch, torch)
    ]
    assert_close([ours], [theirs])


@pytest.mark.filterwarnings("ignore:invalid value")  # inf - inf of the plain kernels
@pytest.mark.parametrize("place", ["grad", "weight"])
def test_gradient_of_the_input_beside_inf(place: str) -> None:
    """Where plain kernels have no NaN, the tuned ones have none."""
    grad, weight = drawn((2, 16, 9, 9), 1), drawn((16, 16, 3, 3), 2)
    (grad if place == "grad" else weight)[1, 3, 1, 1] = np.inf

    def computed() -> np.ndarray:
        x = minitorch.zeros(2, 16, 9, 9, requires_grad=True)
        out = minitorch.nn.functional.conv2d(x, minitorch.tensor(weight), padding=1)
        (gradient,) = minitorch.autograd.grad(out, x, minitorch.tensor(grad))
        return np.asarray(gradient.numpy())

    tuned = computed()
    with plain_kernels():
        plain = computed()
    assert_close([tuned], [plain])
    assert np.isinf(tuned).any()
    assert not np.isnan(tuned).any()


def test_gradient_of_the_weight_beside_inf() -> None:
    x = drawn((2, 16, 9, 9), 1)
    x[1, 3, 4, 5] = np.inf
    arrays = [x, drawn((16, 16, 3, 3), 2), drawn((16,), 3)]
    ours, theirs = [convolved(x, "conv", arrays, {"padding": 1})[2] for x in (minitorch, torch)]
    assert_close([ours], [theirs])


@pytest.mark.parametrize("case", [SHAPES[0], SHAPES[6], SHAPES[15]], ids=str)
def test_second_derivatives(case: Any) -> None:
    arrays, options = operands("conv", *case)

    def computed(library: Any) -> list[np.ndarray]:
        tensors = [library.tensor(a, requires_grad=True) for a in arrays]
        out = library.nn.functional.conv2d(*tensors, **options)
        grads = library.autograd.grad((out * out).mean(), tensors, create_graph=True)
        second = library.autograd.grad(sum((g * g).sum() for g in grads), tensors)
        return [t.detach().numpy() for t in second]

    assert_close(computed(minitorch), computed(torch))


def test_two_python_threads_at_once(threads: int) -> None:
    arrays, options = operands("conv", (8, 32, 14, 14), (32, 32, 3, 3), 1, 1, 1, 1)
    expected = convolved(minitorch, "conv", arrays, options)
    results: list[list[list[np.ndarray]]] = [[], []]

    def work(number: int) -> None:
        for _ in range(10):
            results[number].append(convolved(minitorch, "conv", arrays, options))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [len(r) for r in results] == [10, 10]
    for computed in results[0] + results[1]:
        for a, b in zip(computed, expected, strict=True):
            np.testing.assert_array_equal(a, b)
