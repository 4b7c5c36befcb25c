"""The two flags that losses took before they took ``reduction``. Mirrors torch/nn/_reduction.py."""

from __future__ import annotations

import warnings


def legacy_get_string(size_average: bool | None, reduce: bool | None) -> str:
    """The ``reduction`` that the flags stand for: each is on unless it is given as False."""
    if reduce is False:
        reduction = "none"
    else:
        reduction = "sum" if size_average is False else "mean"
    warnings.warn(
        "size_average and reduce args will be deprecated, "
        f"please use reduction='{reduction}' instead.",
        stacklevel=2,
    )
    return reduction
