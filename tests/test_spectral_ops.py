"""Fourier transforms: arguments, dtypes, errors, and that they undo each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, run
from tests.test_ops import to_torch

rng = np.random.default_rng(3)
REAL = rng.normal(size=(3, 4, 5))
COMPLEX = REAL + 1j * rng.normal(size=(3, 4, 5))
TO_COMPLEX = ("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn")
FROM_REAL = ("rfft", "ihfft", "rfft2", "ihfft2", "rfftn", "ihfftn")
TO_REAL = ("irfft", "hfft", "irfft2", "hfft2", "irfftn", "hfftn")
ALL = (*TO_COMPLEX, *FROM_REAL, *TO_REAL)


def assert_alike(call: Any) -> None:
    """The same values and dtype; transforms may leave their results in another memory order."""
    theirs, ours = run(call, torch), run(call, minitorch)
    assert not isinstance(theirs, Exception), f"torch raises {theirs!r}"
    if isinstance(ours, Exception):
        raise AssertionError(f"torch gives {theirs!r}") from ours
    torch.testing.assert_close(to_torch(ours), theirs.resolve_conj().detach())


def tensor(library: Any, array: Any, dtype: str = "") -> Any:
    return library.from_numpy(array.astype(dtype) if dtype else array.copy())


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float32", "float64"])
def test_integers_become_floats(name: str, dtype: str) -> None:
    assert_alike(lambda torch: getattr(torch.fft, name)(tensor(torch, abs(3 * REAL), dtype)))


@pytest.mark.parametrize("name", (*TO_COMPLEX, *TO_REAL))
def test_complex64_stays_single_precision(name: str) -> None:
    assert_alike(lambda torch: getattr(torch.fft, name)(tensor(torch, COMPLEX, "complex64")))


@pytest.mark.parametrize("name", ALL)
def test_half_is_refused(name: str) -> None:
    assert_raises_alike(lambda torch: getattr(torch.fft, name)(tensor(torch, REAL, "float16")))


@pytest.mark.parametrize("name", FROM_REAL)
def test_complex_input_of_a_real_transform(name: str) -> None:
    assert_raises_alike(lambda torch: getattr(torch.fft, name)(tensor(torch, COMPLEX)))


@pytest.mark.parametrize("name", [name for name in ALL if name[-1] == "t"])
@pytest.mark.parametrize(
    "arguments",
    [{"n": 0}, {"n": -2}, {"dim": 3}, {"dim": -4}, {"norm": "orthogonal"}, {"norm": ""}],
    ids=str,
)
def test_bad_arguments_of_one_dimension(name: str, arguments: dict[str, Any]) -> None:
    assert_raises_alike(lambda torch: getattr(torch.fft, name)(tensor(torch, REAL), **arguments))


@pytest.mark.parametrize("name", [name for name in ALL if name[-1] == "n"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"s": (1, 2, 3, 4)},
        {"s": (2,), "dim": (0, 1)},
        {"s": (0, 2)},
        {"s": (2, -3)},
        {"dim": (0, 0)},
        {"dim": (0, 3)},
        {"norm": "none"},
    ],
    ids=str,
)
def test_bad_arguments_of_several_dimensions(name: str, arguments: dict[str, Any]) -> None:
    assert_raises_alike(lambda torch: getattr(torch.fft, name)(tensor(torch, REAL), **arguments))


@pytest.mark.parametrize("name", ALL)
def test_a_tensor_without_dimensions(name: str) -> None:
    def call(torch: Any) -> Any:
        return getattr(torch.fft, name)(torch.tensor(1.0))

    theirs = run(call, torch)
    assert_raises_alike(call) if isinstance(theirs, Exception) else assert_alike(call)


@pytest.mark.parametrize("name", ALL)
def test_no_signals_and_empty_signals(name: str) -> None:
    # Of no signals torch's MKL says "Inconsistent configuration parameters".
    dim = -1 if name[-1] == "t" else (1, 2)
    assert getattr(minitorch.fft, name)(minitorch.zeros(0, 4, 5), dim=dim).shape[:2] == (0, 4)
    assert_raises_alike(lambda torch: getattr(torch.fft, name)(torch.zeros(3, 4, 0)))


@pytest.mark.parametrize("name", ("fftn", "ifftn", "rfftn", "irfftn", "hfftn", "ihfftn"))
def test_no_dimensions_to_transform(name: str) -> None:
    def call(torch: Any) -> Any:
        return getattr(torch.fft, name)(tensor(torch, REAL), dim=())

    theirs = run(call, torch)
    assert_raises_alike(call) if isinstance(theirs, Exception) else assert_alike(call)


@pytest.mark.parametrize("name", ALL)
def test_strided_input(name: str) -> None:
    assert_alike(lambda torch: getattr(torch.fft, name)(tensor(torch, REAL).permute(2, 0, 1)[::2]))


@pytest.mark.parametrize("name", ("fft", "rfft", "irfft", "fftn"))
def test_out(name: str) -> None:
    def call(torch: Any) -> Any:
        result = getattr(torch.fft, name)(tensor(torch, REAL))
        out = torch.empty(0, dtype=result.dtype)
        assert getattr(torch.fft, name)(tensor(torch, REAL), out=out) is out
        return out

    assert_alike(call)


def test_names_of_nodes() -> None:
    def names(torch: Any) -> list[str]:
        x = tensor(torch, REAL).requires_grad_()
        z = tensor(torch, COMPLEX).requires_grad_()
        results = [getattr(torch.fft, name)(x) for name in ALL]
        results += [getattr(torch.fft, name)(z) for name in (*TO_COMPLEX, *TO_REAL)]
        return [r.grad_fn.name() for r in results]

    assert names(minitorch) == names(torch)


@pytest.mark.parametrize(
    ("there", "back"),
    [("fft", "ifft"), ("rfft", "irfft"), ("ihfft", "hfft"), ("fftn", "ifftn"), ("rfft2", "irfft2")],
)
@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
def test_inverse(there: str, back: str, norm: str) -> None:
    x = minitorch.from_numpy(REAL[..., :4].copy())
    spectrum = getattr(minitorch.fft, there)(x, norm=norm)
    again = getattr(minitorch.fft, back)(spectrum, norm=norm)
    np.testing.assert_allclose(again._array.real, x._array, atol=1e-12)


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
@pytest.mark.parametrize("n", [1, 4, 5])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_frequencies(name: str, n: int, dtype: str) -> None:
    assert_alike(lambda torch: getattr(torch.fft, name)(n, 0.3, dtype=getattr(torch, dtype)))


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
def test_frequencies_are_no_integers(name: str) -> None:
    assert_alike(lambda torch: getattr(torch.fft, name)(6))
    assert_raises_alike(lambda torch: getattr(torch.fft, name)(6, dtype=torch.int64))
    assert_raises_alike(lambda torch: getattr(torch.fft, name)(-4), words=False)


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
def test_shifts(name: str) -> None:
    for dim in (None, 0, -1, (0, 2)):
        assert_alike(lambda torch, dim=dim: getattr(torch.fft, name)(tensor(torch, REAL), dim=dim))
    assert_raises_alike(lambda torch: getattr(torch.fft, name)(tensor(torch, REAL), dim=3))


# --------------------------------------------------------------------------- stft

SIGNAL = rng.normal(size=40)
SPECTRUM = rng.normal(size=(5, 6)) + 1j * rng.normal(size=(5, 6))


@pytest.mark.parametrize(
    "arguments",
    [
        {"n_fft": 8},  # return_complex is missing
        {"n_fft": 80, "center": False, "return_complex": True},
        {"n_fft": 8, "hop_length": 0, "return_complex": True},
        {"n_fft": 8, "win_length": 9, "return_complex": True},
        {"n_fft": 8, "align_to_window": True, "return_complex": True},
        {"n_fft": 200, "return_complex": True},
        {"n_fft": 8, "pad_mode": "no such mode", "return_complex": True},
    ],
    ids=str,
)
def test_stft_refuses(arguments: dict[str, Any]) -> None:
    assert_raises_alike(lambda torch: torch.stft(tensor(torch, SIGNAL), **arguments), words=False)


def test_stft_refuses_tensors() -> None:
    def call(array: Any, window: int | None = 8, **kwargs: Any) -> Any:
        return lambda torch: torch.stft(
            tensor(torch, array), 8, window=torch.ones(window), return_complex=True, **kwargs
        )

    assert_raises_alike(call(SIGNAL.reshape(1, 1, 40)))
    assert_raises_alike(call(SIGNAL.astype("int64")))
    assert_raises_alike(call(SIGNAL, 7))
    assert_raises_alike(call(SIGNAL.astype("complex64"), onesided=True))


@pytest.mark.parametrize("dtype", ["float32", "complex64", "float64"])
@pytest.mark.parametrize("center", [True, False])
def test_stft_of_dtypes(dtype: str, center: bool) -> None:
    def call(torch: Any) -> Any:
        x = tensor(torch, SIGNAL, dtype)
        return torch.stft(x, 8, 3, window=torch.hann_window(8), center=center, return_complex=True)

    assert_alike(call)


def test_stft_as_pairs_of_real_numbers() -> None:
    assert_alike(
        lambda torch: torch.stft(
            tensor(torch, SIGNAL), 8, window=torch.hann_window(8), return_complex=False
        )
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"n_fft": 8, "win_length": 9},
        {"n_fft": 8, "hop_length": 9},
        {"n_fft": 8, "hop_length": 0},
        {"n_fft": 7},
        {"n_fft": 8, "onesided": False},
        {"n_fft": 5, "onesided": True},
        {"n_fft": 8, "return_complex": True},
    ],
    ids=str,
)
def test_istft_refuses(arguments: dict[str, Any]) -> None:
    assert_raises_alike(
        lambda torch: torch.istft(tensor(torch, SPECTRUM), **arguments), words=False
    )


def test_istft_refuses_tensors() -> None:
    window = np.hanning(8)
    for array in (SIGNAL, SPECTRUM[0], SPECTRUM[:, :0], SPECTRUM.reshape(1, 1, 5, 6)):
        assert_raises_alike(
            lambda torch, array=array: torch.istft(
                tensor(torch, array), 8, window=tensor(torch, window)
            ),
            words=False,
        )
    assert_raises_alike(
        lambda torch: torch.istft(
            tensor(torch, SPECTRUM), 8, window=tensor(torch, window), center=False
        ),
        words=False,
    )


def test_istft_undoes_stft() -> None:
    x = minitorch.from_numpy(SIGNAL)
    window = minitorch.hann_window(8, dtype=minitorch.float64)
    spectrum = minitorch.stft(x, 8, window=window, return_complex=True)
    again = minitorch.istft(spectrum, 8, window=window)
    np.testing.assert_allclose(again._array, SIGNAL, atol=1e-12)
    assert_alike(
        lambda torch: torch.istft(
            tensor(torch, SPECTRUM), 8, window=tensor(torch, np.hanning(10)[1:-1]), length=50
        )
    )
