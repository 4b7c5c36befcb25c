"""Window functions, of both kinds, against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

PERIODIC = ["hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window"]
WINDOWS: list[tuple[str, dict[str, Any]]] = [
    ("bartlett", {}),
    ("blackman", {}),
    ("cosine", {}),
    ("exponential", {"tau": 2.5}),
    ("exponential", {"sym": False, "center": 1.0}),
    ("gaussian", {"std": 1.5}),
    ("general_cosine", {"a": [0.46, 0.23, 0.31]}),
    ("general_hamming", {"alpha": 0.6}),
    ("hamming", {}),
    ("hann", {}),
    ("kaiser", {"beta": 7.0}),
    ("kaiser", {}),
    ("nuttall", {}),
]


@pytest.mark.parametrize("name", PERIODIC)
@pytest.mark.parametrize("length", [0, 1, 2, 3, 8, 31])
@pytest.mark.parametrize("periodic", [True, False])
def test_periodic_windows(name: str, length: int, periodic: bool) -> None:
    for dtype in ("float32", "float64"):
        assert_same(
            lambda torch, dtype=dtype: getattr(torch, name)(
                length, periodic, dtype=getattr(torch, dtype)
            ),
            exact=False,
        )


@pytest.mark.parametrize("name", PERIODIC)
def test_half_precision_rounds_at_every_step(name: str) -> None:
    if name == "kaiser_window":
        pytest.skip("one kernel in torch, computed in half precision")
    assert_same(lambda torch: getattr(torch, name)(9, dtype=torch.float16), exact=False)


@pytest.mark.parametrize("name", PERIODIC)
def test_periodic_windows_refuse(name: str) -> None:
    assert_raises_alike(lambda torch: getattr(torch, name)(-1))
    assert_raises_alike(lambda torch: getattr(torch, name)(4, dtype=torch.int64), words=False)
    assert_raises_alike(lambda torch: getattr(torch, name)(4, layout=torch.sparse_coo), words=False)


def test_parameters() -> None:
    assert_same(lambda torch: torch.hamming_window(7, True, 0.6, 0.3), exact=False)
    assert_same(lambda torch: torch.kaiser_window(7, False, 3.0), exact=False)
    assert_same(lambda torch: torch.hann_window(4, requires_grad=True), exact=False)


@pytest.mark.parametrize(("name", "arguments"), WINDOWS)
@pytest.mark.parametrize("M", [0, 1, 2, 5, 10])
@pytest.mark.parametrize("sym", [True, False])
def test_windows(name: str, arguments: dict[str, Any], M: int, sym: bool) -> None:
    for dtype in ("float32", "float64"):

        def call(torch: Any, dtype: str = dtype) -> Any:
            options = {"sym": sym, "dtype": getattr(torch, dtype), **arguments}
            return getattr(torch.signal.windows, name)(M, **options)

        assert_same(call, exact=False)


@pytest.mark.parametrize(("name", "arguments"), WINDOWS)
def test_windows_have_a_history(name: str, arguments: dict[str, Any]) -> None:
    windows = [
        getattr(library.signal.windows, name)(6, requires_grad=True, **arguments)
        for library in (minitorch, torch)
    ]
    ours, theirs = [w.grad_fn.name() for w in windows]
    assert ours == theirs


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("hann", {"M": -1}),
        ("hann", {"M": 3, "dtype": "float16"}),
        ("hann", {"M": 3, "dtype": "int64"}),
        ("hann", {"M": 3, "layout": "sparse_coo"}),
        ("exponential", {"M": 3, "tau": 0}),
        ("exponential", {"M": 3, "center": 1.0}),
        ("gaussian", {"M": 3, "std": -1.0}),
        ("kaiser", {"M": 3, "beta": -1.0}),
        ("general_cosine", {"M": 3, "a": []}),
        ("general_cosine", {"M": 3, "a": 1}),
    ],
)
def test_windows_refuse(name: str, arguments: dict[str, Any]) -> None:
    def call(torch: Any) -> Any:
        named = {
            key: getattr(torch, value) if isinstance(value, str) else value
            for key, value in arguments.items()
        }
        return getattr(torch.signal.windows, name)(**named)

    assert_raises_alike(call)
