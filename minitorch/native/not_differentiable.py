"""The node of an operation that has no derivative.

Mirrors torch/csrc/autograd/autograd_not_implemented_fallback.cpp and the ``not_implemented``
entries of tools/autograd/derivatives.yaml.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from minitorch.autograd.operator import Operator


class NotDifferentiable(Operator, name="NotImplemented"):
    """Its output can be computed with, but ``backward`` through it fails."""

    aten_name: ClassVar[str]

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{ctx.aten_name} is not implemented")


def not_implemented_gradient(name: str) -> NoReturn:
    """Fail where one operand of a differentiable operation has no derivative."""
    raise NotImplementedError(f"the derivative for '{name}' is not implemented.")
