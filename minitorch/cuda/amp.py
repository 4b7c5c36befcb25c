"""The older names of mixed precision: ``torch.amp``'s, for CUDA.

Mirrors torch/cuda/amp/__init__.py.
"""

from __future__ import annotations

import warnings
from typing import Any

from minitorch import amp, dtypes

__all__ = ["GradScaler", "autocast"]


def _warn_of_new_name(name: str) -> None:
    warnings.warn(
        f"`torch.cuda.amp.{name}(args...)` is deprecated. Please use "
        f"`torch.amp.{name}('cuda', args...)` instead.",
        FutureWarning,
    )


class autocast(amp.autocast):
    """``torch.amp.autocast("cuda", ...)``."""

    def __init__(
        self,
        enabled: bool = True,
        dtype: dtypes.dtype = dtypes.float16,
        cache_enabled: bool = True,
    ) -> None:
        _warn_of_new_name("autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """``torch.amp.GradScaler("cuda", ...)``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _warn_of_new_name("GradScaler")
        super().__init__("cuda", *args, **kwargs)
