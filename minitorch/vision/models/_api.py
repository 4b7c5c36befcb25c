"""What every function that builds a model does with ``weights``.

Mirrors torchvision/models/_api.py. Left out: the registry of weights and their download.
"""

from __future__ import annotations

from typing import Any

__all__ = ["untrained"]


def untrained(name: str, weights: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options of a model without ``pretrained``, the old name for ``weights``.

    Raises:
        ValueError: trained weights are asked for.
    """
    pretrained = options.get("pretrained")
    if weights is not None or pretrained:
        asked = f"weights={weights!r}" if weights is not None else f"pretrained={pretrained!r}"
        raise ValueError(
            f"{name}({asked}): minitorch downloads no weights. Build {name}(weights=None) and load "
            f"a checkpoint file: model.load_state_dict(minitorch.load('{name}.pth'))"
        )
    return {key: value for key, value in options.items() if key != "pretrained"}
