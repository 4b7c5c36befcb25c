"""The matrix product of arrays.

Mirrors aten/src/ATen/native/CPUBlas.cpp. native/cpu/products.py splits large ones over threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.native.portable_stub import PortableStub


@PortableStub
def gemm(a: Any, b: Any) -> Any:
    """a @ b for arrays of the same dtype; a batch of matrices has its own leading dimension."""
    return np.matmul(a, b)
