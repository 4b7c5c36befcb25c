"""What optimizers ask of their options.

Mirrors the checks that the constructors in torch/optim/ have in common.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor

__all__ = [
    "check_betas",
    "check_fused",
    "check_implementation",
    "check_lr",
    "check_not_negative",
    "number",
    "scalar",
    "scalar_options",
]

# Types of options that need no conversion; a list is that of the parameters.
_PLAIN = frozenset([float, int, bool, str, list, type(None)])

_ACCELERATORS = ["cuda", "xpu", "hpu", "privateuseone"]


def check_lr(lr: float | Tensor, message: str = "Invalid learning rate") -> None:
    """Refuse a learning rate that is negative, or several.

    Raises:
        ValueError: it is.
    """
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not lr >= 0.0:
        raise ValueError(f"{message}: {lr}")


def check_not_negative(**options: float | Tensor) -> None:
    """Refuse an option below zero, or NaN.

    Raises:
        ValueError: one of them is.
    """
    for name, value in options.items():
        if not value >= 0.0:
            raise ValueError(f"Invalid {name} value: {value}")


def check_betas(betas: tuple[float | Tensor, float | Tensor]) -> None:
    """Refuse decay rates of running means outside of [0, 1).

    Raises:
        ValueError: one of them is.
    """
    for index, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {index}: {beta}")


def check_fused(fused: bool | None, foreach: bool | None, differentiable: bool) -> None:
    """Refuse implementations that exclude each other.

    Raises:
        RuntimeError: two are asked for.
    """
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def check_implementation(group: dict[str, Any], params: list[Tensor], on_device: str) -> None:
    """Refuse, at the first step, implementations that cannot do it.

    Args:
        on_device: what ``capturable`` wants on a GPU.

    Raises:
        AssertionError: ``capturable``, which records a GPU's work, or ``foreach`` beside
            ``differentiable``.
        RuntimeError: ``fused`` parameters that are not floating.
    """
    if group.get("fused"):
        for param in params:
            if not param.is_floating_point():
                devices = ["mps", *_ACCELERATORS[:3], "cpu", "mtia", _ACCELERATORS[3]]
                raise RuntimeError(
                    "`fused=True` requires all the params to be floating point Tensors of "
                    f"supported devices: {devices} but {param.dtype} and cpu"
                )
    elif group.get("foreach") and group.get("differentiable"):
        raise AssertionError("_foreach ops don't support autograd")
    elif group.get("capturable"):
        raise AssertionError(
            f"If capturable=True, {on_device} must be on supported devices: "
            f"{[*_ACCELERATORS, 'xla']}."
        )


def number(value: Any) -> Any:
    """An option that may be given as a tensor of one element, or as several, as Python floats."""
    if isinstance(value, Tensor):
        return float(value.item())
    return tuple([number(v) for v in value]) if type(value) is tuple else value


def scalar(value: Any) -> Any:
    """An option, without the dimensions that a tensor of one element may have."""
    if isinstance(value, Tensor):
        return value.squeeze()
    return tuple([scalar(v) for v in value]) if type(value) is tuple else value


def scalar_options(group: dict[str, Any]) -> dict[str, Any]:
    """The options of a group as numbers; in a differentiable step tensors stay tensors."""
    for value in group.values():
        kind = type(value)
        if kind not in _PLAIN and not (kind is tuple and _PLAIN.issuperset(map(type, value))):
            break
    else:
        return group
    convert = scalar if group.get("differentiable") else number
    return {key: value if key == "params" else convert(value) for key, value in group.items()}
