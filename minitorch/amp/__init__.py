"""Mixed precision: blocks that would compute in fewer bits, and losses scaled to survive that.

Mirrors torch/amp/__init__.py. Left out: ``custom_fwd`` and ``custom_bwd``.
"""

from minitorch.amp.autocast_mode import (
    autocast,
    get_autocast_dtype,
    is_autocast_available,
    is_autocast_enabled,
)
from minitorch.amp.grad_scaler import GradScaler

__all__ = [
    "GradScaler",
    "autocast",
    "get_autocast_dtype",
    "is_autocast_available",
    "is_autocast_enabled",
]
