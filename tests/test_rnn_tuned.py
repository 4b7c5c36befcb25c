"""The tuned loops over time against the plain ones and against torch."""

from __future__ import annotations

import concurrent.futures
import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.backends import cpu
from minitorch.native import rnn_loops
from minitorch.native.dispatch_stub import plain_kernels

pytestmark = pytest.mark.skipif(not cpu.TUNED_KERNELS, reason="tuned kernels are switched off")

KINDS = ("RNN", "RELU", "LSTM", "GRU")


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(count)
    try:
        yield
    finally:
        minitorch.set_num_threads(before)


def make(library: Any, kind: str, *sizes: int, **options: Any) -> Any:
    if kind == "RELU":
        return library.nn.RNN(*sizes, nonlinearity="relu", **options)
    return getattr(library.nn, kind)(*sizes, **options)


def run(
    library: Any,
    kind: str,
    inputs: np.ndarray[Any, Any],
    hidden: int,
    lengths: list[int] | None = None,
    only_last_step: bool = False,
    **options: Any,
) -> list[np.ndarray[Any, Any]]:
    """Outputs, last states and all gradients of one layer, as arrays."""
    library.manual_seed(3)
    layer = make(library, kind, inputs.shape[-1], hidden, **options)
    layer = layer.to(getattr(library, inputs.dtype.name))
    x = library.from_numpy(inputs.copy()).requires_grad_()
    given = x
    if lengths is not None:
        pack = library.nn.utils.rnn.pack_padded_sequence
        given = pack(x, lengths, options.get("batch_first", False), enforce_sorted=False)
    out, state = layer(given)
    outs = [out.data if lengths is not None else out]
    outs += list(state) if isinstance(state, tuple) else [state]
    used = [outs[0][:, -1]] if only_last_step else outs
    rng = np.random.default_rng(1)
    # As small as those of a mean: sums over thousands of rows would differ in their last digits.
    seeds = [rng.standard_normal(tuple(o.shape)).astype(inputs.dtype) / 16 for o in used]
    library.autograd.backward(used, [library.from_numpy(seed) for seed in seeds])
    results = [*outs, x.grad, *(p.grad for p in layer.parameters())]
    return [np.array(r.detach().numpy()) for r in results]


def assert_all_close(ours: list[Any], theirs: list[Any]) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(torch.from_numpy(a), torch.from_numpy(b))


def compare(kind: str, inputs: np.ndarray[Any, Any], hidden: int, **options: Any) -> None:
    expected = run(torch, kind, inputs, hidden, **options)
    with plain_kernels():
        plain = run(minitorch, kind, inputs, hidden, **options)
    assert_all_close(plain, expected)
    for count in (1, 2, 5):
        with threads(count):
            tuned = run(minitorch, kind, inputs, hidden, **options)
        assert_all_close(tuned, expected)
        assert_all_close(tuned, plain)


def drawn(*shape: int, dtype: str = "float32") -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype) / 4


def test_both_passes_have_a_tuned_form() -> None:
    for stub in (rnn_loops.forward_pass, rnn_loops.backward_pass):
        assert stub.kernels[np.ndarray] is not stub.plain


# Two threads, and five, take part from about 2 million multiplications on.
SHAPES = [
    (1, 1, 3, 5),  # steps, batch, inputs, units
    (2, 1, 3, 5),
    (1, 300, 8, 64),
    (40, 9, 5, 33),
    (60, 16, 20, 48),
    (30, 23, 17, 64),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_shapes(kind: str, shape: tuple[int, int, int, int]) -> None:
    *lead, hidden = shape
    compare(kind, drawn(*lead), hidden)


@pytest.mark.parametrize("kind", KINDS)
def test_two_directions_two_layers_and_batch_first(kind: str) -> None:
    compare(kind, drawn(11, 25, 7), 32, bidirectional=True, num_layers=2, batch_first=True)


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_of_the_last_step_alone(kind: str) -> None:
    compare(kind, drawn(12, 30, 7), 48, batch_first=True, only_last_step=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_packed_sequences(kind: str, bidirectional: bool) -> None:
    lengths = [20, 1, 7, 20, 13, 2, 9, 4, 17, 17, 3]
    compare(kind, drawn(20, 11, 6), 64, lengths=lengths, bidirectional=bidirectional)


def test_float64_on_several_threads() -> None:  # test_rnn.py has all kinds on one
    compare("RNN", drawn(60, 20, 6, dtype="float64"), 48)


@pytest.mark.parametrize("kind", KINDS)
def test_long_sequences_whose_gradient_vanishes(kind: str) -> None:
    """It becomes denormal on the way, and then zero: in torch, too, but later."""
    compare(kind, drawn(9, 250, 4), 32, batch_first=True, only_last_step=True)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch(kind: str) -> None:
    layer = make(minitorch, kind, 3, 4)
    out, _ = layer(minitorch.zeros(5, 0, 3))
    out.sum().backward()
    assert out.shape == (5, 0, 4)
    assert layer.weight_hh_l0.grad.abs().max() == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", KINDS)
def test_nan_and_inf_stay_in_their_sequence(kind: str, value: float) -> None:
    inputs = drawn(30, 12, 6)
    inputs[4, 2, 1] = value
    expected = run(torch, kind, inputs, 48)[0]
    with threads(2):
        out = run(minitorch, kind, inputs, 48)[0]
    torch.testing.assert_close(torch.from_numpy(out), torch.from_numpy(expected), equal_nan=True)
    assert np.isfinite(np.delete(out, 2, axis=1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mode_of_the_processor_is_put_back(kind: str) -> None:
    """Backward takes denormals for zeros; afterwards they count again, in every thread."""
    tiny = minitorch.full((100_000,), 1e-40)
    with threads(2):
        run(minitorch, kind, drawn(60, 16, 20), 48)
        assert float((tiny * 0.5).min()) > 0
        assert float((tiny + tiny).min()) > 1e-40
    assert np.float32(1e-40) * np.float32(0.5) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_two_python_threads_at_once(kind: str) -> None:
    inputs = drawn(40, 16, 10)
    with threads(2):
        alone = run(minitorch, kind, inputs, 48)
        layer = make(minitorch, kind, 10, 48)
        x = minitorch.from_numpy(inputs)

        def forward() -> np.ndarray[Any, Any]:
            return np.array(layer(x)[0].detach().numpy())

        expected = forward()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for out in pool.map(lambda _: forward(), range(20)):
                np.testing.assert_array_equal(out, expected)
        assert_all_close(run(minitorch, kind, inputs, 48), alone)


@pytest.mark.parametrize("kind", KINDS)
def test_some_weights_may_be_frozen(kind: str) -> None:
    """Nothing that is not asked for is computed: what is asked for does not change."""
    x = minitorch.from_numpy(drawn(40, 16, 10))
    layer = make(minitorch, kind, 10, 48)
    layer(x)[0].sum().backward()
    expected = {name: p.grad for name, p in layer.named_parameters()}
    for kept in expected:
        for name, parameter in layer.named_parameters():
            parameter.grad = None
            parameter.requires_grad_(name == kept)
        layer(x)[0].sum().backward()
        grads = {name: p.grad for name, p in layer.named_parameters()}
        minitorch.testing.assert_close(grads.pop(kept), expected[kept])
        assert all(grad is None for grad in grads.values())


@pytest.mark.parametrize("sizes", [(1, 5, 32), (8, 7, 64), (27, 128, 96), (9, 600, 33)], ids=str)
@pytest.mark.parametrize("is_transposed", [False, True])
def test_packed_product(sizes: tuple[int, int, int], is_transposed: bool) -> None:
    """Whole tiles, rows and columns that they leave over, and sums in parts."""
    from minitorch.native.cpu.packed_products import pack, packed_product

    rows, inner, columns = sizes
    left = drawn(rows, inner)
    right = drawn(columns, inner).T if is_transposed else drawn(inner, columns)
    packed = pack(right)
    if not len(packed):
        pytest.skip("no AVX-512")
    out = np.full((rows, columns + 1), np.nan, np.float32)
    packed_product(out[:, :-1], left, packed, False)
    np.testing.assert_allclose(out[:, :-1], left @ right, rtol=1.3e-6, atol=1e-5)
    packed_product(out[:, :-1], left, packed, True)
    np.testing.assert_allclose(out[:, :-1], 2 * (left @ right), rtol=1.3e-6, atol=1e-5)
    assert np.isnan(out[:, -1]).all()


def test_only_what_fits_is_packed() -> None:
    from minitorch.native.cpu.packed_products import pack

    for unfit in (drawn(4, 0), drawn(4, 32, dtype="float64")):
        assert len(pack(unfit)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_rows_in_any_order(kind: str) -> None:
    """The batch first, every other input, and a gradient that is the same at all steps."""
    inputs = drawn(14, 9, 12)
    results = []
    for library in (minitorch, torch):
        library.manual_seed(0)
        layer = make(library, kind, 6, 32, batch_first=True)
        x = library.from_numpy(inputs.copy()).requires_grad_()
        for given in (x[:, :, :6], x[..., ::2], x[:1, :, :6].expand(5, 9, 6)):
            (layer(given)[0].mean(1) ** 2).sum().backward()
        results.append([x.grad, *(p.grad for p in layer.parameters())])
    ours, theirs = ([np.array(r.numpy()) for r in of_library] for of_library in results)
    assert_all_close(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_share_no_memory(kind: str) -> None:
    layer = make(minitorch, kind, 3, 4)
    layer(minitorch.from_numpy(drawn(5, 2, 3)))[0].sum().backward()
    grads = [p.grad.numpy() for p in layer.parameters()]
    for i, grad in enumerate(grads):
        assert grad.flags.c_contiguous
        assert not any(np.shares_memory(grad, other) for other in grads[:i])
