"""Imports torchvision beside a PyTorch that its compiled half does not fit.

The wheel on the package index is built against PyTorch for CUDA. Beside a CPU-only PyTorch its
compiled half does not load, so the operators ``torchvision::nms`` and ``torchvision::qnms`` are
never declared, and the import dies with ``operator torchvision::nms does not exist``. Declaring
the two schemas first is enough: data sets, transforms and models are plain Python and work.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_libraries: list[object] = []  # The declarations live only as long as their Library object does.


def import_torchvision() -> ModuleType:
    """Returns torchvision, after declaring the two missing operators if the plain import fails."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]

    import torch

    library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        library.define(schema)
    _libraries.append(library)
    return importlib.import_module("torchvision")
