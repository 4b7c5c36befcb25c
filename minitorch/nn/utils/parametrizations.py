"""Ready-made parametrizations: orthogonal weights, weight and spectral normalisation.

Mirrors torch/nn/utils/parametrizations.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.native.batch_linear_algebra_qr import geqrf, householder_product
from minitorch.native.batch_linear_algebra_solve import solve
from minitorch.native.distance import normalize
from minitorch.native.factories import eye, zeros_like
from minitorch.native.joining import cat
from minitorch.native.linear_algebra import mv
from minitorch.native.matrix_exp import matrix_exp
from minitorch.native.random_factories import randn
from minitorch.native.tensor_compare import allclose
from minitorch.native.tensor_products import vdot
from minitorch.native.weight_norm import _weight_norm, norm_except_dim
from minitorch.nn.modules.module import Module
from minitorch.nn.utils.parametrize import register_parametrization
from minitorch.nn.utils.spectral_norm import dim_of_outputs

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


def _weight_of(module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


# ------------------------------------------------------------------ orthogonal


def _is_orthogonal(Q: Tensor) -> bool:
    eps = 10.0 * Q.size(-2) * dtypes.finfo(Q.dtype).eps
    return allclose(Q.mH @ Q, eye(Q.size(-1), dtype=Q.dtype), atol=eps)


def _make_orthogonal(A: Tensor) -> Tensor:
    """The Q of A = Q R, of a tall matrix, with the signs that make the diagonal of R positive."""
    X, tau = geqrf(A)
    Q = householder_product(X, tau)
    return Q * X.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _matrix_exp_map(X: Tensor) -> Tensor:
    """exp(A), with A skew-symmetric."""
    return matrix_exp(_skew(X))


def _cayley_map(X: Tensor) -> Tensor:
    """(I + A/2) (I - A/2)^-1, with A skew-symmetric."""
    A = _skew(X)
    identity = eye(A.size(-1), dtype=A.dtype)
    return solve(identity - A / 2, identity + A / 2)


def _skew(X: Tensor) -> Tensor:
    """A = X - Xᴴ of the lower triangle of a tall matrix, filled up with zeros to a square."""
    n, k = X.size(-2), X.size(-1)
    X = X.tril()
    if n != k:
        X = cat([X, X.new_zeros(n, n - k).expand(*X.shape[:-2], -1, -1)], dim=-1)
    return X - X.mH


def _householder_map(X: Tensor) -> Tensor:
    """The product of the reflections at the columns below the diagonal, which holds signs."""
    A = X.tril(diagonal=-1)
    tau = 2.0 / (1.0 + (A * A).sum(dim=-2))
    signs = X.diagonal(dim1=-2, dim2=-1).int()  # no gradient flows through integers
    return householder_product(A, tau) * signs.unsqueeze(-2)


_MAPS: dict[str, Callable[[Tensor], Tensor]] = {
    "matrix_exp": _matrix_exp_map,
    "cayley": _cayley_map,
    "householder": _householder_map,
}


class _Orthogonal(Module):
    """Q = base · map(X), with the orthogonal matrix ``base`` only if it is trivialized.

    Tall matrices have orthonormal columns; wide ones are their transposes.
    """

    base: Tensor

    def __init__(
        self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True
    ) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            # n (n - 1) numbers below the diagonal are too few for the n² of a unitary matrix.
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        is_wide = X.size(-2) < X.size(-1)
        if is_wide:
            X = X.mT
        Q = _MAPS[self.orthogonal_map](X)
        if Q.size(-1) != X.size(-1):
            Q = Q[..., : X.size(-1)]
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if is_wide else Q

    @no_grad()  # type: ignore[untyped-decorator]
    def right_inverse(self, Q: Tensor) -> Tensor:
        """The X for which ``forward`` gives Q, made orthogonal if it is not."""
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. "
                f"Got a tensor of shape {Q.shape}."
            )
        is_wide = Q.size(-2) < Q.size(-1)
        tall = Q.mT if is_wide else Q
        if not hasattr(self, "base"):
            X = self._reflections(tall)
            return X.mT if is_wide else X
        n, k = tall.size(-2), tall.size(-1)
        if n != k:  # complete it to a square
            noise = randn(*tall.shape[:-2], n, n - k, dtype=Q.dtype)
            self.base = _make_orthogonal(cat([tall, noise], dim=-1))
        else:
            self.base = tall.clone() if _is_orthogonal(tall) else _make_orthogonal(tall)
        # All maps take this to the identity; its diagonal holds the signs for householder.
        negative_identity = zeros_like(Q)
        negative_identity.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return negative_identity

    def _reflections(self, Q: Tensor) -> Tensor:
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential "
                "or the Cayley parametrizations when use_trivialization=False."
            )
        A, tau = geqrf(Q)
        diagonal = A.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()
        diagonal[tau == 0.0] *= -1  # LAPACK leaves out a reflection by an exact zero
        return A


def orthogonal(
    module: M,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> M:
    """Keep a matrix orthogonal (or unitary) while it is trained: QᴴQ = I, or QQᴴ = I if it is wide.

    Args:
        orthogonal_map: "matrix_exp", exp(A), or "cayley", (I + A/2)(I - A/2)⁻¹, of a skew-symmetric
            A; or "householder", a product of reflections. The first for square and complex
            matrices, else the last.
        use_trivialization: train the map at the identity and multiply by the initial Q, which is
            kept as ``base``.

    Raises:
        ValueError: there is no such tensor, or it is no matrix, or no such map.

    >>> import minitorch
    >>> from minitorch import nn
    >>> Q = orthogonal(nn.Linear(20, 40)).weight
    >>> minitorch.allclose(Q.T @ Q, minitorch.eye(20), atol=1e-5)
    True
    """
    weight = _weight_of(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        is_square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if is_square or weight.is_complex() else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". '
            f"Got: {orthogonal_map}"
        )
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)


# ------------------------------------------------------------------ weight norm


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return _weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """w = g v / ‖v‖: the length and the direction of each row of a weight become parameters.

    They are ``parametrizations.{name}.original0`` and ``original1``. States of the older
    ``nn.utils.weight_norm`` are loaded too.

    Args:
        dim: the dimension of the rows; None: one length for the whole weight.

    >>> from minitorch import nn
    >>> layer = weight_norm(nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    torch.Size([40, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename_older_keys(state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        older = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all([key in state_dict for key in older]):
            for i, key in enumerate(older):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename_older_keys)
    return module


# ------------------------------------------------------------------ spectral norm


class _SpectralNorm(Module):
    """W / σ, where σ = uᵀ W v; in training, u and v take steps of the power method each time."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(
                "Dimension out of range (expected to be in range of "
                f"[-{ndim}, {ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but "
                f"got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._reshape_weight_to_matrix(weight)
            u, v = [matrix.new_empty(size).normal_(0, 1) for size in matrix.size()]
            self.register_buffer("_u", normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", normalize(v, dim=0, eps=eps))
            self._power_method(matrix, 15)  # a reasonable start

    def _reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """Outputs by everything else."""
        others = [d for d in range(weight.dim()) if d != self.dim]
        return weight.permute(self.dim, *others).flatten(1)

    @no_grad()  # type: ignore[untyped-decorator]
    def _power_method(self, matrix: Tensor, n_power_iterations: int) -> None:
        for _ in range(n_power_iterations):
            normalize(mv(matrix, self._v), dim=0, eps=self.eps, out=self._u)
            normalize(mv(matrix.mH, self._u), dim=0, eps=self.eps, out=self._v)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:  # its norm is exact
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self._reshape_weight_to_matrix(weight)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        # A second forward before backward must not change what the first one saved: copies.
        u, v = self._u.clone(), self._v.clone()
        return weight / vdot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a weight by its largest singular value, which bounds how much the layer can stretch.

    The singular value is that of the weight as a matrix; of a vector, its norm.

    Args:
        n_power_iterations: steps of the power method each time the weight is read in training.
        eps: the least length to divide by.
        dim: the dimension of the outputs; 1 for transposed convolutions, else 0.

    >>> from minitorch import nn
    >>> layer = spectral_norm(nn.Linear(20, 40))
    >>> [name for name, _ in layer.named_buffers()]
    ['parametrizations.weight.0._u', 'parametrizations.weight.0._v']
    """
    weight = _weight_of(module, name)
    dim = dim_of_outputs(module) if dim is None else dim
    parametrization = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, parametrization)
