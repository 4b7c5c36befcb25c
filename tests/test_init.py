"""``nn.init``: the same seed gives torch's values, bit for bit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

SHAPES = [(3, 5), (17, 13), (40, 30), (4, 6, 3), (2, 4, 3, 5), (5, 4), (2, 3, 2, 2, 3)]

INITIALIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "uniform": lambda init, t: init.uniform_(t),
    "uniform-range": lambda init, t: init.uniform_(t, -0.3, 0.7),
    "normal": lambda init, t: init.normal_(t),
    "normal-scaled": lambda init, t: init.normal_(t, 2.0, 0.1),
    "trunc_normal": lambda init, t: init.trunc_normal_(t),
    "trunc_normal-small": lambda init, t: init.trunc_normal_(t, std=0.02),
    "trunc_normal-one-side": lambda init, t: init.trunc_normal_(t, 0.5, 1.0, 0.0, 3.0),
    "trunc_normal-narrow": lambda init, t: init.trunc_normal_(t, 0.0, 1.0, 0.1, 0.3),
    "trunc_normal-tail": lambda init, t: init.trunc_normal_(t, 0.0, 1.0, 1.5, 2.5),
    "constant": lambda init, t: init.constant_(t, 0.3),
    "ones": lambda init, t: init.ones_(t),
    "zeros": lambda init, t: init.zeros_(t),
    "xavier_uniform": lambda init, t: init.xavier_uniform_(t, gain=1.5),
    "xavier_normal": lambda init, t: init.xavier_normal_(t),
    "kaiming_uniform": lambda init, t: init.kaiming_uniform_(t, a=0.2),
    "kaiming_uniform-relu": lambda init, t: init.kaiming_uniform_(
        t, mode="fan_out", nonlinearity="relu"
    ),
    "kaiming_normal": lambda init, t: init.kaiming_normal_(t),
    "kaiming_normal-tanh": lambda init, t: init.kaiming_normal_(
        t, mode="fan_out", nonlinearity="tanh"
    ),
}

FOR_MATRICES: dict[str, Callable[[Any, Any], Any]] = {
    "eye": lambda init, t: init.eye_(t),
    "sparse": lambda init, t: init.sparse_(t, 0.3),
    "sparse-std": lambda init, t: init.sparse_(t, 0.5, std=2.0),
}

FOR_CONVOLUTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "dirac": lambda init, t: init.dirac_(t),
    "dirac-groups": lambda init, t: init.dirac_(t, groups=2),
}

ROWS = [
    *[(name, shape) for name in INITIALIZERS for shape in SHAPES],
    *[(name, shape) for name in FOR_MATRICES for shape in SHAPES if len(shape) == 2],
    *[(name, shape) for name in FOR_CONVOLUTIONS for shape in SHAPES if len(shape) > 2],
]
ALL = INITIALIZERS | FOR_MATRICES | FOR_CONVOLUTIONS


def outcome(library: Any, act: Callable[[Any, Any], Any], shape: Any, dtype: str) -> Any:
    """The values, what follows in the random stream, and warnings; or the error."""
    library.manual_seed(7)
    tensor = library.empty(*shape, dtype=getattr(library, dtype)).requires_grad_()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = act(library.nn.init, tensor)
        except Exception as error:
            return type(error).__name__, str(error)
    assert result is tensor and tensor.requires_grad and tensor.is_leaf
    after = library.rand(3).tolist()
    return tensor.detach().numpy().copy(), after, [str(w.message) for w in caught]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "shape"), ROWS, ids=[f"{n}-{'x'.join(map(str, s))}" for n, s in ROWS]
)
def test_bit_equal(name: str, shape: tuple[int, ...], dtype: str) -> None:
    ours, theirs = (outcome(t, ALL[name], shape, dtype) for t in (minitorch, torch))
    if isinstance(theirs[0], str):  # dirac_ where the groups do not divide the channels
        assert ours == theirs
        return
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert ours[1:] == theirs[1:]


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (4, 3, 2)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    act = lambda init, t: init.orthogonal_(t, gain=1.5)  # noqa: E731
    ours, theirs = (outcome(t, act, shape, "float64") for t in (minitorch, torch))
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=1e-13)  # LAPACK's QR rounds freely
    assert ours[1:] == theirs[1:]


def test_generator() -> None:
    values = []
    for library in minitorch, torch:
        generator = library.Generator().manual_seed(3)
        for act in (
            library.nn.init.uniform_,
            library.nn.init.normal_,
            library.nn.init.trunc_normal_,
            library.nn.init.xavier_uniform_,
            library.nn.init.xavier_normal_,
            library.nn.init.kaiming_uniform_,
            library.nn.init.kaiming_normal_,
        ):
            values.append(act(library.empty(4, 5), generator=generator).tolist())
    assert values[: len(values) // 2] == values[len(values) // 2 :]


@pytest.mark.parametrize(
    ("nonlinearity", "param"),
    [
        ("linear", None),
        ("conv2d", None),
        ("conv_transpose3d", None),
        ("sigmoid", None),
        ("tanh", None),
        ("relu", None),
        ("leaky_relu", None),
        ("leaky_relu", 0.3),
        ("leaky_relu", 1),
        ("selu", None),
    ],
)
def test_calculate_gain(nonlinearity: str, param: Any) -> None:
    gains = [t.nn.init.calculate_gain(nonlinearity, param) for t in (minitorch, torch)]
    assert gains[0] == gains[1]


BAD = {
    "gain": lambda init, t: init.calculate_gain("linearity"),
    "slope": lambda init, t: init.calculate_gain("leaky_relu", True),
    "mode": lambda init, t: init.kaiming_uniform_(t, mode="fan_up"),
    "dirac": lambda init, t: init.dirac_(t),
}
BAD_1D = {
    "xavier": lambda init, t: init.xavier_uniform_(t),
    "kaiming": lambda init, t: init.kaiming_normal_(t),
    "eye": lambda init, t: init.eye_(t),
    "dirac": lambda init, t: init.dirac_(t),
    "orthogonal": lambda init, t: init.orthogonal_(t),
    "sparse": lambda init, t: init.sparse_(t, 0.1),
}


@pytest.mark.parametrize("name", BAD)
def test_errors(name: str) -> None:
    ours, theirs = (outcome(t, BAD[name], (3, 4), "float32") for t in (minitorch, torch))
    assert ours == theirs and isinstance(ours[0], str)


@pytest.mark.parametrize("name", BAD_1D)
def test_errors_of_one_dimension(name: str) -> None:
    ours, theirs = (outcome(t, BAD_1D[name], (3,), "float32") for t in (minitorch, torch))
    assert ours == theirs and isinstance(ours[0], str)


def test_warnings() -> None:
    empty = lambda init, t: init.kaiming_uniform_(t)  # noqa: E731
    far = lambda init, t: init.trunc_normal_(t, mean=5.0)  # noqa: E731
    for act, shape in ((empty, (0, 3)), (far, (2, 3))):
        ours, theirs = (outcome(t, act, shape, "float32") for t in (minitorch, torch))
        assert ours[1:] == theirs[1:] and ours[2]
        np.testing.assert_array_equal(ours[0], theirs[0])
