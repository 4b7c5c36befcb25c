"""Where loaded memory goes: the file says where it was, ``map_location`` where it should be.

Mirrors default_restore_location and _get_restore_location of torch/serialization.py. There is one
device here, so that the only place to go to is ``"cpu"``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch._device import device
from minitorch.storage import UntypedStorage

Restore = Callable[[UntypedStorage, str], UntypedStorage]
MapLocation = str | device | dict[str, str] | Restore | None


def default_restore_location(storage: UntypedStorage, location: str) -> UntypedStorage:
    """The storage itself, if it belongs on the CPU.

    Raises:
        RuntimeError: it belongs on another device.
    """
    if location == "cpu":
        return storage
    kind = location.partition(":")[0]
    if kind == "cuda":
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is "
            "False. If you are running on a CPU-only machine, please use torch.load with "
            "map_location=torch.device('cpu') to map your storages to the CPU."
        )
    raise RuntimeError(
        f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with "
        f"{location})"
    )


def restore_location(map_location: MapLocation) -> Restore:
    """The function that brings a storage from its location in the file to where it should be."""
    if map_location is None:
        return default_restore_location
    if isinstance(map_location, dict):
        places = map_location
        return lambda storage, location: default_restore_location(
            storage, places.get(location, location)
        )
    if isinstance(map_location, str | device):
        place = str(map_location)
        return lambda storage, location: default_restore_location(storage, place)
    choose = map_location

    def restore(storage: UntypedStorage, location: str) -> Any:
        chosen: Any = choose(storage, location)
        return default_restore_location(storage, location) if chosen is None else chosen

    return restore
