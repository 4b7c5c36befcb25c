"""Weight normalisation as a hook: the weight is computed anew before every forward.

Mirrors torch/nn/utils/weight_norm.py. torch advises ``parametrizations.weight_norm`` instead, which
loads the states that were saved with this one.
"""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from minitorch._tensor import Tensor
from minitorch.native.weight_norm import _weight_norm, norm_except_dim
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter

__all__ = ["WeightNorm", "weight_norm", "remove_weight_norm"]

M = TypeVar("M", bound=Module)


class WeightNorm:
    """The hook: ``weight = weight_g * weight_v / ‖weight_v‖``."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return _weight_norm(v, g, self.dim)

    @staticmethod
    def apply(module: Module, name: str, dim: int | None) -> WeightNorm:
        """Replace the parameter by two, and hook their product in.

        Raises:
            RuntimeError: the parameter has such a hook already.
        """
        hooks = module._forward_pre_hooks.values()
        if any([isinstance(hook, WeightNorm) and hook.name == name for hook in hooks]):
            raise RuntimeError(
                f"Cannot register two weight_norm hooks on the same parameter {name}"
            )
        fn = WeightNorm(name, dim)
        weight = getattr(module, name)
        del module._parameters[name]
        g = norm_except_dim(weight, 2, fn.dim)
        module.register_parameter(f"{name}_g", Parameter(g.data))
        module.register_parameter(f"{name}_v", Parameter(weight.data))
        setattr(module, name, fn.compute_weight(module))
        module.register_forward_pre_hook(fn)
        return fn

    def remove(self, module: Module) -> None:
        """One parameter again, with its present value."""
        weight = self.compute_weight(module)
        delattr(module, self.name)
        del module._parameters[f"{self.name}_g"]
        del module._parameters[f"{self.name}_v"]
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """w = g v / ‖v‖: the length and the direction of each row of a weight become parameters.

    Args:
        name: the parameter; ``{name}_g`` and ``{name}_v`` take its place.
        dim: the dimension of the rows; None: one length for the whole weight.

    >>> from minitorch import nn
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     layer = weight_norm(nn.Linear(20, 40))
    >>> layer.weight_g.shape, layer.weight_v.shape
    (torch.Size([40, 1]), torch.Size([40, 20]))
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated "
        "in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Undo ``weight_norm``; the weight keeps its present value."""
    for id, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[id]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
