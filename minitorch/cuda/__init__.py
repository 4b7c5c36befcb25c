"""``cuda`` as a build of torch without CUDA has it: there are no devices.

What asks about devices answers so, what only seeds or tidies up does nothing, and what needs a
device raises torch's error.

Mirrors torch/cuda/__init__.py, torch/cuda/memory.py and torch/cuda/random.py.
"""

from __future__ import annotations

from typing import Any, NoReturn

from minitorch._tensor_types import CudaBFloat16Tensor as BFloat16Tensor
from minitorch._tensor_types import CudaBoolTensor as BoolTensor
from minitorch._tensor_types import CudaByteTensor as ByteTensor
from minitorch._tensor_types import CudaCharTensor as CharTensor
from minitorch._tensor_types import CudaDoubleTensor as DoubleTensor
from minitorch._tensor_types import CudaFloatTensor as FloatTensor
from minitorch._tensor_types import CudaHalfTensor as HalfTensor
from minitorch._tensor_types import CudaIntTensor as IntTensor
from minitorch._tensor_types import CudaLongTensor as LongTensor
from minitorch._tensor_types import CudaShortTensor as ShortTensor
from minitorch.cuda import amp as amp

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "Event",
    "OutOfMemoryError",
    "Stream",
    "amp",
]


def is_available() -> bool:
    """Whether there is a device: no."""
    return False


is_initialized = is_available


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the device computes in bfloat16: there is none."""
    return False


def device_count() -> int:
    """How many devices there are: 0."""
    return 0


def get_arch_list() -> list[str]:
    """The kinds of devices that this build has code for: none."""
    return []


def get_rng_state_all() -> list[Any]:
    """The states of the devices' generators: none."""
    return []


# --------------------------------------------------------------------------- nothing to do


def manual_seed(seed: int) -> None:
    """Seed the device's generator, if there is one."""


manual_seed_all = manual_seed


def seed() -> None:
    """Seed the device's generator anew, if there is one."""


seed_all = seed


def set_rng_state_all(new_states: Any) -> None:
    """Set the states of all devices' generators."""


def empty_cache() -> None:
    """Give unused memory of the device back."""


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors take on the device: 0."""
    return 0


memory_reserved = max_memory_allocated = max_memory_reserved = memory_allocated


# --------------------------------------------------------------------------- impossible here


def _needs_device(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise torch's error.

    Raises:
        AssertionError: always.
    """
    raise AssertionError("Torch not compiled with CUDA enabled")


init = synchronize = ipc_collect = set_device = current_device = _needs_device
get_device_name = get_device_properties = get_device_capability = _needs_device
mem_get_info = memory_stats = memory_summary = reset_peak_memory_stats = _needs_device
initial_seed = get_rng_state = set_rng_state = _needs_device
current_stream = default_stream = stream = _needs_device


class device:
    """A block that would run on that device."""

    def __init__(self, device: Any) -> None:
        self.idx = device

    def __enter__(self) -> NoReturn:
        raise RuntimeError("PyTorch was compiled without CUDA support")

    def __exit__(self, *exc_info: Any) -> None:
        pass


class Stream:
    """A queue of a device's work."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class Event:
    """A mark in a queue of a device's work."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Tried to instantiate dummy base class Event")


class OutOfMemoryError(RuntimeError):
    """What scripts catch when a device's memory is full."""
