"""``device``: where a tensor lives. Mirrors c10/core/Device.h. Only the CPU exists here, so far."""

from __future__ import annotations

import re
from typing import Any

_TYPES = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, "
    "mps, meta, hpu, mtia, privateuseone"
)


class device:
    """A device, by name (``"cpu"``, ``"cuda:1"``) or by type and index.

    As a context manager it is the place where factories make their tensors: here, the CPU.

    >>> device("cpu"), device("cuda", 1).index
    (device(type='cpu'), 1)
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, int):
            raise RuntimeError("Cannot access accelerator device when none is available.")
        name, colon, number = str(type).partition(":")
        if name not in _TYPES.split(", "):
            raise RuntimeError(
                f"Expected one of {_TYPES} device type at start of device string: {name}"
            )
        if colon and not re.fullmatch("0|[1-9][0-9]*", number):
            raise RuntimeError(f"Invalid device string: '{type}'")
        if colon and index is not None:
            raise RuntimeError(
                "type (string) must not include an index because index was passed explicitly: "
                f"{type}"
            )
        self.type = name
        self.index = int(number) if number else index

    def __enter__(self) -> device:
        check_device(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (
            f", index={self.index})" if self.index is not None else ")"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


def check_device(place: Any, pin_memory: bool = False) -> None:
    """Only the CPU is there, and nothing that memory could be pinned for.

    Raises:
        RuntimeError: any other device, or pinned memory.
    """
    if pin_memory:
        raise RuntimeError(
            "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory "
            "allocator is available on this system."
        )
    name = str(getattr(place, "type", place)).split(":")[0]
    if place is not None and name != "cpu":
        if name in ("cuda", "xpu"):
            raise AssertionError(f"Torch not compiled with {name.upper()} enabled")
        device(name)  # raises if there is no such device anywhere
        raise RuntimeError(f"PyTorch is not linked with support for {name} devices")
