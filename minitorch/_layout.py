"""``memory_format`` and ``layout``: the orders in which a tensor's elements may lie in memory.

Mirrors c10/core/{MemoryFormat.h, Layout.h}. Every tensor here is strided: there are no sparse ones.
"""

from __future__ import annotations

from typing import Any


class memory_format:
    """An order of the dimensions in memory.

    >>> import minitorch
    >>> minitorch.channels_last
    torch.channels_last
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        return self.name  # the global of that name below


class layout(memory_format):
    """How a tensor describes its elements: ``strided``, by steps between neighbours."""

    __slots__ = ()


contiguous_format = memory_format("contiguous_format")
"""The last dimension innermost."""

preserve_format = memory_format("preserve_format")
"""The order of the input, if its elements lie without gaps or overlaps."""

channels_last = memory_format("channels_last")
"""Of images (N, C, H, W): the channels innermost."""

channels_last_3d = memory_format("channels_last_3d")
"""Of volumes (N, C, D, H, W): the channels innermost."""

strided = layout("strided")

sparse_coo = layout("sparse_coo")
"""Only a name, for functions to refuse."""
