"""Memory that kernels use while they run and nobody reads afterwards.

A fresh array would cost a page fault for every 4 KiB of it, as much as a small convolution takes.

Mirrors c10/core/CPUAllocator.cpp.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

# Larger pieces are not kept.
KEPT_BYTES = 64 << 20

_memory = threading.local()


def scratch(count: int) -> Any:
    """At least ``count`` float32 numbers of any value: valid until this thread asks again."""
    kept = getattr(_memory, "numbers", None)
    if kept is not None and len(kept) >= count:
        return kept
    numbers = np.empty(count, np.float32)
    if numbers.nbytes <= KEPT_BYTES:
        _memory.numbers = numbers
    return numbers
