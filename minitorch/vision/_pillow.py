"""Pillow, imported when it is first needed: ``_pillow.Image`` is ``PIL.Image``, and so on.

Mirrors nothing: torchvision requires Pillow, here it comes with the extra ``vision``.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

__all__ = ["is_pil_image"]


_MODULES = ("Image", "ImageEnhance", "ImageOps")


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return importlib.import_module(f"PIL.{name}")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "images need Pillow, which comes with: pip install 'minitorch[vision]'"
        ) from None


def is_pil_image(img: Any) -> bool:
    """Whether this is an image of Pillow's; it is none as long as nobody imported Pillow."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(img, module.Image)
