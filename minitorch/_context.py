"""The process-wide switches of torch that a CPU without choices has only to remember.

Results here are deterministic, products are in full precision and tensors are on the CPU,
whichever way these are set; scripts set them, and ask for what they have set.

Mirrors aten/src/ATen/Context.h, and torch/__init__.py where they are public.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from minitorch._device import check_device, device

_DEBUG_MODES = ("default", "warn", "error")
_PRECISIONS = ("highest", "high", "medium")

_deterministic_debug_mode = 0
_float32_matmul_precision = "highest"
_warn_always = False
_num_interop_threads = 1

# What tells the processor: native/cpu/denormals.py puts it here.
flush_denormal: Callable[[bool], bool] | None = None


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for operations whose results do not change from run to run: here, all are so."""
    set_deterministic_debug_mode((1 if warn_only else 2) if mode else 0)


def are_deterministic_algorithms_enabled() -> bool:
    """Whether deterministic operations were asked for."""
    return _deterministic_debug_mode != 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether others were to warn, not to fail."""
    return _deterministic_debug_mode == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """0 or "default", 1 or "warn", 2 or "error".

    >>> set_deterministic_debug_mode("warn")
    >>> get_deterministic_debug_mode()
    1
    >>> set_deterministic_debug_mode(0)

    Raises:
        RuntimeError: another value.
    """
    global _deterministic_debug_mode
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if debug_mode in _DEBUG_MODES:
        debug_mode = _DEBUG_MODES.index(str(debug_mode))
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(
            "invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got "
            f"{debug_mode}"
        )
    _deterministic_debug_mode = int(debug_mode)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: as it was set."""
    return _deterministic_debug_mode


def set_float32_matmul_precision(precision: str) -> None:
    """Allow products of float32 matrices in fewer bits: they stay in full precision here."""
    global _float32_matmul_precision
    if precision not in _PRECISIONS:
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current"
            "setFloat32MatmulPrecision call has no effect."
        )
    else:
        _float32_matmul_precision = precision


def get_float32_matmul_precision() -> str:
    """What was set: "highest", "high" or "medium"."""
    return _float32_matmul_precision


def set_flush_denormal(mode: bool) -> bool:
    """Let numbers near zero, below 1.2e-38 for float32, become zero, or no longer.

    This holds for the calling thread, those that its operations are split over, and those that it
    starts later. Recurrent layers do so in their backward, always (native/cpu/denormals.py).

    Returns:
        Whether it does: on processors of the x86 family, unless tuned kernels are switched off.
    """
    return False if flush_denormal is None else flush_denormal(mode)


def set_warn_always(b: bool, /) -> None:
    """Ask for warnings every time, not once."""
    global _warn_always
    _warn_always = b


def is_warn_always_enabled() -> bool:
    """Whether ``set_warn_always`` was asked for."""
    return _warn_always


def set_num_interop_threads(num_threads: int, /) -> None:
    """Set how many operations may run at once: one does, here."""
    global _num_interop_threads
    if num_threads <= 0:
        raise RuntimeError("expected positive number of threads")
    _num_interop_threads = num_threads


def get_num_interop_threads() -> int:
    """What was set; 1 from the start."""
    return _num_interop_threads


def get_default_device() -> device:
    """Where new tensors are put: on the CPU."""
    return device("cpu")


def set_default_device(device: Any) -> None:
    """Say where new tensors are put; None is the CPU.

    Raises:
        AssertionError, RuntimeError: not the CPU.
    """
    check_device(device)


def get_device(input: Any) -> int:
    """The index of the CUDA device that a tensor is on: -1 for the CPU."""
    return input.get_device()
