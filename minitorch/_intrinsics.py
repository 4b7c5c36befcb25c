"""What Python has no operator for: instructions as Numba intrinsics, and Numba's parallel range.

Each name takes the place of the function of the same name in ``minitorch/_jit.py`` when a kernel is
compiled; nothing else imports this module, because it needs Numba.

Mirrors nothing in torch: C++ has them in <immintrin.h> and <cmath>.
"""

from __future__ import annotations

from typing import Any

from numba import prange
from numba.core import types
from numba.extending import intrinsic

__all__ = ["fma", "prange"]


@intrinsic
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """LLVM's ``fma``: it vectorises, and is a library call where a processor has none."""
    if not (isinstance(a, types.Float) and a == b == c):
        raise TypeError(f"fma needs three floats of one type, got {a}, {b}, {c}")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return a(a, a, a), generate
