"""How this minitorch is set up. Mirrors torch/__config__.py."""

from __future__ import annotations

import numpy as np

from minitorch import version
from minitorch.backends import cpu


def show() -> str:
    """The version, NumPy's, and every process-wide setting, as text.

    >>> import minitorch
    >>> "threads" in minitorch.__config__.show()
    True
    """
    return f"minitorch {version.minitorch}\nNumPy {np.__version__}\n{cpu.show()}"
