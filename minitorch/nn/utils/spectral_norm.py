"""Spectral normalisation as a hook: the weight is computed anew before every forward.

Mirrors torch/nn/utils/spectral_norm.py. ``parametrizations.spectral_norm`` is the newer form.
"""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.native.distance import normalize
from minitorch.native.linear_algebra import dot, mv
from minitorch.native.matrix_functions import multi_dot
from minitorch.nn.modules.conv_transpose import (
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter

__all__ = [
    "SpectralNorm",
    "SpectralNormLoadStateDictPreHook",
    "SpectralNormStateDictHook",
    "spectral_norm",
    "remove_spectral_norm",
]

M = TypeVar("M", bound=Module)


def dim_of_outputs(module: Module) -> int:
    """Which dimension of a layer's weight counts its outputs."""
    return 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0


class SpectralNorm:
    """The hook: ``weight = weight_orig / σ``, where σ = uᵀ W v is its largest singular value.

    u and v approach the first singular vectors by the power method: in training, each forward does
    ``n_power_iterations`` more of v = Wᵀ u / ‖Wᵀ u‖ and u = W v / ‖W v‖.
    """

    _version = 1
    """Version 1 stores v and does not store the normalised weight."""

    def __init__(
        self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but "
                f"got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """Outputs by everything else."""
        if self.dim != 0:
            others = [d for d in range(weight.dim()) if d != self.dim]
            weight = weight.permute(self.dim, *others)
        return weight.reshape(weight.size(0), -1)

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    normalize(mv(matrix.t(), u), dim=0, eps=self.eps, out=v)
                    normalize(mv(matrix, v), dim=0, eps=self.eps, out=u)
                # A second forward before backward (GANs: real, then generated) must not change
                # what the first one saved.
                u, v = u.clone(), v.clone()
        sigma = dot(u, mv(matrix, v))
        return weight / sigma

    def remove(self, module: Module) -> None:
        """One parameter again, with its present value."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for suffix in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + suffix)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))

    def _solve_v_and_rescale(self, matrix: Tensor, u: Tensor, target_sigma: Tensor) -> Tensor:
        """A v with u = W v / ‖W v‖ and uᵀ W v = σ, for states that lack it."""
        transposed = matrix.t()
        inverse = transposed.mm(matrix).pinverse()
        v: Tensor = multi_dot([inverse, transposed, u.unsqueeze(1)]).squeeze(1)
        return v.mul_(target_sigma / dot(u, mv(matrix, v)))

    @staticmethod
    def apply(
        module: Module, name: str, n_power_iterations: int, dim: int, eps: float
    ) -> SpectralNorm:
        """Rename the parameter to ``{name}_orig``, draw u and v, and hook the quotient in.

        Raises:
            RuntimeError: the parameter has such a hook already.
        """
        hooks = module._forward_pre_hooks.values()
        if any([isinstance(hook, SpectralNorm) and hook.name == name for hook in hooks]):
            raise RuntimeError(
                f"Cannot register two spectral_norm hooks on the same parameter {name}"
            )
        fn = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        with no_grad():
            height, width = fn.reshape_weight_to_matrix(weight).size()
            u = normalize(weight.new_empty(height).normal_(0, 1), dim=0, eps=fn.eps)
            v = normalize(weight.new_empty(width).normal_(0, 1), dim=0, eps=fn.eps)
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        setattr(module, name, weight.data)  # a plain attribute until the first forward
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(fn)
        module._register_state_dict_hook(SpectralNormStateDictHook(fn))
        module._register_load_state_dict_pre_hook(SpectralNormLoadStateDictPreHook(fn))
        return fn


class SpectralNormStateDictHook:
    """Writes the version into the metadata of a state."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self, module: Module, state_dict: Any, prefix: str, local_metadata: dict[str, Any]
    ) -> None:
        versions = local_metadata.setdefault("spectral_norm", {})
        key = f"{self.fn.name}.version"
        if key in versions:
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        versions[key] = self.fn._version


class SpectralNormLoadStateDictPreHook:
    """Reads states without version, which have the normalised weight instead of v."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        fn = self.fn
        version = local_metadata.get("spectral_norm", {}).get(f"{fn.name}.version")
        if version is not None and version >= 1:
            return
        key = prefix + fn.name
        is_new = all([key + suffix in state_dict for suffix in ("_orig", "_u", "_v")])
        if version is None and is_new and key not in state_dict:
            return  # only the metadata is missing: somebody made this state by hand
        missing = [key + suffix for suffix in ("_orig", "", "_u") if key + suffix not in state_dict]
        if missing:
            if strict:
                missing_keys.extend(missing)
            return
        with no_grad():
            original, weight = state_dict[f"{key}_orig"], state_dict.pop(key)
            sigma = (original / weight).mean()
            matrix = fn.reshape_weight_to_matrix(original)
            v = fn._solve_v_and_rescale(matrix, state_dict[f"{key}_u"], sigma)
            state_dict[f"{key}_v"] = v


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a weight by its largest singular value, which bounds how much the layer can stretch.

    Args:
        name: the parameter; it becomes ``{name}_orig``.
        n_power_iterations: steps of the power method at each forward in training.
        eps: the least length to divide by.
        dim: the dimension of the outputs; 1 for transposed convolutions, else 0.

    >>> from minitorch import nn
    >>> spectral_norm(nn.Linear(20, 40)).weight_u.shape
    torch.Size([40])
    """
    dim = dim_of_outputs(module) if dim is None else dim
    SpectralNorm.apply(module, name, n_power_iterations, dim, eps)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Undo ``spectral_norm``; the weight keeps its present value.

    Raises:
        ValueError: there is none on this parameter.
    """
    for id, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[id]
            break
    else:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    for registry in (module._state_dict_hooks, module._load_state_dict_pre_hooks):
        for id, hook in list(registry.items()):
            kinds = (SpectralNormStateDictHook, SpectralNormLoadStateDictPreHook)
            if isinstance(hook, kinds) and hook.fn.name == name:
                del registry[id]
    return module
