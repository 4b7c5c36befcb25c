"""Memory that is read and memory that is written: which overlaps an operation refuses.

Mirrors aten/src/ATen/MemoryOverlap.cpp. As there, an overlap of tensors with gaps between their
elements is too hard to find out about, and allowed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.storage import data_ptr

_ADVICE = "Please clone() the tensor before performing the operation."


def check_no_overlap(array: Any) -> None:
    """Refuse to write to memory in which several elements share one place (after ``expand``)."""
    if (
        0 in array.strides
        and array.size
        and any([s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True)])
    ):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            f"single memory location. {_ADVICE}"
        )


def check_no_partial_overlap(written: Any, read: Any) -> None:
    """The rule of element-wise operations: each element may be written over the one it is computed
    from, but not over another that is still to be read.
    """
    if _overlap(written, read) == "partial":
        raise _shared_memory()


def check_disjoint(written: Any, read: Any) -> None:
    """The rule of operations that move elements: no place that is read may be written."""
    if _overlap(written, read) != "none":
        raise _shared_memory()


def _shared_memory() -> RuntimeError:
    return RuntimeError(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer "
        f"to a single memory location. {_ADVICE}"
    )


def may_share_storage(a: Any, b: Any) -> bool:
    """Whether one array is a view of the other, or both of a third: cheap enough to ask always."""
    return a is b or a.base is b or b.base is a or (a.base is b.base and a.base is not None)


def _overlap(a: Any, b: Any) -> str:
    """``"none"`` (as far as one can easily see), ``"partial"`` or ``"full"``."""
    if a is b:
        return "full"
    if not np.may_share_memory(a, b) or not (_is_dense(a) and _is_dense(b)):
        return "none"
    same_place = data_ptr(a) == data_ptr(b) and a.nbytes == b.nbytes
    return "full" if same_place and a.strides == b.strides else "partial"


def _is_dense(array: Any) -> bool:
    """Whether the elements fill their memory without gaps, in whatever order."""
    expected = array.itemsize
    for stride, n in sorted(zip(array.strides, array.shape, strict=True)):
        if n > 1:
            if stride != expected:
                return False
            expected *= n
    return True
