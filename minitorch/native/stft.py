"""The short-time Fourier transform: the spectrum of a signal as it changes with time.

Mirrors ``stft`` and ``istft`` of aten/src/ATen/native/SpectralOps.cpp, and torch/functional.py. The
signal is cut into overlapping frames, each is faded in and out by a window, and each is
transformed. The inverse adds the frames up again and divides by the sum of the squared windows.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch.autograd.variable import Variable
from minitorch.native.complex_ops import is_complex, view_as_real
from minitorch.native.factories import ones
from minitorch.native.fourier_transforms import FftC2C, FftC2R, FftR2C
from minitorch.native.padding import pad
from minitorch.native.splitting import narrow
from minitorch.native.strided_views import UnfoldBackward, unfold
from minitorch.native.views import expand, squeeze, transpose, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class _Call:
    """The arguments of a call, as torch prints them in front of what is wrong with them."""

    def __init__(self, name: str, input: Tensor, **arguments: Any) -> None:
        self.name, self.input, self.arguments = name, input, arguments

    def check(self, condition: bool, complaint: str) -> None:
        if not condition:
            raise RuntimeError(f"{self} {complaint}")

    def __str__(self) -> str:
        arguments = [f"{name}={_as_text(value)}" for name, value in self.arguments.items()]
        return f"{self.name}({', '.join([_type_and_shape(self.input), *arguments])})"


def _as_text(value: Any) -> str:
    if isinstance(value, Variable):
        return _type_and_shape(value, "{", "}")
    return str(int(value) if isinstance(value, bool) else value)


def _type_and_shape(tensor: Any, left: str = "", right: str = "") -> str:
    name = dtypes.from_numpy(tensor._array.dtype).c10_name
    return f"torch.{name}Tensor{left}{list(tensor._array.shape)}{right}"


def _centred(window: Tensor, n_fft: int) -> Tensor:
    """A window with as many zeros before it as after it, so that it fits a frame."""
    missing = n_fft - window._array.shape[0]
    return pad(window, (missing // 2, missing - missing // 2)) if missing else window


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """out[k, t] = sum over j of window[j] * input[t * hop_length + j] * exp(-2 pi i j k / n_fft).

    Args:
        n_fft: the number of points of a frame.
        hop_length: from the start of one frame to that of the next; ``n_fft // 4`` by default.
        win_length: the number of points of the window, which lies in the middle of a frame.
        center: pad the signal by ``pad_mode`` so that frame t has its middle at t * hop_length.
        normalized: divide by sqrt(n_fft).
        onesided: keep n_fft // 2 + 1 frequencies, as the default for real signals is.
        return_complex: False, torch's older form, gives real and imaginary parts as a last
            dimension of size 2. It must be given for real signals.
        align_to_window: without ``center``, count frames by the window, not by ``n_fft``.

    Shape: (B?, L) -> (B?, N, T): N frequencies, T frames.
    """
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    ndim = input._array.ndim
    signal = input
    if center:
        shape = input._array.shape
        signal = pad(input.view((1,) * (3 - ndim) + shape), [n_fft // 2, n_fft // 2], pad_mode)
        signal = signal.view(signal.shape[-ndim:] if ndim else signal.shape)
    hop_length = n_fft >> 2 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    if window is None:
        _warn_of_rectangular_window("stft")
    complex_result = is_complex(input) or (window is not None and is_complex(window))
    if not complex_result and return_complex is None:
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs, and will further "
            "require that return_complex=True in a future PyTorch release."
        )
    call = _Call(
        "stft",
        signal,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        normalized=normalized,
        onesided=onesided,
        return_complex=return_complex,
        align_to_window=align_to_window,
    )
    length = signal._array.shape[-1] if ndim else 0
    call.check(
        dtypes.from_numpy(input._array.dtype).category >= dtypes.FLOATING,
        ": expected a tensor of floating point or complex values",
    )
    if dtypes.is_half(input._array.dtype):
        name = dtypes.from_numpy(input._array.dtype).c10_name
        raise RuntimeError(f"MKL FFT doesn't support tensors of type: {name}")
    call.check(1 <= ndim <= 2, ": expected a 1D or 2D tensor")
    call.check(0 < n_fft <= length, f": expected 0 < n_fft < {length}, but got n_fft={n_fft}")
    call.check(hop_length > 0, f": expected hop_length > 0, but got hop_length={hop_length}")
    call.check(
        0 < win_length <= n_fft,
        f": expected 0 < win_length <= n_fft, but got win_length={win_length}",
    )
    if window is not None:
        call.check(
            window._array.shape == (win_length,),
            f": expected a 1D window tensor of size equal to win_length={win_length}, but got "
            f"window with size {list(window._array.shape)}",
        )
    elif win_length < n_fft:
        window = ones(win_length, dtype=input.dtype)
    signal = signal if ndim == 2 else unsqueeze(signal, 0)
    if align_to_window:
        margin = (n_fft - win_length) // 2
        signal = pad(signal, (margin, margin))
    frames = unfold(signal, 1, n_fft, hop_length)  # (B, T, n_fft)
    if align_to_window:
        count = 1 + (length - win_length) // hop_length
        call.check(count <= frames.shape[1], ": the last frame reaches beyond the signal")
        frames = narrow(frames, 1, 0, count)
    if window is not None:
        frames = frames * _centred(window, n_fft)
    scale = "by_root_n" if normalized else "none"
    if is_complex(frames):
        _refuse_one_sided(bool(onesided))
        spectrum = FftC2C.apply(frames, (2,), scale, True)
    else:
        spectrum = FftR2C.apply(frames, (2,), scale, True if onesided is None else onesided)
    spectrum = transpose(spectrum, 1, 2)
    spectrum = spectrum if ndim == 2 else squeeze(spectrum, 0)
    return spectrum if return_complex or return_complex is None else view_as_real(spectrum)


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The signal whose ``stft`` is ``input``, or comes nearest to it in least squares.

    Args:
        length: cut the signal, or pad it with zeros, to this many points.
        return_complex: the signal was complex.

    Shape: (B?, N, T) complex -> (B?, L).

    Raises:
        RuntimeError: some point is seen by no window.
    """
    hop_length = n_fft >> 2 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    if window is None:
        _warn_of_rectangular_window("istft")
    if not is_complex(input):
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True."
        )
    ndim = input._array.ndim
    if ndim < 2:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-ndim - 1}, {ndim}], but got -3)"
        )
    entries, count = input._array.shape[-2:]
    call = _Call(
        "istft",
        input,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        normalized=normalized,
        onesided=onesided,
        length=length,
        return_complex=return_complex,
    )
    call.check(input._array.size > 0, ": input tensor cannot be empty.")
    call.check(ndim <= 3, f": expected a tensor with 3 or 4 dimensions, but got {ndim + 1}")
    onesided = entries != n_fft if onesided is None else onesided
    call.check(
        entries == (n_fft // 2 + 1 if onesided else n_fft),
        ": expected the frequency dimension (3rd to the last) of the input tensor to match "
        f"{'n_fft / 2 + 1' if onesided else 'n_fft'} when onesided={onesided}, but got {entries}",
    )
    call.check(0 < hop_length <= win_length, ": expected 0 < hop_length <= win_length")
    call.check(0 < win_length <= n_fft, ": expected 0 < win_length <= n_fft")
    if window is None:
        window = ones(win_length, dtype=dtypes.from_numpy(input._array.real.dtype))
    call.check(
        window._array.shape == (win_length,),
        ": Invalid window shape. window has to be 1D and length of `win_length`",
    )
    window = _centred(window, n_fft)
    spectrum = transpose(input if ndim == 3 else unsqueeze(input, 0), 1, 2)  # (B, T, N)
    scale = "by_root_n" if normalized else "by_n"
    if return_complex:
        _refuse_one_sided(onesided)
        frames = FftC2C.apply(spectrum, (2,), scale, False)
    else:
        if is_complex(window):
            raise RuntimeError("Complex windows are incompatible with return_complex=False")
        spectrum = narrow(spectrum, 2, 0, n_fft // 2 + 1)
        frames = FftC2R.apply(spectrum, (2,), scale, n_fft)
    total = n_fft + hop_length * (count - 1)
    signal = _overlap_add(frames * window, total, hop_length)
    envelope = _overlap_add(expand(window**2, 1, count, n_fft), total, hop_length)
    start = n_fft // 2 if center else 0
    end = total if not center else -(n_fft // 2)
    end = end if length is None else start + length
    signal, envelope = signal[:, start:end], envelope[:, start:end]
    call.check(bool(abs(envelope._array).min() >= 1e-11), "window overlap add min: 1")
    signal = signal / envelope
    signal = signal if ndim == 3 else squeeze(signal, 0)
    if end > total:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded "
            "with zeros in the tail. Please check your center and hop_length settings.",
            stacklevel=2,
        )
        signal = pad(signal, (0, end - total))
    return signal


def _overlap_add(frames: Tensor, length: int, hop_length: int) -> Tensor:
    """Frames (B, T, n_fft) added up where they came from, to signals (B, length)."""
    batch, _, n_fft = frames.shape
    return UnfoldBackward.apply(frames, (batch, length), 1, n_fft, hop_length)


def _refuse_one_sided(onesided: bool) -> None:
    if onesided:
        raise RuntimeError("Cannot have onesided output if window or input is complex")


def _warn_of_rectangular_window(name: str) -> None:
    warnings.warn(
        f"{name}: a window was not provided. A rectangular window will be applied, which is known "
        "to cause spectral leakage. Other windows such as torch.hann_window or "
        "torch.hamming_window are recommended. To suppress this warning and use a rectangular "
        "window, explicitly set `window=torch.ones(n_fft, device=<device>)`.",
        stacklevel=3,
    )
