"""Names for type hints. Mirrors torch/types.py."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO, TypeAlias

from minitorch._device import device as _device
from minitorch._size import Size
from minitorch._tensor import Tensor

__all__ = ["Device", "FileLike", "Number"]

Number: TypeAlias = int | float | bool
Device: TypeAlias = _device | str | int | None
FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]

_TensorOrTensors: TypeAlias = Tensor | Sequence[Tensor]
_size: TypeAlias = Size | list[int] | tuple[int, ...]
