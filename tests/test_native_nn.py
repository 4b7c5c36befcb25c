"""What rows of test_ops.py cannot say of the operations behind layers: statistics, noise, words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.native import convolution_mm

LIBRARIES = (minitorch, torch)


def assert_same(ours: Any, theirs: Any) -> None:
    assert str(ours.dtype) == str(theirs.dtype)
    torch.testing.assert_close(
        torch.from_numpy(np.array(ours.detach().numpy())), theirs.detach(), equal_nan=True
    )


def values(*shape: int, seed: int = 0, dtype: str = "float32") -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# ------------------------------------------------------------------------------- error words

X, W, B = (2, 3, 8, 8), (4, 3, 3, 3), (4,)


def _t(lib: Any, *shape: int, dtype: str = "float32") -> Any:
    return lib.from_numpy(np.zeros(shape, dtype))


def conv2d(x: Any = X, w: Any = W, b: Any = B, **options: Any) -> Callable[[Any], Any]:
    return lambda lib: lib.nn.functional.conv2d(_t(lib, *x), _t(lib, *w), _t(lib, *b), **options)


def call(name: str, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    """A call of a function of nn.functional, where tuples of sizes in a list become tensors."""

    def run(lib: Any) -> Any:
        made = [_t(lib, *a[0]) if isinstance(a, list) else a for a in args]
        keywords = {k: _t(lib, *v[0]) if isinstance(v, list) else v for k, v in kwargs.items()}
        return getattr(lib.nn.functional, name)(*made, **keywords)

    return run


def table(lib: Any, indices: Any, dtype: str = "int64", **options: Any) -> Any:
    array = np.array(indices, dtype)
    return lib.nn.functional.embedding(lib.from_numpy(array), _t(lib, 5, 3), **options)


def one_hot(lib: Any, classes: Any, *args: Any, dtype: str = "int64") -> Any:
    return lib.nn.functional.one_hot(lib.from_numpy(np.array(classes, dtype)), *args)


MISTAKES: list[Callable[[Any], Any]] = [
    conv2d(x=(2, 5, 8, 8)),
    conv2d(x=(2, 3, 2, 2)),
    conv2d(x=(3, 3)),
    conv2d(w=(4, 3, 3)),
    conv2d(b=(5,)),
    conv2d(w=(4, 3, 3, 3), groups=2),
    conv2d(x=(2, 4, 8, 8), w=(3, 2, 3, 3), b=(3,), groups=2),
    conv2d(w=(0, 3, 3, 3), b=(0,)),
    conv2d(x=(2, 3, 0, 8)),
    conv2d(x=(2, 3, 0, 8), padding=3),
    conv2d(stride=0),
    conv2d(stride=-1),
    conv2d(padding=-1),
    conv2d(dilation=0),
    conv2d(groups=0),
    conv2d(stride=(1, 1, 1)),
    conv2d(padding="same", stride=2),
    conv2d(padding="foo"),
    call("conv1d", [(3, 3, 3, 3)], [(4, 3, 3)]),
    lambda lib: lib.nn.functional.conv2d(_t(lib, *X, dtype="float64"), _t(lib, *W)),
    lambda lib: lib.nn.functional.conv2d(_t(lib, *X), _t(lib, *W), _t(lib, *B, dtype="float64")),
    call("conv_transpose2d", [(2, 4, 8, 8)], [(3, 4, 3, 3)]),
    call("conv_transpose2d", [(2, 3, 8, 8)], [(3, 4, 3, 3)], [(3,)]),
    call("max_pool2d", [(8, 8)], 2),
    call("max_pool2d", [X], 2, padding=2),
    call("max_pool2d", [X], 10),
    call("max_pool2d", [X], 0),
    call("max_pool2d", [X], 2, 0),
    call("max_pool2d", [X], (2, 2, 2)),
    call("max_pool2d", [X], 2, dilation=0),
    call("max_pool2d", [(2, 0, 8, 8)], 2),
    call("max_pool1d", [(2, 3, 5)], 9),
    call("max_pool1d", [(2, 3, 5)], 2, padding=2),
    call("max_pool1d", [(2, 3, 5, 5)], 2),
    call("avg_pool2d", [X], 2, padding=2),
    call("avg_pool2d", [X], 2, divisor_override=0),
    call("avg_pool2d", [X], 10),
    lambda lib: lib.nn.functional.avg_pool2d(_t(lib, *X, dtype="int32"), 2),
    lambda lib: lib.nn.functional.max_pool2d(_t(lib, *X, dtype="bool"), 2),
    call("avg_pool1d", [(2, 3, 5)], 9),
    call("avg_pool1d", [(2, 3, 5, 5)], 2),
    call("adaptive_avg_pool2d", [(8, 8)], 2),
    call("adaptive_avg_pool2d", [X], -1),
    call("adaptive_avg_pool2d", [X], (1, 2, 3)),
    call("adaptive_avg_pool2d", [(2, 3, 0, 8)], 2),
    call("adaptive_max_pool2d", [(8, 8)], 2),
    call("adaptive_max_pool2d", [(2, 3, 0, 8)], 2),
    call("batch_norm", [X], None, None),
    call("batch_norm", [X], [(4,)], [(3,)]),
    call("batch_norm", [X], [(3,)], [(4,)]),
    call("batch_norm", [X], [(3,)], [(3,)], bias=[(4,)]),
    call("batch_norm", [X], [(3,)], [(3,)], weight=[(4,)]),
    call("batch_norm", [(1, 3)], [(3,)], [(3,)], training=True),
    call("batch_norm", [X], [(3,)], None, training=True),
    call("batch_norm", [X], [(3,)], [(3,)], training=True, eps=0),
    lambda lib: lib.nn.functional.batch_norm(
        _t(lib, *X, dtype="float64"), _t(lib, 3), _t(lib, 3), training=True
    ),
    call("layer_norm", [X], (7,)),
    call("layer_norm", [X], ()),
    call("layer_norm", [X], 8),
    call("layer_norm", [X], (8,), [(7,)]),
    call("layer_norm", [X], (8,), None, [(7,)]),
    call("group_norm", [X], 2),
    call("group_norm", [X], 1, [(4,)]),
    call("group_norm", [(1, 3)], 3),
    call("group_norm", [(3,)], 1),
    call("group_norm", [X], 0),
    call("instance_norm", [(2, 3, 1)]),
    call("instance_norm", [X], use_input_stats=False),
    call("rms_norm", [X], (7,)),
    call("dropout", [X], 1.5),
    call("dropout", [X], -0.5),
    call("dropout1d", [X], 0.5),
    call("dropout2d", [(3,)], 0.5),
    lambda lib: table(lib, [5]),
    lambda lib: table(lib, [-1]),
    lambda lib: table(lib, [1], padding_idx=7),
    lambda lib: table(lib, [1], padding_idx=-9),
    lambda lib: table(lib, [1], "float32"),
    lambda lib: table(lib, [1], "int16"),
    lambda lib: table(lib, [True], "bool"),
    lambda lib: lib.nn.functional.embedding(lib.tensor([1]), _t(lib, 3)),
    lambda lib: one_hot(lib, [1, 4], 3),
    lambda lib: one_hot(lib, [1, 4], 0),
    lambda lib: one_hot(lib, [-1]),
    lambda lib: one_hot(lib, [1], dtype="int32"),
    lambda lib: one_hot(lib, []),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mistake", MISTAKES, ids=range(len(MISTAKES)))
def test_errors_are_torchs(mistake: Callable[[Any], Any]) -> None:
    with pytest.raises(Exception) as theirs:
        mistake(torch)
    with pytest.raises(Exception) as ours:
        mistake(minitorch)
    assert type(ours.value) is type(theirs.value)
    assert str(ours.value) == str(theirs.value)


# ------------------------------------------------------------------------------- convolution


@pytest.mark.parametrize("elements", [1, 4000, 10_000_000])
def test_convolution_does_not_depend_on_its_batches(
    elements: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convolution_mm, "ELEMENTS_PER_PRODUCT", elements)
    x, w, b = values(5, 3, 6, 6), values(4, 3, 3, 3, seed=1), values(4, seed=2)
    results = []
    for lib in LIBRARIES:
        leaves = [lib.from_numpy(a.copy()).requires_grad_() for a in (x, w, b)]
        out = lib.nn.functional.conv2d(*leaves, padding=1)
        out.backward(lib.from_numpy(values(*out.shape, seed=3)))
        results.append([out, *[leaf.grad for leaf in leaves]])
    for ours, theirs in zip(*results, strict=True):
        assert_same(ours, theirs)


def test_convolution_of_float16_is_rounded_once() -> None:
    x, w = values(1, 64, 9, 9, dtype="float16"), values(2, 64, 3, 3, seed=1, dtype="float16")
    ours, theirs = [
        lib.nn.functional.conv2d(lib.from_numpy(x), lib.from_numpy(w)) for lib in LIBRARIES
    ]
    assert_same(ours, theirs)


def test_convolution_of_integers() -> None:
    x, w = np.arange(32).reshape(2, 4, 4), np.arange(8).reshape(1, 2, 2, 2)
    ours, theirs = [
        lib.nn.functional.conv2d(lib.from_numpy(x), lib.from_numpy(w)) for lib in LIBRARIES
    ]
    assert_same(ours, theirs)


def test_convolution_skips_gradients_that_nobody_wants() -> None:
    w = minitorch.ones(2, 1, 2, 2, requires_grad=True)
    out = minitorch.nn.functional.conv2d(minitorch.ones(1, 1, 4, 4), w)
    assert out.grad_fn.run([np.ones((1, 2, 3, 3), "f")], False)[0] is None


def test_infinite_inputs_stay_in_their_windows() -> None:
    x = values(1, 1, 6, 6)
    x[0, 0, 2, 5] = np.inf
    x[0, 0, 4, 0] = np.nan
    w = values(1, 1, 3, 3, seed=1)
    ours, theirs = [
        lib.nn.functional.conv2d(lib.from_numpy(x), lib.from_numpy(w), padding=1)
        for lib in LIBRARIES
    ]
    assert_same(ours, theirs)


# ------------------------------------------------------------------------------------- pooling


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("max_pool2d", "int64"),
        ("max_pool2d", "int32"),
        ("max_pool2d", "float16"),
        ("avg_pool2d", "int64"),
        ("avg_pool2d", "float16"),
    ],
)
def test_pooling_of_other_dtypes(name: str, dtype: str) -> None:
    x = (np.arange(-8, 8) * 3 % 7 - 3).reshape(1, 4, 4).astype(dtype)
    ours, theirs = [getattr(lib.nn.functional, name)(lib.from_numpy(x), 2) for lib in LIBRARIES]
    assert_same(ours, theirs)


def test_indices_of_maxima_are_torchs() -> None:
    x = values(2, 3, 7, 7)
    x[0, 0, 0] = x[0, 0, 1] = 5.0  # ties: the first counts
    x[0, 1, 2:4, 2:4] = np.nan
    x[0, 2] = -np.inf
    for options in ({}, {"stride": 1, "padding": 1}, {"dilation": 2}, {"ceil_mode": True}):
        pairs = [
            lib.nn.functional.max_pool2d(lib.from_numpy(x), 3, **options, return_indices=True)
            for lib in LIBRARIES
        ]
        for ours, theirs in zip(*pairs, strict=True):
            assert_same(ours, theirs)


def test_gradient_of_maxima_beside_their_indices() -> None:
    results = []
    for lib in LIBRARIES:
        x = lib.from_numpy(values(2, 6, 6)).requires_grad_()
        out, indices = lib.nn.functional.adaptive_max_pool2d(x, 4, return_indices=True)
        assert not indices.requires_grad
        (out * out).sum().backward()
        results.append(x.grad)
    assert_same(*results)


# ------------------------------------------------------------------------------- normalization


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (4, 3, 2, 5), (1, 3, 2), (0, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_running_statistics(shape: tuple[int, ...], dtype: str) -> None:
    results = []
    for lib in LIBRARIES:
        mean, var = lib.zeros(3).to(getattr(lib, dtype)), lib.ones(3).to(getattr(lib, dtype))
        for seed in range(3):
            x = lib.from_numpy(values(*shape, seed=seed, dtype=dtype) + 1)
            lib.nn.functional.batch_norm(x, mean, var, training=True, momentum=0.3)
        results.append((mean, var))
        assert mean._version == 0
    for ours, theirs in zip(*results, strict=True):
        assert_same(ours, theirs)


def test_running_statistics_of_instances() -> None:
    results = []
    for lib in LIBRARIES:
        mean, var = lib.zeros(3), lib.ones(3)
        lib.nn.functional.instance_norm(lib.from_numpy(values(2, 3, 5)), mean, var)
        results.append((mean, var))
    for ours, theirs in zip(*results, strict=True):
        assert_same(ours, theirs)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("count", [8, 64, 128])
def test_batch_norm_of_a_matrix_rounds_as_torch_does(threads: int, count: int) -> None:
    """Whole vectors of columns and powers of two of rows: elsewhere torch rounds once more."""
    x, g = values(count, 32) * 3 + 1, values(count, 32, seed=1)
    w, b = values(32, seed=2), values(32, seed=3)
    before = [lib.get_num_threads() for lib in LIBRARIES]
    results = []
    for lib in LIBRARIES:
        lib.set_num_threads(threads)
        leaves = [lib.from_numpy(a.copy()).requires_grad_() for a in (x, w, b)]
        out = lib.nn.functional.batch_norm(leaves[0], None, None, *leaves[1:], training=True)
        out.backward(lib.from_numpy(g))
        results.append([out.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves]])
    for lib, number in zip(LIBRARIES, before, strict=True):
        lib.set_num_threads(number)
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_batch_norm_far_from_zero() -> None:
    """torch itself loses three digits here; the truth is its result in float64."""
    x = (values(4, 3, 50, dtype="float64") * 0.01 + 1000).astype("float32")
    ours = minitorch.nn.functional.batch_norm(minitorch.from_numpy(x), None, None, training=True)
    truth = torch.nn.functional.batch_norm(torch.from_numpy(x).double(), None, None, training=True)
    # The mean, rounded to float32, may lie 3e-5 from the true one: 0.003 deviations.
    torch.testing.assert_close(torch.from_numpy(ours.numpy()).double(), truth, rtol=0, atol=4e-3)


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_long_rows(name: str, dtype: str) -> None:
    x, w = values(3, 3000, dtype=dtype), values(3000, seed=1, dtype=dtype)
    ours, theirs = [
        getattr(lib.nn.functional, name)(lib.from_numpy(x), (3000,), lib.from_numpy(w))
        for lib in LIBRARIES
    ]
    assert_same(ours, theirs)


# ------------------------------------------------------------------------------------- dropout

DROPOUTS: list[tuple[str, tuple[int, ...]]] = [
    ("dropout", (5, 7)),
    ("dropout", ()),
    ("alpha_dropout", (5, 7)),
    ("feature_alpha_dropout", (4, 3, 5)),
    ("dropout1d", (4, 3, 5)),
    ("dropout1d", (3, 5)),
    ("dropout2d", (4, 3, 5, 5)),
    ("dropout3d", (3, 2, 5, 5)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(("name", "shape"), DROPOUTS)
def test_dropout_is_torchs_bit_for_bit(
    name: str, shape: tuple[int, ...], inplace: bool, p: float, dtype: str
) -> None:
    if "alpha" in name and dtype == "float16":
        pytest.skip("torch rounds the steps of half precision in its own way")
    results = []
    for lib in LIBRARIES:
        lib.manual_seed(3)
        x = lib.from_numpy(np.asarray(values(*shape, dtype=dtype))) * 1
        out = getattr(lib.nn.functional, name)(x, p, training=True, inplace=inplace)
        assert out is x or not inplace
        results.append((out.numpy(), lib.rand(3).numpy()))
    (ours, next_ours), (theirs, next_theirs) = results
    assert (next_ours == next_theirs).all()
    if "alpha" in name:
        # The alpha variants agree within rounding, not in every bit.
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    else:
        np.testing.assert_array_equal(ours, theirs)


def test_dropout_follows_the_memory_order() -> None:
    outs = []
    for lib in LIBRARIES:
        lib.manual_seed(0)
        outs.append(lib.nn.functional.dropout(lib.from_numpy(values(6, 5)).t(), 0.5).numpy())
    np.testing.assert_array_equal(*outs)


def test_dropout_leaves_its_input_in_evaluation() -> None:
    x = minitorch.ones(3)
    assert minitorch.nn.functional.dropout(x, 0.5, training=False) is x


def test_dropout_is_a_product_in_the_graph() -> None:
    x = minitorch.ones(4, requires_grad=True)
    assert minitorch.nn.functional.dropout(x, 0.5).grad_fn.name() == "MulBackward0"
    assert minitorch.nn.functional.dropout(x, 1.0).grad_fn.name() == "MulBackward0"


def test_dropping_everything_keeps_nan() -> None:
    ours, theirs = [
        lib.nn.functional.dropout(lib.tensor([float("nan"), -1.0]), 1.0) for lib in LIBRARIES
    ]
    assert_same(ours, theirs)


# ----------------------------------------------------------------------------------- embedding


def test_embedding_gradient_does_not_depend_on_threads() -> None:
    indices = np.random.default_rng(0).integers(0, 50, 3000)
    rows = values(3000, 20, seed=1)
    grads = []
    threads = minitorch.get_num_threads()
    for count in (1, 2):
        minitorch.set_num_threads(count)
        weight = minitorch.zeros(50, 20, requires_grad=True)
        out = minitorch.nn.functional.embedding(minitorch.from_numpy(indices), weight)
        out.backward(minitorch.from_numpy(rows))
        grads.append(weight.grad.numpy())
    minitorch.set_num_threads(threads)
    np.testing.assert_array_equal(*grads)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, float("inf")])
def test_embedding_renormalizes_what_it_reads(norm_type: float) -> None:
    tables = []
    for lib in LIBRARIES:
        weight = lib.from_numpy(values(6, 3).copy())
        lib.nn.functional.embedding(
            lib.tensor([[0, 2], [2, 5]]), weight, max_norm=0.7, norm_type=norm_type
        )
        assert weight._version == 1
        tables.append(weight)
    assert_same(*tables)


def test_padding_row_gets_no_gradient_even_from_nan() -> None:
    weight = minitorch.zeros(3, 2, requires_grad=True)
    out = minitorch.nn.functional.embedding(minitorch.tensor([0, 1]), weight, padding_idx=0)
    out.backward(minitorch.tensor([[float("nan"), 1.0], [2.0, 3.0]]))
    assert weight.grad.tolist() == [[0.0, 0.0], [2.0, 3.0], [0.0, 0.0]]


# ------------------------------------------------------------------------------- large inputs


def batch_norm(F: Any, x: Any) -> Any:
    return F.batch_norm(x, None, None, training=True)


# Of sizes for which kernels take all threads, and odd ones: no strip or vector is full to the end.
LARGE: dict[str, tuple[Callable[[Any, Any], Any], tuple[int, ...]]] = {
    "batch_norm of a matrix": (batch_norm, (64, 521)),
    "batch_norm of small planes": (batch_norm, (64, 33, 5, 5)),
    "batch_norm of planes": (batch_norm, (8, 11, 21, 21)),
    "layer_norm": (lambda F, x: F.layer_norm(x, x.shape[1:]), (101, 401)),
    "group_norm": (lambda F, x: F.group_norm(x, 3), (9, 6, 31, 31)),
    "batch_norm of a matrix, weighted": (
        lambda F, x: F.batch_norm(x, None, None, x[0], x[1], training=True),
        (64, 521),
    ),
    "batch_norm of planes, weighted": (
        lambda F, x: F.batch_norm(x, None, None, x[0, :, 0, 0], x[1, :, 0, 0], training=True),
        (2, 71, 16, 17),
    ),
    "layer_norm, weighted": (lambda F, x: F.layer_norm(x, x.shape[1:], x[0], x[1]), (101, 401)),
    "group_norm, weighted": (
        lambda F, x: F.group_norm(x, 3, x[0, :, 0, 0], x[1, :, 0, 0]),
        (2, 66, 16, 17),
    ),
    "softmax": (lambda F, x: F.softmax(x, -1), (101, 401)),
    "gelu": (lambda F, x: F.gelu(x * 4), (101, 401)),
    "softmax of columns": (lambda F, x: F.softmax(x, 1), (4, 11, 27, 29)),
    "log_softmax of columns": (lambda F, x: F.log_softmax(x, 1), (4, 11, 27, 29)),
    "max_pool2d": (lambda F, x: F.max_pool2d(x, 2), (9, 6, 31, 33)),
    "smooth_l1_loss": (lambda F, x: F.smooth_l1_loss(x, x.detach().flip(0)), (101, 401)),
    "cross_entropy": (lambda F, x: F.cross_entropy(x, x.detach().argmin(1)), (101, 401)),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_inputs_on_two_threads(name: str) -> None:
    function, shape = LARGE[name]
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(2)
    try:
        results = []
        for lib in LIBRARIES:
            x = lib.tensor(values(*shape), requires_grad=True)
            out = function(lib.nn.functional, x)
            out.backward(lib.tensor(values(*out.shape, seed=1)))
            results.append((out, x.grad))
        for ours, theirs in zip(*results, strict=True):
            assert_same(ours, theirs)
    finally:
        minitorch.set_num_threads(before)


def test_max_pool_of_squares_takes_the_last_nan_and_the_first_of_equals() -> None:
    x = values(3, 9, 11)
    x[values(3, 9, 11, seed=1) > 1] = np.nan
    x[values(3, 9, 11, seed=2) > 0] = 1
    ours, theirs = [
        lib.nn.functional.max_pool2d(lib.from_numpy(x), 2, return_indices=True) for lib in LIBRARIES
    ]
    assert_same(ours[0], theirs[0])
    assert_same(ours[1], theirs[1])
