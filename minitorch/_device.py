"""``device``: where a tensor lives. Mirrors c10/core/Device.h. Only the CPU exists here, so far."""

from __future__ import annotations

from typing import Any


class device:
    """A device, by name (``"cpu"``, ``"cuda:1"``) or by type and index.

    >>> device("cpu"), device("cuda", 1).index
    (device(type='cpu'), 1)
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        name, _, number = str(type).partition(":")
        if name not in ("cpu", "cuda", "meta", "mps", "xpu"):
            raise RuntimeError(
                "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, "
                "fpga, maia, xla, lazy, vulkan, "
                f"mps, meta, hpu, mtia, privateuseone device type at start of device string: {name}"
            )
        self.type = name
        self.index = int(number) if number else index

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
        if name == "cuda":
            raise AssertionError("Torch not compiled with CUDA enabled")
        device(name)  # raises if there is no such device anywhere
        raise RuntimeError(f"PyTorch is not linked with support for {name} devices")
