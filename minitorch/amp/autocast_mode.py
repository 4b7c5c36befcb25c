"""``autocast``: a block whose products torch computes in half precision.

Mirrors torch/amp/autocast_mode.py. On a machine without CUDA, torch switches ``autocast("cuda")``
off with a warning, and so does this one. ``autocast("cpu")`` is a stand-in: everything is computed
in the tensors' own dtypes, more precisely than asked, and a warning says so once.
"""

from __future__ import annotations

import warnings
from contextlib import ContextDecorator
from typing import Any

from minitorch import dtypes
from minitorch._device import device

_DTYPES = {"cpu": dtypes.bfloat16, "cuda": dtypes.float16}


def is_autocast_available(device_type: str) -> bool:
    """Whether torch has rules of autocasting for that kind of device.

    >>> is_autocast_available("cpu"), is_autocast_available("meta")
    (True, False)
    """
    return device(device_type).type in ("cpu", "cuda", "hpu", "ipu", "maia", "mps", "mtia", "xpu")


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether products are computed in fewer bits than their tensors have: never, here."""
    return False


def get_autocast_dtype(device_type: str) -> dtypes.dtype:
    """The dtype that autocasting on that kind of device would use."""
    return _DTYPES.get(device_type, dtypes.float16)


class autocast(ContextDecorator):
    """A block, or a decorated function, that leaves every dtype as it is.

    >>> import minitorch
    >>> with minitorch.autocast("cpu", enabled=False):
    ...     minitorch.ones(2, 2).matmul(minitorch.ones(2)).dtype
    torch.float32
    """

    def __init__(
        self,
        device_type: str,
        dtype: dtypes.dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if not is_autocast_available(device_type):
            raise RuntimeError(
                f"User specified an unsupported autocast device_type '{device_type}'"
            )
        self.device = device(device_type).type
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        if enabled and self.device == "cuda":
            warnings.warn("CUDA is not available or torch_xla is imported. Disabling autocast.")
        elif enabled and self.device == "cpu":
            warnings.warn("minitorch does not autocast: it computes in the tensors' own dtypes.")

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        pass
