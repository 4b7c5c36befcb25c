"""Broadcasting and its inverse, summing a gradient back to the shape of an operand.

Mirrors aten/src/ATen/ExpandUtils.h. Works on arrays and tensors alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.autograd.graph_task import fit

Meta = tuple[tuple[int, ...], Any]


def meta_of(operand: Any) -> Meta | None:
    """Shape and dtype of an operand: all that a backward needs of one it does not save. None for a
    Python number.
    """
    return (operand.shape, operand.dtype) if hasattr(operand, "shape") else None


def sum_to(grad: Any, meta: Meta | None) -> Any:
    """The gradient of an operand that was broadcast (and promoted) to the shape (and dtype) of
    ``grad``.

    Args:
        meta: what ``meta_of`` noted of the operand.
    """
    if meta is None:
        return None
    return fit(grad, *meta)


def np_asarray(x: Any) -> Any:
    """NumPy scalars as 0-dim arrays; arrays and tensors as they are."""
    return np.asarray(x) if isinstance(x, np.generic) else x


def infer_size(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that two shapes broadcast to.

    Raises:
        RuntimeError: they do not; the sizes and the last such dimension are named.
    """
    ndim = max(len(a), len(b))
    result = [0] * ndim
    for d in reversed(range(ndim)):
        i, j = d - ndim + len(a), d - ndim + len(b)
        n = a[i] if i >= 0 else 1
        m = b[j] if j >= 0 else 1
        if n != m and n != 1 and m != 1:
            raise RuntimeError(
                f"The size of tensor a ({n}) must match the size of tensor b ({m}) at "
                f"non-singleton dimension {d}"
            )
        result[d] = m if n == 1 else n
    return tuple(result)
