"""How ``linear_cross_entropy`` may save memory.

Mirrors torch/nn/modules/linear_cross_entropy_options.py. minitorch checks the options and computes
the loss without them: all logits at once, which is the same but for rounding.
"""

from __future__ import annotations

import dataclasses

from minitorch import dtypes

__all__ = ["LinearCrossEntropyOptions"]

_ACC_POLICIES = ("auto", "accurate", "balanced", "compact")
_ACC_DTYPES = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)


@dataclasses.dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """Options of torch's version that computes the logits of some rows at a time.

    Args:
        allow_retain_graph: keep what a second backward needs.
        batch_chunk_size: how many rows at a time; None for all, unless the next one says.
        chunking_method: ``"auto"``, ``"aspect_ratio"`` (as many rows as make the logits as large as
            the input), ``"aspect_ratio:N"`` (an Nth of them), or None.
        acc_policy: which intermediate results are wider than the input.
        acc_dtype: how wide.
    Raises:
        ValueError: an option has none of these values.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: dtypes.dtype | None = None

    def __post_init__(self) -> None:
        if self.acc_policy not in _ACC_POLICIES:
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        if self.chunking_method not in (None, "auto"):
            name, colon, factor = self.chunking_method.partition(":")
            is_positive = not colon or (factor.isdigit() and int(factor) > 0)
            if name != "aspect_ratio" or not is_positive:
                raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype is not None and self.acc_dtype not in _ACC_DTYPES:
            raise ValueError(
                "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, "
                f"torch.float64}}, got {self.acc_dtype!r}. Pass acc_dtype=None to let the op pick "
                "automatically."
            )
